/*
 * tests/support/proc.h -- child processes of tests: started, fed, read with a deadline, ended.
 *
 * Nothing sleeps: a test waits for a line or for the end. What goes wrong (a deadline, an
 * unexpected end) fails the running Criterion test with everything the child has printed.
 */
#ifndef S_SERVER_TESTS_PROC_H
#define S_SERVER_TESTS_PROC_H

#include "core/strbuf.h"

#include <sys/types.h>

enum { PROC_DEADLINE_MS = 30000 };

enum proc_stdin { PROC_STDIN_PIPE, PROC_STDIN_NULL, PROC_STDIN_CLOSED };

struct proc {
	pid_t pid;              /* leader of its own process group; 0 when ended */
	int in, out, err;       /* our ends; -1 when closed */
	struct strbuf out_text; /* everything printed on stdout so far */
	struct strbuf err_text;
	int status; /* after proc_wait(): exit status, or 128 + signal */
};

/* The build directory whose programs are tested: $TEST_SERVERS, or the one of the test itself. */
const char *test_servers(void);

/* argv[0] is searched in PATH. cwd NULL: the current directory. */
void proc_start(struct proc *p, const char *const *argv, enum proc_stdin in, const char *cwd);
/* `sh -c command`, printf-formatted. */
void proc_shell(struct proc *p, enum proc_stdin in, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void proc_write(struct proc *p, const char *text);
void proc_close_stdin(struct proc *p);

/* Wait until that text is in out_text or err_text; the text's position there. */
const char *proc_expect_out(struct proc *p, const char *text);
const char *proc_expect_err(struct proc *p, const char *text);
/* The same without failing the test: NULL when the process ended or the time is over. */
const char *proc_find_out(struct proc *p, const char *text, int ms);
const char *proc_find_err(struct proc *p, const char *text, int ms);

/* Read both streams to their end and reap: the exit status, 128 + signal for a killed one. */
int proc_wait(struct proc *p);
/* The same with a time limit: false (still running) when it is over. */
bool proc_wait_ms(struct proc *p, int ms);
void proc_signal(struct proc *p, int number);
/* Kill what still runs, with its group, and free. */
void proc_release(struct proc *p);

/* Run a shell command to its end: stdout and stderr in *text, the exit status as result. */
int shell(struct strbuf *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
