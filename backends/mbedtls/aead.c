#include "backends/mbedtls/mbedtls_backend.h"

#include <mbedtls/ccm.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>

static bool open_gcm(const struct tls_sealed *in, const uint8_t *tag, size_t n, uint8_t *out)
{
	mbedtls_gcm_context ctx;
	bool ok;

	mbedtls_gcm_init(&ctx);
	ok = mbedtls_gcm_setkey(&ctx, MBEDTLS_CIPHER_ID_AES, in->key.p, (unsigned)in->key.n * 8) ==
		     0 &&
	     mbedtls_gcm_auth_decrypt(&ctx, n, in->nonce.p, in->nonce.n, in->aad.p, in->aad.n, tag,
				      in->tag_n, in->sealed.p, out) == 0;
	mbedtls_gcm_free(&ctx);
	return ok;
}

static bool open_ccm(const struct tls_sealed *in, const uint8_t *tag, size_t n, uint8_t *out)
{
	mbedtls_ccm_context ctx;
	bool ok;

	mbedtls_ccm_init(&ctx);
	ok = mbedtls_ccm_setkey(&ctx, MBEDTLS_CIPHER_ID_AES, in->key.p, (unsigned)in->key.n * 8) ==
		     0 &&
	     mbedtls_ccm_auth_decrypt(&ctx, n, in->nonce.p, in->nonce.n, in->aad.p, in->aad.n,
				      in->sealed.p, out, tag, in->tag_n) == 0;
	mbedtls_ccm_free(&ctx);
	return ok;
}

static bool open_chachapoly(const struct tls_sealed *in, const uint8_t *tag, size_t n, uint8_t *out)
{
	mbedtls_chachapoly_context ctx;
	bool ok;

	mbedtls_chachapoly_init(&ctx);
	ok = mbedtls_chachapoly_setkey(&ctx, in->key.p) == 0 &&
	     mbedtls_chachapoly_auth_decrypt(&ctx, n, in->nonce.p, in->aad.p, in->aad.n, tag,
					     in->sealed.p, out) == 0;
	mbedtls_chachapoly_free(&ctx);
	return ok;
}

bool mb_aead_open(const struct tls_sealed *in, uint8_t *out)
{
	size_t n = in->sealed.n - in->tag_n;
	const uint8_t *tag = in->sealed.p + n;

	switch (in->aead) {
	case TLS_AEAD_AES_GCM:
		return open_gcm(in, tag, n, out);
	case TLS_AEAD_AES_CCM:
	case TLS_AEAD_AES_CCM_8:
		return open_ccm(in, tag, n, out);
	case TLS_AEAD_CHACHA20_POLY1305:
		return open_chachapoly(in, tag, n, out);
	}
	return false;
}

bool mb_aead_seal(const struct tls_sealed *in, const uint8_t *plain, size_t n, uint8_t *out)
{
	mbedtls_chachapoly_context chacha;
	mbedtls_gcm_context gcm;
	mbedtls_ccm_context ccm;
	bool ok = false;

	switch (in->aead) {
	case TLS_AEAD_AES_GCM:
		mbedtls_gcm_init(&gcm);
		ok = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, in->key.p,
					(unsigned)in->key.n * 8) == 0 &&
		     mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, n, in->nonce.p,
					       in->nonce.n, in->aad.p, in->aad.n, plain, out,
					       in->tag_n, out + n) == 0;
		mbedtls_gcm_free(&gcm);
		break;
	case TLS_AEAD_AES_CCM:
	case TLS_AEAD_AES_CCM_8:
		mbedtls_ccm_init(&ccm);
		ok = mbedtls_ccm_setkey(&ccm, MBEDTLS_CIPHER_ID_AES, in->key.p,
					(unsigned)in->key.n * 8) == 0 &&
		     mbedtls_ccm_encrypt_and_tag(&ccm, n, in->nonce.p, in->nonce.n, in->aad.p,
						 in->aad.n, plain, out, out + n, in->tag_n) == 0;
		mbedtls_ccm_free(&ccm);
		break;
	case TLS_AEAD_CHACHA20_POLY1305:
		mbedtls_chachapoly_init(&chacha);
		ok = mbedtls_chachapoly_setkey(&chacha, in->key.p) == 0 &&
		     mbedtls_chachapoly_encrypt_and_tag(&chacha, n, in->nonce.p, in->aad.p,
							in->aad.n, plain, out, out + n) == 0;
		mbedtls_chachapoly_free(&chacha);
		break;
	}
	return ok;
}
