/*
 * core/wire_trace.h -- -trace: records and handshake messages decoded, in the words and with the
 * indents of SSL_trace() of OpenSSL 3.5.
 */
#ifndef S_SERVER_CORE_WIRE_TRACE_H
#define S_SERVER_CORE_WIRE_TRACE_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

/* What later messages of a connection need to know of earlier ones. Zero it. */
struct wire_trace {
	uint16_t version; /* as the ServerHello selected it; 0 before */
	uint16_t suite;   /* the same */
	bool raw_key[2];  /* by direction: its certificates are raw public keys (RFC 7250) */
};

/*
 * The lines for one message. content_type as OpenSSL's message callback has it: WIRE_TYPE_* of
 * wire.h, pseudo types included. msg may be anything: what does not parse is said to be so.
 */
void wire_trace_message(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
			unsigned content_type, struct bytes msg);
/* The line for a record whose contents cannot be read. */
void wire_trace_encrypted(struct strbuf *sb, size_t n);

/* ---- between wire_trace.c and wire_trace_ext.c ---- */

/* Where an extension stands: its handshake message, and who sent it. */
struct wire_trace_place {
	unsigned message; /* WIRE_HS_* */
	enum tls_dir dir;
};

/*
 * "extensions, length = N" and the extensions, taken off the front of *in; "No extensions" when
 * there are none. False: malformed, what came before is printed.
 */
bool wire_trace_extensions(struct wire_trace *t, struct strbuf *sb, int indent,
			   struct wire_trace_place at, struct bytes *in);

/* "name (len=N): HEX", of a vector with `width` bytes of length taken off the front of *in. */
bool wire_trace_vector(struct strbuf *sb, int indent, const char *name, size_t width,
		       struct bytes *in);
/* The same for bytes that have no length of their own. */
void wire_trace_hex(struct strbuf *sb, int indent, const char *name, struct bytes b);
/* "rsa_pss_rsae_sha256 (0x0804)" */
void wire_trace_sigalg(struct strbuf *sb, uint16_t id);
/* "secp256r1 (P-256) (23)" */
void wire_trace_group(struct strbuf *sb, uint16_t id);

#endif
