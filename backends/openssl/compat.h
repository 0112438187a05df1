/*
 * backends/openssl/compat.h -- the OpenSSL headers, and their versions turned into features.
 */
#ifndef S_SERVER_OPENSSL_COMPAT_H
#define S_SERVER_OPENSSL_COMPAT_H

/* Engines and SSL_SESSION_get_time() are deprecated and still what users ask for. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/bio.h>
#include <openssl/comp.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#if defined(OPENSSL_NO_ENGINE)
#define HAVE_OSSL_ENGINE 0
#else
#define HAVE_OSSL_ENGINE 1
#include <openssl/engine.h>
#endif

#if defined(OPENSSL_NO_OCSP)
#define HAVE_OSSL_OCSP 0
#else
#define HAVE_OSSL_OCSP 1
#endif

#if defined(OPENSSL_NO_SRP)
#define HAVE_OSSL_SRP 0
typedef struct SRP_VBASE_st SRP_VBASE;
#else
#define HAVE_OSSL_SRP 1
#include <openssl/srp.h>
#endif

/* RFC 8879, 3.2 */
#if defined(SSL_OP_NO_TX_CERTIFICATE_COMPRESSION)
#define HAVE_OSSL_CERT_COMP 1
#else
#define HAVE_OSSL_CERT_COMP 0
#endif

/* RFC 7250, 3.2 */
#if defined(TLSEXT_cert_type_rpk)
#define HAVE_OSSL_RPK 1
#else
#define HAVE_OSSL_RPK 0
#endif

/* 3.3 */
#if defined(SSL_OP_PREFER_NO_DHE_KEX)
#define HAVE_OSSL_PREFER_NO_DHE_KEX 1
#else
#define HAVE_OSSL_PREFER_NO_DHE_KEX 0
#endif

/* SSL_CTX_set_block_padding_ex() */
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
#define HAVE_OSSL_HANDSHAKE_PADDING 1
#else
#define HAVE_OSSL_HANDSHAKE_PADDING 0
#endif

/* OSSL_PROVIDER_add_conf_parameter() */
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
#define HAVE_OSSL_PROVIDER_PARAM 1
#else
#define HAVE_OSSL_PROVIDER_PARAM 0
#endif

#endif
