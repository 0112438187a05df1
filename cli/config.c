#include "cli/config.h"

#include "cli/config_parts.h"
#include "cli/support.h"
#include "core/keyfile.h"

#include <ctype.h>
#include <string.h>

enum {
	DEPTH_MAX = 1000, /* of -verify_depth: no library walks that far */
	EARLY_DATA_DEFAULT = 16384,
};

enum config_result config_fail(struct config_run *run, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(run->out, fmt, ap);
	va_end(ap);
	strbuf_addc(run->out, '\n');
	return CONFIG_ERROR;
}

enum config_result config_lacks(struct config_run *run, const char *what, const char *why)
{
	support_refusal(run->out, run->lib->backend, what, why);
	return support_warns(run->o) ? CONFIG_OK : CONFIG_UNSUPPORTED;
}

/* ---- which option goes where ---- */

/* Options with a capability that are fields of the structs, not settings by name. */
static const enum option_id fields[] = {
	OPT_trace,
	OPT_context,
	OPT_CAfile,
	OPT_CApath,
	OPT_no_CAfile,
	OPT_no_CApath,
	OPT_no_CAstore,
	OPT_nocert,
	OPT_verify,
	OPT_Verify,
	OPT_cert,
	OPT_cert2,
	OPT_certform,
	OPT_cert_chain,
	OPT_key,
	OPT_key2,
	OPT_keyform,
	OPT_pass,
	OPT_dcert,
	OPT_dcertform,
	OPT_dcert_chain,
	OPT_dkey,
	OPT_dkeyform,
	OPT_dpass,
	OPT_dhparam,
	OPT_servername,
	OPT_servername_fatal,
	OPT_keymatexport,
	OPT_keymatexportlen,
	OPT_CRL,
	OPT_CRLform,
	OPT_verifyCAfile,
	OPT_verifyCApath,
	OPT_verify_return_error,
	OPT_msg,
	OPT_state,
	OPT_keylogfile,
	OPT_workers,
	OPT_pcapng,
	OPT_max_send_frag,
	OPT_psk_identity,
	OPT_psk_hint,
	OPT_psk,
	OPT_num_tickets,
	OPT_anti_replay,
	OPT_ktls,
	OPT_sendfile,
	OPT_zerocopy_sendfile,
	OPT_max_early_data,
	OPT_recv_max_early_data,
	OPT_ssl3,
	OPT_tls1,
	OPT_tls1_1,
	OPT_tls1_2,
	OPT_tls1_3,
	OPT_alpn,
	OPT_nextprotoneg,
	OPT_sigalgs,
	OPT_client_sigalgs,
	OPT_groups,
	OPT_curves,
	OPT_named_curve,
	OPT_cipher,
	OPT_ciphersuites,
	OPT_crl_check,
	OPT_crl_check_all,
	OPT_verify_depth,
	OPT_xkey,
	OPT_xchain,
	OPT_xchain_build,
	OPT_xcertform,
	OPT_xkeyform,
	OPT_status,
	OPT_status_verbose,
	OPT_status_timeout,
	OPT_status_url,
	OPT_status_file,
	OPT_proxy,
	OPT_no_proxy,
};

static const struct {
	const char *option;
	enum tls_flag flag;
} flags[] = {
#define FLAG(id, option) {option, TLS_F_##id},
#include "core/flags.def"
#undef FLAG
};

/* TLS_F_COUNT when the option is no plain switch. */
static enum tls_flag flag_of(enum option_id id)
{
	const char *name = option_info(id)->name;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i].option, name) == 0)
			return flags[i].flag;
	return TLS_F_COUNT;
}

bool config_is_setting(const struct option_use *use)
{
	const struct option *info = option_info(use->id);

	/* The core reads files and directories; only a library knows other schemes. */
	if (info->arg == ARG_URI)
		return keyfile_is_uri(use->value);
	if (info->cap == OPTION_CORE || flag_of(use->id) != TLS_F_COUNT)
		return false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i] == use->id)
			return false;
	return true;
}

