#include "backends/openssl/openssl_backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct {
	bool ready;
	char propq[256];
	uint16_t suites[OS_MAX_SUITES];
	size_t n_suites;
	uint16_t groups[OS_MAX_GROUPS];
	size_t n_groups;
	uint16_t sigalgs[OS_MAX_SIGALGS];
	size_t n_sigalgs;
	uint32_t versions, weak_versions;
	OSSL_PROVIDER *last_provider;
#if HAVE_OSSL_ENGINE
	ENGINE *engine;
#endif
} process;

/* ---- errors ---- */

static int add_line(const char *line, size_t n, void *ud)
{
	struct tls_error *err = ud;
	size_t at = strlen(err->text);
	int len = (int)(n && line[n - 1] == '\n' ? n - 1 : n);

	if (at + 1 < sizeof(err->text))
		(void)snprintf(err->text + at, sizeof(err->text) - at, "%s%.*s", at ? "\n" : "",
			       len, line);
	return 1;
}

void os_error(struct tls_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->native = (long)ERR_peek_error();
	ERR_print_errors_cb(add_line, err);
	ERR_clear_error();
}

enum tls_status os_refuse(struct tls_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->alert = -1;
	err->native = 0;
	ERR_clear_error();
	return TLS_UNSUPPORTED;
}

/* ---- what the library can do ---- */

static bool has_version(SSL_CTX *sctx, int version)
{
	STACK_OF(SSL_CIPHER) *list = NULL;
	SSL *ssl = NULL;
	bool can;

	/* Open below first: a configuration file, or the version before, closes it there. */
	if (sctx && SSL_CTX_set_min_proto_version(sctx, 0) &&
	    SSL_CTX_set_max_proto_version(sctx, version) &&
	    SSL_CTX_set_min_proto_version(sctx, version))
		ssl = SSL_new(sctx);
	if (ssl)
		list = SSL_get1_supported_ciphers(ssl);
	can = list && sk_SSL_CIPHER_num(list) > 0;
	sk_SSL_CIPHER_free(list);
	SSL_free(ssl);
	return can;
}

static void probe_versions(void)
{
	/* Two for all versions: making one costs a millisecond at every start. */
	SSL_CTX *level0 = os_probe_ctx();
	SSL_CTX *own_level = SSL_CTX_new_ex(NULL, os_propq(), TLS_method());

	for (int v = TLS_VERSION_1_0; v <= TLS_VERSION_1_3; v++) {
		uint32_t bit = TLS_VERSION_BIT((unsigned)v);

		if (!has_version(level0, v))
			continue;
		process.versions |= bit;
		if (!has_version(own_level, v))
			process.weak_versions |= bit;
	}
	SSL_CTX_free(own_level);
	SSL_CTX_free(level0);
}

static void probe_suites(SSL_CTX *sctx)
{
	STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(sctx);

	for (int i = 0; i < sk_SSL_CIPHER_num(list) && process.n_suites < OS_MAX_SUITES; i++)
		process.suites[process.n_suites++] =
			SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, i));
}

static void add_group(SSL_CTX *sctx, uint16_t id, const char *name)
{
	for (size_t i = 0; i < process.n_groups; i++)
		if (process.groups[i] == id)
			return;
	if (process.n_groups < OS_MAX_GROUPS && SSL_CTX_set1_groups_list(sctx, name))
		process.groups[process.n_groups++] = id;
}

static void probe_groups(SSL_CTX *sctx)
{
	/* The library's default order, which it does not tell; then the rest. */
	add_group(sctx, 0x11ec, "X25519MLKEM768");
	add_group(sctx, 0x001d, "x25519");
	add_group(sctx, 0x0017, "secp256r1");
	add_group(sctx, 0x001e, "x448");
#define GROUP(id, name, alias, alias2) add_group(sctx, id, name);
#include "core/groups.def"
#undef GROUP
}

