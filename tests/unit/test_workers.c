/* Several workers of one server, with the fake backend. */
#include "tests/support/fake_client.h"
#include "tests/support/file.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 24, ACCEPTED = 20 };

static void finish(int fd)
{
	struct strbuf line = STRBUF_INIT;

	client_hello(fd, "");
	client_frame(fd, 'D', "abc\n");
	client_expect(fd, 'D', &line);
	cr_expect_str_eq(line.p, "cba\n");
	client_close(fd);
	strbuf_release(&line);
}

static json_int_t number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* Every line is one event, whole, and the numbers are the ones of ACCEPTED connections. */
static void check_events(const char *lines)
{
	char *copy = xstrdup(lines), *rest = copy, *line;
	bool seen[ACCEPTED + 1] = {false};
	json_int_t connections = 0, accepts = 0;

	while ((line = test_line(&rest))) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		const char *event;

		cr_assert(o, "not JSON: %s", line);
		event = json_string_value(json_object_get(o, "event"));
		if (strcmp(event, "accept") == 0) {
			json_int_t id = number_of(o, "connection"), w = number_of(o, "worker");

			cr_assert(id >= 1 && id <= ACCEPTED && !seen[id], "%s", line);
			cr_assert(w >= 1 && w <= 4, "%s", line);
			seen[id] = true;
		} else if (strcmp(event, "stats") == 0) {
			accepts = number_of(o, "accepts_finished");
		} else if (strcmp(event, "end") == 0) {
			connections = number_of(o, "connections");
		}
		json_decref(o);
	}
	cr_expect_eq(connections, ACCEPTED);
	cr_expect_eq(accepts, ACCEPTED);
	free(copy);
}

Test(workers, naccept_stays_exact)
{
	struct fake f;
	int fd[CLIENTS];

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev json=1 workers=4 naccept=20");
	for (size_t i = 0; i < CLIENTS; i++)
		fd[i] = client_connect(&f);
	for (size_t i = 0; i < CLIENTS; i++)
		if (i < ACCEPTED)
			finish(fd[i]);
		else
			client_expect_eof(fd[i]);
	fake_end(&f, 0);
	check_events(fake_out(&f));
	fake_release(&f);
}

/* One that closes lets one in, whichever worker has it. */
Test(workers, max_connections_counts_them_all)
{
	struct fake f;
	int fd[CLIENTS];
	char byte;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev workers=4 max_connections=3 naccept=24");
	for (size_t i = 0; i < CLIENTS; i++) {
		fd[i] = client_connect(&f);
		client_frame(fd[i], 'H', "");
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		client_expect(fd[i], 'h', NULL);
		if (i + 3 < CLIENTS)
			cr_assert_lt(recv(fd[i + 3], &byte, 1, MSG_DONTWAIT), 0, "client %zu", i);
		client_frame(fd[i], 'F', "");
		client_close(fd[i]);
	}
	fake_end(&f, 0);
	fake_release(&f);
}

Test(workers, all_of_them_serve)
{
	bool served[3] = {false};
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev json=1 workers=2");
	for (int i = 0; i < 5000 && !(served[1] && served[2]); i++) {
		int fd[2] = {client_connect(&f), client_connect(&f)};

		finish(fd[1]);
		finish(fd[0]);
		for (unsigned w = 1; w <= 2; w++) {
			char text[16];

			(void)snprintf(text, sizeof(text), "\"worker\":%u", w);
			served[w] |= proc_find_out(&f.proc, text, 1) != NULL;
		}
	}
	cr_expect(served[1] && served[2]);
	proc_signal(&f.proc, SIGTERM);
	fake_end(&f, 128 + SIGTERM);
	fake_release(&f);
}

/* The last connections end the server, of whatever workers they are. */
Test(workers, stop_together)
{
	struct fake f;
	int fd[8];

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev workers=4 naccept=8");
	for (size_t i = 0; i < 8; i++) {
		fd[i] = client_connect(&f);
		client_hello(fd[i], "");
	}
	for (size_t i = 8; i-- > 0;) {
		cr_assert(!proc_wait_ms(&f.proc, 0));
		client_close(fd[i]);
	}
	fake_end(&f, 0);
	fake_release(&f);
}

Test(workers, a_signal_takes_the_unix_socket_along)
{
	char dir[] = "/tmp/s_server_XXXXXX", path[64], words[128];
	struct fake f;

	cr_assert(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/socket", dir);
	(void)snprintf(words, sizeof(words), "mode=rev workers=3 unix_path=%s", path);
	fake_start(&f, PROC_STDIN_NULL, NULL, words);
	cr_expect_eq(access(path, F_OK), 0);
	proc_signal(&f.proc, SIGTERM);
	fake_end(&f, 128 + SIGTERM);
	cr_expect_neq(access(path, F_OK), 0);
	fake_release(&f);
	cr_expect_eq(rmdir(dir), 0);
}
