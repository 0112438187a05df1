/*
 * core/record13.h -- the protection of TLS 1.3 records (RFC 8446 5.2), for backends that look into
 * them.
 */
#ifndef S_SERVER_CORE_RECORD13_H
#define S_SERVER_CORE_RECORD13_H

#include "core/tls_backend.h"

enum {
	RECORD13_HEADER = 5,
	RECORD13_KEY = 32, /* the largest key */
	RECORD13_IV = 12,
	RECORD13_MAX = RECORD13_HEADER + 16384 + 256,
};

size_t record13_key_size(uint16_t suite);
size_t record13_tag_size(uint16_t suite);
/* iv and record number. */
void record13_nonce(const uint8_t iv[RECORD13_IV], uint64_t number, uint8_t out[RECORD13_IV]);
/* The record as sealed under key and nonce, which are borrowed; it must be longer than a tag. */
struct tls_sealed record13_sealed(uint16_t suite, const uint8_t *key, const uint8_t *nonce,
				  struct bytes record);

#endif
