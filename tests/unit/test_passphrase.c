#include "core/passphrase.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct pool pool = POOL_INIT;

static void expect(const char *first, const char *second, const char *const phrase[2],
		   const char *error)
{
	const char *const source[2] = {first, second};
	const char *got[2];
	struct strbuf why = STRBUF_INIT;
	bool ok = passphrases_resolve(&pool, source, got, &why);

	cr_expect_eq(ok, error == NULL, "%s: %s", first, why.p);
	if (error)
		cr_expect_str_eq(why.p, error);
	for (size_t i = 0; ok && i < 2; i++)
		if (phrase[i])
			cr_expect_str_eq(got[i], phrase[i]);
		else
			cr_expect_null(got[i]);
	strbuf_release(&why);
	pool_release(&pool);
}

Test(passphrase, sources)
{
	char dir[] = "/tmp/s_server-unit-XXXXXX";
	char path[64], source[80];
	FILE *f;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/p", dir);
	(void)snprintf(source, sizeof(source), "file:%s", path);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	(void)fputs("one\r\ntwo", f);
	cr_assert_eq(fclose(f), 0);
	cr_assert_eq(setenv("PASSPHRASE_TEST", "from env", 1), 0);

	expect(NULL, NULL, (const char *const[]){NULL, NULL}, NULL);
	expect("pass:a:b", NULL, (const char *const[]){"a:b", NULL}, NULL);
	expect("pass:", NULL, (const char *const[]){"", NULL}, NULL);
	expect(NULL, "pass:x", (const char *const[]){NULL, "x"}, NULL);
	expect("env:PASSPHRASE_TEST", "pass:y", (const char *const[]){"from env", "y"}, NULL);
	expect(source, NULL, (const char *const[]){"one", NULL}, NULL);
	/* The same source twice: its first and its second line. */
	expect(source, source, (const char *const[]){"one", "two"}, NULL);
	cr_expect_eq(unlink(path), 0);
	cr_expect_eq(rmdir(dir), 0);
}

/* What follows the line stays in the pipe, for the session. */
Test(passphrase, one_line_of_a_descriptor)
{
	const char *const none[2] = {"x", NULL};
	char source[16], rest[8];
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(write(fds[1], "x\nrest", 6), 6);
	(void)snprintf(source, sizeof(source), "fd:%d", fds[0]);
	expect(source, NULL, none, NULL);
	cr_expect_eq(read(fds[0], rest, sizeof(rest)), 4);
	cr_expect_eq(memcmp(rest, "rest", 4), 0);
	cr_expect_eq(close(fds[1]), 0);
	cr_expect_eq(dup2(fds[0], 0), 0);
	expect("stdin", NULL, none, "Error reading password from stdin");
	cr_expect_eq(close(fds[0]), 0);
}

Test(passphrase, wrong_sources)
{
	expect("abc", NULL, NULL,
	       "Invalid password argument, missing ':' within the first 5 chars");
	expect("longscheme:x", NULL, NULL,
	       "Invalid password argument, missing ':' within the first 5 chars");
	expect("foo:bar", NULL, NULL, "Invalid password argument, starting with \"foo:\"");
	expect("env:S_SERVER_NO_SUCH", NULL, NULL, "No environment variable S_SERVER_NO_SUCH");
	expect("file:/nosuch", NULL, NULL, "Can't open file /nosuch: No such file or directory");
	expect("fd:abc", NULL, NULL, "Can't access file descriptor abc");
	expect("fd:-1", NULL, NULL, "Can't access file descriptor -1");
	expect("fd:99", NULL, NULL, "Error reading password from fd:99");
	expect("file:/dev/null", NULL, NULL, "Error reading password from file:/dev/null");
}

static void read_until(int fd, struct strbuf *text, const char *what)
{
	char chunk[256];
	ssize_t n;

	while (!text->p || !strstr(text->p, what)) {
		n = read(fd, chunk, sizeof(chunk));
		cr_assert_gt(n, 0, "no %s in: %s", what, text->p);
		strbuf_add(text, chunk, (size_t)n);
	}
}

/* The phrase is not echoed, and echo is on again afterwards. */
Test(passphrase, asked_at_the_terminal, .timeout = 30)
{
	struct strbuf text = STRBUF_INIT;
	int tty, status;
	pid_t child = forkpty(&tty, NULL, NULL, NULL);

	cr_assert_geq(child, 0);
	if (child == 0) {
		const char *phrase = NULL;
		bool ok = passphrase_ask(&pool, "k.pem", false, &phrase);

		(void)printf("got %d %zu\n", ok, ok ? strlen(phrase) : 0);
		(void)fflush(stdout);
		(void)getchar();
		_exit(ok && strcmp(phrase, "secret") == 0 ? 0 : 1);
	}
	read_until(tty, &text, "Enter pass phrase for k.pem:");
	cr_assert_eq(write(tty, "secret\n", 7), 7);
	read_until(tty, &text, "got 1 6");
	cr_expect_null(strstr(text.p, "secret"), "%s", text.p);
	cr_assert_eq(write(tty, "echo\n", 5), 5);
	read_until(tty, &text, "echo");
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
	cr_expect_eq(close(tty), 0);
	strbuf_release(&text);
}

/* ^C ends the process, with echo on again. */
Test(passphrase, interrupt_at_the_terminal, .timeout = 30)
{
	struct strbuf text = STRBUF_INIT;
	struct termios modes;
	int tty, status, slave;
	char name[64];
	pid_t child = forkpty(&tty, name, NULL, NULL);

	cr_assert_geq(child, 0);
	if (child == 0) {
		const char *phrase = NULL;

		_exit(passphrase_ask(&pool, "k.pem", false, &phrase) ? 0 : 1);
	}
	slave = open(name, O_RDWR | O_NOCTTY);
	cr_assert_geq(slave, 0);
	read_until(tty, &text, "Enter pass phrase for k.pem:");
	cr_assert_eq(write(tty, "\3", 1), 1);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFSIGNALED(status), "%x", (unsigned)status);
	cr_assert_eq(tcgetattr(slave, &modes), 0);
	cr_expect(modes.c_lflag & ECHO);
	cr_expect_eq(close(slave), 0);
	cr_expect_eq(close(tty), 0);
	strbuf_release(&text);
}
