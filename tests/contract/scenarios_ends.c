/* How connections end, and how the ends are told apart. */
#include "tests/contract/bench.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CREDS "-cert ec.pem -key ec.key "

enum {
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_UNKNOWN_CA = 48,
	ALERT_PROTOCOL_VERSION = 70
};

static void done(struct bench *b, struct peer *p)
{
	peer_release(p);
	bench_close(b);
}

/* Whatever is called after the end is answered, and the answer is no success with data. */
static void dead(struct peer *p)
{
	const struct tls_backend *b = p->bench->backend;
	char buf[8] = "";
	size_t n = 0;

	CHECK(b->handshake(p->session, &p->err) == TLS_FAIL);
	CHECK(*p->err.text);
	CHECK(b->read(p->session, buf, sizeof(buf), &n, &p->err) != TLS_OK);
	CHECK(b->write(p->session, buf, sizeof(buf), &n, &p->err) != TLS_OK);
	CHECK(b->shutdown(p->session, &p->err) != TLS_WANT_READ);
	CHECK(!b->pending(p->session));
}

static enum tls_status read_end(struct peer *p)
{
	char buf[8];
	size_t got;

	return peer_read(p, buf, sizeof(buf), &got);
}

static void close_notify(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS);
	peer_connect(&p, b, "");
	peer_type(&p, "Q\n");
	CHECK_INT(read_end(&p), TLS_CLOSED);
	CHECK_INT(p.seen.last_alert_in, 0);
	CHECK_INT(peer_shutdown(&p), TLS_OK);
	CHECK_INT(peer_shutdown(&p), TLS_OK);
	done(b, &p);
}

static void bare_end(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS);
	peer_connect(&p, b, "-quiet");
	peer_echo(&p);
	CHECK(kill(p.pid, SIGKILL) == 0);
	CHECK_INT(read_end(&p), TLS_EOF);
	if (strcmp(b->backend->name, "openssl") == 0)
		CHECK(strstr(p.err.text, "unexpected eof while reading"));
	done(b, &p);
}

static void bare_end_ignored(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_IGNORE_UNEXPECTED_EOF);
	bench_open(b, CREDS "-ignore_unexpected_eof");
	peer_connect(&p, b, "-quiet");
	peer_echo(&p);
	CHECK(kill(p.pid, SIGKILL) == 0);
	CHECK_INT(read_end(&p), TLS_EOF);
	done(b, &p);
}

static void our_close_notify(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS);
	peer_connect(&p, b, "-msg");
	CHECK_INT(peer_shutdown(&p), TLS_OK);
	peer_expect(&p, "close_notify");
	CHECK_INT(p.seen.last_alert_out, 0);
	CHECK_INT(peer_shutdown(&p), TLS_OK);
	CHECK_INT(p.seen.alerts_out, 1);
	done(b, &p);
}

/* The client does not like our certificate, and says so. */
static void alert_received(struct bench *b)
{
	struct peer p = {.fd = -1};
	enum tls_status st;

	bench_open(b, CREDS);
	peer_start(&p, b, "-CAfile otherca.pem -verify_return_error");
	peer_session(&p);
	st = peer_handshake(&p);
	if (st == TLS_OK)
		st = read_end(&p);
	CHECK_INT(st, TLS_FAIL);
	CHECK_INT(p.err.alert, ALERT_UNKNOWN_CA);
	CHECK(p.err.alert_received);
	CHECK_INT(p.seen.last_alert_in, ALERT_UNKNOWN_CA);
	dead(&p);
	done(b, &p);
}

/* The reason of a handshake that cannot be, as alert at both ends. */
static void hopeless(struct bench *b, const char *server, const char *client, int alert)
{
	struct strbuf line = STRBUF_INIT;
	struct peer p = {.fd = -1};

	bench_open(b, server);
	peer_start(&p, b, client);
	peer_session(&p);
	CHECK_INT(peer_handshake(&p), TLS_FAIL);
	CHECK_INT(p.err.alert, alert);
	CHECK(!p.err.alert_received);
	CHECK_INT(p.seen.last_alert_out, alert);
	strbuf_addf(&line, "SSL alert number %d", alert);
	peer_expect(&p, line.p);
	strbuf_release(&line);
	dead(&p);
	done(b, &p);
}

static void no_common_suite(struct bench *b)
{
	hopeless(b, CREDS "-tls1_2", "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256",
		 ALERT_HANDSHAKE_FAILURE);
}

static void no_common_version(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	hopeless(b, CREDS "-tls1_3", "-tls1_2", ALERT_PROTOCOL_VERSION);
}

static void no_common_group(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	hopeless(b, CREDS "-tls1_3 -groups P-384", "-groups X25519", ALERT_HANDSHAKE_FAILURE);
}

/* A record that was changed on the way. */
static void damaged_record(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS);
	peer_connect(&p, b, "-quiet");
	peer_echo(&p);
	p.hostile.flip_at = p.received + 12;
	peer_type(&p, "to be damaged\n");
	CHECK_INT(read_end(&p), TLS_FAIL);
	CHECK_INT(p.err.alert, ALERT_BAD_RECORD_MAC);
	CHECK_INT(p.seen.last_alert_out, ALERT_BAD_RECORD_MAC);
	dead(&p);
	done(b, &p);
}

static void not_tls(struct bench *b)
{
	static const char *const texts[] = {"GET / HTTP/1.0\r\n\r\n", "hello\n", "\r\n\r\n\r\n\r\n",
					    "SSH-2.0-OpenSSH_9.2\r\n"};

	bench_open(b, CREDS);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct peer p = {.fd = -1};
		enum tls_status st;

		peer_start_raw(&p, b, (struct bytes){(const uint8_t *)texts[i], strlen(texts[i])});
		peer_session(&p);
		CHECK(!p.have_hello);
		st = peer_handshake(&p);
		CHECK(st == TLS_FAIL || st == TLS_EOF);
		peer_release(&p);
	}
	bench_close(b);
}

static void nothing_sent(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS);
	peer_start_raw(&p, b, (struct bytes){(const uint8_t *)"", 0});
	peer_session(&p);
	CHECK_INT(peer_handshake(&p), TLS_EOF);
	done(b, &p);
}

const struct scenario scenarios_ends[] = {
	{"close_notify", close_notify},           {"bare_end", bare_end},
	{"bare_end_ignored", bare_end_ignored},   {"our_close_notify", our_close_notify},
	{"alert_received", alert_received},       {"no_common_suite", no_common_suite},
	{"no_common_version", no_common_version}, {"no_common_group", no_common_group},
	{"damaged_record", damaged_record},       {"not_tls", not_tls},
	{"nothing_sent", nothing_sent},           {NULL, NULL},
};
