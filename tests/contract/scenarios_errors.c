/* What is wrong with a configuration is told when the context is made, with file and cause. */
#include "tests/contract/bench.h"

#include <string.h>

#define CREDS "-cert ec.pem -key ec.key "

/* An error that names each of two things (NULL: not looked for). */
static void refused(struct bench *b, const char *one, const char *other)
{
	struct tls_error err;
	enum tls_status st = bench_make(b, &err);

	if (st == TLS_OK)
		FAIL("a context was made");
	if ((one && !strstr(err.text, one)) || (other && !strstr(err.text, other)))
		FAIL("\"%s\" tells of no %s %s", err.text, one ? one : "", other ? other : "");
	bench_close(b);
}

static void key_of_another(struct bench *b)
{
	bench_configure(b, "-cert ec.pem -key second.key");
	refused(b, "second.key", NULL);
}

static void key_of_another_kind(struct bench *b)
{
	bench_configure(b, "-cert ec.pem -key rsa.key");
	refused(b, "rsa.key", NULL);
}

static void wrong_pass_phrase(struct bench *b)
{
	bench_need(b, TLS_CAP_KEY_PASSWORD);
	bench_configure(b, "-cert ec.pem -key ec-encrypted.key -pass pass:wrong");
	refused(b, "ec-encrypted.key", NULL);
}

static void no_pass_phrase(struct bench *b)
{
	bench_need(b, TLS_CAP_KEY_PASSWORD);
	bench_configure(b, "-cert ec.pem -key ec-encrypted.key -pass pass:secret");
	b->config.creds[0].key.password = NULL;
	refused(b, "ec-encrypted.key", NULL);
}

static void damaged_key(struct bench *b)
{
	static const uint8_t junk[] = "0junk";

	bench_configure(b, CREDS);
	b->config.creds[0].key.data = (struct bytes){junk, sizeof(junk) - 1};
	b->config.creds[0].key.encoding = TLS_ENC_DER;
	refused(b, "ec.key", NULL);
}

static void damaged_certificate(struct bench *b)
{
	bench_configure(b, CREDS);
	b->config.creds[0].cert.n -= 20;
	refused(b, "ec.pem", NULL);
}

static void damaged_chain(struct bench *b)
{
	static const uint8_t junk[] = "0junk";
	static const struct bytes chain = {junk, sizeof(junk) - 1};

	bench_configure(b, CREDS);
	b->config.creds[0].chain = &chain;
	b->config.creds[0].n_chain = 1;
	refused(b, "ec.pem", NULL);
}

static void second_key_of_another(struct bench *b)
{
	bench_need(b, TLS_CAP_DCERT);
	bench_configure(b, CREDS "-dcert rsa.pem -dkey client-rsa.key");
	refused(b, "client-rsa.key", NULL);
}

static void named_key_of_another(struct bench *b)
{
	bench_need(b, TLS_CAP_SNI);
	bench_configure(b, CREDS "-servername second.test -cert2 second.pem -key2 ec-inter.key");
	refused(b, "ec-inter.key", NULL);
}

static void no_suites(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	bench_configure(b, CREDS "-tls1_3");
	b->config.tls.ciphersuites = "";
	b->config.tls.suites13.n = 0;
	refused(b, NULL, NULL);
}

static void damaged_dh_parameters(struct bench *b)
{
	static const uint8_t junk[] = "0junk";

	bench_need(b, TLS_CAP_DHPARAM);
	bench_configure(b, CREDS);
	b->config.tls.dhparam = (struct bytes){junk, sizeof(junk) - 1};
	refused(b, NULL, NULL);
}

static void unknown_setting(struct bench *b)
{
	static const struct tls_setting setting = {"no_such_option", "value"};
	struct tls_error err;

	bench_configure(b, CREDS);
	b->config.tls.settings = &setting;
	b->config.tls.n_settings = 1;
	CHECK_INT(bench_make(b, &err), TLS_UNSUPPORTED);
	CHECK(strstr(err.text, "no_such_option"));
	bench_close(b);
}

static void damaged_anchors(struct bench *b)
{
	static const uint8_t junk[] = "0junk";
	static const struct bytes ca = {junk, sizeof(junk) - 1};

	bench_configure(b, CREDS);
	b->config.tls.ca = &ca;
	b->config.tls.n_ca = 1;
	refused(b, NULL, NULL);
}

/* A session that never ran, and nothing at all, can be freed. */
static void freed_unused(struct bench *b)
{
	struct tls_transport io = {NULL, NULL, NULL};
	struct tls_error err;
	struct tls_session *s;

	b->backend->session_free(NULL);
	b->backend->ctx_free(NULL);
	bench_open(b, CREDS);
	s = b->backend->session_new(b->ctx, &io, NULL, NULL, &err);
	CHECK(s);
	CHECK(!b->backend->pending(s));
	b->backend->session_free(s);
	bench_close(b);
}

static void made_twice(struct bench *b)
{
	struct tls_ctx *first;

	bench_open(b, CREDS);
	first = b->ctx;
	b->ctx = NULL;
	{
		struct tls_error err;

		CHECK_INT(bench_make(b, &err), TLS_OK);
	}
	b->backend->ctx_free(first);
	bench_close(b);
}

const struct scenario scenarios_errors[] = {
	{"error_key_of_another", key_of_another},
	{"error_key_of_another_kind", key_of_another_kind},
	{"error_wrong_pass_phrase", wrong_pass_phrase},
	{"error_no_pass_phrase", no_pass_phrase},
	{"error_damaged_key", damaged_key},
	{"error_damaged_certificate", damaged_certificate},
	{"error_damaged_chain", damaged_chain},
	{"error_second_key_of_another", second_key_of_another},
	{"error_named_key_of_another", named_key_of_another},
	{"error_no_suites", no_suites},
	{"error_damaged_dh_parameters", damaged_dh_parameters},
	{"error_unknown_setting", unknown_setting},
	{"error_damaged_anchors", damaged_anchors},
	{"freed_unused", freed_unused},
	{"made_twice", made_twice},
	{NULL, NULL},
};
