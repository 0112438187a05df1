/* What a session tells: info(), secrets, exported keys, messages. */
#include "tests/contract/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREDS "-cert ec.pem -key ec.key "
#define RSA   "-cert rsa.pem -key rsa.key "

static struct tls_info connected(struct bench *b, struct peer *p, const char *server,
				 const char *client)
{
	struct tls_info info;

	bench_open(b, server);
	peer_connect(p, b, client);
	b->backend->info(p->session, &info);
	return info;
}

static void done(struct bench *b, struct peer *p)
{
	peer_release(p);
	bench_close(b);
}

/* The bytes in upper case hex are what the client printed. */
static void printed(struct peer *p, const char *before, struct bytes b)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, before);
	strbuf_addhex(&text, b, true);
	peer_expect(p, text.p);
	strbuf_release(&text);
}

static void suite13(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_CIPHERSUITES);
	CHECK_INT(connected(b, &p, CREDS "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", "")
			  .suite,
		  0x1303);
	done(b, &p);
}

static void suite12(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_CIPHER);
	CHECK_INT(connected(b, &p, CREDS "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", "").suite,
		  0xc02c);
	done(b, &p);
}

/* Among what both have the client's order counts, or with -serverpref ours. */
static void suite_order(struct bench *b)
{
	const char *client = "-tls1_2 -cipher "
			     "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256";
	struct peer p = {.fd = -1};

	CHECK_INT(connected(b, &p,
			    CREDS "-cipher ECDHE-ECDSA-AES128-GCM-SHA256:"
				  "ECDHE-ECDSA-AES256-GCM-SHA384",
			    client)
			  .suite,
		  0xc02c);
	done(b, &p);
	if (!bench_can(b, TLS_CAP_SERVERPREF))
		return;
	CHECK_INT(connected(b, &p,
			    CREDS "-serverpref -cipher ECDHE-ECDSA-AES128-GCM-SHA256:"
				  "ECDHE-ECDSA-AES256-GCM-SHA384",
			    client)
			  .suite,
		  0xc02b);
	done(b, &p);
}

static void group(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	info = connected(b, &p, RSA "-tls1_2", "-groups P-384");
	CHECK_INT(info.group, 24);
	done(b, &p);
	info = connected(b, &p, RSA "-tls1_2", "-groups X25519:P-256");
	CHECK_INT(info.group, 29);
	done(b, &p);
	if (!bench_can(b, TLS_CAP_TLS1_3))
		return;
	info = connected(b, &p, RSA "-tls1_3", "-groups P-384");
	CHECK_INT(info.group, 24);
	done(b, &p);
	/* A key share of a group that is not ours: HelloRetryRequest. */
	info = connected(b, &p, RSA "-tls1_3 -groups P-384", "-groups X25519:P-384");
	CHECK_INT(info.group, 24);
	done(b, &p);
}

static void own_sigalg(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	info = connected(b, &p, CREDS "-tls1_2", "-sigalgs ECDSA+SHA256");
	CHECK_INT(info.own_sigalg, 0x0403);
	CHECK_INT(info.peer_sigalg, 0);
	done(b, &p);
	info = connected(b, &p, RSA "-tls1_2", "-sigalgs RSA+SHA256");
	CHECK_INT(info.own_sigalg, 0x0401);
	done(b, &p);
	if (!bench_can(b, TLS_CAP_TLS1_3))
		return;
	info = connected(b, &p, RSA "-tls1_3", "-sigalgs rsa_pss_rsae_sha256");
	CHECK_INT(info.own_sigalg, 0x0804);
	done(b, &p);
	info = connected(b, &p, RSA "-tls1_3", "-sigalgs rsa_pss_rsae_sha384");
	CHECK_INT(info.own_sigalg, 0x0805);
	done(b, &p);
}

