#include "cli/combinations.h"

#include <ctype.h>

static bool refuse(struct strbuf *err, const char *line)
{
	strbuf_addf(err, "%s\n", line);
	return false;
}

/* ---- what s_server_main() checks when it meets an option, in the order of the command line ----
 */

static bool is_protocol(enum option_id id)
{
	return id == OPT_ssl2 || id == OPT_ssl3 || id == OPT_tls1 || id == OPT_tls1_1 ||
	       id == OPT_tls1_2 || id == OPT_tls1_3 || id == OPT_dtls || id == OPT_dtls1 ||
	       id == OPT_dtls1_2;
}

static bool is_no_protocol(enum option_id id)
{
	return id == OPT_no_ssl2 || id == OPT_no_ssl3 || id == OPT_no_tls1 || id == OPT_no_tls1_1 ||
	       id == OPT_no_tls1_2 || id == OPT_no_tls1_3;
}

static bool is_hex(const char *s)
{
	while (isxdigit((unsigned char)*s))
		s++;
	return !*s;
}

struct walk {
	int protocols, no_protocols;
	bool cert, key, chain; /* seen in this -xcert group */
};

static bool check_protocols(struct walk *w, enum option_id id, struct strbuf *err)
{
	w->protocols += is_protocol(id);
	w->no_protocols += is_no_protocol(id);
	if (w->protocols > 1)
		return refuse(err, "Cannot supply multiple protocol flags");
	if (w->protocols && w->no_protocols)
		return refuse(err, "Cannot supply both a protocol flag and '-no_<prot>'");
	return true;
}

/* -xcert begins a group, except when only its key or chain came before. */
static bool check_xcert(struct walk *w, enum option_id id, struct strbuf *err)
{
	if (id == OPT_xcert) {
		if (w->cert)
			w->key = w->chain = false;
		w->cert = true;
	} else if (id == OPT_xkey) {
		if (w->key)
			return refuse(err, "s_server: Key already specified");
		w->key = true;
	} else if (id == OPT_xchain) {
		if (w->chain)
			return refuse(err, "s_server: Chain already specified");
		w->chain = true;
	}
	return true;
}

static bool check_use(struct walk *w, const struct option_use *use, struct strbuf *err)
{
	if (use->id == OPT_psk && !is_hex(use->value)) {
		strbuf_addf(err, "Not a hex number '%s'\n", use->value);
		return false;
	}
	if (use->id == OPT_max_early_data && use->number < 0)
		return refuse(err, "Invalid value for max_early_data");
	if (use->id == OPT_recv_max_early_data && use->number < 0)
		return refuse(err, "Invalid value for recv_max_early_data");
	return check_protocols(w, use->id, err) && check_xcert(w, use->id, err);
}

/* ---- what it checks afterwards ---- */

static bool is_unix(const struct options *o)
{
	long at = options_position(o, OPT_unix);

	return at > options_position(o, OPT_port) && at > options_position(o, OPT_accept) &&
	       at > options_position(o, OPT_4) && at > options_position(o, OPT_6);
}

static bool check_pairs(const struct options *o, struct strbuf *err)
{
	bool dtls = options_given(o, OPT_dtls) || options_given(o, OPT_dtls1) ||
		    options_given(o, OPT_dtls1_2);
	bool rev = options_given(o, OPT_rev);
	bool files = options_given(o, OPT_WWW) || options_given(o, OPT_HTTP);
	bool sendfile = options_given(o, OPT_sendfile) || options_given(o, OPT_zerocopy_sendfile);

	if (options_given(o, OPT_tls1_3) && options_given(o, OPT_nextprotoneg)) {
		(void)refuse(err, "Cannot supply -nextprotoneg with TLSv1.3");
		return refuse(err, "s_server: Use -help for summary.");
	}
	if (dtls && (files || options_given(o, OPT_www)))
		return refuse(err, "Can't use -HTTP, -www or -WWW with DTLS");
	if (!dtls && options_given(o, OPT_listen))
		return refuse(err, "Can only use -listen with DTLS");
	if (dtls && rev)
		return refuse(err, "Can't use -rev with DTLS");
	if (dtls && options_given(o, OPT_tfo))
		return refuse(err, "Can only use -tfo with TLS");
	if (dtls && options_given(o, OPT_stateless))
		return refuse(err, "Can only use --stateless with TLS");
	if (dtls && is_unix(o))
		return refuse(err, "Can't use unix sockets and datagrams together");
	if (!dtls && options_given(o, OPT_sctp))
		return refuse(err, "Can't use -sctp without DTLS");
	if (sendfile && !files)
		return refuse(err, "Can't use -sendfile without -WWW or -HTTP");
	return true;
}

static bool check_range(const struct options *o, enum option_id id, const char *what,
			const intmax_t range[2], struct strbuf *err)
{
	intmax_t n = options_number(o, id, range[0]);

	if (n >= range[0] && n <= range[1])
		return true;
	strbuf_addf(err, "s_server: %s %jd is out of permitted range\n", what, n);
	return false;
}

/* Limits of SSL_CTX_set_max_send_fragment() and its kin. */
static bool check_fragments(const struct options *o, struct strbuf *err)
{
	const intmax_t whole[] = {512, 16384};
	const intmax_t split[] = {1, options_number(o, OPT_max_send_frag, 16384)};
	const intmax_t pipes[] = {1, 32};

	return check_range(o, OPT_max_send_frag, "Max send fragment size", whole, err) &&
	       check_range(o, OPT_split_send_frag, "Split send fragment size", split, err) &&
	       check_range(o, OPT_max_pipelines, "Max pipelines", pipes, err);
}

/* One terminal serves one client. */
static bool check_workers(const struct options *o, struct strbuf *err)
{
	const intmax_t workers[] = {1, 256};
	bool many = options_given(o, OPT_rev) || options_given(o, OPT_www) ||
		    options_given(o, OPT_WWW) || options_given(o, OPT_HTTP);

	if (!check_range(o, OPT_workers, "Number of workers", workers, err))
		return false;
	if (options_number(o, OPT_workers, 1) == 1 || many)
		return true;
	return refuse(err, "s_server: -workers needs -www, -WWW, -HTTP or -rev: only there it "
			   "serves several clients at once");
}

bool options_check(const struct options *o, struct strbuf *err)
{
	struct walk w = {0};

	for (size_t i = 0; i < o->n; i++)
		if (!check_use(&w, &o->use[i], err))
			return false;
	return check_pairs(o, err) && check_fragments(o, err) && check_workers(o, err);
}
