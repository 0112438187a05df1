/* -trace. Whole sessions are compared with OpenSSL's in tests/golden. */
#include "core/wire_trace.h"

#include "core/wire.h"
#include "tests/support/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(wire_trace, .timeout = 60);

static void assert_has(const struct strbuf *text, const char *part)
{
	cr_assert(strstr(text->p, part), "no <%s> in:\n%s", part, text->p);
}

/* A copy of just that size, so that a sanitizer sees every read behind it. */
static void trace(struct strbuf *out, enum tls_dir dir, uint16_t version, unsigned type,
		  struct bytes msg, uint16_t suite)
{
	struct wire_trace t = {.suite = suite};
	uint8_t *copy = xmemdup(msg.p, msg.n);

	wire_trace_message(&t, out, dir, version, type, (struct bytes){copy, msg.n});
	free(copy);
}

static void from_hex(struct strbuf *out, const char *hex)
{
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		strbuf_addc(out, (char)byte);
}

Test(wire_trace, a_client_hello_is_taken_apart)
{
	struct strbuf hello = STRBUF_INIT, out = STRBUF_INIT;

	test_data(&hello, "hello/s_client-3.0-tls1_2.bin");
	trace(&out, TLS_IN, TLS_VERSION_1_2, WIRE_TYPE_HANDSHAKE,
	      (struct bytes){(const uint8_t *)hello.p + 5, hello.n - 5}, 0);
	assert_has(&out, "    ClientHello, Length=");
	assert_has(&out, "\n      client_version=0x303 (TLS 1.2)\n      Random:\n"
			 "        gmt_unix_time=0x");
	assert_has(&out, "\n      session_id (len=0): \n      cipher_suites (len=");
	assert_has(&out, "\n        {0xC0, 0x2C} TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n");
	assert_has(&out, "\n      compression_methods (len=1)\n        No Compression (0x00)\n"
			 "      extensions, length = ");
	assert_has(&out, "\n        extension_type=ec_point_formats(11), length=4\n"
			 "          uncompressed (0)\n");
	assert_has(&out, "\n          ecdh_x25519 (29)\n          secp256r1 (P-256) (23)\n");
	strbuf_release(&hello);
	strbuf_release(&out);
}

struct message_row {
	unsigned type;
	enum tls_dir dir;
	uint16_t version, suite;
	const char *hex, *text;
};

static const struct message_row rows[] = {
	{WIRE_TYPE_RECORD_HEADER, TLS_IN, 0, 0, "1603010002",
	 "Received TLS Record\nHeader:\n  Version = TLS 1.0 (0x301)\n  Content Type = Handshake (22)\n"
	 "  Length = 2\n"},
	{WIRE_TYPE_INNER_CONTENT, TLS_OUT, 0x304, 0, "16",
	 "  Inner Content Type = Handshake (22)\n"},
	{WIRE_TYPE_CCS, TLS_OUT, 0x303, 0, "01", "    change_cipher_spec (1)\n\n"},
	{WIRE_TYPE_ALERT, TLS_OUT, 0x303, 0, "0228",
	 "    Level=fatal(2), description=handshake failure(40)\n\n"},
	{WIRE_TYPE_ALERT, TLS_OUT, 0x303, 0, "02", "    Illegal Alert Length\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_OUT, 0x303, 0, "0e000000", "    ServerHelloDone, Length=0\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_IN, 0x303, 0, "1400000401020304",
	 "    Finished, Length=4\n      verify_data (len=4): 01020304\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_IN, 0x304, 0, "1800000101",
	 "    KeyUpdate, Length=1\n      update_requested (1)\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_OUT, 0x304, 0, "080000020000",
	 "    EncryptedExtensions, Length=2\n      No extensions\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_OUT, 0x304, 0,
	 "0400001700000e100000000a01ff000155000800"
	 "2a000400000400",
	 "    NewSessionTicket, Length=23\n        ticket_lifetime_hint=3600\n"
	 "        ticket_age_add=10\n        ticket_nonce (len=1): FF\n        ticket (len=1): 55\n"
	 "        extensions, length = 8\n          extension_type=early_data(42), length=4\n"
	 "            max_early_data=1024\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_OUT, 0x303, 0xc02f, "0c00000b0300170104040100020a0b",
	 "    ServerKeyExchange, Length=11\n      KeyExchangeAlgorithm=ECDHE\n"
	 "        named_curve: secp256r1 (P-256) (23)\n        point (len=1): 04\n"
	 "      Signature Algorithm: rsa_pkcs1_sha256 (0x0401)\n      Signature (len=2): 0A0B\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_IN, 0x303, 0x009c, "100000040002abcd",
	 "    ClientKeyExchange, Length=4\n      KeyExchangeAlgorithm=rsa\n"
	 "        EncryptedPreMasterSecret (len=2): ABCD\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_OUT, 0x303, 0, "0d00000a020140000204030000",
	 "    CertificateRequest, Length=10\nMessage length parse error!\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_OUT, 0x303, 0,
	 "0d00000902014000020403"
	 "0000",
	 "    CertificateRequest, Length=9\n      certificate_types (len=2)\n        rsa_sign (1)\n"
	 "        ecdsa_sign (64)\n      signature_algorithms (len=2)\n"
	 "        ecdsa_secp256r1_sha256 (0x0403)\n      certificate_authorities (len=0)\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_IN, 0x303, 0, "63000001ff",
	 "    UNKNOWN, Length=1\n      Unsupported, hex dump follows:\n"
	 "        0000 - ff                                             .\n\n"},
	{WIRE_TYPE_HANDSHAKE, TLS_IN, 0x303, 0, "0b00000a00000700000430000102",
	 "    Certificate, Length=10\n      certificate_list, length=7\n"
	 "        ASN.1Cert, length=4\n<UNPARSABLE CERTIFICATE>\n\n"},
};

