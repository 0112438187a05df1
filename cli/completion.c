#include "cli/help.h"

#include <string.h>

static bool names_files(enum option_arg kind)
{
	return kind == ARG_INFILE || kind == ARG_OUTFILE || kind == ARG_URI;
}

/* A case pattern of the options that `belongs` is true for: "-cert|-key". */
static void add_pattern(struct strbuf *out, bool (*belongs)(const struct option *opt))
{
	const char *separator = "\t";

	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);

		if (!belongs(opt))
			continue;
		strbuf_addf(out, "%s%s | -%s", separator, opt->name, opt->name);
		separator = " | ";
	}
	strbuf_adds(out, ")\n");
}

static bool takes_file(const struct option *opt)
{
	/* -key, -unix and -serverinfo are files, too, although OpenSSL calls them values. */
	return names_files(opt->arg) || strcmp(opt->name, "-key") == 0 ||
	       strcmp(opt->name, "-unix") == 0 || strcmp(opt->name, "-serverinfo") == 0;
}

static bool takes_directory(const struct option *opt)
{
	return opt->arg == ARG_DIR;
}

static bool takes_backend(const struct option *opt)
{
	return strcmp(opt->name, "-backend") == 0;
}

static bool takes_other(const struct option *opt)
{
	return opt->arg != ARG_NONE && opt->arg != ARG_OPTIONAL && opt->arg != ARG_CHOICE &&
	       opt->arg != ARG_PEM_DER && opt->arg != ARG_KEY_FORMAT && !takes_file(opt) &&
	       !takes_directory(opt) && !takes_backend(opt);
}

static void add_words(struct strbuf *out, const struct option *opt)
{
	const char *words = opt->arg == ARG_KEY_FORMAT ? "DER|PEM|P12|ENGINE" : opt->arg_name;

	strbuf_addf(out, "\t%s | -%s)\n\t\tCOMPREPLY=($(compgen -W \"", opt->name, opt->name);
	for (; *words; words++)
		strbuf_addc(out, *words == '|' ? ' ' : *words);
	strbuf_adds(out, "\" -- \"$word\"))\n\t\treturn\n\t\t;;\n");
}

static void add_values(struct strbuf *out)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);

		if (opt->arg == ARG_CHOICE || opt->arg == ARG_PEM_DER || opt->arg == ARG_KEY_FORMAT)
			add_words(out, opt);
	}
}

/* All options as they are typed; the choices of ARG_OPTIONAL are words of their own. */
static void add_options(struct strbuf *out)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);
		const char *dash = opt->section == SECTION_OWN ? "-" : "";
		const char *word = opt->arg_name;

		strbuf_addf(out, "\t%s%s\n", dash, opt->name);
		while (opt->arg == ARG_OPTIONAL && *word) {
			size_t n = strcspn(word, "|");

			strbuf_addf(out, "\t%s%s=%.*s\n", dash, opt->name, (int)n, word);
			word += n + (word[n] == '|');
		}
	}
}

void help_add_completion(struct strbuf *out)
{
	strbuf_adds(out, "# bash completion for s_server; made by `s_server --completion`.\n\n"
			 "_s_server_options='\n");
	add_options(out);
	strbuf_adds(out,
		    "'\n\n_s_server()\n{\n"
		    "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n\n"
		    "\tCOMPREPLY=()\n"
		    "\tcase $before in\n");
	add_pattern(out, takes_file);
	strbuf_adds(out, "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\t\treturn\n\t\t;;\n");
	add_pattern(out, takes_directory);
	strbuf_adds(out, "\t\tCOMPREPLY=($(compgen -d -- \"$word\"))\n\t\treturn\n\t\t;;\n");
	add_pattern(out, takes_backend);
	strbuf_adds(out, "\t\tCOMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" --list-backends "
			 "2>/dev/null | cut -d' ' -f1)\" -- \"$word\"))\n\t\treturn\n\t\t;;\n");
	add_values(out);
	add_pattern(out, takes_other);
	strbuf_adds(out, "\t\treturn\n\t\t;;\n"
			 "\tesac\n"
			 "\tCOMPREPLY=($(compgen -W \"$_s_server_options\" -- \"$word\"))\n"
			 "}\n\n"
			 "complete -F _s_server s_server\n");
}
