#include "backends/wolfssl/wolfssl_backend.h"

#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

#include <stdlib.h>
#include <string.h>

/* ---- session ids ---- */

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
	if (n > 0) {
		s->ctx->host->cache_put(s->sud, (struct bytes){id, id_n},
					(struct bytes){der, (size_t)n});
		explicit_bzero(der, (size_t)n);
	}
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

/* ---- tickets ---- */

/* What a ticket is good for: 5.5.4 does not compare the context of a TLS 1.3 session. */
static size_t ticket_scope(const struct tls_session *s, const byte *name, uint8_t *out)
{
	struct bytes context = s->ctx->cfg->session_id_context;
	size_t n = WOLFSSL_TICKET_NAME_SZ;

	memcpy(out, name, n);
	out[n++] = (size_t)(s->slot - s->ctx->slots) >= s->ctx->n_creds; /* the other server name */
	memcpy(out + n, context.p, context.n);
	return n + context.n;
}

/*
 * Seals and opens tickets with one key for the life of the context, as OpenSSL does: the library's
 * own keys change every hour, and a ticket must end before its key (TicketEncCbCtx_ChooseKey() in
 * src/internal.c of 5.5.4). The iv counts, so it never comes twice. The library keeps no verify
 * result in a ticket, so it is put behind what it has in there.
 */
static int on_ticket(WOLFSSL *ssl, unsigned char *name, unsigned char *iv, unsigned char *mac,
		     int seal, unsigned char *ticket, int n, int *out_n, void *ud)
{
	struct tls_ctx *ctx = ud;
	struct tls_session *s = ws_current();
	uint8_t scope[WOLFSSL_TICKET_NAME_SZ + 1 + 32];
	size_t scope_n;
	uint64_t count;
	int ret;

	if (!s || n < 0 || ctx->cfg->session_id_context.n > 32)
		return WOLFSSL_TICKET_RET_REJECT;
	if (!seal) {
		if (s->no_psk || memcmp(name, ctx->ticket_name, WOLFSSL_TICKET_NAME_SZ) != 0)
			return WOLFSSL_TICKET_RET_REJECT;
		scope_n = ticket_scope(s, name, scope);
		ret = wc_ChaCha20Poly1305_Decrypt(ctx->ticket_key, iv, scope, (word32)scope_n,
						  ticket, (word32)n, mac, ticket);
		if (ret != 0 || n < 1)
			return WOLFSSL_TICKET_RET_REJECT;
		*out_n = n - 1;
		s->ticket_result = ticket[n - 1];
		return WOLFSSL_TICKET_RET_OK;
	}
	if (*out_n <= n)
		return WOLFSSL_TICKET_RET_FATAL;
	/* One that follows a resumption says what the one before it said. */
	ticket[n++] = (unsigned char)(s->ticket_result >= 0 && wolfSSL_session_reused(ssl)
					      ? s->ticket_result
					      : s->verify_result);
	*out_n = n;
	memcpy(name, ctx->ticket_name, WOLFSSL_TICKET_NAME_SZ);
	memset(iv, 0, WOLFSSL_TICKET_IV_SZ);
	memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
	count = atomic_fetch_add(&ctx->tickets, 1) + 1; /* zeros would not do */
	memcpy(iv, &count, sizeof(count));
	scope_n = ticket_scope(s, name, scope);
	ret = wc_ChaCha20Poly1305_Encrypt(ctx->ticket_key, iv, scope, (word32)scope_n, ticket,
					  (word32)n, ticket, mac);
	return ret == 0 ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_FATAL;
}

bool ws_ticket_key(struct tls_ctx *ctx)
{
	WC_RNG rng;
	bool ok;

	if (wc_InitRng(&rng) != 0)
		return false;
	ok = wc_RNG_GenerateBlock(&rng, ctx->ticket_key, sizeof(ctx->ticket_key)) == 0 &&
	     wc_RNG_GenerateBlock(&rng, ctx->ticket_name, sizeof(ctx->ticket_name)) == 0;
	(void)wc_FreeRng(&rng); /* nothing is left to be done about it */
	return ok;
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
	wolfSSL_CTX_set_timeout(wctx, WS_SESSION_TIMEOUT);  /* and the lifetime of tickets */
	(void)wolfSSL_CTX_set_TicketEncCb(wctx, on_ticket); /* fail for NULL only */
	(void)wolfSSL_CTX_set_TicketEncCtx(wctx, ctx);
	if (tls_flag(cfg, TLS_F_EXT_CACHE)) {
		wolfSSL_CTX_sess_set_new_cb(wctx, on_new);
		wolfSSL_CTX_sess_set_get_cb(wctx, on_get);
		/* Not what is removed: 5.5.4 says so of each copy that it frees. */
	}
}
