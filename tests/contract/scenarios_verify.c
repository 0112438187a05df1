/* Client certificates: what the walk finds, in which order, and what it leads to. */
#include "tests/contract/bench.h"

#include <stdio.h>
#include <string.h>

#define CREDS "-cert ec.pem -key ec.key -no-CAfile -no-CApath "
#define CA    CREDS "-CAfile ca.pem "

enum {
	V_OK = 0,
	V_UNABLE_TO_GET_CRL = 3,
	V_CERT_NOT_YET_VALID = 9,
	V_CERT_HAS_EXPIRED = 10,
	V_DEPTH_ZERO_SELF_SIGNED_CERT = 18,
	V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY = 20,
	V_CERT_REVOKED = 23,
	V_INVALID_PURPOSE = 26,
	V_HOSTNAME_MISMATCH = 62,
};

static void done(struct bench *b, struct peer *p)
{
	peer_release(p);
	bench_close(b);
}

static void expect_walk(const struct peer *p, size_t at, int depth, int error)
{
	if (p->seen.n_verify <= at)
		FAIL("only %zu verification facts", p->seen.n_verify);
	CHECK_INT(p->seen.verify[at].depth, depth);
	CHECK_INT(p->seen.verify[at].error, error);
	CHECK(p->seen.verify[at].cert_n > 100);
}

static struct tls_info good(struct bench *b, struct peer *p, const char *client)
{
	struct tls_info info;

	peer_connect(p, b, client);
	b->backend->info(p->session, &info);
	return info;
}

static void trusted(struct bench *b, const char *version)
{
	struct strbuf options = STRBUF_INIT;
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_CLIENT_CERT);
	strbuf_addf(&options, CA "-Verify 1 %s", version);
	bench_open(b, options.p);
	strbuf_release(&options);
	info = good(b, &p, "-cert client.pem -key client.key");
	CHECK_INT(p.seen.n_verify, 2);
	expect_walk(&p, 0, 1, V_OK);
	expect_walk(&p, 1, 0, V_OK);
	CHECK_INT(info.verify_result, V_OK);
	CHECK(info.certificate_requested);
	CHECK_INT(info.peer_sigalg, 0x0403);
	CHECK(info.n_peer_chain >= 1 && info.peer_chain[0].p[0] == 0x30);
	peer_echo(&p);
	done(b, &p);
}

static void trusted12(struct bench *b)
{
	trusted(b, "-tls1_2");
}

static void trusted13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	trusted(b, "-tls1_3");
}

static void long_chain(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_CLIENT_CERT);
	bench_open(b, CA "-Verify 2");
	info = good(b, &p, "-cert client-inter.pem -key client-inter.key -cert_chain inter.pem");
	CHECK_INT(p.seen.n_verify, 3);
	for (int i = 0; i < 3; i++)
		expect_walk(&p, (size_t)i, 2 - i, V_OK);
	CHECK_INT(info.n_peer_chain, 2);
	done(b, &p);
}

/* The alert arrives, also where the library would send another. */
static void expect_alert(struct peer *p, int alert)
{
	struct strbuf line = STRBUF_INIT;

	CHECK_INT(peer_handshake(p), TLS_FAIL);
	CHECK_INT(p->err.alert, alert);
	CHECK(!p->err.alert_received);
	CHECK_INT(p->seen.last_alert_out, alert);
	strbuf_addf(&line, "SSL alert number %d", alert);
	peer_expect(p, line.p);
	strbuf_release(&line);
}

static void bad_in(struct bench *b, const char *version, const char *server, const char *client,
		   int error, int alert)
{
	struct peer p = {.decide.verify_ok = true};
	struct strbuf options = STRBUF_INIT;
	struct tls_info info;

	strbuf_addf(&options, "%s %s", server, version);
	bench_open(b, options.p);
	strbuf_release(&options);
	info = good(b, &p, client);
	/* A root that is valid is told before; one that is not is told first. */
	expect_walk(&p, error == V_CERT_HAS_EXPIRED ? 1 : 0, error == V_CERT_NOT_YET_VALID ? 1 : 0,
		    error);
	expect_walk(&p, p.seen.n_verify - 1, 0, V_OK);
	CHECK(info.verify_result != V_OK);
	peer_echo(&p);
	peer_release(&p);
	p.decide.verify_ok = false;
	peer_start(&p, b, client);
	peer_session(&p);
	expect_alert(&p, alert);
	done(b, &p);
}

/* The first fact is that error; when it is forgiven the handshake goes on, else the alert fits. */
static void bad(struct bench *b, const char *server, const char *client, int error, int alert)
{
	bench_need(b, TLS_CAP_CLIENT_CERT);
	bad_in(b, "-tls1_2", server, client, error, alert);
	if (bench_can(b, TLS_CAP_TLS1_3))
		bad_in(b, "-tls1_3", server, client, error, alert);
}

static void untrusted(struct bench *b)
{
	bad(b, CREDS "-CAfile otherca.pem -Verify 1", "-cert client.pem -key client.key",
	    V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 48);
}

static void self_signed(struct bench *b)
{
	bad(b, CA "-Verify 1", "-cert client-self.pem -key client-self.key",
	    V_DEPTH_ZERO_SELF_SIGNED_CERT, 48);
}

static void expired(struct bench *b)
{
	bad(b, CA "-Verify 1", "-cert client-expired.pem -key client-expired.key",
	    V_CERT_HAS_EXPIRED, 45);
}

/* Its validity begins after the time that is asked about. */
static void not_yet_valid(struct bench *b)
{
	bench_need(b, TLS_CAP_VERIFY_PARAMS);
	bad(b, CA "-Verify 1 -attime 946684800", "-cert client.pem -key client.key",
	    V_CERT_NOT_YET_VALID, 42);
}

