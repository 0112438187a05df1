#include "backends/wolfssl/wolfssl_backend.h"

#include <stdio.h>
#include <string.h>

uint16_t ws_negotiate_version(const struct tls_ctx *ctx, const struct client_hello *hello)
{
	for (uint16_t v = TLS_VERSION_1_3; !hello && v >= TLS_VERSION_1_0; v--)
		if (ctx->versions & TLS_VERSION_BIT(v))
			return v;
	return hello ? client_hello_version(hello, ctx->versions) : 0;
}

static bool fits_sigalg(const struct ws_slot *slot, uint16_t sigalg)
{
	switch (sigalg) {
	case 0x0403:
		return slot->key_type == X509_KEY_EC && slot->group == 23;
	case 0x0503:
		return slot->key_type == X509_KEY_EC && slot->group == 24;
	case 0x0603:
		return slot->key_type == X509_KEY_EC && slot->group == 25;
	case 0x0804:
	case 0x0805:
	case 0x0806:
		return slot->key_type == X509_KEY_RSA;
	case 0x0807:
		return slot->key_type == X509_KEY_ED25519;
	case 0x0808:
		return slot->key_type == X509_KEY_ED448;
	default:
		return false;
	}
}

/* The first certificate that signs with an algorithm of both sides, as tls_choose_sigalg() of
 * OpenSSL: the client's order, or ours with -serverpref. */
static const struct ws_slot *choose13(const struct tls_session *s, const struct ws_slot *set,
				      size_t n)
{
	bool server = tls_flag(s->ctx->cfg, TLS_F_SERVERPREF);
	struct u16list order = server ? s->ctx->cfg->sigalgs : s->hello->sigalgs;
	struct u16list other = server ? s->hello->sigalgs : s->ctx->cfg->sigalgs;

	for (size_t i = 0; i < order.n; i++)
		for (size_t k = 0; u16list_has(other, order.p[i]) && k < n; k++)
			if (fits_sigalg(&set[k], order.p[i]))
				return &set[k];
	return set;
}

enum auth { AUTH_NONE, AUTH_RSA, AUTH_EC };

static enum auth suite_auth(const char *name)
{
	if (strstr(name, "PSK") || strncmp(name, "ADH", 3) == 0 || strstr(name, "anon"))
		return AUTH_NONE;
	return strstr(name, "ECDSA") ? AUTH_EC : AUTH_RSA;
}

static bool ec_usable(const struct tls_session *s, const struct ws_slot *slot)
{
	const struct client_hello *hello = s->hello;
	bool known = hello->sigalgs.n == 0;

	if (slot->key_type == X509_KEY_EC && hello->groups.n &&
	    !u16list_has(hello->groups, slot->group))
		return false;
	for (size_t i = 0; i < hello->sigalgs.n; i++) {
		uint16_t id = hello->sigalgs.p[i];

		if (slot->key_type == X509_KEY_EC)
			known = known || ((id & 0xff) == 3 && id < 0x0700);
		else
			known = known || fits_sigalg(slot, id);
	}
	return known;
}

static const struct ws_slot *choose12(const struct tls_session *s, const struct ws_slot *set,
				      size_t n)
{
	bool server = tls_flag(s->ctx->cfg, TLS_F_SERVERPREF);
	struct u16list order = server ? s->ctx->cfg->suites12 : s->hello->suites;
	struct u16list other = server ? s->hello->suites : s->ctx->cfg->suites12;

	for (size_t i = 0; i < order.n; i++) {
		const char *name = ws_suite_name(order.p[i]);

		if (!name || !u16list_has(other, order.p[i]))
			continue;
		enum auth auth = suite_auth(name);

		if (auth == AUTH_NONE)
			return set;
		for (size_t k = 0; k < n; k++) {
			if (auth == AUTH_RSA && set[k].key_type == X509_KEY_RSA)
				return &set[k];
			if (auth == AUTH_EC && set[k].key_type != X509_KEY_RSA &&
			    ec_usable(s, &set[k]))
				return &set[k];
		}
	}
	return set;
}

