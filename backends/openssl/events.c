#include "backends/openssl/openssl_backend.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

/* One hook of the library has no session argument: the session of the call under way. */
static _Thread_local struct tls_session *current;

static BIO_METHOD *bio_method;

/* ---- transport ---- */

static int on_bio_read(BIO *bio, char *buf, size_t len, size_t *done)
{
	struct tls_session *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*done = 0;
	if (s->stateless && os_stateless_take(s, buf, len, done))
		return 1;
	if (s->eof || s->io_failed)
		return 0;
	switch (s->io->recv(s->io->ud, buf, len, done)) {
	case TLS_OK:
		return 1;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		BIO_set_retry_read(bio);
		return 0;
	case TLS_EOF:
	case TLS_CLOSED:
		s->eof = true;
		return 0;
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	s->io_failed = true;
	return 0;
}

/*
 * An alert is made once: when the transport refuses it, OpenSSL drops it and fails. So what is
 * short is kept here instead; the caller gets TLS_WANT_WRITE until it is gone.
 */
static bool keep(struct tls_session *s, const char *buf, size_t len)
{
	bool all = s->stateless && s->stateless->calling;

	if (!all && (!s->may_queue || s->queue.n + len > OS_QUEUE))
		return false;
	strbuf_add(&s->queue, buf, len);
	return true;
}

static int on_bio_write(BIO *bio, const char *buf, size_t len, size_t *done)
{
	struct tls_session *s = BIO_get_data(bio);
	enum tls_status st;

	BIO_clear_retry_flags(bio);
	*done = 0;
	if (s->io_failed)
		return 0;
	st = os_flush(s);
	if (st == TLS_OK)
		st = s->io->send(s->io->ud, buf, len, done);
	switch (st) {
	case TLS_OK:
		return 1;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		if (keep(s, buf, len)) {
			*done = len;
			return 1;
		}
		BIO_set_retry_write(bio);
		return 0;
	case TLS_EOF:
	case TLS_CLOSED:
	case TLS_FAIL:
	case TLS_UNSUPPORTED:
		break;
	}
	s->io_failed = true;
	return 0;
}

static long on_bio_ctrl(BIO *bio, int cmd, long larg, void *parg)
{
	struct tls_session *s = BIO_get_data(bio);

	(void)larg;
	(void)parg;
	switch (cmd) {
	case BIO_CTRL_EOF: /* tells "unexpected eof" from a failed transport */
		return s && s->eof;
	case BIO_CTRL_FLUSH:
	case BIO_CTRL_DUP:
		return 1;
	default:
		return 0;
	}
}

enum tls_status os_flush(struct tls_session *s)
{
	while (s->queue.n) {
		size_t done = 0;
		enum tls_status st = s->io->send(s->io->ud, s->queue.p, s->queue.n, &done);

		if (st == TLS_WANT_READ || st == TLS_WANT_WRITE)
			return TLS_WANT_WRITE;
		if (st != TLS_OK) {
			strbuf_release(&s->queue);
			s->io_failed = true;
			return TLS_FAIL;
		}
		strbuf_consume(&s->queue, done);
	}
	return TLS_OK;
}

bool os_events_init(void)
{
	int type = BIO_get_new_index();

	if (bio_method)
		return true;
	bio_method = type == -1 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "transport");
	return bio_method && BIO_meth_set_read_ex(bio_method, on_bio_read) &&
	       BIO_meth_set_write_ex(bio_method, on_bio_write) &&
	       BIO_meth_set_ctrl(bio_method, on_bio_ctrl);
}

BIO *os_bio_new(struct tls_session *s)
{
	BIO *bio = BIO_new(bio_method);

	if (bio) {
		BIO_set_data(bio, s);
		BIO_set_init(bio, 1);
	}
	return bio;
}

void os_enter(struct tls_session *s)
{
	current = s;
	ERR_clear_error();
}

void os_leave(struct tls_session *s)
{
	(void)s;
	current = NULL;
	ERR_clear_error();
}

/* ---- facts ---- */

static void tell_state(struct tls_session *s, const SSL *ssl, int where, int ret)
{
	const char *role = where & SSL_ST_ACCEPT    ? "SSL_accept"
			   : where & SSL_ST_CONNECT ? "SSL_connect"
						    : "undefined";
	const char *how = "";
	char line[128];

	if (where & SSL_CB_EXIT) {
		/* A call that only waits for the peer is no error. */
		if (ret > 0 || (ret < 0 && SSL_want(ssl) != SSL_NOTHING && !ERR_peek_error()))
			return;
		how = ret ? "error in " : "failed in ";
	} else if (!(where & SSL_CB_LOOP)) {
		return;
	}
	(void)BIO_snprintf(line, sizeof(line), "%s:%s%s", role, how, SSL_state_string_long(ssl));
	s->ctx->host->state(s->sud, line);
}

