/* Clients that misbehave: the server goes on serving others, and ends as it should. */
#include "tests/e2e/e2e.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EC "-cert ec.pem -key ec.key "

static int try_connect(const struct server *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static int connect_to(const struct server *s)
{
	int fd = try_connect(s);

	cr_assert(fd >= 0, "connect: %s", strerror(errno));
	return fd;
}

/* A close that resets the connection. */
static void reset(int fd)
{
	struct linger now = {1, 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(fd);
}

/* An honest client gets its page. */
static void still_serves(struct server *s)
{
	struct strbuf text = STRBUF_INIT;
	int status = server_client(s, &text,
				   "curl -sS --max-time 20 --noproxy '*' --cacert ca.pem "
				   "https://localhost:$PORT/");

	cr_expect(status == 0 && strstr(text.p, "Cipher is"), "curl: %d %s\nserver: %s%s", status,
		  text.p, s->proc.out_text.p, s->proc.err_text.p ? s->proc.err_text.p : "");
	strbuf_release(&text);
}

/* SIGTERM ends it, and no sanitizer has anything to say. */
static void ends_clean(struct server *s)
{
	proc_signal(&s->proc, 15);
	cr_expect(server_wait(s));
	cr_expect_eq(s->proc.status, 128 + 15, "status %d, stderr:\n%s", s->proc.status,
		     s->proc.err_text.p ? s->proc.err_text.p : "");
	cr_expect(!s->proc.err_text.p || (!strstr(s->proc.err_text.p, "Sanitizer") &&
					  !strstr(s->proc.err_text.p, "runtime error")),
		  "%s", s->proc.err_text.p);
	server_stop_release(s);
}

/* A ClientHello of s_client as a record, from the test data. */
static size_t recorded_hello(uint8_t *buf, size_t max)
{
	FILE *f = fopen(TEST_SOURCE_DIR "/tests/data/hello/s_client-3.0.bin", "rb");
	size_t n;

	cr_assert(f);
	n = fread(buf, 1, max, f);
	(void)fclose(f);
	cr_assert(n > 100 && buf[0] == 22);
	return n;
}

static void send_all(int fd, const void *data, size_t n)
{
	(void)!send(fd, data, n, MSG_NOSIGNAL); /* the server may have closed: that is fine */
}

/* Until the server's end; it must come, whatever was sent. */
static void read_to_end(int fd, struct strbuf *got)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char chunk[4096];
	ssize_t n;

	for (;;) {
		cr_assert(poll(&p, 1, 15000) == 1, "the server neither answers nor closes");
		n = recv(fd, chunk, sizeof(chunk), 0);
		if (n <= 0)
			return;
		if (got)
			strbuf_add(got, chunk, (size_t)n);
	}
}

Test(hostile, garbage_and_other_protocols, .timeout = 120)
{
	static const char *const texts[] = {
		"GET / HTTP/1.0\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2\r\n",
		"\x16\x03\x01\x00\x00",
		"\x16\x03\x01\xff\xff\x01",
		"\x15\x03\x01\x00\x02\x02\x28",
		"\x17\x03\x03\x00\x05hello",
		"\x14\x03\x03\x00\x01\x01",
		"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10",
		"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03",
		"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
	};
	static const size_t sizes[] = {18, 21, 5, 6, 7, 10, 6, 11, 11, 9};
	struct server s;

	server_start(&s, 0, EC "-www");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int fd = connect_to(&s);

		send_all(fd, texts[i], sizes[i]);
		(void)shutdown(fd, SHUT_WR);
		read_to_end(fd, NULL);
		(void)close(fd);
	}
	for (unsigned seed = 1; seed <= 50; seed++) {
		uint8_t noise[2000];
		int fd = connect_to(&s);

		srand(seed);
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)rand();
		if (seed % 2) /* as the body of a record */
			memcpy(noise, "\x16\x03\x01\x07\xcb", 5);
		send_all(fd, noise, sizeof(noise));
		(void)shutdown(fd, SHUT_WR);
		read_to_end(fd, NULL);
		(void)close(fd);
	}
	still_serves(&s);
	ends_clean(&s);
}

/* The hello cut at every 7th byte: by an end, or by a reset. */
Test(hostile, hello_cut_short, .timeout = 120)
{
	uint8_t hello[4096];
	size_t n = recorded_hello(hello, sizeof(hello));
	struct server s;

	server_start(&s, 0, EC "-www");
	for (size_t cut = 0; cut < n; cut += 7) {
		int fd = connect_to(&s);

		send_all(fd, hello, cut);
		if (cut % 2) {
			reset(fd);
			continue;
		}
		(void)shutdown(fd, SHUT_WR);
		read_to_end(fd, NULL);
		(void)close(fd);
	}
	still_serves(&s);
	ends_clean(&s);
}

