#include "backends/wolfssl/wolfssl_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint16_t group_of(struct bytes parameters)
{
	const struct x509_curve *curve = x509_named_curve(parameters);

	if (!curve || !curve->nist_name)
		return 0;
	if (strcmp(curve->nist_name, "P-256") == 0)
		return 23;
	if (strcmp(curve->nist_name, "P-384") == 0)
		return 24;
	return strcmp(curve->nist_name, "P-521") == 0 ? 25 : 0;
}

bool ws_key_kind(struct bytes spki, enum x509_key_type *type, uint16_t *group)
{
	struct x509_key key;

	if (!x509_key_parse(spki, &key))
		return false;
	*type = key.type;
	*group = key.type == X509_KEY_EC ? group_of(key.parameters) : 0;
	return key.type == X509_KEY_RSA || key.type == X509_KEY_EC ||
	       key.type == X509_KEY_ED25519 || key.type == X509_KEY_ED448;
}

/* ---- credentials ---- */

struct pem {
	uint8_t *p;
	size_t n, cap;
};

static bool add_pem(struct pem *out, struct bytes der)
{
	size_t room = der.n * 2 + 256;
	int n;

	if (der.n > 1 << 20)
		return false;
	if (out->cap - out->n < room) {
		uint8_t *p = realloc(out->p, out->n + room);

		if (!p)
			return false;
		out->p = p;
		out->cap = out->n + room;
	}
	n = wc_DerToPem(der.p, (word32)der.n, out->p + out->n, (word32)room, CERT_TYPE);
	if (n <= 0)
		return false;
	out->n += (size_t)n;
	return true;
}

static int give_password(char *buf, int size, int rwflag, void *password)
{
	size_t n = password ? strlen(password) : 0;

	(void)rwflag;
	if (!password || size < 0 || n > (size_t)size)
		return -1;
	memcpy(buf, password, n);
	return (int)n;
}

/* The last error of the queue tells more than the return value. */
static long queued_error(long otherwise)
{
	unsigned long code = wolfSSL_ERR_peek_last_error();

	if (!code)
		return otherwise;
	/* The queue holds positive numbers of what are negative ones. */
	return -(long)(code & 0xffff);
}

static enum tls_status load_cert(WOLFSSL_CTX *wctx, struct bytes leaf, const struct bytes *chain,
				 size_t n_chain, const char *origin, struct ws_slot *slot,
				 struct tls_error *err)
{
	struct pem pem = {NULL, 0, 0};
	struct bytes spki;
	unsigned bits;
	int ret;

	if (!x509_spki(leaf, &spki)) {
		ws_error_text(err, "%s: not a certificate", origin);
		return TLS_FAIL;
	}
	if (!ws_key_kind(spki, &slot->key_type, &slot->group)) {
		ws_error_text(err, "%s: wolfSSL serves RSA, ECDSA, Ed25519 and Ed448 certificates",
			      origin);
		return TLS_UNSUPPORTED;
	}
	if (x509_key_type(spki, &bits) == X509_KEY_RSA && bits > RSA_MAX_SIZE) {
		ws_error_text(err, "%s: this wolfSSL was built for RSA keys of at most %d bits",
			      origin, RSA_MAX_SIZE);
		return TLS_UNSUPPORTED;
	}
	ret = add_pem(&pem, leaf);
	for (size_t i = 0; ret && i < n_chain; i++) {
		struct x509 issuer;

		/* The library sends whatever it was given. */
		if (!x509_parse(chain[i], &issuer)) {
			free(pem.p);
			ws_error_text(err, "%s: certificate %zu of the chain is malformed", origin,
				      i + 1);
			return TLS_FAIL;
		}
		ret = add_pem(&pem, chain[i]);
	}
	if (ret) {
		wolfSSL_ERR_clear_error();
		ret = wolfSSL_CTX_use_certificate_chain_buffer(wctx, pem.p, (long)pem.n);
	}
	free(pem.p);
	if (ret == WOLFSSL_SUCCESS)
		return TLS_OK;
	ws_error(err, origin, queued_error(ret));
	return TLS_FAIL;
}

/*
 * The public half of the loaded key is the certificate's. wolfSSL_CTX_check_private_key() does not
 * compare the halves of EC keys: wc_CheckPrivateKey() only looks whether each is on its curve.
 */
