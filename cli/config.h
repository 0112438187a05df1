/*
 * cli/config.h -- from the parsed command line to the plain structs that the server runs with.
 */
#ifndef S_SERVER_CLI_CONFIG_H
#define S_SERVER_CLI_CONFIG_H

#include "cli/options.h"
#include "core/pool.h"
#include "core/server.h"

struct config {
	struct tls_config tls;
	struct server_config server;
	struct tls_credential *creds, *sni_creds; /* those of tls */
	struct pool pool;                         /* all that these point to; wiped when released */
};

enum config_result {
	CONFIG_OK,
	CONFIG_ERROR,       /* a value or file is wrong: exit status 1 */
	CONFIG_UNSUPPORTED, /* the library lacks what a value asks for: exit status 77 */
};

/* The library to serve with, after its init(). */
struct config_library {
	const struct tls_backend *backend;
	const struct tls_cap_entry *cap; /* TLS_CAP_COUNT of them */
};

/*
 * What the library's init() may want to know: the options that only libraries understand, by name,
 * in the order given. *settings is the pool's.
 */
size_t config_settings(struct pool *pool, const struct options *o,
		       const struct tls_setting **settings);

/*
 * Fill *c, which stays where it is; options_check() has passed `o`, which outlives it, as argv
 * does. `out` holds what is to be printed on stderr, whole lines: notices, and on failure the
 * reason. config_release() in every case.
 */
enum config_result config_build(struct config *c, const struct options *o, int argc, char **argv,
				const struct config_library *lib, struct strbuf *out);
void config_release(struct config *c);

#endif
