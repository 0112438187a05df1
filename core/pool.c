#include "core/pool.h"

#include "core/strbuf.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct pool_block {
	struct pool_block *next;
	size_t n;
	max_align_t data[];
};

void *pool_alloc(struct pool *pool, size_t n)
{
	struct pool_block *block = xcalloc(1, sizeof(*block) + n);

	block->n = n;
	block->next = pool->blocks;
	pool->blocks = block;
	return block->data;
}

struct bytes pool_copy(struct pool *pool, struct bytes data)
{
	uint8_t *p = pool_alloc(pool, data.n + 1);

	if (data.n)
		memcpy(p, data.p, data.n);
	return (struct bytes){p, data.n};
}

char *pool_strndup(struct pool *pool, const char *s, size_t n)
{
	char *p = pool_alloc(pool, n + 1);

	memcpy(p, s, n);
	return p;
}

char *pool_strdup(struct pool *pool, const char *s)
{
	return pool_strndup(pool, s, strlen(s));
}

/* Room doubles whenever n is a power of two, so no capacity needs to be kept. */
void *pool_grow(struct pool *pool, void *array, size_t n, size_t size)
{
	void *bigger;

	if (n & (n - 1))
		return array;
	bigger = pool_alloc(pool, (n ? 2 * n : 1) * size);
	if (n)
		memcpy(bigger, array, n * size);
	return bigger;
}

void pool_release(struct pool *pool)
{
	struct pool_block *block = pool->blocks;

	while (block) {
		struct pool_block *next = block->next;

		explicit_bzero(block->data, block->n);
		free(block);
		block = next;
	}
	pool->blocks = NULL;
}
