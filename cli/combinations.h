/*
 * cli/combinations.h -- what openssl s_server refuses although each option on its own is good.
 */
#ifndef S_SERVER_CLI_COMBINATIONS_H
#define S_SERVER_CLI_COMBINATIONS_H

#include "cli/options.h"

/* False: `err` holds the lines to print, newlines included. Looks at the command line only. */
bool options_check(const struct options *o, struct strbuf *err);

#endif