static bool ec_key_matches(WOLFSSL_CTX *wctx, struct bytes leaf)
{
	WOLFSSL_EVP_PKEY *pkey = wolfSSL_CTX_get0_privatekey(wctx);
	unsigned char *der = NULL;
	byte point[2 * MAX_ECC_BYTES + 1];
	word32 at = 0, n = sizeof(point);
	struct x509_key public;
	struct bytes spki;
	ecc_key key;
	int der_n, ret;

	if (!x509_spki(leaf, &spki) || !x509_key_parse(spki, &public) || public.type != X509_KEY_EC)
		return true;
	der_n = pkey ? wolfSSL_i2d_PrivateKey(pkey, &der) : 0;
	if (der_n <= 0 || wc_ecc_init(&key) != 0)
		return false;
	ret = wc_EccPrivateKeyDecode(der, &at, &key, (word32)der_n);
	if (ret == 0)
		ret = wc_ecc_make_pub(&key, NULL);
	if (ret == 0)
		ret = wc_ecc_export_x963(&key, point, &n);
	wc_ecc_free(&key);
	explicit_bzero(der, (size_t)der_n);
	XFREE(der, NULL, DYNAMIC_TYPE_OPENSSL);
	return ret == 0 && n == public.key.n && memcmp(point, public.key.p, n) == 0;
}

static enum tls_status load_key(WOLFSSL_CTX *wctx, const struct tls_key *key, struct bytes leaf,
				struct tls_error *err)
{
	int format = key->encoding == TLS_ENC_PEM ? WOLFSSL_FILETYPE_PEM : WOLFSSL_FILETYPE_ASN1;
	int ret;

	wolfSSL_ERR_clear_error();
	wolfSSL_CTX_set_default_passwd_cb(wctx, give_password);
	wolfSSL_CTX_set_default_passwd_cb_userdata(wctx, (void *)(uintptr_t)key->password);
	ret = wolfSSL_CTX_use_PrivateKey_buffer(wctx, key->data.p, (long)key->data.n, format);
	if (ret != WOLFSSL_SUCCESS) {
		ws_error(err, key->origin, queued_error(ret));
		if (!key->password && key->data.n > 30 &&
		    memmem(key->data.p, key->data.n, "ENCRYPTED", 9))
			ws_error_text(err, "%s: the key is encrypted and there is no pass phrase",
				      key->origin);
		return TLS_FAIL;
	}
	/* A key that does not belong to the certificate was loaded without a word. */
	ret = wolfSSL_CTX_check_private_key(wctx);
	wolfSSL_CTX_set_default_passwd_cb_userdata(wctx, NULL);
	if (ret == WOLFSSL_SUCCESS && ec_key_matches(wctx, leaf))
		return TLS_OK;
	ws_error_text(err, "%s: the private key does not match the certificate", key->origin);
	return TLS_FAIL;
}

static enum tls_status load_p12(WOLFSSL_CTX *wctx, const struct tls_credential *cred,
				struct ws_slot *slot, struct tls_error *err)
{
	WC_PKCS12 *p12 = wc_PKCS12_new();
	struct bytes chain[WS_MAX_CHAIN], leaf = cred->cert;
	byte *key = NULL, *cert = NULL;
	word32 key_n = 0, cert_n = 0;
	WC_DerCertList *ca = NULL, *next;
	const char *password = cred->key.password ? cred->key.password : "";
	enum tls_status st = TLS_FAIL;
	size_t n = 0;
	int ret = p12 ? wc_d2i_PKCS12(cred->key.data.p, (word32)cred->key.data.n, p12) : MEMORY_E;

