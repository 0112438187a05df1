/*
 * -www, -WWW and -HTTP. A client that speaks HTTP/1.1 as it is written gets HTTP/1.1: a length, a
 * true status, and another answer after this one. Everybody else gets what s_server sends, in
 * which the end of the connection ends the answer.
 */
#include "core/conn.h"
#include "core/http_request.h"
#include "core/out.h"
#include "core/report_text.h"
#include "core/web_page.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READS_PER_RUN = 16,
	ANSWERS_PER_RUN = 16,
	WRITES_PER_RUN = 64, /* chunks of a file before other connections have their turn */
	NAME_SIZE = HTTP_MAX_LINE + 1,
	NEXT_REQUEST_MS = 5000, /* how long a connection is kept for another request */
	HEADERS_MS = 1000, /* after a request line: s_server does not wait for headers at all, and
			      requests written by hand may have none */
};

enum web_state {
	WEB_REQUEST,     /* waits for the request line, and in HTTP/1.1 for the headers */
	WEB_RENEGOTIATE, /* /reneg: waits for the new handshake, then answers */
	WEB_ANSWER,      /* what is queued, then the file, go out */
};

struct web {
	enum web_state state;
	struct http_request request;
	struct strbuf behind; /* bytes that came behind the request: the next one's */
	uint64_t deadline;    /* of the loop's clock, for the rest of the request; 0: none */
	bool keep;            /* the answer is HTTP/1.1, and another request may follow */
	int fd;               /* of the file being sent, -1: none */
	uint64_t size, sent;  /* of the file, when it was opened; what has been sent of it */
};

static const char plain_text[] = "text/plain", html[] = "text/html", okay[] = "200 ok";

static void web_open(struct conn *c)
{
	struct web *web = xcalloc(1, sizeof(*web));

	web->fd = -1;
	c->mode_state = web;
	report_summary(c);
}

static void close_file(struct web *web)
{
	if (web->fd >= 0)
		(void)close(web->fd); /* read only */
	web->fd = -1;
}

static void web_closed(struct conn *c)
{
	struct web *web = c->mode_state;

	if (!web)
		return;
	http_request_release(&web->request);
	strbuf_release(&web->behind);
	close_file(web);
	free(web);
	c->mode_state = NULL;
}

static uint64_t now(struct conn *c)
{
	return uv_now(&c->worker->loop);
}

/* ---- answers ---- */

/* Nothing more is read from the client before the answer is out. */
static void answer(struct conn *c)
{
	struct web *web = c->mode_state;

	web->state = WEB_ANSWER;
	c->pause_read = true;
}

/* s_server never answers HEAD, so the answer to that may tell the truth to anybody. */
static bool is_full(const struct web *web)
{
	return web->keep || web->request.method == HTTP_HEAD;
}

/* extra: lines of the head, each with its end. */
static void queue_head(struct conn *c, const char *status, const char *extra, const char *type,
		       bool with_length, uint64_t length)
{
	struct web *web = c->mode_state;
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "HTTP/1.%c %s\r\n%sContent-type: %s\r\n", web->keep ? '1' : '0', status,
		    extra, type);
	if (with_length)
		strbuf_addf(&out, "Content-Length: %" PRIu64 "\r\n", length);
	strbuf_adds(&out, "\r\n");
	conn_queue(c, strbuf_bytes(&out));
	strbuf_release(&out);
}

/* What s_server sends as "200 ok" without a length, whatever happened. */
static void queue_usual_head(struct conn *c, const char *status, const char *type, uint64_t length)
{
	bool full = is_full(c->mode_state);

	queue_head(c, full ? status : okay, "", type, full, length);
}

static void answer_body(struct conn *c, struct bytes body)
{
	const struct web *web = c->mode_state;

	if (web->request.method != HTTP_HEAD)
		conn_queue(c, body);
	answer(c);
}

static void answer_with(struct conn *c, const char *status, const char *type,
			const struct strbuf *body)
{
	queue_usual_head(c, status, type, body->n);
	answer_body(c, strbuf_bytes(body));
}

/* Requests that s_server leaves hanging. */
static void answer_refusal(struct conn *c, const char *status, const char *extra, const char *text)
{
	size_t n = strlen(text);

	queue_head(c, status, extra, plain_text, true, n);
	answer_body(c, (struct bytes){(const uint8_t *)text, n});
}

