#include "backends/mbedtls/mbedtls_backend.h"

#include <stdatomic.h>
#include <stdlib.h>

/* ---- versions ---- */

static enum tls_status find_versions(struct tls_ctx *ctx, struct tls_error *err)
{
	struct tls_algorithms can;

	mb_algorithms(&can);
	/* A version that the library lacks, or that has no suite, is an error only when it leaves
	 * nothing over. */
	ctx->versions = ctx->cfg->versions & can.versions;
	if (!ctx->cfg->suites13.n)
		ctx->versions &= ~TLS_VERSION_BIT(TLS_VERSION_1_3);
	if (!ctx->cfg->suites12.n)
		ctx->versions &= TLS_VERSION_BIT(TLS_VERSION_1_3);
	for (unsigned v = TLS_VERSION_1_0; v <= TLS_VERSION_1_3; v++) {
		if (!(ctx->versions & TLS_VERSION_BIT(v)))
			continue;
		ctx->max_version = v;
		if (!ctx->min_version)
			ctx->min_version = v;
	}
	if (ctx->max_version)
		return TLS_OK;
	mb_error_text(err, "Mbed TLS " MBEDTLS_VERSION_STRING
			   " has none of the protocol versions and cipher suites asked for");
	return TLS_UNSUPPORTED;
}

/* ---- lists ---- */

static void find_groups(struct tls_ctx *ctx)
{
	size_t n = 0;

	for (size_t i = 0; i < ctx->cfg->groups.n && n < MB_MAX_GROUPS; i++) {
		uint16_t id = ctx->cfg->groups.p[i];
		mb_group g = mb_group_by_iana(id);

		if (!g || (id >= 256 && tls_flag(ctx->cfg, TLS_F_NO_DHE)))
			continue;
		ctx->groups[n++] = g;
	}
	ctx->groups[n] = 0;
}

#if !HAVE_MBEDTLS_IANA_LISTS
static int md_by_tls_hash(unsigned hash)
{
	static const int md[] = {MBEDTLS_MD_NONE,   MBEDTLS_MD_MD5,    MBEDTLS_MD_SHA1,
				 MBEDTLS_MD_SHA224, MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384,
				 MBEDTLS_MD_SHA512};

	return hash < sizeof(md) / sizeof(md[0]) ? md[hash] : MBEDTLS_MD_NONE;
}
#endif

static void find_sigalgs(mb_sigalg out[MB_MAX_SIGALGS + 1], struct u16list in)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n && n < MB_MAX_SIGALGS; i++) {
#if HAVE_MBEDTLS_IANA_LISTS
		mb_sigalg id = in.p[i];
#else
		mb_sigalg id = md_by_tls_hash(in.p[i] >> 8);
#endif
		bool known = id == 0;

		for (size_t k = 0; k < n; k++)
			known = known || out[k] == id;
		if (!known)
			out[n++] = id;
	}
	out[n] = 0;
}

/* ---- certificates ---- */

static bool load_ca(struct tls_ctx *ctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	size_t bad;

	if (!verify_store_init(&ctx->store, cfg, &bad)) {
		mb_error_text(err, "CRL %zu cannot be read", bad + 1);
		return false;
	}
	if (cfg->n_ca && !ctx->store.n_anchors) {
		mb_error_text(err, "CA certificates: none of them can be read");
		return false;
	}
	return true;
}

static bool load_ca_names(struct tls_ctx *ctx, struct tls_error *err)
{
	size_t n = ctx->cfg->n_ca_names;

	if (!n)
		return true;
	ctx->ca_names = calloc(n, sizeof(*ctx->ca_names));
	if (!ctx->ca_names) {
		mb_error_text(err, "out of memory");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct bytes name = ctx->cfg->ca_names[i];
		mbedtls_x509_crt *crt = &ctx->ca_names[i];

		mbedtls_x509_crt_init(crt);
		crt->version = 3;
		crt->subject_raw.p = (unsigned char *)(uintptr_t)name.p; /* only read */
		crt->subject_raw.len = name.n;
		if (i)
			ctx->ca_names[i - 1].next = crt;
	}
	return true;
}

