/*
 * Chains made here, each certificate signed by a "key" of one byte: the signature is that byte.
 * What the walk tells is compared with what `openssl verify` and s_server tell of the like.
 */
#include "core/verify.h"

#include "core/der.h"
#include "core/strbuf.h"

#include <criterion/criterion.h>
#include <string.h>

enum { NOW = 1750000000, DAY = 86400 };

/* Bits of keyUsage as RFC 5280 counts them. */
enum { KU_SIGN = 0x80, KU_CERT = 0x04, KU_CRL = 0x02 };

struct made {
	const char *subject, *issuer;
	uint8_t key, signer;
	bool ca;
	int path_length;              /* 0: none, else n + 1 */
	unsigned usage;               /* 0: no extension */
	const char *eku;              /* NULL: no extension */
	int from, to;                 /* days around NOW; both 0: a year around it */
	bool critical;                /* an unknown critical extension */
	const char *host;             /* dNSName */
	const char *permit, *exclude; /* name constraints, dNSName */
	uint8_t serial;
};

static void put_name(struct strbuf *out, const char *cn)
{
	size_t name = der_begin(out, DER_SEQUENCE), set = der_begin(out, DER_SET),
	       pair = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, "2.5.4.3");
	der_put(out, DER_UTF8_STRING, (struct bytes){(const uint8_t *)cn, strlen(cn)});
	der_end(out, pair);
	der_end(out, set);
	der_end(out, name);
}

static size_t begin_extension(struct strbuf *out, const char *oid, bool critical, size_t *value)
{
	static const uint8_t yes = 0xff;
	size_t ext = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, oid);
	if (critical)
		der_put(out, DER_BOOLEAN, (struct bytes){&yes, 1});
	*value = der_begin(out, DER_OCTET_STRING);
	return ext;
}

static void end_extension(struct strbuf *out, size_t ext, size_t value)
{
	der_end(out, value);
	der_end(out, ext);
}

static void put_subtree(struct strbuf *out, unsigned which, const char *name)
{
	size_t list, subtree;

	if (!name)
		return;
	list = der_begin(out, DER_CONTEXT_CONSTRUCTED(which));
	subtree = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_CONTEXT(2), (struct bytes){(const uint8_t *)name, strlen(name)});
	der_end(out, subtree);
	der_end(out, list);
}

static void put_extensions(struct strbuf *out, const struct made *m)
{
	static const uint8_t yes = 0xff;
	size_t outer = der_begin(out, DER_CONTEXT_CONSTRUCTED(3)),
	       all = der_begin(out, DER_SEQUENCE);
	size_t ext, value, seq;

	ext = begin_extension(out, "2.5.29.19", true, &value);
	seq = der_begin(out, DER_SEQUENCE);
	if (m->ca)
		der_put(out, DER_BOOLEAN, (struct bytes){&yes, 1});
	if (m->path_length)
		der_put_int(out, m->path_length - 1);
	der_end(out, seq);
	end_extension(out, ext, value);
	if (m->usage) {
		uint8_t bits = (uint8_t)m->usage;

		ext = begin_extension(out, "2.5.29.15", true, &value);
		der_put_bits(out, (struct bytes){&bits, 1});
		end_extension(out, ext, value);
	}
	if (m->eku) {
		ext = begin_extension(out, "2.5.29.37", false, &value);
		seq = der_begin(out, DER_SEQUENCE);
		der_put_oid(out, m->eku);
		der_end(out, seq);
		end_extension(out, ext, value);
	}
	if (m->host) {
		ext = begin_extension(out, "2.5.29.17", false, &value);
		seq = der_begin(out, DER_SEQUENCE);
		der_put(out, DER_CONTEXT(2),
			(struct bytes){(const uint8_t *)m->host, strlen(m->host)});
		der_end(out, seq);
		end_extension(out, ext, value);
	}
	if (m->permit || m->exclude) {
		ext = begin_extension(out, "2.5.29.30", true, &value);
		seq = der_begin(out, DER_SEQUENCE);
		put_subtree(out, 0, m->permit);
		put_subtree(out, 1, m->exclude);
		der_end(out, seq);
		end_extension(out, ext, value);
	}
	if (m->critical) {
		ext = begin_extension(out, "1.2.3.4", true, &value);
		end_extension(out, ext, value);
	}
	der_end(out, all);
	der_end(out, outer);
}

