#include "backends/wolfssl/wolfssl_backend.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RECORD = 16384 };

struct tls_session *ws_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err)
{
	struct tls_session *s = calloc(1, sizeof(*s));

	if (!s) {
		err->alert = -1;
		ws_error_text(err, "out of memory");
		return NULL;
	}
	s->ctx = ctx;
	s->io = io;
	s->hello = hello;
	s->sud = sud;
	s->abort_alert = s->alert_out = s->told_in = s->told_out = s->ticket_result = -1;
	return s;
}

void ws_session_free(struct tls_session *s)
{
	if (!s)
		return;
	/* It could want to send what is left. */
	s->abort_alert = ALERT_INTERNAL_ERROR;
	wolfSSL_free(s->ssl);
	ws_tap_release(&s->in);
	ws_tap_release(&s->out);
	sendq_release(&s->queue);
	skip_release(&s->skip);
	ws_free_chain(s);
	ws_wipe_keys(s);
	explicit_bzero(s->master, sizeof(s->master));
	explicit_bzero(s->resumption, sizeof(s->resumption));
	free(s);
}

/* ---- failures ---- */

/* What OpenSSL would say in the same place; asked only where the library says nothing. */
static unsigned alert_for(const struct tls_session *s, long code)
{
	switch (code) {
	case VERSION_ERROR:
	case UNKNOWN_RECORD_TYPE:
		return ALERT_PROTOCOL_VERSION;
	case NO_PEER_CERT:
		return s->version >= TLS_VERSION_1_3 ? ALERT_CERTIFICATE_REQUIRED
						     : ALERT_HANDSHAKE_FAILURE;
	case OUT_OF_ORDER_E:
	case SANITY_MSG_E:
	case DUPLICATE_MSG_E:
	case UNKNOWN_HANDSHAKE_TYPE:
		return ALERT_UNEXPECTED_MESSAGE;
	case DECRYPT_ERROR:
	case VERIFY_MAC_ERROR:
	case AES_GCM_AUTH_E:
		return ALERT_BAD_RECORD_MAC;
	case VERIFY_FINISHED_ERROR:
	case SIG_VERIFY_E:
	case BAD_BINDER:
		return ALERT_DECRYPT_ERROR;
	case BUFFER_ERROR:
	case INCOMPLETE_DATA:
	case PARSE_ERROR:
		return ALERT_DECODE_ERROR;
	case LENGTH_ERROR:
		return ALERT_RECORD_OVERFLOW;
	case INVALID_PARAMETER:
	case PEER_KEY_ERROR:
		return ALERT_ILLEGAL_PARAMETER;
	case PSK_KEY_ERROR:
		return ALERT_UNKNOWN_PSK_IDENTITY;
	case MEMORY_E:
		return ALERT_INTERNAL_ERROR;
	default:
		return s->done ? ALERT_INTERNAL_ERROR : ALERT_HANDSHAKE_FAILURE;
	}
}

/* The error queue holds the cause behind the general numbers. */
static long cause(long code)
{
	unsigned long queued;

	if (code != WOLFSSL_ERROR_SYSCALL && code != WOLFSSL_ERROR_SSL)
		return code;
	queued = wolfSSL_ERR_peek_last_error() & 0xffff;
	return queued > 0 && queued < 0x7fff ? -(long)queued : code;
}

static void own_alert(struct tls_session *s, long code)
{
	unsigned alert;

	if (s->abort_alert >= 0)
		alert = (unsigned)s->abort_alert;
	else if (s->verify_rejected)
		alert = (unsigned)verify_alert(s->verify_result);
	else
		alert = alert_for(s, code);
	/* Best effort: the connection is over in any case. */
	if (ws_can_alert(s) && !s->alert_record && !s->io_failed)
		ws_send_alert(s, 2, alert);
}

/*
 * A client of TLS 1.3 that has no keys yet sends its alert in clear. The library has them, and
 * takes the header for damage: the rest of the alert is still to come.
 */
static void clear_alert(struct tls_session *s, WOLFSSL_ALERT_HISTORY *h)
{
	uint8_t alert[2];
	size_t done = 0;

	if (s->in.encrypted || s->eof || s->in.header_n != sizeof(s->in.header) ||
	    s->in.header[0] != 21 || s->in.body_len != 2 || s->in.body_n != 0 ||
	    ws_receive(s, alert, sizeof(alert), &done) != TLS_OK || done != sizeof(alert))
		return;
	h->last_rx.level = alert[0];
	h->last_rx.code = alert[1];
	s->ctx->host->alert(s->sud, TLS_IN, alert[0], alert[1]);
}

