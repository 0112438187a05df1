#include "backends/openssl/openssl_backend.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#if HAVE_OSSL_RPK
static bool expect_rpks(struct tls_session *s)
{
	const struct tls_ctx *ctx = s->ctx;

	if (!ctx->n_rpks)
		return true;
	/* Names to verify are lost with it. */
	if (SSL_dane_enable(s->ssl, NULL) <= 0 || !SSL_set1_param(s->ssl, ctx->param))
		return false;
	for (size_t i = 0; i < ctx->n_rpks; i++)
		if (SSL_add_expected_rpk(s->ssl, ctx->rpks[i]) <= 0)
			return false;
	return true;
}
#else
static bool expect_rpks(struct tls_session *s)
{
	(void)s;
	return true;
}
#endif

struct tls_session *os_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err)
{
	struct tls_session *s = calloc(1, sizeof(*s));
	BIO *bio = NULL;

	err->alert = -1;
	if (!s) {
		os_error(err, "out of memory");
		return NULL;
	}
	s->ctx = ctx;
	s->io = io;
	s->hello = hello;
	s->sud = sud;
	s->alert_in = s->alert_out = -1;
	s->ssl = SSL_new(ctx->main);
	s->stateless = tls_flag(ctx->cfg, TLS_F_STATELESS) ? os_stateless_new() : NULL;
	bio = s->ssl && expect_rpks(s) ? os_bio_new(s) : NULL;
	if (!bio) {
		os_error(err, "out of memory");
		os_session_free(s);
		return NULL;
	}
	SSL_set_bio(s->ssl, bio, bio);
	SSL_set_app_data(s->ssl, s);
	SSL_set_accept_state(s->ssl);
	return s;
}

