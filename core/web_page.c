/* The page of -www: www_body() and SSL_SESSION_print() of OpenSSL 3.5, from outside. */
#include "core/web_page.h"

#include "core/names.h"
#include "core/pem.h"
#include "core/report_text.h"
#include "core/session_der.h"
#include "core/suites.h"
#include "core/x509_print.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_SHARED = 512, COLUMN = 26 };

static const char hidden[] = "***"; /* where a secret would stand */

static void add_command_line(struct strbuf *out, const struct conn *c)
{
	const char *words = c->srv->cfg->command_line;

	for (const char *p = words ? words : ""; *p; p++)
		if (*p == '<')
			strbuf_adds(out, "&lt;");
		else if (*p == '>')
			strbuf_adds(out, "&gt;");
		else if (*p == '&')
			strbuf_adds(out, "&amp;");
		else
			strbuf_addc(out, *p);
	strbuf_adds(out, " \n");
}

/* The lowest protocol version of a suite, as SSL_CIPHER_get_version() says it. */
static const char *suite_version(uint16_t id)
{
	const struct suite *suite = suite_find(id);

	if (!suite)
		return "unknown";
	switch (suite->min) {
	case SUITE_MIN_SSL3:
		return "SSLv3";
	case SUITE_MIN_TLS1_0:
		return "TLSv1.0";
	case SUITE_MIN_TLS1_2:
		return "TLSv1.2";
	case SUITE_MIN_TLS1_3:
		return "TLSv1.3";
	}
	return "unknown";
}

static void add_own_suites(struct strbuf *out, const struct conn *c)
{
	struct u16list a = c->srv->tls->suites13, b = c->srv->tls->suites12;

	strbuf_adds(out, "Ciphers supported in s_server binary\n");
	for (size_t i = 0; i < a.n + b.n; i++) {
		uint16_t id = i < a.n ? a.p[i] : b.p[i - a.n];
		const char *name = suite_name(id);

		strbuf_addf(out, "%-11s:%-25s ", suite_version(id), name ? name : "unknown");
		if (i % 2 == 1 && i + 1 != a.n + b.n)
			strbuf_addc(out, '\n');
	}
	strbuf_addc(out, '\n');
}

static void add_common_suites(struct strbuf *out, const struct conn *c, const struct tls_info *info)
{
	uint16_t id[MAX_SHARED];
	size_t n = report_shared_suites(c, info, id, MAX_SHARED);

	if (!c->hello)
		return;
	strbuf_adds(out, "---\nCiphers common between both SSL end points:\n");
	for (size_t i = 0; i < n; i++) {
		const char *name = suite_name(id[i]);

		if (i)
			strbuf_addc(out, i % 3 ? ' ' : '\n');
		if (i + 1 < n)
			strbuf_addf(out, "%-*s", COLUMN, name ? name : "unknown");
		else
			strbuf_adds(out, name ? name : "unknown");
	}
	strbuf_addc(out, '\n');
}

/* ---- the session ---- */

static void add_secret(struct strbuf *out, const struct conn *c, struct bytes secret)
{
	if (c->srv->cfg->show_secrets || !secret.n)
		strbuf_addhex(out, secret, true);
	else
		strbuf_adds(out, hidden);
}

static void add_words(struct strbuf *out, const char *title, struct bytes words)
{
	strbuf_adds(out, title);
	if (words.n)
		report_add_printable(out, words);
	else
		strbuf_adds(out, "None");
}

/* What SSL_SESSION_print() finds in the session, whichever library made it. */
static void fill_session(struct session_fields *f, struct strbuf *der, struct conn *c,
			 const struct tls_info *info)
{
	report_add_session_der(der, c, info);
	if (session_der_decode(strbuf_bytes(der), f))
		return;
	*f = (struct session_fields){
		.version = info->version,
		.suite = info->suite,
		.session_id = info->session_id,
		.master_key = info->master_secret,
		.session_id_context = report_session_id_context(c->srv),
		.time = info->session_time,
		.timeout = info->session_timeout,
		.verify_result = info->verify_result,
		.psk_identity = info->psk_identity,
		.flags = info->extended_master_secret,
	};
}

