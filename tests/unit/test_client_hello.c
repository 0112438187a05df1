#include "core/client_hello.h"

#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- hellos of real clients ---- */

static void expect_numbers(struct u16list got, const char *want, const char *what)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_adds(&sb, "");
	for (size_t i = 0; i < got.n; i++)
		strbuf_addf(&sb, "%s%04x", i ? " " : "", (unsigned)got.p[i]);
	cr_expect_str_eq(sb.p, want, "%s: %s", what, sb.p);
	strbuf_release(&sb);
}

/* A record of tests/data/hello: its payload is one message. */
static struct bytes record_payload(const struct strbuf *record)
{
	struct bytes b = strbuf_bytes(record);

	cr_assert(b.n > 9 && b.p[0] == 22 && (size_t)(b.p[3] << 8 | b.p[4]) == b.n - 5);
	return (struct bytes){b.p + 5, b.n - 5};
}

Test(client_hello, recorded)
{
	static const struct {
		const char *file, *sni, *versions, *groups, *key_shares, *alpn;
		size_t suites, extensions;
		uint16_t max_version;
		bool secure_renegotiation, ems, etm, ticket, pha;
	} rows[] = {
		{"s_client-3.0", "example.test", "0304 0303 0302 0301",
		 "001d 0017 001e 0019 0018 0100 0101 0102 0103 0104", "001d", "\2h2\10http/1.1", 31,
		 11, 0x0304, true, true, true, true, false},
		{"s_client-3.0-tls1_2", "", "", "001d 0017 001e 0019 0018", "", "", 28, 6, 0x0303,
		 true, true, true, true, false},
		{"s_client-3.5", "example.test", "0304 0303",
		 "11ec 001d 0017 001e 0018 0019 0100 0101", "11ec 001d", "", 30, 12, 0x0304, true,
		 true, true, true, false},
		{"curl", "localhost", "0304 0303 0302 0301",
		 "001d 0017 001e 0019 0018 0100 0101 0102 0103 0104", "001d", "\2h2\10http/1.1", 31,
		 12, 0x0304, true, true, true, false, true},
		{"gnutls-cli", "localhost", "0304 0303 0302 0301",
		 "0017 0018 0019 001d 001e 0100 0101 0102 0103 0104", "0017 001d", "", 29, 13,
		 0x0304, true, true, true, true, false},
		{"tstclnt", "localhost", "0304 0303 0302 0301",
		 "001d 0017 0018 0019 0100 0101 0102 0103 0104", "001d", "", 35, 11, 0x0304, true,
		 true, false, false, false},
		{"chromium", "localhost", "dada 0304 0303", "2a2a 11ec 001d 0017 0018",
		 "2a2a 11ec 001d", "\2h2\10http/1.1", 16, 19, 0x0304, true, true, false, true,
		 false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf record = STRBUF_INIT, name = STRBUF_INIT;
		struct client_hello h;

		strbuf_addf(&name, "hello/%s.bin", rows[i].file);
		test_data(&record, name.p);
		cr_assert(client_hello_parse(&h, record_payload(&record)), "%s", name.p);
		cr_expect_eq(h.legacy_version, 0x0303);
		cr_expect_eq(h.random.n, 32);
		expect_text(h.server_name, rows[i].sni, name.p);
		expect_numbers(h.versions, rows[i].versions, name.p);
		expect_numbers(h.groups, rows[i].groups, name.p);
		expect_numbers(h.key_share_groups, rows[i].key_shares, name.p);
		expect_text(h.alpn, rows[i].alpn, name.p);
		cr_expect_eq(h.suites.n, rows[i].suites, "%s: %zu", name.p, h.suites.n);
		cr_expect_eq(h.n_extensions, rows[i].extensions, "%s: %zu", name.p, h.n_extensions);
		cr_expect_eq(client_hello_max_version(&h), rows[i].max_version, "%s", name.p);
		cr_expect_eq(h.secure_renegotiation, rows[i].secure_renegotiation, "%s", name.p);
		cr_expect_eq(h.extended_master_secret, rows[i].ems, "%s", name.p);
		cr_expect_eq(h.encrypt_then_mac, rows[i].etm, "%s", name.p);
		cr_expect_eq(h.session_ticket, rows[i].ticket, "%s", name.p);
		cr_expect_eq(h.post_handshake_auth, rows[i].pha, "%s", name.p);
		client_hello_release(&h);
		strbuf_release(&record);
		strbuf_release(&name);
	}
}

/* ---- made up ---- */

/*
 * A ClientHello of TLS 1.2 with one suite and these extensions (hex, type and length included);
 * NULL: it ends before their length.
 */
static void make_hello(struct strbuf *sb, const char *extensions)
{
	struct strbuf ext = STRBUF_INIT;
	size_t n;

	strbuf_reset(sb);
	test_hex(sb, "01 000000 0303");
	for (int i = 0; i < 32; i++)
		strbuf_addc(sb, (char)i);
	test_hex(sb, "00 0002 c02f 01 00");
	if (extensions) {
		test_hex(&ext, extensions);
		strbuf_addc(sb, (char)(ext.n >> 8));
		strbuf_addc(sb, (char)ext.n);
		strbuf_add(sb, ext.p, ext.n);
		strbuf_release(&ext);
	}
	n = sb->n - 4;
	sb->p[1] = (char)(n >> 16);
	sb->p[2] = (char)(n >> 8);
	sb->p[3] = (char)n;
}

/* A copy without room behind it, so that AddressSanitizer sees a read past the end. */
static bool parse_copy(struct client_hello *h, struct bytes message, void **copy)
{
	*copy = xmemdup(message.p, message.n);
	return client_hello_parse(h, (struct bytes){*copy, message.n});
}

static bool zeroed(const struct client_hello *h)
{
	static const struct client_hello nothing;

	return memcmp(h, &nothing, sizeof nothing) == 0;
}

Test(client_hello, extensions_are_optional)
{
	struct strbuf sb = STRBUF_INIT;
	struct client_hello h;

	make_hello(&sb, NULL);
	cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
	cr_expect_eq(h.n_extensions, 0);
	cr_expect_eq(client_hello_max_version(&h), 0x0303);
	client_hello_release(&h);
	make_hello(&sb, "");
	cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
	cr_expect_eq(h.n_extensions, 0);
	client_hello_release(&h);
	strbuf_release(&sb);
}

Test(client_hello, malformed_messages_are_refused)
{
	static const struct {
		const char *what, *hex;
	} rows[] = {
		{"nothing", ""},
		{"only a type", "01"},
		{"another message", "02 000000"},
		{"no body", "01 000000"},
		{"length beyond the end", "01 000001"},
		{"bytes behind", "01 000000 00"},
	};
	struct strbuf sb = STRBUF_INIT;
	struct client_hello h;
	void *copy;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		strbuf_reset(&sb);
		test_hex(&sb, rows[i].hex);
		cr_expect_not(parse_copy(&h, strbuf_bytes(&sb), &copy), "%s", rows[i].what);
		cr_expect(zeroed(&h), "%s", rows[i].what);
		free(copy);
	}
	strbuf_release(&sb);
}

