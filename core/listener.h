/*
 * core/listener.h -- the listening socket.
 */
#ifndef S_SERVER_CORE_LISTENER_H
#define S_SERVER_CORE_LISTENER_H

#include "core/server.h"
#include "core/strbuf.h"

struct listener {
	int fd;
	const char *unix_path; /* removed on close, since we made it; NULL for TCP */
};

/*
 * Resolve, bind and listen, as the configuration says. False with one line in *why. A Unix path
 * that exists is an error unless cfg->unlink; nothing that we did not create is removed.
 */
bool listener_open(struct listener *l, const struct server_config *cfg, struct strbuf *why);
void listener_close(struct listener *l);
/* Only what would stay behind the process: the path of a Unix socket. */
void listener_unlink(const struct listener *l);
/* A sentence when the kernel's settings let -tfo do nothing; else nothing. */
void listener_tfo_notice(struct strbuf *out);

/* Write the address to a file, for who waits for us: to a regular file at once as a whole, so that
 * nobody reads half of it; into anything else (a FIFO, /dev/fd/3) directly. */
bool listener_write_ready(const struct listener *l, const char *name, struct strbuf *why);

/* What follows "ACCEPT" on the ready line: empty for a fixed port, " HOST:PORT" when the kernel
 * chose the port or for a Unix socket. */
void listener_ready_text(const struct listener *l, const struct server_config *cfg,
			 struct strbuf *out);

/* What the listener is bound to: "127.0.0.1:4433", "[::]:4433", or the path of a Unix socket. */
void listener_address_text(const struct listener *l, struct strbuf *out);
/* "127.0.0.1:45678", "[::1]:45678" or "unix": the peer of a connected socket. */
void listener_peer_text(int fd, struct strbuf *out);
/* The port that the listener is bound to, 0 for a Unix socket. */
unsigned listener_port(const struct listener *l);

#endif
