/* Runs the driver's scenarios, each in a process of its own, with the backend in $TEST_BACKEND. */
#include "tests/support/proc.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER TEST_BINARY_DIR "/bin/contract_driver"

/* By value: Criterion hands parameters to other processes. */
struct row {
	char name[64];
};

/* Asked of the driver, so that none can be forgotten here. */
ParameterizedTestParameters(contract, scenario)
{
	enum { MAX = 256 };
	static struct row rows[MAX];
	FILE *list = popen(DRIVER " --list", "r");
	size_t n = 0;

	while (list && n < MAX && fgets(rows[n].name, sizeof(rows[n].name), list)) {
		rows[n].name[strcspn(rows[n].name, "\n")] = '\0';
		n++;
	}
	if (list)
		(void)pclose(list); /* what it listed counts */
	return cr_make_param_array(struct row, rows, n, NULL);
}

ParameterizedTest(const struct row *row, contract, scenario, .timeout = 120)
{
	const char *backend = getenv("TEST_BACKEND");
	struct strbuf text = STRBUF_INIT;
	int status;

	cr_assert(backend, "TEST_BACKEND is not set");
	status = shell(&text, "cd '" TEST_PKI "' && timeout 100 " DRIVER " %s %s", backend,
		       row->name);
	if (status == 77)
		cr_skip_test("%s: %s", row->name, text.p);
	cr_expect_eq(status, 0, "%s with %s: status %d\n%s", row->name, backend, status,
		     text.p ? text.p : "");
	strbuf_release(&text);
}

/* Without any the parameterized test would pass as well. */
Test(contract, the_driver_lists_scenarios)
{
	struct strbuf text = STRBUF_INIT;

	cr_assert_eq(shell(&text, DRIVER " --list"), 0);
	cr_assert(text.n > 1000);
	strbuf_release(&text);
}
