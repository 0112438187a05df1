#include "cli/config_parts.h"

#include "core/strbuf.h"

#include <string.h>

/* Options of the backend switch: a page must not change with the library behind it. */
static bool is_hidden(enum option_id id)
{
	return id == OPT_backend || id == OPT_unsupported;
}

/* What of a value may be shown; the rest of it is secret. */
static size_t shown_prefix(enum option_id id, const char *value)
{
	if (id == OPT_psk || id == OPT_srpuserseed)
		return 0;
	if ((id == OPT_pass || id == OPT_dpass) && strncmp(value, "pass:", 5) == 0)
		return 5;
	return strlen(value);
}

static void add_value(struct strbuf *out, enum option_id id, const char *value, bool show_secrets)
{
	size_t n = show_secrets ? strlen(value) : shown_prefix(id, value);

	strbuf_add(out, value, n);
	if (value[n])
		strbuf_adds(out, "***");
}

/* As the parser reads argv, which it has accepted: -name, -name value or -name=value. */
const char *config_command_line(struct pool *pool, int argc, char **argv, bool show_secrets)
{
	struct strbuf line = STRBUF_INIT;
	const char *result;

	strbuf_adds(&line, "s_server");
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		size_t n = strcspn(word, "=");
		bool inside = word[n] == '=';
		enum option_id id;

		if (!option_find(word, n, &id)) {
			strbuf_addf(&line, " %s", word);
			continue;
		}
		bool behind = !inside && i + 1 < argc && option_info(id)->arg != ARG_NONE &&
			      option_info(id)->arg != ARG_OPTIONAL;

		if (!is_hidden(id)) {
			strbuf_addf(&line, " %.*s", (int)n, word);
			if (inside || behind) {
				strbuf_addc(&line, inside ? '=' : ' ');
				add_value(&line, id, inside ? word + n + 1 : argv[i + 1],
					  show_secrets);
			}
		}
		i += behind;
	}
	result = pool_strdup(pool, line.p);
	explicit_bzero(line.p, line.n);
	strbuf_release(&line);
	return result;
}
