/*
 * core/wire_trace.h -- -trace: records and messages taken apart, as SSL_trace() of OpenSSL 3.5
 * prints them.
 */
#ifndef S_SERVER_CORE_WIRE_TRACE_H
#define S_SERVER_CORE_WIRE_TRACE_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

/* What later messages are read by. Zero it for each connection. */
struct wire_trace {
	uint16_t suite; /* as the ServerHello chose it */
};

/*
 * One message; version and content_type as OpenSSL's message callback has them (WIRE_TYPE_* of
 * wire.h, pseudo types included). Any bytes are safe: what does not parse is dumped.
 */
void wire_trace_message(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, uint16_t version,
			unsigned content_type, struct bytes msg);

#endif
