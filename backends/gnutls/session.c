#include "backends/gnutls/gnutls_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- transport ---- */

static ssize_t blocked(struct tls_session *s, enum tls_status st)
{
	s->block = st;
	gnutls_transport_set_errno(s->gs, EAGAIN);
	return -1;
}

static ssize_t broken(struct tls_session *s)
{
	s->io_failed = true;
	gnutls_transport_set_errno(s->gs, EIO);
	return -1;
}

static ssize_t on_pull(gnutls_transport_ptr_t ptr, void *buf, size_t len)
{
	struct tls_session *s = ptr;
	size_t done = 0;
	enum tls_status st = s->io->recv(s->io->ud, buf, len, &done);

	switch (st) {
	case TLS_OK:
		gt_tap_bytes(s, TLS_IN, buf, done);
		return (ssize_t)done;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return blocked(s, st);
	case TLS_EOF:
	case TLS_CLOSED:
		return 0;
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	return broken(s);
}

static ssize_t on_push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	struct tls_session *s = ptr;
	enum tls_status st = sendq_put(&s->queue, s->io, buf, len);

	switch (st) {
	case TLS_OK:
		gt_tap_bytes(s, TLS_OUT, buf, len);
		return (ssize_t)len;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return blocked(s, st);
	case TLS_EOF:
	case TLS_CLOSED:
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	return broken(s);
}

/* The library never waits: the pull function tells at once. */
static int on_pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
	(void)ptr;
	(void)ms;
	return 1;
}

/* ---- life ---- */

static bool tickets_wanted(const struct tls_config *cfg)
{
	return !(tls_flag(cfg, TLS_F_NO_TICKET) && tls_flag(cfg, TLS_F_NO_CACHE));
}

static gnutls_certificate_request_t request_mode(const struct tls_config *cfg)
{
	switch (cfg->verify_mode) {
	case TLS_VERIFY_REQUEST:
		return GNUTLS_CERT_REQUEST;
	case TLS_VERIFY_REQUIRE:
		return GNUTLS_CERT_REQUIRE;
	case TLS_VERIFY_NONE:
		break;
	}
	return GNUTLS_CERT_IGNORE;
}

static int set_up(struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;
	int ret = gnutls_init(&s->gs, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_POST_HANDSHAKE_AUTH |
					      GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_ALLOW_ID_CHANGE |
					      gt_early_flags(cfg));

	if (ret < 0)
		return ret;
	gt_set_callbacks(s);
	gnutls_transport_set_ptr(s->gs, s);
	gnutls_transport_set_pull_function(s->gs, on_pull);
	gnutls_transport_set_push_function(s->gs, on_push);
	gnutls_transport_set_pull_timeout_function(s->gs, on_pull_timeout);
	gnutls_certificate_server_set_request(s->gs, request_mode(cfg));
	if (!cfg->n_ca_names || tls_flag(cfg, TLS_F_NO_CA_NAMES))
		gnutls_certificate_send_x509_rdn_sequence(s->gs, 1);
	gnutls_db_set_cache_expiration(s->gs, GT_SESSION_TIMEOUT);
	if (tickets_wanted(cfg))
		ret = gnutls_session_ticket_enable_server(s->gs, &s->ctx->ticket_key);
	if (ret >= 0 && cfg->max_send_fragment) {
		/* This sets both directions; what we take is not to be limited. */
		if (gnutls_record_set_max_size(s->gs, cfg->max_send_fragment) < 0 ||
		    gnutls_record_set_max_recv_size(s->gs, GT_MAX_RECORD) < 0)
			ret = GNUTLS_E_INVALID_REQUEST;
	}
	return ret;
}

struct tls_session *gt_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err)
{
	struct tls_session *s = xcalloc(1, sizeof(*s));
	int ret;

	s->ctx = ctx;
	s->io = io;
	s->hello = hello;
	s->sud = sud;
	s->abort_alert = -1;
	ret = set_up(s);
	if (ret >= 0)
		return s;
	err->alert = -1;
	gt_error(err, "session", ret);
	gt_session_free(s);
	return NULL;
}

