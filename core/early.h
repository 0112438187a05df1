/*
 * core/early.h -- TLS 1.3 early data: what a client sends before the handshake is complete.
 *
 * The terminal shows it at once. The other modes get it from conn_read() when the handshake is
 * complete, as if it had come then; until then at most EARLY_LIMIT bytes are kept.
 */
#ifndef S_SERVER_CORE_EARLY_H
#define S_SERVER_CORE_EARLY_H

#include "core/conn.h"

enum { EARLY_LIMIT = 64 * 1024 };

/* Read on. True when there is no more of it, and the handshake may go on. */
bool early_run(struct conn *c);
/* True: *done bytes of what is kept; false when nothing is. */
bool early_take(struct conn *c, void *buf, size_t len, size_t *done);
void early_release(struct conn *c);

#endif