/* One byte of an otherwise good message is changed. */
Test(client_hello, malformed_lengths_are_refused)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} rows[] = {
		{"session id of 33 bytes", 38, 33},
		{"odd suites", 40, 3},
		{"no suites", 40, 0},
		{"suites beyond the end", 39, 1},
		{"no compression", 43, 0},
		{"compressions beyond the end", 43, 200},
		{"extensions too long", 46, 5},
		{"extensions too short", 46, 3},
		{"extension too long", 50, 1},
		{"type", 0, 2},
	};
	struct strbuf sb = STRBUF_INIT;
	struct client_hello h;
	void *copy;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		make_hello(&sb, "0017 0000");
		cr_assert_eq(sb.n, 51);
		cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
		client_hello_release(&h);
		sb.p[rows[i].at] = (char)rows[i].value;
		cr_expect_not(parse_copy(&h, strbuf_bytes(&sb), &copy), "%s", rows[i].what);
		free(copy);
	}
	strbuf_release(&sb);
}

Test(client_hello, truncation_at_every_byte_is_refused)
{
	struct strbuf record = STRBUF_INIT;
	struct bytes message;
	struct client_hello h;
	void *copy;

	test_data(&record, "hello/chromium.bin");
	message = record_payload(&record);
	for (size_t n = 0; n < message.n; n++) {
		cr_expect_not(parse_copy(&h, (struct bytes){message.p, n}, &copy), "%zu", n);
		free(copy);
	}
	strbuf_release(&record);
}

