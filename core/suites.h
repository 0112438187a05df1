/*
 * core/suites.h -- the attributes of cipher suites that OpenSSL's cipher strings ask for.
 */
#ifndef S_SERVER_CORE_SUITES_H
#define S_SERVER_CORE_SUITES_H

#include "core/bytes.h"

enum suite_kx {
	SUITE_KX_ANY, /* TLS 1.3 */
	SUITE_KX_RSA,
	SUITE_KX_DH, /* static */
	SUITE_KX_DHE,
	SUITE_KX_ECDH, /* static */
	SUITE_KX_ECDHE,
	SUITE_KX_PSK,
	SUITE_KX_RSAPSK,
	SUITE_KX_DHEPSK,
	SUITE_KX_ECDHEPSK,
	SUITE_KX_SRP,
	SUITE_KX_ECJPAKE,
	SUITE_KX_ECCPWD,
};

enum suite_au {
	SUITE_AU_ANY,
	SUITE_AU_NONE,
	SUITE_AU_RSA,
	SUITE_AU_DSS,
	SUITE_AU_ECDSA,
	SUITE_AU_DH,
	SUITE_AU_ECDH,
	SUITE_AU_PSK,
	SUITE_AU_SRP,
};

/* The plain names are CBC (or stream) ciphers. */
enum suite_enc {
	SUITE_ENC_NONE,
	SUITE_ENC_AES128,
	SUITE_ENC_AES256,
	SUITE_ENC_AES128GCM,
	SUITE_ENC_AES256GCM,
	SUITE_ENC_AES128CCM,
	SUITE_ENC_AES256CCM,
	SUITE_ENC_AES128CCM8,
	SUITE_ENC_AES256CCM8,
	SUITE_ENC_CAMELLIA128,
	SUITE_ENC_CAMELLIA256,
	SUITE_ENC_CAMELLIA128GCM,
	SUITE_ENC_CAMELLIA256GCM,
	SUITE_ENC_ARIA128,
	SUITE_ENC_ARIA256,
	SUITE_ENC_ARIA128GCM,
	SUITE_ENC_ARIA256GCM,
	SUITE_ENC_CHACHA20,
	SUITE_ENC_3DES,
	SUITE_ENC_DES,
	SUITE_ENC_RC4,
	SUITE_ENC_IDEA,
	SUITE_ENC_SEED,
	SUITE_ENC_SM4GCM,
	SUITE_ENC_SM4CCM,
	SUITE_ENC_AEGIS128L,
	SUITE_ENC_AEGIS256,
};

enum suite_mac {
	SUITE_MAC_AEAD,
	SUITE_MAC_MD5,
	SUITE_MAC_SHA1,
	SUITE_MAC_SHA256,
	SUITE_MAC_SHA384,
};

enum suite_min {
	SUITE_MIN_SSL3 = 0x0300,
	SUITE_MIN_TLS1_0 = 0x0301,
	SUITE_MIN_TLS1_2 = 0x0303,
	SUITE_MIN_TLS1_3 = 0x0304,
};

enum suite_hash {
	SUITE_HASH_SHA256,
	SUITE_HASH_SHA384,
	SUITE_HASH_SHA512,
	SUITE_HASH_SM3,
};

enum suite_class {
	SUITE_CLASS_NONE, /* no encryption */
	SUITE_CLASS_LOW,
	SUITE_CLASS_MEDIUM,
	SUITE_CLASS_HIGH,
};

enum {
	SUITE_DEFAULT = 1, /* not in COMPLEMENTOFDEFAULT */
	SUITE_FIPS = 2,
};

struct suite {
	uint16_t id;
	const char *name; /* OpenSSL's, NULL when it never had one */
	const char *iana;
	enum suite_kx kx;
	enum suite_au au;
	enum suite_enc enc;
	enum suite_mac mac;
	unsigned bits; /* strength */
	enum suite_min min;
	enum suite_hash hash; /* of the PRF or the TLS 1.3 key schedule */
	enum suite_class cls;
	unsigned flags;
};

/* All rows, in OpenSSL's order of preference (see suites.def). */
const struct suite *suite_table(size_t *n);
/* NULL when unknown, and for numbers that are only names. */
const struct suite *suite_find(uint16_t id);

#endif
