/*
 * core/kdf.h -- the key derivations of TLS, over the C library's SHA-2 (libmd).
 */
#ifndef S_SERVER_CORE_KDF_H
#define S_SERVER_CORE_KDF_H

#include "core/bytes.h"
#include "core/suites.h"

enum { KDF_MAX_DIGEST = 48 };

/* Bytes of a digest; 0 for a hash that is not here (only SHA-256 and SHA-384 are). */
size_t kdf_digest_size(enum suite_hash hash);

/* RFC 2104; out has room for a digest. data: pieces that count as one. */
void kdf_hmac(enum suite_hash hash, struct bytes key, const struct bytes *data, size_t n_data,
	      uint8_t *out);
/* RFC 8446 7.1, without context. out_n: at most 255. */
void kdf_expand_label(enum suite_hash hash, struct bytes secret, const char *label, uint8_t *out,
		      size_t out_n);
/* RFC 5246 5: PRF(secret, label, seed1 + seed2). */
void kdf_prf(enum suite_hash hash, struct bytes secret, const char *label, struct bytes seed1,
	     struct bytes seed2, uint8_t *out, size_t out_n);

#endif
