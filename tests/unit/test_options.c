/* Every row of the option table, walked: names, spellings, values, errors. */
#include "cli/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HINT "s_server: Use -help for summary.\n"

/* Parse up to four words. */
static enum options_result parse(struct options *o, struct strbuf *err, const char *a,
				 const char *b, const char *c, const char *d)
{
	char *argv[] = {(char *)"s_server", (char *)a, (char *)b, (char *)c, (char *)d, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	strbuf_reset(err);
	strbuf_adds(err, "");
	return options_parse(o, argc, argv, err);
}

static void expect_error(const char *a, const char *b, const char *text)
{
	struct options o;
	struct strbuf err = STRBUF_INIT, want = STRBUF_INIT;

	strbuf_addf(&want, "%s" HINT, text);
	cr_expect_eq(parse(&o, &err, a, b, NULL, NULL), OPTIONS_ERROR, "%s %s", a, b ? b : "");
	cr_expect_str_eq(err.p, want.p);
	options_release(&o);
	strbuf_release(&err);
	strbuf_release(&want);
}

/* A value that each kind of option takes, and what it is as a number. */
static const char *good_value(const struct option *opt, intmax_t *number)
{
	static char first[32];

	*number = 0;
	switch (opt->arg) {
	case ARG_NONE:
		return NULL;
	case ARG_STRING:
	case ARG_INFILE:
	case ARG_OUTFILE:
	case ARG_URI:
		return "some=thing";
	case ARG_INT:
		*number = -17;
		return "-0x11";
	case ARG_POSITIVE:
	case ARG_UNSIGNED:
	case ARG_PORT:
		*number = 8;
		return "010";
	case ARG_INTMAX:
		*number = 5000000000;
		return "5000000000";
	case ARG_DIR:
		return "/";
	case ARG_PEM_DER:
		*number = 'D';
		return "der";
	case ARG_KEY_FORMAT:
		*number = '1';
		return "PKCS12";
	case ARG_CHOICE:
	case ARG_OPTIONAL:
		(void)snprintf(first, sizeof(first), "%s", strchr(opt->arg_name, '|') + 1);
		first[strcspn(first, "|")] = '\0';
		*number = 1;
		return first;
	}
	return NULL;
}

/* Values that must be refused, with the lines that say so; %s is the option. */
static const struct {
	enum option_arg kind;
	const char *value, *text;
} bad_values[] = {
	{ARG_INT, "", "s_server: Can't parse \"\" as a number\n"},
	{ARG_INT, "abc", "s_server: Can't parse \"abc\" as a number\n"},
	{ARG_INT, "1a", "s_server: Can't parse \"1a\" as a number\n"},
	{ARG_INT, "0x", "s_server: Can't parse \"0x\" as a hexadecimal number\n"},
	{ARG_INT, "09", "s_server: Can't parse \"09\" as an octal number\n"},
	{ARG_INT, "99999999999", "s_server: Value \"99999999999\" outside integer range\n"},
	{ARG_INT, "-2147483649", "s_server: Value \"-2147483649\" outside integer range\n"},
	{ARG_INT, "99999999999999999999",
	 "s_server: Can't parse \"99999999999999999999\" as a number\n"},
	{ARG_POSITIVE, "x", "s_server: Can't parse \"x\" as a number\n"},
	{ARG_POSITIVE, "0", "s_server: Non-positive number \"0\" for option %s\n"},
	{ARG_POSITIVE, "-1", "s_server: Non-positive number \"-1\" for option %s\n"},
	{ARG_POSITIVE, "2147483648", "s_server: Value \"2147483648\" outside integer range\n"},
	{ARG_UNSIGNED, "-1", "s_server: Negative number \"-1\" for option %s\n"},
	{ARG_PORT, "-1", "s_server: Negative number \"-1\" for option %s\n"},
	{ARG_PORT, "65536", "s_server: Port \"65536\" outside the range 0 to 65535\n"},
	{ARG_INTMAX, "abc", "s_server: Can't parse \"abc\" as a number\n"},
	{ARG_DIR, "/nonexistent/x", "s_server: Not a directory: /nonexistent/x\n"},
	{ARG_DIR, "/dev/null", "s_server: Not a directory: /dev/null\n"},
	{ARG_PEM_DER, "foo",
	 "s_server: Bad format \"foo\"\ns_server: Invalid format \"foo\" for option %s\n"},
	{ARG_PEM_DER, "P12",
	 "s_server: Bad format \"P12\"; must be pem or der\n"
	 "s_server: Invalid format \"P12\" for option %s\n"},
	{ARG_KEY_FORMAT, "Pfoo",
	 "s_server: Bad format \"Pfoo\"\ns_server: Invalid format \"Pfoo\" for option %s\n"},
	{ARG_KEY_FORMAT, "",
	 "s_server: Bad format \"\"\ns_server: Invalid format \"\" for option %s\n"},
	{ARG_CHOICE, "maybe",
	 "s_server: Invalid value \"maybe\" for option %s; must be one of %s\n"},
	{ARG_CHOICE, "", "s_server: Invalid value \"\" for option %s; must be one of %s\n"},
	{ARG_OPTIONAL, "maybe",
	 "s_server: Invalid value \"maybe\" for option %s; must be one of %s\n"},
};

static enum option_id same_option(enum option_id id)
{
	return id == OPT_curves ? OPT_groups : id;
}

static void expect_use(enum option_id id, const char *a, const char *b, const char *value,
		       intmax_t number)
{
	struct options o;
	struct strbuf err = STRBUF_INIT;
	/* An option behind it shows that no more than its own value was taken. */
	enum options_result result = b ? parse(&o, &err, a, b, "-quiet", NULL)
				       : parse(&o, &err, a, "-quiet", NULL, NULL);

	if (id == OPT_help) {
		cr_expect_eq(result, OPTIONS_HELP);
	} else {
		cr_assert_eq(result, OPTIONS_OK, "%s: %s", a, err.p);
		cr_assert_eq(o.n, 2, "%s", a);
		cr_expect_eq(o.use[0].id, same_option(id), "%s", a);
		cr_expect_eq(o.use[1].id, OPT_quiet, "%s", a);
		cr_expect_eq(o.use[0].number, number, "%s", a);
		if (value)
			cr_expect_str_eq(o.use[0].value, value);
		else
			cr_expect_null(o.use[0].value, "%s", a);
	}
	options_release(&o);
	strbuf_release(&err);
}

Test(options, every_row_is_complete)
{
	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option *opt = option_info((enum option_id)id);
		enum option_id found;

		cr_assert(opt->name && opt->name[0] == '-' && opt->name[1], "row %d", id);
		cr_expect_eq(!*opt->arg_name, opt->arg == ARG_NONE, "%s", opt->name);
		cr_expect(opt->cap == OPTION_CORE || (opt->cap >= 0 && opt->cap < TLS_CAP_COUNT),
			  "%s", opt->name);
		cr_expect(*opt->help && opt->help[strlen(opt->help) - 1] != '.', "%s", opt->name);
		cr_expect_eq(strcmp(opt->since, "own") == 0, opt->section == SECTION_OWN, "%s",
			     opt->name);
		cr_assert(option_find(opt->name, strlen(opt->name), &found), "%s", opt->name);
		cr_expect_eq(found, same_option((enum option_id)id), "%s", opt->name);
	}
}