static void answer_page(struct conn *c)
{
	struct strbuf page = STRBUF_INIT;

	web_page(&page, c);
	answer_with(c, okay, html, &page);
	strbuf_release(&page);
}

/* ---- files ---- */

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static const char *type_of(const char *name)
{
	if (ends_with(name, ".html") || ends_with(name, ".php") || ends_with(name, ".htm"))
		return html;
	return plain_text;
}

static void answer_open_error(struct conn *c, const char *name, int error)
{
	const char *mode = c->srv->cfg->http_binmode ? "rb" : "r";
	const char *status =
		error == ENOENT || error == ENOTDIR ? "404 Not Found" : "403 Forbidden";
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "Error opening '%s' mode='%s'\r\n", name, mode);
	report_add_file_errors(&out, name, mode, error);
	answer_with(c, status, plain_text, &out);
	strbuf_release(&out);
}

static void answer_about(struct conn *c, const char *status, const char *name,
			 const char *complaint)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "'%s' %s\r\n", name, complaint);
	answer_with(c, status, plain_text, &out);
	strbuf_release(&out);
}

static void send_file(struct conn *c, const char *name, int fd, uint64_t size)
{
	struct web *web = c->mode_state;

	/* A file of the kernel's own says 0 and holds something all the same. */
	web->keep &= size > 0 || web->request.method == HTTP_HEAD;
	web->size = size;
	web->sent = 0;
	web->fd = fd;
	report_file(c, name);
	if (c->srv->cfg->mode == SERVER_FILES)
		queue_usual_head(c, okay, type_of(name), size);
	if (web->request.method == HTTP_HEAD)
		close_file(web);
	answer(c);
}

/* Opened first and looked at then, so that nobody can exchange it in between. */
static void answer_file(struct conn *c, const char *name)
{
	/* Without O_NONBLOCK a named pipe would hold up everybody. */
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		answer_open_error(c, name, errno);
	} else if (S_ISDIR(st.st_mode)) {
		answer_about(c, "403 Forbidden", name, "is a directory");
	} else if (!S_ISREG(st.st_mode)) {
		answer_open_error(c, name, ENXIO);
	} else {
		send_file(c, name, fd, (uint64_t)st.st_size);
		return;
	}
	if (fd >= 0)
		(void)close(fd); /* read only */
}

static void answer_path(struct conn *c, struct bytes path)
{
	bool decode = c->srv->cfg->percent_decode;
	char *name = xmalloc(NAME_SIZE);

	switch ((decode ? http_decode_path : http_check_path)(path, name, NAME_SIZE)) {
	case HTTP_PATH_OK:
		answer_file(c, name);
		break;
	case HTTP_PATH_DOTS:
		answer_about(c, "403 Forbidden", name, "contains '..' or ':'");
		break;
	case HTTP_PATH_INVALID:
		answer_about(c, "403 Forbidden", name, "is an invalid path");
		break;
	case HTTP_PATH_NAME:
		answer_about(c, "400 Bad Request", name, "is an invalid file name");
		break;
	}
	free(name);
}

/* ---- requests ---- */

static bool begins_with(const struct strbuf *sb, const char *prefix)
{
	size_t n = strlen(prefix);

	return sb->n >= n && memcmp(sb->p, prefix, n) == 0;
}

/* GET /reneg, GET /renegcert: before the page, shake hands again. OpenSSL waits for ever where the
 * version has no renegotiation. */
static void start_renegotiation(struct conn *c, bool ask_cert)
{
	const struct tls_backend *b = c->srv->backend;
	struct web *web = c->mode_state;
	struct tls_error err = {.alert = -1};
	enum tls_status status = TLS_UNSUPPORTED;
	struct strbuf text = STRBUF_INIT;

	if (b->renegotiate)
		status = b->renegotiate(c->session, ask_cert, &err);
	switch (status) {
	case TLS_OK:
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		if (server_talks(c->srv))
			out_printf(STDOUT_FILENO, "SSL_renegotiate -> 1\n");
		c->srv->stats.accept_renegotiates++;
		web->state = WEB_RENEGOTIATE;
		return;
	case TLS_UNSUPPORTED:
		strbuf_addf(&text, "Cannot renegotiate: %s\r\n",
			    err.text[0] ? err.text : "the library has no renegotiation");
		answer_with(c, okay, plain_text, &text);
		strbuf_release(&text);
		return;
	case TLS_CLOSED:
	case TLS_EOF:
	case TLS_FAIL:
		break;
	}
	conn_fail(c, &err);
}

