/*
 * tests/support/fake_client.h -- a server with the fake backend as a child process, and clients
 * that speak its frames (tests/unit/fake_backend.h). Everything has a deadline, and failures fail
 * the test.
 */
#ifndef S_SERVER_TESTS_FAKE_CLIENT_H
#define S_SERVER_TESTS_FAKE_CLIENT_H

#include "tests/support/proc.h"

#include <criterion/criterion.h>

struct fake {
	struct proc proc;
	unsigned port;
	struct strbuf address; /* what it wrote when it was ready */
};

/* words: of fake_server.c, parted by blanks; environment: FAKE_X=y words, NULL for none. The server
 * listens when this returns. */
void fake_start(struct fake *f, enum proc_stdin in, const char *environment, const char *words);
/* The same, in that directory. */
void fake_start_in(struct fake *f, enum proc_stdin in, const char *environment, const char *words,
		   const char *cwd);
/* Wait for its own end, which must be an exit with that status. */
void fake_end(struct fake *f, int status);
void fake_release(struct fake *f);
/* What it printed on stdout and stderr, the line with the address left out. */
const char *fake_out(const struct fake *f);
const char *fake_err(const struct fake *f);

int client_connect(const struct fake *f);
void client_send(int fd, const void *p, size_t n);
/* One frame with text. */
void client_frame(int fd, char type, const char *text);
/* The next frame must have that type; its payload replaces *payload (NULL: does not matter). */
void client_expect(int fd, char type, struct strbuf *payload);
/* The whole handshake. */
void client_hello(int fd, const char *script);
/* A recorded ClientHello (tests/data/hello/NAME), to be sent before H. */
void client_recorded(int fd, const char *name);
/* client_hello() with one before it. */
void client_tls_hello(int fd, const char *name, const char *script);
/* D frames up to the C frame, joined. */
void client_read_all(int fd, struct strbuf *data);
/* The server's end of the stream must come, whatever comes before it. */
void client_expect_eof(int fd);
/* Say goodbye in order: C, the server's C, end. */
void client_close(int fd);

#endif
