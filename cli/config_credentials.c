#include "cli/config_parts.h"

#include "core/keyfile.h"
#include "core/passphrase.h"
#include "core/tempcert.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* One certificate of the server: where it comes from, and OpenSSL's words for its parts. */
struct source {
	const char *cert, *key, *chain; /* files or URIs; key NULL: the file of cert */
	enum keyfile_form cert_form;
	intmax_t key_form; /* a letter as struct option_use has it, 0 when not given */
	const char *passphrase;
	bool build_chain;
	const char *cert_words, *key_words, *chain_words;
};

static enum keyfile_form form_of(intmax_t letter)
{
	switch (letter) {
	case 'P':
		return KEYFILE_PEM;
	case 'D':
		return KEYFILE_DER;
	case '1':
		return KEYFILE_P12;
	default:
		return KEYFILE_ANY;
	}
}

/* Words as in load_key_certs_crls() in apps/lib/apps.c of 3.5. */
static enum config_result read_file(struct config_run *run, struct keyfiles *files,
				    const char *words, const char *name, struct bytes *data)
{
	struct strbuf why = STRBUF_INIT;
	enum config_result result = CONFIG_OK;

	if (!keyfile_read(files, name, data, &why))
		result = config_fail(run, "Could not open file or uri for loading %s from %s: %s",
				     words, name, why.p);
	strbuf_release(&why);
	return result;
}

/* Refused even with --unsupported=warn: without the key there is nothing to serve with. */
static enum config_result need(struct config_run *run, enum tls_cap cap, const char *words,
			       const char *name)
{
	const struct tls_cap_entry *entry = &run->lib->cap[cap];
	struct strbuf what = STRBUF_INIT;

	if (entry->level != TLS_CAP_NO)
		return CONFIG_OK;
	strbuf_addf(&what, "%s %s", words, name);
	(void)config_lacks(run, what.p, entry->note);
	strbuf_release(&what);
	return CONFIG_UNSUPPORTED;
}

/* ---- keys ---- */

static enum config_result load_outside_key(struct config_run *run, const struct source *src,
					   const char *name, struct tls_key *key)
{
	bool engine = src->key_form == 'E';

	key->encoding = engine ? TLS_ENC_ENGINE : TLS_ENC_URI;
	key->password = src->passphrase;
	return need(run, engine ? TLS_CAP_ENGINE : TLS_CAP_KEY_URI, src->key_words, name);
}

static enum config_result find_passphrase(struct config_run *run, const struct source *src,
					  struct tls_key *key)
{
	enum config_result result = need(run, TLS_CAP_KEY_PASSWORD, src->key_words, key->origin);

	key->password = src->passphrase;
	if (result != CONFIG_OK || key->password)
		return result;
	/* A PKCS#12 store is always encrypted, often with an empty phrase. */
	if (passphrase_ask(&run->c->pool, key->origin, key->encoding == TLS_ENC_P12,
			   &key->password) ||
	    key->encoding == TLS_ENC_P12)
		return CONFIG_OK;
	return config_fail(run,
			   "Could not find %s from %s: it is encrypted, and neither -pass nor the "
			   "terminal gives its pass phrase",
			   src->key_words, key->origin);
}

static enum config_result load_key(struct config_run *run, struct keyfiles *files,
				   const struct source *src, struct tls_key *key)
{
	const char *name = src->key ? src->key : src->cert;
	enum config_result result;
	struct bytes data;
	bool encrypted;

	key->origin = name;
	if (src->key_form == 'E' || keyfile_is_uri(name))
		return load_outside_key(run, src, name, key);
	result = read_file(run, files, src->key_words, name, &data);
	if (result != CONFIG_OK)
		return result;
	if (!keyfile_key(&run->c->pool, data, form_of(src->key_form), key, &encrypted))
		return config_fail(run, "Could not find %s from %s", src->key_words, name);
	if (key->encoding == TLS_ENC_P12)
		result = need(run, TLS_CAP_KEY_P12, src->key_words, name);
	if (result == CONFIG_OK && encrypted)
		result = find_passphrase(run, src, key);
	return result;
}

