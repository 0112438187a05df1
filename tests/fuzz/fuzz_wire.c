/*
 * Both directions of a connection, opened by an AEAD that takes most records as genuine, decoded
 * and shown as -msg, -trace and -state do. The input is pieces: two bytes of length, whose highest
 * bit is the direction, and the bytes.
 */
#include "core/wire.h"
#include "core/wire_open.h"
#include "core/wire_text.h"
#include "core/wire_trace.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct shown {
	struct strbuf text;
	struct wire_state states;
	struct wire_trace trace;
	struct wire_open open;
};

static bool aead_open(const struct tls_sealed *in, uint8_t *out)
{
	if (in->sealed.p[in->sealed.n - 1] == 0xff)
		return false;
	memcpy(out, in->sealed.p, in->sealed.n - in->tag_n);
	return true;
}

static bool open_record(void *ud, enum tls_dir dir, struct bytes header, struct bytes payload,
			struct strbuf *plain, unsigned *inner)
{
	struct shown *shown = ud;

	return wire_open_record(&shown->open, dir, header, payload, plain, inner);
}

static void show(void *ud, const struct wire_event *e)
{
	struct shown *shown = ud;

	wire_text_message(&shown->text, e->dir, e->version, e->content_type, e->data);
	wire_trace_message(&shown->trace, &shown->text, e->dir,
			   e->kind == WIRE_RECORD ? WIRE_TYPE_RECORD_HEADER : e->content_type,
			   e->data);
	if (e->kind == WIRE_HANDSHAKE || e->kind == WIRE_CCS)
		wire_state_message(&shown->states, &shown->text, e->dir, e->negotiated,
				   e->content_type, e->data);
	if (e->kind == WIRE_HANDSHAKE)
		wire_open_message(&shown->open, e->dir, e->data);
	if (e->kind == WIRE_CCS)
		wire_open_ccs(&shown->open, e->dir);
	if (e->kind == WIRE_ALERT) {
		if (e->data.n != 2)
			abort();
		wire_text_alert_state(&shown->text, e->dir, e->data.p[0], e->data.p[1]);
	}
	strbuf_reset(&shown->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t secret[48] = {1};
	static const char *const labels[] = {
		"CLIENT_RANDOM",
		"CLIENT_EARLY_TRAFFIC_SECRET",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET",
		"CLIENT_TRAFFIC_SECRET_0",
		"SERVER_TRAFFIC_SECRET_0",
	};
	struct shown shown = {.text = STRBUF_INIT};
	struct wire_shared shared = {.event = show, .open = open_record, .ud = &shown};
	struct wire_stream stream[2];

	wire_open_init(&shown.open, aead_open);
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		wire_open_secret(&shown.open, labels[i], (struct bytes){secret, sizeof(secret)});
	wire_stream_init(&stream[TLS_IN], TLS_IN, &shared);
	wire_stream_init(&stream[TLS_OUT], TLS_OUT, &shared);
	wire_state_start(&shown.states, &shown.text);
	while (n >= 2) {
		enum tls_dir dir = data[0] & 0x80 ? TLS_OUT : TLS_IN;
		size_t length = (size_t)(data[0] & 0x7f) << 8 | data[1];

		data += 2;
		n -= 2;
		if (length > n)
			length = n;
		wire_stream_feed(&stream[dir], (struct bytes){data, length});
		(void)wire_stream_encrypted(&stream[dir]);
		data += length;
		n -= length;
	}
	wire_state_done(&shown.states, &shown.text);
	wire_stream_release(&stream[TLS_IN]);
	wire_stream_release(&stream[TLS_OUT]);
	strbuf_release(&shown.text);
	return 0;
}
