/* The host decides: certificate by name, protocol, pre-shared key. */
#include "tests/contract/bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDS "-cert ec.pem -key ec.key "
#define TWO   CREDS "-servername second.test -cert2 second.pem -key2 second.key "

enum {
	ALERT_ILLEGAL_PARAMETER = 47,
	ALERT_DECRYPT_ERROR = 51,
	ALERT_UNRECOGNIZED_NAME = 112,
	ALERT_UNKNOWN_PSK_IDENTITY = 115,
	ALERT_NO_APPLICATION_PROTOCOL = 120
};

static const uint8_t psk_key[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
				  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10};
#define PSK "-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me "

static void done(struct bench *b, struct peer *p)
{
	peer_release(p);
	bench_close(b);
}

/* A handshake that the host ends: our alert. */
static void ends_with(struct bench *b, struct peer *p, const char *client, int alert)
{
	peer_start(p, b, client);
	peer_session(p);
	CHECK_INT(peer_handshake(p), TLS_FAIL);
	CHECK_INT(p->err.alert, alert);
	CHECK(!p->err.alert_received);
	CHECK_INT(p->seen.last_alert_out, alert);
	peer_release(p);
}

/* ---- server name ---- */

static void name_second(struct bench *b)
{
	struct peer p = {.decide.sni = 1};

	bench_need(b, TLS_CAP_SNI);
	bench_open(b, TWO);
	peer_connect(&p, b, "-servername second.test -CAfile ca.pem -verify_return_error");
	CHECK_INT(p.seen.n_sni, 1);
	CHECK(strcmp(p.seen.sni, "second.test") == 0);
	peer_expect(&p, "second.test");
	peer_echo(&p);
	done(b, &p);
}

static void name_first(struct bench *b)
{
	struct peer p = {.decide.sni = 0};

	bench_need(b, TLS_CAP_SNI);
	bench_open(b, TWO);
	peer_connect(&p, b,
		     "-servername other.test -CAfile ca.pem -verify_return_error "
		     "-verify_hostname localhost");
	CHECK_INT(p.seen.n_sni, 1);
	peer_echo(&p);
	done(b, &p);
}

static void name_absent(struct bench *b)
{
	struct peer p = {.decide.sni = 1};

	bench_need(b, TLS_CAP_SNI);
	bench_open(b, TWO);
	peer_connect(&p, b,
		     "-noservername -CAfile ca.pem -verify_return_error "
		     "-verify_hostname localhost");
	CHECK_INT(p.seen.n_sni, 0);
	done(b, &p);
}

static void name_refused(struct bench *b)
{
	struct peer p = {.decide.sni = -1};

	bench_need(b, TLS_CAP_SNI);
	bench_open(b, TWO);
	ends_with(b, &p, "-servername other.test -tls1_2", ALERT_UNRECOGNIZED_NAME);
	bench_close(b);
}

static void name_warned(struct bench *b)
{
	struct peer p = {.decide.sni = -2};

	bench_need(b, TLS_CAP_SNI);
	bench_open(b, TWO);
	peer_connect(&p, b, "-servername other.test -tls1_2 -msg");
	peer_expect(&p, "warning unrecognized_name");
	peer_echo(&p);
	done(b, &p);
}

/* What holds for the first certificate holds for the second. */
static void name_second_with_all(struct bench *b)
{
	struct peer p = {.decide = {.sni = 1, .alpn = "h2"}};
	struct tls_info info;

	bench_need(b, TLS_CAP_SNI);
	bench_need(b, TLS_CAP_ALPN);
	bench_need(b, TLS_CAP_KEYLOG);
	bench_open(b, TWO "-alpn h2 -keylogfile unused");
	peer_connect(&p, b, "-servername second.test -alpn h2");
	b->backend->info(p.session, &info);
	CHECK_INT(info.alpn.n, 2);
	CHECK(p.seen.secrets > 0);
	peer_expect(&p, "ALPN protocol: h2");
	done(b, &p);
}

/* ---- protocol ---- */

