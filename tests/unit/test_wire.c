#include "core/wire.h"

#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- the first ClientHello ---- */

struct fed {
	enum wire_hello_result result;
	size_t final_at; /* how many bytes were there when the result became final; 0: never */
	struct strbuf message;
	uint16_t record_version;
};

/* Feeds growing pieces, each a fresh copy without room behind it. */
static struct fed feed_hello(struct bytes all, size_t step)
{
	struct wire_hello_reader r = {0};
	struct fed f = {.result = WIRE_HELLO_MORE};

	for (size_t n = 0; f.final_at == 0;) {
		void *copy;

		n = all.n - n < step ? all.n : n + step;
		copy = xmemdup(all.p, n);
		f.result = wire_hello_feed(&r, (struct bytes){copy, n});
		free(copy);
		if (f.result != WIRE_HELLO_MORE)
			f.final_at = n;
		if (n == all.n)
			break;
	}
	f.record_version = wire_hello_record_version(&r);
	strbuf_add(&f.message, wire_hello_message(&r).p, wire_hello_message(&r).n);
	wire_hello_release(&r);
	return f;
}

/* Cuts the payload of one record into records of at most n bytes. */
static void split_record(struct strbuf *out, const struct strbuf *record, size_t n)
{
	for (size_t at = 5; at < record->n; at += n) {
		size_t size = record->n - at < n ? record->n - at : n;

		strbuf_add(out, record->p, 3);
		strbuf_addc(out, (char)(size >> 8));
		strbuf_addc(out, (char)size);
		strbuf_add(out, record->p + at, size);
	}
}

Test(wire_hello, is_read_in_any_pieces)
{
	static const char *const files[] = {"chromium", "s_client-3.0", "s_client-3.0-tls1_2"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct strbuf record = STRBUF_INIT, name = STRBUF_INIT;

		strbuf_addf(&name, "hello/%s.bin", files[i]);
		test_data(&record, name.p);
		for (size_t step = 1; step <= 300; step += step < 20 ? 1 : 71) {
			struct fed f = feed_hello(strbuf_bytes(&record), step);

			cr_expect_eq(f.result, WIRE_HELLO_READY, "%s, %zu", name.p, step);
			cr_expect_eq(f.final_at, record.n, "%s, %zu", name.p, step);
			cr_expect_eq(f.record_version, 0x0301);
			expect_bytes(strbuf_bytes(&f.message),
				     (struct bytes){(const uint8_t *)record.p + 5, record.n - 5},
				     name.p);
			strbuf_release(&f.message);
		}
		strbuf_release(&record);
		strbuf_release(&name);
	}
}

Test(wire_hello, may_be_spread_over_records)
{
	struct strbuf record = STRBUF_INIT;

	test_data(&record, "hello/curl.bin");
	for (size_t size = 1; size < 530; size = size < 8 ? size + 1 : size + 100) {
		struct strbuf split = STRBUF_INIT;

		split_record(&split, &record, size);
		for (size_t step = 1; step < 20; step += 6) {
			struct fed f = feed_hello(strbuf_bytes(&split), step);

			cr_expect_eq(f.result, WIRE_HELLO_READY, "%zu, %zu", size, step);
			expect_bytes(strbuf_bytes(&f.message),
				     (struct bytes){(const uint8_t *)record.p + 5, record.n - 5},
				     "message");
			strbuf_release(&f.message);
		}
		strbuf_release(&split);
	}
	strbuf_release(&record);
}

Test(wire_hello, what_is_behind_it_is_left_alone)
{
	struct strbuf record = STRBUF_INIT;
	size_t n;
	struct fed f;

	test_data(&record, "hello/curl.bin");
	n = record.n;
	strbuf_adds(&record, "garbage");
	f = feed_hello(strbuf_bytes(&record), 100000);
	cr_expect_eq(f.result, WIRE_HELLO_READY);
	cr_expect_eq(f.message.n, n - 5);
	strbuf_release(&f.message);
	strbuf_release(&record);
}

