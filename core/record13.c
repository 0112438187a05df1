#include "core/record13.h"

#include <string.h>

size_t record13_key_size(uint16_t suite)
{
	return suite == 0x1302 || suite == 0x1303 ? 32 : 16;
}

size_t record13_tag_size(uint16_t suite)
{
	return suite == 0x1305 ? 8 : 16;
}

static enum tls_aead aead_of(uint16_t suite)
{
	switch (suite) {
	case 0x1303:
		return TLS_AEAD_CHACHA20_POLY1305;
	case 0x1304:
		return TLS_AEAD_AES_CCM;
	case 0x1305:
		return TLS_AEAD_AES_CCM_8;
	default:
		return TLS_AEAD_AES_GCM;
	}
}

void record13_nonce(const uint8_t iv[RECORD13_IV], uint64_t number, uint8_t out[RECORD13_IV])
{
	memcpy(out, iv, RECORD13_IV);
	for (size_t i = 0; i < 8; i++)
		out[RECORD13_IV - 1 - i] ^= (uint8_t)(number >> 8 * i);
}

struct tls_sealed record13_sealed(uint16_t suite, const uint8_t *key, const uint8_t *nonce,
				  struct bytes record)
{
	return (struct tls_sealed){
		.aead = aead_of(suite),
		.key = {key, record13_key_size(suite)},
		.nonce = {nonce, RECORD13_IV},
		.aad = {record.p, RECORD13_HEADER},
		.sealed = {record.p + RECORD13_HEADER, record.n - RECORD13_HEADER},
		.tag_n = record13_tag_size(suite),
	};
}
