/*
 * What OpenSSL would negotiate for a ClientHello: version, certificate, cipher suite, group and
 * signature algorithm (tls_choose_sigalg(), ssl3_choose_cipher(), tls1_shared_group() and their
 * kin). The library then has no choice left.
 */
#include "backends/gnutls/gnutls_backend.h"

#include <stdlib.h>
#include <string.h>

/* Both sides' preferences: `order` rules. */
struct meeting {
	struct u16list order, other;
};

static struct meeting meet(const struct tls_session *s, struct u16list ours, struct u16list client)
{
	if (tls_flag(s->ctx->cfg, TLS_F_SERVERPREF))
		return (struct meeting){ours, client};
	return (struct meeting){client, ours};
}

/* ---- signatures ---- */

static bool fits_key(const struct gt_slot *slot, uint16_t sigalg, uint16_t version)
{
	switch (sigalg) {
	case 0x0804:
	case 0x0805:
	case 0x0806:
		return slot->pk == GNUTLS_PK_RSA;
	case 0x0809:
	case 0x080a:
	case 0x080b:
		return slot->pk == GNUTLS_PK_RSA_PSS;
	case 0x0807:
		return slot->pk == GNUTLS_PK_EDDSA_ED25519;
	case 0x0808:
		return slot->pk == GNUTLS_PK_EDDSA_ED448;
	case 0x0403:
		return slot->pk == GNUTLS_PK_ECDSA &&
		       (version < TLS_VERSION_1_3 || slot->group == 23);
	case 0x0503:
		return slot->pk == GNUTLS_PK_ECDSA &&
		       (version < TLS_VERSION_1_3 || slot->group == 24);
	case 0x0603:
		return slot->pk == GNUTLS_PK_ECDSA &&
		       (version < TLS_VERSION_1_3 || slot->group == 25);
	default:
		break;
	}
	if (version >= TLS_VERSION_1_3)
		return false;
	switch (sigalg & 0xff) {
	case 1:
		return slot->pk == GNUTLS_PK_RSA;
	case 2:
		return slot->pk == GNUTLS_PK_DSA;
	case 3:
		return slot->pk == GNUTLS_PK_ECDSA;
	default:
		return false;
	}
}

static uint16_t choose_sigalg(const struct tls_session *s, const struct client_hello *hello,
			      const struct gt_slot *slot)
{
	/* RFC 5246 7.4.1.4.1: what a client means that does not say. */
	static const uint16_t silent[] = {0x0201, 0x0202, 0x0203};
	struct u16list offered = hello->sigalgs;
	struct meeting m;

	if (!client_hello_find(hello, 13))
		offered = (struct u16list){silent, sizeof(silent) / sizeof(silent[0])};
	m = meet(s, s->ctx->sigalgs, offered);
	for (size_t i = 0; i < m.order.n; i++)
		if (u16list_has(m.other, m.order.p[i]) &&
		    fits_key(slot, m.order.p[i], s->choice.version))
			return m.order.p[i];
	return 0;
}

/* ---- certificates ---- */

static const struct gt_slot *slots(const struct tls_session *s, size_t *n)
{
	if (s->sni == 1 && s->ctx->n_sni) {
		*n = s->ctx->n_sni;
		return s->ctx->slots + s->ctx->n_creds;
	}
	*n = s->ctx->n_creds;
	return s->ctx->slots;
}

static bool is_ec(const struct gt_slot *slot)
{
	return slot->pk == GNUTLS_PK_ECDSA || slot->pk == GNUTLS_PK_EDDSA_ED25519 ||
	       slot->pk == GNUTLS_PK_EDDSA_ED448;
}

static bool key_fits_suite(const struct gt_slot *slot, gnutls_kx_algorithm_t kx)
{
	switch (kx) {
	case GNUTLS_KX_RSA:
	case GNUTLS_KX_RSA_PSK:
		return slot->pk == GNUTLS_PK_RSA;
	case GNUTLS_KX_DHE_RSA:
	case GNUTLS_KX_ECDHE_RSA:
		return slot->pk == GNUTLS_PK_RSA || slot->pk == GNUTLS_PK_RSA_PSS;
	case GNUTLS_KX_DHE_DSS:
		return slot->pk == GNUTLS_PK_DSA;
	case GNUTLS_KX_ECDHE_ECDSA:
		return is_ec(slot);
	default:
		return false;
	}
}

static bool signs(gnutls_kx_algorithm_t kx)
{
	return kx == GNUTLS_KX_DHE_RSA || kx == GNUTLS_KX_ECDHE_RSA || kx == GNUTLS_KX_DHE_DSS ||
	       kx == GNUTLS_KX_ECDHE_ECDSA;
}

