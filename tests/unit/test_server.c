/* The server as its clients and its terminal see it, driven by the fake backend. */
#include "tests/support/fake_client.h"
#include "tests/support/text.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(server, .timeout = 60);

static const char end_lines[] = "shutting down SSL\nCONNECTION CLOSED\n";

/* ---- beginning and end ---- */

Test(server, accept_line_comes_first_and_holds_the_free_port)
{
	struct fake f;
	char line[64];
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 temp_dh_lines");
	(void)snprintf(line, sizeof(line),
		       "Using default temp DH parameters\nACCEPT 127.0.0.1:%u\n", f.port);
	(void)proc_expect_out(&f.proc, line);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_close(fd);
	fake_end(&f, 0);
	cr_assert_eq(strncmp(fake_out(&f), line, strlen(line)), 0);
	fake_release(&f);
}

Test(server, naccept_counts_failed_handshakes_and_is_exact)
{
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=3");
	for (int i = 0; i < 3; i++) {
		int fd = client_connect(&f);

		client_frame(fd, 'H', i == 1 ? "fail 40 no shared cipher" : "");
		if (i != 1)
			client_frame(fd, 'F', "");
		client_expect(fd, i == 1 ? 'A' : 'h', NULL);
		client_close(fd);
	}
	fake_end(&f, 0);
	assert_has(fake_out(&f), "   3 server accepts (SSL_accept())\n");
	assert_has(fake_out(&f), "   2 server accepts that finished\n");
	cr_assert_eq(text_count(fake_out(&f), end_lines), 3);
	assert_has(fake_err(&f), "ERROR\n");
	assert_has(fake_err(&f), "no shared cipher");
	fake_release(&f);
}

Test(server, statistics_block_is_the_last_of_stdout)
{
	static const char block[] = "   0 items in the session cache\n"
				    "   0 client connects (SSL_connect())\n"
				    "   0 client renegotiates (SSL_connect())\n"
				    "   0 client connects that finished\n"
				    "   1 server accepts (SSL_accept())\n"
				    "   0 server renegotiates (SSL_accept())\n"
				    "   1 server accepts that finished\n"
				    "   0 session cache hits\n"
				    "   0 session cache misses\n"
				    "   0 session cache timeouts\n"
				    "   0 callback cache hits\n"
				    "   0 cache full overflows (128 allowed)\n";
	struct fake f;
	const char *out;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1");
	fd = client_connect(&f);
	client_hello(fd, "");
	client_close(fd);
	fake_end(&f, 0);
	out = fake_out(&f);
	cr_assert_gt(strlen(out), sizeof(block));
	cr_assert_str_eq(out + strlen(out) - strlen(block), block);
	fake_release(&f);
}

Test(server, context_errors_give_status_1_and_77)
{
	static const char *const environment[] = {"FAKE_CTX=fail", "FAKE_CTX=unsupported"};
	static const int status[] = {1, 77};

	for (int i = 0; i < 2; i++) {
		struct strbuf text = STRBUF_INIT;
		int rc = shell(&text, "%s %s/tests/fake_server", environment[i], TEST_BINARY_DIR);

		cr_assert_eq(rc, status[i], "%d: %s", rc, text.p);
		assert_has(text.p, "s_server: the fake context is not to be\n");
		strbuf_release(&text);
	}
}

Test(server, taken_port_is_status_1)
{
	struct strbuf text = STRBUF_INIT;
	struct fake f;
	int rc;

	fake_start(&f, PROC_STDIN_NULL, NULL, "");
	rc = shell(&text, "%s/tests/fake_server port=%u", TEST_BINARY_DIR, f.port);
	cr_assert_eq(rc, 1);
	assert_has(text.p, "Address already in use");
	strbuf_release(&text);
	fake_release(&f);
}

Test(server, sigterm_ends_it_by_the_signal)
{
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "");
	proc_signal(&f.proc, SIGTERM);
	cr_assert_eq(proc_wait(&f.proc), 128 + SIGTERM);
	fake_release(&f);
}

/* ---- one connection ---- */

Test(server, data_goes_to_stdout_unchanged_and_in_order)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1");
	fd = client_connect(&f);
	client_hello(fd, "");
	client_frame(fd, 'D', "hello\r\n");
	client_frame(fd, 'D', "world");
	client_close(fd);
	fake_end(&f, 0);
	assert_has(fake_out(&f), "\nhello\r\nworldDONE\nshutting down SSL\nCONNECTION CLOSED\n");
	cr_assert_str_eq(fake_err(&f), "");
	fake_release(&f);
}

