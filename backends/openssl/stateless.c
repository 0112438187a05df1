/*
 * -stateless: SSL_stateless(3), which forgets the connection between the two ClientHellos and
 * knows the client again by its cookie. It begins anew at each call, so each gets a whole
 * ClientHello, and whatever it writes is taken.
 */
#include "backends/openssl/openssl_backend.h"

#include <stdlib.h>
#include <string.h>

enum {
	ALERT_MISSING_EXTENSION = 109,
	SKIP_MARGIN = 16384, /* what records add to early data */
};

/* ---- the cookie ---- */

/* Of the client's random, which both ClientHellos have in common. */
static bool make_cookie(SSL *ssl, unsigned char *out, size_t room, size_t *n)
{
	const struct tls_session *s = SSL_get_app_data(ssl);
	uint8_t random[SSL3_RANDOM_SIZE];

	return s && SSL_get_client_random(ssl, random, sizeof(random)) == sizeof(random) &&
	       EVP_Q_mac(NULL, "HMAC", os_propq(), "SHA256", NULL, s->ctx->cookie_secret,
			 sizeof(s->ctx->cookie_secret), random, sizeof(random), out, room, n);
}

static int on_make_cookie(SSL *ssl, unsigned char *cookie, size_t *n)
{
	return make_cookie(ssl, cookie, EVP_MAX_MD_SIZE, n);
}

static int on_check_cookie(SSL *ssl, const unsigned char *cookie, size_t n)
{
	uint8_t own[EVP_MAX_MD_SIZE];
	size_t own_n = 0;

	return make_cookie(ssl, own, sizeof(own), &own_n) && n == own_n &&
	       CRYPTO_memcmp(cookie, own, n) == 0;
}

bool os_set_stateless(struct tls_ctx *ctx, SSL_CTX *sctx, struct tls_error *err)
{
	const struct tls_config *cfg = ctx->cfg;

	if (!(cfg->versions & TLS_VERSION_BIT(TLS_VERSION_1_3))) {
		os_error(err, "-stateless needs TLS 1.3");
		return false;
	}
	/* Older clients know no cookies: they get protocol_version. */
	if (!SSL_CTX_set_min_proto_version(sctx, TLS1_3_VERSION) ||
	    (sctx == ctx->main &&
	     RAND_priv_bytes(ctx->cookie_secret, sizeof(ctx->cookie_secret)) <= 0)) {
		os_error(err, "-stateless");
		return false;
	}
	SSL_CTX_set_stateless_cookie_generate_cb(sctx, on_make_cookie);
	SSL_CTX_set_stateless_cookie_verify_cb(sctx, on_check_cookie);
	return true;
}

/* ---- a whole ClientHello ---- */

struct os_stateless *os_stateless_new(void)
{
	return xcalloc(1, sizeof(struct os_stateless));
}

static void forget_hello(struct os_stateless *st)
{
	wire_hello_release(&st->reader);
	st->reader = (struct wire_hello_reader){0};
	strbuf_release(&st->in);
	st->in_pos = 0;
}

void os_stateless_free(struct os_stateless *st)
{
	if (!st)
		return;
	forget_hello(st);
	strbuf_release(&st->record);
	free(st);
}

bool os_stateless_take(struct tls_session *s, void *buf, size_t len, size_t *done)
{
	struct os_stateless *st = s->stateless;
	size_t left = st->in.n - st->in_pos;

	if (!left)
		return false;
	*done = left < len ? left : len;
	memcpy(buf, st->in.p + st->in_pos, *done);
	st->in_pos += *done;
	return true;
}

/* How long the record in st->record is to become. */
static size_t record_size(const struct os_stateless *st)
{
	const uint8_t *p = strbuf_bytes(&st->record).p;

	if (st->record.n < WIRE_RECORD_HEADER_SIZE)
		return WIRE_RECORD_HEADER_SIZE;
	/* What is no TLS is for the library to name. */
	if (p[0] < WIRE_TYPE_CCS || p[0] > WIRE_TYPE_DATA || p[1] != 3)
		return st->record.n;
	return WIRE_RECORD_HEADER_SIZE + ((size_t)p[3] << 8 | p[4]);
}

/* TLS_OK: a record is there, or the end of the stream is. */
static enum tls_status read_record(struct tls_session *s)
{
	struct os_stateless *st = s->stateless;
	uint8_t chunk[4096];

