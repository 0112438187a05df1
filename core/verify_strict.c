/*
 * -x509_strict: what RFC 5280 asks of certificates and OpenSSL checks only then
 * (check_extensions() in crypto/x509/x509_vfy.c).
 */
#include "core/verify_internal.h"

/* A Name without any RDN: an empty SEQUENCE. */
static bool empty(struct bytes name)
{
	return name.n == 2 && name.p[1] == 0;
}

size_t verify_strict_errors(const struct verify_cert *c, bool last, int errors[VERIFY_STRICT_MAX])
{
	bool ca = c->has_basic && c->is_ca, v3 = c->x.version == 3;
	bool signs = c->has_usage && (c->usage & KU_KEY_CERT_SIGN);
	bool needs_subject = ca || (c->has_usage && (c->usage & KU_CRL_SIGN)) || !c->has_alt;
	const struct {
		bool wrong;
		int error;
	} checks[] = {
		{c->path_length >= 0 && !ca, VERIFY_PATHLEN_INVALID_FOR_NON_CA},
		{c->path_length >= 0 && !signs, VERIFY_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN},
		{ca && !c->basic_critical, VERIFY_CA_BCONS_NOT_CRITICAL},
		{ca && !c->has_usage, VERIFY_CA_CERT_MISSING_KEY_USAGE},
		{!ca && signs, VERIFY_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA},
		{empty(c->x.issuer), VERIFY_ISSUER_NAME_EMPTY},
		{needs_subject && empty(c->x.subject), VERIFY_SUBJECT_NAME_EMPTY},
		{empty(c->x.subject) && c->has_alt && !c->alt_critical,
		 VERIFY_EMPTY_SUBJECT_SAN_NOT_CRITICAL},
		{c->has_alt && !c->alt_names.n, VERIFY_EMPTY_SUBJECT_ALT_NAME},
		{!verify_same(c->x.sigalg, c->x.outer_sigalg),
		 VERIFY_SIGNATURE_ALGORITHM_INCONSISTENCY},
		{c->authority_key_id_critical, VERIFY_AUTHORITY_KEY_IDENTIFIER_CRITICAL},
		{c->subject_key_id_critical, VERIFY_SUBJECT_KEY_IDENTIFIER_CRITICAL},
		{v3 && !last && !c->authority_key_id.n, VERIFY_MISSING_AUTHORITY_KEY_IDENTIFIER},
		{v3 && ca && !c->subject_key_id.n, VERIFY_MISSING_SUBJECT_KEY_IDENTIFIER},
		{!v3 && c->x.extensions.n, VERIFY_EXTENSIONS_REQUIRE_VERSION_3},
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && n < VERIFY_STRICT_MAX; i++)
		if (checks[i].wrong)
			errors[n++] = checks[i].error;
	return n;
}