Test(server, quiet_prints_data_only)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 quiet");
	fd = client_connect(&f);
	client_hello(fd, "sni localhost\nalpn h2");
	client_frame(fd, 'D', "hello\n");
	client_close(fd);
	fake_end(&f, 0);
	cr_assert_str_eq(fake_out(&f), "hello\n");
	cr_assert_str_eq(fake_err(&f), "");
	fake_release(&f);
}

Test(server, one_byte_pieces_make_no_difference)
{
	static const char all[] = "H\0\0F\0\0D\0\5helloC\0\0";
	struct fake f;
	int fd, one = 1;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1");
	fd = client_connect(&f);
	(void)setsockopt(fd, IPPROTO_TCP, 1, &one, sizeof(one));
	for (size_t i = 0; i < sizeof(all) - 1; i++)
		client_send(fd, all + i, 1);
	client_expect_eof(fd);
	fake_end(&f, 0);
	assert_has(fake_out(&f), "hello");
	assert_has(fake_out(&f), "DONE\n");
	assert_lacks(fake_out(&f), "ERROR");
	fake_release(&f);
}

Test(server, an_end_after_any_byte_is_an_error_and_no_more)
{
	static const char all[] = "H\0\7version 0303F\0\0D\0\5helloC\0\0";
	static const size_t n = 3 + 7 + 3 + 8;
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=21");
	for (size_t cut = 0; cut < n; cut++) {
		int fd = client_connect(&f);

		client_send(fd, all, cut);
		(void)shutdown(fd, SHUT_WR);
		client_expect_eof(fd);
	}
	fake_end(&f, 0);
	cr_assert_eq(text_count(fake_out(&f), end_lines), n);
	cr_assert_eq(text_count(fake_err(&f), "\nERROR\n") +
			     (strncmp(fake_err(&f), "ERROR", 5) == 0) +
			     text_count(fake_out(&f), "ERROR\n"),
		     n, "%s%s", fake_out(&f), fake_err(&f));
	fake_release(&f);
}

Test(server, a_bare_end_is_an_error_unless_ignored)
{
	static const char *const words[] = {"naccept=1", "naccept=1 ignore_unexpected_eof"};

	for (int ignored = 0; ignored < 2; ignored++) {
		struct fake f;
		int fd;

		fake_start(&f, PROC_STDIN_NULL, NULL, words[ignored]);
		fd = client_connect(&f);
		client_hello(fd, "");
		(void)shutdown(fd, SHUT_WR);
		client_expect_eof(fd);
		fake_end(&f, 0);
		assert_has(fake_out(&f), ignored ? "DONE\n" : "ERROR\n");
		assert_lacks(fake_out(&f), ignored ? "ERROR\n" : "DONE\n");
		if (ignored)
			cr_assert_str_eq(fake_err(&f), "");
		else
			assert_has(fake_err(&f), ":error:0A000126:SSL routines::unexpected eof "
						 "while reading:");
		fake_release(&f);
	}
}

Test(server, what_is_no_tls_is_named_in_openssl_words)
{
	static const struct {
		const char *bytes, *reason;
	} row[] = {
		{"GET / HTTP/1.0\r\n\r\n", "0A00009C:SSL routines::http request:"},
		{"CONNECT a:443 HTTP/1.1\r\n\r\n", "0A00009B:SSL routines::https proxy request:"},
		{"\x80garbage without end", "0A00010B:SSL routines::wrong version number:"},
	};
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "");
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		int fd = client_connect(&f);

		client_send(fd, row[i].bytes, strlen(row[i].bytes));
		(void)shutdown(fd, SHUT_WR);
		client_expect_eof(fd);
		(void)proc_expect_err(&f.proc, row[i].reason);
	}
	fake_release(&f);
}

Test(server, received_alerts_are_named_with_their_number)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1");
	fd = client_connect(&f);
	client_frame(fd, 'H', "");
	client_expect(fd, 'h', NULL);
	client_frame(fd, 'A', "\2\60");
	client_expect_eof(fd);
	fake_end(&f, 0);
	assert_has(fake_err(&f),
		   ":error:0A000418:SSL routines::tlsv1 alert unknown ca::0:SSL alert "
		   "number 48\n");
	assert_has(fake_err(&f), ":error:00000007:FakeTLS::the client complains::0:\n");
	fake_release(&f);
}

