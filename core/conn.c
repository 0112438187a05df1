#include "core/conn.h"

#include "core/crl_fetch.h"
#include "core/early.h"
#include "core/report.h"
#include "core/staple.h"
#include "core/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	HELLO_LIMIT = 80 * 1024,  /* bytes to read ahead for a ClientHello, with record headers */
	QUEUE_LIMIT = 256 * 1024, /* transport bytes above which the library's writes wait */
	DRAIN_MS = 500,   /* how long to discard what a peer sends after our end, as OpenSSL */
	FLUSH_MS = 30000, /* how long a peer may take to accept our last bytes */
};

static void close_handles(struct conn *c);

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct conn *c = poll->data;

	(void)events;
	transport_readable(&c->transport);
	if (status < 0)
		c->events = 0; /* libuv has stopped watching; the next send or receive tells why */
	conn_run(c, true);
}

static void on_timer(uv_timer_t *timer)
{
	struct conn *c = timer->data;

	if (c->state == CONN_CLOSING) {
		close_handles(c);
		return;
	}
	if (c->state == CONN_OPEN && c->mode->timed_out && c->mode->timed_out(c)) {
		conn_run(c, false);
		return;
	}
	c->timed_out = true;
	report_timeout(c);
	conn_close(c, c->state == CONN_OPEN);
	conn_run(c, false);
}

static void unlink_conn(struct conn *c)
{
	*(c->prev ? &c->prev->next : &c->worker->conns) = c->next;
	if (c->next)
		c->next->prev = c->prev;
}

static void free_conn(struct conn *c)
{
	trace_free(c->trace);
	strbuf_release(&c->outq);
	early_release(c);
	strbuf_release(&c->alpn);
	strbuf_release(&c->server_name);
	strbuf_release(&c->policies);
	free(c);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->handles == 0)
		free_conn(c);
}

static void release_session(struct conn *c)
{
	c->srv->backend->session_free(c->session);
	c->session = NULL;
	crl_fetch_release(c);
	staple_free(c->staple);
	c->staple = NULL;
	strbuf_wipe(&c->stored);
	if (c->hello)
		client_hello_release(c->hello);
	free(c->hello);
	c->hello = NULL;
	if (c->reader)
		wire_hello_release(c->reader);
	free(c->reader);
	c->reader = NULL;
}

static void leave_queue(struct conn *c)
{
	struct conn **p = &c->worker->again, *last = NULL;

	if (!c->queued)
		return;
	while (*p && *p != c) {
		last = *p;
		p = &last->again_next;
	}
	if (!*p)
		return; /* the queue is being run right now, and skips what is gone */
	*p = c->again_next;
	if (c->worker->again_last == c)
		c->worker->again_last = last;
	c->queued = false;
}

/* The last step: nothing refers to the connection afterwards but its closing handles. */
static void close_handles(struct conn *c)
{
	if (c->state == CONN_GONE)
		return;
	c->state = CONN_GONE;
	leave_queue(c);
	release_session(c);
	unlink_conn(c);
	uv_close((uv_handle_t *)&c->poll, on_handle_closed);
	uv_close((uv_handle_t *)&c->timer, on_handle_closed);
	transport_release(&c->transport);
}

struct conn *conn_new(struct worker *w, int fd, uint64_t id)
{
	struct conn *c = xcalloc(1, sizeof(*c));
	struct server *srv = w->srv;

	c->srv = srv;
	c->worker = w;
	c->id = id;
	c->mode = srv->mode;
	c->early_over = !srv->backend->read_early || !tls_flag(srv->tls, TLS_F_EARLY_DATA);
	transport_init(&c->transport, fd);
	c->transport.fault = srv->cfg->nbio_test;
	c->io = transport_callbacks(&c->transport);
	c->trace = trace_new(c);
	c->reader = xcalloc(1, sizeof(*c->reader));
	if (uv_poll_init(&w->loop, &c->poll, fd) != 0) {
		transport_release(&c->transport);
		free(c->reader);
		free_conn(c);
		return NULL;
	}
	(void)uv_timer_init(&w->loop, &c->timer); /* cannot fail */
	c->poll.data = c->timer.data = c;
	c->handles = 2;
	c->next = w->conns;
	if (c->next)
		c->next->prev = c;
	w->conns = c;
	conn_set_timeout(c, srv->cfg->handshake_timeout);
	return c;
}

void conn_set_timeout(struct conn *c, unsigned seconds)
{
	if (c->state == CONN_CLOSING || c->state == CONN_GONE)
		return;
	if (seconds)
		(void)uv_timer_start(&c->timer, on_timer, seconds * UINT64_C(1000), 0);
	else
		(void)uv_timer_stop(&c->timer); /* neither can fail on an initialised handle */
}

/* ---- closing ---- */

