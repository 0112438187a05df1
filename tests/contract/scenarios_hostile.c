/* Transports that give little, refuse or end, and clients that send damaged things. */
#include "tests/contract/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREDS "-cert ec.pem -key ec.key "

/* ---- a slow transport changes nothing ---- */

static void slow(struct bench *b, const char *server, const char *client, struct hostile hostile)
{
	struct peer p = {.hostile = hostile, .decide.alpn = "h2"};
	char buf[4];
	size_t got;

	bench_open(b, server);
	peer_connect(&p, b, client);
	peer_echo(&p);
	CHECK_INT(peer_shutdown(&p), TLS_OK);
	peer_expect(&p, "closed");
	CHECK_INT(peer_read(&p, buf, sizeof(buf), &got), TLS_CLOSED);
	peer_release(&p);
	bench_close(b);
}

static void slow_all(struct bench *b, const char *server, const char *client)
{
	slow(b, server, client, (struct hostile){.pieces = true});
	slow(b, server, client, (struct hostile){.want = true});
	slow(b, server, client, (struct hostile){.pieces = true, .want = true});
}

static void slow12(struct bench *b)
{
	slow_all(b, CREDS "-tls1_2 -alpn h2", "-alpn h2");
}

static void slow13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	slow_all(b, CREDS "-tls1_3 -alpn h2", "-alpn h2");
}

static void slow_certificate(struct bench *b)
{
	bench_need(b, TLS_CAP_CLIENT_CERT);
	slow_all(b, CREDS "-CAfile ca.pem -Verify 1", "-cert client.pem -key client.key");
}

static void slow_retry(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	slow_all(b, CREDS "-tls1_3 -groups P-384", "-groups X25519:P-384");
}

static void slow_renegotiation(struct bench *b)
{
	struct peer p = {.hostile = {.pieces = true, .want = true}};

	bench_need(b, TLS_CAP_RENEGOTIATION);
	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "");
	CHECK_INT(peer_command(&p, COMMAND_RENEGOTIATE), TLS_OK);
	CHECK_INT(peer_handshake(&p), TLS_OK);
	peer_echo(&p);
	peer_release(&p);
	bench_close(b);
}

static void slow_key_update(struct bench *b)
{
	static const struct hostile hostile[] = {{.want = true}, {.pieces = true, .want = true}};
	static const char line[] = "<<< TLS 1.3, Handshake [length 0005], KeyUpdate";

	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_KEY_UPDATE);
	bench_open(b, CREDS "-tls1_3");
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		struct peer p = {.hostile = hostile[i]};
		const char *found;

		peer_connect(&p, b, "-msg");
		CHECK_INT(peer_command(&p, COMMAND_KEY_UPDATE), TLS_OK);
		peer_echo(&p);
		/* Once, however often the command was called. */
		found = strstr(p.text.p, line);
		CHECK(found && !strstr(found + 1, line));
		peer_release(&p);
	}
	bench_close(b);
}

/* The ClientHello comes in several records. */
static void fragmented_hello(struct bench *b)
{
	/* s_client needs 512 bytes in each. */
	char name[251];
	struct strbuf client = STRBUF_INIT;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	strbuf_addf(&client, "-max_send_frag 512 -alpn h2,%s,%s,%s,%s", name, name, name, name);
	slow_all(b, CREDS "-tls1_2 -alpn h2", client.p);
	if (bench_can(b, TLS_CAP_TLS1_3))
		slow_all(b, CREDS "-tls1_3 -alpn h2", client.p);
	strbuf_release(&client);
}

/* An alert goes out although the transport refuses it at first. */
static void slow_alert_with(struct bench *b, struct hostile hostile)
{
	struct peer p = {.hostile = hostile, .decide.alpn = NULL};

	bench_need(b, TLS_CAP_ALPN);
	bench_open(b, CREDS "-alpn h2");
	peer_start(&p, b, "-alpn spdy");
	peer_session(&p);
	CHECK_INT(peer_handshake(&p), TLS_FAIL);
	CHECK_INT(p.err.alert, 120);
	peer_expect(&p, "SSL alert number 120");
	peer_release(&p);
	/* ... and one in the middle of the data. */
	p.hostile = hostile;
	peer_connect(&p, b, "-msg");
	p.hostile.flip_at = p.received + 12;
	peer_type(&p, "to be damaged\n");
	{
		char buf[4];
		size_t got;

		CHECK_INT(peer_read(&p, buf, sizeof(buf), &got), TLS_FAIL);
	}
	peer_expect(&p, "bad_record_mac");
	peer_release(&p);
	bench_close(b);
}

static void slow_alert(struct bench *b)
{
	slow_alert_with(b, (struct hostile){.want = true});
	slow_alert_with(b, (struct hostile){.pieces = true, .want = true});
}

/* ---- a stream that ends, at any byte ---- */

/* s_client's first flight, as the server is about to read it. */
static void record_hello(struct bench *b, const char *client, struct strbuf *out)
{
	struct peer p = {.fd = -1};

	peer_start(&p, b, client);
	peer_session(&p);
	CHECK(p.have_hello);
	strbuf_add(out, p.ahead.p, p.ahead.n);
	peer_release(&p);
}

/* Never a success, never a wait that nothing ends, and all is freed. */
static void replay(struct bench *b, struct bytes data, struct hostile hostile)
{
	struct peer p = {.hostile = hostile};
	enum tls_status st;

	peer_start_raw(&p, b, data);
	peer_session(&p);
	st = peer_handshake(&p);
	if (hostile.deaf)
		CHECK(st == TLS_WANT_WRITE || st == TLS_FAIL || st == TLS_EOF);
	else
		CHECK(st == TLS_FAIL || st == TLS_EOF || st == TLS_CLOSED);
	peer_release(&p);
}

