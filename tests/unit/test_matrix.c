/* The support matrix: cells, notes and totals, of made-up libraries and of those that are there. */
#include "cli/matrix.h"

#include "cli/support.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* able, poor (no capability but a partial -psk), broken (cannot be loaded). */
static void fake(struct matrix *m)
{
	static const char *const names[] = {"able", "broken", "poor"};

	m->n = 3;
	m->column = xcalloc(m->n, sizeof(*m->column));
	for (size_t i = 0; i < m->n; i++)
		m->column[i].name = xstrdup(names[i]);
	m->column[1].error = xstrdup("libbroken.so.1: no such file");
	for (size_t i = 0; i < m->n; i += 2) {
		struct matrix_column *c = &m->column[i];

		c->library = xstrdup(i ? "PoorTLS" : "AbleTLS");
		c->running = xstrdup("1.1");
		c->compiled = xstrdup("1.0");
		for (size_t j = 0; j < TLS_CAP_COUNT; j++)
			c->cap[j] = i ? (struct tls_cap_entry){TLS_CAP_NO, xstrdup("too poor")}
				      : (struct tls_cap_entry){TLS_CAP_YES, NULL};
	}
	free((char *)m->column[2].cap[TLS_CAP_PSK].note);
	m->column[2].cap[TLS_CAP_PSK] =
		(struct tls_cap_entry){TLS_CAP_PARTIAL, xstrdup("short keys")};
}

Test(matrix, text_holds_cells_notes_and_totals)
{
	struct matrix m;
	struct strbuf text = STRBUF_INIT, totals = STRBUF_INIT;
	int core = 0, unbuilt = 0, psk = 0;

	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);

		unbuilt += opt->unbuilt != NULL;
		core += !opt->unbuilt && opt->cap == OPTION_CORE;
		psk += !opt->unbuilt && opt->cap == TLS_CAP_PSK;
	}
	fake(&m);
	matrix_add_text(&text, &m);
	cr_expect_eq(strncmp(text.p, "option                     able           poor\n", 46), 0,
		     "%.80s", text.p);
	cr_expect_not_null(strstr(text.p, "\n-www                       yes            yes\n"));
	cr_expect_not_null(strstr(text.p, "\n-psk                       yes            partial\n"));
	cr_expect_not_null(strstr(text.p, "\n-alpn                      yes            no\n"));
	cr_expect_not_null(strstr(text.p, "\n-ssl2                      no             no\n"));
	cr_expect_not_null(strstr(text.p, "\npoor: PoorTLS 1.1, partial:\n"
					  "  -psk_identity, -psk: short keys\n"
					  "\npoor: PoorTLS 1.1, no:\n"
					  "  -ssl_config, -trace, "));
	cr_expect_not_null(strstr(text.p, "\nbroken: cannot be used:\n"
					  "  libbroken.so.1: no such file\n"));
	strbuf_addf(&totals,
		    "\nTotals:\nof %d options             able           poor\n"
		    "yes                        %-14d %d\n"
		    "partial                    0              %d\n"
		    "no                         %-14d %d\n",
		    OPT_COUNT, OPT_COUNT - unbuilt, core, psk, unbuilt, OPT_COUNT - core - psk);
	cr_expect_str_eq(strstr(text.p, "\nTotals:"), totals.p);
	strbuf_release(&text);
	strbuf_release(&totals);
	matrix_release(&m);
}

Test(matrix, markdown_is_one_table_a_part)
{
	struct matrix m;
	struct strbuf text = STRBUF_INIT;

	fake(&m);
	matrix_add_markdown(&text, &m);
	cr_expect_not_null(strstr(text.p, "\n| option                     | able           | poor "
					  "          |\n|---|---|---|\n| -help "));
	cr_expect_not_null(strstr(text.p, "\n## poor: PoorTLS 1.1, partial\n\n"
					  "- -psk_identity, -psk: short keys\n"));
	cr_expect_not_null(strstr(text.p, "\n## broken: cannot be used\n\n- libbroken.so.1"));
	strbuf_release(&text);
	matrix_release(&m);
}

static const char *at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

Test(matrix, json_tells_the_same)
{
	struct matrix m;
	struct strbuf text = STRBUF_INIT;
	json_t *root;
	const json_t *backends, *options, *cell, *sum;

	fake(&m);
	matrix_add_json(&text, &m);
	root = json_loadb(text.p, text.n, 0, NULL);
	backends = json_object_get(root, "backends");
	options = json_object_get(root, "options");
	cr_assert_eq(json_array_size(backends), 3);
	cr_expect_str_eq(at(json_array_get(backends, 1), "error"), "libbroken.so.1: no such file");
	cr_expect_str_eq(at(json_array_get(backends, 2), "library"), "PoorTLS");
	cr_assert_eq(json_array_size(options), OPT_COUNT);
	cell = json_object_get(json_array_get(options, OPT_psk), "backends");
	cr_expect_str_eq(at(json_object_get(cell, "able"), "support"), "yes");
	cr_expect_str_eq(at(json_object_get(cell, "poor"), "support"), "partial");
	cr_expect_str_eq(at(json_object_get(cell, "poor"), "note"), "short keys");
	cr_expect_null(json_object_get(cell, "broken"));
	sum = json_object_get(json_object_get(root, "totals"), "poor");
	cr_expect_eq(json_integer_value(json_object_get(sum, "yes")) +
			     json_integer_value(json_object_get(sum, "partial")) +
			     json_integer_value(json_object_get(sum, "no")),
		     OPT_COUNT);
	json_decref(root);
	strbuf_release(&text);
	matrix_release(&m);
}

Test(matrix, backends_are_listed_with_both_versions)
{
	struct matrix m;
	struct strbuf text = STRBUF_INIT;

	fake(&m);
	matrix_add_backends(&text, &m);
	cr_expect_str_eq(text.p, "able           AbleTLS 1.1 (built with 1.0)\n"
				 "broken         cannot be used: libbroken.so.1: no such file\n"
				 "poor           PoorTLS 1.1 (built with 1.0)\n");
	strbuf_release(&text);
	matrix_release(&m);
}
