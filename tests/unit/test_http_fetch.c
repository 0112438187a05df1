#include "core/http_fetch.h"

#include "tests/support/proc.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#define HEAD "HTTP/1.0 200 OK\\r\\nContent-Type: a/b\\r\\n\\r\\n"

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* The port of a server that answers with what the command prints. */
static int serve(const char *command)
{
	struct strbuf port = STRBUF_INIT;
	int number;

	cr_assert_eq(
		shell(&port, "%s/tests/responder %d '%s'", TEST_BINARY_DIR, (int)getpid(), command),
		0);
	number = (int)strtol(port.p, NULL, 10);
	cr_assert_gt(number, 0);
	strbuf_release(&port);
	return number;
}

static bool fetch(const char *where, const char *proxy, const char *post, struct strbuf *body,
		  struct strbuf *why)
{
	struct http_fetch_request r = {.proxy = proxy, .wanted = {"a/b", 64}, .timeout_ms = 20000};
	struct http_url url;
	bool ok;

	cr_assert(http_url_parse(text(where), &url));
	r.url = &url;
	if (post) {
		r.post_type = "a/c";
		r.post = text(post);
	}
	ok = http_fetch_wait(&r, body, why);
	http_url_release(&url);
	return ok;
}

static void expect(const char *where, const char *proxy, const char *post, const char *body)
{
	struct strbuf got = STRBUF_INIT, why = STRBUF_INIT;

	cr_assert(fetch(where, proxy, post, &got, &why), "%s: %s", where, why.p);
	cr_assert_str_eq(got.p, body);
	strbuf_release(&got);
	strbuf_release(&why);
}

static void expect_failure(const char *where, const char *proxy, const char *words)
{
	struct strbuf got = STRBUF_INIT, why = STRBUF_INIT;

	cr_assert(!fetch(where, proxy, NULL, &got, &why));
	cr_assert(strstr(why.p, words), "%s: %s", where, why.p);
	strbuf_release(&got);
	strbuf_release(&why);
}

static char *at(int port, const char *path)
{
	static char url[128];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	return url;
}

Test(http_fetch, get)
{
	int port = serve("printf \"" HEAD "%s\" \"$REQUEST\"");

	expect(at(port, "/a?b"), NULL, NULL, "GET /a?b HTTP/1.0");
}

Test(http_fetch, post)
{
	int port = serve("printf \"" HEAD "\"; cat");

	expect(at(port, "/"), NULL, "question", "question");
}

Test(http_fetch, proxy)
{
	int port = serve("printf \"" HEAD "%s\" \"$REQUEST\"");
	char proxy[64];

	(void)snprintf(proxy, sizeof(proxy), "127.0.0.1:%d", port);
	expect("http://nosuch.test:81/a", proxy, NULL, "GET http://nosuch.test:81/a HTTP/1.0");
	expect_failure("http://nosuch.test/", "https://127.0.0.1", "proxy behind https");
	expect_failure("http://nosuch.test/", "ftp://127.0.0.1", "proxy's URL");
}

Test(http_fetch, name)
{
	int port = serve("printf \"" HEAD "x\"");
	char url[64];

	/* It may have an IPv6 address as well, at which nobody listens. */
	(void)snprintf(url, sizeof(url), "http://localhost:%d/", port);
	expect(url, NULL, NULL, "x");
}

Test(http_fetch, failures)
{
	expect_failure("http://127.0.0.1:9/", NULL, "connection refused");
	expect_failure("https://127.0.0.1:9/", NULL, "https");
	expect_failure("http://", NULL, "");
	expect_failure(at(serve("exit"), "/"), NULL, "the response is cut short");
	expect_failure(at(serve("echo no"), "/"), NULL, "the status is not 200");
	expect_failure(at(serve("cat /dev/zero"), "/"), NULL, "the header is too long");
	expect_failure(at(serve("printf \"" HEAD "\"; cat /dev/zero"), "/"), NULL,
		       "the response is too long");
}

static void not_called(void *ud, struct bytes body, const char *why)
{
	(void)body;
	(void)why;
	*(bool *)ud = true;
}

static void run_short(const char *command, bool cancel)
{
	struct http_fetch_request r = {.wanted = {"a/b", 64}, .timeout_ms = 1};
	bool called = false;
	struct http_fetch *f;
	struct http_url url;
	uv_loop_t loop;

	cr_assert(http_url_parse(text(at(serve(command), "/")), &url));
	r.url = &url;
	cr_assert_eq(uv_loop_init(&loop), 0);
	f = http_fetch_start(&loop, &r, not_called, &called);
	if (cancel)
		http_fetch_cancel(f);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&loop), 0);
	cr_assert_eq(called, !cancel);
	http_url_release(&url);
}

/* Ends although the other side does nothing. */
Test(http_fetch, time_is_limited)
{
	run_short("sleep 60", false);
}

Test(http_fetch, dropped)
{
	run_short("sleep 60", true);
}
