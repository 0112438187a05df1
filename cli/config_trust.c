#include "cli/config_parts.h"

#include "core/castore.h"
#include "core/chain.h"
#include "core/x509_print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The three ways to name CAs: -CAfile and its kin. */
struct ca_options {
	enum option_id file, path, store;
};

static const struct ca_options ca_of_all = {OPT_CAfile, OPT_CApath, OPT_CAstore};
static const struct ca_options ca_of_clients = {OPT_verifyCAfile, OPT_verifyCApath,
						OPT_verifyCAstore};
static const struct ca_options ca_of_chain = {OPT_chainCAfile, OPT_chainCApath, OPT_chainCAstore};

static bool any_given(const struct options *o, const struct ca_options *ids)
{
	return options_given(o, ids->file) || options_given(o, ids->path) ||
	       options_given(o, ids->store);
}

/* Such a library also has the system's defaults itself. */
static bool looks_up_itself(const struct config_run *run)
{
	return run->lib->cap[TLS_CAP_CA_DIR].level != TLS_CAP_NO;
}

/* A store that only the library can open: it gets the option as a setting. */
static enum config_result check_store(struct config_run *run, enum option_id id, const char *uri)
{
	const struct tls_cap_entry *entry = &run->lib->cap[TLS_CAP_CA_STORE];
	struct strbuf what = STRBUF_INIT;
	enum config_result result = CONFIG_OK;

	if (entry->level != TLS_CAP_NO)
		return CONFIG_OK;
	strbuf_addf(&what, "%s %s", option_info(id)->name, uri);
	result = config_lacks(run, what.p, entry->note);
	strbuf_release(&what);
	return result;
}

static enum config_result load_ca(struct config_run *run, struct keyfiles *files, enum option_id id,
				  struct castore *store)
{
	const char *value = options_value(run->o, id, NULL);
	enum option_arg arg = option_info(id)->arg;
	struct strbuf why = STRBUF_INIT;
	enum config_result result = CONFIG_OK;
	bool ok = true;

	if (value && arg == ARG_URI && keyfile_is_uri(value))
		return check_store(run, id, value);
	if (value && arg == ARG_DIR)
		ok = castore_add_directory(store, files, value, &why);
	else if (value && arg == ARG_URI)
		ok = castore_add_uri(store, files, value, &why);
	else if (value)
		ok = castore_add_file(store, files, value, &why);
	if (!ok)
		result = config_fail(run, "s_server: error loading %s %s: %s",
				     option_info(id)->name, value, why.p);
	strbuf_release(&why);
	return result;
}

/* The file's certificates come first in the store. */
static enum config_result load_cas(struct config_run *run, struct keyfiles *files,
				   const struct ca_options *ids, bool skip_directory,
				   struct castore *store)
{
	enum config_result result = load_ca(run, files, ids->file, store);

	if (result == CONFIG_OK && !skip_directory)
		result = load_ca(run, files, ids->path, store);
	if (result == CONFIG_OK)
		result = load_ca(run, files, ids->store, store);
	return result;
}

/* ---- the CAs that clients are verified with ---- */

/* What libraries without defaults of their own trust when no -CA* is given; like OpenSSL's, the
 * places can be set in the environment and need not exist. */
static void load_defaults(struct config_run *run, struct keyfiles *files, struct castore *store)
{
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");
	struct strbuf ignored = STRBUF_INIT;

	if (!file)
		file = "/etc/ssl/certs/ca-certificates.crt";
	if (!dir)
		dir = "/etc/ssl/certs";
	if (tls_flag(&run->c->tls, TLS_F_DEFAULT_CA_FILE) && access(file, R_OK) == 0)
		(void)castore_add_file(store, files, file, &ignored);
	else if (tls_flag(&run->c->tls, TLS_F_DEFAULT_CA_DIR))
		(void)castore_add_directory(store, files, dir, &ignored);
	strbuf_release(&ignored);
}

static bool is_listed(const struct bytes *names, size_t n, struct bytes name)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].n == name.n && memcmp(names[i].p, name.p, name.n) == 0)
			return true;
	return false;
}