/* The curve of the certificate must be one that the client has (RFC 8422 5.1). */
static bool curve_known(const struct gt_slot *slot, const struct client_hello *hello)
{
	return slot->pk != GNUTLS_PK_ECDSA || !hello->groups.n || !slot->group ||
	       u16list_has(hello->groups, slot->group);
}

/* TLS 1.2 and older: the first certificate that serves the suite. */
static bool choose_slot(struct tls_session *s, const struct client_hello *hello,
			const struct gt_suite *suite)
{
	struct gt_choice *c = &s->choice;
	size_t n;
	const struct gt_slot *slot = slots(s, &n);

	for (; n--; slot++) {
		if (!key_fits_suite(slot, suite->kx) || !curve_known(slot, hello))
			continue;
		c->sigalg = 0;
		if (signs(suite->kx) && c->version == TLS_VERSION_1_2) {
			c->sigalg = choose_sigalg(s, hello, slot);
			if (!c->sigalg)
				continue;
		}
		if (c->version < TLS_VERSION_1_2 && slot->pk != GNUTLS_PK_RSA &&
		    slot->pk != GNUTLS_PK_DSA && slot->pk != GNUTLS_PK_ECDSA)
			continue;
		c->slot = slot;
		return true;
	}
	return false;
}

/* ---- groups ---- */

static uint16_t choose_group12(const struct tls_session *s, const struct client_hello *hello)
{
	struct meeting m = meet(s, s->ctx->groups, hello->groups);

	/* RFC 8422 4: silence means any; the library then takes P-256. */
	if (!client_hello_find(hello, 10))
		return u16list_has(s->ctx->groups, 23) ? 23 : 0;
	for (size_t i = 0; i < m.order.n; i++)
		if (m.order.p[i] < 0x0100 && u16list_has(m.other, m.order.p[i]))
			return m.order.p[i];
	return 0;
}

/* The client's first key share that we like, else a group for a HelloRetryRequest. */
static uint16_t choose_group13(const struct tls_session *s, const struct client_hello *hello)
{
	struct u16list ours = s->ctx->groups;
	struct meeting m = meet(s, ours, hello->groups);

	for (size_t i = 0; i < hello->key_share_groups.n; i++) {
		uint16_t id = hello->key_share_groups.p[i];

		if (u16list_has(ours, id) && u16list_has(hello->groups, id))
			return id;
	}
	for (size_t i = 0; i < m.order.n; i++)
		if (u16list_has(m.other, m.order.p[i]))
			return m.order.p[i];
	return 0;
}

/* A client that offers RFC 7919 groups gets DHE with one of them, or not at all (the library's
 * check_server_dh_params()). */
static bool dhe_possible(const struct tls_session *s, const struct client_hello *hello)
{
	bool offered = false;

	if (tls_flag(s->ctx->cfg, TLS_F_NO_DHE))
		return false;
	for (size_t i = 0; i < hello->groups.n; i++) {
		uint16_t id = hello->groups.p[i];

		if (id >> 8 != 0x01)
			continue;
		offered = true;
		if (u16list_has(s->ctx->groups, id))
			return true;
	}
	return !offered;
}

/* ---- suites ---- */

static bool usable12(struct tls_session *s, const struct client_hello *hello,
		     const struct gt_suite *suite)
{
	struct gt_choice *c = &s->choice;

	c->slot = NULL;
	c->group = c->sigalg = 0;
	if (!suite || suite->min_version > c->version || suite->min_version >= TLS_VERSION_1_3)
		return false;
	switch (suite->kx) {
	case GNUTLS_KX_ECDHE_RSA:
	case GNUTLS_KX_ECDHE_ECDSA:
	case GNUTLS_KX_ECDHE_PSK:
	case GNUTLS_KX_ANON_ECDH:
		c->group = choose_group12(s, hello);
		if (!c->group)
			return false;
		break;
	case GNUTLS_KX_DHE_RSA:
	case GNUTLS_KX_DHE_DSS:
	case GNUTLS_KX_DHE_PSK:
	case GNUTLS_KX_ANON_DH:
		if (!dhe_possible(s, hello))
			return false;
		break;
	default:
		break;
	}
	switch (suite->kx) {
	case GNUTLS_KX_ANON_DH:
	case GNUTLS_KX_ANON_ECDH:
		return true;
	case GNUTLS_KX_PSK:
	case GNUTLS_KX_DHE_PSK:
	case GNUTLS_KX_ECDHE_PSK:
		return s->ctx->cfg->psk;
	case GNUTLS_KX_RSA_PSK:
		return s->ctx->cfg->psk && choose_slot(s, hello, suite);
	default:
		return choose_slot(s, hello, suite);
	}
}

