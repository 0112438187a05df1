#include "tests/support/config.h"

#include "core/keyfile.h"
#include "core/x509_print.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EC "-cert ec.pem -key ec.key "

static void in_pki(void)
{
	cr_assert_eq(chdir(TEST_PKI), 0);
}

TestSuite(config_files, .init = in_pki);

/* The DER of the first certificate in a file. */
static bool is_cert(struct bytes der, const char *file)
{
	struct pool pool = POOL_INIT;
	struct keyfiles files = {.pool = &pool};
	struct keyfile_list list = {NULL, 0};
	struct strbuf why = STRBUF_INIT;
	struct bytes data;
	bool same;

	cr_assert(keyfile_read(&files, file, &data, &why));
	cr_assert(keyfile_certs(&pool, data, KEYFILE_ANY, &list));
	same = list.p[0].n == der.n && memcmp(list.p[0].p, der.p, der.n) == 0;
	pool_release(&pool);
	strbuf_release(&why);
	return same;
}

static void expect_ok(struct built *b, const char *line)
{
	built_init(b, line);
	cr_assert_eq(b->result, CONFIG_OK, "%s: %s", line, b->out.p);
}

Test(config_files, certificate_and_key)
{
	struct built b;

	expect_ok(&b, EC);
	cr_assert_eq(b.config.tls.n_creds, 1);
	const struct tls_credential *cred = &b.config.tls.creds[0];

	cr_expect(is_cert(cred->cert, "ec.pem"));
	cr_expect_eq(cred->n_chain, 0);
	cr_expect_str_eq(cred->origin, "ec.pem");
	cr_expect_str_eq(cred->key.origin, "ec.key");
	cr_expect_eq(cred->key.encoding, TLS_ENC_PEM);
	cr_expect_null(cred->key.password);
	cr_expect_eq(b.config.tls.n_sni_creds, 0);
	cr_expect_eq(b.out.n, 0);
	built_release(&b);

	/* DER is found out, and the key is in the certificate's file by default. */
	expect_ok(&b, "-cert ec.der -key ec.key.der");
	cr_expect_eq(b.config.tls.creds[0].key.encoding, TLS_ENC_DER);
	cr_expect(is_cert(b.config.tls.creds[0].cert, "ec.pem"));
	built_release(&b);
	expect_ok(&b, "-cert ec-both.pem");
	cr_expect_str_eq(b.config.tls.creds[0].key.origin, "ec-both.pem");
	built_release(&b);
}

/* openssl s_server serves the first certificate of such a file alone. */
Test(config_files, a_chain_in_the_certificate_file_is_served)
{
	struct built b;

	expect_ok(&b, "-cert ec-chain.pem -key ec-inter.key");
	cr_expect(is_cert(b.config.tls.creds[0].cert, "ec-inter.pem"));
	cr_assert_eq(b.config.tls.creds[0].n_chain, 1);
	cr_expect(is_cert(b.config.tls.creds[0].chain[0], "inter.pem"));
	built_release(&b);

	/* -cert_chain replaces it. */
	expect_ok(&b, "-cert ec-chain.pem -key ec-inter.key -cert_chain ca.pem");
	cr_assert_eq(b.config.tls.creds[0].n_chain, 1);
	cr_expect(is_cert(b.config.tls.creds[0].chain[0], "ca.pem"));
	built_release(&b);
}

