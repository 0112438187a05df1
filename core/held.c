#include "core/held.h"

#include <stdlib.h>
#include <string.h>

/* What a client sends before it has seen a HelloRequest, at the most. */
enum { HELD_MAX = 1 << 18 };

bool held_add(struct held *h, const uint8_t *p, size_t n)
{
	uint8_t *grown;

	if (h->n + n > HELD_MAX)
		return false;
	grown = realloc(h->p, h->n + n);
	if (!grown)
		return false;
	h->p = grown;
	memcpy(h->p + h->n, p, n);
	h->n += n;
	return true;
}

bool held_any(const struct held *h)
{
	return h->at < h->n;
}

void held_take(struct held *h, void *buf, size_t len, size_t *done)
{
	size_t n = h->n - h->at;

	*done = n < len ? n : len;
	memcpy(buf, h->p + h->at, *done);
	h->at += *done;
	if (!held_any(h))
		held_release(h);
}

void held_release(struct held *h)
{
	if (h->p)
		explicit_bzero(h->p, h->n);
	free(h->p);
	*h = (struct held){0};
}
