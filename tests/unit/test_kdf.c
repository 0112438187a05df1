#include "core/kdf.h"

#include "tests/support/hex.h"

#include <criterion/criterion.h>

static void expect_hex(struct bytes got, const char *hex, const char *what)
{
	struct strbuf want = STRBUF_INIT;

	test_hex(&want, hex);
	expect_bytes(got, strbuf_bytes(&want), what);
	strbuf_release(&want);
}

/* RFC 4231, test cases 1, 2 and 6: the last one's key is longer than a block. */
Test(kdf, hmac)
{
	struct strbuf key = STRBUF_INIT, long_key = STRBUF_INIT;
	const struct bytes hi = {(const uint8_t *)"Hi There", 8};
	const struct bytes what[] = {{(const uint8_t *)"what do ya want ", 16},
				     {(const uint8_t *)"for nothing?", 12}};
	const struct bytes larger = {
		(const uint8_t *)"Test Using Larger Than Block-Size Key - Hash Key First", 54};
	uint8_t out[KDF_MAX_DIGEST];

	for (int i = 0; i < 20; i++)
		strbuf_addc(&key, 0x0b);
	for (int i = 0; i < 131; i++)
		strbuf_addc(&long_key, (char)0xaa);
	kdf_hmac(SUITE_HASH_SHA256, strbuf_bytes(&key), &hi, 1, out);
	expect_hex((struct bytes){out, 32},
		   "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "case 1");
	kdf_hmac(SUITE_HASH_SHA384, (struct bytes){(const uint8_t *)"Jefe", 4}, what, 2, out);
	expect_hex((struct bytes){out, 48},
		   "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		   "8e2240ca5e69e2c78b3239ecfab21649",
		   "case 2");
	kdf_hmac(SUITE_HASH_SHA256, strbuf_bytes(&long_key), &larger, 1, out);
	expect_hex((struct bytes){out, 32},
		   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", "case 6");
	strbuf_release(&key);
	strbuf_release(&long_key);
}

/* RFC 8448 3: the server's handshake traffic keys. */
Test(kdf, expand_label)
{
	struct strbuf secret = STRBUF_INIT;
	uint8_t out[16];

	test_hex(&secret, "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
	kdf_expand_label(SUITE_HASH_SHA256, strbuf_bytes(&secret), "key", out, 16);
	expect_hex((struct bytes){out, 16}, "3fce516009c21727d0f2e4e86ee403bc", "key");
	kdf_expand_label(SUITE_HASH_SHA256, strbuf_bytes(&secret), "iv", out, 12);
	expect_hex((struct bytes){out, 12}, "5d313eb2671276ee13000b30", "iv");
	strbuf_release(&secret);
}

/* Made with Python's hmac, after RFC 5246 5. */
Test(kdf, prf)
{
	uint8_t master[48], client[32], server[32], out[88];

	for (size_t i = 0; i < sizeof(master); i++)
		master[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(client); i++) {
		client[i] = 0x11;
		server[i] = 0x22;
	}
	kdf_prf(SUITE_HASH_SHA256, (struct bytes){master, 48}, "key expansion",
		(struct bytes){server, 32}, (struct bytes){client, 32}, out, sizeof(out));
	expect_hex((struct bytes){out, sizeof(out)},
		   "777fce36a1935fafd1d581bf7cae5b316d887a941701fd4f91ee363690169efa"
		   "3a5b370ca7e99fa97446b4f0d110f56dfeb7d04fc36e13f88366c815207b32d8"
		   "c3b5644bcfa9fd2e7ca3c31b6c45373a6459c0e1a13bae40",
		   "SHA-256");
	kdf_prf(SUITE_HASH_SHA384, (struct bytes){master, 48}, "key expansion",
		(struct bytes){server, 32}, (struct bytes){client, 32}, out, sizeof(out));
	expect_hex((struct bytes){out, sizeof(out)},
		   "7895bfd1a237ca0f7298d172fead167df616ce95f20d3bf2411b0e3cf6248f2b"
		   "e213f0eaa7b372583184d7b289d254f3b60dae644bb5827509e2760d115c5c95"
		   "83b5498f06b25782ca100c4316115cf3fad79beb813b0171",
		   "SHA-384");
}

Test(kdf, other_hashes_are_not_there)
{
	cr_expect_eq(kdf_digest_size(SUITE_HASH_SHA256), 32);
	cr_expect_eq(kdf_digest_size(SUITE_HASH_SHA384), 48);
	cr_expect_eq(kdf_digest_size(SUITE_HASH_SM3), 0);
}
