/* What is refused, left out or let through, with a backend that can do little. */
#include "cli/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void version(char *running, char *compiled, size_t len)
{
	(void)snprintf(running, len, "1.2.3");
	(void)snprintf(compiled, len, "1.2.0");
}

static const struct tls_backend fake = {.name = "fake", .library = "FakeTLS", .version = version};

static struct tls_cap_entry cap[TLS_CAP_COUNT];

static void able(void)
{
	for (size_t i = 0; i < TLS_CAP_COUNT; i++)
		cap[i] = (struct tls_cap_entry){TLS_CAP_YES, NULL};
	cap[TLS_CAP_ALPN] = (struct tls_cap_entry){TLS_CAP_NO, "FakeTLS has no ALPN"};
	cap[TLS_CAP_SRP] = (struct tls_cap_entry){TLS_CAP_NO, NULL};
	cap[TLS_CAP_PSK] = (struct tls_cap_entry){TLS_CAP_PARTIAL, "short keys only"};
}

static bool check(struct options *o, struct strbuf *lines, const char *a, const char *b,
		  const char *c)
{
	char *argv[] = {(char *)"s_server", (char *)a, (char *)b, (char *)c, NULL};
	struct strbuf err = STRBUF_INIT;
	int argc = 1;

	while (argv[argc])
		argc++;
	cr_assert_eq(options_parse(o, argc, argv, &err), OPTIONS_OK, "%s", err.p);
	strbuf_release(&err);
	strbuf_reset(lines);
	strbuf_adds(lines, "");
	return support_check(o, &fake, cap, lines);
}

#define ALPN "s_server: -alpn: not supported by FakeTLS 1.2.3: FakeTLS has no ALPN\n"
#define SRP  "s_server: -srpvfile: not supported by FakeTLS 1.2.3: the library has no such thing\n"

Test(option_support, all_refusals_are_told_once, .init = able)
{
	struct options o;
	struct strbuf lines = STRBUF_INIT;

	cr_expect_not(check(&o, &lines, "-alpn=a", "-srpvfile=f", "--alpn=b"));
	cr_expect_str_eq(lines.p, ALPN SRP);
	options_release(&o);
	strbuf_release(&lines);
}

Test(option_support, warn_leaves_out_what_is_refused, .init = able)
{
	struct options o;
	struct strbuf lines = STRBUF_INIT;

	cr_expect(check(&o, &lines, "-alpn=a", "-quiet", "--unsupported=warn"));
	cr_expect_str_eq(lines.p, ALPN);
	cr_assert_eq(o.n, 2);
	cr_expect_eq(o.use[0].id, OPT_quiet);
	cr_expect_eq(o.use[1].id, OPT_unsupported);
	options_release(&o);
	strbuf_release(&lines);
}

Test(option_support, partial_and_core_options_go_through, .init = able)
{
	struct options o;
	struct strbuf lines = STRBUF_INIT;

	cr_expect(check(&o, &lines, "-psk=00", "-www", "-cert=c"));
	cr_expect_str_eq(lines.p, "");
	cr_expect_eq(o.n, 3);
	options_release(&o);
	strbuf_release(&lines);
}

Test(option_support, unbuilt_options_are_refused_whatever_the_library_can, .init = able)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		enum option_id id = (enum option_id)i;
		const struct option *opt = option_info(id);
		struct tls_cap_entry entry = support_of(id, cap);

		cr_expect_eq(entry.note == NULL, entry.level == TLS_CAP_YES, "%s", opt->name);
		if (opt->unbuilt) {
			cr_expect_eq(entry.level, TLS_CAP_NO, "%s", opt->name);
			cr_expect_str_eq(entry.note, opt->unbuilt);
		} else if (opt->cap == OPTION_CORE) {
			cr_expect_eq(entry.level, TLS_CAP_YES, "%s", opt->name);
		} else {
			cr_expect_eq(entry.level, cap[opt->cap].level, "%s", opt->name);
		}
	}
}

Test(option_support, refusal_of_a_value)
{
	struct strbuf line = STRBUF_INIT;

	support_refusal(&line, &fake, "-groups X448", "the library lacks it");
	support_refusal(&line, &fake, "-tls1", NULL);
	cr_expect_str_eq(line.p,
			 "s_server: -groups X448: not supported by FakeTLS 1.2.3: the library "
			 "lacks it\ns_server: -tls1: not supported by FakeTLS 1.2.3\n");
	strbuf_release(&line);
}

/* Each capability is there because an option, a command or a value needs it. */
Test(option_support, capabilities_of_options_and_commands)
{
	/* Not by an option of their own: values (of -keyform, -cipher, -no_tls1_1, -CAstore ...),
	 * -build_chain with a PKCS#12 store, how -CApath is read, and the commands k, K, r, R, c
	 * and B. */
	static const enum tls_cap otherwise[] = {
		TLS_CAP_VERSION_HOLES, TLS_CAP_KEY_P12,  TLS_CAP_P12_CERT,
		TLS_CAP_KEY_URI,       TLS_CAP_SECLEVEL, TLS_CAP_KEY_UPDATE,
		TLS_CAP_RENEGOTIATION, TLS_CAP_PHA,      TLS_CAP_CA_DIR,
		TLS_CAP_HEARTBEAT,     TLS_CAP_CA_STORE, TLS_CAP_CHAIN_BUILD,
	};
	bool used[TLS_CAP_COUNT] = {false};

	for (int id = 0; id < OPT_COUNT; id++)
		if (option_info((enum option_id)id)->cap != OPTION_CORE)
			used[option_info((enum option_id)id)->cap] = true;
	for (size_t i = 0; i < sizeof(otherwise) / sizeof(otherwise[0]); i++) {
		cr_expect_not(used[otherwise[i]], "%d", (int)otherwise[i]);
		used[otherwise[i]] = true;
	}
	for (size_t i = 0; i < TLS_CAP_COUNT; i++)
		cr_expect(used[i], "capability %zu is used by nothing", i);
}

Test(option_support, environment_stands_before_the_command_line)
{
	struct options o;
	struct strbuf err = STRBUF_INIT;
	char *argv[] = {(char *)"s_server", (char *)"-backend=b", NULL};
	char *name;

	cr_assert_eq(setenv("S_SERVER_BACKEND", "a", 1), 0);
	cr_assert_eq(setenv("S_SERVER_UNSUPPORTED", "warn", 1), 0);
	cr_assert_eq(options_parse(&o, 1, argv, &err), OPTIONS_OK);
	cr_assert(options_add_environment(&o, &err));
	cr_expect(support_warns(&o));
	name = support_backend_name(&o);
	cr_expect_str_eq(name, "a");
	free(name);
	options_release(&o);

	cr_assert_eq(options_parse(&o, 2, argv, &err), OPTIONS_OK);
	cr_assert(options_add_environment(&o, &err));
	name = support_backend_name(&o);
	cr_expect_str_eq(name, "b");
	free(name);
	options_release(&o);

	cr_assert_eq(setenv("S_SERVER_UNSUPPORTED", "never", 1), 0);
	cr_assert_eq(options_parse(&o, 2, argv, &err), OPTIONS_OK);
	cr_expect_not(options_add_environment(&o, &err));
	cr_expect_str_eq(err.p, "s_server: Invalid value \"never\" for option -unsupported; must "
				"be one of refuse|warn\n"
				"s_server: The value is that of $S_SERVER_UNSUPPORTED.\n");
	options_release(&o);
	strbuf_release(&err);
}
