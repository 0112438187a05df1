#include "core/loader.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MODULES TEST_BINARY_DIR "/tests/modules"

static void search(const char *path)
{
	cr_assert_eq(setenv("S_SERVER_BACKEND_PATH", path, 1), 0);
}

static const struct tls_backend *open_quietly(const char *name)
{
	struct strbuf why = STRBUF_INIT;
	const struct tls_backend *b = loader_open(name, &why);

	cr_expect_eq(b != NULL, why.n == 0, "%s: %s", name, why.p);
	strbuf_release(&why);
	return b;
}

Test(loader, takes_the_first_of_that_name)
{
	search("/nonexistent::" MODULES "/first:" MODULES "/second");
	cr_expect_str_eq(open_quietly("good")->name, "first/good");
	cr_expect_str_eq(open_quietly("other")->name, "second/other");
	search(MODULES "/second:" MODULES "/first");
	cr_expect_str_eq(open_quietly("good")->name, "second/good");
}

Test(loader, takes_a_path)
{
	search("");
	cr_expect_str_eq(open_quietly(MODULES "/second/good.so")->name, "second/good");
}

Test(loader, says_why_not)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{"nosuch", "no such backend"},
		{"good.so", "no such backend"},
		{"readme", "no such backend"},
		{"no_symbol", "exports no tls_backend_v1"},
		{"wrong_abi", "was built for another version of s_server"},
		{"wrong_size", "was built for another version of s_server"},
		{"garbage", MODULES "/first/garbage.so"},
		{"/nonexistent/good.so", "/nonexistent/good.so"},
	};

	search(MODULES "/first");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf why = STRBUF_INIT;

		cr_expect_null(loader_open(rows[i].name, &why), "%s", rows[i].name);
		cr_expect(why.p && strstr(why.p, rows[i].why), "%s: %s", rows[i].name, why.p);
		cr_expect(why.p && !strchr(why.p, '\n'), "%s", rows[i].name);
		strbuf_release(&why);
	}
}

static bool listed(char **names, size_t n, const char *name)
{
	size_t times = 0;

	for (size_t i = 0; i < n; i++)
		times += strcmp(names[i], name) == 0;
	cr_expect_leq(times, 1, "%s", name);
	return times > 0;
}

Test(loader, lists_each_name_once_and_sorted)
{
	char **names;
	size_t n;

	search(MODULES "/second:/nonexistent:" MODULES "/first");
	n = loader_names(&names);
	cr_expect(listed(names, n, "good"));
	cr_expect(listed(names, n, "other"));
	cr_expect(listed(names, n, "garbage"));
	cr_expect_not(listed(names, n, "readme.txt"));
	cr_expect_not(listed(names, n, ""));
	for (size_t i = 1; i < n; i++)
		cr_expect_lt(strcmp(names[i - 1], names[i]), 0);
	loader_free_names(names, n);
}

Test(loader, capabilities_not_set_say_so)
{
	struct tls_cap_entry cap[TLS_CAP_COUNT];

	search(MODULES "/first");
	loader_capabilities(open_quietly("good"), cap);
	cr_expect_eq(cap[0].level, TLS_CAP_YES);
	cr_expect_eq(cap[1].level, TLS_CAP_PARTIAL);
	cr_expect_str_eq(cap[1].note, "half of it");
	for (size_t i = 2; i < TLS_CAP_COUNT; i++) {
		cr_expect_eq(cap[i].level, TLS_CAP_NO);
		cr_expect_str_eq(cap[i].note, "not built yet");
	}
}
