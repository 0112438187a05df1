/*
 * What OpenSSL's message callback would report, in its order: the header of a record, the inner
 * content type of TLS 1.3, then the message that the record completes. The library tells of its
 * handshake messages before it writes them, so these wait for their records.
 */
#include "backends/gnutls/gnutls_backend.h"

#include <string.h>

/* Content types, and the pseudo types of OpenSSL. */
enum { CCS = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23, RECORD_HEADER = 256, INNER_CONTENT = 257 };

/* Types of the library that are not those of the wire. */
enum { HOOK_CLIENT_HELLO_V2 = 1024, HOOK_HELLO_RETRY_REQUEST = 1025 };

static bool wanted(const struct tls_session *s)
{
	return tls_flag(s->ctx->cfg, TLS_F_WANT_MESSAGES);
}

static void report(struct tls_session *s, enum tls_dir dir, uint16_t version, unsigned type,
		   struct bytes body)
{
	s->ctx->host->message(s->sud, dir, version, type, body);
}

static uint16_t negotiated(const struct tls_session *s)
{
	return s->choice.version ? s->choice.version : TLS_VERSION_1_2;
}

static void report_inner(struct tls_session *s, enum tls_dir dir, uint8_t type)
{
	/* The version is that of the record on the way out, and the negotiated one on the way in.
	 */
	report(s, dir, dir == TLS_OUT ? TLS_VERSION_1_2 : TLS_VERSION_1_3, INNER_CONTENT,
	       (struct bytes){&type, 1});
}

/* What the record held is known only now that it is decrypted. */
static void inner_is(struct tls_session *s, uint8_t type)
{
	if (s->messages.inner_unknown)
		report_inner(s, TLS_IN, type);
	s->messages.inner_unknown = false;
}

/* ---- records ---- */

static void record_begins(struct tls_session *s, enum tls_dir dir, const struct gt_tap *t)
{
	bool encrypted13 = t->head[0] == DATA && negotiated(s) >= TLS_VERSION_1_3;

	report(s, dir, (uint16_t)(t->head[1] << 8 | t->head[2]), RECORD_HEADER,
	       (struct bytes){t->head, 5});
	if (dir == TLS_IN)
		s->messages.inner_unknown = encrypted13;
	else if (encrypted13)
		report_inner(s, dir,
			     s->messages.queue.n    ? HANDSHAKE
			     : s->messages.alerting ? ALERT
						    : DATA);
}

/* One more record of the first message that waits. */
static void handshake_record(struct tls_session *s)
{
	struct gt_messages *m = &s->messages;
	size_t max = gnutls_record_get_max_size(s->gs);
	const uint8_t *p = strbuf_bytes(&m->queue).p;
	size_t n = 4 + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);

	if (++m->records * max < n)
		return;
	report(s, TLS_OUT, negotiated(s), HANDSHAKE, (struct bytes){p, n});
	strbuf_consume(&m->queue, n);
	m->records = 0;
}

static void record_ends(struct tls_session *s, enum tls_dir dir, const struct gt_tap *t)
{
	bool encrypted13 = t->head[0] == DATA && negotiated(s) >= TLS_VERSION_1_3;

	if (t->head[0] == CCS)
		report(s, dir, negotiated(s), CCS, (struct bytes){t->head + 5, 1});
	else if (dir == TLS_OUT && s->messages.queue.n && (t->head[0] == HANDSHAKE || encrypted13))
		handshake_record(s);
}

static void take_byte(struct tls_session *s, enum tls_dir dir, struct gt_tap *t, uint8_t byte)
{
	t->head[t->have++] = byte;
	if (t->have == 5) {
		t->left = (size_t)t->head[3] << 8 | t->head[4];
		if (wanted(s))
			record_begins(s, dir, t);
	} else if (t->have > 5) {
		t->left--;
	}
}

void gt_tap_bytes(struct tls_session *s, enum tls_dir dir, const uint8_t *p, size_t n)
{
	struct gt_tap *t = dir == TLS_IN ? &s->in : &s->out;

	while (n) {
		bool ended;

		if (t->have >= 5 && !t->left)
			t->have = 0; /* the next record */
		if (t->have < 5 || t->have < sizeof(t->head)) {
			take_byte(s, dir, t, *p++);
			n--;
		} else {
			size_t step = n < t->left ? n : t->left;

			t->left -= step;
			p += step;
			n -= step;
		}
		ended = t->have >= 5 && !t->left;
		if (ended && wanted(s))
			record_ends(s, dir, t);
	}
}

/* ---- what the library tells ---- */

void gt_message(struct tls_session *s, unsigned type, bool in, struct bytes body)
{
	uint8_t header[4] = {(uint8_t)(type == HOOK_HELLO_RETRY_REQUEST ? 2 : type),
			     (uint8_t)(body.n >> 16), (uint8_t)(body.n >> 8), (uint8_t)body.n};
	struct strbuf m = STRBUF_INIT;

	if (!wanted(s) || type == HOOK_CLIENT_HELLO_V2)
		return;
	if (!in) {
		strbuf_add(&s->messages.queue, header, sizeof(header));
		strbuf_add(&s->messages.queue, body.p, body.n);
		return;
	}
	inner_is(s, HANDSHAKE);
	strbuf_add(&m, header, sizeof(header));
	strbuf_add(&m, body.p, body.n);
	/* OpenSSL has not chosen a version when the first ClientHello comes. */
	report(s, TLS_IN, type == 1 && !s->done ? TLS_VERSION_1_3 : negotiated(s), HANDSHAKE,
	       strbuf_bytes(&m));
	strbuf_release(&m);
}

void gt_message_alert(struct tls_session *s, enum tls_dir dir, unsigned level, unsigned description)
{
	uint8_t alert[2] = {(uint8_t)level, (uint8_t)description};

	if (!wanted(s))
		return;
	if (dir == TLS_IN)
		inner_is(s, ALERT);
	report(s, dir, negotiated(s), ALERT, (struct bytes){alert, sizeof(alert)});
}

void gt_message_data(struct tls_session *s)
{
	if (wanted(s))
		inner_is(s, DATA);
}
