/*
 * cli/options.h -- the option table (cli/options.def), and a command line parsed by it.
 *
 * One row an option drives parsing, checks, -help, the man page, completion, the lists, the support
 * matrix and the tests that walk them. Parsing prints nothing: errors are handed up as the lines
 * that openssl s_server prints.
 */
#ifndef S_SERVER_CLI_OPTIONS_H
#define S_SERVER_CLI_OPTIONS_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

enum option_id {
#define OPTION(id, ...) OPT_##id,
#include "cli/options.def"
#undef OPTION
	OPT_COUNT
};

/* What an option takes; the parser checks it and gives OpenSSL's errors. */
enum option_arg {
	ARG_NONE,
	ARG_STRING,
	ARG_INT,          /* int, any sign */
	ARG_POSITIVE,     /* int > 0 */
	ARG_UNSIGNED,     /* int >= 0 */
	ARG_PORT,         /* 0 to 65535 */
	ARG_INTMAX,
	ARG_INFILE,       /* name; opened later, by whoever reads it */
	ARG_OUTFILE,
	ARG_DIR,          /* must be a directory now */
	ARG_URI,
	ARG_PEM_DER,      /* PEM or DER, first letter, any case */
	ARG_KEY_FORMAT,   /* DER, PEM, P12 or ENGINE */
	ARG_CHOICE,       /* one of arg_name, "a|b|c" */
	ARG_OPTIONAL,     /* the same, but only as -name=value; the first of them when left out */
};

enum option_section {
#define SECTION(id, title) SECTION_##id,
#include "cli/sections.def"
#undef SECTION
	SECTION_COUNT
};

/* An option that the core does for every backend has no capability. */
enum { OPTION_CORE = -1 };

struct option {
	const char *name;       /* with its dash, "-cert" */
	enum option_arg arg;
	const char *arg_name;   /* as -help shows it: "infile", "+int", "val"; "" for ARG_NONE */
	enum option_section section;
	int cap;                /* enum tls_cap, or OPTION_CORE */
	const char *since;      /* OpenSSL release that has it: "3.0", "3.2", "4.0"; "own" for ours */
	const char *unbuilt;    /* why no backend can, whatever its capability says; NULL when built */
	const char *help;       /* one line, without a full stop */
};

const struct option *option_info(enum option_id id);
/* By name with one or two dashes; false when unknown. -h is -help, and -curves is -groups. In the
 * names of our own options '_' and '-' are the same. */
bool option_find(const char *name, size_t n, enum option_id *id);

struct option_use {
	enum option_id id;
	const char *value; /* points into argv; NULL for ARG_NONE and a left out ARG_OPTIONAL */
	/* Of the numeric kinds; 'D' (DER), 'P' (PEM), '1' (P12), 'E' (ENGINE) of the format kinds;
	 * the index into arg_name's list of the choices. */
	intmax_t number;
};

struct options {
	struct option_use *use; /* in the order given, repetitions included; owned */
	size_t n;
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_ERROR };

/*
 * Parse argv[1..]. OPTIONS_HELP as soon as -help is reached. OPTIONS_ERROR: `err` holds the lines
 * to print, newlines included ("s_server: Unknown option: -x\ns_server: Use -help for summary.\n").
 * options_release() in every case.
 */
enum options_result options_parse(struct options *o, int argc, char **argv, struct strbuf *err);
/* Put what S_SERVER_BACKEND and S_SERVER_UNSUPPORTED say before the options that were given. False:
 * a value is bad, `err` holds the lines. */
bool options_add_environment(struct options *o, struct strbuf *err);
void options_release(struct options *o);

bool options_given(const struct options *o, enum option_id id);
/* The last use, which is the one that counts for most options; NULL when not given. */
const struct option_use *options_last(const struct options *o, enum option_id id);
/* The value of the last use, or `otherwise`. */
const char *options_value(const struct options *o, enum option_id id, const char *otherwise);
intmax_t options_number(const struct options *o, enum option_id id, intmax_t otherwise);
/* Where the last use stands among all; -1 when not given. For pairs where the later one wins. */
long options_position(const struct options *o, enum option_id id);

#endif
