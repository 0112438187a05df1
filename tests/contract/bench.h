/*
 * tests/contract/bench.h -- one backend on a bench: a context from s_server's own options, a host
 * that records, a transport that can be made hostile, and `openssl s_client` at the other end.
 *
 * A plain program, as Criterion programs must not load a backend. What goes wrong ends it with
 * status 1 and the place on stderr; what the backend cannot do ends it with 77.
 */
#ifndef S_SERVER_TESTS_BENCH_H
#define S_SERVER_TESTS_BENCH_H

#include "cli/config.h"
#include "core/client_hello.h"
#include "core/wire.h"

#include <sys/types.h>

enum { BENCH_WAIT_MS = 10000, BENCH_MAX_VERIFY = 32, BENCH_LOG = 16384 };

/* How the transport misbehaves. Zeroed: not at all. */
struct hostile {
	bool pieces;    /* one byte a call */
	bool want;      /* every other call is refused */
	size_t flip_at; /* the byte with this number, counted from 1, comes in damaged; 0: none */
	size_t eof_at;  /* the stream ends after this many bytes came in; 0: never */
	bool deaf;      /* send() refuses for good after deaf_at bytes */
	size_t deaf_at;
	bool broken; /* send() fails for good after fail_at bytes */
	size_t fail_at;
};

struct recorded {
	size_t secrets, messages, states, alerts_in, alerts_out;
	int last_alert_in, last_alert_out; /* -1 */
	char secret_lines[BENCH_LOG]; /* as in a key log */
	char state_lines[BENCH_LOG], notes[BENCH_LOG];
	struct {
		int depth, error;
		size_t cert_n;
	} verify[BENCH_MAX_VERIFY];
	size_t n_verify;
	char sni[256], alpn_offered[256], psk_identity[256];
	size_t n_sni, n_alpn, n_psk, n_staple, n_crls, n_put, n_get, n_hit, n_del;
	uint16_t psk_version;
};

/* What the host decides; set before the handshake. */
struct decisions {
	bool verify_ok;    /* go on after a verification error */
	int sni;           /* what select_sni answers */
	const char *alpn;  /* NULL: refuse */
	bool psk_ok;
	struct bytes psk_key;
	const char *psk_identity; /* NULL: any */
	struct bytes staple;      /* empty: none */
	struct bytes crl;         /* the same */
};

struct bench {
	const struct tls_backend *backend;
	struct tls_cap_entry cap[TLS_CAP_COUNT];
	struct options options;
	struct config config;
	struct tls_host host;
	struct tls_ctx *ctx;
	int listener;
	unsigned port;
};

struct peer {
	struct bench *bench;
	pid_t pid;
	int in, out; /* s_client's stdin and both its outputs; -1 when closed */
	struct strbuf text;

	int fd;
	struct hostile hostile;
	bool turn, faulted;
	struct strbuf ahead; /* read to find the ClientHello, then taken by the library */
	size_t ahead_pos, received, sent;
	bool eof;
	struct client_hello hello;
	struct wire_hello_reader reader;
	bool have_hello;

	struct tls_transport io;
	struct tls_session *session;
	struct tls_error err;
	struct recorded seen;
	struct decisions decide;
};

/* Ends the program. */
void fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
#define FAIL(...) fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			FAIL("%s", #what);                                                         \
	} while (0)
#define CHECK_INT(a, b)                                                                            \
	do {                                                                                       \
		long long a_ = (long long)(a), b_ = (long long)(b);                                \
		if (a_ != b_)                                                                      \
			FAIL("%s is %lld, not %lld", #a, a_, b_);                                  \
	} while (0)

/* Skip unless the backend can do that at all. */
void bench_need(const struct bench *b, enum tls_cap cap);
bool bench_can(const struct bench *b, enum tls_cap cap);

/* Load and initialise the backend; once. */
void bench_init(struct bench *b, const char *backend);
/* A context from s_server options; "\x1f" between words. Fails the test when there is none. */
void bench_open(struct bench *b, const char *options);
/* The same, but an error is wanted: the status, and *err filled. */
enum tls_status bench_try(struct bench *b, const char *options, struct tls_error *err);
/* Only the configuration, for changes by hand; then bench_make(). */
void bench_configure(struct bench *b, const char *options);
enum tls_status bench_make(struct bench *b, struct tls_error *err);
void bench_close(struct bench *b);

/* Start s_client with these options (shell words) and take its connection. */
void peer_start(struct peer *p, struct bench *b, const char *options);
/* A bare connection instead of s_client, which sends that and shuts its side down. */
void peer_start_raw(struct peer *p, struct bench *b, struct bytes data);
/* Make the session. */
void peer_session(struct peer *p);
/* Run read_early() to its end; what came is in buf. */
enum tls_status peer_early(struct peer *p, char *buf, size_t len, size_t *got);
/* Run handshake() to its end. */
enum tls_status peer_handshake(struct peer *p);
/* All of the above, and TLS_OK is wanted. */
void peer_connect(struct peer *p, struct bench *b, const char *options);
/* Read until that many bytes came, or another end than WANT. */
enum tls_status peer_read(struct peer *p, char *buf, size_t len, size_t *got);
/* Write all of it. */
enum tls_status peer_write(struct peer *p, const char *text);
enum tls_status peer_shutdown(struct peer *p);
/* Repeat a command while it wants to write; TLS_UNSUPPORTED when the backend has none. */
enum command { COMMAND_RENEGOTIATE, COMMAND_RENEGOTIATE_CERT, COMMAND_KEY_UPDATE,
	       COMMAND_REQUEST_CERT };
enum tls_status peer_command(struct peer *p, enum command command);
/* To s_client's stdin, and what it prints, waited for. */
void peer_type(struct peer *p, const char *text);
void peer_expect(struct peer *p, const char *text);
/* Data goes both ways, unharmed. */
void peer_echo(struct peer *p);
/* Wait for readability; false when the time is over. */
bool peer_wait(struct peer *p);
/* Free the session, close, end s_client; p->text keeps all it printed until peer_release(). */
void peer_end(struct peer *p);
void peer_release(struct peer *p);

struct tls_host recording_host(void);

struct scenario {
	const char *name;
	void (*run)(struct bench *b);
};
extern const struct scenario scenarios_basic[], scenarios_errors[], scenarios_facts[],
	scenarios_decisions[], scenarios_verify[], scenarios_resumption[], scenarios_commands[],
	scenarios_ends[], scenarios_hostile[], scenarios_early[];

#endif
