#include "backends/mbedtls/mbedtls_backend.h"

#include <stdlib.h>
#include <time.h>

/* ---- transport ---- */

/*
 * The library reads conf.ca_chain twice: to name CAs in our CertificateRequest, and to verify. That
 * it shall not do with a list of mere names, which is taken away when the client's message is
 * fetched.
 */
static void choose_ca_chain(struct tls_session *s)
{
	s->conf.ca_chain = s->ssl.state == MBEDTLS_SSL_CLIENT_CERTIFICATE ? NULL : s->ctx->ca_names;
}

/*
 * TLS 1.2: the algorithm stands behind the header of the client's CertificateVerify, which is
 * still in the buffer when the next record is asked for.
 */
static void note_peer_sigalg(struct tls_session *s)
{
	const mbedtls_ssl_context *ssl = &s->ssl;

	if (ssl->state == MBEDTLS_SSL_CLIENT_CHANGE_CIPHER_SPEC &&
	    mb_version(ssl) == TLS_VERSION_1_2 &&
	    ssl->in_msg[0] == MBEDTLS_SSL_HS_CERTIFICATE_VERIFY)
		s->peer_sigalg = (uint16_t)(ssl->in_msg[4] << 8 | ssl->in_msg[5]);
}

int mb_receive(struct tls_session *s, uint8_t *buf, size_t len)
{
	size_t done = 0;

	switch (skip_active(&s->skip) ? skip_recv(&s->skip, s->io, buf, len, &done)
				      : s->io->recv(s->io->ud, buf, len, &done)) {
	case TLS_OK:
		s->received = true;
		return (int)done;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return MBEDTLS_ERR_SSL_WANT_READ;
	case TLS_EOF:
	case TLS_CLOSED:
		return 0;
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	s->io_failed = true;
	return MBEDTLS_ERR_NET_RECV_FAILED;
}

static int on_recv(void *sud, unsigned char *buf, size_t len)
{
	struct tls_session *s = sud;

	choose_ca_chain(s);
	note_peer_sigalg(s);
	if (!s->join.done)
		return mb_receive_hello(s, buf, len);
	return s->rekey ? mb_receive_rekeyed(s, buf, len) : mb_receive(s, buf, len);
}

static int on_send(void *sud, const unsigned char *buf, size_t len)
{
	struct tls_session *s = sud;

	if (s->muted)
		return (int)len;
	switch (mb_rekey_put(s, buf, len)) {
	case TLS_OK:
		mb_tap_sent(s, buf, len);
		return (int)len;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	case TLS_EOF:
	case TLS_CLOSED:
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	s->io_failed = true;
	return MBEDTLS_ERR_NET_SEND_FAILED;
}

/* ---- life ---- */

struct tls_session *mb_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err)
{
	struct tls_session *s = calloc(1, sizeof(*s));
	int ret;

	if (!s) {
		mb_error_text(err, "out of memory");
		return NULL;
	}
	s->ctx = ctx;
	s->io = io;
	s->hello = hello;
	s->sud = sud;
	s->alert_in = s->alert_out = -1;
	s->join.done = !hello;
	mbedtls_ssl_init(&s->ssl);
	mbedtls_ssl_config_init(&s->conf);
	if (mb_creds_load(ctx, &s->creds, err) != TLS_OK) {
		mb_session_free(s);
		return NULL;
	}
	ret = mb_session_conf(s);
	if (!ret) {
#if !HAVE_MBEDTLS_KEY_EXPORT_PER_SSL
		mb_set_key_export(s);
#endif
		ret = mbedtls_ssl_setup(&s->ssl, &s->conf);
	}
	if (ret) {
		mb_error(err, "session", ret);
		mb_session_free(s);
		return NULL;
	}
#if HAVE_MBEDTLS_KEY_EXPORT_PER_SSL
	mb_set_key_export(s);
#endif
	mbedtls_ssl_set_bio(&s->ssl, s, on_send, on_recv, NULL);
	mb_skip_early_data(s);
	return s;
}

void mb_session_free(struct tls_session *s)
{
	if (!s)
		return;
	mbedtls_ssl_free(&s->ssl);
	mbedtls_ssl_config_free(&s->conf);
	mbedtls_platform_zeroize(s->master, sizeof(s->master));
	held_release(&s->held);
	sendq_release(&s->queue);
	skip_release(&s->skip);
	mb_rekey_free(s);
	mbedtls_platform_zeroize(s->app_secret, sizeof(s->app_secret));
	mbedtls_platform_zeroize(s->client_secret, sizeof(s->client_secret));
	free(s->tap.body);
	free(s->psk_identity);
	free(s->ticket);
	mb_client_forget(s);
	free(s);
}

/* ---- ends ---- */

struct code_alert {
	int code, alert;
};

/* Of failures for which the library sends no alert, or sends it where we cannot see the number. */
static const struct code_alert code_alerts[] = {
	{MBEDTLS_ERR_SSL_INVALID_MAC, MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC},
	{MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE},
	{MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE},
	{MBEDTLS_ERR_SSL_INTERNAL_ERROR, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR},
	{MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_PSK_IDENTITY},
#if HAVE_MBEDTLS_3
	{MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION},
	{MBEDTLS_ERR_SSL_DECODE_ERROR, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR},
	{MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER},
	{MBEDTLS_ERR_SSL_BAD_CERTIFICATE, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
	{MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL},
	{MBEDTLS_ERR_SSL_UNRECOGNIZED_NAME, MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME},
	{MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT},
#else
	{MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION},
	{MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR},
	{MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
	{MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE_VERIFY, MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR},
	{MBEDTLS_ERR_SSL_BAD_HS_FINISHED, MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR},
	{MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR},
	{MBEDTLS_ERR_SSL_BAD_HS_CHANGE_CIPHER_SPEC, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR},
#endif
};

/* The library has one code for all that can be wrong with a record's header. */
static int alert_for_record(const mbedtls_ssl_context *ssl)
{
	const uint8_t *header = ssl->in_hdr;
	size_t expansion = mb_version(ssl) >= TLS_VERSION_1_3 ? 256 : 2048;

	if (!header)
		return MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
	if (header[0] < MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC ||
	    header[0] > MBEDTLS_SSL_MSG_APPLICATION_DATA)
		return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
	if (header[1] != MBEDTLS_SSL_MAJOR_VERSION_3)
		return MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
	if ((size_t)(header[3] << 8 | header[4]) > MBEDTLS_SSL_IN_CONTENT_LEN + expansion)
		return MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW;
	return MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
}

static int alert_for(const struct tls_session *s, int code)
{
	/* The high part; x509 and crypto codes ride in the low bits. */
	int high = -(-code & 0xff80);

	if (mb_pending_alert(&s->ssl))
		return mb_pending_alert(&s->ssl);
	if (code == MBEDTLS_ERR_SSL_INVALID_RECORD)
		return alert_for_record(&s->ssl);
	for (size_t i = 0; i < sizeof(code_alerts) / sizeof(code_alerts[0]); i++)
		if (code_alerts[i].code == code || code_alerts[i].code == high)
			return code_alerts[i].alert;
	return MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
}

static void alert_received(struct tls_session *s, const uint8_t alert[2], struct tls_error *err)
{
	s->alert_in = alert[1];
	s->ctx->host->alert(s->sud, TLS_IN, alert[0], alert[1]);
	err->alert = s->alert_in;
	err->alert_received = true;
}

/*
 * A client of TLS 1.3 that has no keys yet sends its alert in clear, and the library finds its
 * record damaged. NULL when it is not that.
 */
static const uint8_t *clear_alert(const struct tls_session *s, int code)
{
	const uint8_t *record = s->ssl.in_hdr;

	if (!HAVE_MBEDTLS_TLS13 || s->done || code != MBEDTLS_ERR_SSL_INVALID_MAC || !record ||
	    record[0] != MBEDTLS_SSL_MSG_ALERT || record[3] != 0 || record[4] != 2)
		return NULL;
	return record + 5;
}

static void alert_sent(struct tls_session *s, struct tls_error *err, int code)
{
	if (s->alert_out < 0 && s->small_record) {
		/* Encrypted: the number is known by the reason only. */
		s->alert_out = alert_for(s, code);
		s->ctx->host->alert(s->sud, TLS_OUT, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
				    (unsigned)s->alert_out);
		s->muted = true;
	} else if (s->alert_out < 0 && !s->io_failed) {
		mb_send_fatal(s, alert_for(s, code));
	}
	err->alert = s->alert_out;
	err->alert_received = false;
}

static enum tls_status end(struct tls_session *s, struct tls_error *err, int code)
{
	err->alert = -1;
	err->alert_received = false;
	if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		if (s->end == TLS_OK)
			s->ctx->host->alert(s->sud, TLS_IN, MBEDTLS_SSL_ALERT_LEVEL_WARNING, 0);
		return s->end = TLS_CLOSED;
	}
	if (code == MBEDTLS_ERR_SSL_CONN_EOF) {
		mb_error_text(err, "the connection ended without close_notify");
		err->native = code;
		return s->end = TLS_EOF;
	}
	s->dead = true;
	mb_error(err, NULL, code);
	if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
		alert_received(s, s->ssl.in_msg, err);
	else if (clear_alert(s, code))
		alert_received(s, clear_alert(s, code), err);
	else
		alert_sent(s, err, code);
	if (s->verify_failed)
		mb_error_text(err, "certificate verify failed");
	return TLS_FAIL;
}

/* A failure of ours, not of the library's. */
static enum tls_status end_with(struct tls_session *s, struct tls_error *err, int alert,
				const char *text)
{
	s->dead = true;
	mb_send_fatal(s, alert);
	err->alert = alert;
	err->alert_received = false;
	err->native = 0;
	mb_error_text(err, "%s", text);
	return TLS_FAIL;
}

static enum tls_status already_over(const struct tls_session *s, struct tls_error *err)
{
	if (s->dead) {
		err->alert = -1;
		mb_error_text(err, "the connection has failed already");
		return TLS_FAIL;
	}
	if (s->end == TLS_EOF) {
		err->alert = -1;
		mb_error_text(err, "the connection ended without close_notify");
	}
	return s->end;
}

/* ---- handshake ---- */

/* TLS_FALLBACK_SCSV of RFC 7507, which 3.x does not look at. */
static bool fell_back(const struct tls_session *s)
{
	for (size_t i = 0; i < s->hello->suites.n; i++)
		if (s->hello->suites.p[i] == 0x5600)
			return s->version < s->ctx->max_version;
	return false;
}

/* Server name and ALPN are asked about before the library parses, in OpenSSL's order; the library
 * then takes the answers (mb_on_sni(), the ALPN list of one). */
static enum tls_status prepare(struct tls_session *s, struct tls_error *err)
{
	const struct tls_host *host = s->ctx->host;
	struct bytes chosen = {NULL, 0};

	s->prepared = true;
	if (!s->hello)
		return TLS_OK;
	if (!s->version)
		return end_with(s, err, MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION,
				"unsupported protocol");
	if (fell_back(s))
		return end_with(s, err, MBEDTLS_SSL_ALERT_MSG_INAPROPRIATE_FALLBACK,
				"inappropriate fallback");
	if (s->hello->server_name.n) {
		s->sni_choice = host->select_sni(s->sud, s->hello->server_name);
		if (s->sni_choice == -1)
			return end_with(s, err, MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME,
					"unrecognized server name");
	}
	if (!s->ctx->cfg->alpn.n || !s->hello->alpn.n)
		return TLS_OK;
	if (!host->select_alpn(s->sud, s->hello->alpn, &chosen) || !chosen.n || chosen.n > 255)
		return end_with(s, err, MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL,
				"no application protocol in common");
	memcpy(s->alpn, chosen.p, chosen.n);
	s->alpn[chosen.n] = '\0';
	s->alpn_list[0] = s->alpn;
	return mbedtls_ssl_conf_alpn_protocols(&s->conf, s->alpn_list)
		       ? end_with(s, err, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR, "ALPN failed")
		       : TLS_OK;
}

/* The client's signature algorithm of TLS 1.3 is told nowhere else. Only while it is read: the
 * library words all it does, whether it is of use or not. */
static void listen_to_debug(struct tls_session *s)
{
#if defined(MBEDTLS_DEBUG_C) && HAVE_MBEDTLS_TLS13
	bool now = mb_version(&s->ssl) == TLS_VERSION_1_3 &&
		   s->ssl.state == MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY;

	mbedtls_ssl_conf_dbg(&s->conf, now ? mb_on_debug : NULL, s);
#else
	(void)s;
#endif
}

static void before_step(struct tls_session *s)
{
	int state = s->ssl.state;

	s->small_record = false;
	choose_ca_chain(s);
	mb_use_application_key(&s->ssl);
	listen_to_debug(s);
	if (!s->ctx->cfg->client_sigalgs.n)
		return;
	/* One list serves both directions; the client's is in place while it is asked and heard. */
	if (state == MBEDTLS_SSL_CERTIFICATE_REQUEST || state == MBEDTLS_SSL_CLIENT_CERTIFICATE ||
	    state == mb_state_client_certificate_verify(&s->ssl))
		mb_conf_sigalgs(&s->conf, s->ctx->client_sigalgs);
	else
		mb_conf_sigalgs(&s->conf, s->ctx->sigalgs);
}

static bool cert_missing(const struct tls_session *s)
{
	uint32_t flags = mbedtls_ssl_get_verify_result(&s->ssl);

	return s->require && flags != UINT32_MAX && flags & MBEDTLS_X509_BADCERT_MISSING;
}

static enum tls_status no_certificate(struct tls_session *s, struct tls_error *err)
{
	/* RFC 8446 4.4.2.4: certificate_required. */
	return end_with(s, err,
			mb_version(&s->ssl) >= TLS_VERSION_1_3
				? 116
				: MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE,
			"peer did not return a certificate");
}

static void handshake_done(struct tls_session *s)
{
	s->done = true;
	s->started = (int64_t)time(NULL);
	if (s->resumed && s->client)
		s->verify_result = s->client[0];
	else if (s->resumed && s->ssl.session)
		s->verify_result = mb_verify_result_of(s->ssl.session->verify_result);
	mb_report_exporter_secret(s);
	mb_rekey_begin(s);
	s->tap.encrypted = true;
	free(s->tap.body);
	s->tap.body = NULL;
	s->tap.body_cap = 0;
}

static enum tls_status pump(struct tls_session *s, struct tls_error *err);

static enum tls_status shake_hands(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st = already_over(s, err);

	if (st != TLS_OK)
		return st;
	if (s->done)
		return s->renegotiating ? pump(s, err) : TLS_OK;
	if (!s->prepared)
		st = prepare(s, err);
	while (st == TLS_OK && !mb_is_over(&s->ssl)) {
		int state = s->ssl.state, ret;

		before_step(s);
		ret = mbedtls_ssl_handshake_step(&s->ssl);
		if (ret == MBEDTLS_ERR_SSL_WANT_READ)
			return TLS_WANT_READ;
		if (ret == MBEDTLS_ERR_SSL_WANT_WRITE)
			return TLS_WANT_WRITE;
		if (ret)
			return end(s, err, ret);
		if (state == MBEDTLS_SSL_CLIENT_CERTIFICATE && cert_missing(s))
			return no_certificate(s, err);
	}
	if (st == TLS_OK)
		handshake_done(s);
	return st;
}

enum tls_status mb_handshake(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	return sendq_answer(&s->queue, s->io, shake_hands(s, err), NULL, err);
}

/* ---- data ---- */

static enum tls_status renegotiated(struct tls_session *s, struct tls_error *err)
{
	s->renegotiating = false;
	s->resumed = false; /* the library never resumes here */
	s->cert_requested = s->conf.authmode != MBEDTLS_SSL_VERIFY_NONE;
	mb_conf_renegotiation(s, false);
	return cert_missing(s) ? no_certificate(s, err) : TLS_OK;
}

/* What mbedtls_ssl_read() said, when it was not data. */
static enum tls_status read_status(struct tls_session *s, int ret, struct tls_error *err)
{
	const mbedtls_ssl_context *ssl = &s->ssl;

	if (ret == MBEDTLS_ERR_SSL_WANT_WRITE)
		return TLS_WANT_WRITE;
	if (ret != MBEDTLS_ERR_SSL_WANT_READ)
		return end(s, err, ret == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : ret);
	if (s->received && ssl->in_msgtype == MBEDTLS_SSL_MSG_ALERT && ssl->in_msg &&
	    ssl->in_msg[0] == MBEDTLS_SSL_ALERT_LEVEL_WARNING) {
		unsigned description = ssl->in_msg[1];

		s->received = false;
		s->ctx->host->alert(s->sud, TLS_IN, MBEDTLS_SSL_ALERT_LEVEL_WARNING, description);
		if (description == MBEDTLS_SSL_ALERT_MSG_NO_RENEGOTIATION && s->renegotiating)
			return end_with(s, err, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE,
					"no renegotiation");
	}
	/* The one alert that the library sends and goes on: to a client that would renegotiate. */
	if (s->small_record && mb_version(ssl) <= TLS_VERSION_1_2) {
		s->small_record = false;
		s->ctx->host->alert(s->sud, TLS_OUT, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
				    MBEDTLS_SSL_ALERT_MSG_NO_RENEGOTIATION);
	}
	return TLS_WANT_READ;
}

static bool renegotiation_complete(const struct tls_session *s)
{
	return s->ssl.renego_status == MB_RENEGOTIATION_DONE && mb_is_over(&s->ssl);
}

/* Drive a renegotiation; application data that comes in between waits for mb_read(). */
static enum tls_status pump(struct tls_session *s, struct tls_error *err)
{
	uint8_t buf[4096];

	while (!renegotiation_complete(s)) {
		int ret;

		s->received = s->small_record = false;
		ret = mbedtls_ssl_read(&s->ssl, buf, sizeof(buf));
		if (ret > 0 && !held_add(&s->held, buf, (size_t)ret))
			return end_with(s, err, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
					"the client sends data instead of renegotiating");
		if (ret <= 0 && !renegotiation_complete(s)) {
			enum tls_status st = read_status(s, ret, err);

			/* Told once the data is read. */
			return st == TLS_CLOSED && held_any(&s->held) ? TLS_CLOSED : st;
		}
		if (ret <= 0 && ret != MBEDTLS_ERR_SSL_WANT_READ)
			return read_status(s, ret, err);
	}
	return renegotiated(s, err);
}

static enum tls_status read_some(struct tls_session *s, void *buf, size_t len, size_t *done,
				 struct tls_error *err)
{
	enum tls_status st;
	int ret;

	if (held_any(&s->held)) {
		held_take(&s->held, buf, len, done);
		return TLS_OK;
	}
	st = already_over(s, err);
	if (st != TLS_OK)
		return st;
	s->received = s->small_record = false;
	ret = mbedtls_ssl_read(&s->ssl, buf, len > INT32_MAX ? INT32_MAX : len);
	if (s->renegotiating && renegotiation_complete(s)) {
		st = renegotiated(s, err);
		if (st != TLS_OK)
			return st;
	}
	if (ret > 0) {
		*done = (size_t)ret;
		return TLS_OK;
	}
	return read_status(s, ret, err);
}

enum tls_status mb_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin_read(&s->queue, s->io, &st, err))
		return st;
	st = read_some(s, buf, len, done, err);
	return st == TLS_OK ? st : sendq_answer(&s->queue, s->io, st, NULL, err);
}

