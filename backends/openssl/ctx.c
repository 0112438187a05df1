#include "backends/openssl/openssl_backend.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- plain flags ---- */

static const struct {
	enum tls_flag flag;
	uint64_t set, clear;
} options[] = {
	{TLS_F_SERVERPREF, SSL_OP_CIPHER_SERVER_PREFERENCE, 0},
	{TLS_F_PRIORITIZE_CHACHA, SSL_OP_PRIORITIZE_CHACHA, 0},
	{TLS_F_NO_TICKET, SSL_OP_NO_TICKET, 0},
	{TLS_F_NO_RENEGOTIATION, SSL_OP_NO_RENEGOTIATION, 0},
	{TLS_F_CLIENT_RENEGOTIATION, SSL_OP_ALLOW_CLIENT_RENEGOTIATION, 0},
	{TLS_F_LEGACY_RENEGOTIATION, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION, 0},
	{TLS_F_NO_RESUMPTION_ON_RENEG, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION, 0},
	{TLS_F_ALLOW_NO_DHE_KEX, SSL_OP_ALLOW_NO_DHE_KEX, 0},
#if HAVE_OSSL_PREFER_NO_DHE_KEX
	{TLS_F_PREFER_NO_DHE_KEX, SSL_OP_PREFER_NO_DHE_KEX, 0},
#endif
	{TLS_F_NO_ETM, SSL_OP_NO_ENCRYPT_THEN_MAC, 0},
	{TLS_F_NO_EMS, SSL_OP_NO_EXTENDED_MASTER_SECRET, 0},
	{TLS_F_NO_ANTI_REPLAY, SSL_OP_NO_ANTI_REPLAY, 0},
	{TLS_F_NO_MIDDLEBOX, 0, SSL_OP_ENABLE_MIDDLEBOX_COMPAT},
	{TLS_F_NO_CA_NAMES, SSL_OP_DISABLE_TLSEXT_CA_NAMES, 0},
	{TLS_F_BUGS, SSL_OP_ALL, 0},
	{TLS_F_COMP, 0, SSL_OP_NO_COMPRESSION},
	{TLS_F_NO_COMP, SSL_OP_NO_COMPRESSION, 0},
	{TLS_F_IGNORE_UNEXPECTED_EOF, SSL_OP_IGNORE_UNEXPECTED_EOF, 0},
#if HAVE_OSSL_CERT_COMP
	{TLS_F_NO_TX_CERT_COMP, SSL_OP_NO_TX_CERTIFICATE_COMPRESSION, 0},
	{TLS_F_NO_RX_CERT_COMP, SSL_OP_NO_RX_CERTIFICATE_COMPRESSION, 0},
#endif
};

static const struct {
	enum tls_flag flag;
	const char *reason;
} refused[] = {
#if !HAVE_OSSL_PREFER_NO_DHE_KEX
	{TLS_F_PREFER_NO_DHE_KEX, "-prefer_no_dhe_kex needs OpenSSL 3.3"},
#endif
#if !HAVE_OSSL_CERT_COMP
	{TLS_F_CERT_COMP, "certificate compression needs OpenSSL 3.2"},
#endif
#if !HAVE_OSSL_RPK
	{TLS_F_SERVER_RPK, "raw public keys need OpenSSL 3.2"},
	{TLS_F_CLIENT_RPK, "raw public keys need OpenSSL 3.2"},
#endif
	{TLS_F_COUNT, NULL}, /* the end: newer releases refuse none */
};

static enum tls_status set_flags(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	for (size_t i = 0; refused[i].reason; i++)
		if (tls_flag(cfg, refused[i].flag))
			return os_refuse(err, "%s", refused[i].reason);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (tls_flag(cfg, options[i].flag)) {
			(void)SSL_CTX_set_options(sctx, options[i].set);
			(void)SSL_CTX_clear_options(sctx, options[i].clear);
		}
	if (tls_flag(cfg, TLS_F_STRICT))
		(void)SSL_CTX_set_cert_flags(sctx, SSL_CERT_FLAG_TLS_STRICT);
	if (tls_flag(cfg, TLS_F_ASYNC))
		(void)SSL_CTX_set_mode(sctx, SSL_MODE_ASYNC);
	return TLS_OK;
}

