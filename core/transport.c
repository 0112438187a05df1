#include "core/transport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_AHEAD = 16 * 1024 + 512, /* a full record and its header */
	DIRECT_READ = 4 * 1024,  /* from this size on read straight into the library's buffer */
	JOIN_LIMIT = 128 * 1024, /* queued bytes that make send() wait for the socket */
};

void transport_init(struct transport *t, int fd)
{
	*t = (struct transport){.fd = fd};
}

void transport_release(struct transport *t)
{
	strbuf_release(&t->in);
	strbuf_release(&t->out);
	if (t->fd >= 0)
		(void)close(t->fd); /* the peer has what it gets; there is nobody to tell */
	t->fd = -1;
}

struct bytes transport_unread(const struct transport *t)
{
	if (!t->in.p)
		return (struct bytes){NULL, 0};
	return (struct bytes){(const uint8_t *)t->in.p + t->in_pos, t->in.n - t->in_pos};
}

size_t transport_queued(const struct transport *t)
{
	return t->out.n - t->out_pos;
}

static enum tls_status receive(struct transport *t, void *buf, size_t len, size_t *done)
{
	ssize_t n;

	if (t->read_eof)
		return TLS_EOF;
	if (t->error)
		return TLS_FAIL;
	if (t->drained)
		return TLS_WANT_READ;
	do
		n = recv(t->fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		*done = (size_t)n;
		t->drained = *done < len;
		return TLS_OK;
	}
	if (n == 0) {
		t->read_eof = true;
		return TLS_EOF;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return TLS_WANT_READ;
	t->error = errno;
	return TLS_FAIL;
}

enum tls_status transport_fill(struct transport *t, size_t limit)
{
	enum tls_status status;
	size_t done = 0, have = t->in.n - t->in_pos;
	size_t room = have >= limit ? 0 : limit - have;

	if (room > READ_AHEAD)
		room = READ_AHEAD;
	if (!room)
		return TLS_OK;
	if (t->in_pos) {
		strbuf_consume(&t->in, t->in_pos);
		t->in_pos = 0;
	}
	strbuf_reserve(&t->in, room);
	status = receive(t, t->in.p + t->in.n, room, &done);
	t->in.n += done;
	t->in.p[t->in.n] = '\0';
	if (!t->in.n)
		strbuf_release(&t->in);
	return status;
}

static enum tls_status take(struct transport *t, void *buf, size_t len, size_t *done)
{
	struct bytes have = transport_unread(t);

	*done = have.n < len ? have.n : len;
	if (*done)
		memcpy(buf, have.p, *done);
	t->in_pos += *done;
	if (t->in_pos == t->in.n) {
		t->in_pos = 0;
		strbuf_release(&t->in);
	}
	return TLS_OK;
}

/* Before TLS 1.3 the client's half of a handshake ends with the record after ChangeCipherSpec. */
static void end_record(struct transport *t)
{
	enum { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22 };

	t->mid_handshake =
		t->header[0] == CHANGE_CIPHER_SPEC || (t->header[0] == HANDSHAKE && !t->ccs);
	t->ccs = t->header[0] == CHANGE_CIPHER_SPEC;
	t->n_header = 0;
	t->records++;
}

static void keep_first(struct transport *t, const uint8_t *p, size_t n)
{
	if (n > sizeof(t->first) - t->n_first)
		n = sizeof(t->first) - t->n_first;
	memcpy(t->first + t->n_first, p, n);
	t->n_first += n;
}

static void count_records(struct transport *t, const uint8_t *p, size_t n)
{
	keep_first(t, p, n);
	while (n) {
		size_t step = t->n_header < sizeof(t->header) ? sizeof(t->header) - t->n_header
							      : t->record_left;

		if (step > n)
			step = n;
		if (t->n_header < sizeof(t->header)) {
			memcpy(t->header + t->n_header, p, step);
			t->n_header += step;
			if (t->n_header == sizeof(t->header))
				t->record_left = (size_t)t->header[3] << 8 | t->header[4];
		} else {
			t->record_left -= step;
		}
		p += step;
		n -= step;
		if (t->n_header == sizeof(t->header) && !t->record_left)
			end_record(t);
	}
}

bool transport_between_messages(const struct transport *t)
{
	return t->n_header == 0 && !t->mid_handshake;
}

static bool refuse_this_call(struct transport *t)
{
	if (!t->fault || t->last_words)
		return false;
	t->fault_turn = !t->fault_turn;
	t->faulted |= t->fault_turn;
	return t->fault_turn;
}

static enum tls_status transport_recv(void *ud, void *buf, size_t len, size_t *done)
{
	struct transport *t = ud;
	enum tls_status status;

	if (!len)
		return TLS_WANT_READ;
	if (refuse_this_call(t))
		return TLS_WANT_READ;
	if (transport_unread(t).n) {
		status = take(t, buf, len, done);
	} else if (len >= DIRECT_READ || t->no_read_ahead) {
		status = receive(t, buf, len, done);
	} else {
		status = transport_fill(t, READ_AHEAD);
		if (status == TLS_OK)
			status = take(t, buf, len, done);
	}
	if (status == TLS_EOF)
		t->eof = true;
	if (status == TLS_OK)
		count_records(t, buf, *done);
	if (t->tap)
		t->tap(t->tap_ud, TLS_IN, (struct bytes){buf, status == TLS_OK ? *done : 0}, len);
	return status;
}

static enum tls_status flush(struct transport *t, int flags)
{
	while (t->out_pos < t->out.n) {
		ssize_t n = send(t->fd, t->out.p + t->out_pos, t->out.n - t->out_pos,
				 MSG_NOSIGNAL | flags);

		if (n >= 0) {
			t->out_pos += (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return TLS_WANT_WRITE;
		} else if (errno != EINTR) {
			t->error = errno;
			return TLS_FAIL;
		}
	}
	t->out_pos = 0;
	/* Kept while large data flows, given back by an idle connection. */
	if (t->out.cap && t->out.n < JOIN_LIMIT / 2)
		strbuf_release(&t->out);
	else
		strbuf_reset(&t->out);
	return TLS_OK;
}

enum tls_status transport_flush(struct transport *t)
{
	return flush(t, 0);
}

enum tls_status transport_flush_last(struct transport *t)
{
	return flush(t, MSG_MORE);
}

static enum tls_status transport_send(void *ud, const void *buf, size_t len, size_t *done)
{
	struct transport *t = ud;
	enum tls_status status;

	if (refuse_this_call(t))
		return TLS_WANT_WRITE;
	if (transport_queued(t) >= JOIN_LIMIT && !t->last_words) {
		status = transport_flush(t);
		t->blocked |= status == TLS_WANT_WRITE;
		if (status != TLS_OK)
			return status;
	}
	if (t->error)
		return TLS_FAIL;
	strbuf_add(&t->out, buf, len);
	*done = len;
	if (t->tap)
		t->tap(t->tap_ud, TLS_OUT, (struct bytes){buf, len}, len);
	return TLS_OK;
}

struct tls_transport transport_callbacks(struct transport *t)
{
	return (struct tls_transport){t, transport_recv, transport_send};
}

void transport_send_raw(struct transport *t, struct bytes data)
{
	strbuf_add(&t->out, data.p, data.n);
}

enum tls_status transport_drain(struct transport *t)
{
	char scratch[4096];
	size_t done;

	strbuf_release(&t->in);
	t->in_pos = 0;
	t->drained = false;
	for (int i = 0; i < 16; i++) {
		enum tls_status status = receive(t, scratch, sizeof(scratch), &done);

		if (status != TLS_OK)
			return status;
	}
	return TLS_WANT_READ;
}
