#include "core/http_request.h"

#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Feeds copies of `step` bytes until the result is final. Returns how many bytes were used. */
static size_t feed(struct http_request *r, struct bytes b, size_t step)
{
	size_t total = 0;

	while (total < b.n) {
		size_t n = b.n - total < step ? b.n - total : step, used;
		void *copy = xmemdup(b.p + total, n);

		(void)http_request_feed(r, (struct bytes){copy, n}, &used); /* stays in r->result */
		free(copy);
		cr_assert_leq(used, n);
		total += used;
		if (used < n || r->result == HTTP_HEADERS || r->result == HTTP_MALFORMED)
			break;
	}
	return total;
}

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

struct row {
	const char *request;
	enum http_result result;
	enum http_method method;
	uint16_t version;
	const char *target, *rest, *host;
	bool keep_alive, close_asked, has_body;
	size_t left; /* bytes behind the request */
};

static const struct row rows[] = {
	{"", HTTP_MORE, HTTP_GET, 0, "", "", "", false, false, false, 0},
	{"GET / HTTP/1.0\r\n", HTTP_LINE, HTTP_GET, 0x0100, "/", " HTTP/1.0\r\n", "", false, false,
	 false, 0},
	{"GET / HTTP/1.0\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0100, "/", " HTTP/1.0\r\n", "", false,
	 false, false, 0},
	{"GET / HTTP/1.0\n\n", HTTP_HEADERS, HTTP_GET, 0x0100, "/", " HTTP/1.0\n", "", false, false,
	 false, 0},
	{"GET / HTTP/1.0\r\n\r\nnext", HTTP_HEADERS, HTTP_GET, 0x0100, "/", " HTTP/1.0\r\n", "",
	 false, false, false, 4},
	{"GET /a?b=c HTTP/1.1\r\nHost: x.test:1 \r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0101, "/a?b=c",
	 "a?b=c HTTP/1.1\r\n", "x.test:1", true, false, false, 0},
	/* headers */
	{"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0101, "/",
	 " HTTP/1.1\r\n", "", false, true, false, 0},
	{"GET / HTTP/1.1\r\nconnection: Keep-Alive , CLOSE\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0101,
	 "/", " HTTP/1.1\r\n", "", false, true, false, 0},
	{"GET / HTTP/1.1\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", HTTP_HEADERS,
	 HTTP_GET, 0x0101, "/", " HTTP/1.1\r\n", "", false, true, false, 0},
	{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0100, "/",
	 " HTTP/1.0\r\n", "", false, false, false, 0},
	{"GET / HTTP/1.0\r\nConnection: closed, xclose\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0100,
	 "/", " HTTP/1.0\r\n", "", false, false, false, 0},
	{"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde", HTTP_HEADERS, HTTP_KNOWN, 0x0101, "/",
	 " HTTP/1.1\r\n", "", false, false, true, 5},
	{"POST / HTTP/1.1\r\nContent-Length: 00\r\n\r\n", HTTP_HEADERS, HTTP_KNOWN, 0x0101, "/",
	 " HTTP/1.1\r\n", "", false, false, false, 0},
	{"PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", HTTP_HEADERS, HTTP_KNOWN, 0x0101,
	 "/", " HTTP/1.1\r\n", "", false, false, true, 0},
	{"GET / HTTP/1.1\r\nno colon\r\n: no name\r\nHost:\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0101,
	 "/", " HTTP/1.1\r\n", "", false, false, false, 0},
	/* HTTP/0.9 ends with the line */
	{"GET /\r\nHost: x", HTTP_HEADERS, HTTP_GET, 0x0009, "/", "\r\n", "", false, false, false,
	 7},
	{"GET /a.txt\n", HTTP_HEADERS, HTTP_GET, 0x0009, "/a.txt", "a.txt\n", "", false, false,
	 false, 0},
	{"GET /a b\r\n", HTTP_HEADERS, HTTP_GET, 0x0009, "/a", "a b\r\n", "", false, false, false,
	 0},
	{"GET / HTTP/2.0\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0101, "/", " HTTP/2.0\r\n", "", false,
	 false, false, 0},
	/* lines that are no request are skipped, as s_server skips them */
	{"\r\n\r\nGET / HTTP/1.0\r\n", HTTP_LINE, HTTP_GET, 0x0100, "/", " HTTP/1.0\r\n", "", false,
	 false, false, 0},
	{"hello\r\nget / HTTP\r\nGET /x \r\n", HTTP_HEADERS, HTTP_GET, 0x0009, "/x", "x \r\n", "",
	 false, false, false, 0},
	{" GET / HTTP/1.0\r\n", HTTP_MORE, HTTP_GET, 0, "", "", "", false, false, false, 0},
	{"GET\r\n", HTTP_MORE, HTTP_GET, 0, "", "", "", false, false, false, 0},
	{"GETX /\r\n", HTTP_MORE, HTTP_GET, 0, "", "", "", false, false, false, 0},
	/* methods */
	{"HEAD / HTTP/1.0\r\n\r\n", HTTP_HEADERS, HTTP_HEAD, 0x0100, "/", " HTTP/1.0\r\n", "",
	 false, false, false, 0},
	{"DELETE /x HTTP/1.1\r\n\r\n", HTTP_HEADERS, HTTP_KNOWN, 0x0101, "/x", "x HTTP/1.1\r\n", "",
	 false, false, false, 0},
	{"OPTIONS * HTTP/1.1\r\n\r\n", HTTP_HEADERS, HTTP_KNOWN, 0x0101, "*", "", "", false, false,
	 false, 0},
	{"BREW /pot HTTP/1.0\r\n\r\n", HTTP_HEADERS, HTTP_UNKNOWN, 0x0100, "/pot",
	 "pot HTTP/1.0\r\n", "", false, false, false, 0},
	{"BREW /pot\r\n", HTTP_MORE, HTTP_GET, 0, "", "", "", false, false, false, 0},
	{"B(EW /pot HTTP/1.0\r\n", HTTP_MORE, HTTP_GET, 0, "", "", "", false, false, false, 0},
	/* targets */
	{"GET http://x.test/y HTTP/1.1\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0101, "/y",
	 "y HTTP/1.1\r\n", "", false, false, false, 0},
	{"GET https://x.test HTTP/1.1\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0101, "https://x.test",
	 "", "", false, false, false, 0},
	{"GET x HTTP/1.0\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0100, "x", "", "", false, false, false,
	 0},
	{"GET  HTTP/1.0\r\n\r\n", HTTP_HEADERS, HTTP_GET, 0x0100, "", "", "", false, false, false,
	 0},
};

