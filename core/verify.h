/*
 * core/verify.h -- a client's certificate chain, judged as X509_verify_cert() of OpenSSL judges it.
 *
 * For libraries that check a chain in one go, or in another order than OpenSSL's: the walk is made
 * here, over DER, and told one finding at a time. The library only checks single signatures.
 */
#ifndef S_SERVER_CORE_VERIFY_H
#define S_SERVER_CORE_VERIFY_H

#include "core/tls_backend.h"
#include "core/x509.h"

/* X509_V_* of OpenSSL's x509_vfy.h. */
enum verify_error {
	VERIFY_OK = 0,
	VERIFY_UNSPECIFIED = 1,
	VERIFY_UNABLE_TO_GET_ISSUER_CERT = 2,
	VERIFY_UNABLE_TO_GET_CRL = 3,
	VERIFY_CERT_SIGNATURE_FAILURE = 7,
	VERIFY_CRL_SIGNATURE_FAILURE = 8,
	VERIFY_CERT_NOT_YET_VALID = 9,
	VERIFY_CERT_HAS_EXPIRED = 10,
	VERIFY_CRL_NOT_YET_VALID = 11,
	VERIFY_CRL_HAS_EXPIRED = 12,
	VERIFY_ERROR_IN_NOT_BEFORE_FIELD = 13,
	VERIFY_ERROR_IN_NOT_AFTER_FIELD = 14,
	VERIFY_ERROR_IN_LAST_UPDATE_FIELD = 15,
	VERIFY_ERROR_IN_NEXT_UPDATE_FIELD = 16,
	VERIFY_DEPTH_ZERO_SELF_SIGNED_CERT = 18,
	VERIFY_SELF_SIGNED_CERT_IN_CHAIN = 19,
	VERIFY_UNABLE_TO_GET_ISSUER_CERT_LOCALLY = 20,
	VERIFY_UNABLE_TO_VERIFY_LEAF_SIGNATURE = 21,
	VERIFY_CERT_CHAIN_TOO_LONG = 22,
	VERIFY_CERT_REVOKED = 23,
	VERIFY_PATH_LENGTH_EXCEEDED = 25,
	VERIFY_INVALID_PURPOSE = 26,
	VERIFY_KEYUSAGE_NO_CERTSIGN = 32,
	VERIFY_UNABLE_TO_GET_CRL_ISSUER = 33,
	VERIFY_UNHANDLED_CRITICAL_EXTENSION = 34,
	VERIFY_KEYUSAGE_NO_CRL_SIGN = 35,
	VERIFY_UNHANDLED_CRITICAL_CRL_EXTENSION = 36,
	VERIFY_PERMITTED_VIOLATION = 47,
	VERIFY_EXCLUDED_VIOLATION = 48,
	VERIFY_SUBTREE_MINMAX = 49,
	VERIFY_UNSUPPORTED_CONSTRAINT_TYPE = 51,
	VERIFY_UNSUPPORTED_CONSTRAINT_SYNTAX = 52,
	VERIFY_UNSUPPORTED_NAME_SYNTAX = 53,
	VERIFY_SUITE_B_INVALID_VERSION = 56,
	VERIFY_SUITE_B_INVALID_ALGORITHM = 57,
	VERIFY_SUITE_B_INVALID_CURVE = 58,
	VERIFY_SUITE_B_INVALID_SIGNATURE_ALGORITHM = 59,
	VERIFY_SUITE_B_LOS_NOT_ALLOWED = 60,
	VERIFY_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256 = 61,
	VERIFY_HOSTNAME_MISMATCH = 62,
	VERIFY_EMAIL_MISMATCH = 63,
	VERIFY_IP_ADDRESS_MISMATCH = 64,
	VERIFY_EE_KEY_TOO_SMALL = 66,
	VERIFY_CA_KEY_TOO_SMALL = 67,
	VERIFY_CA_MD_TOO_WEAK = 68,
	VERIFY_SIGNATURE_ALGORITHM_INCONSISTENCY = 78,
	VERIFY_INVALID_CA = 79,
	VERIFY_PATHLEN_INVALID_FOR_NON_CA = 80,
	VERIFY_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN = 81,
	VERIFY_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA = 82,
	VERIFY_ISSUER_NAME_EMPTY = 83,
	VERIFY_SUBJECT_NAME_EMPTY = 84,
	VERIFY_MISSING_AUTHORITY_KEY_IDENTIFIER = 85,
	VERIFY_MISSING_SUBJECT_KEY_IDENTIFIER = 86,
	VERIFY_EMPTY_SUBJECT_ALT_NAME = 87,
	VERIFY_EMPTY_SUBJECT_SAN_NOT_CRITICAL = 88,
	VERIFY_CA_BCONS_NOT_CRITICAL = 89,
	VERIFY_AUTHORITY_KEY_IDENTIFIER_CRITICAL = 90,
	VERIFY_SUBJECT_KEY_IDENTIFIER_CRITICAL = 91,
	VERIFY_CA_CERT_MISSING_KEY_USAGE = 92,
	VERIFY_EXTENSIONS_REQUIRE_VERSION_3 = 93,
};

