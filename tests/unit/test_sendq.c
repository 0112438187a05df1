#include "core/sendq.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A transport that takes `room` bytes more, or is broken. */
struct sink {
	char got[100];
	size_t n, room;
	bool broken;
	struct tls_transport io;
	struct sendq q;
};

static enum tls_status on_send(void *ud, const void *buf, size_t len, size_t *done)
{
	struct sink *s = ud;

	if (s->broken)
		return TLS_FAIL;
	if (!s->room)
		return TLS_WANT_WRITE;
	*done = len < s->room ? len : s->room;
	cr_assert(s->n + *done < sizeof(s->got));
	memcpy(s->got + s->n, buf, *done);
	s->n += *done;
	s->room -= *done;
	return TLS_OK;
}

static void begin(struct sink *s, size_t room)
{
	*s = (struct sink){.room = room};
	s->io = (struct tls_transport){s, NULL, on_send};
}

static enum tls_status put(struct sink *s, const char *text)
{
	return sendq_put(&s->q, &s->io, text, strlen(text));
}

Test(sendq, takes_whole_what_the_transport_takes_in_part)
{
	struct sink s;

	begin(&s, 3);
	cr_expect_eq(put(&s, "hello"), TLS_OK);
	cr_expect_str_eq(s.got, "hel");
	cr_expect_eq(put(&s, " world"), TLS_OK);
	cr_expect_eq(sendq_flush(&s.q, &s.io), TLS_WANT_WRITE);
	s.room = 4;
	cr_expect_eq(sendq_flush(&s.q, &s.io), TLS_WANT_WRITE);
	cr_expect_str_eq(s.got, "hello w");
	s.room = 50;
	cr_expect_eq(put(&s, "!"), TLS_OK);
	cr_expect_str_eq(s.got, "hello world!");
	cr_expect_null(s.q.p);
	sendq_release(&s.q);
}

Test(sendq, takes_nothing_when_much_is_waiting)
{
	enum { N = 40000 };
	char *much = calloc(1, N);
	struct sink s;

	cr_assert(much);
	begin(&s, 0);
	cr_expect_eq(sendq_put(&s.q, &s.io, much, N), TLS_OK, "one send may be large");
	cr_expect_eq(put(&s, "x"), TLS_WANT_WRITE);
	cr_expect_eq(s.q.n, N);
	sendq_release(&s.q);
	free(much);
}

Test(sendq, a_failure_waits_for_the_alert)
{
	struct tls_error err = {.alert = 120, .text = "no application protocol"}, told;
	struct sink s;
	enum tls_status st;

	begin(&s, 0);
	cr_expect_eq(put(&s, "alert"), TLS_OK);
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_FAIL, NULL, &err), TLS_WANT_WRITE);
	told = (struct tls_error){.alert = -1};
	cr_expect(sendq_begin(&s.q, &s.io, &st, NULL, &told));
	cr_expect_eq(st, TLS_WANT_WRITE);
	s.room = 50;
	cr_expect(sendq_begin(&s.q, &s.io, &st, NULL, &told));
	cr_expect_eq(st, TLS_FAIL);
	cr_expect_eq(told.alert, 120);
	cr_expect_str_eq(told.text, "no application protocol");
	cr_expect_str_eq(s.got, "alert");
	cr_expect_not(sendq_begin(&s.q, &s.io, &st, NULL, &told), "told once");
	sendq_release(&s.q);
}

Test(sendq, a_failure_is_told_when_the_transport_breaks_too)
{
	struct tls_error err = {.alert = 120};
	struct sink s;
	enum tls_status st;

	begin(&s, 0);
	cr_expect_eq(put(&s, "alert"), TLS_OK);
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_FAIL, NULL, &err), TLS_WANT_WRITE);
	s.broken = true;
	err.alert = -1;
	cr_expect(sendq_begin(&s.q, &s.io, &st, NULL, &err));
	cr_expect_eq(st, TLS_FAIL);
	cr_expect_eq(err.alert, 120);
	sendq_release(&s.q);
}

Test(sendq, a_write_is_done_when_all_is_sent)
{
	struct tls_error err = {.alert = -1};
	size_t done = 7;
	struct sink s;
	enum tls_status st;

	begin(&s, 2);
	cr_expect_eq(put(&s, "record"), TLS_OK);
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_OK, &done, &err), TLS_WANT_WRITE);
	cr_expect_eq(done, 0);
	cr_expect_not(sendq_begin_read(&s.q, &s.io, &st, &err));
	cr_expect(sendq_begin(&s.q, &s.io, &st, &done, &err));
	cr_expect_eq(st, TLS_WANT_WRITE);
	s.room = 50;
	cr_expect_not(sendq_begin(&s.q, &s.io, &st, NULL, &err), "that call is no write");
	cr_expect(sendq_begin(&s.q, &s.io, &st, &done, &err));
	cr_expect_eq(st, TLS_OK);
	cr_expect_eq(done, 7);
	cr_expect_not(sendq_begin(&s.q, &s.io, &st, &done, &err));
	sendq_release(&s.q);
}

Test(sendq, answers_as_they_are_when_nothing_waits)
{
	struct tls_error err = {.alert = 40};
	size_t done = 7;
	struct sink s;

	begin(&s, 50);
	cr_expect_eq(put(&s, "record"), TLS_OK);
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_OK, &done, &err), TLS_OK);
	cr_expect_eq(done, 7);
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_FAIL, NULL, &err), TLS_FAIL);
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_WANT_READ, NULL, &err), TLS_WANT_READ);
	s.room = 0;
	cr_expect_eq(put(&s, "more"), TLS_OK);
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_WANT_READ, NULL, &err), TLS_WANT_WRITE);
	s.broken = true;
	cr_expect_eq(sendq_answer(&s.q, &s.io, TLS_OK, NULL, &err), TLS_FAIL);
	cr_expect_eq(err.alert, -1);
	cr_expect(*err.text);
	sendq_release(&s.q);
}
