/* The terminal, its commands and the end of its input, driven by the fake backend. */
#include "tests/support/fake_client.h"
#include "tests/support/text.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(terminal, .timeout = 60);

static const char end_lines[] = "shutting down SSL\nCONNECTION CLOSED\n";

/* A server with a pipe as stdin, and a client whose handshake is done. */
static int open_session(struct fake *f, const char *words, const char *script)
{
	int fd;

	fake_start(f, PROC_STDIN_PIPE, NULL, words);
	fd = client_connect(f);
	client_hello(fd, script);
	(void)proc_expect_out(&f->proc, "CIPHER is");
	return fd;
}

Test(terminal, input_goes_to_the_client)
{
	struct strbuf data = STRBUF_INIT;
	struct fake f;
	int fd = open_session(&f, "naccept=1", "");

	proc_write(&f.proc, "one\nQ is no command here\n");
	client_expect(fd, 'D', &data);
	cr_assert_str_eq(data.p, "one\nQ is no command here\n");
	client_close(fd);
	fake_end(&f, 0);
	strbuf_release(&data);
	fake_release(&f);
}

Test(terminal, crlf_doubles_line_ends)
{
	struct strbuf data = STRBUF_INIT;
	struct fake f;
	int fd = open_session(&f, "naccept=1 crlf", "");

	proc_write(&f.proc, "a\nb\n");
	client_expect(fd, 'D', &data);
	cr_assert_str_eq(data.p, "a\r\nb\r\n");
	client_close(fd);
	fake_end(&f, 0);
	strbuf_release(&data);
	fake_release(&f);
}

Test(terminal, input_written_before_the_handshake_is_not_lost)
{
	struct strbuf data = STRBUF_INIT;
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_PIPE, NULL, "naccept=1 quiet");
	proc_write(&f.proc, "early bird\n");
	proc_close_stdin(&f.proc);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_read_all(fd, &data);
	cr_assert_str_eq(data.p, "early bird\n");
	client_expect_eof(fd);
	fake_end(&f, 0);
	strbuf_release(&data);
	fake_release(&f);
}

Test(terminal, Q_ends_the_server)
{
	struct fake f;
	int fd = open_session(&f, "", "");

	proc_write(&f.proc, "Question");
	client_expect(fd, 'C', NULL);
	client_expect_eof(fd);
	fake_end(&f, 0);
	assert_has(fake_out(&f), "DONE\nshutting down SSL\nCONNECTION CLOSED\n   0 items");
	cr_assert_str_eq(fake_err(&f), "shutdown accept socket\n");
	fake_release(&f);
}

Test(terminal, q_ends_the_connection_only)
{
	struct fake f;
	int fd = open_session(&f, "naccept=2", "");

	proc_write(&f.proc, "quick");
	client_expect(fd, 'C', NULL);
	client_expect_eof(fd);
	fd = client_connect(&f);
	client_hello(fd, "");
	client_close(fd);
	fake_end(&f, 0);
	cr_assert_eq(text_count(fake_out(&f), end_lines), 2);
	fake_release(&f);
}

Test(terminal, r_and_R_renegotiate_where_the_version_can)
{
	struct strbuf payload = STRBUF_INIT;
	struct fake f;
	int fd = open_session(&f, "naccept=1", "version 0303");

	for (int i = 0; i < 2; i++) {
		proc_write(&f.proc, i ? "R\n" : "r\n");
		client_expect(fd, 'R', &payload);
		cr_assert_str_eq(payload.p, i ? "C" : "");
		client_frame(fd, 'N', "");
		client_expect(fd, 'n', NULL);
	}
	client_close(fd);
	fake_end(&f, 0);
	cr_assert_eq(text_count(fake_out(&f), "SSL_do_handshake -> 1\n"), 2);
	assert_has(fake_out(&f), "   2 server renegotiates (SSL_accept())\n");
	strbuf_release(&payload);
	fake_release(&f);
}

Test(terminal, a_command_that_cannot_be_says_why_and_the_connection_lives)
{
	struct fake f;
	int fd = open_session(&f, "naccept=1", "");

	proc_write(&f.proc, "r\n");
	(void)proc_expect_err(&f.proc, "s_server: command r: not with version 0304\n");
	proc_write(&f.proc, "B\n");
	(void)proc_expect_err(&f.proc, "s_server: command B: nobody has a heartbeat\n");
	client_frame(fd, 'D', "still here");
	client_close(fd);
	fake_end(&f, 0);
	assert_has(fake_out(&f), "still hereDONE\n");
	assert_lacks(fake_out(&f), "ERROR");
	fake_release(&f);
}

Test(terminal, k_K_and_c_send_their_messages)
{
	struct strbuf payload = STRBUF_INIT;
	struct fake f;
	int fd = open_session(&f, "naccept=1", "");

	proc_write(&f.proc, "k\n");
	client_expect(fd, 'K', &payload);
	cr_assert_str_eq(payload.p, "");
	proc_write(&f.proc, "K\n");
	client_expect(fd, 'K', &payload);
	cr_assert_str_eq(payload.p, "A");
	proc_write(&f.proc, "c\n");
	client_expect(fd, 'Q', NULL);
	client_frame(fd, 'P', "");
	client_close(fd);
	fake_end(&f, 0);
	cr_assert_eq(text_count(fake_out(&f), "SSL_do_handshake -> 1\n"), 3);
	strbuf_release(&payload);
	fake_release(&f);
}

