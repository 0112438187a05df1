#include "backends/mbedtls/mbedtls_backend.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_pem_encrypted_pkcs8(const struct tls_key *key)
{
	static const char mark[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

	return key->encoding == TLS_ENC_PEM && key->data.n > sizeof(mark) &&
	       strstr((const char *)key->data.p, mark) != NULL;
}

#if !HAVE_MBEDTLS_PBES2_AES
/*
 * PKCS#8 encrypted with PBES2, PBKDF2 and AES-CBC: what `openssl` writes by default and
 * mbedtls_pk_parse_key() of 2.28 cannot read (its pkcs5.c knows DES and 3DES only).
 */
struct pbes2 {
	mbedtls_asn1_buf salt, iv, data;
	int iterations, key_bits;
	mbedtls_md_type_t md;
};

static bool oid_is(const mbedtls_asn1_buf *oid, const char *want, size_t n)
{
	return oid->len == n && memcmp(oid->p, want, n) == 0;
}

static bool sequence(unsigned char **p, const unsigned char *end, const unsigned char **inner_end)
{
	size_t n;

	if (mbedtls_asn1_get_tag(p, end, &n, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE))
		return false;
	*inner_end = *p + n;
	return true;
}

static bool octets(unsigned char **p, const unsigned char *end, mbedtls_asn1_buf *out)
{
	if (mbedtls_asn1_get_tag(p, end, &out->len, MBEDTLS_ASN1_OCTET_STRING))
		return false;
	out->p = *p;
	*p += out->len;
	return true;
}

static bool parse_kdf(const mbedtls_asn1_buf *params, struct pbes2 *out)
{
	unsigned char *p = params->p;
	const unsigned char *end = p + params->len;
	mbedtls_asn1_buf prf, none;
	int key_n;

	out->md = MBEDTLS_MD_SHA1;
	if (!octets(&p, end, &out->salt) || mbedtls_asn1_get_int(&p, end, &out->iterations) ||
	    out->iterations < 1)
		return false;
	if (p < end && *p == MBEDTLS_ASN1_INTEGER && mbedtls_asn1_get_int(&p, end, &key_n))
		return false;
	if (p < end &&
	    (mbedtls_asn1_get_alg(&p, end, &prf, &none) || mbedtls_oid_get_md_hmac(&prf, &out->md)))
		return false;
	return true;
}

/* EncryptedPrivateKeyInfo of RFC 5958, RFC 8018 appendix A. */
static bool parse_pbes2(unsigned char *der, size_t n, struct pbes2 *out)
{
	static const char aes[] = "\x60\x86\x48\x01\x65\x03\x04\x01";
	unsigned char *p = der;
	const unsigned char *end, *params_end;
	mbedtls_asn1_buf alg, params, kdf, kdf_params, cipher, cipher_params;

	if (!sequence(&p, der + n, &end) || mbedtls_asn1_get_alg(&p, end, &alg, &params) ||
	    !oid_is(&alg, MBEDTLS_OID_PKCS5_PBES2, MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS5_PBES2)) ||
	    !octets(&p, end, &out->data))
		return false;
	p = params.p;
	params_end = p + params.len;
	if (mbedtls_asn1_get_alg(&p, params_end, &kdf, &kdf_params) ||
	    !oid_is(&kdf, MBEDTLS_OID_PKCS5_PBKDF2, MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS5_PBKDF2)) ||
	    !parse_kdf(&kdf_params, out) ||
	    mbedtls_asn1_get_alg(&p, params_end, &cipher, &cipher_params))
		return false;
	if (cipher.len != 9 || memcmp(cipher.p, aes, 8) != 0)
		return false;
	switch (cipher.p[8]) {
	case 2:
		out->key_bits = 128;
		break;
	case 22:
		out->key_bits = 192;
		break;
	case 42:
		out->key_bits = 256;
		break;
	default:
		return false;
	}
	out->iv = (mbedtls_asn1_buf){cipher_params.tag, cipher_params.len, cipher_params.p};
	return cipher_params.tag == MBEDTLS_ASN1_OCTET_STRING && cipher_params.len == 16;
}

