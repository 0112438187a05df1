/* fake_server WORD[=VALUE] ...: server_run() with the fake backend; the words are the fields of
 * struct server_config. Listens on 127.0.0.1, port 0, unless unix_path is given. */
#include "tests/unit/fake_backend.h"

#include "core/server.h"
#include "core/x509_print.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t suites13[] = {0x1301, 0x1302, 0x1303}, suites12[] = {0xc02f, 0x009c};
static const uint16_t groups[] = {0x001d, 0x0017}, sigalgs[] = {0x0403, 0x0804, 0x0201};

static const struct {
	const char *name;
	size_t offset;
	enum { FLAG, STRING, UNSIGNED, LONG, SIZE, INT } type;
} fields[] = {
#define FIELD(name, type)                                         \
	{                                                         \
#name, offsetof(struct server_config, name), type \
	}
	FIELD(unix_path, STRING),
	FIELD(host, STRING),
	FIELD(port, STRING),
	FIELD(unlink, FLAG),
	FIELD(naccept, LONG),
	FIELD(readyfile, STRING),
	FIELD(quiet, FLAG),
	FIELD(brief, FLAG),
	FIELD(crlf, FLAG),
	FIELD(nbio, FLAG),
	FIELD(nbio_test, FLAG),
	FIELD(ign_eof, FLAG),
	FIELD(no_commands, FLAG),
	FIELD(http_binmode, FLAG),
	FIELD(handshake_timeout, UNSIGNED),
	FIELD(idle_timeout, UNSIGNED),
	FIELD(max_connections, UNSIGNED),
	FIELD(fail_on_error, FLAG),
	FIELD(omit_close_notify, FLAG),
	FIELD(percent_decode, FLAG),
	FIELD(workers, UNSIGNED),
	FIELD(debug, FLAG),
	FIELD(msg, FLAG),
	FIELD(trace, FLAG),
	FIELD(state, FLAG),
	FIELD(tlsextdebug, FLAG),
	FIELD(msgfile, STRING),
	FIELD(json, FLAG),
	FIELD(show_secrets, FLAG),
	FIELD(keylogfile, STRING),
	FIELD(pcapng, STRING),
	FIELD(keymatexport, STRING),
	FIELD(keymatexportlen, SIZE),
	FIELD(command_line, STRING),
	FIELD(temp_dh_lines, FLAG),
	FIELD(verify_return_error, FLAG),
	FIELD(verify_quiet, FLAG),
	FIELD(verify_depth, INT),
	FIELD(servername, STRING),
	FIELD(servername_fatal, FLAG),
	FIELD(psk_identity, STRING),
#undef FIELD
};

static const char *const modes[] = {"interactive", "www", "WWW", "HTTP", "rev"};
static const char *const ends[] = {"auto", "quit", "close", "ignore"};

static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	(void)fprintf(stderr, "fake_server: %s?\n", name);
	exit(2);
}

static void set_field(struct server_config *cfg, const char *name, size_t n, const char *value)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		char *at = (char *)cfg + fields[i].offset;

		if (strlen(fields[i].name) != n || memcmp(fields[i].name, name, n) != 0)
			continue;
		switch (fields[i].type) {
		case FLAG:
			*(bool *)at = true;
			return;
		case STRING:
			*(const char **)at = value;
			return;
		case UNSIGNED:
			*(unsigned *)at = (unsigned)strtoul(value, NULL, 10);
			return;
		case LONG:
			*(unsigned long *)at = strtoul(value, NULL, 10);
			return;
		case SIZE:
			*(size_t *)at = strtoul(value, NULL, 10);
			return;
		case INT:
			*(int *)at = (int)strtol(value, NULL, 10);
			return;
		}
	}
	(void)fprintf(stderr, "fake_server: %s?\n", name);
	exit(2);
}

static void set_flag(struct tls_config *tls, enum tls_flag flag)
{
	tls->flags |= UINT64_C(1) << flag;
}

int main(int argc, char **argv)
{
	static const uint8_t alpn[] = "\3abc\2h2";
	static const struct tls_credential sni_creds[1] = {{.origin = "second"}};
	struct tls_config tls = {
		.versions = TLS_VERSION_BIT(TLS_VERSION_1_2) | TLS_VERSION_BIT(TLS_VERSION_1_3),
		.suites13 = {suites13, sizeof(suites13) / sizeof(*suites13)},
		.suites12 = {suites12, sizeof(suites12) / sizeof(*suites12)},
		.groups = {groups, sizeof(groups) / sizeof(*groups)},
		.sigalgs = {sigalgs, sizeof(sigalgs) / sizeof(*sigalgs)},
		.psk = true,
	};
	struct server_config cfg = {
		.host = "127.0.0.1",
		.port = "0",
		.nameopt = X509_NAME_DEFAULT,
		.verify_depth = -1,
		.psk_key = {(const uint8_t *)"key", 3},
		.psk_identity = "me",
		.alpn = {alpn, sizeof(alpn) - 1},
	};

	tls.alpn = cfg.alpn;
	for (int i = 1; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		size_t n = eq ? (size_t)(eq - argv[i]) : strlen(argv[i]);
		const char *value = eq ? eq + 1 : "";

		if (strncmp(argv[i], "mode=", 5) == 0) {
			cfg.mode = (enum server_mode)index_of(modes, 5, value);
		} else if (strncmp(argv[i], "stdin_eof=", 10) == 0) {
			cfg.stdin_eof = (enum server_stdin_eof)index_of(ends, 4, value);
		} else if (strcmp(argv[i], "second_cert") == 0) {
			tls.sni_creds = sni_creds;
			tls.n_sni_creds = 1;
		} else if (strcmp(argv[i], "require_cert") == 0) {
			tls.verify_mode = TLS_VERIFY_REQUIRE;
		} else if (strcmp(argv[i], "early_data") == 0) {
			set_flag(&tls, TLS_F_EARLY_DATA);
		} else if (strcmp(argv[i], "ext_cache") == 0) {
			set_flag(&tls, TLS_F_EXT_CACHE);
		} else if (strcmp(argv[i], "ignore_unexpected_eof") == 0) {
			set_flag(&tls, TLS_F_IGNORE_UNEXPECTED_EOF);
		} else {
			set_field(&cfg, argv[i], n, value);
		}
	}
	return server_run(fake_backend(), &tls, &cfg);
}
