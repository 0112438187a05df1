#include "core/ja.h"

#include "tests/support/file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_fingerprints(const struct client_hello *h, const char *ja3, const char *ja4_want,
				const char *what)
{
	struct strbuf sb = STRBUF_INIT;

	ja3_hash(&sb, h);
	cr_expect_str_eq(sb.p, ja3, "%s", what);
	strbuf_reset(&sb);
	ja4(&sb, h, false);
	cr_expect_str_eq(sb.p, ja4_want, "%s", what);
	strbuf_release(&sb);
}

/*
 * What TShark 4.4 says of the same hellos (tls.handshake.ja3, tls.handshake.ja4). Chromium is an
 * exception: it puts a GREASE value among its signature algorithms, which TShark hashes and the
 * definition of JA4 ("ignore GREASE values anywhere") does not; it would change with each
 * connection.
 */
Test(ja, recorded_hellos)
{
	static const struct {
		const char *file, *ja3, *ja4;
	} rows[] = {
		{"s_client-3.0", "5a1edc7f170af1014fc65c994878e63c",
		 "t13d3111h2_e8f1e7e78f70_1f22a2ca17c4"},
		{"s_client-3.0-tls1_2", "fbe7e189e37a07ee33706f86bc746344",
		 "t12i280600_d943125447b4_e7e480e5a997"},
		{"s_client-3.5", "284deaeae14ea5ddc96c5d7e59855422",
		 "t13d301200_1d37bd780c83_ecd0401ec68b"},
		{"curl", "0149f47eabf9a20d0893e2a44e5a6323",
		 "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"},
		{"gnutls-cli", "f35ce21b44ac0b87d3266294bb1b0e20",
		 "t13d291300_723694b0fccc_2cc26d266019"},
		{"tstclnt", "ab5db42466846be28dbb1efc688a4608",
		 "t13d351100_948423e5275c_496733ea6893"},
		{"chromium", "cf675d0f42a434d73de5ce4bbfd1ca27",
		 "t13d1517h2_8daaf6152771_cb7bf5808d99"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf record = STRBUF_INIT, name = STRBUF_INIT;
		struct client_hello h;

		strbuf_addf(&name, "hello/%s.bin", rows[i].file);
		test_data(&record, name.p);
		cr_assert(client_hello_parse(
			&h, (struct bytes){(const uint8_t *)record.p + 5, record.n - 5}));
		expect_fingerprints(&h, rows[i].ja3, rows[i].ja4, name.p);
		client_hello_release(&h);
		strbuf_release(&record);
		strbuf_release(&name);
	}
}

/* ---- published examples ---- */

/* Numbers of a list in any of the notations of the examples. */
static struct u16list numbers(const char *s, int base, uint16_t *room)
{
	struct u16list l = {room, 0};

	while (*s) {
		char *end;

		room[l.n++] = (uint16_t)strtoul(s, &end, base);
		s = *end ? end + 1 : end;
	}
	return l;
}

static void set_extensions(struct client_hello *h, struct u16list types)
{
	h->n_extensions = types.n;
	for (size_t i = 0; i < types.n; i++)
		h->extension[i] = (struct client_hello_extension){.type = types.p[i]};
}

/* The README of github.com/salesforce/ja3. */
Test(ja, published_ja3)
{
	static const uint8_t uncompressed = 0;
	struct client_hello h = {.legacy_version = 769, .point_formats = {&uncompressed, 1}};
	uint16_t suites[20], extensions[20], groups[20];
	struct strbuf sb = STRBUF_INIT;

	h.suites = numbers("47-53-5-10-49161-49162-49171-49172-50-56-19-4", 10, suites);
	set_extensions(&h, numbers("0-10-11", 10, extensions));
	h.groups = numbers("23-24-25", 10, groups);
	ja3_string(&sb, &h);
	cr_expect_str_eq(sb.p,
			 "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
	strbuf_reset(&sb);
	ja3_hash(&sb, &h);
	cr_expect_str_eq(sb.p, "ada70206e40642a3e4461f35503241d5");

	h = (struct client_hello){.legacy_version = 769};
	h.suites = numbers("4-5-10-9-100-98-3-6-19-18-99", 10, suites);
	strbuf_reset(&sb);
	ja3_string(&sb, &h);
	cr_expect_str_eq(sb.p, "769,4-5-10-9-100-98-3-6-19-18-99,,,");
	strbuf_reset(&sb);
	ja3_hash(&sb, &h);
	cr_expect_str_eq(sb.p, "de350869b8c85de67a350c8d186f11e6");
	strbuf_release(&sb);
}

/* technical_details/JA4.md of github.com/FoxIO-LLC/ja4: Chrome, with GREASE put in. */
Test(ja, published_ja4)
{
	static const uint8_t alpn[] = "\2h2\10http/1.1";
	struct client_hello h = {.legacy_version = 0x0303, .alpn = {alpn, sizeof alpn - 1}};
	uint16_t suites[20], extensions[20], sigalgs[20], versions[4];
	struct strbuf sb = STRBUF_INIT;

	h.versions = numbers("7a7a,0304,0303", 16, versions);
	h.suites = numbers("dada,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,"
			   "002f,0035",
			   16, suites);
	set_extensions(&h, numbers("caca,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,"
				   "002b,ff01,000b,000a,0015,aaaa",
				   16, extensions));
	h.sigalgs = numbers("0403,0804,0401,0503,0805,0501,0806,0601", 16, sigalgs);
	ja4(&sb, &h, false);
	cr_expect_str_eq(sb.p, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	strbuf_reset(&sb);
	ja4(&sb, &h, true);
	cr_expect_str_eq(sb.p, "q13d1516h2_8daaf6152771_e5627efa2ab1");
	strbuf_release(&sb);
}

Test(ja, first_part_of_ja4)
{
	static const struct {
		const char *versions, *alpn, *want;
		uint16_t legacy;
	} rows[] = {
		{"", "", "t12i000000_", 0x0303},
		{"", "", "t11i000000_", 0x0302},
		{"", "", "t10i000000_", 0x0301},
		{"", "", "ts3i000000_", 0x0300},
		{"", "", "ts2i000000_", 0x0002},
		{"", "", "td2i000000_", 0xfefd},
		{"", "", "t00i000000_", 0x0505},
		{"0304", "", "t13i000000_", 0x0303},
		{"0303,0302", "", "t12i000000_", 0x0304},
		{"fafa", "", "t00i000000_", 0x0303},
		{"", "\1x", "t12i0000xx_", 0x0303},
		{"", "\10http/1.1", "t12i0000h1_", 0x0303},
		{"", "\3\xab-\xcd", "t12i0000ad_", 0x0303}, /* hex digits when not alphanumeric */
		{"", "\2h\xcd", "t12i00006d_", 0x0303},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client_hello h = {.legacy_version = rows[i].legacy};
		struct strbuf sb = STRBUF_INIT;
		uint16_t versions[4];

		h.versions = numbers(rows[i].versions, 16, versions);
		h.alpn = (struct bytes){(const uint8_t *)rows[i].alpn, strlen(rows[i].alpn)};
		ja4(&sb, &h, false);
		cr_expect_eq(strncmp(sb.p, rows[i].want, strlen(rows[i].want)), 0, "%s: %s",
			     rows[i].want, sb.p);
		cr_expect_str_eq(sb.p + 11, "000000000000_000000000000");
		strbuf_release(&sb);
	}
}

Test(ja, counts_stop_at_99)
{
	static uint16_t suites[300];
	struct client_hello h = {.legacy_version = 0x0303, .suites = {suites, 300}};
	struct strbuf sb = STRBUF_INIT;

	ja4(&sb, &h, false);
	cr_expect_eq(strncmp(sb.p, "t12i990000_", 11), 0, "%s", sb.p);
	strbuf_release(&sb);
}

Test(ja, grease)
{
	unsigned n = 0;

	for (unsigned v = 0; v <= 0xffff; v++)
		n += ja_is_grease((uint16_t)v);
	cr_expect_eq(n, 16);
	cr_expect(ja_is_grease(0x0a0a) && ja_is_grease(0xfafa));
	cr_expect_not(ja_is_grease(0x0a1a) || ja_is_grease(0xfafb));
}
