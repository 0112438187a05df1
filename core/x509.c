#include "core/x509.h"

#include "core/der.h"

#include <string.h>

/* ---- certificates ---- */

static bool parse_version(struct der_reader *tbs, int64_t *version)
{
	struct der_reader inner;
	int64_t value = 0;

	if (der_peek(tbs, DER_CONTEXT_CONSTRUCTED(0)) &&
	    (!der_enter(tbs, DER_CONTEXT_CONSTRUCTED(0), &inner) ||
	     !der_get_int(&inner, DER_INTEGER, &value) || !der_at_end(&inner) ||
	     value > INT32_MAX || value < INT32_MIN))
		return false;
	*version = value + 1;
	return true;
}

static bool parse_time(struct der_reader *r, struct bytes *whole)
{
	bool utc = der_peek(r, DER_UTC_TIME);

	return der_get_whole(r, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, whole);
}

/* UniqueIdentifier ::= [tag] IMPLICIT BIT STRING */
static bool parse_unique_id(struct der_reader *tbs, uint8_t tag, struct bytes *bits)
{
	struct bytes body;

	if (!der_peek(tbs, tag))
		return true;
	if (!der_get(tbs, tag, &body) || !body.n)
		return false;
	*bits = (struct bytes){body.p + 1, body.n - 1};
	return true;
}

static bool parse_extensions(struct der_reader *tbs, struct bytes *extensions)
{
	struct der_reader inner;

	if (!der_peek(tbs, DER_CONTEXT_CONSTRUCTED(3)))
		return true;
	return der_enter(tbs, DER_CONTEXT_CONSTRUCTED(3), &inner) &&
	       der_get(&inner, DER_SEQUENCE, extensions) && der_at_end(&inner);
}

static bool parse_tbs(struct der_reader *tbs, struct x509 *out)
{
	struct der_reader validity;

	return parse_version(tbs, &out->version) && der_get(tbs, DER_INTEGER, &out->serial) &&
	       der_get_whole(tbs, DER_SEQUENCE, &out->sigalg) &&
	       der_get_whole(tbs, DER_SEQUENCE, &out->issuer) &&
	       der_enter(tbs, DER_SEQUENCE, &validity) && parse_time(&validity, &out->not_before) &&
	       parse_time(&validity, &out->not_after) && der_at_end(&validity) &&
	       der_get_whole(tbs, DER_SEQUENCE, &out->subject) &&
	       der_get_whole(tbs, DER_SEQUENCE, &out->spki) &&
	       parse_unique_id(tbs, DER_CONTEXT(1), &out->issuer_uid) &&
	       parse_unique_id(tbs, DER_CONTEXT(2), &out->subject_uid) &&
	       parse_extensions(tbs, &out->extensions) && der_at_end(tbs);
}

bool x509_parse(struct bytes cert_der, struct x509 *out)
{
	struct der_reader outer = der_read(cert_der), cert, tbs;
	unsigned unused;

	*out = (struct x509){0};
	if (der_get_whole(&outer, DER_SEQUENCE, &out->der)) {
		outer = der_read(out->der);
		if (der_enter(&outer, DER_SEQUENCE, &cert) &&
		    der_get_whole(&cert, DER_SEQUENCE, &out->tbs) &&
		    der_get_whole(&cert, DER_SEQUENCE, &out->outer_sigalg) &&
		    der_get_bits(&cert, &out->signature, &unused) && der_at_end(&cert)) {
			outer = der_read(out->tbs);
			if (der_enter(&outer, DER_SEQUENCE, &tbs) && parse_tbs(&tbs, out))
				return true;
		}
	}
	*out = (struct x509){0};
	return false;
}

bool x509_next_extension(struct bytes *rest, struct x509_extension *out)
{
	struct der_reader r = der_read(*rest), inner;
	struct bytes critical = {0};

	*out = (struct x509_extension){0};
	if (!der_enter(&r, DER_SEQUENCE, &inner) || !der_get(&inner, DER_OID, &out->oid) ||
	    (der_peek(&inner, DER_BOOLEAN) && !der_get(&inner, DER_BOOLEAN, &critical)) ||
	    !der_get(&inner, DER_OCTET_STRING, &out->value) || !der_at_end(&inner)) {
		*out = (struct x509_extension){0};
		return false;
	}
	out->critical = critical.n == 1 && critical.p[0];
	*rest = r.rest;
	return true;
}

