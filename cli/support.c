#include "cli/support.h"

#include "core/loader.h"

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