Test(options, rows_of_a_section_stand_together)
{
	for (int id = 1; id < OPT_COUNT; id++)
		cr_expect_geq(option_info((enum option_id)id)->section,
			      option_info((enum option_id)(id - 1))->section, "%s",
			      option_info((enum option_id)id)->name);
}

Test(options, every_row_parses_in_four_spellings)
{
	struct strbuf word = STRBUF_INIT;

	for (int i = 0; i < OPT_COUNT; i++) {
		enum option_id id = (enum option_id)i;
		const struct option *opt = option_info(id);
		intmax_t number;
		const char *value = good_value(opt, &number);

		for (int dashes = 1; dashes <= 2; dashes++) {
			strbuf_reset(&word);
			strbuf_addf(&word, "%s%s", dashes == 2 ? "-" : "", opt->name);
			if (opt->arg == ARG_OPTIONAL)
				expect_use(id, word.p, NULL, NULL, 0);
			else
				expect_use(id, word.p, value, value, number);
			if (!value)
				continue;
			strbuf_addf(&word, "=%s", value);
			expect_use(id, word.p, NULL, value, number);
		}
	}
	strbuf_release(&word);
}

Test(options, every_row_refuses_a_missing_or_needless_value)
{
	struct strbuf word = STRBUF_INIT, text = STRBUF_INIT;

	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option *opt = option_info(same_option((enum option_id)id));

		strbuf_reset(&word);
		strbuf_reset(&text);
		strbuf_adds(&word, option_info((enum option_id)id)->name);
		if (opt->arg == ARG_OPTIONAL)
			continue;
		if (opt->arg == ARG_NONE) {
			strbuf_adds(&word, "=1");
			strbuf_addf(&text, "s_server: Option %s does not take a value\n",
				    opt->name);
		} else {
			strbuf_addf(&text, "s_server: Option %s needs a value\n", word.p);
		}
		expect_error(word.p, NULL, text.p);
	}
	strbuf_release(&word);
	strbuf_release(&text);
}

Test(options, every_row_refuses_bad_values_of_its_kind)
{
	struct strbuf word = STRBUF_INIT, text = STRBUF_INIT;
	bool tried[ARG_OPTIONAL + 1] = {false};

	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option *opt = option_info((enum option_id)id);

		for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++) {
			const char *rest = bad_values[i].text;

			if (bad_values[i].kind != opt->arg)
				continue;
			tried[opt->arg] = true;
			strbuf_reset(&word);
			strbuf_reset(&text);
			strbuf_addf(&word, "-%s=%s", opt->name, bad_values[i].value);
			for (int nth = 0; *rest; rest++)
				if (rest[0] == '%' && rest[1] == 's') {
					strbuf_adds(&text, nth++ ? opt->arg_name : opt->name);
					rest++;
				} else {
					strbuf_addc(&text, *rest);
				}
			expect_error(word.p, NULL, text.p);
		}
	}
	for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++)
		cr_expect(tried[bad_values[i].kind], "no option has kind %d", bad_values[i].kind);
	strbuf_release(&word);
	strbuf_release(&text);
}

