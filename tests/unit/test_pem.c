#include "core/pem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

Test(pem, base64_has_the_vectors_of_rfc_4648)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf there = STRBUF_INIT, back = STRBUF_INIT;

		base64_encode(&there, text_bytes(rows[i][0]), 0);
		cr_expect_eq(there.n, strlen(rows[i][1]));
		cr_expect(there.n == 0 || strcmp(there.p, rows[i][1]) == 0);
		cr_expect(base64_decode(&back, text_bytes(rows[i][1])));
		cr_expect_str_eq(back.p, rows[i][0]);
		strbuf_release(&there);
		strbuf_release(&back);
	}
}

Test(pem, base64_lines)
{
	struct strbuf sb = STRBUF_INIT;

	base64_encode(&sb, text_bytes("foobarfoobar"), 8);
	cr_expect_str_eq(sb.p, "Zm9vYmFy\nZm9vYmFy\n", "no empty line at the end");
	strbuf_reset(&sb);
	base64_encode(&sb, text_bytes("foobarf"), 8);
	cr_expect_str_eq(sb.p, "Zm9vYmFy\nZg==\n");
	strbuf_release(&sb);
}

Test(pem, what_is_not_base64_adds_nothing)
{
	static const char *const rows[] = {"Z",    "Zg",       "Zg=",   "Zg===", "=",
					   "====", "Zg==Zg==", "Zm9v!", "Zm-v",  "Zm9vY"};
	struct strbuf sb = STRBUF_INIT;

	strbuf_adds(&sb, "x");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_not(base64_decode(&sb, text_bytes(rows[i])), "%s", rows[i]);
	cr_expect_str_eq(sb.p, "x");
	cr_expect(base64_decode(&sb, text_bytes(" Zm\r\n9v\t\n")));
	cr_expect_str_eq(sb.p, "xfoo");
	strbuf_release(&sb);
}

static const char two_blocks[] = "some text\n"
				 "-----BEGIN A-----\n"
				 "Zm9v\n"
				 "-----END A-----\n"
				 "between\r\n"
				 "-----BEGIN B C-----\r\n"
				 "Proc-Type: 4,ENCRYPTED\r\n"
				 "DEK-Info: AES-128-CBC,00\r\n"
				 "\r\n"
				 "Zm9v\r\n"
				 "YmFy\r\n"
				 "-----END B C-----";

Test(pem, blocks_come_one_after_the_other)
{
	struct bytes rest = text_bytes(two_blocks);
	struct pem_block block;

	cr_assert(pem_next(&rest, &block));
	cr_expect(pem_label_is(&block, "A"));
	cr_expect_not(pem_label_is(&block, "AB"));
	cr_expect_str_eq((const char *)block.der.p, "foo");
	cr_expect_eq(block.headers.n, 0);
	cr_expect_eq(block.text.n, strlen("-----BEGIN A-----\nZm9v\n-----END A-----\n"));
	cr_expect_not(pem_is_encrypted(&block));
	pem_block_release(&block);

	cr_assert(pem_next(&rest, &block));
	cr_expect(pem_label_is(&block, "B C"));
	cr_expect_str_eq((const char *)block.der.p, "foobar");
	cr_expect(pem_is_encrypted(&block));
	cr_expect_eq(block.headers.n,
		     strlen("Proc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00\r\n"));
	pem_block_release(&block);
	cr_expect_not(pem_next(&rest, &block));
	cr_expect_null(block.der.p);
}

Test(pem, malformed_blocks_are_passed_over)
{
	static const char *const rows[] = {
		"-----BEGIN A-----\nZm9v\n",
		"-----BEGIN A-----\nZm9v\n-----END B-----\n",
		"-----BEGIN A-----\nZm9\n-----END A-----\n",
		"-----BEGIN A-----\nX: y\nZm9v\n-----END A-----\n",
		"-----BEGIN A----\nZm9v\n-----END A-----\n",
		" -----BEGIN A-----\nZm9v\n-----END A-----\n",
		"-----BEGIN -----END \n",
	};
	static const char good[] = "-----BEGIN X-----\nZm9v\n-----END X-----\n";

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf sb = STRBUF_INIT;
		struct pem_block block;

		strbuf_adds(&sb, rows[i]);
		struct bytes rest = strbuf_bytes(&sb);

		cr_expect_not(pem_next(&rest, &block), "%s", rows[i]);
		strbuf_adds(&sb, good);
		rest = strbuf_bytes(&sb);
		cr_expect(pem_next(&rest, &block), "after %s", rows[i]);
		cr_expect(pem_label_is(&block, "X"), "after %s", rows[i]);
		pem_block_release(&block);
		strbuf_release(&sb);
	}
}

Test(pem, encrypted_pkcs8_needs_no_header)
{
	static const char text[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nZm9v\n"
				   "-----END ENCRYPTED PRIVATE KEY-----\n";
	struct bytes rest = text_bytes(text);
	struct pem_block block;

	cr_assert(pem_next(&rest, &block));
	cr_expect(pem_is_encrypted(&block));
	pem_block_release(&block);
}

Test(pem, what_is_written_can_be_read)
{
	for (size_t n = 0; n < 200; n++) {
		struct strbuf sb = STRBUF_INIT;
		uint8_t data[200];
		struct pem_block block;

		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)(i * 7 + n);
		pem_encode(&sb, "TEST", (struct bytes){data, n});
		struct bytes rest = strbuf_bytes(&sb);

		cr_assert(pem_next(&rest, &block));
		cr_expect_eq(block.der.n, n);
		cr_expect_eq(memcmp(block.der.p, data, n), 0);
		cr_expect_eq(rest.n, 0);
		pem_block_release(&block);
		strbuf_release(&sb);
	}
}

/* Every cut and every flipped bit of a file is read in memory of its exact size. */
Test(pem, cuts_and_flips_do_no_harm)
{
	size_t n = strlen(two_blocks);

	for (size_t i = 0; i < n * 9; i++) {
		size_t size = i < n ? i : n;
		uint8_t *copy = xmemdup(two_blocks, size);
		struct bytes rest = {copy, size};
		struct pem_block block;
		unsigned blocks = 0;

		if (i >= n)
			copy[(i - n) / 8] ^= (uint8_t)(1u << (i - n) % 8);
		while (pem_next(&rest, &block)) {
			blocks++;
			pem_block_release(&block);
		}
		cr_expect_leq(blocks, 2);
		free(copy);
	}
}
