#include "core/der.h"
#include "core/x509_ext.h"
#include "core/x509_hex.h"
#include "core/x509_oid.h"
#include "core/x509_print.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { KEY_COLUMNS = 15, SIGNATURE_COLUMNS = 18 };

/* ---- times ---- */

/* The fraction of a second, with its point. */
static struct bytes time_fraction(struct bytes time)
{
	struct der_reader r = der_read(time);
	struct bytes fraction = {0};
	struct der_item item;

	if (der_next(&r, &item) && item.tag == DER_GENERALIZED_TIME && item.body.n > 14 &&
	    item.body.p[14] == '.') {
		fraction = (struct bytes){item.body.p + 14, 1};
		while (fraction.n < item.body.n - 14 && fraction.p[fraction.n] >= '0' &&
		       fraction.p[fraction.n] <= '9')
			fraction.n++;
	}
	return fraction;
}

bool x509_time_print(struct strbuf *out, struct bytes time)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;
	int64_t seconds;
	time_t when;

	if (!der_time(time, &seconds) || (when = (time_t)seconds, !gmtime_r(&when, &tm))) {
		strbuf_adds(out, "Bad time value");
		return false;
	}
	struct bytes fraction = time_fraction(time);

	strbuf_addf(out, "%s %2d %02d:%02d:%02d%.*s %d GMT", months[tm.tm_mon], tm.tm_mday,
		    tm.tm_hour, tm.tm_min, tm.tm_sec, (int)fraction.n,
		    fraction.n ? (const char *)fraction.p : "", tm.tm_year + 1900);
	return true;
}

/* ---- RSASSA-PSS parameters (RFC 4055 3.1) ---- */

/* OIDs' contents, empty for the default; contents of INTEGERs, the same. */
struct pss {
	struct bytes hash, mask, mask_hash, salt, trailer;
};

/* The OID of an AlgorithmIdentifier inside a field [n] EXPLICIT. */
static bool pss_algorithm(struct der_reader *r, unsigned n, struct bytes *oid,
			  struct der_reader *rest)
{
	struct der_reader outer;

	if (!der_peek(r, DER_CONTEXT_CONSTRUCTED(n)))
		return true;
	return der_enter(r, DER_CONTEXT_CONSTRUCTED(n), &outer) &&
	       der_enter(&outer, DER_SEQUENCE, rest) && der_get(rest, DER_OID, oid);
}

static bool pss_integer(struct der_reader *r, unsigned n, struct bytes *value)
{
	struct der_reader outer;

	if (!der_peek(r, DER_CONTEXT_CONSTRUCTED(n)))
		return true;
	return der_enter(r, DER_CONTEXT_CONSTRUCTED(n), &outer) &&
	       der_get(&outer, DER_INTEGER, value) && value->n;
}

static bool pss_parse(struct bytes parameters, struct pss *out)
{
	struct der_reader r = der_read(parameters), inner, hash, mask, mask_hash;

	*out = (struct pss){0};
	if (!der_enter(&r, DER_SEQUENCE, &inner) || !pss_algorithm(&inner, 0, &out->hash, &hash) ||
	    !pss_algorithm(&inner, 1, &out->mask, &mask) || !pss_integer(&inner, 2, &out->salt) ||
	    !pss_integer(&inner, 3, &out->trailer) || !der_at_end(&inner))
		return false;
	/* MGF1 is the only mask, and its parameter a digest. */
	return !out->mask.n || (x509_oid_is(out->mask, "1.2.840.113549.1.1.8") &&
				der_enter(&mask, DER_SEQUENCE, &mask_hash) &&
				der_get(&mask_hash, DER_OID, &out->mask_hash));
}

static void add_pss_integer(struct strbuf *out, struct bytes value, const char *missing)
{
	struct strbuf magnitude = STRBUF_INIT;
	bool negative;

	if (!value.n) {
		strbuf_addf(out, "%s (default)\n", missing);
		return;
	}
	(void)x509_integer_split(value, &magnitude, &negative); /* prints as 00 when not DER */
	strbuf_adds(out, negative ? "-0x" : "0x");
	strbuf_addhex(out, strbuf_bytes(&magnitude), true);
	strbuf_adds(out, magnitude.n ? "\n" : "00\n");
	strbuf_release(&magnitude);
}