void gt_session_free(struct tls_session *s)
{
	if (!s)
		return;
	if (s->gs)
		gnutls_deinit(s->gs);
	gt_priority_drop(s);
	if (s->psk_key)
		gnutls_memset(s->psk_key, 0, s->psk_key_n);
	free(s->psk_key);
	free(s->psk_identity);
	gnutls_memset(s->master, 0, sizeof(s->master));
	held_release(&s->held);
	sendq_release(&s->queue);
	strbuf_release(&s->messages.queue);
	free(s);
}

/* ---- ends ---- */

static int alert_for(const struct tls_session *s, int code)
{
	int level;

	if (s->abort_alert >= 0)
		return s->abort_alert;
	switch (code) {
	case GNUTLS_E_NO_CERTIFICATE_FOUND: /* the library: decode_error */
		return s->choice.version >= TLS_VERSION_1_3 ? ALERT_CERTIFICATE_REQUIRED
							    : ALERT_HANDSHAKE_FAILURE;
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		return ALERT_CERTIFICATE_REQUIRED;
	case GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER:
		/* RFC 8446 6.2, and OpenSSL 3.5. */
		return s->binder_due ? ALERT_DECRYPT_ERROR : ALERT_ILLEGAL_PARAMETER;
	case GNUTLS_E_TOO_MANY_EMPTY_PACKETS:
	case GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS:
		return ALERT_UNEXPECTED_MESSAGE;
	default:
		return gnutls_error_to_alert(code, &level);
	}
}

static void send_alert(struct tls_session *s, int alert)
{
	if (!s->armed)
		return;
	s->messages.alerting = true;
	/* Whether it gets there or not, the connection is over. */
	(void)gnutls_alert_send(s->gs, GNUTLS_AL_FATAL, (gnutls_alert_description_t)alert);
	gt_report_alert(s, TLS_OUT, GNUTLS_AL_FATAL, (unsigned)alert);
}

enum tls_status gt_fail(struct tls_session *s, struct tls_error *err, int alert, const char *text)
{
	s->dead = true;
	send_alert(s, alert);
	err->alert = alert;
	err->alert_received = false;
	err->native = 0;
	gt_error_text(err, "%s", text);
	return TLS_FAIL;
}

/*
 * A client that gives up before it has the keys of TLS 1.3 sends its alert in the clear, which the
 * library takes for a record that it cannot decrypt.
 */
static bool clear_alert(const struct tls_session *s, int code)
{
	const uint8_t *h = s->in.head;

	return (code == GNUTLS_E_DECRYPTION_FAILED || code == GNUTLS_E_UNEXPECTED_PACKET_LENGTH) &&
	       s->choice.version >= TLS_VERSION_1_3 && s->in.have == sizeof(s->in.head) &&
	       h[0] == 21 && h[3] == 0 && h[4] == 2;
}

static enum tls_status alert_received(struct tls_session *s, struct tls_error *err, unsigned level,
				      unsigned description)
{
	gt_report_alert(s, TLS_IN, level, description);
	err->alert = (int)description;
	err->alert_received = true;
	return TLS_FAIL;
}

enum tls_status gt_outcome(struct tls_session *s, int code, struct tls_error *err)
{
	if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
		return s->block == TLS_WANT_WRITE ? TLS_WANT_WRITE : TLS_WANT_READ;
	err->alert = -1;
	err->alert_received = false;
	if (code == GNUTLS_E_PREMATURE_TERMINATION) {
		gt_error_text(err, "the connection ended without close_notify");
		err->native = code;
		return s->end = TLS_EOF;
	}
	if (code == GNUTLS_E_SESSION_EOF) {
		gt_report_alert(s, TLS_IN, GNUTLS_AL_WARNING, ALERT_CLOSE_NOTIFY);
		return s->end = TLS_CLOSED;
	}
	s->dead = true;
	gt_error(err, NULL, code);
	if (s->abort_text)
		gt_error_text(err, "%s", s->abort_text);
	if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return alert_received(s, err, GNUTLS_AL_FATAL, gnutls_alert_get(s->gs));
	if (clear_alert(s, code)) {
		gt_error(err, NULL, GNUTLS_E_FATAL_ALERT_RECEIVED);
		return alert_received(s, err, s->in.head[5], s->in.head[6]);
	}
	if (!s->io_failed) {
		err->alert = alert_for(s, code);
		send_alert(s, err->alert);
	}
	return TLS_FAIL;
}