	if (ret == 0 || ret == 1)
		ret = wc_PKCS12_parse(p12, password, &key, &key_n, &cert, &cert_n, &ca);
	if (ret != 0) {
		ws_error(err, cred->key.origin, ret);
	} else if (!key || (!leaf.n && !cert)) {
		ws_error_text(err, "%s: no key or no certificate inside", cred->key.origin);
	} else {
		struct tls_key plain = {
			.data = {key, key_n}, .encoding = TLS_ENC_DER, .origin = cred->key.origin};

		if (!leaf.n)
			leaf = (struct bytes){cert, cert_n};
		for (next = ca; next && n < WS_MAX_CHAIN && !cred->n_chain; next = next->next)
			chain[n++] = (struct bytes){next->buffer, next->bufferSz};
		st = load_cert(wctx, leaf, cred->n_chain ? cred->chain : chain,
			       cred->n_chain ? cred->n_chain : n, cred->key.origin, slot, err);
		if (st == TLS_OK)
			st = load_key(wctx, &plain, leaf, err);
	}
	for (; ca; ca = next) {
		next = ca->next;
		XFREE(ca->buffer, NULL, DYNAMIC_TYPE_PKCS);
		XFREE(ca, NULL, DYNAMIC_TYPE_PKCS);
	}
	if (key)
		explicit_bzero(key, key_n);
	XFREE(key, NULL, DYNAMIC_TYPE_PUBLIC_KEY);
	XFREE(cert, NULL, DYNAMIC_TYPE_PKCS);
	if (p12)
		wc_PKCS12_free(p12);
	return st;
}

enum tls_status ws_cred_load(WOLFSSL_CTX *wctx, const struct tls_credential *cred,
			     struct ws_slot *slot, struct tls_error *err)
{
	enum tls_status st;

	switch (cred->key.encoding) {
	case TLS_ENC_URI:
	case TLS_ENC_ENGINE:
		ws_error_text(err, "%s: wolfSSL has no key stores and no engines",
			      cred->key.origin);
		return TLS_UNSUPPORTED;
	case TLS_ENC_P12:
		return load_p12(wctx, cred, slot, err);
	case TLS_ENC_PEM:
	case TLS_ENC_DER:
		break;
	}
	if (cred->build_chain) {
		ws_error_text(err, "%s: wolfSSL sends the chain as given and builds none",
			      cred->origin);
		return TLS_UNSUPPORTED;
	}
	st = load_cert(wctx, cred->cert, cred->chain, cred->n_chain, cred->origin, slot, err);
	if (st == TLS_OK)
		st = load_key(wctx, &cred->key, cred->cert, err);
	return st;
}

/* ---- the temporary certificate ---- */

bool ws_temp_key(struct tls_temp_key *out, struct tls_error *err)
{
	ecc_key key;
	WC_RNG rng;
	int ret, n = 0;

	memset(out, 0, sizeof(*out));
	ret = wc_InitRng(&rng);
	if (ret != 0) {
		ws_error(err, "random generator", ret);
		return false;
	}
	ret = wc_ecc_init(&key);
	if (ret == 0) {
		ret = wc_ecc_make_key_ex(&rng, 32, &key, ECC_SECP256R1);
		if (ret == 0) {
			ret = n = wc_EccKeyToDer(&key, out->private_key,
						 (word32)sizeof(out->private_key));
			out->private_key_n = n > 0 ? (size_t)n : 0;
		}
		if (ret > 0) {
			ret = n =
				wc_EccPublicKeyToDer(&key, out->spki, (word32)sizeof(out->spki), 1);
			out->spki_n = n > 0 ? (size_t)n : 0;
		}
		wc_ecc_free(&key);
	}
	wc_FreeRng(&rng);
	if (ret > 0)
		return true;
	ws_error(err, "making a key", ret);
	return false;
}

bool ws_temp_sign(const struct tls_temp_key *in, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err)
{
	uint8_t digest[WC_SHA256_DIGEST_SIZE];
	word32 at = 0, len = (word32)*n;
	ecc_key key;
	WC_RNG rng;
	int ret = wc_Sha256Hash(tbs.p, (word32)tbs.n, digest);

	if (ret == 0)
		ret = wc_InitRng(&rng);
	if (ret != 0) {
		ws_error(err, "signing", ret);
		return false;
	}
	ret = wc_ecc_init(&key);
	if (ret == 0) {
		ret = wc_EccPrivateKeyDecode(in->private_key, &at, &key, (word32)in->private_key_n);
		if (ret == 0)
			ret = wc_ecc_sign_hash(digest, sizeof(digest), sig, &len, &rng, &key);
		wc_ecc_free(&key);
	}
	wc_FreeRng(&rng);
	*n = len;
	if (ret == 0)
		return true;
	ws_error(err, "signing", ret);
	return false;
}
