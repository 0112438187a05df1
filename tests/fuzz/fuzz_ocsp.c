/* What responders, CRL servers and the certificates that name them may send: read, never trusted.
 */
#include "core/crl_fetch.h"
#include "core/http_reply.h"
#include "core/http_url.h"
#include "core/ocsp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static bool inside(struct bytes part, struct bytes whole)
{
	return !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void read_response(struct bytes in)
{
	struct strbuf text = STRBUF_INIT;

	ocsp_response_print(&text, in);
	check(text.n && text.p[text.n - 1] == '\n');
	check(!ocsp_is_response(in) || strstr(text.p, "OCSP Response Status"));
	strbuf_release(&text);
}

static void read_certificate(struct bytes in)
{
	struct bytes uri = {NULL, 0}, extensions;
	struct strbuf request = STRBUF_INIT;

	check(!ocsp_responder(in, &uri) || inside(uri, in));
	check(!crl_fetch_point(in, false, &uri) || inside(uri, in));
	check(!crl_fetch_point(in, true, &uri) || inside(uri, in));
	check(ocsp_request(&request, in, in, (struct bytes){NULL, 0}) == (request.n > 0));
	check(!ocsp_status_request(in, &extensions) || inside(extensions, in));
	strbuf_release(&request);
}

/* Once it is decided, more bytes do not change it. */
static void read_reply(struct bytes in)
{
	static const struct http_reply_wanted wanted = {"application/ocsp-response", 1000};
	enum http_reply_result last = HTTP_REPLY_MORE, result;
	struct bytes body = {NULL, 0};
	const char *why = NULL;

	for (size_t i = 0; i <= in.n && last == HTTP_REPLY_MORE; i++)
		last = http_reply_read((struct bytes){in.p, i}, false, &wanted, &body, &why);
	result = http_reply_read(in, false, &wanted, &body, &why);
	check(last == HTTP_REPLY_MORE ? result == HTTP_REPLY_MORE : result != HTTP_REPLY_MORE);
	check(result != HTTP_REPLY_DONE || (inside(body, in) && body.n <= wanted.max));
	result = http_reply_read(in, true, &wanted, &body, &why);
	check(result != HTTP_REPLY_MORE && (result == HTTP_REPLY_DONE || why));
}

/* What a URL comes to is a URL again, and the same. */
static void read_url(struct bytes in)
{
	struct strbuf text = STRBUF_INIT;
	struct http_url url, again;

	if (!http_url_parse(in, &url))
		return;
	strbuf_adds(&text, url.tls ? "https://" : "http://");
	http_url_add_authority(&text, &url);
	strbuf_adds(&text, url.path);
	if (!strpbrk(url.host, "/?#]@") && !strpbrk(url.path, "@")) {
		check(http_url_parse(strbuf_bytes(&text), &again));
		check(strcmp(url.host, again.host) == 0 && strcmp(url.path, again.path) == 0);
		check(strtol(url.port, NULL, 10) == strtol(again.port, NULL, 10));
		http_url_release(&again);
	}
	http_url_release(&url);
	strbuf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes in = {data, n};

	read_response(in);
	read_certificate(in);
	read_reply(in);
	read_url(in);
	return 0;
}
