#include "core/http_url.h"

#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535 };

/* ---- parts of a URL; each cuts its part from the front of *rest ---- */

static bool begins_with(struct bytes b, const char *word)
{
	size_t n = strlen(word);

	return b.n >= n && memcmp(b.p, word, n) == 0;
}

static struct bytes cut(struct bytes *rest, size_t n)
{
	struct bytes front = {rest->p, n};

	rest->p += n;
	rest->n -= n;
	return front;
}

/* The number of bytes before the first of the `stops`. */
static size_t span(struct bytes b, const char *stops)
{
	size_t n = 0;

	while (n < b.n && !strchr(stops, b.p[n]))
		n++;
	return n;
}

static bool cut_scheme(struct bytes *rest, bool *tls)
{
	const uint8_t *end = rest->n ? memmem(rest->p, rest->n, "://", 3) : NULL;

	*tls = begins_with(*rest, "https://");
	if (end && !*tls && !begins_with(*rest, "http://"))
		return false;
	if (end)
		(void)cut(rest, (size_t)(end - rest->p) + 3);
	return true;
}

static bool cut_host(struct bytes *rest, struct bytes *host)
{
	size_t user = span(*rest, "@");

	if (user < rest->n)
		(void)cut(rest, user + 1);
	if (!begins_with(*rest, "[")) {
		*host = cut(rest, span(*rest, ":/?#"));
		return true;
	}
	(void)cut(rest, 1);
	*host = cut(rest, span(*rest, "]"));
	if (!rest->n)
		return false;
	(void)cut(rest, 1);
	return true;
}

static bool cut_port(struct bytes *rest, struct bytes *port)
{
	unsigned long number = 0;
	size_t n = 0;

	*port = (struct bytes){NULL, 0};
	if (!begins_with(*rest, ":"))
		return true;
	(void)cut(rest, 1);
	for (; n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9'; n++) {
		number = number * 10 + (unsigned long)(rest->p[n] - '0');
		if (number > PORT_MAX)
			return false;
	}
	*port = cut(rest, n);
	return n > 0;
}

/* ---- the whole ---- */

static char *text_of(const char *before, struct bytes b)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, before);
	strbuf_add(&text, b.p, b.n);
	return text.p;
}

/* No byte that could end a line of a request, or a word of it. */
static bool is_printable(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] <= ' ' || b.p[i] >= 0x7f)
			return false;
	return true;
}

bool http_url_parse(struct bytes url, struct http_url *out)
{
	struct bytes rest = url, host, port, path;
	bool tls;

	*out = (struct http_url){NULL, NULL, NULL, false};
	if (!is_printable(url) || !cut_scheme(&rest, &tls) || !cut_host(&rest, &host) ||
	    !cut_port(&rest, &port) || (rest.n && !strchr("/?#", rest.p[0])))
		return false;
	path = (struct bytes){rest.p, span(rest, "#")};
	out->tls = tls;
	out->host = text_of("", host);
	out->port = text_of(port.n ? "" : tls ? "443" : "80", port);
	out->path = text_of(begins_with(path, "/") ? "" : "/", path);
	return true;
}

void http_url_release(struct http_url *url)
{
	free(url->host);
	free(url->port);
	free(url->path);
	*url = (struct http_url){NULL, NULL, NULL, false};
}

void http_url_add_authority(struct strbuf *out, const struct http_url *url)
{
	bool brackets = strchr(url->host, ':') != NULL;

	strbuf_addf(out, "%s%s%s", brackets ? "[" : "", url->host, brackets ? "]" : "");
	if (strcmp(url->port, url->tls ? "443" : "80") != 0)
		strbuf_addf(out, ":%s", url->port);
}

/* ---- proxies, as OSSL_HTTP_adapt_proxy() chooses them ---- */

static const char *from_environment(const char *lower, const char *upper)
{
	const char *value = getenv(lower);

	return value ? value : getenv(upper);
}

static bool is_listed(const char *list, const char *host)
{
	while (*list) {
		size_t n = strcspn(list, ", ");

		if (n && n == strlen(host) && memcmp(list, host, n) == 0)
			return true;
		list += n;
		list += strspn(list, ", ");
	}
	return false;
}

const char *http_url_proxy(const char *proxy, const char *no_proxy, const char *host)
{
	if (!proxy)
		proxy = from_environment("http_proxy", "HTTP_PROXY");
	if (!no_proxy)
		no_proxy = from_environment("no_proxy", "NO_PROXY");
	if (!proxy || !*proxy || (no_proxy && is_listed(no_proxy, host)))
		return NULL;
	return proxy;
}
