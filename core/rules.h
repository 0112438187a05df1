/*
 * core/rules.h -- what TLS and OpenSSL rule and not every library does.
 */
#ifndef S_SERVER_CORE_RULES_H
#define S_SERVER_CORE_RULES_H

#include "core/tls_backend.h"

/* Why a connection cannot renegotiate; NULL when it can. secure: RFC 5746 was indicated. */
const char *rules_no_renegotiation(const struct tls_config *cfg, uint16_t version, bool secure);

/* A label that TLS 1.2 and older use themselves: keys must not be exported under it. */
bool rules_label_reserved(const char *label);

#endif
