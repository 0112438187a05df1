/* -rev: each line comes back reversed. */
#include "core/conn.h"
#include "core/report.h"

#include <stdlib.h>
#include <string.h>

enum {
	LINE_LIMIT = 16384,   /* a longer line is reversed piece by piece, as OpenSSL does */
	BACKLOG = 256 * 1024, /* unsent answers that stop the reading */
	READS_PER_RUN = 16,
};

struct rev {
	struct strbuf in; /* an incomplete line */
	bool close;       /* CLOSE came: end when all answers are out */
};

static void rev_open(struct conn *c)
{
	c->mode_state = xcalloc(1, sizeof(struct rev));
	report_summary(c);
}

/* True when the line says CLOSE. */
static bool answer(struct conn *c, struct bytes line)
{
	struct strbuf out = STRBUF_INIT;

	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	if (!c->srv->cfg->ign_eof && line.n == 5 && memcmp(line.p, "CLOSE", 5) == 0)
		return true;
	strbuf_reserve(&out, line.n + 1);
	for (size_t i = line.n; i > 0; i--)
		strbuf_addc(&out, (char)line.p[i - 1]);
	strbuf_addc(&out, '\n');
	conn_queue(c, strbuf_bytes(&out));
	strbuf_release(&out);
	return false;
}

/* Answer all complete lines. */
static bool take_lines(struct conn *c, struct strbuf *in)
{
	size_t start = 0;
	bool close = false;

	while (!close && start < in->n) {
		const char *from = in->p + start;
		const char *lf = memchr(from, '\n', in->n - start);
		size_t n = lf ? (size_t)(lf - from) + 1 : in->n - start;

		if (!lf && n < LINE_LIMIT)
			break;
		if (n > LINE_LIMIT)
			n = LINE_LIMIT;
		close = answer(c, (struct bytes){(const uint8_t *)from, n});
		start += n;
	}
	strbuf_consume(in, start);
	if (!in->n)
		strbuf_release(in);
	return close;
}

static void rev_run(struct conn *c, bool readable)
{
	struct rev *rev = c->mode_state;
	size_t n = 0;

	(void)readable;
	for (int i = 0; i < READS_PER_RUN; i++) {
		enum tls_status status = conn_pump(c);

		if (status == TLS_FAIL)
			return;
		if (rev->close && status == TLS_OK) {
			conn_close(c, true);
			return;
		}
		c->pause_read = rev->close || c->outq.n - c->outq_pos > BACKLOG;
		if (c->pause_read)
			return;
		status = conn_read(c, c->worker->buffer, sizeof(c->worker->buffer), &n);
		if (status == TLS_WANT_READ)
			return;
		if (status != TLS_OK) {
			if (c->state == CONN_OPEN)
				conn_close(c, true);
			return;
		}
		strbuf_add(&rev->in, c->worker->buffer, n);
		rev->close = take_lines(c, &rev->in);
	}
	conn_run_again(c);
}

static void rev_closed(struct conn *c)
{
	struct rev *rev = c->mode_state;

	if (rev)
		strbuf_release(&rev->in);
	free(rev);
	c->mode_state = NULL;
}

const struct mode mode_rev = {
	.open = rev_open,
	.run = rev_run,
	.failed = report_failure,
	.closed = rev_closed,
};