/* The alert that OpenSSL sends when the walk ended at that error. */
int verify_alert(int x509_error);

/* ---- what is asked for ---- */

struct verify_purpose;

/* Levels of security that Suite B allows. */
enum { VERIFY_SUITE_B_128 = 1, VERIFY_SUITE_B_192 = 2 };

struct verify_params {
	bool check_time, have_attime;
	int64_t attime;
	bool partial_chain, ignore_critical, check_ss_signature, strict;
	bool crl_check, crl_check_all;
	unsigned suite_b;                     /* VERIFY_SUITE_B_*; 0: not asked for */
	const struct verify_purpose *purpose; /* NULL: any */
	int depth;                            /* -1: no limit */
	int level;                            /* OpenSSL's security level, 0..5 */
	const char *hostname, *email;         /* borrowed from the settings */
	uint8_t ip[16];
	size_t ip_n; /* 0, 4 or 16 */
};

/* OpenSSL's defaults for client certificates, and what the configuration says of them. */
void verify_params_init(struct verify_params *p, const struct tls_config *cfg);
/*
 * Take one of the verification settings, by its option's name. TLS_FAIL: a bad value;
 * TLS_UNSUPPORTED: not one that is checked here. Both fill err->text.
 */
enum tls_status verify_params_set(struct verify_params *p, const struct tls_setting *set,
				  struct tls_error *err);

/* Security bits as OpenSSL counts them: of a key, and what a level of @SECLEVEL=n asks for. */
unsigned verify_key_bits(const struct x509_key *key);
unsigned verify_level_bits(int level);

/* ---- anchors and revocation lists ---- */

struct verify_cert;
struct verify_crl;

struct verify_store {
	struct verify_cert *anchors; /* owned; the DER is borrowed */
	size_t n_anchors;
	struct verify_crl *crls; /* owned; the DER is borrowed */
	size_t n_crls;
};

/* What does not parse is left out of the anchors. False: a list does not parse; *bad is its index.
 */
bool verify_store_init(struct verify_store *st, const struct tls_config *cfg, size_t *bad);
void verify_store_release(struct verify_store *st);

bool verify_is_crl(struct bytes der);

/* ---- the walk ---- */

/* A signed structure, certificate or revocation list, and who is said to have signed it. */
struct verify_signature {
	struct bytes whole;     /* the DER of certificate or list */
	bool crl;               /* it is a list */
	struct bytes tbs;       /* what is signed */
	struct bytes algorithm; /* element: AlgorithmIdentifier */
	struct bytes value;     /* the signature's bits */
	struct bytes spki;      /* element: the issuer's SubjectPublicKeyInfo */
};

struct verify_walk {
	const struct verify_params *params;
	const struct verify_store *store;
	bool (*signature)(void *ud, const struct verify_signature *sig);
	/* As tls_host.verify. NULL: nobody is asked and the walk goes to its end. */
	bool (*tell)(void *ud, int depth, int x509_error, struct bytes cert_der);
	/* As tls_host.crls. NULL: the store has all there are. */
	size_t (*crls)(void *ud, struct bytes cert_der, struct bytes list[TLS_MAX_CRLS]);
	void *ud;
};

/*
 * `peer`: the certificates as sent, the client's own first. False: the walk was ended by tell(), or
 * the first certificate does not parse. *result: the last error told, or VERIFY_OK.
 */
bool verify_chain(const struct verify_walk *w, const struct bytes *peer, size_t n, int *result);

/* *name: the certificate's name that fits `host`, within `der`; false when none does. */
bool verify_peer_name(struct bytes der, const char *host, struct bytes *name);

#endif
