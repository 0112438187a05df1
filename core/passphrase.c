#include "core/passphrase.h"

#include "core/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { PHRASE_MAX = 1024 }; /* as APP_PASS_LEN of the openssl program */

/* Bytewise, so that nothing behind the line is taken from a pipe. */
static bool read_line(int fd, struct pool *pool, const char **line)
{
	char *buf = pool_alloc(pool, PHRASE_MAX);
	size_t n = 0;

	while (n < PHRASE_MAX - 1) {
		ssize_t got = read(fd, buf + n, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (got == 0 && n == 0))
			return false;
		if (got == 0 || buf[n] == '\n')
			break;
		n++;
	}
	if (n && buf[n - 1] == '\r')
		n--;
	buf[n] = '\0';
	*line = buf;
	return true;
}

static bool parse_fd(const char *text, int *fd)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < 0 || n > 1 << 20)
		return false;
	*fd = (int)n;
	return true;
}

/* The descriptor that a source names, -1 with `why` filled. */
static int open_source(const char *source, struct strbuf *why)
{
	int fd = -1;

	if (strcmp(source, "stdin") == 0)
		return 0;
	if (strncmp(source, "fd:", 3) == 0) {
		if (!parse_fd(source + 3, &fd))
			strbuf_addf(why, "Can't access file descriptor %s", source + 3);
		return fd;
	}
	if (strncmp(source, "file:", 5) == 0) {
		fd = open(source + 5, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			strbuf_addf(why, "Can't open file %s: %s", source + 5, strerror(errno));
		return fd;
	}
	if (strchr(source, ':') && strchr(source, ':') - source < 5)
		strbuf_addf(why, "Invalid password argument, starting with \"%.*s\"",
			    (int)(strchr(source, ':') - source + 1), source);
	else
		strbuf_adds(why, "Invalid password argument, missing ':' within the first 5 chars");
	return -1;
}

/* `lines` phrases, one a line, from whatever the source names. */
static bool resolve(struct pool *pool, const char *source, const char **phrase[], size_t lines,
		    struct strbuf *why)
{
	bool ok = true;
	int fd;

	if (strncmp(source, "pass:", 5) == 0 || strncmp(source, "env:", 4) == 0) {
		bool direct = *source == 'p';
		const char *value = direct ? source + 5 : getenv(source + 4);

		if (!value) {
			strbuf_addf(why, "No environment variable %s", source + 4);
			return false;
		}
		for (size_t i = 0; i < lines; i++)
			*phrase[i] = pool_strdup(pool, value);
		return true;
	}
	fd = open_source(source, why);
	if (fd < 0)
		return false;
	for (size_t i = 0; ok && i < lines; i++)
		ok = read_line(fd, pool, phrase[i]);
	if (!ok)
		strbuf_addf(why, "Error reading password from %s", source);
	if (fd > 2 && strncmp(source, "file:", 5) == 0)
		(void)close(fd); /* read only */
	return ok;
}

bool passphrases_resolve(struct pool *pool, const char *const source[2], const char *phrase[2],
			 struct strbuf *why)
{
	const char **both[] = {&phrase[0], &phrase[1]};

	phrase[0] = phrase[1] = NULL;
	if (source[0] && source[1] && strcmp(source[0], source[1]) == 0)
		return resolve(pool, source[0], both, 2, why);
	for (size_t i = 0; i < 2; i++)
		if (source[i] && !resolve(pool, source[i], both + i, 1, why))
			return false;
	return true;
}

/* True when the terminal has a line; false when a signal wants to end the process. */
static bool wait_for_line(int tty, int signals)
{
	struct pollfd fds[] = {{.fd = tty, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	int n;

	do
		n = poll(fds, 2, -1);
	while (n < 0 && errno == EINTR); /* stopped and continued */
	return n > 0 && !fds[1].revents;
}

/* Signals that would end the process wait until the echo is back. */
static bool ask_silently(int tty, struct pool *pool, const char *file, const char **phrase)
{
	struct termios old, silent;
	sigset_t ending, mask;
	bool ok = tcgetattr(tty, &old) == 0;
	int signals;

	if (!ok)
		return false;
	(void)sigemptyset(&ending); /* these cannot fail */
	(void)sigaddset(&ending, SIGINT);
	(void)sigaddset(&ending, SIGQUIT);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigaddset(&ending, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ending, &mask);
	signals = signalfd(-1, &ending, SFD_CLOEXEC);
	silent = old;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	/* What was typed before the question is no answer; after the answer it is for others. */
	ok = tcsetattr(tty, TCSAFLUSH, &silent) == 0;
	if (ok) {
		out_printf(tty, "Enter pass phrase for %s:", file);
		ok = wait_for_line(tty, signals) && read_line(tty, pool, phrase);
		(void)tcsetattr(tty, TCSADRAIN, &old); /* it worked a moment ago */
	}
	out_printf(tty, "\n");
	if (signals >= 0)
		(void)close(signals);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return ok;
}

bool passphrase_ask(struct pool *pool, const char *file, bool terminal_only, const char **phrase)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	bool ok;

	if (tty < 0 && terminal_only)
		return false;
	if (tty < 0) {
		out_printf(2, "Enter pass phrase for %s:", file);
		ok = read_line(0, pool, phrase);
		out_printf(2, "\n");
		return ok;
	}
	ok = ask_silently(tty, pool, file, phrase);
	(void)close(tty); /* nothing to lose */
	return ok;
}