/* Each subject once, as SSL_load_client_CA_file() does. */
static void fill_ca_names(struct config_run *run, const struct castore *store)
{
	struct tls_config *tls = &run->c->tls;
	struct bytes *names = pool_alloc(&run->c->pool, store->certs.n * sizeof(*names));

	for (size_t i = 0; i < store->certs.n; i++) {
		struct bytes name = x509_subject(store->certs.p[i]);

		if (name.n && !is_listed(names, tls->n_ca_names, name))
			names[tls->n_ca_names++] = name;
	}
	tls->ca_names = names;
}

/* -CA*: *all. Only the certificates of -CAfile are named to clients. */
static enum config_result load_all(struct config_run *run, struct keyfiles *files,
				   struct castore *all)
{
	bool itself = looks_up_itself(run);
	enum config_result result = load_ca(run, files, OPT_CAfile, all);

	if (result == CONFIG_OK && !tls_flag(&run->c->tls, TLS_F_NO_CA_NAMES))
		fill_ca_names(run, all);
	if (result == CONFIG_OK && !itself)
		result = load_ca(run, files, OPT_CApath, all);
	if (result == CONFIG_OK)
		result = load_ca(run, files, OPT_CAstore, all);
	return result;
}

/* -verifyCA* replaces -CA* for clients. */
static enum config_result fill_ca(struct config_run *run, struct keyfiles *files,
				  const struct castore *all, struct castore *clients)
{
	struct tls_config *tls = &run->c->tls;
	bool itself = looks_up_itself(run), own = any_given(run->o, &ca_of_clients);
	enum config_result result = CONFIG_OK;

	if (own)
		result = load_cas(run, files, &ca_of_clients, itself, clients);
	else
		*clients = *all;
	if (itself)
		tls->ca_dir = options_value(run->o, own ? OPT_verifyCApath : OPT_CApath, NULL);
	else if (!own && !any_given(run->o, &ca_of_all) && tls->verify_mode != TLS_VERIFY_NONE)
		load_defaults(run, files, clients);
	tls->ca = clients->certs.p;
	tls->n_ca = clients->certs.n;
	return result;
}

static enum config_result fill_crls(struct config_run *run, struct keyfiles *files,
				    struct castore *store)
{
	const char *name = options_value(run->o, OPT_CRL, NULL);
	intmax_t letter = options_number(run->o, OPT_CRLform, 0);
	enum keyfile_form form = letter == 'D'   ? KEYFILE_DER
				 : letter == 'P' ? KEYFILE_PEM
						 : KEYFILE_ANY;
	struct strbuf why = STRBUF_INIT;
	enum config_result result = CONFIG_OK;
	struct bytes data;

	if (name && !keyfile_read(files, name, &data, &why))
		result = config_fail(run, "Could not open file or uri for loading CRL from %s: %s",
				     name, why.p);
	else if (name && !keyfile_crls(files->pool, data, form, &store->crls))
		result = config_fail(run, "Could not find CRL from %s", name);
	run->c->tls.crls = store->crls.p;
	run->c->tls.n_crls = store->crls.n;
	strbuf_release(&why);
	return result;
}

/* ---- the chains that the server sends ---- */

/* The certificate is inside a PKCS#12 store or behind a URI. */
static enum config_result leave_to_library(struct config_run *run, struct tls_credential *cred)
{
	const struct tls_cap_entry *entry = &run->lib->cap[TLS_CAP_CHAIN_BUILD];
	struct strbuf what = STRBUF_INIT;
	enum config_result result;

	if (entry->level != TLS_CAP_NO)
		return CONFIG_OK;
	cred->build_chain = false;
	strbuf_addf(&what, "-build_chain for %s", cred->origin);
	result = config_lacks(run, what.p, entry->note);
	strbuf_release(&what);
	return result;
}

/* As SSL_CTX_build_cert_chain() with and without SSL_BUILD_CHAIN_FLAG_CHECK: a given chain must
 * itself reach a root, else the CAs must. */
static enum config_result complete(struct config_run *run, const struct castore *cas,
				   struct tls_credential *cred)
{
	bool build = cred->build_chain, done = false;
	struct bytes chain[CHAIN_MAX], *kept;
	size_t n;