static void add_pss_signature(struct strbuf *out, struct bytes parameters)
{
	static const char indent[] = "        ";
	struct pss pss;

	strbuf_adds(out, indent);
	if (!pss_parse(parameters, &pss)) {
		strbuf_adds(out, "(INVALID PSS PARAMETERS)\n");
		return;
	}
	strbuf_addf(out, "\n%sHash Algorithm: ", indent);
	if (pss.hash.n)
		x509_oid_print(out, pss.hash);
	else
		strbuf_adds(out, "sha1 (default)");
	strbuf_addf(out, "\n%sMask Algorithm: ", indent);
	if (pss.mask.n) {
		x509_oid_print(out, pss.mask);
		strbuf_adds(out, " with ");
		x509_oid_print(out, pss.mask_hash);
	} else {
		strbuf_adds(out, "mgf1 with sha1 (default)");
	}
	strbuf_addf(out, "\n%s Salt Length: ", indent);
	add_pss_integer(out, pss.salt, "0x14");
	strbuf_addf(out, "%sTrailer Field: ", indent);
	add_pss_integer(out, pss.trailer, "0x01");
}

/* A digest's name in a key's restrictions; NULL: OpenSSL does not take such a key. */
static const char *pss_digest_name(struct bytes oid)
{
	static const char *const names[][2] = {
		{"1.3.14.3.2.26", "SHA1"},
		{"2.16.840.1.101.3.4.2.4", "SHA2-224"},
		{"2.16.840.1.101.3.4.2.1", "SHA2-256"},
		{"2.16.840.1.101.3.4.2.2", "SHA2-384"},
		{"2.16.840.1.101.3.4.2.3", "SHA2-512"},
		{"2.16.840.1.101.3.4.2.5", "SHA2-512/224"},
		{"2.16.840.1.101.3.4.2.6", "SHA2-512/256"},
	};

	if (!oid.n)
		return names[0][1];
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (x509_oid_is(oid, names[i][0]))
			return names[i][1];
	return NULL;
}

static int32_t small_integer(struct bytes value, int32_t missing)
{
	if (!value.n || value.n > 4)
		return missing;
	int64_t number = value.p[0] & 0x80 ? -1 : 0;

	for (size_t i = 0; i < value.n; i++)
		number = number * 256 + value.p[i];
	return (int32_t)number;
}

/* False: OpenSSL would not load the key. */
static bool add_pss_restrictions(struct strbuf *out, struct bytes parameters, unsigned indent)
{
	struct pss pss;

	if (!parameters.n) {
		strbuf_addf(out, "%*sNo PSS parameter restrictions\n", (int)indent, "");
		return true;
	}
	if (!pss_parse(parameters, &pss))
		return false;
	const char *hash = pss_digest_name(pss.hash), *mask_hash = pss_digest_name(pss.mask_hash);
	int32_t salt = small_integer(pss.salt, 20), trailer = small_integer(pss.trailer, 1);

	if (!hash || !mask_hash)
		return false;
	bool default_hash = strcmp(hash, "SHA1") == 0,
	     default_mask = strcmp(mask_hash, "SHA1") == 0;

	strbuf_addf(out, "%*sPSS parameter restrictions:\n", (int)indent, "");
	indent += 2;
	strbuf_addf(out, "%*sHash Algorithm: %s%s\n", (int)indent, "", hash,
		    default_hash ? " (default)" : "");
	strbuf_addf(out, "%*sMask Algorithm: MGF1 with %s%s\n", (int)indent, "", mask_hash,
		    default_mask ? " (default)" : "");
	strbuf_addf(out, "%*sMinimum Salt Length: %" PRId32 "%s\n", (int)indent, "", salt,
		    salt == 20 ? " (default)" : "");
	strbuf_addf(out, "%*sTrailer Field: 0x%" PRIx32 "%s\n", (int)indent, "", (uint32_t)trailer,
		    trailer == 1 ? " (default)" : "");
	return true;
}

/* ---- keys ---- */

static bool add_rsa(struct strbuf *out, const struct x509_key *key, unsigned indent)
{
	struct der_reader r = der_read(key->key), inner;
	struct bytes modulus, exponent;

	if (!der_enter(&r, DER_SEQUENCE, &inner) || !der_get(&inner, DER_INTEGER, &modulus) ||
	    !der_get(&inner, DER_INTEGER, &exponent) || !der_at_end(&inner))
		return false;
	strbuf_addf(out, "%*sPublic-Key: (%u bit)\n", (int)indent, "", key->bits);
	x509_number_print(out, "Modulus:", modulus, indent);
	x509_number_print(out, "Exponent:", exponent, indent);
	return key->type != X509_KEY_RSA_PSS || add_pss_restrictions(out, key->parameters, indent);
}

