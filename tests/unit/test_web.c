/* -www, -WWW and -HTTP as a client sees them, driven by the fake backend. */
#include "tests/support/fake_client.h"
#include "tests/support/text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(web, .timeout = 60);

#define TEXT "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\n"
#define HTML "HTTP/1.0 200 ok\r\nContent-type: text/html\r\n\r\n"

/* One request, the whole answer. */
static void ask(const struct fake *f, const char *script, const char *request,
		struct strbuf *answer)
{
	int fd = client_connect(f);

	client_hello(fd, script);
	client_frame(fd, 'D', request);
	client_read_all(fd, answer);
	client_expect_eof(fd);
}

static void write_file(const char *dir, const char *name, const void *p, size_t n)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	cr_assert(fd >= 0 && write(fd, p, n) == (ssize_t)n, "%s", path);
	(void)close(fd);
}

/* A directory with files of every kind. */
static void make_directory(char *dir)
{
	char path[256];

	cr_assert(mkdtemp(dir));
	write_file(dir, "a.txt", "text\n", 5);
	write_file(dir, "x..y", "dots\n", 5);
	write_file(dir, "a.html", "<p>\n", 4);
	write_file(dir, "a.htm", "<p>\n", 4);
	write_file(dir, "a.php", "<p>\n", 4);
	write_file(dir, ".htm", "no\n", 3);
	write_file(dir, "a.HTML", "no\n", 3);
	write_file(dir, "own", "HTTP/1.0 299 own\r\n\r\nbody", 25);
	write_file(dir, "empty", "", 0);
	(void)snprintf(path, sizeof(path), "%s/sub", dir);
	cr_assert_eq(mkdir(path, 0777), 0);
	(void)snprintf(path, sizeof(path), "%s/pipe", dir);
	cr_assert_eq(mkfifo(path, 0666), 0);
	(void)snprintf(path, sizeof(path), "%s/link", dir);
	cr_assert_eq(symlink("a.txt", path), 0);
}

static void remove_directory(const char *dir)
{
	struct strbuf unused = STRBUF_INIT;

	cr_assert_eq(shell(&unused, "rm -r %s", dir), 0);
	strbuf_release(&unused);
}

struct answer_row {
	const char *path;   /* what follows "GET /" */
	const char *answer; /* its beginning; of -WWW */
	bool served;        /* there is a file, which -HTTP sends without a header */
};

static const struct answer_row rows[] = {
	{"a.txt HTTP/1.0\r\n", TEXT "text\n", true},
	{"a.txt \n", TEXT "text\n", true},
	{"./a.txt HTTP/1.0\r\n", TEXT "text\n", true},
	{"sub/./../a.txt HTTP/1.0\r\n", TEXT "'sub/./../a.txt' contains '..' or ':'\r\n", false},
	{"link HTTP/1.0\r\n", TEXT "text\n", true},
	{"x..y HTTP/1.0\r\n", TEXT "dots\n", true},
	{"a.html HTTP/1.0\r\n", HTML "<p>\n", true},
	{"a.htm HTTP/1.0\r\n", HTML "<p>\n", true},
	{"a.php HTTP/1.0\r\n", HTML "<p>\n", true},
	{".htm HTTP/1.0\r\n", TEXT "no\n", true},
	{"a.HTML HTTP/1.0\r\n", TEXT "no\n", true},
	{"empty HTTP/1.0\r\n", TEXT, true},
	{"a.txt?x=1 HTTP/1.0\r\n", TEXT "Error opening 'a.txt?x=1' mode='r'\r\n", false},
	{" HTTP/1.0\r\n", TEXT "Error opening '' mode='r'\r\n", false},
	{"pipe HTTP/1.0\r\n", TEXT "Error opening 'pipe' mode='r'\r\n", false},
	{"sub HTTP/1.0\r\n", TEXT "'sub' is a directory\r\n", false},
	{"sub/ HTTP/1.0\r\n", TEXT "'sub/' is a directory\r\n", false},
	{". HTTP/1.0\r\n", TEXT "'.' is a directory\r\n", false},
	{"../x HTTP/1.0\r\n", TEXT "'../x' contains '..' or ':'\r\n", false},
	{".. HTTP/1.0\r\n", TEXT "'..' contains '..' or ':'\r\n", false},
	{"..\\x HTTP/1.0\r\n", TEXT "'..\\x' contains '..' or ':'\r\n", false},
	{"a:b HTTP/1.0\r\n", TEXT "'a' contains '..' or ':'\r\n", false},
	{"/etc/passwd HTTP/1.0\r\n", TEXT "'/etc/passwd' is an invalid path\r\n", false},
	{"\\a HTTP/1.0\r\n", TEXT "'\\a' is an invalid path\r\n", false},
	{"a.txt\r\n", TEXT "'a.txt\r\n' is an invalid file name\r\n", false},
};