static enum tls_status write_some(struct tls_session *s, const void *buf, size_t len, size_t *done,
				  struct tls_error *err)
{
	size_t max = s->ctx->cfg->max_send_fragment;
	enum tls_status st = TLS_OK;
	int ret;

	if (s->dead)
		return already_over(s, err);
	/* Data between a HelloRequest and the new handshake makes s_client wait for ever. A client
	 * that sends data in spite of the request is not going to follow it. */
	if (s->renegotiating && !held_any(&s->held))
		st = pump(s, err);
	if (st != TLS_OK)
		return st;
	if (max && len > max)
		len = max;
	mb_rekey_answer(s);
	s->small_record = false;
	ret = mbedtls_ssl_write(&s->ssl, buf, len);
	if (ret > 0) {
		*done = (size_t)ret;
		return TLS_OK;
	}
	if (ret == MBEDTLS_ERR_SSL_WANT_READ)
		return TLS_WANT_READ;
	if (ret == MBEDTLS_ERR_SSL_WANT_WRITE || ret == 0)
		return TLS_WANT_WRITE;
	return end(s, err, ret);
}

enum tls_status mb_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			 struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, done, err))
		return st;
	st = write_some(s, buf, len, done, err);
	return sendq_answer(&s->queue, s->io, st, done, err);
}

