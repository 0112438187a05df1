#include "core/ocsp.h"

#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct strbuf data(const char *name)
{
	struct strbuf path = STRBUF_INIT, out = STRBUF_INIT;

	strbuf_addf(&path, "ocsp/%s", name);
	test_data(&out, path.p);
	strbuf_release(&path);
	return out;
}

/* ---- requests ---- */

Test(ocsp, request_is_the_one_of_openssl)
{
	struct strbuf cert = data("cert.der"), issuer = data("issuer.der");
	struct strbuf expected = data("request.der"), out = STRBUF_INIT;

	cr_assert(ocsp_request(&out, strbuf_bytes(&cert), strbuf_bytes(&issuer),
			       (struct bytes){NULL, 0}));
	expect_bytes(strbuf_bytes(&out), strbuf_bytes(&expected), "request");
	strbuf_release(&cert);
	strbuf_release(&issuer);
	strbuf_release(&expected);
	strbuf_release(&out);
}

/* requestExtensions is [2] EXPLICIT, the last field of TBSRequest. */
Test(ocsp, request_takes_extensions)
{
	struct strbuf cert = data("cert.der"), issuer = data("issuer.der");
	struct strbuf extensions = STRBUF_INIT, plain = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf tail = STRBUF_INIT;

	test_hex(&extensions, "3009 3007 0603 2a0304 0400");
	test_hex(&tail, "a20b 3009 3007 0603 2a0304 0400");
	cr_assert(ocsp_request(&plain, strbuf_bytes(&cert), strbuf_bytes(&issuer),
			       (struct bytes){NULL, 0}));
	cr_assert(ocsp_request(&out, strbuf_bytes(&cert), strbuf_bytes(&issuer),
			       strbuf_bytes(&extensions)));
	cr_assert_eq(out.n, plain.n + tail.n);
	expect_bytes((struct bytes){(uint8_t *)out.p + plain.n, tail.n}, strbuf_bytes(&tail),
		     "extensions");
	cr_assert_eq(out.p[1], plain.p[1] + (int)tail.n);
	strbuf_release(&cert);
	strbuf_release(&issuer);
	strbuf_release(&extensions);
	strbuf_release(&plain);
	strbuf_release(&tail);
	strbuf_release(&out);
}

Test(ocsp, request_needs_certificates)
{
	struct strbuf cert = data("cert.der"), out = STRBUF_INIT;
	struct bytes none = {NULL, 0}, bad = {(const uint8_t *)"0\0", 2};

	cr_assert(!ocsp_request(&out, strbuf_bytes(&cert), bad, none));
	cr_assert(!ocsp_request(&out, none, strbuf_bytes(&cert), none));
	cr_assert_eq(out.n, 0);
	strbuf_release(&cert);
}

Test(ocsp, responder_of_a_certificate)
{
	struct strbuf with = data("cert-aia.der"), without = data("cert.der");
	struct bytes uri;

	cr_assert(ocsp_responder(strbuf_bytes(&with), &uri));
	expect_text(uri, "http://127.0.0.1:9/ocsp", "URI");
	cr_assert(!ocsp_responder(strbuf_bytes(&without), &uri));
	cr_assert(!ocsp_responder((struct bytes){NULL, 0}, &uri));
	strbuf_release(&with);
	strbuf_release(&without);
}

/* ---- what a client asks for ---- */

Test(ocsp, status_request)
{
	static const struct {
		const char *data, *extensions; /* extensions NULL: refused */
	} rows[] = {
		{"01 0000 0000", ""},
		{"01 0002 aabb 0000", ""},
		{"01 0000 0002 3000", "3000"},
		{"01 0000 000b 3009 3007 0603 2a0304 0400", "3009 3007 0603 2a0304 0400"},
		{"02 0000 0000", NULL},           /* another type */
		{"01 0000 0000 00", NULL},        /* more than that */
		{"01 0000 00", NULL},             /* less */
		{"01 0004 aabb 0000", NULL},      /* a list that is too long */
		{"01 0000 0002 3100", NULL},      /* no SEQUENCE */
		{"01 0000 0003 3000 00", NULL},   /* with something behind it */
		{"01 0000 0004 3002 3000", NULL}, /* no extension in it */
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf in = STRBUF_INIT, expected = STRBUF_INIT;
		struct bytes got;
		bool ok;

		test_hex(&in, rows[i].data);
		ok = ocsp_status_request(strbuf_bytes(&in), &got);
		cr_assert_eq(ok, rows[i].extensions != NULL, "%s", rows[i].data);
		if (ok) {
			test_hex(&expected, rows[i].extensions);
			expect_bytes(got, strbuf_bytes(&expected), rows[i].data);
		}
		strbuf_release(&in);
		strbuf_release(&expected);
	}
}

/* ---- responses ---- */

static const char *const recorded[] = {"good", "revoked", "several", "rsa"};

Test(ocsp, responses_print_as_openssl_3_5_prints_them)
{
	for (size_t i = 0; i < sizeof(recorded) / sizeof(*recorded); i++) {
		struct strbuf name = STRBUF_INIT, text = STRBUF_INIT, der, expected;

		strbuf_addf(&name, "%s.der", recorded[i]);
		der = data(name.p);
		strbuf_reset(&name);
		strbuf_addf(&name, "%s.txt", recorded[i]);
		expected = data(name.p);
		cr_assert(ocsp_is_response(strbuf_bytes(&der)));
		ocsp_response_print(&text, strbuf_bytes(&der));
		cr_assert_str_eq(text.p, expected.p, "%s prints\n%s\nand not\n%s", name.p, text.p,
				 expected.p);
		strbuf_release(&name);
		strbuf_release(&text);
		strbuf_release(&der);
		strbuf_release(&expected);
	}
}

Test(ocsp, responses_without_bytes)
{
	static const struct {
		const char *der, *words;
	} rows[] = {
		{"3003 0a0101", "malformedrequest (0x1)"}, {"3003 0a0103", "trylater (0x3)"},
		{"3003 0a0106", "unauthorized (0x6)"},     {"3003 0a0109", "(UNKNOWN) (0x9)"},
		{"3003 0a0104", "(UNKNOWN) (0x4)"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf der = STRBUF_INIT, text = STRBUF_INIT, expected = STRBUF_INIT;

		test_hex(&der, rows[i].der);
		strbuf_addf(&expected, "OCSP Response Data:\n    OCSP Response Status: %s\n",
			    rows[i].words);
		cr_assert(ocsp_is_response(strbuf_bytes(&der)));
		ocsp_response_print(&text, strbuf_bytes(&der));
		cr_assert_str_eq(text.p, expected.p);
		strbuf_release(&der);
		strbuf_release(&text);
		strbuf_release(&expected);
	}
}

/* Cut or with a byte changed, it is refused or printed, and nothing else happens. */
Test(ocsp, damaged_responses)
{
	struct strbuf der = data("good.der");

	for (size_t n = 0; n < der.n; n++) {
		uint8_t *copy = xmemdup(der.p, n);
		struct strbuf text = STRBUF_INIT;

		cr_assert(!ocsp_is_response((struct bytes){copy, n}));
		ocsp_response_print(&text, (struct bytes){copy, n});
		free(copy);
		strbuf_release(&text);
	}
	for (size_t i = 0; i < der.n; i++) {
		uint8_t *copy = xmemdup(der.p, der.n);
		struct strbuf text = STRBUF_INIT;

		copy[i] ^= 0x81;
		ocsp_response_print(&text, (struct bytes){copy, der.n});
		free(copy);
		strbuf_release(&text);
	}
	strbuf_release(&der);
}