size_t config_settings(struct pool *pool, const struct options *o,
		       const struct tls_setting **settings)
{
	struct tls_setting *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++) {
		const struct option_use *use = &o->use[i];

		if (!config_is_setting(use))
			continue;
		list = pool_grow(pool, list, n, sizeof(*list));
		list[n++] = (struct tls_setting){option_info(use->id)->name + 1, use->value};
	}
	*settings = list;
	return n;
}

/* ---- fields that need no more than a look at the options ---- */

static void set_flag(struct tls_config *tls, enum tls_flag flag, bool on)
{
	uint64_t bit = (uint64_t)1 << flag;

	tls->flags = on ? tls->flags | bit : tls->flags & ~bit;
}

/* True when `a` was given, and `b` not later. */
static bool last_of(const struct options *o, enum option_id a, enum option_id b)
{
	return options_position(o, a) > options_position(o, b);
}

static void fill_flags(struct config_run *run)
{
	const struct options *o = run->o;
	struct tls_config *tls = &run->c->tls;
	bool any_ca = options_given(o, OPT_CAfile) || options_given(o, OPT_CApath) ||
		      options_given(o, OPT_CAstore);
	bool messages = options_given(o, OPT_msg) || options_given(o, OPT_trace) ||
			options_given(o, OPT_state);

	for (size_t i = 0; i < o->n; i++) {
		enum tls_flag flag = flag_of(o->use[i].id);

		if (flag != TLS_F_COUNT)
			set_flag(tls, flag, true);
	}
	set_flag(tls, TLS_F_COMP, last_of(o, OPT_comp, OPT_no_comp));
	set_flag(tls, TLS_F_NO_COMP, last_of(o, OPT_no_comp, OPT_comp));
	set_flag(tls, TLS_F_NO_ANTI_REPLAY, last_of(o, OPT_no_anti_replay, OPT_anti_replay));
	/* As ctx_set_verify_locations() in apps/lib/apps.c: any -CA* replaces all defaults. The
	 * file takes long to read, and holds what the directory holds: it is for those who ask for
	 * certificates now, while the directory serves the commands R and c. */
	set_flag(tls, TLS_F_DEFAULT_CA_FILE,
		 !any_ca && !options_given(o, OPT_no_CAfile) &&
			 (options_given(o, OPT_verify) || options_given(o, OPT_Verify)));
	set_flag(tls, TLS_F_DEFAULT_CA_DIR, !any_ca && !options_given(o, OPT_no_CApath));
	/* OpenSSL 3.0 also has a default store, that directory again; 3.5 has none. */
	set_flag(tls, TLS_F_WANT_MESSAGES, messages);
	/* Messages that the library does not report are read with the secrets. */
	set_flag(tls, TLS_F_WANT_SECRETS,
		 messages || options_given(o, OPT_keylogfile) || options_given(o, OPT_pcapng));
}

static enum config_result fill_numbers(struct config_run *run)
{
	const struct options *o = run->o;
	struct tls_config *tls = &run->c->tls;
	intmax_t tickets = options_number(o, OPT_num_tickets, 2);
	intmax_t depth = options_number(o, OPT_verify_depth, -1);

	if (tickets < 0)
		return config_fail(run, "Call to SSL_CONF_cmd(-num_tickets, %s) failed",
				   options_value(o, OPT_num_tickets, ""));
	tls->num_tickets = (int)tickets;
	tls->max_early_data = (uint32_t)options_number(
		o, OPT_max_early_data, options_given(o, OPT_early_data) ? EARLY_DATA_DEFAULT : 0);
	tls->recv_max_early_data =
		(uint32_t)options_number(o, OPT_recv_max_early_data, EARLY_DATA_DEFAULT);
	tls->max_send_fragment = (size_t)options_number(o, OPT_max_send_frag, 0);
	tls->verify_depth = depth > DEPTH_MAX ? DEPTH_MAX : (int)depth;
	tls->crl_check_all = options_given(o, OPT_crl_check_all);
	tls->crl_check = tls->crl_check_all || options_given(o, OPT_crl_check);
	return CONFIG_OK;
}

/* The default is the int 1 of apps/s_server.c, in the machine's byte order. */
static enum config_result fill_context(struct config_run *run)
{
	static const int by_default = 1;
	const char *given = options_value(run->o, OPT_context, NULL);
	size_t n = given ? strlen(given) : sizeof(by_default);

