#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { END_MS = 8000 };

const char *e2e_backend(void)
{
	const char *name = getenv("TEST_BACKEND");

	cr_assert(name && *name, "TEST_BACKEND is not set");
	return name;
}

bool e2e_on(const char *backend)
{
	return strncmp(e2e_backend(), backend, strlen(backend)) == 0;
}

const char *e2e_program(void)
{
	static char command[512];
	const char *other =
		getenv("TEST_SERVER"); /* "openssl s_server": tries the tests themselves */

	if (other)
		return other;
	(void)snprintf(command, sizeof(command), "%s/bin/s_server --backend=%s", test_servers(),
		       e2e_backend());
	return command;
}

bool e2e_supports(const char *options)
{
	struct strbuf text = STRBUF_INIT;
	int status;

	if (getenv("TEST_SERVER"))
		return true;
	status = shell(&text, "%s --supports %s", e2e_program(), options);
	cr_assert(status == 0 || status == 77, "--supports %s: status %d\n%s", options, status,
		  text.p ? text.p : "");
	strbuf_release(&text);
	return status == 0;
}

static const char preamble[] =
	"cd %s; PORT=%u; T=%s; export PORT T; OPENSSL_CONF=%s; export OPENSSL_CONF; "
	"if [ $PORT = 0 ]; then A=\"-unix $T/s\"; else A=\"-connect 127.0.0.1:$PORT\"; fi; "
	"C=\"timeout 20 openssl s_client $A\"; "
	"R=\"" TEST_BINARY_DIR "/tests/responder $$\"; "
	"G=\"timeout 20 gnutls-cli --no-ca-verification -p $PORT 127.0.0.1\"; ";

static void command_text(struct strbuf *out, const struct server *s, const char *command)
{
	const char *conf = getenv("TEST_OPENSSL_CONF");

	strbuf_addf(out, preamble, TEST_PKI, s->port, s->dir, conf ? conf : "/dev/null");
	strbuf_adds(out, command);
}

