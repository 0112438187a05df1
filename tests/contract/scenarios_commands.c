/* Connected commands: where they work, and that they do no harm where they do not. */
#include "tests/contract/bench.h"

#include <stdlib.h>
#include <string.h>

enum { ALERT_UNEXPECTED_MESSAGE = 10, ALERT_HANDSHAKE_FAILURE = 40, ALERT_NO_RENEGOTIATION = 100 };

#define CREDS "-cert ec.pem -key ec.key "

static void done(struct bench *b, struct peer *p)
{
	peer_release(p);
	bench_close(b);
}

/* TLS_UNSUPPORTED with a reason, and the connection lives. */
static void harmless(struct peer *p, enum command command)
{
	CHECK_INT(peer_command(p, command), TLS_UNSUPPORTED);
	CHECK(*p->err.text);
	peer_echo(p);
}

static void wrong_version12(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "-quiet");
	harmless(&p, COMMAND_KEY_UPDATE);
	harmless(&p, COMMAND_REQUEST_CERT);
	done(b, &p);
}

static void wrong_version13(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_TLS1_3);
	bench_open(b, CREDS "-tls1_3");
	peer_connect(&p, b, "-quiet");
	harmless(&p, COMMAND_RENEGOTIATE);
	harmless(&p, COMMAND_RENEGOTIATE_CERT);
	harmless(&p, COMMAND_REQUEST_CERT); /* the client offered nothing of the kind */
	done(b, &p);
}

static void key_update(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_KEY_UPDATE);
	bench_open(b, CREDS "-tls1_3");
	peer_connect(&p, b, "-msg");
	CHECK_INT(peer_command(&p, COMMAND_KEY_UPDATE), TLS_OK);
	peer_expect(&p, "KeyUpdate");
	peer_echo(&p);
	CHECK_INT(peer_command(&p, COMMAND_KEY_UPDATE), TLS_OK);
	peer_echo(&p);
	done(b, &p);
}

/* The client's own update, asking for ours. */
static void key_update_by_client(struct bench *b)
{
	struct peer p = {.fd = -1};
	char buf[16];
	size_t got;

	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_KEY_UPDATE);
	bench_open(b, CREDS "-tls1_3");
	peer_connect(&p, b, "");
	peer_type(&p, "K\n");
	peer_expect(&p, "KEYUPDATE");
	peer_type(&p, "hello\n");
	CHECK_INT(peer_read(&p, buf, 6, &got), TLS_OK);
	peer_echo(&p);
	done(b, &p);
}

/* More than fits a record, both ways. */
static void much(struct peer *p)
{
	enum { N = 40000 };
	char *text = xmalloc(N + 1), *back = xmalloc(N);
	size_t got;

	for (size_t i = 0; i < N; i++)
		text[i] = i % 64 == 63 ? '\n' : 'x';
	text[N] = '\0';
	CHECK_INT(peer_write(p, text), TLS_OK);
	CHECK_INT(peer_write(p, "end mark"), TLS_OK);
	peer_expect(p, "end mark");
	peer_type(p, text);
	CHECK_INT(peer_read(p, back, N, &got), TLS_OK);
	CHECK(got == N && memcmp(text, back, N) == 0);
	free(text);
	free(back);
}

/* Both sides, several times, and the keys still protect. */
static void key_updates(struct bench *b, const char *suite, struct hostile hostile)
{
	struct strbuf options = STRBUF_INIT;
	struct peer p = {.hostile = hostile};
	char buf[4];
	size_t got;

	strbuf_addf(&options, CREDS "-tls1_3 -ciphersuites %s", suite);
	bench_open(b, options.p);
	strbuf_release(&options);
	peer_connect(&p, b, "-msg");
	for (int i = 0; i < 3; i++) {
		strbuf_reset(&p.text);
		CHECK_INT(peer_command(&p, COMMAND_KEY_UPDATE), TLS_OK);
		/* GnuTLS finds a request that crosses its own illegal. */
		peer_expect(&p, "KeyUpdate");
		peer_echo(&p);
		strbuf_reset(&p.text); /* s_client drops what is typed with a command */
		peer_type(&p, "K\n");
		peer_expect(&p, "KEYUPDATE");
		peer_echo(&p);
	}
	much(&p);
	p.hostile.flip_at = p.received + 12;
	peer_type(&p, "to be damaged\n");
	CHECK_INT(peer_read(&p, buf, sizeof(buf), &got), TLS_FAIL);
	CHECK_INT(p.err.alert, 20);
	peer_expect(&p, "bad_record_mac");
	done(b, &p);
}

