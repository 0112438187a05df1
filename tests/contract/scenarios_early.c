/* Early data of TLS 1.3, and -stateless. */
#include "tests/contract/bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDS "-cert ec.pem -key ec.key -tls1_3 "

static const char data[] = "before the handshake is complete";

/* The client's session, and what it sends early; removed at the end. */
static const char template[] = "/tmp/contract-early-XXXXXX";
static char session[sizeof(template)], words[sizeof(template)];

static void make_file(char *name, const char *text)
{
	size_t n = strlen(text);
	int fd;

	memcpy(name, template, sizeof(template));
	fd = mkstemp(name);
	CHECK(fd >= 0 && write(fd, text, n) == (ssize_t)n);
	(void)close(fd);
}

static void first_connection(struct bench *b, const char *server)
{
	struct strbuf options = STRBUF_INIT;
	struct peer p = {.fd = -1};
	char buf[64];
	size_t got;

	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_EARLY_DATA);
	make_file(session, "");
	make_file(words, data);
	bench_open(b, server);
	strbuf_addf(&options, "-sess_out %s", session);
	peer_start(&p, b, options.p);
	peer_session(&p);
	if (tls_flag(&b->config.tls, TLS_F_EARLY_DATA)) {
		CHECK_INT(peer_early(&p, buf, sizeof(buf), &got), TLS_OK);
		CHECK_INT(got, 0);
	}
	CHECK_INT(peer_handshake(&p), TLS_OK);
	peer_echo(&p);
	peer_type(&p, "Q\n");
	CHECK_INT(peer_read(&p, buf, sizeof(buf), &got), TLS_CLOSED);
	peer_release(&p);
	strbuf_release(&options);
}

/* p->hostile is set. */
static void start_with_early_data(struct peer *p, struct bench *b)
{
	struct strbuf options = STRBUF_INIT;

	strbuf_addf(&options, "-sess_in %s -early_data %s", session, words);
	peer_start(p, b, options.p);
	peer_session(p);
	CHECK(p->have_hello && p->hello.early_data);
	strbuf_release(&options);
}

static void end(struct bench *b)
{
	bench_close(b);
	(void)unlink(session);
	(void)unlink(words);
}

/* Another connection with that session. */
static void again(struct bench *b, struct hostile hostile, enum tls_early_data what)
{
	struct peer p = {.fd = -1, .hostile = hostile};
	struct tls_info info;
	char buf[64];
	size_t got;

	start_with_early_data(&p, b);
	if (tls_flag(&b->config.tls, TLS_F_EARLY_DATA)) {
		CHECK_INT(peer_early(&p, buf, sizeof(buf), &got), TLS_OK);
		b->backend->info(p.session, &info);
		CHECK_INT(info.early_data, what);
		CHECK_INT(got, what == TLS_EARLY_ACCEPTED ? strlen(data) : 0);
		CHECK(memcmp(buf, data, got) == 0);
	}
	CHECK_INT(peer_handshake(&p), TLS_OK);
	b->backend->info(p.session, &info);
	CHECK_INT(info.early_data, what);
	peer_echo(&p);
	peer_expect(&p, what == TLS_EARLY_ACCEPTED ? "Early data was accepted"
						   : "Early data was rejected");
	peer_release(&p);
}

/* A session of another server, which allows early data. */
static void foreign_session(void)
{
	struct strbuf command = STRBUF_INIT;

	make_file(session, "");
	make_file(words, data);
	strbuf_addf(&command,
		    "d=$(mktemp -d) && cert=\"-cert ec.pem -key ec.key\" i=0\n"
		    "timeout 20 openssl s_server $cert -unix $d/s -www -max_early_data 16384 "
		    "-naccept 1 > $d/log 2>&1 &\n"
		    "while ! [ -S $d/s ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done\n"
		    "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 20 openssl s_client -unix $d/s "
		    "-ign_eof -sess_out %s > $d/log 2>&1\n"
		    "wait; rm -r $d",
		    session);
	CHECK(system(command.p) == 0);
	strbuf_release(&command);
}

