#include "core/wire_text.h"

#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Two known suites, a GREASE one, an unknown one and an SCSV; a name and a protocol with bytes that
 * no terminal should see; unknown and GREASE numbers everywhere. */
static const char hostile_hello[] =
	"01 0000ae 0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 02 abcd"
	"000a 1301 c02f 0a0a 7777 00ff 02 00 01"
	"0078"
	"0000 000c 000a 00 0007 61 0a 22 5c ff 00 7e"
	"0010 0008 0006 02 6832 02 1b5b"
	"002b 0007 06 fafa 0304 7f1c"
	"000a 0008 0006 2a2a 001d 9999"
	"0033 000b 0009 4a4a 0001 00 001d 0001" /* cut: no key share at all */
	"000d 0006 0004 0403 eeee"
	"0032 0004 0002 0804"
	"000b 0002 01 00"
	"002d 0002 01 01"
	"3a3a 0000"
	"0017 0000"
	"beef 0003 010203"
	"0005 0005 01 0000 0000";

static const char hostile_text[] =
	"ClientHello, 178 bytes:\n"
	"    Record version: TLSv1\n"
	"    Legacy version: TLSv1.2\n"
	"    Supported versions: GREASE TLSv1.3 0x7F1C\n"
	"    Random: 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n"
	"    Session ID: ABCD\n"
	"    Cipher suites (5):\n"
	"        0x1301 TLS_AES_128_GCM_SHA256\n"
	"        0xC02F ECDHE-RSA-AES128-GCM-SHA256\n"
	"        0x0A0A GREASE\n"
	"        0x7777 unknown\n"
	"        0x00FF TLS_EMPTY_RENEGOTIATION_INFO_SCSV\n"
	"    Compression methods: 0 1\n"
	"    Server name: a\\x0a\"\\x5c\\xff\\x00~\n"
	"    ALPN: h2 \\x1b[\n"
	"    Supported groups: GREASE x25519 0x9999\n"
	"    Signature algorithms: ECDSA+SHA256 0xEEEE\n"
	"    Certificate signature algorithms: RSA-PSS+SHA256\n"
	"    EC point formats: 0\n"
	"    PSK key exchange modes: 1\n"
	"    Extensions (13):\n"
	"        0 server_name, 12 bytes\n"
	"        16 application_layer_protocol_negotiation, 8 bytes\n"
	"        43 supported_versions, 7 bytes\n"
	"        10 supported_groups, 8 bytes\n"
	"        51 key_share, 11 bytes\n"
	"        13 signature_algorithms, 6 bytes\n"
	"        50 signature_algorithms_cert, 4 bytes\n"
	"        11 ec_point_formats, 2 bytes\n"
	"        45 psk_key_exchange_modes, 2 bytes\n"
	"        14906 GREASE, 0 bytes\n"
	"        23 extended_master_secret, 0 bytes\n"
	"        48879 unknown, 3 bytes\n"
	"        5 status_request, 5 bytes\n"
	"    JA3: 771,4865-49199-30583-255,0-16-43-10-51-13-50-11-45-23-48879-5,29-39321,0\n"
	"    JA3 hash: ";

static void parse_hostile(struct strbuf *message, struct client_hello *h)
{
	test_hex(message, hostile_hello);
	cr_assert(client_hello_parse(h, strbuf_bytes(message)));
	h->record_version = 0x0301;
}

Test(wire_offer, listing)
{
	struct strbuf message = STRBUF_INIT, got = STRBUF_INIT;
	struct client_hello h;

	parse_hostile(&message, &h);
	wire_text_offer(&got, &h);
	cr_expect_eq(strncmp(got.p, hostile_text, strlen(hostile_text)), 0, "got:\n%s", got.p);
	cr_expect_not_null(strstr(got.p, "\n    JA4: t00d0412h2_"), "%s", got.p);
	cr_expect_eq(got.p[got.n - 1], '\n');
	client_hello_release(&h);
	strbuf_release(&message);
	strbuf_release(&got);
}

/* Nothing that a client chose freely may leave ASCII, or the printable part of it. */
static void expect_printable(const char *s)
{
	for (; *s; s++)
		cr_assert((*s >= ' ' && *s <= '~') || *s == '\n', "byte 0x%02x", (unsigned)*s);
}

