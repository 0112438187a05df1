#include "core/skip.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Gives what is there, piece by piece, then the end. */
struct source {
	const char *p;
	size_t n, at, piece;
};

static enum tls_status on_recv(void *ud, void *buf, size_t len, size_t *done)
{
	struct source *s = ud;
	size_t left = s->n - s->at;

	if (!left)
		return TLS_EOF;
	*done = len < left ? len : left;
	if (*done > s->piece)
		*done = s->piece;
	memcpy(buf, s->p + s->at, *done);
	s->at += *done;
	return TLS_OK;
}

static bool opens(void *ud, struct bytes record)
{
	(void)ud;
	return record.n > 5 && record.p[5] == 'F';
}

#define RECORD(type, n, body) type "\x03\x03\0" n body
#define HELLO                 RECORD("\x16", "\x05", "hello")
#define CCS                   RECORD("\x14", "\x01", "\x01")
#define EARLY                 RECORD("\x17", "\x05", "early")
#define FINISHED              RECORD("\x17", "\x04", "Fini")

static const struct {
	const char *in;
	size_t in_n;
	size_t max;
	const char *out;
	size_t out_n;
} rows[] = {
#define ROW(in, max, out)                                     \
	{                                                     \
		in, sizeof(in) - 1, max, out, sizeof(out) - 1 \
	}
	ROW(HELLO CCS FINISHED EARLY, 100, HELLO CCS FINISHED EARLY),
	ROW(HELLO EARLY EARLY CCS FINISHED "data", 100, HELLO CCS FINISHED "data"),
	ROW(HELLO EARLY CCS HELLO FINISHED, 100, HELLO CCS HELLO FINISHED), /* a retry */
	ROW(HELLO EARLY EARLY FINISHED, 9, HELLO EARLY FINISHED),           /* too much */
	ROW(HELLO EARLY "\x17\x03\x03", 100, HELLO "\x17\x03\x03"),
	ROW(HELLO EARLY "\x17\x03\x03\x7f\xff"
			"far too long",
	    100,
	    HELLO "\x17\x03\x03\x7f\xff"
		  "far too long"),
	ROW("GET / HTTP/1.0\r\n\r\n", 100, "GET / HTTP/1.0\r\n\r\n"),
#undef ROW
};

static void run(size_t row, size_t piece, size_t len)
{
	struct source source = {rows[row].in, rows[row].in_n, 0, piece};
	struct tls_transport io = {&source, on_recv, NULL};
	struct client_hello hello = {.early_data = true};
	struct skip s = {0};
	char out[200];
	size_t n = 0;

	skip_begin(&s, &hello, rows[row].max, opens, NULL);
	for (;;) {
		size_t done = 0;
		enum tls_status st = skip_active(&s) ? skip_recv(&s, &io, out + n, len, &done)
						     : on_recv(&source, out + n, len, &done);

		if (st != TLS_OK) {
			cr_expect_eq(st, TLS_EOF);
			break;
		}
		cr_assert(done > 0 && done <= len && n + done + len < sizeof(out));
		n += done;
	}
	cr_expect(n == rows[row].out_n && memcmp(out, rows[row].out, n) == 0,
		  "row %zu in pieces of %zu: %zu bytes", row, piece, n);
	skip_release(&s);
}

Test(skip, early_data_is_passed_over)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t piece = 1; piece < 20; piece += 3)
			for (size_t len = 1; len < 40; len += 6)
				run(i, piece, len);
}

Test(skip, is_not_in_use_without_early_data)
{
	struct client_hello hello = {.early_data = false};
	struct skip s = {0};

	skip_begin(&s, &hello, 100, opens, NULL);
	cr_expect_not(skip_active(&s));
	skip_begin(&s, NULL, 100, opens, NULL);
	cr_expect_not(skip_active(&s));
}
