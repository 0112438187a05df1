/*
 * core/callbacks.h -- what a library tells and asks while it works, answered once for all of them.
 */
#ifndef S_SERVER_CORE_CALLBACKS_H
#define S_SERVER_CORE_CALLBACKS_H

#include "core/server.h"
#include "core/tls_backend.h"

/* The host table; every sud is a struct conn. */
struct tls_host callbacks_host(void);

/* The client's server_name is -servername, which must be given. */
bool callbacks_is_servername(const struct server_config *cfg, struct bytes name);

#endif
