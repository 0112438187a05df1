#include "core/cipherlist.h"

#include "core/client_hello.h"
#include "core/names.h"
#include "core/suites.h"
#include "tests/support/file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A list of numbers of a test. */
struct list {
	uint16_t id[600];
	size_t n;
};

static struct u16list view(const struct list *l)
{
	return (struct u16list){l->id, l->n};
}

static bool contains(const struct list *l, uint16_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->id[i] == id)
			return true;
	return false;
}

static void append(struct list *l, uint16_t id)
{
	cr_assert_lt(l->n, sizeof l->id / sizeof *l->id);
	l->id[l->n++] = id;
}

/* "c02c,c030", "!" and "-": nothing. */
static void parse_numbers(struct list *l, const char *s)
{
	l->n = 0;
	while (*s && *s != '!' && *s != '-') {
		char *end;
		unsigned long id = strtoul(s, &end, 16);

		cr_assert(end == s + 4 && id <= 0xffff, "'%s'", s);
		append(l, (uint16_t)id);
		s = *end ? end + 1 : end;
	}
}

typedef const char *(*name_of)(uint16_t id);

static void add_names(struct strbuf *sb, const uint16_t *id, size_t n, name_of name)
{
	for (size_t i = 0; i < n; i++) {
		strbuf_addc(sb, i ? ':' : ' ');
		strbuf_addname(sb, name(id[i]), id[i]);
	}
}

static void expect_list(const char *release, const char *string, const struct list *want,
			const uint16_t *got, size_t n, name_of name)
{
	struct strbuf sb = STRBUF_INIT;

	if (n == want->n && (n == 0 || memcmp(got, want->id, n * sizeof *got) == 0))
		return;
	strbuf_adds(&sb, "\nwant");
	add_names(&sb, want->id, want->n, name);
	strbuf_adds(&sb, "\ngot ");
	add_names(&sb, got, n, name);
	cr_expect_fail("OpenSSL %s, '%s':%s", release, string, sb.p);
	strbuf_release(&sb);
}

/* ---- against recordings of OpenSSL: tests/data/lists/record.py ---- */

/* One recorded file; each row is "string<TAB>numbers". */
struct recording {
	struct strbuf text;
	char *next;
	const char *string;
	bool refused;
	struct list list;
};

static void recording_open(struct recording *r, const char *name)
{
	*r = (struct recording){.text = STRBUF_INIT};
	test_data(&r->text, name);
	r->next = r->text.p;
}

static bool recording_next(struct recording *r)
{
	char *line = test_line(&r->next), *tab;

	if (!line)
		return false;
	tab = strchr(line, '\t');
	cr_assert_not_null(tab, "%s", line);
	*tab = '\0';
	r->string = line;
	r->refused = tab[1] == '!';
	parse_numbers(&r->list, tab + 1);
	return true;
}

/* OpenSSL 3.0 counts CCM_8 as strong as CCM; the core's table follows 3.5. */
static void drop_ccm8(struct list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct suite *s = suite_find(l->id[i]);

		if (s->enc != SUITE_ENC_AES128CCM8 && s->enc != SUITE_ENC_AES256CCM8)
			l->id[kept++] = l->id[i];
	}
	l->n = kept;
}

static void compare_ciphers(const char *release, const char *file, bool is_3_0)
{
	struct list available = {.n = 0};
	struct recording r;
	size_t rows = 0;

	recording_open(&r, file);
	while (recording_next(&r))
		if (strcmp(r.string, "ALL:COMPLEMENTOFALL") == 0)
			available = r.list;
	cr_assert_gt(available.n, 100);
	if (is_3_0)
		drop_ccm8(&available);
	strbuf_release(&r.text);

	recording_open(&r, file);
	while (recording_next(&r)) {
		uint16_t *got;
		size_t n;
		int level;
		struct strbuf why = STRBUF_INIT;
		bool ok;

		if (is_3_0) {
			if (strstr(r.string, "TLS_")) /* IANA names are newer */
				continue;
			drop_ccm8(&r.list);
		}
		ok = cipherlist_resolve(r.string, view(&available), &got, &n, &level, &why);
		cr_expect_eq(ok, r.list.n > 0, "OpenSSL %s, '%s'", release, r.string);
		cr_expect_eq(ok, why.n == 0, "'%s'", r.string);
		expect_list(release, r.string, &r.list, got, n, suite_name);
		free(got);
		strbuf_release(&why);
		rows++;
	}
	cr_expect_gt(rows, 200);
	strbuf_release(&r.text);
}

