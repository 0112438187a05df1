#include "core/ocsp.h"

#include "core/der.h"
#include "core/pem.h"
#include "core/x509_ext.h"
#include "core/x509_hex.h"
#include "core/x509_oid.h"
#include "core/x509_print.h"

#include <inttypes.h>

/* ---- taking a response apart (RFC 6960 4.2.1) ---- */

struct response {
	int64_t status;
	struct bytes type;  /* contents of an OID; empty: there are no bytes */
	struct bytes basic; /* element, when the type is id-pkix-ocsp-basic */
};

struct single {
	struct bytes hash, name_hash, key_hash, serial;
	uint8_t status; /* tag */
	struct bytes revoked_at;
	bool has_reason;
	int64_t reason;
	struct bytes this_update, next_update, extensions;
};

struct basic {
	int64_t version;
	struct der_item responder;
	struct bytes produced_at, responses, extensions;
	struct bytes algorithm, signature, certs; /* certs: contents of SEQUENCE OF Certificate */
};

static bool parse_response(struct bytes der, struct response *out)
{
	struct der_reader r = der_read(der), outer, tag, bytes;

	*out = (struct response){0};
	if (!der_enter(&r, DER_SEQUENCE, &outer) || !der_at_end(&r) ||
	    !der_get_int(&outer, DER_ENUMERATED, &out->status))
		return false;
	if (der_at_end(&outer))
		return true;
	return der_enter(&outer, DER_CONTEXT_CONSTRUCTED(0), &tag) &&
	       der_enter(&tag, DER_SEQUENCE, &bytes) && der_get(&bytes, DER_OID, &out->type) &&
	       der_get(&bytes, DER_OCTET_STRING, &out->basic) && der_at_end(&bytes) &&
	       der_at_end(&outer);
}

bool ocsp_is_response(struct bytes der)
{
	struct response response;

	return parse_response(der, &response);
}

/* What stands in the explicit tag [n], when it is there. */
static bool get_tagged(struct der_reader *r, unsigned n, uint8_t tag, bool whole, struct bytes *out)
{
	struct der_reader inner;

	if (!der_peek(r, DER_CONTEXT_CONSTRUCTED(n)))
		return true;
	return der_enter(r, DER_CONTEXT_CONSTRUCTED(n), &inner) &&
	       (whole ? der_get_whole(&inner, tag, out) : der_get(&inner, tag, out)) &&
	       der_at_end(&inner);
}

static bool parse_tbs(struct der_reader tbs, struct basic *out)
{
	struct der_reader inner;

	if (der_peek(&tbs, DER_CONTEXT_CONSTRUCTED(0)) &&
	    (!der_enter(&tbs, DER_CONTEXT_CONSTRUCTED(0), &inner) ||
	     !der_get_int(&inner, DER_INTEGER, &out->version)))
		return false;
	return der_next(&tbs, &out->responder) &&
	       der_get_whole(&tbs, DER_GENERALIZED_TIME, &out->produced_at) &&
	       der_get(&tbs, DER_SEQUENCE, &out->responses) &&
	       get_tagged(&tbs, 1, DER_SEQUENCE, false, &out->extensions) && der_at_end(&tbs);
}

static bool parse_basic(struct bytes der, struct basic *out)
{
	struct der_reader r = der_read(der), outer, tbs;
	unsigned unused;

	*out = (struct basic){0};
	return der_enter(&r, DER_SEQUENCE, &outer) && der_enter(&outer, DER_SEQUENCE, &tbs) &&
	       parse_tbs(tbs, out) && der_get_whole(&outer, DER_SEQUENCE, &out->algorithm) &&
	       der_get_bits(&outer, &out->signature, &unused) &&
	       get_tagged(&outer, 0, DER_SEQUENCE, false, &out->certs) && der_at_end(&outer);
}

static bool parse_cert_id(struct der_reader *r, struct single *out)
{
	struct der_reader id, algorithm;

	return der_enter(r, DER_SEQUENCE, &id) && der_enter(&id, DER_SEQUENCE, &algorithm) &&
	       der_get(&algorithm, DER_OID, &out->hash) &&
	       der_get(&id, DER_OCTET_STRING, &out->name_hash) &&
	       der_get(&id, DER_OCTET_STRING, &out->key_hash) &&
	       der_get(&id, DER_INTEGER, &out->serial) && der_at_end(&id);
}