/* ---- versions and lists ---- */

static const struct {
	uint16_t version;
	uint64_t no;
} versions[] = {
	{TLS_VERSION_1_0, SSL_OP_NO_TLSv1},
	{TLS_VERSION_1_1, SSL_OP_NO_TLSv1_1},
	{TLS_VERSION_1_2, SSL_OP_NO_TLSv1_2},
	{TLS_VERSION_1_3, SSL_OP_NO_TLSv1_3},
};

/* Nothing asked for: the system_default section of the configuration file stays in force. */
static bool set_versions(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	int min = 0, max = 0;

	if (!cfg->versions_given)
		return true;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		if (!(cfg->versions & TLS_VERSION_BIT(versions[i].version))) {
			(void)SSL_CTX_set_options(sctx, versions[i].no);
			continue;
		}
		(void)SSL_CTX_clear_options(sctx, versions[i].no);
		max = versions[i].version;
		if (!min)
			min = max;
	}
	if (max && SSL_CTX_set_min_proto_version(sctx, min) &&
	    SSL_CTX_set_max_proto_version(sctx, max))
		return true;
	os_error(err, "this OpenSSL has none of the protocol versions asked for");
	return false;
}

static enum tls_status set_lists(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	const struct {
		const char *name, *value;
	} all[] = {
		{"cipher", cfg->cipher},
		{"ciphersuites", cfg->ciphersuites},
		{"groups", cfg->groups_string},
		{"sigalgs", cfg->sigalgs_string},
		{"client_sigalgs", cfg->client_sigalgs_string},
	};
	enum tls_status st = TLS_OK;

	for (size_t i = 0; st == TLS_OK && i < sizeof(all) / sizeof(*all); i++)
		if (all[i].value)
			st = os_conf_cmd(sctx, all[i].name, all[i].value, err);
	return st;
}

static unsigned on_probe_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_max,
			     unsigned char *key, unsigned key_max)
{
	(void)ssl;
	(void)hint;
	(void)identity;
	(void)identity_max;
	(void)key;
	(void)key_max;
	return 0;
}

/* A context that no client can use is an error now, not at the first client. */
static enum tls_status check_usable(struct tls_ctx *ctx, SSL_CTX *sctx, struct tls_error *err)
{
	STACK_OF(SSL_CIPHER) *list = NULL;
	SSL *ssl = SSL_new(sctx);
	int debug = ctx->security_debug;
	bool usable;

	ctx->security_debug = 0; /* these decisions are no client's */
	if (ssl) {
		/* PSK suites count only for a client that has a callback. */
		SSL_set_psk_client_callback(ssl, on_probe_psk);
		list = SSL_get1_supported_ciphers(ssl);
	}
	usable = list && sk_SSL_CIPHER_num(list) > 0;
	sk_SSL_CIPHER_free(list);
	SSL_free(ssl);
	ctx->security_debug = debug;
	if (usable)
		return TLS_OK;
	if (ctx->cfg->versions_given && !(ctx->cfg->versions & ~os_weak_versions()))
		return os_refuse(err, "TLS 1.0 and 1.1 need security level 0 in this OpenSSL: "
				      "-cipher DEFAULT@SECLEVEL=0");
	os_error(err, "no protocol version or no cipher suite is left to offer");
	return TLS_FAIL;
}

/* ---- key exchange ---- */

static bool set_dh(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	const unsigned char *p = cfg->dhparam.p;
	EVP_PKEY *dh;

	if (tls_flag(cfg, TLS_F_NO_DHE))
		return true;
	if (!cfg->dhparam.n) {
		(void)SSL_CTX_set_dh_auto(sctx, 1);
		return true;
	}
	dh = cfg->dhparam.n <= LONG_MAX ? d2i_KeyParams(EVP_PKEY_DH, NULL, &p, (long)cfg->dhparam.n)
					: NULL;
	if (dh && SSL_CTX_set0_tmp_dh_pkey(sctx, dh))
		return true;
	EVP_PKEY_free(dh);
	os_error(err, "Error setting temp DH parameters");
	return false;
}

/* ---- resumption ---- */

static int on_not_resumable(SSL *ssl, int forward_secure)
{
	(void)ssl;
	return forward_secure;
}