static void key_updates_with_all(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_KEY_UPDATE);
	key_updates(b, "TLS_AES_128_GCM_SHA256", (struct hostile){.pieces = false});
	key_updates(b, "TLS_AES_256_GCM_SHA384", (struct hostile){.want = true});
	key_updates(b, "TLS_CHACHA20_POLY1305_SHA256", (struct hostile){.pieces = true});
}

/* The command, then handshake() until the new one is complete. */
static void renegotiate(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_RENEGOTIATION);
	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "-msg");
	CHECK_INT(peer_command(&p, COMMAND_RENEGOTIATE), TLS_OK);
	CHECK_INT(peer_handshake(&p), TLS_OK);
	peer_expect(&p, "HelloRequest");
	b->backend->info(p.session, &info);
	CHECK_INT(info.version, TLS_VERSION_1_2);
	peer_echo(&p);
	done(b, &p);
}

/* The same through read(), with data before and after. */
static void renegotiate_in_read(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_RENEGOTIATION);
	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "-msg");
	peer_echo(&p);
	CHECK_INT(peer_command(&p, COMMAND_RENEGOTIATE), TLS_OK);
	peer_expect(&p, "HelloRequest");
	peer_echo(&p);
	done(b, &p);
}

/* Data of the client that was under way does not get lost. */
static void renegotiate_with_data(struct bench *b)
{
	struct peer p = {.fd = -1};
	char buf[16];
	size_t got;

	bench_need(b, TLS_CAP_RENEGOTIATION);
	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "-quiet");
	peer_type(&p, "before\n");
	CHECK(peer_wait(&p));
	CHECK_INT(peer_command(&p, COMMAND_RENEGOTIATE), TLS_OK);
	if (strcmp(b->backend->name, "openssl") == 0) {
		CHECK_INT(peer_handshake(&p), TLS_OK);
		CHECK(b->backend->pending(p.session));
	}
	CHECK_INT(peer_read(&p, buf, 7, &got), TLS_OK);
	CHECK(memcmp(buf, "before\n", 7) == 0);
	peer_echo(&p);
	done(b, &p);
}

static void renegotiate_with_certificate(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_RENEGOTIATION);
	bench_need(b, TLS_CAP_NO_RESUMPTION_ON_RENEG);
	if (strcmp(b->backend->name, "openssl") == 0) {
		/* The client resumes, and then there is no request; others never resume here. */
		bench_open(b, CREDS "-tls1_2 -CAfile ca.pem");
		peer_connect(&p, b, "-cert client.pem -key client.key");
		CHECK_INT(peer_command(&p, COMMAND_RENEGOTIATE_CERT), TLS_OK);
		CHECK_INT(peer_handshake(&p), TLS_OK);
		CHECK_INT(p.seen.n_verify, 0);
		done(b, &p);
	}
	bench_open(b, CREDS "-tls1_2 -CAfile ca.pem -no_resumption_on_reneg");
	peer_connect(&p, b, "-cert client.pem -key client.key");
	CHECK_INT(p.seen.n_verify, 0);
	CHECK_INT(peer_command(&p, COMMAND_RENEGOTIATE_CERT), TLS_OK);
	CHECK_INT(peer_handshake(&p), TLS_OK);
	b->backend->info(p.session, &info);
	CHECK_INT(info.n_peer_chain > 0, 1);
	CHECK(p.seen.n_verify > 0);
	CHECK_INT(info.verify_result, 0);
	done(b, &p);
}

