/*
 * Option proofs: with the option a run shows something that it does not show without.
 *
 * A row whose option the backend refuses proves the refusal: status 77 and one line with the
 * option and a reason, before anything listens.
 */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

struct proof {
	const char *needs;  /* an option that the backend must support for this row; "" none */
	const char *option; /* what is proved */
	unsigned naccept;   /* connections the client makes */
	const char *base;   /* options of both runs */
	const char *with;   /* options of the first run only */
	const char *client; /* shell command */
	const char
		*pattern; /* matches the transcript of the first run and not of the second; with a
			     '!' the other way round */
};

static const struct proof proofs[] = {
#define PROOF_IF(needs, option, naccept, base, with, client, pattern) \
	{needs, option, naccept, base, with, client, pattern},
#define PROOF(...) PROOF_IF("", __VA_ARGS__)
#define EXEMPT(option, why)
#define EXEMPT_WITHOUT(needs, option, why)
#define EXEMPT_ON(backends, option, why)
#define PROVED_IN(option, file)
#include "tests/e2e/proofs.def"
};

enum { N_PROOFS = sizeof(proofs) / sizeof(*proofs) };

static bool run(const struct proof *p, const char *with, struct strbuf *transcript)
{
	struct strbuf options = STRBUF_INIT;
	bool started;

	strbuf_addf(&options, "%s %s", p->base, with);
	started = e2e_run(p->naccept, options.p, p->client, transcript);
	strbuf_release(&options);
	return started;
}

static void prove(const struct proof *p)
{
	struct strbuf with = STRBUF_INIT, without = STRBUF_INIT;
	bool absent = *p->pattern == '!';
	const char *pattern = p->pattern + absent;
	bool started = run(p, p->with, &with);

	cr_assert(started || !absent, "%s: does not start with \"%s %s\":\n%s", p->option, p->base,
		  p->with, with.p);
	cr_assert(text_matches(&with, pattern) != absent,
		  "%s: /%s/ fails with \"%s %s\" and %s:\n%s", p->option, p->pattern, p->base,
		  p->with, p->client, with.p);
	(void)run(p, "", &without);
	cr_assert(text_matches(&without, pattern) == absent,
		  "%s: /%s/ holds also without \"%s\" (%s; %s):\n%s", p->option, p->pattern,
		  p->with, p->base, p->client, without.p);
	strbuf_release(&with);
	strbuf_release(&without);
	proved(p->option);
}

static void prove_refusal(const struct proof *p)
{
	struct strbuf text = STRBUF_INIT, pattern = STRBUF_INIT;
	/* NAME=value ... stands in front, as in server_start(). */
	int environment = strchr(p->base, '=') && *p->base != '-' ? (int)strcspn(p->base, "-") : 0;
	int status = shell(
		&text, "cd %s; T=/tmp; R=:; %.*s timeout 10 %s -accept 127.0.0.1:0 %s %s", TEST_PKI,
		environment, p->base, e2e_program(), p->base + environment, p->with);

	cr_assert_eq(status, 77, "%s: status %d\n%s", p->option, status, text.p ? text.p : "");
	strbuf_addf(&pattern, "^s_server: %s: not supported by .+: .+", p->option);
	cr_assert(text_matches(&text, pattern.p), "%s: %s", p->option, text.p);
	cr_assert(!strstr(text.p, "ACCEPT"));
	strbuf_release(&pattern);
	strbuf_release(&text);
}

ParameterizedTestParameters(proofs, option)
{
	static int index[N_PROOFS];

	for (int i = 0; i < N_PROOFS; i++)
		index[i] = i;
	return cr_make_param_array(int, index, N_PROOFS);
}

ParameterizedTest(int *index, proofs, option, .timeout = 120)
{
	const struct proof *p = &proofs[*index];
	const char *only = getenv("TEST_OPTION"); /* for trying one row by hand */

	if (only && strcmp(only, p->option) != 0)
		return;
	if (*p->needs && !e2e_supports(p->needs))
		return;
	if (e2e_supports(p->option))
		prove(p);
	else
		prove_refusal(p);
}