/* What openssl s_server 3.0 and 3.5 print for the same words. */
Test(options, unknown_words_are_refused_as_by_openssl)
{
	expect_error("-bogus", NULL, "s_server: Unknown option: -bogus\n");
	expect_error("--bogus=3", NULL, "s_server: Unknown option: -bogus\n");
	expect_error("-", NULL, "s_server: Unknown option: -\n");
	expect_error("-=x", NULL, "s_server: Unknown option: -\n");
	expect_error("---www", NULL, "s_server: Unknown option: --www\n");
	expect_error("-Www", NULL, "s_server: Unknown option: -Www\n");
	expect_error("-ww", NULL, "s_server: Unknown option: -ww\n");
	expect_error("-no_CAfile", NULL, "s_server: Unknown option: -no_CAfile\n");
	expect_error("extra", NULL, "s_server: Extra option: \"extra\"\n");
	expect_error("-www", "extra", "s_server: Extra option: \"extra\"\n");
	expect_error("--", "-www", "s_server: Extra option: \"-www\"\n");
}

Test(options, two_dashes_end_the_options)
{
	struct options o;
	struct strbuf err = STRBUF_INIT;

	cr_expect_eq(parse(&o, &err, "-www", "--", NULL, NULL), OPTIONS_OK);
	cr_expect_eq(o.n, 1);
	options_release(&o);
	strbuf_release(&err);
}

Test(options, help_wins_where_it_is_reached)
{
	struct options o;
	struct strbuf err = STRBUF_INIT;

	cr_expect_eq(parse(&o, &err, "-www", "-h", "-bogus", NULL), OPTIONS_HELP);
	options_release(&o);
	cr_expect_eq(parse(&o, &err, "--help", NULL, NULL, NULL), OPTIONS_HELP);
	options_release(&o);
	cr_expect_eq(parse(&o, &err, "-bogus", "-help", NULL, NULL), OPTIONS_ERROR);
	options_release(&o);
	strbuf_release(&err);
	expect_error("-h=1", NULL, "s_server: Option -help does not take a value\n");
}

Test(options, own_names_take_dashes_and_underscores)
{
	expect_use(OPT_list_options, "-list_options", NULL, NULL, 0);
	expect_use(OPT_stdin_eof, "--stdin_eof", "ignore", "ignore", 3);
	expect_use(OPT_stdin_eof, "-stdin-eof", "ignore", "ignore", 3);
}

Test(options, the_last_use_counts)
{
	struct options o;
	struct strbuf err = STRBUF_INIT;

	cr_assert_eq(parse(&o, &err, "-cert=a", "-naccept=0x10", "--cert=b", NULL), OPTIONS_OK);
	cr_expect_str_eq(options_value(&o, OPT_cert, "none"), "b");
	cr_expect_eq(options_last(&o, OPT_cert), &o.use[2]);
	cr_expect_eq(options_position(&o, OPT_cert), 2);
	cr_expect_eq(options_number(&o, OPT_naccept, 0), 16);
	cr_expect(options_given(&o, OPT_naccept));
	cr_expect_not(options_given(&o, OPT_key));
	cr_expect_eq(options_position(&o, OPT_key), -1);
	cr_expect_null(options_last(&o, OPT_key));
	cr_expect_str_eq(options_value(&o, OPT_key, "none"), "none");
	cr_expect_eq(options_number(&o, OPT_port, 4433), 4433);
	options_release(&o);
	strbuf_release(&err);
}

/* tests/data/openssl-options.tsv: name, first release, release that removed it. */
Test(options, all_options_of_openssl_are_rows)
{
	FILE *f = fopen(TEST_SOURCE_DIR "/tests/data/openssl-options.tsv", "r");
	char line[200];
	bool seen[OPT_COUNT] = {false};
	int n = 0;

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		char name[64], since[16];
		int id = 0;

		if (*line == '#')
			continue;
		cr_assert_eq(sscanf(line, "%63s %15s", name, since), 2, "%s", line);
		while (id < OPT_COUNT && strcmp(option_info((enum option_id)id)->name, name) != 0)
			id++;
		cr_assert_lt(id, OPT_COUNT, "%s is missing", name);
		cr_expect_str_eq(option_info((enum option_id)id)->since, since, "%s", name);
		cr_expect_not(seen[id], "%s is listed twice", name);
		seen[id] = true;
		n++;
	}
	cr_expect_eq(fclose(f), 0);
	cr_expect_eq(n, 216);
	for (int id = 0; id < OPT_COUNT; id++)
		cr_expect_eq(seen[id], option_info((enum option_id)id)->section != SECTION_OWN,
			     "%s", option_info((enum option_id)id)->name);
}
