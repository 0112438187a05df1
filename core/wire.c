#include "core/wire.h"

#include "core/take.h"

#include <string.h>

enum {
	EXT_SUPPORTED_VERSIONS = 43,
	MAX_PLAINTEXT = 16384,
	/* As OpenSSL: a few records without contents are borne with, a flood is not. */
	MAX_EMPTY_RECORDS = 32,
};

static size_t number24(const uint8_t *p)
{
	return (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
}

/* ---- the first ClientHello ---- */

/* Can these first bytes of a record header (n <= 5) belong to a ClientHello? */
static bool hello_header_possible(const uint8_t *p, size_t n)
{
	/* RFC 8446 5.1: the version is to be ignored; all there ever were have major number 3. */
	if (n > 0 && p[0] != WIRE_TYPE_HANDSHAKE)
		return false;
	if (n > 1 && p[1] != 3)
		return false;
	if (n > 3 && p[3] > MAX_PLAINTEXT >> 8)
		return false;
	return n < WIRE_RECORD_HEADER_SIZE || number16(p + 3) <= MAX_PLAINTEXT;
}

/* Can these first bytes of a handshake message be those of a ClientHello? */
static bool hello_message_possible(const struct strbuf *sb)
{
	const uint8_t *p = strbuf_bytes(sb).p;

	if (sb->n > 0 && p[0] != WIRE_HS_CLIENT_HELLO)
		return false;
	return sb->n < WIRE_HANDSHAKE_HEADER_SIZE ||
	       WIRE_HANDSHAKE_HEADER_SIZE + number24(p + 1) <= WIRE_MAX_HELLO;
}

/* The whole length of the message, 0 while that is unknown. */
static size_t message_size(const struct strbuf *sb)
{
	if (sb->n < WIRE_HANDSHAKE_HEADER_SIZE)
		return 0;
	return WIRE_HANDSHAKE_HEADER_SIZE + number24(strbuf_bytes(sb).p + 1);
}

/* Adds what is missing of the message from `fragment`. True when it is complete. */
static bool add_fragment(struct strbuf *message, struct bytes *fragment)
{
	while (fragment->n) {
		size_t size = message_size(message);
		size_t want = (size ? size : WIRE_HANDSHAKE_HEADER_SIZE) - message->n;
		size_t n = want < fragment->n ? want : fragment->n;

		strbuf_add(message, fragment->p, n);
		fragment->p += n;
		fragment->n -= n;
		if (message->n == message_size(message))
			return true;
	}
	return false;
}

static enum wire_hello_result hello_step(struct wire_hello_reader *r, struct bytes all)
{
	while (r->pos < all.n) {
		const uint8_t *record = all.p + r->pos;
		size_t left = all.n - r->pos;
		struct bytes fragment;
		size_t n;

		if (!hello_header_possible(record, left))
			return WIRE_HELLO_NOT_TLS;
		if (left < WIRE_RECORD_HEADER_SIZE)
			return WIRE_HELLO_MORE;
		if (r->pos == 0)
			r->record_version = number16(record + 1);
		n = number16(record + 3);
		if (n == 0 && ++r->empty_records > MAX_EMPTY_RECORDS)
			return WIRE_HELLO_NOT_TLS;
		/* What is already there of a record is looked at, so that impossible bytes are
		 * found at once; r->in_record tells how much of it the message already has. */
		left -= WIRE_RECORD_HEADER_SIZE;
		fragment.p = record + WIRE_RECORD_HEADER_SIZE + r->in_record;
		fragment.n = (left < n ? left : n) - r->in_record;
		r->in_record += fragment.n;
		if (add_fragment(&r->message, &fragment))
			return hello_message_possible(&r->message) ? WIRE_HELLO_READY
								   : WIRE_HELLO_NOT_TLS;
		if (!hello_message_possible(&r->message))
			return WIRE_HELLO_NOT_TLS;
		if (r->in_record < n)
			return WIRE_HELLO_MORE;
		r->pos += WIRE_RECORD_HEADER_SIZE + n;
		r->in_record = 0;
	}
	return WIRE_HELLO_MORE;
}

enum wire_hello_result wire_hello_feed(struct wire_hello_reader *r, struct bytes all_bytes_so_far)
{
	if (r->result == WIRE_HELLO_MORE)
		r->result = hello_step(r, all_bytes_so_far);
	return r->result;
}

struct bytes wire_hello_message(const struct wire_hello_reader *r)
{
	return strbuf_bytes(&r->message);
}

uint16_t wire_hello_record_version(const struct wire_hello_reader *r)
{
	return r->record_version;
}

void wire_hello_release(struct wire_hello_reader *r)
{
	strbuf_release(&r->message);
}

/* ---- a whole connection ---- */

struct record {
	unsigned content_type;
	uint16_t version;
	struct bytes header, payload;
};

static void emit(const struct wire_stream *s, enum wire_event_kind kind, const struct record *r,
		 struct bytes data)
{
	struct wire_event event = {
		.kind = kind,
		.dir = s->dir,
		.content_type = r->content_type,
		.version = r->version,
		.negotiated = s->shared->negotiated,
		.data = data,
	};

	s->shared->event(s->shared->ud, &event);
}

static void lose(struct wire_stream *s, const struct record *r, struct bytes data)
{
	emit(s, WIRE_LOST, r, data);
	s->lost = true;
	strbuf_release(&s->record);
	strbuf_release(&s->message);
}

bool wire_stream_encrypted(const struct wire_stream *s)
{
	uint16_t version = s->shared->negotiated;

	if (version == 0)
		return false;
	if (version < TLS_VERSION_1_3)
		return s->ccs;
	/* TLS 1.3: the server encrypts from its ServerHello on, the client after it, but may still
	 * send a clear alert, and a clear ClientHello after a HelloRetryRequest. Its records of
	 * type 23 are known by their type. */
	return s->dir == TLS_OUT && s->server_hello;
}

uint16_t wire_selected_version(struct bytes body)
{
	uint16_t version;
	size_t pos = 2 + 32, end;

	if (body.n < 2 + 32 + 1)
		return 0;
	version = number16(body.p);
	pos += 1u + body.p[pos] + 2 + 1; /* session id, suite, compression */
	if (pos + 2 > body.n)
		return version;
	end = pos + 2 + number16(body.p + pos);
	if (end > body.n)
		return version;
	for (pos += 2; pos + 4 <= end; pos += 4u + number16(body.p + pos + 2))
		if (number16(body.p + pos) == EXT_SUPPORTED_VERSIONS && pos + 6 <= end)
			return number16(body.p + pos + 4);
	return version;
}

bool wire_is_hello_retry(struct bytes body)
{
	/* RFC 8446 4.1.3: the random that marks it, SHA-256("HelloRetryRequest"). */
	static const uint8_t retry[32] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
		0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
		0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};

	return wire_selected_version(body) >= TLS_VERSION_1_3 &&
	       !memcmp(body.p + 2, retry, sizeof(retry));
}

