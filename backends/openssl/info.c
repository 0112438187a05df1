#include "backends/openssl/openssl_backend.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- numbers ---- */

/* Names of groups, as the library has them too. */
static uint16_t group_by_name(const char *name)
{
	static const struct {
		uint16_t id;
		const char *name, *alias, *alias2;
	} all[] = {
#define GROUP(id, name, alias, alias2) {id, name, alias, alias2},
#include "core/groups.def"
#undef GROUP
	};

	for (size_t i = 0; name && i < sizeof(all) / sizeof(*all); i++)
		if (strcasecmp(all[i].name, name) == 0 ||
		    (all[i].alias && strcasecmp(all[i].alias, name) == 0) ||
		    (all[i].alias2 && strcasecmp(all[i].alias2, name) == 0))
			return all[i].id;
	return 0;
}

static uint16_t group_of_key(const EVP_PKEY *key)
{
	char name[64] = "";

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) == 1)
		return group_by_name(name);
	return group_by_name(EVP_PKEY_get0_type_name(key));
}

/* RFC 8446 4.2.3: the hash is the high byte of the older pairs. */
static uint16_t hash_byte(int hash)
{
	static const int nids[] = {0,          NID_md5,    NID_sha1,  NID_sha224,
				   NID_sha256, NID_sha384, NID_sha512};

	for (uint16_t i = 1; i < sizeof(nids) / sizeof(*nids); i++)
		if (nids[i] == hash)
			return i;
	return 0;
}

/* The scheme of a key type and a hash as the library tells them. */
static uint16_t scheme(int type, int hash, bool pss_key)
{
	uint16_t h = hash_byte(hash);

	switch (type) {
	case EVP_PKEY_RSA:
		return (uint16_t)(h << 8 | 1);
	case EVP_PKEY_DSA:
		return (uint16_t)(h << 8 | 2);
	case EVP_PKEY_EC:
		return (uint16_t)(h << 8 | 3);
	case EVP_PKEY_RSA_PSS:
		return h < 4 ? 0 : (uint16_t)((pss_key ? 0x0809 : 0x0804) + h - 4);
	case EVP_PKEY_ED25519:
		return 0x0807;
	case EVP_PKEY_ED448:
		return 0x0808;
	default:
		return 0;
	}
}

static bool is_pss(const EVP_PKEY *key)
{
	return key && EVP_PKEY_get_id(key) == EVP_PKEY_RSA_PSS;
}

/* ---- parts ---- */

static void fill_group(const struct tls_session *s, struct tls_info *out)
{
	EVP_PKEY *key = NULL;
	long nid;

	/* Of a group without a name of its own: 0x1000000 and the number. */
	nid = SSL_get_negotiated_group(s->ssl);
	if (nid & TLSEXT_nid_unknown)
		out->group = (uint16_t)nid;
	else if (nid > 0)
		out->group = group_by_name(OBJ_nid2sn((int)nid));
	/* In TLS 1.2 the library of 3.0 does not remember it. */
	if (!out->group && SSL_get_peer_tmp_key(s->ssl, &key))
		out->group = group_of_key(key);
	EVP_PKEY_free(key);
}

static void fill_sigalgs(const struct tls_session *s, struct tls_info *out)
{
	const EVP_PKEY *own = SSL_get_privatekey(s->ssl);
	X509 *peer = SSL_get0_peer_certificate(s->ssl);
	int type = 0, hash = 0;

	if (out->version < TLS_VERSION_1_2)
		return;
	if (SSL_get_peer_signature_type_nid(s->ssl, &type)) {
		(void)SSL_get_peer_signature_nid(s->ssl, &hash); /* none with EdDSA */
		out->peer_sigalg = scheme(type, hash, peer && is_pss(X509_get0_pubkey(peer)));
	}
	type = hash = 0;
	if (!out->resumed && SSL_get_signature_type_nid(s->ssl, &type)) {
		(void)SSL_get_signature_nid(s->ssl, &hash);
		out->own_sigalg = scheme(type, hash, is_pss(own));
	}
}

void os_info_release(struct tls_session *s)
{
	for (size_t i = 0; i < s->n_peer_chain; i++)
		OPENSSL_free((void *)(uintptr_t)s->peer_chain[i].p);
	s->n_peer_chain = 0;
	OPENSSL_cleanse(s->master, sizeof(s->master));
}

static void add_cert(struct tls_session *s, X509 *cert)
{
	unsigned char *der = NULL;
	int n = s->n_peer_chain < OS_MAX_CHAIN ? i2d_X509(cert, &der) : 0;

	if (n > 0)
		s->peer_chain[s->n_peer_chain++] = (struct bytes){der, (size_t)n};
}

/* A server's chain is without the leaf. */
static void fill_chain(struct tls_session *s, struct tls_info *out)
{
	X509 *leaf = SSL_get0_peer_certificate(s->ssl);
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(s->ssl);

	if (leaf)
		add_cert(s, leaf);
	for (int i = 0; leaf && chain && i < sk_X509_num(chain); i++)
		add_cert(s, sk_X509_value(chain, i));
	out->peer_chain = s->peer_chain;
	out->n_peer_chain = s->n_peer_chain;
}

