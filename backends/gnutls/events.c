/*
 * Callbacks out of the library, and what its handshake messages tell that it has no getter for.
 */
#include "backends/gnutls/gnutls_backend.h"

#include <stdlib.h>
#include <string.h>

void gt_report_alert(struct tls_session *s, enum tls_dir dir, unsigned level, unsigned description)
{
	gt_message_alert(s, dir, level, description);
	s->ctx->host->alert(s->sud, dir, level, description);
}

/* ---- handshake messages ---- */

static unsigned u16_at(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 5077 3.3, RFC 8446 4.6.1. */
static void take_ticket(struct tls_session *s, struct bytes b)
{
	bool tls13 = s->choice.version >= TLS_VERSION_1_3;
	size_t at = 4, n;

	if (b.n < 6)
		return;
	s->ticket_lifetime = (uint32_t)u16_at(b.p) << 16 | u16_at(b.p + 2);
	if (tls13) {
		at = 8;
		if (b.n < 9 || b.n < 9u + b.p[8] + 2u)
			return;
		at += 1u + b.p[8];
	}
	n = u16_at(b.p + at);
	at += 2;
	if (n > b.n - at || n > sizeof(s->ticket))
		return;
	gt_ticket_issued(s, (struct bytes){b.p + at, n});
	memcpy(s->ticket, b.p + at, n);
	s->ticket_n = n;
}

static void note_outgoing(struct tls_session *s, unsigned type, struct bytes body)
{
	if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET)
		take_ticket(s, body);
	else if (type == GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST)
		s->cert_requested = true;
	else if (type == GNUTLS_HANDSHAKE_SERVER_HELLO)
		s->binder_due = false;
}

static void note_incoming(struct tls_session *s, unsigned type, struct bytes body)
{
	if (type == GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY && body.n >= 2 &&
	    s->choice.version >= TLS_VERSION_1_2)
		s->peer_sigalg = (uint16_t)u16_at(body.p);
}

/* ---- which signature algorithms are in force ---- */

static bool signs_key_exchange(const struct tls_session *s)
{
	const struct gt_suite *suite = s->choice.suite;

	return suite && suite->kx != GNUTLS_KX_RSA && suite->kx != GNUTLS_KX_RSA_PSK;
}

/*
 * One list serves our own signature, the certificate request and the client's signature. The
 * client's is put in force from the request on, but in TLS 1.3 our own signature comes after that.
 */
static int change_phase(struct tls_session *s, unsigned type, bool in)
{
	bool request = s->ctx->cfg->verify_mode != TLS_VERIFY_NONE || s->done;

	if (in || !request)
		return 0;
	if (s->choice.version >= TLS_VERSION_1_3) {
		if (s->done)
			return 0; /* handshake_done() has put the client's in force for good */
		if (type == GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS ||
		    type == GNUTLS_HANDSHAKE_FINISHED)
			return gt_apply_phase(s, true);
		if (type == GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST)
			return gt_apply_phase(s, false);
		return 0;
	}
	if (type == GNUTLS_HANDSHAKE_SERVER_KEY_EXCHANGE ||
	    (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT && !signs_key_exchange(s)))
		return gt_apply_phase(s, true);
	return 0;
}

/* ---- a new ClientHello on an open connection ---- */

static int new_hello(struct tls_session *s, struct bytes body)
{
	const struct tls_host *host = s->ctx->host;
	struct strbuf m = STRBUF_INIT;
	uint8_t header[4] = {1, (uint8_t)(body.n >> 16), (uint8_t)(body.n >> 8), (uint8_t)body.n};
	struct client_hello hello;
	int ret = GNUTLS_E_UNEXPECTED_PACKET_LENGTH;

	strbuf_add(&m, header, sizeof(header));
	strbuf_add(&m, body.p, body.n);
	if (client_hello_parse(&hello, strbuf_bytes(&m))) {
		s->sni = hello.server_name.n ? host->select_sni(s->sud, hello.server_name) : 0;
		s->chosen = s->sni != -1 && !gt_choose(s, &hello);
		ret = s->chosen      ? gt_apply_choice(s)
		      : s->sni == -1 ? GNUTLS_E_UNRECOGNIZED_NAME
				     : GNUTLS_E_NO_CIPHER_SUITES;
		client_hello_release(&hello);
	}
	strbuf_release(&m);
	return ret;
}

static int on_hook(gnutls_session_t gs, unsigned type, unsigned when, unsigned incoming,
		   const gnutls_datum_t *msg)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);
	struct bytes body = {msg->data, msg->size};
	int ret = 0;

	if (when == GNUTLS_HOOK_PRE) {
		gt_message(s, type, incoming, body);
		if (incoming)
			note_incoming(s, type, body);
		else
			note_outgoing(s, type, body);
		gt_early_message(s, type, incoming);
		if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO && s->done) {
			if (s->refuse_hello)
				return GNUTLS_E_INTERRUPTED;
			ret = new_hello(s, body);
		}
	} else {
		ret = change_phase(s, type, incoming);
	}
	return ret < 0 ? ret : 0;
}

