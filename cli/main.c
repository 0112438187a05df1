#include "cli/combinations.h"
#include "cli/config.h"
#include "cli/options.h"
#include "cli/questions.h"
#include "cli/support.h"
#include "core/out.h"

enum exit_status { EXIT_OK = 0, EXIT_WRONG = 1 }; /* and SUPPORT_EXIT */

static int fail(int status, const struct strbuf *lines)
{
	out_write(2, strbuf_bytes(lines));
	return status;
}

/* `o` loses what the library cannot do when --unsupported=warn. */
static int serve(struct options *o, int argc, char **argv, struct strbuf *err)
{
	struct tls_cap_entry cap[TLS_CAP_COUNT];
	struct config_library lib = {.cap = cap};
	struct config config = {.pool = POOL_INIT};
	const struct tls_setting *settings;
	size_t n = config_settings(&config.pool, o, &settings);
	enum config_result result;
	int status = EXIT_WRONG;

	lib.backend = support_open(o, settings, n, cap, err);
	config_release(&config);
	if (!lib.backend)
		return fail(EXIT_WRONG, err);
	if (!support_check(o, lib.backend, cap, err))
		return fail(SUPPORT_EXIT, err);
	result = config_build(&config, o, argc, argv, &lib, err);
	out_write(2, strbuf_bytes(err));
	if (result == CONFIG_OK)
		status = server_run(lib.backend, &config.tls, &config.server);
	else if (result == CONFIG_UNSUPPORTED)
		status = SUPPORT_EXIT;
	config_release(&config);
	return status;
}

static int run(struct options *o, int argc, char **argv, struct strbuf *err)
{
	int status;

	if (!options_add_environment(o, err))
		return fail(EXIT_WRONG, err);
	if (questions_answer(o, &status))
		return status;
	if (!options_check(o, err))
		return fail(EXIT_WRONG, err);
	return serve(o, argc, argv, err);
}

int main(int argc, char **argv)
{
	struct strbuf err = STRBUF_INIT;
	struct options o;
	int status = EXIT_OK;

	switch (options_parse(&o, argc, argv, &err)) {
	case OPTIONS_OK:
		status = run(&o, argc, argv, &err);
		break;
	case OPTIONS_HELP:
		if (options_add_environment(&o, &err))
			questions_help(&o);
		else
			status = fail(EXIT_WRONG, &err);
		break;
	case OPTIONS_ERROR:
		status = fail(EXIT_WRONG, &err);
		break;
	}
	options_release(&o);
	strbuf_release(&err);
	return status;
}