struct missing_row {
	const char *words, *alert;
	bool named;
};

Test(server, a_missing_certificate_is_named)
{
	static const struct missing_row rows[] = {
		{"naccept=1 require_cert", "116", true},
		{"naccept=1 require_cert", "40", true},
		{"naccept=1 require_cert", "10", false}, /* that alert says something else */
		{"naccept=1", "40", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fake f;
		int fd;

		fake_start(&f, PROC_STDIN_NULL, NULL, rows[i].words);
		fd = client_connect(&f);
		client_recorded(fd, "curl.bin");
		client_frame(fd, 'H', "");
		client_expect(fd, 'h', NULL);
		client_frame(fd, 'F', rows[i].alert);
		client_expect(fd, 'A', NULL);
		client_close(fd);
		fake_end(&f, 0);
		cr_assert_eq(strstr(fake_err(&f),
				    "SSL routines::peer did not return a certificate") != NULL,
			     rows[i].named, "row %zu: %s", i, fake_err(&f));
		fake_release(&f);
	}
}

Test(server, resumed_sessions_are_hits)
{
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=2");
	for (int i = 0; i < 2; i++) {
		int fd = client_connect(&f);

		client_hello(fd, i ? "resumed" : "");
		client_close(fd);
	}
	fake_end(&f, 0);
	assert_has(fake_out(&f), "   1 session cache hits\n");
	fake_release(&f);
}

/* ---- failures of the library ---- */

Test(server, a_failure_of_any_call_ends_that_connection_only)
{
	enum { CALLS = 12 };

	for (int at = 1; at <= CALLS; at++) {
		char environment[32];
		struct fake f;

		(void)snprintf(environment, sizeof(environment), "FAKE_FAIL_AT=%d", at);
		fake_start(&f, PROC_STDIN_PIPE, environment, "naccept=3 stdin_eof=ignore");
		proc_write(&f.proc, "to the client\n");
		for (int i = 0; i < 3; i++) {
			int fd = client_connect(&f);

			client_send(fd, "H\0\0F\0\0D\0\5helloC\0\0", 17);
			client_expect_eof(fd);
		}
		fake_end(&f, 0);
		cr_assert_eq(text_count(fake_out(&f), end_lines), 3, "%d", at);
		fake_release(&f);
	}
}

Test(server, nbio_test_gives_the_same_data)
{
	struct strbuf data = STRBUF_INIT;
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_PIPE, NULL, "naccept=1 nbio_test");
	proc_write(&f.proc, "to the client\n");
	fd = client_connect(&f);
	client_hello(fd, "");
	client_expect(fd, 'D', &data);
	cr_assert_str_eq(data.p, "to the client\n");
	client_frame(fd, 'D', "hello");
	client_close(fd);
	fake_end(&f, 0);
	assert_has(fake_out(&f), "DELAY\n");
	assert_has(fake_out(&f), "hello");
	assert_has(fake_out(&f), "DONE\n");
	strbuf_release(&data);
	fake_release(&f);
}

/* ---- slow and many ---- */

Test(server, a_slow_reader_gets_everything)
{
	enum { SIZE = 3 * 1000 * 1000 };
	struct strbuf data = STRBUF_INIT, big = STRBUF_INIT;
	char path[] = "/tmp/test_server_XXXXXX";
	struct proc p;
	struct fake f = {.port = 0};
	int fd, file = mkstemp(path);

	cr_assert_geq(file, 0);
	while (big.n < SIZE)
		strbuf_addf(&big, "%zu\n", big.n);
	cr_assert_eq(write(file, big.p, big.n), (ssize_t)big.n);
	(void)close(file);
	proc_shell(&p, PROC_STDIN_NULL, "exec %s/tests/fake_server naccept=1 no_commands < %s",
		   TEST_BINARY_DIR, path);
	f.port = (unsigned)strtoul(proc_expect_out(&p, "ACCEPT 127.0.0.1:") + 17, NULL, 10);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_read_all(fd, &data);
	cr_assert_eq(data.n, big.n);
	cr_assert_eq(memcmp(data.p, big.p, big.n), 0);
	client_expect_eof(fd);
	cr_assert_eq(proc_wait(&p), 0);
	(void)unlink(path);
	proc_release(&p);
	strbuf_release(&data);
	strbuf_release(&big);
}

