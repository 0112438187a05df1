/* The interactive mode: data, connected commands, the end of input. */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EC "-cert ec.pem -key ec.key "

/* A server at its terminal and a client at another, connected. */
struct pair {
	struct server s;
	struct proc client;
	int waits;
};

static void pair_start(struct pair *p, const char *server, const char *client)
{
	struct strbuf command = STRBUF_INIT;

	server_start(&p->s, 0, server);
	strbuf_addf(&command, "$C %s", client);
	server_client_start(&p->s, &p->client, PROC_STDIN_PIPE, command.p);
	strbuf_release(&command);
	(void)proc_expect_out(&p->s.proc, "CIPHER is");
	(void)proc_expect_out(&p->client, "Verify return code");
}

/* Both directions work. */
static void pair_talks(struct pair *p)
{
	static int n;
	char text[64];

	(void)snprintf(text, sizeof(text), "to the client %d\n", ++n);
	proc_write(&p->s.proc, text);
	(void)proc_expect_out(&p->client, text);
	(void)snprintf(text, sizeof(text), "to the server %d\n", ++n);
	proc_write(&p->client, text);
	(void)proc_expect_out(&p->s.proc, text);
}

/* Q ends the server, status 0. */
static void pair_quit(struct pair *p)
{
	proc_write(&p->s.proc, "Q\n");
	cr_expect_eq(proc_wait(&p->s.proc), 0);
	cr_expect(strstr(p->s.proc.err_text.p, "shutdown accept socket\n"));
	cr_expect(strstr(p->s.proc.out_text.p, "DONE\nshutting down SSL\nCONNECTION CLOSED\n"));
	cr_expect(strstr(p->s.proc.out_text.p, " server accepts that finished\n"));
	proc_release(&p->client);
	server_stop_release(&p->s);
}

/* A command, and the line that tells it is done; what follows at once would be part of it. */
static void pair_command(struct pair *p, const char *command, const char *line)
{
	size_t before = p->s.proc.out_text.n;

	proc_write(&p->s.proc, command);
	while (!p->s.proc.out_text.p || !strstr(p->s.proc.out_text.p + before, line)) {
		size_t n = p->s.proc.out_text.n;

		(void)proc_find_out(&p->s.proc, "never printed", 50);
		cr_assert(p->s.proc.out_text.n > n || ++p->waits < 400, "%s: no %s:\n%s%s", command,
			  line, p->s.proc.out_text.p,
			  p->s.proc.err_text.p ? p->s.proc.err_text.p : "");
	}
}

#define REFUSED "Failed to initiate request\n"
#define DONE    "SSL_do_handshake -> 1\n"

static bool has_renegotiation(void)
{
	return !e2e_on("wolfssl"); /* Debian builds it without */
}

Test(terminal, data_flows_both_ways_and_Q_ends_the_server, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC, "");
	pair_talks(&p);
	pair_quit(&p);
}

Test(terminal, Q_without_newline, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC, "");
	proc_write(&p.s.proc, "Q");
	cr_expect_eq(proc_wait(&p.s.proc), 0);
	proc_release(&p.client);
	server_stop_release(&p.s);
}

Test(terminal, q_closes_the_connection_and_serves_the_next_client, .timeout = 60)
{
	struct pair p;
	struct strbuf text = STRBUF_INIT;

	pair_start(&p, EC, "");
	proc_write(&p.s.proc, "q\n");
	(void)proc_expect_out(&p.s.proc, "CONNECTION CLOSED");
	(void)proc_wait(&p.client);
	proc_release(&p.client);
	(void)server_client(&p.s, &text, "echo second client | $C");
	(void)proc_expect_out(&p.s.proc, "second client\n");
	server_stop_release(&p.s);
	strbuf_release(&text);
}

/* While the terminal belongs to one client a second one waits, and is served afterwards. */
Test(terminal, a_second_client_waits, .timeout = 60)
{
	struct pair p;
	struct proc second;

	pair_start(&p, EC, "");
	server_client_start(&p.s, &second, PROC_STDIN_PIPE, "$C");
	proc_write(&second, "from the second\n");
	pair_talks(&p);
	cr_expect(!memmem(p.s.proc.out_text.p, p.s.proc.out_text.n, "from the second", 15));
	proc_close_stdin(&p.client);
	(void)proc_expect_out(&p.s.proc, "from the second\n");
	proc_release(&second);
	proc_release(&p.client);
	server_stop_release(&p.s);
}

Test(terminal, r_renegotiates, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC "-tls1_2", "-msg");
	pair_command(&p, "r\n", has_renegotiation() ? DONE : REFUSED);
	if (has_renegotiation())
		(void)proc_expect_out(&p.client, "HelloRequest");
	pair_talks(&p);
	pair_quit(&p);
}

