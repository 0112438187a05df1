#include "core/http_reply.h"

#include "core/strbuf.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define OK   "HTTP/1.0 200 OK\r\n"
#define TYPE "Content-Type: a/b\r\n"

static const struct http_reply_wanted wanted = {"a/b", 8};

static enum http_reply_result read_text(const char *s, bool eof, struct bytes *body,
					const char **why)
{
	return http_reply_read((struct bytes){(const uint8_t *)s, strlen(s)}, eof, &wanted, body,
			       why);
}

Test(http_reply, good)
{
	static const struct {
		const char *reply;
		bool eof;
		const char *body;
	} rows[] = {
		{OK TYPE "\r\nbody", true, "body"},
		{OK TYPE "\r\n", true, ""},
		{OK TYPE "Content-Length: 4\r\n\r\nbody", false, "body"},
		{OK TYPE "content-length:4\r\n\r\nbody+", false, "body"},
		{OK TYPE "Content-Length: 0\r\n\r\n", false, ""},
		{"HTTP/1.1 200\r\n" TYPE "\r\nx", true, "x"},
		{"HTTP/1.0 200 OK\n" TYPE "\nx", true, "x"},
		{OK "Content-Type: A/B; charset=x\r\n\r\nx", true, "x"},
		{OK "no colon\r\n" TYPE "\r\nx", true, "x"},
		{OK TYPE "Transfer-Encoding: identity\r\n\r\nx", true, "x"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why = NULL;
		struct bytes body;

		cr_assert_eq(read_text(rows[i].reply, rows[i].eof, &body, &why), HTTP_REPLY_DONE,
			     "row %zu: %s", i, why ? why : "");
		cr_assert_eq(body.n, strlen(rows[i].body), "row %zu", i);
		cr_assert_eq(memcmp(body.p, rows[i].body, body.n), 0, "row %zu", i);
	}
}

/* Each beginning of a good one is unfinished, and bad once nothing more can come. */
Test(http_reply, pieces)
{
	static const char reply[] = OK TYPE "Content-Length: 4\r\n\r\nbody";

	for (size_t n = 0; n < sizeof(reply) - 1; n++) {
		uint8_t *copy = xmemdup(reply, n);
		struct bytes data = {copy, n}, body;
		const char *why = NULL;

		cr_assert_eq(http_reply_read(data, false, &wanted, &body, &why), HTTP_REPLY_MORE);
		cr_assert_eq(http_reply_read(data, true, &wanted, &body, &why), HTTP_REPLY_BAD);
		cr_assert_not_null(why);
		free(copy);
	}
}

Test(http_reply, bad)
{
	static const struct {
		const char *reply, *why;
	} rows[] = {
		{"HTTP/1.0 404 Not found\r\n\r\n", "the status is not 200"},
		{"HTTP/1.0 2000\r\n\r\n", "the status is not 200"},
		{"HTTP/1.0 301 Moved\r\n\r\n", "the status is not 200"},
		{"HTTP/2 200\r\n\r\n", "the status is not 200"},
		{"SSH-2.0-x\r\n", "the status is not 200"},
		{"\n", "the status is not 200"},
		{OK "\r\nx", "missing content type"},
		{OK "Content-Type: a/c\r\n\r\nx", "unexpected content type"},
		{OK "Content-Type: a/bb\r\n\r\nx", "unexpected content type"},
		{OK TYPE "Content-Length: 9\r\n\r\n", "the response is too long"},
		{OK TYPE "Content-Length: 99999999999999999999999\r\n\r\n", "bad content length"},
		{OK TYPE "Content-Length: -1\r\n\r\n", "bad content length"},
		{OK TYPE "Content-Length:\r\n\r\n", "bad content length"},
		{OK TYPE "Transfer-Encoding: chunked\r\n\r\n", "unexpected transfer encoding"},
		{OK TYPE "\r\n123456789", "the response is too long"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why = NULL;
		struct bytes body;

		cr_assert_eq(read_text(rows[i].reply, false, &body, &why), HTTP_REPLY_BAD,
			     "row %zu", i);
		cr_assert_str_eq(why, rows[i].why, "row %zu: %s", i, why);
	}
}

Test(http_reply, header_without_end)
{
	static const char *const begins[] = {"HTTP/1.0 200 ", OK "X: ", OK "X: y\r\nX: y\r\n"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		struct strbuf reply = STRBUF_INIT;
		const char *why = NULL;
		struct bytes body;

		strbuf_adds(&reply, begins[i]);
		cr_assert_eq(read_text(reply.p, false, &body, &why), HTTP_REPLY_MORE);
		while (reply.n <= HTTP_REPLY_HEADER_MAX)
			strbuf_adds(&reply, i == 2 ? "X: y\r\n" : "x");
		cr_assert_eq(read_text(reply.p, false, &body, &why), HTTP_REPLY_BAD);
		cr_assert_str_eq(why, "the header is too long");
		strbuf_release(&reply);
	}
}

Test(http_reply, any_type)
{
	static const struct http_reply_wanted any = {NULL, 8};
	static const char reply[] = OK "\r\nx";
	struct bytes body;
	const char *why;

	cr_assert_eq(http_reply_read((struct bytes){(const uint8_t *)reply, sizeof(reply) - 1},
				     true, &any, &body, &why),
		     HTTP_REPLY_DONE);
}
