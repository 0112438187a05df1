#include "backends/gnutls/gnutls_backend.h"

#include "core/der.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SENT = 32 }; /* certificates that one slot sends */

/* What a credential is made of while it is loaded. */
struct parts {
	gnutls_privkey_t key;
	gnutls_pcert_st cert[MAX_SENT];
	unsigned n;
};

static void parts_release(struct parts *p)
{
	for (unsigned i = 0; i < p->n; i++)
		gnutls_pcert_deinit(&p->cert[i]);
	if (p->key)
		gnutls_privkey_deinit(p->key);
}

static int add_cert(struct parts *p, struct bytes der)
{
	gnutls_datum_t d = gt_datum(der);
	int ret;

	if (p->n == MAX_SENT)
		return GNUTLS_E_SHORT_MEMORY_BUFFER;
	ret = gnutls_pcert_import_x509_raw(&p->cert[p->n], &d, GNUTLS_X509_FMT_DER, 0);
	if (ret >= 0)
		p->n++;
	return ret;
}

/* -pass, once: a token is locked after a few wrong tries. */
static int on_pin(void *ud, int attempt, const char *url, const char *label, unsigned flags,
		  char *pin, size_t max)
{
	const char *password = ud;
	size_t n = strlen(password);

	(void)url;
	(void)label;
	(void)flags;
	if (attempt > 0 || n >= max)
		return GNUTLS_E_PKCS11_PIN_ERROR;
	memcpy(pin, password, n + 1);
	return 0;
}

/* A certificate that is named by a URI, or goes with a key that is; NULL: there is none. */
static const char *cert_uri(const struct tls_credential *cred)
{
	if (cred->cert.n)
		return NULL;
	if (cred->origin && gnutls_url_is_supported(cred->origin))
		return cred->origin;
	return cred->key.encoding == TLS_ENC_URI ? cred->key.origin : NULL;
}

static int add_cert_by_uri(struct parts *p, const char *uri, const char *password)
{
	gnutls_x509_crt_t crt;
	int ret = gnutls_x509_crt_init(&crt);

	if (ret < 0)
		return ret;
	if (password)
		gnutls_x509_crt_set_pin_function(crt, on_pin, (void *)(uintptr_t)password);
	ret = gnutls_x509_crt_import_url(crt, uri, 0);
	if (ret >= 0)
		ret = gnutls_pcert_import_x509(&p->cert[p->n], crt, 0);
	if (ret >= 0)
		p->n++;
	gnutls_x509_crt_deinit(crt);
	return ret;
}

static bool add_certs(struct parts *p, const struct tls_credential *cred, struct tls_error *err)
{
	const char *uri = cert_uri(cred), *origin = cred->origin ? cred->origin : "certificate";
	int ret = 0;

	if (uri)
		ret = add_cert_by_uri(p, uri, cred->key.password);
	else if (cred->cert.n)
		ret = add_cert(p, cred->cert);
	if (ret < 0) {
		gt_error(err, uri ? uri : origin, ret);
		return false;
	}
	for (size_t i = 0; i < cred->n_chain; i++) {
		ret = add_cert(p, cred->chain[i]);
		if (ret < 0) {
			gt_error(err, cred->origin ? cred->origin : "certificate chain", ret);
			return false;
		}
	}
	return true;
}

/* ---- keys ---- */

static int load_file_key(struct parts *p, const struct tls_key *key)
{
	gnutls_datum_t d = gt_datum(key->data);
	unsigned flags = key->password && !*key->password ? GNUTLS_PKCS_NULL_PASSWORD : 0;

	return gnutls_privkey_import_x509_raw(p->key, &d,
					      key->encoding == TLS_ENC_PEM ? GNUTLS_X509_FMT_PEM
									   : GNUTLS_X509_FMT_DER,
					      key->password, flags);
}

static int take_p12_certs(struct parts *p, gnutls_x509_crt_t *crts, unsigned n)
{
	int ret = 0;

	for (unsigned i = 0; i < n; i++) {
		if (ret >= 0 && p->n < MAX_SENT) {
			ret = gnutls_pcert_import_x509(&p->cert[p->n], crts[i], 0);
			p->n += ret >= 0;
		}
		gnutls_x509_crt_deinit(crts[i]);
	}
	gnutls_free(crts);
	return ret;
}