void os_session_free(struct tls_session *s)
{
	if (!s)
		return;
	if (s->ssl) {
		/* Else a session that ended without our close_notify could not be resumed. */
		SSL_set_shutdown(s->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
		SSL_set_app_data(s->ssl, NULL); /* no more callbacks */
	}
	SSL_free(s->ssl);
	os_info_release(s);
	OPENSSL_cleanse(s->psk_key, sizeof(s->psk_key));
	OPENSSL_clear_free(s->held, s->held ? OS_HELD : 0);
	strbuf_release(&s->queue);
	os_stateless_free(s->stateless);
	free(s);
}

/* ---- what came of a call ---- */

enum tls_status os_fatal(struct tls_session *s, enum tls_status st, struct tls_error *err)
{
	bool received = s->alert_in >= 0;

	err->alert = received ? s->alert_in : s->alert_out;
	err->alert_received = received;
	s->failed = true;
	s->failure = *err;
	s->failure_status = st;
	/* Our alert has to go first. */
	s->reported = !s->queue.n || s->io_failed;
	return s->reported ? st : TLS_WANT_WRITE;
}

/* Nothing more can be said about a session that has failed. */
static enum tls_status dead(struct tls_session *s, struct tls_error *err)
{
	if (!s->reported) {
		if (os_flush(s) == TLS_WANT_WRITE)
			return TLS_WANT_WRITE;
		s->reported = true;
		*err = s->failure;
		return s->failure_status;
	}
	os_error(err, "the connection has failed before");
	err->alert = -1;
	err->alert_received = false;
	return TLS_FAIL;
}

/* The session ends here: without close_notify, or by an error. */
static enum tls_status ended(struct tls_session *s, struct tls_error *err)
{
	unsigned long code = ERR_peek_error();

	if (s->eof && (!code || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
		os_error(err, "%s", code ? "" : "unexpected eof while reading");
		return os_fatal(s, TLS_EOF, err);
	}
	os_error(err, "%s", code ? "" : "the connection broke");
	return os_fatal(s, TLS_FAIL, err);
}

/* Before os_leave(). */
enum tls_status os_outcome(struct tls_session *s, int ret, struct tls_error *err)
{
	switch (SSL_get_error(s->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return s->queue.n ? TLS_WANT_WRITE : TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		/* -ignore_unexpected_eof makes them look alike. */
		return s->closed ? TLS_CLOSED : ended(s, err);
	default:
		return ended(s, err);
	}
}

/* A crypto job that was put off is taken up again at once: nothing here could wait for it. */
static bool put_off(const struct tls_session *s, int ret)
{
	return SSL_get_error(s->ssl, ret) == SSL_ERROR_WANT_ASYNC;
}

/* True when a call may go on to the library; else *st is the answer. */
static bool begin(struct tls_session *s, enum tls_status *st, struct tls_error *err)
{
	if (s->failed) {
		*st = dead(s, err);
		return false;
	}
	*st = os_flush(s);
	if (*st == TLS_WANT_WRITE)
		return false;
	s->may_queue = true;
	os_enter(s);
	return true;
}

/* ---- handshake ---- */

static int do_handshake(struct tls_session *s)
{
	int ret;

	do
		ret = SSL_do_handshake(s->ssl);
	while (put_off(s, ret));
	return ret;
}

static int do_read(struct tls_session *s, void *buf, size_t len, size_t *done)
{
	int ret;

	do
		ret = SSL_read_ex(s->ssl, buf, len, done);
	while (put_off(s, ret));
	return ret;
}

/*
 * The client's part of a renegotiation comes among its data: data that was under way before it is
 * held for read().
 */
static enum tls_status await_renegotiation(struct tls_session *s, struct tls_error *err)
{
	if (!s->held)
		s->held = OPENSSL_malloc(OS_HELD);
	while (s->held && !s->reneg_done) {
		size_t done = 0;
		int ret;

		if (s->held_n == OS_HELD) {
			os_error(err, "the client sends data instead of renegotiating");
			return os_fatal(s, TLS_FAIL, err);
		}
		ret = do_read(s, s->held + s->held_n, OS_HELD - s->held_n, &done);
		s->held_n += done;
		if (ret != 1) {
			enum tls_status st = os_outcome(s, ret, err);

			if (!s->reneg_done || st != TLS_WANT_READ)
				return st;
		}
	}
	s->reneg = !s->held;
	return s->held ? TLS_OK : TLS_FAIL;
}

/* What comes before the library's own work. */
static enum tls_status prepare(struct tls_session *s, struct tls_error *err)
{
	if (!s->prepared && !os_prepare_psk(s)) {
		os_error(err, "pre-shared key");
		return os_fatal(s, TLS_FAIL, err);
	}
	s->prepared = true;
	return s->stateless ? os_stateless_run(s, err) : TLS_OK;
}

enum tls_status os_handshake(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;
	int ret;

	if (!begin(s, &st, err))
		return st;
	st = prepare(s, err);
	if (st == TLS_OK && s->reneg) {
		st = await_renegotiation(s, err);
	} else if (st == TLS_OK && !s->done) {
		ret = do_handshake(s);
		s->done = ret == 1;
		if (!s->done)
			st = os_outcome(s, ret, err);
	}
	os_leave(s);
	return st == TLS_OK && s->queue.n ? TLS_WANT_WRITE : st;
}

static int do_read_early(struct tls_session *s, void *buf, size_t len, size_t *done)
{
	int ret;

	do
		ret = SSL_read_early_data(s->ssl, buf, len, done);
	while (ret == SSL_READ_EARLY_DATA_ERROR && put_off(s, 0));
	return ret;
}

enum tls_status os_read_early(struct tls_session *s, void *buf, size_t len, size_t *done,
			      struct tls_error *err)
{
	enum tls_status st;
	int ret;

	*done = 0;
	if (s->early_over)
		return TLS_OK;
	if (!begin(s, &st, err))
		return st;
	st = prepare(s, err);
	/* A client that was sent a HelloRetryRequest may send none (RFC 8446 4.2.10). */
	s->early_over = st == TLS_OK && s->stateless;
	if (st == TLS_OK && !s->early_over) {
		ret = do_read_early(s, buf, len, done);
		s->early_over = ret == SSL_READ_EARLY_DATA_FINISH;
		if (ret == SSL_READ_EARLY_DATA_ERROR)
			st = os_outcome(s, 0, err);
	}
	os_leave(s);
	return st;
}

/* ---- data ---- */

static bool take_held(struct tls_session *s, void *buf, size_t len, size_t *done)
{
	if (!s->held_n)
		return false;
	*done = s->held_n < len ? s->held_n : len;
	memcpy(buf, s->held, *done);
	s->held_n -= *done;
	memmove(s->held, s->held + *done, s->held_n);
	return true;
}

enum tls_status os_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			struct tls_error *err)
{
	enum tls_status st;
	int ret;

	if (take_held(s, buf, len, done))
		return TLS_OK;
	if (!begin(s, &st, err))
		return st;
	ret = do_read(s, buf, len, done);
	st = ret == 1 ? TLS_OK : os_outcome(s, ret, err);
	s->reneg = s->reneg && !s->reneg_done;
	s->blocked = st == TLS_WANT_READ;
	os_leave(s);
	return st;
}

enum tls_status os_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			 struct tls_error *err)
{
	enum tls_status st;
	int ret;

	if (!begin(s, &st, err))
		return st;
	s->may_queue = false;
	do
		ret = SSL_write_ex(s->ssl, buf, len, done);
	while (put_off(s, ret));
	st = ret == 1 ? TLS_OK : os_outcome(s, ret, err);
	s->write_open = st == TLS_WANT_WRITE || st == TLS_WANT_READ;
	os_leave(s);
	return st;
}

enum tls_status os_shutdown(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;
	int ret;

	if (s->failed || !s->done)
		return TLS_OK;
	if (!begin(s, &st, err))
		return st;
	ret = SSL_shutdown(s->ssl);
	if (ret < 0 && SSL_get_error(s->ssl, ret) == SSL_ERROR_WANT_WRITE) {
		st = TLS_WANT_WRITE;
	} else if (ret < 0 && !(SSL_get_shutdown(s->ssl) & SSL_SENT_SHUTDOWN)) {
		os_error(err, "%s", "");
		err->alert = -1;
		st = TLS_FAIL;
	} else {
		st = s->queue.n ? TLS_WANT_WRITE : TLS_OK;
	}
	os_leave(s);
	return st;
}

bool os_pending(const struct tls_session *s)
{
	/* With a larger read buffer whole records can wait undeciphered, or a piece of one. */
	return !s->failed &&
	       (s->held_n || SSL_pending(s->ssl) > 0 || (!s->blocked && SSL_has_pending(s->ssl)));
}

/* ---- commands ---- */

/* What the library says about a command that it did not take; the connection lives on. */
static enum tls_status not_taken(struct tls_error *err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return os_refuse(err, "%s", reason ? reason : "not possible now");
}

/* Send the message that a command has made. */
static enum tls_status run_command(struct tls_session *s, struct tls_error *err)
{
	int ret = do_handshake(s);
	enum tls_status st = ret == 1 ? TLS_OK : os_outcome(s, ret, err);

	if (st == TLS_WANT_READ || st == TLS_OK)
		st = s->queue.n ? TLS_WANT_WRITE : TLS_OK;
	s->command = st == TLS_WANT_WRITE;
	return st;
}

/* Reasons not to begin; NULL when there is none. */
static const char *busy(const struct tls_session *s)
{
	if (!s->done || SSL_in_init(s->ssl) || s->reneg)
		return "a handshake is under way";
	if (s->write_open)
		return "a write is under way";
	return NULL;
}

static const char *no_renegotiation(const struct tls_session *s)
{
	if (SSL_version(s->ssl) >= TLS1_3_VERSION)
		return "TLS 1.3 has no renegotiation";
	if (SSL_get_options(s->ssl) & SSL_OP_NO_RENEGOTIATION)
		return "renegotiation is disabled";
	if (!SSL_get_secure_renegotiation_support(s->ssl) &&
	    !(SSL_get_options(s->ssl) & SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION))
		return "the client does not support secure renegotiation";
	return busy(s);
}

static enum tls_status begin_renegotiation(struct tls_session *s, bool ask_cert,
					   struct tls_error *err)
{
	const char *why = no_renegotiation(s);

	if (why)
		return os_refuse(err, "%s", why);
	if (ask_cert)
		SSL_set_verify(s->ssl, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, NULL);
	return SSL_renegotiate(s->ssl) ? TLS_OK : not_taken(err);
}

static enum tls_status begin_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	const char *why =
		SSL_version(s->ssl) < TLS1_3_VERSION ? "key updates are of TLS 1.3" : busy(s);

	if (why)
		return os_refuse(err, "%s", why);
	return SSL_key_update(s->ssl,
			      ask_peer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED)
		       ? TLS_OK
		       : not_taken(err);
}

