#include "backends/mbedtls/mbedtls_backend.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- decisions ---- */

int mb_on_sni(void *sud, mbedtls_ssl_context *ssl, const unsigned char *name, size_t n)
{
	struct tls_session *s = sud;
	int choice = s->sni_choice;

	/* The first ClientHello was asked about already (prepare() in session.c), a second one
	 * after HelloRetryRequest names the same; a renegotiation may name another. */
	if (s->done)
		choice = s->ctx->host->select_sni(s->sud, (struct bytes){name, n});
	if (choice == -1) {
		s->alert_out = MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME;
		return -1;
	}
	if (choice == -2 && mb_version(ssl) <= TLS_VERSION_1_2)
		return mbedtls_ssl_send_alert_message(ssl, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
						      MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME);
	if (choice != 1)
		return 0;
	for (size_t i = 0; i < s->creds->n_sni_creds; i++) {
		int ret = mbedtls_ssl_set_hs_own_cert(ssl, &s->creds->sni_creds[i].chain,
						      &s->creds->sni_creds[i].key);

		if (ret)
			return ret;
	}
	return 0;
}

int mb_on_psk(void *sud, mbedtls_ssl_context *ssl, const unsigned char *id, size_t n)
{
	struct tls_session *s = sud;
	struct bytes key = {NULL, 0};
	uint8_t *copy;

	if (!s->ctx->host->psk(s->sud, (uint16_t)mb_version(ssl), (struct bytes){id, n}, &key))
		return -1;
	copy = malloc(n ? n : 1);
	if (!copy)
		return -1;
	if (n)
		memcpy(copy, id, n);
	free(s->psk_identity);
	s->psk_identity = copy;
	s->psk_identity_n = n;
	/* A ticket that was offered before this and not taken says nothing. */
	mb_client_forget(s);
	return mbedtls_ssl_set_hs_psk(ssl, key.p, key.n);
}

/*
 * -id_prefix: session ids are asked of the generator as 32 bytes while the ServerHello is made; the
 * randoms of TLS 1.2 are asked as 4 + 28, and TLS 1.3 has no ids.
 */
int mb_on_random(void *sud, unsigned char *out, size_t n)
{
	struct tls_session *s = sud;
	const char *prefix = s->ctx->id_prefix;
	int ret = mb_random(NULL, out, n);

	/* The state is moved on just before the id is made. */
	if (!ret && prefix && n == 32 && s->ssl.state == MBEDTLS_SSL_SERVER_CERTIFICATE &&
	    mb_version(&s->ssl) <= TLS_VERSION_1_2) {
		size_t len = strlen(prefix);

		memcpy(out, prefix, len < n ? len : n);
	}
	return ret;
}

/* "Certificate Verify: Signature algorithm ( 0804 )" of ssl_tls13_generic.c, level 3. */
void mb_on_debug(void *sud, int level, const char *file, int line, const char *text)
{
	static const char mark[] = "Certificate Verify: Signature algorithm ( ";
	struct tls_session *s = sud;
	const char *found = strstr(text, mark); /* an address may stand in front */

	(void)level;
	(void)file;
	(void)line;
	if (found)
		s->peer_sigalg = (uint16_t)strtoul(found + sizeof(mark) - 1, NULL, 16);
}

/* ---- secrets ---- */

static void tell_secret(struct tls_session *s, const char *label, const uint8_t *p, size_t n)
{
	if (tls_flag(s->ctx->cfg, TLS_F_WANT_SECRETS) || tls_flag(s->ctx->cfg, TLS_F_WANT_MESSAGES))
		s->ctx->host->secret(s->sud, label, (struct bytes){s->client_random, 32},
				     (struct bytes){p, n});
}

static void keep_master(struct tls_session *s, const uint8_t *master, size_t n,
			const uint8_t client_random[32], const uint8_t server_random[32],
			mbedtls_tls_prf_types prf)
{
	if (n > sizeof(s->master))
		return;
	memcpy(s->master, master, n);
	s->master_n = n;
	memcpy(s->client_random, client_random, 32);
	memcpy(s->server_random, server_random, 32);
	s->prf = prf;
	s->have_master = true;
	tell_secret(s, "CLIENT_RANDOM", master, n);
}

#if HAVE_MBEDTLS_KEY_EXPORT_PER_SSL
static void on_key(void *sud, mbedtls_ssl_key_export_type type, const unsigned char *secret,
		   size_t n, const unsigned char client_random[32],
		   const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
	struct tls_session *s = sud;

	if (type == MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET) {
		keep_master(s, secret, n, client_random, server_random, prf);
		return;
	}
	memcpy(s->client_random, client_random, 32);
#if HAVE_MBEDTLS_TLS13
	const char *label = NULL;

	if ((type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET ||
	     type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET) &&
	    n <= sizeof(s->app_secret[0])) {
		bool in = type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET;

		memcpy(s->app_secret[in ? TLS_IN : TLS_OUT], secret, n);
		s->app_secret_n = n;
	}
	if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET &&
	    skip_active(&s->skip) && n <= sizeof(s->client_secret)) {
		memcpy(s->client_secret, secret, n);
		s->client_secret_n = n;
	}
	if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET)
		label = "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
	else if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET)
		label = "SERVER_HANDSHAKE_TRAFFIC_SECRET";
	else if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET)
		label = "CLIENT_TRAFFIC_SECRET_0";
	else if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET)
		label = "SERVER_TRAFFIC_SECRET_0";
	else if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET)
		label = "CLIENT_EARLY_TRAFFIC_SECRET";
	if (label)
		tell_secret(s, label, secret, n);
