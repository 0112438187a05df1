#include "backends/wolfssl/wolfssl_backend.h"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

static int open_aes(const struct tls_sealed *in, const uint8_t *tag, word32 n, uint8_t *out)
{
	bool gcm = in->aead == TLS_AEAD_AES_GCM;
	Aes aes;
	int ret = wc_AesInit(&aes, NULL, INVALID_DEVID);

	if (ret != 0)
		return ret;
	ret = gcm ? wc_AesGcmSetKey(&aes, in->key.p, (word32)in->key.n)
		  : wc_AesCcmSetKey(&aes, in->key.p, (word32)in->key.n);
	if (ret == 0 && gcm)
		ret = wc_AesGcmDecrypt(&aes, out, in->sealed.p, n, in->nonce.p, (word32)in->nonce.n,
				       tag, (word32)in->tag_n, in->aad.p, (word32)in->aad.n);
	else if (ret == 0)
		ret = wc_AesCcmDecrypt(&aes, out, in->sealed.p, n, in->nonce.p, (word32)in->nonce.n,
				       tag, (word32)in->tag_n, in->aad.p, (word32)in->aad.n);
	wc_AesFree(&aes);
	return ret;
}

bool ws_aead_open(const struct tls_sealed *in, uint8_t *out)
{
	word32 n = (word32)(in->sealed.n - in->tag_n);
	const uint8_t *tag = in->sealed.p + n;

	switch (in->aead) {
	case TLS_AEAD_AES_GCM:
	case TLS_AEAD_AES_CCM:
	case TLS_AEAD_AES_CCM_8:
		return open_aes(in, tag, n, out) == 0;
	case TLS_AEAD_CHACHA20_POLY1305:
		return wc_ChaCha20Poly1305_Decrypt(in->key.p, in->nonce.p, in->aad.p,
						   (word32)in->aad.n, in->sealed.p, n, tag,
						   out) == 0;
	}
	return false;
}
