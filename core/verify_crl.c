#include "core/verify_internal.h"

#include "core/der.h"

#include <string.h>

static bool get_time(struct der_reader *r, struct bytes *whole)
{
	bool utc = der_peek(r, DER_UTC_TIME);

	return der_get_whole(r, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, whole);
}

/* An issuing distribution point is not read, so a critical one is not handled. */
static void take_extensions(struct verify_crl *crl, struct bytes rest)
{
	struct x509_extension ext;

	while (x509_next_extension(&rest, &ext)) {
		bool id_ce = ext.oid.n == 3 && ext.oid.p[0] == 0x55 && ext.oid.p[1] == 0x1d;

		if (id_ce && ext.oid.p[2] == 27)
			crl->delta = true;
		else if (ext.critical && !(id_ce && (ext.oid.p[2] == 20 || ext.oid.p[2] == 35)))
			crl->unhandled_critical = true;
	}
}

static bool parse_tbs(struct bytes body, struct verify_crl *out)
{
	struct der_reader tbs = der_read(body), explicit;
	struct bytes extensions = {NULL, 0};
	int64_t version;

	if (der_peek(&tbs, DER_INTEGER) && !der_get_int(&tbs, DER_INTEGER, &version))
		return false;
	if (!der_get(&tbs, DER_SEQUENCE, &extensions) || /* the algorithm; the outer one counts */
	    !der_get_whole(&tbs, DER_SEQUENCE, &out->issuer) || !get_time(&tbs, &out->this_update))
		return false;
	if ((der_peek(&tbs, DER_UTC_TIME) || der_peek(&tbs, DER_GENERALIZED_TIME)) &&
	    !get_time(&tbs, &out->next_update))
		return false;
	if (der_peek(&tbs, DER_SEQUENCE) && !der_get(&tbs, DER_SEQUENCE, &out->revoked))
		return false;
	if (der_peek(&tbs, DER_CONTEXT_CONSTRUCTED(0))) {
		if (!der_enter(&tbs, DER_CONTEXT_CONSTRUCTED(0), &explicit) ||
		    !der_get(&explicit, DER_SEQUENCE, &extensions))
			return false;
		take_extensions(out, extensions);
	}
	return der_at_end(&tbs);
}

bool verify_crl_parse(struct bytes der, struct verify_crl *out)
{
	struct der_reader r = der_read(der), crl, tbs;
	struct bytes body;
	unsigned unused;

	*out = (struct verify_crl){.der = der};
	if (!der_enter(&r, DER_SEQUENCE, &crl) || !der_get_whole(&crl, DER_SEQUENCE, &out->tbs) ||
	    !der_get_whole(&crl, DER_SEQUENCE, &out->algorithm) ||
	    !der_get_bits(&crl, &out->signature, &unused))
		return false;
	tbs = der_read(out->tbs);
	return der_get(&tbs, DER_SEQUENCE, &body) && parse_tbs(body, out);
}

bool verify_is_crl(struct bytes der)
{
	struct verify_crl crl;

	return verify_crl_parse(der, &crl);
}

bool verify_crl_lists(const struct verify_crl *crl, struct bytes serial)
{
	struct der_reader r = der_read(crl->revoked), entry;
	struct bytes listed;

	while (der_enter(&r, DER_SEQUENCE, &entry))
		if (der_get(&entry, DER_INTEGER, &listed) && verify_same(listed, serial))
			return true;
	return false;
}
