#include "core/report.h"

#include "core/names.h"
#include "core/out.h"
#include "core/report_json.h"
#include "core/report_text.h"
#include "core/suites.h"
#include "core/wire_text.h"
#include "core/x509_print.h"

#include <string.h>
#include <unistd.h>

/* OpenSSL's numbers in x509_vfy.h, of the errors that come with a line of their own. */
enum {
	V_OK = 0,
	V_UNABLE_TO_GET_ISSUER_CERT = 2,
	V_CERT_NOT_YET_VALID = 9,
	V_CERT_HAS_EXPIRED = 10,
	V_ERROR_IN_CERT_NOT_BEFORE_FIELD = 13,
	V_ERROR_IN_CERT_NOT_AFTER_FIELD = 14,
};

static bool is_json(const struct server *srv)
{
	return srv->cfg->json;
}

/* Ordinary text. */
static void say(const struct server *srv, const char *line)
{
	if (server_talks(srv))
		out_printf(STDOUT_FILENO, "%s\n", line);
}

static bool is_interactive(const struct conn *c)
{
	return c->srv->cfg->mode == SERVER_INTERACTIVE;
}

/* ---- start and end ---- */

/* RFC 8446 4.2.11: a key that says nothing of a hash goes with SHA-256. Clients then connect
 * without the key, or not at all, and nothing tells why. */
static bool psk_has_no_suite(const struct tls_config *tls)
{
	if (!tls->psk || !(tls->versions & TLS_VERSION_BIT(TLS_VERSION_1_3)))
		return false;
	for (size_t i = 0; i < tls->suites13.n; i++) {
		const struct suite *suite = suite_find(tls->suites13.p[i]);

		if (suite && suite->hash == SUITE_HASH_SHA256)
			return false;
	}
	return true;
}

static void add_start_lines(struct strbuf *out, const struct server *srv)
{
	const struct server_config *cfg = srv->cfg;
	const struct tls_config *tls = srv->tls;
	uint32_t before_1_3 = TLS_VERSION_BIT(TLS_VERSION_1_3) - 1;

	if (cfg->servername && tls->n_sni_creds)
		strbuf_adds(out, "Setting secondary ctx parameters\n");
	if (cfg->temp_dh_lines)
		strbuf_adds(out, cfg->dhparam_loaded ? "Setting temp DH parameters\n"
						     : "Using default temp DH parameters\n");
	if (tls->psk && cfg->debug)
		strbuf_adds(out, "PSK key given, setting server callback\n");
	if (tls->psk_hint && !(tls->versions & before_1_3))
		strbuf_adds(out, "PSK warning: there is NO identity hint in TLSv1.3\n");
	if (psk_has_no_suite(tls))
		strbuf_adds(out,
			    "PSK warning: no TLSv1.3 cipher suite has SHA256, as -psk needs\n");
	if (tls_flag(tls, TLS_F_CERT_COMP))
		strbuf_adds(out, "Compressing certificates\n");
	if (cfg->tfo)
		strbuf_adds(out, "Listening for TFO\n");
}

/* In 3.5 on stdout, also with -quiet. */
static void warn_of_ktls(const struct server_config *cfg)
{
	if (cfg->zerocopy_sendfile && !cfg->sendfile)
		out_printf(STDOUT_FILENO, "Warning: -zerocopy_sendfile depends on -sendfile, "
					  "enabling -sendfile now.\n");
	if ((cfg->zerocopy_sendfile || cfg->sendfile) && !cfg->ktls)
		out_printf(STDOUT_FILENO,
			   "Warning: -sendfile depends on -ktls, enabling -ktls now.\n");
}

void report_start(struct server *srv)
{
	struct strbuf out = STRBUF_INIT;

	if (is_json(srv)) {
		json_start(srv);
		return;
	}
	warn_of_ktls(srv->cfg);
	if (!server_talks(srv))
		return;
	add_start_lines(&out, srv);
	strbuf_adds(&out, "ACCEPT");
	listener_ready_text(&srv->listener, srv->cfg, &out);
	strbuf_addc(&out, '\n');
	out_flush(STDOUT_FILENO, &out);
}