/* The library does not tell; it always takes the offer for a suite with a MAC over CBC. */
static bool etm(const struct tls_session *s, const SSL_CIPHER *cipher, uint16_t version)
{
	const EVP_CIPHER *c =
		cipher ? EVP_get_cipherbynid(SSL_CIPHER_get_cipher_nid(cipher)) : NULL;

	return s->hello && s->hello->encrypt_then_mac && version < TLS_VERSION_1_3 && c &&
	       EVP_CIPHER_get_mode(c) == EVP_CIPH_CBC_MODE &&
	       !(SSL_get_options(s->ssl) & SSL_OP_NO_ENCRYPT_THEN_MAC);
}

static void fill_session(struct tls_session *s, struct tls_info *out)
{
	const SSL_SESSION *session = SSL_get_session(s->ssl);
	const unsigned char *p;
	unsigned n = 0;
	size_t len = 0;

	if (!session)
		return;
	p = SSL_SESSION_get_id(session, &n);
	out->session_id = (struct bytes){p, n};
	len = SSL_SESSION_get_master_key(session, s->master, sizeof(s->master));
	out->master_secret = (struct bytes){s->master, len};
	out->session_time = SSL_SESSION_get_time(session);
	out->session_timeout = SSL_SESSION_get_timeout(session);
	if (SSL_SESSION_has_ticket(session)) {
		SSL_SESSION_get0_ticket(session, &p, &len);
		out->ticket = (struct bytes){p, len};
		out->ticket_lifetime = (uint32_t)SSL_SESSION_get_ticket_lifetime_hint(session);
	}
}

static enum tls_early_data early_data(const struct tls_session *s)
{
	switch (SSL_get_early_data_status(s->ssl)) {
	case SSL_EARLY_DATA_ACCEPTED:
		return TLS_EARLY_ACCEPTED;
	case SSL_EARLY_DATA_REJECTED:
		return TLS_EARLY_REJECTED;
	default:
		/* Behind a HelloRetryRequest the library has forgotten it. */
		return s->hello && s->hello->early_data ? TLS_EARLY_REJECTED : TLS_EARLY_NOT_SENT;
	}
}

static struct bytes psk_identity(const struct tls_session *s)
{
	const char *identity = SSL_get_psk_identity(s->ssl);

	if (SSL_version(s->ssl) >= TLS1_3_VERSION)
		return (struct bytes){s->psk_identity, s->psk_used ? s->psk_identity_n : 0};
	return (struct bytes){(const uint8_t *)identity, identity ? strlen(identity) : 0};
}

/* ---- questions ---- */

void os_info(struct tls_session *s, struct tls_info *out)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(s->ssl);
	const unsigned char *p = NULL;
	unsigned n = 0;

	os_info_release(s);
	*out = (struct tls_info){
		.version = (uint16_t)SSL_version(s->ssl),
		.suite = cipher ? SSL_CIPHER_get_protocol_id(cipher) : 0,
		.resumed = SSL_session_reused(s->ssl) == 1,
		.extended_master_secret = SSL_get_extms_support(s->ssl) == 1,
		.secure_renegotiation = SSL_get_secure_renegotiation_support(s->ssl) == 1,
		.certificate_requested = s->cert_requested,
		.verify_result = (int)SSL_get_verify_result(s->ssl),
	};
	out->encrypt_then_mac = etm(s, cipher, out->version);
	SSL_get0_alpn_selected(s->ssl, &p, &n);
	out->alpn = (struct bytes){p, n};
#if !defined(OPENSSL_NO_NEXTPROTONEG)
	SSL_get0_next_proto_negotiated(s->ssl, &p, &n);
	out->npn = (struct bytes){p, n};
#endif
	fill_group(s, out);
	fill_sigalgs(s, out);
	fill_chain(s, out);
	fill_session(s, out);
	out->early_data = early_data(s);
	out->psk_identity = psk_identity(s);
	ERR_clear_error();
}

enum tls_status os_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err)
{
	bool ok = s->done && SSL_export_keying_material(s->ssl, out, len, label, strlen(label),
							NULL, 0, 0) == 1;

	if (ok)
		return TLS_OK;
	/* Left in the queue, as s_server leaves it, it would end the connection at the next read.
	 */
	os_error(err, "%s", s->done ? "" : "keying material: the handshake is not complete");
	err->alert = -1;
	return TLS_FAIL;
}

bool os_session_der(struct tls_session *s, uint8_t **der, size_t *n)
{
	SSL_SESSION *session = SSL_get_session(s->ssl);
	int len = session ? i2d_SSL_SESSION(session, NULL) : 0;
	unsigned char *p;

	*der = len > 0 ? malloc((size_t)len) : NULL;
	p = *der;
	*n = p ? (size_t)i2d_SSL_SESSION(session, &p) : 0;
	return *der != NULL;
}
