#include "cli/config_parts.h"

#include "core/cipherlist.h"
#include "core/names.h"

#include <stdlib.h>
#include <string.h>

/* ---- suites, groups, signature algorithms ---- */

struct list {
	enum list_kind kind;
	const char *option;
	const char *given;  /* NULL: not given */
	const char *string; /* what is resolved */
	struct u16list available;
	struct u16list *out;
};

static bool resolve(struct config_run *run, const struct list *list, uint16_t **ids, size_t *n,
		    struct strbuf *why)
{
	switch (list->kind) {
	case LIST_CIPHERS:
		return cipherlist_resolve(list->string, list->available, ids, n,
					  &run->c->tls.security_level, why);
	case LIST_CIPHERSUITES:
		return ciphersuites_resolve(list->string, list->available, ids, n, why);
	case LIST_GROUPS:
		return groups_resolve(list->string, list->available, ids, n, why);
	case LIST_SIGALGS:
		return sigalgs_resolve(list->string, list->available, ids, n, why);
	}
	return false;
}

/* What is asked for by name and not in the library. */
static enum config_result check_available(struct config_run *run, const struct list *list)
{
	struct strbuf names = STRBUF_INIT, what = STRBUF_INIT;
	enum config_result result = CONFIG_OK;

	if (list->given)
		list_unavailable(list->kind, list->given, list->available, &names);
	if (names.n) {
		strbuf_addf(&what, "%s %s", list->option, names.p);
		result = config_lacks(run, what.p, NULL);
	}
	strbuf_release(&names);
	strbuf_release(&what);
	return result;
}

/* OpenSSL passes over suites that it lacks while others are left; groups and algorithms it does
 * not. */
static bool needs_all(enum list_kind kind)
{
	return kind == LIST_GROUPS || kind == LIST_SIGALGS;
}

static enum config_result fill_list(struct config_run *run, const struct list *list)
{
	enum config_result result = CONFIG_OK;
	struct strbuf why = STRBUF_INIT;
	uint16_t *ids = NULL;
	size_t n = 0;
	bool resolved = resolve(run, list, &ids, &n, &why);

	if (!n || needs_all(list->kind))
		result = check_available(run, list);
	if (result != CONFIG_OK) {
		/* refused, with its reason */
	} else if (resolved) {
		uint16_t *kept = pool_alloc(&run->c->pool, n * sizeof(*kept));

		if (n)
			memcpy(kept, ids, n * sizeof(*kept));
		*list->out = (struct u16list){kept, n};
	} else if (list->given) {
		result = config_fail(run, "Call to SSL_CONF_cmd(%s, %s) failed%s%s", list->option,
				     list->given, why.n ? ": " : "", why.n ? why.p : "");
	}
	free(ids);
	strbuf_release(&why);
	return result;
}

/* -groups (which -curves is) and -named_curve share one slot: the last wins. */
static enum config_result find_groups(struct config_run *run, struct list *list)
{
	const char *curve = options_value(run->o, OPT_named_curve, NULL);

	list->option = "-groups";
	list->given = options_value(run->o, OPT_groups, NULL);
	if (options_position(run->o, OPT_named_curve) < options_position(run->o, OPT_groups))
		return CONFIG_OK;
	if (!curve)
		return CONFIG_OK;
	list->option = "-named_curve";
	list->given = curve;
	if (strcmp(curve, "auto") == 0 || strcmp(curve, "automatic") == 0)
		list->given = NULL;
	else if (!group_by_name(curve, strlen(curve)))
		return config_fail(run, "Call to SSL_CONF_cmd(-named_curve, %s) failed", curve);
	return CONFIG_OK;
}

static enum config_result fill_lists(struct config_run *run)
{
	struct tls_config *tls = &run->c->tls;
	const struct options *o = run->o;
	struct list lists[] = {
		{LIST_CIPHERS, "-cipher", options_value(o, OPT_cipher, NULL), CIPHERLIST_DEFAULT,
		 run->algorithms.suites, &tls->suites12},
		{LIST_CIPHERSUITES, "-ciphersuites", options_value(o, OPT_ciphersuites, NULL),
		 ciphersuites_default, run->algorithms.suites, &tls->suites13},
		{LIST_SIGALGS, "-sigalgs", options_value(o, OPT_sigalgs, NULL), sigalgs_default,
		 run->algorithms.sigalgs, &tls->sigalgs},
		{LIST_SIGALGS, "-client_sigalgs", options_value(o, OPT_client_sigalgs, NULL), NULL,
		 run->algorithms.sigalgs, &tls->client_sigalgs},
		{LIST_GROUPS, NULL, NULL, groups_default, run->algorithms.groups, &tls->groups},
	};
	size_t n = sizeof(lists) / sizeof(lists[0]);
	enum config_result result = find_groups(run, &lists[n - 1]);

	tls->cipher = lists[0].given;
	tls->ciphersuites = lists[1].given;
	tls->sigalgs_string = lists[2].given;
	tls->client_sigalgs_string = lists[3].given;
	tls->groups_string = lists[n - 1].given;
	for (size_t i = 0; result == CONFIG_OK && i < n; i++) {
		if (lists[i].given)
			lists[i].string = lists[i].given;
		if (lists[i].string)
			result = fill_list(run, &lists[i]);
	}
	return result;
}

/* ---- protocol versions ---- */

