/*
 * core/worker.h -- a worker: a loop that accepts clients and runs their connections.
 */
#ifndef S_SERVER_CORE_WORKER_H
#define S_SERVER_CORE_WORKER_H

#include "core/conn.h"

/* The loop, without anything in it. */
void worker_init(struct worker *w, struct server *srv);
/* Accept from the server's listener, which is open. */
void worker_start(struct worker *w);
/* Accept as far as the limits allow it now; they may have been reached before. */
void worker_listen(struct worker *w);
/* Accept no more; the loop ends when the last connection is gone. */
void worker_stop(struct worker *w);
/* Close what is left in the loop, and the loop. */
void worker_close(struct worker *w);

#endif
