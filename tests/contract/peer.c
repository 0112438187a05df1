/* The client's end, and the transport between the two. */
#include "tests/contract/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the hostile transport ---- */

static bool refused(struct peer *p)
{
	if (!p->hostile.want)
		return false;
	p->turn = !p->turn;
	p->faulted |= p->turn;
	return p->turn;
}

static enum tls_status on_recv(void *ud, void *buf, size_t len, size_t *done)
{
	struct peer *p = ud;
	size_t left = p->hostile.eof_at ? p->hostile.eof_at - p->received : len;
	ssize_t n;

	CHECK(len > 0);
	*done = 0;
	if (refused(p))
		return TLS_WANT_READ;
	if (!left)
		return TLS_EOF;
	if (len > left)
		len = left;
	if (p->hostile.pieces)
		len = 1;
	if (p->ahead_pos < p->ahead.n) {
		if (len > p->ahead.n - p->ahead_pos)
			len = p->ahead.n - p->ahead_pos;
		memcpy(buf, p->ahead.p + p->ahead_pos, len);
		p->ahead_pos += len;
		n = (ssize_t)len;
	} else {
		n = recv(p->fd, buf, len, 0);
	}
	if (n == 0)
		p->eof = true;
	if (n == 0)
		return TLS_EOF;
	if (n < 0)
		return errno == EAGAIN ? TLS_WANT_READ : TLS_FAIL;
	if (p->received < p->hostile.flip_at && p->hostile.flip_at <= p->received + (size_t)n)
		((uint8_t *)buf)[p->hostile.flip_at - p->received - 1] ^= 0x20;
	p->received += (size_t)n;
	*done = (size_t)n;
	return TLS_OK;
}

static enum tls_status on_send(void *ud, const void *buf, size_t len, size_t *done)
{
	struct peer *p = ud;
	ssize_t n;