static void protocol(struct bench *b)
{
	struct peer p = {.decide.alpn = "http/1.1"};
	struct tls_info info;

	bench_need(b, TLS_CAP_ALPN);
	bench_open(b, CREDS "-alpn http/1.1,h2");
	peer_connect(&p, b, "-alpn h2,http/1.1");
	CHECK_INT(p.seen.n_alpn, 1);
	CHECK(strcmp(p.seen.alpn_offered, "\x02h2\x08http/1.1") == 0);
	b->backend->info(p.session, &info);
	CHECK(info.alpn.n == 8 && memcmp(info.alpn.p, "http/1.1", 8) == 0);
	peer_expect(&p, "ALPN protocol: http/1.1");
	done(b, &p);
}

static void protocol_refused(struct bench *b)
{
	struct peer p = {.decide.alpn = NULL};

	bench_need(b, TLS_CAP_ALPN);
	bench_open(b, CREDS "-alpn h2");
	ends_with(b, &p, "-alpn spdy -tls1_2", ALERT_NO_APPLICATION_PROTOCOL);
	if (bench_can(b, TLS_CAP_TLS1_3))
		ends_with(b, &p, "-alpn spdy -tls1_3", ALERT_NO_APPLICATION_PROTOCOL);
	bench_close(b);
}

static void protocol_not_ours(struct bench *b)
{
	struct peer p = {.decide.alpn = "h2"};
	struct tls_info info;

	bench_open(b, CREDS);
	peer_connect(&p, b, "-alpn h2");
	CHECK_INT(p.seen.n_alpn, 0);
	b->backend->info(p.session, &info);
	CHECK_INT(info.alpn.n, 0);
	done(b, &p);
}

/* ---- pre-shared keys ---- */

static struct decisions knows(const char *identity)
{
	return (struct decisions){
		.psk_ok = true, .psk_key = {psk_key, sizeof(psk_key)}, .psk_identity = identity};
}

static void psk(struct bench *b, const char *server, const char *client, bool resumed)
{
	struct peer p = {.decide = knows("me")};
	struct tls_info info;

	bench_need(b, TLS_CAP_PSK);
	bench_open(b, server);
	peer_connect(&p, b, client);
	b->backend->info(p.session, &info);
	CHECK_INT(info.psk_identity.n, 2);
	CHECK(memcmp(info.psk_identity.p, "me", 2) == 0);
	CHECK_INT(info.resumed, resumed);
	CHECK_INT(p.seen.psk_version, info.version);
	CHECK(strcmp(p.seen.psk_identity, "me") == 0);
	CHECK_INT(info.n_peer_chain, 0);
	peer_echo(&p);
	done(b, &p);
}

/* With a certificate and the client's default suites: no reason to pass the key over. */
static void psk13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	psk(b, CREDS PSK "-tls1_3", PSK, true);
}

static void psk13_alone(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_NOCERT);
	psk(b, "-nocert " PSK "-tls1_3", PSK, true);
}

static void psk12(struct bench *b)
{
	psk(b, CREDS PSK "-tls1_2", PSK "-cipher PSK", false);
}

static void psk13_unknown(struct bench *b)
{
	struct peer p = {.decide = knows("somebody else")};
	struct tls_info info;

	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_PSK);
	bench_open(b, CREDS PSK "-tls1_3");
	peer_connect(&p, b, PSK);
	b->backend->info(p.session, &info);
	CHECK(!info.resumed);
	CHECK_INT(info.psk_identity.n, 0);
	peer_echo(&p);
	done(b, &p);
}

static void psk12_unknown(struct bench *b)
{
	struct peer p = {.decide = knows("somebody else")};

	bench_need(b, TLS_CAP_PSK);
	bench_open(b, CREDS PSK "-tls1_2");
	ends_with(b, &p, PSK "-cipher PSK", ALERT_UNKNOWN_PSK_IDENTITY);
	bench_close(b);
}

static void psk13_wrong_key(struct bench *b)
{
	struct peer p = {.decide = knows("me")};

	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_PSK);
	bench_open(b, CREDS PSK "-tls1_3");
	peer_start(&p, b, "-psk ff02030405060708090a0b0c0d0e0f10 -psk_identity me");
	peer_session(&p);
	CHECK_INT(peer_handshake(&p), TLS_FAIL);
	/* RFC 8446 6.2; OpenSSL before 3.5 finds an illegal parameter. */
	if (strcmp(b->backend->name, "openssl") != 0 || p.err.alert != ALERT_ILLEGAL_PARAMETER)
		CHECK_INT(p.err.alert, ALERT_DECRYPT_ERROR);
	CHECK(!p.err.alert_received);
	peer_expect(&p, "SSL alert number");
	peer_release(&p);
	bench_close(b);
}

