#include "backends/wolfssl/wolfssl_backend.h"

#include <stdlib.h>
#include <string.h>

static uint16_t ec_scheme(uint16_t group)
{
	return group == 24 ? 0x0503 : group == 25 ? 0x0603 : 0x0403;
}

/* rsa_pss_rsae_* by the number of the hash (obj_mac.h: NID_sha256, sha384, sha512); 5.5 tells its
 * own of hash and key instead. */
static uint16_t pss_scheme(int nid)
{
	switch (nid) {
	case CTC_SHA256wRSA:
	case 672:
		return 0x0804;
	case CTC_SHA384wRSA:
	case 673:
		return 0x0805;
	case CTC_SHA512wRSA:
	case 674:
		return 0x0806;
	default:
		return 0;
	}
}

/* In TLS 1.3 the key fixes the scheme, except for RSA. */
static uint16_t scheme13(enum x509_key_type type, uint16_t group, int nid)
{
	if (type == X509_KEY_EC)
		return ec_scheme(group);
	if (type == X509_KEY_ED25519)
		return 0x0807;
	if (type == X509_KEY_ED448)
		return 0x0808;
	return type == X509_KEY_RSA ? pss_scheme(nid) : 0;
}

static void fill_sigalgs(struct tls_session *s, struct tls_info *out)
{
	int nid = 0;

	out->own_sigalg = s->own_sigalg;
	out->peer_sigalg = out->n_peer_chain ? s->peer_sigalg : 0;
	if (out->version < TLS_VERSION_1_3)
		return;
	if (!out->resumed) {
		if (wolfSSL_get_signature_nid(s->ssl, &nid) != WOLFSSL_SUCCESS)
			nid = 0;
		out->own_sigalg = scheme13(s->slot->key_type, s->slot->group, nid);
	}
	if (out->n_peer_chain) {
		enum x509_key_type type;
		struct bytes spki;
		uint16_t group;

		nid = 0;
#if HAVE_WS_PEER_SIGNATURE_NID
		if (wolfSSL_get_peer_signature_nid(s->ssl, &nid) != WOLFSSL_SUCCESS)
			nid = 0;
#endif
		if (x509_spki(s->peer_chain[0], &spki) && ws_key_kind(spki, &type, &group))
			out->peer_sigalg = scheme13(type, group, nid);
	}
}

static void fill_session(struct tls_session *s, struct tls_info *out)
{
	const WOLFSSL_SESSION *session = wolfSSL_get_session(s->ssl);
	unsigned n = 0;
	const unsigned char *id;

	out->session_id = (struct bytes){s->session_id, s->session_id_n};
	out->session_timeout = WS_SESSION_TIMEOUT;
	if (!session)
		return;
	id = wolfSSL_SESSION_get_id(session, &n);
	if (!out->session_id.n && id && out->version >= TLS_VERSION_1_3)
		out->session_id = (struct bytes){id, n};
	out->session_time = wolfSSL_SESSION_get_time(session);
	/* 0 for a resumed one */
	if (wolfSSL_SESSION_get_timeout(session))
		out->session_timeout = wolfSSL_SESSION_get_timeout(session);
}

void ws_info(struct tls_session *s, struct tls_info *out)
{
	const WOLFSSL_CIPHER *cipher;
	char *name = NULL;
	unsigned short n = 0;

	memset(out, 0, sizeof(*out));
	if (!s->ssl)
		return;
	cipher = wolfSSL_get_current_cipher(s->ssl);
	out->version = (uint16_t)wolfSSL_version(s->ssl);
	if (cipher)
		out->suite = (uint16_t)wolfSSL_CIPHER_get_id(cipher);
	out->resumed =
		wolfSSL_session_reused(s->ssl) || (s->psk_used && out->version >= TLS_VERSION_1_3);
	out->group = s->group;
	out->peer_chain = s->peer_chain;
	out->n_peer_chain = s->n_peer_chain;
	fill_sigalgs(s, out);
	out->extended_master_secret = s->ems;
	out->encrypt_then_mac = s->etm;
	out->secure_renegotiation =
		out->version < TLS_VERSION_1_3 && s->hello && s->hello->secure_renegotiation;
	if (out->version >= TLS_VERSION_1_3 && s->hello && s->hello->early_data)
		out->early_data = TLS_EARLY_REJECTED;
	out->certificate_requested =
		s->cert_requested || (s->ctx->cfg->verify_mode != TLS_VERIFY_NONE &&
				      out->version >= TLS_VERSION_1_3 && !out->resumed);
	out->verify_result = s->verify_result;
	if (wolfSSL_ALPN_GetProtocol(s->ssl, &name, &n) == WOLFSSL_SUCCESS && name)
		out->alpn = (struct bytes){(const uint8_t *)name, n};
	out->master_secret = out->version >= TLS_VERSION_1_3
				     ? (struct bytes){s->resumption, s->resumption_n}
				     : (struct bytes){s->master, s->master_n};
	out->psk_identity = (struct bytes){(const uint8_t *)s->psk_identity, s->psk_identity_n};
	fill_session(s, out);
}

enum tls_status ws_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err)
{
	int ret;

	err->alert = -1;
	if (!s->done) {
		ws_error_text(err, "keying material: the handshake is not complete");
		return TLS_FAIL;
	}
	ws_enter(s);
	ret = wolfSSL_export_keying_material(s->ssl, out, len, label, strlen(label), NULL, 0, 0);
	ws_leave(s);
	if (ret == WOLFSSL_SUCCESS)
		return TLS_OK;
	ws_error_text(err, "keying material: wolfSSL does not export under the label \"%s\"",
		      label);
	return TLS_FAIL;
}
