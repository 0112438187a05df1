/*
 * core/ktls.h -- TLS in the kernel, as far as s_server has it: not at all.
 *
 * openssl s_server -ktls on a kernel without TLS does what it does without the option, and so does
 * s_server. On a kernel that has TLS it is refused.
 */
#ifndef S_SERVER_CORE_KTLS_H
#define S_SERVER_CORE_KTLS_H

#include <stdbool.h>

/* True when this kernel can encrypt the records of a TCP connection. */
bool ktls_in_kernel(void);

#endif
