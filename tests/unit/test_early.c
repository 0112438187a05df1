/* Early data in every mode, driven by the fake backend. */
#include "tests/support/fake_client.h"
#include "tests/support/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(early, .timeout = 60);

/* The handshake with early data in it, in frames: NULL ends them. */
static int open_early(struct fake *f, const char *script, const char *const *data)
{
	int fd = client_connect(f);

	client_frame(fd, 'H', script);
	for (; *data; data++)
		client_frame(fd, 'E', *data);
	client_expect(fd, 'h', NULL);
	client_frame(fd, 'F', "");
	return fd;
}

struct row {
	const char *words, *script, *data[3], *out;
};

Test(early, text_is_that_of_openssl)
{
	static const struct row rows[] = {
		{"",
		 "",
		 {"early ", "bird", NULL},
		 "Early data received:\nearly bird\nEnd of early data\n-----BEGIN SSL"},
		{"", "", {NULL}, "No early data received\n-----BEGIN SSL"},
		{"", "version 0303", {NULL}, "No early data received\n-----BEGIN SSL"},
		{"", "early-rejected", {NULL}, "Early data was rejected\n-----BEGIN SSL"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fake f;

		fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 early_data");
		client_close(open_early(&f, rows[i].script, rows[i].data));
		fake_end(&f, 0);
		assert_has(fake_out(&f), rows[i].out);
		fake_release(&f);
	}
}

Test(early, quiet_and_brief_print_the_data_alone)
{
	static const char *const words[] = {"naccept=1 early_data quiet",
					    "naccept=1 early_data quiet brief"};
	static const char *const data[] = {"early bird", NULL};

	for (size_t i = 0; i < 2; i++) {
		struct fake f;
		int fd;

		fake_start(&f, PROC_STDIN_NULL, NULL, words[i]);
		fd = open_early(&f, "", data);
		client_frame(fd, 'D', ", late worm");
		client_close(fd);
		fake_end(&f, 0);
		cr_assert_str_eq(fake_out(&f), "early bird, late worm");
		fake_release(&f);
	}
}

Test(early, it_is_shown_before_the_client_has_finished)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 early_data");
	fd = client_connect(&f);
	client_frame(fd, 'H', "");
	client_frame(fd, 'E', "early bird");
	(void)proc_expect_out(&f.proc, "Early data received:\nearly bird");
	client_frame(fd, 'F', "");
	(void)proc_expect_out(&f.proc, "\nEnd of early data\n-----BEGIN SSL");
	client_close(fd);
	fake_end(&f, 0);
	fake_release(&f);
}

Test(early, failures_before_its_end_have_a_title_of_their_own)
{
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=2 early_data");
	fd = client_connect(&f);
	client_frame(fd, 'H', "fail 40 no shared cipher");
	client_expect_eof(fd);
	fd = client_connect(&f);
	client_frame(fd, 'H', "");
	client_frame(fd, 'F', "48"); /* refused behind its end */
	client_expect_eof(fd);
	fake_end(&f, 0);
	assert_has(fake_err(&f), "Error reading early data\n");
	assert_has(fake_err(&f), "\nERROR\n");
	assert_has(fake_out(&f), "No early data received\nshutting down SSL\n");
	fake_release(&f);
}

Test(early, events_tell_it)
{
	static const char *const data[] = {"bird", NULL};
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 early_data json");
	client_close(open_early(&f, "", data));
	fake_end(&f, 0);
	assert_has(fake_out(&f), "\"connection\":1,\"length\":4,\"data\":\"YmlyZA==\"}");
	assert_has(fake_out(&f), "\"early_data\":\"accepted\",\"early_bytes\":4,");
	fake_release(&f);
}

Test(early, requests_are_answered)
{
	static const char *const halves[] = {"GET / HT", NULL}, *const lines[] = {"one\ntw", NULL};
	struct strbuf answer = STRBUF_INIT;
	struct fake f;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 early_data mode=www");
	fd = open_early(&f, "", halves);
	client_frame(fd, 'D', "TP/1.0\r\n\r\n");
	client_read_all(fd, &answer);
	assert_has(answer.p, "HTTP/1.0 200 ok");
	client_expect_eof(fd);
	fake_end(&f, 0);
	fake_release(&f);

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 early_data mode=rev");
	fd = open_early(&f, "", lines);
	client_expect(fd, 'D', &answer);
	cr_assert_str_eq(answer.p, "eno\n");
	client_frame(fd, 'D', "o\n");
	client_expect(fd, 'D', &answer);
	cr_assert_str_eq(answer.p, "owt\n");
	client_close(fd);
	fake_end(&f, 0);
	fake_release(&f);
	strbuf_release(&answer);
}

/* EARLY_LIMIT is 64 KiB. */
Test(early, only_so_much_is_kept)
{
	char *much = malloc(16001);
	struct fake f;

	cr_assert(much);
	memset(much, 'x', 16000);
	much[16000] = '\0';
	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=2 early_data mode=rev");
	for (int i = 0; i < 2; i++) {
		int fd = client_connect(&f);

		client_frame(fd, 'H', "");
		for (int n = 0; n < 4 + i; n++)
			client_frame(fd, 'E', much);
		client_frame(fd, 'F', "");
		if (i == 0) {
			client_expect(fd, 'h', NULL);
			client_frame(fd, 'D', "\n");
			client_expect(fd, 'D', NULL);
			client_frame(fd, 'C', "");
		}
		client_expect_eof(fd);
	}
	fake_end(&f, 0);
	assert_has(fake_err(&f), "more than 65536 bytes of early data");
	free(much);
	fake_release(&f);
}

Test(early, a_failure_of_any_call_ends_that_connection_only)
{
	for (int at = 1; at <= 8; at++) {
		char environment[32];
		struct fake f;

		(void)snprintf(environment, sizeof(environment), "FAKE_FAIL_AT=%d", at);
		fake_start(&f, PROC_STDIN_NULL, environment, "naccept=2 early_data");
		for (int i = 0; i < 2; i++) {
			int fd = client_connect(&f);

			client_send(fd, "H\0\0E\0\2hiF\0\0D\0\5helloC\0\0", 22);
			client_expect_eof(fd);
		}
		fake_end(&f, 0);
		assert_has(fake_out(&f), "Early data received:\nhi");
		fake_release(&f);
	}
}