Test(terminal, R_asks_for_a_certificate, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC "-tls1_2 -CAfile ca.pem -no_resumption_on_reneg",
		   "-cert client.pem -key client.key");
	cr_expect(!p.s.proc.err_text.p || !strstr(p.s.proc.err_text.p, "depth="));
	pair_command(&p, "R\n", has_renegotiation() ? DONE : REFUSED);
	if (has_renegotiation())
		(void)proc_expect_err(&p.s.proc, "depth=0 C=XX, O=Test, CN=client.test\n");
	pair_talks(&p);
	pair_quit(&p);
}

/* A client that resumes in the renegotiation shows no certificate. */
Test(terminal, R_resumes_unless_told_not_to, .timeout = 60)
{
	struct pair p;

	if (!e2e_on("openssl"))
		return; /* the others never resume there */
	for (int full = 0; full < 2; full++) {
		pair_start(&p, full ? EC "-tls1_2 -no_resumption_on_reneg" : EC "-tls1_2",
			   "-cert client.pem -key client.key");
		pair_command(&p, "R\n", DONE);
		pair_talks(&p);
		pair_talks(&p);
		cr_expect_eq(p.s.proc.err_text.p && strstr(p.s.proc.err_text.p, "depth=0"), full);
		pair_quit(&p);
	}
	proved("-no_resumption_on_reneg");
}

Test(terminal, r_and_R_under_tls_1_3_are_refused_and_the_connection_lives, .timeout = 60)
{
	struct pair p;

	if (!e2e_supports("-tls1_3"))
		return;
	pair_start(&p, EC "-tls1_3", "");
	pair_command(&p, "r\n", REFUSED);
	pair_talks(&p);
	pair_command(&p, "R\n", REFUSED);
	pair_talks(&p);
	cr_expect(!p.s.proc.out_text.p || !strstr(p.s.proc.out_text.p, "ERROR"));
	pair_quit(&p);
}

Test(terminal, k_and_K_update_keys, .timeout = 60)
{
	struct pair p;

	if (!e2e_supports("-tls1_3"))
		return;
	pair_start(&p, EC "-tls1_3", "-msg");
	if (e2e_on("wolfssl")) /* it always asks the peer, too */
		pair_command(&p, "k\n", REFUSED);
	pair_command(&p, e2e_on("wolfssl") ? "K\n" : "k\n", DONE);
	(void)proc_expect_out(&p.client, "<<< TLS 1.3, Handshake [length 0005], KeyUpdate");
	pair_talks(&p);
	pair_command(&p, "K\n", DONE);
	pair_talks(&p); /* the client answers when it next writes */
	(void)proc_expect_out(&p.client, ">>> TLS 1.3, Handshake [length 0005], KeyUpdate");
	pair_talks(&p);
	pair_quit(&p);
}

Test(terminal, k_and_K_and_c_under_tls_1_2_are_refused_and_the_connection_lives, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC "-tls1_2", "");
	for (const char *c = "kKc"; *c; c++) {
		char line[3] = {*c, '\n', '\0'};

		pair_command(&p, line, REFUSED);
		pair_talks(&p);
	}
	cr_expect(!strstr(p.s.proc.out_text.p, "ERROR"));
	pair_quit(&p);
}

Test(terminal, c_asks_for_a_certificate_after_the_handshake, .timeout = 60)
{
	struct pair p;

	if (!e2e_supports("-tls1_3"))
		return;
	pair_start(&p, EC "-tls1_3 -CAfile ca.pem", "-enable_pha -cert client.pem -key client.key");
	/* Mbed TLS has no post-handshake authentication */
	pair_command(&p, "c\n", e2e_on("mbedtls") ? REFUSED : DONE);
	if (!e2e_on("mbedtls"))
		(void)proc_expect_err(&p.s.proc, "depth=0 C=XX, O=Test, CN=client.test\n");
	pair_talks(&p);
	pair_quit(&p);
}

Test(terminal, c_without_the_clients_extension_is_refused_and_the_connection_lives, .timeout = 60)
{
	struct pair p;

	if (!e2e_supports("-tls1_3"))
		return;
	pair_start(&p, EC "-tls1_3", "-cert client.pem -key client.key");
	pair_command(&p, "c\n", REFUSED);
	pair_talks(&p);
	pair_quit(&p);
}

Test(terminal, S_prints_statistics_and_B_is_data, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC, "");
	proc_write(&p.s.proc, "S\n");
	(void)proc_expect_out(&p.s.proc, "   1 server accepts (SSL_accept())\n");
	(void)proc_expect_out(&p.client, "\nS\n");
	pair_talks(&p);
	pair_quit(&p);
}

Test(terminal, P_sends_clear_text, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC, "-debug");
	proc_write(&p.s.proc, "P\n");
	(void)proc_expect_out(&p.client,
			      "Lets "); /* of the clear text, in a dump of what was read */
	proc_release(&p.client);
	server_stop_release(&p.s);
}

