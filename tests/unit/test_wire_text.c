#include "core/wire_text.h"

#include "core/names.h"
#include "core/wire.h"
#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- against openssl s_server 3.5: tests/data/wire/record.py ---- */

static bool begins_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* What one recording holds, and what the core makes of the same messages. */
struct replay {
	struct strbuf file;
	char *next;
	struct strbuf state, own_state; /* the lines of -state */
	struct strbuf extensions, own_extensions;
	unsigned messages;
	struct wire_state st;
	uint16_t negotiated;
	bool before_client; /* nothing of this connection has been seen */
};

/* The bytes below the headline of a message. */
static void read_hex_lines(struct replay *r, struct strbuf *lines, struct strbuf *bytes)
{
	while (begins_with(r->next, "    ")) {
		const char *line = test_line(&r->next);

		strbuf_addf(lines, "%s\n", line);
		test_hex(bytes, line);
	}
}

static uint16_t version_of(const char *words)
{
	static const struct {
		const char *words;
		uint16_t version;
	} rows[] = {
		{"TLS 1.0", 0x0301}, {"TLS 1.1", 0x0302}, {"TLS 1.2", 0x0303}, {"TLS 1.3", 0x0304}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (begins_with(words, rows[i].words))
			return rows[i].version;
	cr_assert_fail("unknown version: %s", words);
	return 0;
}

static unsigned content_type_of(const char *words)
{
	static const struct {
		const char *words;
		unsigned type;
	} rows[] = {{"Handshake", 22},     {"Alert", 21},         {"ChangeCipherSpec", 20},
		    {"RecordHeader", 256}, {"InnerContent", 257}, {"ApplicationData", 23}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (begins_with(words, rows[i].words))
			return rows[i].type;
	cr_assert_fail("unknown content type: %s", words);
	return 0;
}

static void see_hello(struct replay *r, struct bytes message)
{
	struct client_hello hello;

	cr_assert(client_hello_parse(&hello, message));
	wire_text_extensions(&r->own_extensions, &hello);
	client_hello_release(&hello);
}

static void see_message(struct replay *r, enum tls_dir dir, uint16_t version, unsigned type,
			struct bytes b)
{
	if (r->before_client)
		wire_state_start(&r->st, &r->own_state);
	r->before_client = false;
	if (type == WIRE_TYPE_HANDSHAKE && dir == TLS_OUT && b.p[0] == 2)
		r->negotiated = version;
	if (type == WIRE_TYPE_HANDSHAKE && dir == TLS_IN && b.p[0] == 1)
		see_hello(r, b);
	/* -msg does not show a ChangeCipherSpec that is read before TLS 1.3, but its header. */
	if (type == WIRE_TYPE_RECORD_HEADER && dir == TLS_IN && b.p[0] == WIRE_TYPE_CCS &&
	    r->negotiated < TLS_VERSION_1_3)
		wire_state_message(&r->st, &r->own_state, dir, r->negotiated, WIRE_TYPE_CCS,
				   (struct bytes){NULL, 0});
	if (type == WIRE_TYPE_HANDSHAKE || type == WIRE_TYPE_CCS)
		wire_state_message(&r->st, &r->own_state, dir, r->negotiated, type, b);
	if (type == WIRE_TYPE_ALERT) {
		wire_text_alert_state(&r->own_state, dir, b.p[0], b.p[1]);
		strbuf_addc(&r->own_state, '\n');
		if (b.p[0] == 2)
			wire_state_failed(&r->st, &r->own_state);
	}
}

/* The lines of one message; `line` is the first. */
static void replay_message(struct replay *r, const char *line)
{
	struct strbuf want = STRBUF_INIT, got = STRBUF_INIT, bytes = STRBUF_INIT;
	enum tls_dir dir = *line == '<' ? TLS_IN : TLS_OUT;
	const char *comma = strchr(line, ',');
	uint16_t version = version_of(line + 4);
	unsigned type = content_type_of(comma + 2);

	strbuf_addf(&want, "%s\n", line);
	read_hex_lines(r, &want, &bytes);
	wire_text_message(&got, dir, version, type, strbuf_bytes(&bytes));
	cr_expect_str_eq(got.p, want.p, "want: %sgot:  %s", want.p, got.p);
	see_message(r, dir, version, type, strbuf_bytes(&bytes));
	r->messages++;
	strbuf_release(&want);
	strbuf_release(&got);
	strbuf_release(&bytes);
}

static bool is_dump(const char *line)
{
	unsigned offset;
	int n = 0;

	return sscanf(line, "%4x - %n", &offset, &n) == 1 && n == 7;
}

static void replay_line(struct replay *r, char *line)
{
	if (begins_with(line, "<<< ") || begins_with(line, ">>> "))
		replay_message(r, line);
	else if (begins_with(line, "SSL_accept:") || begins_with(line, "SSL3 alert"))
		strbuf_addf(&r->state, "%s\n", line);
	else if (begins_with(line, "TLS client extension") || is_dump(line))
		strbuf_addf(&r->extensions, "%s\n", line);
	else if (begins_with(line, "-----BEGIN SSL") || begins_with(line, "SSL_do_handshake") ||
		 begins_with(line, "Read BLOCK"))
		wire_state_done(&r->st, &r->own_state);
	else if (begins_with(line, "CONNECTION CLOSED")) {
		r->before_client = true;
		r->negotiated = 0;
	}
}

/* Where two texts first differ, or NULL. */
static const char *difference(const char *got, const char *want)
{
	while (*got && *got == *want) {
		got++;
		want++;
	}
	return *got || *want ? want : NULL;
}

static void replay_file(const char *name, unsigned messages)
{
	struct replay r = {.before_client = true};
	const char *where;
	char *line;

	test_data(&r.file, name);
	r.next = r.file.p;
	while ((line = test_line(&r.next)))
		replay_line(&r, line);
	cr_expect_eq(r.messages, messages, "%s: %u", name, r.messages);
	cr_expect_gt(r.state.n, 100, "%s", name);
	where = difference(r.own_state.p, r.state.p);
	cr_expect_null(where, "%s, -state, from here on:\n%s\ngot:\n%s", name, where,
		       r.own_state.p);
	where = difference(r.own_extensions.p, r.extensions.p);
	cr_expect_null(where, "%s, -tlsextdebug, from here on:\n%s", name, where);
	strbuf_release(&r.file);
	strbuf_release(&r.state);
	strbuf_release(&r.own_state);
	strbuf_release(&r.extensions);
	strbuf_release(&r.own_extensions);
}

Test(wire_text, prints_as_openssl_3_5)
{
	static const struct {
		const char *file;
		unsigned messages;
	} rows[] = {
		{"wire/tls13.txt", 35},
		{"wire/tls13-retry.txt", 39},
		{"wire/tls13-resumption.txt", 61},
		{"wire/tls13-client-certificate.txt", 44},
		{"wire/tls13-key-update.txt", 46},
		{"wire/tls12.txt", 25},
		{"wire/tls12-resumption.txt", 38},
		{"wire/tls12-client-certificate.txt", 31},
		{"wire/tls12-renegotiation.txt", 39},
		{"wire/tls12-no-shared-cipher.txt", 4},
		{"wire/tls10.txt", 25},
		{"wire/unsupported-version.txt", 4},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		replay_file(rows[i].file, rows[i].messages);
}

/* -debug: the pointers differ from run to run, and are left out of the comparison. */
static void expect_io(const char *headline, const struct strbuf *dump, struct bytes data)
{
	struct strbuf got = STRBUF_INIT, want = STRBUF_INIT;
	size_t asked;
	long result;
	void *tag, *buffer;
	const char *rest;
	bool in = begins_with(headline, "read from ");

	cr_assert_eq(sscanf(headline + (in ? 10 : 9), "%p [%p] (%zu bytes => %ld", &tag, &buffer,
			    &asked, &result),
		     4, "%s", headline);
	rest = strchr(headline, ']');
	wire_text_io(&got, in ? TLS_IN : TLS_OUT, tag, data, asked, result);
	strbuf_add(&want, headline, (size_t)(strchr(headline, '[') - headline));
	cr_expect_eq(strncmp(got.p, want.p, want.n), 0, "%s", headline);
	strbuf_reset(&want);
	strbuf_addf(&want, "%s\n%s", rest, dump->p);
	cr_expect_str_eq(strchr(got.p, ']'), want.p, "%s\ngot %s", headline, got.p);
	strbuf_release(&want);
	strbuf_release(&got);
}

Test(wire_text, debug_is_as_openssl_3_5)
{
	struct strbuf file = STRBUF_INIT, headline = STRBUF_INIT, dump = STRBUF_INIT,
		      data = STRBUF_INIT;
	char *next, *line;
	unsigned n = 0;

	test_data(&file, "wire/debug.txt");
	next = file.p;
	while ((line = test_line(&next))) {
		if (!begins_with(line, "read from") && !begins_with(line, "write to"))
			continue;
		strbuf_reset(&dump);
		strbuf_reset(&data);
		strbuf_adds(&dump, "");
		strbuf_reset(&headline);
		strbuf_adds(&headline, line);
		while (is_dump(next)) {
			char digits[3 * 16 + 1];

			line = test_line(&next);
			strbuf_addf(&dump, "%s\n", line);
			memcpy(digits, line + 7, sizeof digits - 1);
			digits[sizeof digits - 1] = '\0';
			digits[23] = ' '; /* the dash in the middle */
			test_hex(&data, digits);
		}
		expect_io(headline.p, &dump, strbuf_bytes(&data));
		n++;
	}
	cr_expect_gt(n, 8);
	strbuf_release(&file);
	strbuf_release(&headline);
	strbuf_release(&dump);
	strbuf_release(&data);
}

/* ---- what no recording shows ---- */

Test(wire_text, messages)
{
	static const struct {
		enum tls_dir dir;
		uint16_t version;
		unsigned type;
		const char *hex, *want;
	} rows[] = {
		{TLS_IN, 0x0300, 22, "", "<<< SSL 3.0, Handshake [length 0000]\n"},
		{TLS_OUT, 0xfefd, 22, "03 000000",
		 ">>> DTLS 1.2, Handshake [length 0004], HelloVerifyRequest\n    03 00 00 00\n"},
		{TLS_OUT, 0x0304, 22, "63", ">>> TLS 1.3, Handshake [length 0001], ???\n    63\n"},
		{TLS_IN, 0x0303, 21, "02 28",
		 "<<< TLS 1.2, Alert [length 0002], fatal handshake_failure\n    02 28\n"},
		{TLS_IN, 0x0303, 21, "07 fe",
		 "<<< TLS 1.2, Alert [length 0002], ??? ???\n    07 fe\n"},
		{TLS_IN, 0x0303, 21, "02", "<<< TLS 1.2, Alert [length 0001], ???\n    02\n"},
		{TLS_IN, 0x0303, 99, "", "<<< TLS 1.2, Unknown (content_type=99) [length 0000]\n"},
		{TLS_IN, 0x7f1c, 22, "01",
		 "<<< Not TLS data or unknown version (version=32540, content_type=22) [length 0001]\n    01\n"},
		{TLS_IN, 0x0301, 23, "000102030405060708090a0b0c0d0e0f10",
		 "<<< TLS 1.0, ApplicationData [length 0011]\n"
		 "    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n    10\n"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf msg = STRBUF_INIT, got = STRBUF_INIT;

		test_hex(&msg, rows[i].hex);
		wire_text_message(&got, rows[i].dir, rows[i].version, rows[i].type,
				  strbuf_bytes(&msg));
		cr_expect_str_eq(got.p, rows[i].want, "got %s", got.p);
		strbuf_release(&msg);
		strbuf_release(&got);
	}
}

Test(wire_text, alert_states)
{
	static const struct {
		enum tls_dir dir;
		unsigned level, description;
		const char *want;
	} rows[] = {
		{TLS_IN, 1, 0, "SSL3 alert read:warning:close notify"},
		{TLS_OUT, 2, 40, "SSL3 alert write:fatal:handshake failure"},
		{TLS_IN, 2, 70, "SSL3 alert read:fatal:protocol version"},
		{TLS_IN, 9, 200, "SSL3 alert read:unknown:unknown"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf got = STRBUF_INIT;

		wire_text_alert_state(&got, rows[i].dir, rows[i].level, rows[i].description);
		cr_expect_str_eq(got.p, rows[i].want);
		strbuf_release(&got);
	}
}

Test(wire_text, io_without_data)
{
	static const uint8_t byte = 'x';
	struct strbuf got = STRBUF_INIT;

	wire_text_io(&got, TLS_IN, &byte, (struct bytes){&byte, 0}, 5, -1);
	cr_expect_not_null(strstr(got.p, "] (5 bytes => -1)\n"), "%s", got.p);
	cr_expect_eq(strchr(got.p, '\n')[1], '\0');
	strbuf_reset(&got);
	wire_text_io(&got, TLS_OUT, &byte, (struct bytes){&byte, 1}, 300, 1);
	cr_expect_not_null(strstr(got.p, "] (300 bytes => 1 (0x1))\n0000 - 78 "), "%s", got.p);
	strbuf_release(&got);
}

/* Every combination: a line begins in OpenSSL's way, and nothing crashes. */
Test(wire_text, state_lines)
{
	static const uint16_t versions[] = {0, 0x0301, 0x0303, 0x0304, 0xfefd, 0xffff};
	unsigned lines = 0;

	for (size_t v = 0; v < sizeof versions / sizeof *versions; v++)
		for (unsigned content = 19; content < 260; content++)
			for (unsigned type = 0; type < 260; type++)
				for (int dir = 0; dir < 2; dir++) {
					const char *line = wire_state_line(
						dir ? TLS_OUT : TLS_IN, versions[v], content, type);

					cr_assert(!line || begins_with(line, "SSL_accept:"));
					lines += line != NULL;
				}
	cr_expect_gt(lines, 100);
	cr_expect_str_eq(wire_state_line(TLS_IN, 0x0303, WIRE_TYPE_CCS, 0),
			 "SSL_accept:SSLv3/TLS read change cipher spec");
	cr_expect_null(wire_state_line(TLS_IN, 0x0304, WIRE_TYPE_CCS, 0));
}
