#include "backends/gnutls/gnutls_backend.h"

#include <stdlib.h>
#include <string.h>

static const char *version_name(unsigned v)
{
	static const char *const names[] = {"TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"};

	return names[v - TLS_VERSION_1_0];
}

/*
 * TLS 1.3 also stands in the list for a client without it: else the ServerHello lacks the mark of a
 * downgrade (RFC 8446 4.1.3).
 */
static void add_versions(struct strbuf *p, const struct tls_session *s)
{
	for (unsigned v = TLS_VERSION_1_3; v >= TLS_VERSION_1_0; v--)
		if (s->ctx->versions & TLS_VERSION_BIT(v) &&
		    (s->choice.version != TLS_VERSION_1_3 || v == TLS_VERSION_1_3))
			strbuf_addf(p, ":+VERS-%s", version_name(v));
}

static void add_cipher(struct strbuf *p, const struct gt_suite *suite)
{
	if (suite)
		strbuf_addf(p, ":+%s", gnutls_cipher_get_name(suite->cipher));
}

/* Never just one: a ticket may belong to a suite with the other hash. */
static void add_suites13(struct strbuf *p, const struct tls_session *s)
{
	struct u16list list = s->ctx->suites13;

	strbuf_adds(p, ":+AEAD");
	add_cipher(p, s->choice.suite);
	for (size_t i = 0; i < list.n && !s->choice.psk; i++)
		add_cipher(p, gt_suite_find(list.p[i]));
}

/* The order is that of preference. Without a group in common there is nothing but psk_ke. */
static void add_psk_modes(struct strbuf *p, const struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;
	bool without = tls_flag(cfg, TLS_F_ALLOW_NO_DHE_KEX);
	bool prefer = without && tls_flag(cfg, TLS_F_PREFER_NO_DHE_KEX);

	if (prefer)
		strbuf_adds(p, ":+PSK");
	if (s->choice.group && (without || s->choice.psk))
		strbuf_adds(p, ":+ECDHE-PSK:+DHE-PSK");
	if (without)
		strbuf_adds(p, ":+PSK");
}

static void add_algorithms(struct strbuf *p, const struct tls_session *s)
{
	const struct gt_suite *suite = s->choice.suite;

	if (s->choice.version >= TLS_VERSION_1_3) {
		strbuf_adds(p, ":+ECDHE-RSA:+ECDHE-ECDSA:+DHE-RSA");
		add_psk_modes(p, s);
		add_suites13(p, s);
	} else {
		strbuf_addf(p, ":+%s:+%s:+%s", gnutls_kx_get_name(suite->kx),
			    gnutls_cipher_get_name(suite->cipher), gnutls_mac_get_name(suite->mac));
	}
}

static void add_groups(struct strbuf *p, const struct tls_session *s)
{
	struct u16list groups = s->ctx->groups;
	bool tls12 = s->choice.version && s->choice.version <= TLS_VERSION_1_2;

	if (s->choice.group)
		strbuf_addf(p, ":+GROUP-%s", gt_group_name(s->choice.group));
	/* Beside the group of ECDHE, those that DHE of TLS 1.2 is bound to with some clients. */
	for (size_t i = 0; i < groups.n; i++)
		if (!s->choice.group || (tls12 && groups.p[i] >> 8 == 0x01))
			strbuf_addf(p, ":+GROUP-%s", gt_group_name(groups.p[i]));
}

static void add_sigalg(struct strbuf *p, uint16_t id)
{
	const char *names[2];
	size_t n = gt_sigalg_names(id, names);

	for (size_t i = 0; i < n; i++)
		strbuf_addf(p, ":+SIGN-%s", names[i]);
}

/* client: what the client may sign with, which also goes into the certificate request. */
static void add_sigalgs(struct strbuf *p, const struct tls_session *s, bool client)
{
	struct u16list list = client ? s->ctx->client_sigalgs : s->ctx->sigalgs;

	if (!client && s->choice.sigalg)
		add_sigalg(p, s->choice.sigalg);
	else
		for (size_t i = 0; i < list.n; i++)
			add_sigalg(p, list.p[i]);
	/* Before TLS 1.2 nothing is negotiated, and the library still asks for these. */
	if (s->choice.version && s->choice.version < TLS_VERSION_1_2)
		strbuf_adds(p, ":+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:+SIGN-DSA-SHA1");
}