static bool has_word(const char *options, const char *word)
{
	const char *at = strstr(options, word);
	size_t n = strlen(word);

	return at && (at == options || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0');
}

static bool wait_for_socket(struct server *s)
{
	char path[128];
	struct stat st;
	struct timespec pause = {0, 2000000};

	(void)snprintf(path, sizeof(path), "%s/s", s->dir);
	for (int i = 0; i < 5000; i++) {
		if (stat(path, &st) == 0)
			return true;
		if (proc_wait_ms(&s->proc, 0) || (s->proc.out < 0 && s->proc.err < 0))
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static bool wait_for_port(struct server *s)
{
	const char *line = proc_find_out(&s->proc, "ACCEPT", PROC_DEADLINE_MS);
	const char *end = NULL;

	if (!line)
		return false;
	/* the line may come in pieces */
	while (!(end = strchr(line, '\n'))) {
		if (!proc_find_out(&s->proc, "\n", PROC_DEADLINE_MS))
			return false;
		line = proc_find_out(&s->proc, "ACCEPT", 0);
	}
	while (end > line && *end != ':')
		end--;
	s->port = (unsigned)strtoul(end + 1, NULL, 10);
	return true;
}

bool server_try_start(struct server *s, unsigned naccept, const char *options)
{
	struct strbuf command = STRBUF_INIT;
	bool unix_socket = has_word(options, "-unix"), up;
	size_t environment = strchr(options, '=') && *options != '-' ? strcspn(options, "-") : 0;

	*s = (struct server){.naccept = naccept};
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/s_server-e2e-XXXXXX");
	cr_assert(mkdtemp(s->dir), "mkdtemp");
	strbuf_add(&command, options, environment); /* NAME=value ... */
	strbuf_addf(&command, "exec %s %s", e2e_program(), options + environment);
	if (!unix_socket && !has_word(options, "-accept") && !has_word(options, "-port"))
		strbuf_adds(&command, " -accept 127.0.0.1:0");
	if (naccept)
		strbuf_addf(&command, " -naccept %u", naccept);
	{
		struct strbuf whole = STRBUF_INIT;

		command_text(&whole, s, command.p);
		proc_shell(&s->proc, PROC_STDIN_PIPE, "%s", whole.p);
		strbuf_release(&whole);
	}
	strbuf_release(&command);
	up = unix_socket ? wait_for_socket(s) : wait_for_port(s);
	if (!up && s->proc.pid)
		(void)proc_wait_ms(&s->proc, END_MS);
	return up;
}

void server_start(struct server *s, unsigned naccept, const char *options)
{
	bool up = server_try_start(s, naccept, options);

	cr_assert(up, "s_server %s: not listening\n%s%s", options,
		  s->proc.out_text.p ? s->proc.out_text.p : "",
		  s->proc.err_text.p ? s->proc.err_text.p : "");
}

int server_client(struct server *s, struct strbuf *text, const char *command)
{
	struct strbuf whole = STRBUF_INIT;
	int status;

	command_text(&whole, s, command);
	status = shell(text, "%s", whole.p);
	strbuf_release(&whole);
	return status;
}

void server_client_start(struct server *s, struct proc *client, enum proc_stdin in,
			 const char *command)
{
	struct strbuf whole = STRBUF_INIT;

	command_text(&whole, s, command);
	proc_shell(client, in, "%s", whole.p);
	strbuf_release(&whole);
}

bool server_wait(struct server *s)
{
	if (!s->proc.pid || proc_wait_ms(&s->proc, END_MS))
		return true;
	proc_signal(&s->proc, SIGKILL);
	(void)proc_wait_ms(&s->proc, END_MS);
	return false;
}

static void remove_directory(const char *dir)
{
	struct strbuf unused = STRBUF_INIT;

	(void)shell(&unused, "rm -rf %s", dir);
	strbuf_release(&unused);
}

void server_stop_release(struct server *s)
{
	if (s->proc.pid) {
		proc_signal(&s->proc, SIGTERM);
		(void)server_wait(s);
	}
	proc_release(&s->proc);
	remove_directory(s->dir);
}

void transcript_add(struct strbuf *out, const char *label, const struct strbuf *text)
{
	const char *line = text->p, *end = text->p + text->n;

	while (text->p && line < end) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		const char *stop = lf ? lf : end;

		strbuf_addf(out, "%s| ", label);
		for (const char *c = line; c < stop; c++)
			strbuf_addc(out, *c ? *c : '@'); /* regexec() ends at NUL */
		strbuf_addc(out, '\n');
		line = stop + 1;
	}
}

void server_transcript(struct server *s, struct strbuf *out)
{
	struct strbuf files = STRBUF_INIT;

	transcript_add(out, "stdout", &s->proc.out_text);
	transcript_add(out, "stderr", &s->proc.err_text);
	(void)shell(&files, "for f in %s/*; do [ -f $f ] && cat $f; done", s->dir);
	transcript_add(out, "file", &files);
	strbuf_release(&files);
}

bool e2e_run(unsigned naccept, const char *options, const char *client, struct strbuf *transcript)
{
	struct strbuf text = STRBUF_INIT;
	struct server s;
	bool started = server_try_start(&s, naccept, options);

	if (started) {
		int status = server_client(&s, &text, client);

		transcript_add(transcript, "client", &text);
		strbuf_addf(transcript, "client status| %d\n", status);
		strbuf_addf(transcript, "%s", server_wait(&s) ? "" : "did not end|\n");
	}
	server_transcript(&s, transcript);
	strbuf_addf(transcript, "server status| %d\n", s.proc.status);
	server_stop_release(&s);
	strbuf_release(&text);
	return started;
}

bool text_matches(const struct strbuf *text, const char *pattern)
{
	regex_t re;
	bool found;
	int rc = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);

	cr_assert_eq(rc, 0, "bad pattern %s", pattern);
	found = text->p && regexec(&re, text->p, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

void proved(const char *option)
{
	char path[512], line[128];
	int fd, n;

	(void)snprintf(path, sizeof(path), "%s/tests/proofs-%s", TEST_BINARY_DIR, e2e_backend());
	n = snprintf(line, sizeof(line), "%s\n", option);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	cr_assert(fd >= 0 && write(fd, line, (size_t)n) == n, "cannot write %s", path);
	(void)close(fd);
}
