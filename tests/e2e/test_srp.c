/* Clients of -srpvfile that mean no good: openssl s_server crashes at any of them. */
#include "tests/e2e/e2e.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SRP "-tls1_2 -nocert -cipher SRP-AES-128-CBC-SHA -srpvfile srp.txt "

enum { ILLEGAL_PARAMETER = 47, UNKNOWN_PSK_IDENTITY = 115 };

static int connect_to(const struct server *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

/* A handshake message in a record of its own. */
static void send_message(int fd, uint8_t type, struct bytes body)
{
	struct strbuf out = STRBUF_INIT;
	size_t n = body.n + 4;
	const uint8_t head[] = {22,   3, type == 1 ? 1 : 3,      (uint8_t)(n >> 8), (uint8_t)n,
				type, 0, (uint8_t)(body.n >> 8), (uint8_t)body.n};

	strbuf_add(&out, head, sizeof(head));
	strbuf_add(&out, body.p, body.n);
	cr_expect_eq(send(fd, out.p, out.n, MSG_NOSIGNAL), (ssize_t)out.n);
	strbuf_release(&out);
}

/* RFC 5054, 2.8.1: extension 12 holds the name. */
static void send_hello(int fd, const char *user)
{
	struct strbuf body = STRBUF_INIT;
	size_t n = strlen(user);
	const uint8_t lists[] = {0, 0, 2, 0xc0, 0x1d, 1, 0}; /* session id, suites, compression */
	const uint8_t extensions[] = {0, (uint8_t)(n + 10), 0xff,      1, 0, 1, 0, 0, 12,
				      0, (uint8_t)(n + 1),  (uint8_t)n};

	strbuf_add(&body, "\3\3", 2);
	for (int i = 0; i < 32; i++)
		strbuf_addc(&body, 'r');
	strbuf_add(&body, lists, sizeof(lists));
	strbuf_add(&body, extensions, sizeof(extensions));
	strbuf_add(&body, user, n);
	send_message(fd, 1, strbuf_bytes(&body));
	strbuf_release(&body);
}

/* Read until `end` has come, or the connection ends: false. */
static bool read_until(int fd, struct strbuf *got, const void *end, size_t end_n)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t chunk[4096];
	ssize_t n;

	do {
		cr_assert(poll(&p, 1, 15000) == 1, "the server neither answers nor closes");
		n = recv(fd, chunk, sizeof(chunk), 0);
		if (n > 0)
			strbuf_add(got, chunk, (size_t)n);
	} while (n > 0 && !memmem(got->p, got->n, end, end_n));
	return n > 0;
}

static void expect_alert(int fd, unsigned description, const char *what)
{
	struct strbuf got = STRBUF_INIT;
	const uint8_t alert[] = {21, 3, 3, 0, 2, 2, (uint8_t)description};

	cr_expect(read_until(fd, &got, alert, sizeof(alert)),
		  "%s: no alert %u but %zu bytes, the last %u", what, description, got.n,
		  got.n ? (uint8_t)got.p[got.n - 1] : 0);
	strbuf_release(&got);
}

/* What the client sends as A, after the server's N has come: `zero` bytes of 0, then maybe N. */
static void send_a(struct server *s, size_t zeros, bool prime, unsigned want, const char *what)
{
	static const uint8_t done[] = {14, 0, 0, 0}, zero[3];
	struct strbuf got = STRBUF_INIT, a = STRBUF_INIT;
	int fd = connect_to(s);
	const char *key_exchange;
	size_t n;

	send_hello(fd, "alice");
	cr_assert(read_until(fd, &got, done, sizeof(done)), "%s: no ServerHelloDone", what);
	key_exchange = memmem(got.p, got.n, "\x0c\0\1", 3);
	cr_assert(key_exchange, "%s", what);
	n = (size_t)(uint8_t)key_exchange[4] << 8 | (uint8_t)key_exchange[5];
	cr_assert_eq(n, 128, "%zu", n); /* the group of 1024 bits */
	n = zeros + (prime ? n : 0);
	strbuf_addc(&a, (char)(n >> 8));
	strbuf_addc(&a, (char)n);
	strbuf_add(&a, zero, zeros);
	if (prime)
		strbuf_add(&a, key_exchange + 6, 128);
	send_message(fd, 16, strbuf_bytes(&a));
	expect_alert(fd, want, what);
	(void)close(fd);
	strbuf_release(&got);
	strbuf_release(&a);
}

static void alice_is_served(struct server *s)
{
	struct strbuf text = STRBUF_INIT;

	(void)server_client(s, &text,
			    "echo hello | timeout 20 " TEST_BINARY_DIR
			    "/bin/srp_client $PORT alice secret");
	cr_expect(strstr(text.p, "Cipher is SRP-AES-128-CBC-SHA"), "%s", text.p);
	strbuf_release(&text);
}

Test(srp, bad_clients, .timeout = 120)
{
	struct server s;
	int fd;

	if (!e2e_on("openssl"))
		cr_skip_test("only OpenSSL serves SRP");
	server_start(&s, 6, SRP);
	fd = connect_to(&s);
	send_hello(fd, "nobody\n\x1b[2J");
	expect_alert(fd, UNKNOWN_PSK_IDENTITY, "unknown user");
	(void)close(fd);
	fd = connect_to(&s);
	send_hello(fd, "");
	expect_alert(fd, UNKNOWN_PSK_IDENTITY, "empty name");
	(void)close(fd);
	send_a(&s, 1, false, ILLEGAL_PARAMETER, "A is 0");
	send_a(&s, 0, true, ILLEGAL_PARAMETER, "A is N");
	send_a(&s, 0, false, ILLEGAL_PARAMETER, "A is empty");
	alice_is_served(&s);
	cr_expect(server_wait(&s));
	cr_expect_eq(s.proc.status, 0, "%d: %s", s.proc.status, s.proc.err_text.p);
	cr_expect(strstr(s.proc.err_text.p, "User nobody\\x0a\\x1b[2J doesn't exist\n"), "%s",
		  s.proc.err_text.p);
	cr_expect(!strstr(s.proc.err_text.p, "Sanitizer"), "%s", s.proc.err_text.p);
	server_stop_release(&s);
}

/* A made-up user of the seed is as good as another, until the password counts. */
Test(srp, unknown_user_with_a_seed, .timeout = 60)
{
	static const uint8_t done[] = {14, 0, 0, 0};
	struct strbuf got = STRBUF_INIT;
	struct server s;
	int fd;

	if (!e2e_on("openssl"))
		cr_skip_test("only OpenSSL serves SRP");
	server_start(&s, 1, SRP "-srpuserseed seed");
	fd = connect_to(&s);
	send_hello(fd, "nobody");
	cr_expect(read_until(fd, &got, done, sizeof(done)));
	(void)close(fd);
	cr_expect(server_wait(&s));
	cr_expect_eq(s.proc.status, 0);
	server_stop_release(&s);
	strbuf_release(&got);
}

Test(srp, bad_file_is_found_at_the_start, .timeout = 60)
{
	struct server s;

	if (!e2e_on("openssl"))
		cr_skip_test("only OpenSSL serves SRP");
	cr_expect(!server_try_start(&s, 1, "-nocert -tls1_2 -cipher SRP -srpvfile page.txt"));
	cr_expect_eq(s.proc.status, 1);
	cr_expect(
		strstr(s.proc.err_text.p, "Cannot initialize SRP verifier file \"page.txt\":ret="),
		"%s", s.proc.err_text.p);
	server_stop_release(&s);
}