/* The length of the message fits, so the cut goes through the fields inside. */
Test(client_hello, cut_inside_the_body_is_refused)
{
	struct strbuf record = STRBUF_INIT;
	struct bytes message;

	test_data(&record, "hello/s_client-3.0.bin");
	message = record_payload(&record);
	for (size_t n = 4; n < message.n; n++) {
		uint8_t *copy = xmemdup(message.p, n);
		struct client_hello h;
		size_t end = 38 + 1 + 32 + 2 + 62 + 2; /* before the extensions: a whole hello */

		copy[1] = 0;
		copy[2] = (uint8_t)((n - 4) >> 8);
		copy[3] = (uint8_t)(n - 4);
		cr_expect_eq(client_hello_parse(&h, (struct bytes){copy, n}), n == end, "%zu", n);
		client_hello_release(&h);
		free(copy);
	}
	strbuf_release(&record);
}

Test(client_hello, no_change_of_one_byte_does_harm)
{
	struct strbuf record = STRBUF_INIT;
	struct bytes message;
	size_t parsed = 0;

	test_data(&record, "hello/gnutls-cli.bin");
	message = record_payload(&record);
	for (size_t at = 0; at < message.n; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct client_hello h;
			uint8_t *copy = xmemdup(message.p, message.n);

			copy[at] ^= (uint8_t)(1u << bit);
			parsed += client_hello_parse(&h, (struct bytes){copy, message.n});
			client_hello_release(&h);
			free(copy);
		}
	}
	cr_expect_gt(parsed, message.n);
	strbuf_release(&record);
}

