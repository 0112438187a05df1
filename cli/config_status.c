#include "cli/config_parts.h"

#include "core/http_url.h"
#include "core/keyfile.h"
#include "core/ocsp.h"

#include <string.h>

enum { STATUS_TIMEOUT = 15, STATUS_TIMEOUT_MAX = 3600 }; /* seconds; openssl waits without end */

/* -proxy and -no_proxy alone do not turn it on. */
static bool is_on(const struct options *o)
{
	return options_given(o, OPT_status) || options_given(o, OPT_status_verbose) ||
	       options_given(o, OPT_status_timeout) || options_given(o, OPT_status_url) ||
	       options_given(o, OPT_status_file);
}

static bool parses(const char *url)
{
	struct http_url parsed;
	bool ok = http_url_parse((struct bytes){(const uint8_t *)url, strlen(url)}, &parsed);

	http_url_release(&parsed);
	return ok;
}

static enum config_result read_response(struct config_run *run, const char *name)
{
	struct keyfiles files = {.pool = &run->c->pool};
	struct strbuf why = STRBUF_INIT;
	struct bytes *file = &run->c->server.status.file;
	enum config_result result = CONFIG_OK;

	if (!keyfile_read(&files, name, file, &why))
		result = config_fail(run, "cert_status: Cannot open OCSP response file %s: %s",
				     name, why.p);
	else if (!ocsp_is_response(*file))
		result = config_fail(run, "cert_status: Error reading OCSP response from %s", name);
	strbuf_release(&why);
	return result;
}

enum config_result config_status(struct config_run *run)
{
	const struct options *o = run->o;
	struct status_config *status = &run->c->server.status;
	const char *file = options_value(o, OPT_status_file, NULL);
	intmax_t timeout = options_number(o, OPT_status_timeout, 0);

	status->on = is_on(o);
	status->verbose = options_given(o, OPT_status_verbose);
	status->timeout = timeout <= 0                   ? STATUS_TIMEOUT
			  : timeout > STATUS_TIMEOUT_MAX ? STATUS_TIMEOUT_MAX
							 : (unsigned)timeout;
	status->url = options_value(o, OPT_status_url, NULL);
	status->proxy = options_value(o, OPT_proxy, NULL);
	status->no_proxy = options_value(o, OPT_no_proxy, NULL);
	if (status->url && !parses(status->url))
		return config_fail(run, "Error parsing -status_url argument");
	if (status->on)
		run->c->tls.flags |= (uint64_t)1 << TLS_F_STAPLE;
	return file ? read_response(run, file) : CONFIG_OK;
}
