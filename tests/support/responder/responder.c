/*
 * responder PID COMMAND: an HTTP server for tests, on a free port of 127.0.0.1.
 *
 * Prints the port and goes on in the background until process PID is gone. For each request COMMAND
 * (sh) answers: its input is the request's body, its output goes to the client, $REQUEST is the
 * request line. Several requests are served at once.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER_MAX = 8192, LOOK_MS = 500 };

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Up to the blank line, a byte at a time: the body is for the command. */
static void read_header(int fd, char *header)
{
	size_t n = 0;

	while (n < HEADER_MAX - 1 && read(fd, header + n, 1) == 1) {
		header[++n] = '\0';
		if (n >= 4 && strcmp(header + n - 4, "\r\n\r\n") == 0)
			break;
	}
	header[n] = '\0';
}

static size_t body_length(const char *header)
{
	const char *field = strcasestr(header, "\r\ncontent-length:");

	return field ? strtoul(strchr(field, ':') + 1, NULL, 10) : 0;
}

/* A pipe holds it, which is enough for a request. */
static int read_body(int fd, size_t n)
{
	int ends[2];
	char c;

	if (pipe(ends) != 0)
		fail("pipe");
	while (n-- > 0 && read(fd, &c, 1) == 1)
		if (write(ends[1], &c, 1) != 1)
			break;
	close(ends[1]);
	return ends[0];
}

static void answer(int fd, const char *command)
{
	static char header[HEADER_MAX];
	int body;

	read_header(fd, header);
	body = read_body(fd, body_length(header));
	header[strcspn(header, "\r\n")] = '\0';
	if (setenv("REQUEST", header, 1) != 0 || dup2(body, 0) < 0 || dup2(fd, 1) < 0)
		fail("redirection");
	(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	fail("/bin/sh");
}

static void serve(int listener, pid_t until, const char *command)
{
	struct pollfd wait = {.fd = listener, .events = POLLIN};

	(void)signal(SIGCHLD, SIG_IGN); /* nobody waits for the commands */
	while (kill(until, 0) == 0) {
		int fd;

		if (poll(&wait, 1, LOOK_MS) <= 0)
			continue;
		fd = accept(listener, NULL, NULL);
		if (fd >= 0 && fork() == 0) {
			close(listener);
			answer(fd, command);
		}
		if (fd >= 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 3) {
		fprintf(stderr, "usage: responder PID COMMAND\n");
		return 2;
	}
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, n) != 0 ||
	    listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&at, &n) != 0)
		fail("listen");
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	if (fork() != 0)
		return 0;
	close(1); /* whoever reads the port is not to wait for more */
	close(2);
	serve(listener, (pid_t)strtol(argv[1], NULL, 10), argv[2]);
	return 0;
}