static void cut_hello(struct bench *b, const char *server, const char *client)
{
	struct strbuf hello = STRBUF_INIT;

	bench_open(b, server);
	record_hello(b, client, &hello);
	for (size_t n = 1; n <= hello.n; n++)
		replay(b, strbuf_bytes(&hello), (struct hostile){.eof_at = n});
	strbuf_release(&hello);
	bench_close(b);
}

static void cut12(struct bench *b)
{
	cut_hello(b, CREDS "-tls1_2", "-tls1_2");
}

static void cut13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	cut_hello(b, CREDS "-tls1_3", "-tls1_3");
}

/* The client's later messages as well, up to its first data. */
static void cut_later(struct bench *b)
{
	struct peer p = {.fd = -1};
	size_t hello, all;

	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "-quiet");
	hello = p.ahead.n;
	all = p.received;
	peer_release(&p);
	for (size_t n = hello + 1; n < all; n += 5) {
		enum tls_status st;

		p.hostile = (struct hostile){.eof_at = n};
		peer_start(&p, b, "-quiet");
		peer_session(&p);
		st = peer_handshake(&p);
		CHECK(st == TLS_EOF || st == TLS_FAIL);
		peer_release(&p);
	}
	bench_close(b);
}

/* ---- a transport that takes only so much ---- */

static void deaf(struct bench *b)
{
	struct strbuf hello = STRBUF_INIT;

	bench_open(b, CREDS);
	record_hello(b, "", &hello);
	for (size_t n = 0; n < 1200; n += 1 + n / 4) {
		replay(b, strbuf_bytes(&hello), (struct hostile){.deaf = true, .deaf_at = n});
		replay(b, strbuf_bytes(&hello), (struct hostile){.broken = true, .fail_at = n});
	}
	strbuf_release(&hello);
	bench_close(b);
}

/* A send that fails in the middle of data ends the session. */
static void broken_later(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS);
	peer_connect(&p, b, "-quiet");
	peer_echo(&p);
	p.hostile = (struct hostile){.broken = true, .fail_at = p.sent + 10};
	CHECK_INT(peer_write(&p, "does not get through"), TLS_FAIL);
	CHECK_INT(p.err.alert_received, 0);
	peer_release(&p);
	bench_close(b);
}

/* ---- a client that sends anything ---- */

static void damaged_hello(struct bench *b, const char *server, const char *client)
{
	struct strbuf hello = STRBUF_INIT;

	bench_open(b, server);
	record_hello(b, client, &hello);
	for (size_t i = 0; i < hello.n; i++) {
		static const char values[] = {0, 1, 0x7f, (char)0xff};
		char old = hello.p[i];

		hello.p[i] = values[i % sizeof(values)];
		replay(b, strbuf_bytes(&hello), (struct hostile){.pieces = false});
		hello.p[i] = old;
	}
	strbuf_release(&hello);
	bench_close(b);
}

static void damaged12(struct bench *b)
{
	damaged_hello(b, CREDS "-tls1_2 -alpn h2", "-tls1_2 -alpn h2 -servername a.test");
}

static void damaged13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	damaged_hello(b, CREDS "-tls1_3 -alpn h2", "-tls1_3 -alpn h2 -servername a.test");
}

static void damaged_psk(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_PSK);
	damaged_hello(b, CREDS "-tls1_3 -psk 010203", "-tls1_3 -psk 010203");
}

/* Two hellos in a row, and a hello with junk behind it. */
static void repeated_hello(struct bench *b)
{
	struct strbuf hello = STRBUF_INIT;
	size_t n;

	bench_open(b, CREDS);
	record_hello(b, "", &hello);
	n = hello.n;
	strbuf_reserve(&hello, n);
	strbuf_add(&hello, hello.p, n);
	replay(b, strbuf_bytes(&hello), (struct hostile){.pieces = false});
	memset(hello.p + n, 0x16, n);
	replay(b, strbuf_bytes(&hello), (struct hostile){.pieces = false});
	strbuf_release(&hello);
	bench_close(b);
}

/* ---- freed at any point ---- */

static void freed_anywhere(struct bench *b)
{
	bench_open(b, CREDS);
	for (unsigned calls = 0; calls < 40; calls++) {
		struct peer p = {.hostile = {.want = true}};
		enum tls_status st = TLS_WANT_READ;

		peer_start(&p, b, "-quiet");
		peer_session(&p);
		for (unsigned i = 0; i < calls && st != TLS_OK; i++) {
			st = b->backend->handshake(p.session, &p.err);
			CHECK(st == TLS_OK || st == TLS_WANT_READ || st == TLS_WANT_WRITE);
			if (st == TLS_WANT_READ)
				CHECK(peer_wait(&p));
		}
		peer_release(&p);
		if (st == TLS_OK)
			break;
	}
	bench_close(b);
}

const struct scenario scenarios_hostile[] = {
	{"slow_tls1.2", slow12},
	{"slow_tls1.3", slow13},
	{"slow_client_certificate", slow_certificate},
	{"slow_hello_retry", slow_retry},
	{"slow_renegotiation", slow_renegotiation},
	{"slow_key_update", slow_key_update},
	{"fragmented_hello", fragmented_hello},
	{"slow_alert", slow_alert},
	{"cut_hello_tls1.2", cut12},
	{"cut_hello_tls1.3", cut13},
	{"cut_later", cut_later},
	{"deaf_transport", deaf},
	{"broken_later", broken_later},
	{"damaged_hello_tls1.2", damaged12},
	{"damaged_hello_tls1.3", damaged13},
	{"damaged_psk", damaged_psk},
	{"repeated_hello", repeated_hello},
	{"freed_anywhere", freed_anywhere},
	{NULL, NULL},
};
