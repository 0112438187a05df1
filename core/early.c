#include "core/early.h"

#include "core/report.h"

#include <stdio.h>
#include <string.h>

enum { READS_PER_RUN = 16 };

static bool too_much(struct conn *c)
{
	struct tls_error err = {.alert = -1};

	(void)snprintf(err.text, sizeof(err.text),
		       "more than %d bytes of early data before the handshake is complete",
		       (int)EARLY_LIMIT);
	conn_fail(c, &err);
	return false;
}

/* False: the connection has failed. */
static bool got(struct conn *c, struct bytes data)
{
	if (c->mode->terminal) {
		report_early_data(c, data);
	} else if (data.n > EARLY_LIMIT - c->early.n) {
		return too_much(c);
	} else {
		strbuf_add(&c->early, data.p, data.n);
	}
	c->early_bytes += data.n;
	return true;
}

static void ended(struct conn *c)
{
	struct tls_info info = {0};

	c->early_over = true;
	c->srv->backend->info(c->session, &info);
	report_early_end(c, info.early_data);
}

bool early_run(struct conn *c)
{
	for (int i = 0; i < READS_PER_RUN; i++) {
		struct tls_error err = {.alert = -1};
		uint8_t *buf = c->worker->buffer;
		size_t n = 0;

		enum tls_status status = c->srv->backend->read_early(
			c->session, buf, sizeof(c->worker->buffer), &n, &err);

		if (status != TLS_OK) {
			conn_handshake_stopped(c, status, &err);
			return false;
		}
		if (!n) {
			ended(c);
			return true;
		}
		if (!got(c, (struct bytes){buf, n}))
			return false;
	}
	conn_run_again(c);
	return false;
}

bool early_take(struct conn *c, void *buf, size_t len, size_t *done)
{
	if (!c->early.n)
		return false;
	*done = c->early.n < len ? c->early.n : len;
	memcpy(buf, c->early.p, *done);
	strbuf_consume(&c->early, *done);
	if (!c->early.n)
		strbuf_release(&c->early);
	return true;
}

void early_release(struct conn *c)
{
	strbuf_release(&c->early);
}
