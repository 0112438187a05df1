#include "core/strbuf.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(strbuf, grows_and_stays_terminated)
{
	struct strbuf sb = STRBUF_INIT;

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&sb, "%d,", i);
	cr_expect_eq(sb.n, strlen(sb.p));
	cr_expect_eq(sb.n, 3890);
	strbuf_consume(&sb, sb.n - 4);
	cr_expect_str_eq(sb.p, "999,");
	strbuf_release(&sb);
}

Test(strbuf, hex)
{
	struct strbuf sb = STRBUF_INIT;
	const uint8_t data[] = {0x00, 0xab, 0xff};

	strbuf_addhex(&sb, (struct bytes){data, 3}, true);
	strbuf_addhex(&sb, (struct bytes){data, 3}, false);
	cr_expect_str_eq(sb.p, "00ABFF00abff");
	strbuf_release(&sb);
}

Test(strbuf, dump_is_laid_out_as_BIO_dump)
{
	struct strbuf sb = STRBUF_INIT;
	const uint8_t data[] = {0x16, 0x03, 0x01, 0x00, 0xdc};

	strbuf_adddump(&sb, (struct bytes){data, 5}, 0);
	cr_expect_str_eq(sb.p, "0000 - 16 03 01 00 dc                                    .....\n");
	strbuf_release(&sb);
}

/* What BIO_dump_indent(3) of OpenSSL 3.0 writes for the bytes 0x18..0x2b. */
Test(strbuf, dump_is_indented_as_BIO_dump_indent)
{
	static const struct {
		int indent;
		const char *want;
	} rows[] = {
		{-1, "0000 - 18 19 1a 1b 1c 1d 1e 1f-20 21 22 23 24 25 26 27   ........ !\"#$%&'\n"
		     "0010 - 28 29 2a 2b                                       ()*+\n"},
		{4,
		 "    0000 - 18 19 1a 1b 1c 1d 1e 1f-20 21 22 23 24 25 26 27   ........ !\"#$%&'\n"
		 "    0010 - 28 29 2a 2b                                       ()*+\n"},
		{6,
		 "      0000 - 18 19 1a 1b 1c 1d 1e 1f-20 21 22 23 24 25 26 27   ........ !\"#$%&'\n"
		 "      0010 - 28 29 2a 2b                                       ()*+\n"},
		{7,
		 "       0000 - 18 19 1a 1b 1c 1d 1e 1f-20 21 22 23 24 25 26   ........ !\"#$%&\n"
		 "       000f - 27 28 29 2a 2b                                 '()*+\n"},
		{12,
		 "            0000 - 18 19 1a 1b 1c 1d 1e 1f-20 21 22 23 24 25   ........ !\"#$%\n"
		 "            000e - 26 27 28 29 2a 2b                           &'()*+\n"},
		{16,
		 "                0000 - 18 19 1a 1b 1c 1d 1e 1f-20 21 22 23 24   ........ !\"#$\n"
		 "                000d - 25 26 27 28 29 2a 2b                     %&'()*+\n"},
	};
	uint8_t data[20];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(0x18 + i);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf sb = STRBUF_INIT;

		strbuf_adddump(&sb, (struct bytes){data, sizeof data}, rows[i].indent);
		cr_expect_str_eq(sb.p, rows[i].want, "%d:\n%s", rows[i].indent, sb.p);
		strbuf_release(&sb);
	}
}

/* From 64 on the indent grows no more, and a line holds one byte. */
Test(strbuf, dump_has_a_largest_indent)
{
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	const uint8_t data[] = {'a', 0xff, '~'};

	strbuf_adddump(&a, (struct bytes){data, 3}, 64);
	for (int i = 0; i < 3; i++)
		strbuf_addf(&b, "%64s000%d - %02x   %c\n", "", i, data[i], i == 1 ? '.' : data[i]);
	cr_expect_str_eq(a.p, b.p, "%s", a.p);
	strbuf_reset(&a);
	strbuf_adddump(&a, (struct bytes){data, 3}, 1000);
	cr_expect_str_eq(a.p, b.p, "%s", a.p);
	strbuf_release(&a);
	strbuf_release(&b);
}

Test(strbuf, empty_buffers)
{
	struct strbuf sb = STRBUF_INIT;

	cr_expect_eq(strbuf_bytes(&sb).n, 0);
	cr_expect_null(strbuf_bytes(&sb).p);
	strbuf_reset(&sb);
	strbuf_consume(&sb, 0);
	strbuf_release(&sb);
	strbuf_add(&sb, NULL, 0);
	cr_expect_str_eq(sb.p, "");
	strbuf_addf(&sb, "%s", "");
	strbuf_addhex(&sb, (struct bytes){NULL, 0}, true);
	strbuf_adddump(&sb, (struct bytes){NULL, 0}, 4);
	cr_expect_str_eq(sb.p, "");
	cr_expect_eq(sb.n, 0);
	strbuf_release(&sb);
	cr_expect_null(sb.p);
}

Test(strbuf, holds_any_byte)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add(&sb, "a\0b", 3);
	strbuf_addc(&sb, '\0');
	cr_expect_eq(sb.n, 4);
	cr_expect_eq(memcmp(sb.p, "a\0b\0", 5), 0);
	strbuf_consume(&sb, 2);
	cr_expect_eq(sb.n, 2);
	cr_expect_str_eq(sb.p, "b");
	strbuf_consume(&sb, 2);
	cr_expect_str_eq(sb.p, "");
	strbuf_reset(&sb);
	cr_expect_neq(sb.cap, 0);
	strbuf_release(&sb);
}

Test(strbuf, reserved_room_is_used)
{
	struct strbuf sb = STRBUF_INIT;
	const char *before;

	strbuf_reserve(&sb, 1000);
	before = sb.p;
	for (int i = 0; i < 1000; i++)
		strbuf_addc(&sb, 'x');
	cr_expect_eq(sb.p, before);
	cr_expect_eq(sb.p[1000], '\0');
	strbuf_release(&sb);
}

Test(strbuf, copies)
{
	char *s = xstrdup("abc");
	char *m = xmemdup("a\0c", 3);
	char *e = xmemdup(NULL, 0);

	cr_expect_str_eq(s, "abc");
	cr_expect_eq(memcmp(m, "a\0c", 3), 0);
	cr_expect_not_null(e);
	e = xrealloc(e, 0);
	cr_expect_not_null(e);
	free(s);
	free(m);
	free(e);
}
