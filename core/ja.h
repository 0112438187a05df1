/*
 * core/ja.h -- fingerprints of a ClientHello: JA3 (github.com/salesforce/ja3) and JA4
 * (github.com/FoxIO-LLC/ja4). GREASE values (RFC 8701) count in neither.
 */
#ifndef S_SERVER_CORE_JA_H
#define S_SERVER_CORE_JA_H

#include "core/client_hello.h"
#include "core/strbuf.h"

/* "771,4865-4866,0-23,29-23,0": legacy version, suites, extensions, groups, point formats. */
void ja3_string(struct strbuf *sb, const struct client_hello *hello);
/* The MD5 of that, 32 lower-case hex digits. */
void ja3_hash(struct strbuf *sb, const struct client_hello *hello);
/* "t13d1516h2_8daaf6152771_e5627efa2ab1"; quic: the hello came over QUIC, not TCP. */
void ja4(struct strbuf *sb, const struct client_hello *hello, bool quic);

/* True for the reserved values 0x0a0a, 0x1a1a ... 0xfafa. */
bool ja_is_grease(uint16_t value);

#endif
