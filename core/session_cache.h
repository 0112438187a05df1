/*
 * core/session_cache.h -- the session store for libraries without one, and for -ext_cache.
 *
 * Bounded: the entry longest unused makes room. Sessions are opaque; secrets are wiped when freed.
 */
#ifndef S_SERVER_CORE_SESSION_CACHE_H
#define S_SERVER_CORE_SESSION_CACHE_H

#include "core/bytes.h"

struct session_cache;

struct session_cache *session_cache_new(size_t max_entries);
void session_cache_free(struct session_cache *cache); /* NULL allowed */

/* Store a copy; replaces an entry of the same id. True when another entry had to make room. */
bool session_cache_put(struct session_cache *cache, struct bytes id, struct bytes session);
/* Borrowed until the next call that changes the cache. */
bool session_cache_get(struct session_cache *cache, struct bytes id, struct bytes *session);
void session_cache_del(struct session_cache *cache, struct bytes id);
size_t session_cache_count(const struct session_cache *cache);

#endif
