/*
 * core/terminal.h -- standard input, given to one connection at a time.
 *
 * Read only while a connection is open, so what was typed before waits in the pipe.
 */
#ifndef S_SERVER_CORE_TERMINAL_H
#define S_SERVER_CORE_TERMINAL_H

#include "core/conn.h"

struct terminal *terminal_new(uv_loop_t *loop);
void terminal_free(struct terminal *t); /* closes its handles; run the loop once more afterwards */

/* Watch for input on behalf of a connection: conn_run() is called when there is some. NULL: rest. */
void terminal_attach(struct terminal *t, struct conn *c);

/* Rest while the connection takes no input (false), and go on afterwards. */
void terminal_want(struct terminal *t, bool want);

enum terminal_result { TERMINAL_DATA, TERMINAL_NONE, TERMINAL_END };
/* One read(2): what came, nothing now, or the end of input (also a read error). */
enum terminal_result terminal_read(struct terminal *t, void *buf, size_t len, size_t *done);
/* True when input has ended without a single byte ever. */
bool terminal_was_empty(const struct terminal *t);
bool terminal_ended(const struct terminal *t);

#endif
