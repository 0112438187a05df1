#include "tests/support/proc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void make_pipe(int fd[2])
{
	cr_assert_eq(pipe2(fd, O_CLOEXEC), 0, "pipe: %s", strerror(errno));
}

static void child(const char *const *argv, enum proc_stdin in, const char *cwd, int in_fd,
		  int out_fd, int err_fd)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setpgid(0, 0);
	if (in == PROC_STDIN_CLOSED)
		(void)close(0);
	else if (dup2(in_fd, 0) < 0)
		_exit(126);
	if (dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0 || (cwd && chdir(cwd) != 0))
		_exit(126);
	(void)execvp(argv[0], (char *const *)argv);
	_exit(127);
}

const char *test_servers(void)
{
	const char *other = getenv("TEST_SERVERS");

	return other ? other : TEST_BINARY_DIR;
}

void proc_start(struct proc *p, const char *const *argv, enum proc_stdin in, const char *cwd)
{
	int in_fd[2] = {-1, -1}, out_fd[2], err_fd[2];

	*p = (struct proc){.in = -1};
	if (in == PROC_STDIN_PIPE)
		make_pipe(in_fd);
	else if (in == PROC_STDIN_NULL)
		in_fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	make_pipe(out_fd);
	make_pipe(err_fd);
	p->pid = fork();
	cr_assert_geq(p->pid, 0, "fork: %s", strerror(errno));
	if (p->pid == 0)
		child(argv, in, cwd, in_fd[0], out_fd[1], err_fd[1]);
	(void)setpgid(p->pid, p->pid); /* the child does the same: whoever is first */
	if (in_fd[0] >= 0)
		(void)close(in_fd[0]);
	(void)close(out_fd[1]);
	(void)close(err_fd[1]);
	p->in = in_fd[1];
	p->out = out_fd[0];
	p->err = err_fd[0];
	(void)signal(SIGPIPE, SIG_IGN);
}

static void start_shell(struct proc *p, enum proc_stdin in, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void start_shell(struct proc *p, enum proc_stdin in, const char *fmt, va_list ap)
{
	struct strbuf command = STRBUF_INIT;
	const char *argv[] = {"/bin/sh", "-c", NULL, NULL};

	strbuf_vaddf(&command, fmt, ap);
	argv[2] = command.p;
	proc_start(p, argv, in, NULL);
	strbuf_release(&command);
}

void proc_shell(struct proc *p, enum proc_stdin in, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	start_shell(p, in, fmt, ap);
	va_end(ap);
}

void proc_write(struct proc *p, const char *text)
{
	size_t n = strlen(text);
	ssize_t done;

	for (size_t pos = 0; pos < n; pos += (size_t)done) {
		done = write(p->in, text + pos, n - pos);
		if (done < 0)
			return; /* the child has gone: what follows finds out */
	}
}

void proc_close_stdin(struct proc *p)
{
	if (p->in >= 0)
		(void)close(p->in);
	p->in = -1;
}

/* One read from a stream that has something; closes it at its end. */
static void take(int *fd, struct strbuf *text)
{
	char chunk[65536];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n > 0) {
		strbuf_add(text, chunk, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		(void)close(*fd);
		*fd = -1;
	}
}

/* Wait for output. False when both streams have ended or the time is over. */
static bool read_some(struct proc *p, int64_t until)
{
	struct pollfd fds[2] = {{.fd = p->out, .events = POLLIN}, {.fd = p->err, .events = POLLIN}};
	int64_t left = until - now_ms();

	if ((p->out < 0 && p->err < 0) || left <= 0)
		return false;
	if (poll(fds, 2, (int)left) <= 0)
		return false;
	if (fds[0].revents)
		take(&p->out, &p->out_text);
	if (fds[1].revents)
		take(&p->err, &p->err_text);
	return true;
}

static const char *find(struct proc *p, const struct strbuf *in, const char *text, int ms)
{
	int64_t until = now_ms() + ms;
	const char *found = NULL;

	do
		found = in->p ? memmem(in->p, in->n, text, strlen(text)) : NULL;
	while (!found && read_some(p, until));
	return found;
}

const char *proc_find_out(struct proc *p, const char *text, int ms)
{
	return find(p, &p->out_text, text, ms);
}

const char *proc_find_err(struct proc *p, const char *text, int ms)
{
	return find(p, &p->err_text, text, ms);
}

static const char *shown(const struct strbuf *text)
{
	return text->p ? text->p : "";
}

const char *proc_expect_out(struct proc *p, const char *text)
{
	const char *found = proc_find_out(p, text, PROC_DEADLINE_MS);

	cr_assert(found, "no \"%s\" on stdout, which holds:\n%s\nand stderr:\n%s", text,
		  shown(&p->out_text), shown(&p->err_text));
	return found;
}

const char *proc_expect_err(struct proc *p, const char *text)
{
	const char *found = proc_find_err(p, text, PROC_DEADLINE_MS);

	cr_assert(found, "no \"%s\" on stderr, which holds:\n%s\nand stdout:\n%s", text,
		  shown(&p->err_text), shown(&p->out_text));
	return found;
}

bool proc_wait_ms(struct proc *p, int ms)
{
	int64_t until = now_ms() + ms;
	int status = 0;

	while (read_some(p, until))
		;
	if (p->out >= 0 || p->err >= 0)
		return false;
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	p->pid = 0;
	return true;
}

int proc_wait(struct proc *p)
{
	bool ended = proc_wait_ms(p, PROC_DEADLINE_MS);

	cr_assert(ended, "the process did not end; stdout:\n%s\nstderr:\n%s", shown(&p->out_text),
		  shown(&p->err_text));
	return p->status;
}

void proc_signal(struct proc *p, int number)
{
	if (p->pid > 0)
		(void)kill(p->pid, number);
}

void proc_release(struct proc *p)
{
	if (p->pid > 0) {
		(void)kill(-p->pid, SIGKILL);
		(void)waitpid(p->pid, NULL, 0);
	}
	proc_close_stdin(p);
	if (p->out >= 0)
		(void)close(p->out);
	if (p->err >= 0)
		(void)close(p->err);
	strbuf_release(&p->out_text);
	strbuf_release(&p->err_text);
	*p = (struct proc){.in = -1, .out = -1, .err = -1};
}

int shell(struct strbuf *text, const char *fmt, ...)
{
	struct proc p;
	va_list ap;
	int status;

	va_start(ap, fmt);
	start_shell(&p, PROC_STDIN_NULL, fmt, ap);
	va_end(ap);
	status = proc_wait(&p);
	strbuf_add(text, shown(&p.out_text), p.out_text.n);
	strbuf_add(text, shown(&p.err_text), p.err_text.n);
	proc_release(&p);
	return status;
}
