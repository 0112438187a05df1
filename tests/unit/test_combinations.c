/* Combinations that openssl s_server refuses, with the text that it prints. */
#include "cli/combinations.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MULTIPLE  "Cannot supply multiple protocol flags\n"
#define NO_PROT   "Cannot supply both a protocol flag and '-no_<prot>'\n"
#define WEB_DTLS  "Can't use -HTTP, -www or -WWW with DTLS\n"
#define UNIX_DTLS "Can't use unix sockets and datagrams together\n"

#define WORKERS                                                                             \
	"s_server: -workers needs -www, -WWW, -HTTP or -rev: only there it serves several " \
	"clients at once\n"

/* NULL: accepted. */
static const struct {
	const char *line, *text;
} rows[] = {
	{"-tls1_2 -tls1_3", MULTIPLE},
	{"-tls1_2 -tls1_2", MULTIPLE},
	{"-tls1 -tls1_1", MULTIPLE},
	{"-ssl3 -tls1", MULTIPLE},
	{"-ssl2 -tls1", MULTIPLE},
	{"-dtls -dtls1_2", MULTIPLE},
	{"-dtls1 -tls1_2", MULTIPLE},
	{"-tls1_2 -no_tls1_2", NO_PROT},
	{"-no_tls1_3 -tls1_2", NO_PROT},
	{"-tls1 -no_ssl3", NO_PROT},
	{"-tls1 -no_ssl2", NO_PROT},
	{"-tls1 -no_tls1", NO_PROT},
	{"-dtls -no_tls1_1", NO_PROT},
	{"-no_tls1 -no_tls1_1 -dtls1_2", NO_PROT},
	{"-nextprotoneg a -tls1_3",
	 "Cannot supply -nextprotoneg with TLSv1.3\ns_server: Use -help for summary.\n"},
	{"-dtls -www", WEB_DTLS},
	{"-dtls1 -WWW", WEB_DTLS},
	{"-dtls1_2 -HTTP", WEB_DTLS},
	{"-listen", "Can only use -listen with DTLS\n"},
	{"-dtls -rev", "Can't use -rev with DTLS\n"},
	{"-dtls -tfo", "Can only use -tfo with TLS\n"},
	{"-dtls -stateless", "Can only use --stateless with TLS\n"},
	{"-dtls -unix /x", UNIX_DTLS},
	{"-dtls -port 5 -unix /x", UNIX_DTLS},
	{"-sctp", "Can't use -sctp without DTLS\n"},
	{"-sendfile", "Can't use -sendfile without -WWW or -HTTP\n"},
	{"-www -sendfile", "Can't use -sendfile without -WWW or -HTTP\n"},
	{"-zerocopy_sendfile", "Can't use -sendfile without -WWW or -HTTP\n"},
	{"-max_early_data -1", "Invalid value for max_early_data\n"},
	{"-recv_max_early_data -1", "Invalid value for recv_max_early_data\n"},
	{"-psk 12x4", "Not a hex number '12x4'\n"},
	{"-xcert a -xkey b -xkey c", "s_server: Key already specified\n"},
	{"-xchain a -xchain b", "s_server: Chain already specified\n"},
	{"-xcert a -xkey b -xcert c -xkey d -xkey e", "s_server: Key already specified\n"},
	{"-max_send_frag 511", "s_server: Max send fragment size 511 is out of permitted range\n"},
	{"-max_send_frag 16385",
	 "s_server: Max send fragment size 16385 is out of permitted range\n"},
	{"-max_send_frag 512 -split_send_frag 513",
	 "s_server: Split send fragment size 513 is out of permitted range\n"},
	{"-max_pipelines 33", "s_server: Max pipelines 33 is out of permitted range\n"},

	{"-workers 2", WORKERS},
	{"-brief -workers 2", WORKERS},
	{"-www -workers 257", "s_server: Number of workers 257 is out of permitted range\n"},

	{"-workers 1", NULL},
	{"-rev -workers 256", NULL},
	{"-www -workers 2", NULL},
	{"-WWW -workers 2", NULL},
	{"-HTTP -workers 2", NULL},
	{"-no_tls1 -no_tls1_1 -no_tls1_2", NULL},
	{"-dtls -listen", NULL},
	{"-dtls -sctp", NULL},
	{"-dtls -unix /x -4", NULL},
	{"-dtls -unix /x -6", NULL},
	{"-dtls -unix /x -port 5", NULL},
	{"-dtls -unix /x -accept 5", NULL},
	{"-nextprotoneg a -tls1_2", NULL},
	{"-www -early_data", NULL},
	{"-rev -early_data", NULL},
	{"-WWW -sendfile", NULL},
	{"-HTTP -zerocopy_sendfile", NULL},
	{"-max_early_data 0 -recv_max_early_data 0", NULL},
	{"-psk 0aF9", NULL},
	{"-psk abc", NULL},
	{"-psk=", NULL},
	{"-xkey b -xcert a", NULL},
	{"-xcert a -xkey b -xcert c -xkey d -xchain e", NULL},
	{"-max_send_frag 512 -split_send_frag 512 -max_pipelines 32", NULL},
};

/* Parse a line of words without blanks in them. */
static void parse(struct options *o, char *line, struct strbuf *err)
{
	char *argv[16] = {(char *)"s_server"};
	char *save = NULL;
	int argc = 1;

	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	cr_assert_eq(options_parse(o, argc, argv, err), OPTIONS_OK);
}

Test(combinations, are_refused_with_openssl_s_text)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options o;
		struct strbuf err = STRBUF_INIT;
		char *line = xstrdup(rows[i].line);

		parse(&o, line, &err);
		cr_expect_eq(options_check(&o, &err), !rows[i].text, "%s", rows[i].line);
		if (rows[i].text && err.p)
			cr_expect_str_eq(err.p, rows[i].text, "%s: %s", rows[i].line, err.p);
		cr_expect_eq(err.n > 0, rows[i].text != NULL, "%s", rows[i].line);
		options_release(&o);
		strbuf_release(&err);
		free(line);
	}
}
