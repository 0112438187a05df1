#include "backends/wolfssl/wolfssl_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- DER ---- */

bool ws_der_next(struct bytes *in, uint8_t *tag, struct bytes *content)
{
	size_t len, skip = 2;

	if (in->n < 2)
		return false;
	*tag = in->p[0];
	len = in->p[1];
	if (len >= 0x80) {
		size_t count = len & 0x7f;

		if (count == 0 || count > 4 || in->n < 2 + count)
			return false;
		len = 0;
		for (size_t i = 0; i < count; i++)
			len = len << 8 | in->p[2 + i];
		skip += count;
	}
	if (len > in->n - skip)
		return false;
	*content = (struct bytes){in->p + skip, len};
	in->p += skip + len;
	in->n -= skip + len;
	return true;
}

/* The next element with its header; it must have that tag. */
static bool take(struct bytes *in, uint8_t want, struct bytes *whole, struct bytes *content)
{
	const uint8_t *start = in->p;
	uint8_t tag;

	if (!ws_der_next(in, &tag, content) || tag != want)
		return false;
	*whole = (struct bytes){start, (size_t)(in->p - start)};
	return true;
}

static bool is(struct bytes b, const char *p, size_t n)
{
	return b.n == n && memcmp(b.p, p, n) == 0;
}

static int digits(const uint8_t *p, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		value = value * 10 + (p[i] - '0');
	}
	return value;
}

/* UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5. */
static bool der_time(struct bytes *in, int64_t *out)
{
	struct tm tm = {0};
	struct bytes t;
	uint8_t tag;
	int year;

	if (!ws_der_next(in, &tag, &t))
		return false;
	if (tag == 0x17 && t.n >= 11) {
		year = digits(t.p, 2);
		year += year < 50 ? 2000 : 1900;
		t.p += 2;
		t.n -= 2;
	} else if (tag == 0x18 && t.n >= 13) {
		year = digits(t.p, 4);
		t.p += 4;
		t.n -= 4;
	} else {
		return false;
	}
	tm.tm_year = year - 1900;
	tm.tm_mon = digits(t.p, 2) - 1;
	tm.tm_mday = digits(t.p + 2, 2);
	tm.tm_hour = digits(t.p + 4, 2);
	tm.tm_min = digits(t.p + 6, 2);
	tm.tm_sec = t.n >= 10 ? digits(t.p + 8, 2) : 0;
	*out = (int64_t)timegm(&tm);
	return true;
}

static void rsa_size(struct ws_cert *out)
{
	struct bytes seq, modulus, in = out->key, whole;

	if (!take(&in, 0x30, &whole, &seq) || !take(&seq, 0x02, &whole, &modulus))
		return;
	while (modulus.n && modulus.p[0] == 0) {
		modulus.p++;
		modulus.n--;
	}
	out->rsa_bits = (unsigned)(modulus.n * 8);
}

static bool parse_spki(struct ws_cert *out, struct bytes spki)
{
	struct bytes alg, oid, curve, bits, whole;
	uint8_t tag;

	if (!take(&spki, 0x30, &whole, &alg) || !take(&alg, 0x06, &whole, &oid) ||
	    !take(&spki, 0x03, &whole, &bits) || bits.n < 1)
		return false;
	out->key = (struct bytes){bits.p + 1, bits.n - 1};
	if (is(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9)) {
		out->key_type = WS_KEY_RSA;
		rsa_size(out);
	} else if (is(oid, "\x2a\x86\x48\xce\x3d\x02\x01", 7)) {
		out->key_type = WS_KEY_EC;
		if (!ws_der_next(&alg, &tag, &curve))
			return false;
		if (is(curve, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8))
			out->group = 23;
		else if (is(curve, "\x2b\x81\x04\x00\x22", 5))
			out->group = 24;
		else if (is(curve, "\x2b\x81\x04\x00\x23", 5))
			out->group = 25;
	} else if (is(oid, "\x2b\x65\x70", 3)) {
		out->key_type = WS_KEY_ED25519;
	} else if (is(oid, "\x2b\x65\x71", 3)) {
		out->key_type = WS_KEY_ED448;
	}
	return true;
}

