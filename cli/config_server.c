#include "cli/config_parts.h"

#include "cli/support.h"
#include "core/ktls.h"
#include "core/x509_print.h"

#include <stdio.h>
#include <string.h>

enum { HANDSHAKE_TIMEOUT = 60 }; /* seconds; s_server has none, and one silent peer blocks it */

/* ---- where to listen ---- */

/*
 * PORT, :PORT, *:PORT, HOST:PORT or [HOST]:PORT, as BIO_parse_hostserv() with
 * BIO_PARSE_PRIO_SERV: a word alone is a port.
 */
static bool parse_accept(struct pool *pool, const char *arg, const char **host, const char **port)
{
	const char *colon = strrchr(arg, ':'), *end = colon;
	const char *begin = arg;

	if (*arg == '[') {
		begin = arg + 1;
		end = strchr(begin, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		colon = end[1] ? end + 1 : NULL;
	} else if (colon && strchr(arg, ':') != colon) {
		return false;
	}
	*host = NULL;
	if (end && end > begin && !(end == begin + 1 && *begin == '*'))
		*host = pool_strndup(pool, begin, (size_t)(end - begin));
	*port = colon ? colon + 1 : *arg == '[' ? "" : arg;
	if (strchr(*port, ':'))
		return false;
	if (!**port || strcmp(*port, "*") == 0)
		*port = "0";
	return true;
}

/* Each of the five undoes what the others said before it. */
static enum config_result fill_address(struct config_run *run)
{
	struct server_config *s = &run->c->server;

	s->port = "4433";
	for (size_t i = 0; i < run->o->n; i++) {
		const struct option_use *use = &run->o->use[i];

		if (use->id == OPT_4 || use->id == OPT_6) {
			s->family = use->id == OPT_4 ? SERVER_IPV4 : SERVER_IPV6;
			s->unix_path = NULL;
		} else if (use->id == OPT_unix) {
			s->unix_path = use->value;
		} else if (use->id == OPT_port) {
			char number[8];

			(void)snprintf(number, sizeof(number), "%jd", use->number);
			s->port = pool_strdup(&run->c->pool, number);
			s->host = s->unix_path = NULL;
		} else if (use->id == OPT_accept) {
			s->unix_path = NULL;
			if (!parse_accept(&run->c->pool, use->value, &s->host, &s->port))
				return config_fail(
					run,
					"s_server: -accept argument malformed or ambiguous: %s",
					use->value);
		}
	}
	s->unlink = options_given(run->o, OPT_unlink);
	s->tfo = options_given(run->o, OPT_tfo);
	s->readyfile = options_value(run->o, OPT_readyfile, NULL);
	return CONFIG_OK;
}

/* ---- what to do ---- */

/* -rev beats the web modes; among those the last wins. */
static enum server_mode find_mode(const struct options *o)
{
	long www = options_position(o, OPT_www), files = options_position(o, OPT_WWW);
	long http = options_position(o, OPT_HTTP);

	if (options_given(o, OPT_rev))
		return SERVER_REV;
	if (www > files && www > http)
		return SERVER_WWW;
	if (files > http)
		return SERVER_FILES;
	return http >= 0 ? SERVER_HTTP : SERVER_INTERACTIVE;
}

/* The order of the values of -stdin-eof in cli/options.def. */
static const enum server_stdin_eof eof_values[] = {SERVER_EOF_AUTO, SERVER_EOF_QUIT,
						   SERVER_EOF_CLOSE, SERVER_EOF_IGNORE};

static void fill_behaviour(struct config_run *run)
{
	const struct options *o = run->o;
	struct server_config *s = &run->c->server;

	s->naccept = (unsigned long)options_number(o, OPT_naccept, 0);
	s->mode = find_mode(o);
	s->brief = options_given(o, OPT_brief);
	s->quiet = s->brief || options_given(o, OPT_quiet);
	s->unsupported_warn = support_warns(o);
	s->crlf = options_given(o, OPT_crlf);
	s->nbio_test = options_given(o, OPT_nbio_test);
	s->nbio = s->nbio_test || options_given(o, OPT_nbio);
	s->ign_eof = options_position(o, OPT_ign_eof) > options_position(o, OPT_no_ign_eof);
	s->no_commands = options_given(o, OPT_nocommands);
	s->http_binmode = options_given(o, OPT_http_server_binmode);
	s->stdin_eof = eof_values[options_number(o, OPT_stdin_eof, 0)];
	s->handshake_timeout =
		(unsigned)options_number(o, OPT_handshake_timeout, HANDSHAKE_TIMEOUT);
	s->idle_timeout = (unsigned)options_number(o, OPT_idle_timeout, 0);
	s->max_connections = (unsigned)options_number(o, OPT_max_connections, 0);
	s->omit_close_notify = options_number(o, OPT_close_notify, 0) != 0;
	s->percent_decode = options_given(o, OPT_percent_decode);
	s->fail_on_error = options_given(o, OPT_fail_on_error);
	s->workers = (unsigned)options_number(o, OPT_workers, 1);
	s->servername = options_value(o, OPT_servername, NULL);
	s->servername_fatal = options_given(o, OPT_servername_fatal);
	s->temp_dh_lines = !options_given(o, OPT_no_dhe);
}

/* ---- what to print ---- */

static enum config_result fill_output(struct config_run *run)
{
	const struct options *o = run->o;
	struct server_config *s = &run->c->server;
	long msg = options_position(o, OPT_msg), trace = options_position(o, OPT_trace);

	s->debug = options_given(o, OPT_debug);
	s->msg = msg > trace;
	s->trace = trace > msg;
	s->state = options_given(o, OPT_state);
	s->tlsextdebug = options_given(o, OPT_tlsextdebug);
	s->msgfile = options_value(o, OPT_msgfile, NULL);
	s->json = options_given(o, OPT_json);
	s->show_secrets = options_given(o, OPT_show_secrets);
	s->keylogfile = options_value(o, OPT_keylogfile, NULL);
	s->pcapng = options_value(o, OPT_pcapng, NULL);
	s->keymatexport = options_value(o, OPT_keymatexport, NULL);
	s->keymatexportlen = (size_t)options_number(o, OPT_keymatexportlen, 20);
	s->nameopt = options_given(o, OPT_nameopt) ? 0 : X509_NAME_DEFAULT;
	for (size_t i = 0; i < o->n; i++)
		if (o->use[i].id == OPT_nameopt && !nameopt_parse(o->use[i].value, &s->nameopt))
			return config_fail(run, "s_server: -nameopt %s: unknown name option",
					   o->use[i].value);
	return CONFIG_OK;
}

/* ---- client certificates ---- */

/* The notice is printed unless -quiet or -brief came before, as OpenSSL does. */
static void fill_verify(struct config_run *run)
{
	struct config *c = run->c;
	bool quiet = false;

	c->server.verify_depth = -1;
	for (size_t i = 0; i < run->o->n; i++) {
		const struct option_use *use = &run->o->use[i];

		quiet |= use->id == OPT_quiet || use->id == OPT_brief;
		if (use->id != OPT_verify && use->id != OPT_Verify)
			continue;
		c->server.verify_depth = (int)use->number;
		c->tls.verify_mode =
			use->id == OPT_verify ? TLS_VERIFY_REQUEST : TLS_VERIFY_REQUIRE;
		if (!quiet)
			strbuf_addf(run->out, "verify depth is %jd%s\n", use->number,
				    use->id == OPT_verify ? "" : ", must return a certificate");
	}
	c->server.verify_return_error = options_given(run->o, OPT_verify_return_error);
	c->server.use_deltas = options_given(run->o, OPT_use_deltas);
	c->server.verify_quiet = c->server.brief || options_given(run->o, OPT_verify_quiet);
}

/* ---- TLS in the kernel ---- */

static enum config_result fill_ktls(struct config_run *run)
{
	static const enum option_id options[] = {OPT_ktls, OPT_sendfile, OPT_zerocopy_sendfile};
	struct server_config *s = &run->c->server;

	s->ktls = options_given(run->o, OPT_ktls);
	s->sendfile = options_given(run->o, OPT_sendfile);
	s->zerocopy_sendfile = options_given(run->o, OPT_zerocopy_sendfile);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options_given(run->o, options[i]) && ktls_in_kernel())
			return config_lacks(run, option_info(options[i])->name,
					    "this kernel has TLS, and s_server does not use it");
	return CONFIG_OK;
}

enum config_result config_server(struct config_run *run)
{
	enum config_result result = fill_address(run);

	if (result == CONFIG_OK)
		result = fill_ktls(run);
	if (result != CONFIG_OK)
		return result;
	fill_behaviour(run);
	fill_verify(run);
	return fill_output(run);
}