static void put_algorithm(struct strbuf *out)
{
	size_t seq = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, "1.3.101.112");
	der_end(out, seq);
}

static void put_key(struct strbuf *out, uint8_t key)
{
	uint8_t bytes[32];
	size_t spki = der_begin(out, DER_SEQUENCE);

	memset(bytes, key, sizeof(bytes));
	put_algorithm(out);
	der_put_bits(out, (struct bytes){bytes, sizeof(bytes)});
	der_end(out, spki);
}

static struct bytes make(struct strbuf *out, const struct made *m)
{
	size_t cert = der_begin(out, DER_SEQUENCE), tbs = der_begin(out, DER_SEQUENCE),
	       version = der_begin(out, DER_CONTEXT_CONSTRUCTED(0)), validity;
	bool dated = m->from || m->to;

	der_put_int(out, 2);
	der_end(out, version);
	der_put_int(out, m->serial);
	put_algorithm(out);
	put_name(out, m->issuer);
	validity = der_begin(out, DER_SEQUENCE);
	der_put_time(out, NOW + (int64_t)DAY * (dated ? m->from : -180));
	der_put_time(out, NOW + (int64_t)DAY * (dated ? m->to : 180));
	der_end(out, validity);
	put_name(out, m->subject);
	put_key(out, m->key);
	put_extensions(out, m);
	der_end(out, tbs);
	put_algorithm(out);
	der_put_bits(out, (struct bytes){&m->signer, 1});
	der_end(out, cert);
	return strbuf_bytes(out);
}

/* A list by `issuer` that revokes one serial number (0: none). */
static struct bytes make_crl(struct strbuf *out, const char *issuer, uint8_t signer, uint8_t serial,
			     int next_days)
{
	size_t crl = der_begin(out, DER_SEQUENCE), tbs = der_begin(out, DER_SEQUENCE);

	der_put_int(out, 1);
	put_algorithm(out);
	put_name(out, issuer);
	der_put_time(out, NOW - DAY);
	der_put_time(out, NOW + (int64_t)DAY * next_days);
	if (serial) {
		size_t list = der_begin(out, DER_SEQUENCE), entry = der_begin(out, DER_SEQUENCE);

		der_put_int(out, serial);
		der_put_time(out, NOW - DAY);
		der_end(out, entry);
		der_end(out, list);
	}
	der_end(out, tbs);
	put_algorithm(out);
	der_put_bits(out, (struct bytes){&signer, 1});
	der_end(out, crl);
	return strbuf_bytes(out);
}

/* ---- the cast ---- */

#define CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define SERVER_AUTH "1.3.6.1.5.5.7.3.1"

enum who {
	ROOT,
	INTER,
	LEAF,
	SELF,
	EXPIRED,
	EARLY,
	SERVER,
	CRITICAL,
	FORGED,
	NO_CA_INTER,
	NO_CERTSIGN,
	SHORT_ROOT,
	SHORT_INTER,
	SHORT_LEAF,
	UNDER_NO_CA,
	UNDER_NO_CERTSIGN,
	FALSE_ROOT,
	DIRECT,
	BOUND,
	WITHIN,
	OUTSIDE,
	EXCLUDED,
	BY_NAME,
	WHO_COUNT
};