Test(wire_trace, messages_read_as_openssl_prints_them)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf msg = STRBUF_INIT, out = STRBUF_INIT;

		from_hex(&msg, rows[i].hex);
		trace(&out, rows[i].dir, rows[i].version, rows[i].type, strbuf_bytes(&msg),
		      rows[i].suite);
		cr_expect_str_eq(out.p, rows[i].text, "row %zu:\n%s", i, out.p);
		strbuf_release(&msg);
		strbuf_release(&out);
	}
}

Test(wire_trace, any_beginning_of_a_message_is_safe)
{
	struct strbuf hello = STRBUF_INIT;

	test_data(&hello, "hello/chromium.bin");
	for (size_t n = 0; n + 5 <= hello.n; n++) {
		struct strbuf out = STRBUF_INIT;

		trace(&out, TLS_IN, TLS_VERSION_1_3, WIRE_TYPE_HANDSHAKE,
		      (struct bytes){(const uint8_t *)hello.p + 5, n}, 0);
		cr_assert_eq(strstr(out.p, "parse error") != NULL, n + 5 < hello.n, "%zu", n);
		strbuf_release(&out);
	}
	strbuf_release(&hello);
}

Test(wire_trace, any_bytes_are_safe_in_any_message)
{
	uint32_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		struct strbuf msg = STRBUF_INIT, out = STRBUF_INIT;
		static const uint16_t suites[] = {0x1301, 0xc02f, 0x009c, 0x009e, 0x00a8, 0xc037};

		seed = seed * 1664525u + 1013904223u;
		strbuf_addc(&msg, (char)(seed >> 24 & 31));
		strbuf_addc(&msg, 0);
		strbuf_addc(&msg, 0);
		strbuf_addc(&msg, (char)(seed >> 16 & 63));
		for (unsigned k = seed >> 16 & 63; k; k--) {
			seed = seed * 1664525u + 1013904223u;
			/* small numbers, so that lengths often fit */
			strbuf_addc(&msg, (char)(seed >> 24 & (seed & 0x10000 ? 3 : 0xff)));
		}
		trace(&out, i % 2 ? TLS_IN : TLS_OUT, i % 3 ? TLS_VERSION_1_2 : TLS_VERSION_1_3,
		      WIRE_TYPE_HANDSHAKE, strbuf_bytes(&msg), suites[i % 6]);
		cr_assert_gt(out.n, 0);
		strbuf_release(&msg);
		strbuf_release(&out);
	}
}
