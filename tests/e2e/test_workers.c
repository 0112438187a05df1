/* -workers: several threads over one context. */
#include "tests/e2e/e2e.h"
#include "tests/support/file.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 2, ROUNDS = 8, CONNECTIONS = CLIENTS * ROUNDS, TRIES = 20, WORKERS = 2 };

#define EC  "-cert ec.pem -key ec.key "
#define RSA "-cert rsa.pem -key rsa.key "

/* How a session is kept: what the server and the clients are given. */
static const struct way {
	const char *name, *needs, *server, *client;
} ways[] = {
	{"TLS 1.3 tickets", "-workers,-tls1_3", EC "-keylogfile $T/keys", "-tls1_3"},
	{"TLS 1.3 tickets, RSA", "-workers,-tls1_3", RSA "-pcapng $T/capture", "-tls1_3"},
	{"TLS 1.3 stateful tickets", "-workers,-tls1_3,-no_ticket", EC "-no_ticket", "-tls1_3"},
	{"TLS 1.2 tickets", "-workers,-tls1_2", EC, "-tls1_2"},
	{"TLS 1.2 session ids, RSA", "-workers,-tls1_2,-no_ticket", RSA "-no_ticket", "-tls1_2"},
	{"external cache", "-workers,-tls1_2,-no_ticket,-ext_cache", EC "-no_ticket -ext_cache",
	 "-tls1_2"},
	{"client certificates", "-workers,-tls1_2,-Verify",
	 EC "-Verify 2 -CAfile ca.pem -verify_return_error -context workers",
	 "-tls1_2 -cert client-rsa.pem -key client-rsa.key"},
};

enum { N_WAYS = sizeof(ways) / sizeof(*ways) };

/* What became of one try. */
struct seen {
	unsigned worker[CONNECTIONS + 1]; /* by the connection's number */
	unsigned last[CLIENTS];           /* the worker that a client met before */
	unsigned full, resumed;
	unsigned crossed; /* resumed by another worker than the one before */
	bool end;
};

static void see_handshake(struct seen *seen, const json_t *o, json_int_t id)
{
	const char *name = json_string_value(json_object_get(o, "server_name"));
	int client = name && strcmp(name, "client1") == 0;

	if (json_is_true(json_object_get(o, "resumed"))) {
		seen->resumed++;
		seen->crossed += seen->last[client] != seen->worker[id];
	} else {
		seen->full++;
	}
	seen->last[client] = seen->worker[id];
}

static void see_event(struct seen *seen, const json_t *o)
{
	const char *event = json_string_value(json_object_get(o, "event"));
	json_int_t id = json_integer_value(json_object_get(o, "connection"));

	cr_assert(event && id >= 0 && id <= CONNECTIONS);
	if (strcmp(event, "accept") == 0) {
		json_int_t worker = json_integer_value(json_object_get(o, "worker"));

		cr_assert(worker >= 1 && worker <= WORKERS);
		seen->worker[id] = (unsigned)worker;
	} else if (strcmp(event, "handshake") == 0) {
		see_handshake(seen, o, id);
	} else if (strcmp(event, "end") == 0) {
		seen->end = true;
		cr_assert_eq(json_integer_value(json_object_get(o, "connections")), CONNECTIONS);
	}
}

/* Two clients at once, each with a full handshake first, and the session of the one before then. */
static void try_way(const struct way *way, struct seen *seen)
{
	struct strbuf options = STRBUF_INIT, command = STRBUF_INIT, text = STRBUF_INIT;
	struct strbuf events = STRBUF_INIT;
	struct server s;
	char *rest, *line;

	*seen = (struct seen){.full = 0};
	strbuf_addf(&options, "-unix $T/s --json -rev -workers %d %s > $T/json", WORKERS,
		    way->server);
	strbuf_addf(&command,
		    "client() { f=$T/session$1; in=; for i in 1 2 3 4 5 6 7 8; do "
		    "printf 'hello\\nCLOSE\\n' | $C -ign_eof %s -servername client$1 $in "
		    "-sess_out $f || exit 1; in=\"-sess_in $f\"; done; }; "
		    "client 0 & client 1; r=$?; wait $! && exit $r",
		    way->client);
	server_start(&s, CONNECTIONS, options.p);
	cr_assert_eq(server_client(&s, &text, command.p), 0, "%s: %s", way->name, text.p);
	cr_assert(server_wait(&s), "%s: the server did not end", way->name);
	cr_assert_eq(s.proc.status, 0, "%s: status %d\n%s", way->name, s.proc.status,
		     s.proc.err_text.p ? s.proc.err_text.p : "");
	cr_assert_eq(shell(&events, "cat %s/json", s.dir), 0);
	rest = events.p;
	while ((line = test_line(&rest))) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		cr_assert(o, "%s: not JSON: %s", way->name, line);
		see_event(seen, o);
		json_decref(o);
	}
	cr_assert(seen->end);
	cr_expect_eq(seen->full, CLIENTS, "%s: %u full handshakes", way->name, seen->full);
	cr_expect_eq(seen->resumed, CONNECTIONS - CLIENTS, "%s: %u resumed", way->name,
		     seen->resumed);
	server_stop_release(&s);
	strbuf_release(&options);
	strbuf_release(&command);
	strbuf_release(&text);
	strbuf_release(&events);
}

ParameterizedTestParameters(workers, resume_each_other_s_sessions)
{
	static int index[N_WAYS];

	for (int i = 0; i < N_WAYS; i++)
		index[i] = i;
	return cr_make_param_array(int, index, N_WAYS);
}

/* Which worker takes a client is the kernel's choice. */
ParameterizedTest(int *index, workers, resume_each_other_s_sessions, .timeout = 120)
{
	const struct way *way = &ways[*index];
	struct seen seen = {.full = 0};

	if (!e2e_supports(way->needs))
		return;
	for (int i = 0; i < TRIES && !seen.crossed; i++)
		try_way(way, &seen);
	cr_expect(seen.crossed, "%s: no session was resumed by the other worker", way->name);
	proved("-workers");
}

/* The bench's client is quick, and nothing is printed: what the locks of output and of accepting
 * order in time, ThreadSanitizer takes for guarded. */
Test(workers, serve_many_at_once, .timeout = 120)
{
	struct strbuf text = STRBUF_INIT;
	char command[256];
	struct server s;

	if (!e2e_supports("-workers,-tls1_2"))
		return;
	server_start(&s, 0, "-www -workers 4 " EC);
	(void)snprintf(command, sizeof(command),
		       "p=; for k in full full full resumed resumed resumed; do "
		       "%s/bench/bench_load handshake $PORT %d 1.2 $k 0.5 & p=\"$p $!\"; done; "
		       "for i in $p; do wait $i || exit 1; done",
		       TEST_BINARY_DIR, (int)s.proc.pid);
	cr_expect_eq(server_client(&s, &text, command), 0, "%s", text.p);
	proc_signal(&s.proc, SIGTERM);
	cr_expect(server_wait(&s), "the server did not end");
	cr_expect_eq(s.proc.status, 128 + SIGTERM, "status %d\n%s", s.proc.status,
		     s.proc.err_text.p ? s.proc.err_text.p : "");
	server_stop_release(&s);
	strbuf_release(&text);
}
