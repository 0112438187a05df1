/* Real clients of every kind, on the versions, keys and modes that the backend has. */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

struct client {
	const char *name;
	const char *needs; /* capability-bearing options that the server must support; "" none */
	unsigned naccept;
	const char *server;
	const char *command;
	const char *pattern; /* of what the client prints */
};

#define EC      "-cert ec.pem -key ec.key "
#define RSA     "-cert rsa.pem -key rsa.key "
#define OLD     "-cipher ALL:@SECLEVEL=0 "
#define CHECKED "-CAfile ca.pem -verify_return_error "
#define TALK    "printf 'hello\\nCLOSE\\n' | $C -ign_eof " CHECKED
#define REQUEST "printf 'GET / HTTP/1.0\\r\\n\\r\\n'"
#define NSS     "tstclnt -h localhost -p $PORT -d sql:nssdb -4 "
#define CURL    "curl -sS --noproxy '*' --cacert ca.pem https://localhost:$PORT"
#define BROWSER                                                                      \
	"mkdir -p $T/.pki; cp -r nssdb $T/.pki/nssdb; HOME=$T timeout 60 chromium "  \
	"--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "       \
	"--disable-background-networking --disable-component-update --disable-sync " \
	"--user-data-dir=$T/profile --virtual-time-budget=2000 "
#define PYTHON(body)                                                  \
	"python3 -c 'import socket, ssl, os\n"                        \
	"c = ssl.create_default_context(cafile=\"ca.pem\")\n"         \
	"s = c.wrap_socket(socket.create_connection((\"127.0.0.1\", " \
	"int(os.environ[\"PORT\"]))), server_hostname=\"localhost\")\n" body "'"