void conn_close(struct conn *c, bool notify)
{
	struct server *srv = c->srv;

	if (c->state >= CONN_CLOSING)
		return;
	report_closing(c);
	if (notify && c->session && !srv->cfg->omit_close_notify) {
		struct tls_error err = {.alert = -1};

		/* A peer that is gone already cannot be told. The queue takes the alert even when
		 * it is full, since there is no second try. */
		c->transport.last_words = true;
		(void)srv->backend->shutdown(c->session, &err);
	}
	c->state = CONN_CLOSING;
	(void)uv_timer_start(&c->timer, on_timer, FLUSH_MS, 0);
	if (c->timed_out || (c->failed && !c->silent))
		atomic_fetch_add(&srv->failures, 1);
	report_closed(c);
	if (c->mode->closed)
		c->mode->closed(c);
	release_session(c);
	server_conn_done(c->worker);
	if (!c->running)
		conn_run_again(c);
}

static void run_closing(struct conn *c)
{
	enum tls_status status;

	if (!c->half_closed) {
		status = transport_flush_last(&c->transport);
		if (status == TLS_WANT_WRITE)
			return;
		if (status == TLS_OK && !c->peer_closed)
			status = transport_drain(&c->transport);
		if (status != TLS_WANT_READ || shutdown(c->transport.fd, SHUT_WR) != 0) {
			close_handles(c);
			return;
		}
		c->half_closed = true;
		(void)uv_timer_start(&c->timer, on_timer, DRAIN_MS, 0);
		return;
	}
	if (transport_drain(&c->transport) != TLS_WANT_READ)
		close_handles(c);
}

void conn_fail(struct conn *c, const struct tls_error *err)
{
	if (c->state >= CONN_CLOSING)
		return;
	c->failed = true;
	if (!c->handshake_done)
		trace_handshake_ended(c, false);
	c->mode->failed(c, c->state != CONN_OPEN, err);
	conn_close(c, false);
}

/* ---- the handshake ---- */

static void start_session(struct conn *c)
{
	struct tls_error err = {.alert = -1};
	struct server *srv = c->srv;

	c->state = CONN_HANDSHAKE;
	srv->stats.accepts++;
	c->session = srv->backend->session_new(srv->ctx, &c->io, c->hello, c, &err);
	if (!c->session)
		conn_fail(c, &err);
}

/* Read the ClientHello ahead. */
static void run_hello(struct conn *c)
{
	enum wire_hello_result result;
	enum tls_status status;
	struct bytes unread;

	do {
		status = transport_fill(&c->transport, HELLO_LIMIT);
		unread = transport_unread(&c->transport);
		result = wire_hello_feed(c->reader, unread);
	} while (result == WIRE_HELLO_MORE && status == TLS_OK && unread.n < HELLO_LIMIT);
	if (result == WIRE_HELLO_MORE && status == TLS_WANT_READ)
		return;
	c->silent = unread.n == 0;
	if (result == WIRE_HELLO_READY) {
		c->hello = xcalloc(1, sizeof(*c->hello));
		if (client_hello_parse(c->hello, wire_hello_message(c->reader))) {
			c->hello->record_version = wire_hello_record_version(c->reader);
			report_hello(c);
		} else {
			free(c->hello);
			c->hello = NULL;
		}
	}
	c->state = CONN_STATUS;
	c->staple = staple_start(c);
	if (!staple_ready(c->staple))
		conn_set_timeout(c, 0); /* the responders have time-outs of their own */
}

static void run_status(struct conn *c)
{
	if (!staple_ready(c->staple))
		return;
	if (c->staple)
		conn_set_timeout(c, c->srv->cfg->handshake_timeout);
	start_session(c);
}

static void count_handshake(struct conn *c)
{
	struct tls_info info = {0};

	if (c->srv->backend->ctx_stats)
		return; /* the library counts */
	c->srv->backend->info(c->session, &info);
	c->srv->stats.accepts_good++;
	c->srv->stats.hits += info.resumed;
}

static void opened(struct conn *c)
{
	c->state = CONN_OPEN;
	count_handshake(c);
	c->handshake_done = true;
	trace_handshake_ended(c, true);
	conn_set_timeout(c, c->srv->cfg->idle_timeout);
	if (c->mode->open)
		c->mode->open(c);
}

void conn_handshake_stopped(struct conn *c, enum tls_status status, const struct tls_error *err)
{
	if (status != TLS_WANT_READ && status != TLS_WANT_WRITE) {
		conn_fail(c, err);
		return;
	}
	c->waited = true;
	report_handshake_blocks(c);
}

/* True when the connection is open now. */
static bool run_handshake(struct conn *c)
{
	struct tls_error err = {.alert = -1};
	enum tls_status status;

	if (!c->early_over && !early_run(c))
		return false;
	status = c->srv->backend->handshake(c->session, &err);
	if (status != TLS_OK) {
		conn_handshake_stopped(c, status, &err);
		return false;
	}
	opened(c);
	return c->state == CONN_OPEN;
}

