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
