#include "backends/wolfssl/wolfssl_backend.h"

#include <stdlib.h>
#include <string.h>

/*
 * The library's hooks are per context and some have no session argument, so the session of the
 * call under way is kept here; per thread, as sessions of one context run on several.
 */
static _Thread_local struct tls_session *current;

struct tls_session *ws_current(void)
{
	return current;
}

void ws_enter(struct tls_session *s)
{
	current = s;
	/* The queue keeps old errors, and repeats them. */
	wolfSSL_ERR_clear_error();
}

void ws_leave(struct tls_session *s)
{
	WOLFSSL_ALERT_HISTORY h;

	current = NULL;
	if (wolfSSL_get_alert_history(s->ssl, &h) != WOLFSSL_SUCCESS)
		return;
	if (h.last_rx.code >= 0 && h.last_rx.code != s->told_in) {
		s->told_in = h.last_rx.code;
		s->ctx->host->alert(s->sud, TLS_IN, (unsigned)h.last_rx.level,
				    (unsigned)h.last_rx.code);
	}
	if (h.last_tx.code >= 0 && h.last_tx.code != s->told_out && !s->mute &&
	    s->abort_alert < 0) {
		s->told_out = h.last_tx.code;
		if (h.last_tx.level == 2)
			s->alert_out = h.last_tx.code;
		s->ctx->host->alert(s->sud, TLS_OUT, (unsigned)h.last_tx.level,
				    (unsigned)h.last_tx.code);
	}
}

/* ---- transport ---- */

enum tls_status ws_receive(struct tls_session *s, void *buf, size_t len, size_t *done)
{
	return skip_active(&s->skip) ? skip_recv(&s->skip, s->io, buf, len, done)
				     : s->io->recv(s->io->ud, buf, len, done);
}

