#include "core/names.h"

#include "core/suites.h"

#include <string.h>
#include <strings.h>

struct name_pair {
	unsigned id;
	const char *iana, *openssl;
};

static const struct suite suites[] = {
#define SUITE(id, name, iana, kx, au, enc, mac, bits, min, hash, cls, flags) \
	{id,                                                                 \
	 name,                                                               \
	 iana,                                                               \
	 SUITE_KX_##kx,                                                      \
	 SUITE_AU_##au,                                                      \
	 SUITE_ENC_##enc,                                                    \
	 SUITE_MAC_##mac,                                                    \
	 bits,                                                               \
	 SUITE_MIN_##min,                                                    \
	 SUITE_HASH_##hash,                                                  \
	 SUITE_CLASS_##cls,                                                  \
	 flags},
#define SUITE_NAME(id, iana)
#include "core/suites.def"
#undef SUITE
#undef SUITE_NAME
};

static const struct name_pair suite_names[] = {
#define SUITE(id, name, iana, kx, au, enc, mac, bits, min, hash, cls, flags)
#define SUITE_NAME(id, iana) {id, iana, iana},
#include "core/suites.def"
#undef SUITE
#undef SUITE_NAME
};

static const struct {
	uint16_t id;
	const char *name, *alias, *alias2;
} groups[] = {
#define GROUP(id, name, alias, alias2) {id, name, alias, alias2},
#include "core/groups.def"
#undef GROUP
};

static const struct {
	uint16_t id;
	const char *iana, *name, *hash;
} sigalgs[] = {
#define SIGALG(id, iana, name, hash) {id, iana, name, hash},
#include "core/sigalgs.def"
#undef SIGALG
};

static const struct name_pair extensions[] = {
#define EXTENSION(id, iana, name) {id, iana, name},
#include "core/extensions.def"
#undef EXTENSION
};

static const struct name_pair alerts[] = {
#define ALERT(id, name, iana) {id, iana, name},
#include "core/alerts.def"
#undef ALERT
};

static const struct {
	int id;
	const char *text;
} x509_errors[] = {
#define X509_ERROR(id, text) {id, text},
#include "core/x509_errors.def"
#undef X509_ERROR
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct name_pair *find_pair(const struct name_pair *table, size_t n, unsigned id)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

static bool same(const char *name, const char *s, size_t n)
{
	return name && strlen(name) == n && memcmp(name, s, n) == 0;
}

static bool same_in_any_case(const char *name, const char *s, size_t n)
{
	return name && strlen(name) == n && strncasecmp(name, s, n) == 0;
}

const struct suite *suite_table(size_t *n)
{
	*n = COUNT(suites);
	return suites;
}

const struct suite *suite_find(uint16_t id)
{
	for (size_t i = 0; i < COUNT(suites); i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

const char *suite_iana_name(uint16_t id)
{
	const struct suite *s = suite_find(id);
	const struct name_pair *p;

	if (s)
		return s->iana;
	p = find_pair(suite_names, COUNT(suite_names), id);
	return p ? p->iana : NULL;
}

const char *suite_name(uint16_t id)
{
	const struct suite *s = suite_find(id);

	return s && s->name ? s->name : suite_iana_name(id);
}

uint16_t suite_by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(suites); i++)
		if (same(suites[i].name, name, n) || same(suites[i].iana, name, n))
			return suites[i].id;
	for (size_t i = 0; i < COUNT(suite_names); i++)
		if (same(suite_names[i].iana, name, n))
			return (uint16_t)suite_names[i].id;
	return 0;
}

bool suite_is_tls13(uint16_t id)
{
	const struct suite *s = suite_find(id);

	return s ? s->min == SUITE_MIN_TLS1_3 : (id >> 8) == 0x13;
}

const char *group_name(uint16_t id)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (groups[i].id == id)
			return groups[i].name;
	return NULL;
}

const char *group_alias(uint16_t id)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (groups[i].id == id)
			return groups[i].alias;
	return NULL;
}

uint16_t group_by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (same_in_any_case(groups[i].name, name, n) ||
		    same_in_any_case(groups[i].alias, name, n) ||
		    same_in_any_case(groups[i].alias2, name, n))
			return groups[i].id;
	return 0;
}

