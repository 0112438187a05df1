/* What the server listens on, how many it serves, how it ends. */
#include "core/ktls.h"
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define EC "-cert ec.pem -key ec.key "

struct address {
	const char *options;
	const char *ready;  /* what the ACCEPT line begins with */
	const char *client; /* where s_client finds it */
};

static void serves(const struct address *a)
{
	struct server s;
	struct strbuf text = STRBUF_INIT, command = STRBUF_INIT;

	server_start(&s, 1, a->options);
	cr_expect(strstr(s.proc.out_text.p, a->ready), "%s: %s", a->options, s.proc.out_text.p);
	strbuf_addf(&command, "echo hello | timeout 20 openssl s_client %s", a->client);
	(void)server_client(&s, &text, command.p);
	cr_expect(server_wait(&s), "%s", a->options);
	cr_expect(strstr(s.proc.out_text.p, "hello\n"), "%s: %s%s", a->options, s.proc.out_text.p,
		  text.p);
	server_stop_release(&s);
	strbuf_release(&text);
	strbuf_release(&command);
}

Test(sockets, forms_of_accept, .timeout = 60)
{
	static const struct address rows[] = {
		{EC "-accept 127.0.0.1:0", "ACCEPT 127.0.0.1:", "-connect 127.0.0.1:$PORT"},
		{EC "-accept 0", "ACCEPT [::]:", "-connect 127.0.0.1:$PORT"},
		{EC "-accept 0", "ACCEPT [::]:", "-connect [::1]:$PORT"},
		{EC "-accept :0", "ACCEPT [::]:", "-connect 127.0.0.1:$PORT"},
		{EC "-accept *:0", "ACCEPT [::]:", "-connect 127.0.0.1:$PORT"},
		{EC "-accept [::1]:0", "ACCEPT [::1]:", "-connect [::1]:$PORT"},
		{EC "-4 -accept 0", "ACCEPT 0.0.0.0:", "-connect 127.0.0.1:$PORT"},
		{EC "-6 -accept 0", "ACCEPT [::]:", "-connect [::1]:$PORT"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		serves(&rows[i]);
	proved("-accept");
}

/* A client of the other family does not reach it: the one connection is still to come. */
static void leaves_out(const char *options, const char *other, const char *own)
{
	struct server s;
	struct strbuf text = STRBUF_INIT, command = STRBUF_INIT;

	server_start(&s, 1, options);
	strbuf_addf(&command, "echo | timeout 5 openssl s_client -connect %s:$PORT", other);
	(void)server_client(&s, &text, command.p);
	cr_expect(!proc_wait_ms(&s.proc, 0), "%s serves %s", options, other);
	strbuf_reset(&command);
	strbuf_addf(&command, "echo hello | timeout 20 openssl s_client -connect %s:$PORT", own);
	(void)server_client(&s, &text, command.p);
	cr_expect(server_wait(&s));
	cr_expect(strstr(s.proc.out_text.p, "hello\n"));
	server_stop_release(&s);
	strbuf_release(&text);
	strbuf_release(&command);
}

Test(sockets, one_family, .timeout = 60)
{
	leaves_out(EC "-4 -accept 0", "[::1]", "127.0.0.1");
	proved("-4");
	leaves_out(EC "-6 -accept 0", "127.0.0.1", "[::1]");
	proved("-6");
}

/* A fixed port has a bare ACCEPT line. */
Test(sockets, port, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT, options = STRBUF_INIT, client = STRBUF_INIT;
	bool up = false;
	int port = 0;

	for (int i = 0; i < 20 && !up; i++) { /* somebody else may have that port */
		if (i)
			server_stop_release(&s);
		port = 10000 + rand() % 20000;
		strbuf_reset(&options);
		strbuf_addf(&options, EC "-port %d", port);
		up = server_try_start(&s, 1, options.p);
	}
	cr_assert(up);
	cr_expect(strstr(s.proc.out_text.p, "ACCEPT\n"), "%s", s.proc.out_text.p);
	strbuf_addf(&client, "echo hello | timeout 20 openssl s_client -connect 127.0.0.1:%d",
		    port);
	(void)server_client(&s, &text, client.p);
	cr_expect(server_wait(&s));
	cr_expect(strstr(s.proc.out_text.p, "hello\n"));
	proved("-port");
	server_stop_release(&s);
	strbuf_release(&text);
	strbuf_release(&options);
	strbuf_release(&client);
}

/* ---- TCP Fast Open ---- */

/* A network of this test's own, where the kernel takes data in a SYN without a cookie (512) and
 * sends such (1, 4). False where tests may not have one. */
static bool own_network(int fast_open)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	FILE *f;
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cr_assert(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0);
	(void)close(fd);
	f = fopen("/proc/sys/net/ipv4/tcp_fastopen", "we");
	cr_assert(f && fprintf(f, "%d", fast_open) > 0 && fclose(f) == 0);
	return true;
}

/* How many connections began with data, as /proc/net/netstat of this network counts them. */
#define TFO_COUNT                                                                                   \
	"awk '/^TcpExt:/ {if (n++) print \"fast opens: \" $column; else for (i = 1; i <= NF; i++) " \
	"if ($i == \"TCPFastOpenPassive\") column = i}' /proc/net/netstat"

static void fast_open_client(const char *options, const char *want)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;

	server_start(&s, 1, options);
	(void)server_client(
		&s, &text,
		"curl -sk --max-time 20 --tcp-fastopen https://127.0.0.1:$PORT/page.txt; " TFO_COUNT);
	cr_expect(strstr(text.p, "hello from a file\n"), "%s: %s", options, text.p);
	cr_expect(strstr(text.p, want), "%s: %s", options, text.p);
	cr_expect(server_wait(&s));
	cr_expect_eq(s.proc.err_text.n && strstr(s.proc.err_text.p, "-tfo"), 0, "%s",
		     s.proc.err_text.p);
	server_stop_release(&s);
	strbuf_release(&text);
}

