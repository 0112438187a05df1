/* Modules for the tests of the loader. MODULE_NAME: its name; MODULE_BROKEN: what is wrong. */
#include "core/tls_backend.h"

#if defined(MODULE_NO_SYMBOL)
extern const int something_else;
const int something_else = 1;
#else

static void capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	cap[0].level = TLS_CAP_YES;
	cap[0].note = NULL;
	cap[1].level = TLS_CAP_PARTIAL;
	cap[1].note = "half of it";
}

#ifndef MODULE_ABI
#define MODULE_ABI TLS_BACKEND_ABI
#endif
#ifndef MODULE_SIZE
#define MODULE_SIZE sizeof(struct tls_backend)
#endif

__attribute__((visibility("default"))) const struct tls_backend tls_backend_v1 = {
	.abi = MODULE_ABI,
	.size = MODULE_SIZE,
	.name = MODULE_NAME,
	.library = "no library",
	.capabilities = capabilities,
};

#endif