static void see_server_hello(struct wire_stream *s, struct bytes message)
{
	struct bytes body = {message.p + WIRE_HANDSHAKE_HEADER_SIZE,
			     message.n - WIRE_HANDSHAKE_HEADER_SIZE};
	uint16_t version = wire_selected_version(body);

	if (!version)
		return;
	s->shared->negotiated = version;
	if (wire_is_hello_retry(body))
		s->shared->hello_retry = true;
	else
		s->server_hello = true;
}

static void handle_handshake(struct wire_stream *s, const struct record *r)
{
	struct bytes fragment = r->payload;

	while (fragment.n) {
		bool complete = add_fragment(&s->message, &fragment);
		struct bytes message = strbuf_bytes(&s->message);

		if (message_size(&s->message) > WIRE_MAX_HANDSHAKE) {
			lose(s, r, r->payload);
			return;
		}
		if (!complete)
			return;
		/* The event of a ServerHello tells the version it selects. */
		if (s->dir == TLS_OUT && message.p[0] == WIRE_HS_SERVER_HELLO)
			see_server_hello(s, message);
		emit(s, WIRE_HANDSHAKE, r, message);
		strbuf_reset(&s->message);
	}
	/* Nothing is kept between messages. */
	strbuf_release(&s->message);
}

/* What is inside a record, now that it is clear. */
static void handle_content(struct wire_stream *s, const struct record *r)
{
	switch (r->content_type) {
	case WIRE_TYPE_CCS:
		emit(s, WIRE_CCS, r, r->payload);
		s->ccs = true;
		return;
	case WIRE_TYPE_HANDSHAKE:
		handle_handshake(s, r);
		return;
	case WIRE_TYPE_ALERT:
		/* A clear alert has two bytes, an encrypted one never. */
		if (r->payload.n == 2) {
			emit(s, WIRE_ALERT, r, r->payload);
			return;
		}
		break;
	default:
		break;
	}
	emit(s, WIRE_ENCRYPTED, r, r->payload);
}