static int decrypt_pbes2(const struct pbes2 *in, const char *password, uint8_t *out, size_t *n)
{
	const mbedtls_cipher_info_t *info = mbedtls_cipher_info_from_values(
		MBEDTLS_CIPHER_ID_AES, in->key_bits, MBEDTLS_MODE_CBC);
	mbedtls_md_context_t md;
	mbedtls_cipher_context_t cipher;
	uint8_t key[32];
	int ret;

	mbedtls_md_init(&md);
	mbedtls_cipher_init(&cipher);
	ret = mbedtls_md_setup(&md, mbedtls_md_info_from_type(in->md), 1);
	if (!ret)
		ret = mbedtls_pkcs5_pbkdf2_hmac(
			&md, (const unsigned char *)password, strlen(password), in->salt.p,
			in->salt.len, (unsigned)in->iterations, (uint32_t)in->key_bits / 8, key);
	if (!ret)
		ret = mbedtls_cipher_setup(&cipher, info);
	if (!ret)
		ret = mbedtls_cipher_setkey(&cipher, key, in->key_bits, MBEDTLS_DECRYPT);
	if (!ret)
		ret = mbedtls_cipher_crypt(&cipher, in->iv.p, in->iv.len, in->data.p, in->data.len,
					   out, n);
	mbedtls_platform_zeroize(key, sizeof(key));
	mbedtls_cipher_free(&cipher);
	mbedtls_md_free(&md);
	return ret;
}

static int parse_encrypted_pkcs8(mbedtls_pk_context *pk, const struct tls_key *key)
{
	mbedtls_pem_context pem;
	unsigned char *der;
	size_t n, used, plain_n = 0;
	struct pbes2 in;
	uint8_t *plain = NULL;
	int ret = 0;

	mbedtls_pem_init(&pem);
	if (is_pem_encrypted_pkcs8(key)) {
		ret = mbedtls_pem_read_buffer(&pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----",
					      "-----END ENCRYPTED PRIVATE KEY-----", key->data.p,
					      NULL, 0, &used);
		der = pem.buf;
		n = pem.buflen;
	} else {
		n = key->data.n;
		der = malloc(n + 1);
		if (der)
			memcpy(der, key->data.p, n);
		else
			ret = MBEDTLS_ERR_PK_ALLOC_FAILED;
	}
	if (!ret && !parse_pbes2(der, n, &in))
		ret = MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
	if (!ret) {
		plain = malloc(in.data.len + 32);
		ret = plain ? decrypt_pbes2(&in, key->password, plain, &plain_n)
			    : MBEDTLS_ERR_PK_ALLOC_FAILED;
		if (ret == MBEDTLS_ERR_CIPHER_INVALID_PADDING)
			ret = MBEDTLS_ERR_PK_PASSWORD_MISMATCH;
	}
	if (!ret && mbedtls_pk_parse_key(pk, plain, plain_n, NULL, 0))
		ret = MBEDTLS_ERR_PK_PASSWORD_MISMATCH;
	if (plain)
		mbedtls_platform_zeroize(plain, plain_n);
	free(plain);
	if (der != pem.buf)
		free(der);
	mbedtls_pem_free(&pem);
	return ret;
}
#endif

static int parse_key(mbedtls_pk_context *pk, const struct tls_key *key)
{
	/* Of PEM the library wants the NUL counted; the core put it there. */
	size_t n = key->data.n + (key->encoding == TLS_ENC_PEM);
	int ret = mb_pk_parse_key(pk, key->data.p, n, key->password, mb_random, NULL);

	if (ret && !key->password && is_pem_encrypted_pkcs8(key))
		return MBEDTLS_ERR_PK_PASSWORD_REQUIRED;
#if !HAVE_MBEDTLS_PBES2_AES
	if (ret && ret != MBEDTLS_ERR_PK_PASSWORD_MISMATCH && key->password &&
	    (key->encoding == TLS_ENC_DER || is_pem_encrypted_pkcs8(key))) {
		int again;

		mbedtls_pk_free(pk);
		mbedtls_pk_init(pk);
		again = parse_encrypted_pkcs8(pk, key);
		if (again != MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE)
			ret = again;
	}
#endif
	return ret;
}

