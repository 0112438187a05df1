#include "tests/support/config.h"

#include "cli/combinations.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls_cap_entry fake_cap[TLS_CAP_COUNT] = {
#define CAP(id, name, text) [TLS_CAP_##id] = {TLS_CAP_YES, NULL},
#include "core/caps.def"
#undef CAP
};

static void version(char *running, char *compiled, size_t len)
{
	(void)snprintf(running, len, "1.2.3");
	(void)snprintf(compiled, len, "1.2.3");
}

uint32_t fake_versions = TLS_VERSION_BIT(TLS_VERSION_1_0) | TLS_VERSION_BIT(TLS_VERSION_1_1) |
			 TLS_VERSION_BIT(TLS_VERSION_1_2) | TLS_VERSION_BIT(TLS_VERSION_1_3);

static void algorithms(struct tls_algorithms *out)
{
	static const uint16_t suites[] = {0x1302, 0x1301, 0xc02c, 0xc02f, 0xc013, 0x009c};
	static const uint16_t groups[] = {0x001d, 0x0017};
	static const uint16_t sigalgs[] = {0x0403, 0x0804, 0x0401};

	*out = (struct tls_algorithms){
		.versions = fake_versions,
		.suites = {suites, sizeof(suites) / sizeof(suites[0])},
		.groups = {groups, sizeof(groups) / sizeof(groups[0])},
		.sigalgs = {sigalgs, sizeof(sigalgs) / sizeof(sigalgs[0])},
	};
}

static bool temp_key(struct tls_temp_key *out, struct tls_error *err)
{
	(void)err;
	memset(out->private_key, 0x11, 32);
	out->private_key_n = 32;
	memcpy(out->spki, "\x30\x02\x05\x00", 4);
	out->spki_n = 4;
	return true;
}

static bool temp_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		      struct tls_error *err)
{
	(void)key;
	(void)tbs;
	(void)err;
	memcpy(sig, "\x30\x00", 2);
	*n = 2;
	return true;
}

const struct tls_backend fake_backend = {
	.abi = TLS_BACKEND_ABI,
	.size = sizeof(struct tls_backend),
	.name = "fake",
	.library = "FakeTLS",
	.version = version,
	.algorithms = algorithms,
	.temp_key = temp_key,
	.temp_sign = temp_sign,
};

void built_init(struct built *b, const char *command_line)
{
	const struct config_library lib = {&fake_backend, fake_cap};
	char *save = NULL;
	int argc = 1;

	*b = (struct built){.words = xstrdup(command_line), .out = STRBUF_INIT};
	b->argv[0] = (char *)"s_server";
	for (char *word = strtok_r(b->words, " ", &save); word; word = strtok_r(NULL, " ", &save))
		b->argv[argc++] = word;
	cr_assert_eq(options_parse(&b->options, argc, b->argv, &b->out), OPTIONS_OK, "%s",
		     b->out.p);
	cr_assert(options_check(&b->options, &b->out), "%s", b->out.p);
	b->result = config_build(&b->config, &b->options, argc, b->argv, &lib, &b->out);
	strbuf_adds(&b->out, "");
}

void built_release(struct built *b)
{
	config_release(&b->config);
	options_release(&b->options);
	strbuf_release(&b->out);
	free(b->words);
}
