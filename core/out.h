/*
 * core/out.h -- where text goes: each call writes its block at once and in order.
 *
 * openssl s_server buffers stdout and writes received data beside the buffer, so lines come late or
 * out of order through a pipe; here every block is one write(2), and blocks of several
 * threads never mix.
 */
#ifndef S_SERVER_CORE_OUT_H
#define S_SERVER_CORE_OUT_H

#include "core/strbuf.h"

/* Write all of it to a descriptor, waiting when it is non-blocking and full. Errors are dropped:
 * a reader that went away must not end the server. */
void out_write(int fd, struct bytes data);

/* Write what the buffer holds, if anything, and release it. */
void out_flush(int fd, struct strbuf *text);

void out_printf(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
