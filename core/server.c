#include "core/server.h"

#include "core/callbacks.h"
#include "core/conn.h"
#include "core/loader.h"
#include "core/out.h"
#include "core/pcapng.h"
#include "core/report.h"
#include "core/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CACHE_ENTRIES = 128,       /* as s_server sets it */
	EXT_CACHE_ENTRIES = 20480, /* OpenSSL's list is unbounded; a peer must not fill memory */
	ACCEPTS_PER_EVENT = 32,
	ACCEPT_PAUSE_MS = 100, /* when descriptors or memory are short */
};

bool server_talks(const struct server *srv)
{
	const struct server_config *cfg = srv->cfg;

	return !cfg->json && ((!cfg->quiet && !cfg->brief) || cfg->debug);
}

void server_stats(struct server *srv, struct tls_stats *out)
{
	if (srv->backend->ctx_stats) {
		srv->backend->ctx_stats(srv->ctx, out);
		return;
	}
	*out = srv->stats;
	out->number = (long)session_cache_count(srv->cache);
	out->cache_size = tls_flag(srv->tls, TLS_F_EXT_CACHE) ? EXT_CACHE_ENTRIES : CACHE_ENTRIES;
}

/* ---- accepting ---- */

static bool at_limit(const struct server *srv)
{
	const struct server_config *cfg = srv->cfg;

	return (srv->mode->terminal && srv->n_conns > 0) ||
	       (cfg->max_connections && srv->n_conns >= cfg->max_connections);
}

static void start_listening(struct server *srv);

static void stop_listening(struct server *srv)
{
	if (srv->listening)
		(void)uv_poll_stop(&srv->listen_poll); /* never fails */
	srv->listening = false;
}

static void on_accept_timer(uv_timer_t *timer)
{
	start_listening(timer->data);
}

/* accept() failed. True when the next one may be tried at once. */
static bool accept_failed(struct server *srv, int error)
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
		stop_listening(srv);
		(void)uv_timer_start(&srv->accept_timer, on_accept_timer, ACCEPT_PAUSE_MS, 0);
		return false;
	default: /* the client's own trouble, or nobody there any more */
		return false;
	}
}

/* True when one more may be tried. */
static bool accept_one(struct server *srv)
{
	int fd = accept4(srv->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c;

	if (fd < 0)
		return accept_failed(srv, errno);
	srv->accepted++;
	c = conn_new(srv, fd);
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
	struct server *srv = poll->data;

	(void)status; /* accept() tells */
	(void)events;
	for (int i = 0; i < ACCEPTS_PER_EVENT && !srv->stopping; i++) {
		if (at_limit(srv)) {
			stop_listening(srv);
			return;
		}
		if (!accept_one(srv))
			return;
	}
}

static void start_listening(struct server *srv)
{
	if (srv->listening || srv->stopping || at_limit(srv))
		return;
	srv->listening = uv_poll_start(&srv->listen_poll, UV_READABLE, on_listen) == 0;
}

void server_conn_done(struct server *srv)
{
	start_listening(srv);
}

/* ---- connections that want to run again ---- */

static void on_again(uv_idle_t *idle)
{
	struct server *srv = idle->data;
	struct conn *c = srv->again;

	srv->again = srv->again_last = NULL;
	while (c) {
		struct conn *next = c->again_next;

		c->queued = false;
		conn_run(c, false);
		c = next;
	}
	if (!srv->again)
		(void)uv_idle_stop(idle); /* never fails */
}

void conn_run_again(struct conn *c)
{
	struct server *srv = c->srv;

	if (c->queued || c->state == CONN_GONE)
		return;
	c->queued = true;
	c->again_next = NULL;
	if (srv->again_last)
		srv->again_last->again_next = c;
	else
		srv->again = c;
	srv->again_last = c;
	(void)uv_idle_start(&srv->again_idle, on_again); /* never fails */
}

/* ---- signals ---- */

/* The default action, after what must not stay behind is gone: the Unix socket's path. */
static void on_signal(uv_signal_t *handle, int number)
{
	struct server *srv = handle->data;
	struct sigaction action = {.sa_handler = SIG_DFL};

	listener_close(&srv->listener);
	(void)sigaction(number, &action, NULL); /* if this fails the next line still ends us */
	(void)raise(number);
	_exit(128 + number);
}

static void start_signals(struct server *srv)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

	(void)sigaction(SIGPIPE, &ignore, NULL); /* cannot fail for a valid signal */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		srv->signals[i].data = srv;
		(void)uv_signal_init(&srv->loop, &srv->signals[i]);
		/* nohup and background jobs of a shell ignore some: leave those alone */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		(void)uv_signal_start(&srv->signals[i], on_signal, numbers[i]);
		uv_unref((uv_handle_t *)&srv->signals[i]);
	}
}

/* ---- life ---- */

/* A closed standard descriptor would be taken by the listening socket. */
static void fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
}

static bool open_keylog(struct server *srv)
{
	static const char header[] = "# SSL/TLS secrets log file, generated by s_server\n";
	const char *name = srv->cfg->keylogfile;
	struct stat st;

	if (!name)
		return true;
	srv->keylog_fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (srv->keylog_fd < 0) {
		out_printf(2, "Error writing keylog file %s: %s\n", name, strerror(errno));
		return false;
	}
	if (fstat(srv->keylog_fd, &st) == 0 && st.st_size == 0)
		out_write(srv->keylog_fd,
			  (struct bytes){(const uint8_t *)header, sizeof(header) - 1});
	return true;
}

