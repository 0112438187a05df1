#include "core/rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *rules_no_renegotiation(const struct tls_config *cfg, uint16_t version, bool secure)
{
	if (version >= TLS_VERSION_1_3)
		return "TLS 1.3 has no renegotiation";
	if (tls_flag(cfg, TLS_F_NO_RENEGOTIATION))
		return "renegotiation is switched off (-no_renegotiation)";
	if (!secure && !tls_flag(cfg, TLS_F_LEGACY_RENEGOTIATION))
		return "the client does not support secure renegotiation";
	return NULL;
}

bool rules_is_chacha(uint16_t suite)
{
	return suite == 0x1303 || (suite >= 0xcca8 && suite <= 0xccae);
}

bool rules_chacha_first(const struct tls_config *cfg, const struct client_hello *hello,
			struct u16list ours)
{
	if (!tls_flag(cfg, TLS_F_PRIORITIZE_CHACHA) || !tls_flag(cfg, TLS_F_SERVERPREF))
		return false;
	for (size_t i = 0; i < hello->suites.n; i++)
		if (u16list_has(ours, hello->suites.p[i]))
			return rules_is_chacha(hello->suites.p[i]);
	return false;
}

/* As tls1_export_keying_material() of OpenSSL. */
bool rules_label_reserved(const char *label)
{
	static const char *const names[] = {"client finished", "server finished", "master secret",
					    "extended master secret", "key expansion"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(label, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* A number up to `last`, or up to the end of the text. */
static bool take_block(const char **at, char last, size_t *out)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	*out = strtoul(*at, &end, 0);
	*at = end + (*end == last && last);
	return (*end == last || !*end) && *out <= 16384;
}

bool rules_record_padding(const char *value, size_t *data, size_t *handshake)
{
	const char *at = value;

	if (!take_block(&at, ',', data))
		return false;
	*handshake = *data;
	return (!*at && at[-1] != ',') || take_block(&at, '\0', handshake);
}
