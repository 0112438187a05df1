#include "backends/wolfssl/wolfssl_backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	bool ready;
	struct {
		uint16_t id;
		char name[48];
	} suite[WS_MAX_SUITES];
	size_t n_suites;
	uint16_t suite_ids[WS_MAX_SUITES];
	uint16_t groups[16];
	size_t n_groups;
	uint16_t sigalgs[WS_MAX_SIGALGS];
	size_t n_sigalgs;
	uint32_t versions;
} process;

/* ---- errors ---- */

/* The library's strings for small positive codes are those of other things. */
static const char *own_text(long code)
{
	switch (code) {
	case 2:
		return "the handshake waits for the peer";
	case 3:
		return "the handshake waits to send";
	case 5:
		return "the transport failed or ended";
	case 6:
		return "the peer closed the connection";
	default:
		return NULL;
	}
}

void ws_error(struct tls_error *err, const char *what, long code)
{
	const char *text = own_text(code);
	char buf[WOLFSSL_MAX_ERROR_SZ + 1] = "";

	if (!text) {
		unsigned long value = (unsigned long)code;

		wolfSSL_ERR_error_string_n(value, buf, sizeof(buf) - 1);
		text = buf;
	}
	err->native = code;
	snprintf(err->text, sizeof(err->text), "%s%s%s (%ld)", what ? what : "", what ? ": " : "",
		 text, code);
}

void ws_error_text(struct tls_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
}

/* ---- what the library can do ---- */

const char *ws_suite_name(uint16_t id)
{
	for (size_t i = 0; i < process.n_suites; i++)
		if (process.suite[i].id == id)
			return process.suite[i].name;
	return NULL;
}

/* Every name that the library lists, if it also takes it. */
static void probe_suites(WOLFSSL_CTX *wctx)
{
	for (int i = 0; process.n_suites < WS_MAX_SUITES; i++) {
		const char *name = wolfSSL_get_cipher_list(i);
		byte id0, id1;
		int flags = 0;

		if (!name)
			break;
		if (wolfSSL_get_cipher_suite_from_name(name, &id0, &id1, &flags) != 0 ||
		    ws_suite_name((uint16_t)(id0 << 8 | id1)) ||
		    wolfSSL_CTX_set_cipher_list(wctx, name) != WOLFSSL_SUCCESS)
			continue;
		size_t n = process.n_suites++;

		process.suite[n].id = (uint16_t)(id0 << 8 | id1);
		process.suite_ids[n] = process.suite[n].id;
		snprintf(process.suite[n].name, sizeof(process.suite[n].name), "%s", name);
	}
}

/* set_groups() takes any number it knows of, so the curves are asked of wolfCrypt as well. */
static void probe_groups(WOLFSSL_CTX *wctx)
{
	static const struct {
		uint16_t id;
		int curve;
	} all[] = {
#if defined(HAVE_CURVE25519)
		{29, ECC_X25519},
#endif
		{23, ECC_SECP256R1},
		{24, ECC_SECP384R1},
		{25, ECC_SECP521R1},
#if defined(HAVE_CURVE448)
		{30, ECC_X448},
#endif
#if defined(HAVE_FFDHE_2048)
		{256, -1},
#endif
#if defined(HAVE_FFDHE_3072)
		{257, -1},
#endif
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int id = all[i].id;
		bool montgomery = id == 29 || id == 30;

		if (all[i].curve >= 0 && !montgomery && wc_ecc_get_curve_idx(all[i].curve) < 0)
			continue;
		if (wolfSSL_CTX_set_groups(wctx, &id, 1) == WOLFSSL_SUCCESS)
			process.groups[process.n_groups++] = all[i].id;
	}
}

static const struct {
	uint16_t id;
	const char *name;
} sigalg_names[] = {
	{0x0403, "ECDSA+SHA256"},   {0x0503, "ECDSA+SHA384"},   {0x0603, "ECDSA+SHA512"},
	{0x0807, "ED25519"},        {0x0808, "ED448"},          {0x0804, "RSA-PSS+SHA256"},
	{0x0805, "RSA-PSS+SHA384"}, {0x0806, "RSA-PSS+SHA512"}, {0x0401, "RSA+SHA256"},
	{0x0501, "RSA+SHA384"},     {0x0601, "RSA+SHA512"},     {0x0303, "ECDSA+SHA224"},
	{0x0301, "RSA+SHA224"},     {0x0203, "ECDSA+SHA1"},     {0x0201, "RSA+SHA1"},
};