/* The certificates in there count only when none was given beside it. */
static int load_p12_key(struct parts *p, const struct tls_credential *cred)
{
	gnutls_datum_t d = gt_datum(cred->key.data);
	gnutls_x509_crt_t *chain = NULL, *extra = NULL;
	gnutls_x509_privkey_t key = NULL;
	gnutls_pkcs12_t p12 = NULL;
	unsigned n_chain = 0, n_extra = 0;
	const char *password = cred->key.password ? cred->key.password : "";
	int ret = gnutls_pkcs12_init(&p12), ret2;

	if (ret >= 0)
		ret = gnutls_pkcs12_import(p12, &d, GNUTLS_X509_FMT_DER, 0);
	if (ret >= 0)
		ret = gnutls_pkcs12_verify_mac(p12, password);
	if (ret >= 0)
		ret = gnutls_pkcs12_simple_parse(p12, password, &key, &chain, &n_chain, &extra,
						 &n_extra, NULL,
						 GNUTLS_PKCS12_SP_INCLUDE_SELF_SIGNED);
	if (p12)
		gnutls_pkcs12_deinit(p12);
	if (ret < 0)
		return ret;
	ret = key ? gnutls_privkey_import_x509(p->key, key, GNUTLS_PRIVKEY_IMPORT_COPY)
		  : GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
	if (key)
		gnutls_x509_privkey_deinit(key);
	if (cred->cert.n) {
		struct parts unused = {.n = MAX_SENT}; /* takes none, frees all */

		ret2 = take_p12_certs(&unused, chain, n_chain);
	} else {
		ret2 = take_p12_certs(p, chain, n_chain);
	}
	for (unsigned i = 0; i < n_extra; i++)
		gnutls_x509_crt_deinit(extra[i]);
	gnutls_free(extra);
	return ret < 0 ? ret : ret2;
}

static enum tls_status load_key(struct parts *p, const struct tls_credential *cred,
				struct tls_error *err)
{
	const struct tls_key *key = &cred->key;
	const char *origin = key->origin ? key->origin : "private key";
	int ret = gnutls_privkey_init(&p->key);

	if (ret >= 0) {
		switch (key->encoding) {
		case TLS_ENC_PEM:
		case TLS_ENC_DER:
			ret = load_file_key(p, key);
			break;
		case TLS_ENC_P12:
			ret = load_p12_key(p, cred);
			break;
		case TLS_ENC_URI:
			if (!gnutls_url_is_supported(origin)) {
				gt_error_text(err, "%s: GnuTLS cannot open such a URI", origin);
				return TLS_UNSUPPORTED;
			}
			if (key->password)
				gnutls_privkey_set_pin_function(p->key, on_pin,
								(void *)(uintptr_t)key->password);
			ret = gnutls_privkey_import_url(p->key, origin, 0);
			break;
		case TLS_ENC_ENGINE:
			gt_error_text(err, "%s: GnuTLS has no engines", origin);
			return TLS_UNSUPPORTED;
		}
	}
	if (ret >= 0)
		return TLS_OK;
	gt_error(err, origin, ret);
	return TLS_FAIL;
}

/* ---- slots ---- */

static void describe(struct gt_slot *slot, const gnutls_pcert_st *cert)
{
	gnutls_pubkey_t key = cert->pubkey;
	struct bytes spki;
	struct x509_key parsed;
	gnutls_ecc_curve_t curve;
	int pk = gnutls_pubkey_get_pk_algorithm(key, NULL);

	if (x509_spki((struct bytes){cert->cert.data, cert->cert.size}, &spki) &&
	    x509_key_parse(spki, &parsed))
		slot->strength = verify_key_bits(&parsed);

	slot->pk = pk < 0 ? GNUTLS_PK_UNKNOWN : (gnutls_pk_algorithm_t)pk;
	if (slot->pk == GNUTLS_PK_ECDSA &&
	    gnutls_pubkey_export_ecc_raw(key, &curve, NULL, NULL) >= 0)
		slot->group = gt_curve_number(curve);
}

static int fill_slot(struct gt_slot *slot, struct parts *p)
{
	/* Given, but none: else the names in the certificate are parsed, and strange ones refused.
	 */
	const char *names[1] = {NULL};
	int ret = gnutls_certificate_allocate_credentials(&slot->cred);

	if (ret < 0)
		return ret;
	describe(slot, &p->cert[0]);
	/* The key is tried against the certificate here. */
	ret = gnutls_certificate_set_key(slot->cred, names, 0, p->cert, (int)p->n, p->key);
	if (ret < 0)
		return ret;
	p->key = NULL; /* both are the credentials' now */
	p->n = 0;
	return 0;
}

enum tls_status gt_slot_load(struct gt_slot *out, const struct tls_credential *cred,
			     struct tls_error *err)
{
	const char *origin = cred->origin ? cred->origin : "certificate";
	struct parts p = {.n = 0};
	enum tls_status st = TLS_FAIL;
	int ret;

	if (add_certs(&p, cred, err))
		st = load_key(&p, cred, err);
	if (st == TLS_OK && !p.n) {
		gt_error_text(err, "%s: no certificate", origin);
		st = TLS_FAIL;
	}
	if (st == TLS_OK) {
		ret = fill_slot(out, &p);
		if (ret == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
			err->native = ret;
			gt_error_text(err, "%s: the key does not match the certificate %s",
				      cred->key.origin ? cred->key.origin : "private key", origin);
			st = TLS_FAIL;
		} else if (ret < 0) {
			gt_error(err, origin, ret);
			st = TLS_FAIL;
		}
	}
	parts_release(&p);
	return st;
}

void gt_slot_release(struct gt_slot *slot)
{
	if (slot->cred)
		gnutls_certificate_free_credentials(slot->cred);
}