	if (!cred->cert.n)
		return build ? leave_to_library(run, cred) : CONFIG_OK;
	cred->build_chain = false; /* the library has nothing left to do */
	if (cred->n_chain && !build)
		return CONFIG_OK;
	if (cred->n_chain)
		n = chain_build(cred->cert, cred->chain, cred->n_chain, chain, &done);
	else
		n = chain_build(cred->cert, cas->certs.p, cas->certs.n, chain, &done);
	if (build && !done)
		return config_fail(run, "error building certificate chain: no issuer of %s",
				   cred->origin);
	kept = pool_alloc(&run->c->pool, n * sizeof(*kept));
	if (n)
		memcpy(kept, chain, n * sizeof(*kept));
	cred->chain = kept;
	cred->n_chain = n;
	return CONFIG_OK;
}

/* -chainCA* replaces -CA* for the chains. */
static enum config_result complete_chains(struct config_run *run, struct keyfiles *files,
					  const struct castore *all)
{
	struct castore own = {.certs = {NULL, 0}};
	enum config_result result = load_cas(run, files, &ca_of_chain, false, &own);
	const struct castore *cas = any_given(run->o, &ca_of_chain) ? &own : all;
	struct config *c = run->c;

	for (size_t i = 0; result == CONFIG_OK && i < c->tls.n_creds; i++)
		result = complete(run, cas, &c->creds[i]);
	for (size_t i = 0; result == CONFIG_OK && i < c->tls.n_sni_creds; i++)
		result = complete(run, cas, &c->sni_creds[i]);
	return result;
}

/* ---- who can tell the status of our certificates ---- */

/* As X509_STORE_CTX_get_obj_by_subject() finds it; the chain that is sent counts too. */
static struct bytes find_issuer(const struct tls_credential *cred, const struct castore *all,
				const struct castore *more)
{
	struct bytes chain[CHAIN_MAX];
	bool complete;

	if (x509_is_self_issued(cred->cert))
		return cred->cert;
	if (chain_build(cred->cert, cred->chain, cred->n_chain, chain, &complete) ||
	    chain_build(cred->cert, all->certs.p, all->certs.n, chain, &complete) ||
	    chain_build(cred->cert, more->certs.p, more->certs.n, chain, &complete))
		return chain[0];
	return (struct bytes){NULL, 0};
}

/* What only the library would look at otherwise. */
static enum config_result load_more(struct config_run *run, struct keyfiles *files,
				    struct castore *more)
{
	if (!any_given(run->o, &ca_of_all))
		load_defaults(run, files, more);
	return looks_up_itself(run) ? load_ca(run, files, OPT_CApath, more) : CONFIG_OK;
}

static enum config_result fill_issuers(struct config_run *run, struct keyfiles *files,
				       const struct castore *all)
{
	struct config *c = run->c;
	size_t n = c->tls.n_creds + c->tls.n_sni_creds;
	struct castore more = {.certs = {NULL, 0}};
	enum config_result result = CONFIG_OK;
	struct bytes *issuers;

	if (!c->server.status.on || c->server.status.file.n)
		return CONFIG_OK;
	result = load_more(run, files, &more);
	issuers = pool_alloc(&c->pool, n * sizeof(*issuers));
	c->server.status.issuers = issuers;
	for (size_t i = 0; result == CONFIG_OK && i < n; i++) {
		const struct tls_credential *cred =
			i < c->tls.n_creds ? &c->creds[i] : &c->sni_creds[i - c->tls.n_creds];

		if (cred->cert.n)
			issuers[i] = find_issuer(cred, all, &more);
		else
			result = config_lacks(run, "-status",
					      "only the library can open the certificate's store: "
					      "give a -status_file");
	}
	return result;
}

enum config_result config_trust(struct config_run *run)
{
	struct keyfiles files = {.pool = &run->c->pool};
	struct castore all = {.certs = {NULL, 0}}, clients = {.certs = {NULL, 0}};
	enum config_result result = load_all(run, &files, &all);

	if (result == CONFIG_OK)
		result = fill_ca(run, &files, &all, &clients);
	if (result == CONFIG_OK)
		result = fill_crls(run, &files, &clients);
	if (result == CONFIG_OK)
		result = complete_chains(run, &files, &all);
	if (result == CONFIG_OK)
		result = fill_issuers(run, &files, &all);
	return result;
}
