/* -status and its kin beyond the option proofs: the lines in their order, and hostile responders.
 */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <string.h>

#define AIA    "-cert ec-aia.pem -key ec-aia.key -CAfile ca.pem "
#define EC     "-cert ec.pem -key ec.key -CAfile ca.pem "
#define CLIENT "echo hello | $C -status"

static bool refused(void)
{
	return !e2e_supports("-status");
}

/* One client that asks; everything that both printed. */
static struct strbuf ask(const char *options, const char *client)
{
	struct strbuf text = STRBUF_INIT, transcript = STRBUF_INIT;
	struct server s;

	server_start(&s, 1, options);
	cr_assert_eq(server_client(&s, &text, client), 0, "%s", text.p);
	cr_assert(server_wait(&s));
	transcript_add(&transcript, "client", &text);
	server_transcript(&s, &transcript);
	server_stop_release(&s);
	strbuf_release(&text);
	return transcript;
}

static const struct {
	const char *options, *client;
	const char *lines; /* of stderr, the first ones */
	bool stapled;
} rows[] = {
	{AIA "-status_verbose -proxy 127.0.0.1:$($R ./respond)", CLIENT,
	 "stderr| cert_status: callback called\n"
	 "stderr| cert_status: AIA URL: http://127.0.0.1:9/ocsp\n"
	 "stderr| cert_status: ocsp response sent:\n"
	 "stderr| OCSP Response Data:\n"
	 "stderr|     OCSP Response Status: successful (0x0)\n",
	 true},
	{EC "-status_verbose -status_url 127.0.0.1:$($R ./respond)", CLIENT,
	 "stderr| cert_status: callback called\n"
	 "stderr| cert_status: ocsp response sent:\n",
	 true},
	{EC "-status_verbose -status_url 127.0.0.1:$($R ./respond)", CLIENT " -tls1_2",
	 "stderr| cert_status: callback called\n"
	 "stderr| cert_status: ocsp response sent:\n",
	 true},
	{AIA "-status_verbose", CLIENT,
	 "stderr| cert_status: callback called\n"
	 "stderr| cert_status: AIA URL: http://127.0.0.1:9/ocsp\n"
	 "stderr| Error querying OCSP responder\n"
	 "stderr| cert_status: error querying responder\n"
	 "stderr| s_server: connection refused\n",
	 false},
	{AIA "-status", CLIENT, "stderr| cert_status: error querying responder\n", false},
	{EC "-status", CLIENT, "stderr| cert_status: no AIA and no default responder URL\n", false},
	{"-cert ec-badaia.pem -key ec-badaia.key -CAfile ca.pem -status", CLIENT,
	 "stderr| cert_status: can't parse AIA URL\n", false},
	{"-cert ec-aia.pem -key ec-aia.key -no-CAfile -no-CApath -no-CAstore -status", CLIENT,
	 "stderr| cert_status: Can't retrieve issuer certificate.\n", false},
	/* The name decides whose status it is. */
	{EC "-servername localhost -cert2 ec-aia.pem -key2 ec-aia.key -status_verbose",
	 CLIENT " -servername localhost",
	 "stderr| cert_status: callback called\n"
	 "stderr| cert_status: AIA URL: http://127.0.0.1:9/ocsp\n",
	 false},
	{EC "-servername localhost -cert2 ec-aia.pem -key2 ec-aia.key -status_verbose",
	 CLIENT " -servername x.test",
	 "stderr| cert_status: callback called\n"
	 "stderr| cert_status: no AIA and no default responder URL\n",
	 false},
	/* And the signature algorithm, which of two certificates. */
	{AIA "-dcert rsa.pem -dkey rsa.key -status_verbose", CLIENT " -sigalgs RSA-PSS+SHA256",
	 "stderr| cert_status: callback called\n"
	 "stderr| cert_status: no AIA and no default responder URL\n",
	 false},
};

Test(status, lines, .timeout = 300)
{
	for (size_t i = 0; !refused() && i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct strbuf text = ask(rows[i].options, rows[i].client);
		const char *first = strstr(text.p, "stderr| cert_status");
		bool none = text_matches(&text, "client.*OCSP response: no response sent");

		cr_assert(first && strncmp(first, rows[i].lines, strlen(rows[i].lines)) == 0,
			  "%s: not\n%s\n%s", rows[i].options, rows[i].lines, text.p);
		cr_assert_eq(none, !rows[i].stapled, "%s:\n%s", rows[i].options, text.p);
		strbuf_release(&text);
	}
}

/* A client that does not ask makes nobody be asked. */
Test(status, only_for_those_who_ask, .timeout = 60)
{
	if (refused())
		return;
	struct strbuf text =
		ask(AIA "-status_verbose -proxy 127.0.0.1:$($R ./respond)", "echo hello | $C");

	cr_assert(!strstr(text.p, "cert_status"), "%s", text.p);
	cr_assert(!strstr(text.p, "POST "), "%s", text.p);
	strbuf_release(&text);
}

