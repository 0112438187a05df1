#include "core/crl_fetch.h"

#include "core/der.h"
#include "core/http_fetch.h"
#include "core/out.h"
#include "core/verify.h"

#include <string.h>

enum { MAX_CRL = 16 * 1024 * 1024 }; /* bytes */

/* ---- where ---- */

static bool is_http(const struct der_item *name)
{
	static const char scheme[] = "http://";

	return name->tag == DER_CONTEXT(6) && name->body.n > sizeof(scheme) - 1 &&
	       memcmp(name->body.p, scheme, sizeof(scheme) - 1) == 0;
}

/* As get_dp_url() in apps/lib/apps.c: of a full name only. */
static bool find_uri(struct der_reader point, struct bytes *uri)
{
	struct der_reader outer, names;
	struct der_item name;

	if (!der_enter(&point, DER_CONTEXT_CONSTRUCTED(0), &outer) ||
	    !der_enter(&outer, DER_CONTEXT_CONSTRUCTED(0), &names))
		return false;
	while (der_next(&names, &name)) {
		if (!is_http(&name))
			continue;
		*uri = name.body;
		return true;
	}
	return false;
}

bool crl_fetch_point(struct bytes cert, bool freshest, struct bytes *uri)
{
	struct der_reader r, points, point;
	struct x509_extension ext;
	struct x509 x;

	if (!x509_parse(cert, &x) ||
	    !x509_find_extension(&x, freshest ? "2.5.29.46" : "2.5.29.31", &ext))
		return false;
	r = der_read(ext.value);
	if (!der_enter(&r, DER_SEQUENCE, &points))
		return false;
	while (der_enter(&points, DER_SEQUENCE, &point))
		if (find_uri(point, uri))
			return true;
	return false;
}

/* ---- what is there ---- */

static bool fetch(struct conn *c, struct bytes uri, struct strbuf *crl, struct strbuf *why)
{
	struct http_fetch_request r = {.wanted = {NULL, MAX_CRL}};
	uint64_t begin = uv_hrtime();
	struct http_url url;
	bool ok;

	if (!http_url_parse(uri, &url)) {
		strbuf_adds(why, "the URL does not parse");
		return false;
	}
	r.url = &url;
	r.proxy = http_url_proxy(NULL, NULL, url.host); /* -proxy is for responders */
	r.timeout_ms = CRL_FETCH_MS - c->crl_ms;
	ok = http_fetch_wait(&r, crl, why);
	c->crl_ms += (unsigned)((uv_hrtime() - begin) / 1000000);
	http_url_release(&url);
	if (!ok || verify_is_crl(strbuf_bytes(crl)))
		return ok;
	strbuf_adds(why, "the answer is no CRL");
	return false;
}

static bool add(struct conn *c, struct bytes cert, bool freshest, struct strbuf *crl)
{
	struct strbuf why = STRBUF_INIT;
	struct bytes uri;
	bool ok;

	strbuf_release(crl);
	if (!crl_fetch_point(cert, freshest, &uri))
		return false;
	ok = c->crl_ms < CRL_FETCH_MS && fetch(c, uri, crl, &why);
	if (c->crl_ms >= CRL_FETCH_MS && !why.n)
		strbuf_adds(&why, "no time is left");
	if (!ok)
		out_printf(2, "s_server: %s\nUnable to load CRL via CDP from %.*s\n", why.p,
			   (int)uri.n, (const char *)uri.p);
	strbuf_release(&why);
	return ok;
}

size_t crl_fetch(struct conn *c, struct bytes cert, struct bytes list[TLS_MAX_CRLS])
{
	size_t n = 0;

	if (add(c, cert, false, &c->crl[n]))
		n++;
	if (c->srv->cfg->use_deltas && add(c, cert, true, &c->crl[n]))
		n++;
	for (size_t i = 0; i < n; i++)
		list[i] = strbuf_bytes(&c->crl[i]);
	return n;
}

void crl_fetch_release(struct conn *c)
{
	for (size_t i = 0; i < TLS_MAX_CRLS; i++)
		strbuf_release(&c->crl[i]);
}
