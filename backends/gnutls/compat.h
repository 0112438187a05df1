/*
 * backends/gnutls/compat.h -- what differs between GnuTLS releases, as features.
 *
 * Only what the headers decide stands here; what the library was built with is asked of it at run
 * time (gt_has_feature()), since Debian's builds of 3.8 lack what their headers declare.
 */
#ifndef S_SERVER_GNUTLS_COMPAT_H
#define S_SERVER_GNUTLS_COMPAT_H

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

/* gnutls_get_library_config() with "tls-features" came in 3.7.3, gnutls_ciphersuite_get() in 3.7.4.
 */
#if GNUTLS_VERSION_NUMBER < 0x030704
#error "GnuTLS 3.7.4 or later is needed"
#endif

#endif