/* ---- data ---- */

enum tls_status conn_read(struct conn *c, void *buf, size_t len, size_t *done)
{
	struct tls_error err = {.alert = -1};
	enum tls_status status;

	if (c->state != CONN_OPEN)
		return TLS_FAIL;
	*done = 0;
	if (early_take(c, buf, len, done))
		return TLS_OK;
	status = c->srv->backend->read(c->session, buf, len, done, &err);
	if (status == TLS_OK && c->srv->cfg->idle_timeout)
		conn_set_timeout(c, c->srv->cfg->idle_timeout);
	c->peer_closed = status == TLS_CLOSED;
	if (status == TLS_WANT_WRITE)
		return TLS_WANT_READ; /* the poll handle waits for both when bytes are queued */
	if (status == TLS_FAIL || status == TLS_UNSUPPORTED ||
	    (status == TLS_EOF && !c->end_expected &&
	     !tls_flag(c->srv->tls, TLS_F_IGNORE_UNEXPECTED_EOF)))
		conn_fail(c, &err);
	return status;
}

enum tls_status conn_write(struct conn *c, struct bytes data, size_t *done)
{
	struct tls_error err = {.alert = -1};
	enum tls_status status;

	if (c->state != CONN_OPEN)
		return TLS_FAIL;
	*done = 0;
	if (transport_queued(&c->transport) >= QUEUE_LIMIT &&
	    transport_flush(&c->transport) == TLS_WANT_WRITE) {
		c->transport.blocked = true;
		return TLS_WANT_WRITE;
	}
	status = c->srv->backend->write(c->session, data.p, data.n, done, &err);
	c->write_reads = status == TLS_WANT_READ;
	if (status == TLS_OK && c->srv->cfg->idle_timeout)
		conn_set_timeout(c, c->srv->cfg->idle_timeout);
	if (status == TLS_OK || status == TLS_WANT_WRITE)
		return status;
	if (status == TLS_WANT_READ)
		return TLS_WANT_WRITE; /* goes on when the peer's message is there */
	conn_fail(c, &err);
	return TLS_FAIL;
}

void conn_queue(struct conn *c, struct bytes data)
{
	strbuf_add(&c->outq, data.p, data.n);
}

enum tls_status conn_pump(struct conn *c)
{
	while (c->outq_pos < c->outq.n) {
		struct bytes rest = {(const uint8_t *)c->outq.p + c->outq_pos,
				     c->outq.n - c->outq_pos};
		size_t done = 0;
		enum tls_status status = conn_write(c, rest, &done);

		c->outq_pos += done;
		if (status != TLS_OK)
			return status;
	}
	strbuf_release(&c->outq);
	c->outq_pos = 0;
	return TLS_OK;
}

/* ---- the driver ---- */

static void wait_for_events(struct conn *c)
{
	int events = 0;

	/* While the last bytes go out nobody reads, so readable would fire without end. */
	if (c->state == CONN_CLOSING)
		events = c->half_closed ? UV_READABLE : 0;
	else if (c->state == CONN_STATUS)
		events = 0; /* what the client sends is for the library */
	else if (c->state != CONN_OPEN || !c->pause_read || c->write_reads)
		events = UV_READABLE;
	if (transport_queued(&c->transport))
		events |= UV_WRITABLE;
	if (events == c->events)
		return;
	c->events = events;
	if (events)
		(void)uv_poll_start(&c->poll, events, on_poll); /* fails for no live handle */
	else
		(void)uv_poll_stop(&c->poll);
}

void conn_run(struct conn *c, bool readable)
{
	if (c->state == CONN_GONE || c->running)
		return;
	c->running = true;
	if (c->state == CONN_HELLO)
		run_hello(c);
	if (c->state == CONN_STATUS)
		run_status(c);
	if (c->state == CONN_HANDSHAKE && run_handshake(c))
		readable = false;
	if (c->state == CONN_OPEN)
		c->mode->run(c, readable);
	trace_call_ended(c);
	if (c->state == CONN_CLOSING)
		run_closing(c);
	c->running = false;
	if (c->state == CONN_GONE)
		return;
	if (c->state != CONN_CLOSING && transport_flush(&c->transport) == TLS_FAIL) {
		struct tls_error err = {.alert = -1};

		(void)snprintf(err.text, sizeof(err.text), "%s", strerror(c->transport.error));
		conn_fail(c, &err);
		return; /* conn_close() has queued the rest */
	}
	/* The socket may have taken all of the queue after it had refused a write. */
	if (c->transport.faulted || (c->transport.blocked && !transport_queued(&c->transport)))
		conn_run_again(c);
	c->transport.faulted = c->transport.blocked = false;
	wait_for_events(c);
}