static bool add_dsa(struct strbuf *out, const struct x509_key *key, unsigned indent)
{
	struct der_reader r = der_read(key->parameters), inner, y = der_read(key->key);
	struct bytes number[4];

	if (!der_get(&y, DER_INTEGER, &number[0]) || !der_enter(&r, DER_SEQUENCE, &inner))
		return false;
	for (size_t i = 1; i < 4; i++)
		if (!der_get(&inner, DER_INTEGER, &number[i]))
			return false;
	static const char *const labels[] = {"pub: ", "P:   ", "Q:   ", "G:   "};

	strbuf_addf(out, "%*sPublic-Key: (%u bit)\n", (int)indent, "", key->bits);
	for (size_t i = 0; i < 4; i++)
		x509_number_print(out, labels[i], number[i], indent);
	return true;
}

static bool add_explicit_curve(struct strbuf *out, struct bytes parameters, unsigned indent)
{
	struct x509_explicit_curve curve;
	struct bytes prime;

	if (!x509_explicit_curve(parameters, &curve) ||
	    !x509_oid_is(curve.field, "1.2.840.10045.1.1"))
		return false;
	struct der_reader r = der_read(curve.prime);

	if (!der_get(&r, DER_INTEGER, &prime) || !curve.base.n)
		return false;
	const char *form = curve.base.p[0] == 4  ? "uncompressed"
			   : curve.base.p[0] < 4 ? "compressed"
						 : "hybrid";

	strbuf_addf(out, "%*sField Type: prime-field\n", (int)indent, "");
	x509_number_print(out, "Prime:", prime, indent);
	x509_number_print(out, "A:   ", curve.a, indent);
	x509_number_print(out, "B:   ", curve.b, indent);
	strbuf_addf(out, "%*sGenerator (%s):\n", (int)indent, "", form);
	x509_hex_lines(out, curve.base, KEY_COLUMNS, indent + 4);
	x509_number_print(out, "Order: ", curve.order, indent);
	if (curve.cofactor.n)
		x509_number_print(out, "Cofactor: ", curve.cofactor, indent);
	if (curve.seed.n) {
		strbuf_addf(out, "%*sSeed:\n", (int)indent, "");
		x509_hex_lines(out, curve.seed, KEY_COLUMNS, indent + 4);
	}
	return true;
}

static bool add_ec(struct strbuf *out, const struct x509_key *key, unsigned indent)
{
	const struct x509_curve *curve = x509_named_curve(key->parameters);

	strbuf_addf(out, "%*sPublic-Key: (%u bit)\n%*spub:\n", (int)indent, "", key->bits,
		    (int)indent, "");
	x509_hex_lines(out, key->key, KEY_COLUMNS, indent + 4);
	if (!curve)
		return add_explicit_curve(out, key->parameters, indent);
	strbuf_addf(out, "%*sASN1 OID: %s\n", (int)indent, "", curve->name);
	if (curve->nist_name)
		strbuf_addf(out, "%*sNIST CURVE: %s\n", (int)indent, "", curve->nist_name);
	return true;
}

/* Keys without structure, named after their algorithm. */
static bool add_raw(struct strbuf *out, const struct x509_key *key, unsigned indent)
{
	strbuf_addf(out, "%*s", (int)indent, "");
	x509_oid_print(out, key->algorithm);
	strbuf_addf(out, " Public-Key:\n%*spub:\n", (int)indent, "");
	x509_hex_lines(out, key->key, KEY_COLUMNS, indent + 4);
	return true;
}

/* X25519, X448 and SLH-DSA, which no TLS certificate holds: no x509_key_type of their own. */
static bool is_raw(struct bytes algorithm)
{
	const struct x509_oid *known = x509_oid_find(algorithm);

	return known &&
	       (strcmp(known->long_name, "X25519") == 0 || strcmp(known->long_name, "X448") == 0 ||
		strncmp(known->long_name, "SLH-DSA-", 8) == 0);
}