static void answer_get(struct conn *c, const struct http_request *r)
{
	bool page = c->srv->cfg->mode == SERVER_WWW ||
		    (c->srv->cfg->mode == SERVER_FILES && begins_with(&r->rest, "stats "));

	if (page && begins_with(&r->target, "/reneg"))
		start_renegotiation(c, begins_with(&r->target, "/renegcert"));
	else if (page)
		answer_page(c);
	else if (r->rest.n)
		answer_path(c, strbuf_bytes(&r->rest));
	else
		answer_refusal(c, "400 Bad Request", "", "The path must begin with '/'.\r\n");
}

static void answer_malformed(struct conn *c, const struct http_request *r)
{
	if (r->too_long && r->version)
		answer_refusal(c, "431 Request Header Fields Too Large", "",
			       "The headers are too long.\r\n");
	else
		answer_refusal(c, "400 Bad Request", "", "No GET request in sight.\r\n");
}

static void answer_request(struct conn *c)
{
	struct web *web = c->mode_state;
	const struct http_request *r = &web->request;
	bool raw =
		c->srv->cfg->mode == SERVER_HTTP; /* the file says all, so nothing may be added */

	web->keep = r->result == HTTP_HEADERS && r->keep_alive && !raw;
	if (web->deadline)
		conn_set_timeout(c, c->srv->cfg->idle_timeout);
	web->deadline = 0;
	c->end_expected = false;
	if (r->result == HTTP_MALFORMED)
		answer_malformed(c, r);
	else if (r->method == HTTP_GET || (r->method == HTTP_HEAD && !raw))
		answer_get(c, r);
	else if (r->method == HTTP_UNKNOWN)
		answer_refusal(c, "501 Not Implemented", "",
			       "This method is not answered here.\r\n");
	else
		answer_refusal(c, "405 Method Not Allowed",
			       raw ? "Allow: GET\r\n" : "Allow: GET, HEAD\r\n",
			       "This method is not answered here.\r\n");
}

/* True when it is known how to answer. */
static bool is_complete(const struct conn *c, const struct http_request *r)
{
	if (r->result == HTTP_LINE)
		return r->version != 0x0101 || c->srv->cfg->mode == SERVER_HTTP;
	return r->result != HTTP_MORE;
}

/* True when the request is complete; what came behind it waits for its turn. */
static bool feed_request(struct conn *c, struct web *web, struct bytes data)
{
	struct http_request *r = &web->request;
	bool new_line = r->result == HTTP_MORE;
	size_t used = 0;

	(void)http_request_feed(r, data, &used); /* stays in r->result */
	strbuf_add(&web->behind, data.p + used, data.n - used);
	c->end_expected = false;
	if (is_complete(c, r))
		return true;
	if (new_line && r->result == HTTP_LINE)
		web->deadline = now(c) + HEADERS_MS;
	return false;
}

/* No more of the request comes. True when there is enough to answer. */
static bool request_ended(struct conn *c)
{
	struct web *web = c->mode_state;

	if (c->state != CONN_OPEN)
		return false;
	if (web->request.result == HTTP_LINE)
		return true;
	conn_close(c, true);
	return false;
}

/* The client has sent no more yet. */
static bool wait_for_request(struct conn *c)
{
	struct web *web = c->mode_state;
	uint64_t time = now(c);

	if (!web->deadline)
		return false;
	if (time >= web->deadline)
		return request_ended(c);
	conn_set_timeout(c, (unsigned)((web->deadline - time + 999) / 1000));
	return false;
}