static void renegotiation_disabled(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_RENEGOTIATION);
	bench_open(b, CREDS "-tls1_2 -no_renegotiation");
	peer_connect(&p, b, "-quiet");
	harmless(&p, COMMAND_RENEGOTIATE);
	done(b, &p);
}

/* A client that does not want to: its warning is told, and the connection ends with our alert. */
static void renegotiation_refused(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_RENEGOTIATION);
	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "-quiet -no_renegotiation");
	CHECK_INT(peer_command(&p, COMMAND_RENEGOTIATE), TLS_OK);
	CHECK_INT(peer_handshake(&p), TLS_FAIL);
	CHECK_INT(p.seen.last_alert_in, ALERT_NO_RENEGOTIATION);
	CHECK_INT(p.err.alert, ALERT_HANDSHAKE_FAILURE);
	CHECK(!p.err.alert_received);
	done(b, &p);
}

static void renegotiation_by_client(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_CLIENT_RENEGOTIATION);
	bench_open(b, CREDS "-tls1_2 -client_renegotiation");
	peer_connect(&p, b, "");
	peer_type(&p, "R\n");
	peer_expect(&p, "RENEGOTIATING");
	peer_echo(&p);
	done(b, &p);
}

static void renegotiation_by_client_refused(struct bench *b)
{
	struct peer p = {.fd = -1};
	char buf[4];
	size_t got;

	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "");
	peer_type(&p, "R\n");
	peer_expect(&p, "RENEGOTIATING");
	CHECK_INT(peer_read(&p, buf, sizeof(buf), &got), TLS_FAIL);
	if (strcmp(b->backend->name, "wolfssl") == 0) {
		/* Built without renegotiation it knows no such alert. */
		CHECK_INT(p.seen.last_alert_out, ALERT_UNEXPECTED_MESSAGE);
	} else {
		/* A warning, which s_client takes for the end. */
		CHECK_INT(p.seen.last_alert_out, ALERT_NO_RENEGOTIATION);
		CHECK_INT(p.err.alert, ALERT_HANDSHAKE_FAILURE);
		CHECK(p.err.alert_received);
	}
	done(b, &p);
}

static void request_certificate(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_PHA);
	bench_open(b, CREDS "-tls1_3 -CAfile ca.pem");
	peer_connect(&p, b, "-quiet -enable_pha -cert client.pem -key client.key");
	CHECK_INT(p.seen.n_verify, 0);
	CHECK_INT(peer_command(&p, COMMAND_REQUEST_CERT), TLS_OK);
	peer_echo(&p);
	peer_echo(&p); /* the certificate comes before this, at the latest */
	b->backend->info(p.session, &info);
	CHECK(info.n_peer_chain > 0);
	CHECK(info.certificate_requested);
	CHECK_INT(info.verify_result, 0);
	CHECK_INT(p.seen.n_verify, 2);
	done(b, &p);
}

const struct scenario scenarios_commands[] = {
	{"wrong_version_tls1.2", wrong_version12},
	{"wrong_version_tls1.3", wrong_version13},
	{"key_update", key_update},
	{"key_update_by_client", key_update_by_client},
	{"key_updates", key_updates_with_all},
	{"renegotiate", renegotiate},
	{"renegotiate_in_read", renegotiate_in_read},
	{"renegotiate_with_data", renegotiate_with_data},
	{"renegotiate_with_certificate", renegotiate_with_certificate},
	{"renegotiation_disabled", renegotiation_disabled},
	{"renegotiation_refused", renegotiation_refused},
	{"renegotiation_by_client", renegotiation_by_client},
	{"renegotiation_by_client_refused", renegotiation_by_client_refused},
	{"request_certificate", request_certificate},
	{NULL, NULL},
};