static const struct made cast[WHO_COUNT] = {
	[ROOT] = {"Root", "Root", 1, 1, .ca = true, .usage = KU_CERT | KU_CRL, .serial = 1},
	[INTER] = {"Inter", "Root", 2, 1, .ca = true, .usage = KU_CERT, .serial = 2},
	[LEAF] = {"leaf", "Inter", 3, 2, .usage = KU_SIGN, .eku = CLIENT_AUTH,
		  .host = "*.client.test", .serial = 3},
	[SELF] = {"self", "self", 4, 4, .serial = 4},
	[EXPIRED] = {"expired", "Root", 5, 1, .from = -9, .to = -1, .serial = 5},
	[EARLY] = {"early", "Root", 6, 1, .from = 1, .to = 9, .serial = 6},
	[SERVER] = {"server", "Root", 7, 1, .eku = SERVER_AUTH, .serial = 7},
	[CRITICAL] = {"critical", "Root", 8, 1, .critical = true, .serial = 8},
	[FORGED] = {"forged", "Root", 9, 99, .serial = 9},
	[NO_CA_INTER] = {"NoCA", "Root", 10, 1, .serial = 10},
	[UNDER_NO_CA] = {"under", "NoCA", 11, 10, .serial = 11},
	[NO_CERTSIGN] = {"NoSign", "Root", 12, 1, .ca = true, .usage = KU_CRL, .serial = 12},
	[UNDER_NO_CERTSIGN] = {"under", "NoSign", 13, 12, .serial = 13},
	[SHORT_ROOT] = {"Short", "Short", 14, 14, .ca = true, .path_length = 1, .serial = 14},
	[SHORT_INTER] = {"ShortInter", "Short", 15, 14, .ca = true, .serial = 15},
	[SHORT_LEAF] = {"short", "ShortInter", 16, 15, .serial = 16},
	[FALSE_ROOT] = {"Root", "Root", 17, 17, .ca = true, .serial = 17},
	[DIRECT] = {"direct", "Root", 18, 1, .serial = 18},
	[BOUND] = {"Bound", "Bound", 19, 19, .ca = true, .permit = "ok.test",
		   .exclude = "x.ok.test"},
	[WITHIN] = {"a", "Bound", 20, 19, .host = "a.ok.test"},
	[OUTSIDE] = {"b", "Bound", 21, 19, .host = "notok.test"},
	[EXCLUDED] = {"c", "Bound", 22, 19, .host = "y.x.ok.test"},
	[BY_NAME] = {"a.other.test", "Bound", 23, 19, .ca = false},
};

enum { MAX = 4 };

