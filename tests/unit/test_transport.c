#include "core/transport.h"

#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
	struct transport t;
	struct tls_transport io;
	int peer; /* -1 when closed */
};

static void pair_open(struct pair *p)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	transport_init(&p->t, fds[0]);
	p->io = transport_callbacks(&p->t);
	p->peer = fds[1];
}

static void peer_close(struct pair *p)
{
	if (p->peer >= 0)
		cr_assert_eq(close(p->peer), 0);
	p->peer = -1;
}

static void pair_close(struct pair *p)
{
	peer_close(p);
	transport_release(&p->t);
	cr_expect_eq(p->t.fd, -1);
}

static void peer_sends(struct pair *p, const void *data, size_t n)
{
	cr_assert_eq(send(p->peer, data, n, 0), (ssize_t)n);
	transport_readable(&p->t);
}

/* What the library would do; the status, and how much came. */
static enum tls_status take(struct pair *p, void *buf, size_t len, size_t *done)
{
	*done = 0;
	return p->io.recv(p->io.ud, buf, len, done);
}

static enum tls_status give(struct pair *p, const char *s)
{
	size_t done = 0;
	enum tls_status status = p->io.send(p->io.ud, s, strlen(s), &done);

	cr_expect_eq(done, status == TLS_OK ? strlen(s) : 0);
	return status;
}

/* Everything that waits at the peer. */
static void expect_peer_got(struct pair *p, const char *want)
{
	char got[1000];
	ssize_t n = recv(p->peer, got, sizeof got, 0);

	if (n < 0) {
		cr_assert_eq(errno, EAGAIN);
		n = 0;
	}
	expect_text((struct bytes){(const uint8_t *)got, (size_t)n}, want, "peer");
}

Test(transport, reads_ahead)
{
	struct pair p;
	char buf[5000];
	size_t done;

	pair_open(&p);
	cr_expect_eq(take(&p, buf, 5, &done), TLS_WANT_READ);
	cr_expect_eq(p.t.in.cap, 0, "no memory while there is nothing");
	peer_sends(&p, "0123456789", 10);
	cr_expect_eq(take(&p, buf, 3, &done), TLS_OK);
	expect_bytes((struct bytes){(uint8_t *)buf, done},
		     (struct bytes){(const uint8_t *)"012", 3}, "first");
	expect_text(transport_unread(&p.t), "3456789", "unread");
	/* What is there is given first, even for a large read. */
	peer_sends(&p, "abc", 3);
	cr_expect_eq(take(&p, buf, sizeof buf, &done), TLS_OK);
	expect_text((struct bytes){(uint8_t *)buf, done}, "3456789", "second");
	cr_expect_eq(p.t.in.cap, 0, "no memory when all is taken");
	cr_expect_eq(take(&p, buf, sizeof buf, &done), TLS_OK);
	expect_text((struct bytes){(uint8_t *)buf, done}, "abc", "third");
	cr_expect_eq(transport_unread(&p.t).n, 0);
	cr_expect_eq(take(&p, buf, 0, &done), TLS_WANT_READ);
	pair_close(&p);
}

Test(transport, asks_a_drained_socket_again_only_when_it_has_news)
{
	struct pair p;
	char buf[5000];
	size_t done;

	pair_open(&p);
	peer_sends(&p, "abc", 3);
	cr_expect_eq(take(&p, buf, sizeof buf, &done), TLS_OK);
	cr_assert_eq(send(p.peer, "d", 1, 0), 1);
	cr_expect_eq(take(&p, buf, sizeof buf, &done), TLS_WANT_READ, "not asked");
	transport_readable(&p.t);
	cr_expect_eq(take(&p, buf, sizeof buf, &done), TLS_OK);
	cr_expect_eq(done, 1);
	pair_close(&p);
}

Test(transport, takes_only_what_is_asked_for_without_read_ahead)
{
	struct pair p;
	char buf[10];
	size_t done;

	pair_open(&p);
	p.t.no_read_ahead = true;
	peer_sends(&p, "0123456789", 10);
	cr_expect_eq(take(&p, buf, 3, &done), TLS_OK);
	cr_expect_eq(done, 3);
	cr_expect_eq(transport_unread(&p.t).n, 0);
	cr_expect_eq(recv(p.t.fd, buf, sizeof buf, MSG_PEEK), 7);
	pair_close(&p);
}