static const char *encoding_name(enum tls_encoding e)
{
	switch (e) {
	case TLS_ENC_P12:
		return "PKCS#12 key stores";
	case TLS_ENC_URI:
		return "keys by URI";
	case TLS_ENC_ENGINE:
		return "engines";
	case TLS_ENC_PEM:
	case TLS_ENC_DER:
		break;
	}
	return NULL;
}

/* The Certificate message, which the library puts into one record. */
static size_t message_size(const mbedtls_x509_crt *crt)
{
	size_t n = 4 + 1 + 3; /* header, TLS 1.3: context; length of the list */

	for (; crt; crt = crt->next)
		n += 3 + crt->raw.len + 2; /* length, TLS 1.3: extensions */
	return n;
}

static bool load_chain(struct mb_cred *out, const struct tls_credential *cred,
		       struct tls_error *err)
{
	int ret = mbedtls_x509_crt_parse_der(&out->chain, cred->cert.p, cred->cert.n);

	if (ret) {
		mb_error(err, cred->origin ? cred->origin : "certificate", ret);
		return false;
	}
	for (size_t i = 0; i < cred->n_chain; i++) {
		ret = mbedtls_x509_crt_parse_der(&out->chain, cred->chain[i].p, cred->chain[i].n);
		if (ret) {
			mb_error(err, cred->origin ? cred->origin : "certificate chain", ret);
			return false;
		}
	}
	return true;
}

static enum tls_status load_cred(struct mb_cred *out, const struct tls_credential *cred,
				 struct tls_error *err)
{
	const struct tls_key *key = &cred->key;
	const char *origin = key->origin ? key->origin : "private key";
	const char *foreign = encoding_name(key->encoding);
	int ret;

	mbedtls_x509_crt_init(&out->chain);
	mbedtls_pk_init(&out->key);
	if (foreign) {
		mb_error_text(err, "%s: Mbed TLS cannot open %s", origin, foreign);
		return TLS_UNSUPPORTED;
	}
	if (cred->build_chain) {
		mb_error_text(err, "%s: Mbed TLS cannot build a chain",
			      cred->origin ? cred->origin : "certificate");
		return TLS_UNSUPPORTED;
	}
	if (!load_chain(out, cred, err))
		return TLS_FAIL;
	if (message_size(&out->chain) > MBEDTLS_SSL_OUT_CONTENT_LEN) {
		mb_error_text(err, "%s: Mbed TLS sends no chain of more than %d bytes",
			      cred->origin ? cred->origin : "certificate",
			      MBEDTLS_SSL_OUT_CONTENT_LEN);
		return TLS_UNSUPPORTED;
	}
	ret = parse_key(&out->key, key);
	if (ret) {
		mb_error(err, origin, ret);
		return TLS_FAIL;
	}
	ret = mb_pk_check_pair(&out->chain.pk, &out->key, mb_random, NULL);
	if (ret) {
		err->native = ret;
		mb_error_text(err, "%s: the key does not match the certificate %s (-0x%04X)",
			      origin, cred->origin ? cred->origin : "", (unsigned)-ret);
		return TLS_FAIL;
	}
	return TLS_OK;
}

/* ---- all of them, for a thread ---- */

static _Thread_local struct {
	uint64_t ctx; /* its number */
	const struct mb_creds *creds;
} mine;

static enum tls_status load_list(const struct tls_credential *in, size_t n, struct mb_cred **out,
				 size_t *n_out, struct tls_error *err)
{
	if (!n)
		return TLS_OK;
	*out = calloc(n, sizeof(**out));
	if (!*out) {
		mb_error_text(err, "out of memory");
		return TLS_FAIL;
	}
	for (size_t i = 0; i < n; i++) {
		/* Counted first: also a half-loaded one is released. */
		*n_out = i + 1;
		enum tls_status st = load_cred(&(*out)[i], &in[i], err);

		if (st != TLS_OK)
			return st;
	}
	return TLS_OK;
}