Test(terminal, P_writes_clear_text_and_sends_the_line)
{
	static const char clear[] = "Lets print some clear text\n";
	struct strbuf payload = STRBUF_INIT;
	struct fake f;
	char got[sizeof(clear)] = "";
	int fd = open_session(&f, "naccept=1", "");

	proc_write(&f.proc, "Print");
	cr_assert_eq(recv(fd, got, sizeof(clear) - 1, MSG_WAITALL), (ssize_t)sizeof(clear) - 1);
	cr_assert_str_eq(got, clear);
	client_expect(fd, 'D', &payload);
	cr_assert_str_eq(payload.p, "Print");
	client_close(fd);
	fake_end(&f, 0);
	strbuf_release(&payload);
	fake_release(&f);
}

Test(terminal, S_prints_statistics_and_sends_the_line)
{
	struct strbuf payload = STRBUF_INIT;
	struct fake f;
	int fd = open_session(&f, "naccept=1", "");

	proc_write(&f.proc, "S\n");
	(void)proc_expect_out(&f.proc, "   1 server accepts that finished\n");
	client_expect(fd, 'D', &payload);
	cr_assert_str_eq(payload.p, "S\n");
	client_close(fd);
	fake_end(&f, 0);
	strbuf_release(&payload);
	fake_release(&f);
}

Test(terminal, nothing_is_a_command_with_nocommands_quiet_and_brief)
{
	static const char *const words[] = {"naccept=1 no_commands", "naccept=1 quiet",
					    "naccept=1 quiet brief"};

	for (size_t i = 0; i < 3; i++) {
		struct strbuf payload = STRBUF_INIT;
		struct fake f;
		int fd;

		fake_start(&f, PROC_STDIN_PIPE, NULL, words[i]);
		fd = client_connect(&f);
		client_hello(fd, "");
		proc_write(&f.proc, "Q\n");
		client_expect(fd, 'D', &payload);
		cr_assert_str_eq(payload.p, "Q\n");
		client_close(fd);
		fake_end(&f, 0);
		strbuf_release(&payload);
		fake_release(&f);
	}
}

/* ---- the end of the terminal's input ---- */

struct eof_row {
	const char *words, *input;
	bool server_ends, connection_ends;
};

Test(terminal, end_of_input_follows_the_policy)
{
	static const struct eof_row rows[] = {
		{"naccept=1", NULL, false, false}, /* never any input: background use */
		{"naccept=1", "x\n", true, true},
		{"naccept=1 quiet", "x\n", false, true},
		{"naccept=1 stdin_eof=quit", NULL, true, true},
		{"naccept=1 stdin_eof=close", "x\n", false, true},
		{"naccept=1 stdin_eof=ignore", "x\n", false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf data = STRBUF_INIT;
		struct fake f;
		int fd;

		fake_start(&f, PROC_STDIN_PIPE, NULL, rows[i].words);
		if (rows[i].input)
			proc_write(&f.proc, rows[i].input);
		proc_close_stdin(&f.proc);
		fd = client_connect(&f);
		client_hello(fd, "");
		if (rows[i].connection_ends) {
			client_read_all(fd, &data);
			cr_assert_str_eq(data.p ? data.p : "", rows[i].input ? rows[i].input : "");
			client_expect_eof(fd);
		} else {
			client_frame(fd, 'D', "heard");
			(void)proc_expect_out(&f.proc, "heard");
			client_close(fd);
		}
		fake_end(&f, 0);
		cr_assert_eq(strstr(fake_err(&f), "shutdown accept socket") != NULL,
			     rows[i].server_ends, "row %zu: %s", i, fake_err(&f));
		strbuf_release(&data);
		fake_release(&f);
	}
}

Test(terminal, closed_stdin_is_no_trap)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_CLOSED, NULL, "naccept=2");
	for (int i = 0; i < 2; i++) {
		fd = client_connect(&f);
		client_hello(fd, "");
		client_frame(fd, 'D', "heard");
		client_close(fd);
	}
	fake_end(&f, 0);
	cr_assert_eq(text_count(fake_out(&f), "heardDONE\n"), 2);
	fake_release(&f);
}

Test(terminal, the_terminal_serves_one_after_the_other)
{
	struct fake f;
	int first = open_session(&f, "naccept=2", ""), second = client_connect(&f);
	char byte;

	client_frame(second, 'H', "");
	client_frame(first, 'D', "first");
	(void)proc_expect_out(&f.proc, "first");
	cr_assert_lt(recv(second, &byte, 1, MSG_DONTWAIT), 0);
	client_close(first);
	client_expect(second, 'h', NULL);
	client_frame(second, 'F', "");
	client_close(second);
	fake_end(&f, 0);
	fake_release(&f);
}
