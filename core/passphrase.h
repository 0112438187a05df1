/*
 * core/passphrase.h -- where pass phrases come from: pass:, env:, file:, fd:, stdin, or a person.
 */
#ifndef S_SERVER_CORE_PASSPHRASE_H
#define S_SERVER_CORE_PASSPHRASE_H

#include "core/pool.h"
#include "core/strbuf.h"

/*
 * The phrases that -pass and -dpass name; either may be NULL and gives NULL. When both name the
 * same source, the first line is for `first` and the next for `second`. Exactly one line is taken
 * from a descriptor or standard input: what follows stays there. False: `why` holds OpenSSL's line.
 */
bool passphrases_resolve(struct pool *pool, const char *const source[2], const char *phrase[2],
			 struct strbuf *why);

/*
 * Ask at the terminal, without echo: "Enter pass phrase for F:". Where there is none, one line is
 * taken from standard input, as scripts for openssl expect, unless terminal_only. False when nobody
 * answers.
 */
bool passphrase_ask(struct pool *pool, const char *file, bool terminal_only, const char **phrase);

#endif
