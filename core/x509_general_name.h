/*
 * core/x509_general_name.h -- GeneralNames (RFC 5280 4.2.1.6), in OpenSSL's two ways.
 */
#ifndef S_SERVER_CORE_X509_GENERAL_NAME_H
#define S_SERVER_CORE_X509_GENERAL_NAME_H

#include "core/der.h"

/* All return false when OpenSSL would not take or not show the name; *out may then hold a part. */

/* In lists, as i2v_GENERAL_NAME: "DirName:/C=XX". */
bool x509_general_name_value(struct strbuf *out, const struct der_item *name);
/* As GENERAL_NAME_print: "DirName:C = XX". */
bool x509_general_name_print(struct strbuf *out, const struct der_item *name);
/* GeneralNames' contents, one a line by x509_general_name_print; no newline at the end. */
bool x509_general_names_print(struct strbuf *out, struct bytes names, unsigned indent);
/* 4 or 16 bytes; "<invalid length=5>" for any other number. */
void x509_ip_print(struct strbuf *out, struct bytes ip);

#endif
