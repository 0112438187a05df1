#include "core/session_cache.h"

#include <criterion/criterion.h>
#include <string.h>

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static bool holds(struct session_cache *c, const char *id, const char *session)
{
	struct bytes got;

	return session_cache_get(c, text(id), &got) && got.n == strlen(session) &&
	       memcmp(got.p, session, got.n) == 0;
}

Test(session_cache, put_get_replace_delete)
{
	struct session_cache *c = session_cache_new(4);
	struct bytes got;

	cr_expect(!session_cache_get(c, text("a"), &got));
	session_cache_put(c, text("a"), text("one"));
	session_cache_put(c, text("b"), text("two"));
	cr_expect(holds(c, "a", "one"));
	session_cache_put(c, text("a"), text("three"));
	cr_expect(holds(c, "a", "three"));
	cr_expect_eq(session_cache_count(c), 2);
	session_cache_del(c, text("a"));
	cr_expect(!session_cache_get(c, text("a"), &got));
	cr_expect(holds(c, "b", "two"));
	session_cache_free(c);
}

Test(session_cache, the_longest_unused_entry_makes_room)
{
	struct session_cache *c = session_cache_new(2);
	struct bytes got;

	session_cache_put(c, text("a"), text("1"));
	session_cache_put(c, text("b"), text("2"));
	cr_expect(holds(c, "a", "1"));
	cr_expect(session_cache_put(c, text("c"), text("3")));
	cr_expect(!session_cache_get(c, text("b"), &got));
	cr_expect(holds(c, "a", "1"));
	cr_expect(holds(c, "c", "3"));
	session_cache_free(c);
}

Test(session_cache, an_empty_id_is_never_stored)
{
	struct session_cache *c = session_cache_new(2);
	struct bytes got;

	session_cache_put(c, text(""), text("1"));
	cr_expect_eq(session_cache_count(c), 0);
	cr_expect(!session_cache_get(c, text(""), &got));
	session_cache_free(c);
}

Test(session_cache, stays_bounded)
{
	struct session_cache *c = session_cache_new(128);
	uint8_t id[4] = {0};

	for (unsigned i = 0; i < 100000; i++) {
		memcpy(id, &i, sizeof(id));
		session_cache_put(c, (struct bytes){id, sizeof(id)}, text("session"));
	}
	cr_expect_eq(session_cache_count(c), 128);
	session_cache_free(c);
}
