#include "core/worker.h"

#include "core/report.h"

#include <errno.h>
#include <sys/socket.h>

enum {
	ACCEPTS_PER_EVENT = 32,
	ACCEPT_PAUSE_MS = 100, /* when descriptors or memory are short */
};

/* ---- accepting ---- */

/* With accept_lock. */
static bool at_limit(const struct server *srv)
{
	const struct server_config *cfg = srv->cfg;

	return srv->stopping || (srv->mode->terminal && srv->n_conns > 0) ||
	       (cfg->naccept && srv->accepted >= cfg->naccept) ||
	       (cfg->max_connections && srv->n_conns >= cfg->max_connections);
}

static void stop_listening(struct worker *w)
{
	if (w->listening)
		(void)uv_poll_stop(&w->listen_poll); /* never fails */
	w->listening = false;
}

static void on_listen(uv_poll_t *poll, int status, int events);

static void start_listening(struct worker *w)
{
	struct server *srv = w->srv;
	bool wanted;

	if (w->listening || w->stopped)
		return;
	uv_mutex_lock(&srv->accept_lock);
	wanted = !at_limit(srv);
	uv_mutex_unlock(&srv->accept_lock);
	if (wanted)
		w->listening = uv_poll_start(&w->listen_poll, UV_READABLE, on_listen) == 0;
}

static void on_accept_timer(uv_timer_t *timer)
{
	start_listening(timer->data);
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

enum taken { TAKEN_ONE, TAKEN_LAST, TAKEN_NONE, TAKEN_LIMIT };

/* The next client and its number, counted: at most one more than the limits allowed before. NONE:
 * errno tells why. */
static enum taken take_client(struct server *srv, int *fd, uint64_t *id)
{
	enum taken taken = TAKEN_LIMIT;

	uv_mutex_lock(&srv->accept_lock);
	if (!at_limit(srv)) {
		*fd = accept4(srv->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		taken = *fd < 0 ? TAKEN_NONE : TAKEN_ONE;
	}
	if (taken == TAKEN_ONE) {
		*id = ++srv->accepted;
		srv->n_conns++;
		if (srv->accepted == srv->cfg->naccept)
			taken = TAKEN_LAST;
	}
	uv_mutex_unlock(&srv->accept_lock);
	return taken;
}

/* True when one more may be tried. */
static bool accept_one(struct worker *w)
{
	struct server *srv = w->srv;
	uint64_t id = 0;
	int fd = -1;
	enum taken taken = take_client(srv, &fd, &id);
	struct conn *c;

	if (taken == TAKEN_NONE)
		return accept_failed(w, errno);
	if (taken == TAKEN_LIMIT) {
		stop_listening(w);
		return false;
	}
	c = conn_new(w, fd, id);
	if (c) {
		report_accept(c);
		conn_run(c, false);
	} else {
		server_conn_done(w);
	}
	if (taken == TAKEN_LAST)
		server_stop(srv);
	return taken == TAKEN_ONE;
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
	struct worker *w = poll->data;
	/* Where there are others, one that is idle may take the next. */
	int most = w->srv->n_workers > 1 ? 1 : ACCEPTS_PER_EVENT;

	(void)status; /* accept() tells */
	(void)events;
	while (most-- > 0 && !w->stopped && accept_one(w))
		;
}

void server_conn_done(struct worker *w)
{
	struct server *srv = w->srv;

	uv_mutex_lock(&srv->accept_lock);
	srv->n_conns--;
	uv_mutex_unlock(&srv->accept_lock);
	start_listening(w);
	if (!srv->cfg->max_connections)
		return;
	for (unsigned i = 0; i < srv->n_workers; i++)
		if (&srv->workers[i] != w)
			worker_wake(&srv->workers[i]);
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

/* The loop then ends when the last connection is gone. */
static void stop(struct worker *w)
{
	struct server *srv = w->srv;

	w->stopped = true;
	stop_listening(w);
	(void)uv_timer_stop(&w->accept_timer); /* never fails */
	uv_close((uv_handle_t *)&w->listen_poll, NULL);
	uv_close((uv_handle_t *)&w->wake, NULL);
	uv_mutex_lock(&srv->accept_lock);
	if (--srv->n_polling == 0)
		listener_close(&srv->listener);
	uv_mutex_unlock(&srv->accept_lock);
}

static void on_wake(uv_async_t *wake)
{
	struct worker *w = wake->data;
	bool stopping;

	uv_mutex_lock(&w->srv->accept_lock);
	stopping = w->srv->stopping;
	uv_mutex_unlock(&w->srv->accept_lock);
	if (stopping)
		stop(w);
	else
		start_listening(w);
}

void worker_wake(struct worker *w)
{
	(void)uv_async_send(&w->wake); /* fails for no handle that was made */
}

bool worker_init(struct worker *w, struct server *srv, unsigned number)
{
	int rc = uv_loop_init(&w->loop);

	w->srv = srv;
	w->number = number;
	errno = -rc;
	return rc == 0;
}

void worker_start(struct worker *w)
{
	(void)uv_async_init(&w->loop, &w->wake, on_wake);
	(void)uv_idle_init(&w->loop, &w->again_idle);
	(void)uv_poll_init(&w->loop, &w->listen_poll, w->srv->listener.fd);
	(void)uv_timer_init(&w->loop, &w->accept_timer);
	w->wake.data = w->again_idle.data = w->listen_poll.data = w->accept_timer.data = w;
	w->srv->n_polling++;
	start_listening(w);
}

void worker_run(struct worker *w)
{
	(void)uv_run(&w->loop, UV_RUN_DEFAULT); /* nothing is left: it ended by itself */
}

static void run_thread(void *w)
{
	worker_run(w);
}

bool worker_run_thread(struct worker *w)
{
	int rc = uv_thread_create(&w->thread, run_thread, w);

	errno = -rc;
	return rc == 0;
}

void worker_join(struct worker *w)
{
	(void)uv_thread_join(&w->thread); /* fails for no thread that was made */
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
