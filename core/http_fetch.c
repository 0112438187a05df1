#include "core/http_fetch.h"

#include <stdlib.h>
#include <string.h>

struct http_fetch {
	uv_loop_t *loop;
	http_fetch_done *done; /* NULL when told or cancelled */
	void *ud;
	struct strbuf request, reply;
	struct http_reply_wanted wanted;
	const char *failure; /* found before the loop ran; the timer tells */

	unsigned pending; /* handles and the look-up that still refer to this */
	uv_timer_t timer;
	uv_tcp_t tcp;
	bool open; /* tcp is initialised and not closing */
	uv_getaddrinfo_t lookup;
	bool looking;
	struct addrinfo *addresses, *next; /* next: to be tried */
	uv_connect_t connect;
	uv_write_t write;
	char buffer[16 * 1024];
};

static void drop(struct http_fetch *f)
{
	if (--f->pending)
		return;
	uv_freeaddrinfo(f->addresses);
	strbuf_release(&f->request);
	strbuf_release(&f->reply);
	free(f);
}

static void on_closed(uv_handle_t *handle)
{
	drop(handle->data);
}

static void close_tcp(struct http_fetch *f)
{
	if (f->open)
		uv_close((uv_handle_t *)&f->tcp, on_closed);
	f->open = false;
}

void http_fetch_cancel(struct http_fetch *f)
{
	f->done = NULL;
	if (f->looking)
		(void)uv_cancel((uv_req_t *)&f->lookup); /* one under way calls back in its time */
	close_tcp(f);
	uv_close((uv_handle_t *)&f->timer, on_closed);
}

static void finish(struct http_fetch *f, struct bytes body, const char *why)
{
	http_fetch_done *done = f->done;

	if (!done)
		return;
	f->done = NULL;
	done(f->ud, body, why);
	http_fetch_cancel(f);
}

static void fail(struct http_fetch *f, const char *why)
{
	finish(f, (struct bytes){NULL, 0}, why);
}

static void on_timer(uv_timer_t *timer)
{
	struct http_fetch *f = timer->data;

	fail(f, f->failure ? f->failure : "timed out");
}

/* ---- the exchange ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct http_fetch *f = handle->data;

	(void)suggested;
	*buf = uv_buf_init(f->buffer, sizeof(f->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct http_fetch *f = stream->data;
	struct bytes body = {NULL, 0};
	const char *why = NULL;

	if (!f->done || n == 0)
		return;
	if (n < 0 && n != UV_EOF) {
		fail(f, uv_strerror((int)n));
		return;
	}
	if (n > 0)
		strbuf_add(&f->reply, buf->base, (size_t)n);
	switch (http_reply_read(strbuf_bytes(&f->reply), n < 0, &f->wanted, &body, &why)) {
	case HTTP_REPLY_MORE:
		return;
	case HTTP_REPLY_DONE:
	case HTTP_REPLY_BAD:
		finish(f, body, why);
		return;
	}
}

/* A server may answer before it has read all, so reading begins at once. */
static void on_written(uv_write_t *write, int status)
{
	struct http_fetch *f = write->data;

	if (status < 0)
		fail(f, uv_strerror(status));
}

static void try_next(struct http_fetch *f, int status);

static void on_connected(uv_connect_t *connect, int status)
{
	struct http_fetch *f = connect->data;
	uv_buf_t buf = uv_buf_init(f->request.p, (unsigned)f->request.n);

	if (!f->done)
		return;
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&f->tcp, on_alloc, on_read);
	if (status == 0)
		status = uv_write(&f->write, (uv_stream_t *)&f->tcp, &buf, 1, on_written);
	if (status < 0)
		try_next(f, status);
}

static void on_tcp_closed(uv_handle_t *handle)
{
	struct http_fetch *f = handle->data;

	if (!f->done) {
		drop(f);
		return;
	}
	f->pending--;
	try_next(f, 0);
}