	while (st->record.n < record_size(st)) {
		size_t want = record_size(st) - st->record.n, done = 0;

		switch (s->io->recv(s->io->ud, chunk, want < sizeof(chunk) ? want : sizeof(chunk),
				    &done)) {
		case TLS_OK:
			strbuf_add(&st->record, chunk, done);
			break;
		case TLS_WANT_READ:
		case TLS_WANT_WRITE:
			return TLS_WANT_READ;
		case TLS_EOF:
		case TLS_CLOSED:
			s->eof = true;
			return TLS_OK;
		case TLS_FAIL:
		case TLS_UNSUPPORTED:
			s->io_failed = true;
			return TLS_OK;
		}
	}
	return TLS_OK;
}

/*
 * Between the two ClientHellos a client may send a ChangeCipherSpec (RFC 8446 D.4), over which
 * SSL_stateless() stumbles, and early data that was under way.
 */
static bool skipped(struct tls_session *s)
{
	struct os_stateless *st = s->stateless;
	unsigned type = st->record.n ? strbuf_bytes(&st->record).p[0] : 0;

	if (st->step != OS_SECOND_HELLO || s->eof || s->io_failed ||
	    (type != WIRE_TYPE_CCS && type != WIRE_TYPE_DATA))
		return false;
	st->skipped += st->record.n;
	return st->skipped <= (size_t)s->ctx->cfg->recv_max_early_data + SKIP_MARGIN;
}

/* TLS_OK: what there is is for the library. */
static enum tls_status read_hello(struct tls_session *s)
{
	struct os_stateless *st = s->stateless;

	while (st->reader.result == WIRE_HELLO_MORE && !s->eof && !s->io_failed) {
		if (read_record(s) != TLS_OK)
			return TLS_WANT_READ;
		if (!skipped(s)) {
			strbuf_add(&st->in, st->record.p, st->record.n);
			(void)wire_hello_feed(&st->reader, strbuf_bytes(&st->in));
		}
		strbuf_release(&st->record);
	}
	return TLS_OK;
}

/* ---- the two turns ---- */

static int call_library(struct tls_session *s)
{
	int ret;

	/* A job that is put off could not be taken up again. */
	(void)SSL_clear_mode(s->ssl, SSL_MODE_ASYNC);
	s->stateless->calling = true;
	ret = SSL_stateless(s->ssl);
	s->stateless->calling = false;
	if (tls_flag(s->ctx->cfg, TLS_F_ASYNC))
		(void)SSL_set_mode(s->ssl, SSL_MODE_ASYNC);
	return ret;
}

/* The library would ask again for ever. */
static enum tls_status no_cookie(struct tls_session *s, struct tls_error *err)
{
	static const uint8_t alert[] = {SSL3_RT_ALERT,          3, 3, 0, 2, SSL3_AL_FATAL,
					ALERT_MISSING_EXTENSION};

	strbuf_add(&s->queue, alert, sizeof(alert));
	s->alert_out = ALERT_MISSING_EXTENSION;
	s->ctx->host->alert(s->sud, TLS_OUT, SSL3_AL_FATAL, ALERT_MISSING_EXTENSION);
	(void)os_flush(s); /* what stays is told by os_fatal() */
	os_error(err, "the client's second ClientHello has no cookie");
	return os_fatal(s, TLS_FAIL, err);
}

enum tls_status os_stateless_run(struct tls_session *s, struct tls_error *err)
{
	struct os_stateless *st = s->stateless;

	while (st->step != OS_HELLO_DONE) {
		if (read_hello(s) != TLS_OK)
			return TLS_WANT_READ;
		if (st->reader.result != WIRE_HELLO_READY) {
			st->step = OS_HELLO_DONE; /* the library finds the reason */
			continue;
		}
		switch (call_library(s)) {
		case 1:
			st->step = OS_HELLO_DONE;
			continue;
		case 0:
			break;
		default:
			return os_outcome(s, -1, err);
		}
		if (st->step == OS_SECOND_HELLO)
			return no_cookie(s, err);
		st->step = OS_SECOND_HELLO;
		s->ctx->retries++;
		forget_hello(st);
		if (s->queue.n)
			return TLS_WANT_WRITE;
	}
	return TLS_OK;
}
