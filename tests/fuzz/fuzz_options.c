/* Command lines: one word a line. Whatever they hold, they are parsed or refused with a line. */
#include "cli/combinations.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_WORDS = 64 };

static size_t split(char *text, size_t n, char **argv)
{
	size_t argc = 1;

	for (char *end = text + n; text < end && argc < MAX_WORDS; text += strlen(text) + 1) {
		text[strcspn(text, "\n")] = '\0';
		argv[argc++] = text;
	}
	return argc;
}

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char name[] = "s_server";
	char *argv[MAX_WORDS + 1] = {name};
	char *text = xmalloc(n + 1);
	struct options o;
	struct strbuf err = STRBUF_INIT;
	size_t argc;

	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	argc = split(text, n, argv);
	switch (options_parse(&o, (int)argc, argv, &err)) {
	case OPTIONS_OK:
		check(err.n == 0 && o.n < argc);
		check(options_check(&o, &err) == (err.n == 0));
		break;
	case OPTIONS_HELP:
		check(err.n == 0);
		break;
	case OPTIONS_ERROR:
		check(err.n > 0 && err.p[err.n - 1] == '\n');
		break;
	}
	options_release(&o);
	strbuf_release(&err);
	free(text);
	return 0;
}
