/*
 * core/worker.h -- a worker: a loop that accepts clients and runs their connections.
 */
#ifndef S_SERVER_CORE_WORKER_H
#define S_SERVER_CORE_WORKER_H

#include "core/conn.h"

/* The loop, without anything in it. False: it cannot be made, errno says why. */
bool worker_init(struct worker *w, struct server *srv, unsigned number);
/* Accept from the server's listener, which is open, as far as the limits allow it. */
void worker_start(struct worker *w);
/* Run until server_stop() was called and the last connection is gone: here, or in a thread. */
void worker_run(struct worker *w);
bool worker_run_thread(struct worker *w); /* false: there is none, errno says why */
void worker_join(struct worker *w);
/* After that: close what is left in the loop, and the loop. */
void worker_close(struct worker *w);

/* A limit may have been left: see to it. From any thread. */
void worker_wake(struct worker *w);

#endif