enum {
	OLD = TLS_VERSION_BIT(TLS_VERSION_1_0) | TLS_VERSION_BIT(TLS_VERSION_1_1),
	NEW = TLS_VERSION_BIT(TLS_VERSION_1_2) | TLS_VERSION_BIT(TLS_VERSION_1_3),
};

static const struct {
	enum option_id only, without;
	uint16_t version;
	const char *name; /* of -min_protocol */
	enum tls_cap cap;
} versions[] = {
	{OPT_ssl3, OPT_no_ssl3, TLS_VERSION_SSL3, "SSLv3", TLS_CAP_SSL3},
	{OPT_tls1, OPT_no_tls1, TLS_VERSION_1_0, "TLSv1", TLS_CAP_TLS1_0},
	{OPT_tls1_1, OPT_no_tls1_1, TLS_VERSION_1_1, "TLSv1.1", TLS_CAP_TLS1_1},
	{OPT_tls1_2, OPT_no_tls1_2, TLS_VERSION_1_2, "TLSv1.2", TLS_CAP_TLS1_2},
	{OPT_tls1_3, OPT_no_tls1_3, TLS_VERSION_1_3, "TLSv1.3", TLS_CAP_TLS1_3},
};

enum { N_VERSIONS = sizeof(versions) / sizeof(versions[0]) };

/*
 * The index of the -min_protocol or -max_protocol, `none` for "None" and when not given. The names
 * of DTLS versions are taken and mean nothing to a TLS server, as in OpenSSL.
 */
static bool find_limit(struct config_run *run, enum option_id id, size_t none, size_t *index)
{
	const char *value = options_value(run->o, id, NULL);

	*index = none;
	if (!value || strcmp(value, "None") == 0 || strcmp(value, "DTLSv1") == 0 ||
	    strcmp(value, "DTLSv1.2") == 0)
		return true;
	for (size_t i = 0; i < N_VERSIONS; i++)
		if (strcmp(versions[i].name, value) == 0) {
			*index = i;
			return true;
		}
	(void)config_fail(run, "Call to SSL_CONF_cmd(%s, %s) failed", option_info(id)->name, value);
	return false;
}

/* What the options leave over, whatever the library has. */
static bool allowed_versions(struct config_run *run, uint32_t *out)
{
	uint32_t bits = 0, only = 0;
	size_t min, max;

	if (!find_limit(run, OPT_min_protocol, 1, &min) ||
	    !find_limit(run, OPT_max_protocol, N_VERSIONS - 1, &max))
		return false;
	for (size_t i = 0; i < N_VERSIONS; i++) {
		if (options_given(run->o, versions[i].only))
			only = TLS_VERSION_BIT(versions[i].version);
		if (i >= min && i <= max && !options_given(run->o, versions[i].without))
			bits |= TLS_VERSION_BIT(versions[i].version);
	}
	/* A protocol flag silently overrides the limits. */
	*out = only ? only : bits;
	run->c->tls.versions_given = only || min != 1 || max != N_VERSIONS - 1;
	for (size_t i = 1; i < N_VERSIONS; i++)
		run->c->tls.versions_given |= options_given(run->o, versions[i].without);
	return true;
}

static bool has_hole(uint32_t bits)
{
	uint32_t lowest = bits & (~bits + 1);

	return bits & (bits + lowest);
}

/*
 * TLS 1.0 and 1.1 are served when nothing newer is left, when -min_protocol names them or at
 * security level 0: OpenSSL's other levels exclude their signatures.
 */
static uint32_t without_old(struct config_run *run, uint32_t bits)
{
	const char *min = options_value(run->o, OPT_min_protocol, "");

	if (!(bits & NEW) || run->c->tls.security_level == 0 || strcmp(min, "TLSv1") == 0 ||
	    strcmp(min, "TLSv1.1") == 0)
		return bits;
	return bits & ~(uint32_t)OLD;
}

/* "TLSv1.2, TLSv1.3: not supported by ...: why the last one is not". */
static enum config_result no_version(struct config_run *run, uint32_t bits)
{
	struct strbuf what = STRBUF_INIT;
	const char *why = NULL;

	for (size_t i = 0; i < N_VERSIONS; i++)
		if (bits & TLS_VERSION_BIT(versions[i].version)) {
			strbuf_addf(&what, "%s%s", what.n ? ", " : "", versions[i].name);
			why = run->lib->cap[versions[i].cap].note;
		}
	(void)config_lacks(run, what.p, why);
	strbuf_release(&what);
	return CONFIG_UNSUPPORTED; /* whatever may be left out, this cannot */
}

static enum config_result fill_versions(struct config_run *run)
{
	const struct tls_cap_entry *holes = &run->lib->cap[TLS_CAP_VERSION_HOLES];
	uint32_t bits, served;

	if (!allowed_versions(run, &bits))
		return CONFIG_ERROR;
	if (!bits)
		return config_fail(run,
				   "s_server: no protocol version is left: all are disabled, or "
				   "-min_protocol is above -max_protocol");
	served = without_old(run, bits) & run->algorithms.versions;
	if (!served)
		served = bits & run->algorithms.versions;
	if (!served)
		return no_version(run, bits);
	run->c->tls.versions = served;
	if (has_hole(served) && holes->level == TLS_CAP_NO)
		return config_lacks(run, "a protocol range with holes", holes->note);
	return CONFIG_OK;
}

enum config_result config_lists(struct config_run *run)
{
	enum config_result result = fill_lists(run);

	return result == CONFIG_OK ? fill_versions(run) : result;
}