/* What an extension decodes to: at most one field is not empty. */
Test(client_hello, extensions_are_decoded_or_left_empty)
{
	static const struct {
		const char *what, *hex, *server_name, *alpn, *numbers;
	} rows[] = {
		{"name", "0000 0006 0004 00 0001 61", "a", "", ""},
		{"two names, the first counts", "0000 000a 0008 00 0001 61 00 0001 62", "a", "",
		 ""},
		{"another type of name first", "0000 000a 0008 07 0001 61 00 0001 62", "b", "", ""},
		{"only another type of name", "0000 0006 0004 07 0001 61", "", "", ""},
		{"empty name", "0000 0005 0003 00 0000", "", "", ""},
		{"empty list of names", "0000 0002 0000", "", "", ""},
		{"names too long", "0000 0006 0005 00 0001 61", "", "", ""},
		{"name too long", "0000 0006 0004 00 0002 61", "", "", ""},
		{"bytes after the names", "0000 0007 0004 00 0001 61 00", "", "", ""},
		{"second name cut", "0000 0008 0006 00 0001 61 00 00", "", "", ""},
		{"empty server_name, as in a reply", "0000 0000", "", "", ""},
		{"alpn", "0010 0005 0003 02 6832", "", "\2h2", ""},
		{"two protocols", "0010 0007 0005 01 61 02 6832", "", "\1a\2h2", ""},
		{"empty protocol", "0010 0006 0004 01 61 00 00", "", "", ""},
		{"no protocol", "0010 0002 0000", "", "", ""},
		{"protocol too long", "0010 0005 0003 03 6832", "", "", ""},
		{"groups", "000a 0006 0004 001d 0017", "", "", "001d 0017"},
		{"odd groups", "000a 0005 0003 001d 00", "", "", ""},
		{"no groups", "000a 0002 0000", "", "", ""},
		{"groups too long", "000a 0004 0004 001d", "", "", ""},
		{"bytes after the groups", "000a 0005 0002 001d 00", "", "", ""},
		{"sigalgs", "000d 0004 0002 0403", "", "", "0403"},
		{"sigalgs for certificates", "0032 0004 0002 0804", "", "", "0804"},
		{"versions", "002b 0005 04 0304 0303", "", "", "0304 0303"},
		{"odd versions", "002b 0004 03 0304 03", "", "", ""},
		{"key shares", "0033 000c 000a 001d 0001 aa 0017 0001 bb", "", "", "001d 0017"},
		{"no key share", "0033 0002 0000", "", "", ""},
		{"empty key", "0033 0006 0004 001d 0000", "", "", ""},
		{"second key share cut", "0033 000a 0008 001d 0001 aa 0017 00", "", "", ""},
		{"unknown", "abcd 0003 010203", "", "", ""},
	};
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client_hello h;
		struct u16list all;
		void *copy;

		make_hello(&sb, rows[i].hex);
		cr_assert(parse_copy(&h, strbuf_bytes(&sb), &copy), "%s", rows[i].what);
		cr_expect_eq(h.n_extensions, 1, "%s", rows[i].what);
		cr_expect_not_null(client_hello_find(&h, h.extension[0].type));
		expect_text(h.server_name, rows[i].server_name, rows[i].what);
		expect_text(h.alpn, rows[i].alpn, rows[i].what);
		all = h.groups.n         ? h.groups
		      : h.sigalgs.n      ? h.sigalgs
		      : h.cert_sigalgs.n ? h.cert_sigalgs
		      : h.versions.n     ? h.versions
					 : h.key_share_groups;
		expect_numbers(all, rows[i].numbers, rows[i].what);
		cr_expect_eq(h.groups.n + h.sigalgs.n + h.cert_sigalgs.n + h.versions.n +
				     h.key_share_groups.n,
			     all.n, "%s", rows[i].what);
		client_hello_release(&h);
		free(copy);
	}
	strbuf_release(&sb);
}

Test(client_hello, bytes_of_other_extensions)
{
	struct strbuf sb = STRBUF_INIT, want = STRBUF_INIT;
	struct client_hello h;

	make_hello(&sb, "000b 0002 01 00"                 /* ec_point_formats */
			"002d 0003 02 01 00"              /* psk_key_exchange_modes */
			"002f 0006 0004 0002 3000"        /* certificate_authorities */
			"0005 0005 01 0000 0000"          /* status_request */
			"002a 0000"                       /* early_data */
			"0031 0000"                       /* post_handshake_auth */
			"ff01 0001 00"                    /* renegotiation_info */
			"0016 0000 0017 0000 0023 0000"   /* EtM, EMS, session ticket */
			"0029 002c 0007 0001 61 00000000" /* pre_shared_key */
			"0021 20 0000000000000000000000000000000000000000000000000000000000000000");
	cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
	test_hex(&want, "00");
	expect_bytes(h.point_formats, strbuf_bytes(&want), "point formats");
	strbuf_reset(&want);
	test_hex(&want, "01 00");
	expect_bytes(h.psk_modes, strbuf_bytes(&want), "PSK modes");
	strbuf_reset(&want);
	test_hex(&want, "0002 3000");
	expect_bytes(h.ca_names, strbuf_bytes(&want), "CA names");
	strbuf_reset(&want);
	test_hex(&want, "0001 61 00000000");
	expect_bytes(h.psk_identities, strbuf_bytes(&want), "PSK identities");
	cr_expect(h.status_request && h.early_data && h.post_handshake_auth &&
		  h.secure_renegotiation && h.encrypt_then_mac && h.extended_master_secret &&
		  h.session_ticket);
	client_hello_release(&h);
	strbuf_release(&want);
	strbuf_release(&sb);
}

/* RFC 8446 4.2 forbids a second one; here the first counts, and the library decides. */
Test(client_hello, of_two_extensions_of_a_type_the_first_is_decoded)
{
	struct strbuf sb = STRBUF_INIT;
	struct client_hello h;

	make_hello(&sb, "000a 0004 0002 001d 000a 0004 0002 0017");
	cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
	cr_expect_eq(h.n_extensions, 2);
	expect_numbers(h.groups, "001d", "groups");
	client_hello_release(&h);
	strbuf_release(&sb);
}

