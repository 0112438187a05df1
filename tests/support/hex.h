/*
 * tests/support/hex.h -- bytes written as hex digits in test tables.
 */
#ifndef S_SERVER_TESTS_HEX_H
#define S_SERVER_TESTS_HEX_H

#include "core/strbuf.h"

/* Append the bytes of "16 03 01"; blanks are optional. Anything else fails the test. */
void test_hex(struct strbuf *sb, const char *hex);

/* Fail the test, showing both as hex, unless they are the same. */
void expect_bytes(struct bytes got, struct bytes want, const char *what);
/* The same with the expected bytes as text, which may not hold NUL. */
void expect_text(struct bytes got, const char *want, const char *what);

#endif
