/* The texts made from the option table hold every row; the committed ones are what is made. */
#include "cli/help.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tls_cap_entry cap[TLS_CAP_COUNT];

static void all_able(void)
{
	for (size_t i = 0; i < TLS_CAP_COUNT; i++)
		cap[i] = (struct tls_cap_entry){TLS_CAP_YES, NULL};
}

static bool has_line(const struct strbuf *text, const char *start, char then)
{
	size_t n = strlen(start);

	for (const char *line = text->p; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, start, n) == 0 && line[n] == then)
			return true;
	}
	return false;
}

Test(help, begins_as_openssl_s, .init = all_able)
{
	struct strbuf text = STRBUF_INIT;
	const char *start =
		"Usage: s_server [options]\n\nGeneral options:\n"
		" -help                      Print this list and stop; options behind it are not "
		"looked at\n"
		" -ssl_config val            Apply this ssl_conf";

	help_add(&text, "FakeTLS 1", cap);
	cr_expect_eq(strncmp(text.p, start, strlen(start)), 0, "%.200s", text.p);
	strbuf_release(&text);
}

/* Test suites look for "^ *-dtls1_2 " to learn what they can ask for. */
Test(help, lists_what_works_and_names_the_rest_without_dashes, .init = all_able)
{
	struct strbuf text = STRBUF_INIT, name = STRBUF_INIT;
	const char *rest;

	cap[TLS_CAP_TLS1_0] = (struct tls_cap_entry){TLS_CAP_NO, "too old"};
	cap[TLS_CAP_PSK] = (struct tls_cap_entry){TLS_CAP_PARTIAL, "short keys"};
	help_add(&text, "FakeTLS 1", cap);
	rest = strstr(text.p, "\nNot supported by FakeTLS 1:\n");
	cr_assert_not_null(rest);
	cr_expect_not_null(strstr(rest, "\n tls1: too old\n"));
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);
		bool works = !opt->unbuilt && opt->cap != TLS_CAP_TLS1_0;

		strbuf_reset(&name);
		strbuf_addf(&name, " %s%s", opt->section == SECTION_OWN ? "-" : "", opt->name);
		cr_expect_eq(has_line(&text, name.p, ' ') || has_line(&text, name.p, '[') ||
				     has_line(&text, name.p, '\n'),
			     works, "%s", name.p);
		if (!works)
			cr_expect_not_null(strstr(rest, opt->name + 1), "%s", name.p);
	}
	strbuf_release(&text);
	strbuf_release(&name);
}

Test(help, without_a_backend_only_unbuilt_options_are_missing)
{
	struct strbuf text = STRBUF_INIT;

	help_add(&text, NULL, NULL);
	cr_expect(has_line(&text, " -tls1", ' '));
	cr_expect(has_line(&text, " -alpn", ' '));
	cr_expect_not(has_line(&text, " -ssl2", ' '));
	cr_expect(has_line(&text, "Not supported:", '\n'));
	strbuf_release(&text);
}

Test(help, sections_have_openssl_s_titles_in_its_order)
{
	/* As printed by openssl s_server -help of 3.0 and 3.5. */
	static const char *const titles[] = {
		"General options",         "Network options",
		"Identity options",        "OCSP options",
		"Debug options",           "Network options",
		"Server identity options", "Protocol and version options",
		"Random state options",    "TLS/SSL options",
		"Validation options",      "Extended certificate options",
		"Provider options",
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		cr_expect_str_eq(help_section_title((enum option_section)i), titles[i]);
	cr_expect_eq(SECTION_COUNT, sizeof(titles) / sizeof(titles[0]) + 1);
}

/* "\fB\-cert_chain\fR infile" of the manual page. */
static void add_roff_name(struct strbuf *out, const struct option *opt)
{
	strbuf_adds(out, opt->section == SECTION_OWN ? "\\fB\\-" : "\\fB");
	for (const char *p = opt->name; *p; p++)
		if (*p == '-')
			strbuf_adds(out, "\\-");
		else
			strbuf_addc(out, *p);
	strbuf_adds(out, "\\fR");
}

Test(help, every_row_is_in_the_manual_the_lists_and_the_completion)
{
	struct strbuf man = STRBUF_INIT, list = STRBUF_INIT, completion = STRBUF_INIT;
	struct strbuf name = STRBUF_INIT;

	help_add_man(&man);
	help_add_list(&list);
	help_add_completion(&completion);
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);

		strbuf_reset(&name);
		add_roff_name(&name, opt);
		cr_expect(has_line(&man, name.p,
				   opt->arg == ARG_NONE       ? '\n'
				   : opt->arg == ARG_OPTIONAL ? '['
							      : ' '),
			  "%s", name.p);
		strbuf_reset(&name);
		help_add_usage(&name, opt);
		cr_expect(has_line(&list, name.p, ' '), "%s", name.p);
		strbuf_reset(&name);
		strbuf_addf(&name, "\t%s%s", opt->section == SECTION_OWN ? "-" : "", opt->name);
		cr_expect(has_line(&completion, name.p, '\n'), "%s", name.p);
	}
	strbuf_release(&man);
	strbuf_release(&list);
	strbuf_release(&completion);
	strbuf_release(&name);
}

