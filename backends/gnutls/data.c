/*
 * An open connection: data, and what may happen beside it.
 */
#include "backends/gnutls/gnutls_backend.h"

#include <stdlib.h>
#include <string.h>

/* ---- renegotiation ---- */

/* The warning that a client answers a HelloRequest with when it does not want to. */
static enum tls_status warned(struct tls_session *s, struct tls_error *err)
{
	unsigned description = gnutls_alert_get(s->gs);

	gt_report_alert(s, TLS_IN, GNUTLS_AL_WARNING, description);
	if (description != ALERT_NO_RENEGOTIATION || !s->renegotiating)
		return TLS_OK;
	/* As ssl3_read_bytes() of OpenSSL. */
	return gt_fail(s, err, ALERT_HANDSHAKE_FAILURE, "no renegotiation");
}

static bool client_may(const struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;

	return !tls_flag(cfg, TLS_F_NO_RENEGOTIATION) &&
	       (s->renegotiating || tls_flag(cfg, TLS_F_CLIENT_RENEGOTIATION));
}

/* The ClientHello must be taken out of the library's buffers before the connection can go on. */
static enum tls_status refuse_hello(struct tls_session *s, struct tls_error *err)
{
	int ret;

	s->refuse_hello = true;
	ret = gnutls_handshake(s->gs);
	s->refuse_hello = false;
	if (ret != GNUTLS_E_INTERRUPTED && ret != GNUTLS_E_AGAIN)
		return gt_outcome(s, ret < 0 ? ret : GNUTLS_E_INTERNAL_ERROR, err);
	ret = gnutls_alert_send(s->gs, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
	if (ret < 0 && ret != GNUTLS_E_AGAIN)
		return gt_outcome(s, ret, err);
	gt_report_alert(s, TLS_OUT, GNUTLS_AL_WARNING, ALERT_NO_RENEGOTIATION);
	return TLS_OK;
}

static enum tls_status new_hello(struct tls_session *s, struct tls_error *err)
{
	if (!client_may(s))
		return refuse_hello(s, err);
	s->rehandshake = true;
	s->cert_requested = s->verified = false;
	return TLS_OK;
}

/* One step of a handshake on an open connection; its data is kept. */
static enum tls_status rehandshake(struct tls_session *s, struct tls_error *err)
{
	uint8_t buf[4096];
	ssize_t n;
	int ret = gnutls_handshake(s->gs);

	if (ret == 0) {
		s->rehandshake = s->renegotiating = false;
		return TLS_OK;
	}
	if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED)
		return warned(s, err);
	if (ret != GNUTLS_E_GOT_APPLICATION_DATA)
		return gt_outcome(s, ret, err);
	n = gnutls_record_recv(s->gs, buf, sizeof(buf));
	if (n > 0 && !held_add(&s->held, buf, (size_t)n))
		return gt_fail(s, err, ALERT_UNEXPECTED_MESSAGE,
			       "the client sends data instead of renegotiating");
	return n < 0 ? gt_outcome(s, (int)n, err) : TLS_OK;
}

/* What record_recv() said, when it was not data. TLS_OK: go on. */
static enum tls_status not_data(struct tls_session *s, ssize_t n, struct tls_error *err)
{
	if (n == 0)
		return gt_outcome(s, GNUTLS_E_SESSION_EOF, err);
	switch (n) {
	case GNUTLS_E_REHANDSHAKE:
		return new_hello(s, err);
	case GNUTLS_E_WARNING_ALERT_RECEIVED:
		return warned(s, err);
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INTERRUPTED:
		/* A message without data has been dealt with, and there may be more to read. */
		return s->block == TLS_OK ? TLS_OK : gt_outcome(s, (int)n, err);
	default:
		return gt_outcome(s, (int)n, err);
	}
}

enum tls_status gt_pump(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st = gt_alive(s, err);
	uint8_t buf[4096];

	s->block = TLS_OK;
	while (st == TLS_OK && (s->renegotiating || s->rehandshake)) {
		ssize_t n;

		if (s->rehandshake) {
			st = rehandshake(s, err);
			continue;
		}
		n = gnutls_record_recv(s->gs, buf, sizeof(buf));
		if (n <= 0)
			st = not_data(s, n, err);
		else if (!held_add(&s->held, buf, (size_t)n))
			st = gt_fail(s, err, ALERT_UNEXPECTED_MESSAGE,
				     "the client sends data instead of renegotiating");
	}
	return st;
}

/* ---- post-handshake authentication ---- */

static enum tls_status reauth_done(struct tls_session *s, struct tls_error *err)
{
	int ret = 0;

	s->reauth = false;
	/* The library asks nobody when the session was resumed. */
	if (!s->verified)
		ret = gt_on_verify(s->gs);
	return ret < 0 ? gt_outcome(s, ret, err) : TLS_OK;
}

/* TLS_OK: the client's certificate has come, or data that is to be read first. */
static enum tls_status reauth(struct tls_session *s, struct tls_error *err)
{
	int ret = gnutls_reauth(s->gs, 0);

	if (ret == 0)
		return reauth_done(s, err);
	if (ret == GNUTLS_E_GOT_APPLICATION_DATA)
		return TLS_OK;
	if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED)
		return warned(s, err);
	return gt_outcome(s, ret, err);
}

/* ---- data ---- */

enum tls_status gt_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			struct tls_error *err)
{
	enum tls_status st;