/* Impossible bytes are found with the first of them, a cut hello never is. */
Test(wire_hello, is_told_from_everything_else)
{
	static const struct {
		const char *what, *hex;
		enum wire_hello_result result;
		size_t final_at;
	} rows[] = {
		{"nothing", "", WIRE_HELLO_MORE, 0},
		{"a type", "16", WIRE_HELLO_MORE, 0},
		{"a header", "16 0301 0010", WIRE_HELLO_MORE, 0},
		{"the start of a hello", "16 0301 0010 01 00 00", WIRE_HELLO_MORE, 0},
		{"HTTP", "474554202f20485454502f312e300d0a", WIRE_HELLO_NOT_TLS, 1},
		{"an alert", "15 0301 0002 0128", WIRE_HELLO_NOT_TLS, 1},
		{"an SSLv2 hello", "80 2e 01 0301", WIRE_HELLO_NOT_TLS, 1},
		{"another major version", "16 0201", WIRE_HELLO_NOT_TLS, 2},
		{"any minor version", "16 03ff 0010 01", WIRE_HELLO_MORE, 0},
		{"record too long", "16 0301 4100", WIRE_HELLO_NOT_TLS, 4},
		{"record too long by one", "16 0301 4001", WIRE_HELLO_NOT_TLS, 5},
		{"longest record", "16 0301 4000 01", WIRE_HELLO_MORE, 0},
		{"another message", "16 0301 0010 02", WIRE_HELLO_NOT_TLS, 6},
		{"longest message", "16 0301 0010 01 00fffc", WIRE_HELLO_MORE, 0},
		{"message too long", "16 0301 0010 01 00fffd", WIRE_HELLO_NOT_TLS, 9},
		{"message far too long", "16 0301 0010 01 ffffff", WIRE_HELLO_NOT_TLS, 9},
		{"empty message", "16 0301 0004 01 000000", WIRE_HELLO_READY, 9},
		{"an empty record before", "16 0301 0000 16 0303 0004 01 000000", WIRE_HELLO_READY,
		 14},
		{"another type in between", "16 0301 0001 01 15 0301", WIRE_HELLO_NOT_TLS, 7},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf b = STRBUF_INIT;
		struct fed f;

		strbuf_adds(&b, "");
		test_hex(&b, rows[i].hex);
		f = feed_hello(strbuf_bytes(&b), 1);
		cr_expect_eq(f.result, rows[i].result, "%s", rows[i].what);
		cr_expect_eq(f.final_at, rows[i].final_at, "%s: %zu", rows[i].what, f.final_at);
		strbuf_release(&f.message);
		f = feed_hello(strbuf_bytes(&b), 100);
		cr_expect_eq(f.result, rows[i].result, "%s, at once", rows[i].what);
		strbuf_release(&f.message);
		strbuf_release(&b);
	}
}

Test(wire_hello, empty_records_end_somewhere)
{
	struct strbuf b = STRBUF_INIT;
	struct fed f;

	for (int i = 0; i < 1000; i++)
		test_hex(&b, "16 0301 0000");
	f = feed_hello(strbuf_bytes(&b), 1);
	cr_expect_eq(f.result, WIRE_HELLO_NOT_TLS);
	cr_expect_lt(f.final_at, 1000);
	strbuf_release(&f.message);
	strbuf_release(&b);
}

Test(wire_hello, a_result_is_final)
{
	struct wire_hello_reader r = {0};

	cr_expect_eq(wire_hello_feed(&r, (struct bytes){(const uint8_t *)"G", 1}),
		     WIRE_HELLO_NOT_TLS);
	cr_expect_eq(wire_hello_feed(&r, (struct bytes){(const uint8_t *)"\x16\x03", 2}),
		     WIRE_HELLO_NOT_TLS);
	wire_hello_release(&r);
}

/* ---- a whole connection ---- */

/* Events as text: "in record 16 0301", "out handshake 02 0304 (5)", one a line. */
static void log_event(void *ud, const struct wire_event *e)
{
	static const char *const kinds[] = {
		[WIRE_RECORD] = "record", [WIRE_HANDSHAKE] = "handshake", [WIRE_ALERT] = "alert",
		[WIRE_CCS] = "ccs",       [WIRE_ENCRYPTED] = "encrypted", [WIRE_LOST] = "lost",
	};
	struct strbuf *log = ud;

	strbuf_addf(log, "%s %s", e->dir == TLS_IN ? "in" : "out", kinds[e->kind]);
	if (e->kind == WIRE_RECORD)
		strbuf_addf(log, " %u", e->content_type);
	if (e->kind == WIRE_HANDSHAKE)
		strbuf_addf(log, " %u", (unsigned)e->data.p[0]);
	if (e->kind != WIRE_LOST)
		strbuf_addf(log, " %04x (%zu)", (unsigned)e->negotiated, e->data.n);
	strbuf_addc(log, '\n');
}

struct step {
	enum tls_dir dir;
	const char *hex;
};

