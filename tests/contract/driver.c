/* driver BACKEND SCENARIO runs one; driver --list names all. Run among the test certificates. */
#include "tests/contract/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scenario *const groups[] = {
	scenarios_basic,   scenarios_errors,     scenarios_facts,    scenarios_decisions,
	scenarios_verify,  scenarios_resumption, scenarios_commands, scenarios_ends,
	scenarios_hostile, scenarios_early,
};

static void list(void)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(*groups); g++)
		for (const struct scenario *s = groups[g]; s->name; s++)
			(void)puts(s->name);
}

static const struct scenario *find(const char *name)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(*groups); g++)
		for (const struct scenario *s = groups[g]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct scenario *s = argc == 3 ? find(argv[2]) : NULL;
	struct bench b;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list();
		return 0;
	}
	if (!s) {
		(void)fputs("driver BACKEND SCENARIO | driver --list\n", stderr);
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	bench_init(&b, argv[1]);
	s->run(&b);
	return 0;
}
