/*
 * The client of tests/bench/run: does one measurement of one server on 127.0.0.1, and prints its
 * numbers on one line. One connection after the other, blocking, so that the client stays cheap.
 *
 *   load handshake PORT PID VERSION full|resumed SECONDS -> count, seconds, server's CPU seconds
 *   load download PORT PID VERSION PATH BYTES            -> seconds, server's CPU seconds
 *   load idle PORT PID VERSION N...  -> for each N: bytes of PSS more than with one connection
 *   load held PORT PID VERSION N PATH -> bytes of PSS with N idle connections open, seconds that
 * one more client then waits for PATH; none of the N may have been closed, and some are used load
 * start PORT VERSION COMMAND...                   -> seconds to accept, to a handshake done
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
	SSL_CTX *ctx;
	SSL_SESSION *session; /* the newest, for resumption */
	uint16_t port;
	pid_t server;
} load;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		die("the server has ended");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

/* CPU time of all threads of the server, in its nanosecond clock. */
static double server_cpu(void)
{
	clockid_t clock;

	if (clock_getcpuclockid(load.server, &clock) != 0)
		die("no process %d", (int)load.server);
	return seconds_of(clock);
}

static double number(const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || *end || n < 0)
		die("not a number: %s", text);
	return n;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(load.session);
	load.session = session;
	return 1; /* ours now */
}

/* One version, suite and group for all servers, so that libraries are compared at the same work. */
static void setup(const char *version)
{
	int v = strcmp(version, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;

	load.ctx = SSL_CTX_new(TLS_client_method());
	if (!load.ctx || !SSL_CTX_set_min_proto_version(load.ctx, v) ||
	    !SSL_CTX_set_max_proto_version(load.ctx, v) ||
	    !SSL_CTX_set_cipher_list(load.ctx, "ECDHE+AES128+AESGCM") ||
	    !SSL_CTX_set_ciphersuites(load.ctx, "TLS_AES_128_GCM_SHA256") ||
	    !SSL_CTX_set1_groups_list(load.ctx, "P-256"))
		die("no client context");
	SSL_CTX_set_verify(load.ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(load.ctx,
				       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(load.ctx, keep_session);
	SSL_CTX_set_mode(load.ctx, SSL_MODE_RELEASE_BUFFERS);
	/* A server that closes without close_notify has closed all the same. */
	SSL_CTX_set_options(load.ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

/* -1 when nobody listens. */
static int tcp_connect(void)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(load.port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	/* Else Finished and close_notify would wait for an acknowledgement in between. */
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		die("socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static SSL *tls_connect(int fd, SSL_SESSION *session)
{
	SSL *ssl = SSL_new(load.ctx);

	if (!ssl || !SSL_set_fd(ssl, fd) || (session && !SSL_set_session(ssl, session)) ||
	    !SSL_set_tlsext_host_name(ssl, "localhost") || SSL_connect(ssl) != 1)
		die("no handshake");
	return ssl;
}

static SSL *open_connection(SSL_SESSION *session)
{
	int fd = tcp_connect();

	if (fd < 0)
		die("connect: %s", strerror(errno));
	return tls_connect(fd, session);
}

/* Says close_notify, waits for the server's end, which takes in its tickets, and closes. */
static void close_connection(SSL *ssl)
{
	char buf[4096];
	int fd = SSL_get_fd(ssl);

	(void)SSL_shutdown(ssl); /* the server may have closed already */
	while (SSL_read(ssl, buf, sizeof buf) > 0)
		;
	SSL_free(ssl);
	close(fd);
	ERR_clear_error();
}

static void handshake(char **arg)
{
	bool resumed = strcmp(arg[0], "resumed") == 0;
	double limit = number(arg[1]), start, cpu, end;
	unsigned count = 0;

	/* The first one is not counted: it fills caches and gives the first session. */
	close_connection(open_connection(NULL));
	cpu = server_cpu();
	start = now();
	do {
		/* A session that TLS 1.3 has used is spent, and not every server gives a new one.
		 */
		SSL_SESSION *session = load.session,
			    *spare = session ? SSL_SESSION_dup(session) : NULL;
		SSL *ssl;

		load.session = NULL;
		ssl = open_connection(resumed ? session : NULL);
		if (SSL_session_reused(ssl) != resumed)
			die(resumed ? "not resumed" : "resumed");
		close_connection(ssl);
		SSL_SESSION_free(session);
		if (load.session)
			SSL_SESSION_free(spare);
		else
			load.session = spare;
		count++;
		end = now();
	} while (end - start < limit);
	printf("%u %.6f %.6f\n", count, end - start, server_cpu() - cpu);
}

static void download(char **arg)
{
	static char buf[64 * 1024];
	double cpu, start, wanted = number(arg[1]), got = 0;
	SSL *ssl = open_connection(NULL);
	char request[512];
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n",
			 arg[0]);

	cpu = server_cpu();
	start = now();
	if (n <= 0 || SSL_write(ssl, request, n) != n)
		die("no request");
	while ((n = SSL_read(ssl, buf, sizeof buf)) > 0)
		got += n;
	if (got < wanted)
		die("%.0f of %.0f bytes came", got, wanted);
	printf("%.6f %.6f\n", now() - start, server_cpu() - cpu);
	close_connection(ssl);
}

/* Proportional set size of the server, in bytes. */
static double server_pss(void)
{
	char path[64], line[256];
	double sum = -1;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)load.server);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "Pss:", 4) == 0)
			sum = strtod(line + 4, NULL) * 1024;
	if (!f || sum < 0)
		die("%s: cannot be read", path);
	fclose(f);
	return sum;
}

static void allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files); /* else the connections fail */
	}
}