/* The end of a connection; `code` is the library's number, already unmasked. */
static enum tls_status fatal(struct tls_session *s, long code, struct tls_error *err)
{
	WOLFSSL_ALERT_HISTORY h = {{-1, -1}, {-1, -1}};

	err->alert = -1;
	err->alert_received = false;
	(void)wolfSSL_get_alert_history(s->ssl, &h); /* stays -1 when there is none */
	if (code == PARSE_ERROR)
		clear_alert(s, &h);
	if (h.last_rx.code == ALERT_CLOSE_NOTIFY)
		return TLS_CLOSED;
	s->failed = true;
	ws_error(err, NULL, code);
	if (h.last_rx.level == 2) {
		err->alert = h.last_rx.code;
		err->alert_received = true;
		return TLS_FAIL;
	}
	if (s->eof) {
		ws_error_text(err, "unexpected eof while reading");
		return TLS_EOF;
	}
	own_alert(s, code);
	err->alert = s->alert_out;
	if (s->abort_alert == ALERT_NO_APPLICATION_PROTOCOL)
		ws_error_text(err, "no application protocol");
	return TLS_FAIL;
}

/* What came of a call of the library that did not succeed. */
static enum tls_status outcome(struct tls_session *s, int ret, struct tls_error *err)
{
	int code = wolfSSL_get_error(s->ssl, ret);

	if (s->abort_alert < 0 && !s->verify_rejected && !s->io_failed) {
		if (code == WOLFSSL_ERROR_WANT_READ)
			return TLS_WANT_READ;
		if (code == WOLFSSL_ERROR_WANT_WRITE)
			return TLS_WANT_WRITE;
	}
	return fatal(s, cause(code), err);
}

static enum tls_status refused(struct tls_error *err, const char *why)
{
	err->alert = -1;
	err->native = 0;
	ws_error_text(err, "%s", why);
	return TLS_UNSUPPORTED;
}

static enum tls_status dead(struct tls_error *err)
{
	err->alert = -1;
	err->native = 0;
	ws_error_text(err, "the connection has failed before");
	return TLS_FAIL;
}

/* ---- handshake ---- */

static bool turn_away(struct tls_session *s, int alert, const char *why, struct tls_error *err)
{
	ws_send_alert(s, 2, (unsigned)alert);
	s->failed = true;
	err->alert = alert;
	err->alert_received = false;
	err->native = 0;
	ws_error_text(err, "%s", why);
	return false;
}

/* With PSK suites alone and no -psk a client of TLS 1.2 finds nothing, as with OpenSSL. */
static bool has_suites(const struct tls_session *s)
{
	return s->version >= TLS_VERSION_1_3 || !s->ctx->only_psk_suites;
}

/* False: the session has ended in failure. */
static bool choose_certificate(struct tls_session *s, struct tls_error *err)
{
	int choice = 0;

	s->version = ws_negotiate_version(s->ctx, s->hello);
	if (s->hello && s->hello->random.n == sizeof(s->client_random))
		memcpy(s->client_random, s->hello->random.p, sizeof(s->client_random));
	if (s->hello && s->hello->server_name.n && s->version)
		choice = s->ctx->host->select_sni(s->sud, s->hello->server_name);
	if (choice == -1)
		return turn_away(s, ALERT_UNRECOGNIZED_NAME, "unrecognized name", err);
	if (!has_suites(s))
		return turn_away(s, ALERT_HANDSHAKE_FAILURE, "no shared cipher", err);
	if (!ws_has_group(s))
		return turn_away(s, ALERT_HANDSHAKE_FAILURE, "no suitable key share", err);
	if (choice == -2 && s->version <= TLS_VERSION_1_2)
		ws_send_alert(s, 1, ALERT_UNRECOGNIZED_NAME);
	s->slot = ws_choose_slot(s, choice == 1);
	return true;
}

/* Not in the context: wolfSSL_CTX_SetTmpDH() would search for factors of the prime of RFC 7919, for
 * a tenth of a second at each start. The session's own search is switched off. */