void report_add_stats(struct strbuf *out, struct server *srv)
{
	struct tls_stats st = {0};

	server_stats(srv, &st);
	strbuf_addf(out, "%4ld items in the session cache\n", st.number);
	strbuf_addf(out, "%4d client connects (SSL_connect())\n", 0);
	strbuf_addf(out, "%4d client renegotiates (SSL_connect())\n", 0);
	strbuf_addf(out, "%4d client connects that finished\n", 0);
	strbuf_addf(out, "%4ld server accepts (SSL_accept())\n", st.accepts);
	strbuf_addf(out, "%4ld server renegotiates (SSL_accept())\n", st.accept_renegotiates);
	strbuf_addf(out, "%4ld server accepts that finished\n", st.accepts_good);
	strbuf_addf(out, "%4ld session cache hits\n", st.hits);
	strbuf_addf(out, "%4ld session cache misses\n", st.misses);
	strbuf_addf(out, "%4ld session cache timeouts\n", st.timeouts);
	strbuf_addf(out, "%4ld callback cache hits\n", st.cb_hits);
	strbuf_addf(out, "%4ld cache full overflows (%ld allowed)\n", st.cache_full, st.cache_size);
}

void report_stats(struct server *srv)
{
	struct strbuf out = STRBUF_INIT;

	if (is_json(srv)) {
		json_stats(srv);
		return;
	}
	if (!server_talks(srv))
		return;
	report_add_stats(&out, srv);
	out_flush(STDOUT_FILENO, &out);
}

void report_end(struct server *srv)
{
	report_stats(srv);
	if (is_json(srv))
		json_end(srv);
}

void report_quit(struct conn *c)
{
	if (!is_json(c->srv))
		out_printf(STDERR_FILENO, "shutdown accept socket\n");
}

/* ---- before and during the handshake ---- */

void report_accept(struct conn *c)
{
	if (is_json(c->srv))
		json_accept(c);
	else if (c->srv->cfg->nbio && !c->srv->cfg->quiet)
		out_printf(STDERR_FILENO, "Turned on non blocking io\n");
}

void report_hello(struct conn *c)
{
	struct strbuf out = STRBUF_INIT;

	if (is_json(c->srv)) {
		json_hello(c);
		return;
	}
	if (!c->srv->cfg->tlsextdebug || !server_talks(c->srv))
		return;
	wire_text_extensions(&out, c->hello);
	out_flush(STDOUT_FILENO, &out);
}

void report_sni(struct conn *c, bool switched)
{
	struct strbuf out = STRBUF_INIT;

	if (is_json(c->srv)) {
		json_sni(c, switched);
		return;
	}
	if (!server_talks(c->srv))
		return;
	strbuf_adds(&out, "Hostname in TLS extension: \"");
	report_add_printable(&out, strbuf_bytes(&c->server_name));
	strbuf_adds(&out, "\"\n");
	if (switched)
		strbuf_adds(&out, "Switching server context.\n");
	out_flush(STDOUT_FILENO, &out);
}

void report_alpn(struct conn *c, struct bytes offered, bool found)
{
	struct strbuf out = STRBUF_INIT;

	if (is_json(c->srv)) {
		json_alpn(c, offered, found);
		return;
	}
	if (!server_talks(c->srv) || c->srv->cfg->quiet)
		return;
	strbuf_adds(&out, "ALPN protocols advertised by the client: ");
	for (size_t i = 0; i < offered.n && i + 1 + offered.p[i] <= offered.n;
	     i += 1u + offered.p[i]) {
		if (i)
			strbuf_adds(&out, ", ");
		report_add_printable(&out, (struct bytes){offered.p + i + 1, offered.p[i]});
	}
	strbuf_addc(&out, '\n');
	if (found) {
		strbuf_adds(&out, "ALPN protocols selected: ");
		report_add_printable(&out, strbuf_bytes(&c->alpn));
		strbuf_addc(&out, '\n');
	}
	out_flush(STDOUT_FILENO, &out);
}