static bool add_key(struct strbuf *out, const struct x509_key *key, unsigned indent)
{
	switch (key->type) {
	case X509_KEY_RSA:
	case X509_KEY_RSA_PSS:
		return add_rsa(out, key, indent);
	case X509_KEY_DSA:
		return add_dsa(out, key, indent);
	case X509_KEY_EC:
		return add_ec(out, key, indent);
	case X509_KEY_ED25519:
	case X509_KEY_ED448:
	case X509_KEY_ML_DSA:
		return add_raw(out, key, indent);
	case X509_KEY_UNKNOWN:
		break;
	}
	return is_raw(key->algorithm) && add_raw(out, key, indent);
}

/* False, nothing added: not a key that can be printed. */
static bool key_text(struct strbuf *out, struct bytes spki, unsigned indent)
{
	struct strbuf text = STRBUF_INIT;
	struct x509_key key;
	bool ok = x509_key_parse(spki, &key) && add_key(&text, &key, indent);

	if (ok)
		strbuf_add(out, text.p, text.n);
	strbuf_release(&text);
	return ok;
}

void x509_key_text(struct strbuf *out, struct bytes spki, int indent)
{
	unsigned columns = indent < 0 ? 0 : (unsigned)indent;

	if (!key_text(out, spki, columns))
		strbuf_addf(out, "%*sUnable to load Public Key\n", (int)columns, "");
}

/* ---- certificates ---- */

/* ossl_serial_number_print */
static void add_serial(struct strbuf *out, struct bytes serial)
{
	struct strbuf magnitude = STRBUF_INIT;
	struct der_reader r;
	bool negative;
	int64_t value = 0;

	strbuf_adds(out, "        Serial Number:");
	if (!x509_integer_split(serial, &magnitude, &negative)) {
		strbuf_adds(out, " (Negative)");
	} else if (serial.n <= sizeof(value)) {
		struct strbuf element = STRBUF_INIT;

		der_put(&element, DER_INTEGER, serial);
		r = der_read(strbuf_bytes(&element));
		(void)der_get_int(&r, DER_INTEGER, &value); /* just written, 1 to 8 bytes */
		uint64_t absolute = negative ? 0 - (uint64_t)value : (uint64_t)value;
		const char *sign = negative ? "-" : "";

		strbuf_addf(out, " %s%" PRIu64 " (%s0x%" PRIx64 ")", sign, absolute, sign,
			    absolute);
		strbuf_release(&element);
	} else {
		strbuf_addf(out, "\n%12s%s", "", negative ? " (Negative)" : "");
		for (size_t i = 0; i < magnitude.n; i++)
			strbuf_addf(out, "%s%02x", i ? ":" : "", (uint8_t)magnitude.p[i]);
	}
	strbuf_addc(out, '\n');
	strbuf_release(&magnitude);
}

/* The OID's contents and the parameters' element of an AlgorithmIdentifier. */
static void split_algorithm(struct bytes algorithm, struct bytes *oid, struct bytes *parameters)
{
	struct der_reader r = der_read(algorithm), inner;

	*parameters = (struct bytes){0};
	if (der_enter(&r, DER_SEQUENCE, &inner) && der_get(&inner, DER_OID, oid))
		*parameters = inner.rest;
	else
		*oid = (struct bytes){0};
}

static bool is_dsa_signature(struct bytes oid)
{
	static const char *const dsa[] = {
		"1.2.840.10040.4.3",      "2.16.840.1.101.3.4.3.1", "2.16.840.1.101.3.4.3.2",
		"2.16.840.1.101.3.4.3.3", "2.16.840.1.101.3.4.3.4", "1.3.14.3.2.27",
	};

	for (size_t i = 0; i < sizeof(dsa) / sizeof(*dsa); i++)
		if (x509_oid_is(oid, dsa[i]))
			return true;
	return false;
}

static bool add_dsa_signature(struct strbuf *out, struct bytes signature)
{
	struct der_reader outer = der_read(signature), inner;
	struct bytes r, s;

	if (!der_enter(&outer, DER_SEQUENCE, &inner) || !der_get(&inner, DER_INTEGER, &r) ||
	    !der_get(&inner, DER_INTEGER, &s) || !der_at_end(&inner))
		return false;
	x509_number_print(out, "r:   ", r, 8);
	x509_number_print(out, "s:   ", s, 8);
	return true;
}

