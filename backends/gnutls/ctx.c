#include "backends/gnutls/gnutls_backend.h"

#include <gnutls/ocsp.h>
#include <stdlib.h>
#include <string.h>

/* ---- certificates ---- */

static enum tls_status load_slots(struct tls_ctx *ctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	size_t n = cfg->n_creds + cfg->n_sni_creds;

	if (!n)
		return TLS_OK;
	ctx->slots = xcalloc(n, sizeof(*ctx->slots));
	ctx->n_creds = cfg->n_creds;
	ctx->n_sni = cfg->n_sni_creds;
	for (size_t i = 0; i < n; i++) {
		const struct tls_credential *cred =
			i < cfg->n_creds ? &cfg->creds[i] : &cfg->sni_creds[i - cfg->n_creds];
		enum tls_status st = gt_slot_load(&ctx->slots[i], cred, err);

		if (st != TLS_OK)
			return st;
		if (ctx->slots[i].strength < verify_level_bits(cfg->security_level)) {
			gt_error_text(err, "%s: ee key too small",
				      cred->origin ? cred->origin : "certificate");
			return TLS_FAIL;
		}
	}
	return TLS_OK;
}

static bool name_authorities(struct tls_ctx *ctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;

	if (tls_flag(cfg, TLS_F_NO_CA_NAMES))
		return true;
	for (size_t i = 0; i < ctx->n_creds + ctx->n_sni; i++) {
		int ret = gt_name_authorities(ctx->slots[i].cred, cfg->ca_names, cfg->n_ca_names);

		if (ret < 0) {
			gt_error(err, "CA names", ret);
			return false;
		}
	}
	return true;
}

/* ---- Diffie-Hellman, PSK and anonymous credentials ---- */

static int on_params(gnutls_session_t gs, gnutls_params_type_t type, gnutls_params_st *out)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);

	if (type != GNUTLS_PARAMS_DH || !s->ctx->dh)
		return -1;
	*out = (gnutls_params_st){.type = type, .params.dh = s->ctx->dh, .deinit = 0};
	return 0;
}

static bool load_dhparam(struct tls_ctx *ctx, struct tls_error *err)
{
	gnutls_datum_t d = gt_datum(ctx->cfg->dhparam);
	int ret;

	if (!d.size)
		return true;
	ret = gnutls_dh_params_init(&ctx->dh);
	if (ret >= 0)
		ret = gnutls_dh_params_import_pkcs3(ctx->dh, &d, GNUTLS_X509_FMT_DER);
	if (ret < 0)
		gt_error(err, "-dhparam", ret);
	return ret >= 0;
}

/* gnutls_certificate_set_dh_params() would take a standard group of the same size instead. */
static int set_dh(struct tls_ctx *ctx)
{
	int ret = 0;

	for (size_t i = 0; i < ctx->n_creds + ctx->n_sni && ret >= 0; i++) {
		if (ctx->dh)
			gnutls_certificate_set_params_function(ctx->slots[i].cred, on_params);
		else
			ret = gnutls_certificate_set_known_dh_params(ctx->slots[i].cred,
								     GNUTLS_SEC_PARAM_MEDIUM);
	}
	if (ctx->dh) {
		gnutls_anon_set_params_function(ctx->anon, on_params);
		if (ctx->psk)
			gnutls_psk_set_params_function(ctx->psk, on_params);
		return ret;
	}
	if (ret >= 0)
		ret = gnutls_anon_set_server_known_dh_params(ctx->anon, GNUTLS_SEC_PARAM_MEDIUM);
	if (ret >= 0 && ctx->psk)
		ret = gnutls_psk_set_server_known_dh_params(ctx->psk, GNUTLS_SEC_PARAM_MEDIUM);
	return ret;
}

static int make_psk(struct tls_ctx *ctx)
{
	int ret;

	if (!ctx->cfg->psk)
		return 0;
	ret = gnutls_psk_allocate_server_credentials(&ctx->psk);
	if (ret < 0)
		return ret;
	gnutls_psk_set_server_credentials_function2(ctx->psk, gt_on_psk);
	return ctx->cfg->psk_hint
		       ? gnutls_psk_set_server_credentials_hint(ctx->psk, ctx->cfg->psk_hint)
		       : 0;
}

static bool make_credentials(struct tls_ctx *ctx, struct tls_error *err)
{
	int ret = gnutls_anon_allocate_server_credentials(&ctx->anon);

	if (ret >= 0)
		ret = make_psk(ctx);
	if (ret >= 0)
		ret = set_dh(ctx);
	if (ret >= 0)
		ret = gnutls_session_ticket_key_generate(&ctx->ticket_key);
	if (ret >= 0)
		ret = gt_early_init(ctx);
	if (ret < 0)
		gt_error(err, "credentials", ret);
	return ret >= 0;
}

/* ---- settings ---- */

static enum tls_status take_padding(struct tls_ctx *ctx, const char *value, struct tls_error *err)
{
	size_t data, handshake;

	if (!rules_record_padding(value, &data, &handshake)) {
		gt_error_text(err, "-record_padding %s: bad value", value);
		return TLS_FAIL;
	}
	if (strchr(value, ',') && handshake > 1) {
		gt_error_text(err, "-record_padding %s: GnuTLS pads no handshake messages", value);
		return TLS_UNSUPPORTED;
	}
	ctx->record_padding = data > 1 ? data : 0;
	return TLS_OK;
}