enum tls_status gt_alive(const struct tls_session *s, struct tls_error *err)
{
	if (s->dead) {
		err->alert = -1;
		gt_error_text(err, "the connection has failed already");
		return TLS_FAIL;
	}
	if (s->end == TLS_EOF) {
		err->alert = -1;
		gt_error_text(err, "the connection ended without close_notify");
	}
	return s->end;
}

/* ---- handshake ---- */

/* Before the library has a priority string it cannot even send an alert. */
static enum tls_status refuse(struct tls_session *s, struct tls_error *err, int alert,
			      const char *text)
{
	struct bytes hello = s->hello->message;
	int ret = gt_apply_choice(s);

	/* The library never reads it. */
	gt_message(s, GNUTLS_HANDSHAKE_CLIENT_HELLO, true,
		   (struct bytes){hello.p + 4, hello.n - 4});
	return ret < 0 ? gt_outcome(s, ret, err) : gt_fail(s, err, alert, text);
}

static enum tls_status choose_alpn(struct tls_session *s, struct tls_error *err)
{
	struct bytes chosen = {NULL, 0};
	gnutls_datum_t protocol;
	int ret;

	if (!s->ctx->cfg->alpn.n || !s->hello->alpn.n)
		return TLS_OK;
	if (!s->ctx->host->select_alpn(s->sud, s->hello->alpn, &chosen))
		return refuse(s, err, ALERT_NO_APPLICATION_PROTOCOL, "no application protocol");
	protocol = gt_datum(chosen);
	ret = gnutls_alpn_set_protocols(s->gs, &protocol, 1, 0);
	return ret < 0 ? gt_outcome(s, ret, err) : TLS_OK;
}

/* OpenSSL's order: version, server name, cipher suite, ALPN. */
static enum tls_status prepare(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;
	int ret;

	s->prepared = true;
	if (s->hello) {
		s->choice.version = client_hello_version(s->hello, s->ctx->versions);
		if (!s->choice.version)
			return refuse(s, err, ALERT_PROTOCOL_VERSION, "unsupported protocol");
		if (s->hello->server_name.n)
			s->sni = s->ctx->host->select_sni(s->sud, s->hello->server_name);
		if (s->sni == -1)
			return refuse(s, err, ALERT_UNRECOGNIZED_NAME, "unrecognized name");
		const char *why = gt_choose(s, s->hello);

		if (why)
			return refuse(s, err, ALERT_HANDSHAKE_FAILURE, why);
		s->chosen = true;
		st = choose_alpn(s, err);
		if (st != TLS_OK)
			return st;
	}
	ret = gt_apply_choice(s);
	if (ret >= 0)
		ret = gt_early_prepare(s);
	return ret < 0 ? gt_outcome(s, ret, err) : TLS_OK;
}

enum tls_status gt_prepare(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st = gt_alive(s, err);

	return st == TLS_OK && !s->prepared ? prepare(s, err) : st;
}

/* True while the library is to be called again at once. */
static bool go_on(struct tls_session *s, int ret)
{
	/* So it does behind a record of early data that it passes over. */
	if (ret == GNUTLS_E_AGAIN && s->block == TLS_OK)
		return true;
	if (ret != GNUTLS_E_WARNING_ALERT_RECEIVED)
		return false;
	gt_report_alert(s, TLS_IN, GNUTLS_AL_WARNING, gnutls_alert_get(s->gs));
	return true;
}