Test(transport, fill_keeps_to_its_limit)
{
	struct pair p;
	char buf[10];
	size_t done;

	pair_open(&p);
	cr_expect_eq(transport_fill(&p.t, 6), TLS_WANT_READ);
	peer_sends(&p, "0123456789", 10);
	cr_expect_eq(transport_fill(&p.t, 6), TLS_OK);
	expect_text(transport_unread(&p.t), "012345", "limit");
	cr_expect_eq(transport_fill(&p.t, 6), TLS_OK);
	expect_text(transport_unread(&p.t), "012345", "full");
	cr_expect_eq(take(&p, buf, 2, &done), TLS_OK);
	cr_expect_eq(transport_fill(&p.t, 6), TLS_OK);
	expect_text(transport_unread(&p.t), "234567", "room again");
	cr_expect_eq(transport_fill(&p.t, 100), TLS_OK);
	expect_text(transport_unread(&p.t), "23456789", "higher limit");
	cr_expect_eq(transport_fill(&p.t, 100), TLS_WANT_READ);
	pair_close(&p);
}

Test(transport, end_comes_after_the_last_byte)
{
	struct pair p;
	char buf[10];
	size_t done;

	pair_open(&p);
	peer_sends(&p, "abc", 3);
	peer_close(&p);
	cr_expect_eq(transport_fill(&p.t, 100), TLS_OK);
	transport_readable(&p.t);
	cr_expect_eq(transport_fill(&p.t, 100), TLS_EOF);
	cr_expect(p.t.read_eof);
	cr_expect_not(p.t.eof);
	cr_expect_eq(take(&p, buf, 10, &done), TLS_OK);
	cr_expect_eq(done, 3);
	cr_expect_not(p.t.eof);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(take(&p, buf, 10, &done), TLS_EOF);
		cr_expect(p.t.eof);
	}
	cr_expect_eq(transport_drain(&p.t), TLS_EOF);
	pair_close(&p);
}

/* Closing with unread data resets the connection. */
Test(transport, a_reset_is_a_failure_for_good)
{
	struct pair p;
	char buf[10];
	size_t done;

	pair_open(&p);
	cr_expect_eq(give(&p, "unread"), TLS_OK);
	cr_expect_eq(transport_flush(&p.t), TLS_OK);
	peer_close(&p);
	cr_expect_eq(take(&p, buf, 10, &done), TLS_FAIL);
	cr_expect_eq(p.t.error, ECONNRESET);
	cr_expect_eq(take(&p, buf, 10, &done), TLS_FAIL);
	cr_expect_eq(give(&p, "x"), TLS_FAIL);
	cr_expect_eq(transport_drain(&p.t), TLS_FAIL);
	pair_close(&p);
}

/* Without MSG_NOSIGNAL this would end the process. */
Test(transport, writing_to_a_closed_peer_fails_without_a_signal)
{
	struct pair p;

	pair_open(&p);
	peer_close(&p);
	cr_expect_eq(give(&p, "x"), TLS_OK);
	cr_expect_eq(transport_flush(&p.t), TLS_FAIL);
	cr_expect_eq(p.t.error, EPIPE);
	cr_expect_eq(give(&p, "x"), TLS_FAIL);
	pair_close(&p);
}

Test(transport, joins_what_is_sent)
{
	struct pair p;

	pair_open(&p);
	cr_expect_eq(give(&p, "one "), TLS_OK);
	cr_expect_eq(give(&p, "two "), TLS_OK);
	transport_send_raw(&p.t, (struct bytes){(const uint8_t *)"raw", 3});
	expect_peer_got(&p, "");
	cr_expect_eq(transport_queued(&p.t), 11);
	cr_expect_eq(transport_flush(&p.t), TLS_OK);
	cr_expect_eq(transport_queued(&p.t), 0);
	cr_expect_eq(p.t.out.cap, 0, "no memory when all is sent");
	expect_peer_got(&p, "one two raw");
	cr_expect_eq(transport_flush(&p.t), TLS_OK);
	pair_close(&p);
}

