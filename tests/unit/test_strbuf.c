#include "core/strbuf.h"

#include <criterion/criterion.h>
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
