/*
 * Resumption: session ids through the core's store, tickets sealed by the library, and TLS 1.3
 * tickets that are a reference into the store (-no_ticket, as OpenSSL's stateful tickets).
 */
#include "backends/mbedtls/mbedtls_backend.h"

#include <stdlib.h>
#include <time.h>

/*
 * What is stored: the length of the session id context, the context, the length of what a TLS 1.3
 * session knows of the client (0 for others), that, the library's form.
 */

static uint8_t *serialize(const struct tls_session *s, const mbedtls_ssl_session *session,
			  size_t *n)
{
	struct bytes sid = s->ctx->cfg->session_id_context;
	size_t client = s->version == TLS_VERSION_1_3 ? mb_client_put(s, session, NULL) : 0;
	size_t need = 0, head = 1 + sid.n + 2 + client;
	uint8_t *out;

	if (sid.n > 32)
		return NULL;
	if (mbedtls_ssl_session_save(session, NULL, 0, &need) != MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL)
		return NULL;
	out = malloc(head + need);
	if (!out)
		return NULL;
	out[0] = (uint8_t)sid.n;
	if (sid.n)
		memcpy(out + 1, sid.p, sid.n);
	out[1 + sid.n] = (uint8_t)(client >> 8);
	out[2 + sid.n] = (uint8_t)client;
	if (client)
		(void)mb_client_put(s, session, out + 3 + sid.n); /* of the same length */
	if (mbedtls_ssl_session_save(session, out + head, need, &need)) {
		free(out);
		return NULL;
	}
	*n = head + need;
	return out;
}

static bool too_old(const mbedtls_ssl_session *session)
{
#if HAVE_MBEDTLS_TLS13
	/* Of a TLS 1.3 session only this time is kept, on a clock without an epoch. */
	if (session->tls_version == MBEDTLS_SSL_VERSION_TLS1_3) {
		mbedtls_ms_time_t age = mbedtls_ms_time() - session->ticket_creation_time;

		return age < 0 || age > MB_SESSION_TIMEOUT * (mbedtls_ms_time_t)1000;
	}
#endif
#if defined(MBEDTLS_HAVE_TIME)
	time_t now = time(NULL);

	return session->start > now || now - session->start > MB_SESSION_TIMEOUT;
#else
	(void)session;
	return false;
#endif
}

static bool deserialize(struct tls_session *s, mbedtls_ssl_session *out, struct bytes in)
{
	struct bytes sid = s->ctx->cfg->session_id_context;
	size_t head = 1 + sid.n + 2, client;

	if (in.n < head || in.p[0] != sid.n || (sid.n && memcmp(in.p + 1, sid.p, sid.n) != 0))
		return false;
	client = (size_t)(in.p[head - 2] << 8 | in.p[head - 1]);
	if (in.n < head + client ||
	    mbedtls_ssl_session_load(out, in.p + head + client, in.n - head - client))
		return false;
	return !client || mb_client_take(s, (struct bytes){in.p + head, client});
}

static bool ephemeral(int suite)
{
	const mbedtls_ssl_ciphersuite_t *info = mbedtls_ssl_ciphersuite_from_id(suite);

	if (!info)
		return false;
	switch ((int)info->key_exchange) {
	case MBEDTLS_KEY_EXCHANGE_DHE_RSA:
	case MBEDTLS_KEY_EXCHANGE_ECDHE_RSA:
	case MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA:
	case MBEDTLS_KEY_EXCHANGE_DHE_PSK:
	case MBEDTLS_KEY_EXCHANGE_ECDHE_PSK:
		return true;
	default:
		return false;
	}
}

static bool not_resumable(const struct tls_session *s, const mbedtls_ssl_session *session)
{
	return tls_flag(s->ctx->cfg, TLS_F_NO_RESUME_EPHEMERAL) && ephemeral(session->ciphersuite);
}

/* ---- session ids ---- */

static int get_session(struct tls_session *s, struct bytes id, mbedtls_ssl_session *out)
{
	struct bytes stored;

	if (!s->ctx->host->cache_get(s->sud, id, &stored) || !deserialize(s, out, stored))
		return -1;
	if (!too_old(out))
		return 0;
	s->ctx->host->cache_del(s->sud, id);
	return -1;
}

static int put_session(struct tls_session *s, struct bytes id, const mbedtls_ssl_session *session)
{
	size_t n;
	uint8_t *data;

	if (not_resumable(s, session))
		return -1;
	data = serialize(s, session, &n);
	if (!data)
		return -1;
	s->ctx->host->cache_put(s->sud, id, (struct bytes){data, n});
	mbedtls_platform_zeroize(data, n);
	free(data);
	return 0;
}

#if HAVE_MBEDTLS_CACHE_ID_ARGS
static int on_cache_get(void *sud, unsigned char const *id, size_t n, mbedtls_ssl_session *out)
{
	return get_session(sud, (struct bytes){id, n}, out);
}