/* The handshake goes on in full, and what came early is lost. */
static void passed_over(struct bench *b, const char *server)
{
	static const struct hostile slow[] = {{.pieces = false},
					      {.pieces = true},
					      {.want = true},
					      {.pieces = true, .want = true}};

	bench_need(b, TLS_CAP_TLS1_3);
	foreign_session();
	bench_open(b, server);
	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow); i++) {
		struct peer p = {.fd = -1, .hostile = slow[i]};
		struct tls_info info;

		start_with_early_data(&p, b);
		CHECK_INT(peer_handshake(&p), TLS_OK);
		b->backend->info(p.session, &info);
		CHECK(!info.resumed);
		CHECK_INT(info.early_data, TLS_EARLY_REJECTED);
		peer_echo(&p);
		peer_expect(&p, "Early data was rejected");
		peer_release(&p);
	}
	end(b);
}

static void foreign(struct bench *b)
{
	passed_over(b, CREDS);
	passed_over(b, CREDS "-ciphersuites TLS_CHACHA20_POLY1305_SHA256");
}

static void foreign_with_retry(struct bench *b)
{
	passed_over(b, CREDS "-groups P-384");
}

static void accepted(struct bench *b)
{
	first_connection(b, CREDS "-early_data -no_anti_replay");
	again(b, (struct hostile){0}, TLS_EARLY_ACCEPTED);
	again(b, (struct hostile){.pieces = true}, TLS_EARLY_ACCEPTED);
	again(b, (struct hostile){.want = true}, TLS_EARLY_ACCEPTED);
	again(b, (struct hostile){.pieces = true, .want = true}, TLS_EARLY_ACCEPTED);
	end(b);
}

static void replayed(struct bench *b)
{
	first_connection(b, CREDS "-early_data");
	again(b, (struct hostile){0}, TLS_EARLY_ACCEPTED);
	again(b, (struct hostile){0}, TLS_EARLY_REJECTED);
	again(b, (struct hostile){.pieces = true, .want = true}, TLS_EARLY_REJECTED);
	end(b);
}

/* Tickets allow it, and nobody takes it. */
static void skipped(struct bench *b)
{
	first_connection(b, CREDS "-max_early_data 100");
	again(b, (struct hostile){0}, TLS_EARLY_REJECTED);
	again(b, (struct hostile){.pieces = true, .want = true}, TLS_EARLY_REJECTED);
	end(b);
}

/* Nothing of it, and versions that have none. */
static void not_sent(struct bench *b)
{
	static const char *const clients[] = {"-tls1_3", "-tls1_2"};

	bench_need(b, TLS_CAP_EARLY_DATA);
	bench_open(b, "-cert ec.pem -key ec.key -early_data");
	for (size_t i = 0; i < 2; i++) {
		struct peer p = {.fd = -1, .hostile = {.pieces = true}};
		struct tls_info info;
		char buf[8];
		size_t got;

		peer_start(&p, b, clients[i]);
		peer_session(&p);
		CHECK_INT(peer_early(&p, buf, sizeof(buf), &got), TLS_OK);
		CHECK_INT(got, 0);
		CHECK_INT(peer_handshake(&p), TLS_OK);
		b->backend->info(p.session, &info);
		CHECK_INT(info.early_data, TLS_EARLY_NOT_SENT);
		peer_echo(&p);
		peer_release(&p);
	}
	bench_close(b);
}

static void beyond_the_limit(struct bench *b)
{
	struct peer p = {.fd = -1};
	char buf[64];
	size_t got;

	first_connection(b, CREDS "-early_data -recv_max_early_data 5");
	start_with_early_data(&p, b);
	CHECK_INT(peer_early(&p, buf, sizeof(buf), &got), TLS_FAIL);
	CHECK_INT(got, 0);
	CHECK_INT(p.err.alert_received, false);
	CHECK(p.err.alert > 0);
	peer_expect(&p, "SSL alert number");
	peer_release(&p);
	end(b);
}

/* Failures that read_early() meets before handshake() does. */
static void failures(struct bench *b)
{
	struct peer p = {.fd = -1};
	char buf[64];
	size_t got;

	bench_need(b, TLS_CAP_EARLY_DATA);
	bench_open(b, CREDS "-early_data -ciphersuites TLS_AES_256_GCM_SHA384");
	peer_start(&p, b, "-ciphersuites TLS_AES_128_GCM_SHA256 -tls1_3");
	peer_session(&p);
	CHECK_INT(peer_early(&p, buf, sizeof(buf), &got), TLS_FAIL);
	CHECK_INT(p.err.alert, 40);
	peer_expect(&p, "SSL alert number 40");
	peer_release(&p);
	bench_close(b);
}