Test(terminal, other_words_are_data, .timeout = 60)
{
	struct pair p;
	static const char *const words[] = {"rr\n", "kx\n", "line1\nQ\n", "R2\n", "cc\n", "Kk\n"};

	pair_start(&p, EC, "");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		proc_write(&p.s.proc, words[i]);
		(void)proc_expect_out(&p.client, words[i]);
	}
	pair_quit(&p);
}

Test(terminal, crlf, .timeout = 60)
{
	struct pair p;

	pair_start(&p, EC "-crlf", "");
	proc_write(&p.s.proc, "a\nb\n");
	(void)proc_expect_out(&p.client, "a\r\nb\r\n");
	proved("-crlf");
	pair_quit(&p);
}

Test(terminal, nocommands, .timeout = 60)
{
	struct pair p;

	if (getenv("TEST_SERVER"))
		return;
	pair_start(&p, EC "-nocommands", "");
	proc_write(&p.s.proc, "Q\n");
	(void)proc_expect_out(&p.client, "\nQ\n");
	pair_talks(&p);
	proved("-nocommands");
	proc_release(&p.client);
	server_stop_release(&p.s);
}

/* A server in the background of a script has /dev/null as input. */
Test(terminal, empty_input_does_not_end_the_server, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;

	server_start(&s, 2, EC "< /dev/null");
	(void)server_client(&s, &text, "echo first | $C");
	(void)proc_expect_out(&s.proc, "first\n");
	(void)server_client(&s, &text, "echo second | $C");
	(void)proc_expect_out(&s.proc, "second\n");
	cr_expect(server_wait(&s));
	cr_expect_eq(s.proc.status, 0);
	server_stop_release(&s);
	strbuf_release(&text);
}

/* What was typed before the client came reaches it, then the end of input ends the server. */
Test(terminal, early_input_is_sent_and_its_end_quits, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;

	server_start(&s, 0, EC);
	proc_write(&s.proc, "typed early\n");
	proc_close_stdin(&s.proc);
	(void)server_client(&s, &text, "$C -ign_eof < /dev/null");
	cr_expect(strstr(text.p, "typed early\n"), "%s", text.p);
	cr_expect_eq(proc_wait(&s.proc), 0);
	server_stop_release(&s);
	strbuf_release(&text);
}

Test(terminal, stdin_eof_policies, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;

	if (getenv("TEST_SERVER"))
		return;
	server_start(&s, 0, EC "-stdin_eof close");
	proc_write(&s.proc, "bye\n");
	proc_close_stdin(&s.proc);
	(void)server_client(&s, &text, "$C -ign_eof < /dev/null; $C -ign_eof < /dev/null");
	(void)proc_expect_out(&s.proc, "CONNECTION CLOSED");
	cr_expect(s.proc.pid != 0);
	server_stop_release(&s);
	server_start(&s, 0, EC "-stdin_eof quit < /dev/null");
	(void)server_client(&s, &text, "$C -ign_eof < /dev/null");
	cr_expect_eq(proc_wait(&s.proc), 0);
	server_stop_release(&s);
	server_start(&s, 1, EC "-stdin_eof ignore");
	proc_close_stdin(&s.proc);
	(void)server_client(&s, &text, "echo still here | $C");
	(void)proc_expect_out(&s.proc, "still here\n");
	proved("-stdin-eof");
	server_stop_release(&s);
	strbuf_release(&text);
}

/* As a data pipe: all bytes, unchanged, and nothing else on stdout. */
Test(terminal, quiet_is_a_pipe, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;
	int status;

	server_start(&s, 1, EC "-quiet -unix $T/s > $T/out");
	status = server_client(
		&s, &text,
		"head -c 3000000 /dev/urandom > $T/in; "
		"openssl s_client $A -quiet < $T/in > /dev/null 2>&1 & client=$!; n=0; "
		"while ! cmp $T/in $T/out > $T/cmp 2>&1; do n=$((n + 1)); "
		"[ $n -lt 100 ] || { cat $T/cmp; break; }; sleep 0.1; done; "
		"kill $client; [ $n -lt 100 ]");
	cr_expect_eq(status, 0, "%s", text.p ? text.p : "");
	cr_expect(server_wait(&s));
	server_stop_release(&s);
	strbuf_release(&text);
}

/* Both ends derive the same keying material. */
Test(terminal, exporter_agrees_with_the_client, .timeout = 60)
{
	struct pair p;
	const char *ours;
	char hex[41] = "";

	pair_start(&p, EC "-keymatexport EXPORTER-test", "-keymatexport EXPORTER-test");
	ours = proc_expect_out(&p.s.proc, "    Keying material: ");
	memcpy(hex, ours + strlen("    Keying material: "), 40);
	(void)proc_expect_out(&p.client, hex);
	pair_quit(&p);
}
