#include "core/wire_trace.h"

#include "core/wire.h"
#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* ---- what openssl s_server 3.5 prints of these (tests/data/trace/record.py) ---- */

static const char *const recorded[] = {
	"extensions",          "groups_overrun",   "versions_odd",          "share_overrun",
	"renegotiation_empty", "fragment_missing", "renegotiation_overrun", "extension_overrun",
	"extensions_overrun",  "extensions_cut",   "extensions_none",       "extensions_absent",
	"cut_in_random",       "suites_odd",       "cut_in_session_id",     "nothing",
	"version_unknown",
};

static void read_case(struct strbuf *sb, const char *name, const char *suffix)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "trace/%s%s", name, suffix);
	test_data(sb, path);
}

Test(wire_trace, client_hellos_read_as_openssl_has_them)
{
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		struct strbuf record = STRBUF_INIT, want = STRBUF_INIT, got = STRBUF_INIT;
		struct wire_trace t = {0};
		struct bytes b;

		read_case(&record, recorded[i], ".bin");
		read_case(&want, recorded[i], ".txt");
		b = strbuf_bytes(&record);
		wire_trace_message(&t, &got, TLS_IN, WIRE_TYPE_RECORD_HEADER,
				   (struct bytes){b.p, 5});
		wire_trace_message(&t, &got, TLS_IN, WIRE_TYPE_HANDSHAKE,
				   (struct bytes){b.p + 5, b.n - 5});
		cr_expect_str_eq(got.p, want.p, "%s:\n%s", recorded[i], got.p);
		strbuf_release(&record);
		strbuf_release(&want);
		strbuf_release(&got);
	}
}

/* ---- messages of a connection with that version and suite, alone ---- */

#define HS WIRE_TYPE_HANDSHAKE