/* `step` bytes at a time, each a copy of its own. */
static void feed_stream(struct wire_stream *s, struct bytes b, size_t step)
{
	while (b.n) {
		size_t n = b.n < step ? b.n : step;
		void *copy = xmemdup(b.p, n);

		wire_stream_feed(s, (struct bytes){copy, n});
		free(copy);
		b.p += n;
		b.n -= n;
	}
}

static void run_steps(struct strbuf *log, const struct step *steps, size_t piece)
{
	struct wire_shared shared = {.event = log_event, .ud = log};
	struct wire_stream in, out;

	strbuf_adds(log, "");
	wire_stream_init(&in, TLS_IN, &shared);
	wire_stream_init(&out, TLS_OUT, &shared);
	for (; steps->hex; steps++) {
		struct strbuf b = STRBUF_INIT;

		test_hex(&b, steps->hex);
		feed_stream(steps->dir == TLS_IN ? &in : &out, strbuf_bytes(&b), piece);
		strbuf_release(&b);
	}
	wire_stream_release(&in);
	wire_stream_release(&out);
}

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RETRY  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
/* ServerHellos of TLS 1.2 and 1.3, and a HelloRetryRequest; records of one message. */
#define SERVER_HELLO_12 "16 0303 002a 02 000026 0303 " RANDOM " 00 c02f 00"
#define SERVER_HELLO_13 "16 0303 0032 02 00002e 0303 " RANDOM " 00 1301 00 0006 002b 0002 0304"
#define HELLO_RETRY     "16 0303 0032 02 00002e 0303 " RETRY " 00 1301 00 0006 002b 0002 0304"
#define CLIENT_HELLO    "16 0301 0005 01 000001 00"

Test(wire_stream, events)
{
	static const struct {
		const char *what;
		struct step steps[8];
		const char *log;
	} rows[] = {
		{"TLS 1.2: everything after CCS is encrypted",
		 {{TLS_IN, CLIENT_HELLO},
		  {TLS_OUT, SERVER_HELLO_12},
		  {TLS_IN, "14 0303 0001 01 16 0303 0003 aabbcc"},
		  {TLS_OUT, "15 0303 0002 0100 14 0303 0001 01 15 0303 0002 0100"},
		  {TLS_IN, NULL}},
		 "in record 22 0000 (5)\nin handshake 1 0000 (5)\n"
		 "out record 22 0000 (5)\nout handshake 2 0303 (42)\n"
		 "in record 20 0303 (5)\nin ccs 0303 (1)\n"
		 "in record 22 0303 (5)\nin encrypted 0303 (3)\n"
		 "out record 21 0303 (5)\nout alert 0303 (2)\n"
		 "out record 20 0303 (5)\nout ccs 0303 (1)\n"
		 "out record 21 0303 (5)\nout encrypted 0303 (2)\n"},
		{"TLS 1.3: the server encrypts at once, the client's alert may be clear",
		 {{TLS_IN, CLIENT_HELLO},
		  {TLS_OUT, SERVER_HELLO_13 "14 0303 0001 01 17 0303 0002 aabb"},
		  {TLS_IN, "14 0303 0001 01 15 0303 0002 0232"},
		  {TLS_OUT, "15 0303 0002 0100"},
		  {TLS_IN, NULL}},
		 "in record 22 0000 (5)\nin handshake 1 0000 (5)\n"
		 "out record 22 0000 (5)\nout handshake 2 0304 (50)\n"
		 "out record 20 0304 (5)\nout ccs 0304 (1)\n"
		 "out record 23 0304 (5)\nout encrypted 0304 (2)\n"
		 "in record 20 0304 (5)\nin ccs 0304 (1)\n"
		 "in record 21 0304 (5)\nin alert 0304 (2)\n"
		 "out record 21 0304 (5)\nout encrypted 0304 (2)\n"},
		{"after a HelloRetryRequest both are still clear",
		 {{TLS_OUT, HELLO_RETRY},
		  {TLS_IN, CLIENT_HELLO},
		  {TLS_OUT, SERVER_HELLO_13},
		  {TLS_IN, NULL}},
		 "out record 22 0000 (5)\nout handshake 2 0304 (50)\n"
		 "in record 22 0304 (5)\nin handshake 1 0304 (5)\n"
		 "out record 22 0304 (5)\nout handshake 2 0304 (50)\n"},
		{"messages joined in a record, and one spread over two",
		 {{TLS_OUT, "16 0303 000e 0b 000001 aa 0e 000000 0c 000002 bb"},
		  {TLS_OUT, "16 0303 0001 cc"},
		  {TLS_IN, NULL}},
		 "out record 22 0000 (5)\nout handshake 11 0000 (5)\nout handshake 14 0000 (4)\n"
		 "out record 22 0000 (5)\nout handshake 12 0000 (6)\n"},
		{"empty records",
		 {{TLS_IN, "16 0301 0000 17 0303 0000"}, {TLS_IN, NULL}},
		 "in record 22 0000 (5)\nin record 23 0000 (5)\nin encrypted 0000 (0)\n"},
		{"what is not TLS ends a direction, the other goes on",
		 {{TLS_IN, "474554202f"},
		  {TLS_IN, CLIENT_HELLO},
		  {TLS_OUT, "15 0303 0002 0246"},
		  {TLS_IN, NULL}},
		 "in lost\nout record 21 0000 (5)\nout alert 0000 (2)\n"},
		{"a record longer than any",
		 {{TLS_OUT, "17 0303 4801"}, {TLS_IN, NULL}},
		 "out lost\n"},
		{"the longest record is only announced",
		 {{TLS_OUT, "17 0303 4800 00"}, {TLS_IN, NULL}},
		 "out record 23 0000 (5)\n"},
		{"a message longer than is kept",
		 {{TLS_IN, "16 0301 0004 0b 040001"}, {TLS_IN, CLIENT_HELLO}, {TLS_IN, NULL}},
		 "in record 22 0000 (5)\nin lost\n"},
		{"an alert that has not two bytes cannot be clear",
		 {{TLS_IN, "15 0303 0001 02 15 0303 0003 010203"}, {TLS_IN, NULL}},
		 "in record 21 0000 (5)\nin encrypted 0000 (1)\n"
		 "in record 21 0000 (5)\nin encrypted 0000 (3)\n"},
		{"a ServerHello that is too short names no version",
		 {{TLS_OUT, "16 0303 0006 02 000002 0303"}, {TLS_IN, NULL}},
		 "out record 22 0000 (5)\nout handshake 2 0000 (6)\n"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t piece = 1; piece < 100; piece += 1 + piece / 2) {
			struct strbuf log = STRBUF_INIT;

			run_steps(&log, rows[i].steps, piece);
			cr_expect_str_eq(log.p, rows[i].log, "%s, %zu:\n%s", rows[i].what, piece,
					 log.p);
			strbuf_release(&log);
		}
	}
}

