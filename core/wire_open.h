/*
 * core/wire_open.h -- opens the encrypted records of a connection with the secrets that the library
 * hands up (the NSS key log) and the one primitive that it lends, so that the core can show messages
 * that the library does not report.
 *
 * Follows TLS 1.3 (RFC 8446 7: early data, handshake, application data, key updates) and the AEAD
 * suites of TLS 1.2, renegotiation included. What it cannot open it leaves closed.
 */
#ifndef S_SERVER_CORE_WIRE_OPEN_H
#define S_SERVER_CORE_WIRE_OPEN_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

enum {
	WIRE_OPEN_SECRET = 64, /* the largest secret: of SHA-512 */
	WIRE_OPEN_KEY = 32,
	WIRE_OPEN_NONCE = 12,
};

enum wire_open_label {
	WIRE_OPEN_MASTER, /* CLIENT_RANDOM */
	WIRE_OPEN_CLIENT_EARLY,
	WIRE_OPEN_CLIENT_HANDSHAKE,
	WIRE_OPEN_SERVER_HANDSHAKE,
	WIRE_OPEN_CLIENT_APPLICATION,
	WIRE_OPEN_SERVER_APPLICATION,
	WIRE_OPEN_LABELS
};

struct wire_open_secret {
	uint8_t p[WIRE_OPEN_SECRET];
	size_t n; /* 0: not there */
};

enum wire_open_phase { WIRE_OPEN_CLEAR, WIRE_OPEN_HANDSHAKE, WIRE_OPEN_APPLICATION };

struct wire_open_keys {
	bool ready;
	uint8_t key[WIRE_OPEN_KEY], nonce[WIRE_OPEN_NONCE];
	uint64_t sequence;
};

/* One direction. Before TLS 1.3 WIRE_OPEN_APPLICATION is what a ChangeCipherSpec leads to. */
struct wire_open_direction {
	enum wire_open_phase phase;
	struct wire_open_keys keys;
	struct wire_open_secret secret; /* TLS 1.3: what the keys come from */
};

struct wire_open {
	bool (*aead_open)(const struct tls_sealed *in, uint8_t *out);
	uint16_t version, suite; /* of the ServerHello; 0 before */
	uint8_t client_random[32], server_random[32];
	struct wire_open_secret secrets[WIRE_OPEN_LABELS];
	struct wire_open_direction direction[2];
	struct wire_open_keys early; /* of the client's early data */
	bool early_over;
};

/* aead_open: of the backend; NULL: nothing is ever opened. */
void wire_open_init(struct wire_open *o, bool (*aead_open)(const struct tls_sealed *, uint8_t *));
void wire_open_release(struct wire_open *o); /* wipes it */

/* A line of the key log. Others than those above are passed over. */
void wire_open_secret(struct wire_open *o, const char *label, struct bytes secret);
/* A complete handshake message, clear or opened, in the order of the wire. */
void wire_open_message(struct wire_open *o, enum tls_dir dir, struct bytes message);
/* A ChangeCipherSpec. */
void wire_open_ccs(struct wire_open *o, enum tls_dir dir);

/* As wire_shared.open of wire.h. */
bool wire_open_record(struct wire_open *o, enum tls_dir dir, struct bytes header,
		      struct bytes payload, struct strbuf *plain, unsigned *inner);
/* True when the next record of that direction is clear, or can be opened when it is genuine. */
bool wire_open_reads(struct wire_open *o, enum tls_dir dir);

#endif
