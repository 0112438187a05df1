#include "core/http_url.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

Test(http_url, parts)
{
	static const struct {
		const char *url, *host, *port, *path;
		bool tls;
	} rows[] = {
		{"http://ocsp.test", "ocsp.test", "80", "/", false},
		{"http://ocsp.test/", "ocsp.test", "80", "/", false},
		{"http://ocsp.test:8080/a/b?c=d", "ocsp.test", "8080", "/a/b?c=d", false},
		{"https://ocsp.test/a", "ocsp.test", "443", "/a", true},
		{"http://user:word@ocsp.test/a", "ocsp.test", "80", "/a", false},
		{"http://[::1]:81/a", "::1", "81", "/a", false},
		{"http://[::1]", "::1", "80", "/", false},
		{"http://a?b", "a", "80", "/?b", false},
		{"http://a/b#c", "a", "80", "/b", false},
		{"http://a#c", "a", "80", "/", false},
		{"nosuch", "nosuch", "80", "/", false},
		{"127.0.0.1:8080", "127.0.0.1", "8080", "/", false},
		{"http://", "", "80", "/", false},
		{"", "", "80", "/", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_url url;

		cr_assert(http_url_parse(text(rows[i].url), &url), "%s", rows[i].url);
		cr_assert_str_eq(url.host, rows[i].host, "%s", rows[i].url);
		cr_assert_str_eq(url.port, rows[i].port, "%s", rows[i].url);
		cr_assert_str_eq(url.path, rows[i].path, "%s", rows[i].url);
		cr_assert_eq(url.tls, rows[i].tls, "%s", rows[i].url);
		http_url_release(&url);
	}
}

Test(http_url, refused)
{
	static const char *const rows[] = {
		"ldap://a/b",    "ftp://a",        "://a",          "http://a:",
		"http://a:x/",   "http://a:65536", "http://a:80x/", "http://[::1",
		"http://[::1]x", "http://a b/",    "http://a/\r\n", "http://a/\n",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_url url;

		cr_assert(!http_url_parse(text(rows[i]), &url), "%s", rows[i]);
		cr_assert_null(url.host);
	}
	cr_assert(!http_url_parse((struct bytes){(const uint8_t *)"http://a\0b", 10},
				  &(struct http_url){NULL, NULL, NULL, false}));
}

Test(http_url, authority)
{
	static const char *const rows[][2] = {{"http://a/", "a"},
					      {"http://a:80/", "a"},
					      {"http://a:81/", "a:81"},
					      {"https://a:443", "a"},
					      {"http://[::1]:81/", "[::1]:81"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf out = STRBUF_INIT;
		struct http_url url;

		cr_assert(http_url_parse(text(rows[i][0]), &url));
		http_url_add_authority(&out, &url);
		cr_assert_str_eq(out.p, rows[i][1]);
		strbuf_release(&out);
		http_url_release(&url);
	}
}

static void clear_environment(void)
{
	unsetenv("http_proxy");
	unsetenv("HTTP_PROXY");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
}

Test(http_url, proxy_unless_listed, .init = clear_environment)
{
	static const struct {
		const char *proxy, *no_proxy, *host, *expected;
	} rows[] = {
		{NULL, NULL, "a", NULL},       {"p", NULL, "a", "p"},     {"", NULL, "a", NULL},
		{"p", "a", "a", NULL},         {"p", "b,a", "a", NULL},   {"p", "b a c", "a", NULL},
		{"p", "b, a", "a", NULL},      {"p", "aa", "a", "p"},     {"p", "b.a", "a", "p"},
		{"p", "", "a", "p"},           {"p", "a.test", "a", "p"}, {"p", ",,", "a", "p"},
		{"p", "a.b,::1", "::1", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *proxy = http_url_proxy(rows[i].proxy, rows[i].no_proxy, rows[i].host);

		cr_assert_eq(!proxy, !rows[i].expected, "row %zu", i);
		cr_assert(!proxy || strcmp(proxy, rows[i].expected) == 0, "row %zu", i);
	}
}

Test(http_url, proxy_of_the_environment, .init = clear_environment)
{
	setenv("HTTP_PROXY", "upper", 1);
	cr_assert_str_eq(http_url_proxy(NULL, NULL, "a"), "upper");
	setenv("http_proxy", "lower", 1);
	cr_assert_str_eq(http_url_proxy(NULL, NULL, "a"), "lower");
	cr_assert_str_eq(http_url_proxy("given", NULL, "a"), "given");
	setenv("NO_PROXY", "a", 1);
	cr_assert_null(http_url_proxy(NULL, NULL, "a"));
	cr_assert_str_eq(http_url_proxy(NULL, "b", "a"), "lower");
	setenv("no_proxy", "b", 1);
	cr_assert_str_eq(http_url_proxy(NULL, NULL, "a"), "lower");
}
