/*
 * A ClientHello in several records: 2.28 takes the first for a broken one, and the core has read
 * and joined them already. What the transport still has to give is thrown away then, and the
 * library gets the message in one record.
 */
#include "backends/mbedtls/mbedtls_backend.h"

enum { HEADER = 5, HANDSHAKE = MBEDTLS_SSL_MSG_HANDSHAKE };

static size_t record_length(const struct mb_join *j)
{
	return (size_t)j->header[3] << 8 | j->header[4];
}

/* 1: the header is complete. Else what mb_receive() said. */
static int read_header(struct tls_session *s)
{
	struct mb_join *j = &s->join;

	while (j->header_n < HEADER) {
		int n = mb_receive(s, j->header + j->header_n, HEADER - j->header_n);

		if (n <= 0)
			return n;
		j->header_n += (size_t)n;
	}
	return 1;
}

/* 1: all of the message has come. */
static int skip_message(struct tls_session *s)
{
	struct mb_join *j = &s->join;
	uint8_t unused[512];

	while (j->skipped < s->hello->message.n) {
		size_t left;
		int n = read_header(s);

		if (n <= 0)
			return n;
		left = record_length(j) - j->record_n;
		if (j->header[0] != HANDSHAKE || !left || left > s->hello->message.n - j->skipped)
			return MBEDTLS_ERR_SSL_INVALID_RECORD;
		n = mb_receive(s, unused, left < sizeof(unused) ? left : sizeof(unused));
		if (n <= 0)
			return n;
		j->skipped += (size_t)n;
		j->record_n += (size_t)n;
		if (j->record_n == record_length(j))
			j->header_n = j->record_n = 0;
	}
	return 1;
}

static void begin_record(struct tls_session *s)
{
	struct mb_join *j = &s->join;

	/* The header of the last fragment is still there, and becomes that of the whole. */
	j->header[3] = (uint8_t)(s->hello->message.n >> 8);
	j->header[4] = (uint8_t)s->hello->message.n;
	j->serving = true;
}

static int serve(struct tls_session *s, uint8_t *buf, size_t len)
{
	struct mb_join *j = &s->join;
	size_t all = HEADER + (j->fragments ? s->hello->message.n : 0);
	size_t n = 0;

	for (; n < len && j->served < all; n++, j->served++)
		buf[n] = j->served < HEADER ? j->header[j->served]
					    : s->hello->message.p[j->served - HEADER];
	j->done = j->served == all;
	return (int)n;
}

int mb_receive_hello(struct tls_session *s, uint8_t *buf, size_t len)
{
	struct mb_join *j = &s->join;
	int n;

	if (!j->serving && !j->fragments) {
		n = read_header(s);
		if (n <= 0)
			return n;
		j->fragments = j->header[0] == HANDSHAKE &&
			       record_length(j) < s->hello->message.n &&
			       s->hello->message.n <= MBEDTLS_SSL_IN_CONTENT_LEN;
		j->serving = !j->fragments;
	}
	if (!j->serving) {
		n = skip_message(s);
		if (n <= 0)
			return n;
		begin_record(s);
	}
	return serve(s, buf, len);
}
