/*
 * Client certificates. The walk is the core's (core/verify.h). wolfSSL calls back per certificate,
 * deepest first, with the first error only and never for the anchor; so it is let go on, whatever
 * it found, until the client's own certificate comes, and the chain is judged then.
 *
 * wolfSSL keeps each CA that a client sent and the callback let pass, and trusts it from then on.
 * Hence every session has a certificate store of its own, and no anchors are loaded into any.
 */
#include "backends/wolfssl/wolfssl_backend.h"

#include "core/der.h"

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/signature.h>

#include <stdlib.h>
#include <string.h>

/* ---- signatures ---- */

static bool cert_signature(const struct verify_signature *sig, const struct x509_key *issuer)
{
	struct bytes key = sig->spki;
	int oid = RSAk;

	if (issuer->type == X509_KEY_EC) {
		oid = ECDSAk;
	} else if (issuer->type == X509_KEY_ED25519 || issuer->type == X509_KEY_ED448) {
		oid = issuer->type == X509_KEY_ED25519 ? ED25519k : ED448k;
		key = issuer->key;
	}
	return wc_CheckCertSigPubKey(sig->whole.p, (word32)sig->whole.n, NULL, key.p, (word32)key.n,
				     oid) == 0;
}

static enum wc_HashType hash_of(struct bytes algorithm)
{
	static const struct {
		struct bytes oid;
		enum wc_HashType hash;
	} all[] = {
#define OID(der) {(const uint8_t *)(der), sizeof(der) - 1}
		{OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), WC_HASH_TYPE_SHA},
		{OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), WC_HASH_TYPE_SHA256},
		{OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), WC_HASH_TYPE_SHA384},
		{OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), WC_HASH_TYPE_SHA512},
		{OID("\x2a\x86\x48\xce\x3d\x04\x01"), WC_HASH_TYPE_SHA},
		{OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), WC_HASH_TYPE_SHA256},
		{OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), WC_HASH_TYPE_SHA384},
		{OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), WC_HASH_TYPE_SHA512},
#undef OID
	};
	struct der_reader r = der_read(algorithm), seq;
	struct bytes oid;

	if (!der_enter(&r, DER_SEQUENCE, &seq) || !der_get(&seq, DER_OID, &oid))
		return WC_HASH_TYPE_NONE;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (oid.n == all[i].oid.n && memcmp(oid.p, all[i].oid.p, oid.n) == 0)
			return all[i].hash;
	return WC_HASH_TYPE_NONE;
}

static int check(const struct verify_signature *sig, enum wc_SignatureType type, const void *key,
		 size_t key_n)
{
	return wc_SignatureVerify(hash_of(sig->algorithm), type, sig->tbs.p, (word32)sig->tbs.n,
				  sig->value.p, (word32)sig->value.n, key, (word32)key_n);
}

static bool rsa_signature(const struct verify_signature *sig)
{
	RsaKey key;
	word32 at = 0;
	int ret;

	if (wc_InitRsaKey(&key, NULL) != 0)
		return false;
	ret = wc_RsaPublicKeyDecode(sig->spki.p, &at, &key, (word32)sig->spki.n);
	if (ret == 0)
		ret = check(sig, WC_SIGNATURE_TYPE_RSA_W_ENC, &key, sizeof(key));
	(void)wc_FreeRsaKey(&key); /* 0 always */
	return ret == 0;
}

static bool ec_signature(const struct verify_signature *sig)
{
	ecc_key key;
	word32 at = 0;
	int ret;

	if (wc_ecc_init(&key) != 0)
		return false;
	ret = wc_EccPublicKeyDecode(sig->spki.p, &at, &key, (word32)sig->spki.n);
	if (ret == 0)
		ret = check(sig, WC_SIGNATURE_TYPE_ECC, &key, sizeof(key));
	wc_ecc_free(&key);
	return ret == 0;
}

static bool ed25519_signature(const struct verify_signature *sig, struct bytes public)
{
	ed25519_key key;
	int good = 0, ret;

	if (wc_ed25519_init(&key) != 0)
		return false;
	ret = wc_ed25519_import_public(public.p, (word32) public.n, &key);
	if (ret == 0)
		ret = wc_ed25519_verify_msg(sig->value.p, (word32)sig->value.n, sig->tbs.p,
					    (word32)sig->tbs.n, &good, &key);
	wc_ed25519_free(&key);
	return ret == 0 && good;
}

