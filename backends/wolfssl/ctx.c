#include "backends/wolfssl/wolfssl_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- versions ---- */

static enum tls_status find_versions(struct tls_ctx *ctx, struct tls_error *err)
{
	struct tls_algorithms can;

	ws_algorithms(&can);
	ctx->versions = ctx->cfg->versions & can.versions;
	/* Without a suite a version cannot be spoken; newer releases would fill in suites. */
	if (!ctx->cfg->suites13.n)
		ctx->versions &= ~TLS_VERSION_BIT(TLS_VERSION_1_3);
	if (!ctx->cfg->suites12.n)
		ctx->versions &= TLS_VERSION_BIT(TLS_VERSION_1_3);
	if (ctx->versions)
		return TLS_OK;
	ws_error_text(err,
		      "this wolfSSL (%s) has none of the protocol versions and cipher suites "
		      "asked for",
		      wolfSSL_lib_version());
	return TLS_UNSUPPORTED;
}

static void set_versions(const struct tls_ctx *ctx, WOLFSSL_CTX *wctx)
{
	static const struct {
		uint16_t version;
		long option;
	} all[] = {{TLS_VERSION_1_0, WOLFSSL_OP_NO_TLSv1},
		   {TLS_VERSION_1_1, WOLFSSL_OP_NO_TLSv1_1},
		   {TLS_VERSION_1_2, WOLFSSL_OP_NO_TLSv1_2},
		   {TLS_VERSION_1_3, WOLFSSL_OP_NO_TLSv1_3}};
	long options = WOLFSSL_OP_NO_SSLv3;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!(ctx->versions & TLS_VERSION_BIT(all[i].version)))
			options |= all[i].option;
	if (tls_flag(ctx->cfg, TLS_F_NO_TICKET) || tls_flag(ctx->cfg, TLS_F_NO_RESUME_EPHEMERAL))
		options |= WOLFSSL_OP_NO_TICKET;
	wolfSSL_CTX_set_options(wctx, options);
}

/* ---- lists ---- */

static bool is_psk(const char *name)
{
	return strstr(name, "PSK") != NULL;
}

static void add_suites(char *list, size_t len, struct u16list ids, bool psk)
{
	for (size_t i = 0; i < ids.n; i++) {
		const char *name = ws_suite_name(ids.p[i]);
		size_t n = strlen(list);

		if (name && (psk || !is_psk(name)) && n + strlen(name) + 2 < len)
			snprintf(list + n, len - n, "%s%s", n ? ":" : "", name);
	}
}

/* One list for all versions: 5.5.4 turns TLS 1.3 clients away when its suites are not in it. */
static enum tls_status set_suites(struct tls_ctx *ctx, WOLFSSL_CTX *wctx, struct tls_error *err)
{
	char list[WS_MAX_SUITES * 40] = "";
	size_t before;
	int ret;

	if (ctx->versions & TLS_VERSION_BIT(TLS_VERSION_1_3))
		add_suites(list, sizeof(list), ctx->cfg->suites13, false);
	before = strlen(list);
	if (ctx->versions & ~TLS_VERSION_BIT(TLS_VERSION_1_3)) {
		add_suites(list, sizeof(list), ctx->cfg->suites12, ctx->cfg->psk);
		ctx->only_psk_suites = strlen(list) == before;
	}
	if (!*list) /* it will not do without any */
		add_suites(list, sizeof(list), ctx->cfg->suites12, true);
	if (!*list) {
		ws_error_text(err, "wolfSSL has none of the cipher suites asked for");
		return TLS_UNSUPPORTED;
	}
	ret = wolfSSL_CTX_set_cipher_list(wctx, list);
	if (ret != WOLFSSL_SUCCESS) {
		ws_error(err, "cipher suites", ret);
		return TLS_FAIL;
	}
	if (!tls_flag(ctx->cfg, TLS_F_SERVERPREF))
		wolfSSL_CTX_UseClientSuites(wctx);
	return TLS_OK;
}

static const char *curve_name(uint16_t id)
{
	switch (id) {
	case 23:
		return "P-256";
	case 24:
		return "P-384";
	case 25:
		return "P-521";
	case 29:
		return "X25519";
	case 30:
		return "X448";
	default:
		return NULL;
	}
}

/* The curve list rules up to TLS 1.2, the group list in TLS 1.3; the former overwrites the latter.
 */
static enum tls_status set_groups(const struct tls_ctx *ctx, WOLFSSL_CTX *wctx,
				  struct tls_error *err)
{
	bool no_dhe = tls_flag(ctx->cfg, TLS_F_NO_DHE);
	struct tls_algorithms can;
	char curves[64] = "";
	int ids[WS_MAX_GROUPS], n = 0;