/* A server's session holds no ticket, so the lines of one are left out here. */
static void add_session_fields(struct strbuf *out, const struct conn *c,
			       const struct session_fields *f)
{
	bool tls13 = f->version == TLS_VERSION_1_3;

	strbuf_adds(out, "SSL-Session:\n    Protocol  : ");
	strbuf_addname(out, version_name(f->version), f->version);
	strbuf_adds(out, "\n    Cipher    : ");
	strbuf_addname(out, suite_name(f->suite), f->suite);
	strbuf_adds(out, "\n    Session-ID: ");
	strbuf_addhex(out, f->session_id, true);
	strbuf_adds(out, "\n    Session-ID-ctx: ");
	strbuf_addhex(out, f->session_id_context, true);
	strbuf_adds(out, tls13 ? "\n    Resumption PSK: " : "\n    Master-Key: ");
	add_secret(out, c, f->master_key);
	add_words(out, "\n    PSK identity: ", f->psk_identity);
	add_words(out, "\n    PSK identity hint: ", f->psk_identity_hint);
	add_words(out, "\n    SRP username: ", f->srp_username);
	if (f->time)
		strbuf_addf(out, "\n    Start Time: %" PRId64, f->time);
	if (f->timeout)
		strbuf_addf(out, "\n    Timeout   : %" PRId64 " (sec)", f->timeout);
	strbuf_addf(out, "\n    Verify return code: %" PRId64 " (%s)\n", f->verify_result,
		    x509_error_text((int)f->verify_result));
	strbuf_addf(out, "    Extended master secret: %s\n", f->flags & 1 ? "yes" : "no");
	if (tls13)
		strbuf_addf(out, "    Max Early Data: %" PRIu32 "\n", f->max_early_data);
}

static void add_session(struct strbuf *out, struct conn *c, const struct tls_info *info)
{
	struct strbuf der = STRBUF_INIT;
	struct session_fields fields = {0};

	fill_session(&fields, &der, c, info);
	add_session_fields(out, c, &fields);
	if (der.p)
		explicit_bzero(der.p, der.n);
	strbuf_release(&der);
}

static void add_client_certificate(struct strbuf *out, const struct tls_info *info)
{
	if (!info->n_peer_chain) {
		strbuf_adds(out, "no client certificate available\n");
		return;
	}
	strbuf_adds(out, "Client certificate\n");
	x509_text(out, info->peer_chain[0]);
	pem_encode(out, "CERTIFICATE", info->peer_chain[0]);
}

void web_page(struct strbuf *out, struct conn *c)
{
	struct tls_info info = {0};

	c->srv->backend->info(c->session, &info);
	strbuf_adds(out, "<HTML><BODY BGCOLOR=\"#ffffff\">\n<pre>\n\n");
	add_command_line(out, c);
	report_add_renegotiation(out, &info);
	add_own_suites(out, c);
	add_common_suites(out, c, &info);
	report_add_sigalgs(out, c, &info);
	report_add_groups(out, c, &info);
	report_add_ca_names(out, c);
	strbuf_adds(out, info.resumed ? "---\nReused, " : "---\nNew, ");
	strbuf_addf(out, "%s, Cipher is ", suite_version(info.suite));
	strbuf_addname(out, suite_name(info.suite), info.suite);
	strbuf_addc(out, '\n');
	add_session(out, c, &info);
	strbuf_adds(out, "---\n");
	report_add_stats(out, c->srv);
	strbuf_adds(out, "---\n");
	add_client_certificate(out, &info);
	strbuf_adds(out, "</pre></BODY></HTML>\r\n\r\n");
}
