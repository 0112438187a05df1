/*
 * core/held.h -- application data that comes while a library is renegotiating, kept for read().
 */
#ifndef S_SERVER_CORE_HELD_H
#define S_SERVER_CORE_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero at first. */
struct held {
	uint8_t *p;
	size_t n, at;
};

/* False: it is too much, or there is no memory. */
bool held_add(struct held *h, const uint8_t *p, size_t n);
bool held_any(const struct held *h);
/* Take up to len bytes; *done: how many. */
void held_take(struct held *h, void *buf, size_t len, size_t *done);
/* Wipes what is left. */
void held_release(struct held *h);

#endif
