/*
 * Defects of openssl s_server that are mended here; docs/differences.md lists them by these names.
 * Every row fails with TEST_SERVER="openssl s_server", and needs such a run to be believed.
 */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

struct defect {
	const char *name;
	const char *needs; /* options that the backend must support; "" none */
	unsigned naccept;
	const char *options;
	const char *client;
	const char *pattern; /* of the transcript; with a '!' it must not match */
};

#define EC              "-cert ec.pem -key ec.key "
#define HELLO           "echo hello | $C "
#define SEND(request)   "printf '" request "\\r\\n\\r\\n' | timeout 3 $C -ign_eof -quiet "
#define KEY             "00112233445566778899aabbccddeeff "
#define BEFORE(command) "X=1; " command "; "

static const struct defect defects[] = {
	{"an address that cannot be had ends with status 1", "", 0, EC "-accept 192.0.2.1:0", "",
	 "^server status. 1$"},
	{"a service that is not known ends with status 1", "", 0,
	 EC "-accept 127.0.0.1:nosuchservice", "", "^server status. 1$"},
	{"a file at the -unix path is left alone", "", 1,
	 BEFORE("echo mine > $T/s") EC "-unix $T/s", "true", "^file. mine$"},
	{"-nbio_test serves", "", 1, EC "-nbio_test", HELLO, "^stdout. hello$"},
	{"-context that is too long is found at the start", "-context", 1,
	 EC "-context 012345678901234567890123456789012", HELLO, "^server status. 1$"},
	{"no protocol version left is found at the start", "", 1,
	 EC "-no_tls1 -no_tls1_1 -no_tls1_2 -no_tls1_3", HELLO, "^server status. 1$"},
	{"-verify_return_error does not weaken -Verify", "", 1, EC "-Verify 1 -verify_return_error",
	 HELLO, "stderr.*peer did not return a certificate"},
	{"/reneg in TLS 1.3 is answered", "-tls1_3", 1, EC "-www",
	 SEND("GET /reneg HTTP/1.0") "-tls1_3", "^client. Cannot renegotiate: "},
	{"POST is answered", "", 1, EC "-www", SEND("POST / HTTP/1.0"),
	 "^client. HTTP/1.0 405 Method Not Allowed"},
	{"HEAD is answered", "", 1, EC "-WWW", SEND("HEAD /page.txt HTTP/1.0"),
	 "^client. HTTP/1.0 200 ok"},
	/* There the listening socket becomes descriptor 0, and the second client the terminal's
	   end. */
	{"a closed standard input is no connection", "", 2, EC "<&-",
	 "(echo one; sleep 1; echo two) | $C & sleep 0.5; echo three | $C; wait", "^stdout. two$"},
	{"a -www page does not show -psk", "-psk", 1, EC "-www -psk " KEY, SEND("GET / HTTP/1.0"),
	 "^client. s_server .*-psk \\*\\*\\*"},
	{"a -www page does not show -pass", "-pass", 1,
	 "-cert ec.pem -key ec-encrypted.key -www -pass pass:secret", SEND("GET / HTTP/1.0"),
	 "^client. s_server .*-pass (pass:)?\\*\\*\\*"},
	{"a -www page does not show the master secret", "", 1, EC "-www", SEND("GET / HTTP/1.0"),
	 "!^client.     (Master-Key|Resumption PSK): [0-9A-F]"},
	{"-port 0 takes a free port", "", 1, EC "-port 0", HELLO, "^stdout. hello$"},
	{"a chain in the -cert file is sent", "", 1, "-cert ec-chain.pem -key ec-inter.key",
	 HELLO "-showcerts", "client.* 1 s:.*Test Intermediate CA"},
	{"a chain in the -cert2 file is sent", "-servername", 1,
	 EC "-servername second.test -cert2 ec-chain.pem -key2 ec-inter.key",
	 HELLO "-showcerts -servername second.test", "client.* 1 s:.*Test Intermediate CA"},
	{"-alpn holds for -servername", "-servername,-alpn", 1,
	 EC "-servername second.test -cert2 second.pem -key2 second.key -alpn h2",
	 HELLO "-servername second.test -alpn h2", "client.*ALPN protocol: h2"},
	{"-keylogfile holds for -servername", "-servername,-keylogfile", 1,
	 EC "-servername second.test -cert2 second.pem -key2 second.key -keylogfile $T/keys",
	 HELLO "-servername second.test", "^file. (SERVER_TRAFFIC_SECRET_0|CLIENT_RANDOM) "},
	{"-serverinfo holds for -servername", "-servername,-serverinfo", 1,
	 EC "-servername second.test -cert2 second.pem -key2 second.key -serverinfo serverinfo.pem",
	 HELLO "-servername second.test -tls1_2 -serverinfo 1000",
	 "client.*BEGIN SERVERINFO FOR EXTENSION 1000"},
	{"-status_file is read at the start", "-status_file", 1, EC "-status_file nosuch", HELLO,
	 "^server status. 1$"},
	{"a missing -dhparam file is an error", "-dhparam", 1, EC "-dhparam nosuch", HELLO,
	 "^server status. 1$"},
	{"-naccept 0x1 is one", "", 0, EC "-naccept 0x1 -rev",
	 "printf 'hello\\nCLOSE\\n' | $C -ign_eof; sleep 0.2; printf 'again\\nCLOSE\\n' | "
	 "$C -ign_eof",
	 "!client.*niaga"},
	{"a port above 65535 is refused", "", 0, EC "-accept 127.0.0.1:65537", "true",
	 "^server status. 1$"},
	{"-psk in TLS 1.3 works with the default suites", "-tls1_3,-psk", 1, EC "-tls1_3 -psk " KEY,
	 HELLO "-tls1_3 -psk " KEY, "client.*Reused, TLSv1.3"},
	{"a -psk that no suite of TLS 1.3 can use is told", "-tls1_3,-psk,-ciphersuites", 1,
	 EC "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384 -psk " KEY, HELLO,
	 "^stdout. PSK warning: no TLSv1.3 cipher suite has SHA256"},
	{"a chain longer than -verify is told", "", 1, EC "-verify 0 -CAfile ca.pem",
	 HELLO "-cert client.pem -key client.key",
	 "^stderr. verify warning: longer than -verify 0, see -verify_depth$"},
	{"-stateless serves a client with middlebox compatibility", "-stateless", 1,
	 EC "-tls1_3 -stateless", HELLO, "^stdout. hello$"},
	{"-stateless holds for the second client, too", "-stateless", 2, EC "-tls1_3 -stateless",
	 HELLO "-no_middlebox -msg > /dev/null; " HELLO
	       "-no_middlebox -msg | grep -c '^<<< .*ServerHello'",
	 "^client. 2$"},
	{"-legacy_server_connect is taken", "", 1, EC "-legacy_server_connect", HELLO,
	 "^stdout. hello$"},
	{"-no_legacy_server_connect is taken", "", 1, EC "-no_legacy_server_connect", HELLO,
	 "^stdout. hello$"},
	{"-debug_broken_protocol is taken", "", 1, EC "-debug_broken_protocol", HELLO,
	 "^stdout. hello$"},
	{"a missing file is 404 in HTTP/1.1", "", 1, EC "-WWW",
	 SEND("GET /none HTTP/1.1\\r\\nHost: x"), "^client. HTTP/1.1 404 Not Found"},
};

