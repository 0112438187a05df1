/*
 * core/sendq.h -- between a library and its transport, for libraries that fail when a send is taken
 * in part, or that lose an alert which is refused.
 *
 * The library sees whole sends only. What the transport refuses is kept here, and the answer to the
 * call with it, so that nothing is reported done, or over, before it is with the transport.
 */
#ifndef S_SERVER_CORE_SENDQ_H
#define S_SERVER_CORE_SENDQ_H

#include "core/tls_backend.h"

/* All zero at first. */
struct sendq {
	uint8_t *p;
	size_t n, cap;
	size_t written;            /* of a write that is to be answered, 0: none */
	struct tls_error *failure; /* the end that is to be told, NULL: none */
};

void sendq_release(struct sendq *q);

/* TLS_OK: all of it is taken. TLS_WANT_WRITE: nothing is, too much is waiting. TLS_FAIL: the
 * transport is broken, or there is no memory. */
enum tls_status sendq_put(struct sendq *q, const struct tls_transport *io, const void *buf,
			  size_t n);

/* TLS_OK: the transport has all. TLS_WANT_WRITE or TLS_FAIL. */
enum tls_status sendq_flush(struct sendq *q, const struct tls_transport *io);

/*
 * What to return for a call that ends with `st` (and *done, of a write; else NULL): the same when
 * the transport has all, else TLS_WANT_WRITE. Failures and writes are then kept for sendq_begin().
 */
enum tls_status sendq_answer(struct sendq *q, const struct tls_transport *io, enum tls_status st,
			     size_t *done, struct tls_error *err);

/* At the begin of a call. True: *st is to be returned at once: what was kept, or TLS_WANT_WRITE as
 * long as there is something to send. done: of a write, else NULL. */
bool sendq_begin(struct sendq *q, const struct tls_transport *io, enum tls_status *st,
		 size_t *done, struct tls_error *err);
/* The same for a read, which what is still to be sent does not keep from reading. */
bool sendq_begin_read(struct sendq *q, const struct tls_transport *io, enum tls_status *st,
		      struct tls_error *err);

#endif
