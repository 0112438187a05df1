/*
 * tests/e2e/e2e.h -- the program, run with one backend against real clients.
 *
 * The backend is $TEST_BACKEND. Commands run in the directory of the test certificates, with these
 * variables: $PORT or $U (the server's address), $T (a directory of this run, removed afterwards),
 * $C (openssl s_client, connected to the server), $G (gnutls-cli, likewise), $R (tests/responder, for as
 * long as the server or client that it is started for).
 */
#ifndef S_SERVER_TESTS_E2E_H
#define S_SERVER_TESTS_E2E_H

#include "tests/support/proc.h"

struct server {
	struct proc proc;
	unsigned port; /* 0 with -unix $T/s */
	char dir[64];  /* $T */
	unsigned naccept;
};

/* "openssl", ...; the test fails when $TEST_BACKEND is not set. */
const char *e2e_backend(void);
/* What starts the program: its path and --backend=X. For a shell. */
const char *e2e_program(void);
bool e2e_on(const char *backend);
/* True when the backend (with this library) does what these options ask for. */
bool e2e_supports(const char *options);

/*
 * Start with these options (shell words, maybe with NAME=value before them) and wait until it listens. -accept 127.0.0.1:0 is added
 * unless they hold -accept, -port or -unix; naccept 0: unlimited. Fails the test when the server
 * ends instead.
 */
void server_start(struct server *s, unsigned naccept, const char *options);
/* The same; false (s->proc ended and read to its end) when the server ends before it listens. */
bool server_try_start(struct server *s, unsigned naccept, const char *options);
/* Run a client (a shell command) to its end: what it printed on both streams, and its status. */
int server_client(struct server *s, struct strbuf *text, const char *command);
/* Start a client that goes on beside the test. */
void server_client_start(struct server *s, struct proc *client, enum proc_stdin in,
			 const char *command);
/* Wait for the server's own end (naccept, Q); false after a while, then it is killed. */
bool server_wait(struct server *s);
/* End it (SIGTERM where it still runs) and free. */
void server_stop_release(struct server *s);

/* Everything the run left: lines of the server with "stdout| " and "stderr| " before them, and of
 * the files in $T with "file| ". */
void server_transcript(struct server *s, struct strbuf *out);
void transcript_add(struct strbuf *out, const char *label, const struct strbuf *text);

/* One run from start to end: all of that, and lines "client| ", "client status| N", "did not end|"
 * and "server status| N". False when the server did not start. */
bool e2e_run(unsigned naccept, const char *options, const char *client, struct strbuf *transcript);

/* POSIX extended regular expression, '^' and '$' match at lines. */
bool text_matches(const struct strbuf *text, const char *pattern);

/* Note that the running test has shown the effect of an option with this backend. */
void proved(const char *option);

#endif
