#include "core/listener.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	cr_assert_not_null(d);
	while (readdir(d))
		n++;
	cr_assert_eq(closedir(d), 0);
	return n;
}

static void must_open(struct listener *l, const struct server_config *cfg)
{
	struct strbuf why = STRBUF_INIT;

	cr_assert(listener_open(l, cfg, &why), "%s", why.p);
	cr_expect_eq(why.n, 0);
	strbuf_release(&why);
}

/* Refused with that sentence, and nothing stays open. */
static void must_not_open(const struct server_config *cfg, const char *want)
{
	struct strbuf why = STRBUF_INIT;
	size_t before = open_descriptors();
	struct listener l;

	cr_expect_not(listener_open(&l, cfg, &why));
	cr_expect_eq(l.fd, -1);
	cr_expect(why.p && strstr(why.p, want), "want %s, got %s", want, why.p);
	cr_expect(why.p && !strchr(why.p, '\n'));
	listener_close(&l);
	cr_expect_eq(open_descriptors(), before, "%s", want);
	strbuf_release(&why);
}

static void expect_text_of(const struct listener *l, const struct server_config *cfg,
			   const char *fmt, unsigned port)
{
	struct strbuf got = STRBUF_INIT, want = STRBUF_INIT;

	strbuf_addf(&want, "%s%u", fmt, port);
	listener_ready_text(l, cfg, &got);
	cr_expect_str_eq(got.p, want.p);
	strbuf_release(&got);
	strbuf_release(&want);
}

/* ---- TCP ---- */

Test(listener, ready_text_has_the_chosen_port)
{
	static const struct {
		const char *host;
		enum server_family family;
		const char *text;
	} rows[] = {
		{NULL, SERVER_ANY, " [::]:"},   {NULL, SERVER_IPV4, " 0.0.0.0:"},
		{NULL, SERVER_IPV6, " [::]:"},  {"127.0.0.1", SERVER_ANY, " 127.0.0.1:"},
		{"::1", SERVER_ANY, " [::1]:"}, {"localhost", SERVER_IPV4, " 127.0.0.1:"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server_config cfg = {
			.host = rows[i].host, .port = "0", .family = rows[i].family};
		struct listener l;

		must_open(&l, &cfg);
		cr_expect_gt(listener_port(&l), 0);
		expect_text_of(&l, &cfg, rows[i].text, listener_port(&l));
		cfg.port = "00";
		expect_text_of(&l, &cfg, rows[i].text, listener_port(&l));
		listener_close(&l);
		cr_expect_eq(l.fd, -1);
		listener_close(&l);
	}
}

Test(listener, a_fixed_port_has_no_ready_text)
{
	struct server_config any = {.host = "127.0.0.1", .port = "0"}, fixed = any;
	struct strbuf text = STRBUF_INIT;
	struct listener l;
	char port[16];

	must_open(&l, &any);
	cr_assert_gt(snprintf(port, sizeof port, "%u", listener_port(&l)), 0);
	listener_close(&l);
	fixed.port = port;
	must_open(&l, &fixed);
	listener_ready_text(&l, &fixed, &text);
	cr_expect_eq(text.n, 0);
	listener_address_text(&l, &text);
	cr_expect_eq(strncmp(text.p, "127.0.0.1:", 10), 0);
	cr_expect_str_eq(text.p + 10, port);
	listener_close(&l);
	strbuf_release(&text);
}

Test(listener, refuses_what_cannot_be_bound)
{
	struct server_config any = {.host = "127.0.0.1", .port = "0"}, again = any;
	struct server_config foreign = {.host = "192.0.2.1", .port = "0"}; /* RFC 5737 */
	struct server_config service = {.host = "127.0.0.1", .port = "no-such-service"};
	struct server_config port_65537 = {.host = "127.0.0.1", .port = "65537"};
	struct server_config family = {.host = "::1", .port = "0", .family = SERVER_IPV4};
	struct listener l;
	char port[16];

	must_open(&l, &any);
	cr_assert_gt(snprintf(port, sizeof port, "%u", listener_port(&l)), 0);
	again.port = port;
	must_not_open(&again, "Address already in use");
	must_not_open(&foreign, "cannot listen on 192.0.2.1:0: ");
	must_not_open(&service, "cannot resolve 127.0.0.1:no-such-service: ");
	must_not_open(&port_65537, "cannot listen on port 65537: ports end at 65535");
	must_not_open(&family, "cannot resolve ::1:0: ");
	listener_close(&l);
}

static int connect_to(int family, unsigned port)
{
	int fd = socket(family, SOCK_STREAM, 0);
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int rc;

	cr_assert_geq(fd, 0);
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v6.sin6_addr = in6addr_loopback;
	rc = family == AF_INET ? connect(fd, (const struct sockaddr *)&v4, sizeof v4)
			       : connect(fd, (const struct sockaddr *)&v6, sizeof v6);
	if (rc == 0)
		return fd;
	cr_assert_eq(close(fd), 0);
	return -1;
}

Test(listener, families)
{
	static const struct {
		const char *host;
		enum server_family family;
		bool v4, v6;
	} rows[] = {
		{NULL, SERVER_ANY, true, true},
		{NULL, SERVER_IPV4, true, false},
		{NULL, SERVER_IPV6, false, true},
		{"::", SERVER_ANY, false, true},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server_config cfg = {
			.host = rows[i].host, .port = "0", .family = rows[i].family};
		struct listener l;
		int v4, v6;

		must_open(&l, &cfg);
		v4 = connect_to(AF_INET, listener_port(&l));
		v6 = connect_to(AF_INET6, listener_port(&l));
		cr_expect_eq(v4 >= 0, rows[i].v4, "row %zu", i);
		cr_expect_eq(v6 >= 0, rows[i].v6, "row %zu", i);
		if (v4 >= 0)
			cr_assert_eq(close(v4), 0);
		if (v6 >= 0)
			cr_assert_eq(close(v6), 0);
		listener_close(&l);
	}
}

Test(listener, peer_text)
{
	struct server_config cfg = {.port = "0"};
	struct strbuf text = STRBUF_INIT, want = STRBUF_INIT;
	struct sockaddr_in6 own = {0};
	socklen_t len = sizeof own;
	struct listener l;
	int client, fd, pair[2];

	must_open(&l, &cfg);
	client = connect_to(AF_INET6, listener_port(&l));
	cr_assert_geq(client, 0);
	fd = accept(l.fd, NULL, NULL);
	cr_assert_geq(fd, 0);
	cr_assert_eq(getsockname(client, (struct sockaddr *)&own, &len), 0);
	strbuf_addf(&want, "[::1]:%u", (unsigned)ntohs(own.sin6_port));
	listener_peer_text(fd, &text);
	cr_expect_str_eq(text.p, want.p);
	cr_assert_eq(close(fd), 0);
	cr_assert_eq(close(client), 0);
	strbuf_reset(&text);
	listener_peer_text(l.fd, &text);
	cr_expect_str_eq(text.p, "unknown");
	listener_close(&l);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	strbuf_reset(&text);
	listener_peer_text(pair[0], &text);
	cr_expect_str_eq(text.p, "unix");
	cr_assert_eq(close(pair[0]), 0);
	cr_assert_eq(close(pair[1]), 0);
	strbuf_release(&text);
	strbuf_release(&want);
}

/* ---- -unix ---- */

struct place {
	char dir[64], path[80];
};

static void place_make(struct place *p)
{
	strcpy(p->dir, "/tmp/s_server-listener-XXXXXX");
	cr_assert_not_null(mkdtemp(p->dir));
	cr_assert_gt(snprintf(p->path, sizeof p->path, "%s/s", p->dir), 0);
}

static void place_remove(struct place *p)
{
	(void)unlink(p->path); /* may be gone already */
	cr_assert_eq(rmdir(p->dir), 0);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(close(fd), 0);
}

/* A socket that nobody listens on any more, as a killed server leaves it. */
static void make_stale_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(addr.sun_path, path, strlen(path) + 1);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	cr_assert_eq(close(fd), 0);
}