/* Each byte of the hello changed in turn: an answer or an alert, then an end. */
Test(hostile, hello_with_a_wrong_byte, .timeout = 240)
{
	uint8_t hello[4096];
	size_t n = recorded_hello(hello, sizeof(hello));
	struct server s;

	server_start(&s, 0, EC "-www");
	for (size_t i = 0; i < n; i++) {
		int fd = connect_to(&s);
		uint8_t was = hello[i];

		hello[i] = (uint8_t)(was ^ (1u << (i % 8)));
		send_all(fd, hello, n);
		hello[i] = was;
		(void)shutdown(fd, SHUT_WR);
		read_to_end(fd, NULL);
		(void)close(fd);
	}
	still_serves(&s);
	ends_clean(&s);
}

/* Half a handshake, then garbage where the client's next flight should be. */
Test(hostile, garbage_after_the_hello, .timeout = 120)
{
	static const char *const next[] = {
		"\x16\x03\x03\x00\x04\x0b\x00\x00\x00",
		"\x14\x03\x03\x00\x01\x02",
		("\x17\x03\x03\x00\x11"
		 "ABCDEFGHIJKLMNOPQ"),
		"\x15\x03\x03\x00\x02\x01\x00",
		"\x15\x03\x03\x00\x01\x02",
		"\x16\x03\x03\x48\x01",
		"\x16\x03\x03\x00\x04\x10\xff\xff\xff",
		"HTTP/1.0",
	};
	static const size_t sizes[] = {9, 6, 22, 7, 6, 5, 9, 8};
	uint8_t hello[4096];
	size_t n = recorded_hello(hello, sizeof(hello));
	struct server s;

	server_start(&s, 0, EC "-www");
	for (size_t i = 0; i < sizeof(next) / sizeof(*next); i++) {
		int fd = connect_to(&s);

		send_all(fd, hello, n);
		send_all(fd, next[i], sizes[i]);
		(void)shutdown(fd, SHUT_WR);
		read_to_end(fd, NULL);
		(void)close(fd);
	}
	still_serves(&s);
	ends_clean(&s);
}

/* A fatal alert reaches a client that goes on sending. */
Test(hostile, the_alert_is_not_lost, .timeout = 60)
{
	struct server s;
	struct strbuf got = STRBUF_INIT, big = STRBUF_INIT;
	int fd;

	server_start(&s, 0, EC "-www -tls1_2");
	fd = connect_to(&s);
	/* a ClientHello that offers no suite at all that anybody knows */
	strbuf_add(&big, "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03", 11);
	for (int i = 0; i < 32; i++)
		strbuf_addc(&big, (char)i);
	strbuf_add(&big, "\x00\x00\x04\x7a\x7a\x8a\x8a\x01\x00", 9);
	for (int i = 0; i < 100000; i++)
		strbuf_addc(&big, 'x');
	send_all(fd, big.p, big.n);
	read_to_end(fd, &got);
	cr_expect(got.n >= 7 && memcmp(got.p, "\x15\x03", 2) == 0 && got.p[5] == 2,
		  "no fatal alert but %zu bytes", got.n);
	(void)close(fd);
	still_serves(&s);
	ends_clean(&s);
	strbuf_release(&got);
	strbuf_release(&big);
}

/* Those who never say anything are let go after the handshake time-out; others are served. */
Test(hostile, silent_clients_are_let_go, .timeout = 60)
{
	struct server s;
	int silent;

	if (getenv("TEST_SERVER"))
		return;
	server_start(&s, 0, EC "-www -handshake_timeout 1");
	silent = connect_to(&s);
	still_serves(&s);
	read_to_end(silent, NULL);
	(void)close(silent);
	ends_clean(&s);
	proved("-handshake-timeout");
}

Test(hostile, idle_clients_are_let_go, .timeout = 60)
{
	struct server s;
	struct proc idle;

	if (getenv("TEST_SERVER"))
		return;
	server_start(&s, 0, EC "-www -idle_timeout 1");
	server_client_start(&s, &idle, PROC_STDIN_PIPE, "$C -quiet -no_ign_eof");
	(void)proc_wait(&idle);
	proc_release(&idle);
	still_serves(&s);
	ends_clean(&s);
	proved("-idle-timeout");
}

/* In the interactive mode, too, a silent first client does not keep the next one out for ever. */
Test(hostile, a_silent_client_at_the_terminal_is_let_go, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;
	int silent;

	if (getenv("TEST_SERVER"))
		return;
	server_start(&s, 0, EC "-handshake_timeout 1");
	silent = connect_to(&s);
	(void)server_client(&s, &text, "echo hello | $C");
	(void)proc_expect_out(&s.proc, "hello\n");
	(void)close(silent);
	ends_clean(&s);
	strbuf_release(&text);
}