static void psk_hint(struct bench *b)
{
	struct peer p = {.decide = knows("me")};

	bench_need(b, TLS_CAP_PSK_HINT);
	bench_open(b, CREDS PSK "-tls1_2 -psk_hint who-are-you");
	peer_connect(&p, b, PSK "-cipher PSK -debug");
	peer_expect(&p, "who-are-you");
	done(b, &p);
}

/* The secret of a saved session, under an identity of the host's. */
static void psk_session(struct bench *b)
{
	static char file[] = "/tmp/contract-psk-XXXXXX";
	struct peer p = {.decide.sni = 0};
	struct strbuf options = STRBUF_INIT;
	struct tls_info info;
	int fd;

	bench_need(b, TLS_CAP_PSK_SESSION);
	fd = mkstemp(file);
	CHECK(fd >= 0);
	(void)close(fd);
	bench_open(b, CREDS "-tls1_3");
	strbuf_addf(&options, "-sess_out %s", file);
	peer_connect(&p, b, options.p);
	peer_echo(&p);
	done(b, &p);
	strbuf_reset(&options);
	strbuf_addf(&options, CREDS "-tls1_3 -psk_session %s", file);
	bench_open(b, options.p);
	p.decide = (struct decisions){.psk_ok = true, .psk_identity = "me"};
	strbuf_reset(&options);
	strbuf_addf(&options, "-psk_session %s -psk_identity me", file);
	peer_connect(&p, b, options.p);
	b->backend->info(p.session, &info);
	CHECK(info.resumed);
	CHECK_INT(info.psk_identity.n, 2);
	peer_echo(&p);
	done(b, &p);
	strbuf_release(&options);
	(void)unlink(file);
}

static void staple_with(struct bench *b, const char *options, bool staple)
{
	static const uint8_t try_later[] = {0x30, 3, 0x0a, 1, 3};
	struct peer p = {.decide.sni = 0};

	bench_need(b, TLS_CAP_OCSP);
	bench_open(b, options);
	if (staple)
		p.decide.staple = (struct bytes){try_later, sizeof(try_later)};
	peer_connect(&p, b, "-status");
	peer_echo(&p);
	peer_expect(&p,
		    staple ? "OCSP Response Status: trylater" : "OCSP response: no response sent");
	CHECK_INT(p.seen.n_staple, 1);
	done(b, &p);
}

static void status13(struct bench *b)
{
	staple_with(b, CREDS "-status -tls1_3", true);
}

static void status12(struct bench *b)
{
	staple_with(b, CREDS "-status -tls1_2", true);
}

static void status_none13(struct bench *b)
{
	staple_with(b, CREDS "-status -tls1_3", false);
}

static void status_none12(struct bench *b)
{
	staple_with(b, CREDS "-status -tls1_2", false);
}

static void status_not_asked(struct bench *b)
{
	struct peer p = {.decide.sni = 0};

	bench_need(b, TLS_CAP_OCSP);
	bench_open(b, CREDS "-status");
	peer_connect(&p, b, "");
	peer_echo(&p);
	CHECK_INT(p.seen.n_staple, 0);
	done(b, &p);
}

const struct scenario scenarios_decisions[] = {
	{"name_second", name_second},
	{"name_first", name_first},
	{"name_absent", name_absent},
	{"name_refused", name_refused},
	{"name_warned", name_warned},
	{"name_second_with_all", name_second_with_all},
	{"protocol", protocol},
	{"protocol_refused", protocol_refused},
	{"protocol_not_ours", protocol_not_ours},
	{"psk_tls1.3", psk13},
	{"psk_tls1.3_alone", psk13_alone},
	{"psk_tls1.2", psk12},
	{"psk_tls1.3_unknown", psk13_unknown},
	{"psk_tls1.2_unknown", psk12_unknown},
	{"psk_tls1.3_wrong_key", psk13_wrong_key},
	{"psk_hint", psk_hint},
	{"psk_session", psk_session},
	{"status_tls1.3", status13},
	{"status_tls1.2", status12},
	{"status_tls1.3_none", status_none13},
	{"status_tls1.2_none", status_none12},
	{"status_not_asked", status_not_asked},
	{NULL, NULL},
};