/* ---- certificates ---- */

/* A PKCS#12 store beside a key in another file. */
static enum config_result load_store(struct config_run *run, const struct source *src,
				     struct bytes data, struct tls_credential *cred)
{
	struct tls_key *store = pool_alloc(&run->c->pool, sizeof(*store));
	enum config_result result = need(run, TLS_CAP_P12_CERT, src->cert_words, src->cert);

	*store = (struct tls_key){.data = data, .encoding = TLS_ENC_P12, .origin = src->cert};
	if (result == CONFIG_OK)
		result = find_passphrase(run, src, store);
	cred->store = store;
	return result;
}

/* Certificates behind the first are its chain, unless -cert_chain says otherwise: openssl s_server
 * drops them, and a chain file is what users give it. */
static enum config_result load_cert(struct config_run *run, struct keyfiles *files,
				    const struct source *src, struct tls_credential *cred)
{
	struct keyfile_list certs = {NULL, 0};
	enum config_result result;
	struct bytes data;

	cred->origin = src->cert;
	if (keyfile_is_uri(src->cert))
		return need(run, TLS_CAP_KEY_URI, src->cert_words, src->cert);
	result = read_file(run, files, src->cert_words, src->cert, &data);
	if (result != CONFIG_OK)
		return result;
	if (keyfile_is_p12(data))
		return cred->key.encoding == TLS_ENC_P12 ? CONFIG_OK
							 : load_store(run, src, data, cred);
	if (!keyfile_certs(&run->c->pool, data, src->cert_form, &certs))
		return config_fail(run, "Could not find %s from %s", src->cert_words, src->cert);
	cred->cert = certs.p[0];
	cred->chain = certs.p + 1;
	cred->n_chain = certs.n - 1;
	return CONFIG_OK;
}

static enum config_result load_chain(struct config_run *run, struct keyfiles *files,
				     const struct source *src, struct tls_credential *cred)
{
	struct keyfile_list certs = {NULL, 0};
	enum config_result result;
	struct bytes data;

	if (!src->chain)
		return CONFIG_OK;
	result = read_file(run, files, src->chain_words, src->chain, &data);
	if (result != CONFIG_OK)
		return result;
	if (!keyfile_certs(&run->c->pool, data, KEYFILE_ANY, &certs))
		return config_fail(run, "Could not find %s from %s", src->chain_words, src->chain);
	cred->chain = certs.p;
	cred->n_chain = certs.n;
	return CONFIG_OK;
}

/* The key first: a missing default file is reported with the key's words, as OpenSSL does. */
static enum config_result load(struct config_run *run, struct keyfiles *files,
			       const struct source *src, struct tls_credential *cred)
{
	enum config_result result = load_key(run, files, src, &cred->key);

	cred->build_chain = src->build_chain;
	if (result == CONFIG_OK)
		result = load_cert(run, files, src, cred);
	if (result == CONFIG_OK)
		result = load_chain(run, files, src, cred);
	return result;
}

/* ---- which ones ---- */

static enum config_result make_temporary(struct config_run *run, struct tls_credential *cred)
{
	struct pool *pool = &run->c->pool;
	struct tls_temp_key key = {.private_key_n = 0};
	struct tls_error err = {.alert = -1};
	struct strbuf cert = STRBUF_INIT;
	char fingerprint[65];
	enum config_result result = CONFIG_OK;

	if (tempcert_make(run->lib->backend, &cert, &key, &err)) {
		cred->cert = pool_copy(pool, strbuf_bytes(&cert));
		cred->key.data =
			pool_copy(pool, (struct bytes){key.private_key, key.private_key_n});
		cred->key.encoding = TLS_ENC_DER;
		cred->origin = cred->key.origin = "the temporary certificate";
		tempcert_fingerprint(cred->cert, fingerprint);
		strbuf_addf(run->out, "Using a temporary self-signed certificate, SHA-256 %s\n",
			    fingerprint);
	} else {
		result = config_fail(run, "s_server: %s", err.text);
	}
	explicit_bzero(&key, sizeof(key));
	strbuf_release(&cert);
	return result;
}