Test(sockets, tcp_fast_open, .timeout = 60)
{
	if (!own_network(1 | 2 | 4 | 512))
		cr_skip_test("no network name space of its own");
	fast_open_client(EC "-WWW", "fast opens: 0\n");
	fast_open_client(EC "-WWW -tfo", "fast opens: 1\n");
}

Test(sockets, tcp_fast_open_switched_off, .timeout = 60)
{
	struct server s;

	if (getenv("TEST_SERVER") || !own_network(1))
		cr_skip_test("no network name space of its own");
	server_start(&s, 1, EC "-tfo");
	cr_expect(strstr(s.proc.out_text.p, "Listening for TFO\nACCEPT "), "%s", s.proc.out_text.p);
	(void)proc_expect_err(&s.proc, "-tfo does nothing");
	server_stop_release(&s);
}

/* ---- TLS in the kernel ---- */

static const struct {
	const char *options, *out, *not_out;
} kernel_rows[] = {
	{"-ktls ", "ACCEPT", "Warning"},
	{"-sendfile ", "Warning: -sendfile depends on -ktls, enabling -ktls now.\n", "zerocopy"},
	{"-sendfile -ktls ", "ACCEPT", "Warning"},
	{"-zerocopy_sendfile ",
	 "Warning: -zerocopy_sendfile depends on -sendfile, enabling -sendfile now.\n"
	 "Warning: -sendfile depends on -ktls, enabling -ktls now.\n",
	 "no such text"},
};

/* Each row as openssl s_server 3.5 has it on a kernel without TLS, the file sent in any case. */
static void without_kernel_tls(const char *options, const char *out, const char *not_out)
{
	bool sendfile = strstr(options, "sendfile") != NULL;
	struct strbuf text = STRBUF_INIT, all = STRBUF_INIT;
	struct server s;

	strbuf_addf(&all, EC "-WWW %s", options);
	server_start(&s, 1, all.p);
	(void)server_client(&s, &text, "curl -sk --max-time 20 https://127.0.0.1:$PORT/page.txt");
	cr_expect(strstr(text.p, "hello from a file\n"), "%s: %s", options, text.p);
	cr_expect(server_wait(&s));
	cr_expect(strstr(s.proc.out_text.p, out), "%s: %s", options, s.proc.out_text.p);
	cr_expect(!strstr(s.proc.out_text.p, not_out), "%s: %s", options, s.proc.out_text.p);
	cr_expect_eq(strstr(s.proc.err_text.p,
			    "FILE:page.txt\nWarning: sendfile requested but KTLS "
			    "is not available\n") != NULL,
		     sendfile, "%s: %s", options, s.proc.err_text.p);
	server_stop_release(&s);
	strbuf_release(&text);
	strbuf_release(&all);
}

static void with_kernel_tls(const char *options)
{
	struct strbuf text = STRBUF_INIT;
	int status = shell(&text, "cd %s; timeout 20 %s -accept 127.0.0.1:0 " EC "-WWW %s",
			   TEST_PKI, e2e_program(), options);

	cr_expect_eq(status, 77, "%s: %d", options, status);
	cr_expect(strstr(text.p, ": this kernel has TLS, and s_server does not use it\n"), "%s: %s",
		  options, text.p);
	strbuf_release(&text);
}

Test(sockets, kernel_tls, .timeout = 60)
{
	if (!e2e_on("openssl"))
		cr_skip_test("only OpenSSL knows of it");
	for (size_t i = 0; i < sizeof(kernel_rows) / sizeof(*kernel_rows); i++)
		if (ktls_in_kernel())
			with_kernel_tls(kernel_rows[i].options);
		else
			without_kernel_tls(kernel_rows[i].options, kernel_rows[i].out,
					   kernel_rows[i].not_out);
}