Test(cipherlist, selects_and_orders_as_openssl_3_0)
{
	compare_ciphers("3.0", "lists/ciphers-3.0.txt", true);
}

Test(cipherlist, selects_and_orders_as_openssl_3_5)
{
	compare_ciphers("3.5", "lists/ciphers-3.5.txt", false);
}

typedef bool (*resolve)(const char *string, struct u16list available, uint16_t **out, size_t *n,
			struct strbuf *why);

/*
 * What 3.0 refuses, 3.5 may take, so only 3.5's refusals count. Both start a server that is left
 * without any group ("?foo"); here that is an error.
 */
static void compare_lists(const char *release, const char *file, resolve f, name_of name)
{
	bool is_3_0 = strcmp(release, "3.0") == 0;
	struct list available = {.n = 0};
	struct recording r;
	size_t rows = 0;

	recording_open(&r, file);
	while (recording_next(&r))
		for (size_t i = 0; i < r.list.n; i++)
			if (!contains(&available, r.list.id[i]))
				append(&available, r.list.id[i]);
	strbuf_release(&r.text);

	recording_open(&r, file);
	while (recording_next(&r)) {
		struct strbuf why = STRBUF_INIT;
		uint16_t *got;
		size_t n;
		bool ok;

		if (is_3_0 && r.refused)
			continue;
		ok = f(r.string, view(&available), &got, &n, &why);
		cr_expect_eq(ok, r.list.n > 0, "OpenSSL %s, '%s'", release, r.string);
		cr_expect_eq(ok, why.n == 0, "'%s'", r.string);
		expect_list(release, r.string, &r.list, got, n, name);
		free(got);
		strbuf_release(&why);
		rows++;
	}
	cr_expect_gt(rows, 20);
	strbuf_release(&r.text);
}

Test(groups, are_taken_as_by_openssl_3_0)
{
	compare_lists("3.0", "lists/groups-3.0.txt", groups_resolve, group_name);
}

Test(groups, are_taken_as_by_openssl_3_5)
{
	compare_lists("3.5", "lists/groups-3.5.txt", groups_resolve, group_name);
}

Test(sigalgs, are_taken_as_by_openssl_3_0)
{
	compare_lists("3.0", "lists/sigalgs-3.0.txt", sigalgs_resolve, sigalg_iana_name);
}

Test(sigalgs, are_taken_as_by_openssl_3_5)
{
	compare_lists("3.5", "lists/sigalgs-3.5.txt", sigalgs_resolve, sigalg_iana_name);
}

/* ---- what the recordings cannot show ---- */

static void all_suites(struct list *l)
{
	size_t n;
	const struct suite *s = suite_table(&n);

	l->n = 0;
	for (size_t i = 0; i < n; i++)
		append(l, s[i].id);
}

Test(cipherlist, seclevel)
{
	static const struct {
		const char *string;
		int level;
	} rows[] = {
		{"ALL", -1},
		{"ALL@SECLEVEL=0", 0},
		{"AES128-SHA:@SECLEVEL=0", 0},
		{"@SECLEVEL=3:PSK", 3},
		{"ALL:@SECLEVEL=1:@SECLEVEL=5", 5},
		{"DEFAULT@SECLEVEL=2:!SHA", 2},
		{"SUITEB128:@SECLEVEL=1", -1},
		{"ALL:@STRENGTH", -1},
	};
	struct list available;

	all_suites(&available);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint16_t *got;
		size_t n;
		int level = 99;

		cr_expect(cipherlist_resolve(rows[i].string, view(&available), &got, &n, &level,
					     NULL));
		cr_expect_eq(level, rows[i].level, "%s: %d", rows[i].string, level);
		free(got);
	}
}