static bool open_msgfile(struct server *srv)
{
	const char *name = srv->cfg->msgfile;

	srv->msg_fd = 1;
	if (!name)
		return true;
	srv->msg_fd = open(name, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0666);
	if (srv->msg_fd >= 0)
		return true;
	out_printf(2, "s_server: Error writing file %s: %s\n", name, strerror(errno));
	return false;
}

static bool open_pcapng(struct server *srv)
{
	const char *name = srv->cfg->pcapng;

	if (!name)
		return true;
	srv->pcapng = pcapng_new(name);
	if (srv->pcapng)
		return true;
	out_printf(2, "s_server: Error writing file %s: %s\n", name, strerror(errno));
	return false;
}

static const struct mode *mode_of(enum server_mode mode)
{
	switch (mode) {
	case SERVER_INTERACTIVE:
		return &mode_interactive;
	case SERVER_WWW:
	case SERVER_FILES:
	case SERVER_HTTP:
		return &mode_web;
	case SERVER_REV:
		return &mode_rev;
	}
	return &mode_interactive;
}

static bool make_context(struct server *srv, int *status)
{
	struct tls_error err = {.alert = -1};
	enum tls_status made = srv->backend->ctx_new(srv->tls, &srv->host, &srv->ctx, &err);

	if (made == TLS_OK)
		return true;
	*status = made == TLS_UNSUPPORTED ? 77 : 1;
	out_printf(2, "s_server: %s\n", err.text);
	return false;
}

static bool start_listener(struct server *srv)
{
	struct strbuf why = STRBUF_INIT;
	bool ok = listener_open(&srv->listener, srv->cfg, &why);

	if (ok && srv->cfg->readyfile)
		ok = listener_write_ready(&srv->listener, srv->cfg->readyfile, &why);
	if (!ok)
		out_printf(2, "s_server: %s\n", why.p);
	strbuf_release(&why);
	return ok;
}

/* Before the listener, so that a signal finds somebody to remove the Unix socket's path. */
static void prepare_loop(struct server *srv)
{
	(void)uv_loop_init(&srv->loop); /* fails only without memory or descriptors */
	srv->loop.data = srv;
	start_signals(srv);
}

static void start_loop(struct server *srv)
{
	(void)uv_idle_init(&srv->loop, &srv->again_idle);
	srv->again_idle.data = srv;
	(void)uv_poll_init(&srv->loop, &srv->listen_poll, srv->listener.fd);
	srv->listen_poll.data = srv;
	(void)uv_timer_init(&srv->loop, &srv->accept_timer);
	srv->accept_timer.data = srv;
	if (srv->mode->terminal)
		srv->terminal = terminal_new(srv);
	start_listening(srv);
}

static void close_if_open(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void server_stop(struct server *srv)
{
	if (srv->stopping)
		return;
	srv->stopping = true;
	stop_listening(srv);
	(void)uv_timer_stop(&srv->accept_timer); /* never fails */
	uv_close((uv_handle_t *)&srv->listen_poll, NULL);
	listener_close(&srv->listener);
}

static void close_loop(struct server *srv)
{
	terminal_free(srv->terminal);
	srv->terminal = NULL;
	uv_walk(&srv->loop, close_if_open, NULL);
	(void)uv_run(&srv->loop, UV_RUN_DEFAULT); /* closes the handles */
	(void)uv_loop_close(&srv->loop);
}

static void free_server(struct server *srv)
{
	listener_close(&srv->listener);
	srv->backend->ctx_free(srv->ctx);
	session_cache_free(srv->cache);
	if (srv->keylog_fd >= 0)
		(void)close(srv->keylog_fd); /* each line was written at once */
	pcapng_free(srv->pcapng);
	if (srv->msg_fd > 2)
		(void)close(srv->msg_fd);
	free(srv);
}

int server_run(const struct tls_backend *backend, const struct tls_config *tls,
	       const struct server_config *cfg)
{
	struct server *srv = xcalloc(1, sizeof(*srv));
	int status = 1;

	fill_standard_descriptors();
	srv->backend = backend;
	srv->tls = tls;
	srv->cfg = cfg;
	srv->mode = mode_of(cfg->mode);
	srv->host = callbacks_host();
	srv->keylog_fd = -1;
	srv->listener.fd = -1;
	srv->cache = session_cache_new(tls_flag(tls, TLS_F_EXT_CACHE) ? EXT_CACHE_ENTRIES
								      : CACHE_ENTRIES);
	loader_capabilities(backend, srv->cap);
	backend->algorithms(&srv->algorithms);
	if (open_msgfile(srv) && make_context(srv, &status) && open_keylog(srv) &&
	    open_pcapng(srv)) {
		prepare_loop(srv);
		if (start_listener(srv)) {
			start_loop(srv);
			report_start(srv);
			(void)uv_run(&srv->loop, UV_RUN_DEFAULT);
			server_stop(srv);
			status = 0;
		}
		close_loop(srv);
		if (status == 0)
			report_end(srv);
	}
	free_server(srv);
	return status;
}
