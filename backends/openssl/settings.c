/* Options that have no place of their own in struct tls_config. */
#include "backends/openssl/openssl_backend.h"
#include "core/rules.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum tls_status os_conf_cmd(SSL_CTX *sctx, const char *name, const char *value,
			    struct tls_error *err)
{
	SSL_CONF_CTX *conf = SSL_CONF_CTX_new();
	char option[64] = "-";
	int ret = 0;

	strncat(option, name, sizeof(option) - 2);
	if (conf) {
		(void)SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_CMDLINE | SSL_CONF_FLAG_SERVER |
							   SSL_CONF_FLAG_SHOW_ERRORS);
		SSL_CONF_CTX_set_ssl_ctx(conf, sctx);
		ret = SSL_CONF_cmd(conf, option, value);
		if (ret > 0 && !SSL_CONF_CTX_finish(conf))
			ret = 0;
	}
	SSL_CONF_CTX_free(conf);
	if (ret > 0)
		return TLS_OK;
	if (ret == -2)
		return os_refuse(err, "this OpenSSL has no %s", option);
	os_error(err, "Call to SSL_CONF_cmd(%s, %s) failed", option, value ? value : "<NULL>");
	return TLS_FAIL;
}

/* ---- one function an option ---- */

static bool number(const char *text, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 0);
	return *text && !*end && !errno;
}

static bool set_split(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	long n;

	(void)ctx;
	return number(value, &n) && SSL_CTX_set_split_send_fragment(sctx, n) == 1;
}

static bool set_pipelines(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	long n;

	(void)ctx;
	return number(value, &n) && SSL_CTX_set_max_pipelines(sctx, n) == 1;
}

static bool set_read_buf(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	long n;

	(void)ctx;
	if (!number(value, &n) || n <= 0 || n > INT_MAX)
		return false;
	SSL_CTX_set_default_read_buffer_len(sctx, (size_t)n);
	return true;
}

static bool set_section(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	(void)ctx;
	return SSL_CTX_config(sctx, value) == 1;
}

static bool set_id_prefix(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	(void)sctx;
	ctx->id_prefix = value; /* the callback is set for every context */
	return true;
}

static bool set_security_debug(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	(void)value;
	ctx->security_debug = 1;
	os_watch_security(ctx, sctx);
	return true;
}

/* The later one of the two counts. */
static bool set_security_debug_verbose(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	(void)value;
	ctx->security_debug = 2;
	os_watch_security(ctx, sctx);
	return true;
}

static bool set_serverinfo(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	(void)ctx;
	return SSL_CTX_use_serverinfo_file(sctx, value) == 1;
}

static bool set_psk_session(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	BIO *in;

	(void)sctx;
	if (ctx->psk_session)
		return true; /* the second context's turn */
	in = BIO_new_file(value, "r");
	ctx->psk_session = in ? PEM_read_bio_SSL_SESSION(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	return ctx->psk_session != NULL;
}

#if HAVE_OSSL_RPK
/* The public keys of one PEM file; the option may be given several times. */
static bool add_rpks(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value)
{
	size_t before = ctx->n_rpks;
	BIO *in;

	/* OpenSSL keeps such keys as DANE records. */
	if (SSL_CTX_dane_enable(sctx) <= 0)
		return false;
	if (sctx != ctx->main)
		return true; /* they are read for both */
	in = BIO_new_file(value, "r");
	while (in && ctx->n_rpks < OS_MAX_RPKS &&
	       (ctx->rpks[ctx->n_rpks] = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL)))
		ctx->n_rpks++;
	if (ctx->n_rpks > before)
		ERR_clear_error(); /* the end of the file is one */
	BIO_free(in);
	return ctx->n_rpks > before;
}
#endif

static const struct {
	const char *name;
	bool (*apply)(struct tls_ctx *ctx, SSL_CTX *sctx, const char *value);
	bool after_certs;    /* needs the certificates in place */
	const char *failure; /* OpenSSL's words; NULL: "Error setting -NAME VALUE" */
} settings[] = {
	{"split_send_frag", set_split, false, NULL},
	{"max_pipelines", set_pipelines, false, NULL},
	{"read_buf", set_read_buf, false, NULL},
	{"ssl_config", set_section, false, "Error using configuration"},
	{"id_prefix", set_id_prefix, false, NULL},
	{"security_debug", set_security_debug, false, NULL},
	{"security_debug_verbose", set_security_debug_verbose, false, NULL},
	{"serverinfo", set_serverinfo, true, NULL},
	{"psk_session", set_psk_session, false, "Can't read PSK session file"},
#if HAVE_OSSL_RPK
	{"expected-rpks", add_rpks, false, "Error reading raw public keys from"},
#endif
};

/* Before 3.4 the library takes what it can read of the value and says nothing of the rest. */
static enum tls_status set_padding(SSL_CTX *sctx, const char *value, struct tls_error *err)
{
	size_t data, handshake;
	char text[64];

	if (!rules_record_padding(value, &data, &handshake)) {
		os_error(err, "Call to SSL_CONF_cmd(-record_padding, %s) failed", value);
		return TLS_FAIL;
	}
	if (!HAVE_OSSL_HANDSHAKE_PADDING && handshake != data)
		return os_refuse(err,
				 "-record_padding %s: handshake messages have the padding of "
				 "all others before OpenSSL 3.4",
				 value);
	(void)snprintf(text, sizeof(text), "%zu,%zu", data, handshake);
	return os_conf_cmd(sctx, "record_padding", text, err);
}

static enum tls_status apply(struct tls_ctx *ctx, SSL_CTX *sctx, const struct tls_setting *set,
			     bool after_certs, struct tls_error *err)
{
	const char *value = set->value ? set->value : "";

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (strcmp(settings[i].name, set->name) != 0)
			continue;
		if (settings[i].after_certs != after_certs || settings[i].apply(ctx, sctx, value))
			return TLS_OK;
		if (settings[i].failure)
			os_error(err, "%s \"%s\"", settings[i].failure, value);
		else
			os_error(err, "Error setting -%s %s", set->name, value);
		return TLS_FAIL;
	}
	if (after_certs || os_init_setting(set->name) || strncmp(set->name, "srp", 3) == 0)
		return TLS_OK;
	if (strcmp(set->name, "record_padding") == 0)
		return set_padding(sctx, value, err);
	return os_refuse(err, "-%s%s%s is not built for OpenSSL", set->name, *value ? " " : "",
			 value);
}

enum tls_status os_apply_settings(struct tls_ctx *ctx, SSL_CTX *sctx, bool after_certs,
				  struct tls_error *err)
{
	enum tls_status st = TLS_OK;

	for (size_t i = 0; st == TLS_OK && i < ctx->cfg->n_settings; i++)
		if (!os_is_verify_setting(ctx->cfg->settings[i].name))
			st = apply(ctx, sctx, &ctx->cfg->settings[i], after_certs, err);
	return st;
}