static bool load_dhparam(struct tls_ctx *ctx, struct tls_error *err)
{
	int ret;

	if (!ctx->cfg->dhparam.n)
		return true;
	ret = mbedtls_dhm_parse_dhm(&ctx->dhm, ctx->cfg->dhparam.p, ctx->cfg->dhparam.n);
	if (ret) {
		mb_error(err, "-dhparam", ret);
		return false;
	}
	ctx->have_dhm = true;
	return true;
}

/* init() has dealt with these. */
static bool done_by_init(const char *name)
{
	return strcmp(name, "rand") == 0 || strcmp(name, "writerand") == 0;
}

static enum tls_status take_settings(struct tls_ctx *ctx, struct tls_error *err)
{
	for (size_t i = 0; i < ctx->cfg->n_settings; i++) {
		const struct tls_setting *set = &ctx->cfg->settings[i];
		enum tls_status st;

		if (done_by_init(set->name))
			continue;
		if (strcmp(set->name, "id_prefix") == 0) {
			ctx->id_prefix = set->value;
			continue;
		}
		st = verify_params_set(&ctx->verify, set, err);
		if (st != TLS_OK)
			return st;
	}
	return TLS_OK;
}

static bool load_ticket_keys(struct tls_ctx *ctx, struct tls_error *err)
{
	int ret = mbedtls_ssl_ticket_setup(&ctx->tickets, mb_random, NULL,
					   MBEDTLS_CIPHER_AES_256_GCM, MB_SESSION_TIMEOUT);

	if (!ret)
		ret = mb_random(NULL, ctx->client_key, sizeof(ctx->client_key));
	if (ret)
		mb_error(err, "session tickets", ret);
	return !ret;
}

static enum tls_status fill(struct tls_ctx *ctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;
	const struct mb_creds *unused; /* a bad key is found out now */
	enum tls_status st = find_versions(ctx, err);

	verify_params_init(&ctx->verify, cfg);
	if (st == TLS_OK)
		st = take_settings(ctx, err);
	if (st == TLS_OK)
		st = mb_creds_load(ctx, &unused, err);
	if (st != TLS_OK)
		return st;
	if (!load_ca(ctx, err) || !load_ca_names(ctx, err) || !load_dhparam(ctx, err))
		return TLS_FAIL;
	find_groups(ctx);
	find_sigalgs(ctx->sigalgs, cfg->sigalgs);
	find_sigalgs(ctx->client_sigalgs,
		     cfg->client_sigalgs.n ? cfg->client_sigalgs : cfg->sigalgs);
	return load_ticket_keys(ctx, err) ? TLS_OK : TLS_FAIL;
}

static _Atomic uint64_t contexts; /* made so far */

enum tls_status mb_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err)
{
	struct tls_ctx *ctx = calloc(1, sizeof(*ctx));
	enum tls_status st;

	if (!ctx) {
		mb_error_text(err, "out of memory");
		return TLS_FAIL;
	}
	ctx->cfg = cfg;
	ctx->host = host;
	mbedtls_dhm_init(&ctx->dhm);
	mbedtls_ssl_ticket_init(&ctx->tickets);
	ctx->number = atomic_fetch_add(&contexts, 1) + 1;
	(void)pthread_mutex_init(&ctx->lock, NULL); /* cannot fail on Linux */
	st = fill(ctx, err);
	if (st != TLS_OK) {
		err->alert = -1;
		mb_ctx_free(ctx);
		return st;
	}
	*out = ctx;
	return TLS_OK;
}

