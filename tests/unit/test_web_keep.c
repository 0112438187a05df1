/* -www and -WWW with clients that speak HTTP/1.1: many requests on one connection, lengths, and
 * everything that ends such a connection. Driven by the fake backend. */
#include "tests/support/fake_client.h"
#include "tests/support/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(web_keep, .timeout = 60);

#define HOST          " HTTP/1.1\r\nHost: localhost\r\n"
#define REQUEST(path) "GET " path HOST "\r\n"
#define FOUND(type, length) \
	"HTTP/1.1 200 ok\r\nContent-type: " type "\r\nContent-Length: " length "\r\n\r\n"

struct site {
	char dir[32];
	struct fake f;
};

static void put_file(const struct site *site, const char *name, const char *data, size_t n)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", site->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	cr_assert(fd >= 0 && write(fd, data, n) == (ssize_t)n, "%s", path);
	(void)close(fd);
}

static void cut_file(const struct site *site, const char *name, off_t size)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", site->dir, name);
	cr_assert_eq(truncate(path, size), 0, "%s", path);
}

static void site_start(struct site *site, const char *words)
{
	(void)strcpy(site->dir, "/tmp/test_web_XXXXXX");
	cr_assert(mkdtemp(site->dir));
	put_file(site, "a.txt", "text\n", 5);
	put_file(site, "b.html", "<p>\n", 4);
	put_file(site, "empty", "", 0);
	fake_start_in(&site->f, PROC_STDIN_NULL, NULL, words, site->dir);
}

static void site_end(struct site *site)
{
	struct strbuf unused = STRBUF_INIT;

	fake_end(&site->f, 0);
	fake_release(&site->f);
	cr_assert_eq(shell(&unused, "rm -r %s", site->dir), 0);
	strbuf_release(&unused);
}

/* Reads D frames until so many bytes are there: the connection stays open. */
static void read_bytes(int fd, struct strbuf *out, size_t n)
{
	struct strbuf piece = STRBUF_INIT;

	strbuf_reset(out);
	while (out->n < n) {
		client_expect(fd, 'D', &piece);
		strbuf_add(out, piece.p, piece.n);
	}
	strbuf_release(&piece);
}

static void expect_answer(int fd, const char *answer)
{
	struct strbuf got = STRBUF_INIT;

	read_bytes(fd, &got, strlen(answer));
	cr_assert_str_eq(got.p, answer);
	strbuf_release(&got);
}

/* The answer to the last request, and the end in order. */
static void expect_last(int fd, const char *answer)
{
	struct strbuf got = STRBUF_INIT;

	client_read_all(fd, &got);
	cr_assert_eq(strncmp(got.p ? got.p : "", answer, strlen(answer)), 0, "%s\n%s", got.p,
		     answer);
	client_expect_eof(fd);
	strbuf_release(&got);
}

static int site_connect(const struct site *site)
{
	int fd = client_connect(&site->f);

	client_hello(fd, "");
	return fd;
}

Test(web_keep, one_connection_has_many_answers)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{REQUEST("/a.txt"), FOUND("text/plain", "5") "text\n"},
		{REQUEST("/b.html"), FOUND("text/html", "4") "<p>\n"},
		{"HEAD /b.html" HOST "\r\n", FOUND("text/html", "4")},
		{"HEAD /empty" HOST "\r\n", "HTTP/1.1 200 ok\r\nContent-type: text/plain\r\n"
					    "Content-Length: 0\r\n\r\n"},
		{REQUEST("/../x"), "HTTP/1.1 403 Forbidden\r\nContent-type: text/plain\r\n"
				   "Content-Length: 29\r\n\r\n'../x' contains '..' or ':'\r\n"},
		{REQUEST("//x"), "HTTP/1.1 403 Forbidden\r\nContent-type: text/plain\r\n"
				 "Content-Length: 25\r\n\r\n'/x' is an invalid path\r\n"},
		{REQUEST("/."), "HTTP/1.1 403 Forbidden\r\nContent-type: text/plain\r\n"
				"Content-Length: 20\r\n\r\n'.' is a directory\r\n"},
		{"POST /a.txt" HOST "Content-Length: 0\r\n\r\n",
		 "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n"
		 "Content-type: text/plain\r\nContent-Length: 35\r\n\r\n"
		 "This method is not answered here.\r\n"},
		{REQUEST("/a.txt"), FOUND("text/plain", "5") "text\n"},
	};
	struct strbuf got = STRBUF_INIT;
	struct site site;
	int fd;

	site_start(&site, "mode=WWW naccept=1");
	fd = site_connect(&site);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		client_frame(fd, 'D', rows[i].request);
		expect_answer(fd, rows[i].answer);
	}
	client_frame(fd, 'D', REQUEST("/none"));
	read_bytes(fd, &got, 200);
	assert_has(got.p, "HTTP/1.1 404 Not Found\r\n");
	client_close(fd);
	site_end(&site);
	strbuf_release(&got);
}

