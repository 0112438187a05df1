#include "core/record13.h"

#include <criterion/criterion.h>
#include <string.h>

Test(record13, nonce_is_iv_and_record_number)
{
	static const uint8_t iv[RECORD13_IV] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	static const uint8_t want[RECORD13_IV] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 9, 15};
	uint8_t nonce[RECORD13_IV];

	record13_nonce(iv, 0, nonce);
	cr_expect_eq(memcmp(nonce, iv, sizeof(iv)), 0);
	record13_nonce(iv, 0x010203, nonce);
	cr_expect_eq(memcmp(nonce, want, sizeof(want)), 0);
}

Test(record13, sizes_follow_from_the_suite)
{
	static const struct {
		uint16_t suite;
		size_t key, tag;
		enum tls_aead aead;
	} rows[] = {
		{0x1301, 16, 16, TLS_AEAD_AES_GCM},           {0x1302, 32, 16, TLS_AEAD_AES_GCM},
		{0x1303, 32, 16, TLS_AEAD_CHACHA20_POLY1305}, {0x1304, 16, 16, TLS_AEAD_AES_CCM},
		{0x1305, 16, 8, TLS_AEAD_AES_CCM_8},
	};
	static const uint8_t key[32], nonce[12], record[40];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_sealed s = record13_sealed(rows[i].suite, key, nonce,
						      (struct bytes){record, sizeof(record)});

		cr_expect_eq(s.aead, rows[i].aead);
		cr_expect_eq(s.key.n, rows[i].key);
		cr_expect_eq(s.tag_n, rows[i].tag);
		cr_expect_eq(s.aad.n, 5);
		cr_expect_eq(s.sealed.n, 35);
	}
}
