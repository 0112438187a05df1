/*
 * core/x509_oid.h -- names of the object identifiers in certificates (core/x509_oids.def).
 */
#ifndef S_SERVER_CORE_X509_OID_H
#define S_SERVER_CORE_X509_OID_H

#include "core/strbuf.h"

struct x509_oid {
	const char *dotted;
	const char *short_name; /* "CN" */
	const char *long_name;  /* "commonName" */
};

/* `oid` is the contents of an OBJECT IDENTIFIER. NULL: not in the table. */
const struct x509_oid *x509_oid_find(struct bytes oid);
/* The long name, or dotted numbers; "<INVALID>" when malformed. */
void x509_oid_print(struct strbuf *out, struct bytes oid);
bool x509_oid_is(struct bytes oid, const char *dotted);

#endif
