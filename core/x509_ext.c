#include "core/x509_ext.h"

#include "core/der.h"
#include "core/x509_general_name.h"
#include "core/x509_hex.h"
#include "core/x509_name.h"
#include "core/x509_oid.h"
#include "core/x509_sct.h"

#include <string.h>

/* ---- lists of values ---- */

/* X509V3_EXT_val_prn: one a line, or with commas on one line. */
struct values {
	struct strbuf *out;
	unsigned indent;
	bool lines;
	size_t n;
};

static struct strbuf *next_value(struct values *v)
{
	if (!v->n || v->lines)
		strbuf_addf(v->out, "%s%*s", v->n ? "\n" : "", (int)v->indent, "");
	else
		strbuf_adds(v->out, ", ");
	v->n++;
	return v->out;
}

static void end_values(struct values *v)
{
	if (!v->n)
		strbuf_addf(v->out, "%*s<EMPTY>\n", (int)v->indent, "");
}

/* The one element that a value holds; what follows it is passed over, as OpenSSL does. */
static bool enter_sequence(struct bytes value, struct der_reader *inner)
{
	struct der_reader r = der_read(value);

	return der_enter(&r, DER_SEQUENCE, inner);
}

/* %.*s: up to the first NUL. */
static void add_until_nul(struct strbuf *out, struct bytes text)
{
	strbuf_add(out, text.p, text.n ? strnlen((const char *)text.p, text.n) : 0);
}

/* An OBJECT IDENTIFIER that is well formed. */
static bool get_oid(struct der_reader *r, struct bytes *oid)
{
	struct strbuf text = STRBUF_INIT;
	bool ok = der_get(r, DER_OID, oid) && der_oid_text(&text, *oid);

	strbuf_release(&text);
	return ok;
}

/* ---- bits ---- */

static const char *const key_usages[] = {
	"Digital Signature", "Non Repudiation",
	"Key Encipherment",  "Data Encipherment",
	"Key Agreement",     "Certificate Sign",
	"CRL Sign",          "Encipher Only",
	"Decipher Only",     NULL,
};

static const char *const netscape_types[] = {
	"SSL Client", "SSL Server",        "S/MIME", "Object Signing", "Unused", "SSL CA",
	"S/MIME CA",  "Object Signing CA", NULL,
};

static const char *const crl_reasons[] = {
	"Unused",           "Key Compromise",
	"CA Compromise",    "Affiliation Changed",
	"Superseded",       "Cessation Of Operation",
	"Certificate Hold", "Privilege Withdrawn",
	"AA Compromise",    NULL,
};

/* The names of the bits set, with commas; how many there were. `bits`: a BIT STRING's contents. */
static size_t add_bits(struct strbuf *out, struct bytes bits, const char *const *names)
{
	size_t set = 0, count = bits.n ? 8 * (bits.n - 1) : 0;
	size_t unused = bits.n ? bits.p[0] & 7 : 0;

	count -= unused < count ? unused : count;
	for (size_t i = 0; names[i] && i < count; i++)
		if (bits.p[1 + i / 8] & (0x80u >> i % 8))
			strbuf_addf(out, "%s%s", set++ ? ", " : "", names[i]);
	return set;
}

static bool print_bits(struct strbuf *out, struct bytes value, unsigned indent,
		       const char *const *names)
{
	struct der_reader r = der_read(value);
	struct bytes bits;

	strbuf_addf(out, "%*s", (int)indent, "");
	return der_get(&r, DER_BIT_STRING, &bits) && add_bits(out, bits, names);
}

static bool print_key_usage(struct strbuf *out, struct bytes value, unsigned indent)
{
	return print_bits(out, value, indent, key_usages);
}

static bool print_netscape_type(struct strbuf *out, struct bytes value, unsigned indent)
{
	return print_bits(out, value, indent, netscape_types);
}

/* ---- small ones ---- */

static bool print_ia5(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader r = der_read(value);
	struct bytes text;

	if (!der_get(&r, DER_IA5_STRING, &text))
		return false;
	strbuf_addf(out, "%*s", (int)indent, "");
	add_until_nul(out, text);
	return true;
}