static void release_list(struct mb_cred *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mbedtls_x509_crt_free(&list[i].chain);
		mbedtls_pk_free(&list[i].key);
	}
	free(list);
}

static void release_creds(struct mb_creds *c)
{
	release_list(c->creds, c->n_creds);
	release_list(c->sni_creds, c->n_sni_creds);
	free(c);
}

enum tls_status mb_creds_load(struct tls_ctx *ctx, const struct mb_creds **out,
			      struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	struct mb_creds *c;
	enum tls_status st;

	*out = mine.creds;
	if (mine.ctx == ctx->number)
		return TLS_OK;
	c = calloc(1, sizeof(*c));
	if (!c) {
		mb_error_text(err, "out of memory");
		return TLS_FAIL;
	}
	st = load_list(cfg->creds, cfg->n_creds, &c->creds, &c->n_creds, err);
	if (st == TLS_OK)
		st = load_list(cfg->sni_creds, cfg->n_sni_creds, &c->sni_creds, &c->n_sni_creds,
			       err);
	if (st != TLS_OK) {
		release_creds(c);
		return st;
	}
	(void)pthread_mutex_lock(&ctx->lock); /* neither fails on one of this kind */
	c->next = ctx->creds;
	ctx->creds = c;
	(void)pthread_mutex_unlock(&ctx->lock);
	mine.ctx = ctx->number;
	mine.creds = *out = c;
	return TLS_OK;
}

void mb_creds_release(struct tls_ctx *ctx)
{
	while (ctx->creds) {
		struct mb_creds *next = ctx->creds->next;

		release_creds(ctx->creds);
		ctx->creds = next;
	}
}

/* ---- the temporary certificate's key ---- */

bool mb_temp_key(struct tls_temp_key *out, struct tls_error *err)
{
	mbedtls_pk_context pk;
	int ret, n;

	mbedtls_pk_init(&pk);
	ret = mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
	if (!ret)
		ret = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(pk), mb_random,
					  NULL);
	if (ret) {
		mbedtls_pk_free(&pk);
		mb_error(err, "temporary key", ret);
		return false;
	}
	/* The writers fill a buffer from its end. */
	n = mbedtls_pk_write_key_der(&pk, out->private_key, sizeof(out->private_key));
	if (n > 0) {
		out->private_key_n = (size_t)n;
		memmove(out->private_key, out->private_key + sizeof(out->private_key) - n,
			(size_t)n);
		n = mbedtls_pk_write_pubkey_der(&pk, out->spki, sizeof(out->spki));
	}
	if (n > 0) {
		out->spki_n = (size_t)n;
		memmove(out->spki, out->spki + sizeof(out->spki) - n, (size_t)n);
	}
	mbedtls_pk_free(&pk);
	if (n <= 0)
		mb_error(err, "temporary key", n);
	return n > 0;
}

bool mb_temp_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err)
{
	uint8_t hash[32], buf[MBEDTLS_ECDSA_MAX_LEN];
	size_t len = sizeof(buf);
	mbedtls_pk_context pk;
	int ret;

	mbedtls_pk_init(&pk);
	ret = mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), tbs.p, tbs.n, hash);
	if (!ret)
		ret = mb_pk_parse_key(&pk, key->private_key, key->private_key_n, NULL, mb_random,
				      NULL);
	if (!ret)
		ret = mb_pk_sign(&pk, hash, buf, &len, mb_random, NULL);
	if (!ret && len > *n)
		ret = MBEDTLS_ERR_PK_BAD_INPUT_DATA;
	mbedtls_pk_free(&pk);
	if (ret) {
		mb_error(err, "temporary certificate", ret);
		return false;
	}
	memcpy(sig, buf, len);
	*n = len;
	return true;
}
