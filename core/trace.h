/*
 * core/trace.h -- -debug, -msg, -trace and -state: what passes through the transport, and what the library
 * reports of it.
 */
#ifndef S_SERVER_CORE_TRACE_H
#define S_SERVER_CORE_TRACE_H

#include "core/conn.h"

/* NULL when nothing of the kind was asked for. Sets the transport's tap. */
struct trace *trace_new(struct conn *c);
void trace_free(struct trace *t);

void trace_message(struct conn *c, enum tls_dir dir, uint16_t version, unsigned content_type,
		   struct bytes message);
void trace_state(struct conn *c, const char *line);
void trace_alert(struct conn *c, enum tls_dir dir, unsigned level, unsigned description);
/* The library has come back from a call: what it told belongs to what passed meanwhile. */
void trace_call_ended(struct conn *c);
/* A line of the key log. */
void trace_secret(struct conn *c, const char *label, struct bytes secret);
/* The handshake is complete, or failed. */
void trace_handshake_ended(struct conn *c, bool ok);

#endif