	if (held_any(&s->held)) {
		held_take(&s->held, buf, len, done);
		return TLS_OK;
	}
	st = gt_alive(s, err);
	s->block = TLS_OK;
	while (st == TLS_OK) {
		ssize_t n;

		if (s->rehandshake) {
			st = rehandshake(s, err);
			if (held_any(&s->held)) {
				held_take(&s->held, buf, len, done);
				return TLS_OK;
			}
			continue;
		}
		if (s->reauth) {
			st = reauth(s, err);
			if (st != TLS_OK)
				break;
		}
		n = gnutls_record_recv(s->gs, buf, len);
		if (n > 0) {
			gt_message_data(s);
			*done = (size_t)n;
			return TLS_OK;
		}
		st = not_data(s, n, err);
	}
	return st;
}

/* -record_padding: the size of the padding that fills up to a multiple. */
static size_t padding(const struct tls_session *s, size_t len)
{
	size_t to = s->ctx->record_padding, over = to ? (len + 1) % to : 0;

	return over && len + to - over <= GT_MAX_RECORD ? to - over : 0;
}

/*
 * What one record takes. TLS 1.0 chains CBC over records, which OpenSSL counters with an empty
 * record in front unless -bugs is given; the library does nothing, so the first byte goes alone.
 */
static size_t record_room(struct tls_session *s, size_t len)
{
	size_t max = gnutls_record_get_max_size(s->gs), limit = s->ctx->cfg->max_send_fragment;
	bool chained = s->choice.version == TLS_VERSION_1_0 && !tls_flag(s->ctx->cfg, TLS_F_BUGS) &&
		       gnutls_cipher_get_iv_size(gnutls_cipher_get(s->gs)) > 0;

	if (chained && len > 1 && !s->split)
		return 1;
	/* In TLS 1.2 the library does not keep to a negotiated maximum itself. */
	if (limit && limit < max)
		max = limit;
	return max < GT_MAX_RECORD ? max : GT_MAX_RECORD;
}

enum tls_status gt_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			 struct tls_error *err)
{
	size_t room = record_room(s, len);
	enum tls_status st = TLS_OK;
	ssize_t n;

	if (s->dead)
		return gt_alive(s, err);
	/* Data between a HelloRequest and the new handshake makes s_client wait for ever. A client
	 * that sends data in spite of the request is not going to follow it. */
	if ((s->renegotiating && !held_any(&s->held)) || s->rehandshake)
		st = gt_pump(s, err);
	if (st != TLS_OK)
		return st;
	if (len > room)
		len = room;
	s->block = TLS_OK;
	if (s->choice.version >= TLS_VERSION_1_3 && padding(s, len))
		n = gnutls_record_send2(s->gs, buf, len, padding(s, len), 0);
	else
		n = gnutls_record_send(s->gs, buf, len);
	if (n > 0) {
		s->split = room == 1;
		*done = (size_t)n;
		return TLS_OK;
	}
	if (n == 0 || n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
		return TLS_WANT_WRITE;
	return gt_outcome(s, (int)n, err);
}

bool gt_pending(const struct tls_session *s)
{
	if (held_any(&s->held))
		return true;
	return !s->dead && s->end == TLS_OK && s->done && gnutls_record_check_pending(s->gs) > 0;
}

/* ---- commands ---- */

static enum tls_status cannot(struct tls_error *err, const char *why)
{
	err->alert = -1;
	err->native = 0;
	gt_error_text(err, "%s", why);
	return TLS_UNSUPPORTED;
}

/* A message of ours is out, or is not. */
static enum tls_status sent(struct tls_session *s, int ret, struct tls_error *err)
{
	if (ret >= 0)
		return TLS_OK;
	if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED)
		return TLS_WANT_WRITE;
	return gt_outcome(s, ret, err);
}

enum tls_status gt_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err)
{
	enum tls_status st = gt_alive(s, err);
	const char *why;

	if (st != TLS_OK)
		return st;
	why = rules_no_renegotiation(s->ctx->cfg, s->choice.version,
				     gnutls_safe_renegotiation_status(s->gs) != 0);
	if (why)
		return cannot(err, why);
	if (s->renegotiating || s->rehandshake)
		return TLS_OK;
	if (ask_cert)
		gnutls_certificate_server_set_request(s->gs, GNUTLS_CERT_REQUEST);
	s->block = TLS_OK;
	st = sent(s, gnutls_rehandshake(s->gs), err);
	s->renegotiating = st == TLS_OK;
	return st;
}

enum tls_status gt_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	enum tls_status st = gt_alive(s, err);

	if (st != TLS_OK)
		return st;
	if (s->choice.version < TLS_VERSION_1_3)
		return cannot(err, "TLS 1.2 and older have no key update");
	s->block = TLS_OK;
	return sent(s, gnutls_session_key_update(s->gs, ask_peer ? GNUTLS_KU_PEER : 0), err);
}

enum tls_status gt_request_cert(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st = gt_alive(s, err);
	int ret;

	if (st != TLS_OK)
		return st;
	if (s->choice.version < TLS_VERSION_1_3)
		return cannot(err, "TLS 1.2 and older have no post-handshake authentication");
	if (!(gnutls_session_get_flags(s->gs) & GNUTLS_SFLAGS_POST_HANDSHAKE_AUTH))
		return cannot(err, "extension not received");
	if (s->reauth)
		return cannot(err, "a request is still unanswered");
	if (!s->ctx->n_creds)
		return cannot(err, "GnuTLS asks for no certificate without one of its own");
	gnutls_certificate_server_set_request(s->gs, GNUTLS_CERT_REQUEST);
	s->verified = false;
	s->block = TLS_OK;
	ret = gnutls_reauth(s->gs, 0);
	if (ret == 0)
		return reauth_done(s, err);
	/* The request went out and the answer is waited for, unless it is the writing that waits.
	 */
	s->reauth = true;
	if (ret == GNUTLS_E_GOT_APPLICATION_DATA || ret == GNUTLS_E_AGAIN)
		return TLS_OK;
	return sent(s, ret, err);
}