	CHECK(len > 0);
	*done = 0;
	if (refused(p))
		return TLS_WANT_WRITE;
	if (p->hostile.deaf && p->sent + len > p->hostile.deaf_at)
		len = p->hostile.deaf_at - p->sent;
	if (!len)
		return TLS_WANT_WRITE;
	if (p->hostile.broken && p->sent + len > p->hostile.fail_at)
		return TLS_FAIL;
	if (p->hostile.pieces)
		len = 1;
	n = send(p->fd, buf, len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? TLS_WANT_WRITE : TLS_FAIL;
	p->sent += (size_t)n;
	*done = (size_t)n;
	return TLS_OK;
}

/* ---- start ---- */

static void child(const char *command, int in, int out)
{
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	(void)setpgid(0, 0);
	(void)execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static void take_connection(struct peer *p)
{
	struct pollfd poller = {.fd = p->bench->listener, .events = POLLIN};

	if (poll(&poller, 1, BENCH_WAIT_MS) != 1)
		FAIL("no connection: %s", p->text.p ? p->text.p : "");
	p->fd = accept4(p->bench->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(p->fd >= 0);
	p->io = (struct tls_transport){p, on_recv, on_send};
}

static void init(struct peer *p, struct bench *b)
{
	struct hostile hostile = p->hostile;
	struct decisions decide = p->decide;

	*p = (struct peer){.bench = b, .in = -1, .out = -1, .fd = -1};
	p->hostile = hostile;
	p->decide = decide;
	p->seen.last_alert_in = p->seen.last_alert_out = -1;
}

void peer_start(struct peer *p, struct bench *b, const char *options)
{
	struct strbuf command = STRBUF_INIT;
	int in[2], out[2];

	init(p, b);
	CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	strbuf_addf(&command, "exec openssl s_client -connect 127.0.0.1:%u %s", b->port, options);
	p->pid = fork();
	CHECK(p->pid >= 0);
	if (p->pid == 0)
		child(command.p, in[0], out[1]);
	strbuf_release(&command);
	(void)close(in[0]);
	(void)close(out[1]);
	p->in = in[1];
	p->out = out[0];
	CHECK(fcntl(p->out, F_SETFL, O_NONBLOCK) == 0);
	take_connection(p);
}

void peer_start_raw(struct peer *p, struct bench *b, struct bytes data)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)b->port)};

	init(p, b);
	p->in = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(p->in >= 0 && connect(p->in, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(send(p->in, data.p, data.n, MSG_NOSIGNAL) == (ssize_t)data.n);
	CHECK(shutdown(p->in, SHUT_WR) == 0);
	take_connection(p);
}

/* Whatever s_client has printed so far; true when there may be more. */
static bool drain(struct peer *p)
{
	char buf[4096];
	ssize_t n;

	if (p->out < 0)
		return false;
	while ((n = read(p->out, buf, sizeof(buf))) > 0)
		strbuf_add(&p->text, buf, (size_t)n);
	if (n == 0 || errno != EAGAIN) {
		(void)close(p->out);
		p->out = -1;
	}
	return p->out >= 0;
}

/* Read ahead, as the core does, to hand the parsed ClientHello over. */
static void find_hello(struct peer *p)
{
	enum wire_hello_result result = WIRE_HELLO_MORE;
	int64_t end = now_ms() + BENCH_WAIT_MS;

	while (result == WIRE_HELLO_MORE && now_ms() < end) {
		struct pollfd poller = {.fd = p->fd, .events = POLLIN};
		char buf[4096];
		ssize_t n;

		(void)poll(&poller, 1, 100);
		n = recv(p->fd, buf, sizeof(buf), 0);
		if (n == 0)
			return;
		if (n > 0)
			strbuf_add(&p->ahead, buf, (size_t)n);
		result = wire_hello_feed(&p->reader, strbuf_bytes(&p->ahead));
	}
	if (result != WIRE_HELLO_READY)
		return;
	p->have_hello = client_hello_parse(&p->hello, wire_hello_message(&p->reader));
	p->hello.record_version = wire_hello_record_version(&p->reader);
}

void peer_session(struct peer *p)
{
	struct bench *b = p->bench;

	find_hello(p);
	p->session = b->backend->session_new(b->ctx, &p->io, p->have_hello ? &p->hello : NULL, p,
					     &p->err);
	if (!p->session)
		FAIL("session_new: %s", p->err.text);
}

/* ---- running ---- */

bool peer_wait(struct peer *p)
{
	struct pollfd poller = {.fd = p->fd, .events = POLLIN};
	int n;

	(void)drain(p);
	if (p->faulted || p->ahead_pos < p->ahead.n) {
		p->faulted = false;
		return true;
	}
	n = poll(&poller, 1, BENCH_WAIT_MS);
	(void)drain(p);
	return n > 0;
}

/* What may be repeated; false: *st is the answer. */
static bool again(struct peer *p, enum tls_status *st, int64_t end)
{
	if (*st != TLS_WANT_READ && *st != TLS_WANT_WRITE)
		return false;
	if (now_ms() > end)
		return false;
	if (*st == TLS_WANT_WRITE) {
		/* Only the made-up transport refuses a send here. */
		bool may = p->faulted;

		p->faulted = false;
		return may;
	}
	return peer_wait(p);
}

static void check_status(const struct peer *p, enum tls_status st)
{
	if (st != TLS_FAIL && st != TLS_EOF && st != TLS_UNSUPPORTED)
		return;
	CHECK(*p->err.text);
	CHECK(p->err.text[strlen(p->err.text) - 1] != '\n');
	CHECK(p->err.alert >= -1 && p->err.alert < 256);
	CHECK(!p->err.alert_received || p->err.alert >= 0);
}

static int64_t deadline(void)
{
	return now_ms() + BENCH_WAIT_MS;
}

enum tls_status peer_early(struct peer *p, char *buf, size_t len, size_t *got)
{
	int64_t end = deadline();
	enum tls_status st;
	size_t done;

	*got = 0;
	do {
		CHECK(*got < len);
		done = 0;
		p->err = (struct tls_error){.alert = -2};
		st = p->bench->backend->read_early(p->session, buf + *got, len - *got, &done,
						   &p->err);
		CHECK(st != TLS_UNSUPPORTED);
		CHECK(done <= len - *got && (st == TLS_OK || !done));
		*got += done;
	} while ((st == TLS_OK && done) || again(p, &st, end));
	check_status(p, st);
	return st;
}

enum tls_status peer_handshake(struct peer *p)
{
	int64_t end = deadline();
	enum tls_status st;

	do {
		p->err = (struct tls_error){.alert = -2};
		st = p->bench->backend->handshake(p->session, &p->err);
		CHECK(st != TLS_UNSUPPORTED);
	} while (again(p, &st, end));
	check_status(p, st);
	return st;
}

void peer_connect(struct peer *p, struct bench *b, const char *options)
{
	enum tls_status st;

	peer_start(p, b, options);
	peer_session(p);
	st = peer_handshake(p);
	if (st != TLS_OK) {
		(void)usleep(100000);
		(void)drain(p);
		FAIL("handshake: status %d, %s; the client: %s", st, p->err.text,
		     p->text.p ? p->text.p : "");
	}
}

enum tls_status peer_read(struct peer *p, char *buf, size_t len, size_t *got)
{
	int64_t end = deadline();
	enum tls_status st = TLS_OK;

	*got = 0;
	while (*got < len) {
		size_t done = 0;

		p->err = (struct tls_error){.alert = -2};
		st = p->bench->backend->read(p->session, buf + *got, len - *got, &done, &p->err);
		CHECK(st == TLS_OK ? done > 0 && done <= len - *got : true);
		if (st == TLS_OK)
			*got += done;
		else if (!again(p, &st, end))
			break;
	}
	check_status(p, st);
	return st;
}

enum tls_status peer_write(struct peer *p, const char *text)
{
	size_t n = strlen(text), at = 0;
	int64_t end = deadline();
	enum tls_status st = TLS_OK;

	while (at < n) {
		size_t done = 0;

		p->err = (struct tls_error){.alert = -2};
		st = p->bench->backend->write(p->session, text + at, n - at, &done, &p->err);
		CHECK(st == TLS_OK ? done > 0 && done <= n - at : true);
		if (st == TLS_OK)
			at += done;
		else if (!again(p, &st, end))
			break;
	}
	check_status(p, st);
	return st;
}

enum tls_status peer_shutdown(struct peer *p)
{
	int64_t end = deadline();
	enum tls_status st;

	do
		st = p->bench->backend->shutdown(p->session, &p->err);
	while (again(p, &st, end));
	return st;
}

static enum tls_status run_command(struct peer *p, enum command command)
{
	const struct tls_backend *b = p->bench->backend;

	switch (command) {
	case COMMAND_RENEGOTIATE:
	case COMMAND_RENEGOTIATE_CERT:
		return b->renegotiate ? b->renegotiate(p->session,
						       command == COMMAND_RENEGOTIATE_CERT, &p->err)
				      : TLS_UNSUPPORTED;
	case COMMAND_KEY_UPDATE:
		return b->key_update ? b->key_update(p->session, true, &p->err) : TLS_UNSUPPORTED;
	case COMMAND_REQUEST_CERT:
		return b->request_cert ? b->request_cert(p->session, &p->err) : TLS_UNSUPPORTED;
	}
	return TLS_FAIL;
}

enum tls_status peer_command(struct peer *p, enum command command)
{
	int64_t end = deadline();
	enum tls_status st;

	do {
		p->err = (struct tls_error){.alert = -1};
		(void)snprintf(p->err.text, sizeof(p->err.text), "no such operation");
		st = run_command(p, command);
		CHECK(st != TLS_WANT_READ);
	} while (again(p, &st, end));
	check_status(p, st);
	return st;
}

void peer_type(struct peer *p, const char *text)
{
	size_t n = strlen(text);

	CHECK(write(p->in, text, n) == (ssize_t)n);
}

void peer_expect(struct peer *p, const char *text)
{
	int64_t end = deadline();

	while (!p->text.p || !strstr(p->text.p, text)) {
		struct pollfd poller = {.fd = p->out, .events = POLLIN};

		if (!drain(p) || now_ms() > end) {
			if (p->text.p && strstr(p->text.p, text))
				return;
			FAIL("\"%s\" is not in: %s", text, p->text.p ? p->text.p : "");
		}
		(void)poll(&poller, 1, 100);
	}
}

void peer_echo(struct peer *p)
{
	char buf[16];
	size_t got;

	peer_type(p, "from client\n");
	CHECK_INT(peer_read(p, buf, 12, &got), TLS_OK);
	CHECK_INT(got, 12);
	CHECK(memcmp(buf, "from client\n", 12) == 0);
	CHECK_INT(peer_write(p, "from server\n"), TLS_OK);
	peer_expect(p, "from server");
}

void peer_end(struct peer *p)
{
	int64_t end = now_ms() + 2000;
	int status;

	p->bench->backend->session_free(p->session);
	p->session = NULL;
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
	if (p->in >= 0)
		(void)close(p->in);
	p->in = -1;
	while (drain(p) && now_ms() < end) {
		struct pollfd poller = {.fd = p->out, .events = POLLIN};

		(void)poll(&poller, 1, 100);
	}
	if (p->out >= 0)
		(void)close(p->out);
	p->out = -1;
	if (p->pid > 0) {
		(void)kill(-p->pid, SIGKILL);
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, &status, 0);
	}
	p->pid = 0;
}

void peer_release(struct peer *p)
{
	peer_end(p);
	strbuf_release(&p->text);
	strbuf_release(&p->ahead);
	if (p->have_hello)
		client_hello_release(&p->hello);
	wire_hello_release(&p->reader);
	p->have_hello = false;
}
