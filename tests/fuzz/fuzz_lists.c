/* OpenSSL's strings of suites, groups and signature algorithms: -cipher, -groups, -sigalgs. */
#include "core/cipherlist.h"
#include "core/suites.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

/* A result holds what is available only, each once. */
static void check_result(bool ok, uint16_t *list, size_t n, struct u16list available,
			 struct strbuf *why)
{
	check(ok ? (n == 0) == !list : !list && n == 0 && why->n > 0);
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t j = 0; j < available.n; j++)
			found |= list[i] == available.p[j];
		for (size_t j = 0; j < i; j++)
			found &= list[i] != list[j];
		check(found);
	}
	free(list);
	strbuf_reset(why);
}

static void resolve_all(const char *string, struct u16list suites, struct u16list other)
{
	struct strbuf why = STRBUF_INIT;
	uint16_t *list;
	size_t n;
	int level;
	bool ok = cipherlist_resolve(string, suites, &list, &n, &level, &why);

	check_result(ok, list, n, suites, &why);
	ok = ciphersuites_resolve(string, suites, &list, &n, &why);
	check_result(ok, list, n, suites, &why);
	ok = groups_resolve(string, other, &list, &n, &why);
	check_result(ok, list, n, other, &why);
	ok = sigalgs_resolve(string, other, &list, &n, &why);
	check_result(ok, list, n, other, &why);
	for (int kind = LIST_CIPHERS; kind <= LIST_SIGALGS; kind++)
		list_unavailable((enum list_kind)kind, string, (struct u16list){NULL, 0}, &why);
	strbuf_release(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint16_t other[] = {23, 24, 25, 29, 30, 256, 0x0401, 0x0403, 0x0804, 0x0807};
	size_t n_suites;
	const struct suite *table = suite_table(&n_suites);
	uint16_t *suites = xcalloc(n_suites, sizeof(*suites));
	char *string = xmalloc(n + 1);

	for (size_t i = 0; i < n_suites; i++)
		suites[i] = table[i].id;
	if (n)
		memcpy(string, data, n);
	string[n] = '\0';
	resolve_all(string, (struct u16list){suites, n_suites},
		    (struct u16list){other, sizeof(other) / sizeof(*other)});
	free(string);
	free(suites);
	return 0;
}
