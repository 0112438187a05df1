#include "core/names.h"

#include "core/suites.h"
#include "tests/support/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(names, suite_names_round_trip)
{
	unsigned known = 0;

	for (unsigned id = 1; id <= 0xffff; id++) {
		const char *name = suite_name((uint16_t)id);
		const char *iana = suite_iana_name((uint16_t)id);

		cr_expect_eq(name == NULL, iana == NULL, "0x%04x", id);
		if (!name)
			continue;
		cr_expect_eq(suite_by_name(name, strlen(name)), id, "%s", name);
		cr_expect_eq(suite_by_name(iana, strlen(iana)), id, "%s", iana);
		cr_expect_eq(strncmp(iana, "TLS_", 4), 0, "%s", iana);
		known++;
	}
	cr_expect_gt(known, 350);
}

Test(names, group_names_round_trip)
{
	unsigned known = 0;

	for (unsigned id = 1; id <= 0xffff; id++) {
		const char *name = group_name((uint16_t)id);

		if (!name)
			continue;
		cr_expect_eq(group_by_name(name, strlen(name)), id, "%s", name);
		known++;
	}
	cr_expect_gt(known, 50);
}

Test(names, sigalg_names_round_trip)
{
	unsigned known = 0;

	for (unsigned id = 1; id <= 0xffff; id++) {
		const char *name = sigalg_name((uint16_t)id);
		const char *iana = sigalg_iana_name((uint16_t)id);

		cr_expect_eq(name == NULL, iana == NULL, "0x%04x", id);
		if (!name)
			continue;
		cr_expect_eq(sigalg_by_name(name, strlen(name)), id, "%s", name);
		cr_expect_eq(sigalg_by_name(iana, strlen(iana)), id, "%s", iana);
		known++;
	}
	cr_expect_gt(known, 30);
}