static bool print_key_id(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader r = der_read(value);
	struct bytes id;

	if (!der_get(&r, DER_OCTET_STRING, &id))
		return false;
	strbuf_addf(out, "%*s", (int)indent, "");
	x509_hex_colons(out, id);
	return true;
}

static bool print_integer(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader r = der_read(value);
	struct bytes integer;

	strbuf_addf(out, "%*s", (int)indent, "");
	return der_get(&r, DER_INTEGER, &integer) && x509_integer_print(out, integer);
}

static bool is_null(struct bytes value)
{
	struct der_reader r = der_read(value);
	struct bytes empty;

	return der_get(&r, DER_NULL, &empty) && !empty.n;
}

static bool print_null(struct strbuf *out, struct bytes value, unsigned indent)
{
	strbuf_addf(out, "%*sNULL", (int)indent, "");
	return is_null(value);
}

static bool print_nothing(struct strbuf *out, struct bytes value, unsigned indent)
{
	(void)out;
	(void)indent;
	return is_null(value);
}

static bool print_basic_constraints(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader inner;
	struct bytes ca = {0}, length;

	if (!enter_sequence(value, &inner) ||
	    (der_peek(&inner, DER_BOOLEAN) && (!der_get(&inner, DER_BOOLEAN, &ca) || ca.n != 1)))
		return false;
	strbuf_addf(out, "%*sCA:%s", (int)indent, "", ca.n && ca.p[0] ? "TRUE" : "FALSE");
	if (der_peek(&inner, DER_INTEGER)) {
		strbuf_adds(out, ", pathlen:");
		if (!der_get(&inner, DER_INTEGER, &length) || !x509_integer_print(out, length))
			return false;
	}
	return der_at_end(&inner);
}

static bool print_usage_period(struct strbuf *out, struct bytes value, unsigned indent)
{
	static const char *const labels[] = {"Not Before: ", "Not After: "};
	struct der_reader inner;
	size_t n = 0;

	if (!enter_sequence(value, &inner))
		return false;
	strbuf_addf(out, "%*s", (int)indent, "");
	for (unsigned i = 0; i < 2; i++) {
		struct strbuf time = STRBUF_INIT;
		struct bytes body;

		if (!der_peek(&inner, DER_CONTEXT(i)))
			continue;
		if (!der_get(&inner, DER_CONTEXT(i), &body) || body.n < strlen("YYYYMMDDHHMMSSZ"))
			return false;
		der_put(&time, DER_GENERALIZED_TIME, body);
		strbuf_addf(out, "%s%s", n++ ? ", " : "", labels[i]);
		(void)x509_time_print(out, strbuf_bytes(&time)); /* says so itself when it is bad */
		strbuf_release(&time);
	}
	return der_at_end(&inner);
}

/* RFC 7633: TLS extension numbers */
static bool print_tls_feature(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct values v = {out, indent, false, 0};
	struct der_reader inner;
	struct bytes number;

	if (!enter_sequence(value, &inner))
		return false;
	while (der_peek(&inner, DER_INTEGER) && der_get(&inner, DER_INTEGER, &number)) {
		(void)next_value(&v);
		if (number.n == 1 && number.p[0] == 5)
			strbuf_adds(out, "status_request");
		else if (number.n == 1 && number.p[0] == 17)
			strbuf_adds(out, "status_request_v2");
		else if (!x509_integer_print(out, number))
			return false;
	}
	return v.n && der_at_end(&inner);
}

static bool print_key_purposes(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct values v = {out, indent, false, 0};
	struct der_reader inner;
	struct bytes oid;

	if (!enter_sequence(value, &inner))
		return false;
	while (inner.rest.n) {
		if (!get_oid(&inner, &oid))
			return false;
		x509_oid_print(next_value(&v), oid);
	}
	return v.n;
}

