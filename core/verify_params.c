#include "core/verify_internal.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* crypto/x509/v3_purp.c: one of these bits of extKeyUsage, and of keyUsage, where they are there.
 */
struct verify_purpose {
	const char *name;
	unsigned ext_usage; /* of the whole chain; 0: any */
	unsigned usage;     /* of the leaf; 0: any */
};

static const struct verify_purpose purposes[] = {
	{"sslclient", XKU_CLIENT, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT},
	{"sslserver", XKU_SERVER, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT},
	{"nssslserver", XKU_SERVER, KU_KEY_ENCIPHERMENT},
	{"smimesign", XKU_EMAIL, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION},
	{"smimeencrypt", XKU_EMAIL, KU_KEY_ENCIPHERMENT},
	{"crlsign", 0, KU_CRL_SIGN},
	{"any", 0, 0},
};

/* -verify_name: the parameter sets that OpenSSL has built in. */
static const struct {
	const char *name, *purpose;
} presets[] = {
	{"default", "sslclient"},    {"ssl_client", "sslclient"}, {"ssl_server", "sslserver"},
	{"smime_sign", "smimesign"}, {"pkcs7", "smimesign"},
};

static const struct verify_purpose *find_purpose(const char *name)
{
	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (strcmp(purposes[i].name, name) == 0)
			return &purposes[i];
	return NULL;
}

bool verify_purpose_fits(const struct verify_purpose *p, const struct verify_cert *c, bool ca)
{
	if (!p || (!p->ext_usage && !p->usage))
		return true;
	if (p->ext_usage && c->has_ext_usage && !(c->ext_usage & p->ext_usage))
		return false;
	if (ca)
		return verify_check_ca(c) != 0;
	return !p->usage || !c->has_usage || (c->usage & p->usage);
}

void verify_params_init(struct verify_params *p, const struct tls_config *cfg)
{
	*p = (struct verify_params){
		.check_time = true,
		.purpose = &purposes[0],
		.depth = cfg->verify_depth,
		/* 2 is the level of OpenSSL 3.2 and later, and of Debian's 3.0. */
		.level = cfg->security_level < 0 ? 2 : cfg->security_level,
		.crl_check = cfg->crl_check || cfg->crl_check_all,
		.crl_check_all = cfg->crl_check_all,
	};
}

static enum tls_status refuse(struct tls_error *err, enum tls_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static enum tls_status refuse(struct tls_error *err, enum tls_status st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap); /* cut is good enough */
	va_end(ap);
	err->alert = -1;
	return st;
}

static bool number(const char *text, int64_t *out)
{
	char *end;

	if (!text || !*text)
		return false;
	*out = strtoll(text, &end, 0);
	return *end == '\0';
}

/* A negative number leaves the default. */
static bool limited(const char *text, int max, int *out)
{
	int64_t n = 0;

	if (!number(text, &n))
		return false;
	if (n >= 0)
		*out = n > max ? max : (int)n;
	return true;
}

static bool address(struct verify_params *p, const char *value)
{
	if (value && inet_pton(AF_INET, value, p->ip) == 1)
		p->ip_n = 4;
	else if (value && inet_pton(AF_INET6, value, p->ip) == 1)
		p->ip_n = 16;
	else
		return false;
	return true;
}

static bool text(const char **to, const char *value)
{
	*to = value;
	return value != NULL;
}

static const char *preset(const char *name)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(presets[i].name, name) == 0)
			return presets[i].purpose;
	return NULL;
}

static enum tls_status set_purpose(struct verify_params *p, const struct tls_setting *set,
				   struct tls_error *err)
{
	bool by_name = strcmp(set->name, "verify_name") == 0;
	const char *value = set->value ? set->value : "";
	const char *name = by_name ? preset(value) : value;
	const struct verify_purpose *found = name ? find_purpose(name) : NULL;

	if (!found)
		return refuse(err, TLS_UNSUPPORTED, "-%s %s is not checked", set->name, value);
	p->purpose = found;
	return TLS_OK;
}

/* True when it is a switch known here. */
static bool set_switch(struct verify_params *p, const char *name)
{
	/* Always so, or without effect in OpenSSL too. */
	static const char *const nothing[] = {"trusted_first", "no_alt_chains", "issuer_checks"};

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		if (strcmp(name, nothing[i]) == 0)
			return true;
	if (strcmp(name, "no_check_time") == 0)
		p->check_time = false;
	else if (strcmp(name, "partial_chain") == 0)
		p->partial_chain = true;
	else if (strcmp(name, "ignore_critical") == 0)
		p->ignore_critical = true;
	else if (strcmp(name, "x509_strict") == 0)
		p->strict = true;
	else if (strcmp(name, "suiteB_128_only") == 0)
		p->suite_b |= VERIFY_SUITE_B_128;
	else if (strcmp(name, "suiteB_128") == 0)
		p->suite_b |= VERIFY_SUITE_B_128 | VERIFY_SUITE_B_192;
	else if (strcmp(name, "suiteB_192") == 0)
		p->suite_b |= VERIFY_SUITE_B_192;
	else if (strcmp(name, "check_ss_sig") == 0)
		p->check_ss_signature = true;
	else if (strcmp(name, "crl_check") == 0)
		p->crl_check = true;
	else if (strcmp(name, "crl_check_all") == 0)
		p->crl_check = p->crl_check_all = true;
	else
		return false;
	return true;
}

enum tls_status verify_params_set(struct verify_params *p, const struct tls_setting *set,
				  struct tls_error *err)
{
	const char *name = set->name, *value = set->value;
	bool good;

	if (strcmp(name, "purpose") == 0 || strcmp(name, "verify_name") == 0)
		return set_purpose(p, set, err);
	if (set_switch(p, name))
		return TLS_OK;
	if (strcmp(name, "attime") == 0)
		good = p->have_attime = number(value, &p->attime);
	else if (strcmp(name, "verify_hostname") == 0)
		good = text(&p->hostname, value);
	else if (strcmp(name, "verify_email") == 0)
		good = text(&p->email, value);
	else if (strcmp(name, "verify_ip") == 0)
		good = address(p, value);
	else if (strcmp(name, "auth_level") == 0)
		good = limited(value, 5, &p->level);
	else if (strcmp(name, "verify_depth") == 0)
		good = limited(value, 100, &p->depth);
	else
		return refuse(err, TLS_UNSUPPORTED, "-%s%s%s cannot be had with this backend", name,
			      value ? " " : "", value ? value : "");
	if (good)
		return TLS_OK;
	return refuse(err, TLS_FAIL, "-%s %s: bad value", name, value ? value : "");
}
