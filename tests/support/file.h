/*
 * tests/support/file.h -- the files below tests/data.
 *
 * A file that cannot be read fails the running Criterion test.
 */
#ifndef S_SERVER_TESTS_FILE_H
#define S_SERVER_TESTS_FILE_H

#include "core/strbuf.h"

/* name: below tests/data. Appended to *sb. */
void test_data(struct strbuf *sb, const char *name);

/*
 * The next line of a text, without its newline, NUL written over it; NULL at the end. *text moves
 * on. Several fields: strchr(line, '\t').
 */
char *test_line(char **text);

#endif
