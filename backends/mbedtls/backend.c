#include "backends/mbedtls/mbedtls_backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* One generator for the process: seeding is slow, and the library locks it (MBEDTLS_THREADING_C).
 */
static struct {
	bool ready;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context drbg;
} process;

int mb_random(void *unused, unsigned char *out, size_t n)
{
	(void)unused;
	while (n > MBEDTLS_CTR_DRBG_MAX_REQUEST) {
		int ret = mbedtls_ctr_drbg_random(&process.drbg, out, MBEDTLS_CTR_DRBG_MAX_REQUEST);

		if (ret)
			return ret;
		out += MBEDTLS_CTR_DRBG_MAX_REQUEST;
		n -= MBEDTLS_CTR_DRBG_MAX_REQUEST;
	}
	return mbedtls_ctr_drbg_random(&process.drbg, out, n);
}

void mb_error_text(struct tls_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
}

void mb_error(struct tls_error *err, const char *what, int code)
{
	char text[256];

	mbedtls_strerror(code, text, sizeof(text));
	err->native = code;
	mb_error_text(err, "%s%s%s (%s0x%04X)", what ? what : "", what ? ": " : "", text,
		      code < 0 ? "-" : "", (unsigned)(code < 0 ? -code : code));
}

static void version(char *running, char *compiled, size_t len)
{
	char text[16] = "";

	mbedtls_version_get_string(text);
	snprintf(running, len, "%s", text);
	snprintf(compiled, len, "%s", MBEDTLS_VERSION_STRING);
}

/* -rand FILES, split at ':' as OpenSSL does. */
static bool seed_from_files(const char *list, struct tls_error *err)
{
	while (*list) {
		size_t n = strcspn(list, ":");
		char path[4096];
		uint8_t data[256];
		size_t got;
		FILE *f;

		snprintf(path, sizeof(path), "%.*s", (int)n, list);
		list += n + (list[n] == ':');
		f = fopen(path, "rb");
		if (!f) {
			mb_error_text(err, "Can't load %s into RNG", path);
			return false;
		}
		/* A cap, for a device has no end. */
		for (int i = 0; i < 4096 && (got = fread(data, 1, sizeof(data), f)) > 0; i++) {
			int ret = mb_drbg_update(&process.drbg, data, got);

			if (ret) {
				fclose(f);
				mb_error(err, path, ret);
				return false;
			}
		}
		fclose(f);
	}
	return true;
}

static bool write_seed(const char *path, struct tls_error *err)
{
	uint8_t data[1024];
	FILE *f = fopen(path, "wb");
	bool ok = f && mb_random(NULL, data, sizeof(data)) == 0 &&
		  fwrite(data, 1, sizeof(data), f) == sizeof(data);

	if (f && fclose(f) != 0)
		ok = false;
	if (!ok)
		mb_error_text(err, "Cannot write random bytes to %s", path);
	return ok;
}

static bool init(const struct tls_setting *settings, size_t n, struct tls_error *err)
{
	int ret;

#if HAVE_MBEDTLS_PSA
	psa_status_t status = psa_crypto_init();

	if (status != PSA_SUCCESS) {
		err->native = status;
		mb_error_text(err, "psa_crypto_init failed (%ld)", (long)status);
		return false;
	}
#endif
	if (!process.ready) {
		mbedtls_entropy_init(&process.entropy);
		mbedtls_ctr_drbg_init(&process.drbg);
		ret = mbedtls_ctr_drbg_seed(&process.drbg, mbedtls_entropy_func, &process.entropy,
					    (const unsigned char *)"s_server", 8);
		if (ret) {
			mb_error(err, "seeding the random generator", ret);
			return false;
		}
		process.ready = true;
#if defined(MBEDTLS_DEBUG_C)
		/* Level 3 tells signature algorithms; it reaches only sessions with a callback. */
		mbedtls_debug_set_threshold(3);
#endif
	}
	for (size_t i = 0; i < n; i++) {
		if (!settings[i].value)
			continue;
		if (strcmp(settings[i].name, "rand") == 0 &&
		    !seed_from_files(settings[i].value, err))
			return false;
		if (strcmp(settings[i].name, "writerand") == 0 &&
		    !write_seed(settings[i].value, err))
			return false;
	}
	return true;
}

const struct tls_backend tls_backend_v1 __attribute__((visibility("default"))) = {
	.abi = TLS_BACKEND_ABI,
	.size = sizeof(struct tls_backend),
	.name = "mbedtls",
	.library = "Mbed TLS",
	.version = version,
	.init = init,
	.capabilities = mb_capabilities,
	.algorithms = mb_algorithms,
	.temp_key = mb_temp_key,
	.temp_sign = mb_temp_sign,
	.aead_open = mb_aead_open,
	.ctx_new = mb_ctx_new,
	.ctx_free = mb_ctx_free,
	.session_new = mb_session_new,
	.session_free = mb_session_free,
	.handshake = mb_handshake,
	.read = mb_read,
	.write = mb_write,
	.shutdown = mb_shutdown,
	.pending = mb_pending,
	.renegotiate = mb_renegotiate,
	.key_update = mb_key_update,
	.info = mb_info,
	.export_key = mb_export_key,
};
