#include "core/chain.h"

#include "core/der.h"
#include "core/x509_print.h"

#include <string.h>

static bool same(struct bytes a, struct bytes b)
{
	return a.n == b.n && a.n && memcmp(a.p, b.p, a.n) == 0;
}

/* keyIdentifier of authorityKeyIdentifier, or subjectKeyIdentifier (RFC 5280 4.2.1.1, 4.2.1.2). */
static bool key_id(const struct x509 *cert, bool authority, struct bytes *id)
{
	struct x509_extension ext;
	struct der_reader r, inner;

	if (!x509_find_extension(cert, authority ? "2.5.29.35" : "2.5.29.14", &ext))
		return false;
	r = der_read(ext.value);
	if (!authority)
		return der_get(&r, DER_OCTET_STRING, id);
	return der_enter(&r, DER_SEQUENCE, &inner) && der_get(&inner, DER_CONTEXT(0), id);
}

static bool issued(const struct x509 *issuer, const struct x509 *cert)
{
	struct bytes wanted, own;

	if (!same(issuer->subject, cert->issuer))
		return false;
	if (key_id(cert, true, &wanted) && key_id(issuer, false, &own))
		return same(wanted, own);
	return true;
}

static bool holds(const struct bytes *chain, size_t n, struct bytes cert)
{
	for (size_t i = 0; i < n; i++)
		if (same(chain[i], cert))
			return true;
	return false;
}

size_t chain_build(struct bytes cert, const struct bytes *store, size_t n_store,
		   struct bytes chain[CHAIN_MAX], bool *complete)
{
	struct x509 at, next;
	bool found = x509_parse(cert, &at);
	size_t n = 0;

	while (found && n < CHAIN_MAX && !same(at.subject, at.issuer)) {
		found = false;
		for (size_t i = 0; i < n_store && !found; i++)
			found = x509_parse(store[i], &next) && issued(&next, &at) &&
				!holds(chain, n, store[i]) && !same(store[i], cert);
		if (found) {
			chain[n++] = next.der;
			at = next;
		}
	}
	*complete = found && same(at.subject, at.issuer);
	return n;
}
