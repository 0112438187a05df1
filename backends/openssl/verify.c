#include "backends/openssl/openssl_backend.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- the walk ---- */

static void print_nodes(BIO *out, const char *title, const STACK_OF(X509_POLICY_NODE) * nodes)
{
	(void)BIO_printf(out, "%s Policies:%s\n", title, nodes ? "" : " <empty>");
	for (int i = 0; i < sk_X509_POLICY_NODE_num(nodes); i++)
		X509_POLICY_NODE_print(out, sk_X509_POLICY_NODE_value(nodes, i), 2);
}

/* As policies_print() in apps/lib/apps.c. */
static void tell_policies(const struct tls_session *s, X509_STORE_CTX *store)
{
	X509_POLICY_TREE *tree = X509_STORE_CTX_get0_policy_tree(store);
	BIO *out = BIO_new(BIO_s_mem());
	char *text;

	if (out && BIO_printf(out, "Require explicit Policy: %s\n",
			      X509_STORE_CTX_get_explicit_policy(store) ? "True" : "False") > 0) {
		print_nodes(out, "Authority", X509_policy_tree_get0_policies(tree));
		print_nodes(out, "User", X509_policy_tree_get0_user_policies(tree));
		if (BIO_write(out, "", 1) == 1 && BIO_get_mem_data(out, &text) > 0)
			s->ctx->host->policies(s->sud, text);
	}
	BIO_free(out);
}

static int on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = ssl ? SSL_get_app_data(ssl) : NULL;
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	int error = ok ? X509_V_OK : X509_STORE_CTX_get_error(store), n;
	unsigned char *der = NULL;
	bool go_on;

	if (!s)
		return ok;
	/* 2: a notice of the policies found, and no finding */
	if (ok == 2 || error == X509_V_ERR_NO_EXPLICIT_POLICY)
		tell_policies(s, store);
	n = cert ? i2d_X509(cert, &der) : 0;
	go_on = s->ctx->host->verify(s->sud, X509_STORE_CTX_get_error_depth(store), error,
				     (struct bytes){der, n > 0 ? (size_t)n : 0});
	OPENSSL_free(der);
	return go_on;
}

/* For -crl_download: those of the store, and what the host fetches. */
static STACK_OF(X509_CRL) * on_lookup_crls(const X509_STORE_CTX *store, const X509_NAME *issuer)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = ssl ? SSL_get_app_data(ssl) : NULL;
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	STACK_OF(X509_CRL) *found = X509_STORE_CTX_get1_crls(store, issuer);
	struct bytes list[TLS_MAX_CRLS];
	unsigned char *der = NULL;
	int len = s && cert ? i2d_X509(cert, &der) : 0;
	size_t n = 0;

	if (!found)
		found = sk_X509_CRL_new_null();
	if (found && len > 0)
		n = s->ctx->host->crls(s->sud, (struct bytes){der, (size_t)len}, list);
	for (size_t i = 0; i < n; i++) {
		const unsigned char *p = list[i].p;
		X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)list[i].n);

		if (crl && !sk_X509_CRL_push(found, crl))
			X509_CRL_free(crl);
	}
	OPENSSL_free(der);
	return found;
}

/* ---- settings ---- */

static const struct {
	const char *name;
	unsigned long flags;
} flag_settings[] = {
	{"ignore_critical", X509_V_FLAG_IGNORE_CRITICAL},
	{"policy_check", X509_V_FLAG_POLICY_CHECK},
	{"policy_print", X509_V_FLAG_NOTIFY_POLICY},
	{"explicit_policy", X509_V_FLAG_EXPLICIT_POLICY},
	{"inhibit_any", X509_V_FLAG_INHIBIT_ANY},
	{"inhibit_map", X509_V_FLAG_INHIBIT_MAP},
	{"x509_strict", X509_V_FLAG_X509_STRICT},
	{"extended_crl", X509_V_FLAG_EXTENDED_CRL_SUPPORT},
	{"use_deltas", X509_V_FLAG_USE_DELTAS},
	{"check_ss_sig", X509_V_FLAG_CHECK_SS_SIGNATURE},
	{"suiteB_128_only", X509_V_FLAG_SUITEB_128_LOS_ONLY},
	{"suiteB_128", X509_V_FLAG_SUITEB_128_LOS},
	{"suiteB_192", X509_V_FLAG_SUITEB_192_LOS},
	{"partial_chain", X509_V_FLAG_PARTIAL_CHAIN},
	{"no_check_time", X509_V_FLAG_NO_CHECK_TIME},
	{"allow_proxy_certs", X509_V_FLAG_ALLOW_PROXY_CERTS},
};