static bool set_resumption(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	/* What s_server has when -context is not given: an int of 1. */
	static const uint8_t default_context[4] = {1, 0, 0, 0};
	struct bytes context = cfg->session_id_context;

	if (!context.n)
		context = (struct bytes){default_context, sizeof(default_context)};
	if (tls_flag(cfg, TLS_F_NO_CACHE))
		(void)SSL_CTX_set_session_cache_mode(sctx, SSL_SESS_CACHE_OFF);
	else if (tls_flag(cfg, TLS_F_EXT_CACHE))
		(void)SSL_CTX_set_session_cache_mode(sctx, SSL_SESS_CACHE_NO_INTERNAL |
								   SSL_SESS_CACHE_SERVER);
	else
		(void)SSL_CTX_sess_set_cache_size(sctx, OS_CACHE_SIZE);
	if (tls_flag(cfg, TLS_F_NO_RESUME_EPHEMERAL))
		SSL_CTX_set_not_resumable_session_callback(sctx, on_not_resumable);
	if (context.n > SSL_MAX_SID_CTX_LENGTH ||
	    !SSL_CTX_set_session_id_context(sctx, context.p, (unsigned)context.n)) {
		os_error(err, "Error setting session id context");
		return false;
	}
	if (cfg->num_tickets < 0 || !SSL_CTX_set_num_tickets(sctx, (size_t)cfg->num_tickets)) {
		os_error(err, "-num_tickets %d", cfg->num_tickets);
		return false;
	}
	if (!SSL_CTX_set_max_early_data(sctx, cfg->max_early_data) ||
	    !SSL_CTX_set_recv_max_early_data(sctx, cfg->recv_max_early_data)) {
		os_error(err, "early data");
		return false;
	}
	return true;
}

/* ---- certificates ---- */

static enum tls_status load_creds(struct tls_ctx *ctx, SSL_CTX *sctx,
				  const struct tls_credential *creds, size_t n,
				  struct tls_error *err)
{
	bool keep = tls_flag(ctx->cfg, TLS_F_XCERT) && sctx == ctx->main;
	enum tls_status st = TLS_OK;

	for (size_t i = 0; st == TLS_OK && i < n; i++) {
		st = os_cred_load(sctx, &creds[i], err);
		if (st == TLS_OK && keep && !os_group_keep(ctx, sctx)) {
			os_error(err, "out of memory");
			st = TLS_FAIL;
		}
	}
	return st;
}

static bool set_cert_types(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	bool ok = true;

#if HAVE_OSSL_CERT_COMP
	if (tls_flag(cfg, TLS_F_CERT_COMP) && !SSL_CTX_compress_certs(sctx, 0)) {
		os_error(err, "Error compressing certificates");
		return false;
	}
#endif
#if HAVE_OSSL_RPK
	static const unsigned char types[] = {TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509};

	if (tls_flag(cfg, TLS_F_SERVER_RPK))
		ok = SSL_CTX_set1_server_cert_type(sctx, types, sizeof(types)) == 1;
	if (ok && tls_flag(cfg, TLS_F_CLIENT_RPK))
		ok = SSL_CTX_set1_client_cert_type(sctx, types, sizeof(types)) == 1;
	if (!ok)
		os_error(err, "Error setting certificate types");
#endif
	(void)cfg; /* before 3.2 */
	(void)sctx;
	(void)err;
	return ok;
}

/* ---- the whole ---- */

static bool set_fragment(const struct tls_config *cfg, SSL_CTX *sctx, struct tls_error *err)
{
	long n = (long)cfg->max_send_fragment;

	if (!n || (cfg->max_send_fragment <= SSL3_RT_MAX_PLAIN_LENGTH &&
		   SSL_CTX_set_max_send_fragment(sctx, n)))
		return true;
	os_error(err, "Max send fragment size %zu is out of permitted range",
		 cfg->max_send_fragment);
	return false;
}

