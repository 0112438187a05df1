#include "tests/support/config.h"

#include "core/x509_print.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WITH_CERT "-cert " TEST_PKI "/ec.pem -key " TEST_PKI "/ec.key "

/* Without a server.pem, with the certificates at hand. */
static void in_empty_directory(void)
{
	cr_assert_eq(chdir(TEST_PKI "/empty"), 0);
}

TestSuite(config, .init = in_empty_directory);

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

Test(config, where_to_listen)
{
	static const struct {
		const char *line, *host, *port, *unix_path;
		enum server_family family;
	} rows[] = {
		{"", NULL, "4433", NULL, SERVER_ANY},
		{"-port 5000", NULL, "5000", NULL, SERVER_ANY},
		{"-port 0x10", NULL, "16", NULL, SERVER_ANY},
		{"-accept 5000", NULL, "5000", NULL, SERVER_ANY},
		{"-accept https", NULL, "https", NULL, SERVER_ANY},
		{"-accept :5000", NULL, "5000", NULL, SERVER_ANY},
		{"-accept *:5000", NULL, "5000", NULL, SERVER_ANY},
		{"-accept localhost:5000", "localhost", "5000", NULL, SERVER_ANY},
		{"-accept localhost:", "localhost", "0", NULL, SERVER_ANY},
		{"-accept [::1]:5000", "::1", "5000", NULL, SERVER_ANY},
		{"-accept [::1]", "::1", "0", NULL, SERVER_ANY},
		{"-accept 127.0.0.1:0", "127.0.0.1", "0", NULL, SERVER_ANY},
		{"-accept localhost:1 -port 2", NULL, "2", NULL, SERVER_ANY},
		{"-port 2 -accept localhost:1", "localhost", "1", NULL, SERVER_ANY},
		{"-unix /tmp/s", NULL, "4433", "/tmp/s", SERVER_ANY},
		{"-unix /tmp/s -port 5", NULL, "5", NULL, SERVER_ANY},
		{"-port 5 -unix /tmp/s", NULL, "5", "/tmp/s", SERVER_ANY},
		{"-unix /tmp/s -4", NULL, "4433", NULL, SERVER_IPV4},
		{"-4 -6", NULL, "4433", NULL, SERVER_IPV6},
		{"-6 -4 -accept 1", NULL, "1", NULL, SERVER_IPV4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		const struct server_config *s = &b.config.server;

		cr_expect_eq(b.result, CONFIG_OK, "%s: %s", rows[i].line, b.out.p);
		cr_expect(same_text(s->host, rows[i].host), "%s: host %s", rows[i].line, s->host);
		cr_expect(same_text(s->port, rows[i].port), "%s: port %s", rows[i].line, s->port);
		cr_expect(same_text(s->unix_path, rows[i].unix_path), "%s", rows[i].line);
		cr_expect_eq(s->family, rows[i].family, "%s", rows[i].line);
		built_release(&b);
	}
}

Test(config, modes)
{
	static const struct {
		const char *line;
		enum server_mode mode;
	} rows[] = {
		{"", SERVER_INTERACTIVE},    {"-www", SERVER_WWW},
		{"-WWW", SERVER_FILES},      {"-HTTP", SERVER_HTTP},
		{"-rev", SERVER_REV},        {"-HTTP -www", SERVER_WWW},
		{"-www -HTTP", SERVER_HTTP}, {"-www -WWW", SERVER_FILES},
		{"-rev -www", SERVER_REV},   {"-quiet", SERVER_INTERACTIVE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_expect_eq(b.config.server.mode, rows[i].mode, "%s", rows[i].line);
		built_release(&b);
	}
}

Test(config, switches_become_flags_and_the_later_of_a_pair_wins)
{
	static const struct {
		const char *line;
		enum tls_flag flag;
		bool on;
	} rows[] = {
		{"", TLS_F_SERVERPREF, false},
		{"-serverpref", TLS_F_SERVERPREF, true},
		{"-no_ticket", TLS_F_NO_TICKET, true},
		{"-comp", TLS_F_COMP, true},
		{"-comp -no_comp", TLS_F_COMP, false},
		{"-comp -no_comp", TLS_F_NO_COMP, true},
		{"-no_comp -comp", TLS_F_COMP, true},
		{"-no_comp -comp", TLS_F_NO_COMP, false},
		{"-no_anti_replay", TLS_F_NO_ANTI_REPLAY, true},
		{"-no_anti_replay -anti_replay", TLS_F_NO_ANTI_REPLAY, false},
		{"-msg", TLS_F_WANT_MESSAGES, true},
		{"-state", TLS_F_WANT_MESSAGES, true},
		{"", TLS_F_WANT_MESSAGES, false},
		{"-keylogfile /dev/null", TLS_F_WANT_SECRETS, true},
		{"", TLS_F_DEFAULT_CA_FILE, false},
		{"-verify 1", TLS_F_DEFAULT_CA_FILE, true},
		{"-verify 1 -no-CAfile", TLS_F_DEFAULT_CA_FILE, false},
		{"-no-CAfile", TLS_F_DEFAULT_CA_DIR, true},
		{"-no-CApath", TLS_F_DEFAULT_CA_DIR, false},
		{"-verify 1 -CAfile ../ca.pem", TLS_F_DEFAULT_CA_FILE, false},
		{"-CAfile ../ca.pem", TLS_F_DEFAULT_CA_DIR, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_expect_eq(b.result, CONFIG_OK, "%s", b.out.p);
		cr_expect_eq(tls_flag(&b.config.tls, rows[i].flag), rows[i].on, "%s: flag %d",
			     rows[i].line, (int)rows[i].flag);
		built_release(&b);
	}
}

/* By name, in the given order; nothing that has a field or that the core does itself. */
Test(config, what_only_the_library_knows_goes_by_name)
{
	struct built b;

	built_init(&b, "-purpose sslclient -www -tls1_2 -engine x -attime 5 -bugs -no_alt_chains "
		       "-record_padding 16 -CAstore ../ca.pem -chainCAstore pkcs11:x -engine y");
	static const char *const names[] = {"purpose",        "engine",       "attime",
					    "record_padding", "chainCAstore", "engine"};
	static const char *const values[] = {"sslclient", "x", "5", "16", "pkcs11:x", "y"};

	cr_expect_eq(b.result, CONFIG_OK, "%s", b.out.p);
	cr_assert_eq(b.config.tls.n_settings, 6);
	for (size_t i = 0; i < 6; i++) {
		cr_expect_str_eq(b.config.tls.settings[i].name, names[i]);
		cr_expect_str_eq(b.config.tls.settings[i].value, values[i]);
	}
	cr_expect_eq(b.config.tls.n_ca, 1);
	built_release(&b);
}

Test(config, defaults)
{
	struct built b;

	built_init(&b, "");
	const struct tls_config *tls = &b.config.tls;
	const struct server_config *s = &b.config.server;
	int one = 1;

	cr_expect_eq(tls->num_tickets, 2);
	cr_expect_eq(tls->security_level, -1);
	cr_expect_eq(tls->verify_depth, -1);
	cr_expect_eq(tls->verify_mode, TLS_VERIFY_NONE);
	cr_expect_not(tls->versions_given);
	cr_expect_not(tls->psk);
	cr_expect_eq(tls->session_id_context.n, sizeof(one));
	cr_expect_eq(memcmp(tls->session_id_context.p, &one, sizeof(one)), 0);
	cr_expect_eq(s->verify_depth, -1);
	cr_expect_eq(s->keymatexportlen, 20);
	cr_expect_eq(s->nameopt, X509_NAME_DEFAULT);
	cr_expect_str_eq(s->psk_identity, "Client_identity");
	cr_expect(s->temp_dh_lines);
	cr_expect_eq(s->naccept, 0);
	cr_expect_str_eq(s->command_line, "s_server");
	built_release(&b);
}

Test(config, depth_of_chains)
{
	static const struct {
		const char *line;
		int depth;
	} rows[] = {{"-verify_depth 0", 0},
		    {"-verify_depth 5", 5},
		    {"-verify_depth -3", -3},
		    {"-verify_depth 2147483647", 1000}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_expect_eq(b.config.tls.verify_depth, rows[i].depth, "%s", rows[i].line);
		built_release(&b);
	}
}

Test(config, verify_notice_unless_quiet_came_before)
{
	static const struct {
		const char *line, *notice;
		enum tls_verify_mode mode;
		int depth;
	} rows[] = {
		{"-verify 3", "verify depth is 3\n", TLS_VERIFY_REQUEST, 3},
		{"-Verify 0", "verify depth is 0, must return a certificate\n", TLS_VERIFY_REQUIRE,
		 0},
		{"-verify 1 -quiet", "verify depth is 1\n", TLS_VERIFY_REQUEST, 1},
		{"-quiet -verify 1", "", TLS_VERIFY_REQUEST, 1},
		{"-brief -Verify 1", "", TLS_VERIFY_REQUIRE, 1},
		{"-Verify 2 -verify 1",
		 "verify depth is 2, must return a certificate\nverify depth is 1\n",
		 TLS_VERIFY_REQUEST, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[1024];
		struct built b;

		(void)snprintf(line, sizeof(line), WITH_CERT "%s", rows[i].line);
		built_init(&b, line);
		cr_expect_str_eq(b.out.p, rows[i].notice, "%s", rows[i].line);
		cr_expect_eq(b.config.tls.verify_mode, rows[i].mode, "%s", rows[i].line);
		cr_expect_eq(b.config.server.verify_depth, rows[i].depth, "%s", rows[i].line);
		built_release(&b);
	}
}

Test(config, psk_alpn_and_context_as_bytes)
{
	struct built b;

	built_init(&b, WITH_CERT "-psk 00fF10 -alpn h2,,http/1.1 -context abc -psk_hint hi");
	cr_assert_eq(b.result, CONFIG_OK, "%s", b.out.p);
	cr_expect(b.config.tls.psk);
	cr_assert_eq(b.config.server.psk_key.n, 3);
	cr_expect_eq(memcmp(b.config.server.psk_key.p, "\x00\xff\x10", 3), 0);
	cr_assert_eq(b.config.tls.alpn.n, 12);
	cr_expect_eq(memcmp(b.config.tls.alpn.p, "\2h2\10http/1.1", 12), 0);
	cr_expect_eq(b.config.server.alpn.n, 12);
	cr_expect_eq(b.config.tls.session_id_context.n, 3);
	cr_expect_str_eq(b.config.tls.psk_hint, "hi");
	built_release(&b);
}

Test(config, command_line_hides_secrets_and_the_switch)
{
	static const struct {
		const char *line, *shown;
	} rows[] = {
		{"-www -psk 1234 -psk_identity me", "s_server -www -psk *** -psk_identity me"},
		{"-psk=1234 -www", "s_server -psk=*** -www"},
		{"-show-secrets -psk 1234", "s_server -show-secrets -psk 1234"},
		{"--backend fake -quiet -www", "s_server -quiet -www"},
		{"-quiet --backend=fake --unsupported warn -www", "s_server -quiet -www"},
		{"--www -port=5 --naccept 1", "s_server --www -port=5 --naccept 1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_expect_str_eq(b.config.server.command_line, rows[i].shown);
		built_release(&b);
	}
}

Test(config, pass_phrases_are_hidden_in_the_command_line)
{
	struct built b;

	built_init(&b, WITH_CERT "-pass pass:secret -dpass env:PATH");
	cr_expect_str_eq(b.config.server.command_line,
			 "s_server " WITH_CERT "-pass pass:*** -dpass env:PATH");
	built_release(&b);
}

/* One line each, naming the option and the value. */
Test(config, wrong_values)
{
	static const struct {
		const char *line, *out;
	} rows[] = {
		{"-accept ::1:99", "s_server: -accept argument malformed or ambiguous: ::1:99\n"},
		{"-accept [::1]x", "s_server: -accept argument malformed or ambiguous: [::1]x\n"},
		{"-psk abc", "s_server: -psk: an odd number of hex digits\n"},
		{"-psk=", "s_server: -psk: the key is empty\n"},
		{"-alpn ,", "s_server: -alpn \",\": no protocol name\n"},
		{"-context 012345678901234567890123456789012",
		 "s_server: -context 012345678901234567890123456789012: longer than 32 bytes\n"},
		{"-num_tickets -1", "Call to SSL_CONF_cmd(-num_tickets, -1) failed\n"},
		{"-nameopt nope", "s_server: -nameopt nope: unknown name option\n"},
		{"-purpose nope", "s_server: Invalid purpose nope\n"},
		{"-verify_name nope", "s_server: Invalid verify name nope\n"},
		{"-verify_ip 1.2.3", "s_server: -verify_ip 1.2.3: not an IP address\n"},
		{"-rand /dev/null:nosuch",
		 "Can't load nosuch into RNG: No such file or directory\n"},
		{"-srpvfile nosuch",
		 "s_server: -srpvfile: cannot read nosuch: No such file or directory\n"},
		{"-pass abc", "Invalid password argument, missing ':' within the first 5 chars\n"
			      "Error getting password\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built b;

		built_init(&b, rows[i].line);
		cr_expect_eq(b.result, CONFIG_ERROR, "%s", rows[i].line);
		cr_expect_str_eq(b.out.p, rows[i].out);
		built_release(&b);
	}
}