static void parse_extension(struct ws_cert *out, struct bytes oid, struct bytes value)
{
	struct bytes seq, part, whole;
	uint8_t tag;

	if (oid.n != 3 || oid.p[0] != 0x55 || oid.p[1] != 0x1d)
		return;
	switch (oid.p[2]) {
	case 15: /* keyUsage */
		if (ws_der_next(&value, &tag, &part) && tag == 0x03 && part.n >= 2) {
			out->has_key_usage = true;
			for (unsigned i = 0; i < 8; i++)
				if (part.p[1] & (0x80u >> i))
					out->key_usage |= 1u << i;
		}
		break;
	case 17: /* subjectAltName */
		if (take(&value, 0x30, &whole, &seq))
			out->alt_names = seq;
		break;
	case 19: /* basicConstraints */
		out->has_basic = true;
		if (take(&value, 0x30, &whole, &seq) && ws_der_next(&seq, &tag, &part))
			out->is_ca = tag == 0x01 && part.n == 1 && part.p[0];
		break;
	case 37: /* extKeyUsage */
		if (take(&value, 0x30, &whole, &seq))
			out->ext_key_usage = seq;
		break;
	default:
		break;
	}
}

static void parse_extensions(struct ws_cert *out, struct bytes in)
{
	struct bytes list, ext, oid, part, whole;
	uint8_t tag;

	if (!take(&in, 0x30, &whole, &list))
		return;
	while (take(&list, 0x30, &whole, &ext)) {
		if (!take(&ext, 0x06, &whole, &oid) || !ws_der_next(&ext, &tag, &part))
			continue;
		if (tag == 0x01 && !ws_der_next(&ext, &tag, &part)) /* critical */
			continue;
		if (tag == 0x04)
			parse_extension(out, oid, part);
	}
}

static bool weak_signature(struct bytes alg)
{
	struct bytes oid, whole;

	if (!take(&alg, 0x06, &whole, &oid))
		return false;
	return is(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", 9) || /* md5WithRSA */
	       is(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", 9) || /* sha1WithRSA */
	       is(oid, "\x2a\x86\x48\xce\x3d\x04\x01", 7);           /* ecdsa-with-SHA1 */
}

bool ws_cert_parse(struct ws_cert *out, struct bytes der)
{
	struct bytes in = der, cert, tbs, part, whole, validity;
	uint8_t tag;

	memset(out, 0, sizeof(*out));
	if (!take(&in, 0x30, &out->der, &cert) || !take(&cert, 0x30, &whole, &tbs))
		return false;
	if (tbs.n && tbs.p[0] == 0xa0 && !ws_der_next(&tbs, &tag, &part)) /* version */
		return false;
	if (!take(&tbs, 0x02, &whole, &part) || !take(&tbs, 0x30, &whole, &part))
		return false;
	out->weak_hash = weak_signature(part);
	if (!take(&tbs, 0x30, &out->issuer, &part) || !take(&tbs, 0x30, &whole, &validity) ||
	    !der_time(&validity, &out->not_before) || !der_time(&validity, &out->not_after) ||
	    !take(&tbs, 0x30, &out->subject, &part) || !take(&tbs, 0x30, &out->spki, &part))
		return false;
	if (!parse_spki(out, part))
		return false;
	while (ws_der_next(&tbs, &tag, &part))
		if (tag == 0xa3) {
			out->extensions = part;
			parse_extensions(out, part);
		}
	return true;
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
	struct ws_cert cert;
	int ret;

	if (!ws_cert_parse(&cert, leaf)) {
		ws_error_text(err, "%s: not a certificate", origin);
		return TLS_FAIL;
	}
	if (cert.key_type == WS_KEY_NONE) {
		ws_error_text(err, "%s: wolfSSL serves RSA, ECDSA, Ed25519 and Ed448 certificates",
			      origin);
		return TLS_UNSUPPORTED;
	}
	if (cert.rsa_bits > RSA_MAX_SIZE) {
		ws_error_text(err, "%s: this wolfSSL was built for RSA keys of at most %d bits",
			      origin, RSA_MAX_SIZE);
		return TLS_UNSUPPORTED;
	}
	slot->key_type = cert.key_type;
	slot->group = cert.group;
	ret = add_pem(&pem, leaf);
	for (size_t i = 0; ret && i < n_chain; i++) {
		struct ws_cert issuer;

		/* The library sends whatever it was given. */
		if (!ws_cert_parse(&issuer, chain[i])) {
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
	struct ws_cert cert;
	ecc_key key;
	int der_n, ret;

	if (!ws_cert_parse(&cert, leaf) || cert.key_type != WS_KEY_EC)
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
	memset(der, 0, (size_t)der_n);
	XFREE(der, NULL, DYNAMIC_TYPE_OPENSSL);
	return ret == 0 && n == cert.key.n && memcmp(point, cert.key.p, n) == 0;
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
		memset(key, 0, key_n);
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