/* ---- -stateless ---- */

static void cookies(struct bench *b)
{
	static const struct hostile rows[] = {
		{0}, {.pieces = true}, {.want = true}, {.pieces = true, .want = true}, {0}};

	bench_need(b, TLS_CAP_STATELESS);
	bench_open(b, CREDS "-stateless");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct peer p = {.fd = -1, .hostile = rows[i]};

		peer_connect(&p, b, "-tlsextdebug");
		peer_echo(&p);
		peer_expect(&p, "(id=44)"); /* the cookie */
		peer_release(&p);
	}
	bench_close(b);
}

static void no_cookies_before_1_3(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_STATELESS);
	bench_open(b, "-cert ec.pem -key ec.key -stateless");
	peer_start(&p, b, "-tls1_2");
	peer_session(&p);
	CHECK_INT(peer_handshake(&p), TLS_FAIL);
	CHECK_INT(p.err.alert, 70);
	peer_expect(&p, "SSL alert number 70");
	peer_release(&p);
	bench_close(b);
}

/* A record with that message, which is short enough. */
static void add_record(struct strbuf *out, struct bytes message)
{
	const uint8_t header[] = {22, 3, 1, (uint8_t)(message.n >> 8), (uint8_t)message.n};

	strbuf_add(out, header, sizeof(header));
	strbuf_add(out, message.p, message.n);
}

/* Clients that forget the cookie, or that send between the hellos what does not belong there. */
static void bad_second_hello(struct bench *b)
{
	static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1}, alert[] = {21, 3, 3, 0, 2, 2, 40};
	struct strbuf hello = STRBUF_INIT;
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_STATELESS);
	bench_open(b, CREDS "-stateless");
	peer_start(&p, b, "-tls1_3");
	peer_session(&p);
	add_record(&hello, p.hello.message);
	peer_release(&p);
	for (int i = 0; i < 5; i++) {
		struct strbuf all = STRBUF_INIT;
		size_t some = i == 4 ? 20000 : 1;

		strbuf_add(&all, hello.p, hello.n);
		for (size_t n = 0; n < some; n++)
			strbuf_add(&all, ccs, sizeof(ccs));
		if (i == 0)
			strbuf_add(&all, hello.p, hello.n);
		if (i == 1)
			strbuf_add(&all, alert, sizeof(alert));
		if (i == 2)
			strbuf_add(&all, hello.p, hello.n / 2);
		peer_start_raw(&p, b, strbuf_bytes(&all));
		peer_session(&p);
		CHECK_INT(peer_handshake(&p), i == 2 || i == 3 ? TLS_EOF : TLS_FAIL);
		if (i == 0 || i == 1)
			CHECK_INT(p.err.alert, i == 0 ? 109 : 40);
		CHECK_INT(p.err.alert_received, i == 1);
		peer_release(&p);
		strbuf_release(&all);
	}
	strbuf_release(&hello);
	bench_close(b);
}

/* Early data under way when the HelloRetryRequest comes is passed over. */
static void stateless_early_data(struct bench *b)
{
	bench_need(b, TLS_CAP_STATELESS);
	first_connection(b, CREDS "-early_data -stateless");
	again(b, (struct hostile){0}, TLS_EARLY_REJECTED);
	end(b);
}

const struct scenario scenarios_early[] = {
	{"early_data_accepted", accepted},
	{"early_data_replayed", replayed},
	{"early_data_skipped", skipped},
	{"early_data_foreign", foreign},
	{"early_data_foreign_with_retry", foreign_with_retry},
	{"early_data_not_sent", not_sent},
	{"early_data_beyond_the_limit", beyond_the_limit},
	{"early_data_failures", failures},
	{"stateless_cookies", cookies},
	{"stateless_tls1.2", no_cookies_before_1_3},
	{"stateless_bad_second_hello", bad_second_hello},
	{"stateless_early_data", stateless_early_data},
	{NULL, NULL},
};