static void probe_sigalgs(SSL_CTX *sctx)
{
	static const struct {
		uint16_t id;
		const char *name, *pair;
	} all[] = {
#define SIGALG(id, iana, name, hash) {id, iana, name},
#include "core/sigalgs.def"
#undef SIGALG
	};
	/* Strong ones first, as the library's default list has them. */
	static const uint16_t first[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a,
					 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601};

	for (size_t pass = 0; pass <= sizeof(first) / sizeof(*first); pass++)
		for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
			bool listed = false;

			for (size_t k = 0; k < sizeof(first) / sizeof(*first); k++)
				listed |= first[k] == all[i].id;
			if (pass < sizeof(first) / sizeof(*first) ? all[i].id != first[pass]
								  : listed)
				continue;
			if (process.n_sigalgs < OS_MAX_SIGALGS &&
			    (SSL_CTX_set1_sigalgs_list(sctx, all[i].name) ||
			     SSL_CTX_set1_sigalgs_list(sctx, all[i].pair)))
				process.sigalgs[process.n_sigalgs++] = all[i].id;
		}
}

void os_algorithms(struct tls_algorithms *out)
{
	out->versions = process.versions;
	out->suites = (struct u16list){process.suites, process.n_suites};
	out->groups = (struct u16list){process.groups, process.n_groups};
	out->sigalgs = (struct u16list){process.sigalgs, process.n_sigalgs};
}

uint32_t os_weak_versions(void)
{
	return process.weak_versions;
}

const char *os_propq(void)
{
	return *process.propq ? process.propq : NULL;
}

static bool probe(struct tls_error *err)
{
	SSL_CTX *sctx = os_probe_ctx();

	if (!sctx) {
		os_error(err, "the library makes no context");
		return false;
	}
	probe_suites(sctx);
	probe_groups(sctx);
	probe_sigalgs(sctx);
	SSL_CTX_free(sctx);
	probe_versions();
	ERR_clear_error();
	return true;
}

/* ---- settings of the whole process ---- */

#if HAVE_OSSL_ENGINE
ENGINE *os_engine(void)
{
	return process.engine;
}

/* By its id, or as a shared object's name, as setup_engine() in apps/lib/engine.c. */
static bool load_engine(const char *name, struct tls_error *err)
{
	ENGINE *e = ENGINE_by_id(name);

	if (!e) {
		e = ENGINE_by_id("dynamic");
		if (e && (!ENGINE_ctrl_cmd_string(e, "SO_PATH", name, 0) ||
			  !ENGINE_ctrl_cmd_string(e, "LOAD", NULL, 0))) {
			ENGINE_free(e);
			e = NULL;
		}
	}
	if (!e || !ENGINE_init(e)) {
		ENGINE_free(e);
		os_error(err, "Invalid engine \"%s\"", name);
		return false;
	}
	if (!ENGINE_set_default(e, ENGINE_METHOD_ALL)) {
		ENGINE_finish(e);
		ENGINE_free(e);
		os_error(err, "Can't use engine \"%s\"", name);
		return false;
	}
	process.engine = e;
	return true;
}
#else
static bool load_engine(const char *name, struct tls_error *err)
{
	os_error(err, "this OpenSSL was built without engines: %s", name);
	return false;
}
#endif

static bool load_provider(const char *name, struct tls_error *err)
{
	process.last_provider = OSSL_PROVIDER_load(NULL, name);
	if (process.last_provider)
		return true;
	os_error(err,
		 "unable to load provider %s\n"
		 "Hint: use -provider-path option or OPENSSL_MODULES environment variable.",
		 name);
	return false;
}

static bool set_provider_path(const char *path, struct tls_error *err)
{
	if (OSSL_PROVIDER_set_default_search_path(NULL, path))
		return true;
	os_error(err, "-provider-path %s", path);
	return false;
}

static bool set_propq(const char *query, struct tls_error *err)
{
	if (strlen(query) < sizeof(process.propq) && EVP_set_default_properties(NULL, query)) {
		(void)snprintf(process.propq, sizeof(process.propq), "%s", query);
		return true;
	}
	os_error(err, "-propquery %s", query);
	return false;
}