Test(names, other_spellings)
{
	static const struct {
		uint16_t (*by_name)(const char *name, size_t n);
		const char *name;
		uint16_t id;
	} rows[] = {
		{group_by_name, "P-256", 0x0017},
		{group_by_name, "p-256", 0x0017},
		{group_by_name, "prime256v1", 0x0017},
		{group_by_name, "prime192v1", 0x0013},
		{group_by_name, "X25519", 0x001d},
		{group_by_name, "K-163", 0x0001},
		{group_by_name, "P-25", 0},
		{group_by_name, "P-2566", 0},
		{group_by_name, "", 0},
		{sigalg_by_name, "rsa+SHA256", 0x0401},
		{sigalg_by_name, "SHA256+RSA", 0x0401},
		{sigalg_by_name, "PSS+SHA512", 0x0806},
		{sigalg_by_name, "SHA384+pss", 0x0805},
		{sigalg_by_name, "ML-DSA-65", 0x0905},
		{sigalg_by_name, "ED25519", 0x0807},
		{sigalg_by_name, "RSA+SHA256+", 0},
		{sigalg_by_name, "RSA+", 0},
		{sigalg_by_name, "+SHA256", 0},
		{sigalg_by_name, "+", 0},
		{sigalg_by_name, "", 0},
		{suite_by_name, "AES128-SHA", 0x002f},
		{suite_by_name, "aes128-sha", 0},
		{suite_by_name, "AES128-SH", 0},
		{suite_by_name, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", 0x00ff},
		{suite_by_name, "", 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(rows[i].by_name(rows[i].name, strlen(rows[i].name)), rows[i].id, "%s",
			     rows[i].name);
	/* A length, not a NUL, ends a name. */
	cr_expect_eq(group_by_name("P-256:X25519", 5), 0x0017);
	cr_expect_eq(sigalg_by_name("RSA+SHA256:foo", 10), 0x0401);
}

Test(names, rows)
{
	static const struct {
		const char *(*name)(uint16_t id);
		uint16_t id;
		const char *want;
	} rows[] = {
		{suite_name, 0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"},
		{suite_iana_name, 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
		{suite_name, 0x1301, "TLS_AES_128_GCM_SHA256"},
		{suite_name, 0xc0ff, "TLS_ECJPAKE_WITH_AES_128_CCM_8"},
		{suite_name, 0x0a0a, NULL},
		{group_name, 0x001d, "x25519"},
		{group_name, 0x0017, "secp256r1"},
		{group_name, 0x11ec, "X25519MLKEM768"},
		{group_name, 0, NULL},
		{sigalg_name, 0x0403, "ECDSA+SHA256"},
		{sigalg_name, 0x0804, "RSA-PSS+SHA256"},
		{sigalg_name, 0x0809, "rsa_pss_pss_sha256"},
		{sigalg_iana_name, 0x0403, "ecdsa_secp256r1_sha256"},
		{sigalg_hash_name, 0x0603, "SHA512"},
		{sigalg_hash_name, 0x0807, NULL},
		{sigalg_hash_name, 0xffff, NULL},
		{extension_name, 11, "EC point formats"},
		{extension_iana_name, 10, "supported_groups"},
		{extension_name, 0x0a0a, NULL},
		{version_name, 0x0300, "SSLv3"},
		{version_name, 0x0301, "TLSv1"},
		{version_name, 0x0304, "TLSv1.3"},
		{version_name, 0xfeff, "DTLSv1"},
		{version_name, 0xfefd, "DTLSv1.2"},
		{version_name, 0x0305, NULL},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = rows[i].name(rows[i].id);

		if (rows[i].want)
			cr_expect(got && strcmp(got, rows[i].want) == 0, "0x%04x: %s", rows[i].id,
				  got);
		else
			cr_expect_null(got, "0x%04x: %s", rows[i].id, got);
	}
	cr_expect_str_eq(alert_long_name(0), "close notify");
	cr_expect_str_eq(alert_iana_name(70), "protocol_version");
	cr_expect_null(alert_long_name(255));
	cr_expect_str_eq(x509_error_text(18), "self-signed certificate");
	cr_expect_str_eq(x509_error_text(-7), "unknown certificate verification error");
	cr_expect(suite_is_tls13(0x1305));
	cr_expect(suite_is_tls13(0x00c6));
	cr_expect_not(suite_is_tls13(0xc02f));
	cr_expect_not(suite_is_tls13(0xffff));
}

Test(names, unknown_numbers_are_added_in_hex)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addname(&sb, "x25519", 0x1d);
	strbuf_addname(&sb, NULL, 0xab);
	cr_expect_str_eq(sb.p, "x255190x00AB");
	strbuf_release(&sb);
}

/* ---- against `openssl ciphers -V -stdname`: tests/data/lists/record.py ---- */

static const char *const kx_words[] = {
	[SUITE_KX_ANY] = "any",       [SUITE_KX_RSA] = "RSA",
	[SUITE_KX_DHE] = "DH",        [SUITE_KX_ECDHE] = "ECDH",
	[SUITE_KX_PSK] = "PSK",       [SUITE_KX_RSAPSK] = "RSAPSK",
	[SUITE_KX_DHEPSK] = "DHEPSK", [SUITE_KX_ECDHEPSK] = "ECDHEPSK",
	[SUITE_KX_SRP] = "SRP",
};

static const char *const au_words[] = {
	[SUITE_AU_ANY] = "any", [SUITE_AU_NONE] = "None",   [SUITE_AU_RSA] = "RSA",
	[SUITE_AU_DSS] = "DSS", [SUITE_AU_ECDSA] = "ECDSA", [SUITE_AU_PSK] = "PSK",
	[SUITE_AU_SRP] = "SRP",
};

static const char *const enc_words[] = {
	[SUITE_ENC_NONE] = "None",
	[SUITE_ENC_AES128] = "AES(128)",
	[SUITE_ENC_AES256] = "AES(256)",
	[SUITE_ENC_AES128GCM] = "AESGCM(128)",
	[SUITE_ENC_AES256GCM] = "AESGCM(256)",
	[SUITE_ENC_AES128CCM] = "AESCCM(128)",
	[SUITE_ENC_AES256CCM] = "AESCCM(256)",
	[SUITE_ENC_AES128CCM8] = "AESCCM8(128)",
	[SUITE_ENC_AES256CCM8] = "AESCCM8(256)",
	[SUITE_ENC_CAMELLIA128] = "Camellia(128)",
	[SUITE_ENC_CAMELLIA256] = "Camellia(256)",
	[SUITE_ENC_ARIA128GCM] = "ARIAGCM(128)",
	[SUITE_ENC_ARIA256GCM] = "ARIAGCM(256)",
	[SUITE_ENC_CHACHA20] = "CHACHA20/POLY1305(256)",
};

static const char *const mac_words[] = {
	[SUITE_MAC_AEAD] = "AEAD",     [SUITE_MAC_MD5] = "MD5",       [SUITE_MAC_SHA1] = "SHA1",
	[SUITE_MAC_SHA256] = "SHA256", [SUITE_MAC_SHA384] = "SHA384",
};

static void compare_suites(const char *file)
{
	struct strbuf text = STRBUF_INIT;
	unsigned rows = 0;
	char *next, *line;

	test_data(&text, file);
	next = text.p;
	while ((line = test_line(&next))) {
		struct strbuf want = STRBUF_INIT;
		unsigned high, low;
		const struct suite *s;

		cr_assert_eq(sscanf(line, "0x%2X,0x%2X", &high, &low), 2, "%s", line);
		s = suite_find((uint16_t)(high << 8 | low));
		cr_assert_not_null(s, "%s", line);
		strbuf_addf(&want, "0x%02X,0x%02X - %s - %s %s Kx=%s Au=%s Enc=%s Mac=%s", high,
			    low, s->iana, s->name, version_name((uint16_t)s->min), kx_words[s->kx],
			    au_words[s->au], enc_words[s->enc], mac_words[s->mac]);
		cr_expect_str_eq(line, want.p);
		strbuf_release(&want);
		rows++;
	}
	cr_expect_gt(rows, 150);
	strbuf_release(&text);
}

Test(names, suites_are_those_of_openssl_3_0)
{
	compare_suites("lists/suites-3.0.txt");
}

Test(names, suites_are_those_of_openssl_3_5)
{
	compare_suites("lists/suites-3.5.txt");
}

Test(names, no_suite_is_listed_twice)
{
	size_t n;
	const struct suite *s = suite_table(&n);
	static bool seen[0x10000];

	for (size_t i = 0; i < n; i++) {
		cr_expect_not(seen[s[i].id], "%s", s[i].iana);
		seen[s[i].id] = true;
	}
}