/* A port in use: one line, status 1 (openssl s_server: 0). */
Test(sockets, port_in_use, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT, command = STRBUF_INIT;
	int status;

	if (getenv("TEST_SERVER"))
		return;
	server_start(&s, 0, EC);
	strbuf_addf(&command, "cd %s; timeout 10 %s " EC "-accept 127.0.0.1:%u", TEST_PKI,
		    e2e_program(), s.port);
	status = shell(&text, "%s", command.p);
	cr_expect_eq(status, 1);
	cr_expect(strstr(text.p, "Address already in use"), "%s", text.p);
	server_stop_release(&s);
	strbuf_release(&text);
	strbuf_release(&command);
}

Test(sockets, unix_path, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;
	char path[128];
	struct stat st;

	server_start(&s, 1, EC "-unix $T/s");
	(void)server_client(&s, &text, "echo hello | $C");
	cr_expect(server_wait(&s));
	cr_expect(strstr(s.proc.out_text.p, "hello\n"), "%s", s.proc.out_text.p);
	cr_expect(strstr(s.proc.out_text.p, "ACCEPT localhost:/"));
	(void)snprintf(path, sizeof(path), "%s/s", s.dir);
	cr_expect_neq(stat(path, &st), 0, "the path is left behind");
	server_stop_release(&s);
	proved("-unix");
	strbuf_release(&text);
}

/* A path that exists is left alone, and removed with -unlink when it is a socket. */
Test(sockets, unlink, .timeout = 60)
{
	struct server first;
	struct strbuf text = STRBUF_INIT;
	int status;

	if (getenv("TEST_SERVER"))
		return; /* it deletes the path */
	server_start(&first, 0, EC "-unix $T/s");
	proc_signal(&first.proc, SIGKILL);
	(void)server_wait(&first);
	status = shell(&text,
		       "cd %s; timeout 10 %s " EC "-unix %s/s; a=$?; [ -S %s/s ] || a=9; exit $a",
		       TEST_PKI, e2e_program(), first.dir, first.dir);
	cr_expect_eq(status, 1, "%s", text.p);
	cr_expect(strstr(text.p, "Address already in use"), "%s", text.p);
	strbuf_reset(&text);
	status = shell(&text, "cd %s; timeout 2 %s " EC "-unix %s/s -unlink", TEST_PKI,
		       e2e_program(), first.dir);
	cr_expect_eq(status, 124);
	cr_expect(strstr(text.p, "ACCEPT localhost:/"), "%s", text.p);
	proved("-unlink");
	server_stop_release(&first);
	strbuf_release(&text);
}

Test(sockets, signals_end_it_and_remove_the_path, .timeout = 60)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct server s;
		char path[128];
		struct stat st;

		server_start(&s, 0, EC "-unix $T/s");
		proc_signal(&s.proc, numbers[i]);
		cr_expect_eq(proc_wait(&s.proc), 128 + numbers[i]);
		(void)snprintf(path, sizeof(path), "%s/s", s.dir);
		cr_expect_neq(stat(path, &st), 0, "signal %d leaves the path", numbers[i]);
		server_stop_release(&s);
	}
}

/* Exactly so many, failed handshakes included; hexadecimal is a number, too. */
Test(sockets, naccept, .timeout = 60)
{
	struct server s;
	struct strbuf text = STRBUF_INIT;

	if (getenv("TEST_SERVER"))
		return; /* there 0x2 means for ever */
	server_start(&s, 0, EC "-www -naccept 0x2");
	(void)server_client(&s, &text,
			    "printf garbage | timeout 5 openssl s_client -tls1_2 -cipher NULL "
			    "-connect 127.0.0.1:$PORT; curl -sSk --noproxy '*' "
			    "https://localhost:$PORT/; curl -sSk --noproxy '*' "
			    "https://localhost:$PORT/; curl -sSk --noproxy '*' "
			    "https://localhost:$PORT/");
	cr_expect(server_wait(&s));
	cr_expect_eq(s.proc.status, 0);
	cr_expect(strstr(s.proc.out_text.p, "   1 server accepts that finished\n"), "%s",
		  s.proc.out_text.p);
	proved("-naccept");
	server_stop_release(&s);
	strbuf_release(&text);
}

/* An idle client at -www does not keep others waiting. */
Test(sockets, idle_clients_block_nobody, .timeout = 60)
{
	struct server s;
	struct proc idle;
	struct strbuf text = STRBUF_INIT;

	server_start(&s, 0, EC "-www");
	server_client_start(&s, &idle, PROC_STDIN_PIPE, "$C");
	(void)proc_expect_out(&idle, "Verify return code");
	cr_expect_eq(server_client(&s, &text,
				   "curl -m 10 -sS --noproxy '*' --cacert ca.pem "
				   "https://localhost:$PORT/"),
		     0, "%s", text.p);
	cr_expect(strstr(text.p, "Cipher is"));
	proc_release(&idle);
	server_stop_release(&s);
	strbuf_release(&text);
}