	ws_algorithms(&can);
	for (size_t i = 0; i < ctx->cfg->groups.n && n < WS_MAX_GROUPS; i++) {
		uint16_t id = ctx->cfg->groups.p[i];
		const char *name = curve_name(id);
		size_t at = strlen(curves);
		bool known = false;

		for (size_t k = 0; k < can.groups.n; k++)
			known = known || can.groups.p[k] == id;
		if (!known || (id >= 256 && no_dhe))
			continue;
		ids[n++] = id;
		if (name)
			snprintf(curves + at, sizeof(curves) - at, "%s%s", at ? ":" : "", name);
	}
	if (!n) {
		ws_error_text(err, "wolfSSL has none of the groups asked for");
		return TLS_UNSUPPORTED;
	}
	if (*curves && wolfSSL_CTX_set1_curves_list(wctx, curves) != WOLFSSL_SUCCESS) {
		ws_error_text(err, "wolfSSL does not take the curves %s", curves);
		return TLS_FAIL;
	}
	if (wolfSSL_CTX_set_groups(wctx, ids, n) != WOLFSSL_SUCCESS) {
		ws_error_text(err, "wolfSSL does not take the groups");
		return TLS_FAIL;
	}
	return TLS_OK;
}

static bool set_sigalgs(const struct tls_ctx *ctx, WOLFSSL_CTX *wctx, struct tls_error *err)
{
	struct u16list ids = ctx->cfg->sigalgs;
	char list[WS_MAX_SIGALGS * 16] = "";

	if (!HAVE_WS_OWN_SIGALGS && ctx->cfg->client_sigalgs.n)
		ids = ctx->cfg->client_sigalgs;
	for (size_t i = 0; i < ids.n; i++) {
		const char *name = ws_sigalg_name(ids.p[i]);
		size_t at = strlen(list);

		if (name && at + strlen(name) + 2 < sizeof(list))
			snprintf(list + at, sizeof(list) - at, "%s%s", at ? ":" : "", name);
	}
	/* A list that it refuses is gone all the same, so that is an end. */
	if (!*list || wolfSSL_CTX_set1_sigalgs_list(wctx, list) == WOLFSSL_SUCCESS)
		return true;
	ws_error_text(err, "wolfSSL does not take the signature algorithms %s", list);
	return false;
}

static enum tls_status set_dh(const struct tls_ctx *ctx, WOLFSSL_CTX *wctx, struct tls_error *err)
{
	struct bytes der = ctx->cfg->dhparam;
	int ret;

	/* The default is set in each session: see set_default_dh() in session.c. */
	if (tls_flag(ctx->cfg, TLS_F_NO_DHE) || !der.n)
		return TLS_OK;
	ret = wolfSSL_CTX_SetTmpDH_buffer(wctx, der.p, (long)der.n, WOLFSSL_FILETYPE_ASN1);
	if (ret == WOLFSSL_SUCCESS)
		return TLS_OK;
	ws_error(err, "-dhparam", ret);
	return TLS_FAIL;
}

/* ---- client certificates ---- */

static bool set_ca_names(const struct tls_ctx *ctx, WOLFSSL_CTX *wctx, struct tls_error *err)
{
	WOLF_STACK_OF(WOLFSSL_X509_NAME) * names;

	if (!ctx->cfg->n_ca_names)
		return true;
	names = wolfSSL_sk_X509_NAME_new(NULL);
	for (size_t i = 0; names && i < ctx->cfg->n_ca_names; i++) {
		unsigned char *p = (unsigned char *)(uintptr_t)ctx->cfg->ca_names[i].p;
		WOLFSSL_X509_NAME *name = NULL;

		/* Some names of a system's store are beyond the library: they stay unnamed. */
		name = wolfSSL_d2i_X509_NAME(&name, &p, (long)ctx->cfg->ca_names[i].n);
		if (name && wolfSSL_sk_X509_NAME_push(names, name) <= 0)
			wolfSSL_X509_NAME_free(name);
	}
	if (!names) {
		ws_error_text(err, "out of memory");
		return false;
	}
	wolfSSL_CTX_set_client_CA_list(wctx, names);
	return true;
}

static bool set_client_auth(const struct tls_ctx *ctx, WOLFSSL_CTX *wctx, struct tls_error *err)
{
	int mode = WOLFSSL_VERIFY_PEER;

	if (ctx->cfg->verify_mode == TLS_VERIFY_REQUIRE)
		mode |= WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	if (ctx->cfg->verify_mode != TLS_VERIFY_NONE)
		wolfSSL_CTX_set_verify(wctx, mode, ws_on_verify);
	/* They also serve a request after the handshake. */
	return set_ca_names(ctx, wctx, err);
}

/* ---- the whole ---- */

static enum tls_status set_resumption(struct tls_ctx *ctx, WOLFSSL_CTX *wctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	struct bytes id = cfg->session_id_context;

	ws_set_cache(ctx, wctx);
	wolfSSL_CTX_set_num_tickets(wctx, cfg->num_tickets < 0 ? 0 : (size_t)cfg->num_tickets);
	if (id.n &&
	    wolfSSL_CTX_set_session_id_context(wctx, id.p, (unsigned)id.n) != WOLFSSL_SUCCESS) {
		ws_error_text(err, "-context: wolfSSL does not take it");
		return TLS_FAIL;
	}
	return TLS_OK;
}