static bool set_default_dh(struct tls_session *s)
{
#if !defined(NO_DH) && defined(HAVE_FFDHE_2048)
	const struct tls_config *cfg = s->ctx->cfg;
	const DhParams *dh = wc_Dh_ffdhe2048_Get();

	if (tls_flag(cfg, TLS_F_NO_DHE) || cfg->dhparam.n)
		return true;
	return wolfSSL_SetTmpDH(s->ssl, dh->p, (int)dh->p_len, dh->g, (int)dh->g_len) ==
		       WOLFSSL_SUCCESS &&
	       wolfSSL_SetEnableDhKeyTest(s->ssl, 0) == WOLFSSL_SUCCESS;
#else
	(void)s;
	return true;
#endif
}

static bool make_ssl(struct tls_session *s, struct tls_error *err)
{
	char list[WS_MAX_SUITES * 40];

	s->ssl = wolfSSL_new(s->slot->wctx);
	if (!s->ssl || !set_default_dh(s)) {
		err->alert = -1;
		ws_error_text(err, "wolfSSL_new failed");
		return false;
	}
	wolfSSL_SetIOReadCtx(s->ssl, s);
	wolfSSL_SetIOWriteCtx(s->ssl, s);
	if (s->version >= TLS_VERSION_1_3)
		skip_begin(&s->skip, s->hello, s->ctx->cfg->recv_max_early_data, ws_is_first_record,
			   s);
	s->no_psk = ws_psk_kex(s) == WS_PSK_NOT;
	if (ws_psk_kex(s) == WS_PSK_ONLY)
		(void)wolfSSL_no_dhe_psk(s->ssl); /* fails before TLS 1.3 only */
	wolfSSL_KeepArrays(s->ssl);               /* for the exporter and the randoms */
	if (s->ctx->cfg->verify_mode != TLS_VERIFY_NONE && !ws_own_store(s)) {
		err->alert = -1;
		ws_error_text(err, "out of memory");
		return false;
	}
	if (ws_session_suites(s, list, sizeof(list)) &&
	    wolfSSL_set_cipher_list(s->ssl, list) != WOLFSSL_SUCCESS) {
		err->alert = -1;
		ws_error_text(err, "wolfSSL does not take the suites %.200s", list);
		return false;
	}
	return true;
}

static void completed(struct tls_session *s)
{
	s->done = true;
	ws_wipe_keys(s);
	s->version = (uint16_t)wolfSSL_version(s->ssl);
	if (!s->hello)
		(void)wolfSSL_get_client_random(s->ssl, s->client_random, sizeof(s->client_random));
	if (s->version < TLS_VERSION_1_3)
		ws_report_master(s);
	if (wolfSSL_session_reused(s->ssl))
		ws_verify_resumed(s);
}

static enum tls_status shake_hands(struct tls_session *s, struct tls_error *err)
{
	int ret;

	if (s->failed)
		return dead(err);
	if (s->done)
		return TLS_OK;
	if (!s->prepared) {
		if (!choose_certificate(s, err))
			return TLS_FAIL;
		if (!make_ssl(s, err)) {
			s->failed = true;
			return TLS_FAIL;
		}
		s->prepared = true;
	}
	ws_enter(s);
	ret = wolfSSL_accept(s->ssl);
	ws_leave(s);
	if (ret != WOLFSSL_SUCCESS)
		return outcome(s, ret, err);
	completed(s);
	return TLS_OK;
}

enum tls_status ws_handshake(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	return sendq_answer(&s->queue, s->io, shake_hands(s, err), NULL, err);
}

/* ---- data ---- */

static enum tls_status read_some(struct tls_session *s, void *buf, size_t len, size_t *done,
				 struct tls_error *err)
{
	int ret;

	if (s->failed || !s->ssl)
		return dead(err);
	ws_enter(s);
	ret = wolfSSL_read(s->ssl, buf, len > INT_MAX ? INT_MAX : (int)len);
	ws_leave(s);
	if (ret > 0) {
		*done = (size_t)ret;
		return TLS_OK;
	}
	return outcome(s, ret, err);
}

enum tls_status ws_read(struct tls_session *s, void *buf, size_t len, size_t *done,
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
	int ret;

	if (s->failed || !s->ssl)
		return dead(err);
	if (!max || max > MAX_RECORD)
		max = MAX_RECORD;
	ws_enter(s);
	ret = wolfSSL_write(s->ssl, buf, (int)(len > max ? max : len));
	ws_leave(s);
	if (ret > 0) {
		*done = (size_t)ret;
		return TLS_OK;
	}
	return outcome(s, ret, err);
}