enum { N_DEFECTS = sizeof(defects) / sizeof(*defects) };

/* openssl keeps these lines until the next client comes. */
Test(defects, every_line_is_written_at_once, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;
	struct server s;

	server_start(&s, 0, EC);
	(void)server_client(&s, &text, HELLO);
	(void)proc_expect_out(&s.proc, "shutting down SSL\nCONNECTION CLOSED\n");
	server_stop_release(&s);
	strbuf_release(&text);
}

ParameterizedTestParameters(defects, mended)
{
	static int index[N_DEFECTS];

	for (int i = 0; i < N_DEFECTS; i++)
		index[i] = i;
	return cr_make_param_array(int, index, N_DEFECTS);
}

ParameterizedTest(int *index, defects, mended, .timeout = 120)
{
	const struct defect *d = &defects[*index];
	struct strbuf transcript = STRBUF_INIT;
	bool absent = *d->pattern == '!';
	const char *only = getenv("TEST_DEFECT"); /* for trying one row by hand */

	if ((only && !strstr(d->name, only)) || (*d->needs && !e2e_supports(d->needs)))
		return;
	(void)e2e_run(d->naccept, d->options, d->client, &transcript);
	cr_expect(text_matches(&transcript, d->pattern + absent) != absent, "%s: /%s/:\n%s",
		  d->name, d->pattern, transcript.p);
	strbuf_release(&transcript);
}