int ws_on_recv(WOLFSSL *ssl, char *buf, int n, void *sud)
{
	struct tls_session *s = sud;
	size_t done = 0;

	(void)ssl;
	if (s->eof)
		return WOLFSSL_CBIO_ERR_CONN_CLOSE;
	ws_report_master_early(s);
	switch (ws_receive(s, buf, (size_t)n, &done)) {
	case TLS_OK:
		if (!s->in.encrypted)
			ws_tap(s, TLS_IN, (const uint8_t *)buf, done);
		return (int)done;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return WOLFSSL_CBIO_ERR_WANT_READ;
	case TLS_EOF:
	case TLS_CLOSED:
		s->eof = true;
		return WOLFSSL_CBIO_ERR_CONN_CLOSE;
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	s->io_failed = true;
	return WOLFSSL_CBIO_ERR_CONN_RST;
}

/* 5.7 finds a wrong PSK of TLS 1.3 an illegal parameter; ours is decrypt_error (RFC 8446 6.2). An
 * alert in clear comes before ServerHello. */
static bool is_alert_on_binder(const struct tls_session *s, const uint8_t *record, int n)
{
	enum { ALERT = 21, FATAL = 2 };

	return s->psk_used && s->version >= TLS_VERSION_1_3 && n == 7 && record[0] == ALERT &&
	       record[5] == FATAL;
}

int ws_on_send(WOLFSSL *ssl, char *buf, int n, void *sud)
{
	struct tls_session *s = sud;

	(void)ssl;
	if (s->abort_alert >= 0)
		return WOLFSSL_CBIO_ERR_GENERAL;
	s->mute = s->mute || is_alert_on_binder(s, (const uint8_t *)buf, n);
	if (s->mute)
		return n;
	ws_report_master_early(s);
	switch (sendq_put(&s->queue, s->io, buf, (size_t)n)) {
	case TLS_OK:
		ws_tap(s, TLS_OUT, (const uint8_t *)buf, (size_t)n);
		return n;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return WOLFSSL_CBIO_ERR_WANT_WRITE;
	case TLS_EOF:
	case TLS_CLOSED:
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	s->io_failed = true;
	return WOLFSSL_CBIO_ERR_CONN_RST;
}

/* ---- secrets ---- */

#if HAVE_WS_HKDF_HOOK
static const char *key_log_word(const byte *label, word32 n)
{
	static const struct {
		const char *label, *word;
	} all[] = {
		{"c e traffic", "CLIENT_EARLY_TRAFFIC_SECRET"},
		{"c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"},
		{"s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
		{"c ap traffic", "CLIENT_TRAFFIC_SECRET_0"},
		{"s ap traffic", "SERVER_TRAFFIC_SECRET_0"},
		{"exp master", "EXPORTER_SECRET"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strlen(all[i].label) == n && memcmp(all[i].label, label, n) == 0)
			return all[i].word;
	return NULL;
}

/* Stands in for the library's HKDF-Expand-Label, which tells no one what it derives. */
static int on_expand(byte *okm, word32 okm_n, const byte *prk, word32 prk_n, const byte *protocol,
		     word32 protocol_n, const byte *label, word32 label_n, const byte *info,
		     word32 info_n, int digest, int side)
{
	int ret = wc_Tls13_HKDF_Expand_Label(okm, okm_n, prk, prk_n, protocol, protocol_n, label,
					     label_n, info, info_n, digest);
	struct tls_session *s = current;
	const char *word;

	(void)side;
	if (ret != 0 || !s)
		return ret;
	ws_note_keys(s, (struct bytes){label, label_n}, (struct bytes){prk, prk_n},
		     (struct bytes){okm, okm_n});
	if (label_n == 10 && memcmp(label, "resumption", 10) == 0 &&
	    okm_n <= sizeof(s->resumption)) {
		memcpy(s->resumption, okm, okm_n);
		s->resumption_n = okm_n;
	}
	word = key_log_word(label, label_n);
	if (word && tls_flag(s->ctx->cfg, TLS_F_WANT_SECRETS))
		s->ctx->host->secret(s->sud, word, (struct bytes){s->client_random, 32},
				     (struct bytes){okm, okm_n});
	return ret;
}
#endif

static void tell_master(struct tls_session *s, const uint8_t *master, size_t n)
{
	if (n == s->master_n && memcmp(master, s->master, n) == 0)
		return;
	memcpy(s->master, master, n);
	s->master_n = n;
	if (tls_flag(s->ctx->cfg, TLS_F_WANT_SECRETS))
		s->ctx->host->secret(s->sud, "CLIENT_RANDOM", (struct bytes){s->client_random, 32},
				     (struct bytes){s->master, s->master_n});
}

void ws_report_master(struct tls_session *s)
{
	const WOLFSSL_SESSION *session = wolfSSL_get_session(s->ssl);
	uint8_t master[sizeof(s->master)];
	int n = session ? wolfSSL_SESSION_get_master_key_length(session) : 0;

	if (n <= 0 || (size_t)n > sizeof(master))
		return;
	n = wolfSSL_SESSION_get_master_key(session, master, (int)sizeof(master));
	if (n > 0)
		tell_master(s, master, (size_t)n);
	explicit_bzero(master, sizeof(master));
}

void ws_report_master_early(struct tls_session *s)
{
	static const uint8_t none[sizeof(s->master)];
	unsigned char *master, *server_random, *client_random;
	unsigned n, server_n, client_n;

	if (s->done || !s->hello || !tls_flag(s->ctx->cfg, TLS_F_WANT_SECRETS) ||
	    wolfSSL_version(s->ssl) >= TLS_VERSION_1_3 ||
	    wolfSSL_get_keys(s->ssl, &master, &n, &server_random, &server_n, &client_random,
			     &client_n) != WOLFSSL_SUCCESS ||
	    n > sizeof(none) || memcmp(master, none, n) == 0)
		return;
	tell_master(s, master, n);
}

/* ---- decisions ---- */

static unsigned answer_psk(struct tls_session *s, uint16_t version, const char *identity,
			   unsigned char *key, unsigned max)
{
	size_t n = identity ? strlen(identity) : 0;
	struct bytes found = {NULL, 0};

	if (!s->ctx->host->psk(s->sud, version, (struct bytes){(const uint8_t *)identity, n},
			       &found) ||
	    found.n == 0 || found.n > max)
		return 0;
	memcpy(key, found.p, found.n);
	s->psk_used = true;
	s->psk_identity_n = n < sizeof(s->psk_identity) ? n : sizeof(s->psk_identity);
	memcpy(s->psk_identity, identity, s->psk_identity_n);
	return (unsigned)found.n;
}

static unsigned on_psk12(WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned max)
{
	int version = wolfSSL_version(ssl);

	/* In TLS 1.3 it is asked when the other callback knew no key. */
	if (!current || current->no_psk || version >= TLS_VERSION_1_3)
		return 0;
	return answer_psk(current, (uint16_t)version, identity, key, max);
}

static unsigned on_psk13(WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned max,
			 const char **suite)
{
	const char *name = current && !current->no_psk ? ws_psk_suite(current) : NULL;

	(void)ssl;
	if (!name)
		return 0;
	*suite = name;
	return answer_psk(current, TLS_VERSION_1_3, identity, key, max);
}

/* 5.5.4 takes no notice of a refusal: abort_alert keeps the answer from going out. */
static int on_alpn(WOLFSSL *ssl, const unsigned char **out, unsigned char *out_n,
		   const unsigned char *in, unsigned in_n, void *unused)
{
	struct tls_session *s = current;
	struct bytes chosen = {NULL, 0};

	(void)ssl;
	(void)unused;
	if (!s)
		return 2;
	if (!s->ctx->host->select_alpn(s->sud, (struct bytes){in, in_n}, &chosen) ||
	    chosen.n == 0 || chosen.n > 255) {
		s->abort_alert = ALERT_NO_APPLICATION_PROTOCOL;
		return 2; /* SSL_TLSEXT_ERR_ALERT_FATAL */
	}
	*out = chosen.p;
	*out_n = (unsigned char)chosen.n;
	return 0;
}

void ws_set_callbacks(struct tls_ctx *ctx, WOLFSSL_CTX *wctx)
{
	wolfSSL_CTX_SetIORecv(wctx, ws_on_recv);
	wolfSSL_CTX_SetIOSend(wctx, ws_on_send);
#if HAVE_WS_HKDF_HOOK
	wolfSSL_CTX_SetHKDFExpandLabelCb(wctx, on_expand);
#endif
	if (ctx->cfg->psk) {
		wolfSSL_CTX_set_psk_server_callback(wctx, on_psk12);
		wolfSSL_CTX_set_psk_server_tls13_callback(wctx, on_psk13);
		if (ctx->cfg->psk_hint)
			wolfSSL_CTX_use_psk_identity_hint(wctx, ctx->cfg->psk_hint);
	}
	if (ctx->cfg->alpn.n)
		wolfSSL_CTX_set_alpn_select_cb(wctx, on_alpn, NULL);
}
