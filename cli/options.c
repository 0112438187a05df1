#include "cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define UNBUILT_DTLS       "not built yet: s_server speaks TLS over TCP only"
#define UNBUILT_SCTP       "not built yet: s_server speaks TLS over TCP only"
#define UNBUILT_STATUS_ALL "OpenSSL has it from release 3.6 on; s_server follows 3.5"

static const struct option table[OPT_COUNT] = {
#define OPTION(id, opt_name, kind, value_name, in, needs, release, why_not, text) \
	[OPT_##id] = {                                                            \
		.name = opt_name,                                                 \
		.arg = kind,                                                      \
		.arg_name = value_name,                                           \
		.section = SECTION_##in,                                          \
		.cap = needs,                                                     \
		.since = release,                                                 \
		.unbuilt = why_not,                                               \
		.help = text,                                                     \
	},
#include "cli/options.def"
#undef OPTION
};

const struct option *option_info(enum option_id id)
{
	return &table[id];
}

/* ---- names ---- */

static bool same_name(const struct option *opt, const char *name, size_t n)
{
	const char *own = opt->name + 1;

	if (strlen(own) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name[i] == '_' && opt->section == SECTION_OWN ? '-' : name[i];

		if (c != own[i])
			return false;
	}
	return true;
}

bool option_find(const char *name, size_t n, enum option_id *id)
{
	for (int dash = 0; dash < 2 && n && *name == '-'; dash++, n--)
		name++;
	if (n == 1 && *name == 'h') {
		*id = OPT_help;
		return true;
	}
	for (int i = 0; i < OPT_COUNT; i++) {
		if (!same_name(&table[i], name, n))
			continue;
		*id = i == OPT_curves ? OPT_groups : (enum option_id)i;
		return true;
	}
	return false;
}

/* ---- values; each returns false with its lines in err ---- */

/* As opt_number_error() in apps/lib/opt.c. */
static bool bad_number(const char *value, struct strbuf *err)
{
	const char *kind = "a";

	if (strncasecmp(value, "0x", 2) == 0)
		kind = "a hexadecimal";
	else if (value[0] == '0')
		kind = "an octal";
	strbuf_addf(err, "s_server: Can't parse \"%s\" as %s number\n", value, kind);
	return false;
}

static bool parse_number(const char *value, intmax_t *out, struct strbuf *err)
{
	char *end;

	errno = 0;
	*out = strtoimax(value, &end, 0);
	if (*end || end == value || errno)
		return bad_number(value, err);
	return true;
}

static bool parse_int(const struct option *opt, const char *value, intmax_t *out,
		      struct strbuf *err)
{
	if (!parse_number(value, out, err))
		return false;
	if (*out < INT_MIN || *out > INT_MAX) {
		strbuf_addf(err, "s_server: Value \"%s\" outside integer range\n", value);
		return false;
	}
	if (opt->arg == ARG_POSITIVE && *out <= 0) {
		strbuf_addf(err, "s_server: Non-positive number \"%s\" for option %s\n", value,
			    opt->name);
		return false;
	}
	if ((opt->arg == ARG_UNSIGNED || opt->arg == ARG_PORT) && *out < 0) {
		strbuf_addf(err, "s_server: Negative number \"%s\" for option %s\n", value,
			    opt->name);
		return false;
	}
	if (opt->arg == ARG_PORT && *out > UINT16_MAX) {
		strbuf_addf(err, "s_server: Port \"%s\" outside the range 0 to %d\n", value,
			    UINT16_MAX);
		return false;
	}
	return true;
}

/*
 * The letter of a format word, 0 when it is none. As opt_format() in apps/lib/opt.c: the first
 * letter decides, except among the words with P.
 */
static char format_letter(const char *value)
{
	static const char *const p12[] = {"P12", "p12", "PKCS12", "pkcs12"};

	switch (value[0]) {
	case 'D':
	case 'd':
		return 'D';
	case 'E':
	case 'e':
		return 'E';
	case '1':
		return '1';
	case 'P':
	case 'p':
		if (!value[1] || strcasecmp(value, "PEM") == 0)
			return 'P';
		for (size_t i = 0; i < sizeof(p12) / sizeof(p12[0]); i++)
			if (strcmp(value, p12[i]) == 0)
				return '1';
		return 0;
	default:
		return 0;
	}
}

static bool parse_format(const struct option *opt, const char *value, intmax_t *out,
			 struct strbuf *err)
{
	char letter = format_letter(value);

	*out = letter;
	if (letter == 'P' || letter == 'D' || (letter && opt->arg == ARG_KEY_FORMAT))
		return true;
	strbuf_addf(err, "s_server: Bad format \"%s\"%s\n", value,
		    letter ? "; must be pem or der" : "");
	strbuf_addf(err, "s_server: Invalid format \"%s\" for option %s\n", value, opt->name);
	return false;
}

static bool parse_choice(const struct option *opt, const char *value, intmax_t *out,
			 struct strbuf *err)
{
	size_t n = strlen(value);
	intmax_t index = 0;

	for (const char *word = opt->arg_name;; word++, index++) {
		size_t len = strcspn(word, "|");

		if (len == n && memcmp(word, value, n) == 0) {
			*out = index;
			return true;
		}
		word += len;
		if (!*word)
			break;
	}
	strbuf_addf(err, "s_server: Invalid value \"%s\" for option %s; must be one of %s\n", value,
		    opt->name, opt->arg_name);
	return false;
}

