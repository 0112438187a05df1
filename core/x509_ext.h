/*
 * core/x509_ext.h -- the values of certificate extensions as text.
 */
#ifndef S_SERVER_CORE_X509_EXT_H
#define S_SERVER_CORE_X509_EXT_H

#include "core/strbuf.h"
#include "core/x509.h"

/*
 * As X509V3_EXT_print: each line indented, no newline at the end. An extension that is not known or
 * does not parse is shown as characters, what is not printable as dots.
 */
void x509_ext_print(struct strbuf *out, const struct x509_extension *ext, unsigned indent);

#endif
