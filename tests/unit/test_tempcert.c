#include "core/der.h"
#include "core/tempcert.h"
#include "core/x509_print.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A backend that knows one key and signs with fixed bytes, or fails. */
static struct {
	bool key_fails, sign_fails;
	struct strbuf signed_bytes;
} fake;

static const uint8_t fake_signature[] = {0x30, 6, 2, 1, 1, 2, 1, 2};

/* The base point of P-256 (SEC 2, 2.4.2): on the curve, if no secret. */
static const char spki_hex[] = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
			       "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
			       "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

static bool fake_key(struct tls_temp_key *out, struct tls_error *err)
{
	struct strbuf spki = STRBUF_INIT;

	if (fake.key_fails) {
		*err = (struct tls_error){.alert = -1, .text = "no key"};
		return false;
	}
	test_hex(&spki, spki_hex);
	memcpy(out->spki, spki.p, spki.n);
	out->spki_n = spki.n;
	out->private_key_n = 1;
	strbuf_release(&spki);
	return true;
}

static bool fake_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		      struct tls_error *err)
{
	cr_expect_eq(key->private_key_n, 1, "signed with another key");
	cr_assert_geq(*n, sizeof(fake_signature));
	if (fake.sign_fails) {
		*err = (struct tls_error){.alert = -1, .text = "no signature"};
		return false;
	}
	strbuf_add(&fake.signed_bytes, tbs.p, tbs.n);
	memcpy(sig, fake_signature, sizeof(fake_signature));
	*n = sizeof(fake_signature);
	return true;
}

static const struct tls_backend backend = {
	.name = "fake", .library = "Fake", .temp_key = fake_key, .temp_sign = fake_sign};

Test(tempcert, is_a_certificate_for_localhost)
{
	struct strbuf der = STRBUF_INIT, text = STRBUF_INIT;
	struct tls_temp_key key = {0};
	struct tls_error err;
	struct x509 cert;

	cr_assert(tempcert_make(&backend, &der, &key, &err));
	cr_assert(x509_parse(strbuf_bytes(&der), &cert));
	expect_bytes(cert.tbs, strbuf_bytes(&fake.signed_bytes), "what was signed");
	expect_bytes(cert.signature, (struct bytes){fake_signature, sizeof(fake_signature)},
		     "signature");
	expect_bytes(cert.spki, (struct bytes){key.spki, key.spki_n}, "key");
	expect_bytes(cert.outer_sigalg, cert.sigalg, "signature algorithm");
	cr_expect(x509_is_self_issued(strbuf_bytes(&der)));
	cr_expect_not(x509_is_ca(strbuf_bytes(&der)));
	cr_expect_eq(cert.serial.n, 16);
	cr_expect_eq(cert.serial.p[0] & 0xc0, 0x40, "positive, all 16 bytes");

	x509_text(&text, strbuf_bytes(&der));
	static const char *const lines[] = {
		"Version: 3 (0x2)",
		"Signature Algorithm: ecdsa-with-SHA256",
		"Subject: CN=localhost",
		"X509v3 Basic Constraints: critical\n                CA:FALSE\n",
		"TLS Web Server Authentication\n",
		"DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		cr_expect_not_null(strstr(text.p, lines[i]), "%s is not in\n%s", lines[i], text.p);
	strbuf_release(&text);
	strbuf_release(&der);
	strbuf_release(&fake.signed_bytes);
}

Test(tempcert, is_valid_for_30_days_from_an_hour_ago)
{
	struct strbuf der = STRBUF_INIT;
	struct tls_temp_key key = {0};
	struct tls_error err;
	struct x509 cert;
	int64_t from, to, before = (int64_t)time(NULL);

	cr_assert(tempcert_make(&backend, &der, &key, &err));
	cr_assert(x509_parse(strbuf_bytes(&der), &cert));
	cr_expect(der_time(cert.not_before, &from));
	cr_expect(der_time(cert.not_after, &to));
	cr_expect(from >= before - 3600 && from <= (int64_t)time(NULL) - 3600);
	cr_expect_eq(to - from, 30 * 24 * 3600);
	strbuf_release(&der);
	strbuf_release(&fake.signed_bytes);
}

Test(tempcert, two_have_different_serials)
{
	struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	struct tls_temp_key key = {0};
	struct tls_error err;
	struct x509 a, b;

	cr_assert(tempcert_make(&backend, &one, &key, &err));
	cr_assert(tempcert_make(&backend, &two, &key, &err));
	cr_assert(x509_parse(strbuf_bytes(&one), &a));
	cr_assert(x509_parse(strbuf_bytes(&two), &b));
	cr_expect_neq(memcmp(a.serial.p, b.serial.p, 16), 0);
	strbuf_release(&one);
	strbuf_release(&two);
	strbuf_release(&fake.signed_bytes);
}

Test(tempcert, failures_are_told)
{
	static const struct tls_backend without = {.name = "none", .library = "None"};
	struct strbuf der = STRBUF_INIT;
	struct tls_temp_key key = {0};
	struct tls_error err = {0};

	cr_expect_not(tempcert_make(&without, &der, &key, &err));
	cr_expect_str_eq(err.text, "temporary certificate: None: cannot make keys");
	cr_expect_eq(err.alert, -1);
	fake.key_fails = true;
	cr_expect_not(tempcert_make(&backend, &der, &key, &err));
	cr_expect_str_eq(err.text, "no key");
	fake.key_fails = false;
	fake.sign_fails = true;
	cr_expect_not(tempcert_make(&backend, &der, &key, &err));
	cr_expect_str_eq(err.text, "no signature");
	cr_expect_eq(der.n, 0);
	strbuf_release(&der);
}

Test(tempcert, fingerprint_is_sha256)
{
	char out[65];

	/* FIPS 180-4's example */
	tempcert_fingerprint((struct bytes){(const uint8_t *)"abc", 3}, out);
	cr_expect_str_eq(out, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
	tempcert_fingerprint((struct bytes){0}, out);
	cr_expect_str_eq(out, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
}
