/*
 * tests/support/text.h -- what a text must hold, and what not.
 */
#ifndef S_SERVER_TESTS_TEXT_H
#define S_SERVER_TESTS_TEXT_H

#include <stddef.h>

/* Each fails the running Criterion test, and shows the text. */
void assert_has(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);

/* How often the part comes, without overlaps. */
size_t text_count(const char *text, const char *part);

#endif