static const struct row {
	const char *name;
	int peer[MAX], anchors[MAX];   /* -1 ends a list */
	const char *settings[MAX * 2]; /* name, value */
	const char *told;              /* "depth:error" */
} rows[] = {
	{"a good chain", {LEAF, INTER, -1}, {ROOT, -1}, {0}, "2:0 1:0 0:0"},
	{"the order sent does not matter", {LEAF, ROOT, INTER, -1}, {ROOT, -1}, {0}, "2:0 1:0 0:0"},
	{"what belongs to nothing is passed over",
	 {LEAF, SELF, INTER, -1},
	 {ROOT, -1},
	 {0},
	 "2:0 1:0 0:0"},
	{"the intermediate from the store", {LEAF, -1}, {ROOT, INTER, -1}, {0}, "2:0 1:0 0:0"},
	{"no anchors", {LEAF, INTER, -1}, {-1}, {0}, "1:20 0:0"},
	{"no anchors, only the leaf", {LEAF, -1}, {-1}, {0}, "0:20 0:21 0:0"},
	{"root sent, not trusted", {LEAF, INTER, ROOT, -1}, {-1}, {0}, "2:19 2:0 1:0 0:0"},
	{"self-signed", {SELF, -1}, {ROOT, -1}, {0}, "0:18 0:0"},
	{"self-signed and trusted", {SELF, -1}, {SELF, -1}, {0}, "0:0"},
	{"a store without the root", {LEAF, -1}, {INTER, -1}, {0}, "1:2 0:0"},
	{"... will do with -partial_chain",
	 {LEAF, -1},
	 {INTER, -1},
	 {"partial_chain", NULL},
	 "1:0 0:0"},
	{"a trusted leaf with -partial_chain",
	 {LEAF, -1},
	 {LEAF, -1},
	 {"partial_chain", NULL},
	 "0:0"},
	{"expired", {EXPIRED, -1}, {ROOT, -1}, {0}, "1:0 0:10 0:0"},
	{"not yet valid", {EARLY, -1}, {ROOT, -1}, {0}, "1:0 0:9 0:0"},
	{"-no_check_time", {EXPIRED, -1}, {ROOT, -1}, {"no_check_time", NULL}, "1:0 0:0"},
	{"-attime", {EXPIRED, -1}, {ROOT, -1}, {"attime", "1749950000"}, "1:0 0:10 0:0"},
	{"-attime before", {EXPIRED, -1}, {ROOT, -1}, {"attime", "1749700000"}, "1:0 0:0"},
	{"a server's certificate", {SERVER, -1}, {ROOT, -1}, {0}, "0:26 1:0 0:0"},
	{"-purpose sslserver", {SERVER, -1}, {ROOT, -1}, {"purpose", "sslserver"}, "1:0 0:0"},
	{"-purpose any", {SERVER, -1}, {ROOT, -1}, {"purpose", "any"}, "1:0 0:0"},
	{"-verify_name ssl_server",
	 {SERVER, -1},
	 {ROOT, -1},
	 {"verify_name", "ssl_server"},
	 "1:0 0:0"},
	{"unknown critical extension", {CRITICAL, -1}, {ROOT, -1}, {0}, "0:34 1:0 0:0"},
	{"-ignore_critical", {CRITICAL, -1}, {ROOT, -1}, {"ignore_critical", NULL}, "1:0 0:0"},
	{"a false signature", {FORGED, -1}, {ROOT, -1}, {0}, "1:0 0:7 0:0"},
	{"issuer is no CA",
	 {UNDER_NO_CA, NO_CA_INTER, -1},
	 {ROOT, -1},
	 {0},
	 "1:79 1:26 2:0 1:0 0:0"},
	{"issuer may not sign",
	 {UNDER_NO_CERTSIGN, NO_CERTSIGN, -1},
	 {ROOT, -1},
	 {0},
	 "1:79 1:26 2:0 1:0 1:32 0:0"},
	{"path too long", {SHORT_LEAF, SHORT_INTER, -1}, {SHORT_ROOT, -1}, {0}, "2:25 2:0 1:0 0:0"},
	{"a root of the same name", {DIRECT, -1}, {FALSE_ROOT, -1}, {0}, "1:0 0:7 0:0"},
	{"-verify_depth 0, one issuer", {DIRECT, -1}, {ROOT, -1}, {"verify_depth", "0"}, "1:0 0:0"},
	{"-verify_depth 0, two",
	 {LEAF, INTER, -1},
	 {ROOT, -1},
	 {"verify_depth", "0"},
	 "1:22 1:20 0:0"},
	{"-verify_hostname",
	 {LEAF, INTER, -1},
	 {ROOT, -1},
	 {"verify_hostname", "a.client.test"},
	 "2:0 1:0 0:0"},
	{"-verify_hostname, two labels",
	 {LEAF, INTER, -1},
	 {ROOT, -1},
	 {"verify_hostname", "a.b.client.test"},
	 "0:62 2:0 1:0 0:0"},
	{"-verify_hostname, common name",
	 {DIRECT, -1},
	 {ROOT, -1},
	 {"verify_hostname", "DIRECT"},
	 "1:0 0:0"},
	{"-verify_email", {DIRECT, -1}, {ROOT, -1}, {"verify_email", "a@b"}, "0:63 1:0 0:0"},
	{"-verify_ip", {DIRECT, -1}, {ROOT, -1}, {"verify_ip", "127.0.0.1"}, "0:64 1:0 0:0"},
	{"-auth_level 4", {DIRECT, -1}, {ROOT, -1}, {"auth_level", "4"}, "0:66 0:68 1:67 1:0 0:0"},
	{"names within", {WITHIN, -1}, {BOUND, -1}, {0}, "1:0 0:0"},
	{"names outside", {OUTSIDE, -1}, {BOUND, -1}, {0}, "1:0 0:0 0:47"},
	{"names excluded", {EXCLUDED, -1}, {BOUND, -1}, {0}, "1:0 0:0 0:48"},
	{"common name outside", {BY_NAME, -1}, {BOUND, -1}, {0}, "1:0 0:0 0:47"},
	{"-x509_strict", {DIRECT, -1}, {ROOT, -1}, {"x509_strict", NULL}, "0:85 1:86 1:0 0:0"},
	{"-x509_strict, key usage",
	 {UNDER_NO_CERTSIGN, NO_CERTSIGN, -1},
	 {SHORT_ROOT, -1},
	 {"x509_strict", NULL},
	 "1:20 0:85 1:79 1:86 1:26 1:32 0:0"},
	{"-suiteB_128", {DIRECT, -1}, {ROOT, -1}, {"suiteB_128", NULL}, "0:57 1:0 0:0"},
	{"-check_ss_sig", {DIRECT, -1}, {ROOT, -1}, {"check_ss_sig", NULL}, "1:0 0:0"},
};

