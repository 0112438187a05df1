/*
 * core/http_url.h -- URLs of responders and CRLs, and which proxy leads there.
 *
 * As tolerant as OSSL_HTTP_parse_url(): "nosuch" is a host, and "http://" one without a name.
 */
#ifndef S_SERVER_CORE_HTTP_URL_H
#define S_SERVER_CORE_HTTP_URL_H

#include "core/strbuf.h"

struct http_url {
	char *host; /* without the brackets of an IPv6 address */
	char *port; /* digits; 80 or 443 when the URL has none */
	char *path; /* with the query, never empty */
	bool tls;   /* https */
};

/* False (nothing is owned) when it does not parse, or is of another scheme than http and https. */
bool http_url_parse(struct bytes url, struct http_url *out);
void http_url_release(struct http_url *url);

/* "host" or "host:8080", an IPv6 address in brackets. */
void http_url_add_authority(struct strbuf *out, const struct http_url *url);

/*
 * The proxy for that host, or NULL for none. `proxy` and `no_proxy` are -proxy and -no_proxy; where
 * they are NULL the environment says: http_proxy or HTTP_PROXY, no_proxy or NO_PROXY. no_proxy is a
 * list of hosts with commas or blanks between; only a whole entry counts.
 */
const char *http_url_proxy(const char *proxy, const char *no_proxy, const char *host);

#endif
