/* tests/wrapper/openssl: what other projects' test suites get as their openssl command. */
#include "tests/e2e/e2e.h"
#include "tests/support/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* From here on the servers of this test are started by way of the wrapper. */
static void use_wrapper(void)
{
	struct strbuf command = STRBUF_INIT;

	strbuf_addf(&command,
		    "env S_SERVER=%s/bin/s_server S_SERVER_BACKEND=%s "
		    "%s/tests/wrapper/openssl s_server",
		    TEST_BINARY_DIR, e2e_backend(), TEST_SOURCE_DIR);
	cr_assert_eq(setenv("TEST_SERVER", command.p, 1), 0);
	strbuf_release(&command);
}

Test(wrapper, s_server_is_ours_with_the_backend_of_the_environment, .timeout = 60)
{
	struct strbuf page = STRBUF_INIT, wanted = STRBUF_INIT;
	struct server s;

	use_wrapper();
	server_start(&s, 1, "-unix $T/s --json -cert ec.pem -key ec.key -www");
	/* Suites signal, and ask lsof for, the process that they started. */
	strbuf_addf(&wanted, "\"pid\":%d}", (int)s.proc.pid);
	(void)server_client(&s, &page, "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | $C -quiet");
	cr_assert(server_wait(&s));
	cr_assert_eq(s.proc.status, 0, "%s", s.proc.err_text.p);
	assert_has(s.proc.out_text.p, wanted.p);
	strbuf_reset(&wanted);
	strbuf_addf(&wanted, "\"backend\":\"%s\"", e2e_backend());
	assert_has(s.proc.out_text.p, wanted.p);
	/* They look for the command line that they gave, too. */
	assert_has(page.p, "/s --json -cert ec.pem -key ec.key -www -naccept 1 ");
	strbuf_release(&wanted);
	strbuf_release(&page);
	server_stop_release(&s);
}

Test(wrapper, the_status_is_that_of_s_server, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	use_wrapper();
	cr_assert_eq(shell(&text, "%s -bogus", e2e_program()), 1, "%s", text.p);
	assert_has(text.p, "s_server: Unknown option: -bogus");
	strbuf_release(&text);
}

Test(wrapper, the_rest_is_the_real_openssl, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT, real = STRBUF_INIT;

	/* Found in PATH, behind the wrapper itself. */
	cr_assert_eq(shell(&text,
			   "PATH=%s/tests/wrapper:$PATH; openssl version; openssl dgst -sha256 "
			   "</dev/null; openssl nosuch; echo $?; echo 1 | openssl enc -base64",
			   TEST_SOURCE_DIR),
		     0);
	cr_assert_eq(shell(&real,
			   "openssl version; openssl dgst -sha256 </dev/null; openssl nosuch; "
			   "echo $?; echo 1 | openssl enc -base64"),
		     0);
	cr_assert(real.n > 100 && text.n == real.n, "%s", text.p);
	cr_assert_str_eq(text.p, real.p);
	strbuf_reset(&text);
	cr_assert_eq(shell(&text, "REAL_OPENSSL=/bin/echo %s/tests/wrapper/openssl a 'b  c'",
			   TEST_SOURCE_DIR),
		     0);
	cr_assert_str_eq(text.p, "a b  c\n");
	strbuf_release(&text);
	strbuf_release(&real);
}

Test(wrapper, a_link_called_s_server_is_s_server, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_assert_eq(shell(&text,
			   "T=$(mktemp -d); ln -s %s/tests/wrapper/openssl $T/s_server; "
			   "S_SERVER=%s/bin/s_server $T/s_server -bogus; S=$?; rm -r $T; exit $S",
			   TEST_SOURCE_DIR, TEST_BINARY_DIR),
		     1);
	assert_has(text.p, "s_server: Unknown option: -bogus");
	strbuf_release(&text);
}

Test(wrapper, a_missing_program_is_told, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;

	cr_assert_eq(
		shell(&text, "S_SERVER=/nosuch %s/tests/wrapper/openssl s_server", TEST_SOURCE_DIR),
		1);
	assert_has(text.p, "/nosuch is not there; ./run builds it, S_SERVER names another");
	strbuf_release(&text);
}
