/* -www, -WWW and -HTTP: one answer a connection. */
#include "core/conn.h"
#include "core/http_request.h"
#include "core/out.h"
#include "core/report_text.h"
#include "core/web_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READS_PER_RUN = 16,
	WRITES_PER_RUN = 64, /* chunks of a file before other connections have their turn */
	NAME_SIZE = HTTP_MAX_LINE + 1,
};

enum web_state {
	WEB_REQUEST,     /* waits for the request line */
	WEB_RENEGOTIATE, /* /reneg: waits for the new handshake, then answers */
	WEB_ANSWER,      /* what is queued, then the file, go out */
};

struct web {
	enum web_state state;
	struct http_request request;
	int fd; /* of the file being sent, -1: none */
};

static const char text_header[] = "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\n";
static const char html_header[] = "HTTP/1.0 200 ok\r\nContent-type: text/html\r\n\r\n";

static void web_open(struct conn *c)
{
	struct web *web = xcalloc(1, sizeof(*web));

	web->fd = -1;
	c->mode_state = web;
	report_summary(c);
}

static void web_closed(struct conn *c)
{
	struct web *web = c->mode_state;

	if (!web)
		return;
	http_request_release(&web->request);
	if (web->fd >= 0)
		(void)close(web->fd); /* read only */
	free(web);
	c->mode_state = NULL;
}

/* ---- answers ---- */

static void queue_text(struct conn *c, const char *text)
{
	conn_queue(c, (struct bytes){(const uint8_t *)text, strlen(text)});
}

/* Nothing more is read from the client. */
static void answer(struct conn *c)
{
	struct web *web = c->mode_state;

	web->state = WEB_ANSWER;
	c->pause_read = true;
}

static void answer_status(struct conn *c, const char *status, const char *extra, const char *text)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out,
		    "HTTP/1.0 %s\r\n%sContent-type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
		    status, extra, strlen(text), text);
	conn_queue(c, strbuf_bytes(&out));
	strbuf_release(&out);
	answer(c);
}

static void answer_page(struct conn *c)
{
	struct strbuf out = STRBUF_INIT;

	web_page(&out, c);
	conn_queue(c, strbuf_bytes(&out));
	strbuf_release(&out);
	answer(c);
}

/* ---- files ---- */

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static const char *header_of(const char *name)
{
	bool html = ends_with(name, ".html") || ends_with(name, ".php") || ends_with(name, ".htm");

	return html ? html_header : text_header;
}

static void answer_open_error(struct conn *c, const char *name, int error)
{
	const char *mode = c->srv->cfg->http_binmode ? "rb" : "r";
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "%sError opening '%s' mode='%s'\r\n", text_header, name, mode);
	report_add_file_errors(&out, name, mode, error);
	conn_queue(c, strbuf_bytes(&out));
	strbuf_release(&out);
}

static void answer_about(struct conn *c, const char *name, const char *complaint)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "%s'%s' %s\r\n", text_header, name, complaint);
	conn_queue(c, strbuf_bytes(&out));
	strbuf_release(&out);
}

/* Opened first and looked at then, so that nobody can exchange it in between. */
static void answer_file(struct conn *c, const char *name)
{
	struct web *web = c->mode_state;
	/* Without O_NONBLOCK a named pipe would hold up everybody. */
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		answer_open_error(c, name, errno);
	} else if (S_ISDIR(st.st_mode)) {
		answer_about(c, name, "is a directory");
	} else if (!S_ISREG(st.st_mode)) {
		answer_open_error(c, name, ENXIO);
	} else {
		report_file(c, name);
		if (c->srv->cfg->mode == SERVER_FILES)
			queue_text(c, header_of(name));
		web->fd = fd;
		return;
	}
	if (fd >= 0)
		(void)close(fd); /* read only */
}

static void answer_path(struct conn *c, struct bytes path)
{
	char *name = xmalloc(NAME_SIZE);

	switch (http_check_path(path, name, NAME_SIZE)) {
	case HTTP_PATH_OK:
		answer_file(c, name);
		break;
	case HTTP_PATH_DOTS:
		answer_about(c, name, "contains '..' or ':'");
		break;
	case HTTP_PATH_INVALID:
		answer_about(c, name, "is an invalid path");
		break;
	case HTTP_PATH_NAME:
		answer_about(c, name, "is an invalid file name");
		break;
	}
	free(name);
	answer(c);
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
		strbuf_addf(&text, "%sCannot renegotiate: %s\r\n", text_header,
			    err.text[0] ? err.text : "the library has no renegotiation");
		conn_queue(c, strbuf_bytes(&text));
		strbuf_release(&text);
		answer(c);
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
		answer_status(c, "400 Bad Request", "", "The path must begin with '/'.\r\n");
}

static void answer_request(struct conn *c, const struct http_request *r)
{
	if (r->result == HTTP_MALFORMED) {
		answer_status(c, "400 Bad Request", "", "No GET request in sight.\r\n");
		return;
	}
	switch (r->method) {
	case HTTP_GET:
		answer_get(c, r);
		break;
	case HTTP_HEAD:
	case HTTP_KNOWN:
		answer_status(c, "405 Method Not Allowed", "Allow: GET\r\n",
			      "Only GET is answered here.\r\n");
		break;
	case HTTP_UNKNOWN:
		answer_status(c, "501 Not Implemented", "", "Only GET is answered here.\r\n");
		break;
	}
}

/* True when the request is there and being answered. */
static bool run_request(struct conn *c)
{
	struct web *web = c->mode_state;
	size_t n = 0, used = 0;

	for (int i = 0; i < READS_PER_RUN; i++) {
		enum tls_status status =
			conn_read(c, c->worker->buffer, sizeof(c->worker->buffer), &n);

		if (status == TLS_WANT_READ)
			return false;
		if (status != TLS_OK) {
			if (c->state == CONN_OPEN)
				conn_close(c, true);
			return false;
		}
		if (http_request_feed(&web->request, (struct bytes){c->worker->buffer, n}, &used) ==
		    HTTP_MORE)
			continue;
		answer_request(c, &web->request);
		return c->state == CONN_OPEN;
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

/* One chunk of the file, sent from where it was read; only what the library does not take is
 * copied. False: nothing more to do now. */
static bool send_chunk(struct conn *c, struct web *web)
{
	ssize_t n = read(web->fd, c->worker->buffer, sizeof(c->worker->buffer));
	struct bytes rest = {c->worker->buffer, n > 0 ? (size_t)n : 0};
	enum tls_status status = TLS_OK;

	if (n <= 0) { /* a file that cannot be read any further ends, as OpenSSL has it */
		(void)close(web->fd);
		web->fd = -1;
		return true;
	}
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

static void run_answer(struct conn *c)
{
	struct web *web = c->mode_state;

	if (conn_pump(c) != TLS_OK)
		return;
	for (int i = 0; i < WRITES_PER_RUN; i++) {
		if (web->fd < 0) {
			conn_close(c, true);
			return;
		}
		if (!send_chunk(c, web))
			return;
	}
	conn_run_again(c);
}

static void web_run(struct conn *c, bool readable)
{
	struct web *web = c->mode_state;

	(void)readable;
	if (web->state == WEB_REQUEST && !run_request(c) && c->state != CONN_OPEN)
		return;
	if (c->state == CONN_OPEN && web->state == WEB_RENEGOTIATE)
		run_renegotiation(c);
	if (c->state == CONN_OPEN && web->state == WEB_ANSWER)
		run_answer(c);
}

const struct mode mode_web = {
	.open = web_open,
	.run = web_run,
	.failed = report_failure_web,
	.closed = web_closed,
};
