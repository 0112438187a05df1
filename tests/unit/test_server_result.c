/* The exit status that tells how the connections went. */
#include "tests/support/fake_client.h"
#include "tests/support/text.h"

#include <signal.h>
#include <unistd.h>

TestSuite(result, .timeout = 60);

static void end_well(const struct fake *f)
{
	int fd = client_connect(f);

	client_hello(fd, "");
	client_close(fd);
}

/* As those who wait for a port do. */
static void only_connect(const struct fake *f)
{
	(void)close(client_connect(f));
}

static void fail_handshake(const struct fake *f)
{
	int fd = client_connect(f);

	client_frame(fd, 'H', "fail 70 no such version");
	client_expect(fd, 'A', NULL);
	client_close(fd);
}

static void leave_in_handshake(const struct fake *f)
{
	int fd = client_connect(f);

	client_send(fd, "H", 1);
	(void)close(fd);
}

static void stay_silent(const struct fake *f)
{
	client_expect_eof(client_connect(f));
}

static void break_connection(const struct fake *f)
{
	int fd = client_connect(f);

	client_hello(fd, "");
	(void)close(fd);
}

struct row {
	const char *what;
	void (*client)(const struct fake *f);
	const char *words;
	int status;
};

static const struct row rows[] = {
	{"a good connection", end_well, "fail_on_error", 0},
	{"a client that looks for the port", only_connect, "fail_on_error", 0},
	{"a failed handshake", fail_handshake, "fail_on_error", 3},
	{"a failed handshake, not asked for", fail_handshake, "quiet", 0},
	{"an end in the handshake", leave_in_handshake, "fail_on_error", 3},
	{"no handshake in time", stay_silent, "fail_on_error handshake_timeout=1", 3},
	{"an end without close_notify", break_connection, "fail_on_error", 3},
	{"the same allowed", break_connection, "fail_on_error ignore_unexpected_eof", 0},
};

Test(result, status_at_the_end)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf words = STRBUF_INIT;
		struct fake f;

		strbuf_addf(&words, "mode=rev naccept=2 %s", rows[i].words);
		fake_start(&f, PROC_STDIN_NULL, NULL, words.p);
		rows[i].client(&f);
		end_well(&f);
		cr_expect_eq(proc_wait(&f.proc), rows[i].status, "%s: %d", rows[i].what,
			     f.proc.status);
		fake_release(&f);
		strbuf_release(&words);
	}
}

/* A server without -naccept is ended by a signal, and who does that wants to know, too. */
Test(result, status_at_a_signal)
{
	static const struct {
		void (*client)(const struct fake *f);
		const char *words;
		int signal, status;
	} signals[] = {
		{end_well, "mode=rev fail_on_error", SIGTERM, 0},
		{fail_handshake, "mode=rev fail_on_error", SIGTERM, 3},
		{fail_handshake, "mode=rev fail_on_error", SIGINT, 3},
		{fail_handshake, "mode=rev fail_on_error", SIGHUP, 3},
		{fail_handshake, "mode=rev", SIGTERM, 128 + SIGTERM},
	};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct fake f;

		fake_start(&f, PROC_STDIN_NULL, NULL, signals[i].words);
		signals[i].client(&f);
		proc_signal(&f.proc, signals[i].signal);
		cr_expect_eq(proc_wait(&f.proc), signals[i].status, "%zu: %d", i, f.proc.status);
		fake_release(&f);
	}
}

Test(result, json_has_the_number)
{
	struct fake f;

	fake_start(&f, PROC_STDIN_NULL, NULL, "mode=rev naccept=3 json");
	fail_handshake(&f);
	end_well(&f);
	fail_handshake(&f);
	fake_end(&f, 0);
	assert_has(f.proc.out_text.p, "\"connections\":3,\"failures\":2}");
	fake_release(&f);
}
