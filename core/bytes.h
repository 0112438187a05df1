/*
 * core/bytes.h -- borrowed byte ranges and lists of IANA numbers.
 *
 * A struct bytes never owns its memory: whoever hands one out says how long it lives.
 */
#ifndef S_SERVER_CORE_BYTES_H
#define S_SERVER_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *p; /* not NUL-terminated; NULL only when n is 0 */
	size_t n;         /* in bytes */
};

struct u16list {
	const uint16_t *p; /* IANA code points in host byte order */
	size_t n;          /* number of entries */
};

static inline bool u16list_has(struct u16list list, uint16_t id)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.p[i] == id)
			return true;
	return false;
}

#endif