Test(cipherlist, says_why_not)
{
	static const struct {
		const char *string, *why;
	} rows[] = {
		{"foo", "no cipher match"},          {"", "no cipher match"},
		{"ALL:!ALL", "no cipher match"},     {"ALL:@SECLEVEL=6", "invalid command"},
		{"ALL:!", "invalid command"},        {"ALL:\x80", "invalid command"},
		{"DEFAULT:@FOO", "invalid command"},
	};
	struct list available;

	all_suites(&available);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf why = STRBUF_INIT;
		uint16_t *got;
		size_t n;
		int level;

		cr_expect_not(cipherlist_resolve(rows[i].string, view(&available), &got, &n, &level,
						 &why));
		cr_expect_null(got);
		cr_expect_eq(n, 0);
		cr_expect_str_eq(why.p, rows[i].why, "%s", rows[i].string);
		strbuf_release(&why);
	}
}

Test(cipherlist, holds_nothing_that_is_not_available)
{
	static const uint16_t few[] = {0x1301, 0xc02f, 0x002f, 0x00ff};
	uint16_t *got;
	size_t n;
	int level;

	cr_expect(cipherlist_resolve("ALL", (struct u16list){few, 4}, &got, &n, &level, NULL));
	cr_assert_eq(n, 2);
	cr_expect_eq(got[0], 0xc02f);
	cr_expect_eq(got[1], 0x002f);
	free(got);
	cr_expect_not(cipherlist_resolve("ALL", (struct u16list){NULL, 0}, &got, &n, &level, NULL));
}

/* Suites that OpenSSL lacks, for libraries that have them. */
Test(cipherlist, selects_what_openssl_never_had)
{
	static const struct {
		const char *string;
		uint16_t id;
		bool selected;
	} rows[] = {
		{"kECDH", 0xc00e, true}, /* ECDH-RSA-AES128-SHA */
		{"aECDH", 0xc00e, true},
		{"ALL", 0xc00e, true},
		{"ECDH", 0xc00e, false}, /* stands for ECDHE in OpenSSL */
		{"kDH", 0x0031, true},   /* DH-RSA-AES128-SHA */
		{"DH", 0x0031, false},
		{"CAMELLIA", 0xc08a, true}, /* ECDHE-RSA, Camellia 128 GCM */
		{"ARIA128", 0xc04c, true},  /* ECDHE-RSA, ARIA 128 CBC */
		{"ARIAGCM", 0xc04c, false},
		{"CBC", 0xc04c, true},
		{"ALL", 0xc0ff, false}, /* EC J-PAKE */
		{"aNULL", 0xc0ff, false},
		{"TLS_ECJPAKE_WITH_AES_128_CCM_8", 0xc0ff, true},
		{"ALL", 0x1301, false},
		{"TLS_AES_128_GCM_SHA256:ALL", 0x1301, false},
	};
	struct list available;

	all_suites(&available);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct list got = {.n = 0};
		uint16_t *p;
		int level;

		cr_expect(cipherlist_resolve(rows[i].string, view(&available), &p, &got.n, &level,
					     NULL));
		memcpy(got.id, p, got.n * sizeof *p);
		free(p);
		cr_expect_eq(contains(&got, rows[i].id), rows[i].selected, "%s, %s", rows[i].string,
			     suite_name(rows[i].id));
	}
}

Test(ciphersuites, rows)
{
	static const struct {
		const char *string, *want;
	} rows[] = {
		{ciphersuites_default, "1302,1303,1301"},
		{"", ""},
		{"TLS_AES_128_GCM_SHA256", "1301"},
		{"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "1301,1302"},
		{" TLS_AES_128_GCM_SHA256 : TLS_CHACHA20_POLY1305_SHA256", "1301,1303"},
		{"TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256", "1301"},
		{"TLS_AES_128_GCM_SHA256::", "1301"},
		{"foo:TLS_AES_128_GCM_SHA256", "1301"},
		{"TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256", "1304,1305"},
		{"TLS_RSA_WITH_AES_128_CBC_SHA:TLS_AES_128_GCM_SHA256", "1301"},
		{"foo", "!"},
		{":", "!"},
		{" ", "!"},
		{"AES128-SHA", "!"},
		{"tls_aes_128_gcm_sha256", "!"},
		{"TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384", "!"},
	};
	struct list available;

	all_suites(&available);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf why = STRBUF_INIT;
		struct list want;
		uint16_t *got;
		size_t n;
		bool ok = ciphersuites_resolve(rows[i].string, view(&available), &got, &n, &why);

		parse_numbers(&want, rows[i].want);
		cr_expect_eq(ok, *rows[i].want != '!', "%s", rows[i].string);
		cr_expect_eq(ok, why.n == 0);
		cr_expect_eq(got == NULL, n == 0);
		expect_list("3.0", rows[i].string, &want, got, n, suite_name);
		free(got);
		strbuf_release(&why);
	}
}