static void secret12(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info = connected(b, &p, CREDS "-tls1_2 -no_ticket", "");

	CHECK_INT(info.master_secret.n, 48);
	printed(&p, "Master-Key: ", info.master_secret);
	CHECK_INT(info.session_id.n, 32);
	printed(&p, "Session-ID: ", info.session_id);
	CHECK(info.secure_renegotiation);
	CHECK(!info.certificate_requested);
	done(b, &p);
}

static void extensions12(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info =
		connected(b, &p, CREDS "-tls1_2", "-cipher ECDHE-ECDSA-AES128-SHA256");

	CHECK(info.extended_master_secret);
	CHECK(info.encrypt_then_mac);
	peer_expect(&p, "Extended master secret: yes");
	done(b, &p);
	info = connected(b, &p, CREDS "-tls1_2", "-cipher ECDHE-ECDSA-AES128-GCM-SHA256");
	CHECK(!info.encrypt_then_mac);
	done(b, &p);
	if (!bench_can(b, TLS_CAP_ETM))
		return;
	info = connected(b, &p, CREDS "-tls1_2 -no_etm", "-cipher ECDHE-ECDSA-AES128-SHA256");
	CHECK(!info.encrypt_then_mac);
	done(b, &p);
}

static void no_ems(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_EMS);
	info = connected(b, &p, CREDS "-tls1_2 -no_ems", "");
	CHECK(!info.extended_master_secret);
	peer_expect(&p, "Extended master secret: no");
	done(b, &p);
}

/* Every line that the client writes of the same kind is the same. */
static void key_log(struct bench *b, const char *server, const char *const *labels)
{
	struct peer p = {.fd = -1};
	char *line, *save = NULL;

	bench_need(b, TLS_CAP_KEYLOG);
	bench_open(b, server);
	peer_connect(&p, b, "-keylogfile /dev/stdout");
	for (size_t i = 0; labels[i]; i++)
		if (!strstr(p.seen.secret_lines, labels[i]))
			FAIL("%s is not in\n%s", labels[i], p.seen.secret_lines);
	for (line = strtok_r(p.seen.secret_lines, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		peer_expect(&p, line);
	done(b, &p);
}

static void key_log13(struct bench *b)
{
	static const char *const labels[] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
					     "SERVER_HANDSHAKE_TRAFFIC_SECRET",
					     "CLIENT_TRAFFIC_SECRET_0",
					     "SERVER_TRAFFIC_SECRET_0",
					     "EXPORTER_SECRET",
					     NULL};

	bench_need(b, TLS_CAP_TLS1_3);
	key_log(b, CREDS "-tls1_3 -keylogfile unused", labels);
}

static void key_log12(struct bench *b)
{
	static const char *const labels[] = {"CLIENT_RANDOM", NULL};

	key_log(b, CREDS "-tls1_2 -keylogfile unused", labels);
}

static void no_key_log(struct bench *b)
{
	struct peer p = {.fd = -1};

	(void)connected(b, &p, CREDS, "");
	CHECK_INT(p.seen.secrets, 0);
	done(b, &p);
}

static void exporter(struct bench *b, const char *server)
{
	struct peer p = {.fd = -1};
	struct tls_error err = {.alert = -2};
	uint8_t out[20];

	bench_need(b, TLS_CAP_EXPORTER);
	bench_open(b, server);
	peer_start(&p, b, "-keymatexport EXPORTER-contract -keymatexportlen 20");
	peer_session(&p);
	CHECK(b->backend->export_key(p.session, "EXPORTER-contract", out, 20, &err) != TLS_OK);
	CHECK(*err.text);
	CHECK_INT(peer_handshake(&p), TLS_OK);
	CHECK_INT(b->backend->export_key(p.session, "EXPORTER-contract", out, 20, &err), TLS_OK);
	printed(&p, "Keying material: ", (struct bytes){out, sizeof(out)});
	done(b, &p);
}

static void exporter13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	exporter(b, CREDS "-tls1_3");
}

static void exporter12(struct bench *b)
{
	exporter(b, CREDS "-tls1_2");
}

