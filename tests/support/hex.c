#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void test_hex(struct strbuf *sb, const char *hex)
{
	for (; *hex; hex++) {
		char digits[3] = {hex[0], hex[1], '\0'};
		char *end;
		unsigned long byte;

		if (*hex == ' ')
			continue;
		byte = strtoul(digits, &end, 16);
		cr_assert(end == digits + 2, "not hex: %s", hex);
		strbuf_addc(sb, (char)byte);
		hex++;
	}
}

void expect_bytes(struct bytes got, struct bytes want, const char *what)
{
	struct strbuf sb = STRBUF_INIT;

	if (got.n == want.n && (got.n == 0 || memcmp(got.p, want.p, got.n) == 0))
		return;
	strbuf_addhex(&sb, got, false);
	strbuf_adds(&sb, "\nwant ");
	strbuf_addhex(&sb, want, false);
	cr_expect_fail("%s:\ngot  %s", what, sb.p);
	strbuf_release(&sb);
}

void expect_text(struct bytes got, const char *want, const char *what)
{
	expect_bytes(got, (struct bytes){(const uint8_t *)want, strlen(want)}, what);
}
