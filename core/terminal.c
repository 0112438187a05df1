#include "core/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct terminal {
	struct conn *conn;
	uv_poll_t poll;
	bool pollable; /* regular files and /dev/null are always ready and cannot be watched */
	bool watching;
	bool ended, any;
};

static void on_input(uv_poll_t *poll, int status, int events)
{
	struct terminal *t = poll->data;

	(void)events;
	if (status < 0)
		t->watching = false; /* libuv has stopped; read() tells why */
	if (t->conn)
		conn_run(t->conn, false);
}

struct terminal *terminal_new(uv_loop_t *loop)
{
	struct terminal *t = xcalloc(1, sizeof(*t));
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	t->pollable = uv_poll_init(loop, &t->poll, STDIN_FILENO) == 0;
	/* libuv made it non-blocking, for the shell and our stdout, too, where they share it. */
	if (flags != -1)
		(void)fcntl(STDIN_FILENO, F_SETFL, flags); /* at worst it stays non-blocking */
	t->poll.data = t;
	return t;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void terminal_free(struct terminal *t)
{
	if (!t)
		return;
	if (t->pollable)
		uv_close((uv_handle_t *)&t->poll, on_closed);
	else
		free(t);
}

void terminal_want(struct terminal *t, bool want)
{
	want = want && t->conn && !t->ended;
	if (!t->pollable || want == t->watching)
		return;
	t->watching = want;
	if (want)
		(void)uv_poll_start(&t->poll, UV_READABLE, on_input);
	else
		(void)uv_poll_stop(&t->poll); /* neither fails on a live handle */
}

void terminal_attach(struct terminal *t, struct conn *c)
{
	t->conn = c;
	terminal_want(t, c != NULL);
	if (c && !t->pollable && !t->ended)
		conn_run_again(c);
}

enum terminal_result terminal_read(struct terminal *t, void *buf, size_t len, size_t *done)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	ssize_t n;

	if (t->ended)
		return TERMINAL_END;
	if (t->pollable && poll(&p, 1, 0) <= 0)
		return TERMINAL_NONE;
	n = read(STDIN_FILENO, buf, len);
	if (n > 0) {
		*done = (size_t)n;
		t->any = true;
		return TERMINAL_DATA;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return TERMINAL_NONE;
	t->ended = true;
	terminal_want(t, false);
	return TERMINAL_END;
}

bool terminal_was_empty(const struct terminal *t)
{
	return t->ended && !t->any;
}

bool terminal_ended(const struct terminal *t)
{
	return t->ended;
}
