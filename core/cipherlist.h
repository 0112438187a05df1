/*
 * core/cipherlist.h -- OpenSSL's strings for cipher suites, groups and signature algorithms,
 * resolved against what a library can do.
 *
 * `available` is the library's own list (tls_algorithms). A result holds nothing else, in the order
 * OpenSSL would use. *out is malloc()ed (NULL when *n is 0) and is the caller's to free. On false
 * *out is NULL, *n is 0 and `why` (may be NULL) holds one sentence without a newline.
 */
#ifndef S_SERVER_CORE_CIPHERLIST_H
#define S_SERVER_CORE_CIPHERLIST_H

#include "core/bytes.h"
#include "core/strbuf.h"

/* The strings that stand for "not given". Groups and signature algorithms are those of 3.5. */
#define CIPHERLIST_DEFAULT "ALL:!COMPLEMENTOFDEFAULT:!eNULL"
extern const char ciphersuites_default[];
extern const char groups_default[];
extern const char sigalgs_default[];

/*
 * -cipher: the suites of TLS 1.2 and older. Unknown names are passed over, as OpenSSL does.
 * *seclevel is the n of @SECLEVEL=n, -1 when not given; the level itself filters nothing here, the
 * library applies it. False when nothing matches or the string is one that OpenSSL refuses.
 */
bool cipherlist_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
			int *seclevel, struct strbuf *why);

/* -ciphersuites: TLS 1.3 names with colons. "" is allowed: no suite. */
bool ciphersuites_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
			  struct strbuf *why);

/*
 * -groups: "X25519:P-256"; also OpenSSL 3.5's syntax: '?' (ignore when unknown), '*' (key share
 * wanted), '-' (remove), '/' (next tuple), DEFAULT. The order is kept, tuples are joined.
 */
bool groups_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
		    struct strbuf *why);

/* -sigalgs, -client_sigalgs: "RSA+SHA256:ecdsa_secp256r1_sha256", '?' as above. */
bool sigalgs_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
		     struct strbuf *why);

/*
 * Names in a string that this program knows but the library does not have, joined by ", ", appended
 * to *names: the caller then refuses with status 77. Only what is asked for by its own name
 * counts: not keywords such as ECDHE or DEFAULT, not what is removed, not what '?' makes optional.
 */
enum list_kind { LIST_CIPHERS, LIST_CIPHERSUITES, LIST_GROUPS, LIST_SIGALGS };
void list_unavailable(enum list_kind kind, const char *string, struct u16list available,
		      struct strbuf *names);

#endif
