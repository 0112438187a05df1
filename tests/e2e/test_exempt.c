/*
 * Options of OpenSSL that are supported without a proof: openssl s_server itself shows nothing of
 * them. Each is run with the installed openssl, with and without the option.
 */
#include "tests/e2e/e2e.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define ASK "-cert ec.pem -key ec.key -verify 3 -CAfile ca.pem "

static const struct {
	const char *option;
	const char *base;
	const char *environment, *not_in; /* a release, as `openssl version` begins */
	const char *refusal; /* what openssl says instead of serving; NULL: it serves */
} rows[] = {
	{"-no_comp", ASK "-tls1_2 ", "", NULL, NULL},
	{"-issuer_checks", ASK, "", NULL, NULL},
	{"-trusted_first", ASK, "", NULL, NULL},
	{"-no_alt_chains", ASK, "", NULL, NULL},
	{"-legacy_server_connect", ASK, "", NULL, "SSL_CONF_cmd(-legacy_server_connect"},
	{"-no_legacy_server_connect", ASK, "", NULL, "SSL_CONF_cmd(-no_legacy_server_connect"},
	{"-debug_broken_protocol", ASK, "", NULL, "SSL_CONF_cmd(-debug_broken_protocol"},
	/* The default store of 3.0 is its default directory. */
	{"-no-CAstore", "-cert ec.pem -key ec.key -verify 3 ",
	 "SSL_CERT_FILE=none SSL_CERT_DIR=capath", "OpenSSL 3.0", NULL},
};

/* Without what differs from run to run: the session, the port, the process. */
#define RUN                                                                                     \
	"timeout 20 openssl s_server -accept 127.0.0.1:0 -naccept 1 -rev %s %s < /dev/null "    \
	"> $D/out 2> $D/err & P=$!; i=0; "                                                      \
	"until grep -qs '^ACCEPT ' $D/out || [ $i = 500 ] || ! kill -0 $P 2> /dev/null; "       \
	"do i=$((i + 1)); sleep 0.02; done; port=$(sed -n 's/^ACCEPT .*://p' $D/out); "         \
	"[ -z \"$port\" ] || printf 'hello\\nCLOSE\\n' | timeout 20 openssl s_client -ign_eof " \
	"-connect 127.0.0.1:$port -cert client-inter.pem -key client-inter.key "                \
	"-cert_chain inter.pem > $D/client 2>&1; wait $P; "                                     \
	"grep -h -e '^depth=' -e '^verify' -e '^Ciphersuite' -e '^CONN' "                       \
	"-e Compression -e 'Protocol version' -e SSL_CONF_cmd $D/out $D/err $D/client | sort"

static void run(struct strbuf *text, const char *environment, const char *base, const char *option)
{
	(void)shell(text,
		    "cd %s; D=$(mktemp -d); export OPENSSL_CONF=/dev/null %s; " RUN "; rm -r $D",
		    TEST_PKI, environment, base, option);
}

static bool openssl_is(const char *release)
{
	struct strbuf text = STRBUF_INIT;
	bool is;

	(void)shell(&text, "openssl version");
	is = release && strncmp(text.p, release, strlen(release)) == 0;
	strbuf_release(&text);
	return is;
}

static void shows_nothing(size_t i)
{
	const char *option = rows[i].option;
	struct strbuf with = STRBUF_INIT, without = STRBUF_INIT;

	run(&with, rows[i].environment, rows[i].base, option);
	if (rows[i].refusal) {
		cr_expect(strstr(with.p, rows[i].refusal), "%s: %s", option, with.p);
	} else {
		run(&without, rows[i].environment, rows[i].base, "");
		cr_expect(strstr(with.p, "CONNECTION ESTABLISHED\n") &&
				  strstr(with.p, "Compression: NONE"),
			  "%s: %s", option, with.p);
		cr_expect_str_eq(with.p, without.p, "%s:\n%s\nwithout:\n%s", option, with.p,
				 without.p);
	}
	strbuf_release(&with);
	strbuf_release(&without);
}

Test(exempt, openssl_shows_nothing_of_them, .timeout = 240)
{
	if (!e2e_on("openssl"))
		cr_skip_test("a matter of OpenSSL");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!openssl_is(rows[i].not_in))
			shows_nothing(i);
}
