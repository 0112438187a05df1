/* Secure remote password (RFC 5054), by the deprecated functions of OpenSSL: it has no others. */
#include "backends/openssl/openssl_backend.h"

#include <string.h>

#if HAVE_OSSL_SRP

/* Of a message: the client's name may hold anything but NUL. */
static void add_quoted(BIO *out, const char *text)
{
	for (; *text; text++)
		(void)BIO_printf(out, *text < 0x20 || *text == 0x7f ? "\\x%02x" : "%c",
				 (unsigned char)*text);
}

static void tell(struct tls_session *s, const char *before, const char *name, const char *after)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text;

	if (out && BIO_puts(out, before) > 0) {
		add_quoted(out, name);
		(void)BIO_puts(out, after);
		if (BIO_write(out, "", 1) == 1 && BIO_get_mem_data(out, &text) > 0)
			s->ctx->host->note(s->sud, text);
	}
	BIO_free(out);
}

static void tell_user(struct tls_session *s, const SRP_user_pwd *user)
{
	char after[300];

	/* The user that the seed makes up has no information. */
	(void)BIO_snprintf(after, sizeof(after), "\" info=\"%s\" ", user->info ? user->info : "");
	tell(s, "SRP parameters set: username = \"", user->id, after);
}

/*
 * As ssl_srp_server_param_cb() in apps/lib/tlssrp_depr.c, which puts itself off once to show how
 * that goes. There it reads its parameters from where they were
 * (https://github.com/openssl/openssl/issues/32566); here they are the context's.
 */
static int on_srp_user(SSL *ssl, int *alert, void *unused)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	char *name = SSL_get_srp_username(ssl);
	SRP_user_pwd *user;
	int result = SSL3_AL_FATAL;

	(void)unused;
	if (!s || !name)
		return result;
	tell(s, "SRP username = \"", name, "\"");
	user = SRP_VBASE_get1_by_user(s->ctx->srp, name);
	if (!user) {
		tell(s, "User ", name, " doesn't exist"); /* *alert is unknown_psk_identity */
		return result;
	}
	if (SSL_set_srp_server_param(ssl, user->N, user->g, user->s, user->v, user->info) < 0) {
		*alert = SSL_AD_INTERNAL_ERROR;
	} else {
		tell_user(s, user);
		result = SSL_ERROR_NONE;
	}
	SRP_user_pwd_free(user);
	return result;
}

static const char *setting(const struct tls_config *cfg, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < cfg->n_settings; i++)
		if (strcmp(cfg->settings[i].name, name) == 0)
			value = cfg->settings[i].value;
	return value;
}

bool os_start_srp(struct tls_ctx *ctx, struct tls_error *err)
{
	const char *file = setting(ctx->cfg, "srpvfile"), *seed = setting(ctx->cfg, "srpuserseed");
	int result;

	if (!file)
		return true;
	/* Neither string is changed. */
	ctx->srp = SRP_VBASE_new((char *)seed);
	result = ctx->srp ? SRP_VBASE_init(ctx->srp, (char *)file) : SRP_ERR_MEMORY;
	if (result == SRP_NO_ERROR)
		return true;
	os_error(err, "Cannot initialize SRP verifier file \"%s\":ret=%d", file, result);
	return false;
}

void os_set_srp(struct tls_ctx *ctx, SSL_CTX *sctx)
{
	if (ctx->srp)
		(void)SSL_CTX_set_srp_username_callback(sctx, on_srp_user); /* cannot fail */
}

void os_free_srp(struct tls_ctx *ctx)
{
	SRP_VBASE_free(ctx->srp);
}

#else

bool os_start_srp(struct tls_ctx *ctx, struct tls_error *err)
{
	(void)ctx;
	(void)err;
	return true;
}

void os_set_srp(struct tls_ctx *ctx, SSL_CTX *sctx)
{
	(void)ctx;
	(void)sctx;
}

void os_free_srp(struct tls_ctx *ctx)
{
	(void)ctx;
}

#endif