Test(server, handshake_timeout_frees_the_terminal)
{
	struct fake f;
	int silent, fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=2 handshake_timeout=1");
	silent = client_connect(&f);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_close(fd);
	client_expect_eof(silent);
	fake_end(&f, 0);
	assert_has(fake_err(&f), "s_server: no handshake within 1 seconds\n");
	fake_release(&f);
}

Test(server, idle_timeout_closes_in_order)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 idle_timeout=1");
	fd = client_connect(&f);
	client_hello(fd, "");
	client_expect(fd, 'C', NULL);
	client_expect_eof(fd);
	fake_end(&f, 0);
	assert_has(fake_err(&f), "s_server: closed after 1 seconds without data\n");
	fake_release(&f);
}

Test(server, max_connections_holds_the_rest_back)
{
	struct fake f;
	int fd[2];
	char byte;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev naccept=2 max_connections=1");
	fd[0] = client_connect(&f);
	client_hello(fd[0], "");
	fd[1] = client_connect(&f);
	client_frame(fd[1], 'H', "");
	client_frame(fd[0], 'D', "abc\n");
	client_expect(fd[0], 'D', NULL);
	cr_assert_lt(recv(fd[1], &byte, 1, MSG_DONTWAIT), 0);
	client_close(fd[0]);
	client_expect(fd[1], 'h', NULL);
	client_frame(fd[1], 'F', "");
	client_close(fd[1]);
	fake_end(&f, 0);
	fake_release(&f);
}

Test(server, short_descriptors_delay_and_do_not_end_it)
{
	struct strbuf data = STRBUF_INIT;
	struct proc p;
	struct fake f = {.port = 0};
	int fd[24];

	proc_shell(&p, PROC_STDIN_NULL, "ulimit -n 20; exec %s/tests/fake_server mode=rev",
		   TEST_BINARY_DIR);
	f.port = (unsigned)strtoul(proc_expect_out(&p, "ACCEPT 127.0.0.1:") + 17, NULL, 10);
	for (size_t i = 0; i < 24; i++)
		fd[i] = client_connect(&f);
	client_hello(fd[0], "");
	for (size_t i = 0; i < 23; i++) {
		client_frame(fd[i], 'C', "");
		client_expect_eof(fd[i]);
		if (i < 22)
			client_hello(fd[i + 1], "");
	}
	client_hello(fd[23], "");
	client_frame(fd[23], 'D', "abc\n");
	client_expect(fd[23], 'D', &data);
	cr_assert_str_eq(data.p, "cba\n");
	strbuf_release(&data);
	proc_release(&p);
}

/* ---- -rev ---- */

struct rev_row {
	const char *words, *sent, *answer;
};

