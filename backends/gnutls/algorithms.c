/*
 * IANA's numbers of what the library has. It tells cipher suites by number, groups and signature
 * algorithms only by name.
 */
#include "backends/gnutls/gnutls_backend.h"

#include <string.h>

enum { MAX_SUITES = 400 };

static struct {
	struct gt_suite suite[MAX_SUITES];
	uint16_t id[MAX_SUITES];
	size_t n;
} suites;

bool gt_has_feature(const char *word)
{
	const gnutls_library_config_st *c = gnutls_get_library_config();
	size_t n = strlen(word);

	for (; c && c->name; c++) {
		const char *p = c->value;

		if (strcmp(c->name, "tls-features") != 0 || !p)
			continue;
		for (; (p = strstr(p, word)) != NULL; p += n)
			if ((p == c->value || p[-1] == ' ' || p[-1] == ',') &&
			    (p[n] == '\0' || p[n] == ' ' || p[n] == ','))
				return true;
	}
	return false;
}

/* ---- cipher suites ---- */

static bool listed(const unsigned *list, unsigned id)
{
	for (; list && *list; list++)
		if (*list == id)
			return true;
	return false;
}

static bool key_exchange_there(gnutls_kx_algorithm_t kx)
{
	switch (kx) {
	case GNUTLS_KX_UNKNOWN: /* TLS 1.3 */
	case GNUTLS_KX_RSA:
		return true;
	case GNUTLS_KX_DHE_RSA:
	case GNUTLS_KX_DHE_DSS:
		return gt_has_feature("dhe");
	case GNUTLS_KX_ECDHE_RSA:
	case GNUTLS_KX_ECDHE_ECDSA:
		return gt_has_feature("ecdhe");
	case GNUTLS_KX_PSK:
	case GNUTLS_KX_RSA_PSK:
	case GNUTLS_KX_DHE_PSK:
	case GNUTLS_KX_ECDHE_PSK:
		return gt_has_feature("psk");
	case GNUTLS_KX_ANON_DH:
	case GNUTLS_KX_ANON_ECDH:
		return gt_has_feature("auth-anon");
	default:
		return false; /* SRP, GOST */
	}
}

static uint16_t version_number(gnutls_protocol_t v)
{
	return (uint16_t)(TLS_VERSION_SSL3 + (v > GNUTLS_SSL3 ? v - GNUTLS_SSL3 : 0));
}

static void list_suites(void)
{
	const unsigned *ciphers = (const unsigned *)gnutls_cipher_list();
	const unsigned *macs = (const unsigned *)gnutls_mac_list();
	struct gt_suite s;
	unsigned char id[2];
	gnutls_protocol_t min;

	for (size_t i = 0; suites.n < MAX_SUITES; i++) {
		if (!gnutls_cipher_suite_info(i, id, &s.kx, &s.cipher, &s.mac, &min))
			break;
		if (!key_exchange_there(s.kx) || !listed(macs, s.mac) ||
		    (s.cipher != GNUTLS_CIPHER_NULL && !listed(ciphers, s.cipher)))
			continue;
		s.id = (uint16_t)(id[0] << 8 | id[1]);
		s.min_version = version_number(min);
		suites.id[suites.n] = s.id;
		suites.suite[suites.n++] = s;
	}
}

const struct gt_suite *gt_suite_find(uint16_t id)
{
	for (size_t i = 0; i < suites.n; i++)
		if (suites.id[i] == id)
			return &suites.suite[i];
	return NULL;
}

/* Each is known by its three parts; in TLS 1.3 the key exchange is none of them. */
const struct gt_suite *gt_suite_of(gnutls_session_t gs)
{
	bool tls13 = gnutls_protocol_get_version(gs) == GNUTLS_TLS1_3;
	gnutls_kx_algorithm_t kx = tls13 ? GNUTLS_KX_UNKNOWN : gnutls_kx_get(gs);
	gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(gs);
	gnutls_mac_algorithm_t mac = gnutls_mac_get(gs);

	for (size_t i = 0; i < suites.n; i++) {
		const struct gt_suite *s = &suites.suite[i];

		if (s->kx == kx && s->cipher == cipher && s->mac == mac)
			return s;
	}
	return NULL;
}

/* ---- groups ---- */

struct row {
	uint16_t id;
	const char *name;
};

