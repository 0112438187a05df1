/*
 * core/names.h -- names of TLS numbers, in OpenSSL's and IANA's spellings.
 *
 * One table per kind (core/suites.def, groups.def, sigalgs.def, alerts.def), so that every backend
 * prints alike. Sources: the IANA TLS registries and `openssl ciphers -V`.
 */
#ifndef S_SERVER_CORE_NAMES_H
#define S_SERVER_CORE_NAMES_H

#include "core/bytes.h"
#include "core/strbuf.h"

/* All return NULL for an unknown number. */
const char *suite_name(uint16_t id);       /* OpenSSL: "ECDHE-RSA-AES128-GCM-SHA256" */
const char *suite_iana_name(uint16_t id);  /* "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" */
const char *group_name(uint16_t id);       /* as s_server prints it: "x25519", "secp256r1" */
const char *group_alias(uint16_t id);      /* "P-256"; NULL also when it has none */
const char *sigalg_name(uint16_t id);      /* as s_server 3.5 lists it: "ECDSA+SHA256", "ed25519" */
const char *sigalg_iana_name(uint16_t id); /* "rsa_pss_rsae_sha256" */
const char *sigalg_hash_name(uint16_t id); /* "SHA256", of -brief's "Hash used:" */
const char *extension_name(uint16_t type); /* as -tlsextdebug prints it: "EC point formats" */
const char *extension_iana_name(uint16_t type); /* "supported_groups" */
const char *alert_long_name(unsigned description); /* SSL_alert_desc_string_long: "close notify" */
const char *alert_iana_name(unsigned description); /* as -msg prints it: "close_notify" */
const char *version_name(uint16_t version);        /* "TLSv1.3" */
const char *x509_error_text(int x509_error);       /* X509_verify_cert_error_string; never NULL */

/* By OpenSSL or IANA name, case as OpenSSL accepts it. 0 when unknown. */
uint16_t suite_by_name(const char *name, size_t n);
uint16_t group_by_name(const char *name, size_t n);
uint16_t sigalg_by_name(const char *name, size_t n); /* "RSA+SHA256", "rsa_pss_rsae_sha256" */

/* True for a TLS 1.3 suite (0x13xx). */
bool suite_is_tls13(uint16_t id);

/* The name, or 0xNNNN for an unknown number. */
void strbuf_addname(struct strbuf *sb, const char *name, uint16_t id);

#endif