static bool wants_temporary(const struct options *o)
{
	return !options_given(o, OPT_cert) && !options_given(o, OPT_key) &&
	       access("server.pem", F_OK) != 0 && errno == ENOENT;
}

static struct source first_source(const struct options *o, const char *passphrase)
{
	return (struct source){
		.cert = options_value(o, OPT_cert, "server.pem"),
		.key = options_value(o, OPT_key, NULL),
		.chain = options_value(o, OPT_cert_chain, NULL),
		.cert_form = form_of(options_number(o, OPT_certform, 0)),
		.key_form = options_number(o, OPT_keyform, 0),
		.passphrase = passphrase,
		.build_chain = options_given(o, OPT_build_chain),
		.cert_words = "server certificate",
		.key_words = "server certificate private key",
		.chain_words = "certificates of server certificate chain",
	};
}

/* Its chain is that of the first, as in OpenSSL 4.0. */
static struct source named_source(const struct options *o, const char *passphrase)
{
	struct source src = first_source(o, passphrase);

	src.cert = options_value(o, OPT_cert2, "server2.pem");
	src.key = options_value(o, OPT_key2, NULL);
	src.cert_words = "second server certificate";
	src.key_words = "second server certificate private key";
	return src;
}

static struct source second_source(const struct options *o, const char *passphrase)
{
	return (struct source){
		.cert = options_value(o, OPT_dcert, NULL),
		.key = options_value(o, OPT_dkey, NULL),
		.chain = options_value(o, OPT_dcert_chain, NULL),
		.cert_form = form_of(options_number(o, OPT_dcertform, 0)),
		.key_form = options_number(o, OPT_dkeyform, 0),
		.passphrase = passphrase,
		.build_chain = options_given(o, OPT_build_chain),
		.cert_words = "second server certificate",
		.key_words = "second certificate private key",
		.chain_words = "certificates of second server certificate chain",
	};
}

/* -cert, or the default file, or a certificate made up. */
static enum config_result load_first(struct config_run *run, struct keyfiles *files,
				     const char *phrase)
{
	struct source src = first_source(run->o, phrase);
	struct config *c = run->c;

	/* The defaults are not needed when there is a list of certificates. */
	if (options_given(run->o, OPT_xcert) && !options_given(run->o, OPT_cert))
		return CONFIG_OK;
	c->tls.n_creds = 1;
	return wants_temporary(run->o) ? make_temporary(run, &c->creds[0])
				       : load(run, files, &src, &c->creds[0]);
}

/* -cert, -dcert and -cert2. */
static enum config_result load_plain(struct config_run *run, struct keyfiles *files,
				     const char *const phrase[2])
{
	struct config *c = run->c;
	const struct options *o = run->o;
	struct source second = second_source(o, phrase[1]), by_name = named_source(o, phrase[0]);
	enum config_result result = CONFIG_OK;

	if (!options_given(o, OPT_nocert)) {
		result = load_first(run, files, phrase[0]);
		if (result == CONFIG_OK && options_given(o, OPT_servername)) {
			result = load(run, files, &by_name, &c->sni_creds[0]);
			c->tls.n_sni_creds = 1;
		}
	}
	if (result == CONFIG_OK && second.cert)
		result = load(run, files, &second, &c->creds[c->tls.n_creds++]);
	return result;
}

/* ---- -xcert and what belongs to each ---- */

/* As args_excert() in apps/lib/s_cb.c: each -xcert begins a group, formats hold for later ones. */
static size_t find_groups(struct config_run *run, struct source **groups)
{
	struct source *list = NULL, next = {.cert_words = "certificate of Server Certificate",
					    .key_words = "Server Key",
					    .chain_words = "certificates of Server Chain"};
	struct source *at = &next;
	size_t n = 0;

	for (size_t i = 0; i < run->o->n; i++) {
		const struct option_use *use = &run->o->use[i];

		if (use->id == OPT_xcert) {
			struct source group = *at;

			if (n) { /* only formats and words go on */
				group.key = group.chain = NULL;
				group.build_chain = false;
			}
			group.cert = use->value;
			list = pool_grow(&run->c->pool, list, n, sizeof(*list));
			list[n++] = group;
			at = &list[n - 1];
		} else if (use->id == OPT_xkey) {
			at->key = use->value;
		} else if (use->id == OPT_xchain) {
			at->chain = use->value;
		} else if (use->id == OPT_xchain_build) {
			at->build_chain = true;
		} else if (use->id == OPT_xcertform) {
			at->cert_form = form_of(use->number);
		} else if (use->id == OPT_xkeyform) {
			at->key_form = use->number;
		}
	}
	*groups = list;
	return n;
}