#endif
}

void mb_set_key_export(struct tls_session *s)
{
	mbedtls_ssl_set_export_keys_cb(&s->ssl, on_key, s);
}
#else
static int on_key(void *sud, const unsigned char *master, const unsigned char *keyblock,
		  size_t mac_n, size_t key_n, size_t iv_n, const unsigned char client_random[32],
		  const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
	(void)keyblock;
	(void)mac_n;
	(void)key_n;
	(void)iv_n;
	keep_master(sud, master, 48, client_random, server_random, prf);
	return 0;
}

void mb_set_key_export(struct tls_session *s)
{
	mbedtls_ssl_conf_export_keys_ext_cb(&s->conf, on_key, s);
}
#endif

void mb_report_exporter_secret(struct tls_session *s)
{
#if HAVE_MBEDTLS_TLS13
	const mbedtls_ssl_session *session = s->ssl.session;
	const mbedtls_ssl_ciphersuite_t *suite;

	if (mb_version(&s->ssl) != TLS_VERSION_1_3 || !session)
		return;
	suite = mbedtls_ssl_ciphersuite_from_id(session->ciphersuite);
	if (!suite)
		return;
	tell_secret(s, "EXPORTER_SECRET", session->app_secrets.exporter_master_secret,
		    suite->mac == MBEDTLS_MD_SHA384 ? 48 : 32);
#else
	(void)s;
#endif
}

/* ---- what goes out, read off the records ---- */

struct reader {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static struct reader take(struct reader *r, size_t n)
{
	struct reader part = {r->p, n, false};

	if (r->bad || r->n < n) {
		r->bad = true;
		return (struct reader){NULL, 0, true};
	}
	r->p += n;
	r->n -= n;
	return part;
}

static unsigned number(struct reader *r, size_t bytes)
{
	struct reader part = take(r, bytes);
	unsigned v = 0;

	for (size_t i = 0; !part.bad && i < bytes; i++)
		v = v << 8 | part.p[i];
	return v;
}

static void server_hello_extension(struct tls_session *s, unsigned type, struct reader data,
				   uint16_t *version, bool *psk)
{
	switch (type) {
	case 22:
		s->etm = true;
		break;
	case 23:
		s->ems = true;
		break;
	case 41:
		*psk = true;
		break;
	case 43:
		*version = (uint16_t)number(&data, 2);
		break;
	case 51:
		s->group = (uint16_t)number(&data, 2);
		break;
	default:
		break;
	}
}

/* RFC 8446 4.1.3: this random marks a HelloRetryRequest. */
static const uint8_t retry_random[8] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11};

static void server_hello(struct tls_session *s, struct reader r)
{
	uint16_t version = (uint16_t)number(&r, 2);
	struct reader random = take(&r, 32);
	struct reader id = take(&r, number(&r, 1));
	struct reader extensions;
	bool psk = false;

	s->suite = (uint16_t)number(&r, 2);
	number(&r, 1); /* compression */
	if (r.bad)
		return;
	s->etm = s->ems = false;
	extensions = take(&r, r.n >= 2 ? number(&r, 2) : 0);
	while (!extensions.bad && extensions.n) {
		unsigned type = number(&extensions, 2);
		struct reader data = take(&extensions, number(&extensions, 2));

		if (!data.bad)
			server_hello_extension(s, type, data, &version, &psk);
	}
	if (version == TLS_VERSION_1_3) {
		if (memcmp(random.p, retry_random, sizeof(retry_random)) == 0)
			return;
		s->resumed = psk;
		s->tap.encrypted = true;
		return;
	}
	s->session_id_n = id.n > sizeof(s->session_id) ? 0 : id.n;
	if (s->session_id_n)
		memcpy(s->session_id, id.p, id.n);
	s->resumed = !s->done && id.n && s->hello && s->hello->session_id.n == id.n &&
		     memcmp(s->hello->session_id.p, id.p, id.n) == 0;
}

