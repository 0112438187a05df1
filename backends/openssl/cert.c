#include "backends/openssl/openssl_backend.h"

#include <limits.h>
#include <string.h>

/* ---- pass phrases ---- */

struct phrase {
	const char *text;
	bool asked;
};

static int on_phrase(char *buf, int size, int rwflag, void *ud)
{
	struct phrase *phrase = ud;
	size_t n = phrase->text ? strlen(phrase->text) : 0;

	(void)rwflag;
	phrase->asked = true;
	if (!phrase->text || size < 0 || n > (size_t)size)
		return -1;
	memcpy(buf, phrase->text, n);
	return (int)n;
}

/* ---- stores: PEM, DER, PKCS#12 or whatever a URI names ---- */

struct contents {
	EVP_PKEY *key;
	STACK_OF(X509) * certs;
};

static void release(struct contents *c)
{
	EVP_PKEY_free(c->key);
	sk_X509_pop_free(c->certs, X509_free);
}

static void take(struct contents *c, OSSL_STORE_INFO *info)
{
	int type = OSSL_STORE_INFO_get_type(info);

	if (type == OSSL_STORE_INFO_PKEY && !c->key) {
		c->key = OSSL_STORE_INFO_get1_PKEY(info);
	} else if (type == OSSL_STORE_INFO_CERT) {
		X509 *cert = OSSL_STORE_INFO_get1_CERT(info);

		if (cert && !sk_X509_push(c->certs, cert))
			X509_free(cert);
	}
}

/* False: the store could not be opened. What is in it can still be nothing. */
static bool read_store(struct contents *c, const struct tls_key *key, struct phrase *phrase)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(on_phrase, 0);
	OSSL_STORE_CTX *store = NULL;
	BIO *bio = NULL;

	c->certs = sk_X509_new_null();
	if (key->encoding == TLS_ENC_URI) {
		store = OSSL_STORE_open_ex(key->origin, NULL, os_propq(), ui, phrase, NULL, NULL,
					   NULL);
	} else if (key->data.n <= INT_MAX) {
		bio = BIO_new_mem_buf(key->data.p, (int)key->data.n);
		if (bio)
			store = OSSL_STORE_attach(bio, "file", NULL, os_propq(), ui, phrase, NULL,
						  NULL, NULL);
	}
	while (store && c->certs && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info)
			take(c, info);
		else if (OSSL_STORE_error(store))
			break;
		OSSL_STORE_INFO_free(info);
	}
	bool opened = store && c->certs;

	OSSL_STORE_close(store);
	BIO_free(bio);
	UI_destroy_method(ui);
	return opened;
}

static enum tls_status load_key(struct contents *c, const struct tls_key *key,
				struct tls_error *err)
{
	struct phrase phrase = {key->password, false};

	if (key->encoding == TLS_ENC_ENGINE) {
#if HAVE_OSSL_ENGINE
		UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(on_phrase, 0);

		if (!os_engine()) {
			UI_destroy_method(ui);
			os_error(err, "%s: a key of format ENGINE needs -engine", key->origin);
			return TLS_FAIL;
		}
		c->key = ENGINE_load_private_key(os_engine(), key->origin, ui, &phrase);
		UI_destroy_method(ui);
#else
		return os_refuse(err, "%s: this OpenSSL was built without engines", key->origin);
#endif
	} else if (!read_store(c, key, &phrase)) {
		os_error(err, "Could not open file or uri for loading private key from %s",
			 key->origin);
		return TLS_FAIL;
	}
	if (c->key) {
		ERR_clear_error();
		return TLS_OK;
	}
	os_error(err, "Could not find private key from %s%s", key->origin,
		 !phrase.asked   ? ""
		 : key->password ? ": the pass phrase is wrong"
				 : ": it is encrypted and no pass phrase was given");
	return TLS_FAIL;
}

/* ---- into the context ---- */

static X509 *parse_cert(struct bytes der)
{
	const unsigned char *p = der.p;

	return der.n <= LONG_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
}

/* The certificate that belongs to the key is the leaf, whatever its place. */
static X509 *take_leaf(struct contents *c)
{
	for (int i = 0; i < sk_X509_num(c->certs); i++)
		if (X509_check_private_key(sk_X509_value(c->certs, i), c->key))
			return sk_X509_delete(c->certs, i);
	ERR_clear_error();
	return NULL;
}

static enum tls_status use(SSL_CTX *sctx, const struct tls_credential *cred, X509 *leaf,
			   EVP_PKEY *key, struct tls_error *err)
{
	if (!SSL_CTX_use_certificate(sctx, leaf)) {
		os_error(err, "error setting certificate: %s", cred->origin);
		return TLS_FAIL;
	}
	if (!SSL_CTX_use_PrivateKey(sctx, key)) {
		os_error(err, "error setting private key: %s", cred->key.origin);
		return TLS_FAIL;
	}
	if (!SSL_CTX_check_private_key(sctx)) {
		/* All it says is that a key of another kind is without its certificate. */
		ERR_clear_error();
		os_error(err, "Private key %s does not match the certificate public key of %s",
			 cred->key.origin, cred->origin);
		return TLS_FAIL;
	}
	return TLS_OK;
}