/* All of them at once, cut anywhere: the answers come in order. */
Test(web_keep, pipelined_requests_are_answered_in_order)
{
	enum { REQUESTS = 100, STEP = 1000 };
	struct strbuf all = STRBUF_INIT, expected = STRBUF_INIT;
	struct site site;
	int fd;

	site_start(&site, "mode=WWW naccept=1 quiet");
	fd = site_connect(&site);
	for (int i = 0; i < REQUESTS; i++) {
		strbuf_adds(&all, i % 2 ? REQUEST("/a.txt") : REQUEST("/b.html"));
		strbuf_adds(&expected, i % 2 ? FOUND("text/plain", "5") "text\n"
					     : FOUND("text/html", "4") "<p>\n");
	}
	for (size_t at = 0; at < all.n; at += STEP) {
		char piece[STEP + 1];

		(void)snprintf(piece, sizeof(piece), "%s", all.p + at);
		client_frame(fd, 'D', piece);
	}
	expect_answer(fd, expected.p);
	client_close(fd);
	site_end(&site);
	strbuf_release(&all);
	strbuf_release(&expected);
}

Test(web_keep, a_page_has_its_length)
{
	struct strbuf got = STRBUF_INIT;
	struct site site;
	const char *body;
	int fd;

	site_start(&site, "mode=www naccept=1");
	fd = site_connect(&site);
	for (int i = 0; i < 3; i++) {
		client_frame(fd, 'D', REQUEST("/"));
		client_expect(fd, 'D', &got); /* one record */
		assert_has(got.p, "HTTP/1.1 200 ok\r\nContent-type: text/html\r\nContent-Length: ");
		assert_has(got.p, "</HTML>\r\n\r\n");
		body = strstr(got.p, "\r\n\r\n") + 4;
		cr_assert_eq(strtoul(strstr(got.p, "Length: ") + 8, NULL, 10), strlen(body));
	}
	client_close(fd);
	site_end(&site);
	strbuf_release(&got);
}

/* What openssl s_server sends, to everybody who does not show that more is understood. */
Test(web_keep, other_requests_get_the_old_answer_and_the_end)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{"GET /a.txt HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
		 "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\ntext\n"},
		{"GET /a.txt" HOST "Connection: close\r\n\r\n",
		 "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\ntext\n"},
		{"GET /a.txt HTTP/1.1\r\n\r\n",
		 "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\ntext\n"},
		{"GET /none HTTP/1.1\r\n\r\n",
		 "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\nError opening 'none'"},
		/* without the blank line, after a moment */
		{"GET /a.txt" HOST, "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\ntext\n"},
		{"GET /a.txt HTTP/1.1\n",
		 "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\ntext\n"},
		/* the length of such files is not known before they are read */
		{REQUEST("/empty"), "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\n"},
	};
	enum { ROWS = sizeof(rows) / sizeof(*rows) };
	struct site site;

	site_start(&site, "mode=WWW naccept=7");
	for (size_t i = 0; i < ROWS; i++) {
		int fd = site_connect(&site);

		client_frame(fd, 'D', rows[i].request);
		expect_last(fd, rows[i].answer);
	}
	site_end(&site);
}

