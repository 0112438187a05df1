#include "core/skip.h"

#include "core/record13.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEADER = RECORD13_HEADER,
	APPLICATION_DATA = 23,
};

void skip_begin(struct skip *s, const struct client_hello *hello, size_t max,
		bool (*opens)(void *ud, struct bytes record), void *ud)
{
	if (!hello || !hello->early_data)
		return;
	s->record = malloc(RECORD13_MAX);
	if (!s->record)
		return; /* then the connection fails */
	s->opens = opens;
	s->ud = ud;
	s->left = max;
}

bool skip_active(const struct skip *s)
{
	return s->record != NULL;
}

void skip_release(struct skip *s)
{
	free(s->record);
	*s = (struct skip){0};
}

static size_t record_size(const struct skip *s)
{
	return s->n < HEADER ? HEADER : HEADER + ((size_t)s->record[3] << 8 | s->record[4]);
}

/* TLS_OK: the record is complete, or too long to be one. */
static enum tls_status read_record(struct skip *s, const struct tls_transport *io)
{
	while (s->n < record_size(s) && record_size(s) <= RECORD13_MAX) {
		size_t done = 0;
		enum tls_status st =
			io->recv(io->ud, s->record + s->n, record_size(s) - s->n, &done);

		if (st != TLS_OK)
			return st;
		s->n += done;
	}
	return TLS_OK;
}

/* What is no early data, or too much of it, is for the library. *last: and nothing comes after. */
static bool is_early(struct skip *s, bool *last)
{
	*last = !s->opens || record_size(s) > RECORD13_MAX;
	if (*last || s->record[0] != APPLICATION_DATA)
		return false;
	*last = record_size(s) - HEADER > s->left ||
		s->opens(s->ud, (struct bytes){s->record, s->n});
	if (!*last)
		s->left -= record_size(s) - HEADER;
	return !*last;
}

enum tls_status skip_recv(struct skip *s, const struct tls_transport *io, void *buf, size_t len,
			  size_t *done)
{
	bool last = s->opens == NULL;

	while (s->at == 0) {
		enum tls_status st = read_record(s, io);

		/* The beginning of what never comes whole is the library's, too. */
		if (st != TLS_OK && (st != TLS_EOF || !s->n))
			return st;
		if (st == TLS_EOF || !is_early(s, &last))
			break;
		s->n = 0;
	}
	if (last)
		s->opens = NULL;
	*done = s->n - s->at < len ? s->n - s->at : len;
	memcpy(buf, s->record + s->at, *done);
	s->at += *done;
	if (s->at < s->n)
		return TLS_OK;
	s->at = s->n = 0;
	if (!s->opens)
		skip_release(s);
	return TLS_OK;
}

bool skip_opens(uint16_t suite, const uint8_t *key, const uint8_t *iv,
		bool (*aead_open)(const struct tls_sealed *in, uint8_t *out), struct bytes record)
{
	uint8_t out[RECORD13_MAX];
	struct tls_sealed in;

	if (record.n <= HEADER + record13_tag_size(suite))
		return false;
	in = record13_sealed(suite, key, iv, record); /* record number 0 */
	return aead_open(&in, out);
}