/* ---- the run ---- */

struct run {
	struct strbuf told;
	int stop_at;      /* an error that tell() does not forgive; 0: none */
	struct bytes crl; /* what is fetched for each certificate; empty: nothing */
	size_t n_asked;
};

static bool signature(void *ud, const struct verify_signature *sig)
{
	(void)ud;
	return sig->value.n == 1 && sig->spki.n && sig->value.p[0] == sig->spki.p[sig->spki.n - 1];
}

static bool tell(void *ud, int depth, int error, struct bytes cert)
{
	struct run *run = ud;

	cr_assert(cert.n > 0);
	strbuf_addf(&run->told, "%s%d:%d", run->told.n ? " " : "", depth, error);
	return !error || error != run->stop_at;
}

static size_t make_list(struct strbuf bufs[MAX], struct bytes list[MAX], const int who[MAX])
{
	size_t n = 0;

	for (; n < MAX && who[n] >= 0; n++) {
		bufs[n] = (struct strbuf)STRBUF_INIT;
		list[n] = make(&bufs[n], &cast[who[n]]);
	}
	return n;
}

static size_t fetched(void *ud, struct bytes cert, struct bytes list[TLS_MAX_CRLS])
{
	struct run *run = ud;

	cr_assert(cert.n);
	run->n_asked++;
	list[0] = run->crl;
	return run->crl.n > 0;
}

static bool verify(const struct row *row, struct tls_config *cfg, struct run *run, int *result)
{
	struct strbuf peer_bufs[MAX], anchor_bufs[MAX];
	struct bytes peer[MAX], anchors[MAX];
	struct verify_params params;
	struct verify_store store;
	struct tls_setting now = {"attime", "1750000000"};
	struct tls_error err;
	size_t n_peer = make_list(peer_bufs, peer, row->peer), bad;
	bool good;

	cfg->ca = anchors;
	cfg->n_ca = make_list(anchor_bufs, anchors, row->anchors);
	cfg->security_level = cfg->verify_depth = -1;
	verify_params_init(&params, cfg);
	cr_assert_eq(verify_params_set(&params, &now, &err), TLS_OK);
	for (int i = 0; i < MAX && row->settings[2 * i]; i++) {
		struct tls_setting set = {row->settings[2 * i], row->settings[2 * i + 1]};

		cr_assert_eq(verify_params_set(&params, &set, &err), TLS_OK, "%s", err.text);
	}
	cr_assert(verify_store_init(&store, cfg, &bad));
	struct verify_walk walk = {&params, &store, signature, tell, fetched, run};

	good = verify_chain(&walk, peer, n_peer, result);
	verify_store_release(&store);
	for (size_t i = 0; i < n_peer; i++)
		strbuf_release(&peer_bufs[i]);
	for (size_t i = 0; i < cfg->n_ca; i++)
		strbuf_release(&anchor_bufs[i]);
	return good;
}

