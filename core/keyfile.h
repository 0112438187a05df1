/*
 * core/keyfile.h -- what files of certificates, keys, CRLs and DH parameters hold.
 *
 * PEM and DER are told apart by content unless a form is forced. All memory is the pool's. The
 * functions that look for something return false when the file holds nothing of the kind.
 */
#ifndef S_SERVER_CORE_KEYFILE_H
#define S_SERVER_CORE_KEYFILE_H

#include "core/pool.h"
#include "core/strbuf.h"
#include "core/tls_backend.h"

enum keyfile_form { KEYFILE_ANY, KEYFILE_PEM, KEYFILE_DER, KEYFILE_P12 };

/* Files already read, so that a certificate and its key in one file, or a pipe, is read once. */
struct keyfiles {
	struct pool *pool;
	struct keyfile_entry *entries;
	size_t n;
};

struct keyfile_list {
	struct bytes *p;
	size_t n;
};

/* The whole file; `name` may also be a file: URI. A NUL follows. False: `why` holds the cause,
 * without the name (the caller has better words for it). */
bool keyfile_read(struct keyfiles *files, const char *name, struct bytes *out, struct strbuf *why);
/* True when that file was read before. */
bool keyfile_cached(const struct keyfiles *files, const char *name, struct bytes *out);
/* The path in a file: URI, or the name as it is. */
const char *keyfile_path(const char *name);
/* A URI of another scheme than file:, which only a library can open ("pkcs11:..."). */
bool keyfile_is_uri(const char *name);
/* A PKCS#12 store (RFC 7292). */
bool keyfile_is_p12(struct bytes data);

/* All certificates, in the file's order, added to *list. False when there is none. */
bool keyfile_certs(struct pool *pool, struct bytes data, enum keyfile_form form,
		   struct keyfile_list *list);
/* All CRLs, added to *list. */
bool keyfile_crls(struct pool *pool, struct bytes data, enum keyfile_form form,
		  struct keyfile_list *list);
/* The first private key; *encrypted: it needs a pass phrase. Sets data and encoding only. */
bool keyfile_key(struct pool *pool, struct bytes data, enum keyfile_form form, struct tls_key *key,
		 bool *encrypted);
/* DH parameters as PKCS#3 DHParameter; those of X9.42 are reduced to p and g. */
bool keyfile_dhparam(struct pool *pool, struct bytes data, struct bytes *dhparam);

#endif
