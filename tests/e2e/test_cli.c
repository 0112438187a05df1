/* Command lines that must fail: the exit status and the exact line, and that openssl s_server has
 * the same line where its words are kept. */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EC "-cert ec.pem -key ec.key "

/* From which release on openssl s_server prints that line (it may go on behind it). */
enum real { OURS, FROM_3_0, FROM_3_5 };

static const struct row {
	enum real real;
	const char *needs; /* options the backend must support; NULL: none */
	const char *options, *line;
} rows[] = {
	{FROM_3_0, NULL, "-bogus", "s_server: Unknown option: -bogus"},
	{FROM_3_0, NULL, "-port", "s_server: Option -port needs a value"},
	{FROM_3_0, NULL, "-www=1", "s_server: Option -www does not take a value"},
	{FROM_3_0, NULL, "-naccept abc", "s_server: Can't parse \"abc\" as a number"},
	{FROM_3_0, NULL, "-naccept 0", "s_server: Non-positive number \"0\" for option -naccept"},
	{FROM_3_0, NULL, "-CApath nosuch", "s_server: Not a directory: nosuch"},
	{FROM_3_5, NULL, "extra", "s_server: Extra option: \"extra\""},
	{FROM_3_0, "-tls1_2", EC "-tls1_2 -tls1_2", "Cannot supply multiple protocol flags"},
	{FROM_3_0, NULL, EC "-accept ::1:99", "s_server: -accept argument malformed or ambiguous"},

	{FROM_3_5, NULL, "-key ec.key -cert nosuch",
	 "Could not open file or uri for loading server certificate from nosuch: No such file or "
	 "directory"},
	{FROM_3_5, NULL, "-cert nosuch",
	 "Could not open file or uri for loading server certificate private key from nosuch: No such "
	 "file or directory"},
	{FROM_3_5, NULL, "-cert ec.pem -key nosuch",
	 "Could not open file or uri for loading server certificate private key from nosuch: No such "
	 "file or directory"},
	{FROM_3_5, NULL, "-key ec.pem", /* the default certificate is looked for after the key */
	 "Could not find server certificate private key from ec.pem"},
	{FROM_3_5, NULL, "-cert ec.key -key ec.key",
	 "Could not find server certificate from ec.key"},
	{FROM_3_5, NULL, EC "-certform DER", "Could not find server certificate from ec.pem"},
	{FROM_3_5, NULL, EC "-cert_chain nosuch",
	 "Could not open file or uri for loading certificates of server certificate chain from "
	 "nosuch: No such file or directory"},
	{FROM_3_5, NULL, EC "-cert_chain ec.key",
	 "Could not find certificates of server certificate chain from ec.key"},
	{FROM_3_5, "-dcert", EC "-dcert nosuch",
	 "Could not open file or uri for loading second certificate private key from nosuch: No such "
	 "file or directory"},
	{FROM_3_5, "-dcert", EC "-dcert rsa.key",
	 "Could not find second server certificate from rsa.key"},
	{FROM_3_5, "-servername", EC "-servername x -cert2 nosuch",
	 "Could not open file or uri for loading second server certificate private key from nosuch: "
	 "No such file or directory"},
	{FROM_3_5, "-CRL", EC "-CRL nosuch",
	 "Could not open file or uri for loading CRL from nosuch: No such file or directory"},
	{FROM_3_5, "-CRL", EC "-CRL ec.key", "Could not find CRL from ec.key"},
	/* The real one goes on with its default. */
	{OURS, "-dhparam", EC "-dhparam nosuch",
	 "Could not open file or uri for loading key parameters of DH parameters from nosuch: No "
	 "such file or directory"},
	{OURS, "-dhparam", EC "-dhparam ec.pem",
	 "Could not find key parameters of DH parameters from ec.pem"},
	{OURS, NULL, EC "-CAfile nosuch",
	 "s_server: error loading -CAfile nosuch: No such file or directory"},
	{OURS, NULL, EC "-CAfile ec.key",
	 "s_server: error loading -CAfile ec.key: no certificate or crl found"},
	{OURS, NULL, EC "-verifyCAfile nosuch",
	 "s_server: error loading -verifyCAfile nosuch: No such file or directory"},
	{OURS, NULL, EC "-keylogfile /nosuch/x",
	 "Error writing keylog file /nosuch/x: No such file or directory"},
	{FROM_3_0, NULL, "-cert ec-inter.pem -key ec-inter.key -build_chain",
	 "error building certificate chain"},

	{FROM_3_0, NULL, EC "-pass abc",
	 "Invalid password argument, missing ':' within the first 5 chars"},
	{FROM_3_0, NULL, EC "-pass foo:bar", "Invalid password argument, starting with \"foo:\""},
	{FROM_3_0, NULL, EC "-pass env:NO_SUCH", "No environment variable NO_SUCH"},
	{FROM_3_0, NULL, EC "-pass file:/nosuch", "Can't open file /nosuch"},
	{OURS, NULL, "-cert ec.pem -key ec-encrypted.key",
	 "Enter pass phrase for ec-encrypted.key:"},

	{FROM_3_0, NULL, EC "-cipher nope", "Call to SSL_CONF_cmd(-cipher, nope) failed"},
	{FROM_3_0, NULL, EC "-cipher=", "Call to SSL_CONF_cmd(-cipher, ) failed"},
	{FROM_3_0, "-ciphersuites", EC "-ciphersuites nope",
	 "Call to SSL_CONF_cmd(-ciphersuites, nope) failed"},
	{FROM_3_0, NULL, EC "-groups nope", "Call to SSL_CONF_cmd(-groups, nope) failed"},
	{FROM_3_0, NULL, EC "-named_curve X25519:P-256",
	 "Call to SSL_CONF_cmd(-named_curve, X25519:P-256) failed"},
	{FROM_3_0, "-sigalgs", EC "-sigalgs nope", "Call to SSL_CONF_cmd(-sigalgs, nope) failed"},
	{FROM_3_0, "-num_tickets", EC "-num_tickets -1",
	 "Call to SSL_CONF_cmd(-num_tickets, -1) failed"},
	{FROM_3_0, NULL, EC "-min_protocol nope",
	 "Call to SSL_CONF_cmd(-min_protocol, nope) failed"},
	{FROM_3_0, NULL, EC "-max_protocol nope",
	 "Call to SSL_CONF_cmd(-max_protocol, nope) failed"},
	{OURS, NULL, EC "-min_protocol TLSv1.3 -max_protocol TLSv1.2",
	 "s_server: no protocol version is left: all are disabled, or -min_protocol is above "
	 "-max_protocol"},
	{FROM_3_0, "-psk", EC "-psk xyz", "Not a hex number 'xyz'"},
	{OURS, "-psk", EC "-psk abc", "s_server: -psk: an odd number of hex digits"},
	{OURS, "-alpn", EC "-alpn ,", "s_server: -alpn \",\": no protocol name"},
	{OURS, NULL, EC "-nameopt nope", "s_server: -nameopt nope: unknown name option"},
	{OURS, "-context", EC "-context 012345678901234567890123456789012",
	 "s_server: -context 012345678901234567890123456789012: longer than 32 bytes"},
	{FROM_3_0, "-purpose", EC "-purpose nope", "s_server: Invalid purpose nope"},
	{FROM_3_0, "-verify_name", EC "-verify_name nope", "s_server: Invalid verify name nope"},
	{FROM_3_0, "-max_send_frag", EC "-max_send_frag 100",
	 "s_server: Max send fragment size 100 is out of permitted range"},
	{OURS, NULL, "--backend=nosuch " EC, "s_server: backend nosuch: no such backend"},
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* What a program prints on stderr, and its exit status; without a terminal to ask at. */
static int run(struct strbuf *text, const char *program, const char *options)
{
	strbuf_reset(text);
	return shell(
		text,
		"cd %s && setsid -w timeout -s KILL 20 %s -accept 127.0.0.1:0 %s </dev/null 2>&1 "
		">/dev/null",
		TEST_PKI, program, options);
}

static bool first_line_begins(const struct strbuf *text, const char *line)
{
	return text->p && strncmp(text->p, line, strlen(line)) == 0;
}

Test(cli, wrong_command_lines, .timeout = 300)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].needs && !e2e_supports(rows[i].needs))
			continue;
		cr_expect_eq(run(&text, e2e_program(), rows[i].options), 1, "%s\n%s",
			     rows[i].options, text.p);
		cr_expect(first_line_begins(&text, rows[i].line), "%s\nexpected: %s\ngot: %s",
			  rows[i].options, rows[i].line, text.p);
	}
	strbuf_release(&text);
}

/* The lines above are those of the openssl program that is installed. */
Test(cli, wrong_command_lines_of_openssl, .timeout = 300)
{
	struct strbuf text = STRBUF_INIT;
	bool new;

	if (!e2e_on("openssl"))
		return;
	new = shell(&text, "openssl version | grep -q 'OpenSSL 3.[5-9]'") == 0;
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].real == OURS || (rows[i].real == FROM_3_5 && !new))
			continue;
		cr_expect_neq(run(&text, "openssl s_server", rows[i].options), 0, "%s",
			      rows[i].options);
		cr_expect(first_line_begins(&text, rows[i].line), "%s\nexpected: %s\ngot: %s",
			  rows[i].options, rows[i].line, text.p);
	}
	strbuf_release(&text);
}
