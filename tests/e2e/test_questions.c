/* Options that print an answer, and the refusal of what the library cannot do. */
#include "cli/options.h"
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#define EC "-cert ec.pem -key ec.key "

/* The program's answer on one stream (the other is dropped), and its status. */
static int answer(struct strbuf *text, const char *options, int stream)
{
	strbuf_reset(text);
	return shell(text, "cd %s && %s %s %s </dev/null", TEST_PKI, e2e_program(), options,
		     stream == 1 ? "2>/dev/null" : "2>&1 >/dev/null");
}

static const char *at(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* The object of the list whose `key` has that value. */
static json_t *find(const json_t *list, const char *key, const char *value)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) if (strcmp(at(entry, key), value) == 0) return entry;
	return NULL;
}

Test(questions, help_goes_to_stderr, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(answer(&text, "-help -bogus", 2), 0);
	cr_expect(text_matches(&text, "^Usage: s_server \\[options\\]$"), "%s", text.p);
	cr_expect(text_matches(&text, "^ -accept val  "), "%s", text.p);
	cr_expect_eq(text_matches(&text, "^ *-tls1_3 "), e2e_supports("-tls1_3"));
	cr_expect_eq(text_matches(&text, "^ *-tls1 "), e2e_supports("-tls1"));
	cr_expect_eq(answer(&text, "-h", 1), 0);
	cr_expect_eq(text.n, 0);
	proved("-help");
	strbuf_release(&text);
}

/* What is made is what is committed. */
static void expect_file(const char *option, const char *file)
{
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(shell(&text, "%s %s | cmp - %s/docs/%s", e2e_program(), option,
			   TEST_SOURCE_DIR, file),
		     0, "%s", text.p);
	strbuf_release(&text);
}

Test(questions, version_man_and_completion, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(answer(&text, "--version", 1), 0);
	cr_expect(text_matches(&text, "^s_server [0-9]+\\.[0-9]+\\.[0-9]+$"), "%s", text.p);
	proved("-version");
	expect_file("--man", "s_server.1");
	proved("-man");
	expect_file("--completion", "s_server.bash");
	proved("-completion");
	expect_file("--list-options=markdown", "options.md");
	cr_expect_eq(answer(&text, "--list-options", 1), 0);
	cr_expect(text_matches(&text, "^-cert infile +3\\.0  Server certificate"), "%s", text.p);
	proved("-list-options");
	strbuf_release(&text);
}

Test(questions, backends_are_listed_with_their_versions, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT, pattern = STRBUF_INIT;

	strbuf_addf(&pattern, "^%s +[A-Za-z ]+ [0-9.a-z]+ \\(built with [0-9.a-z]+\\)$",
		    e2e_backend());
	cr_expect_eq(answer(&text, "--list-backends", 1), 0);
	cr_expect(text_matches(&text, pattern.p), "%s", text.p);
	proved("-list-backends");
	strbuf_release(&text);
	strbuf_release(&pattern);
}

/* A module that cannot be loaded is told, and the others are still there. */
Test(questions, broken_modules_are_listed_with_the_reason, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(shell(&text,
			   "d=$(mktemp -d) && echo garbage >$d/broken.so && "
			   "S_SERVER_BACKEND_PATH=$d %s --list-backends; e=$?; rm -r $d; exit $e",
			   e2e_program()),
		     0);
	cr_expect(text_matches(&text, "^broken +cannot be used: .*broken.so"), "%s", text.p);
	cr_expect(strstr(text.p, e2e_backend()), "%s", text.p);
	strbuf_release(&text);
}

/* --supports says for each option what the matrix says, with the reason. */
Test(questions, supports_agrees_with_the_matrix, .timeout = 300)
{
	struct strbuf matrix = STRBUF_INIT, text = STRBUF_INIT, all = STRBUF_INIT;
	json_t *root, *options, *backend;
	int missing = 0;

	cr_assert_eq(answer(&matrix, "--support=json", 1), 0);
	root = json_loadb(matrix.p, matrix.n, 0, NULL);
	options = json_object_get(root, "options");
	cr_assert_eq(json_array_size(options), OPT_COUNT);
	backend = find(json_object_get(root, "backends"), "name", e2e_backend());
	cr_assert_not_null(backend);

	strbuf_adds(&all, "--supports ");
	for (size_t i = 0; i < OPT_COUNT; i++)
		strbuf_addf(&all, "%s%s", i ? "," : "", at(json_array_get(options, i), "option"));
	cr_expect_eq(answer(&text, all.p, 2), 77);
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const json_t *row = json_array_get(options, i);
		const json_t *cell =
			json_object_get(json_object_get(row, "backends"), e2e_backend());
		struct strbuf line = STRBUF_INIT;

		cr_assert_not_null(cell);
		strbuf_addf(&line, "s_server: %s: not supported by %s %s: %s\n", at(row, "option"),
			    at(backend, "library"), at(backend, "version"), at(cell, "note"));
		/* -curves is told as -groups. */
		if (strcmp(at(row, "option"), "-curves") != 0)
			cr_expect_eq(strstr(text.p, line.p) != NULL,
				     strcmp(at(cell, "support"), "no") == 0, "%s", line.p);
		missing += strcmp(at(cell, "support"), "no") == 0;
		strbuf_release(&line);
	}
	cr_expect_eq(
		json_integer_value(json_object_get(
			json_object_get(json_object_get(root, "totals"), e2e_backend()), "no")),
		missing);
	proved("-support");
	json_decref(root);
	strbuf_release(&matrix);
	strbuf_release(&text);
	strbuf_release(&all);
}

