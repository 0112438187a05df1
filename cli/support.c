#include "cli/support.h"

#include "core/loader.h"

#include <stdlib.h>
#include <string.h>

struct tls_cap_entry support_of(enum option_id id, const struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	const struct option *opt = option_info(id);
	struct tls_cap_entry entry = {TLS_CAP_YES, NULL};

	if (opt->unbuilt)
		return (struct tls_cap_entry){TLS_CAP_NO, opt->unbuilt};
	if (opt->cap != OPTION_CORE)
		entry = cap[opt->cap];
	if (entry.level != TLS_CAP_YES && !entry.note)
		entry.note = "the library has no such thing";
	return entry;
}

const char *support_cap_name(enum tls_cap cap)
{
	static const char *const name[TLS_CAP_COUNT] = {
#define CAP(id, cap_name, text) [TLS_CAP_##id] = cap_name,
#include "core/caps.def"
#undef CAP
	};

	return name[cap];
}

const char *support_level_name(enum tls_support level)
{
	switch (level) {
	case TLS_CAP_NO:
		return "no";
	case TLS_CAP_PARTIAL:
		return "partial";
	case TLS_CAP_YES:
		break;
	}
	return "yes";
}

void support_add_notes(struct strbuf *out, const struct tls_cap_entry cap[TLS_CAP_COUNT],
		       enum tls_support level, const char *before, bool bare)
{
	bool done[OPT_COUNT] = {false};

	for (int i = 0; i < OPT_COUNT; i++) {
		struct tls_cap_entry entry = support_of((enum option_id)i, cap);
		const char *separator = before;

		if (done[i] || entry.level != level || !entry.note)
			continue;
		for (int j = i; j < OPT_COUNT; j++) {
			struct tls_cap_entry other = support_of((enum option_id)j, cap);

			if (other.level != level || !other.note ||
			    strcmp(other.note, entry.note) != 0)
				continue;
			done[j] = true;
			strbuf_addf(out, "%s%s", separator,
				    option_info((enum option_id)j)->name + bare);
			separator = ", ";
		}
		strbuf_addf(out, ": %s\n", entry.note);
	}
}

void support_title(const struct tls_backend *backend, struct strbuf *out)
{
	char running[64] = "", compiled[64] = "";

	backend->version(running, compiled, sizeof(running));
	strbuf_addf(out, "%s %s", backend->library, running);
}

void support_refusal(struct strbuf *out, const struct tls_backend *backend, const char *what,
		     const char *reason)
{
	strbuf_addf(out, "s_server: %s: not supported by ", what);
	support_title(backend, out);
	strbuf_addf(out, "%s%s\n", reason ? ": " : "", reason ? reason : "");
}

bool support_warns(const struct options *o)
{
	return options_number(o, OPT_unsupported, 0) == 1;
}

bool support_check(struct options *o, const struct tls_backend *backend,
		   const struct tls_cap_entry cap[TLS_CAP_COUNT], struct strbuf *out)
{
	bool told[OPT_COUNT] = {false};
	bool warn = support_warns(o);
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		enum option_id id = o->use[i].id;
		struct tls_cap_entry entry = support_of(id, cap);

		if (entry.level != TLS_CAP_NO)
			o->use[kept++] = o->use[i];
		else if (!told[id])
			support_refusal(out, backend, option_info(id)->name, entry.note);
		told[id] = true;
	}
	if (kept == o->n)
		return true;
	if (warn)
		o->n = kept;
	return warn;
}

char *support_backend_name(const struct options *o)
{
	const char *given = options_value(o, OPT_backend, NULL);
	char **names, *name;
	size_t n, pick = 0;

	if (given)
		return xstrdup(given);
	n = loader_names(&names);
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], "openssl") == 0)
			pick = i;
	name = xstrdup(n ? names[pick] : "openssl");
	loader_free_names(names, n);
	return name;
}

const struct tls_backend *support_open(const struct options *o, const struct tls_setting *settings,
				       size_t n, struct tls_cap_entry cap[TLS_CAP_COUNT],
				       struct strbuf *err)
{
	char *name = support_backend_name(o);
	struct strbuf reason = STRBUF_INIT;
	struct tls_error why = {.alert = -1};
	const struct tls_backend *backend = loader_open(name, &reason);

	if (!backend) {
		strbuf_addf(err, "s_server: backend %s: %s\n", name, reason.p);
	} else if (!backend->init(settings, n, &why)) {
		strbuf_addf(err, "s_server: %s\n", why.text);
		backend = NULL;
	} else {
		loader_capabilities(backend, cap);
	}
	strbuf_release(&reason);
	free(name);
	return backend;
}
