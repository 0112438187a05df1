/*
 * core/skip.h -- passes over early data for a library that does not know it (RFC 8446 4.2.10).
 *
 * A client that sends some has a ticket, of whatever server, and goes on with it until it hears that
 * it is rejected. Its records are encrypted under a key that the library has not, so all that does
 * not open under the client's handshake key is thrown away, up to the first record that does.
 */
#ifndef S_SERVER_CORE_SKIP_H
#define S_SERVER_CORE_SKIP_H

#include "core/tls_backend.h"

/* Not in use when all zero. */
struct skip {
	bool (*opens)(void *ud, struct bytes record); /* whole, with its header: the client's first
							 record under its handshake key */
	void *ud;
	size_t left; /* bytes that may still be skipped */
	uint8_t *record;
	size_t n, at; /* of the record under way; what the library has of it */
};

/* Begin, when the ClientHello announces early data. */
void skip_begin(struct skip *s, const struct client_hello *hello, size_t max,
		bool (*opens)(void *ud, struct bytes record), void *ud);
bool skip_active(const struct skip *s);
/* Instead of io->recv. */
enum tls_status skip_recv(struct skip *s, const struct tls_transport *io, void *buf, size_t len,
			  size_t *done);
void skip_release(struct skip *s);

/* For opens(): whether a record of TLS 1.3 opens as the first one under a key. */
bool skip_opens(uint16_t suite, const uint8_t *key, const uint8_t *iv,
		bool (*aead_open)(const struct tls_sealed *in, uint8_t *out), struct bytes record);

#endif