static void tell_alert(struct tls_session *s, int where, int ret)
{
	enum tls_dir dir = where & SSL_CB_READ ? TLS_IN : TLS_OUT;
	unsigned level = (unsigned)ret >> 8 & 0xff, description = (unsigned)ret & 0xff;

	if (level == SSL3_AL_FATAL)
		*(dir == TLS_IN ? &s->alert_in : &s->alert_out) = (int)description;
	if (dir == TLS_IN && description == SSL3_AD_CLOSE_NOTIFY)
		s->closed = true;
	s->ctx->host->alert(s->sud, dir, level, description);
}

static void on_info(const SSL *ssl, int where, int ret)
{
	struct tls_session *s = SSL_get_app_data(ssl);

	if (!s)
		return;
	if (where & SSL_CB_HANDSHAKE_DONE)
		s->reneg_done = true;
	if (SSL_get_state(ssl) == TLS_ST_SW_CERT_REQ)
		s->cert_requested = true;
	if (where & SSL_CB_ALERT)
		tell_alert(s, where, ret);
	else if (tls_flag(s->ctx->cfg, TLS_F_WANT_MESSAGES))
		tell_state(s, ssl, where, ret);
}

static void on_message(int sent, int version, int type, const void *buf, size_t n, SSL *ssl,
		       void *unused)
{
	struct tls_session *s = SSL_get_app_data(ssl);

	(void)unused;
	/* Beyond 257 are pseudo types of newer releases, for other protocols. */
	if (s && type >= 0 && type <= SSL3_RT_INNER_CONTENT_TYPE)
		s->ctx->host->message(s->sud, sent ? TLS_OUT : TLS_IN, (uint16_t)version,
				      (unsigned)type, (struct bytes){buf, n});
}

/* Hex up to the end of the word, at most `max` bytes; NULL when it is none. */
static const char *unhex(const char *p, uint8_t *out, size_t max, size_t *n)
{
	static const char digits[] = "0123456789abcdef";

	for (*n = 0; *n < max && isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]);
	     p += 2) {
		ptrdiff_t high = strchr(digits, tolower((unsigned char)p[0])) - digits;
		ptrdiff_t low = strchr(digits, tolower((unsigned char)p[1])) - digits;

		out[(*n)++] = (uint8_t)(high << 4 | low);
	}
	return *p == ' ' || *p == '\0' ? p : NULL;
}

/* "LABEL client-random secret" */
static void on_keylog(const SSL *ssl, const char *line)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	size_t label_n = strcspn(line, " "), random_n, secret_n;
	uint8_t random[32], secret[64];
	char label[64];
	const char *p = line + label_n;

	if (!s || !*p || label_n >= sizeof(label))
		return;
	memcpy(label, line, label_n);
	label[label_n] = '\0';
	p = unhex(p + 1, random, sizeof(random), &random_n);
	if (p && *p == ' ')
		p = unhex(p + 1, secret, sizeof(secret), &secret_n);
	else
		p = NULL;
	if (p && !*p)
		s->ctx->host->secret(s->sud, label, (struct bytes){random, random_n},
				     (struct bytes){secret, secret_n});
	OPENSSL_cleanse(secret, sizeof(secret));
}

/* ---- decisions ---- */

static int on_server_name(SSL *ssl, int *alert, void *unused)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)unused;
	if (!s || !name)
		return SSL_TLSEXT_ERR_NOACK;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	switch (s->ctx->host->select_sni(s->sud,
					 (struct bytes){(const uint8_t *)name, strlen(name)})) {
	case 1:
		if (s->ctx->sni)
			(void)SSL_set_SSL_CTX(ssl, s->ctx->sni); /* fails for want of memory only */
		return SSL_TLSEXT_ERR_OK;
	case -1:
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	case -2:
		return SSL_TLSEXT_ERR_ALERT_WARNING;
	default:
		/* Without a second certificate s_server does not acknowledge the name. */
		return s->ctx->sni ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
	}
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
		   const unsigned char *in, unsigned in_n, void *unused)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	struct bytes chosen = {NULL, 0};

	(void)unused;
	if (!s || !s->ctx->host->select_alpn(s->sud, (struct bytes){in, in_n}, &chosen) ||
	    !chosen.n || chosen.n > UCHAR_MAX)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen.p;
	*out_n = (unsigned char)chosen.n;
	return SSL_TLSEXT_ERR_OK;
}

