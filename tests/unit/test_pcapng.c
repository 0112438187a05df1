#include "core/pcapng.h"

#include "tests/support/file.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char path[] = "/tmp/pcapng-XXXXXX";
static struct strbuf file;

static void start(void)
{
	(void)close(mkstemp(path));
}

static void end(void)
{
	strbuf_release(&file);
	(void)unlink(path);
}

TestSuite(pcapng, .init = start, .fini = end);

static void read_file(void)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	strbuf_reset(&file);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		strbuf_add(&file, buffer, (size_t)n);
	(void)close(fd);
}

static uint32_t host32(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

/* Walks the blocks of the file: what one of that type holds, the `index`th of them. The lengths
 * around each agree, and nothing is left over. */
static struct bytes block(uint32_t type, size_t index)
{
	struct bytes found = {NULL, 0};

	for (size_t at = 0; at < file.n;) {
		uint32_t n = host32(file.p + at + 4);

		cr_assert(n >= 12 && n % 4 == 0 && n <= file.n - at, "length %u at %zu", n, at);
		cr_assert_eq(host32(file.p + at + n - 4), n);
		if (host32(file.p + at) == type && index-- == 0)
			found = (struct bytes){(const uint8_t *)file.p + at + 8, n - 12};
		at += n;
	}
	return found;
}

static struct bytes packet(size_t index)
{
	struct bytes b = block(6, index);
	uint32_t n;

	if (!b.n)
		return b;
	n = host32((const char *)b.p + 12);
	cr_assert_eq(host32((const char *)b.p + 16), n);
	cr_assert_leq(20 + n, b.n);
	return (struct bytes){b.p + 20, n};
}

/* 0 over data that holds its checksum (RFC 1071). */
static unsigned sum(struct bytes b, unsigned start_value)
{
	unsigned s = start_value;

	for (size_t i = 0; i < b.n; i++)
		s += i % 2 ? b.p[i] : (unsigned)b.p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s ^ 0xffff;
}

static uint32_t net32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A connected pair over TCP; both ends. */
static void connect_pair(int family, int fd[2])
{
	struct sockaddr_storage ss = {.ss_family = (sa_family_t)family};
	socklen_t n = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET)
		((struct sockaddr_in *)&ss)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&ss)->sin6_addr = in6addr_loopback;
	if (listener < 0 || bind(listener, (struct sockaddr *)&ss, n) != 0)
		cr_skip("no loopback address of that family");
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&ss, &n), 0);
	fd[0] = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(fd[0], (struct sockaddr *)&ss, n), 0);
	fd[1] = accept(listener, NULL, NULL);
	cr_assert_geq(fd[1], 0);
	(void)close(listener);
}

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

Test(pcapng, a_connection)
{
	struct pcapng *p = pcapng_new(path);
	struct sockaddr_in peer;
	socklen_t peer_n = sizeof(peer);
	struct pcapng_flow f;
	struct bytes b;
	int fd[2];

	cr_assert_not_null(p);
	connect_pair(AF_INET, fd);
	cr_assert_eq(getpeername(fd[1], (struct sockaddr *)&peer, &peer_n), 0);
	pcapng_open(p, &f, fd[1], 1);
	pcapng_data(p, &f, TLS_IN, text("hello"));
	pcapng_secrets(p, text("CLIENT_RANDOM 00 11\n"));
	pcapng_data(p, &f, TLS_OUT, text("answer"));
	read_file();
	cr_expect_eq(packet(0).n, 0, "held while the call may hand secrets up");
	b = block(10, 0);
	cr_expect_eq(host32((const char *)b.p), 0x544c534bu);
	cr_expect_eq(host32((const char *)b.p + 4), 20);
	cr_expect(b.n == 28 && !memcmp(b.p + 8, "CLIENT_RANDOM 00 11\n", 20));

	pcapng_flush(p, &f, false);
	pcapng_data(p, &f, TLS_IN, text("x"));
	read_file();
	cr_expect_eq(host32(file.p), 0x0a0d0d0au);
	cr_expect_eq(host32(file.p + 8), 0x1a2b3c4du);
	cr_expect_eq(block(1, 0).p[0], 101);
	for (size_t i = 0; i < 6; i++) {
		b = packet(i);
		cr_assert_geq(b.n, 40);
		cr_expect_eq(sum((struct bytes){b.p, 20}, 0), 0, "IP checksum of %zu", i);
		cr_expect_eq(sum((struct bytes){b.p + 12, b.n - 12}, 6 + (unsigned)b.n - 20), 0,
			     "TCP checksum of %zu", i);
	}
	b = packet(0);
	cr_expect_eq(b.p[33], 0x02, "SYN");
	cr_expect_eq(net32(b.p + 12), INADDR_LOOPBACK);
	cr_expect_eq((unsigned)b.p[20] << 8 | b.p[21], ntohs(peer.sin_port));
	b = packet(3);
	cr_expect(b.n == 45 && !memcmp(b.p + 40, "hello", 5));
	cr_expect_eq(net32(b.p + 24), 1, "sequence");
	b = packet(4);
	cr_expect(b.n == 46 && !memcmp(b.p + 40, "answer", 6));
	cr_expect_eq(net32(b.p + 28), 6, "acknowledges");
	cr_expect_eq(net32(packet(5).p + 24), 6);
	pcapng_close(p, &f);
	pcapng_free(p);
	read_file();
	cr_expect_eq(packet(6).p[33], 0x11, "FIN");
	cr_expect_eq(packet(9).n, 0);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

Test(pcapng, ipv6_and_data_in_segments)
{
	static uint8_t data[100000];
	struct pcapng *p = pcapng_new(path);
	struct pcapng_flow f;
	size_t total = 0, i = 3;
	struct bytes b;
	int fd[2];

	connect_pair(AF_INET6, fd);
	pcapng_open(p, &f, fd[1], 1);
	pcapng_data(p, &f, TLS_OUT, (struct bytes){data, sizeof(data)});
	read_file();
	cr_expect_neq(packet(0).n, 0, "what is held has a limit");
	pcapng_flush(p, &f, false);
	read_file();
	for (b = packet(i); b.n; b = packet(++i)) {
		cr_expect_eq(b.p[0] >> 4, 6);
		cr_expect_eq((unsigned)b.p[4] << 8 | b.p[5], b.n - 40);
		cr_expect_eq(sum((struct bytes){b.p + 8, b.n - 8}, 6 + (unsigned)b.n - 40), 0);
		cr_expect_eq(net32(b.p + 44), 1 + total);
		total += b.n - 60;
	}
	cr_expect_eq(total, sizeof(data));
	pcapng_close(p, &f);
	pcapng_free(p);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

Test(pcapng, unix_sockets_get_addresses_too)
{
	struct pcapng *p = pcapng_new(path);
	struct pcapng_flow f;
	int fd[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	pcapng_open(p, &f, fd[1], 7);
	pcapng_close(p, &f);
	pcapng_free(p);
	read_file();
	cr_expect_eq(net32(packet(0).p + 16), INADDR_LOOPBACK);
	cr_expect_eq((unsigned)packet(0).p[20] << 8 | packet(0).p[21], 49152 + 7);
	cr_expect_eq((unsigned)packet(0).p[22] << 8 | packet(0).p[23], 443);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

Test(pcapng, a_file_that_cannot_be_written)
{
	cr_expect_null(pcapng_new("/nosuch/capture"));
}
