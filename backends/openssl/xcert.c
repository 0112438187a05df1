/* -xcert: several certificates, from which each client gets what suits it. */
#include "backends/openssl/openssl_backend.h"

struct os_group {
	X509 *cert;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* NULL: none */
};

bool os_group_keep(struct tls_ctx *ctx, SSL_CTX *sctx)
{
	struct os_group *all = OPENSSL_realloc(ctx->groups, (ctx->n_groups + 1) * sizeof(*all));
	struct os_group *group;
	STACK_OF(X509) *chain = NULL;

	if (!all)
		return false;
	ctx->groups = all;
	group = &all[ctx->n_groups];
	(void)SSL_CTX_get0_chain_certs(sctx, &chain);
	*group = (struct os_group){SSL_CTX_get0_certificate(sctx), SSL_CTX_get0_privatekey(sctx),
				   chain ? X509_chain_up_ref(chain) : NULL};
	if ((chain && !group->chain) || !X509_up_ref(group->cert)) {
		sk_X509_pop_free(group->chain, X509_free);
		return false;
	}
	if (!EVP_PKEY_up_ref(group->key)) {
		X509_free(group->cert);
		sk_X509_pop_free(group->chain, X509_free);
		return false;
	}
	ctx->n_groups++;
	return true;
}

static unsigned check(SSL *ssl, const struct os_group *group)
{
	unsigned good =
		(unsigned)SSL_check_chain(ssl, group->cert, group->key, group->chain) & 0xffffu;

	if (SSL_set_cert_flags(ssl, 0) & SSL_CERT_FLAG_SUITEB_128_LOS)
		good |= TLS_CHAIN_SUITE_B_TESTED;
	return good;
}

static void tell(const struct tls_session *s, size_t n, unsigned good)
{
	unsigned char *der = NULL;
	int der_n = i2d_X509(s->ctx->groups[n].cert, &der);

	if (der_n > 0)
		s->ctx->host->chain_checked(s->sud, n, (struct bytes){der, (size_t)der_n}, good);
	OPENSSL_free(der);
}

/* As set_cert_cb() in apps/lib/s_cb.c: all that suit the client; the library takes one of them. */
static int on_certificates(SSL *ssl, void *unused)
{
	struct tls_session *s = SSL_get_app_data(ssl);

	(void)unused;
	if (!s)
		return 0;
	SSL_certs_clear(ssl);
	for (size_t i = 0; i < s->ctx->n_groups; i++) {
		const struct os_group *group = &s->ctx->groups[i];
		unsigned good = check(ssl, group);

		tell(s, i, good);
		if (good & TLS_CHAIN_VALID &&
		    (!SSL_use_certificate(ssl, group->cert) ||
		     !SSL_use_PrivateKey(ssl, group->key) ||
		     (group->chain && !SSL_set1_chain(ssl, group->chain))))
			return 0;
	}
	ERR_clear_error(); /* what a check found is no error */
	return 1;
}

void os_set_groups(struct tls_ctx *ctx, SSL_CTX *sctx)
{
	if (sctx == ctx->main && ctx->n_groups)
		SSL_CTX_set_cert_cb(sctx, on_certificates, NULL);
}

void os_free_groups(struct tls_ctx *ctx)
{
	for (size_t i = 0; i < ctx->n_groups; i++) {
		X509_free(ctx->groups[i].cert);
		EVP_PKEY_free(ctx->groups[i].key);
		sk_X509_pop_free(ctx->groups[i].chain, X509_free);
	}
	OPENSSL_free(ctx->groups);
}
