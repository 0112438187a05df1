/*
 * Early data. The library takes it for resumptions only, and only with an anti-replay object, which
 * knows a ClientHello again but not a ticket. So tickets are counted here, as OpenSSL does: each is
 * good for early data once, and the oldest are forgotten.
 */
#include "backends/gnutls/gnutls_backend.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HASH = 32,           /* SHA-256 */
	MAX_ISSUED = 1024,   /* tickets */
	SKIP_MARGIN = 16384, /* what records add to early data that is passed over */
};

struct gt_issued {
	pthread_mutex_t lock;
	uint8_t hash[MAX_ISSUED][HASH];
	size_t next;
};

static struct gt_issued *issued_new(void)
{
	struct gt_issued *issued = xcalloc(1, sizeof(*issued));

	(void)pthread_mutex_init(&issued->lock, NULL); /* cannot fail without attributes */
	return issued;
}

void gt_issued_free(struct gt_issued *issued)
{
	if (issued)
		(void)pthread_mutex_destroy(&issued->lock);
	free(issued);
}

static bool hash_ticket(struct bytes ticket, uint8_t out[HASH])
{
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, ticket.p, ticket.n, out) >= 0;
}

void gt_ticket_issued(struct tls_session *s, struct bytes ticket)
{
	struct gt_issued *issued = s->ctx->issued;
	uint8_t hash[HASH];

	if (!issued || !hash_ticket(ticket, hash))
		return;
	(void)pthread_mutex_lock(&issued->lock);
	memcpy(issued->hash[issued->next], hash, HASH);
	issued->next = (issued->next + 1) % MAX_ISSUED;
	(void)pthread_mutex_unlock(&issued->lock);
}

/* True the first time. */
static bool use_ticket(struct gt_issued *issued, struct bytes ticket)
{
	static const uint8_t none[HASH];
	uint8_t hash[HASH];
	bool found = false;

	if (!hash_ticket(ticket, hash))
		return false;
	(void)pthread_mutex_lock(&issued->lock);
	for (size_t i = 0; i < MAX_ISSUED && !found; i++) {
		found = memcmp(issued->hash[i], hash, HASH) == 0;
		if (found)
			memcpy(issued->hash[i], none, HASH);
	}
	(void)pthread_mutex_unlock(&issued->lock);
	return found;
}

/* ---- what the library asks for ---- */

static int on_new_hello(void *ud, time_t expires, const gnutls_datum_t *key,
			const gnutls_datum_t *data)
{
	(void)ud;
	(void)expires;
	(void)key;
	(void)data;
	return 0;
}

int gt_early_init(struct tls_ctx *ctx)
{
	const struct tls_config *cfg = ctx->cfg;
	int ret;

	if (!tls_flag(cfg, TLS_F_EARLY_DATA) || !cfg->max_early_data)
		return 0;
	if (!tls_flag(cfg, TLS_F_NO_ANTI_REPLAY))
		ctx->issued = issued_new();
	ret = gnutls_anti_replay_init(&ctx->anti_replay);
	if (ret < 0)
		return ret;
	/* Its recording is not used, and tickets from before its begin are rejected: never again.
	 */
	gnutls_anti_replay_set_window(ctx->anti_replay, UINT32_MAX);
	gnutls_anti_replay_set_add_function(ctx->anti_replay, on_new_hello);
	return 0;
}

unsigned gt_early_flags(const struct tls_config *cfg)
{
	return cfg->max_early_data ? GNUTLS_ENABLE_EARLY_DATA : 0;
}

/* The library goes by the first identity, which is the ticket that the early data belongs to. */
static bool fresh_ticket(const struct tls_session *s)
{
	struct bytes ids = s->hello->psk_identities;
	size_t n = ids.n >= 2 ? (size_t)ids.p[0] << 8 | ids.p[1] : 0;

	if (!n || n > ids.n - 2)
		return false;
	return !s->ctx->issued || use_ticket(s->ctx->issued, (struct bytes){ids.p + 2, n});
}

int gt_early_prepare(struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;
	size_t limit = (size_t)cfg->recv_max_early_data + SKIP_MARGIN;

	if (s->ctx->anti_replay && s->hello && s->hello->early_data && fresh_ticket(s))
		gnutls_anti_replay_enable(s->gs, s->ctx->anti_replay);
	/* What is taken is counted here. */
	return gnutls_record_set_max_early_data_size(s->gs,
						     limit < UINT32_MAX ? limit : UINT32_MAX);
}

int gt_early_in_tickets(struct tls_session *s)
{
	uint32_t n = s->ctx->cfg->max_early_data;

	return n ? gnutls_record_set_max_early_data_size(s->gs, n) : 0;
}

/* ---- reading ---- */

enum tls_early_data gt_early_status(const struct tls_session *s)
{
	if (gnutls_session_get_flags(s->gs) & GNUTLS_SFLAGS_EARLY_DATA)
		return TLS_EARLY_ACCEPTED;
	return s->hello && s->hello->early_data ? TLS_EARLY_REJECTED : TLS_EARLY_NOT_SENT;
}

void gt_early_message(struct tls_session *s, unsigned type, bool in)
{
	if (in)
		s->early_over |= type == GNUTLS_HANDSHAKE_END_OF_EARLY_DATA;
	else if (type == GNUTLS_HANDSHAKE_FINISHED)
		s->early_over |= gt_early_status(s) != TLS_EARLY_ACCEPTED;
	else if (type == GNUTLS_HANDSHAKE_SERVER_HELLO)
		s->early_over |= s->choice.version < TLS_VERSION_1_3;
}

/* False: it is too much. */
static bool take(struct tls_session *s, size_t n)
{
	const struct tls_config *cfg = s->ctx->cfg;
	uint32_t limit = cfg->recv_max_early_data < cfg->max_early_data ? cfg->recv_max_early_data
									: cfg->max_early_data;

	gt_message_data(s);
	s->early_excess |= n > limit - s->early_n;
	if (!s->early_excess)
		s->early_n += (uint32_t)n;
	return !s->early_excess;
}

static enum tls_status ended(struct tls_session *s, struct tls_error *err)
{
	/* gt_handshake() comes to the code. */
	return s->early_excess ? gt_fail(s, err, ALERT_UNEXPECTED_MESSAGE, "too much early data")
			       : TLS_OK;
}

/*
 * The library stops behind each record of early data, so it never holds more than one. Until the
 * end of it has come, it would send alerts under a key that the client has left behind: so too much
 * is thrown away, and answered then.
 */
enum tls_status gt_read_early(struct tls_session *s, void *buf, size_t len, size_t *done,
			      struct tls_error *err)
{
	enum tls_status st = gt_prepare(s, err);

	*done = 0;
	while (st == TLS_OK) {
		ssize_t n = gnutls_record_recv_early_data(s->gs, buf, len);
		int code = s->early_code;

		if (n > 0) {
			if (!take(s, (size_t)n))
				continue;
			*done = (size_t)n;
			return TLS_OK;
		}
		if (s->early_over || s->done)
			return ended(s, err);
		s->early_code = 0;
		if (code < 0)
			return gt_outcome(s, code, err);
		st = gt_step(s, &s->early_code, err);
	}
	return st;
}