/* RFC 3820 3.8 */
static bool print_proxy_info(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader inner, policy;
	struct bytes length = {0}, language, text;

	if (!enter_sequence(value, &inner) ||
	    (der_peek(&inner, DER_INTEGER) && !der_get(&inner, DER_INTEGER, &length)) ||
	    !der_enter(&inner, DER_SEQUENCE, &policy) || !get_oid(&policy, &language))
		return false;
	strbuf_addf(out, "%*sPath Length Constraint: ", (int)indent, "");
	if (length.n)
		strbuf_addhex(out, length, true);
	else
		strbuf_adds(out, "infinite");
	strbuf_addf(out, "\n%*sPolicy Language: ", (int)indent, "");
	x509_oid_print(out, language);
	if (der_peek(&policy, DER_OCTET_STRING) && der_get(&policy, DER_OCTET_STRING, &text) &&
	    text.n) {
		strbuf_addf(out, "\n%*sPolicy Text: ", (int)indent, "");
		add_until_nul(out, text);
	}
	return der_at_end(&inner) && der_at_end(&policy);
}

/* ---- names ---- */

static bool add_general_names(struct values *v, struct bytes names)
{
	struct der_reader r = der_read(names);
	struct der_item name;

	while (der_next(&r, &name))
		if (!x509_general_name_value(next_value(v), &name))
			return false;
	return der_at_end(&r);
}

static bool print_alternative_names(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct values v = {out, indent, false, 0};
	struct der_reader inner;

	if (!enter_sequence(value, &inner) || !add_general_names(&v, inner.rest))
		return false;
	end_values(&v);
	return true;
}

static bool print_authority_key_id(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct values v = {out, indent, true, 0};
	struct strbuf number = STRBUF_INIT;
	struct bytes id = {0}, issuer = {0}, serial = {0};
	bool has_id, has_issuer, has_serial, negative;
	struct der_reader inner;

	if (!enter_sequence(value, &inner))
		return false;
	has_id = der_peek(&inner, DER_CONTEXT(0)) && der_get(&inner, DER_CONTEXT(0), &id);
	has_issuer = der_peek(&inner, DER_CONTEXT_CONSTRUCTED(1)) &&
		     der_get(&inner, DER_CONTEXT_CONSTRUCTED(1), &issuer);
	has_serial = der_peek(&inner, DER_CONTEXT(2)) && der_get(&inner, DER_CONTEXT(2), &serial);
	if (has_id) {
		strbuf_adds(next_value(&v), has_issuer || has_serial ? "keyid:" : "");
		x509_hex_colons(out, id);
	}
	bool ok = der_at_end(&inner) && (!has_issuer || add_general_names(&v, issuer));

	if (ok && has_serial) {
		ok = x509_integer_split(serial, &number, &negative);
		strbuf_adds(next_value(&v), "serial:");
		x509_hex_colons(out, number.n ? strbuf_bytes(&number) : serial);
	}
	strbuf_release(&number);
	return ok && v.n;
}

/* AuthorityInfoAccess and SubjectInfoAccess (RFC 5280 4.2.2) */
static bool print_access(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct values v = {out, indent, true, 0};
	struct der_reader inner, description;
	struct der_item location;
	struct bytes method;

	if (!enter_sequence(value, &inner))
		return false;
	while (der_peek(&inner, DER_SEQUENCE)) {
		if (!der_enter(&inner, DER_SEQUENCE, &description) ||
		    !get_oid(&description, &method) || !der_next(&description, &location) ||
		    !der_at_end(&description))
			return false;
		x509_oid_print(next_value(&v), method);
		strbuf_adds(out, " - ");
		if (!x509_general_name_value(out, &location))
			return false;
	}
	end_values(&v);
	return der_at_end(&inner);
}

static bool print_subtrees(struct strbuf *out, struct bytes subtrees, unsigned indent,
			   const char *title)
{
	struct der_reader r = der_read(subtrees), subtree;
	struct der_item base;

	if (subtrees.n)
		strbuf_addf(out, "%*s%s:\n", (int)indent, "", title);
	for (bool first = true; der_peek(&r, DER_SEQUENCE); first = false) {
		if (!der_enter(&r, DER_SEQUENCE, &subtree) || !der_next(&subtree, &base))
			return false;
		strbuf_addf(out, "%s%*s", first ? "" : "\n", (int)indent + 2, "");
		if (base.tag == DER_CONTEXT(7)) { /* an address and its mask */
			size_t half = base.body.n >= 16 ? 16 : base.body.n >= 4 ? 4 : base.body.n;

			strbuf_adds(out, "IP:");
			x509_ip_print(out, (struct bytes){base.body.p, half});
			strbuf_addc(out, '/');
			x509_ip_print(out, (struct bytes){base.body.p + half, base.body.n - half});
		} else if (!x509_general_name_print(out, &base)) {
			return false;
		}
	}
	return der_at_end(&r);
}