static void expect_row(const struct row *row, size_t step)
{
	struct http_request r = {.result = HTTP_MORE};
	struct bytes all = text(row->request);
	size_t used = feed(&r, all, step);

	cr_expect_eq(r.result, row->result, "%zu: %s", step, row->request);
	cr_expect_eq(used, all.n - row->left, "%zu: %zu of %s", step, used, row->request);
	if (r.result != HTTP_MORE)
		cr_expect_eq(r.method, row->method, "%s", row->request);
	cr_expect_eq(r.version, row->version, "%s", row->request);
	expect_text(strbuf_bytes(&r.target), row->target, row->request);
	expect_text(strbuf_bytes(&r.rest), row->rest, row->request);
	expect_text(strbuf_bytes(&r.host), row->host, row->request);
	cr_expect_eq(r.keep_alive, row->keep_alive, "%s", row->request);
	cr_expect_eq(r.close_asked, row->close_asked, "%s", row->request);
	cr_expect_eq(r.has_body, row->has_body, "%s", row->request);
	cr_expect_not(r.too_long);
	http_request_release(&r);
}

Test(http_request, rows)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t step = 1; step <= 64; step *= 2)
			expect_row(&rows[i], step);
}

/* Whether a connection may go on, and why not. */
Test(http_request, only_a_faultless_request_may_be_followed)
{
	static const struct {
		const char *request;
		bool keep_alive;
	} requests[] = {
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
		{"GET / HTTP/1.1\r\nhost:x\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n", true},
		{"HEAD / HTTP/1.1\r\nHost:\r\n\r\n", true},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", true},
		{"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
		{"GET / HTTP/1.1\r\nHost: x\r\nTab:\t\xff\r\n\r\n", true},
		/* the client does not want it, or has no HTTP/1.1 */
		{"GET / HTTP/1.1\r\nHost: x\r\nConnection: a, close\r\n\r\n", false},
		{"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", false},
		{"GET / HTTP/1.2\r\nHost: x\r\n\r\n", false},
		{"GET / HTTP/2.0\r\nHost: x\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", false},
		/* a body, or what another program may take for one */
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", false},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 5\r\n\r\n", false},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -0\r\n\r\n", false},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
		 false},
		{"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\n Content-Length: 5\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\n: 5\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\nA: b\rContent-Length: 5\r\n\r\n", false},
		/* lines that end in LF alone, words parted otherwise than by one blank, other lines
		 */
		{"GET / HTTP/1.1\nHost: x\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\n\n", false},
		{"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"GET /\tHTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", false},
		{"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"junk\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", false},
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		struct http_request r = {.result = HTTP_MORE};

		(void)feed(&r, text(requests[i].request), 1000);
		cr_expect_eq(r.result, HTTP_HEADERS, "%s", requests[i].request);
		cr_expect_eq(r.keep_alive, requests[i].keep_alive, "%s", requests[i].request);
		http_request_release(&r);
	}
}

/* Its pieces are lines of their own, which must not pass for headers. */
Test(http_request, a_header_that_is_cut_ends_the_connection)
{
	struct http_request r = {.result = HTTP_MORE};
	struct strbuf sb = STRBUF_INIT;

	strbuf_adds(&sb, "GET / HTTP/1.1\r\nA: ");
	while (sb.n < HTTP_MAX_LINE + strlen("GET / HTTP/1.1\r\n"))
		strbuf_addc(&sb, 'x');
	strbuf_adds(&sb, "Host: x\r\n\r\n");
	(void)feed(&r, strbuf_bytes(&sb), sb.n);
	cr_expect_eq(r.result, HTTP_HEADERS);
	expect_text(strbuf_bytes(&r.host), "x", "the piece");
	cr_expect_not(r.keep_alive);
	http_request_release(&r);
	strbuf_release(&sb);
}

Test(http_request, one_after_another)
{
	static const char both[] = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nHEAD /2 HTTP/1.0\r\n\r\n";
	struct http_request r = {.result = HTTP_MORE};
	struct bytes b = text(both);
	size_t used;

	cr_expect_eq(http_request_feed(&r, b, &used), HTTP_HEADERS);
	b.p += used;
	b.n -= used;
	http_request_reset(&r);
	cr_expect_eq(http_request_feed(&r, b, &used), HTTP_HEADERS);
	cr_expect_eq(used, b.n);
	cr_expect_eq(r.method, HTTP_HEAD);
	expect_text(strbuf_bytes(&r.target), "/2", "second");
	cr_expect_eq(r.host.n, 0);
	http_request_release(&r);
}

/* ---- limits ---- */

static void repeat(struct strbuf *sb, const char *s, size_t times)
{
	while (times--)
		strbuf_adds(sb, s);
}

Test(http_request, limits)
{
	static const struct {
		const char *what, *before, *repeated;
		size_t times;
		const char *after;
		enum http_result result;
		bool too_long;
	} limits[] = {
		{"100 skipped lines", "", "x\r\n", HTTP_MAX_SKIPPED, "GET / HTTP/1.0\r\n",
		 HTTP_LINE, false},
		{"101 skipped lines", "", "x\r\n", HTTP_MAX_SKIPPED + 1, "", HTTP_MALFORMED, false},
		{"no line end", "", "x", HTTP_MAX_LINE - 1, "", HTTP_MORE, false},
		{"line too long", "", "x", HTTP_MAX_LINE, "", HTTP_MALFORMED, true},
		{"longest line", "GET /", "x", HTTP_MAX_LINE - 16, " HTTP/1.0\r\n\r\n",
		 HTTP_HEADERS, false},
		{"longer GET is cut, and answered", "GET /", "x", HTTP_MAX_LINE, "", HTTP_HEADERS,
		 false},
		{"headers", "GET / HTTP/1.1\r\n", "a: b\r\n", HTTP_MAX_HEADERS / 6, "\r\n",
		 HTTP_HEADERS, false},
		{"too many headers", "GET / HTTP/1.1\r\n", "a: b\r\n", HTTP_MAX_HEADERS / 6 + 1, "",
		 HTTP_MALFORMED, true},
		{"one endless header", "GET / HTTP/1.1\r\n", "a", HTTP_MAX_HEADERS + 1, "",
		 HTTP_MALFORMED, true},
	};

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		for (size_t step = 7; step < 100000; step *= 50) {
			struct http_request r = {.result = HTTP_MORE};
			struct strbuf sb = STRBUF_INIT;

			strbuf_adds(&sb, limits[i].before);
			repeat(&sb, limits[i].repeated, limits[i].times);
			strbuf_adds(&sb, limits[i].after);
			(void)feed(&r, strbuf_bytes(&sb), step); /* the limits decide */
			cr_expect_eq(r.result, limits[i].result, "%s, %zu: %d", limits[i].what,
				     step, (int)r.result);
			cr_expect_eq(r.too_long, limits[i].too_long, "%s", limits[i].what);
			cr_expect_lt(r.line.cap + r.host.cap + r.target.cap + r.rest.cap, 200000,
				     "%s", limits[i].what);
			http_request_release(&r);
			strbuf_release(&sb);
		}
	}
}

