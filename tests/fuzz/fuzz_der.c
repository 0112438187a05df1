/* Whatever a peer or a file calls a certificate, a name, a key, a session or PEM. */
#include "core/pem.h"
#include "core/session_der.h"
#include "core/x509_print.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static bool inside(struct bytes part, struct bytes whole)
{
	return !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void print_names(struct bytes name)
{
	static const unsigned long nameopts[] = {
		X509_NAME_DEFAULT,
		X509_NAME_RFC2253,
		X509_NAME_ONELINE,
		X509_NAME_MULTILINE,
		X509_NAME_COMPAT,
		X509_NAME_SEP_SEMI_SPC | X509_NAME_ESC_2254 | X509_NAME_SHOW_TYPE,
		X509_NAME_SEP_COMMA | X509_NAME_FN_OID | X509_NAME_DUMP_ALL,
		X509_NAME_SEP_COMMA | X509_NAME_FN_NONE | X509_NAME_IGNORE_TYPE | X509_NAME_UTF8,
		X509_NAME_SEP_COMMA | X509_NAME_DN_REV | X509_NAME_FN_LN | X509_NAME_FN_ALIGN,
	};
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < sizeof(nameopts) / sizeof(*nameopts); i++) {
		(void)x509_name_print(&out, name, nameopts[i]); /* malformed names are expected */
		(void)x509_name_line(&out, "subject=", name, nameopts[i]);
		check(out.p[out.n - 1] == '\n');
	}
	strbuf_release(&out);
}

static void print_certificate(struct bytes der)
{
	struct strbuf out = STRBUF_INIT;
	struct bytes spki;

	x509_text(&out, der);
	check(out.n && out.p[out.n - 1] == '\n');
	print_names(x509_subject(der));
	print_names(x509_issuer(der));
	if (x509_spki(der, &spki)) {
		check(inside(spki, der));
		x509_key_text(&out, spki, 0);
		(void)x509_key_type(spki, NULL); /* any type will do */
	}
	check(!x509_is_ca(der) || x509_issuer(der).n);
	strbuf_release(&out);
}

static void decode_session(struct bytes der)
{
	struct session_fields f;

	if (!session_der_decode(der, &f))
		return;
	check(f.version && inside(f.master_key, der) && inside(f.peer, der) && inside(f.alpn, der));
	/* What is encoded again must be decoded again. */
	struct tls_info info = {.version = f.version,
				.suite = f.suite,
				.session_id = f.session_id,
				.master_secret = f.master_key,
				.ticket = f.ticket,
				.session_time = f.time};
	struct session_fields again;
	struct strbuf out = STRBUF_INIT;

	session_der_encode(&out, &info, f.session_id_context, f.server_name);
	check(session_der_decode(strbuf_bytes(&out), &again));
	check(again.time == f.time && again.ticket.n == f.ticket.n);
	strbuf_release(&out);
}

static void read_pem(struct bytes text)
{
	struct bytes rest = text;
	struct pem_block block;

	while (pem_next(&rest, &block)) {
		check(inside(block.text, text) && inside(block.headers, text));
		(void)pem_is_encrypted(&block); /* either is good */
		print_certificate(block.der);
		pem_block_release(&block);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes in = {data, n};

	print_certificate(in);
	print_names(in);
	decode_session(in);
	read_pem(in);
	return 0;
}