/* As psk_server_cb(), which is not asked in TLS 1.3. */
void report_psk(struct conn *c, uint16_t version, struct bytes identity, bool match)
{
	const struct server_config *cfg = c->srv->cfg;
	struct strbuf out = STRBUF_INIT;

	if (is_json(c->srv)) {
		json_psk(c, version, identity, match);
		return;
	}
	if (!server_talks(c->srv) || version >= TLS_VERSION_1_3)
		return;
	if (cfg->debug) {
		strbuf_addf(&out, "psk_server_cb\nidentity_len=%zu identity=", identity.n);
		report_add_printable(&out, identity);
		strbuf_addc(&out, '\n');
	}
	if (!match) {
		strbuf_adds(&out, "PSK warning: client identity not what we expected (got '");
		report_add_printable(&out, identity);
		strbuf_addf(&out, "' expected '%s')\n", cfg->psk_identity);
	} else if (cfg->debug) {
		strbuf_adds(&out, "PSK client identity found\n");
	}
	if (cfg->debug)
		strbuf_addf(&out, "fetched PSK len=%zu\n", cfg->psk_key.n);
	out_flush(STDOUT_FILENO, &out);
}

static void add_name_line(struct strbuf *out, const struct conn *c, const char *title,
			  struct bytes name)
{
	strbuf_adds(out, title);
	(void)x509_name_print(out, name, c->srv->cfg->nameopt); /* shows what there is */
	strbuf_addc(out, '\n');
}

static void add_time_line(struct strbuf *out, const char *title, struct bytes time)
{
	strbuf_adds(out, title);
	(void)x509_time_print(out, time); /* says itself when it is not one */
	strbuf_addc(out, '\n');
}

static void add_error_detail(struct strbuf *out, const struct conn *c, int x509_error,
			     struct bytes cert_der)
{
	struct x509 cert;

	if (!cert_der.n || !x509_parse(cert_der, &cert))
		return;
	switch (x509_error) {
	case V_UNABLE_TO_GET_ISSUER_CERT:
		add_name_line(out, c, "issuer= ", cert.issuer);
		break;
	case V_CERT_NOT_YET_VALID:
	case V_ERROR_IN_CERT_NOT_BEFORE_FIELD:
		add_time_line(out, "notBefore=", cert.not_before);
		break;
	case V_CERT_HAS_EXPIRED:
	case V_ERROR_IN_CERT_NOT_AFTER_FIELD:
		add_time_line(out, "notAfter=", cert.not_after);
		break;
	default:
		break;
	}
}

const struct report_chain_word report_chain_words[] = {
	{"Overall Validity", "valid", TLS_CHAIN_VALID},
	{"Sign with EE key", "sign", TLS_CHAIN_SIGN},
	{"EE signature", "ee_signature", TLS_CHAIN_EE_SIGNATURE},
	{"CA signature", "ca_signature", TLS_CHAIN_CA_SIGNATURE},
	{"EE key parameters", "ee_parameters", TLS_CHAIN_EE_PARAM},
	{"CA key parameters", "ca_parameters", TLS_CHAIN_CA_PARAM},
	{"Explicitly sign with EE key", "explicit_sign", TLS_CHAIN_EXPLICIT_SIGN},
	{"Issuer Name", "issuer_name", TLS_CHAIN_ISSUER_NAME},
	{"Certificate Type", "certificate_type", TLS_CHAIN_CERT_TYPE},
	{NULL, NULL, 0},
};

/* As set_cert_cb() in apps/lib/s_cb.c, also with -quiet. */
void report_chain_checked(struct conn *c, size_t n, struct bytes cert_der, unsigned good)
{
	const char *suite_b = good & TLS_CHAIN_SUITE_B ? "OK" : "NOT OK";
	struct strbuf out = STRBUF_INIT;

	if (is_json(c->srv)) {
		json_chain_checked(c, n, cert_der, good);
		return;
	}
	strbuf_addf(&out, "Checking cert chain %zu:\n", n + 1);
	add_name_line(&out, c, "Subject: ", x509_subject(cert_der));
	for (const struct report_chain_word *w = report_chain_words; w->text; w++)
		strbuf_addf(&out, "\t%s: %s\n", w->text, good & w->bit ? "OK" : "NOT OK");
	strbuf_addf(&out, "\tSuite B: %s\n",
		    good & TLS_CHAIN_SUITE_B_TESTED ? suite_b : "not tested");
	out_flush(STDERR_FILENO, &out);
}