/* Nothing behind such a request is taken for another one. */
Test(web_keep, a_request_with_a_body_is_the_last)
{
	static const char *const headers[] = {
		"Content-Length: 100\r\n",
		"Content-Length: 0\r\nContent-Length: 100\r\n",
		"Content-Length : 100\r\n",
		"Transfer-Encoding: chunked\r\n",
		" folded\r\n",
	};
	struct site site;

	site_start(&site, "mode=WWW naccept=5");
	for (size_t i = 0; i < 5; i++) {
		struct strbuf request = STRBUF_INIT, got = STRBUF_INIT;
		int fd = site_connect(&site);

		strbuf_addf(&request, "GET /a.txt" HOST "%s\r\n" REQUEST("/b.html"), headers[i]);
		client_frame(fd, 'D', request.p);
		client_read_all(fd, &got);
		cr_assert_str_eq(got.p,
				 "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\ntext\n");
		client_expect_eof(fd);
		strbuf_release(&request);
		strbuf_release(&got);
	}
	site_end(&site);
}

Test(web_keep, endless_headers_are_refused)
{
	struct strbuf header = STRBUF_INIT;
	struct site site;
	int fd;

	site_start(&site, "mode=WWW naccept=1");
	fd = site_connect(&site);
	client_frame(fd, 'D', REQUEST("/a.txt"));
	expect_answer(fd, FOUND("text/plain", "5") "text\n");
	client_frame(fd, 'D', "GET /a.txt" HOST);
	strbuf_adds(&header, "Name: ");
	while (header.n < 9000)
		strbuf_addc(&header, 'x');
	strbuf_adds(&header, "\r\n");
	for (int i = 0; i < 8; i++)
		client_frame(fd, 'D', header.p);
	expect_last(fd, "HTTP/1.0 431 Request Header Fields Too Large\r\n");
	site_end(&site);
	strbuf_release(&header);
}

/* In between it may just go; in the middle of a request that is a failure. */
Test(web_keep, a_client_that_leaves_between_requests_is_no_failure)
{
	static const char *const last[] = {"", "GET /"};

	for (int i = 0; i < 2; i++) {
		struct site site;
		int fd;

		site_start(&site, "mode=WWW naccept=1");
		fd = site_connect(&site);
		client_frame(fd, 'D', REQUEST("/a.txt"));
		expect_answer(fd, FOUND("text/plain", "5") "text\n");
		if (*last[i])
			client_frame(fd, 'D', last[i]);
		(void)close(fd);
		fake_end(&site.f, 0);
		cr_assert_eq(strstr(fake_err(&site.f), "unexpected eof") != NULL, i, "%s",
			     fake_err(&site.f));
		site_end(&site);
	}
}

/* Also a drip of bytes does not hold it open. */
Test(web_keep, a_connection_without_another_request_ends_in_order)
{
	struct site site;
	int fd;

	site_start(&site, "mode=WWW naccept=1 idle_timeout=30");
	fd = site_connect(&site);
	client_frame(fd, 'D', REQUEST("/a.txt"));
	expect_answer(fd, FOUND("text/plain", "5") "text\n");
	client_frame(fd, 'D', "GE");
	client_expect(fd, 'C', NULL);
	client_expect_eof(fd);
	fake_end(&site.f, 0);
	cr_assert_str_eq(fake_err(&site.f), "FILE:a.txt\n");
	site_end(&site);
}

