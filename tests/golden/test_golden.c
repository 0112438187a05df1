/*
 * Every line against those of openssl s_server: expected/ holds what `record` made of the output of
 * release 3.5, expected-3.0/ where that of 3.0 is not the same. TEST_BACKEND names the backend;
 * GOLDEN_RECORD=dir writes instead of comparing; GOLDEN_ONLY=pattern takes some.
 */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <fnmatch.h>
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
	const char *server, *client, *input; /* client NULL: the server ends before it listens */
};

static const struct scenario scenarios[] = {
#define GOLDEN(name, backends, naccept, server, client, input) \
	{#name, backends, naccept, server, client, input},
#define GOLDEN_FAILS(name, backends, server) {#name, backends, 0, server, NULL, NULL},
#include "tests/golden/scenarios.def"
#undef GOLDEN_FAILS
#undef GOLDEN
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(*scenarios) };

/* The names of the options, with commas between. */
static bool supported(const struct scenario *g)
{
	struct strbuf names = STRBUF_INIT;
	char *words = xstrdup(g->server), *save = NULL;
	bool yes;

	if (!g->client) {
		free(words);
		return true;
	}
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

static void add_server(struct strbuf *transcript, const struct server *s)
{
	strbuf_addf(transcript, "status %d\n", s->proc.status);
	transcript_add(transcript, "stdout", &s->proc.out_text);
	transcript_add(transcript, "stderr", &s->proc.err_text);
}

static void run_failing(const struct scenario *g, struct strbuf *transcript)
{
	struct server s;

	cr_assert(!server_try_start(&s, 0, g->server), "it listens");
	add_server(transcript, &s);
	server_stop_release(&s);
}

static void run(const struct scenario *g, struct strbuf *transcript)
{
	struct server s;
	struct proc client;

	server_start(&s, g->naccept, g->server);
	server_client_start(&s, &client, PROC_STDIN_NULL, g->client);
	if (g->input)
		type_input(&s, g->input);
	cr_assert(proc_wait_ms(&client, CLIENT_MS),
		  "%s: the client does not end: %s%s\nserver: %s%s", g->name, client.out_text.p,
		  client.err_text.p, s.proc.out_text.p, s.proc.err_text.p);
	if (!g->naccept && !(g->input && *g->input == 'Q')) {
		(void)proc_expect_out(&s.proc, "CONNECTION CLOSED");
		proc_signal(&s.proc, SIGTERM);
	}
	cr_assert(server_wait(&s), "%s: the server does not end: %s", g->name, s.proc.out_text.p);
	add_server(transcript, &s);
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

/* `command` runs in this directory with $name (the scenario) and $got (a file that holds `got`). */
static int check(const struct scenario *g, const struct strbuf *got, struct strbuf *shown,
		 const char *command)
{
	char path[] = "/tmp/golden-XXXXXX";
	int fd = mkstemp(path), rc;

	cr_assert_geq(fd, 0);
	(void)close(fd);
	write_file(path, got);
	rc = shell(shown, "cd %s/tests/golden; name=%s got=%s\n%s", TEST_SOURCE_DIR, g->name, path,
		   command);
	(void)unlink(path);
	return rc;
}

/*
 * Where the client's release shows, expected/client-X.Y/ has the lines with that one. Where ours
 * differ on purpose, differs/NAME.txt has the sentence of docs/differences.md and the lines.
 */
static void compare(const struct scenario *g, const struct strbuf *got)
{
	static const char command[] =
		"version=$(openssl version | cut -d' ' -f2)\n"
		"own=expected/client-${version%.*}/$name.txt\n"
		"[ -f $own ] || own=expected/$name.txt\n"
		"[ -f differs/$name.txt ] || exec diff -u $own $got\n"
		"why=$(sed -n 's/^# //p' differs/$name.txt)\n"
		"tr -s ' \\n' ' ' <../../docs/differences.md | grep -qF \"$why\" || "
		"{ echo \"docs/differences.md lacks: $why\"; exit 1; }\n"
		"{ echo \"# $why\"; diff $own $got | grep '^[<>]'; } | diff -u differs/$name.txt -";
	struct strbuf diff = STRBUF_INIT;

	cr_assert_eq(check(g, got, &diff, command), 0, "%s\n%s", g->name, diff.p);
	strbuf_release(&diff);
}

/* wording-3.0.sed is all that is different between the two releases. */
Test(golden, release_3_0_differs_in_wording_only, .timeout = 90)
{
	struct strbuf diff = STRBUF_INIT;

	if (getenv("GOLDEN_RECORD"))
		cr_skip("recording");
	cr_assert_eq(shell(&diff,
			   "cd %s/tests/golden; status=0; for file in expected-3.0/*; do "
			   "sed -E -f wording-3.0.sed $file | diff -u - expected/${file##*/} || "
			   "status=1; done; exit $status",
			   TEST_SOURCE_DIR),
		     0, "%s", diff.p);
	strbuf_release(&diff);
}

ParameterizedTestParameters(golden, lines)
{
	static int index[SCENARIOS];

	for (int i = 0; i < SCENARIOS; i++)
		index[i] = i;
	return cr_make_param_array(int, index, SCENARIOS);
}

ParameterizedTest(const int *i, golden, lines, .timeout = 90)
{
	const struct scenario *g = &scenarios[*i];
	const char *record = getenv("GOLDEN_RECORD"), *only = getenv("GOLDEN_ONLY");
	struct strbuf text = STRBUF_INIT;

	if ((only && fnmatch(only, g->name, 0) != 0) || !is_meant(g))
		cr_skip("%s", g->name);
	if (!supported(g))
		cr_skip("%s: not with this backend", g->name);
	if (g->client)
		run(g, &text);
	else
		run_failing(g, &text);
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
