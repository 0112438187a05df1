/*
 * core/transport.h -- the byte stream under a TLS session: one socket, read-ahead, joined sends.
 *
 * Libraries read 5-byte headers and send a record per call; the transport reads ahead into one
 * buffer and joins what one library call sends into one send(2). Buffers exist only while they hold
 * something, so an idle connection costs none. A tap sees the bytes only when one is set.
 */
#ifndef S_SERVER_CORE_TRANSPORT_H
#define S_SERVER_CORE_TRANSPORT_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

struct transport {
	int fd;           /* non-blocking stream socket; closed by transport_release() */
	struct strbuf in; /* read ahead, from in_pos on not yet taken by the library */
	size_t in_pos;
	struct strbuf out; /* sent by the library, from out_pos on not yet taken by the socket */
	size_t out_pos;
	bool eof;           /* the peer has shut its side down, and all it sent has been taken */
	bool read_eof;      /* the same, but read-ahead may remain */
	bool drained;       /* the last receive got less than it could take: an event tells of more */
	int error;          /* errno of a failed send or receive, 0 when none */
	bool last_words;    /* what the library sends now is small and must be taken */
	bool no_read_ahead; /* take from the socket only what the library asks for */

	/* A send was refused because the socket was full; the owner clears it. When the queue is empty
	 * all the same, no event tells that the library may go on. */
	bool blocked;

	/* -nbio_test: every second call of the library gets WANT although it could go on. */
	bool fault;
	bool fault_turn;
	bool faulted; /* set when a call was refused in that way; the owner clears it */

	uint8_t first[5]; /* that the library has taken */
	size_t n_first;
	/* Where the bytes that the library has taken stand in the client's records. */
	uint8_t header[5];
	size_t n_header;       /* 5: inside a record */
	size_t record_left;    /* bytes of its payload still to come */
	unsigned long records; /* complete ones */
	bool ccs;              /* the last one was a ChangeCipherSpec */
	bool mid_handshake;    /* it belongs to a handshake (before TLS 1.3) that goes on */

	/* Called with the bytes that the library takes, or hands over. NULL: none. */
	void (*tap)(void *ud, enum tls_dir dir, struct bytes data, size_t asked);
	void *tap_ud;
};

void transport_init(struct transport *t, int fd);
void transport_release(struct transport *t);

/* The callbacks for the library. */
struct tls_transport transport_callbacks(struct transport *t);

/*
 * Read ahead from the socket, at most `limit` bytes unread in the buffer. TLS_OK when bytes came,
 * TLS_WANT_READ, TLS_EOF, TLS_FAIL (see error).
 */
enum tls_status transport_fill(struct transport *t, size_t limit);
/* The socket has news: what was drained is asked again. */
static inline void transport_readable(struct transport *t)
{
	t->drained = false;
}
/* What is read ahead and not yet taken. */
struct bytes transport_unread(const struct transport *t);

/* True when the library has taken whole records only, and no handshake half. */
bool transport_between_messages(const struct transport *t);

/* Hand everything queued to the socket: TLS_OK, TLS_WANT_WRITE (some remains) or TLS_FAIL. */
enum tls_status transport_flush(struct transport *t);
/* The same when the socket is shut or closed next: the end goes out with the last bytes. */
enum tls_status transport_flush_last(struct transport *t);
size_t transport_queued(const struct transport *t);

/* Queue bytes beside the library (the P command). */
void transport_send_raw(struct transport *t, struct bytes data);

/* Read and discard. TLS_WANT_READ: more may come; TLS_EOF: the peer is done; TLS_FAIL. */
enum tls_status transport_drain(struct transport *t);

#endif
