#include "core/staple.h"

#include "core/callbacks.h"
#include "core/http_fetch.h"
#include "core/ocsp.h"
#include "core/out.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_RESPONSE = 100 * 1024, /* bytes; OpenSSL's OSSL_HTTP_DEFAULT_MAX_RESP_LEN */
	STATUS_REQUEST = 5,        /* the extension (RFC 6066 8) */
};

/* For one certificate. */
struct question {
	struct staple *staple;
	struct bytes cert;
	struct http_fetch *fetch; /* NULL: not begun, or over */
	struct strbuf log;        /* lines for stderr, if this certificate is the one */
	struct strbuf response;   /* empty: none */
};

struct staple {
	struct conn *c;
	size_t n, waiting;
	struct question question[];
};

/* ---- one certificate ---- */

static void failed(struct question *q, const char *why)
{
	strbuf_addf(&q->log,
		    "Error querying OCSP responder\n"
		    "cert_status: error querying responder\n"
		    "s_server: %s\n",
		    why);
}

static void on_done(void *ud, struct bytes body, const char *why)
{
	struct question *q = ud;

	q->fetch = NULL;
	if (!why && !ocsp_is_response(body))
		why = "the answer is no OCSP response";
	if (why)
		failed(q, why);
	else
		strbuf_add(&q->response, body.p, body.n);
	if (--q->staple->waiting == 0)
		conn_run_again(q->staple->c);
}

/* As get_ocsp_resp_from_responder() in apps/s_server.c. */
static bool find_responder(struct question *q, const struct status_config *cfg,
			   struct http_url *url)
{
	struct bytes uri;

	if (ocsp_responder(q->cert, &uri)) {
		if (!http_url_parse(uri, url)) {
			strbuf_adds(&q->log, "cert_status: can't parse AIA URL\n");
			return false;
		}
		if (cfg->verbose)
			strbuf_addf(&q->log, "cert_status: AIA URL: %.*s\n", (int)uri.n,
				    (const char *)uri.p);
		return true;
	}
	if (cfg->url &&
	    http_url_parse((struct bytes){(const uint8_t *)cfg->url, strlen(cfg->url)}, url))
		return true;
	strbuf_adds(&q->log, "cert_status: no AIA and no default responder URL\n");
	return false;
}

static void ask(struct question *q, struct bytes issuer, struct bytes extensions)
{
	struct conn *c = q->staple->c;
	const struct status_config *cfg = &c->srv->cfg->status;
	struct strbuf request = STRBUF_INIT;
	struct http_url url;

	if (!find_responder(q, cfg, &url))
		return;
	if (!issuer.n || !ocsp_request(&request, q->cert, issuer, extensions)) {
		strbuf_adds(&q->log, "cert_status: Can't retrieve issuer certificate.\n");
	} else {
		struct http_fetch_request r = {
			.url = &url,
			.proxy = http_url_proxy(cfg->proxy, cfg->no_proxy, url.host),
			.post_type = "application/ocsp-request",
			.post = strbuf_bytes(&request),
			.wanted = {"application/ocsp-response", MAX_RESPONSE},
			.timeout_ms = cfg->timeout * 1000,
		};

		q->fetch = http_fetch_start(&c->worker->loop, &r, on_done, q);
		q->staple->waiting++;
	}
	strbuf_release(&request);
	http_url_release(&url);
}

/* ---- a connection ---- */

struct staple *staple_start(struct conn *c)
{
	const struct server_config *cfg = c->srv->cfg;
	const struct tls_config *tls = c->srv->tls;
	const struct client_hello_extension *ext;
	bool sni = c->hello && tls->n_sni_creds && cfg->servername &&
		   callbacks_is_servername(cfg, c->hello->server_name);
	const struct tls_credential *creds = sni ? tls->sni_creds : tls->creds;
	const struct bytes *issuers =
		sni ? cfg->status.issuers + tls->n_creds : cfg->status.issuers;
	size_t n = sni ? tls->n_sni_creds : tls->n_creds;
	struct bytes extensions;
	struct staple *s;

	if (!cfg->status.on || cfg->status.file.n || !c->hello || !n)
		return NULL;
	ext = client_hello_find(c->hello, STATUS_REQUEST);
	if (!ext || !ocsp_status_request(ext->data, &extensions))
		return NULL;
	s = xcalloc(1, sizeof(*s) + n * sizeof(s->question[0]));
	s->c = c;
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		s->question[i] = (struct question){.staple = s, .cert = creds[i].cert};
		ask(&s->question[i], issuers[i], extensions);
	}
	return s;
}

bool staple_ready(const struct staple *s)
{
	return !s || s->waiting == 0;
}

void staple_free(struct staple *s)
{
	for (size_t i = 0; s && i < s->n; i++) {
		if (s->question[i].fetch)
			http_fetch_cancel(s->question[i].fetch);
		strbuf_release(&s->question[i].log);
		strbuf_release(&s->question[i].response);
	}
	free(s);
}

static void tell_response(struct bytes response)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "cert_status: ocsp response sent:\n");
	ocsp_response_print(&text, response);
	out_flush(2, &text);
}

bool staple_answer(struct conn *c, struct bytes cert, struct bytes *response)
{
	const struct status_config *cfg = &c->srv->cfg->status;
	struct staple *s = c->staple;

	*response = cfg->file;
	if (cfg->verbose)
		out_printf(2, "cert_status: callback called\n");
	for (size_t i = 0; s && i < s->n; i++) {
		struct question *q = &s->question[i];

		if (!q->cert.n || q->cert.n != cert.n || memcmp(q->cert.p, cert.p, cert.n) != 0)
			continue;
		out_write(2, strbuf_bytes(&q->log));
		*response = strbuf_bytes(&q->response);
		break;
	}
	if (response->n && cfg->verbose)
		tell_response(*response);
	return response->n > 0;
}
