#include "backends/gnutls/gnutls_backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void gt_error(struct tls_error *err, const char *what, int code)
{
	err->native = code;
	(void)snprintf(err->text, sizeof(err->text), "%s%s%s (%d)", what ? what : "",
		       what ? ": " : "", gnutls_strerror(code), code); /* cut is good enough */
}

void gt_error_text(struct tls_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap); /* cut is good enough */
	va_end(ap);
}

gnutls_datum_t gt_datum(struct bytes b)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)b.p, (unsigned)b.n};
}

static void version(char *running, char *compiled, size_t len)
{
	(void)snprintf(running, len, "%s", gnutls_check_version(NULL));
	(void)snprintf(compiled, len, "%s", GNUTLS_VERSION);
}

/* -writerand: 1024 random bytes, as RAND_write_file() writes. */
static bool write_random(const char *path, struct tls_error *err)
{
	uint8_t data[1024];
	FILE *f = fopen(path, "wb");
	bool ok = f && gnutls_rnd(GNUTLS_RND_RANDOM, data, sizeof(data)) == 0 &&
		  fwrite(data, 1, sizeof(data), f) == sizeof(data);

	if (f && fclose(f) != 0)
		ok = false;
	if (!ok)
		gt_error_text(err, "Cannot write random bytes to %s", path);
	return ok;
}

static bool init(const struct tls_setting *settings, size_t n, struct tls_error *err)
{
	int ret = gnutls_global_init(); /* has run already when the library was loaded; counts */

	if (ret < 0) {
		gt_error(err, "initialising the library", ret);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (strcmp(settings[i].name, "writerand") == 0 && settings[i].value &&
		    !write_random(settings[i].value, err))
			return false;
	return true;
}

const struct tls_backend tls_backend_v1 __attribute__((visibility("default"))) = {
	.abi = TLS_BACKEND_ABI,
	.size = sizeof(struct tls_backend),
	.name = "gnutls",
	.library = "GnuTLS",
	.version = version,
	.init = init,
	.capabilities = gt_capabilities,
	.algorithms = gt_algorithms,
	.temp_key = gt_temp_key,
	.temp_sign = gt_temp_sign,
	.ctx_new = gt_ctx_new,
	.ctx_free = gt_ctx_free,
	.session_new = gt_session_new,
	.session_free = gt_session_free,
	.handshake = gt_whole_handshake,
	.read = gt_whole_read,
	.write = gt_whole_write,
	.shutdown = gt_whole_shutdown,
	.read_early = gt_whole_read_early,
	.pending = gt_pending,
	.renegotiate = gt_whole_renegotiate,
	.key_update = gt_whole_key_update,
	.request_cert = gt_whole_request_cert,
	.info = gt_info,
	.export_key = gt_export_key,
};