static const struct row {
	const char *name;
	uint16_t version, suite;
	enum tls_dir dir;
	unsigned type;
	const char *hex, *want;
} rows[] = {
	{"record header", 0, 0, TLS_OUT, WIRE_TYPE_RECORD_HEADER, "16 0303 004a",
	 "Sent TLS Record\nHeader:\n  Version = TLS 1.2 (0x303)\n  Content Type = Handshake (22)\n"
	 "  Length = 74\n"},
	{"unknown record", 0, 0, TLS_IN, WIRE_TYPE_RECORD_HEADER, "47 4554 202f",
	 "Received TLS Record\nHeader:\n  Version = UNKNOWN (0x4554)\n"
	 "  Content Type = UNKNOWN (71)\n  Length = 8239\n"},
	{"inner type", 0x304, 0x1301, TLS_OUT, WIRE_TYPE_INNER_CONTENT, "17",
	 "  Inner Content Type = ApplicationData (23)\n"},
	{"ccs", 0x303, 0xc02f, TLS_OUT, WIRE_TYPE_CCS, "01", "    change_cipher_spec (1)\n\n"},
	{"odd ccs", 0x303, 0xc02f, TLS_IN, WIRE_TYPE_CCS, "0203",
	 "    unknown value (len=2): 0203\n\n"},
	{"alert", 0, 0, TLS_IN, WIRE_TYPE_ALERT, "0228",
	 "    Level=fatal(2), description=handshake failure(40)\n\n"},
	{"odd alert", 0, 0, TLS_IN, WIRE_TYPE_ALERT, "07ee",
	 "    Level=unknown(7), description=unknown(238)\n\n"},
	{"short alert", 0, 0, TLS_IN, WIRE_TYPE_ALERT, "02", "    Illegal Alert Length\n\n"},
	{"hello request", 0x303, 0xc02c, TLS_OUT, HS, "00 000000",
	 "    HelloRequest, Length=0\n      Unsupported, hex dump follows:\n\n"},
	{"hello done", 0x303, 0xc02c, TLS_OUT, HS, "0e 000000",
	 "    ServerHelloDone, Length=0\n\n"},
	{"ecdhe", 0x303, 0xc02c, TLS_OUT, HS, "0c 00000d 03 001d 02 abcd 0403 0003 010203",
	 "    ServerKeyExchange, Length=13\n      KeyExchangeAlgorithm=ECDHE\n"
	 "        named_curve: ecdh_x25519 (29)\n        point (len=2): ABCD\n"
	 "      Signature Algorithm: ecdsa_secp256r1_sha256 (0x0403)\n"
	 "      Signature (len=3): 010203\n\n"},
	{"ecdhe, TLS 1.0", 0x301, 0xc014, TLS_OUT, HS, "0c 00000b 03 0017 02 abcd 0003 010203",
	 "    ServerKeyExchange, Length=11\n      KeyExchangeAlgorithm=ECDHE\n"
	 "        named_curve: secp256r1 (P-256) (23)\n        point (len=2): ABCD\n"
	 "      Signature (len=3): 010203\n\n"},
	{"dhe-psk", 0x303, 0x0090, TLS_OUT, HS, "0c 00000d 0002 6869 0001 17 0001 02 0001 05",
	 "    ServerKeyExchange, Length=13\n      KeyExchangeAlgorithm=DHEPSK\n"
	 "        psk_identity_hint (len=2): 6869\n        dh_p (len=1): 17\n"
	 "        dh_g (len=1): 02\n        dh_Ys (len=1): 05\n\n"},
	{"anonymous", 0x303, 0x0034, TLS_OUT, HS, "0c 000009 0001 17 0001 02 0001 05",
	 "    ServerKeyExchange, Length=9\n      KeyExchangeAlgorithm=DHE\n"
	 "        dh_p (len=1): 17\n        dh_g (len=1): 02\n        dh_Ys (len=1): 05\n\n"},
	{"rsa", 0x303, 0x002f, TLS_IN, HS, "10 000004 0002 abcd",
	 "    ClientKeyExchange, Length=4\n      KeyExchangeAlgorithm=rsa\n"
	 "        EncryptedPreMasterSecret (len=2): ABCD\n\n"},
	{"psk", 0x303, 0x008c, TLS_IN, HS, "10 000004 0002 6d65",
	 "    ClientKeyExchange, Length=4\n      KeyExchangeAlgorithm=PSK\n"
	 "        psk_identity (len=2): 6D65\n\n"},
	{"unknown suite", 0x303, 0x0a0a, TLS_IN, HS, "10 000002 abcd",
	 "    ClientKeyExchange, Length=2\n      KeyExchangeAlgorithm=UNKNOWN\n\n"},
	{"cut point", 0x303, 0xc02c, TLS_IN, HS, "10 000002 05ab",
	 "    ClientKeyExchange, Length=2\n      KeyExchangeAlgorithm=ECDHE\n"
	 "Message length parse error!\n\n"},
	{"key update", 0x304, 0x1301, TLS_OUT, HS, "18 000001 01",
	 "    KeyUpdate, Length=1\n      update_requested (1)\n\n"},
	{"end of early data", 0x304, 0x1301, TLS_IN, HS, "05 000000",
	 "    EndOfEarlyData, Length=0\n\n"},
	{"finished", 0x304, 0x1301, TLS_IN, HS, "14 000003 0a0b0c",
	 "    Finished, Length=3\n      verify_data (len=3): 0A0B0C\n\n"},
	{"ticket, TLS 1.2", 0x303, 0xc02c, TLS_OUT, HS, "04 000008 00001c20 0002 abcd",
	 "    NewSessionTicket, Length=8\n        ticket_lifetime_hint=7200\n"
	 "        ticket (len=2): ABCD\n\n"},
	{"ticket", 0x304, 0x1301, TLS_OUT, HS,
	 "04 000018 00001c20 00000005 01 00 0002 abcd 0008 002a 0004 00004000",
	 "    NewSessionTicket, Length=24\n        ticket_lifetime_hint=7200\n"
	 "        ticket_age_add=5\n        ticket_nonce (len=1): 00\n"
	 "        ticket (len=2): ABCD\n        extensions, length = 8\n"
	 "          extension_type=early_data(42), length=4\n"
	 "            max_early_data=16384\n\n"},
	{"encrypted extensions", 0x304, 0x1301, TLS_OUT, HS, "08 000002 0000",
	 "    EncryptedExtensions, Length=2\n      No extensions\n\n"},
	{"certificate request", 0x303, 0xc02c, TLS_OUT, HS,
	 "0d 00001b 02 01 40 0002 0403 0012 0010 300e310c300a06035504030c03727361",
	 "    CertificateRequest, Length=27\n      certificate_types (len=2)\n"
	 "        rsa_sign (1)\n        ecdsa_sign (64)\n      signature_algorithms (len=2)\n"
	 "        ecdsa_secp256r1_sha256 (0x0403)\n      certificate_authorities (len=18)\n"
	 "        DistinguishedName (len=16): CN = rsa\n\n"},
	{"no certificate", 0x304, 0x1301, TLS_IN, HS, "0b 000004 00 000000",
	 "    Certificate, Length=4\n      context (len=0): \n"
	 "      certificate_list, length=0\n\n"},
	{"bad certificate", 0x303, 0xc02c, TLS_IN, HS, "0b 000008 000005 000002 3003",
	 "    Certificate, Length=8\n      certificate_list, length=5\n"
	 "        ASN.1Cert, length=2\n<UNPARSEABLE CERTIFICATE>\n\n"},
	{"compressed certificate", 0x304, 0x1301, TLS_OUT, HS, "19 00000a 0001 000003 000002 abcd",
	 "    CompressedCertificate, Length=10\n      Compression type=zlib (0x0001)\n"
	 "      Uncompressed length=3\n      Compressed length=2, Ratio=1.500000:1\n"
	 "      0000 - ab cd                                             ..\n\n"},
	{"unknown message", 0x304, 0x1301, TLS_OUT, HS, "63 000001 ab",
	 "    UNKNOWN, Length=1\n      Unsupported, hex dump follows:\n"
	 "        0000 - ab                                             .\n\n"},
	{"longer than it is", 0x304, 0x1301, TLS_OUT, HS, "14 000009 ab",
	 "    Finished, Length=9\nMessage length parse error!\n\n"},
};

