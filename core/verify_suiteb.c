/*
 * Suite B (RFC 6460), as X509_chain_check_suiteb() of OpenSSL's crypto/x509/x509_cmp.c checks a
 * chain: ECDSA on P-256 or P-384 with the hash of that size, and no P-256 above a P-384.
 */
#include "core/verify_internal.h"

#include "core/der.h"

#include <string.h>

enum hash { HASH_ANY, HASH_SHA256, HASH_SHA384, HASH_OTHER };

static enum hash signed_with(const struct verify_cert *c)
{
	static const uint8_t ecdsa[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03};
	struct der_reader r = der_read(c->x.outer_sigalg), seq;
	struct bytes oid;

	if (!der_enter(&r, DER_SEQUENCE, &seq) || !der_get(&seq, DER_OID, &oid) ||
	    oid.n != sizeof(ecdsa) + 1 || memcmp(oid.p, ecdsa, sizeof(ecdsa)) != 0)
		return HASH_OTHER;
	return oid.p[7] == 2 ? HASH_SHA256 : oid.p[7] == 3 ? HASH_SHA384 : HASH_OTHER;
}

static int check_key(const struct x509_key *key, enum hash hash, unsigned *allowed)
{
	const struct x509_curve *curve;
	bool large;

	if (key->type != X509_KEY_EC)
		return VERIFY_SUITE_B_INVALID_ALGORITHM;
	curve = x509_named_curve(key->parameters);
	if (!curve || !curve->nist_name ||
	    (strcmp(curve->nist_name, "P-256") != 0 && strcmp(curve->nist_name, "P-384") != 0))
		return VERIFY_SUITE_B_INVALID_CURVE;
	large = curve->bits == 384;
	if (hash != HASH_ANY && hash != (large ? HASH_SHA384 : HASH_SHA256))
		return VERIFY_SUITE_B_INVALID_SIGNATURE_ALGORITHM;
	if (!(*allowed & (large ? VERIFY_SUITE_B_192 : VERIFY_SUITE_B_128)))
		return VERIFY_SUITE_B_LOS_NOT_ALLOWED;
	if (large)
		*allowed &= ~(unsigned)VERIFY_SUITE_B_128;
	return VERIFY_OK;
}

static int check_cert(const struct verify_cert *c, enum hash hash, unsigned *allowed)
{
	return c->x.version == 3 ? check_key(&c->key, hash, allowed)
				 : VERIFY_SUITE_B_INVALID_VERSION;
}

int verify_suite_b(const struct verify_cert *const *chain, size_t n, unsigned allowed,
		   size_t *depth)
{
	unsigned left = allowed;
	int error = check_cert(chain[0], HASH_ANY, &left);
	size_t i = 1;

	*depth = 0;
	if (!allowed || error)
		return allowed ? error : VERIFY_OK;
	while (i < n && !error) {
		error = check_cert(chain[i], signed_with(chain[i - 1]), &left);
		i += !error;
	}
	/* The anchor's own signature. */
	if (!error)
		error = check_key(&chain[n - 1]->key, signed_with(chain[n - 1]), &left);
	/* The key is the issuer's, the fault that of what it signed. */
	if ((error == VERIFY_SUITE_B_INVALID_SIGNATURE_ALGORITHM ||
	     error == VERIFY_SUITE_B_LOS_NOT_ALLOWED) &&
	    i > 0)
		i--;
	*depth = i < n ? i : n - 1;
	if (error == VERIFY_SUITE_B_LOS_NOT_ALLOWED && left != allowed)
		return VERIFY_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256;
	return error;
}
