/*
 * core/x509_name.h -- what the certificate printer needs of names beside x509_print.h.
 */
#ifndef S_SERVER_CORE_X509_NAME_H
#define S_SERVER_CORE_X509_NAME_H

#include "core/x509_print.h"

/*
 * X509_NAME_oneline: "/C=XX/O=Test". Attributes that would make it longer than `max` characters,
 * and all behind them, are left out; 0: no limit. False when the name is malformed.
 */
bool x509_name_oneline(struct strbuf *out, struct bytes name_der, size_t max);
/* A RelativeDistinguishedName's contents, printed like a name. */
bool x509_rdn_print(struct strbuf *out, struct bytes rdn, unsigned long nameopt);
/* ASN1_STRING_print: what is not printable ASCII becomes a dot. */
void x509_string_print(struct strbuf *out, struct bytes string);

#endif