Test(hostile, ten_thousand_connects_in_a_row, .timeout = 240)
{
	struct server s;

	if (getenv("TEST_SERVER"))
		return;
	server_start(&s, 0, EC "-www 2> $T/err");
	for (int i = 0; i < 10000; i++) {
		int fd = connect_to(&s);

		if (i % 2)
			reset(fd);
		else
			(void)close(fd);
	}
	still_serves(&s);
	ends_clean(&s);
}

/* The server has more file descriptors than the test allows itself by default. */
Test(hostile, five_hundred_idle_clients_while_others_are_served, .timeout = 120)
{
	enum { IDLE = 500 };
	static int fds[IDLE];
	uint8_t hello[4096];
	size_t n = recorded_hello(hello, sizeof(hello));
	struct server s;

	if (getenv("TEST_SERVER"))
		return;
	/* A pipe that nobody reads would fill with what they failed of. */
	server_start(&s, 0, EC "-www 2> $T/err");
	for (int i = 0; i < IDLE; i++) {
		fds[i] = connect_to(&s);
		if (i % 2) /* waits in the middle of its handshake */
			send_all(fds[i], hello, n);
	}
	for (int i = 0; i < 5; i++)
		still_serves(&s);
	for (int i = 0; i < IDLE; i++)
		(void)close(fds[i]);
	still_serves(&s);
	ends_clean(&s);
}

/* Out of descriptors: waits for one instead of spinning or ending. */
Test(hostile, out_of_descriptors, .timeout = 120)
{
	enum { MANY = 40 };
	static int fds[MANY];
	struct server s;
	struct rlimit few = {32, 32}, was;

	if (getenv("TEST_SERVER"))
		return;
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	few.rlim_max = was.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	server_start(&s, 0, EC "-www");
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	for (int i = 0; i < MANY; i++)
		fds[i] = try_connect(&s);
	for (int i = 0; i < MANY; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	still_serves(&s);
	ends_clean(&s);
}

/* A limit of connections makes the rest wait, not fail. */
Test(hostile, max_connections, .timeout = 60)
{
	struct server s;
	struct proc waiting;
	int first;

	if (getenv("TEST_SERVER"))
		return;
	server_start(&s, 0, EC "-www -max_connections 1");
	first = connect_to(&s);
	server_client_start(
		&s, &waiting, PROC_STDIN_NULL,
		"curl -sS --max-time 20 --noproxy '*' --cacert ca.pem https://localhost:$PORT/");
	cr_expect(!proc_find_out(&waiting, "Cipher is", 500), "served beside the first");
	(void)close(first);
	(void)proc_expect_out(&waiting, "Cipher is");
	proc_release(&waiting);
	ends_clean(&s);
	proved("-max-connections");
}

/* Requests that openssl s_server leaves hanging. */
Test(hostile, odd_requests_are_answered_at_once, .timeout = 120)
{
	static const char *const requests[] = {
		"HEAD / HTTP/1.0\\r\\n\\r\\n",
		"POST / HTTP/1.1\\r\\nContent-Length: 5\\r\\n\\r\\nhello",
		"BREW /pot HTTP/1.0\\r\\n\\r\\n",
		"\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n",
		"GET /reneg HTTP/1.0\\r\\n\\r\\n",
	};
	struct server s;

	server_start(&s, 0, EC "-www");
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		struct strbuf text = STRBUF_INIT, command = STRBUF_INIT;
		int status;

		strbuf_addf(&command, "printf '%s' | timeout 10 $C -ign_eof -quiet", requests[i]);
		status = server_client(&s, &text, command.p);
		cr_expect_neq(status, 124, "%s hangs", requests[i]);
		cr_expect(strstr(text.p, "HTTP/1."), "%s: %s", requests[i], text.p);
		strbuf_release(&text);
		strbuf_release(&command);
	}
	still_serves(&s);
	ends_clean(&s);
}

/* A client that asks for a page and never reads it. The directory is shared with the programs that
 * test other backends at the same time, so the file's name is this server's own. */
Test(hostile, a_client_that_does_not_read, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT, request = STRBUF_INIT;
	struct proc lazy;

	server_start(&s, 0, EC "-WWW");
	(void)server_client(&s, &text, "head -c 30000000 /dev/zero > big-$PORT.bin");
	server_client_start(&s, &lazy, PROC_STDIN_PIPE, "$C -quiet | { read line; sleep 30; }");
	strbuf_addf(&request, "GET /big-%u.bin HTTP/1.0\r\n\r\n", s.port);
	proc_write(&lazy, request.p);
	cr_expect_eq(server_client(&s, &text,
				   "curl -sS --max-time 20 --noproxy '*' --cacert ca.pem -o $T/got "
				   "https://localhost:$PORT/big-$PORT.bin; "
				   "cmp big-$PORT.bin $T/got; s=$?; rm big-$PORT.bin; exit $s"),
		     0, "%s", text.p);
	proc_release(&lazy);
	ends_clean(&s);
	strbuf_release(&request);
	strbuf_release(&text);
}