Test(client_hello, has_a_limit_of_extensions)
{
	struct strbuf sb = STRBUF_INIT, list = STRBUF_INIT;
	struct client_hello h;

	for (unsigned i = 0; i < CLIENT_HELLO_MAX_EXTENSIONS; i++)
		strbuf_addf(&list, "%04x0000", 0x8000 + i);
	make_hello(&sb, list.p);
	cr_expect(client_hello_parse(&h, strbuf_bytes(&sb)));
	cr_expect_eq(h.n_extensions, CLIENT_HELLO_MAX_EXTENSIONS);
	client_hello_release(&h);
	strbuf_adds(&list, "90000000");
	make_hello(&sb, list.p);
	cr_expect_not(client_hello_parse(&h, strbuf_bytes(&sb)));
	strbuf_release(&list);
	strbuf_release(&sb);
}

Test(client_hello, highest_version)
{
	static const struct {
		uint16_t legacy;
		const char *extensions;
		uint16_t max;
	} rows[] = {
		{0x0303, "", 0x0303},
		{0x0301, "", 0x0301},
		{0x0300, "", 0x0300},
		{0x0304, "", 0x0303}, /* without the extension nothing newer is meant */
		{0x03ff, "", 0x0303},
		{0x0002, "", 0x0002},
		{0x0303, "002b 0003 02 0304", 0x0304},
		{0x0303, "002b 0005 04 0302 0303", 0x0303},
		{0x0303, "002b 0007 06 fafa 7f1c 0303", 0x0303}, /* GREASE, a draft */
		{0x0303, "002b 0003 02 fafa", 0},
		{0x0301, "002b 0003 02 0303", 0x0303},
	};
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client_hello h;

		make_hello(&sb, rows[i].extensions);
		sb.p[4] = (char)(rows[i].legacy >> 8);
		sb.p[5] = (char)rows[i].legacy;
		cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
		cr_expect_eq(client_hello_max_version(&h), rows[i].max, "%04x %s",
			     (unsigned)rows[i].legacy, rows[i].extensions);
		client_hello_release(&h);
	}
	strbuf_release(&sb);
}

Test(client_hello, scsv_stands_for_renegotiation_info)
{
	struct strbuf sb = STRBUF_INIT;
	struct client_hello h;

	make_hello(&sb, NULL);
	cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
	cr_expect_not(h.secure_renegotiation);
	client_hello_release(&h);
	sb.p[41] = '\0';
	sb.p[42] = '\xff';
	cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
	cr_expect(h.secure_renegotiation);
	client_hello_release(&h);
	strbuf_release(&sb);
}

Test(client_hello, version_among_ours)
{
	enum { V12 = 1 << 3, V13 = 1 << 4, V11 = 1 << 2 };
	static const struct {
		uint16_t legacy;
		const char *extensions;
		uint32_t ours;
		uint16_t version;
	} rows[] = {
		{0x0303, "", V12 | V13, 0x0303},
		{0x0303, "", V13, 0},
		{0x0303, "", V11, 0x0302},
		{0x0301, "", V11 | V12, 0},
		{0x0303, "002b 0005 04 0304 0303", V12 | V13, 0x0304},
		{0x0303, "002b 0005 04 0304 0303", V12, 0x0303},
		{0x0303, "002b 0003 02 0304", V11 | V12, 0}, /* the list rules */
	};
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client_hello h;

		make_hello(&sb, rows[i].extensions);
		sb.p[4] = (char)(rows[i].legacy >> 8);
		sb.p[5] = (char)rows[i].legacy;
		cr_assert(client_hello_parse(&h, strbuf_bytes(&sb)));
		cr_expect_eq(client_hello_version(&h, rows[i].ours), rows[i].version, "row %zu", i);
		client_hello_release(&h);
	}
	strbuf_release(&sb);
}