/* None of them harms the handshake. */
Test(status, hostile_responders, .timeout = 300)
{
#define OK "HTTP/1.0 200 OK\\r\\nContent-Type: application/ocsp-response\\r\\n"
	static const char *const commands[] = {
		"exit",
		"cat /dev/zero",
		"cat /dev/urandom",
		"printf \"" OK "\\r\\n\"; cat /dev/zero",
		"printf \"" OK "\\r\\n\"; head -c 99 /dev/urandom",
		"printf \"" OK "\\r\\n\"",
		"printf \"" OK "Content-Length: 4294967296\\r\\n\\r\\n\"",
		"printf \"" OK "Content-Length: 9\\r\\n\\r\\n0\"",
		"printf \"HTTP/1.0 404 no\\r\\n\\r\\n\"",
		"printf \"HTTP/1.0 200 OK\\r\\n\\r\\n\"; cat ocsp.der",
		"while printf \"X: y\\r\\n\"; do :; done",
		"sleep 60",
	};
#undef OK

	for (size_t i = 0; !refused() && i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct strbuf options = STRBUF_INIT, text;

		strbuf_addf(&options,
			    EC "-status_timeout %d -status_url http://127.0.0.1:$($R '%s')/",
			    strncmp(commands[i], "sleep", 5) == 0 ? 1 : 15, commands[i]);
		text = ask(options.p, CLIENT);
		cr_assert(text_matches(&text, "client.*OCSP response: no response sent"), "%s:\n%s",
			  options.p, text.p);
		cr_assert(text_matches(&text, "stderr. cert_status: error querying responder"),
			  "%s:\n%s", options.p, text.p);
		cr_assert(text_matches(&text, "client.*Cipher is [TE]"), "%s:\n%s", options.p,
			  text.p);
		strbuf_release(&options);
		strbuf_release(&text);
	}
}

/* Until the responder has been asked. */
#define ASKED "while [ ! -e $T/asked ]; do sleep 0.1; done; "
#define GET   "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | $C -status -ign_eof"

/* One client waits for the responder, the next one is served. */
Test(status, slow_responder_keeps_nobody_else, .timeout = 120)
{
	struct strbuf text = STRBUF_INIT;
	struct server s;
	struct proc slow;

	if (refused())
		return;
	server_start(&s, 2,
		     EC "-www -status_timeout 100 -status_url 127.0.0.1:$($R 'touch $T/asked; "
			"while [ ! -e $T/go ]; do sleep 0.1; done; ./respond')");
	server_client_start(&s, &slow, PROC_STDIN_NULL, GET);
	cr_assert_eq(server_client(&s, &text,
				   ASKED "curl -sS --max-time 20 --noproxy '*' --cacert ca.pem "
					 "https://localhost:$PORT/ && touch $T/go"),
		     0, "%s", text.p);
	cr_assert(strstr(text.p, "Cipher"), "%s", text.p);
	proc_expect_out(&slow, "OCSP Response Status: successful");
	proc_release(&slow);
	strbuf_release(&text);
	server_stop_release(&s);
}

/* The client leaves while the responder is asked. */
Test(status, client_leaves, .timeout = 60)
{
	struct strbuf text = STRBUF_INIT;
	struct server s;
	struct proc slow;

	if (refused())
		return;
	server_start(&s, 1,
		     EC "-www -status_timeout 1 -status_url 127.0.0.1:$($R 'touch $T/asked; "
			"sleep 60')");
	server_client_start(&s, &slow, PROC_STDIN_NULL, GET);
	cr_assert_eq(server_client(&s, &text, ASKED), 0);
	proc_release(&slow);
	cr_assert(server_wait(&s));
	cr_assert_eq(s.proc.status, 0, "%s", s.proc.err_text.p);
	strbuf_release(&text);
	server_stop_release(&s);
}

/* Several at once, each with a response of its own, on loops of their own. */
Test(status, workers, .timeout = 120)
{
	struct strbuf text = STRBUF_INIT;
	struct server s;

	if (!e2e_supports("-status,-workers"))
		return;
	server_start(&s, 6, AIA "-www -workers 3 -status -proxy 127.0.0.1:$($R ./respond)");
	cr_assert_eq(server_client(&s, &text,
				   "for i in 1 2 3 4 5 6; do " GET " > $T/client$i 2>&1 & done; "
				   "wait; grep -l 'OCSP Response Status: successful' $T/client* | "
				   "wc -l"),
		     0);
	cr_assert_str_eq(text.p, "6\n", "%s", text.p);
	cr_assert(server_wait(&s));
	cr_assert_eq(s.proc.status, 0, "%s", s.proc.err_text.p);
	strbuf_release(&text);
	server_stop_release(&s);
}
