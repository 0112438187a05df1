#include "core/verify_internal.h"

#include "core/der.h"

#include <string.h>
#include <strings.h>

bool verify_same(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool is(struct bytes oid, const char *der, size_t n)
{
	return oid.n == n && memcmp(oid.p, der, n) == 0;
}
#define IS(oid, der) is((oid), (der), sizeof(der) - 1)

/* ---- extensions ---- */

static void basic_constraints(struct verify_cert *c, struct bytes value)
{
	struct der_reader r = der_read(value), seq;
	struct bytes flag;

	c->has_basic = true;
	if (!der_enter(&r, DER_SEQUENCE, &seq))
		return;
	if (der_peek(&seq, DER_BOOLEAN) && der_get(&seq, DER_BOOLEAN, &flag))
		c->is_ca = flag.n == 1 && flag.p[0];
	if (der_peek(&seq, DER_INTEGER) && !der_get_int(&seq, DER_INTEGER, &c->path_length))
		c->path_length = 0; /* unreadable: no room below */
}

static void key_usage(struct verify_cert *c, struct bytes value)
{
	struct der_reader r = der_read(value);
	struct bytes bits;
	unsigned unused;

	c->has_usage = true;
	if (!der_get_bits(&r, &bits, &unused))
		return;
	for (unsigned i = 0; i < 8 && bits.n; i++)
		if (bits.p[0] & 0x80u >> i)
			c->usage |= 1u << i;
}

static void ext_key_usage(struct verify_cert *c, struct bytes value)
{
	struct der_reader r = der_read(value), seq;
	struct bytes oid;

	c->has_ext_usage = true;
	if (!der_enter(&r, DER_SEQUENCE, &seq))
		return;
	while (der_get(&seq, DER_OID, &oid)) {
		if (IS(oid, "\x2b\x06\x01\x05\x05\x07\x03\x01"))
			c->ext_usage |= XKU_SERVER;
		else if (IS(oid, "\x2b\x06\x01\x05\x05\x07\x03\x02"))
			c->ext_usage |= XKU_CLIENT;
		else if (IS(oid, "\x2b\x06\x01\x05\x05\x07\x03\x04"))
			c->ext_usage |= XKU_EMAIL;
	}
}

static void key_ids(struct verify_cert *c, struct bytes value, bool subject)
{
	struct der_reader r = der_read(value), seq;

	/* What cannot be read is as good as not there. */
	if (subject)
		(void)der_get(&r, DER_OCTET_STRING, &c->subject_key_id);
	else if (der_enter(&r, DER_SEQUENCE, &seq) && der_peek(&seq, DER_CONTEXT(0)))
		(void)der_get(&seq, DER_CONTEXT(0), &c->authority_key_id);
}

static void alt_names(struct verify_cert *c, struct bytes value)
{
	struct der_reader r = der_read(value);

	(void)der_get(&r, DER_SEQUENCE, &c->alt_names); /* stays empty */
}

/* Extensions of id-ce (2.5.29). True: known here, so a critical one is handled. */
static bool take_extension(struct verify_cert *c, const struct x509_extension *ext)
{
	if (ext->oid.n != 3 || ext->oid.p[0] != 0x55 || ext->oid.p[1] != 0x1d)
		return false;
	switch (ext->oid.p[2]) {
	case 14:
		c->subject_key_id_critical = ext->critical;
		key_ids(c, ext->value, true);
		return true;
	case 15:
		key_usage(c, ext->value);
		return true;
	case 17:
		c->has_alt = true;
		c->alt_critical = ext->critical;
		alt_names(c, ext->value);
		return true;
	case 19:
		c->basic_critical = ext->critical;
		basic_constraints(c, ext->value);
		return true;
	case 30:
		c->constraints = ext->value;
		return true;
	case 35:
		c->authority_key_id_critical = ext->critical;
		key_ids(c, ext->value, false);
		return true;
	case 37:
		ext_key_usage(c, ext->value);
		return true;
	case 31: /* CRL distribution points: nothing is fetched */
	case 32: /* policies and their kin count with -policy_check only, as in OpenSSL */
	case 33:
	case 36:
	case 54:
		return true;
	default:
		return false;
	}
}

bool verify_cert_parse(struct bytes der, struct verify_cert *out)
{
	struct x509_extension ext;
	struct bytes rest;

	*out = (struct verify_cert){.path_length = -1};
	if (!x509_parse(der, &out->x))
		return false;
	(void)x509_key_parse(out->x.spki, &out->key); /* unknown: its signatures will fail */
	out->self_issued = verify_same(out->x.issuer, out->x.subject);
	rest = out->x.extensions;
	while (x509_next_extension(&rest, &ext))
		if (!take_extension(out, &ext) && ext.critical)
			out->unhandled_critical = true;
	return true;
}

bool verify_likely_issued(const struct verify_cert *issuer, const struct verify_cert *cert)
{
	return verify_same(issuer->x.subject, cert->x.issuer) &&
	       (!cert->authority_key_id.n || !issuer->subject_key_id.n ||
		verify_same(cert->authority_key_id, issuer->subject_key_id));
}

/* check_ca() of crypto/x509/v3_purp.c. */
int verify_check_ca(const struct verify_cert *c)
{
	if (c->has_usage && !(c->usage & KU_KEY_CERT_SIGN))
		return 0;
	if (c->has_basic)
		return c->is_ca;
	if (c->x.version == 1 && c->self_issued)
		return 3;
	return c->has_usage ? 4 : 0;
}

/* ---- names ---- */

static bool equal_nocase(struct bytes b, const char *want)
{
	return b.n == strlen(want) && strncasecmp((const char *)b.p, want, b.n) == 0;
}

/* A wildcard stands for the whole first label. */
static bool host_fits(struct bytes b, const char *want)
{
	const char *rest = strchr(want, '.');

	if (equal_nocase(b, want))
		return true;
	return b.n > 2 && b.p[0] == '*' && b.p[1] == '.' && rest && rest != want &&
	       equal_nocase((struct bytes){b.p + 1, b.n - 1}, rest);
}

/* The local part of an address keeps its case. */
static bool email_fits(struct bytes b, const char *want)
{
	const char *at = strrchr(want, '@');
	size_t local = at ? (size_t)(at - want) : 0;

	return b.n == strlen(want) && memcmp(b.p, want, local) == 0 &&
	       strncasecmp((const char *)b.p + local, want + local, b.n - local) == 0;
}

typedef bool fits_fn(struct bytes name, const char *want);

/* *any: the certificate has a name of that kind. *name: the one that fits. */
static bool alt_name_matches(const struct verify_cert *c, uint8_t tag, fits_fn *fits,
			     const char *want, bool *any, struct bytes *name)
{
	struct der_reader r = der_read(c->alt_names);
	struct der_item item;

	*any = false;
	while (der_next(&r, &item)) {
		if (item.tag != tag)
			continue;
		*any = true;
		*name = item.body;
		if (fits(item.body, want))
			return true;
	}
	return false;
}

static bool subject_matches(const struct verify_cert *c, struct bytes oid, fits_fn *fits,
			    const char *want, struct bytes *found)
{
	struct der_reader r = der_read(c->x.subject), name, set, pair;
	struct der_item value;
	struct bytes type;

	if (!der_enter(&r, DER_SEQUENCE, &name))
		return false;
	while (der_enter(&name, DER_SET, &set))
		while (der_enter(&set, DER_SEQUENCE, &pair))
			if (der_get(&pair, DER_OID, &type) && der_next(&pair, &value) &&
			    verify_same(type, oid) && fits(value.body, want)) {
				*found = value.body;
				return true;
			}
	return false;
}

bool verify_host_matches(const struct verify_cert *c, const char *host, struct bytes *name)
{
	static const uint8_t common_name[] = {0x55, 0x04, 0x03};
	bool any;

	if (alt_name_matches(c, DER_CONTEXT(2), host_fits, host, &any, name))
		return true;
	return !any && subject_matches(c, (struct bytes){common_name, sizeof(common_name)},
				       host_fits, host, name);
}

bool verify_peer_name(struct bytes der, const char *host, struct bytes *name)
{
	struct verify_cert cert;

	return verify_cert_parse(der, &cert) && verify_host_matches(&cert, host, name);
}

bool verify_email_matches(const struct verify_cert *c, const char *email)
{
	static const uint8_t address[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};
	struct bytes name;
	bool any;

	if (alt_name_matches(c, DER_CONTEXT(1), email_fits, email, &any, &name))
		return true;
	return !any && subject_matches(c, (struct bytes){address, sizeof(address)}, email_fits,
				       email, &name);
}

bool verify_ip_matches(const struct verify_cert *c, struct bytes ip)
{
	struct der_reader r = der_read(c->alt_names);
	struct der_item item;

	while (der_next(&r, &item))
		if (item.tag == DER_CONTEXT(7) && verify_same(item.body, ip))
			return true;
	return false;
}

/* ---- strength ---- */

unsigned verify_level_bits(int level)
{
	static const unsigned bits[] = {0, 80, 112, 128, 192, 256};

	return bits[level < 0 ? 0 : level > 5 ? 5 : level];
}

/* NIST SP 800-57 part 1, table 2, as EVP_PKEY_get_security_bits() has it. */
unsigned verify_key_bits(const struct x509_key *key)
{
	static const struct {
		unsigned size, bits;
	} rsa[] = {{15360, 256}, {7680, 192}, {3072, 128}, {2048, 112}, {1024, 80}},
	  ec[] = {{512, 256}, {384, 192}, {256, 128}, {224, 112}, {160, 80}};

	switch (key->type) {
	case X509_KEY_RSA:
	case X509_KEY_RSA_PSS:
	case X509_KEY_DSA:
		for (size_t i = 0; i < sizeof(rsa) / sizeof(rsa[0]); i++)
			if (key->bits >= rsa[i].size)
				return rsa[i].bits;
		return 0;
	case X509_KEY_EC:
		for (size_t i = 0; i < sizeof(ec) / sizeof(ec[0]); i++)
			if (key->bits >= ec[i].size)
				return ec[i].bits;
		return key->bits / 2;
	case X509_KEY_ED25519:
		return 128;
	case X509_KEY_ED448:
		return 224;
	case X509_KEY_ML_DSA:
	case X509_KEY_UNKNOWN:
		break;
	}
	return 256; /* not to be judged here */
}

/* Only the hashes that are weak matter: MD5 counts 39 bits and SHA-1 63 (OpenSSL, x509_set.c). */
unsigned verify_hash_bits(struct bytes algorithm)
{
	struct der_reader r = der_read(algorithm), seq;
	struct bytes oid;

	if (!der_enter(&r, DER_SEQUENCE, &seq) || !der_get(&seq, DER_OID, &oid))
		return 0;
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"))
		return 39; /* md5WithRSAEncryption */
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05") ||
	    IS(oid, "\x2a\x86\x48\xce\x3d\x04\x01") || IS(oid, "\x2a\x86\x48\xce\x38\x04\x03"))
		return 63; /* with SHA-1: RSA, ECDSA, DSA */
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e") ||
	    IS(oid, "\x2a\x86\x48\xce\x3d\x04\x03\x01"))
		return 112; /* with SHA-224 */
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b") ||
	    IS(oid, "\x2a\x86\x48\xce\x3d\x04\x03\x02"))
		return 128;
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c") ||
	    IS(oid, "\x2a\x86\x48\xce\x3d\x04\x03\x03"))
		return 192;
	if (IS(oid, "\x2b\x65\x70"))
		return 128; /* Ed25519 */
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a") && seq.rest.n <= 2)
		return 63; /* RSASSA-PSS without parameters: SHA-1 */
	return 256;
}
