/*
 * core/conn.h -- one connection, from accept to close, and the server it belongs to.
 *
 * A connection goes HELLO (read the ClientHello ahead) -> STATUS (ask responders for what is to be
 * stapled, if anything) -> HANDSHAKE -> OPEN (its mode is in charge)
 * -> CLOSING (what is queued goes out, then half-close, then what the peer still sends is drained,
 * so that an alert is not lost to a reset) -> gone. Everything runs in the thread of its worker.
 */
#ifndef S_SERVER_CORE_CONN_H
#define S_SERVER_CORE_CONN_H

#include "core/listener.h"
#include "core/server.h"
#include "core/session_cache.h"
#include "core/transport.h"
#include "core/wire.h"

#include <stdatomic.h>
#include <uv.h>

struct conn;
struct pcapng;
struct staple;
struct terminal;
struct trace;

/* What happens on a connection whose handshake is done. */
struct mode {
	bool terminal; /* one client at a time, connected to the terminal */
	/* The handshake is complete. May be NULL. */
	void (*open)(struct conn *c);
	/* Go on as far as possible; readable: the socket had news. Called again on each event. */
	void (*run)(struct conn *c, bool readable);
	/* The time set by conn_set_timeout() is over. False: report it and close. May be NULL. */
	bool (*timed_out)(struct conn *c);
	/* The handshake, or the session later on, failed: print what the mode prints. */
	void (*failed)(struct conn *c, bool in_handshake, const struct tls_error *err);
	/* The connection is over; free mode_state. May be NULL. */
	void (*closed)(struct conn *c);
};

enum conn_state { CONN_HELLO, CONN_STATUS, CONN_HANDSHAKE, CONN_OPEN, CONN_CLOSING, CONN_GONE };

struct conn {
	struct server *srv;
	struct worker *worker;    /* the one that runs it, from accept to close */
	struct conn *next, *prev; /* worker->conns */
	struct conn *again_next;  /* worker->again, while queued */
	bool queued;              /* is in worker->again */
	bool running;             /* inside conn_run() */
	uint64_t id;              /* 1, 2, 3 ... in order of accept */
	enum conn_state state;
	uv_poll_t poll;
	uv_timer_t timer;
	int handles; /* libuv handles not yet closed; freed at 0 */
	int events;  /* what the poll handle waits for */

	struct transport transport;
	struct tls_transport io;
	struct wire_hello_reader *reader; /* until the ClientHello is there */
	struct client_hello *hello;       /* NULL when the first bytes were none */
	struct staple *staple;            /* NULL: no responder is asked */
	struct tls_session *session;
	const struct mode *mode;
	void *mode_state;

	struct strbuf outq; /* application data accepted and not yet taken by the library */
	size_t outq_pos;
	bool pause_read;  /* the mode does not want data now */
	bool end_expected; /* the client may leave now without close_notify */
	bool write_reads; /* a write waits for something the client is to send */
	bool notify;      /* send close_notify in CLOSING */
	bool peer_closed;      /* close_notify came: the peer sends nothing more */
	bool half_closed; /* CLOSING: our side is shut */
	bool early_over;      /* all early data is read, or none is wanted */
	struct strbuf early;  /* early data that the mode has not read yet */
	uint64_t early_bytes; /* of it there were */
	bool handshake_done;
	bool waited; /* the handshake has had to wait for the client's answer */
	bool failed; /* it ended by a failure */
	bool timed_out;
	bool silent; /* the client left before it sent a byte */

	/* facts for the reports */
	bool verify_called;        /* there was a client certificate to verify */
	struct strbuf alpn;        /* chosen protocol */
	struct strbuf server_name; /* as sent */
	int verify_error;          /* the last X509_V_ERR_*, 0 when none */
	bool verify_failed;        /* the handshake was refused for it */
	struct strbuf policies;    /* to be printed with the next finding */
	struct strbuf crl[TLS_MAX_CRLS]; /* fetched last, for the library */
	unsigned crl_ms;           /* spent on fetching them */
	struct trace *trace;       /* NULL unless -debug, -msg, -state ... */
	struct strbuf stored;      /* what the session cache gave last */
};

