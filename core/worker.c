#include "core/worker.h"

#include "core/report.h"

#include <errno.h>
#include <sys/socket.h>

enum {
	ACCEPTS_PER_EVENT = 32,
	ACCEPT_PAUSE_MS = 100, /* when descriptors or memory are short */
};

/* ---- accepting ---- */

static bool at_limit(const struct server *srv)
{
	const struct server_config *cfg = srv->cfg;

	return (srv->mode->terminal && srv->n_conns > 0) ||
	       (cfg->max_connections && srv->n_conns >= cfg->max_connections);
}

static void stop_listening(struct worker *w)
{
	if (w->listening)
		(void)uv_poll_stop(&w->listen_poll); /* never fails */
	w->listening = false;
}

static void on_accept_timer(uv_timer_t *timer)
{
	worker_listen(timer->data);
}

/* accept() failed. True when the next one may be tried at once. */
static bool accept_failed(struct worker *w, int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
		return true;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		/* The client stays in the backlog and the socket readable: do not spin on it. */
		stop_listening(w);
		(void)uv_timer_start(&w->accept_timer, on_accept_timer, ACCEPT_PAUSE_MS, 0);
		return false;
	default: /* the client's own trouble, or nobody there any more */
		return false;
	}
}

/* True when one more may be tried. */
static bool accept_one(struct worker *w)
{
	struct server *srv = w->srv;
	int fd = accept4(srv->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c;

	if (fd < 0)
		return accept_failed(w, errno);
	srv->accepted++;
	c = conn_new(w, fd);
	if (c) {
		report_accept(c);
		conn_run(c, false);
	}
	if (srv->cfg->naccept && srv->accepted >= srv->cfg->naccept) {
		server_stop(srv);
		return false;
	}
	return true;
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
	struct worker *w = poll->data;

	(void)status; /* accept() tells */
	(void)events;
	for (int i = 0; i < ACCEPTS_PER_EVENT && !w->srv->stopping; i++) {
		if (at_limit(w->srv)) {
			stop_listening(w);
			return;
		}
		if (!accept_one(w))
			return;
	}
}

void worker_listen(struct worker *w)
{
	if (w->listening || w->srv->stopping || at_limit(w->srv))
		return;
	w->listening = uv_poll_start(&w->listen_poll, UV_READABLE, on_listen) == 0;
}

/* ---- connections that want to run again ---- */

static void on_again(uv_idle_t *idle)
{
	struct worker *w = idle->data;
	struct conn *c = w->again;

	w->again = w->again_last = NULL;
	while (c) {
		struct conn *next = c->again_next;

		c->queued = false;
		conn_run(c, false);
		c = next;
	}
	if (!w->again)
		(void)uv_idle_stop(idle); /* never fails */
}

void conn_run_again(struct conn *c)
{
	struct worker *w = c->worker;

	if (c->queued || c->state == CONN_GONE)
		return;
	c->queued = true;
	c->again_next = NULL;
	if (w->again_last)
		w->again_last->again_next = c;
	else
		w->again = c;
	w->again_last = c;
	(void)uv_idle_start(&w->again_idle, on_again); /* never fails */
}

/* ---- life ---- */

void worker_init(struct worker *w, struct server *srv)
{
	w->srv = srv;
	(void)uv_loop_init(&w->loop); /* fails only without memory or descriptors */
	w->loop.data = w;
}

void worker_start(struct worker *w)
{
	(void)uv_idle_init(&w->loop, &w->again_idle);
	w->again_idle.data = w;
	(void)uv_poll_init(&w->loop, &w->listen_poll, w->srv->listener.fd);
	w->listen_poll.data = w;
	(void)uv_timer_init(&w->loop, &w->accept_timer);
	w->accept_timer.data = w;
	worker_listen(w);
}

void worker_stop(struct worker *w)
{
	stop_listening(w);
	(void)uv_timer_stop(&w->accept_timer); /* never fails */
	uv_close((uv_handle_t *)&w->listen_poll, NULL);
}

static void close_if_open(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void worker_close(struct worker *w)
{
	uv_walk(&w->loop, close_if_open, NULL);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT); /* closes the handles */
	(void)uv_loop_close(&w->loop);
}