static void ask_for_all(const char *mode, bool header)
{
	char dir[] = "/tmp/test_web_XXXXXX";
	struct strbuf words = STRBUF_INIT;
	struct fake f;

	make_directory(dir);
	strbuf_addf(&words, "mode=%s naccept=%zu", mode, sizeof(rows) / sizeof(*rows));
	fake_start_in(&f, PROC_STDIN_NULL, NULL, words.p, dir);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf answer = STRBUF_INIT, request = STRBUF_INIT;
		const char *expected = rows[i].answer;

		if (!header && rows[i].served)
			expected = strstr(expected, "\r\n\r\n") + 4;
		strbuf_addf(&request, "GET /%s", rows[i].path);
		ask(&f, "", request.p, &answer);
		cr_assert_eq(strncmp(answer.p ? answer.p : "", expected, strlen(expected)), 0,
			     "%s\n%s", request.p, answer.p);
		if (rows[i].served)
			cr_assert_eq(answer.n, strlen(expected), "%s", request.p);
		strbuf_release(&answer);
		strbuf_release(&request);
	}
	fake_end(&f, 0);
	assert_has(fake_err(&f), "FILE:a.txt\nFILE:a.txt\nFILE:./a.txt\nFILE:link\n");
	fake_release(&f);
	strbuf_release(&words);
	remove_directory(dir);
}

Test(web, WWW_answers_every_kind_of_path)
{
	ask_for_all("WWW", true);
}

Test(web, HTTP_sends_the_file_as_it_is)
{
	ask_for_all("HTTP", false);
}

Test(web, open_errors_come_with_openssl_stack)
{
	struct strbuf answer = STRBUF_INIT;
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=WWW naccept=1 http_binmode quiet");
	ask(&f, "", "GET /none HTTP/1.0\r\n", &answer);
	assert_has(answer.p, TEXT "Error opening 'none' mode='rb'\r\n");
	assert_has(answer.p, ":error:80000002:system library::No such file or directory::0:calling "
			     "fopen(none, rb)\n");
	assert_has(answer.p, ":error:10000080:BIO routines::no such file::0:\n");
	fake_end(&f, 0);
	cr_assert_str_eq(fake_err(&f), "");
	strbuf_release(&answer);
	fake_release(&f);
}

struct method_row {
	const char *request, *answer;
};

/* s_server lets all of these hang. */
Test(web, other_requests_are_answered_at_once)
{
	static const struct method_row methods[] = {
		{"HEAD /none HTTP/1.0\r\n",
		 "HTTP/1.0 404 Not Found\r\nContent-type: text/plain\r\n"},
		{"POST /x HTTP/1.0\r\n", "HTTP/1.0 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n"},
		{"FOO /x HTTP/1.0\r\n", "HTTP/1.0 501 Not Implemented\r\n"},
		{"GET x HTTP/1.0\r\n", "HTTP/1.0 400 Bad Request\r\n"},
	};
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=WWW naccept=4");
	for (size_t i = 0; i < 4; i++) {
		struct strbuf answer = STRBUF_INIT;

		ask(&f, "", methods[i].request, &answer);
		cr_assert_eq(strncmp(answer.p, methods[i].answer, strlen(methods[i].answer)), 0,
			     "%s", answer.p);
		strbuf_release(&answer);
	}
	fake_end(&f, 0);
	fake_release(&f);
}

Test(web, lines_before_the_request_are_skipped_and_pieces_joined)
{
	static const char request[] = "junk\r\n\r\nGET /none HTTP/1.0\r\n";
	struct strbuf answer = STRBUF_INIT;
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=WWW naccept=1");
	fd = client_connect(&f);
	client_hello(fd, "");
	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		char one[] = {request[i], '\0'};

		client_frame(fd, 'D', one);
	}
	client_read_all(fd, &answer);
	assert_has(answer.p, "Error opening 'none'");
	client_expect_eof(fd);
	fake_end(&f, 0);
	strbuf_release(&answer);
	fake_release(&f);
}

Test(web, an_endless_line_is_refused)
{
	struct strbuf answer = STRBUF_INIT, line = STRBUF_INIT;
	struct fake f;
	int fd;

	while (line.n < 10000)
		strbuf_addc(&line, 'x');
	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=www naccept=1");
	fd = client_connect(&f);
	client_hello(fd, "");
	client_frame(fd, 'D', line.p);
	client_frame(fd, 'D', line.p);
	client_read_all(fd, &answer);
	assert_has(answer.p, "HTTP/1.0 400 Bad Request\r\n");
	client_expect_eof(fd);
	fake_end(&f, 0);
	strbuf_release(&answer);
	strbuf_release(&line);
	fake_release(&f);
}

