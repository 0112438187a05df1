#include "core/x509_general_name.h"

#include "core/x509_name.h"
#include "core/x509_oid.h"

#include <string.h>

enum {
	OTHER_NAME = DER_CONTEXT_CONSTRUCTED(0),
	EMAIL = DER_CONTEXT(1),
	DNS = DER_CONTEXT(2),
	X400 = DER_CONTEXT_CONSTRUCTED(3),
	DIRECTORY = DER_CONTEXT_CONSTRUCTED(4),
	EDI_PARTY = DER_CONTEXT_CONSTRUCTED(5),
	URI = DER_CONTEXT(6),
	IP = DER_CONTEXT(7),
	REGISTERED_ID = DER_CONTEXT(8),
	ONELINE_MAX = 255, /* OpenSSL's buffer */
};

/* Other names with a text of a known type: RFC 3920, 4985, 7585, 8398, Microsoft. */
static const struct other_name {
	const char *oid;
	const char *name;
	uint8_t tag;
} other_names[] = {
	{"1.3.6.1.5.5.7.8.9", "SmtpUTF8Mailbox", DER_UTF8_STRING},
	{"1.3.6.1.5.5.7.8.5", "XmppAddr", DER_UTF8_STRING},
	{"1.3.6.1.5.5.7.8.7", "SRVName", DER_IA5_STRING},
	{"1.3.6.1.4.1.311.20.2.3", "UPN", DER_UTF8_STRING},
	{"1.3.6.1.5.5.7.8.8", "NAIRealm", DER_UTF8_STRING},
};

static bool parse_other_name(struct bytes body, struct bytes *oid, struct der_item *value,
			     const struct other_name **known)
{
	struct der_reader r = der_read(body), inner;

	*known = NULL;
	if (!der_get(&r, DER_OID, oid) || !der_enter(&r, DER_CONTEXT_CONSTRUCTED(0), &inner) ||
	    !der_next(&inner, value) || !der_at_end(&r))
		return false;
	for (size_t i = 0; i < sizeof(other_names) / sizeof(*other_names); i++)
		if (x509_oid_is(*oid, other_names[i].oid))
			*known = &other_names[i];
	return true;
}

static bool has_nul(struct bytes text)
{
	return text.n && memchr(text.p, '\0', text.n);
}

static bool add_text(struct strbuf *out, const char *kind, struct bytes text)
{
	strbuf_addf(out, "%s:", kind);
	strbuf_add(out, text.p, text.n);
	return !has_nul(text);
}

static bool other_name_value(struct strbuf *out, struct bytes body)
{
	const struct other_name *known;
	struct der_item value;
	struct bytes oid;

	if (!parse_other_name(body, &oid, &value, &known))
		return false;
	strbuf_adds(out, "othername: ");
	if (known)
		return value.tag == known->tag && add_text(out, known->name, value.body);
	x509_oid_print(out, oid);
	if ((value.tag == DER_UTF8_STRING || value.tag == DER_IA5_STRING) && !has_nul(value.body))
		return add_text(out, "", value.body);
	strbuf_adds(out, ":<unsupported>");
	return true;
}

static bool other_name_print(struct strbuf *out, struct bytes body)
{
	const struct other_name *known;
	struct der_item value;
	struct bytes oid;

	if (!parse_other_name(body, &oid, &value, &known))
		return false;
	strbuf_adds(out, "othername:");
	if (!known || value.tag != known->tag) {
		strbuf_adds(out, "<unsupported>");
	} else {
		strbuf_addf(out, "%s:", known->name);
		strbuf_add(out, value.body.p,
			   value.body.n ? strnlen((const char *)value.body.p, value.body.n) : 0);
	}
	return true;
}

void x509_ip_print(struct strbuf *out, struct bytes ip)
{
	if (ip.n == 4) {
		strbuf_addf(out, "%u.%u.%u.%u", ip.p[0], ip.p[1], ip.p[2], ip.p[3]);
	} else if (ip.n == 16) {
		for (size_t i = 0; i < 16; i += 2)
			strbuf_addf(out, "%s%X", i ? ":" : "",
				    (unsigned)ip.p[i] << 8 | ip.p[i + 1]);
	} else {
		strbuf_addf(out, "<invalid length=%zu>", ip.n);
	}
}

/* What both ways have in common. */
static bool add_common(struct strbuf *out, const struct der_item *name)
{
	switch (name->tag) {
	case X400:
		strbuf_adds(out, "X400Name:<unsupported>");
		return true;
	case EDI_PARTY:
		strbuf_adds(out, "EdiPartyName:<unsupported>");
		return true;
	case IP:
		strbuf_adds(out, "IP Address:");
		x509_ip_print(out, name->body);
		return true;
	case REGISTERED_ID:
		strbuf_adds(out, "Registered ID:");
		x509_oid_print(out, name->body);
		return true;
	default:
		return false;
	}
}

bool x509_general_name_value(struct strbuf *out, const struct der_item *name)
{
	switch (name->tag) {
	case OTHER_NAME:
		return other_name_value(out, name->body);
	case EMAIL:
		return add_text(out, "email", name->body);
	case DNS:
		return add_text(out, "DNS", name->body);
	case URI:
		return add_text(out, "URI", name->body);
	case DIRECTORY:
		strbuf_adds(out, "DirName:");
		return x509_name_oneline(out, name->body, ONELINE_MAX);
	default:
		return add_common(out, name);
	}
}

bool x509_general_name_print(struct strbuf *out, const struct der_item *name)
{
	const char *kind = name->tag == EMAIL ? "email:" : name->tag == DNS ? "DNS:" : "URI:";

	switch (name->tag) {
	case OTHER_NAME:
		return other_name_print(out, name->body);
	case EMAIL:
	case DNS:
	case URI:
		strbuf_adds(out, kind);
		x509_string_print(out, name->body);
		return true;
	case DIRECTORY:
		strbuf_adds(out, "DirName:");
		return x509_name_print(out, name->body, X509_NAME_ONELINE);
	default:
		return add_common(out, name);
	}
}

bool x509_general_names_print(struct strbuf *out, struct bytes names, unsigned indent)
{
	struct der_reader r = der_read(names);
	struct der_item name;

	for (bool first = true; der_next(&r, &name); first = false) {
		strbuf_addf(out, "%s%*s", first ? "" : "\n", (int)indent, "");
		if (!x509_general_name_print(out, &name))
			return false;
	}
	return der_at_end(&r);
}
