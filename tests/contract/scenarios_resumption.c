/* Tickets and session ids, and what keeps them from being used. */
#include "tests/contract/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDS "-cert ec.pem -key ec.key "

/* The client's session, kept between two connections; removed at the end. */
static const char template[] = "/tmp/contract-session-XXXXXX";
static char file[sizeof(template)];

static void make_file(void)
{
	int fd;

	memcpy(file, template, sizeof(file));
	fd = mkstemp(file);
	CHECK(fd >= 0);
	(void)close(fd);
}

/* Data both ways, so that tickets are taken; then an orderly end. */
static void finish(struct peer *p)
{
	char buf[8];
	size_t got;

	peer_echo(p);
	peer_type(p, "Q\n");
	CHECK_INT(peer_read(p, buf, sizeof(buf), &got), TLS_CLOSED);
	CHECK_INT(peer_shutdown(p), TLS_OK);
	peer_release(p);
}

struct second {
	struct recorded seen;
	int verify_result;
};

/* One more connection; true when it resumed. The session that follows from it is kept. */
static bool again(struct bench *b, const char *client, struct second *second)
{
	struct peer p = {.fd = -1, .decide.verify_ok = true};
	struct strbuf options = STRBUF_INIT;
	struct tls_info info;

	strbuf_addf(&options, "%s -sess_in %s -sess_out %s", client, file, file);
	peer_connect(&p, b, options.p);
	b->backend->info(p.session, &info);
	if (second)
		*second = (struct second){p.seen, info.verify_result};
	peer_expect(&p, info.resumed ? "Reused, TLS" : "New, TLS");
	finish(&p);
	strbuf_release(&options);
	return info.resumed;
}

/* Connections of one client; whether the second and the third resumed, and *second what they did.
 */
static bool resumes(struct bench *b, const char *server, const char *client, struct second *second)
{
	struct strbuf options = STRBUF_INIT;
	struct peer p = {.fd = -1, .decide.verify_ok = true};
	struct tls_info info;
	struct stat st;
	bool resumed;

	make_file();
	bench_open(b, server);
	strbuf_addf(&options, "%s -sess_out %s", client, file);
	peer_connect(&p, b, options.p);
	b->backend->info(p.session, &info);
	CHECK(!info.resumed);
	finish(&p);
	strbuf_release(&options);
	/* s_client writes what may be resumed. */
	CHECK(stat(file, &st) == 0);
	resumed = st.st_size && again(b, client, second);
	if (resumed)
		CHECK(again(b, client, second));
	bench_close(b);
	(void)unlink(file);
	return resumed;
}

static void ticket13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_TICKETS);
	CHECK(resumes(b, CREDS "-tls1_3", "", NULL));
}

static void ticket12(struct bench *b)
{
	bench_need(b, TLS_CAP_TICKETS);
	CHECK(resumes(b, CREDS "-tls1_2", "", NULL));
}

static void id12(struct bench *b)
{
	bench_need(b, TLS_CAP_SESSION_CACHE);
	CHECK(resumes(b, CREDS "-tls1_2 -no_ticket", "", NULL));
}

static void stateful13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_SESSION_CACHE);
	CHECK(resumes(b, CREDS "-tls1_3 -no_ticket", "", NULL));
}

static void no_cache(struct bench *b)
{
	bench_need(b, TLS_CAP_SESSION_CACHE);
	CHECK(!resumes(b, CREDS "-tls1_2 -no_ticket -no_cache", "", NULL));
}

static void no_resume_ephemeral(struct bench *b)
{
	bench_need(b, TLS_CAP_NO_RESUME_EPHEMERAL);
	CHECK(!resumes(b, CREDS "-tls1_2 -no_resume_ephemeral", "", NULL));
}

static void external_cache(struct bench *b)
{
	struct second second;

	bench_need(b, TLS_CAP_EXT_CACHE);
	CHECK(resumes(b, CREDS "-tls1_2 -no_ticket -ext_cache", "", &second));
	CHECK(second.seen.n_get > 0);
	CHECK(second.seen.n_hit > 0);
}