static int on_status_request(gnutls_session_t gs, void *unused, gnutls_datum_t *response)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);
	const gnutls_datum_t *cert = gnutls_certificate_get_ours(gs);
	struct bytes der = {NULL, 0};

	(void)unused;
	if (!cert || !s->ctx->host->staple(s->sud, (struct bytes){cert->data, cert->size}, &der))
		return GNUTLS_E_NO_CERTIFICATE_STATUS;
	response->data = gnutls_malloc(der.n);
	if (!response->data)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(response->data, der.p, der.n);
	response->size = (unsigned)der.n;
	return 0;
}

/* The function of the library that takes a file would refuse a response for another certificate. */
static void set_status(struct tls_ctx *ctx)
{
	bool on = tls_flag(ctx->cfg, TLS_F_STAPLE);

	for (size_t i = 0; on && i < ctx->n_creds + ctx->n_sni; i++)
		gnutls_certificate_set_ocsp_status_request_function(ctx->slots[i].cred,
								    on_status_request, NULL);
}

static enum tls_status take_setting(struct tls_ctx *ctx, const struct tls_setting *set,
				    struct tls_error *err)
{
	if (strcmp(set->name, "writerand") == 0)
		return TLS_OK; /* init() has written it */
	if (strcmp(set->name, "record_padding") == 0)
		return take_padding(ctx, set->value, err);
	if (strcmp(set->name, "rand") == 0) {
		gt_error_text(err, "-rand: GnuTLS seeds itself from the kernel and takes no files");
		return TLS_UNSUPPORTED;
	}
	return verify_params_set(&ctx->verify, set, err);
}

/* ---- the context ---- */

/* TLS 1.3 needs a certificate or an external PSK: without, OpenSSL does not offer it either. */
static bool find_versions(struct tls_ctx *ctx, struct tls_error *err)
{
	struct tls_algorithms can;

	gt_algorithms(&can);
	gt_lists_init(ctx);
	ctx->versions = ctx->cfg->versions & can.versions;
	if ((!ctx->cfg->n_creds && !ctx->cfg->psk) || !ctx->suites13.n)
		ctx->versions &= ~TLS_VERSION_BIT(TLS_VERSION_1_3);
	if (!ctx->suites12.n)
		ctx->versions &= TLS_VERSION_BIT(TLS_VERSION_1_3);
	/* As OpenSSL from 3.0 on. */
	if (ctx->cfg->security_level > 0)
		ctx->versions &=
			TLS_VERSION_BIT(TLS_VERSION_1_2) | TLS_VERSION_BIT(TLS_VERSION_1_3);
	if (ctx->versions)
		return true;
	gt_error_text(err, "no protocols available");
	return false;
}

static enum tls_status fill(struct tls_ctx *ctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	enum tls_status st;
	size_t bad;

	if (!find_versions(ctx, err))
		return TLS_UNSUPPORTED;
	verify_params_init(&ctx->verify, cfg);
	for (size_t i = 0; i < cfg->n_settings; i++) {
		st = take_setting(ctx, &cfg->settings[i], err);
		if (st != TLS_OK)
			return st;
	}
	st = load_slots(ctx, err);
	if (st != TLS_OK)
		return st;
	set_status(ctx);
	if (!verify_store_init(&ctx->store, cfg, &bad)) {
		gt_error_text(err, "CRL %zu cannot be read", bad + 1);
		return TLS_FAIL;
	}
	if (cfg->n_ca && !ctx->store.n_anchors) {
		gt_error_text(err, "CA certificates: none of them can be read");
		return TLS_FAIL;
	}
	return name_authorities(ctx, err) && load_dhparam(ctx, err) && make_credentials(ctx, err)
		       ? TLS_OK
		       : TLS_FAIL;
}

enum tls_status gt_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err)
{
	struct tls_ctx *ctx = xcalloc(1, sizeof(*ctx));
	enum tls_status st;

	err->alert = -1;
	ctx->cfg = cfg;
	ctx->host = host;
	(void)pthread_mutex_init(&ctx->priority_lock, NULL); /* cannot fail on Linux */
	st = fill(ctx, err);
	if (st != TLS_OK) {
		gt_ctx_free(ctx);
		return st;
	}
	*out = ctx;
	return TLS_OK;
}

void gt_ctx_free(struct tls_ctx *ctx)
{
	if (!ctx)
		return;
	for (size_t i = 0; i < ctx->n_creds + ctx->n_sni; i++)
		gt_slot_release(&ctx->slots[i]);
	free(ctx->slots);
	free(ctx->numbers);
	if (ctx->psk)
		gnutls_psk_free_server_credentials(ctx->psk);
	if (ctx->anon)
		gnutls_anon_free_server_credentials(ctx->anon);
	if (ctx->dh)
		gnutls_dh_params_deinit(ctx->dh);
	if (ctx->ticket_key.data)
		gnutls_memset(ctx->ticket_key.data, 0, ctx->ticket_key.size);
	gnutls_free(ctx->ticket_key.data);
	if (ctx->anti_replay)
		gnutls_anti_replay_deinit(ctx->anti_replay);
	gt_issued_free(ctx->issued);
	verify_store_release(&ctx->store);
	gt_priorities_release(ctx);
	free(ctx);
}