static bool suite_allowed(const struct tls_session *s)
{
	const struct gt_suite *suite = gt_suite_of(s->gs);

	return suite && (u16list_has(s->ctx->suites12, suite->id) ||
			 u16list_has(s->ctx->suites13, suite->id));
}

static enum tls_status handshake_done(struct tls_session *s, struct tls_error *err)
{
	const struct tls_config *cfg = s->ctx->cfg;
	bool resumed = gnutls_session_is_resumed(s->gs) != 0;
	int ret = 0;

	s->done = true;
	s->started = (int64_t)time(NULL);
	if (!s->chosen) {
		s->choice.version =
			(uint16_t)(TLS_VERSION_1_0 +
				   (gnutls_protocol_get_version(s->gs) - GNUTLS_TLS1_0));
		if (!suite_allowed(s))
			return gt_fail(s, err, ALERT_HANDSHAKE_FAILURE, "no shared cipher");
	}
	if (resumed && cfg->verify_mode != TLS_VERIFY_NONE)
		s->verify_result = gt_verify_silently(s);
	if (s->choice.version >= TLS_VERSION_1_3) {
		s->tickets_due = cfg->num_tickets > 0 && tickets_wanted(cfg);
		/* From here on only a client's signature can come, after command c. */
		ret = gt_apply_phase(s, true);
	}
	return ret < 0 ? gt_outcome(s, ret, err) : TLS_OK;
}

/* As OpenSSL: after a resumption one new ticket replaces the one that was used. */
static int send_tickets(struct tls_session *s)
{
	bool again = gnutls_session_is_resumed(s->gs) || s->choice.psk;
	int ret = gt_early_in_tickets(s);

	if (ret >= 0)
		ret = gnutls_session_ticket_send(s->gs,
						 again ? 1 : (unsigned)s->ctx->cfg->num_tickets, 0);
	if (ret >= 0)
		s->tickets_due = false;
	return ret;
}

enum tls_status gt_step(struct tls_session *s, int *code, struct tls_error *err)
{
	int ret;

	s->block = TLS_OK;
	do {
		ret = gnutls_handshake(s->gs);
	} while (ret == GNUTLS_E_WARNING_ALERT_RECEIVED && go_on(s, ret));
	*code = ret < 0 && (ret != GNUTLS_E_AGAIN || s->block != TLS_OK) ? ret : 0;
	return ret < 0 ? TLS_OK : handshake_done(s, err);
}

/* What gt_read_early() left: a failure behind the end of early data. */
static int early_failure(struct tls_session *s)
{
	int code = s->early_code;

	s->early_code = 0;
	return code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED ? 0 : code;
}

enum tls_status gt_handshake(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st = gt_prepare(s, err);
	int ret = early_failure(s);

	if (st != TLS_OK)
		return st;
	if (ret < 0)
		return gt_outcome(s, ret, err);
	s->block = TLS_OK;
	if (!s->done) {
		do {
			ret = gnutls_handshake(s->gs);
		} while (go_on(s, ret));
		if (ret < 0)
			return gt_outcome(s, ret, err);
		st = handshake_done(s, err);
		if (st != TLS_OK)
			return st;
	}
	if (s->tickets_due)
		ret = send_tickets(s);
	if (ret < 0)
		return gt_outcome(s, ret, err);
	return s->renegotiating || s->rehandshake ? gt_pump(s, err) : TLS_OK;
}

enum tls_status gt_shutdown(struct tls_session *s, struct tls_error *err)
{
	int ret;

	if (s->dead || s->shut || !s->done)
		return TLS_OK; /* an alert went out already, or there is nothing to close */
	s->block = TLS_OK;
	s->messages.alerting = true;
	ret = gnutls_bye(s->gs, GNUTLS_SHUT_WR);
	if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED)
		return TLS_WANT_WRITE;
	if (ret < 0)
		return gt_outcome(s, ret, err);
	s->shut = true;
	gt_report_alert(s, TLS_OUT, GNUTLS_AL_WARNING, ALERT_CLOSE_NOTIFY);
	return TLS_OK;
}
