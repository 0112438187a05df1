#include "backends/wolfssl/wolfssl_backend.h"

#include <stdlib.h>

static int on_new(WOLFSSL *ssl, WOLFSSL_SESSION *session)
{
	struct tls_session *s = ws_current();
	unsigned id_n = 0;
	const unsigned char *id = wolfSSL_SESSION_get_id(session, &id_n);
	unsigned char *der = NULL;
	int n;

	(void)ssl;
	/* 5.5.4 comes without an id when it made a TLS 1.2 ticket. */
	if (!s || !id || !id_n)
		return 0;
	n = wolfSSL_i2d_SSL_SESSION(session, &der);
	if (n > 0)
		s->ctx->host->cache_put(s->sud, (struct bytes){id, id_n},
					(struct bytes){der, (size_t)n});
	XFREE(der, NULL, DYNAMIC_TYPE_OPENSSL);
	return 0; /* no reference is kept */
}

static WOLFSSL_SESSION *on_get(WOLFSSL *ssl, const unsigned char *id, int id_n, int *copy)
{
	struct tls_session *s = ws_current();
	struct bytes der = {NULL, 0};
	const unsigned char *p;

	(void)ssl;
	*copy = 0;
	if (!s || id_n <= 0 ||
	    !s->ctx->host->cache_get(s->sud, (struct bytes){id, (size_t)id_n}, &der))
		return NULL;
	p = der.p;
	return wolfSSL_d2i_SSL_SESSION(NULL, &p, (long)der.n);
}

static void on_remove(WOLFSSL_CTX *wctx, WOLFSSL_SESSION *session)
{
	struct tls_session *s = ws_current();
	unsigned id_n = 0;
	const unsigned char *id = wolfSSL_SESSION_get_id(session, &id_n);

	(void)wctx;
	if (s && id && id_n)
		s->ctx->host->cache_del(s->sud, (struct bytes){id, id_n});
}

void ws_set_cache(struct tls_ctx *ctx, WOLFSSL_CTX *wctx)
{
	const struct tls_config *cfg = ctx->cfg;
	long mode = WOLFSSL_SESS_CACHE_SERVER;

	/* In the builds at hand every suite but PSK's is ephemeral. */
	if (tls_flag(cfg, TLS_F_NO_CACHE) || tls_flag(cfg, TLS_F_NO_RESUME_EPHEMERAL))
		mode = WOLFSSL_SESS_CACHE_OFF;
	else if (tls_flag(cfg, TLS_F_EXT_CACHE))
		mode = WOLFSSL_SESS_CACHE_SERVER | WOLFSSL_SESS_CACHE_NO_INTERNAL;
	wolfSSL_CTX_set_session_cache_mode(wctx, mode);
	wolfSSL_CTX_set_timeout(wctx, WS_SESSION_TIMEOUT);
	/* That also set the lifetime of tickets. Of the two keys that encrypt them, each lives an
	 * hour and must outlive its tickets: with half an hour or more the second ticket fails, as
	 * no key is left (TicketEncCbCtx_ChooseKey() in src/internal.c of 5.5.4). */
	(void)wolfSSL_CTX_set_TicketHint(wctx, WS_TICKET_HINT); /* fails for NULL only */
	if (tls_flag(cfg, TLS_F_EXT_CACHE)) {
		wolfSSL_CTX_sess_set_new_cb(wctx, on_new);
		wolfSSL_CTX_sess_set_get_cb(wctx, on_get);
		wolfSSL_CTX_sess_set_remove_cb(wctx, on_remove);
	}
}
