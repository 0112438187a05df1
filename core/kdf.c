#include "core/kdf.h"

#include <sha2.h>
#include <string.h>

enum { MAX_BLOCK = SHA384_BLOCK_LENGTH };

/* The hash functions behind one face; libmd has one context type for all. */
struct hash {
	size_t size, block;
	void (*init)(SHA2_CTX *ctx);
	void (*update)(SHA2_CTX *ctx, const uint8_t *data, size_t n);
	void (*final)(uint8_t *out, SHA2_CTX *ctx);
};

static const struct hash sha256 = {SHA256_DIGEST_LENGTH, SHA256_BLOCK_LENGTH, SHA256Init,
				   SHA256Update, SHA256Final};
static const struct hash sha384 = {SHA384_DIGEST_LENGTH, SHA384_BLOCK_LENGTH, SHA384Init,
				   SHA384Update, SHA384Final};

static const struct hash *find(enum suite_hash hash)
{
	switch (hash) {
	case SUITE_HASH_SHA256:
		return &sha256;
	case SUITE_HASH_SHA384:
		return &sha384;
	case SUITE_HASH_SHA512:
	case SUITE_HASH_SM3:
		break;
	}
	return NULL;
}

size_t kdf_digest_size(enum suite_hash hash)
{
	const struct hash *h = find(hash);

	return h ? h->size : 0;
}

void kdf_hmac(enum suite_hash hash, struct bytes key, const struct bytes *data, size_t n_data,
	      uint8_t *out)
{
	const struct hash *h = find(hash);
	uint8_t pad[MAX_BLOCK] = {0};
	SHA2_CTX ctx;

	if (key.n > h->block) {
		h->init(&ctx);
		h->update(&ctx, key.p, key.n);
		h->final(pad, &ctx);
	} else if (key.n) {
		memcpy(pad, key.p, key.n);
	}
	for (size_t i = 0; i < h->block; i++)
		pad[i] ^= 0x36;
	h->init(&ctx);
	h->update(&ctx, pad, h->block);
	for (size_t i = 0; i < n_data; i++)
		if (data[i].n)
			h->update(&ctx, data[i].p, data[i].n);
	h->final(out, &ctx);
	for (size_t i = 0; i < h->block; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	h->init(&ctx);
	h->update(&ctx, pad, h->block);
	h->update(&ctx, out, h->size);
	h->final(out, &ctx);
	explicit_bzero(pad, sizeof(pad));
	explicit_bzero(&ctx, sizeof(ctx));
}

/* HKDF-Expand (RFC 5869 2.3) with an HkdfLabel as its info. */
void kdf_expand_label(enum suite_hash hash, struct bytes secret, const char *label, uint8_t *out,
		      size_t out_n)
{
	uint8_t info[2 + 1 + 255 + 1], block[KDF_MAX_DIGEST], counter = 0;
	size_t size = kdf_digest_size(hash), label_n = strlen(label), block_n = 0, n = 0;

	info[n++] = 0;
	info[n++] = (uint8_t)out_n;
	info[n++] = (uint8_t)(6 + label_n);
	memcpy(info + n, "tls13 ", 6);
	memcpy(info + n + 6, label, label_n);
	n += 6 + label_n;
	info[n++] = 0; /* no context */
	while (out_n) {
		struct bytes data[] = {{block, block_n}, {info, n}, {&counter, 1}};
		size_t step = out_n < size ? out_n : size;

		counter++;
		kdf_hmac(hash, secret, data, 3, block);
		block_n = size;
		memcpy(out, block, step);
		out += step;
		out_n -= step;
	}
	explicit_bzero(block, sizeof(block));
}

void kdf_prf(enum suite_hash hash, struct bytes secret, const char *label, struct bytes seed1,
	     struct bytes seed2, uint8_t *out, size_t out_n)
{
	uint8_t a[KDF_MAX_DIGEST], block[KDF_MAX_DIGEST];
	size_t size = kdf_digest_size(hash);
	struct bytes data[] = {{(const uint8_t *)label, strlen(label)}, seed1, seed2};
	struct bytes chain[] = {{a, size}, data[0], seed1, seed2};

	kdf_hmac(hash, secret, data, 3, a);
	while (out_n) {
		size_t step = out_n < size ? out_n : size;

		kdf_hmac(hash, secret, chain, 4, block);
		memcpy(out, block, step);
		out += step;
		out_n -= step;
		kdf_hmac(hash, secret, chain, 1, a);
	}
	explicit_bzero(block, sizeof(block));
}