static void set_extensions(const struct tls_ctx *ctx, WOLFSSL_CTX *wctx)
{
	if (tls_flag(ctx->cfg, TLS_F_NO_ETM))
		wolfSSL_CTX_AllowEncryptThenMac(wctx, 0);
}

static enum tls_status make_slot(struct tls_ctx *ctx, struct ws_slot *slot,
				 const struct tls_credential *cred, struct tls_error *err)
{
	enum tls_status st;

	/* Always the flexible method: with a fixed one 5.7.2 never takes a DHE-RSA suite. */
	slot->wctx = wolfSSL_CTX_new(wolfSSLv23_server_method());
	if (!slot->wctx) {
		ws_error_text(err, "wolfSSL_CTX_new failed");
		return TLS_FAIL;
	}
	set_versions(ctx, slot->wctx);
	if (!set_client_auth(ctx, slot->wctx, err))
		return TLS_FAIL;
	st = set_dh(ctx, slot->wctx, err);
	if (st == TLS_OK && cred)
		st = ws_cred_load(slot->wctx, cred, slot, err);
	if (st == TLS_OK)
		st = set_suites(ctx, slot->wctx, err);
	if (st == TLS_OK)
		st = set_groups(ctx, slot->wctx, err);
	if (st == TLS_OK && !set_sigalgs(ctx, slot->wctx, err))
		st = TLS_FAIL;
	if (st == TLS_OK)
		st = set_resumption(ctx, slot->wctx, err);
	if (st != TLS_OK)
		return st;
	set_extensions(ctx, slot->wctx);
	ws_set_callbacks(ctx, slot->wctx);
	return TLS_OK;
}

/* init() has dealt with these. */
static bool done_by_init(const char *name)
{
	return strcmp(name, "rand") == 0 || strcmp(name, "writerand") == 0;
}

static bool prepare_verification(struct tls_ctx *ctx, struct tls_error *err)
{
	size_t bad;

	if (!verify_store_init(&ctx->store, ctx->cfg, &bad)) {
		ws_error_text(err, "certificate revocation list %zu does not parse", bad + 1);
		return false;
	}
	/* A system's store holds certificates of kinds unknown here; but not of those alone. */
	if (!ctx->cfg->n_ca || ctx->store.n_anchors)
		return true;
	ws_error_text(err, "none of the CA certificates parses");
	return false;
}

static enum tls_status fill(struct tls_ctx *ctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	enum tls_status st = find_versions(ctx, err);

	verify_params_init(&ctx->verify, cfg);
	for (size_t i = 0; st == TLS_OK && i < cfg->n_settings; i++)
		if (!done_by_init(cfg->settings[i].name))
			st = verify_params_set(&ctx->verify, &cfg->settings[i], err);
	if (st != TLS_OK)
		return st;
	if (!prepare_verification(ctx, err))
		return TLS_FAIL;
	if (!ws_ticket_key(ctx)) {
		ws_error_text(err, "the random generator does not start");
		return TLS_FAIL;
	}
	ctx->n_creds = cfg->n_creds ? cfg->n_creds : 1;
	ctx->n_sni = cfg->n_sni_creds;
	ctx->slots = calloc(ctx->n_creds + ctx->n_sni, sizeof(*ctx->slots));
	if (!ctx->slots) {
		ws_error_text(err, "out of memory");
		return TLS_FAIL;
	}
	for (size_t i = 0; st == TLS_OK && i < ctx->n_creds; i++)
		st = make_slot(ctx, &ctx->slots[i], cfg->n_creds ? &cfg->creds[i] : NULL, err);
	for (size_t i = 0; st == TLS_OK && i < ctx->n_sni; i++)
		st = make_slot(ctx, &ctx->slots[ctx->n_creds + i], &cfg->sni_creds[i], err);
	return st;
}

enum tls_status ws_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err)
{
	struct tls_ctx *ctx = calloc(1, sizeof(*ctx));
	enum tls_status st;

	if (!ctx) {
		ws_error_text(err, "out of memory");
		return TLS_FAIL;
	}
	ctx->cfg = cfg;
	ctx->host = host;
	st = fill(ctx, err);
	if (st != TLS_OK) {
		err->alert = -1;
		ws_ctx_free(ctx);
		return st;
	}
	*out = ctx;
	return TLS_OK;
}

void ws_ctx_free(struct tls_ctx *ctx)
{
	if (!ctx)
		return;
	for (size_t i = 0; ctx->slots && i < ctx->n_creds + ctx->n_sni; i++)
		wolfSSL_CTX_free(ctx->slots[i].wctx);
	free(ctx->slots);
	explicit_bzero(ctx->ticket_key, sizeof(ctx->ticket_key));
	verify_store_release(&ctx->store);
	free(ctx);
}
