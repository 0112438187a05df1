/*
 * core/rules.h -- what TLS and OpenSSL rule and not every library does.
 */
#ifndef S_SERVER_CORE_RULES_H
#define S_SERVER_CORE_RULES_H

#include "core/tls_backend.h"

/* Why a connection cannot renegotiate; NULL when it can. secure: RFC 5746 was indicated. */
const char *rules_no_renegotiation(const struct tls_config *cfg, uint16_t version, bool secure);

/* A suite with ChaCha20-Poly1305. */
bool rules_is_chacha(uint16_t suite);
/* -prioritize_chacha moves those to the front: the client's own first suite of ours is one. */
bool rules_chacha_first(const struct tls_config *cfg, const struct client_hello *hello,
			struct u16list ours);

/* A label that TLS 1.2 and older use themselves: keys must not be exported under it. */
bool rules_label_reserved(const char *label);

/*
 * The value of -record_padding (SSL_CONF_cmd(3)): "N", or "N,M" with M for handshake messages. Records
 * are filled up to a multiple, in bytes; 0 and 1: not at all. False: it is neither, or beyond 16384.
 */
bool rules_record_padding(const char *value, size_t *data, size_t *handshake);

#endif
