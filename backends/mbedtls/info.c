#include "backends/mbedtls/mbedtls_backend.h"

#include <stdlib.h>

#if HAVE_MBEDTLS_TLS13
static bool have_key(const struct tls_session *s, mbedtls_pk_type_t type, unsigned bits)
{
	const struct mb_cred *creds = s->creds->creds;
	size_t n = s->creds->n_creds;

	if (s->sni_choice == 1 && s->creds->n_sni_creds) {
		creds = s->creds->sni_creds;
		n = s->creds->n_sni_creds;
	}
	for (size_t i = 0; i < n; i++)
		if (mbedtls_pk_can_do(&creds[i].key, type) &&
		    (!bits || mbedtls_pk_get_bitlen(&creds[i].key) == bits))
			return true;
	return false;
}

/* The library takes the client's first algorithm that is in its list and fits a key
 * (ssl_tls13_pick_key_cert()), and tells nobody. */
static uint16_t own_sigalg13(const struct tls_session *s)
{
	static const struct {
		uint16_t id;
		unsigned bits;
	} ec[] = {{0x0403, 256}, {0x0503, 384}, {0x0603, 521}};

	if (s->resumed || !s->hello)
		return 0;
	for (size_t i = 0; i < s->hello->sigalgs.n; i++) {
		uint16_t id = s->hello->sigalgs.p[i];
		bool listed = false;

		for (size_t k = 0; s->ctx->sigalgs[k]; k++)
			listed = listed || s->ctx->sigalgs[k] == id;
		if (!listed)
			continue;
		if (id >= 0x0804 && id <= 0x0806 && have_key(s, MBEDTLS_PK_RSA, 0))
			return id;
		for (size_t k = 0; k < sizeof(ec) / sizeof(ec[0]); k++)
			if (ec[k].id == id && have_key(s, MBEDTLS_PK_ECDSA, ec[k].bits))
				return id;
	}
	return 0;
}
#endif

/* By id resumption the group of the first handshake is not known any more. */
static void fill_key_exchange(struct tls_session *s, struct tls_info *out)
{
	out->group = s->group;
	out->peer_sigalg = out->n_peer_chain ? s->peer_sigalg : 0;
	out->own_sigalg = s->own_sigalg;
#if HAVE_MBEDTLS_TLS13
	if (out->version == TLS_VERSION_1_3)
		out->own_sigalg = own_sigalg13(s);
#endif
}

void mb_info(struct tls_session *s, struct tls_info *out)
{
	const mbedtls_ssl_session *session = s->ssl.session;
	const char *alpn = mbedtls_ssl_get_alpn_protocol(&s->ssl);

	memset(out, 0, sizeof(*out));
	out->version = (uint16_t)mb_version(&s->ssl);
	out->suite = session ? (uint16_t)session->ciphersuite : 0;
	out->n_peer_chain = mb_peer_chain(mbedtls_ssl_get_peer_cert(&s->ssl), s->peer_chain);
	if (s->resumed && s->client_n > 1)
		s->peer_chain[out->n_peer_chain++] = (struct bytes){s->client + 1, s->client_n - 1};
	out->peer_chain = s->peer_chain;
	fill_key_exchange(s, out);
	out->resumed = s->resumed;
	out->extended_master_secret = s->ems;
	out->encrypt_then_mac = s->etm;
	out->secure_renegotiation =
		mb_secure_renegotiation(&s->ssl) || (s->hello && s->hello->secure_renegotiation);
	if (out->version >= TLS_VERSION_1_3 && s->hello && s->hello->early_data)
		out->early_data = TLS_EARLY_REJECTED;
	out->certificate_requested =
		s->cert_requested || (s->conf.authmode != MBEDTLS_SSL_VERIFY_NONE &&
				      out->version == TLS_VERSION_1_3 && !s->resumed);
	out->verify_result = s->verify_result;
	if (alpn)
		out->alpn = (struct bytes){(const uint8_t *)alpn, strlen(alpn)};
	out->session_id = (struct bytes){s->session_id, s->session_id_n};
	out->master_secret = (struct bytes){s->master, s->master_n};
	out->psk_identity = (struct bytes){s->psk_identity, s->psk_identity_n};
	out->ticket = (struct bytes){s->ticket, s->ticket_n};
	out->ticket_lifetime = s->ticket_lifetime;
	out->session_time = s->started;
#if defined(MBEDTLS_HAVE_TIME)
	if (session && session->start)
		out->session_time = (int64_t)session->start;
#endif
	out->session_timeout = MB_SESSION_TIMEOUT;
}

enum tls_status mb_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err)
{
	uint8_t seed[64];
	int ret;

	err->alert = -1;
#if HAVE_MBEDTLS_TLS13 && defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
	if (mb_version(&s->ssl) >= TLS_VERSION_1_3) {
		ret = mbedtls_ssl_export_keying_material(&s->ssl, out, len, label, strlen(label),
							 NULL, 0, 0);
		if (!ret)
			return TLS_OK;
		mb_error(err, "keying material", ret);
		return TLS_FAIL;
	}
#endif
	if (!s->have_master) {
		mb_error_text(err, "the library exported no master secret");
		return TLS_UNSUPPORTED;
	}
	if (rules_label_reserved(label)) {
		mb_error_text(err, "the label \"%s\" is reserved by TLS", label);
		return TLS_FAIL;
	}
	memcpy(seed, s->client_random, 32);
	memcpy(seed + 32, s->server_random, 32);
	ret = mbedtls_ssl_tls_prf(s->prf, s->master, s->master_n, label, seed, sizeof(seed), out,
				  len);
	if (!ret)
		return TLS_OK;
	mb_error(err, "keying material", ret);
	return TLS_FAIL;
}