/* The client must not take a part for the whole: no close_notify. */
Test(web_keep, a_file_that_shrinks_ends_without_close_notify)
{
	enum { SIZE = 4 * 1000 * 1000 };
	static const char *const requests[] = {REQUEST("/big"), "GET /big HTTP/1.0\r\n"};

	for (int i = 0; i < 2; i++) {
		struct strbuf big = STRBUF_INIT;
		struct site site;
		int fd;

		site_start(&site, "mode=WWW naccept=1");
		while (big.n < SIZE)
			strbuf_addf(&big, "%zu,", big.n);
		put_file(&site, "big", big.p, big.n);
		fd = site_connect(&site);
		client_frame(fd, 'D', requests[i]);
		client_expect(fd, 'D', NULL); /* the head; what follows fills all buffers */
		(void)proc_expect_err(&site.f.proc, "FILE:big\n");
		cut_file(&site, "big", 1000);
		for (;;) {
			char frame[70000];
			ssize_t n = read(fd, frame, sizeof(frame));

			cr_assert_geq(n, 0);
			if (n == 0)
				break;
			strbuf_reset(&big);
			strbuf_add(&big, frame, (size_t)n);
		}
		cr_assert(big.n < 3 || memcmp(big.p + big.n - 3, "C\0\0", 3) != 0);
		(void)close(fd);
		fake_end(&site.f, 0);
		assert_has(fake_err(&site.f), "s_server: the file could not be sent to its end: "
					      "it has become shorter\n");
		site_end(&site);
		strbuf_release(&big);
	}
}

/* Only as much as was promised. */
Test(web_keep, a_file_that_grows_keeps_its_length)
{
	enum { SIZE = 4 * 1000 * 1000 };
	struct strbuf big = STRBUF_INIT, got = STRBUF_INIT, head = STRBUF_INIT;
	struct site site;
	int fd;

	site_start(&site, "mode=WWW naccept=1");
	while (big.n < SIZE)
		strbuf_adds(&big, "0123456789");
	put_file(&site, "big", big.p, big.n);
	fd = site_connect(&site);
	client_frame(fd, 'D', REQUEST("/big"));
	(void)proc_expect_err(&site.f.proc, "FILE:big\n");
	cut_file(&site, "big", SIZE + 1000000);
	strbuf_addf(&head, FOUND("text/plain", "%zu"), big.n);
	read_bytes(fd, &got, head.n + big.n);
	cr_assert_eq(got.n, head.n + big.n);
	client_frame(fd, 'D', REQUEST("/a.txt"));
	expect_answer(fd, FOUND("text/plain", "5") "text\n");
	client_close(fd);
	site_end(&site);
	strbuf_release(&big);
	strbuf_release(&got);
	strbuf_release(&head);
}

/* The file's own header says all. */
Test(web_keep, HTTP_ends_after_one_answer)
{
	struct site site;
	int fd;

	site_start(&site, "mode=HTTP naccept=2");
	fd = site_connect(&site);
	client_frame(fd, 'D', REQUEST("/a.txt"));
	expect_last(fd, "text\n");
	fd = site_connect(&site);
	client_frame(fd, 'D', "HEAD /a.txt" HOST "\r\n");
	expect_last(fd, "HTTP/1.0 405 Method Not Allowed\r\nAllow: GET\r\n");
	site_end(&site);
}

Test(web_keep, names_are_decoded_on_request)
{
	struct site site;
	int fd;

	site_start(&site, "mode=WWW naccept=1 percent_decode");
	fd = site_connect(&site);
	client_frame(fd, 'D', REQUEST("/%61%2Etxt?x=%zz"));
	expect_answer(fd, FOUND("text/plain", "5") "text\n");
	client_frame(fd, 'D', REQUEST("/%2e%2e/x"));
	expect_answer(fd, "HTTP/1.1 403 Forbidden\r\nContent-type: text/plain\r\n"
			  "Content-Length: 29\r\n\r\n'../x' contains '..' or ':'\r\n");
	client_close(fd);
	site_end(&site);
}

Test(web_keep, reneg_keeps_the_connection)
{
	struct strbuf page = STRBUF_INIT;
	struct site site;
	int fd;

	site_start(&site, "mode=www naccept=1");
	fd = client_connect(&site.f);
	client_hello(fd, "version 0303");
	for (int i = 0; i < 2; i++) {
		client_frame(fd, 'D', REQUEST("/reneg"));
		client_expect(fd, 'R', NULL);
		client_frame(fd, 'N', "");
		client_expect(fd, 'n', NULL);
		client_expect(fd, 'D', &page);
		assert_has(page.p, "HTTP/1.1 200 ok\r\n");
	}
	client_close(fd);
	site_end(&site);
	strbuf_release(&page);
}
