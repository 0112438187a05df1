/*
 * core/take.h -- reading TLS's presentation language (RFC 8446 3) from the front of a byte range.
 *
 * Every function leaves *out alone and answers false when the range does not hold what is asked for.
 */
#ifndef S_SERVER_CORE_TAKE_H
#define S_SERVER_CORE_TAKE_H

#include "core/bytes.h"

/* Takes n bytes off the front of *in. */
static inline bool take(struct bytes *in, size_t n, struct bytes *out)
{
	if (in->n < n)
		return false;
	out->p = in->p;
	out->n = n;
	in->p += n;
	in->n -= n;
	return true;
}

/* Takes a big-endian number of `width` bytes. */
static inline bool take_number(struct bytes *in, size_t width, size_t *out)
{
	struct bytes b;

	if (!take(in, width, &b))
		return false;
	*out = 0;
	for (size_t i = 0; i < width; i++)
		*out = *out << 8 | b.p[i];
	return true;
}

/* Takes a vector<min..> whose length stands before it in `width` bytes. */
static inline bool take_vector(struct bytes *in, size_t width, size_t min, struct bytes *out)
{
	size_t n;

	return take_number(in, width, &n) && n >= min && take(in, n, out);
}

/* A vector that fills all of `in`. */
static inline bool whole_vector(struct bytes in, size_t width, size_t min, struct bytes *out)
{
	return take_vector(&in, width, min, out) && in.n == 0;
}

static inline uint16_t number16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

#endif