static const struct client clients[] = {
	{"s_client, TLS 1.3, P-256", "-tls1_3", 1, EC "-rev", TALK "-tls1_3", "olleh"},
	{"s_client, TLS 1.3, RSA", "-tls1_3", 1, RSA "-rev", TALK "-tls1_3", "olleh"},
	/* Mbed TLS, the one without hints, has no EdDSA. */
	{"s_client, TLS 1.3, Ed25519", "-tls1_3,-psk_hint", 1,
	 "-cert ed25519.pem -key ed25519.key -rev", TALK "-tls1_3", "olleh"},
	{"s_client, TLS 1.2, P-256", "-tls1_2", 1, EC "-rev", TALK "-tls1_2", "olleh"},
	{"s_client, TLS 1.2, RSA", "-tls1_2", 1, RSA "-rev", TALK "-tls1_2", "olleh"},
	{"s_client, TLS 1.1, RSA", "-tls1_1", 1, RSA OLD "-tls1_1 -rev", TALK OLD "-tls1_1",
	 "olleh"},
	{"s_client, TLS 1.0, RSA", "-tls1", 1, RSA OLD "-tls1 -rev", TALK OLD "-tls1", "olleh"},
	{"s_client, chain in the -cert file", "", 1, "-cert ec-chain.pem -key ec-inter.key -rev",
	 TALK, "olleh"},
	{"s_client, each TLS 1.3 suite", "-tls1_3,-ciphersuites", 3, EC "-rev",
	 "for s in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do " TALK
	 "-tls1_3 -ciphersuites $s | grep -c 'New, TLSv1.3, Cipher is '$s; done | tr -d '\\n'",
	 "^111"},
	{"s_client resumes, TLS 1.3", "-tls1_3", 2, EC "-rev",
	 TALK "-tls1_3 -sess_out $T/s > /dev/null; " TALK "-tls1_3 -sess_in $T/s",
	 "Reused, TLSv1.3"},
	{"s_client resumes by ticket, TLS 1.2", "-tls1_2", 2, EC "-rev",
	 TALK "-tls1_2 -sess_out $T/s > /dev/null; " TALK "-tls1_2 -sess_in $T/s",
	 "Reused, TLSv1.2"},
	{"s_client resumes by session id, TLS 1.2", "-tls1_2,-no_ticket", 2, EC "-no_ticket -rev",
	 TALK "-tls1_2 -sess_out $T/s > /dev/null; " TALK "-tls1_2 -sess_in $T/s",
	 "Reused, TLSv1.2"},
	{"s_client resumes a stateful ticket, TLS 1.3", "-tls1_3,-no_ticket", 2,
	 EC "-no_ticket -rev",
	 TALK "-tls1_3 -sess_out $T/s > /dev/null; " TALK "-tls1_3 -sess_in $T/s",
	 "Reused, TLSv1.3"},
	{"s_client, client certificate, TLS 1.3", "-tls1_3", 1,
	 EC "-Verify 2 -CAfile ca.pem -verify_return_error -rev",
	 /* Text goes through s_client's buffer and data does not: it may stand within a line. */
	 TALK "-tls1_3 -cert client-inter.pem -key client-inter.key -cert_chain inter.pem",
	 "olleh"},
	{"s_client, client certificate, TLS 1.2", "-tls1_2", 1,
	 EC "-Verify 2 -CAfile ca.pem -verify_return_error -rev",
	 TALK "-tls1_2 -cert client-rsa.pem -key client-rsa.key", "olleh"},
	{"s_client, HelloRetryRequest", "-tls1_3,-groups", 1, EC "-groups P-384 -rev",
	 TALK "-tls1_3 -groups X25519:P-384 -msg", "olleh"},

	{"gnutls-cli, TLS 1.3", "-tls1_3", 1, EC "-www",
	 REQUEST " | timeout 20 gnutls-cli --x509cafile ca.pem -p $PORT localhost",
	 "^- Description: \\(TLS1.3"},
	{"gnutls-cli, TLS 1.2", "-tls1_2", 1, RSA "-www",
	 REQUEST " | timeout 20 gnutls-cli --x509cafile ca.pem --priority NORMAL:-VERS-TLS1.3 "
		 "-p $PORT localhost",
	 "^HTTP/1.0 200 ok"},
	{"gnutls-cli resumes, TLS 1.2", "-tls1_2", 2, RSA "-www",
	 REQUEST " | timeout 20 gnutls-cli --x509cafile ca.pem --resume "
		 "--priority NORMAL:-VERS-TLS1.3 -p $PORT localhost",
	 "This is a resumed session"},
	{"tstclnt, TLS 1.3", "-tls1_3", 1, EC "-www",
	 REQUEST " | timeout 20 " NSS "-V tls1.3:tls1.3", "HTTP/1.0 200 ok"},
	{"tstclnt, TLS 1.2", "-tls1_2", 1, RSA "-www",
	 REQUEST " | timeout 20 " NSS "-V tls1.2:tls1.2", "HTTP/1.0 200 ok"},
	{"curl, -www", "", 1, EC "-www", CURL "/", "Cipher is (TLS_|ECDHE)"},
	{"curl, -WWW", "", 1, EC "-WWW", CURL "/page.txt", "^hello from a file$"},
	{"curl, -HTTP", "", 1, EC "-HTTP", CURL "/page.http -i", "HTTP/1.0 299 own"},
	/* Both over the one connection that there may be. */
	{"curl, HTTP/1.1 keep-alive, -www", "", 1, EC "-www", CURL "/ https://localhost:$PORT/x -i",
	 "^HTTP/1.1 200 ok.*\n(.*\n)*HTTP/1.1 200 ok"},
	{"curl, HTTP/1.1 keep-alive, -WWW", "", 1, EC "-WWW",
	 CURL "/none -o /dev/null -w '%{http_code}\n' https://localhost:$PORT/page.txt "
	      "-o -",
	 "^404$"},
	{"h2load, HTTP/1.1, -www", "", 1, EC "-www",
	 "timeout 60 h2load --h1 -c 1 -n 50 https://localhost:$PORT/", "^status codes: 50 2xx"},
	{"h2load, HTTP/1.1 pipelined, -WWW", "", 3, EC "-WWW",
	 "timeout 60 h2load --h1 -c 3 -m 5 -n 60 https://localhost:$PORT/page.txt",
	 "^status codes: 60 2xx"},
	{"wrk", "", 0, EC "-www",
	 "timeout 60 wrk -t 1 -c 4 -d 1 https://localhost:$PORT/ | awk '/requests in/ {n = $1} "
	 "/Socket errors|Non-2xx/ {bad = 1} END {print (n > 1 && !bad) ? \"answered\" : \"no\"}'",
	 "^answered$"},
	{"curl, TLS 1.2", "-tls1_2", 1, RSA "-www", CURL "/ --tls-max 1.2", "Cipher is ECDHE-RSA"},
	{"curl, ALPN", "-alpn", 1, EC "-www -alpn http/1.1", CURL "/ -v",
	 "ALPN: server accepted http/1.1"},
	{"Python", "", 1, EC "-rev",
	 PYTHON("s.sendall(b\"hello\\n\"); print(s.recv(99), s.version())\n"
		"s.sendall(b\"CLOSE\\n\"); print(s.recv(99))"),
	 "b.olleh.*TLSv1"},
	{"Chromium", "", 0, EC "-www", BROWSER "--dump-dom https://localhost:$PORT/",
	 "Cipher is (TLS_|ECDHE)"},
	{"Chromium, TLS 1.2", "-tls1_2", 0, RSA "-www -tls1_2",
	 BROWSER "--dump-dom https://localhost:$PORT/", "Cipher is ECDHE-RSA"},
};

enum { N_CLIENTS = sizeof(clients) / sizeof(*clients) };

ParameterizedTestParameters(clients, client)
{
	static int index[N_CLIENTS];

	for (int i = 0; i < N_CLIENTS; i++)
		index[i] = i;
	return cr_make_param_array(int, index, N_CLIENTS);
}

ParameterizedTest(int *index, clients, client, .timeout = 120)
{
	const struct client *c = &clients[*index];
	struct strbuf text = STRBUF_INIT, transcript = STRBUF_INIT;
	struct server s;
	int status;

	if (*c->needs && !e2e_supports(c->needs))
		return; /* the refusal is proved in test_proofs.c */
	server_start(&s, c->naccept, c->server);
	status = server_client(&s, &text, c->command);
	if (c->naccept)
		cr_expect(server_wait(&s), "%s: the server did not end", c->name);
	else
		proc_signal(&s.proc, 15), (void)server_wait(&s);
	server_transcript(&s, &transcript);
	cr_expect(text_matches(&text, c->pattern), "%s: no /%s/ (status %d):\n%s\n%s", c->name,
		  c->pattern, status, text.p ? text.p : "", transcript.p ? transcript.p : "");
	cr_expect_not(text_matches(&transcript, "Sanitizer|runtime error"), "%s:\n%s", c->name,
		      transcript.p ? transcript.p : "");
	server_stop_release(&s);
	strbuf_release(&text);
	strbuf_release(&transcript);
}
