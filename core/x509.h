/*
 * core/x509.h -- reading certificates (RFC 5280), safe for any input.
 */
#ifndef S_SERVER_CORE_X509_H
#define S_SERVER_CORE_X509_H

#include "core/bytes.h"

/* Everything borrowed from the DER. "Element": with tag and length. */
struct x509 {
	struct bytes der;
	struct bytes tbs;             /* element; what is signed */
	int64_t version;              /* 1..3; other numbers are let through, as OpenSSL does */
	struct bytes serial;          /* contents of the INTEGER */
	struct bytes sigalg;          /* element: AlgorithmIdentifier inside tbs */
	struct bytes issuer, subject; /* elements: Name */
	struct bytes not_before, not_after;   /* elements: Time */
	struct bytes spki;                    /* element: SubjectPublicKeyInfo */
	struct bytes issuer_uid, subject_uid; /* bits of the unique ids; empty when none */
	struct bytes extensions;   /* contents of SEQUENCE OF Extension; empty when none */
	struct bytes outer_sigalg; /* element: AlgorithmIdentifier beside the signature */
	struct bytes signature;    /* bits */
};

struct x509_extension {
	struct bytes oid; /* contents */
	bool critical;
	struct bytes value; /* contents of the OCTET STRING */
};

/* False: not a certificate; *out is zeroed. */
bool x509_parse(struct bytes cert_der, struct x509 *out);
/*
 * The next extension of *rest (x509.extensions to begin with), which moves behind it. False at the
 * end (then *rest is empty) and for a malformed one.
 */
bool x509_next_extension(struct bytes *rest, struct x509_extension *out);
/* The extension with that dotted OID. */
bool x509_find_extension(const struct x509 *cert, const char *oid, struct x509_extension *out);

/* Elements of a certificate; empty when it does not parse. */
struct bytes x509_subject(struct bytes cert_der);
struct bytes x509_issuer(struct bytes cert_der);
bool x509_spki(struct bytes cert_der, struct bytes *spki);
/* basicConstraints with cA TRUE. */
bool x509_is_ca(struct bytes cert_der);
/* Subject and issuer are the same bytes. */
bool x509_is_self_issued(struct bytes cert_der);

enum x509_key_type {
	X509_KEY_UNKNOWN,
	X509_KEY_RSA,
	X509_KEY_RSA_PSS,
	X509_KEY_DSA,
	X509_KEY_EC,
	X509_KEY_ED25519,
	X509_KEY_ED448,
	X509_KEY_ML_DSA,
};

struct x509_key {
	enum x509_key_type type;
	unsigned bits;           /* size as OpenSSL counts it: modulus, order; 0 when unknown */
	struct bytes algorithm;  /* contents of the OID */
	struct bytes parameters; /* element; empty when absent */
	struct bytes key;        /* contents of the BIT STRING */
};

/* False: not a SubjectPublicKeyInfo; *out is zeroed. */
bool x509_key_parse(struct bytes spki, struct x509_key *out);

struct x509_curve {
	const char *oid; /* dotted */
	unsigned bits;
	const char *name;      /* "prime256v1" */
	const char *nist_name; /* "P-256", or NULL */
};

/* The curve of an EC key's parameters; NULL: explicit or unknown. */
const struct x509_curve *x509_named_curve(struct bytes parameters);

/* ECParameters with the curve spelled out (RFC 3279 2.3.5). */
struct x509_explicit_curve {
	struct bytes field;    /* contents of the field type's OID */
	struct bytes prime;    /* element; for prime fields an INTEGER */
	struct bytes a, b;     /* contents of OCTET STRINGs */
	struct bytes seed;     /* bits; empty when absent */
	struct bytes base;     /* encoded point */
	struct bytes order;    /* contents of an INTEGER */
	struct bytes cofactor; /* the same; empty when absent */
};

bool x509_explicit_curve(struct bytes parameters, struct x509_explicit_curve *out);

/* Of a SubjectPublicKeyInfo; *bits (may be NULL) as in struct x509_key. */
enum x509_key_type x509_key_type(struct bytes spki, unsigned *bits);

#endif