/* Bytes that count up, as many as wait at the peer. */
static void peer_reads(struct pair *p, uint8_t *next)
{
	uint8_t piece[4096];
	ssize_t n;

	while ((n = recv(p->peer, piece, sizeof piece, 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			cr_assert_eq(piece[i], (*next)++);
}

Test(transport, a_slow_reader_stops_the_library_and_loses_nothing)
{
	struct pair p;
	uint8_t record[1000], fill = 0, next = 0;
	size_t sent = 0, done;
	enum tls_status status = TLS_OK;

	pair_open(&p);
	while (status == TLS_OK) {
		for (size_t i = 0; i < sizeof record; i++)
			record[i] = fill++;
		status = p.io.send(p.io.ud, record, sizeof record, &done);
		if (status == TLS_OK)
			sent += sizeof record;
		else
			fill = (uint8_t)(fill - sizeof record); /* is sent again */
		cr_assert_lt(sent, 10 * 1000 * 1000);
	}
	cr_expect_eq(status, TLS_WANT_WRITE);
	cr_expect_gt(transport_queued(&p.t), 0);
	cr_expect_eq(transport_flush(&p.t), TLS_WANT_WRITE);
	while (transport_queued(&p.t)) {
		peer_reads(&p, &next);
		cr_expect_neq(transport_flush(&p.t), TLS_FAIL);
	}
	peer_reads(&p, &next);
	cr_expect_eq(next, fill);
	/* No event will come for an empty queue: this tells the owner to go on. */
	cr_expect(p.t.blocked);
	for (size_t i = 0; i < sizeof record; i++)
		record[i] = fill++;
	cr_expect_eq(p.io.send(p.io.ud, record, sizeof record, &done), TLS_OK);
	pair_close(&p);
}

Test(transport, every_second_call_is_refused_with_faults)
{
	struct pair p;
	char buf[10];
	size_t done;

	pair_open(&p);
	p.t.fault = true;
	peer_sends(&p, "abc", 3);
	cr_expect_eq(take(&p, buf, 1, &done), TLS_WANT_READ);
	cr_expect(p.t.faulted);
	p.t.faulted = false;
	cr_expect_eq(take(&p, buf, 1, &done), TLS_OK);
	cr_expect_eq(buf[0], 'a');
	cr_expect_not(p.t.faulted);
	cr_expect_eq(give(&p, "x"), TLS_WANT_WRITE);
	cr_expect(p.t.faulted);
	cr_expect_eq(give(&p, "x"), TLS_OK);
	cr_expect_eq(take(&p, buf, 10, &done), TLS_WANT_READ);
	cr_expect_eq(take(&p, buf, 10, &done), TLS_OK);
	expect_text((struct bytes){(uint8_t *)buf, done}, "bc", "rest");
	cr_expect_eq(transport_flush(&p.t), TLS_OK);
	expect_peer_got(&p, "x");
	pair_close(&p);
}

static void log_tap(void *ud, enum tls_dir dir, struct bytes data, size_t asked)
{
	struct strbuf *log = ud;

	strbuf_addf(log, "%c%zu:", dir == TLS_IN ? '<' : '>', asked);
	strbuf_add(log, data.p, data.n);
	strbuf_addc(log, ' ');
}

Test(transport, the_tap_sees_what_the_library_takes_and_gives)
{
	struct strbuf log = STRBUF_INIT;
	struct pair p;
	char buf[5000];
	size_t done;

	pair_open(&p);
	p.t.tap = log_tap;
	p.t.tap_ud = &log;
	peer_sends(&p, "abcdef", 6);
	(void)take(&p, buf, 4, &done);
	(void)take(&p, buf, 5000, &done);
	(void)take(&p, buf, 7, &done);
	(void)give(&p, "xyz");
	transport_send_raw(&p.t, (struct bytes){(const uint8_t *)"raw", 3});
	(void)transport_flush(&p.t);
	peer_close(&p);
	cr_expect_str_eq(log.p, "<4:abcd <5000:ef <7: >3:xyz ", "%s", log.p);
	pair_close(&p);
	strbuf_release(&log);
}

Test(transport, drains_without_keeping_anything)
{
	struct pair p;
	char buf[2000] = "";
	size_t done;

	pair_open(&p);
	peer_sends(&p, buf, sizeof buf);
	cr_expect_eq(take(&p, buf, 1, &done), TLS_OK);
	cr_expect_gt(transport_unread(&p.t).n, 0);
	peer_sends(&p, buf, sizeof buf);
	cr_expect_eq(transport_drain(&p.t), TLS_WANT_READ);
	cr_expect_eq(transport_unread(&p.t).n, 0);
	cr_expect_eq(p.t.in.cap, 0);
	cr_expect_eq(take(&p, buf, 1, &done), TLS_WANT_READ);
	pair_close(&p);
}