Test(http_request, any_byte_is_borne_with)
{
	for (unsigned at = 0; at < 40; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			char request[] = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: x\r\n\r\n";
			struct http_request r = {.result = HTTP_MORE};

			request[at] = (char)byte;
			(void)feed(&r, (struct bytes){(const uint8_t *)request, sizeof request - 1},
				   17); /* only that it ends */
			http_request_release(&r);
		}
	}
}

/* ---- paths: the table of what s_server -WWW answers ---- */

Test(http_path, rows)
{
	static const struct {
		const char *rest;
		enum http_path_check result;
		const char *name;
	} paths[] = {
		{"a.txt HTTP/1.0\r\n", HTTP_PATH_OK, "a.txt"},
		{"a.txt?x=1 HTTP/1.0\r\n", HTTP_PATH_OK, "a.txt?x=1"},
		{" HTTP/1.0\r\n", HTTP_PATH_OK, ""},
		{"sub ", HTTP_PATH_OK, "sub"},
		{"sub/ ", HTTP_PATH_OK, "sub/"},
		{". ", HTTP_PATH_OK, "."},
		{"x..y ", HTTP_PATH_OK, "x..y"},
		{"...x ", HTTP_PATH_OK, "...x"},
		{"... ", HTTP_PATH_OK, "..."},
		{"./a.txt ", HTTP_PATH_OK, "./a.txt"},
		{"sub/./b ", HTTP_PATH_OK, "sub/./b"},
		{"a.. ", HTTP_PATH_OK, "a.."},
		{"../x ", HTTP_PATH_DOTS, "../x"},
		{"sub/../a ", HTTP_PATH_DOTS, "sub/../a"},
		{".. ", HTTP_PATH_DOTS, ".."},
		{"a/.. ", HTTP_PATH_DOTS, "a/.."},
		{"..\\x ", HTTP_PATH_DOTS, "..\\x"},
		{"a\\..\\x ", HTTP_PATH_DOTS, "a\\..\\x"},
		{"a/..\\x ", HTTP_PATH_DOTS, "a/..\\x"},
		{"a:b ", HTTP_PATH_DOTS, "a"},
		{"C:/x ", HTTP_PATH_DOTS, "C"},
		{": ", HTTP_PATH_DOTS, ""},
		{"a:b", HTTP_PATH_DOTS, "a"},
		{"/etc/passwd ", HTTP_PATH_INVALID, "/etc/passwd"},
		{"/a.txt ", HTTP_PATH_INVALID, "/a.txt"},
		{"\\a ", HTTP_PATH_INVALID, "\\a"},
		{"/.. ", HTTP_PATH_DOTS, "/.."},
		{"a.txt\r\n", HTTP_PATH_NAME, "a.txt\r\n"},
		{"../x\r\n", HTTP_PATH_NAME, "../x\r\n"},
		{"", HTTP_PATH_NAME, ""},
	};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char name[100];

		cr_expect_eq(http_check_path(text(paths[i].rest), name, sizeof name),
			     paths[i].result, "%s", paths[i].rest);
		cr_expect_str_eq(name, paths[i].name, "%s", paths[i].rest);
	}
}