Test(wire_trace, messages)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct wire_trace t = {.version = r->version, .suite = r->suite};
		struct strbuf msg = STRBUF_INIT, got = STRBUF_INIT;

		test_hex(&msg, r->hex);
		wire_trace_message(&t, &got, r->dir, r->type, strbuf_bytes(&msg));
		cr_expect_str_eq(got.p, r->want, "%s:\n%s", r->name, got.p);
		strbuf_release(&msg);
		strbuf_release(&got);
	}
}

/* A ServerHello tells how what follows reads; in TLS 1.3 its answers stand alone. */
Test(wire_trace, server_hello_is_remembered)
{
	static const char hello[] =
		"02 000034 0303 0000000000000000000000000000000000000000000000000000000000000000"
		"00 1302 00 000c 002b 0002 0304 0033 0002 0017";
	struct wire_trace t = {0};
	struct strbuf msg = STRBUF_INIT, got = STRBUF_INIT;

	test_hex(&msg, hello);
	wire_trace_message(&t, &got, TLS_OUT, HS, strbuf_bytes(&msg));
	cr_expect_eq(t.version, TLS_VERSION_1_3);
	cr_expect_eq(t.suite, 0x1302);
	cr_expect_not_null(strstr(got.p,
				  "\n      cipher_suite {0x13, 0x02} TLS_AES_256_GCM_SHA384\n"
				  "      compression_method: No Compression (0x00)\n"
				  "      extensions, length = 12\n"
				  "        extension_type=supported_versions(43), length=2\n"
				  "            TLS 1.3 (772)\n"
				  "        extension_type=key_share(51), length=2\n"
				  "            NamedGroup: secp256r1 (P-256) (23)\n\n"),
			   "%s", got.p);
	strbuf_release(&msg);
	strbuf_release(&got);
}