static int on_cache_set(void *sud, unsigned char const *id, size_t n,
			const mbedtls_ssl_session *session)
{
	return put_session(sud, (struct bytes){id, n}, session);
}
#else
static int on_cache_get(void *sud, mbedtls_ssl_session *session)
{
	uint8_t id[32];
	size_t n = session->id_len;

	/* Loading overwrites the id it is looked up by. */
	memcpy(id, session->id, n);
	return get_session(sud, (struct bytes){id, n}, session);
}

static int on_cache_set(void *sud, const mbedtls_ssl_session *session)
{
	return put_session(sud, (struct bytes){session->id, session->id_len}, session);
}
#endif

/* ---- tickets ---- */

static void keep_ticket(struct tls_session *s, const mbedtls_ssl_session *session,
			const uint8_t *ticket, size_t n, uint32_t lifetime)
{
	uint8_t *copy = malloc(n);

	if (!copy)
		return;
	memcpy(copy, ticket, n);
	free(s->ticket);
	s->ticket = copy;
	s->ticket_n = n;
	s->ticket_lifetime = lifetime;
#if HAVE_MBEDTLS_TLS13
	if (session->tls_version == MBEDTLS_SSL_VERSION_TLS1_3 &&
	    session->resumption_key_len <= sizeof(s->master)) {
		memcpy(s->master, session->resumption_key, session->resumption_key_len);
		s->master_n = session->resumption_key_len;
	}
#else
	(void)session;
#endif
}

static int on_ticket_write(void *sud, const mbedtls_ssl_session *session, unsigned char *start,
			   const unsigned char *end, size_t *n, uint32_t *lifetime)
{
	struct tls_session *s = sud;
	int ret;

	/* In TLS 1.2 any error becomes an empty NewSessionTicket. */
	if (not_resumable(s, session))
		return -1;
	if (s->version == TLS_VERSION_1_3)
		ret = mb_ticket13_write(s, session, start, end, n, lifetime);
	else
		ret = mbedtls_ssl_ticket_write(&s->ctx->tickets, session, start, end, n, lifetime);
	if (!ret)
		keep_ticket(s, session, start, *n, *lifetime);
	return ret;
}

static int on_ticket_parse(void *sud, mbedtls_ssl_session *session, unsigned char *ticket, size_t n)
{
	struct tls_session *s = sud;

	return s->version == TLS_VERSION_1_3
		       ? mb_ticket13_parse(s, session, ticket, n)
		       : mbedtls_ssl_ticket_parse(&s->ctx->tickets, session, ticket, n);
}

static int on_stateful_write(void *sud, const mbedtls_ssl_session *session, unsigned char *start,
			     const unsigned char *end, size_t *n, uint32_t *lifetime)
{
	struct tls_session *s = sud;
	int ret;

	if (end - start < 32)
		return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
	ret = mb_random(NULL, start, 32);
	if (ret)
		return ret;
	if (put_session(s, (struct bytes){start, 32}, session))
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	*n = 32;
	*lifetime = MB_SESSION_TIMEOUT;
	keep_ticket(s, session, start, 32, *lifetime);
	return 0;
}

static int on_stateful_parse(void *sud, mbedtls_ssl_session *session, unsigned char *ticket,
			     size_t n)
{
	struct tls_session *s = sud;
	struct bytes id = {ticket, n};
	int ret;

	if (n != 32)
		return MBEDTLS_ERR_SSL_INVALID_MAC;
	ret = get_session(s, id, session);
	/* Single use, against replay (RFC 8446 8.1). */
	if (!ret)
		s->ctx->host->cache_del(s->sud, id);
	return ret ? MBEDTLS_ERR_SSL_INVALID_MAC : 0;
}

void mb_conf_resumption(struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;
	bool store = s->ctx->host->cache_get && s->ctx->host->cache_put;
	bool cache = store && (!tls_flag(cfg, TLS_F_NO_CACHE) || tls_flag(cfg, TLS_F_EXT_CACHE));

	if (cache)
		mbedtls_ssl_conf_session_cache(&s->conf, s, on_cache_get, on_cache_set);
	/* Without callbacks no tickets are offered; in TLS 1.2 the session id then does it. */
	if (!tls_flag(cfg, TLS_F_NO_TICKET))
		mbedtls_ssl_conf_session_tickets_cb(&s->conf, on_ticket_write, on_ticket_parse, s);
	else if (cache && s->version == TLS_VERSION_1_3)
		mbedtls_ssl_conf_session_tickets_cb(&s->conf, on_stateful_write, on_stateful_parse,
						    s);
#if HAVE_MBEDTLS_SESSION_TICKETS_SWITCH
	mbedtls_ssl_conf_session_tickets(&s->conf, tls_flag(cfg, TLS_F_NO_TICKET)
							   ? MBEDTLS_SSL_SESSION_TICKETS_DISABLED
							   : MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#endif
#if HAVE_MBEDTLS_TLS13
	mbedtls_ssl_conf_new_session_tickets(&s->conf, (uint16_t)cfg->num_tickets);
#endif
}
