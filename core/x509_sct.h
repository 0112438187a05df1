/*
 * core/x509_sct.h -- signed certificate timestamps (RFC 6962 3.3) as text.
 */
#ifndef S_SERVER_CORE_X509_SCT_H
#define S_SERVER_CORE_X509_SCT_H

#include "core/strbuf.h"

/* SCT_LIST_print of a SignedCertificateTimestampList; false (a part may be added): malformed. */
bool x509_sct_list_print(struct strbuf *out, struct bytes list, unsigned indent);

#endif