	if (n > 32)
		return config_fail(run, "s_server: -context %s: longer than 32 bytes", given);
	run->c->tls.session_id_context =
		(struct bytes){given ? (const uint8_t *)given : (const uint8_t *)&by_default, n};
	return CONFIG_OK;
}

static void fill_id_prefix(struct config_run *run)
{
	const char *prefix = options_value(run->o, OPT_id_prefix, NULL);

	if (!prefix)
		return;
	if (strlen(prefix) >= 32)
		strbuf_adds(
			run->out,
			"warning: id_prefix is too long, only one new session will be possible\n");
	strbuf_addf(run->out, "id_prefix '%s' set.\n", prefix);
}

/* ---- pre-shared key and application protocols ---- */

/* Of a digit: options_check() has seen to that. */
static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static enum config_result fill_psk(struct config_run *run)
{
	const char *hex = options_value(run->o, OPT_psk, NULL);
	struct config *c = run->c;
	size_t n = hex ? strlen(hex) : 0;
	uint8_t *key;

	c->server.psk_identity = options_value(run->o, OPT_psk_identity, "Client_identity");
	c->tls.psk_hint = options_value(run->o, OPT_psk_hint, NULL);
	if (!hex)
		return CONFIG_OK;
	if (n == 0 || n % 2)
		return config_fail(run, "s_server: -psk: %s",
				   n ? "an odd number of hex digits" : "the key is empty");
	key = pool_alloc(&c->pool, n / 2);
	for (size_t i = 0; i < n / 2; i++)
		key[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	c->server.psk_key = (struct bytes){key, n / 2};
	c->tls.psk = true;
	return CONFIG_OK;
}

/* Names with commas between; empty ones are dropped, as OpenSSL does. */
static enum config_result parse_protocols(struct config_run *run, enum option_id id,
					  struct bytes *out)
{
	const char *given = options_value(run->o, id, NULL);
	uint8_t *list;
	size_t n = 0;

	if (!given)
		return CONFIG_OK;
	list = pool_alloc(&run->c->pool, strlen(given) + 1);
	for (const char *name = given; *name;) {
		size_t len = strcspn(name, ",");

		if (len > 255)
			return config_fail(run, "s_server: %s: a name is longer than 255 bytes",
					   option_info(id)->name);
		if (len) {
			list[n] = (uint8_t)len;
			memcpy(list + n + 1, name, len);
			n += len + 1;
		}
		name += len + (name[len] == ',');
	}
	if (!n)
		return config_fail(run, "s_server: %s \"%s\": no protocol name",
				   option_info(id)->name, given);
	*out = (struct bytes){list, n};
	return CONFIG_OK;
}

static enum config_result fill_protocols(struct config_run *run)
{
	struct config *c = run->c;
	enum config_result result = parse_protocols(run, OPT_alpn, &c->tls.alpn);

	c->server.alpn = c->tls.alpn;
	return result == CONFIG_OK ? parse_protocols(run, OPT_nextprotoneg, &c->tls.npn) : result;
}

/* ---- all of it ---- */

enum config_result config_build(struct config *c, const struct options *o, int argc, char **argv,
				const struct config_library *lib, struct strbuf *out)
{
	static enum config_result (*const parts[])(struct config_run *) = {
		config_server, fill_numbers,  fill_context,       fill_psk,      fill_protocols,
		config_lists,  config_checks, config_credentials, config_status, config_trust,
	};
	struct config_run run = {.c = c, .o = o, .lib = lib, .out = out};
	enum config_result result = CONFIG_OK;

	*c = (struct config){.tls.security_level = -1};
	lib->backend->algorithms(&run.algorithms);
	c->tls.n_settings = config_settings(&c->pool, o, &c->tls.settings);
	fill_flags(&run);
	for (size_t i = 0; result == CONFIG_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
		result = parts[i](&run);
	if (result == CONFIG_OK)
		fill_id_prefix(&run);
	c->server.command_line = config_command_line(&c->pool, argc, argv, c->server.show_secrets);
	return result;
}

void config_release(struct config *c)
{
	pool_release(&c->pool);
	*c = (struct config){.pool = POOL_INIT};
}
