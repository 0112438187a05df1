#include "cli/help.h"

#include "cli/support.h"

#include <string.h>

/* The column of the texts, as in OpenSSL (opt_print() in apps/lib/opt.c). */
enum { TEXT_COLUMN = 28 };

void help_add_usage(struct strbuf *out, const struct option *opt)
{
	strbuf_addf(out, "%s%s", opt->section == SECTION_OWN ? "-" : "", opt->name);
	if (opt->arg == ARG_OPTIONAL)
		strbuf_addf(out, "[=%s]", opt->arg_name);
	else if (opt->arg != ARG_NONE)
		strbuf_addf(out, " %s", opt->arg_name);
}

const char *help_section_title(enum option_section section)
{
	static const char *const title[SECTION_COUNT] = {
#define SECTION(id, text) [SECTION_##id] = text,
#include "cli/sections.def"
#undef SECTION
	};

	return title[section];
}

static void add_row(struct strbuf *out, const struct option *opt)
{
	size_t start = out->n;

	strbuf_addc(out, ' ');
	help_add_usage(out, opt);
	if (out->n - start >= TEXT_COLUMN) {
		strbuf_addc(out, '\n');
		start = out->n;
	}
	strbuf_addf(out, "%*s%s\n", (int)(TEXT_COLUMN - (out->n - start)), "", opt->help);
}

void help_add(struct strbuf *out, const char *title, const struct tls_cap_entry *cap)
{
	struct tls_cap_entry all[TLS_CAP_COUNT];
	int section = -1;

	for (size_t i = 0; i < TLS_CAP_COUNT; i++)
		all[i] = cap ? cap[i] : (struct tls_cap_entry){TLS_CAP_YES, NULL};
	strbuf_adds(out, "Usage: s_server [options]\n");
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);

		if (support_of((enum option_id)i, all).level == TLS_CAP_NO)
			continue;
		if ((int)opt->section != section)
			strbuf_addf(out, "\n%s:\n", help_section_title(opt->section));
		section = (int)opt->section;
		add_row(out, opt);
	}
	if (cap)
		strbuf_addf(out, "\nNot supported by %s:\n", title);
	else
		strbuf_adds(out, "\nNot supported:\n");
	support_add_notes(out, all, TLS_CAP_NO, " ", true);
}