Test(verify, tells_what_openssl_tells)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_config cfg = {0};
		struct run run = {.told = STRBUF_INIT};
		int result;

		cr_expect(verify(&rows[i], &cfg, &run, &result), "%s", rows[i].name);
		cr_expect_str_eq(run.told.p, rows[i].told, "%s: %s and not %s", rows[i].name,
				 run.told.p, rows[i].told);
		strbuf_release(&run.told);
	}
}

Test(verify, ends_where_it_is_told_to)
{
	static const struct row row = {"", {SELF, -1}, {ROOT, -1}, {0}, NULL};
	struct tls_config cfg = {0};
	struct run run = {.told = STRBUF_INIT, .stop_at = VERIFY_DEPTH_ZERO_SELF_SIGNED_CERT};
	int result;

	cr_expect_not(verify(&row, &cfg, &run, &result));
	cr_expect_str_eq(run.told.p, "0:18");
	cr_expect_eq(result, VERIFY_DEPTH_ZERO_SELF_SIGNED_CERT);
	cr_expect_eq(verify_alert(result), 48);
	strbuf_release(&run.told);
}

static const struct {
	const char *name, *issuer;
	uint8_t signer, serial;
	int next_days;
	bool all;
	const char *told;
} crl_rows[] = {
	{"nothing revoked", "Root", 1, 0, 9, false, "1:0 0:0"},
	{"revoked", "Root", 1, 18, 9, false, "0:23 1:0 0:0"},
	{"another one revoked", "Root", 1, 17, 9, false, "1:0 0:0"},
	{"out of date", "Root", 1, 0, -1, false, "0:12 1:0 0:0"},
	{"signed by another", "Root", 2, 0, 9, false, "0:8 1:0 0:0"},
	{"of another issuer", "Other", 1, 18, 9, false, "0:3 1:0 0:0"},
	{"the root revoked by itself", "Root", 1, 1, 9, true, "1:23 1:0 0:0"},
};

Test(verify, revocation)
{
	static const struct row row = {"", {DIRECT, -1}, {ROOT, -1}, {0}, NULL};

	for (size_t i = 0; i < sizeof(crl_rows) / sizeof(crl_rows[0]); i++) {
		struct strbuf buf = STRBUF_INIT;
		struct bytes crl = make_crl(&buf, crl_rows[i].issuer, crl_rows[i].signer,
					    crl_rows[i].serial, crl_rows[i].next_days);
		struct tls_config cfg = {.crls = &crl,
					 .n_crls = 1,
					 .crl_check = true,
					 .crl_check_all = crl_rows[i].all};
		struct run run = {.told = STRBUF_INIT};
		int result;

		cr_expect(verify(&row, &cfg, &run, &result));
		cr_expect_str_eq(run.told.p, crl_rows[i].told, "%s: %s and not %s",
				 crl_rows[i].name, run.told.p, crl_rows[i].told);
		strbuf_release(&run.told);
		strbuf_release(&buf);
	}
}