/* RevokedInfo's contents */
static bool parse_revoked(struct bytes body, struct single *out)
{
	struct der_reader r = der_read(body), tag;

	if (!der_get_whole(&r, DER_GENERALIZED_TIME, &out->revoked_at))
		return false;
	out->has_reason = der_peek(&r, DER_CONTEXT_CONSTRUCTED(0));
	if (out->has_reason && (!der_enter(&r, DER_CONTEXT_CONSTRUCTED(0), &tag) ||
				!der_get_int(&tag, DER_ENUMERATED, &out->reason)))
		return false;
	return der_at_end(&r);
}

static bool parse_single(struct der_reader *r, struct single *out)
{
	struct der_reader inner;
	struct der_item status;

	*out = (struct single){0};
	if (!der_enter(r, DER_SEQUENCE, &inner) || !parse_cert_id(&inner, out) ||
	    !der_next(&inner, &status))
		return false;
	out->status = status.tag;
	if (status.tag == DER_CONTEXT_CONSTRUCTED(1) && !parse_revoked(status.body, out))
		return false;
	return der_get_whole(&inner, DER_GENERALIZED_TIME, &out->this_update) &&
	       get_tagged(&inner, 0, DER_GENERALIZED_TIME, true, &out->next_update) &&
	       get_tagged(&inner, 1, DER_SEQUENCE, false, &out->extensions) && der_at_end(&inner);
}

/* ---- printing ---- */

/* Upper case, a backslash at the end of each line of 35 bytes but the last (i2a_ASN1_STRING). */
static void add_hex(struct strbuf *out, struct bytes b)
{
	enum { COLUMNS = 35 };

	if (!b.n)
		strbuf_adds(out, "00");
	while (b.n > COLUMNS) {
		strbuf_addhex(out, (struct bytes){b.p, COLUMNS}, true);
		strbuf_adds(out, "\\\n");
		b.p += COLUMNS;
		b.n -= COLUMNS;
	}
	strbuf_addhex(out, b, true);
}

static void add_serial(struct strbuf *out, struct bytes integer)
{
	struct strbuf magnitude = STRBUF_INIT;
	bool negative = false;

	if (!x509_integer_split(integer, &magnitude, &negative))
		strbuf_add(&magnitude, integer.p, integer.n);
	strbuf_adds(out, negative ? "-" : "");
	add_hex(out, strbuf_bytes(&magnitude));
	strbuf_release(&magnitude);
}

static void add_time(struct strbuf *out, const char *label, struct bytes time)
{
	strbuf_adds(out, label);
	(void)x509_time_print(out, time); /* says so itself when it is bad */
}

/* X509V3_extensions_print() */
static void add_extensions(struct strbuf *out, const char *title, struct bytes rest,
			   unsigned indent)
{
	struct x509_extension ext;

	if (rest.n)
		strbuf_addf(out, "%*s%s:\n", (int)indent, "", title);
	while (x509_next_extension(&rest, &ext)) {
		strbuf_addf(out, "%*s", (int)indent + 4, "");
		x509_oid_print(out, ext.oid);
		strbuf_addf(out, ": %s\n", ext.critical ? "critical" : "");
		x509_ext_print(out, &ext, indent + 8);
		strbuf_addc(out, '\n');
	}
}

static const char *status_name(int64_t status)
{
	static const char *const names[] = {
		"successful", "malformedrequest", "internalerror", "trylater",
		NULL,         "sigrequired",      "unauthorized"};
	bool known = status >= 0 && status < (int64_t)(sizeof(names) / sizeof(*names));

	return known && names[status] ? names[status] : "(UNKNOWN)";
}

/* CRLReason (RFC 5280 5.3.1), in the words of OCSP_crl_reason_str(). */
static const char *reason_name(int64_t reason)
{
	static const char *const names[] = {
		"unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
		"superseded",    "cessationOfOperation", "certificateHold", NULL,
		"removeFromCRL", "privilegeWithdrawn",   "aACompromise",
	};
	bool known = reason >= 0 && reason < (int64_t)(sizeof(names) / sizeof(*names));

	return known && names[reason] ? names[reason] : "(UNKNOWN)";
}

