/*
 * core/castore.h -- trusted certificates and CRLs from files and directories.
 */
#ifndef S_SERVER_CORE_CASTORE_H
#define S_SERVER_CORE_CASTORE_H

#include "core/keyfile.h"

struct castore {
	struct keyfile_list certs, crls;
};

/* A PEM file of certificates, which may hold CRLs as well. False: `why` holds the cause. */
bool castore_add_file(struct castore *store, struct keyfiles *files, const char *name,
		      struct strbuf *why);

/*
 * A directory in which files are named by the hash of their subject, as c_rehash makes it:
 * XXXXXXXX.N certificates, XXXXXXXX.rN CRLs. Other names are passed over, as are files that
 * cannot be read, like OpenSSL does.
 */
bool castore_add_directory(struct castore *store, struct keyfiles *files, const char *name,
			   struct strbuf *why);

/* A path or file: URI of either kind. */
bool castore_add_uri(struct castore *store, struct keyfiles *files, const char *uri,
		     struct strbuf *why);

#endif
