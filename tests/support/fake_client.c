#include "tests/support/fake_client.h"

#include "tests/support/file.h"
#include "tests/unit/fake_backend.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { DEADLINE_S = 20, MAX_WORDS = 40 };

/* ---- the server ---- */

void fake_start_in(struct fake *f, enum proc_stdin in, const char *environment, const char *words,
		   const char *cwd)
{
	const char *argv[MAX_WORDS + 4];
	struct strbuf line = STRBUF_INIT;
	char *save = NULL;
	size_t n = 0;
	const char *end;

	*f = (struct fake){.port = 0};
	strbuf_addf(&line, "env %s %s/tests/fake_server readyfile=/dev/stderr %s",
		    environment ? environment : "FAKE=1", test_servers(), words);
	for (char *word = strtok_r(line.p, " ", &save); word && n < MAX_WORDS;
	     word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	argv[n] = NULL;
	proc_start(&f->proc, argv, in, cwd);
	end = proc_expect_err(&f->proc, "\n");
	strbuf_add(&f->address, f->proc.err_text.p, (size_t)(end - f->proc.err_text.p));
	if (strrchr(f->address.p, ':'))
		f->port = (unsigned)strtoul(strrchr(f->address.p, ':') + 1, NULL, 10);
	strbuf_release(&line);
}

void fake_start(struct fake *f, enum proc_stdin in, const char *environment, const char *words)
{
	fake_start_in(f, in, environment, words, NULL);
}

void fake_end(struct fake *f, int status)
{
	int ended = proc_wait(&f->proc);

	cr_assert_eq(ended, status, "status %d\nstdout:\n%s\nstderr:\n%s", ended,
		     f->proc.out_text.p, f->proc.err_text.p);
}

void fake_release(struct fake *f)
{
	proc_release(&f->proc);
	strbuf_release(&f->address);
}

const char *fake_out(const struct fake *f)
{
	return f->proc.out_text.p ? f->proc.out_text.p : "";
}

const char *fake_err(const struct fake *f)
{
	return f->proc.err_text.p + f->address.n + 1;
}

/* ---- clients ---- */

int client_connect(const struct fake *f)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
	struct timeval deadline = {.tv_sec = DEADLINE_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_geq(fd, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
	cr_assert_eq(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0, "connect: %s",
		     strerror(errno));
	return fd;
}

void client_send(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t done = send(fd, at, n, MSG_NOSIGNAL);

		cr_assert_gt(done, 0, "send: %s", strerror(errno));
		at += done;
		n -= (size_t)done;
	}
}

void client_frame(int fd, char type, const char *text)
{
	size_t n = strlen(text);
	struct strbuf frame = STRBUF_INIT;

	cr_assert_leq(n, FRAME_MAX);
	strbuf_addc(&frame, type);
	strbuf_addc(&frame, (char)(n >> 8));
	strbuf_addc(&frame, (char)n);
	strbuf_adds(&frame, text);
	client_send(fd, frame.p, frame.n);
	strbuf_release(&frame);
}

static void receive(int fd, void *p, size_t n)
{
	ssize_t done = n ? recv(fd, p, n, MSG_WAITALL) : 0; /* recv() of nothing waits, too */

	cr_assert_eq(done, (ssize_t)n, "%zd instead of %zu bytes from the server: %s", done, n,
		     done < 0 ? strerror(errno) : "end");
}

static char receive_frame(int fd, struct strbuf *payload)
{
	uint8_t header[FRAME_HEADER];
	size_t n;

	receive(fd, header, sizeof(header));
	n = (size_t)header[1] << 8 | header[2];
	strbuf_reset(payload);
	strbuf_reserve(payload, n + 1);
	receive(fd, payload->p, n);
	payload->n = n;
	payload->p[n] = '\0';
	return (char)header[0];
}

void client_expect(int fd, char type, struct strbuf *payload)
{
	struct strbuf own = STRBUF_INIT;
	char got = receive_frame(fd, payload ? payload : &own);

	cr_assert_eq(got, type, "frame %c instead of %c", got, type);
	strbuf_release(&own);
}

void client_hello(int fd, const char *script)
{
	client_frame(fd, 'H', script);
	client_expect(fd, 'h', NULL);
	client_frame(fd, 'F', "");
}

void client_recorded(int fd, const char *name)
{
	struct strbuf path = STRBUF_INIT, hello = STRBUF_INIT;

	strbuf_addf(&path, "hello/%s", name);
	test_data(&hello, path.p);
	client_send(fd, hello.p, hello.n);
	strbuf_release(&path);
	strbuf_release(&hello);
}

void client_tls_hello(int fd, const char *name, const char *script)
{
	client_recorded(fd, name);
	client_hello(fd, script);
}

void client_read_all(int fd, struct strbuf *data)
{
	struct strbuf payload = STRBUF_INIT;
	char type;

	while ((type = receive_frame(fd, &payload)) == 'D')
		strbuf_add(data, payload.p, payload.n);
	cr_assert_eq(type, 'C', "frame %c instead of close_notify", type);
	strbuf_release(&payload);
}

void client_expect_eof(int fd)
{
	char buf[4096];
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0);
	cr_assert(n == 0 || errno == ECONNRESET, "no end from the server: %s", strerror(errno));
	(void)close(fd);
}

void client_close(int fd)
{
	client_frame(fd, 'C', "");
	client_expect_eof(fd);
}
