/*
 * Every line against those of openssl s_server 3.5: expected/ holds what `record` made of its
 * output. TEST_BACKEND names the backend; GOLDEN_RECORD=dir writes instead of comparing.
 */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLIENT_MS = 20000 };

enum {
	OPENSSL = 1,
	GNUTLS = 2,
	WOLFSSL = 4,
	MBEDTLS = 8,
	MESSAGES = OPENSSL | GNUTLS,
	ALL = OPENSSL | GNUTLS | WOLFSSL | MBEDTLS,
};

struct scenario {
	const char *name;
	unsigned backends;
	unsigned naccept;
	const char *server, *client, *input;
};

static const struct scenario scenarios[] = {
#define GOLDEN(name, backends, naccept, server, client, input) \
	{#name, backends, naccept, server, client, input},
#include "tests/golden/scenarios.def"
#undef GOLDEN
};

/* The names of the options, with commas between. */
static bool supported(const struct scenario *g)
{
	struct strbuf names = STRBUF_INIT;
	char *words = xstrdup(g->server), *save = NULL;
	bool yes;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (*w == '-')
			strbuf_addf(&names, "%s%s", names.n ? "," : "", w);
	strbuf_addf(&names, ",%s", strstr(g->client, "-tls1_2") ? "-tls1_2" : "-tls1_3");
	yes = e2e_supports(names.p);
	strbuf_release(&names);
	free(words);
	return yes;
}

static bool is_meant(const struct scenario *g)
{
	return g->backends == ALL || ((g->backends & OPENSSL) && e2e_on("openssl")) ||
	       ((g->backends & GNUTLS) && e2e_on("gnutls")) ||
	       ((g->backends & WOLFSSL) && e2e_on("wolfssl")) ||
	       ((g->backends & MBEDTLS) && e2e_on("mbedtls"));
}

static void type_input(struct server *s, const char *input)
{
	/* The last line of the summary, whatever it says. */
	(void)proc_expect_out(&s->proc, "enegotiation");
	proc_write(&s->proc, input);
}

static void run(const struct scenario *g, struct strbuf *transcript)
{
	struct server s;
	struct proc client;

	server_start(&s, g->naccept, g->server);
	server_client_start(&s, &client, PROC_STDIN_NULL, g->client);
	if (g->input)
		type_input(&s, g->input);
	cr_assert(proc_wait_ms(&client, CLIENT_MS), "the client does not end");
	if (!g->naccept && !(g->input && *g->input == 'Q')) {
		(void)proc_expect_out(&s.proc, "CONNECTION CLOSED");
		proc_signal(&s.proc, SIGTERM);
	}
	cr_assert(server_wait(&s), "the server does not end: %s", s.proc.out_text.p);
	strbuf_addf(transcript, "status %d\n", s.proc.status);
	transcript_add(transcript, "stdout", &s.proc.out_text);
	transcript_add(transcript, "stderr", &s.proc.err_text);
	/* Where the answer counts, the client prints it alone. */
	if (strstr(g->client, "-quiet"))
		transcript_add(transcript, "client", &client.out_text);
	proc_release(&client);
	server_stop_release(&s);
}

static void write_file(const char *path, const struct strbuf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	cr_assert(fd >= 0 && write(fd, text->p, text->n) == (ssize_t)text->n, "%s", path);
	(void)close(fd);
}

static void normalise(struct strbuf *text)
{
	char path[] = "/tmp/golden-XXXXXX";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	(void)close(fd);
	write_file(path, text);
	strbuf_reset(text);
	cr_assert_eq(
		shell(text, "sed -E -f %s/tests/golden/normalise.sed %s", TEST_SOURCE_DIR, path),
		0);
	(void)unlink(path);
}

static void compare(const struct scenario *g, const struct strbuf *got)
{
	struct strbuf diff = STRBUF_INIT;
	char path[] = "/tmp/golden-XXXXXX";
	int fd = mkstemp(path), rc;

	cr_assert_geq(fd, 0);
	(void)close(fd);
	write_file(path, got);
	/* Where the client's release shows, expected/client-X.Y/ has the lines with that one. */
	rc = shell(&diff,
		   "cd %s/tests/golden/expected; version=$(openssl version | cut -d' ' -f2)\n"
		   "own=client-${version%%.*}/%s.txt\n"
		   "[ -f $own ] || own=%s.txt; diff -u $own %s",
		   TEST_SOURCE_DIR, g->name, g->name, path);
	(void)unlink(path);
	cr_assert_eq(rc, 0, "%s\n%s", g->name, diff.p);
	strbuf_release(&diff);
}

ParameterizedTestParameters(golden, lines)
{
	static int index[sizeof(scenarios) / sizeof(*scenarios)];

	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		index[i] = (int)i;
	return cr_make_param_array(int, index, sizeof(scenarios) / sizeof(*scenarios));
}

ParameterizedTest(const int *i, golden, lines, .timeout = 90)
{
	const struct scenario *g = &scenarios[*i];
	const char *record = getenv("GOLDEN_RECORD"), *only = getenv("GOLDEN_ONLY");
	struct strbuf text = STRBUF_INIT;

	if ((only && strcmp(only, g->name) != 0) || !is_meant(g))
		cr_skip("%s", g->name);
	if (!supported(g))
		cr_skip("%s: not with this backend", g->name);
	run(g, &text);
	normalise(&text);
	if (record) {
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/%s.txt", record, g->name);
		write_file(path, &text);
	} else {
		compare(g, &text);
	}
	strbuf_release(&text);
}