static const struct row groups[] = {
	{0x11ec, "X25519-MLKEM768"},     {0x11eb, "SECP256R1-MLKEM768"},
	{0x11ed, "SECP384R1-MLKEM1024"}, {0x001d, "X25519"},
	{0x0017, "SECP256R1"},           {0x001e, "X448"},
	{0x0019, "SECP521R1"},           {0x0018, "SECP384R1"},
	{0x0015, "SECP224R1"},           {0x0013, "SECP192R1"},
	{0x0100, "FFDHE2048"},           {0x0101, "FFDHE3072"},
	{0x0102, "FFDHE4096"},           {0x0103, "FFDHE6144"},
	{0x0104, "FFDHE8192"},
};

const char *gt_group_name(uint16_t id)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].id == id && gnutls_group_get_id(groups[i].name))
			return groups[i].name;
	return NULL;
}

static uint16_t group_by_name(const char *name)
{
	for (size_t i = 0; name && i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, name) == 0)
			return groups[i].id;
	return 0;
}

uint16_t gt_group_number(gnutls_group_t group)
{
	return group_by_name(gnutls_group_get_name(group));
}

/* Curves and their groups have the same names. */
uint16_t gt_curve_number(gnutls_ecc_curve_t curve)
{
	return group_by_name(gnutls_ecc_curve_get_name(curve));
}

/* ---- signature algorithms ---- */

static const struct row sigalgs[] = {
	{0x0403, "ECDSA-SHA256"},
	{0x0403, "ECDSA-SECP256R1-SHA256"},
	{0x0503, "ECDSA-SHA384"},
	{0x0503, "ECDSA-SECP384R1-SHA384"},
	{0x0603, "ECDSA-SHA512"},
	{0x0603, "ECDSA-SECP521R1-SHA512"},
	{0x0807, "EdDSA-Ed25519"},
	{0x0808, "EdDSA-Ed448"},
	{0x0809, "RSA-PSS-SHA256"},
	{0x080a, "RSA-PSS-SHA384"},
	{0x080b, "RSA-PSS-SHA512"},
	{0x0804, "RSA-PSS-RSAE-SHA256"},
	{0x0805, "RSA-PSS-RSAE-SHA384"},
	{0x0806, "RSA-PSS-RSAE-SHA512"},
	{0x0401, "RSA-SHA256"},
	{0x0501, "RSA-SHA384"},
	{0x0601, "RSA-SHA512"},
	{0x0203, "ECDSA-SHA1"},
	{0x0201, "RSA-SHA1"},
	{0x0202, "DSA-SHA1"},
};

static bool sigalg_there(const char *name)
{
	gnutls_sign_algorithm_t sign = gnutls_sign_get_id(name);
	const gnutls_sign_algorithm_t *list = gnutls_sign_list();

	for (; list && *list; list++)
		if (*list == sign)
			return true;
	return false;
}

size_t gt_sigalg_names(uint16_t id, const char *names[2])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(sigalgs) / sizeof(sigalgs[0]) && n < 2; i++)
		if (sigalgs[i].id == id && sigalg_there(sigalgs[i].name))
			names[n++] = sigalgs[i].name;
	return n;
}

uint16_t gt_sigalg_number(gnutls_sign_algorithm_t sign)
{
	const char *name = gnutls_sign_get_name(sign);

	for (size_t i = 0; name && i < sizeof(sigalgs) / sizeof(sigalgs[0]); i++)
		if (strcmp(sigalgs[i].name, name) == 0)
			return sigalgs[i].id;
	return 0;
}

/* ---- the lists ---- */

static uint32_t list_versions(void)
{
	const gnutls_protocol_t *list = gnutls_protocol_list();
	uint32_t versions = 0;

	for (; list && *list; list++)
		if (*list >= GNUTLS_TLS1_0 && *list <= GNUTLS_TLS1_3)
			versions |= TLS_VERSION_BIT(version_number(*list));
	return versions;
}

void gt_algorithms(struct tls_algorithms *out)
{
	static uint16_t group_ids[sizeof(groups) / sizeof(groups[0])];
	static uint16_t sigalg_ids[sizeof(sigalgs) / sizeof(sigalgs[0])];
	size_t n_groups = 0, n_sigalgs = 0;

	if (!suites.n)
		list_suites();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (gt_group_name(groups[i].id))
			group_ids[n_groups++] = groups[i].id;
	for (size_t i = 0; i < sizeof(sigalgs) / sizeof(sigalgs[0]); i++)
		if (sigalg_there(sigalgs[i].name) &&
		    (!n_sigalgs || sigalg_ids[n_sigalgs - 1] != sigalgs[i].id))
			sigalg_ids[n_sigalgs++] = sigalgs[i].id;
	*out = (struct tls_algorithms){
		.versions = list_versions(),
		.suites = {suites.id, suites.n},
		.groups = {group_ids, n_groups},
		.sigalgs = {sigalg_ids, n_sigalgs},
	};
}