Test(server, rev_reverses_lines)
{
	static const struct rev_row rows[] = {
		{"", "hello\r\n", "olleh\n"},
		{"", "\n", "\n"},
		{"", "ab\ncd\n", "ba\ndc\n"},
		{"", "close\n", "esolc\n"},
		{"", "CLOSE \n", " ESOLC\n"},
		{"", "a\nCLOSE\nb\n", "a\n"},
		{"ign_eof", "a\nCLOSE\n", "a\nESOLC\n"},
		{"", "ab", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf data = STRBUF_INIT, words = STRBUF_INIT;
		struct fake f;
		int fd;

		strbuf_addf(&words, "mode=rev naccept=1 %s", rows[i].words);
		fake_start(&f, PROC_STDIN_NULL, NULL, words.p);
		fd = client_connect(&f);
		client_hello(fd, "");
		client_frame(fd, 'D', rows[i].sent);
		client_frame(fd, 'C', "");
		client_read_all(fd, &data);
		cr_assert_str_eq(data.p ? data.p : "", rows[i].answer, "%s", rows[i].sent);
		client_expect_eof(fd);
		fake_end(&f, 0);
		cr_assert_eq(strncmp(fake_err(&f),
				     "CONNECTION ESTABLISHED\nProtocol version: TLSv1.3\n", 49),
			     0, "%s", fake_err(&f));
		assert_has(fake_err(&f), "\nCONNECTION CLOSED\n");
		strbuf_release(&data);
		strbuf_release(&words);
		fake_release(&f);
	}
}

Test(server, rev_serves_others_beside_an_idle_client)
{
	struct strbuf data = STRBUF_INIT;
	struct fake f;
	int idle, half, fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev naccept=3");
	idle = client_connect(&f);
	half = client_connect(&f);
	client_frame(half, 'H', "");
	fd = client_connect(&f);
	client_hello(fd, "");
	client_frame(fd, 'D', "abc\n");
	client_expect(fd, 'D', &data);
	cr_assert_str_eq(data.p, "cba\n");
	client_close(fd);
	client_expect(half, 'h', NULL);
	client_frame(half, 'F', "");
	client_close(half);
	(void)shutdown(idle, SHUT_WR);
	client_expect_eof(idle);
	fake_end(&f, 0);
	assert_has(fake_err(&f), "CONNECTION FAILURE\n");
	strbuf_release(&data);
	fake_release(&f);
}

/* A client that never reads: its answers must not pile up, and others are served. */
Test(server, rev_stops_reading_from_who_does_not_read)
{
	struct strbuf line = STRBUF_INIT, frame = STRBUF_INIT, data = STRBUF_INIT;
	struct fake f;
	int deaf, fd;
	ssize_t n;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev");
	deaf = client_connect(&f);
	client_hello(deaf, "");
	while (line.n < 16000)
		strbuf_adds(&line, "a line of some length\n");
	strbuf_addc(&frame, 'D');
	strbuf_addc(&frame, (char)(line.n >> 8));
	strbuf_addc(&frame, (char)line.n);
	strbuf_add(&frame, line.p, line.n);
	do /* until the server takes no more */
		n = send(deaf, frame.p, frame.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == (ssize_t)frame.n);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_frame(fd, 'D', "abc\n");
	client_expect(fd, 'D', &data);
	cr_assert_str_eq(data.p, "cba\n");
	client_close(fd);
	(void)close(deaf);
	strbuf_release(&line);
	strbuf_release(&frame);
	strbuf_release(&data);
	fake_release(&f);
}

Test(server, sni_alpn_and_psk_are_reported)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 servername=Second second_cert");
	fd = client_connect(&f);
	client_hello(fd, "version 0303\nsni second\nalpn h2,abc,x\npsk bob");
	client_close(fd);
	fake_end(&f, 0);
	assert_has(fake_out(&f), "Setting secondary ctx parameters\n");
	assert_has(fake_out(&f),
		   "Hostname in TLS extension: \"second\"\nSwitching server context.\n"
		   "ALPN protocols advertised by the client: h2, abc, x\n"
		   "ALPN protocols selected: abc\n"
		   "PSK warning: client identity not what we expected (got 'bob' expected 'me')\n");
	fake_release(&f);
}

Test(server, wrong_names_fail_when_that_is_fatal)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 servername=a servername_fatal");
	fd = client_connect(&f);
	client_frame(fd, 'H', "sni b");
	client_expect(fd, 'A', NULL);
	client_close(fd);
	fake_end(&f, 0);
	assert_has(fake_err(&f), "ERROR\n");
	fake_release(&f);
}

Test(server, external_cache_says_what_it_does)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 ext_cache");
	fd = client_connect(&f);
	client_hello(fd, "store 1");
	client_close(fd);
	fake_end(&f, 0);
	cr_assert_str_eq(fake_err(&f), "New session added to external cache\n");
	assert_has(fake_out(&f), "   1 items in the session cache\n");
	fake_release(&f);
}

/* Started with few descriptors, and free to take more. */
Test(server, the_descriptor_limit_is_no_limit)
{
	int fd[100];
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, "prlimit --nofile=40:1000", "mode=rev naccept=100");
	for (int i = 0; i < 100; i++) {
		fd[i] = client_connect(&f);
		client_hello(fd[i], "");
	}
	for (int i = 0; i < 100; i++)
		client_close(fd[i]);
	fake_end(&f, 0);
	fake_release(&f);
}

Test(server, ready_file_is_complete_when_it_is_there)
{
	struct strbuf text = STRBUF_INIT;
	char dir[] = "/tmp/test_server_XXXXXX";
	struct fake f = {.port = 0};
	struct proc p;

	cr_assert(mkdtemp(dir));
	proc_shell(&p, PROC_STDIN_NULL, "exec %s/tests/fake_server quiet readyfile=%s/ready",
		   TEST_BINARY_DIR, dir);
	do
		strbuf_reset(&text);
	while (shell(&text, "cat %s/ready", dir) != 0);
	cr_assert_eq(strncmp(text.p, "127.0.0.1:", 10), 0, "%s", text.p);
	f.port = (unsigned)strtoul(text.p + 10, NULL, 10);
	(void)close(client_connect(&f));
	proc_release(&p);
	cr_assert_eq(shell(&text, "rm -r %s", dir), 0);
	strbuf_release(&text);
}