static enum tls_status say_goodbye(struct tls_session *s, struct tls_error *err)
{
	int ret;

	if (s->dead || s->shut || !s->done)
		return TLS_OK; /* an alert went out already, or there is nothing to close */
	ret = mbedtls_ssl_close_notify(&s->ssl);
	if (ret == MBEDTLS_ERR_SSL_WANT_WRITE)
		return TLS_WANT_WRITE;
	if (ret)
		return end(s, err, ret);
	s->shut = true;
	s->ctx->host->alert(s->sud, TLS_OUT, MBEDTLS_SSL_ALERT_LEVEL_WARNING, 0);
	return TLS_OK;
}

enum tls_status mb_shutdown(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	return sendq_answer(&s->queue, s->io, say_goodbye(s, err), NULL, err);
}

bool mb_pending(const struct tls_session *s)
{
	if (held_any(&s->held))
		return true;
	if (s->dead || s->end != TLS_OK || !s->done)
		return false;
	return mbedtls_ssl_get_bytes_avail(&s->ssl) > 0 || mbedtls_ssl_check_pending(&s->ssl);
}

/* ---- commands ---- */

static enum tls_status cannot(struct tls_error *err, const char *why)
{
	err->alert = -1;
	mb_error_text(err, "%s", why);
	return TLS_UNSUPPORTED;
}

