#include "cli/questions.h"

#include "cli/help.h"
#include "cli/matrix.h"
#include "cli/support.h"
#include "core/out.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void questions_help(const struct options *o)
{
	struct strbuf text = STRBUF_INIT, title = STRBUF_INIT, why = STRBUF_INIT;
	struct tls_cap_entry cap[TLS_CAP_COUNT];
	const struct tls_backend *backend = support_open(o, NULL, 0, cap, &why);

	if (backend)
		support_title(backend, &title);
	help_add(&text, title.p, backend ? cap : NULL);
	out_write(STDERR_FILENO, strbuf_bytes(&text));
	strbuf_release(&text);
	strbuf_release(&title);
	strbuf_release(&why);
}

/* ---- --supports A,B ---- */

/* The options of the list that the backend cannot do: a line each. False: a name is unknown. */
static bool add_missing(struct strbuf *lines, const char *list, const struct tls_backend *backend,
			const struct tls_cap_entry cap[TLS_CAP_COUNT], bool *missing)
{
	for (;; list++) {
		size_t n = strcspn(list, ",");
		struct tls_cap_entry entry;
		enum option_id id;

		if (n && !option_find(list, n, &id)) {
			strbuf_addf(lines, "s_server: Unknown option: %.*s\n", (int)n, list);
			return false;
		}
		if (n) {
			entry = support_of(id, cap);
			if (entry.level == TLS_CAP_NO) {
				support_refusal(lines, backend, option_info(id)->name, entry.note);
				*missing = true;
			}
		}
		list += n;
		if (!*list)
			return true;
	}
}

static int answer_supports(const struct options *o)
{
	struct strbuf lines = STRBUF_INIT;
	struct tls_cap_entry cap[TLS_CAP_COUNT];
	const struct tls_backend *backend = support_open(o, NULL, 0, cap, &lines);
	bool missing = false;
	int status = 1;

	if (backend &&
	    add_missing(&lines, options_value(o, OPT_supports, ""), backend, cap, &missing))
		status = missing ? SUPPORT_EXIT : 0;
	out_write(STDERR_FILENO, strbuf_bytes(&lines));
	strbuf_release(&lines);
	return status;
}

/* ---- the others: a text on stdout ---- */

enum { LIST_TEXT, LIST_MARKDOWN, LIST_JSON }; /* of arg_name's lists */
enum { BACKENDS_TEXT, BACKENDS_JSON };
enum { SUPPORT_TEXT, SUPPORT_MARKDOWN, SUPPORT_JSON, SUPPORT_CAPABILITIES };

static void add_version(struct strbuf *out, const struct options *o)
{
	(void)o; /* the same for all */
	strbuf_adds(out, "s_server " S_SERVER_VERSION "\n");
}

static void add_list(struct strbuf *out, const struct options *o)
{
	intmax_t form = options_number(o, OPT_list_options, LIST_TEXT);

	if (form == LIST_JSON)
		help_add_list_json(out);
	else if (form == LIST_MARKDOWN)
		help_add_list_markdown(out);
	else
		help_add_list(out);
}

static void add_man(struct strbuf *out, const struct options *o)
{
	(void)o; /* the same for all */
	help_add_man(out);
}

static void add_completion(struct strbuf *out, const struct options *o)
{
	(void)o; /* the same for all */
	help_add_completion(out);
}

static void add_backends(struct strbuf *out, const struct options *o)
{
	struct matrix m;

	matrix_gather(&m);
	if (options_number(o, OPT_list_backends, BACKENDS_TEXT) == BACKENDS_JSON)
		matrix_add_backends_json(out, &m);
	else
		matrix_add_backends(out, &m);
	matrix_release(&m);
}

static void add_support(struct strbuf *out, const struct options *o)
{
	intmax_t form = options_number(o, OPT_support, SUPPORT_TEXT);
	struct matrix m;

	if (form == SUPPORT_CAPABILITIES) {
		char *name = support_backend_name(o);

		matrix_add_answer(out, name);
		free(name);
		return;
	}
	matrix_gather(&m);
	if (form == SUPPORT_JSON)
		matrix_add_json(out, &m);
	else if (form == SUPPORT_MARKDOWN)
		matrix_add_markdown(out, &m);
	else
		matrix_add_text(out, &m);
	matrix_release(&m);
}

static const struct {
	enum option_id id;
	void (*add)(struct strbuf *out, const struct options *o);
} questions[] = {
	{OPT_version, add_version}, {OPT_list_options, add_list}, {OPT_list_backends, add_backends},
	{OPT_support, add_support}, {OPT_man, add_man},           {OPT_completion, add_completion},
};

bool questions_answer(const struct options *o, int *status)
{
	bool answered = false;

	*status = 0;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct strbuf text = STRBUF_INIT;

		if (!options_given(o, questions[i].id))
			continue;
		questions[i].add(&text, o);
		out_write(STDOUT_FILENO, strbuf_bytes(&text));
		strbuf_release(&text);
		answered = true;
	}
	if (options_given(o, OPT_supports)) {
		*status = answer_supports(o);
		answered = true;
	}
	return answered;
}