/* The library has no function for the signature of a list alone. */
static bool crl_signature(const struct verify_signature *sig, const struct x509_key *issuer)
{
	switch (issuer->type) {
	case X509_KEY_RSA:
		return rsa_signature(sig);
	case X509_KEY_EC:
		return ec_signature(sig);
	case X509_KEY_ED25519:
		return ed25519_signature(sig, issuer->key);
	case X509_KEY_UNKNOWN:
	case X509_KEY_RSA_PSS:
	case X509_KEY_DSA:
	case X509_KEY_ED448:
	case X509_KEY_ML_DSA:
		break;
	}
	return false;
}

static bool check_signature(void *ud, const struct verify_signature *sig)
{
	struct x509_key issuer;

	(void)ud;
	if (!x509_key_parse(sig->spki, &issuer))
		return false;
	return sig->crl ? crl_signature(sig, &issuer) : cert_signature(sig, &issuer);
}

/* ---- the callback ---- */

static bool tell(void *ud, int depth, int x509_error, struct bytes cert)
{
	struct tls_session *s = ud;

	if (s->ctx->host->verify(s->sud, depth, x509_error, cert))
		return true;
	s->verify_rejected = true;
	s->mute = ws_can_alert(s); /* the library's own choice is coarse */
	return false;
}

static size_t crls(void *ud, struct bytes cert, struct bytes list[TLS_MAX_CRLS])
{
	struct tls_session *s = ud;

	return s->ctx->host->crls(s->sud, cert, list);
}

void ws_free_chain(struct tls_session *s)
{
	for (size_t i = 0; i < s->n_peer_chain; i++)
		free((void *)(uintptr_t)s->peer_chain[i].p);
	s->n_peer_chain = 0;
}

void ws_keep_cert(struct tls_session *s, const uint8_t *p, size_t n)
{
	uint8_t *copy = n && s->n_peer_chain < WS_MAX_CHAIN ? malloc(n) : NULL;

	if (!copy)
		return;
	memcpy(copy, p, n);
	s->peer_chain[s->n_peer_chain++] = (struct bytes){copy, n};
}

static bool walk(struct tls_session *s, bool (*told)(void *, int, int, struct bytes))
{
	struct verify_walk w = {
		.params = &s->ctx->verify,
		.store = &s->ctx->store,
		.signature = check_signature,
		.tell = told,
		.crls = tls_flag(s->ctx->cfg, TLS_F_CRL_DOWNLOAD) ? crls : NULL,
		.ud = s,
	};

	return verify_chain(&w, s->peer_chain, s->n_peer_chain, &s->verify_result);
}

int ws_on_verify(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct tls_session *s = ws_current();

	if (s && store->error_depth == 0)
		s->pha_open = false;
	/* No certificate came: the library decides by the mode, as the user asked. */
	if (!s || store->totalCerts <= 0)
		return ok;
	if (store->error_depth > 0)
		return 1;
	ws_free_chain(s);
	for (int i = 0; i < store->totalCerts; i++)
		ws_keep_cert(s, store->certs[i].buffer, store->certs[i].length);
	return walk(s, tell);
}

void ws_verify_resumed(struct tls_session *s)
{
	WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(s->ssl);
	int n = chain ? wolfSSL_get_chain_count(chain) : 0;

	for (int i = 0; i < n; i++)
		ws_keep_cert(s, wolfSSL_get_chain_cert(chain, i),
			     (size_t)wolfSSL_get_chain_length(chain, i));
	if (!s->n_peer_chain) {
		WOLFSSL_X509 *x509 = wolfSSL_get_peer_certificate(s->ssl);
		const unsigned char *der = x509 ? wolfSSL_X509_get_der(x509, &n) : NULL;

		if (der && n > 0)
			ws_keep_cert(s, der, (size_t)n);
		wolfSSL_X509_free(x509);
	}
	if (s->ticket_result >= 0)
		s->verify_result = s->ticket_result;
	else if (s->n_peer_chain)
		(void)walk(s, NULL); /* nobody ends it */
}

bool ws_own_store(struct tls_session *s)
{
	WOLFSSL_X509_STORE *store = wolfSSL_X509_STORE_new();

	if (store && wolfSSL_set0_verify_cert_store(s->ssl, store) == WOLFSSL_SUCCESS)
		return true;
	wolfSSL_X509_STORE_free(store);
	return false;
}