Test(questions, supports_has_three_answers, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(answer(&text, "--supports cert,-www,--naccept", 2), 0);
	cr_expect_eq(text.n, 0, "%s", text.p);
	cr_expect_eq(answer(&text, "--supports cert,-ssl2", 2), 77);
	cr_expect(text_matches(&text, "^s_server: -ssl2: not supported by "), "%s", text.p);
	cr_expect_eq(answer(&text, "--supports cert,nosuch", 2), 1);
	cr_expect(text_matches(&text, "^s_server: Unknown option: nosuch$"), "%s", text.p);
	proved("-supports");
	strbuf_release(&text);
}

/* All that cannot be done is told at once, and nothing listens. */
Test(questions, refused_options_end_the_start_with_77, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(answer(&text, EC "-accept 127.0.0.1:0 -ssl2 -ech_trialdecrypt", 2), 77);
	cr_expect(text_matches(&text, "^s_server: -ssl2: not supported by .+: SSL 2\\.0"), "%s",
		  text.p);
	cr_expect(text_matches(&text, "^s_server: -ech_trialdecrypt: not supported by "), "%s",
		  text.p);
	cr_expect_eq(answer(&text, EC "-accept 127.0.0.1:0 -ssl2", 1), 77);
	cr_expect_eq(text.n, 0, "%s", text.p);
	strbuf_release(&text);
}

/* With --unsupported=warn the same server starts, without the option. */
Test(questions, refused_options_are_left_out_on_request, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;

	server_start(&s, 1, EC "--unsupported=warn -ssl2");
	(void)server_client(&s, &text, "echo hello | $C");
	cr_expect(server_wait(&s));
	cr_expect(strstr(s.proc.out_text.p, "hello\n"), "%s", s.proc.out_text.p);
	cr_expect(strstr(s.proc.err_text.p, "s_server: -ssl2: not supported by "), "%s",
		  s.proc.err_text.p);
	server_stop_release(&s);
	proved("-unsupported");
	strbuf_release(&text);
}

/* Whatever the library itself would make of it. */
Test(questions, wrong_padding_is_an_error, .timeout = 60)
{
	static const char *const values[] = {"abc", "1,", "512,,16", "16385"};
	struct strbuf text = STRBUF_INIT;

	if (!e2e_on("openssl") && !e2e_on("gnutls"))
		cr_skip_test("only OpenSSL and GnuTLS pad records");
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct strbuf options = STRBUF_INIT;

		strbuf_addf(&options, EC "-accept 127.0.0.1:0 -record_padding %s", values[i]);
		cr_expect_eq(answer(&text, options.p, 2), 1, "%s", values[i]);
		cr_expect(strstr(text.p, "-record_padding") && strstr(text.p, values[i]), "%s",
			  text.p);
		strbuf_release(&options);
	}
	strbuf_release(&text);
}

/* Also where only the library can tell, by the value. */
Test(questions, refused_values_are_left_out_on_request, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;

	if (!e2e_on("gnutls"))
		cr_skip_test("GnuTLS refuses a value so");
	cr_expect_eq(answer(&text, EC "-accept 127.0.0.1:0 -record_padding 512,512", 1), 77);
	server_start(&s, 1, EC "--unsupported=warn -record_padding 512,512");
	(void)server_client(&s, &text, "echo hello | $C");
	cr_expect(server_wait(&s));
	cr_expect(strstr(s.proc.out_text.p, "hello\n"), "%s", s.proc.out_text.p);
	cr_expect(strstr(s.proc.err_text.p, "-record_padding 512,512: GnuTLS pads no handshake"),
		  "%s", s.proc.err_text.p);
	server_stop_release(&s);
	strbuf_release(&text);
}

/* $S_SERVER_BACKEND chooses, and --backend wins. */
Test(questions, environment_chooses_the_backend, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT, want = STRBUF_INIT;
	const char *binary = TEST_BINARY_DIR "/bin/s_server";

	strbuf_addf(&want, "\"name\": \"%s\"", e2e_backend());
	cr_expect_eq(shell(&text, "S_SERVER_BACKEND=%s %s --support=capabilities", e2e_backend(),
			   binary),
		     0);
	cr_expect(strstr(text.p, want.p), "%s", text.p);
	strbuf_reset(&text);
	cr_expect_eq(shell(&text, "S_SERVER_BACKEND=nosuch %s --backend=%s --support=capabilities",
			   binary, e2e_backend()),
		     0);
	cr_expect(strstr(text.p, want.p), "%s", text.p);
	strbuf_reset(&text);
	cr_expect_eq(shell(&text, "S_SERVER_BACKEND=nosuch %s --supports cert", binary), 1);
	cr_expect(text_matches(&text, "^s_server: backend nosuch: no such backend$"), "%s", text.p);
	proved("-backend");
	strbuf_release(&text);
	strbuf_release(&want);
}

Test(questions, usage_errors_end_with_1_and_openssl_s_lines, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(answer(&text, "-bogus", 2), 1);
	cr_expect_str_eq(text.p,
			 "s_server: Unknown option: -bogus\ns_server: Use -help for summary.\n");
	cr_expect_eq(answer(&text, "-tls1_2 -tls1_3", 2), 1);
	cr_expect_str_eq(text.p, "Cannot supply multiple protocol flags\n");
	strbuf_release(&text);
}
