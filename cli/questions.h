/*
 * cli/questions.h -- options that print an answer instead of serving: -help, --version,
 * --list-options, --list-backends, --support, --supports, --man, --completion.
 */
#ifndef S_SERVER_CLI_QUESTIONS_H
#define S_SERVER_CLI_QUESTIONS_H

#include "cli/options.h"

/* True when the command line holds a question: it is answered on stdout, *status is the exit
 * status. Loads the chosen backend for --supports. */
bool questions_answer(const struct options *o, int *status);

/* -help on stderr; `o` holds what was before it. Loads the chosen backend. */
void questions_help(const struct options *o);

#endif