/* X509_signature_print; signature NULL: the algorithm inside tbs. */
static void add_signature(struct strbuf *out, struct bytes algorithm, const struct bytes *signature)
{
	struct bytes oid, parameters;

	split_algorithm(algorithm, &oid, &parameters);
	strbuf_adds(out, "    Signature Algorithm: ");
	x509_oid_print(out, oid);
	if (signature)
		strbuf_adds(out, "\n    Signature Value:");
	if (x509_oid_is(oid, "1.2.840.113549.1.1.10"))
		add_pss_signature(out, parameters);
	else
		strbuf_addc(out, '\n');
	if (signature && !(is_dsa_signature(oid) && add_dsa_signature(out, *signature)))
		x509_hex_lines(out, *signature, SIGNATURE_COLUMNS, 8);
}

void x509_signature_text(struct strbuf *out, struct bytes algorithm, struct bytes signature)
{
	add_signature(out, algorithm, &signature);
}

static void add_name(struct strbuf *out, const char *label, struct bytes name,
		     unsigned long nameopt)
{
	strbuf_addf(out, "        %s: ", label);
	(void)x509_name_print(out, name, nameopt); /* shows what there is */
	strbuf_addc(out, '\n');
}

static void add_time(struct strbuf *out, const char *label, struct bytes time)
{
	strbuf_addf(out, "            %s: ", label);
	(void)x509_time_print(out, time); /* says so itself when it is bad */
	strbuf_addc(out, '\n');
}

static void add_spki(struct strbuf *out, struct bytes spki)
{
	struct x509_key key;

	(void)x509_key_parse(spki, &key); /* zeroed on failure: then <INVALID> and no key */
	strbuf_addf(out, "        Subject Public Key Info:\n%12sPublic Key Algorithm: ", "");
	x509_oid_print(out, key.algorithm);
	strbuf_addc(out, '\n');
	if (!key_text(out, spki, 16))
		strbuf_addf(out, "%12sUnable to load Public Key\n", "");
}

static void add_unique_id(struct strbuf *out, const char *label, struct bytes id)
{
	if (!id.n)
		return;
	strbuf_addf(out, "        %s Unique ID: ", label);
	x509_hex_lines(out, id, SIGNATURE_COLUMNS, 12);
}

static void add_extensions(struct strbuf *out, struct bytes rest)
{
	struct x509_extension ext;

	if (rest.n)
		strbuf_adds(out, "        X509v3 extensions:\n");
	while (x509_next_extension(&rest, &ext)) {
		strbuf_addf(out, "%12s", "");
		x509_oid_print(out, ext.oid);
		strbuf_addf(out, ": %s\n", ext.critical ? "critical" : "");
		x509_ext_print(out, &ext, 16);
		strbuf_addc(out, '\n');
	}
}

void x509_text_names(struct strbuf *out, struct bytes cert_der, unsigned long nameopt)
{
	struct x509 cert;

	if (!x509_parse(cert_der, &cert)) {
		strbuf_addf(out, "Not a certificate: %zu bytes that do not parse\n", cert_der.n);
		return;
	}
	strbuf_adds(out, "Certificate:\n    Data:\n        Version: ");
	if (cert.version >= 1 && cert.version <= 3)
		strbuf_addf(out, "%d (0x%x)\n", (int)cert.version, (unsigned)cert.version - 1);
	else
		strbuf_addf(out, "Unknown (%" PRId64 ")\n", cert.version - 1);
	add_serial(out, cert.serial);
	strbuf_adds(out, "    ");
	add_signature(out, cert.sigalg, NULL);
	add_name(out, "Issuer", cert.issuer, nameopt);
	strbuf_adds(out, "        Validity\n");
	add_time(out, "Not Before", cert.not_before);
	add_time(out, "Not After ", cert.not_after);
	add_name(out, "Subject", cert.subject, nameopt);
	add_spki(out, cert.spki);
	add_unique_id(out, "Issuer", cert.issuer_uid);
	add_unique_id(out, "Subject", cert.subject_uid);
	add_extensions(out, cert.extensions);
	add_signature(out, cert.outer_sigalg, &cert.signature);
}

void x509_text(struct strbuf *out, struct bytes cert_der)
{
	x509_text_names(out, cert_der, X509_NAME_DEFAULT);
}
