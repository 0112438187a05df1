#include "tests/support/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void in_empty_directory(void)
{
	cr_assert_eq(chdir(TEST_PKI "/empty"), 0);
}

TestSuite(config_lists, .init = in_empty_directory);

enum {
	V10 = TLS_VERSION_BIT(TLS_VERSION_1_0),
	V11 = TLS_VERSION_BIT(TLS_VERSION_1_1),
	V12 = TLS_VERSION_BIT(TLS_VERSION_1_2),
	V13 = TLS_VERSION_BIT(TLS_VERSION_1_3),
};

Test(config_lists, versions)
{
	static const struct {
		const char *line;
		uint32_t versions;
		bool given;
	} rows[] = {
		{"", V12 | V13, false},
		{"-no_ssl3", V12 | V13, false},
		{"-tls1", V10, true},
		{"-tls1_1", V11, true},
		{"-tls1_2", V12, true},
		{"-tls1_3", V13, true},
		{"-no_tls1_3", V12, true},
		{"-no_tls1_2", V13, true},
		{"-no_tls1_2 -no_tls1_3", V10 | V11, true},
		{"-min_protocol TLSv1.3", V13, true},
		{"-max_protocol TLSv1.2", V12, true},
		{"-max_protocol TLSv1.1", V10 | V11, true},
		{"-min_protocol TLSv1.1", V11 | V12 | V13, true},
		{"-min_protocol TLSv1.1 -max_protocol TLSv1.2", V11 | V12, true},
		{"-min_protocol None -max_protocol None", V12 | V13, false},
		{"-min_protocol DTLSv1.2", V12 | V13, false},
		{"-min_protocol TLSv1.3 -tls1_2", V12, true},
		{"-max_protocol TLSv1.2 -max_protocol TLSv1.3", V12 | V13, false},
		{"-cipher ALL@SECLEVEL=0", V10 | V11 | V12 | V13, false},
		{"-cipher ALL@SECLEVEL=0 -no_tls1_3", V10 | V11 | V12, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_expect_eq(b.result, CONFIG_OK, "%s: %s", rows[i].line, b.out.p);
		cr_expect_eq(b.config.tls.versions, rows[i].versions, "%s: %x", rows[i].line,
			     b.config.tls.versions);
		cr_expect_eq(b.config.tls.versions_given, rows[i].given, "%s", rows[i].line);
		built_release(&b);
	}
}

Test(config_lists, strings_and_what_they_resolve_to)
{
	struct built b;
	const struct tls_config *tls = &b.config.tls;

	built_init(&b, "-cipher AES128-GCM-SHA256:@SECLEVEL=1 -ciphersuites TLS_AES_128_GCM_SHA256 "
		       "-groups P-256:X25519 -sigalgs RSA+SHA256 -client_sigalgs ECDSA+SHA256");
	cr_assert_eq(b.result, CONFIG_OK, "%s", b.out.p);
	cr_expect_str_eq(tls->cipher, "AES128-GCM-SHA256:@SECLEVEL=1");
	cr_expect_eq(tls->security_level, 1);
	cr_assert_eq(tls->suites12.n, 1);
	cr_expect_eq(tls->suites12.p[0], 0x009c);
	cr_assert_eq(tls->suites13.n, 1);
	cr_expect_eq(tls->suites13.p[0], 0x1301);
	cr_assert_eq(tls->groups.n, 2);
	cr_expect_eq(tls->groups.p[0], 0x0017);
	cr_assert_eq(tls->sigalgs.n, 1);
	cr_expect_eq(tls->sigalgs.p[0], 0x0401);
	cr_assert_eq(tls->client_sigalgs.n, 1);
	cr_expect_eq(tls->client_sigalgs.p[0], 0x0403);
	built_release(&b);

	built_init(&b, "");
	cr_expect_null(tls->cipher);
	cr_expect_gt(tls->suites12.n, 1);
	cr_expect_eq(tls->suites13.n, 2);
	cr_expect_eq(tls->groups.n, 2);
	cr_expect_eq(tls->sigalgs.n, 3);
	cr_expect_eq(tls->client_sigalgs.n, 0);
	built_release(&b);

	built_init(&b, "-ciphersuites=");
	cr_expect_eq(b.result, CONFIG_OK);
	cr_expect_eq(tls->suites13.n, 0);
	built_release(&b);
}

/* -groups, -curves and -named_curve are one slot. */
Test(config_lists, last_of_the_group_options_wins)
{
	static const struct {
		const char *line;
		uint16_t first;
		size_t n;
		const char *string;
	} rows[] = {
		{"-groups X25519 -named_curve P-256", 0x0017, 1, "P-256"},
		{"-named_curve P-256 -curves X25519", 0x001d, 1, "X25519"},
		{"-groups P-256 -named_curve auto", 0x001d, 2, NULL},
		{"-named_curve auto -groups P-256", 0x0017, 1, "P-256"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_assert_eq(b.result, CONFIG_OK, "%s: %s", rows[i].line, b.out.p);
		cr_assert_eq(b.config.tls.groups.n, rows[i].n, "%s", rows[i].line);
		cr_expect_eq(b.config.tls.groups.p[0], rows[i].first, "%s", rows[i].line);
		if (rows[i].string)
			cr_expect_str_eq(b.config.tls.groups_string, rows[i].string);
		else
			cr_expect_null(b.config.tls.groups_string);
		built_release(&b);
	}
}

Test(config_lists, what_is_wrong_and_what_only_the_library_lacks)
{
	static const struct {
		const char *line;
		enum config_result result;
		const char *out;
	} rows[] = {
		{"-cipher nope", CONFIG_ERROR, "Call to SSL_CONF_cmd(-cipher, nope) failed"},
		{"-ciphersuites nope", CONFIG_ERROR,
		 "Call to SSL_CONF_cmd(-ciphersuites, nope) failed"},
		{"-groups nope", CONFIG_ERROR, "Call to SSL_CONF_cmd(-groups, nope) failed"},
		{"-sigalgs nope", CONFIG_ERROR, "Call to SSL_CONF_cmd(-sigalgs, nope) failed"},
		{"-client_sigalgs nope", CONFIG_ERROR,
		 "Call to SSL_CONF_cmd(-client_sigalgs, nope) failed"},
		{"-named_curve X25519:P-256", CONFIG_ERROR,
		 "Call to SSL_CONF_cmd(-named_curve, X25519:P-256) failed\n"},
		{"-min_protocol nope", CONFIG_ERROR,
		 "Call to SSL_CONF_cmd(-min_protocol, nope) failed\n"},
		{"-max_protocol nope", CONFIG_ERROR,
		 "Call to SSL_CONF_cmd(-max_protocol, nope) failed\n"},
		{"-min_protocol TLSv1.3 -max_protocol TLSv1.2", CONFIG_ERROR,
		 "s_server: no protocol version is left"},
		{"-no_tls1 -no_tls1_1 -no_tls1_2 -no_tls1_3", CONFIG_ERROR,
		 "s_server: no protocol version is left"},
		{"-groups X25519:X448", CONFIG_UNSUPPORTED,
		 "s_server: -groups X448: not supported by FakeTLS 1.2.3\n"},
		{"-cipher CAMELLIA128-SHA", CONFIG_UNSUPPORTED,
		 "s_server: -cipher CAMELLIA128-SHA: not supported by FakeTLS 1.2.3\n"},
		{"-sigalgs ed25519", CONFIG_UNSUPPORTED,
		 "s_server: -sigalgs ed25519: not supported by FakeTLS 1.2.3\n"},
		{"-ciphersuites TLS_CHACHA20_POLY1305_SHA256", CONFIG_UNSUPPORTED,
		 "s_server: -ciphersuites TLS_CHACHA20_POLY1305_SHA256: not supported by FakeTLS "
		 "1.2.3\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_expect_eq(b.result, rows[i].result, "%s: %s", rows[i].line, b.out.p);
		cr_expect_eq(strncmp(b.out.p, rows[i].out, strlen(rows[i].out)), 0,
			     "%s\ngot: %sexpected: %s", rows[i].line, b.out.p, rows[i].out);
		cr_expect_eq(strchr(b.out.p, '\n'), b.out.p + b.out.n - 1, "%s", b.out.p);
		built_release(&b);
	}
}

/* As OpenSSL does with suites that it lacks, while others are left. */
Test(config_lists, suites_that_the_library_lacks_are_passed_over)
{
	struct built b;

	built_init(&b, "-cipher CAMELLIA128-SHA:AES128-GCM-SHA256");
	cr_expect_eq(b.result, CONFIG_OK, "%s", b.out.p);
	cr_assert_eq(b.config.tls.suites12.n, 1);
	cr_expect_eq(b.config.tls.suites12.p[0], 0x009c);
	built_release(&b);
}

Test(config_lists, warn_leaves_out_what_the_library_lacks)
{
	struct built b;

	built_init(&b, "--unsupported warn -groups X448:X25519");
	cr_expect_eq(b.result, CONFIG_OK);
	cr_expect_eq(strncmp(b.out.p, "s_server: -groups X448: not supported by", 40), 0);
	cr_expect_eq(b.config.tls.groups.n, 1);
	built_release(&b);
}

Test(config_lists, holes_in_the_range_need_a_library_that_has_them)
{
	struct built b;

	built_init(&b, "-cipher ALL@SECLEVEL=0 -no_tls1_1");
	cr_expect_eq(b.result, CONFIG_OK);
	cr_expect_eq(b.config.tls.versions, V10 | V12 | V13);
	built_release(&b);

	fake_cap[TLS_CAP_VERSION_HOLES] = (struct tls_cap_entry){TLS_CAP_NO, "one range only"};
	built_init(&b, "-cipher ALL@SECLEVEL=0 -no_tls1_1");
	cr_expect_eq(b.result, CONFIG_UNSUPPORTED);
	cr_expect_str_eq(b.out.p, "s_server: a protocol range with holes: not supported by FakeTLS "
				  "1.2.3: one range only\n");
	built_release(&b);
}

Test(config_lists, versions_that_the_library_does_not_have)
{
	struct built b;

	fake_versions = V10 | V12;
	fake_cap[TLS_CAP_TLS1_3] = (struct tls_cap_entry){TLS_CAP_NO, "too old"};
	built_init(&b, "");
	cr_expect_eq(b.config.tls.versions, V12);
	built_release(&b);
	built_init(&b, "-no_tls1_2");
	cr_expect_eq(b.config.tls.versions, V10);
	built_release(&b);
	built_init(&b, "--unsupported warn -min_protocol TLSv1.3");
	cr_expect_eq(b.result, CONFIG_UNSUPPORTED);
	cr_expect_str_eq(b.out.p, "s_server: TLSv1.3: not supported by FakeTLS 1.2.3: too old\n");
	built_release(&b);
}
