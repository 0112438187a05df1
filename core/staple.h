/*
 * core/staple.h -- the OCSP response for a connection: from -status_file, or fetched from responders.
 *
 * What the client wants is in its ClientHello, so the responders are asked before the library
 * starts: nothing has to wait inside of a handshake. Where the certificate is not yet certain (-dcert,
 * -xcert), those of all candidates are asked.
 */
#ifndef S_SERVER_CORE_STAPLE_H
#define S_SERVER_CORE_STAPLE_H

#include "core/conn.h"

struct staple;

/* Begin for a connection whose ClientHello is there. NULL: nobody need be asked. The connection is run
 * again when the last answer has come. */
struct staple *staple_start(struct conn *c);
/* True when all answers have come, or failed. NULL allowed. */
bool staple_ready(const struct staple *s);
/* Gives up what has not come. NULL allowed. */
void staple_free(struct staple *s);

/* tls_host.staple: tells on stderr what s_server tells. */
bool staple_answer(struct conn *c, struct bytes cert, struct bytes *response);

#endif
