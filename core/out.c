#include "core/out.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

/* Descriptors are the process's: blocks of several threads never mix, where one is written in
 * parts, too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void write_all(int fd, struct bytes data)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);

		if (n >= 0) {
			data.p += n;
			data.n -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};

			if (poll(&p, 1, -1) < 0 && errno != EINTR)
				return;
		} else if (errno != EINTR) {
			return;
		}
	}
}

void out_write(int fd, struct bytes data)
{
	(void)pthread_mutex_lock(&lock); /* neither fails on one of this kind */
	write_all(fd, data);
	(void)pthread_mutex_unlock(&lock);
}

void out_flush(int fd, struct strbuf *text)
{
	if (text->n)
		out_write(fd, strbuf_bytes(text));
	strbuf_release(text);
}

void out_printf(int fd, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	out_write(fd, strbuf_bytes(&sb));
	strbuf_release(&sb);
}