/* selected_version() reads lengths that a peer may have made up: cut at every byte. */
Test(wire_stream, damaged_server_hellos_do_no_harm)
{
	struct strbuf b = STRBUF_INIT;

	test_hex(&b, SERVER_HELLO_13);
	for (size_t n = 4; n <= b.n - 5; n++) {
		for (unsigned at = 0; at < n; at++) {
			struct strbuf log = STRBUF_INIT;
			struct wire_shared shared = {.event = log_event, .ud = &log};
			struct wire_stream out;
			uint8_t *copy = xmemdup(b.p, n + 5);

			copy[4] = (uint8_t)n;
			copy[8] = (uint8_t)(n - 4);
			copy[5 + at] ^= 0xff;
			wire_stream_init(&out, TLS_OUT, &shared);
			wire_stream_feed(&out, (struct bytes){copy, n + 5});
			wire_stream_release(&out);
			free(copy);
			cr_expect_gt(log.n, 0);
			strbuf_release(&log);
		}
	}
	strbuf_release(&b);
}

Test(wire_stream, knows_when_encryption_begins)
{
	struct strbuf log = STRBUF_INIT, b = STRBUF_INIT;
	struct wire_shared shared = {.event = log_event, .ud = &log};
	struct wire_stream in, out;

	wire_stream_init(&in, TLS_IN, &shared);
	wire_stream_init(&out, TLS_OUT, &shared);
	cr_expect_not(wire_stream_encrypted(&out));
	test_hex(&b, HELLO_RETRY);
	wire_stream_feed(&out, strbuf_bytes(&b));
	cr_expect_not(wire_stream_encrypted(&out));
	cr_expect(shared.hello_retry);
	strbuf_reset(&b);
	test_hex(&b, SERVER_HELLO_13);
	wire_stream_feed(&out, strbuf_bytes(&b));
	cr_expect(wire_stream_encrypted(&out));
	cr_expect_eq(shared.negotiated, TLS_VERSION_1_3);
	/* No more than one incomplete record and message is held. */
	cr_expect_eq(out.record.cap, 0);
	cr_expect_eq(out.message.cap, 0);
	wire_stream_release(&in);
	wire_stream_release(&out);
	strbuf_release(&b);
	strbuf_release(&log);
}