/* The library adds what the trusted certificates have above a leaf without a chain, and looks for
 * it at each handshake unless it has been found before. It minds no error then either. */
static void find_chain(SSL_CTX *sctx)
{
	(void)SSL_CTX_build_cert_chain(sctx, SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR |
						     SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR);
	ERR_clear_error();
}

static enum tls_status use_chain(SSL_CTX *sctx, const struct tls_credential *cred,
				 STACK_OF(X509) * extra, struct tls_error *err)
{
	int flags = cred->n_chain ? SSL_BUILD_CHAIN_FLAG_CHECK : 0;
	bool given = cred->n_chain > 0;

	for (size_t i = 0; i < cred->n_chain; i++) {
		X509 *x = parse_cert(cred->chain[i]);

		if (!x || !SSL_CTX_add0_chain_cert(sctx, x)) {
			X509_free(x);
			os_error(err, "error setting certificate chain: %s", cred->origin);
			return TLS_FAIL;
		}
	}
	for (int i = 0; !given && i < sk_X509_num(extra); i++)
		if (!SSL_CTX_add1_chain_cert(sctx, sk_X509_value(extra, i))) {
			os_error(err, "error setting certificate chain: %s", cred->origin);
			return TLS_FAIL;
		}
	if (cred->build_chain && SSL_CTX_build_cert_chain(sctx, flags) != 1) {
		os_error(err, "error building certificate chain: %s", cred->origin);
		return TLS_FAIL;
	}
	if (!cred->build_chain && !given && sk_X509_num(extra) <= 0)
		find_chain(sctx);
	return TLS_OK;
}

/* The certificates of a store of their own, in place of those beside the key. */
static enum tls_status load_store(struct contents *c, const struct tls_key *store,
				  struct tls_error *err)
{
	struct contents other = {NULL, NULL};
	struct phrase phrase = {store->password, false};
	STACK_OF(X509) *none = c->certs;
	bool found = read_store(&other, store, &phrase) && sk_X509_num(other.certs) > 0;

	if (found) {
		c->certs = other.certs;
		other.certs = none;
		ERR_clear_error();
	} else {
		os_error(err, "Could not find certificate from %s", store->origin);
	}
	release(&other);
	return found ? TLS_OK : TLS_FAIL;
}

enum tls_status os_cred_load(SSL_CTX *sctx, const struct tls_credential *cred,
			     struct tls_error *err)
{
	struct contents c = {NULL, NULL};
	enum tls_status st = load_key(&c, &cred->key, err);
	X509 *leaf = NULL;

	if (st == TLS_OK && cred->store)
		st = load_store(&c, cred->store, err);
	if (st == TLS_OK) {
		leaf = cred->cert.n ? parse_cert(cred->cert) : take_leaf(&c);
		if (!leaf && cred->store)
			leaf = sk_X509_shift(c.certs); /* use() tells that they do not match */
		if (!leaf) {
			os_error(err, "Could not find certificate from %s",
				 cred->origin ? cred->origin : cred->key.origin);
			st = TLS_FAIL;
		}
	}
	if (st == TLS_OK)
		st = use(sctx, cred, leaf, c.key, err);
	/* Certificates beside the key in a store are a chain, those beside a PEM key are not here.
	 */
	if (st == TLS_OK)
		st = use_chain(sctx, cred, cred->cert.n ? NULL : c.certs, err);
	X509_free(leaf);
	release(&c);
	return st;
}

/* ---- the temporary certificate ---- */

bool os_temp_key(struct tls_temp_key *out, struct tls_error *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	unsigned char *p = out->private_key;
	int n;

	memset(out, 0, sizeof(*out));
	if (key && i2d_PrivateKey(key, NULL) <= (int)sizeof(out->private_key) &&
	    i2d_PUBKEY(key, NULL) <= (int)sizeof(out->spki)) {
		n = i2d_PrivateKey(key, &p);
		out->private_key_n = n > 0 ? (size_t)n : 0;
		p = out->spki;
		n = i2d_PUBKEY(key, &p);
		out->spki_n = n > 0 ? (size_t)n : 0;
	}
	EVP_PKEY_free(key);
	if (out->private_key_n && out->spki_n)
		return true;
	os_error(err, "making a key");
	return false;
}

bool os_temp_sign(const struct tls_temp_key *in, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err)
{
	const unsigned char *p = in->private_key;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)in->private_key_n);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = key && md &&
		  EVP_DigestSignInit_ex(md, NULL, "SHA256", NULL, os_propq(), key, NULL) == 1 &&
		  EVP_DigestSign(md, sig, n, tbs.p, tbs.n) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	if (!ok)
		os_error(err, "signing");
	return ok;
}