/* What is given and what is fetched count alike; of two, the one that is in date. */
Test(verify, fetched_crls)
{
	static const struct row row = {"", {DIRECT, -1}, {ROOT, -1}, {0}, NULL};
	static const struct {
		int given_days, fetched_days; /* 0: none */
		uint8_t given_serial, fetched_serial;
		const char *told;
	} cases[] = {
		{0, 0, 0, 0, "0:3 1:0 0:0"},     {0, 9, 0, 18, "0:23 1:0 0:0"},
		{0, 9, 0, 17, "1:0 0:0"},        {9, 0, 18, 0, "0:23 1:0 0:0"},
		{-1, 9, 18, 17, "1:0 0:0"},      {-1, 9, 17, 18, "0:23 1:0 0:0"},
		{9, -1, 18, 17, "0:23 1:0 0:0"}, {0, -1, 0, 17, "0:12 1:0 0:0"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf bufs[2] = {STRBUF_INIT, STRBUF_INIT};
		struct run run = {.told = STRBUF_INIT};
		struct bytes given;
		struct tls_config cfg = {.crls = &given, .crl_check = true};
		int result;

		if (cases[i].given_days) {
			given = make_crl(&bufs[0], "Root", 1, cases[i].given_serial,
					 cases[i].given_days);
			cfg.n_crls = 1;
		}
		if (cases[i].fetched_days)
			run.crl = make_crl(&bufs[1], "Root", 1, cases[i].fetched_serial,
					   cases[i].fetched_days);
		cr_expect(verify(&row, &cfg, &run, &result));
		cr_expect_str_eq(run.told.p, cases[i].told, "%zu: %s", i, run.told.p);
		cr_expect_eq(run.n_asked, 1);
		strbuf_release(&run.told);
		strbuf_release(&bufs[0]);
		strbuf_release(&bufs[1]);
	}
}

Test(verify, what_is_fetched_may_be_no_crl)
{
	static const struct row row = {"", {DIRECT, -1}, {ROOT, -1}, {0}, NULL};
	struct run run = {.told = STRBUF_INIT, .crl = {(const uint8_t *)"0\0", 2}};
	struct tls_config cfg = {.crl_check = true};
	int result;

	cr_expect(verify(&row, &cfg, &run, &result));
	cr_expect_str_eq(run.told.p, "0:3 1:0 0:0");
	strbuf_release(&run.told);
}

Test(verify, settings_that_are_not_checked_are_refused)
{
	static const struct {
		struct tls_setting set;
		enum tls_status status;
	} cases[] = {
		{{"extended_crl", NULL}, TLS_UNSUPPORTED},
		{{"use_deltas", NULL}, TLS_UNSUPPORTED},
		{{"purpose", "codesign"}, TLS_UNSUPPORTED},
		{{"purpose", NULL}, TLS_UNSUPPORTED},
		{{"attime", "soon"}, TLS_FAIL},
		{{"verify_ip", "1.2.3"}, TLS_FAIL},
		{{"verify_hostname", NULL}, TLS_FAIL},
		{{"auth_level", ""}, TLS_FAIL},
		{{"trusted_first", NULL}, TLS_OK},
	};
	struct verify_params params = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_error err = {.text = ""};

		cr_expect_eq(verify_params_set(&params, &cases[i].set, &err), cases[i].status, "%s",
			     cases[i].set.name);
		cr_expect_eq(*err.text == '\0', cases[i].status == TLS_OK);
	}
}

/* Whatever a client sends: every prefix of a chain, and every byte changed. */
Test(verify, damage_is_borne)
{
	struct strbuf leaf = STRBUF_INIT, root = STRBUF_INIT;
	struct bytes good = make(&leaf, &cast[DIRECT]), anchor = make(&root, &cast[ROOT]);
	struct tls_config cfg = {
		.ca = &anchor, .n_ca = 1, .security_level = -1, .verify_depth = -1};
	struct verify_params params;
	struct verify_store store;
	struct run run = {.told = STRBUF_INIT};
	size_t bad;
	int result;

	verify_params_init(&params, &cfg);
	cr_assert(verify_store_init(&store, &cfg, &bad));
	struct verify_walk walk = {&params, &store, signature, tell, NULL, &run};

	for (size_t n = 0; n < good.n; n++) {
		struct bytes cut = {good.p, n};

		cr_expect_not(verify_chain(&walk, &cut, 1, &result), "%zu bytes", n);
	}
	for (size_t i = 0; i < good.n; i++) {
		leaf.p[i] ^= 0x21;
		(void)verify_chain(&walk, &good, 1, &result); /* either way, but back */
		leaf.p[i] ^= 0x21;
	}
	cr_expect(verify_chain(&walk, &good, 1, &result));
	verify_store_release(&store);
	strbuf_release(&run.told);
	strbuf_release(&leaf);
	strbuf_release(&root);
}