static bool is_directory(const char *path, struct strbuf *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	strbuf_addf(err, "s_server: Not a directory: %s\n", path);
	return false;
}

static bool parse_value(const struct option *opt, struct option_use *use, struct strbuf *err)
{
	switch (opt->arg) {
	case ARG_NONE:
	case ARG_STRING:
	case ARG_INFILE:
	case ARG_OUTFILE:
	case ARG_URI:
		return true;
	case ARG_INT:
	case ARG_POSITIVE:
	case ARG_UNSIGNED:
	case ARG_PORT:
		return parse_int(opt, use->value, &use->number, err);
	case ARG_INTMAX:
		return parse_number(use->value, &use->number, err);
	case ARG_DIR:
		return is_directory(use->value, err);
	case ARG_PEM_DER:
	case ARG_KEY_FORMAT:
		return parse_format(opt, use->value, &use->number, err);
	case ARG_CHOICE:
		return parse_choice(opt, use->value, &use->number, err);
	case ARG_OPTIONAL:
		return !use->value || parse_choice(opt, use->value, &use->number, err);
	}
	return true;
}

/* ---- the command line ---- */

static void add_use(struct options *o, const struct option_use *use)
{
	o->use = xrealloc(o->use, (o->n + 1) * sizeof(*o->use));
	o->use[o->n++] = *use;
}

/* The option at argv[*at], which begins with a dash; *at is moved behind it and its value. */
static bool parse_word(struct option_use *use, char **argv, int *at, struct strbuf *err)
{
	const char *word = argv[(*at)++] + 1;
	const char *value;
	const struct option *opt;
	size_t n;

	if (*word == '-')
		word++;
	n = strcspn(word, "=");
	value = word[n] ? word + n + 1 : NULL;
	/* A third dash is part of the name, which then is unknown. */
	if (*word == '-' || !option_find(word, n, &use->id)) {
		strbuf_addf(err, "s_server: Unknown option: -%.*s\n", (int)n, word);
		return false;
	}
	opt = &table[use->id];
	if (opt->arg == ARG_NONE && value) {
		strbuf_addf(err, "s_server: Option %s does not take a value\n", opt->name);
		return false;
	}
	if (opt->arg != ARG_NONE && opt->arg != ARG_OPTIONAL && !value) {
		value = argv[*at];
		if (!value) {
			strbuf_addf(err, "s_server: Option -%.*s needs a value\n", (int)n, word);
			return false;
		}
		(*at)++;
	}
	use->value = value;
	return parse_value(opt, use, err);
}

enum options_result options_parse(struct options *o, int argc, char **argv, struct strbuf *err)
{
	int at = 1;
	bool ok = true;

	*o = (struct options){NULL, 0};
	while (ok && at < argc && argv[at][0] == '-') {
		struct option_use use = {OPT_help, NULL, 0};

		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		ok = parse_word(&use, argv, &at, err);
		if (ok && use.id == OPT_help)
			return OPTIONS_HELP;
		if (ok)
			add_use(o, &use);
	}
	if (ok && at < argc) {
		strbuf_addf(err, "s_server: Extra option: \"%s\"\n", argv[at]);
		ok = false;
	}
	if (ok)
		return OPTIONS_OK;
	strbuf_adds(err, "s_server: Use -help for summary.\n");
	return OPTIONS_ERROR;
}

bool options_add_environment(struct options *o, struct strbuf *err)
{
	static const struct {
		enum option_id id;
		const char *variable;
	} from[] = {
		{OPT_backend, "S_SERVER_BACKEND"},
		{OPT_unsupported, "S_SERVER_UNSUPPORTED"},
	};

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		struct option_use use = {from[i].id, getenv(from[i].variable), 0};

		if (!use.value || !*use.value)
			continue;
		if (!parse_value(&table[use.id], &use, err)) {
			strbuf_addf(err, "s_server: The value is that of $%s.\n", from[i].variable);
			return false;
		}
		add_use(o, &use);
		memmove(o->use + 1, o->use, (o->n - 1) * sizeof(*o->use));
		o->use[0] = use;
	}
	return true;
}

void options_release(struct options *o)
{
	free(o->use);
	*o = (struct options){NULL, 0};
}

/* ---- questions ---- */

long options_position(const struct options *o, enum option_id id)
{
	for (size_t i = o->n; i > 0; i--)
		if (o->use[i - 1].id == id)
			return (long)(i - 1);
	return -1;
}

bool options_given(const struct options *o, enum option_id id)
{
	return options_position(o, id) >= 0;
}

const struct option_use *options_last(const struct options *o, enum option_id id)
{
	long at = options_position(o, id);

	return at < 0 ? NULL : &o->use[at];
}

const char *options_value(const struct options *o, enum option_id id, const char *otherwise)
{
	const struct option_use *use = options_last(o, id);

	return use ? use->value : otherwise;
}

intmax_t options_number(const struct options *o, enum option_id id, intmax_t otherwise)
{
	const struct option_use *use = options_last(o, id);

	return use ? use->number : otherwise;
}
