/* Handshakes that work, in every version that the library has. */
#include "tests/contract/bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDS "-cert ec.pem -key ec.key "

static void with_version(struct bench *b, const char *server, const char *client, uint16_t version)
{
	struct peer p = {.fd = -1};
	struct tls_info info;

	bench_open(b, server);
	peer_connect(&p, b, client);
	b->backend->info(p.session, &info);
	CHECK_INT(info.version, version);
	CHECK(info.suite);
	CHECK(!info.resumed);
	CHECK_INT(info.verify_result, 0);
	CHECK_INT(info.n_peer_chain, 0);
	peer_echo(&p);
	CHECK(!b->backend->pending(p.session));
	peer_release(&p);
	bench_close(b);
}

static void tls13(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_3);
	with_version(b, CREDS "-tls1_3", "-quiet", TLS_VERSION_1_3);
}

static void tls12(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_2);
	with_version(b, CREDS "-tls1_2", "-quiet", TLS_VERSION_1_2);
}

static void tls11(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_1);
	with_version(b, CREDS "-tls1_1 -cipher ALL:@SECLEVEL=0",
		     "-quiet -tls1_1 -cipher ALL:@SECLEVEL=0", TLS_VERSION_1_1);
}

static void tls10(struct bench *b)
{
	bench_need(b, TLS_CAP_TLS1_0);
	with_version(b, CREDS "-tls1 -cipher ALL:@SECLEVEL=0",
		     "-quiet -tls1 -cipher ALL:@SECLEVEL=0", TLS_VERSION_1_0);
}

/* The best version both have. */
static void best_version(struct bench *b)
{
	if (bench_can(b, TLS_CAP_TLS1_3))
		with_version(b, CREDS, "-quiet", TLS_VERSION_1_3);
	else
		with_version(b, CREDS, "-quiet", TLS_VERSION_1_2);
}

static void older_client(struct bench *b)
{
	with_version(b, CREDS, "-quiet -tls1_2", TLS_VERSION_1_2);
}

static void rsa(struct bench *b)
{
	with_version(b, "-cert rsa.pem -key rsa.key", "-quiet -tls1_2", TLS_VERSION_1_2);
}

/* Which of two certificates is served follows from what the client takes. */
static void two_certificates(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, CREDS "-dcert rsa.pem -dkey rsa.key");
	peer_connect(&p, b, "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256");
	peer_expect(&p, "Cipher is ECDHE-RSA-AES128-GCM-SHA256");
	peer_release(&p);
	peer_connect(&p, b, "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256");
	peer_expect(&p, "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256");
	peer_release(&p);
	bench_close(b);
}

static void der_key(struct bench *b)
{
	with_version(b, "-cert ec.der -key ec.key.der -certform DER -keyform DER", "-quiet -tls1_2",
		     TLS_VERSION_1_2);
}

static void encrypted_key(struct bench *b)
{
	with_version(b, "-cert ec.pem -key ec-encrypted.key -pass pass:secret", "-quiet -tls1_2",
		     TLS_VERSION_1_2);
}

static void pkcs12(struct bench *b)
{
	with_version(b, "-cert ec.p12 -key ec.p12 -pass pass:secret", "-quiet -tls1_2",
		     TLS_VERSION_1_2);
}

/* The library opens the URI itself, certificate and key. */
static void by_uri(struct bench *b, const char *server)
{
	struct peer p = {.fd = -1};

	bench_open(b, server);
	peer_connect(&p, b, "-CAfile ca.pem -verify_return_error");
	peer_echo(&p);
	peer_release(&p);
	bench_close(b);
}

/* The token of tests/pki/make. */
static void key_in_token(struct bench *b)
{
	char conf[4096];
	struct tls_error err;

	if (strcmp(b->backend->name, "gnutls") != 0)
		skip("only GnuTLS opens tokens by itself");
	if (!realpath("softhsm2.conf", conf))
		skip("SoftHSM is not installed");
	CHECK(setenv("SOFTHSM2_CONF", conf, 1) == 0);
	by_uri(b, "-cert ec.pem -key pkcs11:token=contract;object=ec;type=private?pin-value=1234");
	by_uri(b, "-cert pkcs11:token=contract;object=ec;type=cert "
		  "-key pkcs11:token=contract;object=ec;type=private -pass pass:1234");
	CHECK_INT(bench_try(b, "-cert ec.pem -key pkcs11:token=contract;object=nothing", &err),
		  TLS_FAIL);
	CHECK(strstr(err.text, "object=nothing"));
	bench_close(b);
	CHECK_INT(bench_try(b,
			    "-cert ec.pem -pass pass:4321 "
			    "-key pkcs11:token=contract;object=ec;type=private",
			    &err),
		  TLS_FAIL);
	bench_close(b);
}