static void add_flags(struct strbuf *p, const struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;
	bool no_cache = tls_flag(cfg, TLS_F_NO_CACHE), no_ticket = tls_flag(cfg, TLS_F_NO_TICKET);
	const struct gt_suite *suite = s->choice.suite;
	bool ephemeral = suite && s->choice.version <= TLS_VERSION_1_2 &&
			 suite->kx != GNUTLS_KX_RSA && suite->kx != GNUTLS_KX_PSK &&
			 suite->kx != GNUTLS_KX_RSA_PSK;

	/* The order in the string is the one we want. The server's own key usage is no reason to
	 * refuse service in OpenSSL, and the client's is judged with its chain. */
	strbuf_adds(p, ":%SERVER_PRECEDENCE:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS");
	if (tls_flag(cfg, TLS_F_NO_ETM))
		strbuf_adds(p, ":%NO_ETM");
	if (tls_flag(cfg, TLS_F_NO_EMS))
		strbuf_adds(p, ":%NO_SESSION_HASH");
	if (tls_flag(cfg, TLS_F_NO_MIDDLEBOX))
		strbuf_adds(p, ":%DISABLE_TLS13_COMPAT_MODE");
	if (tls_flag(cfg, TLS_F_BUGS))
		strbuf_adds(p, ":%COMPAT");
	if (tls_flag(cfg, TLS_F_LEGACY_RENEGOTIATION))
		strbuf_adds(p, ":%UNSAFE_RENEGOTIATION");
	/* Tickets of 3.7.9 break a renegotiation; without a cache, -no_ticket rules out those of
	 * TLS 1.3 too, which OpenSSL then keeps in the cache. */
	if ((s->done && s->choice.version <= TLS_VERSION_1_2) || (no_ticket && no_cache))
		strbuf_adds(p, ":%NO_TICKETS");
	else if (no_ticket || (ephemeral && tls_flag(cfg, TLS_F_NO_RESUME_EPHEMERAL)))
		strbuf_adds(p, ":%NO_TICKETS_TLS12");
}

/*
 * gnutls_priority_deinit() looks and counts in two steps, which is safe among threads only as long
 * as its owner keeps its own reference (lib/priority.c of 3.7.9). So users are counted here.
 */

/* With the lock. */
static void drop(struct gt_priority *p)
{
	if (!p || --p->users)
		return;
	gnutls_priority_deinit(p->parsed);
	free(p->string);
	free(p);
}

void gt_priorities_release(struct tls_ctx *ctx)
{
	for (size_t i = 0; i < GT_PRIORITIES; i++)
		drop(ctx->priorities[i]);
	(void)pthread_mutex_destroy(&ctx->priority_lock); /* nobody holds it */
}

/* With the lock: the parsed string, one more user counted; NULL: *ret tells why. */
static struct gt_priority *find_priority(struct tls_ctx *ctx, const char *string, int *ret)
{
	struct gt_priority *p, **place = &ctx->priorities[ctx->next_priority];

	for (size_t i = 0; i < GT_PRIORITIES; i++) {
		p = ctx->priorities[i];
		if (p && strcmp(p->string, string) == 0) {
			p->users++;
			return p;
		}
	}
	p = xcalloc(1, sizeof(*p));
	*ret = gnutls_priority_init(&p->parsed, string, NULL);
	if (*ret < 0) {
		free(p);
		return NULL;
	}
	p->string = xstrdup(string);
	p->users = 2;
	drop(*place);
	*place = p;
	ctx->next_priority = (ctx->next_priority + 1) % GT_PRIORITIES;
	return p;
}

/* As gnutls_priority_set_direct(), which parses 8 KiB anew for every session. */
static int set_priority(struct tls_session *s, const char *string)
{
	struct tls_ctx *ctx = s->ctx;
	struct gt_priority *p;
	int ret = 0;

	(void)pthread_mutex_lock(&ctx->priority_lock); /* neither fails on one of this kind */
	p = find_priority(ctx, string, &ret);
	if (p) {
		ret = gnutls_priority_set(s->gs, p->parsed);
		drop(s->priority); /* the library has let go of it */
		s->priority = p;
	}
	(void)pthread_mutex_unlock(&ctx->priority_lock);
	return ret;
}

void gt_priority_drop(struct tls_session *s)
{
	(void)pthread_mutex_lock(&s->ctx->priority_lock); /* as above */
	drop(s->priority);
	(void)pthread_mutex_unlock(&s->ctx->priority_lock);
	s->priority = NULL;
}

static int apply(struct tls_session *s, bool client)
{
	struct strbuf p = STRBUF_INIT;
	int ret;

	strbuf_adds(&p, "NONE:+CTYPE-X509:+COMP-NULL");
	add_versions(&p, s);
	if (s->chosen) {
		add_algorithms(&p, s);
		add_groups(&p, s);
		add_sigalgs(&p, s, client);
	} else {
		/* What comes of it is checked afterwards; a string takes 64 elements at most. */
		strbuf_adds(&p, ":+KX-ALL:+CIPHER-ALL:+MAC-ALL:+GROUP-ALL:+SIGN-ALL");
	}
	add_flags(&p, s);
	ret = set_priority(s, p.p);
	strbuf_release(&p);
	if (ret >= 0) {
		s->armed = true;
		s->in_client_phase = client;
	}
	return ret;
}

int gt_apply_choice(struct tls_session *s)
{
	int ret = apply(s, false);
	const struct gt_choice *c = &s->choice;
	struct tls_ctx *ctx = s->ctx;

	gnutls_credentials_clear(s->gs);
	if (ret >= 0 && (c->slot || (!s->chosen && ctx->n_creds)))
		ret = gnutls_credentials_set(s->gs, GNUTLS_CRD_CERTIFICATE,
					     c->slot ? c->slot->cred : ctx->slots[0].cred);
	if (ret >= 0)
		ret = gnutls_credentials_set(s->gs, GNUTLS_CRD_ANON, ctx->anon);
	if (ret >= 0 && ctx->psk && (c->psk || c->version <= TLS_VERSION_1_2))
		ret = gnutls_credentials_set(s->gs, GNUTLS_CRD_PSK, ctx->psk);
	return ret;
}

int gt_apply_phase(struct tls_session *s, bool client)
{
	return s->in_client_phase == client ? 0 : apply(s, client);
}
