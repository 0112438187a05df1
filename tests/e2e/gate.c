/*
 * The gate: an option that a backend supports has a proof, an exemption with its reason, or a test
 * of the command line. Runs after the other programs of this directory, which write down what they
 * have shown; prints the count.
 */
#include "cli/options.h"
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const char *backends; /* counts for these only; "" for all */
	const char *needs;    /* counts where the backend does not support this; "" always */
	const char *option;
	const char *text; /* a reason, or a file of the test tree */
};

#define PROOF(...)
#define PROOF_IF(...)
#define EXEMPT(option, why)                EXEMPT_WITHOUT("", option, why)
#define EXEMPT_WITHOUT(needs, option, why) {"", needs, option, why},
#define EXEMPT_ON(backends, option, why)   {backends, "", option, why},
#define PROVED_IN(option, file)
static const struct row exempt[] = {
#include "tests/e2e/proofs.def"
	{NULL, NULL, NULL, NULL},
};
#undef EXEMPT_WITHOUT
#undef EXEMPT_ON
#undef PROVED_IN
#define EXEMPT_WITHOUT(needs, option, why)
#define EXEMPT_ON(backends, option, why)
#define PROVED_IN(option, file) {"", "", option, file},
static const struct row elsewhere[] = {
#include "tests/e2e/proofs.def"
	{NULL, NULL, NULL, NULL},
};

static bool has_row(const struct row *row, const char *option)
{
	for (; row->option; row++)
		if (strcmp(row->option, option) == 0 && (!*row->needs || !e2e_supports(row->needs)))
			return true;
	return false;
}

static void read_proofs(struct strbuf *out)
{
	char path[512], chunk[4096];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/tests/proofs-%s", TEST_BINARY_DIR, e2e_backend());
	f = fopen(path, "r");
	cr_assert(f, "no proofs at all: %s", path);
	strbuf_addc(out, '\n');
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		strbuf_add(out, chunk, n);
	(void)fclose(f);
}

Test(gate, every_supported_option_is_proved, .timeout = 300)
{
	struct strbuf proofs = STRBUF_INIT, missing = STRBUF_INIT;
	unsigned supported = 0, proven = 0, exempted = 0, refused = 0;

	read_proofs(&proofs);
	for (int id = 0; id < OPT_COUNT; id++) {
		const char *name = option_info((enum option_id)id)->name;
		char line[128];

		if (!e2e_supports(name)) {
			refused++;
			continue;
		}
		supported++;
		(void)snprintf(line, sizeof(line), "\n%s\n", name);
		if (strstr(proofs.p, line) || has_row(elsewhere, name))
			proven++;
		else if (has_row(exempt, name))
			exempted++;
		else
			strbuf_addf(&missing, " %s", name);
	}
	(void)printf("%s: %u options supported, %u proved, %u exempt, %u refused\n", e2e_backend(),
		     supported, proven, exempted, refused);
	(void)fflush(stdout);
	cr_assert(!missing.n, "supported and not proved:%s", missing.p);
	strbuf_release(&proofs);
	strbuf_release(&missing);
}

Test(gate, tests_named_in_the_table_exist)
{
	for (size_t i = 0; elsewhere[i].option; i++) {
		char path[512];
		FILE *f;

		(void)snprintf(path, sizeof(path), "%s/tests/%s", TEST_SOURCE_DIR,
			       elsewhere[i].text);
		f = fopen(path, "r");
		cr_expect(f, "%s: no %s", elsewhere[i].option, path);
		if (f)
			(void)fclose(f);
	}
}
