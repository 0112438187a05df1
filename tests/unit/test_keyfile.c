#include "core/keyfile.h"

#include "core/castore.h"
#include "core/chain.h"
#include "core/der.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void in_pki(void)
{
	cr_assert_eq(chdir(TEST_PKI), 0);
}

TestSuite(keyfile, .init = in_pki);

static struct pool pool = POOL_INIT;

static struct bytes contents(const char *name)
{
	struct keyfiles files = {.pool = &pool};
	struct strbuf why = STRBUF_INIT;
	struct bytes data = {NULL, 0};

	cr_assert(keyfile_read(&files, name, &data, &why), "%s: %s", name, why.p);
	strbuf_release(&why);
	return data;
}

Test(keyfile, certificates_by_content_or_by_form)
{
	static const struct {
		const char *file;
		enum keyfile_form form;
		size_t n;
	} rows[] = {
		{"ec.pem", KEYFILE_ANY, 1},      {"ec-chain.pem", KEYFILE_ANY, 2},
		{"ec-both.pem", KEYFILE_ANY, 1}, {"ec.der", KEYFILE_ANY, 1},
		{"ec.der", KEYFILE_DER, 1},      {"ec.der", KEYFILE_PEM, 0},
		{"ec.pem", KEYFILE_DER, 0},      {"ec.key", KEYFILE_ANY, 0},
		{"ec.key.der", KEYFILE_ANY, 0},  {"crl.der", KEYFILE_ANY, 0},
		{"crl.pem", KEYFILE_ANY, 0},     {"ec.p12", KEYFILE_ANY, 0},
		{"/dev/null", KEYFILE_ANY, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct keyfile_list list = {NULL, 0};
		bool found = keyfile_certs(&pool, contents(rows[i].file), rows[i].form, &list);

		cr_expect_eq(found, rows[i].n > 0, "%s", rows[i].file);
		cr_expect_eq(list.n, rows[i].n, "%s: %zu", rows[i].file, list.n);
	}
	pool_release(&pool);
}

Test(keyfile, der_and_pem_give_the_same_certificate)
{
	struct keyfile_list list = {NULL, 0};

	cr_assert(keyfile_certs(&pool, contents("ec.pem"), KEYFILE_ANY, &list));
	cr_assert(keyfile_certs(&pool, contents("ec.der"), KEYFILE_ANY, &list));
	cr_assert_eq(list.n, 2);
	cr_expect_eq(list.p[0].n, list.p[1].n);
	cr_expect_eq(memcmp(list.p[0].p, list.p[1].p, list.p[0].n), 0);
	pool_release(&pool);
}

Test(keyfile, keys)
{
	static const struct {
		const char *file;
		enum keyfile_form form;
		bool found;
		enum tls_encoding encoding;
		bool encrypted;
	} rows[] = {
		{"ec.key", KEYFILE_ANY, true, TLS_ENC_PEM, false},
		{"rsa.key", KEYFILE_ANY, true, TLS_ENC_PEM, false},
		{"ec-both.pem", KEYFILE_ANY, true, TLS_ENC_PEM, false},
		{"ec.key.der", KEYFILE_ANY, true, TLS_ENC_DER, false},
		{"ec.key.der", KEYFILE_DER, true, TLS_ENC_DER, false},
		{"ec.key.der", KEYFILE_PEM, false, TLS_ENC_PEM, false},
		{"ec.key", KEYFILE_DER, false, TLS_ENC_DER, false},
		{"ec-encrypted.key", KEYFILE_ANY, true, TLS_ENC_PEM, true},
		{"ec.p12", KEYFILE_ANY, true, TLS_ENC_P12, true},
		{"ec.p12", KEYFILE_P12, true, TLS_ENC_P12, true},
		{"ec.pem", KEYFILE_P12, false, TLS_ENC_P12, true},
		{"ec.pem", KEYFILE_ANY, false, TLS_ENC_PEM, false},
		{"ec.der", KEYFILE_ANY, false, TLS_ENC_DER, false},
		{"crl.der", KEYFILE_ANY, false, TLS_ENC_DER, false},
		{"/dev/null", KEYFILE_ANY, false, TLS_ENC_DER, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_key key = {.origin = rows[i].file};
		bool encrypted;

		cr_expect_eq(
			keyfile_key(&pool, contents(rows[i].file), rows[i].form, &key, &encrypted),
			rows[i].found, "%s", rows[i].file);
		if (!rows[i].found)
			continue;
		cr_expect_eq(key.encoding, rows[i].encoding, "%s", rows[i].file);
		cr_expect_eq(encrypted, rows[i].encrypted, "%s", rows[i].file);
		cr_expect_eq(key.data.p[key.data.n], 0, "%s: a NUL follows", rows[i].file);
	}
	pool_release(&pool);
}

/* Only the key's own block, without the certificate before it. */
Test(keyfile, a_pem_key_is_one_block)
{
	struct tls_key key = {.origin = ""};
	bool encrypted;

	cr_assert(keyfile_key(&pool, contents("ec-both.pem"), KEYFILE_ANY, &key, &encrypted));
	cr_expect_eq(strncmp((const char *)key.data.p, "-----BEGIN PRIVATE KEY-----", 27), 0);
	cr_expect_null(strstr((const char *)key.data.p, "CERTIFICATE"));
	pool_release(&pool);
}

Test(keyfile, crls)
{
	struct keyfile_list list = {NULL, 0};

	cr_expect(keyfile_crls(&pool, contents("crl.pem"), KEYFILE_ANY, &list));
	cr_expect(keyfile_crls(&pool, contents("crl.der"), KEYFILE_ANY, &list));
	cr_expect(keyfile_crls(&pool, contents("crl.der"), KEYFILE_DER, &list));
	cr_expect_eq(list.n, 3);
	cr_expect_not(keyfile_crls(&pool, contents("crl.der"), KEYFILE_PEM, &list));
	cr_expect_not(keyfile_crls(&pool, contents("ec.pem"), KEYFILE_ANY, &list));
	cr_expect_not(keyfile_crls(&pool, contents("ec.der"), KEYFILE_ANY, &list));
	cr_expect_eq(list.n, 3);
	pool_release(&pool);
}

/* SEQUENCE { p, g }, whatever the file had behind them. */
Test(keyfile, dh_parameters_of_both_forms)
{
	static const char x942[] = "-----BEGIN X9.42 DH PARAMETERS-----\n"
				   "MAsCAhABAgEFAgIIAQ==\n"
				   "-----END X9.42 DH PARAMETERS-----\n";
	struct bytes dh;

	cr_assert(keyfile_dhparam(&pool, contents("dh3072.pem"), &dh));
	cr_expect_gt(dh.n, 384);
	cr_assert(keyfile_dhparam(&pool, (struct bytes){(const uint8_t *)x942, sizeof(x942) - 1},
				  &dh));
	cr_assert_eq(dh.n, 9);
	cr_expect_eq(memcmp(dh.p, "\x30\x07\x02\x02\x10\x01\x02\x01\x05", 9), 0);
	cr_expect_not(keyfile_dhparam(&pool, contents("ec.pem"), &dh));
	cr_expect_not(keyfile_dhparam(&pool, contents("ec.der"), &dh));
	cr_expect_not(keyfile_dhparam(&pool, contents("ec.key.der"), &dh));
	pool_release(&pool);
}

Test(keyfile, file_uris_and_others)
{
	char uri[512];

	(void)snprintf(uri, sizeof(uri), "file://%s/ec.pem", TEST_PKI);
	cr_expect_gt(contents(uri).n, 100);
	(void)snprintf(uri, sizeof(uri), "file:%s/ec.pem", TEST_PKI);
	cr_expect_gt(contents(uri).n, 100);
	cr_expect_gt(contents("file:ec.pem").n, 100);
	cr_expect_str_eq(keyfile_path("file://localhost/x"), "/x");
	cr_expect(keyfile_is_uri("pkcs11:token=x"));
	cr_expect(keyfile_is_uri("org.openssl.engine:pkcs11:x"));
	cr_expect_not(keyfile_is_uri("file:ec.pem"));
	cr_expect_not(keyfile_is_uri("ec.pem"));
	cr_expect_not(keyfile_is_uri("dir/a:b"));
	cr_expect_not(keyfile_is_uri("./a:b"));
	pool_release(&pool);
}

Test(keyfile, what_cannot_be_read)
{
	struct keyfiles files = {.pool = &pool};
	struct strbuf why = STRBUF_INIT;
	struct bytes data;

	cr_expect_not(keyfile_read(&files, "nosuch", &data, &why));
	cr_expect_str_eq(why.p, "No such file or directory");
	strbuf_reset(&why);
	cr_expect_not(keyfile_read(&files, "capath", &data, &why));
	cr_expect_str_eq(why.p, "Is a directory");
	strbuf_release(&why);
	pool_release(&pool);
}

/* A certificate and its key may both come from one pipe; it is longer than one read. */
Test(keyfile, a_pipe_is_read_once)
{
	struct keyfiles files = {.pool = &pool};
	struct strbuf why = STRBUF_INIT;
	struct bytes data, again;
	int fds[2];
	char name[32];

	cr_assert_eq(pipe(fds), 0);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
	for (int i = 0; i < 40; i++) {
		char block[1000];

		memset(block, 'a' + i % 26, sizeof(block));
		cr_assert_eq(write(fds[1], block, sizeof(block)), (ssize_t)sizeof(block));
	}
	cr_assert_eq(close(fds[1]), 0);
	cr_assert(keyfile_read(&files, name, &data, &why), "%s", why.p);
	cr_expect_eq(data.n, 40000);
	cr_expect_eq(data.p[39999], 'a' + 39 % 26);
	cr_assert(keyfile_read(&files, name, &again, &why));
	cr_expect_eq(again.p, data.p);
	cr_expect_eq(close(fds[0]), 0);
	strbuf_release(&why);
	pool_release(&pool);
}

Test(keyfile, store_of_a_file_with_certificates_and_crls)
{
	struct keyfiles files = {.pool = &pool};
	struct castore store = {.certs = {NULL, 0}};
	struct strbuf why = STRBUF_INIT;

	cr_expect(castore_add_file(&store, &files, "bundle.pem", &why));
	cr_expect_eq(store.certs.n, 2);
	cr_expect(castore_add_file(&store, &files, "crl.pem", &why));
	cr_expect_eq(store.certs.n, 2);
	cr_expect_eq(store.crls.n, 1);
	cr_expect_eq(why.n, 0);
	cr_expect_not(castore_add_file(&store, &files, "ec.key", &why));
	cr_expect_str_eq(why.p, "no certificate or crl found");
	strbuf_release(&why);
	pool_release(&pool);
}

/* ca.pem is there twice: by its name, and by its hash, which alone counts. */
Test(keyfile, store_of_a_directory_takes_hash_names_only)
{
	struct keyfiles files = {.pool = &pool};
	struct castore store = {.certs = {NULL, 0}};
	struct strbuf why = STRBUF_INIT;

	cr_expect(castore_add_directory(&store, &files, "capath", &why));
	cr_expect_eq(store.certs.n, 1);
	cr_expect(castore_add_directory(&store, &files, "empty", &why));
	cr_expect_eq(store.certs.n, 1);
	cr_expect(castore_add_uri(&store, &files, "file:capath", &why));
	cr_expect_eq(store.certs.n, 2);
	cr_expect(castore_add_uri(&store, &files, "file:inter.pem", &why));
	cr_expect_eq(store.certs.n, 3);
	cr_expect_not(castore_add_directory(&store, &files, "nosuch", &why));
	strbuf_release(&why);
	pool_release(&pool);
}

static void expect_chain(const char *leaf, const char *stores, size_t n, bool complete)
{
	struct keyfiles files = {.pool = &pool};
	struct castore store = {.certs = {NULL, 0}};
	struct keyfile_list cert = {NULL, 0};
	struct bytes chain[CHAIN_MAX];
	struct strbuf why = STRBUF_INIT;
	char list[256], *save = NULL;
	bool done;

	cr_assert(keyfile_certs(&pool, contents(leaf), KEYFILE_ANY, &cert));
	(void)snprintf(list, sizeof(list), "%s", stores);
	for (char *name = strtok_r(list, " ", &save); name; name = strtok_r(NULL, " ", &save))
		cr_assert(castore_add_file(&store, &files, pool_strdup(&pool, name), &why));
	cr_expect_eq(chain_build(cert.p[0], store.certs.p, store.certs.n, chain, &done), n,
		     "%s: %s", leaf, stores);
	cr_expect_eq(done, complete, "%s: %s", leaf, stores);
	pool_release(&pool);
}

Test(keyfile, chains)
{
	expect_chain("ec.pem", "ca.pem", 1, true);
	expect_chain("ec.pem", "otherca.pem", 0, false);
	expect_chain("ec-inter.pem", "ca.pem inter.pem", 2, true);
	expect_chain("ec-inter.pem", "inter.pem", 1, false);
	expect_chain("ec-inter.pem", "ca.pem", 0, false);
	expect_chain("ca.pem", "ca.pem", 0, true);
	expect_chain("ec.pem", "ec.pem ca.pem", 1, true);
	expect_chain("ec.pem", "", 0, false);
}