static void idle(char **arg, int n_args)
{
	unsigned open = 1;
	double before;

	allow_files();
	(void)open_connection(NULL); /* what the first costs is not per connection */
	before = server_pss();
	for (int i = 0; i < n_args; i++) {
		for (; open <= (unsigned)number(arg[i]); open++)
			(void)open_connection(NULL); /* stays until the process ends */
		printf("%.0f%c", server_pss() - before, i + 1 < n_args ? ' ' : '\n');
	}
}

static bool is_open(SSL *ssl)
{
	struct pollfd p = {.fd = SSL_get_fd(ssl), .events = POLLRDHUP};

	return poll(&p, 1, 0) == 0;
}

/* The whole answer must come. */
static void ask(SSL *ssl, const char *path)
{
	char request[512], answer[4096];
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n\r\n", path);

	if (n <= 0 || SSL_write(ssl, request, n) != n ||
	    SSL_read(ssl, answer, sizeof answer) <= 0 || strncmp(answer, "HTTP/1.0 200", 12) != 0)
		die("no answer");
	close_connection(ssl);
}

static void held(char **arg)
{
	size_t n = (size_t)number(arg[0]);
	SSL **all = calloc(n, sizeof(SSL *));
	double memory, start;

	if (!all || n < 2)
		die("usage: see the top of load.c");
	allow_files();
	for (size_t i = 0; i < n; i++)
		all[i] = open_connection(NULL);
	memory = server_pss();
	start = now();
	ask(open_connection(NULL), arg[1]);
	printf("%.0f %.6f\n", memory, now() - start);
	for (size_t i = 0; i < n; i++)
		if (!is_open(all[i]))
			die("connection %zu of %zu was closed", i + 1, n);
	ask(all[0], arg[1]);
	ask(all[n - 1], arg[1]);
	free(all); /* the others end with the process */
}

static void start_server(char **command)
{
	const struct timespec pause = {0, 50 * 1000};
	double start = now(), accepted;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;

	load.server = fork();
	if (load.server == 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	while ((fd = tcp_connect()) < 0) {
		if (now() - start > 10 || waitpid(load.server, NULL, WNOHANG) != 0)
			die("%s does not listen", command[0]);
		(void)nanosleep(&pause, NULL);
	}
	accepted = now() - start;
	close_connection(tls_connect(fd, NULL));
	printf("%.6f %.6f\n", accepted, now() - start);
	(void)kill(load.server, SIGKILL);
	(void)waitpid(load.server, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		die("usage: see the top of load.c");
	(void)signal(SIGPIPE, SIG_IGN);
	load.port = (uint16_t)number(argv[2]);
	if (strcmp(argv[1], "start") == 0) {
		setup(argv[3]);
		start_server(argv + 4);
		return 0;
	}
	load.server = (pid_t)number(argv[3]);
	setup(argv[4]);
	if (strcmp(argv[1], "handshake") == 0 && argc == 7)
		handshake(argv + 5);
	else if (strcmp(argv[1], "download") == 0 && argc == 7)
		download(argv + 5);
	else if (strcmp(argv[1], "held") == 0 && argc == 7)
		held(argv + 5);
	else if (strcmp(argv[1], "idle") == 0)
		idle(argv + 5, argc - 5);
	else
		die("usage: see the top of load.c");
	SSL_SESSION_free(load.session);
	SSL_CTX_free(load.ctx);
	return 0;
}