static enum tls_status ask_again(struct tls_session *s, bool ask_cert, struct tls_error *err)
{
	enum tls_status st = already_over(s, err);
	const char *why;
	int ret;

	if (st != TLS_OK)
		return st;
	/* The library checks none of this, and kills the connection. */
	why = rules_no_renegotiation(s->ctx->cfg, (uint16_t)mb_version(&s->ssl),
				     mb_secure_renegotiation(&s->ssl));
	if (why)
		return cannot(err, why);
	if (s->renegotiating)
		return TLS_OK;
	mb_conf_renegotiation(s, true);
	if (ask_cert)
		mbedtls_ssl_conf_authmode(&s->conf, MBEDTLS_SSL_VERIFY_OPTIONAL);
	ret = mbedtls_ssl_renegotiate(&s->ssl);
	if (ret == MBEDTLS_ERR_SSL_WANT_WRITE)
		return TLS_WANT_WRITE;
	if (ret)
		return end(s, err, ret);
	s->renegotiating = true;
	s->verify_failed = false;
	return TLS_OK;
}

enum tls_status mb_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	return sendq_answer(&s->queue, s->io, ask_again(s, ask_cert, err), NULL, err);
}

static enum tls_status update_key(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	enum tls_status st = already_over(s, err);

	if (st != TLS_OK)
		return st;
	if (mb_version(&s->ssl) < TLS_VERSION_1_3)
		return cannot(err, "TLS 1.2 and older have no key update");
	st = mb_rekey_send(s, ask_peer);
	if (st == TLS_WANT_WRITE)
		return cannot(err, "data is still under way");
	if (st == TLS_UNSUPPORTED)
		return cannot(err, "the keys of this connection are not known");
	return st == TLS_OK ? st : end(s, err, MBEDTLS_ERR_SSL_INTERNAL_ERROR);
}

enum tls_status mb_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	st = s->update_sent ? TLS_OK : update_key(s, ask_peer, err);
	st = sendq_answer(&s->queue, s->io, st, NULL, err);
	s->update_sent = st == TLS_WANT_WRITE && !s->dead; /* called again, it is not sent again */
	return st;
}