/* They replace -cert and -dcert, as OpenSSL's callback does. */
static enum config_result load_groups(struct config_run *run, struct keyfiles *files,
				      const struct source *groups, size_t n)
{
	struct config *c = run->c;
	enum config_result result = CONFIG_OK;

	if (!n)
		return CONFIG_OK;
	c->tls.creds = c->creds = pool_alloc(&c->pool, n * sizeof(*c->creds));
	c->tls.n_creds = n;
	for (size_t i = 0; result == CONFIG_OK && i < n; i++) {
		const struct source *src = &groups[i];
		struct bytes data;

		/* Here OpenSSL looks for the certificate first. */
		if (!keyfile_is_uri(src->cert))
			result = read_file(run, files, src->cert_words, src->cert, &data);
		if (result == CONFIG_OK)
			result = load(run, files, src, &c->creds[i]);
		/* What is built does not come from -xchain, as set_cert_cb() in apps/lib/s_cb.c. */
		if (src->build_chain)
			c->creds[i].n_chain = 0;
	}
	return result;
}

static enum config_result load_all(struct config_run *run, struct keyfiles *files,
				   const char *const phrase[2])
{
	struct config *c = run->c;
	struct source *groups;
	size_t n = find_groups(run, &groups);
	enum config_result result;

	c->tls.creds = c->creds = pool_alloc(&c->pool, 2 * sizeof(*c->creds));
	c->tls.sni_creds = c->sni_creds = pool_alloc(&c->pool, sizeof(*c->sni_creds));
	result = load_plain(run, files, phrase);
	if (result == CONFIG_OK)
		result = load_groups(run, files, groups, n);
	return result;
}

/* ---- Diffie-Hellman ---- */

/* -dhparam, else what stands in the certificate's file. */
static enum config_result load_dhparam(struct config_run *run, struct keyfiles *files)
{
	const char *name = options_value(run->o, OPT_dhparam, NULL);
	struct config *c = run->c;
	enum config_result result;
	struct bytes data;

	if (options_given(run->o, OPT_no_dhe))
		return CONFIG_OK;
	if (name) {
		result = read_file(run, files, "key parameters of DH parameters", name, &data);
		if (result != CONFIG_OK)
			return result;
		if (!keyfile_dhparam(&c->pool, data, &c->tls.dhparam))
			return config_fail(run,
					   "Could not find key parameters of DH parameters from %s",
					   name);
		c->server.dhparam_loaded = true;
	} else if (run->lib->cap[TLS_CAP_DHPARAM].level != TLS_CAP_NO) {
		const char *cert = options_value(run->o, OPT_cert, "server.pem");

		c->server.dhparam_loaded = keyfile_cached(files, cert, &data) &&
					   keyfile_dhparam(&c->pool, data, &c->tls.dhparam);
	}
	return CONFIG_OK;
}

enum config_result config_credentials(struct config_run *run)
{
	const char *const source[2] = {options_value(run->o, OPT_pass, NULL),
				       options_value(run->o, OPT_dpass, NULL)};
	struct keyfiles files = {.pool = &run->c->pool};
	struct strbuf why = STRBUF_INIT;
	const char *phrase[2];
	enum config_result result;

	if (passphrases_resolve(&run->c->pool, source, phrase, &why))
		result = load_all(run, &files, phrase);
	else
		result = config_fail(run, "%s\nError getting password", why.p);
	if (result == CONFIG_OK)
		result = load_dhparam(run, &files);
	strbuf_release(&why);
	return result;
}
