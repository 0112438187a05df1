#include "core/sendq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A record and an alert fit. */
enum { SENDQ_MAX = 32 * 1024 };

void sendq_release(struct sendq *q)
{
	free(q->p);
	free(q->failure);
	*q = (struct sendq){0};
}

static bool keep(struct sendq *q, const uint8_t *p, size_t n)
{
	if (!q->p || q->n + n > q->cap) {
		uint8_t *grown = realloc(q->p, q->n + n);

		if (!grown)
			return false;
		q->p = grown;
		q->cap = q->n + n;
	}
	memcpy(q->p + q->n, p, n);
	q->n += n;
	return true;
}

/* TLS_OK: all is sent. *n: how much. */
static enum tls_status send_some(const struct tls_transport *io, const uint8_t *p, size_t *n)
{
	size_t all = *n;

	*n = 0;
	while (*n < all) {
		size_t done = 0;
		enum tls_status st = io->send(io->ud, p + *n, all - *n, &done);

		if (st == TLS_WANT_READ || st == TLS_WANT_WRITE)
			return TLS_WANT_WRITE;
		if (st != TLS_OK)
			return TLS_FAIL;
		*n += done;
	}
	return TLS_OK;
}

enum tls_status sendq_flush(struct sendq *q, const struct tls_transport *io)
{
	size_t n = q->n;
	enum tls_status st;

	if (!n)
		return TLS_OK;
	st = send_some(io, q->p, &n);
	q->n -= n;
	if (q->n) {
		memmove(q->p, q->p + n, q->n);
		return st;
	}
	free(q->p);
	q->p = NULL;
	q->cap = 0;
	return TLS_OK;
}

enum tls_status sendq_put(struct sendq *q, const struct tls_transport *io, const void *buf,
			  size_t n)
{
	const uint8_t *p = buf;
	enum tls_status st = sendq_flush(q, io);
	size_t sent = n;

	if (st == TLS_WANT_WRITE && q->n + n > SENDQ_MAX)
		return st;
	if (st == TLS_WANT_WRITE)
		return keep(q, p, n) ? TLS_OK : TLS_FAIL;
	if (st == TLS_OK)
		st = send_some(io, p, &sent);
	if (st == TLS_WANT_WRITE)
		return keep(q, p + sent, n - sent) ? TLS_OK : TLS_FAIL;
	return st;
}

static enum tls_status broken(struct tls_error *err)
{
	*err = (struct tls_error){.alert = -1};
	(void)snprintf(err->text, sizeof(err->text), "sending failed");
	return TLS_FAIL;
}

static enum tls_status keep_answer(struct sendq *q, enum tls_status st, size_t *done,
				   const struct tls_error *err)
{
	if (st == TLS_OK && done) {
		q->written = *done;
		*done = 0;
	}
	if (st != TLS_FAIL)
		return TLS_WANT_WRITE;
	q->failure = malloc(sizeof(*q->failure));
	if (!q->failure)
		return TLS_FAIL;
	*q->failure = *err;
	return TLS_WANT_WRITE;
}

enum tls_status sendq_answer(struct sendq *q, const struct tls_transport *io, enum tls_status st,
			     size_t *done, struct tls_error *err)
{
	if (!q->n || (st != TLS_OK && st != TLS_WANT_READ && st != TLS_FAIL))
		return st;
	switch (sendq_flush(q, io)) {
	case TLS_WANT_WRITE:
		return keep_answer(q, st, done, err);
	case TLS_FAIL:
		return st == TLS_FAIL ? st : broken(err);
	case TLS_OK:
	case TLS_WANT_READ:
	case TLS_CLOSED:
	case TLS_EOF:
	case TLS_UNSUPPORTED:
		break;
	}
	return st;
}

bool sendq_begin(struct sendq *q, const struct tls_transport *io, enum tls_status *st, size_t *done,
		 struct tls_error *err)
{
	*st = sendq_flush(q, io);
	if (*st == TLS_WANT_WRITE)
		return true;
	if (q->failure) {
		*err = *q->failure;
		*st = TLS_FAIL;
		free(q->failure);
		q->failure = NULL;
		return true;
	}
	if (*st == TLS_FAIL) {
		*st = broken(err);
		return true;
	}
	if (!done || !q->written)
		return false;
	*done = q->written;
	q->written = 0;
	return true;
}

bool sendq_begin_read(struct sendq *q, const struct tls_transport *io, enum tls_status *st,
		      struct tls_error *err)
{
	if (q->failure)
		return sendq_begin(q, io, st, NULL, err);
	/* A transport that is broken may still have the reason to be read. */
	(void)sendq_flush(q, io);
	return false;
}