/* True when the request is there. */
static bool read_request(struct conn *c)
{
	struct web *web = c->mode_state;
	size_t n = 0;

	if (web->behind.n) {
		struct strbuf before = web->behind;
		bool complete;

		web->behind = (struct strbuf)STRBUF_INIT;
		complete = feed_request(c, web, strbuf_bytes(&before));
		strbuf_release(&before);
		if (complete)
			return true;
	}
	for (int i = 0; i < READS_PER_RUN; i++) {
		enum tls_status status =
			conn_read(c, c->worker->buffer, sizeof(c->worker->buffer), &n);

		if (status == TLS_WANT_READ)
			return wait_for_request(c);
		if (status != TLS_OK)
			return request_ended(c);
		if (feed_request(c, web, (struct bytes){c->worker->buffer, n}))
			return true;
	}
	conn_run_again(c);
	return false;
}

static void run_renegotiation(struct conn *c)
{
	struct tls_error err = {.alert = -1};

	switch (c->srv->backend->handshake(c->session, &err)) {
	case TLS_OK:
		answer_page(c);
		break;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		break;
	case TLS_CLOSED:
	case TLS_EOF:
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		conn_fail(c, &err);
		break;
	}
}

/* ---- sending ---- */

/* A file of -WWW is as long as it was when it was opened: the client has been told, or sees the
 * end of the connection as the end of the file. With close_notify it would take the part that
 * could be read for the whole. */
static void file_ended(struct conn *c, struct web *web, int error)
{
	close_file(web);
	if (!error && web->sent >= web->size)
		return;
	c->failed = true;
	report_file_broken(c, error);
	conn_close(c, false);
}

/* One chunk of the file, sent from where it was read; only what the library does not take is
 * copied. False: nothing more to do now. */
static bool send_chunk(struct conn *c, struct web *web)
{
	uint64_t left = web->keep ? web->size - web->sent : UINT64_MAX;
	size_t room = left < sizeof(c->worker->buffer) ? (size_t)left : sizeof(c->worker->buffer);
	ssize_t n = read(web->fd, c->worker->buffer, room);
	struct bytes rest = {c->worker->buffer, n > 0 ? (size_t)n : 0};
	enum tls_status status = TLS_OK;

	if (n <= 0) {
		file_ended(c, web, n < 0 ? errno : 0);
		return c->state == CONN_OPEN;
	}
	web->sent += rest.n;
	while (rest.n && status == TLS_OK) {
		size_t done = 0;

		status = conn_write(c, rest, &done);
		rest.p += done;
		rest.n -= done;
	}
	if (status == TLS_FAIL)
		return false;
	if (rest.n)
		conn_queue(c, rest);
	return !rest.n;
}

/* The answer is out. True when the connection waits for another request. */
static bool answer_sent(struct conn *c, struct web *web)
{
	if (!web->keep) {
		conn_close(c, true);
		return false;
	}
	http_request_reset(&web->request);
	web->state = WEB_REQUEST;
	web->deadline = now(c) + NEXT_REQUEST_MS;
	c->pause_read = false;
	c->end_expected = true;
	return true;
}

/* True when the next request may be read. */
static bool run_answer(struct conn *c)
{
	struct web *web = c->mode_state;

	if (conn_pump(c) != TLS_OK)
		return false;
	for (int i = 0; i < WRITES_PER_RUN; i++) {
		if (web->fd < 0)
			return answer_sent(c, web);
		if (!send_chunk(c, web))
			return false;
	}
	conn_run_again(c);
	return false;
}

static void web_run(struct conn *c, bool readable)
{
	struct web *web = c->mode_state;

	(void)readable;
	for (int i = 0; i < ANSWERS_PER_RUN; i++) {
		if (web->state == WEB_REQUEST) {
			if (!read_request(c))
				return;
			answer_request(c);
		}
		if (c->state == CONN_OPEN && web->state == WEB_RENEGOTIATE)
			run_renegotiation(c);
		if (c->state != CONN_OPEN || web->state != WEB_ANSWER || !run_answer(c))
			return;
	}
	conn_run_again(c);
}

/* Headers that do not come are not waited for, and a connection that is kept ends without a word
 * when no request comes. */
static bool web_timed_out(struct conn *c)
{
	struct web *web = c->mode_state;

	if (!web->deadline)
		return false;
	if (request_ended(c))
		answer_request(c);
	return true;
}

const struct mode mode_web = {
	.open = web_open,
	.run = web_run,
	.timed_out = web_timed_out,
	.failed = report_failure_web,
	.closed = web_closed,
};