enum tls_status ws_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
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

	/* It would send a second close_notify when called again. */
	if (s->failed || s->shut || !s->done)
		return TLS_OK;
	ws_enter(s);
	ret = wolfSSL_shutdown(s->ssl);
	ws_leave(s);
	if (ret == WOLFSSL_SUCCESS || ret == WOLFSSL_SHUTDOWN_NOT_DONE) {
		s->shut = true;
		return TLS_OK;
	}
	if (wolfSSL_get_error(s->ssl, ret) == WOLFSSL_ERROR_WANT_WRITE)
		return TLS_WANT_WRITE;
	s->shut = true;
	err->alert = -1;
	ws_error(err, "close_notify", wolfSSL_get_error(s->ssl, ret));
	return TLS_FAIL;
}

enum tls_status ws_shutdown(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	return sendq_answer(&s->queue, s->io, say_goodbye(s, err), NULL, err);
}

bool ws_pending(const struct tls_session *s)
{
	return s->ssl && !s->failed && wolfSSL_pending(s->ssl) > 0;
}

/* ---- commands ---- */

enum tls_status ws_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	int outstanding = 0, ret;
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	if (s->failed || !s->done)
		return dead(err);
	if (s->version < TLS_VERSION_1_3)
		return refused(err, "key updates are of TLS 1.3");
	if (s->pha_open)
		return refused(err, "wolfSSL cannot update keys while it waits for the client's "
				    "certificate");
	/*
	 * SendTls13KeyUpdate() (tls13.c) asks the peer exactly when no answer is outstanding; the
	 * caller cannot choose.
	 */
	if (wolfSSL_key_update_response(s->ssl, &outstanding) != 0)
		outstanding = 0;
	if (ask_peer && outstanding && !s->update_retry)
		return refused(err, "the peer has not answered the last key update yet; wolfSSL "
				    "asks for one at a time");
	if (!ask_peer && !outstanding && !s->update_retry)
		return refused(err, "wolfSSL always asks the peer to update too: use K");
	ws_enter(s);
	/* After WANT_WRITE the message is made already: only the rest is to go. */
	ret = s->update_retry ? wolfSSL_write(s->ssl, "", 0) : wolfSSL_update_keys(s->ssl);
	ws_leave(s);
	if (ret == WOLFSSL_SUCCESS || (s->update_retry && ret == 0))
		st = TLS_OK;
	else if (ret == WOLFSSL_ERROR_WANT_WRITE)
		st = TLS_WANT_WRITE;
	else
		st = outcome(s, ret, err);
	st = sendq_answer(&s->queue, s->io, st, NULL, err);
	s->update_retry = st == TLS_WANT_WRITE && !s->failed;
	return st;
}

/* The message is only buffered until something is written (group messages are on). */
static enum tls_status flush_request(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;
	int ret;

	ws_enter(s);
	ret = wolfSSL_write(s->ssl, "", 0);
	ws_leave(s);
	st = sendq_answer(&s->queue, s->io, ret >= 0 ? TLS_OK : outcome(s, ret, err), NULL, err);
	s->pha_flush = st == TLS_WANT_WRITE && !s->failed;
	return st;
}

enum tls_status ws_request_cert(struct tls_session *s, struct tls_error *err)
{
	int mode = WOLFSSL_VERIFY_PEER, ret;
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	if (s->failed || !s->done)
		return dead(err);
	if (s->pha_flush)
		return flush_request(s, err);
	if (s->version < TLS_VERSION_1_3)
		return refused(err, "post-handshake authentication is of TLS 1.3");
	if (s->hello && !s->hello->post_handshake_auth)
		return refused(err, "the client did not offer post_handshake_auth");
	if (s->pha_used)
		return refused(err, "wolfSSL fails on a second certificate request of one "
				    "connection");
	if (s->ctx->cfg->verify_mode == TLS_VERIFY_REQUIRE)
		mode |= WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	if (s->ctx->cfg->verify_mode == TLS_VERIFY_NONE && !ws_own_store(s))
		return refused(err, "out of memory");
	wolfSSL_set_verify(s->ssl, mode, ws_on_verify);
	ws_enter(s);
	ret = wolfSSL_request_certificate(s->ssl);
	ws_leave(s);
	if (ret == POST_HAND_AUTH_ERROR)
		return refused(err, "the client did not offer post_handshake_auth");
	if (ret != WOLFSSL_SUCCESS && ret != WOLFSSL_ERROR_WANT_WRITE)
		return sendq_answer(&s->queue, s->io, outcome(s, ret, err), NULL, err);
	s->pha_used = s->pha_open = s->cert_requested = true;
	return flush_request(s, err);
}