Test(web, a_page_comes_in_one_record_and_hides_secrets)
{
	struct strbuf page = STRBUF_INIT;
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=www naccept=1 quiet command_line=s_server<&>");
	fd = client_connect(&f);
	client_tls_hello(fd, "curl.bin", "version 0303");
	client_frame(fd, 'D', "GET / HTTP/1.0\r\n\r\n");
	client_expect(fd, 'D', &page);
	client_expect(fd, 'C', NULL);
	client_expect_eof(fd);
	fake_end(&f, 0);
	assert_has(page.p,
		   HTML "<HTML><BODY BGCOLOR=\"#ffffff\">\n<pre>\n\ns_server&lt;&amp;&gt; \n"
			"Secure Renegotiation IS supported\n"
			"Ciphers supported in s_server binary\n"
			"TLSv1.3    :TLS_AES_128_GCM_SHA256    TLSv1.3    :");
	assert_has(page.p, "\n---\nCiphers common between both SSL end points:\n");
	assert_has(page.p,
		   "\n---\nNew, TLSv1.2, Cipher is ECDHE-RSA-AES128-GCM-SHA256\nSSL-Session:\n"
		   "    Protocol  : TLSv1.2\n    Cipher    : ECDHE-RSA-AES128-GCM-SHA256\n"
		   "    Session-ID: 30313233\n    Session-ID-ctx: 01000000\n"
		   "    Master-Key: ***\n    PSK identity: None\n");
	assert_has(page.p,
		   "\n    Start Time: 1700000000\n    Timeout   : 7200 (sec)\n"
		   "    Verify return code: 0 (ok)\n    Extended master secret: yes\n---\n");
	assert_has(page.p, "   1 server accepts that finished\n");
	assert_has(page.p, "\n---\nno client certificate available\n</pre></BODY></HTML>\r\n\r\n");
	strbuf_release(&page);
	fake_release(&f);
}

Test(web, secrets_are_shown_on_request)
{
	struct strbuf page = STRBUF_INIT;
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=www naccept=1 show_secrets");
	ask(&f, "resumed", "GET /x HTTP/1.0\r\n\r\n", &page);
	assert_has(page.p, "\n---\nReused, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\n");
	assert_has(page.p, "\n    Resumption PSK: FEEDFEEDFEED\n");
	assert_has(page.p, "\n    Max Early Data: 0\n");
	fake_end(&f, 0);
	strbuf_release(&page);
	fake_release(&f);
}

Test(web, stats_is_a_page_of_WWW_only)
{
	static const char *const modes[] = {"mode=WWW naccept=1", "mode=HTTP naccept=1"};

	for (int i = 0; i < 2; i++) {
		struct strbuf page = STRBUF_INIT;
		struct fake f;

		fake_start(&f, PROC_STDIN_NULL, NULL, modes[i]);
		ask(&f, "", "GET /stats HTTP/1.0\r\n\r\n", &page);
		assert_has(page.p, i ? "Error opening 'stats'" : "server accepts that finished");
		fake_end(&f, 0);
		strbuf_release(&page);
		fake_release(&f);
	}
}

Test(web, reneg_shakes_hands_again_before_the_page)
{
	static const char *const paths[] = {"GET /reneg HTTP/1.0\r\n",
					    "GET /renegcert HTTP/1.0\r\n"};

	for (int i = 0; i < 2; i++) {
		struct strbuf page = STRBUF_INIT, payload = STRBUF_INIT;
		struct fake f;
		int fd;

		fake_start(&f, PROC_STDIN_NULL, NULL, "mode=www naccept=1");
		fd = client_connect(&f);
		client_hello(fd, "version 0303");
		client_frame(fd, 'D', paths[i]);
		client_expect(fd, 'R', &payload);
		cr_assert_str_eq(payload.p, i ? "C" : "");
		client_frame(fd, 'N', "");
		client_expect(fd, 'n', NULL);
		client_read_all(fd, &page);
		assert_has(page.p, "SSL-Session:\n");
		client_expect_eof(fd);
		fake_end(&f, 0);
		assert_has(fake_out(&f), "SSL_renegotiate -> 1\n");
		strbuf_release(&page);
		strbuf_release(&payload);
		fake_release(&f);
	}
}

Test(web, reneg_in_tls13_is_answered_with_the_reason)
{
	static const char *const environment[] = {NULL, "FAKE_PLAIN=1"};

	for (int i = 0; i < 2; i++) {
		struct strbuf answer = STRBUF_INIT;
		struct fake f;

		fake_start(&f, PROC_STDIN_NULL, environment[i], "mode=www naccept=1");
		ask(&f, "", "GET /reneg HTTP/1.0\r\n", &answer);
		cr_assert_str_eq(answer.p,
				 i ? TEXT "Cannot renegotiate: the library has no renegotiation\r\n"
				   : TEXT "Cannot renegotiate: not with version 0304\r\n");
		fake_end(&f, 0);
		strbuf_release(&answer);
		fake_release(&f);
	}
}