static bool number(const char *text, long *out)
{
	char *end;

	*out = strtol(text, &end, 0);
	return *text && !*end;
}

static bool set_purpose(X509_VERIFY_PARAM *param, const char *value)
{
	int i = X509_PURPOSE_get_by_sname(value);
	const X509_PURPOSE *purpose = i < 0 ? NULL : X509_PURPOSE_get0(i);

	return purpose && X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_get_id(purpose));
}

static bool set_name(X509_VERIFY_PARAM *param, const char *value)
{
	const X509_VERIFY_PARAM *named = X509_VERIFY_PARAM_lookup(value);

	return named && X509_VERIFY_PARAM_set1(param, named);
}

static bool add_policy(X509_VERIFY_PARAM *param, const char *value)
{
	ASN1_OBJECT *policy = OBJ_txt2obj(value, 0);

	if (policy && X509_VERIFY_PARAM_add0_policy(param, policy))
		return true;
	ASN1_OBJECT_free(policy);
	return false;
}

/* A negative number means the default, as opt_verify() takes it. */
static bool set_level(X509_VERIFY_PARAM *param, const char *value)
{
	long n;

	if (!number(value, &n) || n > INT_MAX)
		return false;
	if (n >= 0)
		X509_VERIFY_PARAM_set_auth_level(param, (int)n);
	return true;
}

static bool set_time(X509_VERIFY_PARAM *param, const char *value)
{
	long n;

	if (!number(value, &n))
		return false;
	X509_VERIFY_PARAM_set_time(param, n);
	return true;
}

static bool set_host(X509_VERIFY_PARAM *param, const char *value)
{
	return X509_VERIFY_PARAM_set1_host(param, value, 0) == 1;
}

static bool set_email(X509_VERIFY_PARAM *param, const char *value)
{
	return X509_VERIFY_PARAM_set1_email(param, value, 0) == 1;
}

static bool set_ip(X509_VERIFY_PARAM *param, const char *value)
{
	return X509_VERIFY_PARAM_set1_ip_asc(param, value) == 1;
}

static const struct {
	const char *name;
	bool (*set)(X509_VERIFY_PARAM *param, const char *value);
} value_settings[] = {
	{"purpose", set_purpose},    {"verify_name", set_name}, {"policy", add_policy},
	{"auth_level", set_level},   {"attime", set_time},      {"verify_hostname", set_host},
	{"verify_email", set_email}, {"verify_ip", set_ip},
};

static bool find_flags(const char *name, unsigned long *flags)
{
	for (size_t i = 0; i < sizeof(flag_settings) / sizeof(*flag_settings); i++)
		if (strcmp(flag_settings[i].name, name) == 0) {
			*flags = flag_settings[i].flags;
			return true;
		}
	return false;
}

static bool (*find_value(const char *name))(X509_VERIFY_PARAM *, const char *)
{
	for (size_t i = 0; i < sizeof(value_settings) / sizeof(*value_settings); i++)
		if (strcmp(value_settings[i].name, name) == 0)
			return value_settings[i].set;
	return NULL;
}

bool os_is_verify_setting(const char *name)
{
	unsigned long flags;

	return find_flags(name, &flags) || find_value(name);
}

/* Setting flags cannot fail. */
static void add_flags(X509_VERIFY_PARAM *param, unsigned long flags)
{
	(void)X509_VERIFY_PARAM_set_flags(param, flags);
}

