#include "core/trace.h"

#include "core/out.h"
#include "core/pcapng.h"
#include "core/report_json.h"
#include "core/wire_open.h"
#include "core/wire_text.h"
#include "core/wire_trace.h"

#include <stdlib.h>
#include <unistd.h>

struct trace {
	struct conn *conn;
	bool debug, msg, state;
	bool trace;  /* -trace: in the place of -msg */
	bool decode; /* messages come from the wire, not from the library */
	bool library_states;
	struct wire_shared shared;
	struct wire_stream in, out;
	struct wire_state states;
	struct wire_trace seen;
	struct pcapng_flow flow; /* -pcapng */
	struct wire_open open;   /* decode: reads what is encrypted */
	/* How many alerts the wire and the library have told of, by direction: the same ones. */
	struct {
		unsigned wire, library;
	} alerts[2];
};

/* Text goes where ordinary output goes, -msg's also with -quiet; --json keeps stdout for itself. */
static int text_fd(const struct conn *c)
{
	return c->srv->cfg->json ? STDERR_FILENO : STDOUT_FILENO;
}

static int msg_fd(const struct conn *c)
{
	return c->srv->cfg->msgfile ? c->srv->msg_fd : text_fd(c);
}

/* ---- messages ---- */

static void show_message(struct trace *t, enum tls_dir dir, uint16_t version, unsigned content_type,
			 struct bytes message)
{
	struct strbuf text = STRBUF_INIT;
	/* OpenSSL has no word for one that comes in, beyond its record's. */
	bool silent = dir == TLS_IN && content_type == WIRE_TYPE_CCS;

	if (t->msg && !silent)
		wire_text_message(&text, dir, version, content_type, message);
	if (t->trace && !silent)
		wire_trace_message(&t->seen, &text, dir, content_type, message);
	out_flush(msg_fd(t->conn), &text);
	if (t->state && !t->library_states &&
	    (content_type == WIRE_TYPE_HANDSHAKE || content_type == WIRE_TYPE_CCS)) {
		wire_state_message(&t->states, &text, dir, version, content_type, message);
		out_flush(STDERR_FILENO, &text);
	}
}

static void show_encrypted(struct trace *t, const struct wire_event *e)
{
	struct strbuf text = STRBUF_INIT;

	if (t->trace)
		wire_trace_encrypted(&text, e->data.n);
	if (t->msg)
		strbuf_addf(&text, "%s encrypted record [length %04zx], content type %u\n",
			    e->dir == TLS_IN ? "<<<" : ">>>", e->data.n, e->content_type);
	out_flush(msg_fd(t->conn), &text);
}

/* Whoever tells of an alert first has it shown: an alert that cannot be opened is known from the
 * library alone, a clear one may be told by it before it is sent, or never. */
static void show_alert(struct trace *t, enum tls_dir dir, bool from_wire, struct bytes alert)
{
	unsigned *mine = from_wire ? &t->alerts[dir].wire : &t->alerts[dir].library;
	unsigned others = from_wire ? t->alerts[dir].library : t->alerts[dir].wire;
	uint16_t version = t->shared.negotiated;

	if (++*mine > others)
		show_message(t, dir, version ? version : TLS_VERSION_1_0, WIRE_TYPE_ALERT, alert);
}

static bool open_record(void *ud, enum tls_dir dir, struct bytes header, struct bytes payload,
			struct strbuf *plain, unsigned *inner)
{
	struct trace *t = ud;

	return wire_open_record(&t->open, dir, header, payload, plain, inner);
}

static void on_event(void *ud, const struct wire_event *e)
{
	struct trace *t = ud;
	uint16_t version = e->negotiated ? e->negotiated : e->version;

	switch (e->kind) {
	case WIRE_RECORD:
		show_message(t, e->dir, e->version, WIRE_TYPE_RECORD_HEADER, e->data);
		break;
	case WIRE_INNER:
		show_message(t, e->dir, version, WIRE_TYPE_INNER_CONTENT, e->data);
		break;
	case WIRE_HANDSHAKE:
		wire_open_message(&t->open, e->dir, e->data);
		show_message(t, e->dir, version, WIRE_TYPE_HANDSHAKE, e->data);
		break;
	case WIRE_CCS:
		wire_open_ccs(&t->open, e->dir);
		show_message(t, e->dir, version, WIRE_TYPE_CCS, e->data);
		break;
	case WIRE_ENCRYPTED:
		show_encrypted(t, e);
		break;
	case WIRE_ALERT:
		show_alert(t, e->dir, true, e->data);
		break;
	case WIRE_DATA: /* OpenSSL's callback leaves it out, too */
	case WIRE_LOST:
		break;
	}
}

