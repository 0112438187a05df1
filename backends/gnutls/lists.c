/*
 * The configured algorithms that may be negotiated: those that the library has, and that the
 * security level of @SECLEVEL=n lets through (ssl_security_default_callback() in OpenSSL's
 * ssl/ssl_cert.c). Without @SECLEVEL no level is applied.
 */
#include "backends/gnutls/gnutls_backend.h"

#include <stdlib.h>

static unsigned level_bits(const struct tls_ctx *ctx)
{
	return verify_level_bits(ctx->cfg->security_level);
}

static bool ephemeral(gnutls_kx_algorithm_t kx)
{
	switch (kx) {
	case GNUTLS_KX_DHE_RSA:
	case GNUTLS_KX_DHE_DSS:
	case GNUTLS_KX_ECDHE_RSA:
	case GNUTLS_KX_ECDHE_ECDSA:
	case GNUTLS_KX_UNKNOWN: /* TLS 1.3 */
		return true;
	default:
		return false;
	}
}

static bool suite_passes(const struct tls_ctx *ctx, uint16_t id)
{
	const struct gt_suite *suite = gt_suite_find(id);
	int level = ctx->cfg->security_level;
	unsigned bits;

	if (!suite || level <= 0)
		return suite != NULL;
	bits = (unsigned)gnutls_cipher_get_key_size(suite->cipher) * 8;
	if (suite->cipher == GNUTLS_CIPHER_3DES_CBC)
		bits = 112;
	if (bits < level_bits(ctx) || suite->mac == GNUTLS_MAC_MD5 ||
	    suite->kx == GNUTLS_KX_ANON_DH || suite->kx == GNUTLS_KX_ANON_ECDH)
		return false;
	if (level >= 2 && suite->cipher == GNUTLS_CIPHER_ARCFOUR_128)
		return false;
	if (level >= 5 && suite->mac == GNUTLS_MAC_SHA1)
		return false;
	return level < 3 || ephemeral(suite->kx);
}

static bool group_passes(const struct tls_ctx *ctx, uint16_t id)
{
	static const struct {
		uint16_t id;
		unsigned bits;
	} rows[] = {{0x0013, 80},  {0x0015, 112}, {0x0018, 192}, {0x0019, 256},
		    {0x001e, 224}, {0x0100, 112}, {0x0101, 128}, {0x0102, 128},
		    {0x0103, 128}, {0x0104, 192}, {0x11ed, 192}};
	unsigned bits = 128;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].id == id)
			bits = rows[i].bits;
	return gt_group_name(id) && bits >= level_bits(ctx);
}

/* By the hash, whose number is the first byte of the older schemes. */
static bool sigalg_passes(const struct tls_ctx *ctx, uint16_t id)
{
	static const unsigned hash_bits[] = {0, 39, 64, 112, 128, 192, 256};
	const char *names[2];
	unsigned bits = 128;

	if (id >> 8 < sizeof(hash_bits) / sizeof(hash_bits[0]))
		bits = hash_bits[id >> 8];
	else if (id == 0x0805 || id == 0x080a)
		bits = 192;
	else if (id == 0x0806 || id == 0x080b)
		bits = 256;
	else if (id == 0x0808)
		bits = 224;
	return gt_sigalg_names(id, names) && bits >= level_bits(ctx);
}

typedef bool passes_fn(const struct tls_ctx *ctx, uint16_t id);

static struct u16list filter(struct tls_ctx *ctx, struct u16list in, passes_fn *passes)
{
	uint16_t *out = ctx->numbers + ctx->n_numbers;
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++)
		if (passes(ctx, in.p[i]))
			out[n++] = in.p[i];
	ctx->n_numbers += n;
	return (struct u16list){out, n};
}

void gt_lists_init(struct tls_ctx *ctx)
{
	const struct tls_config *cfg = ctx->cfg;
	struct u16list client = cfg->client_sigalgs.n ? cfg->client_sigalgs : cfg->sigalgs;

	ctx->numbers = xcalloc(cfg->suites12.n + cfg->suites13.n + cfg->groups.n + cfg->sigalgs.n +
				       client.n + 1,
			       sizeof(*ctx->numbers));
	ctx->suites12 = filter(ctx, cfg->suites12, suite_passes);
	ctx->suites13 = filter(ctx, cfg->suites13, suite_passes);
	ctx->groups = filter(ctx, cfg->groups, group_passes);
	ctx->sigalgs = filter(ctx, cfg->sigalgs, sigalg_passes);
	ctx->client_sigalgs = filter(ctx, client, sigalg_passes);
}
