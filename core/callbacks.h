/*
 * core/callbacks.h -- what a library tells and asks while it works, answered once for all of them.
 */
#ifndef S_SERVER_CORE_CALLBACKS_H
#define S_SERVER_CORE_CALLBACKS_H

#include "core/tls_backend.h"

/* The host table; every sud is a struct conn. */
struct tls_host callbacks_host(void);

#endif