Test(help, list_json_tells_each_row)
{
	struct strbuf text = STRBUF_INIT;
	json_t *list;

	help_add_list_json(&text);
	list = json_loadb(text.p, text.n, 0, NULL);
	cr_assert_eq(json_array_size(list), OPT_COUNT);
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);
		const json_t *entry = json_array_get(list, (size_t)i);

		cr_expect_str_eq(json_string_value(json_object_get(entry, "name")), opt->name);
		cr_expect_str_eq(json_string_value(json_object_get(entry, "help")), opt->help);
		cr_expect_str_eq(json_string_value(json_object_get(entry, "since")), opt->since);
		cr_expect_eq(json_is_null(json_object_get(entry, "capability")),
			     opt->cap == OPTION_CORE, "%s", opt->name);
		cr_expect_eq(json_is_null(json_object_get(entry, "unbuilt")), !opt->unbuilt, "%s",
			     opt->name);
		cr_expect_eq(strcmp(json_string_value(json_object_get(entry, "kind")), "none") == 0,
			     opt->arg == ARG_NONE, "%s", opt->name);
	}
	json_decref(list);
	strbuf_release(&text);
}

static void read_all(FILE *f, struct strbuf *out)
{
	char chunk[4096];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		strbuf_add(out, chunk, n);
}

/* A line of openssl's -help, " -name arg   text", under the heading `section`. */
static void expect_same_row(char *line, const char *section)
{
	char *save = NULL;
	const char *name = strtok_r(line, " \n", &save);
	const char *arg = strtok_r(NULL, " \n", &save);
	const struct option *opt = NULL;

	for (int i = 0; i < OPT_COUNT; i++)
		if (strcmp(option_info((enum option_id)i)->name, name) == 0)
			opt = option_info((enum option_id)i);
	cr_assert_not_null(opt, "%s", name);
	cr_expect_str_eq(help_section_title(opt->section), section, "%s", name);
	cr_expect_neq(opt->section, SECTION_OWN, "%s", name);
	if (opt->arg != ARG_NONE)
		cr_expect_str_eq(arg, opt->arg_name, "%s", name);
}

Test(help, rows_stand_where_openssl_has_them)
{
	FILE *f = popen("openssl s_server -help 2>&1", "r");
	char line[400], section[64] = "";
	int n = 0;

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		size_t len = strlen(line);

		if (len > 3 && strcmp(line + len - 2, ":\n") == 0 && line[0] != ' ')
			(void)snprintf(section, sizeof(section), "%.*s", (int)len - 2, line);
		if (strncmp(line, " -", 2) != 0)
			continue;
		expect_same_row(line, section);
		n++;
	}
	cr_expect_eq(pclose(f), 0);
	cr_expect_geq(n, 190);
}

static void expect_committed(const char *file, const struct strbuf *made, const char *option)
{
	struct strbuf committed = STRBUF_INIT, path = STRBUF_INIT;
	FILE *f;

	strbuf_addf(&path, TEST_SOURCE_DIR "/docs/%s", file);
	f = fopen(path.p, "r");
	cr_assert_not_null(f, "%s", path.p);
	read_all(f, &committed);
	cr_expect_eq(fclose(f), 0);
	cr_expect(committed.n == made->n && memcmp(committed.p, made->p, made->n) == 0,
		  "docs/%s is old: s_server %s > docs/%s", file, option, file);
	strbuf_release(&committed);
	strbuf_release(&path);
}

Test(help, committed_pages_are_what_is_made)
{
	struct strbuf man = STRBUF_INIT, completion = STRBUF_INIT, list = STRBUF_INIT;

	help_add_man(&man);
	help_add_completion(&completion);
	help_add_list_markdown(&list);
	expect_committed("options.md", &list, "--list-options=markdown");
	expect_committed("s_server.1", &man, "--man");
	expect_committed("s_server.bash", &completion, "--completion");
	strbuf_release(&list);
	strbuf_release(&man);
	strbuf_release(&completion);
}

/* What bash offers for the last of `words`. */
static void expect_offer(const char *words, const char *offer)
{
	struct strbuf command = STRBUF_INIT, got = STRBUF_INIT;
	FILE *f;

	strbuf_addf(&command,
		    "bash -c '. " TEST_SOURCE_DIR "/docs/s_server.bash; COMP_WORDS=(%s); "
		    "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _s_server; echo ${COMPREPLY[@]}'",
		    words);
	f = popen(command.p, "r");
	cr_assert_not_null(f);
	read_all(f, &got);
	cr_expect_eq(pclose(f), 0);
	cr_expect_str_eq(got.p, offer, "%s: %s", words, got.p);
	strbuf_release(&command);
	strbuf_release(&got);
}

Test(help, completion_works_in_bash)
{
	expect_offer("s_server -xcertf", "-xcertform\n");
	expect_offer("s_server -www --list-o",
		     "--list-options --list-options=text --list-options=markdown "
		     "--list-options=json\n");
	expect_offer("s_server -certform D", "DER\n");
	expect_offer("s_server --keyform P", "PEM P12\n");
	expect_offer("s_server --stdin-eof c", "close\n");
	expect_offer("s_server -CApath /et", "/etc\n");
	expect_offer("s_server -cert " TEST_SOURCE_DIR "/LICEN", TEST_SOURCE_DIR "/LICENSE\n");
	expect_offer("s_server -port 4", "\n");
}
