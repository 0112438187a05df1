/*
 * core/pool.h -- memory that lives as long as the configuration and is wiped when it goes.
 *
 * Certificates, keys, pass phrases and the lists of them are made once and freed together.
 */
#ifndef S_SERVER_CORE_POOL_H
#define S_SERVER_CORE_POOL_H

#include "core/bytes.h"

struct pool {
	struct pool_block *blocks;
};

#define POOL_INIT    \
	{            \
		NULL \
	}

/* Zeroed memory for any type; never NULL. */
void *pool_alloc(struct pool *pool, size_t n);
/* A copy, with a NUL behind it. */
struct bytes pool_copy(struct pool *pool, struct bytes data);
char *pool_strdup(struct pool *pool, const char *s);
char *pool_strndup(struct pool *pool, const char *s, size_t n);
/* An array of n entries made so far (NULL at first) with room for one more; it may move. */
void *pool_grow(struct pool *pool, void *array, size_t n, size_t size);
/* Wipes and frees everything; the pool may be used again. */
void pool_release(struct pool *pool);

#endif