/* A loop and what belongs to it alone: only its own thread touches this, but for `wake`. */
struct worker {
	struct server *srv;
	unsigned number;    /* 1, 2, 3 ... */
	uv_thread_t thread; /* not of the first, which has the main thread */
	uv_loop_t loop;
	uv_async_t wake; /* the server is stopping, or below a limit again */
	uv_poll_t listen_poll;
	bool listening;          /* listen_poll is active */
	bool stopped;            /* listen_poll and wake are closed */
	uv_timer_t accept_timer; /* runs while descriptors or memory are short */
	uv_idle_t again_idle;
	struct conn *again, *again_last; /* connections to run once more without waiting */
	struct conn *conns;
	uint8_t buffer[16 * 1024]; /* scratch for application data */
};

/* The core's own part of struct tls_stats; any worker counts. */
struct server_counters {
	atomic_long accepts, accept_renegotiates, accepts_good, hits, misses, cb_hits, cache_full;
};

/* What the workers share. It does not change while they run, but where it says how. */
struct server {
	const struct tls_backend *backend;
	const struct tls_config *tls;
	struct tls_config tls_kept;     /* *tls without what the library refused ... */
	struct tls_setting *kept;       /* ... and its settings; NULL: nothing was */
	const struct server_config *cfg;
	const struct mode *mode;
	struct tls_host host;
	struct tls_ctx *ctx;
	struct tls_cap_entry cap[TLS_CAP_COUNT];
	struct tls_algorithms algorithms;

	struct worker *workers;
	unsigned n_workers;
	uv_signal_t signals[4]; /* in the loop of the first worker */

	/* Accepting, one worker at a time, so that -naccept and -max-connections are exact. */
	uv_mutex_t accept_lock;
	struct listener listener;
	unsigned n_polling; /* workers that still watch the listener */
	unsigned n_conns;   /* those that still serve: not CLOSING or GONE */
	unsigned long accepted;
	atomic_ulong failures; /* connections that did not end well, see server.h */
	bool stopping;

	struct terminal *terminal; /* NULL in modes without */
	uv_mutex_t cache_lock;
	struct session_cache *cache; /* under cache_lock */
	struct server_counters stats;
	int keylog_fd;         /* -1: none */
	struct pcapng *pcapng; /* NULL: none */
	int msg_fd;            /* where -msg goes */
};

/* Take an accepted, non-blocking socket over; n_conns has been counted up. NULL: it is closed. */
struct conn *conn_new(struct worker *w, int fd, uint64_t id);
/* Run the connection now. */
void conn_run(struct conn *c, bool readable);
/* Run it again from the loop, after other connections had their turn. */
void conn_run_again(struct conn *c);

/* For modes: decrypted data. Statuses as tls_backend.read(); failures are already reported and the
 * connection is then closing: on anything but TLS_OK and TLS_WANT_READ return at once. */
enum tls_status conn_read(struct conn *c, void *buf, size_t len, size_t *done);
/* Queue application data (copied) ... */
void conn_queue(struct conn *c, struct bytes data);
/* ... and move it: TLS_OK when all is taken, TLS_WANT_WRITE, or TLS_FAIL (reported, closing). */
enum tls_status conn_pump(struct conn *c);
/* Write without copying; *done may be less than data.n. Only when nothing is queued. */
enum tls_status conn_write(struct conn *c, struct bytes data, size_t *done);
/* End the connection in order; notify: with close_notify. */
void conn_close(struct conn *c, bool notify);
/* What a step of the handshake returned other than TLS_OK: it waits, or the connection fails. */
void conn_handshake_stopped(struct conn *c, enum tls_status status, const struct tls_error *err);
/* What status of a command or write means for the connection. */
void conn_fail(struct conn *c, const struct tls_error *err);

/* Restart the idle time-out; 0 seconds: none. */
void conn_set_timeout(struct conn *c, unsigned seconds);

/* The counters of the statistics block, from the library or the core. */
void server_stats(struct server *srv, struct tls_stats *out);
/* Stop accepting; each loop ends when its last connection is gone. From any worker. */
void server_stop(struct server *srv);
/* True when ordinary text goes to stdout: not with -quiet or -brief, unless -debug. */
bool server_talks(const struct server *srv);
/* A connection stopped serving: accept the next one where a limit held it back. */
void server_conn_done(struct worker *w);

extern const struct mode mode_interactive, mode_web, mode_rev;

#endif