void mb_ctx_free(struct tls_ctx *ctx)
{
	if (!ctx)
		return;
	mb_creds_release(ctx);
	free(ctx->ca_names);
	verify_store_release(&ctx->store);
	mbedtls_dhm_free(&ctx->dhm);
	mbedtls_ssl_ticket_free(&ctx->tickets);
	mbedtls_platform_zeroize(ctx->client_key, sizeof(ctx->client_key));
	(void)pthread_mutex_destroy(&ctx->lock); /* nobody holds it */
	free(ctx);
}

/* ---- the configuration of one session ---- */

static bool usable(const struct tls_session *s, uint16_t id)
{
	const mbedtls_ssl_ciphersuite_t *info = mbedtls_ssl_ciphersuite_from_id(id);

	if (!info)
		return false;
	return !tls_flag(s->ctx->cfg, TLS_F_NO_DHE) ||
	       (info->key_exchange != MBEDTLS_KEY_EXCHANGE_DHE_RSA &&
		info->key_exchange != MBEDTLS_KEY_EXCHANGE_DHE_PSK);
}

static size_t add_suite(struct tls_session *s, size_t n, uint16_t id)
{
	for (size_t i = 0; i < n; i++)
		if (s->suites[i] == id)
			return n;
	if (n < MB_MAX_SUITES && usable(s, id))
		s->suites[n++] = id;
	return n;
}

/*
 * The library takes TLS 1.2 suites in the order of the list and TLS 1.3 suites in the client's
 * order (3.6, ssl_tls13_parse_client_hello). So the list is put into the order that is to win, and
 * for a server's preference in TLS 1.3 it holds the one suite that wins.
 */
static size_t order_suites(struct tls_session *s, size_t n, struct u16list ours, bool tls13)
{
	size_t first = n;

	if (!s->hello) {
		for (size_t i = 0; i < ours.n; i++)
			n = add_suite(s, n, ours.p[i]);
		return n;
	}
	if (!tls_flag(s->ctx->cfg, TLS_F_SERVERPREF)) {
		for (size_t i = 0; i < s->hello->suites.n; i++)
			if (u16list_has(ours, s->hello->suites.p[i]))
				n = add_suite(s, n, s->hello->suites.p[i]);
	} else {
		bool chacha = rules_chacha_first(s->ctx->cfg, s->hello, ours);

		for (size_t i = 0; chacha && i < ours.n; i++)
			if (rules_is_chacha(ours.p[i]) && u16list_has(s->hello->suites, ours.p[i]))
				n = add_suite(s, n, ours.p[i]);
		for (size_t i = 0; i < ours.n; i++)
			if (u16list_has(s->hello->suites, ours.p[i]))
				n = add_suite(s, n, ours.p[i]);
		if (tls13 && n > first)
			n = first + 1;
	}
	/* A renegotiation may offer others. */
	for (size_t i = 0; !tls13 && i < ours.n; i++)
		n = add_suite(s, n, ours.p[i]);
	return n;
}

static void conf_suites(struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;
	size_t n = 0;

	if (s->ctx->max_version >= TLS_VERSION_1_3)
		n = order_suites(s, n, cfg->suites13, true);
	if (s->ctx->min_version <= TLS_VERSION_1_2)
		n = order_suites(s, n, cfg->suites12, false);
	s->suites[n] = 0;
	mbedtls_ssl_conf_ciphersuites(&s->conf, s->suites);
}