static enum tls_status begin_request(struct tls_session *s, struct tls_error *err)
{
	int mode = SSL_get_verify_mode(s->ssl);
	const char *why = SSL_version(s->ssl) < TLS1_3_VERSION
				  ? "post-handshake authentication is of TLS 1.3"
				  : busy(s);

	if (why)
		return os_refuse(err, "%s", why);
	SSL_set_verify(s->ssl, SSL_VERIFY_PEER, NULL);
	if (SSL_verify_client_post_handshake(s->ssl)) {
		s->cert_requested = true;
		return TLS_OK;
	}
	SSL_set_verify(s->ssl, mode, NULL);
	return not_taken(err);
}

enum tls_status os_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err)
{
	enum tls_status st;

	if (!begin(s, &st, err))
		return st;
	st = s->command ? TLS_OK : begin_renegotiation(s, ask_cert, err);
	if (st == TLS_OK)
		st = run_command(s, err);
	/* The end of our own message counts as a handshake done, too. */
	if (st == TLS_OK) {
		s->reneg = true;
		s->reneg_done = false;
	}
	os_leave(s);
	return st;
}

enum tls_status os_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	enum tls_status st;

	if (!begin(s, &st, err))
		return st;
	st = s->command ? TLS_OK : begin_key_update(s, ask_peer, err);
	if (st == TLS_OK)
		st = run_command(s, err);
	os_leave(s);
	return st;
}

enum tls_status os_request_cert(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (!begin(s, &st, err))
		return st;
	st = s->command ? TLS_OK : begin_request(s, err);
	if (st == TLS_OK)
		st = run_command(s, err);
	os_leave(s);
	return st;
}
