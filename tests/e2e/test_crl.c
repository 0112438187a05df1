/* -crl_download and servers that are no good: the certificate has no CRL, and the handshake ends.
 */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>

#define SERVER "-cert ec.pem -key ec.key -verify 3 -CAfile ca.pem -crl_check -crl_download"
#define CLIENT "echo hello | $C -cert client-cdp.pem -key client-cdp.key"

static struct strbuf fetch(const char *command)
{
	struct strbuf options = STRBUF_INIT, text = STRBUF_INIT, transcript = STRBUF_INIT;
	struct server s;

	strbuf_addf(&options, "http_proxy=127.0.0.1:$($R '%s') " SERVER, command);
	server_start(&s, 1, options.p);
	cr_assert_eq(server_client(&s, &text, CLIENT), 0, "%s: %s", command, text.p);
	cr_assert(server_wait(&s));
	cr_assert_eq(s.proc.status, 0, "%s", s.proc.err_text.p);
	transcript_add(&transcript, "client", &text);
	server_transcript(&s, &transcript);
	server_stop_release(&s);
	strbuf_release(&options);
	strbuf_release(&text);
	return transcript;
}

Test(crl, hostile_servers, .timeout = 120)
{
	static const char *const commands[] = {
		"exit",
		"cat /dev/zero",
		"printf \"HTTP/1.0 200 OK\\r\\n\\r\\n\"; cat /dev/zero",
		"printf \"HTTP/1.0 200 OK\\r\\n\\r\\n\"; cat ca.pem",
		"printf \"HTTP/1.0 404 no\\r\\n\\r\\n\"; cat crl.der",
		"sleep 60",
	};

	if (!e2e_supports("-crl_download"))
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct strbuf text = fetch(commands[i]);

		cr_assert(text_matches(&text, "stderr. Unable to load CRL via CDP from "
					      "http://127.0.0.1:9/ca.crl$"),
			  "%s:\n%s", commands[i], text.p);
		cr_assert(text_matches(&text, "stderr.*num=3:"), "%s:\n%s", commands[i], text.p);
		cr_assert(text_matches(&text, "client.*Cipher is [TE]"), "%s:\n%s", commands[i],
			  text.p);
		strbuf_release(&text);
	}
}