/* As verify_callback() in apps/lib/s_cb.c. */
void report_verify(struct conn *c, int depth, int x509_error, bool go_on, struct bytes cert_der)
{
	const struct server_config *cfg = c->srv->cfg;
	bool silent = cfg->verify_quiet || cfg->brief;
	struct strbuf out = STRBUF_INIT;

	if (is_json(c->srv)) {
		json_verify(c, depth, x509_error, go_on, cert_der);
		return;
	}
	if (!silent || x509_error != V_OK) {
		strbuf_addf(&out, "depth=%d ", depth);
		if (cert_der.n)
			add_name_line(&out, c, "", x509_subject(cert_der));
		else
			strbuf_adds(&out, "<no cert>\n");
	}
	if (x509_error != V_OK)
		strbuf_addf(&out, "verify error:num=%d:%s\n", x509_error,
			    x509_error_text(x509_error));
	/* OpenSSL's error stays set after it was forgiven, so its detail comes again. */
	add_error_detail(&out, c, x509_error != V_OK ? x509_error : c->verify_error, cert_der);
	if (!silent)
		strbuf_add(&out, c->policies.p, c->policies.n);
	/* The depth makes errors fatal and nothing else, in openssl too, whose manual says more. */
	if (!silent && x509_error == V_OK && cfg->verify_depth >= 0 &&
	    depth == cfg->verify_depth + 1)
		strbuf_addf(&out, "verify warning: longer than -verify %d, see -verify_depth\n",
			    cfg->verify_depth);
	/* OpenSSL's callback is called with 2 instead of 1 when there are policies to tell. */
	if (go_on && !silent)
		strbuf_addf(&out, "verify return:%d\n",
			    c->policies.n && x509_error == V_OK ? 2 : 1);
	out_flush(STDERR_FILENO, &out);
}

void report_handshake_blocks(struct conn *c)
{
	if (is_interactive(c) && (c->srv->cfg->nbio || c->srv->cfg->nbio_test))
		say(c->srv, "DELAY");
}

/* ---- early data ---- */

void report_early_data(struct conn *c, struct bytes data)
{
	if (is_json(c->srv)) {
		json_early_data(c, data);
		return;
	}
	if (!c->early_bytes)
		say(c->srv, "Early data received:");
	out_write(STDOUT_FILENO, data);
}

void report_early_end(struct conn *c, enum tls_early_data what)
{
	if (is_json(c->srv) || !is_interactive(c))
		return;
	if (c->early_bytes)
		say(c->srv, "\nEnd of early data");
	else if (what == TLS_EARLY_NOT_SENT)
		say(c->srv, "No early data received");
	else
		say(c->srv, "Early data was rejected");
}

/* ---- the session ---- */

void report_summary(struct conn *c)
{
	const struct server_config *cfg = c->srv->cfg;
	bool brief = cfg->mode == SERVER_REV || (is_interactive(c) && cfg->brief);
	bool whole = is_interactive(c) && server_talks(c->srv);
	struct tls_info info = {0};
	struct strbuf out = STRBUF_INIT;

	if (!is_json(c->srv) && !brief && !whole)
		return;
	c->srv->backend->info(c->session, &info);
	if (is_json(c->srv)) {
		json_handshake(c, &info);
		return;
	}
	if (cfg->mode == SERVER_REV)
		strbuf_adds(&out, "CONNECTION ESTABLISHED\n");
	if (brief)
		report_add_brief(&out, c, &info);
	out_flush(STDERR_FILENO, &out);
	if (!whole)
		return;
	report_add_summary(&out, c, &info);
	out_flush(STDOUT_FILENO, &out);
}

