#include "core/out.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
	int fd;
	size_t n; /* bytes read until the end */
	bool in_order;
};

/* Bytes that count up, read to the end. */
static void *read_all(void *arg)
{
	struct reader *r = arg;
	uint8_t piece[1000];
	ssize_t n;

	r->in_order = true;
	while ((n = read(r->fd, piece, sizeof piece)) > 0)
		for (ssize_t i = 0; i < n; i++)
			r->in_order &= piece[i] == (uint8_t)r->n++;
	return NULL;
}

static void write_much(bool non_blocking)
{
	enum { SIZE = 1000 * 1000 }; /* more than any pipe holds */
	struct reader r = {0};
	uint8_t *data = xmalloc(SIZE);
	pthread_t thread;
	int fds[2];

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)i;
	cr_assert_eq(pipe(fds), 0);
	if (non_blocking)
		cr_assert_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	r.fd = fds[0];
	cr_assert_eq(pthread_create(&thread, NULL, read_all, &r), 0);
	out_write(fds[1], (struct bytes){data, SIZE});
	cr_assert_eq(close(fds[1]), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	cr_expect_eq(r.n, SIZE);
	cr_expect(r.in_order);
	cr_assert_eq(close(fds[0]), 0);
	free(data);
}

Test(out, writes_everything, .timeout = 20)
{
	write_much(false);
}

Test(out, waits_for_a_full_descriptor, .timeout = 20)
{
	write_much(true);
}

Test(out, survives_a_reader_that_went_away, .timeout = 20)
{
	int fds[2];

	cr_assert_neq(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(close(fds[0]), 0);
	out_write(fds[1], (struct bytes){(const uint8_t *)"x", 1});
	cr_assert_eq(close(fds[1]), 0);
	out_write(fds[1], (struct bytes){(const uint8_t *)"x", 1});
	out_write(-1, (struct bytes){(const uint8_t *)"x", 1});
}

/* A socket of type SEQPACKET would show it, but a pipe in packet mode does, too: O_DIRECT keeps
 * each write(2) apart. */
Test(out, a_block_is_one_write, .timeout = 20)
{
	char got[100];
	int fds[2];

	cr_assert_eq(pipe2(fds, O_DIRECT), 0);
	out_printf(fds[1], "%s %d\n", "line", 1);
	out_printf(fds[1], "%s", "");
	out_printf(fds[1], "line 2\nline 3\n");
	cr_assert_eq(read(fds[0], got, sizeof got), 7);
	cr_expect_eq(memcmp(got, "line 1\n", 7), 0);
	cr_assert_eq(read(fds[0], got, sizeof got), 14);
	cr_expect_eq(memcmp(got, "line 2\nline 3\n", 14), 0);
	cr_assert_eq(close(fds[0]), 0);
	cr_assert_eq(close(fds[1]), 0);
}
