/* Early data, which Debian's builds do not know: it is passed over. */
#include "backends/mbedtls/mbedtls_backend.h"

#if HAVE_MBEDTLS_TLS13

#include <mbedtls/hkdf.h>

/* RFC 8446 7.1, without context. */
static bool expand_label(mbedtls_md_type_t hash, struct bytes secret, const char *label,
			 uint8_t *out, size_t n)
{
	size_t label_n = strlen(label);
	uint8_t info[32] = {(uint8_t)(n >> 8), (uint8_t)n, (uint8_t)(6 + label_n)};

	if (label_n > sizeof(info) - 10)
		return false;
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, label_n);
	return mbedtls_hkdf_expand(mbedtls_md_info_from_type(hash), secret.p, secret.n, info,
				   10 + label_n, out, n) == 0;
}

static bool opens(void *ud, struct bytes record)
{
	const struct tls_session *s = ud;
	const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(s->suite);
	struct bytes secret = {s->client_secret, s->client_secret_n};
	uint8_t key[32], iv[12];
	bool ok;

	if (!suite || !secret.n)
		return false;
	ok = expand_label(suite->mac, secret, "key", key, skip_key_size(s->suite)) &&
	     expand_label(suite->mac, secret, "iv", iv, sizeof(iv)) &&
	     skip_opens(s->suite, key, iv, mb_aead_open, record);
	mbedtls_platform_zeroize(key, sizeof(key));
	return ok;
}

void mb_skip_early_data(struct tls_session *s)
{
	if (s->version == TLS_VERSION_1_3)
		skip_begin(&s->skip, s->hello, s->ctx->cfg->recv_max_early_data, opens, s);
}

#else

void mb_skip_early_data(struct tls_session *s)
{
	(void)s;
}

#endif
