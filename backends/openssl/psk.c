/*
 * External pre-shared keys. In TLS 1.3 a PSK goes with one hash, the client's binder tells which.
 * OpenSSL chooses the suite first and then drops a PSK of another hash, without a word: with a
 * certificate at hand a client's PSK is then not used at all. So the suites of a session whose
 * ClientHello holds a known PSK are narrowed to those that fit it.
 */
#include "backends/openssl/openssl_backend.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { EXT_PRE_SHARED_KEY = 41 };

/* ---- TLS 1.2 and older ---- */

static unsigned on_psk12(SSL *ssl, const char *identity, unsigned char *key, unsigned max)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	struct bytes found = {NULL, 0};
	int version = SSL_version(ssl);
	size_t n = identity ? strlen(identity) : 0;

	/* In TLS 1.3 it is asked when the other callback knew no key. */
	if (!s || version >= TLS1_3_VERSION ||
	    !s->ctx->host->psk(s->sud, (uint16_t)version,
			       (struct bytes){(const uint8_t *)identity, n}, &found) ||
	    !found.n || found.n > max)
		return 0;
	memcpy(key, found.p, found.n);
	return (unsigned)found.n;
}

/* ---- TLS 1.3 ---- */

/* Two lists of equal length: (length 2, identity, age 4)* and (length 1, binder)*. */
static bool split(struct bytes ext, struct bytes *identities, struct bytes *binders)
{
	size_t n;

	if (ext.n < 2)
		return false;
	n = (size_t)ext.p[0] << 8 | ext.p[1];
	if (n > ext.n - 2 || ext.n - 2 - n < 2)
		return false;
	*identities = (struct bytes){ext.p + 2, n};
	*binders = (struct bytes){ext.p + 4 + n, ext.n - 4 - n};
	return true;
}

static bool next_identity(struct bytes *list, struct bytes *identity)
{
	size_t n;

	if (list->n < 2)
		return false;
	n = (size_t)list->p[0] << 8 | list->p[1];
	if (n + 6 > list->n)
		return false;
	*identity = (struct bytes){list->p + 2, n};
	*list = (struct bytes){list->p + 6 + n, list->n - 6 - n};
	return true;
}

static bool next_binder(struct bytes *list, size_t *n)
{
	if (!list->n || list->p[0] >= list->n)
		return false;
	*n = list->p[0];
	*list = (struct bytes){list->p + 1 + *n, list->n - 1 - *n};
	return true;
}

static bool ask(struct tls_session *s, struct bytes identity)
{
	struct bytes key = {NULL, 0};

	if (identity.n > sizeof(s->psk_identity) ||
	    !s->ctx->host->psk(s->sud, TLS_VERSION_1_3, identity, &key) ||
	    key.n > sizeof(s->psk_key) || (!key.n && !s->ctx->psk_session))
		return false;
	if (key.n)
		memcpy(s->psk_key, key.p, key.n);
	memcpy(s->psk_identity, identity.p, identity.n);
	s->psk_key_n = key.n;
	s->psk_identity_n = identity.n;
	return true;
}

static size_t hash_length(const SSL_CIPHER *cipher)
{
	const EVP_MD *md = cipher ? SSL_CIPHER_get_handshake_digest(cipher) : NULL;

	return md ? (size_t)EVP_MD_get_size(md) : 0;
}

static bool offers(const struct client_hello *hello, uint16_t suite)
{
	for (size_t i = 0; i < hello->suites.n; i++)
		if (hello->suites.p[i] == suite)
			return true;
	return false;
}

/* False when memory ran out. No suite that fits: the PSK will not be used, others may. */
static bool narrow_suites(struct tls_session *s)
{
	STACK_OF(SSL_CIPHER) *all = SSL_get_ciphers(s->ssl);
	char list[512] = "";

	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, i);
		uint16_t id = SSL_CIPHER_get_protocol_id(cipher);
		const char *name = SSL_CIPHER_get_name(cipher);
		size_t at = strlen(list);

		if (id >> 8 != 0x13 || hash_length(cipher) != s->psk_hash_n ||
		    !offers(s->hello, id) || at + strlen(name) + 2 > sizeof(list))
			continue;
		(void)snprintf(list + at, sizeof(list) - at, "%s%s", at ? ":" : "", name);
	}
	return !*list || SSL_set_ciphersuites(s->ssl, list) == 1;
}

bool os_prepare_psk(struct tls_session *s)
{
	struct bytes identities, binders, identity;
	size_t binder_n;

	if (!s->hello || (!s->ctx->cfg->psk && !s->ctx->psk_session) ||
	    !(s->ctx->cfg->versions & TLS_VERSION_BIT(TLS_VERSION_1_3)))
		return true;
	for (size_t i = 0; i < s->hello->n_extensions; i++) {
		const struct client_hello_extension *ext = &s->hello->extension[i];

		if (ext->type != EXT_PRE_SHARED_KEY || !split(ext->data, &identities, &binders))
			continue;
		while (next_identity(&identities, &identity) && next_binder(&binders, &binder_n))
			if (ask(s, identity)) {
				s->psk_hash_n = binder_n;
				return narrow_suites(s);
			}
	}
	return true;
}

static SSL_SESSION *make_session(const struct tls_session *s, const SSL_CIPHER *cipher)
{
	SSL_SESSION *session;

	/* With a saved session only its own hash will do; the library checks that. As a pre-shared
	 * key it does not grow old, or a client's would be passed over without a word. */
	if (s->ctx->psk_session) {
		session = SSL_SESSION_dup(s->ctx->psk_session);
		if (session)
			(void)SSL_SESSION_set_time(session, (long)time(NULL));
		return session;
	}
	session = SSL_SESSION_new();
	if (session && SSL_SESSION_set1_master_key(session, s->psk_key, s->psk_key_n) &&
	    SSL_SESSION_set_cipher(session, cipher) &&
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

/* 1 without a session: no such PSK, go on. */
static int on_psk13(SSL *ssl, const unsigned char *identity, size_t n, SSL_SESSION **out)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	const SSL_CIPHER *cipher = SSL_get_pending_cipher(ssl);

	*out = NULL;
	if (!s || !s->psk_hash_n || n != s->psk_identity_n ||
	    memcmp(identity, s->psk_identity, n) != 0 || hash_length(cipher) != s->psk_hash_n)
		return 1;
	*out = make_session(s, cipher);
	s->psk_used = *out != NULL;
	return *out != NULL;
}

void os_set_psk(struct tls_ctx *ctx, SSL_CTX *sctx)
{
	if (ctx->cfg->psk)
		SSL_CTX_set_psk_server_callback(sctx, on_psk12);
	if (ctx->cfg->psk || ctx->psk_session)
		SSL_CTX_set_psk_find_session_callback(sctx, on_psk13);
	if (ctx->cfg->psk && ctx->cfg->psk_hint)
		(void)SSL_CTX_use_psk_identity_hint(sctx, ctx->cfg->psk_hint);
}