/* ---- names of authorities ---- */

/*
 * The library names only the subjects of trusted certificates. So one is made around each name,
 * with any key and no signature: nothing is ever verified against this list.
 */
static void certificate_around(struct strbuf *out, struct bytes name)
{
	static const uint8_t spki[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,    0x2b,
				       0x65, 0x70, 0x03, 0x21, 0x00, [43] = 0}; /* Ed25519 */
	static const uint8_t algorithm[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
	static const uint8_t signature[64];
	size_t cert = der_begin(out, DER_SEQUENCE), tbs = der_begin(out, DER_SEQUENCE), validity;

	der_put_int(out, 1);
	strbuf_add(out, algorithm, sizeof(algorithm));
	strbuf_add(out, name.p, name.n);
	validity = der_begin(out, DER_SEQUENCE);
	der_put_time(out, 0);
	der_put_time(out, 0);
	der_end(out, validity);
	strbuf_add(out, name.p, name.n);
	strbuf_add(out, spki, sizeof(spki));
	der_end(out, tbs);
	strbuf_add(out, algorithm, sizeof(algorithm));
	der_put_bits(out, (struct bytes){signature, sizeof(signature)});
	der_end(out, cert);
}

static int add_authority(gnutls_x509_trust_list_t list, struct bytes name)
{
	struct strbuf der = STRBUF_INIT;
	gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t d;
	int ret;

	certificate_around(&der, name);
	d = gt_datum(strbuf_bytes(&der));
	ret = gnutls_x509_crt_init(&crt);
	if (ret >= 0)
		ret = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER);
	if (ret >= 0)
		ret = gnutls_x509_trust_list_add_cas(list, &crt, 1, GNUTLS_TL_USE_IN_TLS);
	else if (crt)
		gnutls_x509_crt_deinit(crt);
	strbuf_release(&der);
	return ret < 0 ? ret : 0;
}

int gt_name_authorities(gnutls_certificate_credentials_t cred, const struct bytes *names, size_t n)
{
	gnutls_x509_trust_list_t list;
	int ret;

	if (!n)
		return 0;
	ret = gnutls_x509_trust_list_init(&list, (unsigned)n);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < n && ret >= 0; i++)
		ret = add_authority(list, names[i]);
	if (ret < 0) {
		gnutls_x509_trust_list_deinit(list, 1);
		return ret;
	}
	gnutls_certificate_set_trust_list(cred, list, 0); /* owns it now */
	return 0;
}

/* ---- the temporary certificate's key ---- */

bool gt_temp_key(struct tls_temp_key *out, struct tls_error *err)
{
	gnutls_x509_privkey_t x509 = NULL;
	gnutls_privkey_t key = NULL;
	gnutls_pubkey_t pub = NULL;
	int ret = gnutls_x509_privkey_init(&x509);

	out->private_key_n = sizeof(out->private_key);
	out->spki_n = sizeof(out->spki);
	if (ret >= 0)
		ret = gnutls_x509_privkey_generate(
			x509, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (ret >= 0)
		ret = gnutls_x509_privkey_export(x509, GNUTLS_X509_FMT_DER, out->private_key,
						 &out->private_key_n);
	if (ret >= 0)
		ret = gnutls_privkey_init(&key);
	if (ret >= 0)
		ret = gnutls_privkey_import_x509(key, x509, 0);
	if (ret >= 0)
		ret = gnutls_pubkey_init(&pub);
	if (ret >= 0)
		ret = gnutls_pubkey_import_privkey(pub, key, 0, 0);
	if (ret >= 0)
		ret = gnutls_pubkey_export(pub, GNUTLS_X509_FMT_DER, out->spki, &out->spki_n);
	gnutls_pubkey_deinit(pub);
	gnutls_privkey_deinit(key);
	gnutls_x509_privkey_deinit(x509);
	if (ret < 0)
		gt_error(err, "temporary key", ret);
	return ret >= 0;
}

bool gt_temp_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err)
{
	gnutls_datum_t der = {(unsigned char *)(uintptr_t)key->private_key,
			      (unsigned)key->private_key_n};
	gnutls_datum_t data = gt_datum(tbs), made = {NULL, 0};
	gnutls_privkey_t pk = NULL;
	int ret = gnutls_privkey_init(&pk);

	if (ret >= 0)
		ret = gnutls_privkey_import_x509_raw(pk, &der, GNUTLS_X509_FMT_DER, NULL, 0);
	if (ret >= 0)
		ret = gnutls_privkey_sign_data2(pk, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &made);
	if (ret >= 0 && made.size > *n)
		ret = GNUTLS_E_SHORT_MEMORY_BUFFER;
	if (ret >= 0) {
		memcpy(sig, made.data, made.size);
		*n = made.size;
	}
	gnutls_free(made.data);
	gnutls_privkey_deinit(pk);
	if (ret < 0)
		gt_error(err, "temporary certificate", ret);
	return ret >= 0;
}
