/*
 * backends/mbedtls/compat.h -- library versions turned into features.
 *
 * The only place that looks at a version number. Mbed TLS 2.28 (Debian 12) and 3.6 (Debian 13) are
 * served by one source: the code below asks HAVE_* or calls an mb_*() wrapper.
 */
#ifndef S_SERVER_MBEDTLS_COMPAT_H
#define S_SERVER_MBEDTLS_COMPAT_H

/* 3.x hides fields that no accessor tells: the handshake state, record buffers, secrets. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define HAVE_MBEDTLS_3 1
#include <psa/crypto.h>
#else
#define HAVE_MBEDTLS_3 0
#include <mbedtls/config.h>
#endif

#include <mbedtls/asn1.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/debug.h>
#include <mbedtls/dhm.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/gcm.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if HAVE_MBEDTLS_3 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define HAVE_MBEDTLS_TLS13 1
#else
#define HAVE_MBEDTLS_TLS13 0
#endif
#define HAVE_MBEDTLS_PSA                    HAVE_MBEDTLS_3
#define HAVE_MBEDTLS_KEY_EXPORT_PER_SSL     HAVE_MBEDTLS_3 /* set_export_keys_cb() */
#define HAVE_MBEDTLS_CACHE_ID_ARGS          HAVE_MBEDTLS_3 /* cache callbacks get the id apart */
#define HAVE_MBEDTLS_IANA_LISTS             HAVE_MBEDTLS_3 /* conf_groups(), conf_sig_algs() */
#define HAVE_MBEDTLS_PENDING_ALERT          HAVE_MBEDTLS_3 /* ssl->alert_type */
#define HAVE_MBEDTLS_PBES2_AES              HAVE_MBEDTLS_3 /* 2.28 decrypts PKCS#8 with DES and 3DES only */
#define HAVE_MBEDTLS_SESSION_TICKETS_SWITCH !HAVE_MBEDTLS_3

/* Group and signature lists, as the library keeps them (by pointer, 0-terminated). */
#if HAVE_MBEDTLS_IANA_LISTS
typedef uint16_t mb_group;
typedef uint16_t mb_sigalg;
#else
typedef mbedtls_ecp_group_id mb_group;
typedef int mb_sigalg; /* an mbedtls_md_type_t: 2.28 chooses by hash alone */
#endif

/* ssl->renego_status after a renegotiation; ssl_misc.h and ssl_internal.h, not installed. */
enum { MB_RENEGOTIATION_DONE = 2 };

typedef int mb_rng(void *ctx, unsigned char *out, size_t n);

static inline int mb_version(const mbedtls_ssl_context *ssl)
{
#if HAVE_MBEDTLS_3
	return (int)ssl->tls_version;
#else
	return 0x0300 | ssl->minor_ver;
#endif
}

/* Exactly over: in TLS 1.3 also the NewSessionTicket messages are written. */
static inline bool mb_is_over(const mbedtls_ssl_context *ssl)
{
	return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
}

/*
 * 2.28 knows a lowest and a highest version only, and nothing of supported_versions: the range ends
 * where the choice fell. 3.x must know all that we have, for it marks a downgrade (RFC 8446 4.1.3),
 * and with two versions there is no choice to get wrong.
 */
static inline unsigned mb_highest_version(unsigned chosen, unsigned highest)
{
	return HAVE_MBEDTLS_3 || !chosen ? highest : chosen;
}

static inline void mb_conf_versions(mbedtls_ssl_config *conf, unsigned min, unsigned max)
{
#if HAVE_MBEDTLS_3
	mbedtls_ssl_conf_min_tls_version(conf, (mbedtls_ssl_protocol_version)min);
	mbedtls_ssl_conf_max_tls_version(conf, (mbedtls_ssl_protocol_version)max);
#else
	mbedtls_ssl_conf_min_version(conf, (int)(min >> 8), min & 0xff);
	mbedtls_ssl_conf_max_version(conf, (int)(max >> 8), max & 0xff);
#endif
}

static inline void mb_conf_groups(mbedtls_ssl_config *conf, const mb_group *list)
{
#if HAVE_MBEDTLS_IANA_LISTS
	mbedtls_ssl_conf_groups(conf, list);
#else
	mbedtls_ssl_conf_curves(conf, list);
#endif
}