bool x509_find_extension(const struct x509 *cert, const char *oid, struct x509_extension *out)
{
	struct strbuf wanted = STRBUF_INIT;
	struct bytes rest = cert->extensions, body;
	bool found = false;

	der_put_oid(&wanted, oid);
	struct der_reader r = der_read(strbuf_bytes(&wanted));

	(void)der_get(&r, DER_OID, &body); /* just written */
	while (!found && x509_next_extension(&rest, out))
		found = out->oid.n == body.n && memcmp(out->oid.p, body.p, body.n) == 0;
	strbuf_release(&wanted);
	return found;
}

/* ---- parts of one ---- */

struct bytes x509_subject(struct bytes cert_der)
{
	struct x509 cert;

	(void)x509_parse(cert_der, &cert); /* zeroed on failure */
	return cert.subject;
}

struct bytes x509_issuer(struct bytes cert_der)
{
	struct x509 cert;

	(void)x509_parse(cert_der, &cert); /* zeroed on failure */
	return cert.issuer;
}

bool x509_spki(struct bytes cert_der, struct bytes *spki)
{
	struct x509 cert;
	bool ok = x509_parse(cert_der, &cert);

	*spki = cert.spki;
	return ok;
}

bool x509_is_ca(struct bytes cert_der)
{
	struct x509 cert;
	struct x509_extension ext;
	struct der_reader r, inner;
	struct bytes ca;

	if (!x509_parse(cert_der, &cert) || !x509_find_extension(&cert, "2.5.29.19", &ext))
		return false;
	r = der_read(ext.value);
	return der_enter(&r, DER_SEQUENCE, &inner) && der_get(&inner, DER_BOOLEAN, &ca) &&
	       ca.n == 1 && ca.p[0];
}

bool x509_is_self_issued(struct bytes cert_der)
{
	struct x509 cert;

	return x509_parse(cert_der, &cert) && cert.subject.n == cert.issuer.n &&
	       memcmp(cert.subject.p, cert.issuer.p, cert.subject.n) == 0;
}

/* ---- keys ---- */

static const struct x509_curve curves[] = {
#define CURVE(oid, bits, name, nist_name) {oid, bits, name, nist_name},
#include "core/x509_curves.def"
#undef CURVE
};

/* Algorithms by OID: RFC 3279, 4055, 5480, 8410, 9881. bits: where they are always the same. */
static const struct key_algorithm {
	const char *oid;
	enum x509_key_type type;
	unsigned bits;
} key_algorithms[] = {
	{"1.2.840.113549.1.1.1", X509_KEY_RSA, 0},
	{"1.2.840.113549.1.1.10", X509_KEY_RSA_PSS, 0},
	{"1.2.840.10040.4.1", X509_KEY_DSA, 0},
	{"1.2.840.10045.2.1", X509_KEY_EC, 0},
	{"1.3.101.112", X509_KEY_ED25519, 256},
	{"1.3.101.113", X509_KEY_ED448, 456},
	{"2.16.840.1.101.3.4.3.17", X509_KEY_ML_DSA, 1312 * 8},
	{"2.16.840.1.101.3.4.3.18", X509_KEY_ML_DSA, 1952 * 8},
	{"2.16.840.1.101.3.4.3.19", X509_KEY_ML_DSA, 2592 * 8},
};

static unsigned bit_length(struct bytes number)
{
	while (number.n && !number.p[0]) {
		number.p++;
		number.n--;
	}
	if (!number.n || number.n > 1u << 20)
		return 0;
	unsigned bits = (unsigned)number.n * 8;

	for (unsigned top = number.p[0]; !(top & 0x80); top <<= 1)
		bits--;
	return bits;
}

/* The size of the first INTEGER of a SEQUENCE: an RSA modulus, or p of Dss-Parms. */
static unsigned first_number_bits(struct bytes sequence)
{
	struct der_reader r = der_read(sequence), inner;
	struct bytes number;

	return der_enter(&r, DER_SEQUENCE, &inner) && der_get(&inner, DER_INTEGER, &number)
		       ? bit_length(number)
		       : 0;
}