/* ServerKeyExchange: RFC 8422 5.4, RFC 5246 7.4.3, with a PSK hint in front in RFC 4279. */
static void server_key_exchange(struct tls_session *s, struct reader r)
{
	int id = s->ssl.session_negotiate ? s->ssl.session_negotiate->ciphersuite : 0;
	const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(id);
	mbedtls_key_exchange_type_t kx = suite ? suite->key_exchange : MBEDTLS_KEY_EXCHANGE_NONE;

	if (kx == MBEDTLS_KEY_EXCHANGE_DHE_PSK || kx == MBEDTLS_KEY_EXCHANGE_ECDHE_PSK)
		take(&r, number(&r, 2));
	if (kx == MBEDTLS_KEY_EXCHANGE_DHE_RSA || kx == MBEDTLS_KEY_EXCHANGE_DHE_PSK) {
		take(&r, number(&r, 2));
		take(&r, number(&r, 2));
		take(&r, number(&r, 2));
	} else if (number(&r, 1) == 3) {
		s->group = (uint16_t)number(&r, 2);
		take(&r, number(&r, 1));
	}
	if (!r.bad && r.n > 4 && mb_version(&s->ssl) == TLS_VERSION_1_2)
		s->own_sigalg = (uint16_t)number(&r, 2);
}

static void new_session_ticket(struct tls_session *s, struct reader r)
{
	uint32_t lifetime = number(&r, 4);
	struct reader ticket = take(&r, number(&r, 2));

	if (ticket.bad || !ticket.n)
		return;
	free(s->ticket);
	s->ticket_n = 0;
	s->ticket = malloc(ticket.n);
	if (!s->ticket)
		return;
	memcpy(s->ticket, ticket.p, ticket.n);
	s->ticket_n = ticket.n;
	s->ticket_lifetime = lifetime;
}

static void handshake_messages(struct tls_session *s, struct reader r)
{
	while (!r.bad && r.n >= 4 && !s->tap.encrypted) {
		unsigned type = number(&r, 1);
		struct reader body = take(&r, number(&r, 3));

		if (body.bad)
			return;
		if (type == MBEDTLS_SSL_HS_SERVER_HELLO)
			server_hello(s, body);
		else if (type == MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE)
			server_key_exchange(s, body);
		else if (type == MBEDTLS_SSL_HS_CERTIFICATE_REQUEST)
			s->cert_requested = true;
		else if (type == MBEDTLS_SSL_HS_NEW_SESSION_TICKET)
			new_session_ticket(s, body);
	}
}

static void alert_sent(struct tls_session *s, const uint8_t *p)
{
	if (p[0] == MBEDTLS_SSL_ALERT_LEVEL_FATAL)
		s->alert_out = p[1];
	s->ctx->host->alert(s->sud, TLS_OUT, p[0], p[1]);
}

static void record_done(struct tls_session *s)
{
	struct mb_tap *tap = &s->tap;
	unsigned type = tap->header[0];

	/* An encrypted alert of TLS 1.3 is 16 bytes (3, padded) and a tag. */
	s->small_record =
		tap->encrypted && tap->body_len <= 40 && type == MBEDTLS_SSL_MSG_APPLICATION_DATA;
	if (type == MBEDTLS_SSL_MSG_ALERT && tap->encrypted)
		s->small_record = true;
	if (tap->encrypted)
		return;
	if (type == MBEDTLS_SSL_MSG_HANDSHAKE)
		handshake_messages(s, (struct reader){tap->body, tap->body_len, false});
	else if (type == MBEDTLS_SSL_MSG_ALERT && tap->body_len == 2)
		alert_sent(s, tap->body);
	else if (type == MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC &&
		 mb_version(&s->ssl) <= TLS_VERSION_1_2)
		tap->encrypted = true;
}

static bool tap_reserve(struct mb_tap *tap)
{
	uint8_t *p;

	if (tap->encrypted || tap->body_cap >= tap->body_len)
		return true;
	p = realloc(tap->body, tap->body_len);
	if (!p)
		return false;
	tap->body = p;
	tap->body_cap = tap->body_len;
	return true;
}

void mb_tap_sent(struct tls_session *s, const uint8_t *p, size_t n)
{
	struct mb_tap *tap = &s->tap;

	while (n) {
		size_t part;

		if (tap->header_n < sizeof(tap->header)) {
			tap->header[tap->header_n++] = *p++;
			n--;
			if (tap->header_n < sizeof(tap->header))
				continue;
			tap->body_n = 0;
			tap->body_len = (size_t)(tap->header[3] << 8 | tap->header[4]);
			if (!tap_reserve(tap))
				tap->encrypted = true; /* out of memory: look no further */
			if (tap->body_len)
				continue;
		}
		part = tap->body_len - tap->body_n;
		if (part > n)
			part = n;
		if (!tap->encrypted && part)
			memcpy(tap->body + tap->body_n, p, part);
		tap->body_n += part;
		p += part;
		n -= part;
		if (tap->body_n < tap->body_len)
			continue;
		tap->header_n = 0;
		record_done(s);
	}
}

void mb_send_fatal(struct tls_session *s, int description)
{
	bool seen = s->tap.encrypted;

	if (s->muted)
		return;
	/* A message that was under way is given up for the alert. */
	mb_set_record_version(&s->ssl);
	(void)mbedtls_ssl_send_alert_message(&s->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
					     (unsigned char)description);
	s->muted = true;
	s->alert_out = description;
	if (seen)
		s->ctx->host->alert(s->sud, TLS_OUT, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
				    (unsigned)description);
}