static enum tls_status fill(struct tls_ctx *ctx, SSL_CTX *sctx, const struct tls_credential *creds,
			    size_t n_creds, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	enum tls_status st = set_flags(cfg, sctx, err);

	/* A write that would block is repeated from another place, after a part went out. */
	(void)SSL_CTX_set_mode(sctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
	if (st == TLS_OK)
		st = set_lists(cfg, sctx, err);
	if (st == TLS_OK && !set_fragment(cfg, sctx, err))
		st = TLS_FAIL;
	if (st == TLS_OK)
		st = os_apply_settings(ctx, sctx, false, err);
	if (st != TLS_OK)
		return st;
	if (!set_versions(cfg, sctx, err) || !os_set_verify(ctx, sctx, err) ||
	    !set_dh(cfg, sctx, err) || !set_resumption(cfg, sctx, err) ||
	    (tls_flag(cfg, TLS_F_STATELESS) && !os_set_stateless(ctx, sctx, err)))
		return TLS_FAIL;
	st = load_creds(ctx, sctx, creds, n_creds, err);
	if (st == TLS_OK && !set_cert_types(cfg, sctx, err))
		st = TLS_FAIL;
	if (st == TLS_OK)
		st = os_apply_settings(ctx, sctx, true, err);
	os_set_srp(ctx, sctx);
	os_set_groups(ctx, sctx);
	if (st == TLS_OK)
		st = check_usable(ctx, sctx, err);
	if (st == TLS_OK)
		os_set_callbacks(ctx, sctx);
	return st;
}

static enum tls_status make(struct tls_ctx *ctx, SSL_CTX **sctx, const struct tls_credential *creds,
			    size_t n_creds, struct tls_error *err)
{
	*sctx = SSL_CTX_new_ex(NULL, os_propq(), TLS_server_method());
	if (*sctx)
		return fill(ctx, *sctx, creds, n_creds, err);
	os_error(err, "the library makes no context");
	return TLS_FAIL;
}

enum tls_status os_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err)
{
	struct tls_ctx *ctx = calloc(1, sizeof(*ctx));
	enum tls_status st;

	err->alert = -1;
	if (!ctx) {
		os_error(err, "out of memory");
		return TLS_FAIL;
	}
	ERR_clear_error();
	ctx->cfg = cfg;
	ctx->host = host;
	st = os_start_verify(ctx, err) && os_start_srp(ctx, err) ? TLS_OK : TLS_FAIL;
	if (st == TLS_OK)
		st = make(ctx, &ctx->main, cfg->creds, cfg->n_creds, err);
	if (st == TLS_OK && cfg->n_sni_creds)
		st = make(ctx, &ctx->sni, cfg->sni_creds, cfg->n_sni_creds, err);
	if (st != TLS_OK) {
		os_ctx_free(ctx);
		return st;
	}
	*out = ctx;
	return TLS_OK;
}

void os_ctx_free(struct tls_ctx *ctx)
{
	if (!ctx)
		return;
	SSL_CTX_free(ctx->main);
	SSL_CTX_free(ctx->sni);
	X509_VERIFY_PARAM_free(ctx->param);
	SSL_SESSION_free(ctx->psk_session);
	os_free_srp(ctx);
	os_free_groups(ctx);
	for (size_t i = 0; i < ctx->n_rpks; i++)
		EVP_PKEY_free(ctx->rpks[i]);
	free(ctx);
}

void os_ctx_stats(const struct tls_ctx *ctx, struct tls_stats *out)
{
	SSL_CTX *sctx = ctx->main;
	/* The first context's numbers, as in s_server; but 3.0 counts an accept when the switch to
	 * the second is made, and 3.5 before it. */
	long switched = ctx->sni ? SSL_CTX_sess_accept(ctx->sni) : 0;

	*out = (struct tls_stats){
		.number = SSL_CTX_sess_number(sctx),
		.accepts = SSL_CTX_sess_accept(sctx) + switched - ctx->retries,
		.accept_renegotiates = SSL_CTX_sess_accept_renegotiate(sctx),
		.accepts_good = SSL_CTX_sess_accept_good(sctx),
		.hits = SSL_CTX_sess_hits(sctx),
		.misses = SSL_CTX_sess_misses(sctx),
		.timeouts = SSL_CTX_sess_timeouts(sctx),
		.cb_hits = SSL_CTX_sess_cb_hits(sctx),
		.cache_full = SSL_CTX_sess_cache_full(sctx),
		.cache_size = SSL_CTX_sess_get_cache_size(sctx),
	};
}
