/*
 * backends/wolfssl/compat.h -- the wolfSSL headers, and their versions turned into features.
 *
 * options.h comes first always: it holds the macros that the library was built with, and the
 * layout of public structs depends on them. OpenSSL's headers must never meet these.
 */
#ifndef S_SERVER_WOLFSSL_COMPAT_H
#define S_SERVER_WOLFSSL_COMPAT_H

/* Its macros are redefined by the compiler's -D_FORTIFY_SOURCE and the like. */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/version.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/dh.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/kdf.h>
#include <wolfssl/wolfcrypt/pkcs12.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfio.h>

#if LIBWOLFSSL_VERSION_HEX >= 0x05007000
/* The signature algorithm list steers the server's own signature (internal.c, PickHashSigAlgo);
 * before, it only goes into the certificate request of TLS 1.2. */
#define HAVE_WS_OWN_SIGALGS 1
/* wolfSSL_get_peer_signature_nid() */
#define HAVE_WS_PEER_SIGNATURE_NID 1
/* certificate_authorities in a TLS 1.3 CertificateRequest */
#define HAVE_WS_CA_NAMES_13 1
#else
#define HAVE_WS_OWN_SIGALGS        0
#define HAVE_WS_PEER_SIGNATURE_NID 0
#define HAVE_WS_CA_NAMES_13        0
#endif

#if defined(HAVE_PK_CALLBACKS) && defined(HAVE_HKDF) && defined(WOLFSSL_TLS13)
#define HAVE_WS_HKDF_HOOK 1
#else
#define HAVE_WS_HKDF_HOOK 0
#endif

#if defined(WOLFSSL_EARLY_DATA)
#define HAVE_WS_EARLY_DATA 1
#else
#define HAVE_WS_EARLY_DATA 0
#endif

#if defined(SINGLE_THREADED)
#define HAVE_WS_THREADS 0
#else
#define HAVE_WS_THREADS 1
#endif

#endif
