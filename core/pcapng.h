/*
 * core/pcapng.h -- -pcapng: what passes as a capture (draft-ietf-opsawg-pcapng) with the TLS secrets
 * inside, so that Wireshark shows it decrypted.
 *
 * The stream is all that a server sees, so IP and TCP headers are made up around it, with the real
 * addresses and ports; a Unix socket gets addresses of the loopback. Every block is written at once
 * and whole, and not later than the library call ends: a server that is killed leaves a good file.
 */
#ifndef S_SERVER_CORE_PCAPNG_H
#define S_SERVER_CORE_PCAPNG_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

struct pcapng;

/* NULL: the file cannot be written, errno tells why. */
struct pcapng *pcapng_new(const char *file);
void pcapng_free(struct pcapng *p); /* NULL allowed */

/* Lines of the NSS key log; before the records that they open. */
void pcapng_secrets(struct pcapng *p, struct bytes lines);

struct pcapng_end {
	uint8_t address[16]; /* IPv4: the first four */
	uint16_t port;
	uint32_t sequence; /* of the next byte from here */
};

/* One connection. */
struct pcapng_flow {
	bool ipv6;
	struct pcapng_end end[2]; /* by direction: TLS_IN the client */
	/* Packets of a library call that may still hand secrets up: Wireshark wants those first. */
	bool hold;
	struct strbuf held;
};

/* fd: the connected socket. id: tells connections of a Unix socket apart. Writes the TCP handshake. */
void pcapng_open(struct pcapng *p, struct pcapng_flow *f, int fd, uint64_t id);
void pcapng_data(struct pcapng *p, struct pcapng_flow *f, enum tls_dir dir, struct bytes data);
/* Write what is held; hold: whether what comes is to be. */
void pcapng_flush(struct pcapng *p, struct pcapng_flow *f, bool hold);
/* The end of both directions. */
void pcapng_close(struct pcapng *p, struct pcapng_flow *f);

#endif