static const char *cert_status_name(uint8_t tag)
{
	switch (tag) {
	case DER_CONTEXT(0):
		return "good";
	case DER_CONTEXT_CONSTRUCTED(1):
		return "revoked";
	case DER_CONTEXT(2):
		return "unknown";
	default:
		return "(UNKNOWN)";
	}
}

static void add_single(struct strbuf *out, const struct single *s)
{
	strbuf_adds(out, "    Certificate ID:\n      Hash Algorithm: ");
	x509_oid_print(out, s->hash);
	strbuf_adds(out, "\n      Issuer Name Hash: ");
	add_hex(out, s->name_hash);
	strbuf_adds(out, "\n      Issuer Key Hash: ");
	add_hex(out, s->key_hash);
	strbuf_adds(out, "\n      Serial Number: ");
	add_serial(out, s->serial);
	strbuf_addf(out, "\n    Cert Status: %s", cert_status_name(s->status));
	if (s->revoked_at.n)
		add_time(out, "\n    Revocation Time: ", s->revoked_at);
	if (s->has_reason)
		strbuf_addf(out, "\n    Revocation Reason: %s (0x%" PRIx64 ")",
			    reason_name(s->reason), (uint64_t)s->reason);
	add_time(out, "\n    This Update: ", s->this_update);
	if (s->next_update.n)
		add_time(out, "\n    Next Update: ", s->next_update);
	strbuf_addc(out, '\n');
	add_extensions(out, "Response Single Extensions", s->extensions, 8);
	strbuf_addc(out, '\n');
}

static void add_responder(struct strbuf *out, const struct der_item *responder)
{
	struct der_reader r = der_read(responder->body);
	struct bytes id = {NULL, 0};

	strbuf_adds(out, "    Responder Id: ");
	if (responder->tag == DER_CONTEXT_CONSTRUCTED(1))
		(void)x509_name_print(out, responder->body,
				      X509_NAME_ONELINE); /* as far as it goes */
	else if (der_get(&r, DER_OCTET_STRING, &id))
		add_hex(out, id);
}

static void add_certificates(struct strbuf *out, struct bytes certs)
{
	struct der_reader r = der_read(certs);
	struct bytes cert;

	while (der_get_whole(&r, DER_SEQUENCE, &cert)) {
		x509_text(out, cert);
		pem_encode(out, "CERTIFICATE", cert);
	}
}

static void add_basic(struct strbuf *out, const struct basic *b)
{
	struct der_reader r = der_read(b->responses);
	struct single single;

	strbuf_addf(out, "\n    Version: %" PRId64 " (0x%" PRIx64 ")\n", b->version + 1,
		    (uint64_t)b->version);
	add_responder(out, &b->responder);
	add_time(out, "\n    Produced At: ", b->produced_at);
	strbuf_adds(out, "\n    Responses:\n");
	while (parse_single(&r, &single))
		add_single(out, &single);
	add_extensions(out, "Response Extensions", b->extensions, 4);
	x509_signature_text(out, b->algorithm, b->signature);
	add_certificates(out, b->certs);
}

void ocsp_response_print(struct strbuf *out, struct bytes der)
{
	struct response response;
	struct basic basic;

	strbuf_adds(out, "OCSP Response Data:\n");
	if (!parse_response(der, &response))
		return;
	strbuf_addf(out, "    OCSP Response Status: %s (0x%" PRIx64 ")\n",
		    status_name(response.status), (uint64_t)response.status);
	if (!response.type.n)
		return;
	strbuf_adds(out, "    Response Type: ");
	x509_oid_print(out, response.type);
	if (!x509_oid_is(response.type, "1.3.6.1.5.5.7.48.1.1"))
		strbuf_adds(out, " (unknown response type)\n");
	else if (parse_basic(response.basic, &basic))
		add_basic(out, &basic);
	else
		strbuf_addc(out, '\n');
}
