/*
 * cli/config_parts.h -- the parts of config_build(); each fills its fields of the structs.
 *
 * All return CONFIG_OK, or another result after config_fail().
 */
#ifndef S_SERVER_CLI_CONFIG_PARTS_H
#define S_SERVER_CLI_CONFIG_PARTS_H

#include "cli/config.h"

struct config_run {
	struct config *c;
	const struct options *o;
	const struct config_library *lib;
	struct tls_algorithms algorithms;
	struct strbuf *out; /* lines for stderr */
};

/* Adds the line and returns CONFIG_ERROR. */
enum config_result config_fail(struct config_run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A refusal of `what`, an option maybe with a value: CONFIG_UNSUPPORTED, or CONFIG_OK when
 * --unsupported=warn leaves it at the line. */
enum config_result config_lacks(struct config_run *run, const char *what, const char *why);

/* True for an option that is handed to the library by name. */
bool config_is_setting(const struct option_use *use);

/* Values and files that only the library looks at, and late or not at all. */
enum config_result config_checks(struct config_run *run);
/* Where to listen, what to do, what to print. */
enum config_result config_server(struct config_run *run);
/* -cipher, -ciphersuites, -groups, -sigalgs and the protocol versions. */
enum config_result config_lists(struct config_run *run);
/* Certificates, keys and their pass phrases, DH parameters. */
enum config_result config_credentials(struct config_run *run);
/* -status and its kin, but for the issuers. */
enum config_result config_status(struct config_run *run);
/* CAs, CRLs, issuers of our certificates, and chains built from CAs; after config_credentials(). */
enum config_result config_trust(struct config_run *run);
/* The command line as -www shows it. */
const char *config_command_line(struct pool *pool, int argc, char **argv, bool show_secrets);

#endif
