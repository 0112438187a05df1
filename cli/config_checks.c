#include "cli/config_parts.h"

#include "core/keyfile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- words that OpenSSL knows: a typing error is none of the library's lacks ---- */

/* Short names of X509_PURPOSE and of X509_VERIFY_PARAM, of all releases up to 4.0. */
static const char *const purposes[] = {"sslclient",     "sslserver", "nssslserver", "smimesign",
				       "smimeencrypt",  "crlsign",   "any",         "ocsphelper",
				       "timestampsign", "codesign",  NULL};
static const char *const verify_names[] = {"default",    "pkcs7",     "smime_sign", "ssl_client",
					   "ssl_server", "code_sign", NULL};

static bool is_word(const char *value, const char *const *words)
{
	while (*words && strcmp(*words, value) != 0)
		words++;
	return *words != NULL;
}

static bool is_address(const char *value)
{
	uint8_t address[16];

	return inet_pton(AF_INET, value, address) == 1 || inet_pton(AF_INET6, value, address) == 1;
}

static enum config_result check_value(struct config_run *run, const struct option_use *use)
{
	const char *value = use->value;

	if (use->id == OPT_purpose && !is_word(value, purposes))
		return config_fail(run, "s_server: Invalid purpose %s", value);
	if (use->id == OPT_verify_name && !is_word(value, verify_names))
		return config_fail(run, "s_server: Invalid verify name %s", value);
	if (use->id == OPT_verify_ip && !is_address(value))
		return config_fail(run, "s_server: -verify_ip %s: not an IP address", value);
	return CONFIG_OK;
}

/* ---- files ---- */

static enum config_result check_rand(struct config_run *run, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ":");
		const char *name = pool_strndup(&run->c->pool, list, n);

		if (n && access(name, R_OK) != 0)
			return config_fail(run, "Can't load %s into RNG: %s", name,
					   strerror(errno));
		list += n + (list[n] == ':');
	}
	return CONFIG_OK;
}

static enum config_result check_file(struct config_run *run, const struct option_use *use)
{
	const struct option *info = option_info(use->id);

	if (use->id == OPT_rand)
		return check_rand(run, use->value);
	if (!config_is_setting(use) || info->arg != ARG_INFILE || keyfile_is_uri(use->value) ||
	    access(keyfile_path(use->value), R_OK) == 0)
		return CONFIG_OK;
	return config_fail(run, "s_server: %s: cannot read %s: %s", info->name, use->value,
			   strerror(errno));
}

enum config_result config_checks(struct config_run *run)
{
	enum config_result result = CONFIG_OK;

	for (size_t i = 0; result == CONFIG_OK && i < run->o->n; i++) {
		result = check_value(run, &run->o->use[i]);
		if (result == CONFIG_OK)
			result = check_file(run, &run->o->use[i]);
	}
	return result;
}