static bool print_name_constraints(struct strbuf *out, struct bytes value, unsigned indent)
{
	static const char *const titles[] = {"Permitted", "Excluded"};
	struct der_reader inner;
	struct bytes subtrees;
	size_t n = 0;

	if (!enter_sequence(value, &inner))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		if (!der_peek(&inner, DER_CONTEXT_CONSTRUCTED(i)))
			continue;
		strbuf_adds(out, n++ ? "\n" : "");
		if (!der_get(&inner, DER_CONTEXT_CONSTRUCTED(i), &subtrees) ||
		    !print_subtrees(out, subtrees, indent, titles[i]))
			return false;
	}
	return der_at_end(&inner);
}

/* ---- CRL distribution points (RFC 5280 4.2.1.13) ---- */

static bool print_point_name(struct strbuf *out, struct der_reader *point, unsigned indent)
{
	struct der_reader choice;
	struct der_item name;

	if (!der_enter(point, DER_CONTEXT_CONSTRUCTED(0), &choice) || !der_next(&choice, &name))
		return false;
	if (name.tag == DER_CONTEXT_CONSTRUCTED(0)) {
		strbuf_addf(out, "%*sFull Name:\n", (int)indent, "");
		if (!x509_general_names_print(out, name.body, indent + 2))
			return false;
	} else if (name.tag == DER_CONTEXT_CONSTRUCTED(1)) {
		strbuf_addf(out, "%*sRelative Name:\n%*s", (int)indent, "", (int)indent + 2, "");
		if (!x509_rdn_print(out, name.body, X509_NAME_ONELINE))
			return false;
	} else {
		return false;
	}
	strbuf_addc(out, '\n');
	return true;
}

static bool print_point(struct strbuf *out, struct der_reader *point, unsigned indent)
{
	struct bytes reasons, issuer;

	if (der_peek(point, DER_CONTEXT_CONSTRUCTED(0)) && !print_point_name(out, point, indent))
		return false;
	if (der_peek(point, DER_CONTEXT(1))) {
		if (!der_get(point, DER_CONTEXT(1), &reasons))
			return false;
		strbuf_addf(out, "%*sReasons:\n%*s", (int)indent, "", (int)indent + 2, "");
		strbuf_adds(out, add_bits(out, reasons, crl_reasons) ? "\n" : "<EMPTY>\n");
	}
	if (der_peek(point, DER_CONTEXT_CONSTRUCTED(2))) {
		strbuf_addf(out, "%*sCRL Issuer:\n", (int)indent, "");
		if (!der_get(point, DER_CONTEXT_CONSTRUCTED(2), &issuer) ||
		    !x509_general_names_print(out, issuer, indent + 2))
			return false;
	}
	return der_at_end(point);
}

static bool print_crl_points(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader inner, point;

	if (!enter_sequence(value, &inner))
		return false;
	for (bool first = true; der_peek(&inner, DER_SEQUENCE); first = false) {
		strbuf_adds(out, first ? "" : "\n");
		if (!der_enter(&inner, DER_SEQUENCE, &point) || !print_point(out, &point, indent))
			return false;
	}
	return der_at_end(&inner);
}

/* ---- policies (RFC 5280 4.2.1.4) ---- */

static bool is_display_text(const struct der_reader *r)
{
	return der_peek(r, DER_IA5_STRING) || der_peek(r, DER_VISIBLE_STRING) ||
	       der_peek(r, DER_BMP_STRING) || der_peek(r, DER_UTF8_STRING);
}