const struct x509_curve *x509_named_curve(struct bytes parameters)
{
	struct der_reader r = der_read(parameters);
	struct strbuf text = STRBUF_INIT;
	const struct x509_curve *found = NULL;
	struct bytes oid;

	if (der_get(&r, DER_OID, &oid) && der_oid_text(&text, oid))
		for (size_t i = 0; i < sizeof(curves) / sizeof(*curves) && !found; i++)
			if (strcmp(curves[i].oid, text.p) == 0)
				found = &curves[i];
	strbuf_release(&text);
	return found;
}

bool x509_explicit_curve(struct bytes parameters, struct x509_explicit_curve *out)
{
	struct der_reader r = der_read(parameters), inner, field, curve;
	unsigned unused;
	int64_t version;

	*out = (struct x509_explicit_curve){0};
	if (!der_enter(&r, DER_SEQUENCE, &inner) || !der_get_int(&inner, DER_INTEGER, &version) ||
	    !der_enter(&inner, DER_SEQUENCE, &field) || !der_get(&field, DER_OID, &out->field) ||
	    !der_enter(&inner, DER_SEQUENCE, &curve) ||
	    !der_get(&curve, DER_OCTET_STRING, &out->a) ||
	    !der_get(&curve, DER_OCTET_STRING, &out->b) ||
	    (der_peek(&curve, DER_BIT_STRING) && !der_get_bits(&curve, &out->seed, &unused)) ||
	    !der_at_end(&curve) || !der_get(&inner, DER_OCTET_STRING, &out->base) ||
	    !der_get(&inner, DER_INTEGER, &out->order) ||
	    (der_peek(&inner, DER_INTEGER) && !der_get(&inner, DER_INTEGER, &out->cofactor))) {
		*out = (struct x509_explicit_curve){0};
		return false;
	}
	out->prime = field.rest;
	return true;
}

static unsigned key_bits(const struct x509_key *key)
{
	const struct x509_curve *curve;
	struct x509_explicit_curve explicit;

	switch (key->type) {
	case X509_KEY_RSA:
	case X509_KEY_RSA_PSS:
		return first_number_bits(key->key);
	case X509_KEY_DSA:
		return first_number_bits(key->parameters);
	case X509_KEY_EC:
		curve = x509_named_curve(key->parameters);
		(void)x509_explicit_curve(key->parameters, &explicit); /* zeroed on failure */
		return curve ? curve->bits : bit_length(explicit.order);
	case X509_KEY_UNKNOWN:
	case X509_KEY_ED25519:
	case X509_KEY_ED448:
	case X509_KEY_ML_DSA:
		break;
	}
	return key->bits;
}

bool x509_key_parse(struct bytes spki, struct x509_key *out)
{
	struct der_reader r = der_read(spki), inner, algorithm;
	unsigned unused;

	*out = (struct x509_key){0};
	if (!der_enter(&r, DER_SEQUENCE, &inner) || !der_enter(&inner, DER_SEQUENCE, &algorithm) ||
	    !der_get(&algorithm, DER_OID, &out->algorithm) ||
	    !der_get_bits(&inner, &out->key, &unused)) {
		*out = (struct x509_key){0};
		return false;
	}
	out->parameters = algorithm.rest;
	struct strbuf oid = STRBUF_INIT;

	(void)der_oid_text(&oid, out->algorithm); /* no text: no algorithm that is known */
	for (size_t i = 0; oid.n && i < sizeof(key_algorithms) / sizeof(*key_algorithms); i++) {
		if (strcmp(key_algorithms[i].oid, oid.p) == 0) {
			out->type = key_algorithms[i].type;
			out->bits = key_algorithms[i].bits;
		}
	}
	strbuf_release(&oid);
	out->bits = key_bits(out);
	return true;
}

enum x509_key_type x509_key_type(struct bytes spki, unsigned *bits)
{
	struct x509_key key;

	(void)x509_key_parse(spki, &key); /* zeroed on failure: UNKNOWN */
	if (bits)
		*bits = key.bits;
	return key.type;
}
