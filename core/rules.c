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

static bool take_block(const char *from, const char **end, size_t *out)
{
	char *stop;

	if (!isdigit((unsigned char)*from))
		return false;
	*out = strtoul(from, &stop, 0);
	*end = stop;
	return *out <= 16384;
}

bool rules_record_padding(const char *value, size_t *data, size_t *handshake)
{
	const char *end;

	if (!take_block(value, &end, data))
		return false;
	*handshake = *data;
	if (*end == ',' && !take_block(end + 1, &end, handshake))
		return false;
	return !*end;
}