bool os_start_verify(struct tls_ctx *ctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;

	ctx->param = X509_VERIFY_PARAM_new();
	if (!ctx->param) {
		os_error(err, "out of memory");
		return false;
	}
	if (cfg->crl_check || cfg->crl_check_all)
		add_flags(ctx->param, X509_V_FLAG_CRL_CHECK);
	if (cfg->crl_check_all)
		add_flags(ctx->param, X509_V_FLAG_CRL_CHECK_ALL);
	if (cfg->verify_depth >= 0)
		X509_VERIFY_PARAM_set_depth(ctx->param, cfg->verify_depth);
	for (size_t i = 0; i < cfg->n_settings; i++) {
		const struct tls_setting *set = &cfg->settings[i];
		const char *value = set->value ? set->value : "";
		unsigned long flags;

		if (find_flags(set->name, &flags)) {
			add_flags(ctx->param, flags);
		} else if (find_value(set->name) && !find_value(set->name)(ctx->param, value)) {
			if (strcmp(set->name, "policy") == 0)
				os_error(err, "Invalid Policy %s", value);
			else
				os_error(err, "Invalid value \"%s\" for -%s", value, set->name);
			return false;
		}
	}
	return true;
}

/* ---- trust ---- */

static bool load_anchors(const struct tls_config *cfg, X509_STORE *store, struct tls_error *err)
{
	size_t failed = 0;

	for (size_t i = 0; i < cfg->n_ca; i++) {
		const unsigned char *p = cfg->ca[i].p;
		X509 *x = d2i_X509(NULL, &p, (long)cfg->ca[i].n);

		if (!x || !X509_STORE_add_cert(store, x))
			failed++;
		X509_free(x);
	}
	if (cfg->n_ca && failed == cfg->n_ca) {
		os_error(err, "Error loading CA certificates");
		return false;
	}
	ERR_clear_error();
	return true;
}

static bool load_crls(const struct tls_config *cfg, X509_STORE *store, struct tls_error *err)
{
	for (size_t i = 0; i < cfg->n_crls; i++) {
		const unsigned char *p = cfg->crls[i].p;
		X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)cfg->crls[i].n);
		bool ok = crl && X509_STORE_add_crl(store, crl);

		X509_CRL_free(crl);
		if (!ok) {
			os_error(err, "Error loading CRL");
			return false;
		}
	}
	return true;
}

static bool load_places(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	if (cfg->ca_dir && !SSL_CTX_load_verify_dir(sctx, cfg->ca_dir)) {
		os_error(err, "-CApath %s", cfg->ca_dir);
		return false;
	}
	if ((tls_flag(cfg, TLS_F_DEFAULT_CA_FILE) && !SSL_CTX_set_default_verify_file(sctx)) ||
	    (tls_flag(cfg, TLS_F_DEFAULT_CA_DIR) && !SSL_CTX_set_default_verify_dir(sctx))) {
		os_error(err, "the default CA certificates");
		return false;
	}
	ERR_clear_error(); /* a system without such a file */
	return true;
}

static bool set_ca_names(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

	for (size_t i = 0; names && i < cfg->n_ca_names; i++) {
		const unsigned char *p = cfg->ca_names[i].p;
		X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)cfg->ca_names[i].n);

		if (!name || !sk_X509_NAME_push(names, name)) {
			X509_NAME_free(name);
			sk_X509_NAME_pop_free(names, X509_NAME_free);
			os_error(err, "CA name %zu of the certificate request is malformed", i + 1);
			return false;
		}
	}
	if (!names) {
		os_error(err, "out of memory");
		return false;
	}
	SSL_CTX_set_client_CA_list(sctx, names);
	return true;
}

bool os_set_verify(struct tls_ctx *ctx, SSL_CTX *sctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	X509_STORE *store = SSL_CTX_get_cert_store(sctx);
	int mode = SSL_VERIFY_NONE;

	if (cfg->verify_mode != TLS_VERIFY_NONE)
		mode = SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE;
	if (cfg->verify_mode == TLS_VERIFY_REQUIRE)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	if (ctx->srp) /* as set_up_srp_verifier_file() in apps/lib/tlssrp_depr.c */
		mode = SSL_VERIFY_NONE;
	if (tls_flag(cfg, TLS_F_CRL_DOWNLOAD))
		X509_STORE_set_lookup_crls(store, on_lookup_crls);
	/* Also without a mode: the commands R and c ask later. */
	SSL_CTX_set_verify(sctx, mode, on_verify);
	if (!load_anchors(cfg, store, err) || !load_crls(cfg, store, err) ||
	    !load_places(cfg, sctx, err) || !set_ca_names(cfg, sctx, err))
		return false;
	if (SSL_CTX_set1_param(sctx, ctx->param))
		return true;
	os_error(err, "Error setting verify params");
	return false;
}
