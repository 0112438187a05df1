#include "backends/gnutls/gnutls_backend.h"

#include <string.h>

static uint16_t version(const struct tls_session *s)
{
	gnutls_protocol_t v = gnutls_protocol_get_version(s->gs);

	if (v < GNUTLS_TLS1_0 || v > GNUTLS_TLS1_3)
		return 0;
	return (uint16_t)(TLS_VERSION_1_0 + (v - GNUTLS_TLS1_0));
}

static void fill_session(struct tls_session *s, struct tls_info *out)
{
	gnutls_datum_t d = {NULL, 0};

	if (gnutls_session_get_id2(s->gs, &d) >= 0 && d.size <= sizeof(s->session_id)) {
		memcpy(s->session_id, d.data, d.size);
		out->session_id = (struct bytes){s->session_id, d.size};
	}
	/* In TLS 1.3 the library has none to tell. */
	if (out->version <= TLS_VERSION_1_2) {
		d = (gnutls_datum_t){NULL, 0};
		gnutls_session_get_master_secret(s->gs, &d);
		if (d.size == sizeof(s->master)) {
			memcpy(s->master, d.data, d.size);
			out->master_secret = (struct bytes){s->master, d.size};
		}
	}
	out->ticket = (struct bytes){s->ticket, s->ticket_n};
	out->ticket_lifetime = s->ticket_lifetime;
	out->session_time = s->started;
	out->session_timeout = GT_SESSION_TIMEOUT;
}

static void fill_signatures(const struct tls_session *s, struct tls_info *out)
{
	int own = gnutls_sign_algorithm_get(s->gs);

	if (out->version < TLS_VERSION_1_2 || (out->resumed && out->version >= TLS_VERSION_1_2))
		own = 0;
	out->own_sigalg = own > 0 ? gt_sigalg_number((gnutls_sign_algorithm_t)own) : 0;
	out->peer_sigalg = out->n_peer_chain ? s->peer_sigalg : 0;
}

static bool needs_group(const struct gt_suite *suite)
{
	return !suite || (suite->kx != GNUTLS_KX_RSA && suite->kx != GNUTLS_KX_PSK &&
			  suite->kx != GNUTLS_KX_RSA_PSK);
}

void gt_info(struct tls_session *s, struct tls_info *out)
{
	const struct gt_suite *suite = gt_suite_of(s->gs);
	gnutls_datum_t d;

	memset(out, 0, sizeof(*out));
	out->version = version(s);
	out->suite = suite ? suite->id : 0;
	if (needs_group(suite))
		out->group = gt_group_number(gnutls_group_get(s->gs));
	out->peer_chain = s->peer_chain;
	out->n_peer_chain = gt_peer_chain(s);
	out->resumed = gnutls_session_is_resumed(s->gs) || s->choice.psk;
	fill_signatures(s, out);
	out->extended_master_secret = gnutls_session_ext_master_secret_status(s->gs) != 0 &&
				      out->version <= TLS_VERSION_1_2;
	out->encrypt_then_mac = gnutls_session_etm_status(s->gs) != 0;
	out->secure_renegotiation = gnutls_safe_renegotiation_status(s->gs) != 0;
	out->certificate_requested = s->cert_requested;
	out->verify_result = s->verify_result;
	if (gnutls_alpn_get_selected_protocol(s->gs, &d) >= 0)
		out->alpn = (struct bytes){d.data, d.size};
	out->psk_identity = (struct bytes){s->psk_identity, s->psk_identity_n};
	out->early_data = gt_early_status(s);
	fill_session(s, out);
}

enum tls_status gt_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err)
{
	int ret;

	err->alert = -1;
	err->native = 0;
	if (version(s) <= TLS_VERSION_1_2 && rules_label_reserved(label)) {
		gt_error_text(err, "the label \"%s\" is reserved by TLS", label);
		return TLS_FAIL;
	}
	ret = gnutls_prf_rfc5705(s->gs, strlen(label), label, 0, NULL, len, (char *)out);
	if (ret >= 0)
		return TLS_OK;
	gt_error(err, "keying material", ret);
	return TLS_FAIL;
}
