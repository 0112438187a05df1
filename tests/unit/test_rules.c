#include "core/rules.h"

#include <criterion/criterion.h>

Test(rules, who_may_renegotiate)
{
	static const struct {
		uint64_t flags;
		uint16_t version;
		bool secure, can;
	} rows[] = {
		{0, TLS_VERSION_1_2, true, true},
		{0, TLS_VERSION_1_2, false, false},
		{1u << TLS_F_LEGACY_RENEGOTIATION, TLS_VERSION_1_2, false, true},
		{1u << TLS_F_NO_RENEGOTIATION, TLS_VERSION_1_2, true, false},
		{1u << TLS_F_LEGACY_RENEGOTIATION, TLS_VERSION_1_3, true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_config cfg = {.flags = rows[i].flags};

		cr_expect_eq(!rules_no_renegotiation(&cfg, rows[i].version, rows[i].secure),
			     rows[i].can, "row %zu", i);
	}
}

Test(rules, labels_of_tls_are_reserved)
{
	cr_expect(rules_label_reserved("client finished"));
	cr_expect(rules_label_reserved("key expansion and more"));
	cr_expect_not(rules_label_reserved("EXPORTER-key expansion"));
	cr_expect_not(rules_label_reserved(""));
}

Test(rules, chacha_goes_first_when_the_client_has_it_first)
{
	static const uint16_t chacha_then_aes[] = {0x00ff, 0x1303, 0x1301},
			      aes[] = {0x1301, 0x1303};
	const struct u16list ours = {aes, 2};
	struct client_hello hello = {.suites = {chacha_then_aes, 3}};
	struct tls_config cfg = {.flags = 1ull << TLS_F_PRIORITIZE_CHACHA |
					  1ull << TLS_F_SERVERPREF};

	cr_expect(rules_chacha_first(&cfg, &hello, ours));
	cfg.flags = 1ull << TLS_F_PRIORITIZE_CHACHA;
	cr_expect_not(rules_chacha_first(&cfg, &hello, ours));
	cfg.flags |= 1ull << TLS_F_SERVERPREF;
	hello.suites = ours;
	cr_expect_not(rules_chacha_first(&cfg, &hello, ours));
}

Test(rules, record_padding)
{
	static const struct {
		const char *value;
		bool good;
		size_t data, handshake;
	} rows[] = {
		{"512", true, 512, 512},
		{"512,0", true, 512, 0},
		{"0,16384", true, 0, 16384},
		{"0x10", true, 16, 16},
		{"16385", false, 0, 0},
		{"1,16385", false, 0, 0},
		{"", false, 0, 0},
		{"abc", false, 0, 0},
		{"-5", false, 0, 0},
		{"1,", false, 0, 0},
		{"1,,2", false, 0, 0},
		{"1,2,3", false, 0, 0},
		{" 1", false, 0, 0},
		{"1x", false, 0, 0},
		{"99999999999999999999", false, 0, 0},
	};
	size_t data, handshake;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect_eq(rules_record_padding(rows[i].value, &data, &handshake), rows[i].good,
			     "%s", rows[i].value);
		if (rows[i].good)
			cr_expect(data == rows[i].data && handshake == rows[i].handshake, "%s",
				  rows[i].value);
	}
}