/* Connect to the next address; status: why the one before failed. */
static void try_next(struct http_fetch *f, int status)
{
	struct addrinfo *address = f->next;

	if (!address) {
		fail(f, uv_strerror(status));
		return;
	}
	if (f->open) { /* the handle is used up; it comes back here when it is closed */
		f->open = false;
		uv_close((uv_handle_t *)&f->tcp, on_tcp_closed);
		return;
	}
	f->next = address->ai_next;
	status = uv_tcp_init(f->loop, &f->tcp);
	if (status == 0) {
		f->open = true;
		f->pending++;
		f->tcp.data = f->connect.data = f->write.data = f;
		status = uv_tcp_connect(&f->connect, &f->tcp, address->ai_addr, on_connected);
	}
	if (status < 0)
		try_next(f, status);
}

static void on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct http_fetch *f = lookup->data;

	f->looking = false;
	f->addresses = f->next = found;
	if (f->done && status < 0)
		fail(f, uv_strerror(status));
	else if (f->done)
		try_next(f, UV_EAI_NONAME);
	drop(f);
}

/* ---- the start ---- */

static void write_request(struct strbuf *out, const struct http_fetch_request *r)
{
	strbuf_adds(out, r->post_type ? "POST " : "GET ");
	if (r->proxy) {
		strbuf_adds(out, "http://");
		http_url_add_authority(out, r->url);
	}
	strbuf_addf(out, "%s HTTP/1.0\r\nHost: ", r->url->path);
	http_url_add_authority(out, r->url);
	strbuf_adds(out, "\r\n");
	if (r->post_type)
		strbuf_addf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", r->post_type,
			    r->post.n);
	strbuf_adds(out, "\r\n");
	strbuf_add(out, r->post.p, r->post.n);
}

/* NULL, or why it cannot be tried. */
static const char *look_up(struct http_fetch *f, const struct http_url *where)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	int status;

	f->lookup.data = f;
	status =
		uv_getaddrinfo(f->loop, &f->lookup, on_looked_up, where->host, where->port, &hints);
	if (status < 0)
		return uv_strerror(status);
	f->looking = true;
	f->pending++;
	return NULL;
}

static const char *begin(struct http_fetch *f, const struct http_fetch_request *r)
{
	struct http_url proxy;
	const char *why;

	if (r->url->tls)
		return "responders behind https are not asked";
	write_request(&f->request, r);
	if (!r->proxy)
		return look_up(f, r->url);
	if (!http_url_parse((struct bytes){(const uint8_t *)r->proxy, strlen(r->proxy)}, &proxy))
		return "the proxy's URL does not parse";
	why = proxy.tls ? "a proxy behind https is not used" : look_up(f, &proxy);
	http_url_release(&proxy);
	return why;
}

struct http_fetch *http_fetch_start(uv_loop_t *loop, const struct http_fetch_request *request,
				    http_fetch_done *done, void *ud)
{
	struct http_fetch *f = xcalloc(1, sizeof(*f));

	f->loop = loop;
	f->done = done;
	f->ud = ud;
	f->wanted = request->wanted;
	f->pending = 1;
	(void)uv_timer_init(loop, &f->timer); /* cannot fail */
	f->timer.data = f;
	f->failure = begin(f, request);
	/* Cannot fail with a callback either. */
	(void)uv_timer_start(&f->timer, on_timer, f->failure ? 0 : request->timeout_ms, 0);
	return f;
}

/* ---- waiting for it ---- */

struct waiting {
	struct strbuf *body, *why;
	bool ok;
};

static void on_done(void *ud, struct bytes body, const char *why)
{
	struct waiting *w = ud;

	w->ok = !why;
	if (why)
		strbuf_adds(w->why, why);
	else
		strbuf_add(w->body, body.p, body.n);
}

bool http_fetch_wait(const struct http_fetch_request *request, struct strbuf *body,
		     struct strbuf *why)
{
	struct waiting w = {body, why, false};
	uv_loop_t loop;
	int status = uv_loop_init(&loop);

	if (status < 0) {
		strbuf_adds(why, uv_strerror(status));
		return false;
	}
	(void)http_fetch_start(&loop, request, on_done, &w); /* frees itself */
	(void)uv_run(&loop, UV_RUN_DEFAULT);                 /* until nothing is left */
	(void)uv_loop_close(&loop);
	return w.ok;
}