/* ---- bytes ---- */

static void on_bytes(void *ud, enum tls_dir dir, struct bytes data, size_t asked)
{
	struct trace *t = ud;
	struct strbuf text = STRBUF_INIT;
	bool eof = t->conn->transport.eof, blocks = !data.n && !eof;

	/* OpenSSL's blocking reads return only with something. */
	if (t->debug && (!blocks || t->conn->srv->cfg->nbio)) {
		wire_text_io(&text, dir, &t->conn->transport, data, asked,
			     data.n ? (long)data.n
			     : eof  ? 0
				    : -1);
		out_flush(text_fd(t->conn), &text);
	}
	if (t->conn->srv->pcapng)
		pcapng_data(t->conn->srv->pcapng, &t->flow, dir, data);
	if (t->decode && data.n)
		wire_stream_feed(dir == TLS_IN ? &t->in : &t->out, data);
}

/* ---- life ---- */

struct trace *trace_new(struct conn *c)
{
	const struct server_config *cfg = c->srv->cfg;
	const struct tls_cap_entry *cap = c->srv->cap;
	struct strbuf text = STRBUF_INIT;
	struct trace *t;

	if (!cfg->debug && !cfg->msg && !cfg->trace && !cfg->state && !c->srv->pcapng)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->conn = c;
	t->debug = cfg->debug;
	t->msg = cfg->msg;
	t->trace = cfg->trace;
	t->state = cfg->state;
	t->decode = (t->msg || t->trace || t->state) && cap[TLS_CAP_MESSAGES].level != TLS_CAP_YES;
	t->library_states = cap[TLS_CAP_STATE].level == TLS_CAP_YES;
	t->shared.event = on_event;
	t->shared.open = open_record;
	wire_open_init(&t->open, c->srv->backend->aead_open);
	t->shared.ud = t;
	wire_stream_init(&t->in, TLS_IN, &t->shared);
	wire_stream_init(&t->out, TLS_OUT, &t->shared);
	if (c->srv->pcapng)
		pcapng_open(c->srv->pcapng, &t->flow, c->transport.fd, c->id);
	if (t->debug || t->decode || c->srv->pcapng) {
		c->transport.tap = on_bytes;
		c->transport.tap_ud = t;
	}
	if (t->state && !t->library_states) {
		wire_state_start(&t->states, &text);
		out_flush(STDERR_FILENO, &text);
	}
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	if (t->conn->srv->pcapng)
		pcapng_close(t->conn->srv->pcapng, &t->flow);
	wire_stream_release(&t->in);
	wire_stream_release(&t->out);
	wire_open_release(&t->open);
	free(t);
}

/* ---- what the library reports ---- */

void trace_message(struct conn *c, enum tls_dir dir, uint16_t version, unsigned content_type,
		   struct bytes message)
{
	if (c->trace && !c->trace->decode)
		show_message(c->trace, dir, version, content_type, message);
}

void trace_state(struct conn *c, const char *line)
{
	if (c->trace && c->trace->state && c->trace->library_states)
		out_printf(STDERR_FILENO, "%s\n", line);
}

void trace_alert(struct conn *c, enum tls_dir dir, unsigned level, unsigned description)
{
	struct trace *t = c->trace;
	const uint8_t alert[] = {(uint8_t)level, (uint8_t)description};
	struct strbuf text = STRBUF_INIT;

	if (c->srv->cfg->json)
		json_alert(c, dir, level, description);
	if (!t)
		return;
	if (t->decode)
		show_alert(t, dir, false, (struct bytes){alert, sizeof(alert)});
	if (t->state) {
		wire_text_alert_state(&text, dir, level, description);
		strbuf_addc(&text, '\n');
		out_flush(STDERR_FILENO, &text);
	}
}

void trace_secret(struct conn *c, const char *label, struct bytes secret)
{
	if (c->trace && c->trace->decode)
		wire_open_secret(&c->trace->open, label, secret);
}

void trace_call_ended(struct conn *c)
{
	if (c->trace && c->srv->pcapng)
		pcapng_flush(c->srv->pcapng, &c->trace->flow, !c->handshake_done);
}

void trace_handshake_ended(struct conn *c, bool ok)
{
	struct trace *t = c->trace;
	struct strbuf text = STRBUF_INIT;

	trace_call_ended(c);
	if (!t || !t->state || t->library_states)
		return;
	if (ok)
		wire_state_done(&t->states, &text);
	else
		wire_state_failed(&t->states, &text);
	out_flush(STDERR_FILENO, &text);
}
