/* A request of -www, -WWW or -HTTP: read byte by byte as in one piece, and its path checked. */
#include "core/http_request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

/* How many bytes the request took. */
static size_t feed(struct http_request *r, struct bytes data, size_t step)
{
	size_t taken = 0, used = 0;

	do {
		size_t left = data.n - taken;

		(void)http_request_feed(
			r, (struct bytes){data.p + taken, left < step ? left : step}, &used);
		check(used <= left);
		taken += used;
	} while (r->result <= HTTP_LINE && taken < data.n);
	return taken;
}

static bool same(const struct strbuf *a, const struct strbuf *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static void check_inside(const char *name)
{
	check(name[0] != '/' && !strstr(name, "/../") && strncmp(name, "../", 3) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_request whole = {0}, pieces = {0};
	struct bytes all = {data, n};
	size_t used = feed(&whole, all, n);
	char name[256];

	check(feed(&pieces, all, 1) == used);
	check(whole.result == pieces.result && whole.method == pieces.method);
	check(whole.keep_alive == pieces.keep_alive && whole.has_body == pieces.has_body);
	check(same(&whole.target, &pieces.target) && same(&whole.rest, &pieces.rest));
	check(same(&whole.host, &pieces.host));
	check(whole.line.n <= HTTP_MAX_LINE);
	check(!whole.keep_alive || (whole.result == HTTP_HEADERS && !whole.has_body));
	if (http_check_path(strbuf_bytes(&whole.rest), name, sizeof(name)) == HTTP_PATH_OK)
		check_inside(name);
	if (http_decode_path(strbuf_bytes(&whole.rest), name, sizeof(name)) == HTTP_PATH_OK)
		check_inside(name);
	http_request_release(&whole);
	http_request_release(&pieces);
	return 0;
}