static bool print_notice_reference(struct strbuf *out, struct der_reader *notice, unsigned indent)
{
	struct der_reader reference, numbers;
	struct strbuf list = STRBUF_INIT;
	struct der_item organization;
	struct bytes number;
	size_t n = 0;

	if (!der_enter(notice, DER_SEQUENCE, &reference) || !is_display_text(&reference) ||
	    !der_next(&reference, &organization) || !der_enter(&reference, DER_SEQUENCE, &numbers))
		return false;
	while (der_peek(&numbers, DER_INTEGER) && der_get(&numbers, DER_INTEGER, &number)) {
		strbuf_adds(&list, n++ ? ", " : "");
		if (!x509_integer_print(&list, number))
			break;
	}
	strbuf_addf(out, "%*sOrganization: ", (int)indent, "");
	add_until_nul(out, organization.body);
	strbuf_addf(out, "\n%*sNumber%s: ", (int)indent, "", n > 1 ? "s" : "");
	strbuf_add(out, list.p, list.n);
	strbuf_release(&list);
	return der_at_end(&numbers);
}

static bool print_notice(struct strbuf *out, struct der_reader *qualifier, unsigned indent)
{
	struct der_reader notice;
	struct der_item text;
	bool reference;

	if (!der_enter(qualifier, DER_SEQUENCE, &notice))
		return false;
	reference = der_peek(&notice, DER_SEQUENCE);
	if (reference && !print_notice_reference(out, &notice, indent))
		return false;
	if (is_display_text(&notice) && der_next(&notice, &text)) {
		strbuf_addf(out, "%s%*sExplicit Text: ", reference ? "\n" : "", (int)indent, "");
		add_until_nul(out, text.body);
	}
	return der_at_end(&notice);
}

static bool print_qualifier(struct strbuf *out, struct der_reader *qualifiers, unsigned indent)
{
	struct der_reader qualifier;
	struct bytes oid, uri;

	if (!der_enter(qualifiers, DER_SEQUENCE, &qualifier) || !get_oid(&qualifier, &oid))
		return false;
	if (x509_oid_is(oid, "1.3.6.1.5.5.7.2.1")) {
		if (!der_get(&qualifier, DER_IA5_STRING, &uri))
			return false;
		strbuf_addf(out, "%*sCPS: ", (int)indent, "");
		add_until_nul(out, uri);
	} else if (x509_oid_is(oid, "1.3.6.1.5.5.7.2.2")) {
		strbuf_addf(out, "%*sUser Notice:\n", (int)indent, "");
		return print_notice(out, &qualifier, indent + 2);
	} else {
		strbuf_addf(out, "%*sUnknown Qualifier: ", (int)indent + 2, "");
		x509_oid_print(out, oid);
	}
	return true;
}

static bool print_policies(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader inner, policy, qualifiers;
	struct bytes oid;

	if (!enter_sequence(value, &inner))
		return false;
	for (bool first = true; der_peek(&inner, DER_SEQUENCE); first = false) {
		if (!der_enter(&inner, DER_SEQUENCE, &policy) || !get_oid(&policy, &oid))
			return false;
		strbuf_addf(out, "%s%*sPolicy: ", first ? "" : "\n", (int)indent, "");
		x509_oid_print(out, oid);
		if (!der_peek(&policy, DER_SEQUENCE))
			continue;
		if (!der_enter(&policy, DER_SEQUENCE, &qualifiers))
			return false;
		do
			strbuf_addc(out, '\n');
		while (der_peek(&qualifiers, DER_SEQUENCE) &&
		       print_qualifier(out, &qualifiers, indent + 2) && qualifiers.rest.n);
		if (!der_at_end(&qualifiers))
			return false;
	}
	return der_at_end(&inner);
}

static bool print_policy_mappings(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct values v = {out, indent, false, 0};
	struct der_reader inner, mapping;
	struct bytes issuer, subject;

	if (!enter_sequence(value, &inner))
		return false;
	while (der_peek(&inner, DER_SEQUENCE)) {
		if (!der_enter(&inner, DER_SEQUENCE, &mapping) || !get_oid(&mapping, &issuer) ||
		    !get_oid(&mapping, &subject))
			return false;
		x509_oid_print(next_value(&v), issuer);
		strbuf_addc(out, ':');
		x509_oid_print(out, subject);
	}
	return v.n && der_at_end(&inner);
}