static void purpose(struct bench *b)
{
	bad(b, CA "-Verify 1", "-cert client-purpose.pem -key client-purpose.key",
	    V_INVALID_PURPOSE, 43);
}

static void revoked(struct bench *b)
{
	bench_need(b, TLS_CAP_CRL);
	bad(b, CA "-Verify 1 -crl_check -CRL crl.pem",
	    "-cert client-revoked.pem -key client-revoked.key", V_CERT_REVOKED, 44);
}

static void not_revoked(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_CRL);
	bench_open(b, CA "-Verify 1 -crl_check -CRL crl.pem");
	CHECK_INT(good(b, &p, "-cert client.pem -key client.key").verify_result, V_OK);
	done(b, &p);
}

static void wrong_host(struct bench *b)
{
	bench_need(b, TLS_CAP_VERIFY_PARAMS);
	bad(b, CA "-Verify 1 -verify_hostname other.test", "-cert client.pem -key client.key",
	    V_HOSTNAME_MISMATCH, 42);
}

static void requested_and_not_sent(struct bench *b)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_need(b, TLS_CAP_CLIENT_CERT);
	bench_open(b, CA "-verify 1");
	info = good(b, &p, "");
	CHECK_INT(p.seen.n_verify, 0);
	CHECK_INT(info.n_peer_chain, 0);
	CHECK_INT(info.verify_result, V_OK);
	CHECK(info.certificate_requested);
	peer_echo(&p);
	done(b, &p);
}

static void required_and_not_sent(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_CLIENT_CERT);
	bench_open(b, CA "-Verify 1");
	peer_start(&p, b, "-tls1_2");
	peer_session(&p);
	expect_alert(&p, 40);
	peer_release(&p);
	if (bench_can(b, TLS_CAP_TLS1_3)) {
		peer_start(&p, b, "-tls1_3");
		peer_session(&p);
		expect_alert(&p, 116);
	}
	done(b, &p);
}

/* In the request, as s_client prints it. */
static void ca_names(struct bench *b, const char *version)
{
	struct strbuf options = STRBUF_INIT;
	struct peer p = {.fd = -1};

	strbuf_addf(&options, CA "-verify 1 %s", version);
	bench_open(b, options.p);
	peer_connect(&p, b, "");
	peer_expect(&p, "Acceptable client certificate CA names");
	peer_expect(&p, "Test Root CA");
	done(b, &p);
	strbuf_adds(&options, " -no_ca_names");
	bench_open(b, options.p);
	peer_connect(&p, b, "");
	peer_expect(&p, "No client certificate CA names sent");
	done(b, &p);
	strbuf_release(&options);
}

static void ca_names12(struct bench *b)
{
	bench_need(b, TLS_CAP_CA_NAMES);
	ca_names(b, "-tls1_2");
}

static void ca_names13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_need(b, TLS_CAP_CA_NAMES);
	if (b->cap[TLS_CAP_CA_NAMES].level == TLS_CAP_PARTIAL)
		skip("%s", b->cap[TLS_CAP_CA_NAMES].note);
	ca_names(b, "-tls1_3");
}

static void with_crl(struct bench *b, const char *options, struct bytes crl, int error)
{
	struct peer p = {.fd = -1};

	bench_need(b, TLS_CAP_CRL);
	bench_need(b, TLS_CAP_CRL_DOWNLOAD);
	bench_open(b, options);
	p.decide = (struct decisions){.verify_ok = true, .crl = crl};
	peer_connect(&p, b, "-cert client-revoked.pem -key client-revoked.key");
	CHECK_INT(p.seen.n_crls, 1);
	expect_walk(&p, 0, 0, error);
	peer_echo(&p);
	done(b, &p);
}

static void crl_fetched(struct bench *b)
{
	FILE *f = fopen("crl.der", "rb");
	uint8_t crl[4096];
	size_t n;

	CHECK(f != NULL);
	n = fread(crl, 1, sizeof(crl), f);
	(void)fclose(f); /* only read from */
	with_crl(b, CA "-Verify 1 -crl_check -crl_download", (struct bytes){crl, n},
		 V_CERT_REVOKED);
}

static void crl_not_fetched(struct bench *b)
{
	with_crl(b, CA "-Verify 1 -crl_check -crl_download", (struct bytes){NULL, 0},
		 V_UNABLE_TO_GET_CRL);
}

/* What is configured counts all the same. */
static void crl_given(struct bench *b)
{
	with_crl(b, CA "-Verify 1 -crl_check -crl_download -CRL crl.pem", (struct bytes){NULL, 0},
		 V_CERT_REVOKED);
}

const struct scenario scenarios_verify[] = {
	{"verify_trusted_tls1.2", trusted12},
	{"verify_trusted_tls1.3", trusted13},
	{"verify_long_chain", long_chain},
	{"verify_untrusted", untrusted},
	{"verify_self_signed", self_signed},
	{"verify_expired", expired},
	{"verify_not_yet_valid", not_yet_valid},
	{"verify_purpose", purpose},
	{"verify_revoked", revoked},
	{"verify_not_revoked", not_revoked},
	{"verify_crl_fetched", crl_fetched},
	{"verify_crl_not_fetched", crl_not_fetched},
	{"verify_crl_given", crl_given},
	{"verify_wrong_host", wrong_host},
	{"verify_requested_and_not_sent", requested_and_not_sent},
	{"verify_required_and_not_sent", required_and_not_sent},
	{"verify_ca_names_tls1.2", ca_names12},
	{"verify_ca_names_tls1.3", ca_names13},
	{NULL, NULL},
};
