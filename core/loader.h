/*
 * core/loader.h -- finding and loading backends.
 *
 * A backend is <dir>/<name>.so, searched in $S_SERVER_BACKEND_PATH (colon list), then in
 * ../lib/s_server relative to the running program. An absolute path names a module directly.
 * One backend per process: two TLS libraries in one can bind to each other's symbols.
 */
#ifndef S_SERVER_CORE_LOADER_H
#define S_SERVER_CORE_LOADER_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

/* NULL with *why filled (one line) when there is no such backend or it cannot be used. */
const struct tls_backend *loader_open(const char *name, struct strbuf *why);

/* Names of the modules found, sorted, each once. Free with loader_free_names(). */
size_t loader_names(char ***names);
void loader_free_names(char **names, size_t n);

/* All capabilities of an initialised backend; entries that it does not set say "not built yet". */
void loader_capabilities(const struct tls_backend *backend, struct tls_cap_entry cap[TLS_CAP_COUNT]);

#endif