static bool print_policy_constraints(struct strbuf *out, struct bytes value, unsigned indent)
{
	static const char *const labels[] = {"Require Explicit Policy:", "Inhibit Policy Mapping:"};
	struct values v = {out, indent, false, 0};
	struct der_reader inner;
	struct bytes number;

	if (!enter_sequence(value, &inner))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		if (!der_peek(&inner, DER_CONTEXT(i)))
			continue;
		strbuf_adds(next_value(&v), labels[i]);
		if (!der_get(&inner, DER_CONTEXT(i), &number) || !x509_integer_print(out, number))
			return false;
	}
	return v.n && der_at_end(&inner);
}

/* Of any encoding, as bytes. */
static bool print_octets(struct strbuf *out, struct bytes value, unsigned indent)
{
	strbuf_addf(out, "%*s", (int)indent, "");
	strbuf_addhex(out, value, true);
	return true;
}

static bool print_scts(struct strbuf *out, struct bytes value, unsigned indent)
{
	struct der_reader r = der_read(value);
	struct bytes list;

	return der_get(&r, DER_OCTET_STRING, &list) && x509_sct_list_print(out, list, indent);
}

/* ---- all of them ---- */

/* False: not as the extension should be; what was added is then dropped. */
static const struct printer {
	const char *oid;
	bool (*print)(struct strbuf *out, struct bytes value, unsigned indent);
} printers[] = {
	{"2.5.29.14", print_key_id},
	{"2.5.29.15", print_key_usage},
	{"2.5.29.16", print_usage_period},
	{"2.5.29.17", print_alternative_names},
	{"2.5.29.18", print_alternative_names},
	{"2.5.29.19", print_basic_constraints},
	{"2.5.29.20", print_integer},
	{"2.5.29.27", print_integer},
	{"2.5.29.30", print_name_constraints},
	{"2.5.29.31", print_crl_points},
	{"2.5.29.32", print_policies},
	{"2.5.29.33", print_policy_mappings},
	{"2.5.29.35", print_authority_key_id},
	{"2.5.29.36", print_policy_constraints},
	{"2.5.29.37", print_key_purposes},
	{"2.5.29.46", print_crl_points},
	{"2.5.29.54", print_integer},
	{"2.5.29.56", print_null}, /* noRevAvail */
	{"1.3.6.1.5.5.7.1.1", print_access},
	{"1.3.6.1.5.5.7.1.11", print_access},
	{"1.3.6.1.5.5.7.1.14", print_proxy_info},
	{"1.3.6.1.5.5.7.1.24", print_tls_feature},
	{"1.3.6.1.5.5.7.48.1.2", print_octets},  /* OCSP nonce */
	{"1.3.6.1.5.5.7.48.1.5", print_nothing}, /* OCSP no check */
	{"1.3.6.1.4.1.11129.2.4.2", print_scts},
	{"1.3.6.1.4.1.11129.2.4.3", print_null}, /* precertificate poison */
	{"2.16.840.1.113730.1.1", print_netscape_type},
	{"2.16.840.1.113730.1.2", print_ia5},
	{"2.16.840.1.113730.1.3", print_ia5},
	{"2.16.840.1.113730.1.4", print_ia5},
	{"2.16.840.1.113730.1.7", print_ia5},
	{"2.16.840.1.113730.1.8", print_ia5},
	{"2.16.840.1.113730.1.12", print_ia5},
	{"2.16.840.1.113730.1.13", print_ia5},
};

static bool print_known(struct strbuf *out, const struct x509_extension *ext, unsigned indent)
{
	struct strbuf oid = STRBUF_INIT;
	bool ok = false;

	if (der_oid_text(&oid, ext->oid))
		for (size_t i = 0; i < sizeof(printers) / sizeof(*printers) && !ok; i++)
			ok = strcmp(oid.p, printers[i].oid) == 0 &&
			     printers[i].print(out, ext->value, indent);
	strbuf_release(&oid);
	return ok;
}

void x509_ext_print(struct strbuf *out, const struct x509_extension *ext, unsigned indent)
{
	struct strbuf text = STRBUF_INIT;

	if (!print_known(&text, ext, indent)) {
		strbuf_reset(&text);
		strbuf_addf(&text, "%*s", (int)indent, "");
		x509_string_print(&text, ext->value);
	}
	strbuf_add(out, text.p, text.n);
	strbuf_release(&text);
}
