#include "core/session_cache.h"

#include "core/strbuf.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct entry {
	struct entry *chain; /* same bucket */
	struct entry *newer, *older;
	size_t id_n, session_n;
	uint8_t data[]; /* id, then session */
};

struct session_cache {
	size_t max, count;
	struct entry *newest, *oldest;
	struct entry *bucket[BUCKETS];
};

/* FNV-1a: ids are random already, and who chooses them still gets only `max` entries. */
static size_t bucket_of(struct bytes id)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * 16777619u;
	return h % BUCKETS;
}

static struct bytes entry_id(const struct entry *e)
{
	return (struct bytes){e->data, e->id_n};
}

static struct entry *find(const struct session_cache *c, struct bytes id)
{
	struct entry *e = c->bucket[bucket_of(id)];

	while (e && (e->id_n != id.n || memcmp(e->data, id.p, id.n) != 0))
		e = e->chain;
	return e;
}

static void unlink_use(struct session_cache *c, struct entry *e)
{
	*(e->newer ? &e->newer->older : &c->newest) = e->older;
	*(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void link_newest(struct session_cache *c, struct entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = e;
	c->newest = e;
}

static void drop(struct session_cache *c, struct entry *e)
{
	struct entry **p = &c->bucket[bucket_of(entry_id(e))];

	while (*p != e)
		p = &(*p)->chain;
	*p = e->chain;
	unlink_use(c, e);
	c->count--;
	explicit_bzero(e->data, e->id_n + e->session_n);
	free(e);
}

struct session_cache *session_cache_new(size_t max_entries)
{
	struct session_cache *c = xcalloc(1, sizeof(*c));

	c->max = max_entries;
	return c;
}

void session_cache_free(struct session_cache *c)
{
	if (!c)
		return;
	while (c->newest)
		drop(c, c->newest);
	free(c);
}

bool session_cache_put(struct session_cache *c, struct bytes id, struct bytes session)
{
	struct entry *old = find(c, id), *e;
	bool full = false;
	size_t b = bucket_of(id);

	if (!id.n)
		return false;
	e = xmalloc(sizeof(*e) + id.n + session.n);
	e->id_n = id.n;
	e->session_n = session.n;
	memcpy(e->data, id.p, id.n);
	if (session.n)
		memcpy(e->data + id.n, session.p, session.n);
	if (old)
		drop(c, old);
	if (c->count >= c->max) {
		drop(c, c->oldest);
		full = true;
	}
	e->chain = c->bucket[b];
	c->bucket[b] = e;
	link_newest(c, e);
	c->count++;
	return full;
}

bool session_cache_get(struct session_cache *c, struct bytes id, struct bytes *session)
{
	struct entry *e = id.n ? find(c, id) : NULL;

	if (!e)
		return false;
	unlink_use(c, e);
	link_newest(c, e);
	*session = (struct bytes){e->data + e->id_n, e->session_n};
	return true;
}

void session_cache_del(struct session_cache *c, struct bytes id)
{
	struct entry *e = id.n ? find(c, id) : NULL;

	if (e)
		drop(c, e);
}

size_t session_cache_count(const struct session_cache *c)
{
	return c->count;
}