Test(http_path, decoded)
{
	static const struct {
		const char *rest;
		enum http_path_check result;
		const char *name;
	} paths[] = {
		{"a%20b.txt HTTP/1.0\r\n", HTTP_PATH_OK, "a b.txt"},
		{"%c3%A4 ", HTTP_PATH_OK, "\xc3\xa4"},
		{"a.txt?x=%zz ", HTTP_PATH_OK, "a.txt"},
		{"a%3fb?c ", HTTP_PATH_OK, "a?b"},
		{"a%3Ab ", HTTP_PATH_OK, "a:b"},
		{"%2e%2e/x ", HTTP_PATH_DOTS, "../x"},
		{"a/.%2E ", HTTP_PATH_DOTS, "a/.."},
		{"a%2f..%2Fx ", HTTP_PATH_DOTS, "a/../x"},
		{"a%5c..%5cx ", HTTP_PATH_DOTS, "a\\..\\x"},
		{"%2fetc/passwd ", HTTP_PATH_INVALID, "/etc/passwd"},
		{"%252e%252e/x ", HTTP_PATH_OK, "%2e%2e/x"},
		{"a%00b ", HTTP_PATH_NAME, "a%00b"},
		{"a% ", HTTP_PATH_NAME, "a%"},
		{"a%4 ", HTTP_PATH_NAME, "a%4"},
		{"a%4g ", HTTP_PATH_NAME, "a%4g"},
		{"a.txt\r\n", HTTP_PATH_NAME, "a.txt\r\n"},
	};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char name[100];

		cr_expect_eq(http_decode_path(text(paths[i].rest), name, sizeof name),
			     paths[i].result, "%s", paths[i].rest);
		cr_expect_str_eq(name, paths[i].name, "%s", paths[i].rest);
	}
}

Test(http_path, a_nul_ends_the_line)
{
	static const uint8_t rest[] = "a\0/../b ";
	char name[100];

	cr_expect_eq(http_check_path((struct bytes){rest, sizeof rest - 1}, name, sizeof name),
		     HTTP_PATH_NAME);
	cr_expect_str_eq(name, "a");
}

Test(http_path, names_are_cut_to_the_room)
{
	char name[4] = "xxx";

	cr_expect_eq(http_check_path(text("abc "), name, sizeof name), HTTP_PATH_OK);
	cr_expect_str_eq(name, "abc");
	cr_expect_eq(http_check_path(text("abcd "), name, sizeof name), HTTP_PATH_NAME);
	cr_expect_str_eq(name, "abc");
	cr_expect_eq(http_check_path(text("../../../x "), name, sizeof name), HTTP_PATH_DOTS);
	cr_expect_str_eq(name, "../");
	cr_expect_eq(http_check_path(text("a "), name, 1), HTTP_PATH_NAME);
	cr_expect_str_eq(name, "");
	cr_expect_eq(http_check_path(text("a "), NULL, 0), HTTP_PATH_OK);
}
