#include "cli/help.h"

/* The prose around the options, in man(7) macros. */
static const char before_options[] =
	".TH S_SERVER 1 \"\" \"s_server " S_SERVER_VERSION "\" \"User Commands\"\n"
	".SH NAME\n"
	"s_server \\- a TLS test server over a choice of TLS libraries\n"
	".SH SYNOPSIS\n"
	".B s_server\n"
	"[\\fIoptions\\fR]\n"
	".SH DESCRIPTION\n"
	"s_server accepts TLS connections to test clients with. It takes the options of\n"
	".BR openssl\\-s_server (1ssl)\n"
	"and prints what that prints, but\n"
	".B \\-\\-backend\n"
	"chooses the TLS library that does the work.\n"
	".PP\n"
	"Without other options it listens on port 4433 with the certificate and key of\n"
	".IR server.pem ,\n"
	"or with a temporary self\\-signed certificate when there is no such file. What a client\n"
	"sends is printed on standard output, and standard input is sent to the client. With\n"
	".BR \\-www ,\n"
	".BR \\-WWW ,\n"
	".B \\-HTTP\n"
	"or\n"
	".B \\-rev\n"
	"it serves any number of clients at once.\n"
	".PP\n"
	"Before it listens, s_server checks that the chosen library can do what each option asks\n"
	"for. If not, it says why and exits with status 77.\n"
	".B \\-\\-support\n"
	"prints what each library can do.\n"
	".SH OPTIONS\n"
	"An option may have one dash or two, and its value may follow as the next word or behind\n"
	"an equals sign. Names are exact. Where an option is given several times the last one\n"
	"counts, unless its description says otherwise. Numbers may be decimal, octal (010) or\n"
	"hexadecimal (0x8).\n";

static const char after_options[] =
	".SH CONNECTED COMMANDS\n"
	"In the interactive mode (that is, without\n"
	".BR \\-quiet ,\n"
	".B \\-brief\n"
	"and\n"
	".BR \\-nocommands )\n"
	"the first letter of what is read from standard input at once may be a command. Those in\n"
	"the first group must be followed by a line end at once.\n"
	".TP\n"
	".B r\n"
	"Renegotiate (up to TLS 1.2).\n"
	".TP\n"
	".B R\n"
	"Renegotiate and ask for a client certificate (up to TLS 1.2).\n"
	".TP\n"
	".B k\n"
	"Send a key update (TLS 1.3).\n"
	".TP\n"
	".B K\n"
	"Send a key update and ask the client for one (TLS 1.3).\n"
	".TP\n"
	".B c\n"
	"Ask for a client certificate after the handshake (TLS 1.3).\n"
	".TP\n"
	".B B\n"
	"Send a heartbeat.\n"
	".PP\n"
	"The others act whatever follows:\n"
	".TP\n"
	".B q\n"
	"End this connection and wait for the next.\n"
	".TP\n"
	".B Q\n"
	"End this connection and the program.\n"
	".TP\n"
	".B P\n"
	"Send plain text past TLS; the client should complain.\n"
	".TP\n"
	".B S\n"
	"Print the session statistics.\n"
	".SH ENVIRONMENT\n"
	".TP\n"
	".B S_SERVER_BACKEND\n"
	"The TLS library to use when\n"
	".B \\-\\-backend\n"
	"is not given, so that a script need not be changed.\n"
	".TP\n"
	".B S_SERVER_UNSUPPORTED\n"
	"What\n"
	".B \\-\\-unsupported\n"
	"is when it is not given.\n"
	".TP\n"
	".B S_SERVER_BACKEND_PATH\n"
	"Directories to look for backends in first, with colons between.\n"
	".PP\n"
	"A TLS library has variables of its own, such as\n"
	".B OPENSSL_CONF\n"
	"or\n"
	".BR GNUTLS_SYSTEM_PRIORITY_FILE .\n"
	".SH EXIT STATUS\n"
	".TP\n"
	".B 0\n"
	"The end as asked for, or an answered question.\n"
	".TP\n"
	".B 1\n"
	"A bad option or combination of options, a file that cannot be read, an address that\n"
	"cannot be listened on.\n"
	".TP\n"
	".B 3\n"
	"With\n"
	".BR \\-\\-fail\\-on\\-error :\n"
	"a handshake did not complete, or a connection did not end in order.\n"
	".TP\n"
	".B 77\n"
	"The chosen library cannot do what an option asks for.\n"
	".SH EXAMPLES\n"
	".EX\n"
	"s_server \\-www\n"
	"s_server \\-\\-backend=gnutls \\-accept 127.0.0.1:0 \\-cert server.pem \\-tls1_3 \\-msg\n"
	"S_SERVER_BACKEND=wolfssl s_server \\-cert server.pem \\-Verify 1 \\-CAfile ca.pem\n"
	"s_server \\-\\-backend=mbedtls \\-\\-supports alpn,psk && echo yes\n"
	".EE\n"
	".SH SEE ALSO\n"
	".BR openssl\\-s_server (1ssl),\n"
	".BR openssl\\-ciphers (1ssl)\n";

/* Text of the table, safe in roff: no line of it begins with a dot, as none begins with it. */
static void add_escaped(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '-')
			strbuf_adds(out, "\\-");
		else if (*text == '\\')
			strbuf_adds(out, "\\e");
		else if (*text == '\'')
			strbuf_adds(out, "\\(aq");
		else
			strbuf_addc(out, *text);
}

static void add_option(struct strbuf *out, const struct option *opt)
{
	strbuf_adds(out, ".TP\n\\fB");
	add_escaped(out, opt->section == SECTION_OWN ? "-" : "");
	add_escaped(out, opt->name);
	strbuf_adds(out, "\\fR");
	if (opt->arg != ARG_NONE) {
		strbuf_adds(out, opt->arg == ARG_OPTIONAL ? "[=\\fI" : " \\fI");
		add_escaped(out, opt->arg_name);
		strbuf_adds(out, opt->arg == ARG_OPTIONAL ? "\\fR]" : "\\fR");
	}
	strbuf_addc(out, '\n');
	add_escaped(out, opt->help);
	strbuf_adds(out, ".\n");
	if (!opt->unbuilt)
		return;
	strbuf_adds(out, "Refused: ");
	add_escaped(out, opt->unbuilt);
	strbuf_adds(out, ".\n");
}

void help_add_man(struct strbuf *out)
{
	int section = -1;

	strbuf_adds(out, before_options);
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option *opt = option_info((enum option_id)i);

		if ((int)opt->section != section) {
			strbuf_adds(out, ".SS ");
			add_escaped(out, help_section_title(opt->section));
			strbuf_addc(out, '\n');
		}
		section = (int)opt->section;
		add_option(out, opt);
	}
	strbuf_adds(out, after_options);
}
