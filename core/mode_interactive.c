/* The terminal mode, with its connected commands; also -quiet and -brief. */
#include "core/conn.h"
#include "core/out.h"
#include "core/report.h"
#include "core/terminal.h"

#include <string.h>
#include <unistd.h>

enum { READS_PER_RUN = 16 };

static bool commands_on(const struct conn *c)
{
	const struct server_config *cfg = c->srv->cfg;

	return !cfg->quiet && !cfg->brief && !cfg->no_commands;
}

/* ---- connected commands ---- */

static bool run_quit(struct conn *c, bool whole_server)
{
	report_done(c);
	if (whole_server)
		report_quit(c);
	if (whole_server)
		server_stop(c->srv);
	conn_close(c, true);
	return true;
}

static void run_session_command(struct conn *c, char letter)
{
	const struct tls_backend *b = c->srv->backend;
	struct tls_error err = {.alert = -1};
	enum tls_status status = TLS_UNSUPPORTED;
	enum tls_cap cap = TLS_CAP_RENEGOTIATION;

	switch (letter) {
	case 'r':
	case 'R':
		if (b->renegotiate)
			status = b->renegotiate(c->session, letter == 'R', &err);
		c->srv->stats.accept_renegotiates += status == TLS_OK;
		break;
	case 'k':
	case 'K':
		cap = TLS_CAP_KEY_UPDATE;
		if (b->key_update)
			status = b->key_update(c->session, letter == 'K', &err);
		break;
	case 'c':
		cap = TLS_CAP_PHA;
		if (b->request_cert)
			status = b->request_cert(c->session, &err);
		break;
	case 'B':
		cap = TLS_CAP_HEARTBEAT;
		if (b->heartbeat)
			status = b->heartbeat(c->session, &err);
		break;
	default:
		return;
	}
	if (status == TLS_UNSUPPORTED && !err.text[0])
		(void)snprintf(err.text, sizeof(err.text), "%s",
			       c->srv->cap[cap].note ? c->srv->cap[cap].note : "not possible here");
	report_command(c, letter, status, &err);
	if (status == TLS_FAIL || status == TLS_CLOSED || status == TLS_EOF)
		conn_fail(c, &err);
}

/*
 * As in s_server only the first byte of what one read brought can be a command, so that pasted or
 * piped text is not taken for one. True when nothing is left to send.
 */
static bool run_command(struct conn *c, const char *chunk, size_t n)
{
	static const char clear_text[] = "Lets print some clear text\n";
	bool alone = n >= 2 && (chunk[1] == '\n' || chunk[1] == '\r');

	switch (chunk[0]) {
	case 'Q':
		return run_quit(c, true);
	case 'q':
		return run_quit(c, false);
	case 'r':
	case 'R':
	case 'k':
	case 'K':
	case 'c':
	case 'B':
		if (alone)
			run_session_command(c, chunk[0]);
		return alone;
	case 'P':
		transport_send_raw(&c->transport, (struct bytes){(const uint8_t *)clear_text,
								 sizeof(clear_text) - 1});
		return false;
	case 'S':
		report_stats(c->srv);
		return false;
	default:
		return false;
	}
}

/* ---- terminal to client ---- */

static void queue_input(struct conn *c, const char *chunk, size_t n)
{
	if (!c->srv->cfg->crlf) {
		conn_queue(c, (struct bytes){(const uint8_t *)chunk, n});
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (chunk[i] == '\n')
			strbuf_addc(&c->outq, '\r');
		strbuf_addc(&c->outq, chunk[i]);
	}
}

static void input_ended(struct conn *c)
{
	enum server_stdin_eof policy = c->srv->cfg->stdin_eof;

	if (policy == SERVER_EOF_AUTO)
		policy = terminal_was_empty(c->srv->terminal)       ? SERVER_EOF_IGNORE
			 : c->srv->cfg->quiet || c->srv->cfg->brief ? SERVER_EOF_CLOSE
								    : SERVER_EOF_QUIT;
	switch (policy) {
	case SERVER_EOF_QUIT:
		(void)run_quit(c, true);
		break;
	case SERVER_EOF_CLOSE:
		(void)run_quit(c, false);
		break;
	case SERVER_EOF_IGNORE:
	case SERVER_EOF_AUTO:
		break;
	}
}

static void run_input(struct conn *c)
{
	char *chunk = (char *)c->worker->buffer;
	size_t n = 0;

	while (c->state == CONN_OPEN) {
		enum tls_status status = conn_pump(c);

		if (c->state != CONN_OPEN)
			return;
		/* The rest of the input waits until the client takes this. */
		terminal_want(c->srv->terminal, status == TLS_OK);
		if (status != TLS_OK)
			return;
		switch (terminal_read(c->srv->terminal, chunk, sizeof(c->worker->buffer), &n)) {
		case TERMINAL_NONE:
			return;
		case TERMINAL_END:
			if (!c->mode_state)
				input_ended(c);
			c->mode_state = c; /* once per connection */
			return;
		case TERMINAL_DATA:
			break;
		}
		if (!commands_on(c) || !run_command(c, chunk, n))
			if (c->state == CONN_OPEN)
				queue_input(c, chunk, n);
	}
}

/* ---- client to terminal ---- */

/* OpenSSL's blocking read returns without data after each message that is not data, never in the
 * middle of one. */
static bool message_ended(struct conn *c, unsigned long records_before)
{
	const struct transport *t = &c->transport;

	if (c->srv->cfg->nbio || c->srv->cfg->nbio_test)
		return true;
	return t->records != records_before && transport_between_messages(t);
}

static void run_output(struct conn *c, bool readable)
{
	unsigned long before = c->transport.records;
	size_t n = 0;

	for (int i = 0; i < READS_PER_RUN; i++) {
		enum tls_status status =
			conn_read(c, c->worker->buffer, sizeof(c->worker->buffer), &n);

		switch (status) {
		case TLS_OK:
			report_data(c, (struct bytes){c->worker->buffer, n});
			readable = false;
			continue;
		case TLS_WANT_READ:
		case TLS_WANT_WRITE:
			if (readable && message_ended(c, before))
				report_read_blocks(c);
			return;
		case TLS_CLOSED:
			(void)run_quit(c, false);
			return;
		case TLS_EOF:
			if (c->state == CONN_OPEN) /* -ignore_unexpected_eof */
				(void)run_quit(c, false);
			return;
		case TLS_FAIL:
		case TLS_UNSUPPORTED:
			return;
		}
	}
	conn_run_again(c);
}

static void interactive_open(struct conn *c)
{
	report_summary(c);
	terminal_attach(c->srv->terminal, c);
}

static void interactive_run(struct conn *c, bool readable)
{
	run_output(c, readable);
	if (c->state == CONN_OPEN)
		run_input(c);
}

static void interactive_closed(struct conn *c)
{
	terminal_attach(c->srv->terminal, NULL);
}

const struct mode mode_interactive = {
	.terminal = true,
	.open = interactive_open,
	.run = interactive_run,
	.failed = report_failure,
	.closed = interactive_closed,
};