static void key_by_uri(struct bench *b)
{
	struct strbuf uri = STRBUF_INIT;
	struct peer p = {.fd = -1};
	struct tls_error err;
	char dir[4096];

	bench_need(b, TLS_CAP_KEY_URI);
	if (strcmp(b->backend->name, "gnutls") == 0)
		skip("a token, see key_in_token");
	bench_configure(b, CREDS);
	CHECK(getcwd(dir, sizeof(dir)));
	strbuf_addf(&uri, "file:%s/ec-both.pem", dir);
	b->config.creds[0].key = (struct tls_key){.encoding = TLS_ENC_URI, .origin = uri.p};
	b->config.creds[0].cert = (struct bytes){NULL, 0};
	if (bench_make(b, &err) != TLS_OK)
		FAIL("%s", err.text);
	peer_connect(&p, b, "-CAfile ca.pem -verify_return_error");
	peer_echo(&p);
	peer_release(&p);
	b->backend->ctx_free(b->ctx);
	b->ctx = NULL;
	b->config.creds[0].key.origin = "file:/nonexistent.pem";
	CHECK_INT(bench_make(b, &err), TLS_FAIL);
	CHECK(strstr(err.text, "file:/nonexistent.pem"));
	bench_close(b);
	strbuf_release(&uri);
}

static void chain(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, "-cert ec-inter.pem -key ec-inter.key -cert_chain inter.pem");
	peer_connect(&p, b, "-CAfile ca.pem -verify_return_error");
	peer_expect(&p, "Verify return code: 0 (ok)");
	peer_release(&p);
	bench_close(b);
}

/* A key from the backend, and a certificate over it signed by the backend. */
static void temporary(struct bench *b)
{
	struct peer p = {.fd = -1};

	bench_open(b, "-no-CAfile");
	peer_connect(&p, b, "-servername localhost");
	peer_expect(&p, "self-signed certificate");
	peer_echo(&p);
	peer_release(&p);
	bench_close(b);
}

/* More than fits a record, both ways, and what write() takes at a time is its own affair. */
static void bulk(struct bench *b)
{
	enum { N = 200000 };
	struct peer p = {.fd = -1};
	char *text = xmalloc(N + 1), *back = xmalloc(N);
	size_t got;

	for (size_t i = 0; i < N; i++)
		text[i] = i % 61 == 60 ? '\n' : (char)('a' + i % 26);
	text[N] = '\0';
	bench_open(b, CREDS);
	peer_connect(&p, b, "-quiet");
	CHECK_INT(peer_write(&p, "begin "), TLS_OK);
	CHECK_INT(peer_write(&p, text), TLS_OK);
	CHECK_INT(peer_write(&p, "end mark"), TLS_OK);
	peer_expect(&p, "end mark");
	CHECK(strstr(p.text.p, text));
	for (size_t i = 0; i < N; i += 4096) {
		char part[4097];
		size_t n = N - i < 4096 ? N - i : 4096;

		memcpy(part, text + i, n);
		part[n] = '\0';
		peer_type(&p, part);
		CHECK_INT(peer_read(&p, back + i, n, &got), TLS_OK);
		CHECK_INT(got, n);
	}
	CHECK(memcmp(text, back, N) == 0);
	peer_release(&p);
	bench_close(b);
	free(text);
	free(back);
}

const struct scenario scenarios_basic[] = {
	{"tls1.3", tls13},
	{"tls1.2", tls12},
	{"tls1.1", tls11},
	{"tls1.0", tls10},
	{"best_version", best_version},
	{"older_client", older_client},
	{"rsa", rsa},
	{"two_certificates", two_certificates},
	{"der_key", der_key},
	{"encrypted_key", encrypted_key},
	{"pkcs12", pkcs12},
	{"key_by_uri", key_by_uri},
	{"key_in_token", key_in_token},
	{"chain", chain},
	{"temporary_certificate", temporary},
	{"bulk", bulk},
	{NULL, NULL},
};