Test(web, large_files_arrive_whole_while_others_are_served)
{
	enum { SIZE = 4 * 1000 * 1000 };
	struct strbuf big = STRBUF_INIT, got = STRBUF_INIT, small = STRBUF_INIT;
	char dir[] = "/tmp/test_web_XXXXXX";
	struct fake f;
	int fd;

	make_directory(dir);
	while (big.n < SIZE)
		strbuf_addf(&big, "%zu,", big.n);
	write_file(dir, "big", big.p, big.n);
	fake_start_in(&f, PROC_STDIN_NULL, NULL, "mode=HTTP naccept=2", dir);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_frame(fd, 'D', "GET /big HTTP/1.0\r\n");
	(void)proc_expect_err(&f.proc, "FILE:big\n");
	ask(&f, "", "GET /a.txt HTTP/1.0\r\n", &small);
	cr_assert_str_eq(small.p, "text\n");
	client_read_all(fd, &got);
	cr_assert_eq(got.n, big.n);
	cr_assert_eq(memcmp(got.p, big.p, big.n), 0);
	client_expect_eof(fd);
	fake_end(&f, 0);
	strbuf_release(&big);
	strbuf_release(&got);
	strbuf_release(&small);
	fake_release(&f);
	remove_directory(dir);
}

Test(web, a_client_that_leaves_half_way_harms_nobody)
{
	struct strbuf big = STRBUF_INIT, small = STRBUF_INIT;
	char dir[] = "/tmp/test_web_XXXXXX";
	struct fake f;
	int fd;

	make_directory(dir);
	while (big.n < 3000000)
		strbuf_adds(&big, "0123456789");
	write_file(dir, "big", big.p, big.n);
	fake_start_in(&f, PROC_STDIN_NULL, NULL, "mode=WWW naccept=2", dir);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_frame(fd, 'D', "GET /big HTTP/1.0\r\n");
	client_expect(fd, 'D', NULL);
	(void)close(fd);
	ask(&f, "", "GET /a.txt HTTP/1.0\r\n", &small);
	cr_assert_str_eq(small.p, TEXT "text\n");
	fake_end(&f, 0);
	strbuf_release(&big);
	strbuf_release(&small);
	fake_release(&f);
	remove_directory(dir);
}

Test(web, nbio_test_sends_files_whole)
{
	struct strbuf big = STRBUF_INIT, got = STRBUF_INIT;
	char dir[] = "/tmp/test_web_XXXXXX";
	struct fake f;

	make_directory(dir);
	while (big.n < 300000)
		strbuf_addf(&big, "%zu,", big.n);
	write_file(dir, "big", big.p, big.n);
	fake_start_in(&f, PROC_STDIN_NULL, NULL, "mode=HTTP naccept=1 nbio_test", dir);
	ask(&f, "", "GET /big HTTP/1.0\r\n", &got);
	cr_assert_eq(got.n, big.n);
	cr_assert_eq(memcmp(got.p, big.p, big.n), 0);
	fake_end(&f, 0);
	strbuf_release(&big);
	strbuf_release(&got);
	fake_release(&f);
	remove_directory(dir);
}

Test(web, failures_print_the_stack_alone_and_nothing_when_quiet)
{
	static const char *const words[] = {"mode=www naccept=1", "mode=www naccept=1 quiet"};

	for (int i = 0; i < 2; i++) {
		struct fake f;
		int fd;

		fake_start(&f, PROC_STDIN_NULL, NULL, words[i]);
		fd = client_connect(&f);
		client_frame(fd, 'H', "fail 70 no such version");
		client_expect(fd, 'A', NULL);
		client_close(fd);
		fake_end(&f, 0);
		if (i)
			cr_assert_str_eq(fake_err(&f), "");
		else
			assert_has(fake_err(&f), ":FakeTLS::70 no such version::0:\n");
		cr_assert(!strstr(fake_err(&f), "ERROR"));
		fake_release(&f);
	}
}

Test(web, any_failing_call_ends_that_connection_only)
{
	for (int at = 1; at <= 9; at++) {
		char environment[32];
		struct fake f;

		(void)snprintf(environment, sizeof(environment), "FAKE_FAIL_AT=%d", at);
		fake_start(&f, PROC_STDIN_NULL, environment, "mode=www naccept=2");
		for (int i = 0; i < 2; i++) {
			int fd = client_connect(&f);

			client_send(fd, "H\0\14version 0303F\0\0D\0\24GET /reneg HTTP/1.0\n", 41);
			client_send(fd, "N\0\0", 3);
			client_expect_eof(fd);
		}
		fake_end(&f, 0);
		fake_release(&f);
	}
}
