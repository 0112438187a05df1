#include "cli/help.h"

#include "cli/support.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Where the release and the text begin. */
enum { SINCE_COLUMN = 36 };

void help_add_list(struct strbuf *out)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);
		size_t start = out->n;
		size_t width;

		help_add_usage(out, opt);
		width = out->n - start < SINCE_COLUMN ? SINCE_COLUMN - (out->n - start) : 1;
		strbuf_addf(out, "%*s%-4s %s%s%s\n", (int)width, "", opt->since, opt->help,
			    opt->unbuilt ? "; " : "", opt->unbuilt ? opt->unbuilt : "");
	}
}

static void add_escaped(struct strbuf *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			strbuf_addc(out, '\\');
		strbuf_addc(out, *text);
	}
}

void help_add_list_markdown(struct strbuf *out)
{
	struct strbuf usage = STRBUF_INIT;
	int section = -1;

	strbuf_adds(out, "# All options\n\nMade by `s_server --list-options=markdown`. The second "
			 "column is the release of OpenSSL that brought the option; options that "
			 "are refused say why.\n");
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);

		if ((int)opt->section != section)
			strbuf_addf(out,
				    "\n## %s\n\n| option | since | what it does |\n|---|---|---|\n",
				    help_section_title(opt->section));
		section = (int)opt->section;
		strbuf_reset(&usage);
		help_add_usage(&usage, opt);
		strbuf_adds(out, "| `");
		add_escaped(out, usage.p, "|");
		strbuf_addf(out, "` | %s | ", opt->since);
		add_escaped(out, opt->help, "|*_");
		if (opt->unbuilt)
			strbuf_adds(out, ". Refused: ");
		add_escaped(out, opt->unbuilt ? opt->unbuilt : "", "|*_");
		strbuf_adds(out, " |\n");
	}
	strbuf_release(&usage);
}

static const char *kind_name(enum option_arg kind)
{
	switch (kind) {
	case ARG_NONE:
		return "none";
	case ARG_STRING:
		return "string";
	case ARG_INT:
		return "integer";
	case ARG_POSITIVE:
		return "positive integer";
	case ARG_UNSIGNED:
		return "integer from 0";
	case ARG_PORT:
		return "port";
	case ARG_INTMAX:
		return "large integer";
	case ARG_INFILE:
		return "input file";
	case ARG_OUTFILE:
		return "output file";
	case ARG_DIR:
		return "directory";
	case ARG_URI:
		return "uri";
	case ARG_PEM_DER:
	case ARG_KEY_FORMAT:
		return "format";
	case ARG_CHOICE:
		return "choice";
	case ARG_OPTIONAL:
		return "optional choice";
	}
	return "none";
}

void help_add_list_json(struct strbuf *out)
{
	json_t *list = json_array();
	char *text;

	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);
		const char *cap =
			opt->cap == OPTION_CORE ? NULL : support_cap_name((enum tls_cap)opt->cap);

		/* Fails without memory only; then the dump fails, too. */
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s}", "name", opt->name,
				  "kind", kind_name(opt->arg), "argument", opt->arg_name, "section",
				  help_section_title(opt->section), "since", opt->since,
				  "capability", cap, "unbuilt", opt->unbuilt, "help", opt->help));
	}
	text = json_dumps(list, JSON_INDENT(2));
	strbuf_addf(out, "%s\n", text ? text : "");
	free(text);
	json_decref(list);
}