const struct ws_slot *ws_choose_slot(const struct tls_session *s, bool sni)
{
	const struct ws_slot *set = s->ctx->slots;
	size_t n = s->ctx->n_creds;

	if (sni && s->ctx->n_sni) {
		set += n;
		n = s->ctx->n_sni;
	}
	if (n == 1 || !s->hello)
		return set;
	return s->version >= TLS_VERSION_1_3 ? choose13(s, set, n) : choose12(s, set, n);
}

/* ---- suites ---- */

static bool add_name(char *list, size_t len, uint16_t id)
{
	const char *name = ws_suite_name(id);
	size_t n = strlen(list);

	if (!name)
		return false;
	if (n + strlen(name) + 2 > len)
		return false;
	snprintf(list + n, len - n, "%s%s", n ? ":" : "", name);
	return true;
}

static bool add_suites(const struct tls_session *s, struct u16list ours, char *list, size_t len)
{
	bool chacha = rules_chacha_first(s->ctx->cfg, s->hello, ours);

	for (size_t i = 0; chacha && i < ours.n; i++)
		if (rules_is_chacha(ours.p[i]))
			add_name(list, len, ours.p[i]);
	for (size_t i = 0; i < ours.n; i++)
		if (!chacha || !rules_is_chacha(ours.p[i]))
			add_name(list, len, ours.p[i]);
	return chacha;
}

bool ws_session_suites(const struct tls_session *s, char *list, size_t len)
{
	const struct tls_config *cfg = s->ctx->cfg;
	bool changed;

	if (!s->hello || !tls_flag(cfg, TLS_F_PRIORITIZE_CHACHA) ||
	    !tls_flag(cfg, TLS_F_SERVERPREF))
		return false;
	list[0] = '\0';
	changed = add_suites(s, cfg->suites13, list, len);
	return add_suites(s, cfg->suites12, list, len) || changed;
}

static bool have_common_group(const struct tls_session *s)
{
	for (size_t i = 0; i < s->ctx->cfg->groups.n; i++)
		if (u16list_has(s->hello->groups, s->ctx->cfg->groups.p[i]))
			return true;
	return false;
}

/* As OpenSSL's tls_parse_ctos_key_share() and tls_parse_ctos_psk_kex_modes(). */
enum ws_psk_kex ws_psk_kex(const struct tls_session *s)
{
	const struct client_hello *hello = s->hello;
	const struct tls_config *cfg = s->ctx->cfg;
	bool ke, dhe;

	if (!hello || s->version < TLS_VERSION_1_3 || !hello->psk_identities.n)
		return WS_PSK_DHE;
	ke = tls_flag(cfg, TLS_F_ALLOW_NO_DHE_KEX) && hello->psk_modes.n &&
	     memchr(hello->psk_modes.p, 0, hello->psk_modes.n);
	dhe = hello->psk_modes.n && memchr(hello->psk_modes.p, 1, hello->psk_modes.n) &&
	      hello->key_share_groups.n && have_common_group(s);
	if (ke && (!dhe || tls_flag(cfg, TLS_F_PREFER_NO_DHE_KEX)))
		return WS_PSK_ONLY;
	return dhe ? WS_PSK_DHE : WS_PSK_NOT;
}

bool ws_has_group(const struct tls_session *s)
{
	return s->version < TLS_VERSION_1_3 || !s->hello || !s->hello->groups.n ||
	       have_common_group(s) || ws_psk_kex(s) == WS_PSK_ONLY;
}

/* An external PSK has SHA-256 for hash, as OpenSSL's -psk: a suite that has it too. */
const char *ws_psk_suite(const struct tls_session *s)
{
	static const uint16_t sha256[] = {0x1301, 0x1303, 0x1304, 0x1305};

	for (size_t i = 0; i < sizeof(sha256) / sizeof(sha256[0]); i++)
		if (u16list_has(s->ctx->cfg->suites13, sha256[i]) &&
		    (!s->hello || u16list_has(s->hello->suites, sha256[i])) &&
		    ws_suite_name(sha256[i]))
			return ws_suite_name(sha256[i]);
	return NULL;
}
