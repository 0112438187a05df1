/*
 * core/wire_text.h -- what passes on the wire, in OpenSSL's own wording (-msg, -state, -debug,
 * -tlsextdebug), and the ClientHello as a listing and as JSON.
 */
#ifndef S_SERVER_CORE_WIRE_TEXT_H
#define S_SERVER_CORE_WIRE_TEXT_H

#include "core/client_hello.h"
#include "core/strbuf.h"
#include "core/tls_backend.h"

#include <jansson.h>

/* OpenSSL's words for what is on the wire, NULL for what it does not know: "TLS 1.2", "Handshake",
 * "ClientHello". */
const char *wire_version_text(uint16_t version);
const char *wire_content_type_text(unsigned content_type);
const char *wire_handshake_text(unsigned type);

/*
 * The lines of -msg for one message: "<<< TLS 1.3, Handshake [length 00dc], ClientHello" and its
 * bytes. version and content_type as OpenSSL's message callback has them (WIRE_TYPE_* of wire.h,
 * pseudo types included); msg may be empty.
 */
void wire_text_message(struct strbuf *sb, enum tls_dir dir, uint16_t version, unsigned content_type,
		       struct bytes msg);

/* The lines of -tlsextdebug for everything the client sent. */
void wire_text_extensions(struct strbuf *sb, const struct client_hello *hello);

/*
 * The line of -state that OpenSSL prints when a server has read (TLS_IN) or written (TLS_OUT) that
 * message, without newline: "SSL_accept:SSLv3/TLS read client hello". `version` is the negotiated
 * one. content_type is WIRE_TYPE_HANDSHAKE (then handshake_type counts) or WIRE_TYPE_CCS. NULL
 * for a message that has no such line. Static storage.
 */
const char *wire_state_line(enum tls_dir dir, uint16_t version, unsigned content_type,
			    unsigned handshake_type);

/*
 * All the lines of -state for a connection whose library reports messages and no states. OpenSSL
 * prints a state when it is left, so some lines come twice; this keeps account of that. Zero it.
 */
struct wire_state {
	const char *current; /* the line of the last message; NULL before the first */
	bool unsaid;         /* `current` was read and is not printed yet */
};

/* Before the first byte is read: "SSL_accept:before SSL initialization". */
void wire_state_start(struct wire_state *st, struct strbuf *sb);
/* For each handshake message and ChangeCipherSpec, read or written. Lines end in newlines. */
void wire_state_message(struct wire_state *st, struct strbuf *sb, enum tls_dir dir,
			uint16_t version, unsigned content_type, struct bytes msg);
/* When a handshake, or the handling of a message after it, is complete. */
void wire_state_done(struct wire_state *st, struct strbuf *sb);
/* When the handshake failed, after the alert's line: "SSL_accept:error in error". */
void wire_state_failed(struct wire_state *st, struct strbuf *sb);

/* The line of -state for an alert, without newline: "SSL3 alert read:warning:close notify". */
void wire_text_alert_state(struct strbuf *sb, enum tls_dir dir, unsigned level,
			   unsigned description);

/*
 * -debug: "read from 0x... [0x...] (5 bytes => 5 (0x5))" and a dump of `data`. asked: how much was
 * to be read or written; result: what came of it, -1 for nothing yet.
 */
void wire_text_io(struct strbuf *sb, enum tls_dir dir, const void *tag, struct bytes data,
		  size_t asked, long result);

/* What a peer chose freely: printable ASCII as it is, the rest as \xNN. */
void wire_text_printable(struct strbuf *sb, struct bytes b);

/* Everything the client offers, one item a line, unknown numbers as 0xNNNN, JA3 and JA4 last. */
void wire_text_offer(struct strbuf *sb, const struct client_hello *hello);

/* The same for --json: a new reference. */
json_t *wire_json_hello(const struct client_hello *hello);

#endif