Test(listener_unix, is_made_and_removed)
{
	struct strbuf text = STRBUF_INIT, want = STRBUF_INIT;
	struct server_config cfg = {0};
	struct place p;
	struct listener l;

	place_make(&p);
	cfg.unix_path = p.path;
	must_open(&l, &cfg);
	cr_expect(exists(p.path));
	cr_expect_eq(listener_port(&l), 0);
	strbuf_addf(&want, " localhost:%s", p.path);
	listener_ready_text(&l, &cfg, &text);
	cr_expect_str_eq(text.p, want.p);
	strbuf_reset(&text);
	listener_address_text(&l, &text);
	cr_expect_str_eq(text.p, p.path);
	listener_close(&l);
	cr_expect_not(exists(p.path));
	strbuf_release(&text);
	strbuf_release(&want);
	place_remove(&p);
}

/* OpenSSL removes the path when its bind failed: somebody else's socket. */
Test(listener_unix, what_exists_is_left_alone)
{
	struct server_config cfg = {0};
	struct place p;

	place_make(&p);
	cfg.unix_path = p.path;
	make_stale_socket(p.path);
	must_not_open(&cfg, "Address already in use");
	cr_expect(exists(p.path));
	cr_assert_eq(unlink(p.path), 0);
	make_file(p.path);
	must_not_open(&cfg, "Address already in use");
	cr_expect(exists(p.path));
	place_remove(&p);
}

Test(listener_unix, unlink_removes_sockets_and_nothing_else)
{
	struct server_config cfg = {.unlink = true};
	struct place p;
	struct listener l;

	place_make(&p);
	cfg.unix_path = p.path;
	must_open(&l, &cfg);
	listener_close(&l);
	make_stale_socket(p.path);
	must_open(&l, &cfg);
	listener_close(&l);
	make_file(p.path);
	must_not_open(&cfg, "is not a socket");
	cr_expect(exists(p.path));
	cr_assert_eq(unlink(p.path), 0);
	cr_assert_eq(symlink("nowhere", p.path), 0);
	must_not_open(&cfg, "is not a socket");
	cr_expect(exists(p.path));
	place_remove(&p);
}

Test(listener_unix, refusals)
{
	struct server_config cfg = {.unix_path = "/nonexistent/s"};
	char longest[109], too_long[110];

	must_not_open(&cfg, "cannot listen on /nonexistent/s: No such file or directory");
	memset(too_long, 'x', sizeof too_long);
	memcpy(too_long, "/nonexistent/", 13);
	too_long[108] = '\0';
	cfg.unix_path = too_long;
	must_not_open(&cfg, "-unix path is longer than 107 bytes");
	memcpy(longest, too_long, sizeof longest);
	longest[107] = '\0';
	cfg.unix_path = longest;
	must_not_open(&cfg, "No such file or directory");
}

Test(listener, fast_open_is_set_before_it_listens)
{
	struct server_config cfg = {.host = "127.0.0.1", .port = "0", .tfo = true};
	struct listener l;
	int queue = 0;
	socklen_t n = sizeof(queue);

	must_open(&l, &cfg);
	cr_expect_eq(getsockopt(l.fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, &n), 0);
	cr_expect_gt(queue, 0);
	listener_close(&l);
	cfg = (struct server_config){.unix_path = "/tmp/none/s", .tfo = true};
	must_not_open(&cfg, "-tfo: Unix sockets have no TCP Fast Open");
}