Test(config_files, default_files)
{
	struct built b;
	char dir[] = "/tmp/s_server-unit-XXXXXX";

	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_assert_eq(symlink(TEST_PKI "/ec-both.pem", "server.pem"), 0);
	cr_assert_eq(symlink(TEST_PKI "/server2.pem", "server2.pem"), 0);
	expect_ok(&b, "-servername second.test");
	cr_expect(is_cert(b.config.tls.creds[0].cert, TEST_PKI "/ec.pem"));
	cr_assert_eq(b.config.tls.n_sni_creds, 1);
	cr_expect(is_cert(b.config.tls.sni_creds[0].cert, TEST_PKI "/second.pem"));
	cr_expect_str_eq(b.config.server.servername, "second.test");
	built_release(&b);

	/* No -servername: the second file is not read. */
	cr_assert_eq(unlink("server2.pem"), 0);
	expect_ok(&b, "");
	cr_expect_eq(b.config.tls.n_sni_creds, 0);
	built_release(&b);
	built_init(&b, "-servername second.test");
	cr_expect_eq(b.result, CONFIG_ERROR);
	built_release(&b);
	cr_assert_eq(unlink("server.pem"), 0);
	cr_assert_eq(rmdir(dir), 0);
}

Test(config_files, a_temporary_certificate_when_there_is_none)
{
	struct built b;

	cr_assert_eq(chdir("empty"), 0);
	expect_ok(&b, "");
	cr_assert_eq(b.config.tls.n_creds, 1);
	cr_expect_eq(b.config.tls.creds[0].key.encoding, TLS_ENC_DER);
	cr_expect_eq(b.config.tls.creds[0].key.data.n, 32);
	cr_expect_eq(strncmp(b.out.p, "Using a temporary self-signed certificate, SHA-256 ", 51),
		     0);
	cr_expect_eq(b.out.n, 51 + 64 + 1);
	built_release(&b);

	/* A key alone asks for the default certificate. */
	built_init(&b, "-key ../ec.key");
	cr_expect_eq(b.result, CONFIG_ERROR);
	cr_expect_str_eq(b.out.p, "Could not open file or uri for loading server certificate from "
				  "server.pem: No such file or directory\n");
	built_release(&b);

	expect_ok(&b, "-nocert");
	cr_expect_eq(b.config.tls.n_creds, 0);
	cr_expect_eq(b.out.n, 0);
	built_release(&b);
}

Test(config_files, second_certificate)
{
	struct built b;

	expect_ok(&b, EC "-dcert rsa.pem -dkey rsa.key -dcert_chain ca.pem");
	cr_assert_eq(b.config.tls.n_creds, 2);
	cr_expect(is_cert(b.config.tls.creds[1].cert, "rsa.pem"));
	cr_expect_eq(b.config.tls.creds[1].n_chain, 1);
	built_release(&b);

	/* -nocert leaves it alone in place. */
	expect_ok(&b, "-nocert -dcert rsa.pem -dkey rsa.key");
	cr_assert_eq(b.config.tls.n_creds, 1);
	cr_expect(is_cert(b.config.tls.creds[0].cert, "rsa.pem"));
	built_release(&b);

	/* Without -dcert the others say nothing, as in OpenSSL. */
	expect_ok(&b, EC "-dkey nosuch -dcert_chain nosuch");
	cr_expect_eq(b.config.tls.n_creds, 1);
	built_release(&b);
}

/* Each -xcert begins a group; what stands before the first belongs to it; formats go on. */
Test(config_files, list_of_certificates)
{
	struct built b;

	cr_assert_eq(chdir("empty"), 0);
	expect_ok(&b, "-xkey ../ec.key -xcert ../ec.pem -xchain ../ca.pem -xcert ../ec-both.pem "
		      "-xcert ../rsa.pem -xkey ../rsa.key");
	cr_assert_eq(b.config.tls.n_creds, 3);
	const struct tls_credential *creds = b.config.tls.creds;

	cr_expect(is_cert(creds[0].cert, "../ec.pem"));
	cr_expect_str_eq(creds[0].key.origin, "../ec.key");
	cr_expect_eq(creds[0].n_chain, 1);
	cr_expect_str_eq(creds[1].key.origin, "../ec-both.pem");
	cr_expect_eq(creds[1].n_chain, 0);
	cr_expect(is_cert(creds[2].cert, "../rsa.pem"));
	/* No default certificate was made or missed. */
	cr_expect_eq(b.out.n, 0);
	built_release(&b);

	expect_ok(&b, "-xcertform DER -xkeyform DER -xcert ../ec.der -xkey ../ec.key.der");
	cr_expect_eq(b.config.tls.creds[0].key.encoding, TLS_ENC_DER);
	built_release(&b);
	built_init(&b, "-xcert ../ec.der -xkey ../ec.key -xkeyform DER");
	cr_expect_eq(b.result, CONFIG_ERROR);
	cr_expect_str_eq(b.out.p, "Could not find Server Key from ../ec.key\n");
	built_release(&b);
	built_init(&b, "-xcert nosuch");
	cr_expect_str_eq(b.out.p, "Could not open file or uri for loading certificate of Server "
				  "Certificate from nosuch: No such file or directory\n");
	built_release(&b);
}