static void conf_client_auth(struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;

	/* REQUIRED sends no alert, or the wrong one, when there is no certificate, and judges key
	 * usage after the callback: OPTIONAL and a test of our own. */
	s->require = cfg->verify_mode == TLS_VERIFY_REQUIRE;
	mbedtls_ssl_conf_authmode(&s->conf, cfg->verify_mode == TLS_VERIFY_NONE
						    ? MBEDTLS_SSL_VERIFY_NONE
						    : MBEDTLS_SSL_VERIFY_OPTIONAL);
	mbedtls_ssl_conf_verify(&s->conf, mb_on_verify, s);
	if (!cfg->n_ca_names)
		mbedtls_ssl_conf_cert_req_ca_list(&s->conf, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
}

void mb_conf_renegotiation(struct tls_session *s, bool by_command)
{
	const struct tls_config *cfg = s->ctx->cfg;
	bool client =
		tls_flag(cfg, TLS_F_CLIENT_RENEGOTIATION) && !tls_flag(cfg, TLS_F_NO_RENEGOTIATION);

	/* The library cannot tell who began. */
	mbedtls_ssl_conf_renegotiation(&s->conf, client || by_command
							 ? MBEDTLS_SSL_RENEGOTIATION_ENABLED
							 : MBEDTLS_SSL_RENEGOTIATION_DISABLED);
	mbedtls_ssl_conf_renegotiation_enforced(&s->conf, MBEDTLS_SSL_RENEGOTIATION_NOT_ENFORCED);
	mbedtls_ssl_conf_legacy_renegotiation(&s->conf,
					      tls_flag(cfg, TLS_F_LEGACY_RENEGOTIATION)
						      ? MBEDTLS_SSL_LEGACY_ALLOW_RENEGOTIATION
						      : MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
}

static void conf_extensions(struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;

	if (tls_flag(cfg, TLS_F_NO_ETM))
		mbedtls_ssl_conf_encrypt_then_mac(&s->conf, MBEDTLS_SSL_ETM_DISABLED);
	if (tls_flag(cfg, TLS_F_NO_EMS))
		mbedtls_ssl_conf_extended_master_secret(&s->conf, MBEDTLS_SSL_EXTENDED_MS_DISABLED);
#if defined(MBEDTLS_SSL_CBC_RECORD_SPLITTING)
	if (tls_flag(cfg, TLS_F_BUGS))
		mbedtls_ssl_conf_cbc_record_splitting(&s->conf,
						      MBEDTLS_SSL_CBC_RECORD_SPLITTING_DISABLED);
#endif
#if HAVE_MBEDTLS_TLS13
	unsigned modes = MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL;

	/* The library prefers it to PSK alone, and finds out afterwards. */
	if (s->creds->n_creds)
		modes |= MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL;
	if (tls_flag(cfg, TLS_F_ALLOW_NO_DHE_KEX) || tls_flag(cfg, TLS_F_PREFER_NO_DHE_KEX))
		modes |= MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK;
	mbedtls_ssl_conf_tls13_key_exchange_modes(&s->conf, (int)modes);
#endif
}

int mb_session_conf(struct tls_session *s)
{
	struct tls_ctx *ctx = s->ctx;
	int ret = mbedtls_ssl_config_defaults(&s->conf, MBEDTLS_SSL_IS_SERVER,
					      MBEDTLS_SSL_TRANSPORT_STREAM,
					      MBEDTLS_SSL_PRESET_DEFAULT);

	if (ret)
		return ret;
	mbedtls_ssl_conf_rng(&s->conf, mb_on_random, s);
	s->version = s->hello ? client_hello_version(s->hello, ctx->versions) : 0;
	mb_conf_versions(&s->conf, ctx->min_version,
			 mb_highest_version(s->version, ctx->max_version));
	mb_conf_groups(&s->conf, ctx->groups);
	mb_conf_sigalgs(&s->conf, ctx->sigalgs);
	conf_suites(s);
	for (size_t i = 0; !ret && i < s->creds->n_creds; i++)
		ret = mbedtls_ssl_conf_own_cert(&s->conf, &s->creds->creds[i].chain,
						&s->creds->creds[i].key);
	if (!ret && ctx->have_dhm)
		ret = mbedtls_ssl_conf_dh_param_ctx(&s->conf, &ctx->dhm);
	if (ret)
		return ret;
	conf_client_auth(s);
	mb_conf_renegotiation(s, false);
	conf_extensions(s);
	mb_conf_resumption(s);
	mbedtls_ssl_conf_sni(&s->conf, mb_on_sni, s);
	if (ctx->cfg->psk)
		mbedtls_ssl_conf_psk_cb(&s->conf, mb_on_psk, s);
	return 0;
}