/* A client certificate is verified once, and known again with what was found. */
static void client_certificate(struct bench *b, const char *version, const char *client, int result)
{
	struct strbuf server = STRBUF_INIT;
	struct second second;

	bench_need(b, TLS_CAP_CLIENT_CERT);
	strbuf_addf(&server, CREDS "-CAfile ca.pem -Verify 1 %s", version);
	CHECK(resumes(b, server.p, client, &second));
	CHECK_INT(second.seen.n_verify, 0);
	CHECK_INT(second.verify_result, result);
	strbuf_release(&server);
}

static void client_certificate12(struct bench *b)
{
	client_certificate(b, "-tls1_2", "-cert client.pem -key client.key", 0);
	client_certificate(b, "-tls1_2", "-cert client-expired.pem -key client-expired.key", 10);
	client_certificate(b, "-tls1_2 -no_ticket",
			   "-cert client-expired.pem -key client-expired.key", 10);
}

static void client_certificate13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	client_certificate(b, "-tls1_3", "-cert client.pem -key client.key", 0);
	client_certificate(b, "-tls1_3", "-cert client-expired.pem -key client-expired.key", 10);
	client_certificate(b, "-tls1_3 -no_ticket",
			   "-cert client-expired.pem -key client-expired.key", 10);
}

static void tickets_sent(struct bench *b, const char *server, size_t n)
{
	struct peer p = {.fd = -1};
	size_t found = 0;

	bench_open(b, server);
	peer_connect(&p, b, "");
	peer_echo(&p);
	peer_end(&p); /* s_client prints them at the latest when it ends */
	for (const char *at = p.text.p; (at = strstr(at, "New Session Ticket arrived")); at++)
		found++;
	CHECK_INT(found, n);
	peer_release(&p);
	bench_close(b);
}

static void number_of_tickets(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_NUM_TICKETS);
	tickets_sent(b, CREDS "-tls1_3", 2);
	tickets_sent(b, CREDS "-tls1_3 -num_tickets 0", 0);
	tickets_sent(b, CREDS "-tls1_3 -num_tickets 1", 1);
	tickets_sent(b, CREDS "-tls1_3 -num_tickets 4", 4);
}

/* The session of a connection that the server dropped without a word is still good. */
static void after_drop(struct bench *b)
{
	struct strbuf options = STRBUF_INIT;
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_SESSION_CACHE);
	make_file();
	bench_open(b, CREDS "-tls1_2 -no_ticket");
	strbuf_addf(&options, "-sess_out %s", file);
	peer_connect(&p, b, options.p);
	peer_echo(&p);
	peer_release(&p);
	strbuf_reset(&options);
	strbuf_addf(&options, "-sess_in %s", file);
	peer_connect(&p, b, options.p);
	b->backend->info(p.session, &info);
	CHECK(info.resumed);
	peer_release(&p);
	strbuf_release(&options);
	bench_close(b);
	(void)unlink(file);
}

static void id_prefix(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_ID_PREFIX);
	bench_open(b, CREDS "-tls1_2 -no_ticket -id_prefix abc");
	peer_connect(&p, b, "");
	b->backend->info(p.session, &info);
	CHECK(info.session_id.n == 32 && memcmp(info.session_id.p, "abc", 3) == 0);
	peer_expect(&p, "Session-ID: 616263");
	peer_release(&p);
	bench_close(b);
}

const struct scenario scenarios_resumption[] = {
	{"resume_ticket_tls1.3", ticket13},
	{"resume_ticket_tls1.2", ticket12},
	{"resume_id_tls1.2", id12},
	{"resume_stateful_tls1.3", stateful13},
	{"resume_no_cache", no_cache},
	{"resume_no_resume_ephemeral", no_resume_ephemeral},
	{"resume_external_cache", external_cache},
	{"resume_client_certificate_tls1.2", client_certificate12},
	{"resume_client_certificate_tls1.3", client_certificate13},
	{"resume_after_drop", after_drop},
	{"number_of_tickets", number_of_tickets},
	{"id_prefix", id_prefix},
	{NULL, NULL},
};