static const char hostile_json[] =
	"{\"length\": 178, \"record_version\": {\"id\": 769, \"name\": \"TLSv1\"},"
	" \"legacy_version\": {\"id\": 771, \"name\": \"TLSv1.2\"},"
	" \"versions\": [{\"id\": 64250, \"name\": \"GREASE\"}, {\"id\": 772, \"name\": \"TLSv1.3\"},"
	"  {\"id\": 32540, \"name\": null}],"
	" \"random\": \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\","
	" \"session_id\": \"abcd\","
	" \"cipher_suites\": ["
	"  {\"id\": 4865, \"name\": \"TLS_AES_128_GCM_SHA256\", \"iana\": \"TLS_AES_128_GCM_SHA256\"},"
	"  {\"id\": 49199, \"name\": \"ECDHE-RSA-AES128-GCM-SHA256\","
	"   \"iana\": \"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\"},"
	"  {\"id\": 2570, \"name\": \"GREASE\", \"iana\": \"GREASE\"},"
	"  {\"id\": 30583, \"name\": null, \"iana\": null},"
	"  {\"id\": 255, \"name\": \"TLS_EMPTY_RENEGOTIATION_INFO_SCSV\","
	"   \"iana\": \"TLS_EMPTY_RENEGOTIATION_INFO_SCSV\"}],"
	" \"compression_methods\": [0, 1], \"server_name\": \"a\\\\x0a\\\"\\\\x5c\\\\xff\\\\x00~\","
	" \"alpn\": [\"h2\", \"\\\\x1b[\"],"
	" \"groups\": [{\"id\": 10794, \"name\": \"GREASE\"}, {\"id\": 29, \"name\": \"x25519\"},"
	"  {\"id\": 39321, \"name\": null}], \"key_shares\": [],"
	" \"signature_algorithms\": [{\"id\": 1027, \"name\": \"ecdsa_secp256r1_sha256\"},"
	"  {\"id\": 61166, \"name\": null}],"
	" \"signature_algorithms_cert\": [{\"id\": 2052, \"name\": \"rsa_pss_rsae_sha256\"}],"
	" \"ec_point_formats\": [0], \"psk_key_exchange_modes\": [1],"
	" \"extended_master_secret\": true, \"encrypt_then_mac\": false, \"session_ticket\": false,"
	" \"post_handshake_auth\": false, \"early_data\": false, \"secure_renegotiation\": true,"
	" \"status_request\": true}";

Test(wire_offer, json)
{
	struct strbuf message = STRBUF_INIT;
	struct client_hello h;
	json_t *got, *want, *value;
	json_error_t error;
	const char *key;

	parse_hostile(&message, &h);
	got = wire_json_hello(&h);
	want = json_loads(hostile_json, 0, &error);
	cr_assert_not_null(want, "%s at %d", error.text, error.position);
	json_object_foreach(want, key, value)
		cr_expect(json_equal(json_object_get(got, key), value), "%s: %s", key,
			  json_dumps(json_object_get(got, key), 0));
	/* and the rest */
	cr_expect_eq(json_object_size(got), json_object_size(want) + 4);
	cr_expect_eq(json_array_size(json_object_get(got, "extensions")), 13);
	value = json_array_get(json_object_get(got, "extensions"), 11);
	cr_expect_eq(json_integer_value(json_object_get(value, "id")), 0xbeef);
	cr_expect_eq(json_integer_value(json_object_get(value, "length")), 3);
	cr_expect_str_eq(json_string_value(json_object_get(value, "data")), "010203");
	cr_expect_eq(strlen(json_string_value(json_object_get(got, "ja3_hash"))), 32);
	cr_expect_not_null(json_object_get(got, "ja3"));
	cr_expect_not_null(json_object_get(got, "ja4"));
	json_decref(got);
	json_decref(want);
	client_hello_release(&h);
	strbuf_release(&message);
}

Test(wire_offer, real_clients)
{
	static const char *const files[] = {
		"chromium",     "curl",   "gnutls-cli", "s_client-3.0", "s_client-3.0-tls1_2",
		"s_client-3.5", "tstclnt"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct strbuf record = STRBUF_INIT, name = STRBUF_INIT, text = STRBUF_INIT;
		struct client_hello h;
		char *dump;
		json_t *o;

		strbuf_addf(&name, "hello/%s.bin", files[i]);
		test_data(&record, name.p);
		cr_assert(client_hello_parse(
			&h, (struct bytes){(const uint8_t *)record.p + 5, record.n - 5}));
		wire_text_offer(&text, &h);
		expect_printable(text.p);
		o = wire_json_hello(&h);
		dump = json_dumps(o, 0);
		cr_assert_not_null(dump, "%s", name.p);
		expect_printable(dump);
		cr_expect_eq(json_array_size(json_object_get(o, "cipher_suites")), h.suites.n);
		free(dump);
		json_decref(o);
		client_hello_release(&h);
		strbuf_release(&record);
		strbuf_release(&name);
		strbuf_release(&text);
	}
}