/* ---- decisions ---- */

static int on_client_hello(gnutls_session_t gs)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);
	int ret;

	if (s->sni != -2 || s->done || s->choice.version >= TLS_VERSION_1_3)
		return 0;
	ret = gnutls_alert_send(gs, GNUTLS_AL_WARNING, GNUTLS_A_UNRECOGNIZED_NAME);
	if (ret >= 0)
		gt_report_alert(s, TLS_OUT, GNUTLS_AL_WARNING, ALERT_UNRECOGNIZED_NAME);
	return ret < 0 ? ret : 0;
}

static bool copy_datum(gnutls_datum_t *out, struct bytes b)
{
	out->data = gnutls_malloc(b.n ? b.n : 1);
	out->size = (unsigned)b.n;
	if (!out->data)
		return false;
	if (b.n)
		memcpy(out->data, b.p, b.n);
	return true;
}

int gt_on_psk(gnutls_session_t gs, const gnutls_datum_t *identity, gnutls_datum_t *key)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);
	struct bytes id = {identity->data, identity->size};
	struct bytes found = {s->psk_key, s->psk_key_n};
	bool known;

	if (s->choice.version >= TLS_VERSION_1_3) {
		known = id.n == s->psk_identity_n && memcmp(id.p, s->psk_identity, id.n) == 0;
	} else {
		known = s->ctx->host->psk(s->sud, s->choice.version, id, &found);
		if (known) {
			free(s->psk_identity);
			s->psk_identity = id.n ? xmemdup(id.p, id.n) : NULL;
			s->psk_identity_n = id.n;
		}
	}
	if (known && copy_datum(key, found)) {
		s->binder_due = s->choice.version >= TLS_VERSION_1_3;
		return 0;
	}
	if (s->abort_alert < 0) {
		s->abort_alert = ALERT_UNKNOWN_PSK_IDENTITY;
		s->abort_text = "psk identity not found";
	}
	return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
}

/* ---- secrets ---- */

static int on_secret(gnutls_session_t gs, const char *label, const gnutls_datum_t *secret)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);
	gnutls_datum_t random = {NULL, 0};

	gnutls_session_get_random(gs, &random, NULL);
	s->ctx->host->secret(s->sud, label, (struct bytes){random.data, random.size},
			     (struct bytes){secret->data, secret->size});
	return 0;
}

/* ---- the session cache ---- */

static bool no_store(const struct tls_session *s)
{
	const struct gt_suite *suite = s->choice.suite;

	return s->done || (tls_flag(s->ctx->cfg, TLS_F_NO_RESUME_EPHEMERAL) && suite &&
			   suite->kx != GNUTLS_KX_RSA && suite->kx != GNUTLS_KX_PSK &&
			   suite->kx != GNUTLS_KX_RSA_PSK);
}

static int on_store(void *sud, gnutls_datum_t key, gnutls_datum_t data)
{
	struct tls_session *s = sud;

	if (!no_store(s))
		s->ctx->host->cache_put(s->sud, (struct bytes){key.data, key.size},
					(struct bytes){data.data, data.size});
	return 0;
}

static gnutls_datum_t on_retrieve(void *sud, gnutls_datum_t key)
{
	struct tls_session *s = sud;
	gnutls_datum_t found = {NULL, 0};
	struct bytes session;

	/* Never on renegotiation: 3.7.9 cannot, and a full handshake is what is asked for. */
	if (!s->done &&
	    s->ctx->host->cache_get(s->sud, (struct bytes){key.data, key.size}, &session) &&
	    !copy_datum(&found, session))
		found.size = 0;
	return found;
}

static int on_remove(void *sud, gnutls_datum_t key)
{
	struct tls_session *s = sud;

	s->ctx->host->cache_del(s->sud, (struct bytes){key.data, key.size});
	return 0;
}

void gt_set_callbacks(struct tls_session *s)
{
	const struct tls_config *cfg = s->ctx->cfg;

	gnutls_session_set_ptr(s->gs, s);
	gnutls_handshake_set_hook_function(s->gs, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, on_hook);
	gnutls_handshake_set_post_client_hello_function(s->gs, on_client_hello);
	gnutls_session_set_verify_function(s->gs, gt_on_verify);
	if (tls_flag(cfg, TLS_F_WANT_SECRETS) || tls_flag(cfg, TLS_F_WANT_MESSAGES))
		gnutls_session_set_keylog_function(s->gs, on_secret);
	if (tls_flag(cfg, TLS_F_NO_CACHE) && !tls_flag(cfg, TLS_F_EXT_CACHE))
		return;
	gnutls_db_set_ptr(s->gs, s);
	gnutls_db_set_store_function(s->gs, on_store);
	gnutls_db_set_retrieve_function(s->gs, on_retrieve);
	gnutls_db_set_remove_function(s->gs, on_remove);
}
