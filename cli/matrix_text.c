#include "cli/matrix.h"

#include "cli/support.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const enum tls_support levels[] = {TLS_CAP_YES, TLS_CAP_PARTIAL, TLS_CAP_NO};
enum { N_LEVELS = sizeof(levels) / sizeof(levels[0]) };

static unsigned count(const struct matrix_column *c, enum tls_support level)
{
	unsigned n = 0;

	for (int i = 0; i < OPT_COUNT; i++)
		n += support_of((enum option_id)i, c->cap).level == level;
	return n;
}

/* ---- text and Markdown: a table of words, the notes of each backend, the totals ---- */

struct form {
	const char *first, *next, *end; /* around the cells of a row */
	const char *before_heading, *after_heading;
	const char *note;
};

static const struct form text_form = {"", " ", "\n", "\n", ":\n", "  "};
static const struct form markdown_form = {"| ", " | ", " |\n", "\n## ", "\n\n", "- "};

enum { NAME_WIDTH = 26, CELL_WIDTH = 14 };

static void begin_row(struct strbuf *out, const struct form *f, const char *name)
{
	strbuf_addf(out, "%s%-*s", f->first, NAME_WIDTH, name);
}

static void add_cell(struct strbuf *out, const struct form *f, const char *text)
{
	strbuf_addf(out, "%s%-*s", f->next, CELL_WIDTH, text);
}

static void end_row(struct strbuf *out, const struct form *f)
{
	while (f == &text_form && out->n && out->p[out->n - 1] == ' ')
		out->p[--out->n] = '\0';
	strbuf_adds(out, f->end);
}

static void add_heading(struct strbuf *out, const struct matrix *m, const struct form *f,
			const char *first)
{
	begin_row(out, f, first);
	for (size_t i = 0; i < m->n; i++)
		if (!m->column[i].error)
			add_cell(out, f, m->column[i].name);
	end_row(out, f);
	if (f != &markdown_form)
		return;
	strbuf_adds(out, "|---");
	for (size_t i = 0; i < m->n; i++)
		strbuf_adds(out, m->column[i].error ? "" : "|---");
	strbuf_adds(out, "|\n");
}

static void add_options(struct strbuf *out, const struct matrix *m, const struct form *f)
{
	add_heading(out, m, f, "option");
	for (int id = 0; id < OPT_COUNT; id++) {
		begin_row(out, f, option_info((enum option_id)id)->name);
		for (size_t i = 0; i < m->n; i++)
			if (!m->column[i].error)
				add_cell(out, f,
					 support_level_name(
						 support_of((enum option_id)id, m->column[i].cap)
							 .level));
		end_row(out, f);
	}
}

static void add_notes(struct strbuf *out, const struct matrix_column *c, const struct form *f)
{
	strbuf_addf(out, "%s%s: ", f->before_heading, c->name);
	if (c->error) {
		strbuf_addf(out, "cannot be used%s%s%s\n", f->after_heading, f->note, c->error);
		return;
	}
	strbuf_addf(out, "%s %s, partial%s", c->library, c->running, f->after_heading);
	support_add_notes(out, c->cap, TLS_CAP_PARTIAL, f->note, false);
	strbuf_addf(out, "%s%s: %s %s, no%s", f->before_heading, c->name, c->library, c->running,
		    f->after_heading);
	support_add_notes(out, c->cap, TLS_CAP_NO, f->note, false);
}

static void add_totals(struct strbuf *out, const struct matrix *m, const struct form *f)
{
	struct strbuf number = STRBUF_INIT;

	strbuf_addf(out, "%sTotals%s", f->before_heading, f->after_heading);
	strbuf_addf(&number, "of %d options", OPT_COUNT);
	add_heading(out, m, f, number.p);
	for (size_t l = 0; l < N_LEVELS; l++) {
		begin_row(out, f, support_level_name(levels[l]));
		for (size_t i = 0; i < m->n; i++) {
			if (m->column[i].error)
				continue;
			strbuf_reset(&number);
			strbuf_addf(&number, "%u", count(&m->column[i], levels[l]));
			add_cell(out, f, number.p);
		}
		end_row(out, f);
	}
	strbuf_release(&number);
}

static void add_all(struct strbuf *out, const struct matrix *m, const struct form *f)
{
	add_options(out, m, f);
	for (size_t i = 0; i < m->n; i++)
		add_notes(out, &m->column[i], f);
	add_totals(out, m, f);
}

void matrix_add_text(struct strbuf *out, const struct matrix *m)
{
	add_all(out, m, &text_form);
}

void matrix_add_markdown(struct strbuf *out, const struct matrix *m)
{
	strbuf_adds(out, "# What each TLS library can do\n\n"
			 "Made by `s_server --support=markdown`.\n\n");
	add_all(out, m, &markdown_form);
}

/* ---- JSON; jansson fails without memory only, and then the dump fails, too ---- */

static json_t *backends_json(const struct matrix *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++) {
		const struct matrix_column *c = &m->column[i];
		json_t *entry =
			c->error ? json_pack("{s:s, s:s}", "name", c->name, "error", c->error)
				 : json_pack("{s:s, s:s, s:s, s:s}", "name", c->name, "library",
					     c->library, "version", c->running, "compiled",
					     c->compiled);

		(void)json_array_append_new(list, entry);
	}
	return list;
}

static json_t *option_json(const struct matrix *m, enum option_id id)
{
	json_t *support = json_object();

	for (size_t i = 0; i < m->n; i++) {
		struct tls_cap_entry entry = support_of(id, m->column[i].cap);

		if (m->column[i].error)
			continue;
		(void)json_object_set_new(support, m->column[i].name,
					  json_pack("{s:s, s:s?}", "support",
						    support_level_name(entry.level), "note",
						    entry.note));
	}
	return json_pack("{s:s, s:s, s:o}", "option", option_info(id)->name, "since",
			 option_info(id)->since, "backends", support);
}

static json_t *totals_json(const struct matrix *m)
{
	json_t *totals = json_object();

	for (size_t i = 0; i < m->n; i++) {
		json_t *numbers = json_object();

		for (size_t l = 0; l < N_LEVELS; l++)
			(void)json_object_set_new(numbers, support_level_name(levels[l]),
						  json_integer(count(&m->column[i], levels[l])));
		if (m->column[i].error)
			json_decref(numbers);
		else
			(void)json_object_set_new(totals, m->column[i].name, numbers);
	}
	return totals;
}

static void add_json(struct strbuf *out, json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));

	strbuf_addf(out, "%s\n", text ? text : "");
	free(text);
	json_decref(value);
}

void matrix_add_json(struct strbuf *out, const struct matrix *m)
{
	json_t *options = json_array();

	for (int id = 0; id < OPT_COUNT; id++)
		(void)json_array_append_new(options, option_json(m, (enum option_id)id));
	add_json(out, json_pack("{s:o, s:o, s:o}", "backends", backends_json(m), "options", options,
				"totals", totals_json(m)));
}

/* ---- --list-backends ---- */

void matrix_add_backends(struct strbuf *out, const struct matrix *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct matrix_column *c = &m->column[i];

		if (c->error)
			strbuf_addf(out, "%-14s cannot be used: %s\n", c->name, c->error);
		else
			strbuf_addf(out, "%-14s %s %s (built with %s)\n", c->name, c->library,
				    c->running, c->compiled);
	}
}

void matrix_add_backends_json(struct strbuf *out, const struct matrix *m)
{
	add_json(out, backends_json(m));
}