const char *ws_sigalg_name(uint16_t id)
{
	for (size_t i = 0; i < sizeof(sigalg_names) / sizeof(sigalg_names[0]); i++)
		if (sigalg_names[i].id == id)
			return sigalg_names[i].name;
	return NULL;
}

static void probe_sigalgs(WOLFSSL_CTX *wctx)
{
	for (size_t i = 0; i < sizeof(sigalg_names) / sizeof(sigalg_names[0]); i++)
		if (wolfSSL_CTX_set1_sigalgs_list(wctx, sigalg_names[i].name) == WOLFSSL_SUCCESS)
			process.sigalgs[process.n_sigalgs++] = sigalg_names[i].id;
}

static void probe_versions(void)
{
	static const int all[] = {TLS_VERSION_1_0, TLS_VERSION_1_1, TLS_VERSION_1_2,
				  TLS_VERSION_1_3};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		WOLFSSL_CTX *wctx = wolfSSL_CTX_new(wolfSSLv23_server_method());

		if (wctx && wolfSSL_CTX_set_min_proto_version(wctx, all[i]) == WOLFSSL_SUCCESS &&
		    wolfSSL_CTX_set_max_proto_version(wctx, all[i]) == WOLFSSL_SUCCESS)
			process.versions |= TLS_VERSION_BIT((unsigned)all[i]);
		wolfSSL_CTX_free(wctx);
	}
}

void ws_algorithms(struct tls_algorithms *out)
{
	out->versions = process.versions;
	out->suites = (struct u16list){process.suite_ids, process.n_suites};
	out->groups = (struct u16list){process.groups, process.n_groups};
	out->sigalgs = (struct u16list){process.sigalgs, process.n_sigalgs};
}

/* ---- the start ---- */

static void version(char *running, char *compiled, size_t len)
{
	snprintf(running, len, "%s", wolfSSL_lib_version());
	snprintf(compiled, len, "%s", LIBWOLFSSL_VERSION_STRING);
}

static bool write_seed(const char *path, struct tls_error *err)
{
	uint8_t data[1024];
	WC_RNG rng;
	FILE *f;
	bool ok;

	if (wc_InitRng(&rng) != 0) {
		ws_error_text(err, "the random generator does not start");
		return false;
	}
	f = fopen(path, "wb");
	ok = f && wc_RNG_GenerateBlock(&rng, data, sizeof(data)) == 0 &&
	     fwrite(data, 1, sizeof(data), f) == sizeof(data);
	if (f && fclose(f) != 0)
		ok = false;
	wc_FreeRng(&rng);
	if (!ok)
		ws_error_text(err, "Cannot write random bytes to %s", path);
	return ok;
}

static bool init(const struct tls_setting *settings, size_t n, struct tls_error *err)
{
	if (!process.ready) {
		int ret = wolfSSL_Init();
		WOLFSSL_CTX *wctx;

		if (ret != WOLFSSL_SUCCESS) {
			ws_error(err, "wolfSSL_Init", ret);
			return false;
		}
		probe_versions();
		wctx = wolfSSL_CTX_new(wolfSSLv23_server_method());
		if (!wctx) {
			ws_error_text(err, "wolfSSL_CTX_new failed");
			return false;
		}
		probe_suites(wctx);
		probe_groups(wctx);
		probe_sigalgs(wctx);
		wolfSSL_CTX_free(wctx);
		process.ready = true;
	}
	for (size_t i = 0; i < n; i++)
		if (settings[i].value && strcmp(settings[i].name, "writerand") == 0 &&
		    !write_seed(settings[i].value, err))
			return false;
	return true;
}

const struct tls_backend tls_backend_v1 __attribute__((visibility("default"))) = {
	.abi = TLS_BACKEND_ABI,
	.size = sizeof(struct tls_backend),
	.name = "wolfssl",
	.library = "wolfSSL",
	.version = version,
	.init = init,
	.capabilities = ws_capabilities,
	.algorithms = ws_algorithms,
	.temp_key = ws_temp_key,
	.temp_sign = ws_temp_sign,
	.aead_open = ws_aead_open,
	.ctx_new = ws_ctx_new,
	.ctx_free = ws_ctx_free,
	.session_new = ws_session_new,
	.session_free = ws_session_free,
	.handshake = ws_handshake,
	.read = ws_read,
	.write = ws_write,
	.shutdown = ws_shutdown,
	.pending = ws_pending,
	.key_update = ws_key_update,
	.request_cert = ws_request_cert,
	.info = ws_info,
	.export_key = ws_export_key,
};
