/*
 * tests/support/config.h -- a configuration built from a command line for a scripted backend.
 */
#ifndef S_SERVER_TESTS_CONFIG_H
#define S_SERVER_TESTS_CONFIG_H

#include "cli/config.h"

/* A library with TLS 1.0 to 1.3, AES-GCM suites, x25519, secp256r1 and all capabilities. */
extern struct tls_cap_entry fake_cap[TLS_CAP_COUNT];
extern uint32_t fake_versions;
extern const struct tls_backend fake_backend;

struct built {
	struct config config;
	struct options options;
	char *words, *argv[64]; /* the command line; pointed into */
	struct strbuf out;      /* what config_build() has to say */
	enum config_result result;
};

/* Words with blanks between, without the program's name. Options that do not parse fail the test.
 */
void built_init(struct built *b, const char *command_line);
void built_release(struct built *b);

#endif