static const char *choose12(struct tls_session *s, const struct client_hello *hello)
{
	struct u16list ours = s->ctx->suites12;
	struct meeting m = meet(s, ours, hello->suites);
	bool chacha = rules_chacha_first(s->ctx->cfg, hello, ours);

	for (int pass = chacha ? 0 : 1; pass < 2; pass++)
		for (size_t i = 0; i < m.order.n; i++) {
			uint16_t id = m.order.p[i];

			if (!u16list_has(m.other, id) || (pass == 0 && !rules_is_chacha(id)))
				continue;
			s->choice.suite = gt_suite_find(id);
			if (usable12(s, hello, s->choice.suite))
				return NULL;
		}
	return "no shared cipher";
}

/* ---- TLS 1.3 ---- */

static bool sha256(uint16_t id)
{
	return id != 0x1302;
}

static const struct gt_suite *choose_suite13(const struct tls_session *s,
					     const struct client_hello *hello)
{
	struct u16list ours = s->ctx->suites13;
	struct meeting m = meet(s, ours, hello->suites);
	bool chacha = rules_chacha_first(s->ctx->cfg, hello, ours);
	/* The suite should fit the PSK; ssl3_choose_cipher() of OpenSSL sees to that only without a
	 * certificate, so that a client's PSK is passed over silently. */
	bool for_psk = s->choice.psk || (s->ctx->cfg->psk && !s->ctx->n_creds);

	for (int pass = chacha || for_psk ? 0 : 1; pass < 2; pass++)
		for (size_t i = 0; i < m.order.n; i++) {
			uint16_t id = m.order.p[i];

			if (!u16list_has(m.other, id))
				continue;
			if (pass == 1 || (for_psk ? sha256(id) : rules_is_chacha(id)))
				return gt_suite_find(id);
		}
	return NULL;
}

static void keep_psk(struct tls_session *s, struct bytes identity, struct bytes key)
{
	free(s->psk_key);
	free(s->psk_identity);
	s->psk_key = key.n ? xmemdup(key.p, key.n) : NULL;
	s->psk_key_n = key.n;
	s->psk_identity = identity.n ? xmemdup(identity.p, identity.n) : NULL;
	s->psk_identity_n = identity.n;
}

/*
 * The library takes the first identity that is no ticket of its own (it has an age of 0), and a key
 * that is wrong ends the handshake. So it is only handed one that the host knows.
 */
static bool choose_psk(struct tls_session *s, const struct client_hello *hello)
{
	struct bytes ids = hello->psk_identities, key = {NULL, 0};

	while (ids.n >= 2) {
		size_t n = (size_t)ids.p[0] << 8 | ids.p[1];
		struct bytes id = {ids.p + 2, n};

		if (ids.n < n + 6)
			return false;
		if (s->ctx->host->psk(s->sud, TLS_VERSION_1_3, id, &key)) {
			keep_psk(s, id, key);
			return key.n > 0;
		}
		ids.p += n + 6;
		ids.n -= n + 6;
	}
	return false;
}

/* By algorithm first, then by certificate, as tls_choose_sigalg(). */
static bool choose_slot13(struct tls_session *s, const struct client_hello *hello)
{
	struct meeting m = meet(s, s->ctx->sigalgs, hello->sigalgs);
	size_t n;
	const struct gt_slot *slot = slots(s, &n);

	for (size_t i = 0; i < m.order.n; i++)
		for (size_t k = 0; u16list_has(m.other, m.order.p[i]) && k < n; k++)
			if (fits_key(&slot[k], m.order.p[i], TLS_VERSION_1_3)) {
				s->choice.slot = &slot[k];
				s->choice.sigalg = m.order.p[i];
				return true;
			}
	return false;
}

static const char *choose13(struct tls_session *s, const struct client_hello *hello)
{
	struct gt_choice *c = &s->choice;
	bool psk_offered = hello->psk_identities.n > 0;

	c->psk = s->ctx->cfg->psk && psk_offered && choose_psk(s, hello);
	c->suite = choose_suite13(s, hello);
	if (!c->suite)
		return "no shared cipher";
	c->psk = c->psk && sha256(c->suite->id);
	c->group = choose_group13(s, hello);
	/* A ticket may do without either; if not, the library finds nothing in common. */
	if (!c->group && !psk_offered)
		return "no suitable key share";
	if (!choose_slot13(s, hello) && !psk_offered)
		return "no suitable signature algorithm";
	return NULL;
}

const char *gt_choose(struct tls_session *s, const struct client_hello *hello)
{
	uint16_t version = s->choice.version;

	s->choice = (struct gt_choice){.version = version};
	return version >= TLS_VERSION_1_3 ? choose13(s, hello) : choose12(s, hello);
}