static inline void mb_conf_sigalgs(mbedtls_ssl_config *conf, const mb_sigalg *list)
{
#if HAVE_MBEDTLS_IANA_LISTS
	mbedtls_ssl_conf_sig_algs(conf, list);
#else
	mbedtls_ssl_conf_sig_hashes(conf, list);
#endif
}

static inline int mb_pk_parse_key(mbedtls_pk_context *pk, const unsigned char *key, size_t n,
				  const char *password, mb_rng *rng, void *rng_ctx)
{
	const unsigned char *pwd = (const unsigned char *)password;
	size_t pwd_n = password ? strlen(password) : 0;

#if HAVE_MBEDTLS_3
	return mbedtls_pk_parse_key(pk, key, n, pwd, pwd_n, rng, rng_ctx);
#else
	(void)rng;
	(void)rng_ctx;
	return mbedtls_pk_parse_key(pk, key, n, pwd, pwd_n);
#endif
}

static inline int mb_pk_check_pair(const mbedtls_pk_context *pub, const mbedtls_pk_context *prv,
				   mb_rng *rng, void *rng_ctx)
{
#if HAVE_MBEDTLS_3
	return mbedtls_pk_check_pair(pub, prv, rng, rng_ctx);
#else
	(void)rng;
	(void)rng_ctx;
	return mbedtls_pk_check_pair(pub, prv);
#endif
}

static inline int mb_pk_sign(mbedtls_pk_context *pk, const uint8_t hash[32], uint8_t *sig,
			     size_t *n, mb_rng *rng, void *rng_ctx)
{
#if HAVE_MBEDTLS_3
	return mbedtls_pk_sign(pk, MBEDTLS_MD_SHA256, hash, 32, sig, *n, n, rng, rng_ctx);
#else
	return mbedtls_pk_sign(pk, MBEDTLS_MD_SHA256, hash, 32, sig, n, rng, rng_ctx);
#endif
}

static inline int mb_drbg_update(mbedtls_ctr_drbg_context *drbg, const uint8_t *p, size_t n)
{
#if HAVE_MBEDTLS_3
	return mbedtls_ctr_drbg_update(drbg, p, n);
#else
	return mbedtls_ctr_drbg_update_ret(drbg, p, n);
#endif
}

/* Before the ClientHello is read 2.28 would write records of version 0.0. */
static inline void mb_set_record_version(mbedtls_ssl_context *ssl)
{
#if HAVE_MBEDTLS_3
	(void)ssl;
#else
	if (ssl->major_ver == 0) {
		ssl->major_ver = MBEDTLS_SSL_MAJOR_VERSION_3;
		ssl->minor_ver = MBEDTLS_SSL_MINOR_VERSION_1;
	}
#endif
}

/* The description of the fatal alert that the library queued, 0 when it queued none. */
static inline int mb_pending_alert(const mbedtls_ssl_context *ssl)
{
#if HAVE_MBEDTLS_3
	return ssl->alert_type;
#else
	(void)ssl;
	return 0;
#endif
}

/*
 * 3.6 keeps the TLS 1.3 handshake write key until the client's Finished, so that an alert about
 * the client's certificate reaches it as a bad record
 * (https://github.com/Mbed-TLS/mbedtls/issues/10877). Application keys are due as soon as our
 * Finished is out (RFC 8446 A.2).
 */
static inline void mb_use_application_key(mbedtls_ssl_context *ssl)
{
#if HAVE_MBEDTLS_TLS13
	if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3 || !ssl->transform_application ||
	    ssl->transform_out == ssl->transform_application ||
	    (ssl->state != MBEDTLS_SSL_CLIENT_CERTIFICATE &&
	     ssl->state != MBEDTLS_SSL_CLIENT_FINISHED))
		return;
	ssl->transform_out = ssl->transform_application;
	memset(ssl->cur_out_ctr, 0, sizeof(ssl->cur_out_ctr));
#else
	(void)ssl;
#endif
}

/* RFC 5746 was indicated by the peer. */
static inline bool mb_secure_renegotiation(const mbedtls_ssl_context *ssl)
{
	return ssl->secure_renegotiation == MBEDTLS_SSL_SECURE_RENEGOTIATION;
}

/* The state in which the client's CertificateVerify is read. */
static inline int mb_state_client_certificate_verify(const mbedtls_ssl_context *ssl)
{
#if HAVE_MBEDTLS_TLS13
	if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3)
		return MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY;
#endif
	(void)ssl;
	return MBEDTLS_SSL_CERTIFICATE_VERIFY;
}

#endif