#if !defined(OPENSSL_NO_NEXTPROTONEG)
static int on_npn(SSL *ssl, const unsigned char **out, unsigned *n, void *unused)
{
	const struct tls_session *s = SSL_get_app_data(ssl);

	(void)unused;
	if (!s)
		return SSL_TLSEXT_ERR_NOACK;
	*out = s->ctx->cfg->npn.p;
	*n = (unsigned)s->ctx->cfg->npn.n;
	return SSL_TLSEXT_ERR_OK;
}
#endif

static int on_status(SSL *ssl, void *unused)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	X509 *cert = SSL_get_certificate(ssl);
	struct bytes response = {NULL, 0};
	unsigned char *der = NULL;
	int n = cert ? i2d_X509(cert, &der) : 0;
	uint8_t *copy = NULL;

	(void)unused;
	if (s && n > 0 && s->ctx->host->staple(s->sud, (struct bytes){der, (size_t)n}, &response))
		copy = OPENSSL_memdup(response.p, response.n);
	OPENSSL_free(der);
	if (!copy)
		return SSL_TLSEXT_ERR_NOACK;
	(void)SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)response.n); /* takes it */
	return SSL_TLSEXT_ERR_OK;
}

/* As generate_session_id() of s_server: the prefix over random bytes, until it is a new one. */
static int on_session_id(SSL *ssl, unsigned char *id, unsigned *n)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	size_t len = s ? strlen(s->ctx->id_prefix) : 0;

	for (int i = 0; i < 10; i++) {
		if (RAND_bytes(id, (int)*n) <= 0)
			return 0;
		if (len)
			memcpy(id, s->ctx->id_prefix, len < *n ? len : *n);
		if (!SSL_has_matching_session_id(ssl, id, *n))
			return 1;
	}
	return 0;
}

/* ---- the external cache ---- */

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	unsigned char *der = NULL;
	unsigned id_n = 0;
	const unsigned char *id = SSL_SESSION_get_id(session, &id_n);
	int n = i2d_SSL_SESSION(session, &der);

	if (s && n > 0)
		s->ctx->host->cache_put(s->sud, (struct bytes){id, id_n},
					(struct bytes){der, (size_t)n});
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	return 0; /* no reference is kept */
}

static SSL_SESSION *on_get_session(SSL *ssl, const unsigned char *id, int id_n, int *keep_reference)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	struct bytes der = {NULL, 0};
	const unsigned char *p;

	*keep_reference = 0;
	if (!s || id_n <= 0 ||
	    !s->ctx->host->cache_get(s->sud, (struct bytes){id, (size_t)id_n}, &der))
		return NULL;
	p = der.p;
	return d2i_SSL_SESSION(NULL, &p, (long)der.n);
}

static void on_remove_session(SSL_CTX *sctx, SSL_SESSION *session)
{
	unsigned id_n = 0;
	const unsigned char *id = SSL_SESSION_get_id(session, &id_n);

	(void)sctx;
	/* None when the context is freed. */
	if (current && id_n)
		current->ctx->host->cache_del(current->sud, (struct bytes){id, id_n});
}

void os_set_callbacks(struct tls_ctx *ctx, SSL_CTX *sctx)
{
	const struct tls_config *cfg = ctx->cfg;

	SSL_CTX_set_info_callback(sctx, on_info);
	if (tls_flag(cfg, TLS_F_WANT_MESSAGES))
		SSL_CTX_set_msg_callback(sctx, on_message);
	if (tls_flag(cfg, TLS_F_WANT_SECRETS))
		SSL_CTX_set_keylog_callback(sctx, on_keylog);
	(void)SSL_CTX_set_tlsext_servername_callback(sctx, on_server_name);
	if (cfg->alpn.n)
		SSL_CTX_set_alpn_select_cb(sctx, on_alpn, NULL);
#if !defined(OPENSSL_NO_NEXTPROTONEG)
	if (cfg->npn.n)
		SSL_CTX_set_next_protos_advertised_cb(sctx, on_npn, NULL);
#endif
	if (tls_flag(cfg, TLS_F_STAPLE))
		(void)SSL_CTX_set_tlsext_status_cb(sctx, on_status);
	if (ctx->id_prefix)
		(void)SSL_CTX_set_generate_session_id(sctx, on_session_id);
	if (tls_flag(cfg, TLS_F_EXT_CACHE)) {
		SSL_CTX_sess_set_new_cb(sctx, on_new_session);
		SSL_CTX_sess_set_get_cb(sctx, on_get_session);
		SSL_CTX_sess_set_remove_cb(sctx, on_remove_session);
	}
	os_set_psk(ctx, sctx);
}