Test(config_files, pass_phrases)
{
	struct built b;

	expect_ok(&b, "-cert ec.pem -key ec-encrypted.key -pass pass:secret");
	cr_expect_str_eq(b.config.tls.creds[0].key.password, "secret");
	built_release(&b);

	/* Not asked for where it is not needed. */
	expect_ok(&b, EC "-pass pass:secret");
	cr_expect_null(b.config.tls.creds[0].key.password);
	built_release(&b);

	expect_ok(&b, "-cert ec.p12 -pass pass:secret");
	cr_expect_eq(b.config.tls.creds[0].cert.n, 0);
	cr_expect_eq(b.config.tls.creds[0].key.encoding, TLS_ENC_P12);
	cr_expect_str_eq(b.config.tls.creds[0].key.password, "secret");
	built_release(&b);
}

/* Refused even with --unsupported=warn. */
Test(config_files, keys_that_the_library_cannot_read)
{
	static const struct {
		enum tls_cap cap;
		const char *line, *what;
	} rows[] = {
		{TLS_CAP_KEY_P12, "-cert ec.p12 -pass pass:x", "private key ec.p12"},
		{TLS_CAP_P12_CERT, "-cert ec.p12 -key ec.key -pass pass:x", "certificate ec.p12"},
		{TLS_CAP_KEY_PASSWORD, "-cert ec.pem -key ec-encrypted.key -pass pass:x",
		 "private key ec-encrypted.key"},
		{TLS_CAP_KEY_URI, "-cert ec.pem -key pkcs11:x", "private key pkcs11:x"},
		{TLS_CAP_ENGINE, "-cert ec.pem -key x -keyform ENGINE", "private key x"},
		{TLS_CAP_KEY_URI, "--unsupported warn -cert ec.pem -key pkcs11:x",
		 "private key pkcs11:x"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		fake_cap[rows[i].cap] = (struct tls_cap_entry){TLS_CAP_NO, "no such thing"};
		built_init(&b, rows[i].line);
		cr_expect_eq(b.result, CONFIG_UNSUPPORTED, "%s: %s", rows[i].line, b.out.p);
		cr_expect(strstr(b.out.p, rows[i].what), "%s", b.out.p);
		cr_expect(strstr(b.out.p, "no such thing"), "%s", b.out.p);
		built_release(&b);
		fake_cap[rows[i].cap] = (struct tls_cap_entry){TLS_CAP_YES, NULL};
	}
}

Test(config_files, keys_that_only_the_library_can_open)
{
	struct built b;

	expect_ok(&b, "-cert ec.pem -key pkcs11:x -pass pass:pin");
	cr_expect_eq(b.config.tls.creds[0].key.encoding, TLS_ENC_URI);
	cr_expect_str_eq(b.config.tls.creds[0].key.origin, "pkcs11:x");
	cr_expect_str_eq(b.config.tls.creds[0].key.password, "pin");
	built_release(&b);
	expect_ok(&b, "-cert ec.pem -key slot1 -keyform ENGINE -engine x");
	cr_expect_eq(b.config.tls.creds[0].key.encoding, TLS_ENC_ENGINE);
	built_release(&b);
}

Test(config_files, dh_parameters)
{
	struct built b;

	expect_ok(&b, EC "-dhparam dh3072.pem");
	cr_expect_gt(b.config.tls.dhparam.n, 384);
	cr_expect(b.config.server.dhparam_loaded);
	built_release(&b);
	expect_ok(&b, EC "-dhparam dh3072.pem -no_dhe");
	cr_expect_eq(b.config.tls.dhparam.n, 0);
	cr_expect_not(b.config.server.temp_dh_lines);
	built_release(&b);
	expect_ok(&b, EC);
	cr_expect_eq(b.config.tls.dhparam.n, 0);
	cr_expect_not(b.config.server.dhparam_loaded);
	built_release(&b);
}

/* They may stand behind the certificate, as for openssl s_server. */
Test(config_files, dh_parameters_in_the_certificate_file)
{
	struct built b;
	char dir[] = "/tmp/s_server-unit-XXXXXX";

	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_assert_eq(system("cat " TEST_PKI "/ec-both.pem " TEST_PKI "/dh3072.pem > server.pem"),
		     0);
	expect_ok(&b, "");
	cr_expect(b.config.server.dhparam_loaded);
	cr_expect_gt(b.config.tls.dhparam.n, 384);
	built_release(&b);
	fake_cap[TLS_CAP_DHPARAM].level = TLS_CAP_NO;
	expect_ok(&b, "");
	cr_expect_eq(b.config.tls.dhparam.n, 0);
	built_release(&b);
	cr_assert_eq(unlink("server.pem"), 0);
	cr_assert_eq(rmdir(dir), 0);
}

Test(config_files, trusted_certificates_and_the_names_sent)
{
	struct built b;
	struct bytes subject;

	expect_ok(&b, EC "-verify 1 -CAfile bundle.pem");
	cr_expect_eq(b.config.tls.n_ca, 2);
	cr_assert_eq(b.config.tls.n_ca_names, 2);
	subject = x509_subject(b.config.tls.ca[0]);
	cr_assert_eq(b.config.tls.ca_names[0].n, subject.n);
	cr_expect_eq(memcmp(b.config.tls.ca_names[0].p, subject.p, subject.n), 0);
	built_release(&b);

	expect_ok(&b, EC "-verify 1 -CAfile bundle.pem -no_ca_names");
	cr_expect_eq(b.config.tls.n_ca_names, 0);
	built_release(&b);

	/* -verifyCA* replaces -CA* for clients, and is not named to them. */
	expect_ok(&b, EC "-verify 1 -CAfile ca.pem -verifyCAfile otherca.pem");
	cr_assert_eq(b.config.tls.n_ca, 1);
	cr_expect(is_cert(b.config.tls.ca[0], "otherca.pem"));
	cr_expect_eq(b.config.tls.n_ca_names, 1);
	built_release(&b);
}

/* Read as a whole for libraries that do not look up themselves. */
Test(config_files, directory_of_trusted_certificates)
{
	struct built b;

	expect_ok(&b, EC "-verify 1 -CApath capath");
	cr_expect_eq(b.config.tls.n_ca, 0);
	cr_expect_str_eq(b.config.tls.ca_dir, "capath");
	built_release(&b);
	expect_ok(&b, EC "-verify 1 -CApath empty -verifyCApath capath");
	cr_expect_str_eq(b.config.tls.ca_dir, "capath");
	built_release(&b);

	fake_cap[TLS_CAP_CA_DIR].level = TLS_CAP_NO;
	expect_ok(&b, EC "-verify 1 -CApath capath");
	cr_expect_eq(b.config.tls.n_ca, 1);
	cr_expect_null(b.config.tls.ca_dir);
	cr_expect_eq(b.config.tls.n_ca_names, 0);
	built_release(&b);
}

Test(config_files, defaults_are_read_when_clients_are_verified)
{
	struct built b;

	fake_cap[TLS_CAP_CA_DIR].level = TLS_CAP_NO;
	cr_assert_eq(setenv("SSL_CERT_FILE", "bundle.pem", 1), 0);
	cr_assert_eq(setenv("SSL_CERT_DIR", "capath", 1), 0);
	expect_ok(&b, EC);
	cr_expect_eq(b.config.tls.n_ca, 0);
	built_release(&b);
	expect_ok(&b, EC "-verify 1");
	cr_expect_eq(b.config.tls.n_ca, 2);
	built_release(&b);
	expect_ok(&b, EC "-verify 1 -no-CAfile");
	cr_expect_eq(b.config.tls.n_ca, 1);
	built_release(&b);
	expect_ok(&b, EC "-verify 1 -no-CAfile -no-CApath");
	cr_expect_eq(b.config.tls.n_ca, 0);
	built_release(&b);
	expect_ok(&b, EC "-verify 1 -CAfile otherca.pem");
	cr_expect_eq(b.config.tls.n_ca, 1);
	built_release(&b);
}

Test(config_files, revocation_lists)
{
	struct built b;

	expect_ok(&b, EC "-verify 1 -CAfile ca.pem -CRL crl.pem -crl_check");
	cr_expect_eq(b.config.tls.n_crls, 1);
	cr_expect(b.config.tls.crl_check);
	cr_expect_not(b.config.tls.crl_check_all);
	built_release(&b);
	expect_ok(&b, EC "-CRL crl.der -CRLform DER -crl_check_all");
	cr_expect_eq(b.config.tls.n_crls, 1);
	cr_expect(b.config.tls.crl_check);
	cr_expect(b.config.tls.crl_check_all);
	built_release(&b);
}

/* What OpenSSL's library does by itself is done here for all. */
Test(config_files, served_chain_is_completed_from_the_cas)
{
	static const struct {
		const char *line;
		size_t n;
	} rows[] = {
		{"-cert ec-inter.pem -key ec-inter.key", 0},
		{"-cert ec-inter.pem -key ec-inter.key -CAfile bundle.pem", 2},
		{"-cert ec-inter.pem -key ec-inter.key -CAfile inter.pem", 1},
		{"-cert ec-inter.pem -key ec-inter.key -CAfile bundle.pem -cert_chain inter.pem",
		 1},
		{"-cert ec-inter.pem -key ec-inter.key -CAfile bundle.pem -chainCAfile inter.pem",
		 1},
		{"-cert ec-inter.pem -key ec-inter.key -build_chain -chainCAfile bundle.pem", 2},
		{"-cert ec-inter.pem -key ec-inter.key -build_chain -cert_chain bundle.pem", 2},
		{"-cert ec.pem -key ec.key -build_chain -chainCApath capath", 1},
	};
	struct built b;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_ok(&b, rows[i].line);
		cr_expect_eq(b.config.tls.creds[0].n_chain, rows[i].n, "%s: %zu", rows[i].line,
			     b.config.tls.creds[0].n_chain);
		cr_expect_not(b.config.tls.creds[0].build_chain);
		built_release(&b);
	}
	built_init(&b, "-cert ec-inter.pem -key ec-inter.key -build_chain -cert_chain inter.pem");
	cr_expect_eq(b.result, CONFIG_ERROR);
	cr_expect_str_eq(b.out.p, "error building certificate chain: no issuer of ec-inter.pem\n");
	built_release(&b);
}

/* The certificate is in the store: only the library can build its chain. */
Test(config_files, chain_of_a_p12_store_is_left_to_the_library)
{
	struct built b;

	expect_ok(&b, "-cert ec.p12 -pass pass:secret -build_chain");
	cr_expect(b.config.tls.creds[0].build_chain);
	built_release(&b);
	fake_cap[TLS_CAP_CHAIN_BUILD] = (struct tls_cap_entry){TLS_CAP_NO, "builds none"};
	built_init(&b, "-cert ec.p12 -pass pass:secret -build_chain");
	cr_expect_eq(b.result, CONFIG_UNSUPPORTED);
	built_release(&b);
}