static void all_groups_and_sigalgs(struct list *l)
{
	for (unsigned id = 1; id <= 0xffff; id++)
		if (sigalg_name((uint16_t)id) || group_name((uint16_t)id))
			append(l, (uint16_t)id);
}

/* The defaults are what s_client 3.5 offers; SHA-1 is below its security level. */
Test(lists, defaults_are_those_of_openssl_3_5)
{
	struct list all = {.n = 0}, got = {.n = 0};
	struct strbuf record = STRBUF_INIT;
	struct client_hello client;
	uint16_t *p;
	size_t n;

	all_groups_and_sigalgs(&all);
	test_data(&record, "hello/s_client-3.5.bin");
	cr_assert(client_hello_parse(&client,
				     (struct bytes){(const uint8_t *)record.p + 5, record.n - 5}));
	cr_assert(sigalgs_resolve(sigalgs_default, view(&all), &p, &n, NULL));
	for (size_t i = 0; i < n; i++)
		if (p[i] >> 8 != 2)
			append(&got, p[i]);
	free(p);
	cr_expect_eq(n, got.n + 3);
	expect_list("3.5", "sigalgs", &got, client.sigalgs.p, client.sigalgs.n, sigalg_name);
	cr_assert(groups_resolve(groups_default, view(&all), &p, &got.n, NULL));
	memcpy(got.id, p, got.n * sizeof *p);
	free(p);
	expect_list("3.5", "groups", &got, client.groups.p, client.groups.n, group_name);
	cr_assert(ciphersuites_resolve(ciphersuites_default, client.suites, &p, &got.n, NULL));
	memcpy(got.id, p, got.n * sizeof *p);
	free(p);
	expect_list("3.5", "suites", &got, client.suites.p, 3, suite_name);
	client_hello_release(&client);
	strbuf_release(&record);
}

Test(lists, unavailable_names)
{
	static const uint16_t few[] = {0x1301, 0xc02f, 0x001d, 0x0401};
	static const struct {
		enum list_kind kind;
		const char *string, *names;
	} rows[] = {
		{LIST_CIPHERS, "ALL:ECDHE+AESGCM:DEFAULT", ""},
		{LIST_CIPHERS, "ECDHE-RSA-AES128-GCM-SHA256", ""},
		{LIST_CIPHERS, "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256,RC4-SHA",
		 "AES128-SHA, RC4-SHA"},
		{LIST_CIPHERS, "ALL:!AES128-SHA:-RC4-SHA:+AES256-SHA", ""},
		{LIST_CIPHERS, "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"},
		{LIST_CIPHERS, "foo:AES128-SHA+HIGH:@SECLEVEL=0", ""},
		{LIST_CIPHERS, "TLS_AES_256_GCM_SHA384", ""},
		{LIST_CIPHERS, "/:AES128-SHA", "AES128-SHA"},
		{LIST_CIPHERS, "", ""},
		{LIST_CIPHERSUITES, ciphersuites_default,
		 "TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256"},
		{LIST_CIPHERSUITES, "foo:TLS_RSA_WITH_AES_128_CBC_SHA: TLS_SM4_GCM_SM3 ",
		 "TLS_SM4_GCM_SM3"},
		{LIST_GROUPS, "X25519:P-256", "P-256"},
		{LIST_GROUPS, "X25519:?P-256:-P-384:foo", ""},
		{LIST_GROUPS, "*X25519MLKEM768 / DEFAULT / x448", "X25519MLKEM768, x448"},
		{LIST_GROUPS, "::", ""},
		{LIST_SIGALGS, "RSA+SHA256:ECDSA+SHA256:ed25519:?ed448", "ECDSA+SHA256, ed25519"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf names = STRBUF_INIT;

		strbuf_adds(&names, "");
		list_unavailable(rows[i].kind, rows[i].string, (struct u16list){few, 4}, &names);
		cr_expect_str_eq(names.p, rows[i].names, "%s", rows[i].string);
		strbuf_release(&names);
	}
}
