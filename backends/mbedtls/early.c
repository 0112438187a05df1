/* Early data, which Debian's builds do not know: it is passed over. */
#include "backends/mbedtls/mbedtls_backend.h"

static bool opens(void *ud, struct bytes record)
{
	const struct tls_session *s = ud;
	const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(s->suite);
	struct bytes secret = {s->client_secret, s->client_secret_n};
	uint8_t key[RECORD13_KEY], iv[RECORD13_IV];
	bool ok;

	if (!suite || !secret.n)
		return false;
	ok = mb_expand_label(suite->mac, secret, "key", key, record13_key_size(s->suite)) &&
	     mb_expand_label(suite->mac, secret, "iv", iv, sizeof(iv)) &&
	     skip_opens(s->suite, key, iv, mb_aead_open, record);
	mbedtls_platform_zeroize(key, sizeof(key));
	return ok;
}

void mb_skip_early_data(struct tls_session *s)
{
	if (s->version == TLS_VERSION_1_3)
		skip_begin(&s->skip, s->hello, s->ctx->cfg->recv_max_early_data, opens, s);
}
