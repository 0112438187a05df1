/*
 * core/verify_internal.h -- what the files of the chain walk share.
 */
#ifndef S_SERVER_CORE_VERIFY_INTERNAL_H
#define S_SERVER_CORE_VERIFY_INTERNAL_H

#include "core/verify.h"

/* Bits of keyUsage (RFC 5280 4.2.1.3) as they are read here: bit n is 1 << n. */
enum {
	KU_DIGITAL_SIGNATURE = 1 << 0,
	KU_NON_REPUDIATION = 1 << 1,
	KU_KEY_ENCIPHERMENT = 1 << 2,
	KU_KEY_AGREEMENT = 1 << 4,
	KU_KEY_CERT_SIGN = 1 << 5,
	KU_CRL_SIGN = 1 << 6,
};

/* Bits of extKeyUsage that a purpose asks for. */
enum {
	XKU_SERVER = 1 << 0,
	XKU_CLIENT = 1 << 1,
	XKU_EMAIL = 1 << 2,
};

/* A certificate with what the walk asks of it. */
struct verify_cert {
	struct x509 x;
	struct x509_key key;
	bool self_issued;
	bool has_basic, basic_critical, is_ca;
	int64_t path_length; /* -1: none */
	bool has_usage;
	unsigned usage;
	bool has_ext_usage;
	unsigned ext_usage;
	bool unhandled_critical;
	struct bytes subject_key_id, authority_key_id; /* empty when absent */
	bool subject_key_id_critical, authority_key_id_critical;
	bool has_alt, alt_critical;
	struct bytes alt_names;   /* contents of GeneralNames */
	struct bytes constraints; /* element: NameConstraints; empty when absent */
};

bool verify_cert_parse(struct bytes der, struct verify_cert *out);
/* `issuer` may have issued `cert`, as X509_check_issued() sees it: by names and key ids. */
bool verify_likely_issued(const struct verify_cert *issuer, const struct verify_cert *cert);
/* X509_check_ca() of OpenSSL: 0 for no CA, 1 for one, other numbers for doubtful ones. */
int verify_check_ca(const struct verify_cert *c);
bool verify_same(struct bytes a, struct bytes b);
/* The name in the configuration fits the certificate (RFC 6125, as OpenSSL checks it). *name: the
 * certificate's name that does. */
bool verify_host_matches(const struct verify_cert *c, const char *host, struct bytes *name);
bool verify_email_matches(const struct verify_cert *c, const char *email);
bool verify_ip_matches(const struct verify_cert *c, struct bytes ip);

/* Security bits of the hash in a signature algorithm, as OpenSSL counts them. */
unsigned verify_hash_bits(struct bytes algorithm);

/* The errors of -x509_strict, in OpenSSL's order. last: the end of the chain. */
enum { VERIFY_STRICT_MAX = 16 };
size_t verify_strict_errors(const struct verify_cert *c, bool last, int errors[VERIFY_STRICT_MAX]);

/* X509_V_*: the names of a certificate below that CA against the CA's name constraints. */
int verify_constraints(const struct verify_cert *ca, const struct verify_cert *cert, bool leaf);

/* X509_V_*, and at which depth. allowed: VERIFY_SUITE_B_*. */
int verify_suite_b(const struct verify_cert *const *chain, size_t n, unsigned allowed,
		   size_t *depth);

/* A purpose fits, for the client's own certificate or for a CA above it. */
bool verify_purpose_fits(const struct verify_purpose *p, const struct verify_cert *c, bool ca);

/* The time to check against. */
int64_t verify_now(const struct verify_params *p);

struct verify_crl {
	struct bytes der, tbs, algorithm, signature; /* algorithm: element */
	struct bytes issuer;                         /* element */
	struct bytes this_update, next_update;       /* elements; next_update empty when absent */
	struct bytes revoked;                        /* contents of SEQUENCE OF */
	bool unhandled_critical, delta;
};

bool verify_crl_parse(struct bytes der, struct verify_crl *out);
bool verify_crl_lists(const struct verify_crl *crl, struct bytes serial);

#endif