static void handle_encrypted(struct wire_stream *s, const struct record *r)
{
	const struct wire_shared *shared = s->shared;
	struct strbuf plain = STRBUF_INIT;
	struct record inside = *r;

	if (!shared->open || !shared->open(shared->ud, s->dir, r->header, r->payload, &plain,
					   &inside.content_type)) {
		emit(s, WIRE_ENCRYPTED, r, r->payload);
		strbuf_release(&plain);
		return;
	}
	inside.payload = strbuf_bytes(&plain);
	if (shared->negotiated >= TLS_VERSION_1_3) {
		const uint8_t type = (uint8_t)inside.content_type;

		emit(s, WIRE_INNER, r, (struct bytes){&type, 1});
	}
	if (inside.content_type == WIRE_TYPE_DATA)
		emit(s, WIRE_DATA, &inside, inside.payload);
	else
		handle_content(s, &inside);
	strbuf_release(&plain);
}

static void handle_record(struct wire_stream *s, const struct record *r)
{
	bool tls13 = s->shared->negotiated >= TLS_VERSION_1_3;

	/* In TLS 1.3 a ChangeCipherSpec is clear wherever it stands; before, a second one is not.
	 */
	if (r->content_type == WIRE_TYPE_DATA ||
	    (wire_stream_encrypted(s) && !(tls13 && r->content_type == WIRE_TYPE_CCS)))
		handle_encrypted(s, r);
	else
		handle_content(s, r);
}

static bool header_possible(const uint8_t *p)
{
	return p[0] >= WIRE_TYPE_CCS && p[0] <= WIRE_TYPE_HEARTBEAT && p[1] == 3 &&
	       number16(p + 3) <= WIRE_MAX_RECORD;
}

/* Deals with the record that `in` begins with, as far as it is there. Returns its size, 0 when it
 * is incomplete. */
static size_t take_record(struct wire_stream *s, struct bytes in)
{
	struct record r = {.header = {in.p, WIRE_RECORD_HEADER_SIZE}};

	if (in.n < WIRE_RECORD_HEADER_SIZE)
		return 0;
	r.content_type = in.p[0];
	r.version = number16(in.p + 1);
	if (!s->announced) {
		if (!header_possible(in.p)) {
			lose(s, &r, in);
			return 0;
		}
		emit(s, WIRE_RECORD, &r, r.header);
		s->announced = true;
	}
	r.payload.p = in.p + WIRE_RECORD_HEADER_SIZE;
	r.payload.n = number16(in.p + 3);
	if (in.n - WIRE_RECORD_HEADER_SIZE < r.payload.n)
		return 0;
	s->announced = false;
	handle_record(s, &r);
	return WIRE_RECORD_HEADER_SIZE + r.payload.n;
}

/* How much is missing until the record in s->record, or at least its header, is complete. */
static size_t missing(const struct wire_stream *s)
{
	if (s->record.n < WIRE_RECORD_HEADER_SIZE)
		return WIRE_RECORD_HEADER_SIZE - s->record.n;
	return WIRE_RECORD_HEADER_SIZE + (size_t)number16(strbuf_bytes(&s->record).p + 3) -
	       s->record.n;
}

void wire_stream_init(struct wire_stream *s, enum tls_dir dir, struct wire_shared *shared)
{
	memset(s, 0, sizeof(*s));
	s->dir = dir;
	s->shared = shared;
}

void wire_stream_release(struct wire_stream *s)
{
	strbuf_release(&s->record);
	strbuf_release(&s->message);
}

void wire_stream_feed(struct wire_stream *s, struct bytes data)
{
	/* First complete what is left of the last call, then read in place. */
	while (s->record.n && data.n && !s->lost) {
		size_t n = missing(s) < data.n ? missing(s) : data.n;

		strbuf_add(&s->record, data.p, n);
		data.p += n;
		data.n -= n;
		if (take_record(s, strbuf_bytes(&s->record)))
			strbuf_release(&s->record);
	}
	while (data.n && !s->lost) {
		size_t n = take_record(s, data);

		if (!n && !s->lost)
			strbuf_add(&s->record, data.p, data.n);
		if (!n)
			return;
		data.p += n;
		data.n -= n;
	}
}