const char *sigalg_name(uint16_t id)
{
	for (size_t i = 0; i < COUNT(sigalgs); i++)
		if (sigalgs[i].id == id)
			return sigalgs[i].name;
	return NULL;
}

const char *sigalg_iana_name(uint16_t id)
{
	for (size_t i = 0; i < COUNT(sigalgs); i++)
		if (sigalgs[i].id == id)
			return sigalgs[i].iana;
	return NULL;
}

const char *sigalg_hash_name(uint16_t id)
{
	for (size_t i = 0; i < COUNT(sigalgs); i++)
		if (sigalgs[i].id == id)
			return sigalgs[i].hash;
	return NULL;
}

static bool same_signature(struct bytes sig, const char *s, size_t n)
{
	return (n == sig.n && strncasecmp((const char *)sig.p, s, n) == 0) ||
	       (sig.n == 7 && memcmp(sig.p, "RSA-PSS", 7) == 0 && same_in_any_case("PSS", s, n));
}

/* "SHA256+RSA" and "PSS+SHA256" are OpenSSL's other spellings of "RSA+SHA256", "RSA-PSS+SHA256". */
static uint16_t sigalg_by_halves(const char *name, size_t n)
{
	const char *plus = memchr(name, '+', n);
	size_t first, second;

	if (!plus)
		return 0;
	first = (size_t)(plus - name);
	second = n - first - 1;
	for (size_t i = 0; i < COUNT(sigalgs); i++) {
		const char *half = strchr(sigalgs[i].name, '+');
		struct bytes sig;

		if (!half)
			continue;
		sig.p = (const uint8_t *)sigalgs[i].name;
		sig.n = (size_t)(half++ - sigalgs[i].name);
		if ((same_signature(sig, name, first) &&
		     same_in_any_case(half, plus + 1, second)) ||
		    (same_signature(sig, plus + 1, second) && same_in_any_case(half, name, first)))
			return sigalgs[i].id;
	}
	return 0;
}

uint16_t sigalg_by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(sigalgs); i++)
		if (same_in_any_case(sigalgs[i].iana, name, n) ||
		    same_in_any_case(sigalgs[i].name, name, n) ||
		    /* listed as id-ml-dsa-44, taken as ML-DSA-44 */
		    (strncmp(sigalgs[i].name, "id-", 3) == 0 &&
		     same_in_any_case(sigalgs[i].name + 3, name, n)))
			return sigalgs[i].id;
	return sigalg_by_halves(name, n);
}

const char *extension_name(uint16_t type)
{
	const struct name_pair *p = find_pair(extensions, COUNT(extensions), type);

	return p ? p->openssl : NULL;
}

const char *extension_iana_name(uint16_t type)
{
	const struct name_pair *p = find_pair(extensions, COUNT(extensions), type);

	return p ? p->iana : NULL;
}

const char *alert_long_name(unsigned description)
{
	const struct name_pair *p = find_pair(alerts, COUNT(alerts), description);

	return p ? p->openssl : NULL;
}

const char *alert_iana_name(unsigned description)
{
	const struct name_pair *p = find_pair(alerts, COUNT(alerts), description);

	return p ? p->iana : NULL;
}

const char *version_name(uint16_t version)
{
	switch (version) {
	case 0x0300:
		return "SSLv3";
	case 0x0301:
		return "TLSv1";
	case 0x0302:
		return "TLSv1.1";
	case 0x0303:
		return "TLSv1.2";
	case 0x0304:
		return "TLSv1.3";
	case 0xfeff:
		return "DTLSv1";
	case 0xfefd:
		return "DTLSv1.2";
	default:
		return NULL;
	}
}

const char *x509_error_text(int x509_error)
{
	for (size_t i = 0; i < COUNT(x509_errors); i++)
		if (x509_errors[i].id == x509_error)
			return x509_errors[i].text;
	return "unknown certificate verification error";
}

void strbuf_addname(struct strbuf *sb, const char *name, uint16_t id)
{
	if (name)
		strbuf_adds(sb, name);
	else
		strbuf_addf(sb, "0x%04X", id);
}