void report_data(struct conn *c, struct bytes data)
{
	if (is_json(c->srv))
		json_data(c, data);
	else
		out_write(STDOUT_FILENO, data);
}

void report_read_blocks(struct conn *c)
{
	say(c->srv, "Read BLOCK");
}

void report_command(struct conn *c, char letter, enum tls_status status,
		    const struct tls_error *err)
{
	if (is_json(c->srv)) {
		json_command(c, letter, status, err);
	} else if (status == TLS_OK || status == TLS_WANT_READ || status == TLS_WANT_WRITE) {
		say(c->srv, "SSL_do_handshake -> 1");
	} else if (status == TLS_UNSUPPORTED) {
		/* OpenSSL loses the connection over most of these. */
		struct strbuf out = STRBUF_INIT;

		say(c->srv, "Failed to initiate request");
		report_add_command_errors(&out, c, letter, err);
		out_flush(STDERR_FILENO, &out);
	}
}

void report_done(struct conn *c)
{
	say(c->srv, "DONE");
}

/* ---- ends ---- */

static void print_errors(struct conn *c, const char *title, bool in_handshake,
			 const struct tls_error *err)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, title);
	if (*title && in_handshake && c->verify_error && is_interactive(c))
		strbuf_addf(&out, "verify error:%s\n", x509_error_text(c->verify_error));
	report_add_errors(&out, c, in_handshake, err);
	out_flush(STDERR_FILENO, &out);
}

void report_failure(struct conn *c, bool in_handshake, const struct tls_error *err)
{
	if (is_json(c->srv)) {
		json_failure(c, in_handshake, err);
	} else if (c->srv->cfg->mode == SERVER_REV) {
		print_errors(c, in_handshake ? "CONNECTION FAILURE\n" : "", in_handshake, err);
	} else if (in_handshake) {
		print_errors(c, c->early_over ? "ERROR\n" : "Error reading early data\n", true,
			     err);
	} else {
		say(c->srv, "ERROR");
		print_errors(c, "", false, err);
	}
}

void report_failure_web(struct conn *c, bool in_handshake, const struct tls_error *err)
{
	if (is_json(c->srv))
		json_failure(c, in_handshake, err);
	else if (!c->srv->cfg->quiet)
		print_errors(c, "", in_handshake, err);
}

void report_timeout(struct conn *c)
{
	const struct server_config *cfg = c->srv->cfg;

	if (is_json(c->srv))
		json_timeout(c);
	else if (!cfg->quiet && c->handshake_done)
		out_printf(STDERR_FILENO, "s_server: closed after %u seconds without data\n",
			   cfg->idle_timeout);
	else if (!cfg->quiet)
		out_printf(STDERR_FILENO, "s_server: no handshake within %u seconds\n",
			   cfg->handshake_timeout);
}

void report_closing(struct conn *c)
{
	if (is_interactive(c))
		say(c->srv, "shutting down SSL");
}

void report_closed(struct conn *c)
{
	if (is_json(c->srv))
		json_closed(c);
	else if (is_interactive(c))
		say(c->srv, "CONNECTION CLOSED");
	else if (c->srv->cfg->mode == SERVER_REV && !c->failed)
		out_printf(STDERR_FILENO, "CONNECTION CLOSED\n");
}

void report_file(struct conn *c, const char *name)
{
	if (is_json(c->srv))
		json_file(c, name);
	else if (!c->srv->cfg->quiet)
		out_printf(STDERR_FILENO, "FILE:%s\n", name);
	if (c->srv->cfg->sendfile || c->srv->cfg->zerocopy_sendfile)
		out_printf(STDERR_FILENO,
			   "Warning: sendfile requested but KTLS is not available\n");
}

void report_file_broken(struct conn *c, int error)
{
	if (!is_json(c->srv) && !c->srv->cfg->quiet)
		out_printf(STDERR_FILENO, "s_server: the file could not be sent to its end: %s\n",
			   error ? strerror(error) : "it has become shorter");
}