/* TLS 1.2 keeps labels of its own from being used; that harms nobody else. */
static void exporter_bad_label(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_error err = {.alert = -2};
	uint8_t out[20];

	bench_need(b, TLS_CAP_EXPORTER);
	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "-quiet");
	if (b->backend->export_key(p.session, "client finished", out, 20, &err) == TLS_OK)
		skip("this library exports under any label");
	CHECK(*err.text);
	peer_echo(&p);
	done(b, &p);
}

static void messages(struct bench *b)
{
	struct peer p = {.fd = -1};

	if (b->cap[TLS_CAP_MESSAGES].level != TLS_CAP_YES)
		skip("the library reports no messages");
	bench_open(b, CREDS "-msg -state");
	peer_connect(&p, b, "-quiet");
	CHECK(p.seen.messages > 4);
	if (b->cap[TLS_CAP_STATE].level == TLS_CAP_YES) {
		CHECK(strstr(p.seen.state_lines, "SSL_accept:SSLv3/TLS read client hello"));
		CHECK(strstr(p.seen.state_lines, "SSL_accept:SSLv3/TLS write finished"));
		CHECK(!strstr(p.seen.state_lines, "error"));
	}
	peer_echo(&p);
	done(b, &p);
	bench_open(b, CREDS);
	peer_connect(&p, b, "-quiet");
	CHECK_INT(p.seen.messages, 0);
	CHECK_INT(p.seen.states, 0);
	done(b, &p);
}

/* A DER SEQUENCE over all of it, and malloc()ed. */
static void session_der(struct bench *b)
{
	struct peer p = {.fd = -1};
	uint8_t *der;
	size_t n, header;

	if (!b->backend->session_der)
		skip("the core encodes it");
	bench_open(b, CREDS "-tls1_2");
	peer_connect(&p, b, "");
	CHECK(b->backend->session_der(p.session, &der, &n));
	CHECK(n > 64 && der[0] == 0x30 && der[1] < 0x83);
	header = der[1] < 0x80 ? 2 : 2 + (der[1] & 0x7fu);
	CHECK_INT(n - header, header == 2 ? der[1] : header == 3 ? der[2] : der[2] << 8 | der[3]);
	free(der);
	done(b, &p);
}

/* Data is kept for the next read, and told of. */
static void pending(struct bench *b)
{
	struct peer p = {.fd = -1};
	char buf[64];
	size_t got;

	bench_open(b, CREDS);
	peer_connect(&p, b, "-quiet");
	peer_type(&p, "0123456789\n");
	CHECK_INT(peer_read(&p, buf, 4, &got), TLS_OK);
	CHECK(b->backend->pending(p.session));
	CHECK_INT(peer_read(&p, buf + 4, 7, &got), TLS_OK);
	CHECK(!b->backend->pending(p.session));
	CHECK(memcmp(buf, "0123456789\n", 11) == 0);
	done(b, &p);
}

static void statistics(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_stats stats;

	if (!b->backend->ctx_stats)
		skip("the core counts");
	bench_open(b, CREDS);
	peer_connect(&p, b, "-quiet");
	b->backend->ctx_stats(b->ctx, &stats);
	CHECK_INT(stats.accepts, 1);
	CHECK_INT(stats.accepts_good, 1);
	CHECK_INT(stats.cache_size, 128);
	done(b, &p);
}

const struct scenario scenarios_facts[] = {
	{"suite_tls1.3", suite13},
	{"suite_tls1.2", suite12},
	{"suite_order", suite_order},
	{"group", group},
	{"own_sigalg", own_sigalg},
	{"secret_tls1.2", secret12},
	{"extensions_tls1.2", extensions12},
	{"no_ems", no_ems},
	{"key_log_tls1.3", key_log13},
	{"key_log_tls1.2", key_log12},
	{"no_key_log", no_key_log},
	{"exporter_tls1.3", exporter13},
	{"exporter_tls1.2", exporter12},
	{"exporter_bad_label", exporter_bad_label},
	{"messages", messages},
	{"session_der", session_der},
	{"pending", pending},
	{"statistics", statistics},
	{NULL, NULL},
};