/* "[provider:]key=value"; without a provider the one loaded last. */
static bool set_provider_param(const char *text, struct tls_error *err)
{
#if HAVE_OSSL_PROVIDER_PARAM
	char copy[512];
	char *equals, *colon, *key = copy;
	OSSL_PROVIDER *provider = process.last_provider;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	equals = strchr(copy, '=');
	if (!equals || strlen(text) >= sizeof(copy)) {
		os_error(err, "-provparam %s: not key=value", text);
		return false;
	}
	*equals = '\0';
	colon = strchr(copy, ':');
	if (colon) {
		*colon = '\0';
		key = colon + 1;
		provider = OSSL_PROVIDER_try_load(NULL, copy, 1);
	}
	if (provider && OSSL_PROVIDER_add_conf_parameter(provider, key, equals + 1))
		return true;
	os_error(err, "-provparam %s: no such provider is loaded", text);
	return false;
#else
	(void)text; /* refused for its capability, which is asked later */
	(void)err;
	return true;
#endif
}

static bool load_rand(const char *files, struct tls_error *err)
{
	char copy[4096], *save = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", files);
	for (char *f = strtok_r(copy, ":", &save); f; f = strtok_r(NULL, ":", &save))
		if (RAND_load_file(f, -1) < 0) {
			os_error(err, "Can't load %s into RNG", f);
			return false;
		}
	return true;
}

/* OpenSSL writes it at the end; a server that is killed never would. */
static bool write_rand(const char *file, struct tls_error *err)
{
	if (RAND_write_file(file) >= 0)
		return true;
	os_error(err, "Cannot write random bytes to %s", file);
	return false;
}

static const struct {
	const char *name;
	bool (*apply)(const char *value, struct tls_error *err);
} init_settings[] = {
	{"rand", load_rand},
	{"writerand", write_rand},
	{"engine", load_engine},
	{"provider", load_provider},
	{"provider-path", set_provider_path},
	{"provparam", set_provider_param},
	{"propquery", set_propq},
};

bool os_init_setting(const char *name)
{
	for (size_t i = 0; i < sizeof(init_settings) / sizeof(*init_settings); i++)
		if (strcmp(init_settings[i].name, name) == 0)
			return true;
	return false;
}

static bool apply_init_settings(const struct tls_setting *settings, size_t n, struct tls_error *err)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(init_settings) / sizeof(*init_settings); k++)
			if (strcmp(init_settings[k].name, settings[i].name) == 0 &&
			    !init_settings[k].apply(settings[i].value ? settings[i].value : "",
						    err))
				return false;
	return true;
}

/* ---- the start ---- */

static void version(char *running, char *compiled, size_t len)
{
	(void)snprintf(running, len, "%s", OpenSSL_version(OPENSSL_VERSION_STRING));
	(void)snprintf(compiled, len, "%s", OPENSSL_VERSION_STR);
}

static bool init(const struct tls_setting *settings, size_t n, struct tls_error *err)
{
	/* What apps_startup() of the openssl program does: OPENSSL_CONF counts. */
	if (!process.ready &&
	    (!OPENSSL_init_ssl(OPENSSL_INIT_ENGINE_ALL_BUILTIN | OPENSSL_INIT_LOAD_CONFIG, NULL) ||
	     !os_events_init())) {
		os_error(err, "the library does not start");
		return false;
	}
	/* Modules of the configuration file that fail leave their errors behind. */
	ERR_clear_error();
	if (!apply_init_settings(settings, n, err))
		return false;
	if (!process.ready && !probe(err))
		return false;
	process.ready = true;
	return true;
}

const struct tls_backend tls_backend_v1 __attribute__((visibility("default"))) = {
	.abi = TLS_BACKEND_ABI,
	.size = sizeof(struct tls_backend),
	.name = "openssl",
	.library = "OpenSSL",
	.version = version,
	.init = init,
	.capabilities = os_capabilities,
	.algorithms = os_algorithms,
	.temp_key = os_temp_key,
	.temp_sign = os_temp_sign,
	.ctx_new = os_ctx_new,
	.ctx_free = os_ctx_free,
	.ctx_stats = os_ctx_stats,
	.session_new = os_session_new,
	.session_free = os_session_free,
	.handshake = os_handshake,
	.read = os_read,
	.write = os_write,
	.shutdown = os_shutdown,
	.read_early = os_read_early,
	.pending = os_pending,
	.renegotiate = os_renegotiate,
	.key_update = os_key_update,
	.request_cert = os_request_cert,
	.info = os_info,
	.export_key = os_export_key,
	.session_der = os_session_der,
};
