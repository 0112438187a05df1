/* What was agreed on, in the words of print_connection_info() and print_ssl_summary() of OpenSSL.
 */
#include "core/report_text.h"

#include "core/names.h"
#include "core/pem.h"
#include "core/session_der.h"
#include "core/verify.h"
#include "core/x509_print.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCSV_RENEGOTIATION = 0x00ff, /* RFC 5746 3.3 */
	MAX_SHARED = 512,
};

static bool in_list(struct u16list list, uint16_t id)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.p[i] == id)
			return true;
	return false;
}

void report_add_printable(struct strbuf *out, struct bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' || text.p[i] > '~')
			strbuf_addf(out, "\\x%02x", text.p[i]);
		else
			strbuf_addc(out, (char)text.p[i]);
}

static bool before_1_3(const struct tls_info *info)
{
	return info->version < TLS_VERSION_1_3;
}

/* ---- suites ---- */

size_t report_shared_suites(const struct conn *c, const struct tls_info *info, uint16_t *out,
			    size_t max)
{
	const struct tls_config *tls = c->srv->tls;
	size_t n = 0;

	/* OpenSSL looks at the offer only when it has to choose. */
	if (info->resumed && before_1_3(info))
		return 0;
	for (size_t i = 0; c->hello && i < c->hello->suites.n && n < max; i++) {
		uint16_t id = c->hello->suites.p[i];

		if (in_list(tls->suites13, id) || in_list(tls->suites12, id))
			out[n++] = id;
	}
	return n;
}

static void add_shared_suites(struct strbuf *out, const struct conn *c, const struct tls_info *info)
{
	uint16_t id[MAX_SHARED];
	size_t n = report_shared_suites(c, info, id, MAX_SHARED);

	if (!c->hello)
		return;
	strbuf_adds(out, "Shared ciphers:");
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_addc(out, ':');
		strbuf_addname(out, suite_name(id[i]), id[i]);
	}
	strbuf_addc(out, '\n');
}

static void add_offered_suites(struct strbuf *out, const struct conn *c)
{
	strbuf_adds(out, "Client cipher list: ");
	for (size_t i = 0; c->hello && i < c->hello->suites.n; i++) {
		uint16_t id = c->hello->suites.p[i];

		if (i)
			strbuf_addc(out, ':');
		if (id == SCSV_RENEGOTIATION)
			strbuf_adds(out, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
		else
			strbuf_addname(out, suite_name(id), id);
	}
	strbuf_addc(out, '\n');
}

/* ---- signature algorithms ---- */

static void add_sigalg_list(struct strbuf *out, const char *title, struct u16list list)
{
	if (!list.n)
		return;
	strbuf_adds(out, title);
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			strbuf_addc(out, ':');
		/* OpenSSL says UNDEF for an unknown one. */
		strbuf_addname(out, sigalg_name(list.p[i]), list.p[i]);
	}
	strbuf_addc(out, '\n');
}

/* OpenSSL shares no SHA-1, SHA-224, MD5 or DSA in TLS 1.3 (tls12_sigalg_allowed()). */
static bool sigalg_fits(uint16_t version, uint16_t id)
{
	unsigned hash = id >> 8, key = id & 0xffu;

	return version < TLS_VERSION_1_3 || hash >= 7 || (hash > 3 && key != 2);
}

/* What both lists hold, in the order of the side that is to choose. */
static struct u16list intersect(const struct conn *c, struct u16list client, struct u16list ours,
				uint16_t *out)
{
	bool our_order = tls_flag(c->srv->tls, TLS_F_SERVERPREF);
	struct u16list from = our_order ? ours : client, in = our_order ? client : ours;
	size_t n = 0;

	for (size_t i = 0; i < from.n && n < MAX_SHARED; i++)
		if (in_list(in, from.p[i]))
			out[n++] = from.p[i];
	return (struct u16list){out, n};
}

static struct u16list offered_sigalgs(const struct conn *c, const struct tls_info *info)
{
	/* OpenSSL does not look at them when it resumes. */
	if (!c->hello || info->resumed)
		return (struct u16list){NULL, 0};
	return c->hello->sigalgs;
}

static void add_peer_signature(struct strbuf *out, const struct tls_info *info)
{
	const char *hash = sigalg_hash_name(info->peer_sigalg);

	if (!info->peer_sigalg)
		return;
	if (hash)
		strbuf_addf(out, "Peer signing digest: %s\n", hash);
	strbuf_adds(out, "Peer signature type: ");
	strbuf_addname(out, sigalg_iana_name(info->peer_sigalg), info->peer_sigalg);
	strbuf_addc(out, '\n');
}

void report_add_sigalgs(struct strbuf *out, const struct conn *c, const struct tls_info *info)
{
	uint16_t shared[MAX_SHARED];
	struct u16list client = offered_sigalgs(c, info);
	struct u16list both = intersect(c, client, c->srv->tls->sigalgs, shared);
	size_t n = 0;

	for (size_t i = 0; i < both.n; i++)
		if (sigalg_fits(info->version, shared[i]))
			shared[n++] = shared[i];
	add_sigalg_list(out, "Signature Algorithms: ", client);
	add_sigalg_list(out, "Shared Signature Algorithms: ", (struct u16list){shared, n});
	add_peer_signature(out, info);
}

/* ---- groups ---- */

static void add_group_list(struct strbuf *out, const char *title, struct u16list list)
{
	strbuf_adds(out, title);
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			strbuf_addc(out, ':');
		strbuf_addname(out, group_name(list.p[i]), list.p[i]);
	}
}

/* The versions in which OpenSSL's default provider lets a group be used. */
static bool group_fits(uint16_t version, uint16_t id)
{
	enum { SECP256R1 = 0x17, SECP521R1 = 0x19, X25519 = 0x1d, X448 = 0x1e };

	if (version < TLS_VERSION_1_3)
		return id <= X448;
	return (id >= SECP256R1 && id <= SECP521R1) || id >= X25519;
}

static struct u16list offered_groups(const struct conn *c, const struct tls_info *info)
{
	if (!c->hello || (info->resumed && before_1_3(info)))
		return (struct u16list){NULL, 0};
	return c->hello->groups;
}

void report_add_groups(struct strbuf *out, const struct conn *c, const struct tls_info *info)
{
	uint16_t shared[MAX_SHARED];
	struct u16list client = offered_groups(c, info);
	struct u16list both = intersect(c, client, c->srv->tls->groups, shared);
	size_t n = 0;

	if (!client.n)
		return;
	for (size_t i = 0; i < both.n; i++)
		if (group_fits(info->version, shared[i]))
			shared[n++] = shared[i];
	add_group_list(out, "Supported groups: ", client);
	add_group_list(out, "\nShared groups: ", (struct u16list){shared, n});
	strbuf_adds(out, n ? "\n" : "NONE\n");
}

static void add_point_formats(struct strbuf *out, const struct conn *c, const struct tls_info *info)
{
	static const char *const names[] = {"uncompressed", "ansiX962_compressed_prime",
					    "ansiX962_compressed_char2"};

	if (!c->hello || !c->hello->point_formats.n || info->resumed || !before_1_3(info))
		return;
	strbuf_adds(out, "Supported Elliptic Curve Point Formats: ");
	for (size_t i = 0; i < c->hello->point_formats.n; i++) {
		unsigned format = c->hello->point_formats.p[i];

		if (i)
			strbuf_addc(out, ':');
		if (format < sizeof(names) / sizeof(*names))
			strbuf_adds(out, names[format]);
		else
			strbuf_addf(out, "unknown(%u)", format);
	}
	strbuf_addc(out, '\n');
}

/* ssl_print_tmp_key() of 3.5. */
static void add_temp_key(struct strbuf *out, const struct tls_info *info)
{
	enum {
		SECP192R1 = 0x13,
		SECP256R1 = 0x17,
		X25519 = 0x1d,
		X448 = 0x1e,
		FFDHE2048 = 0x100,
		FFDHE8192 = 0x104
	};
	const char *name = group_name(info->group), *digits;

	/* OpenSSL has none for a server before TLS 1.3. */
	if (before_1_3(info) || !info->group || !name)
		return;
	digits = name + strcspn(name, "0123456789");
	strbuf_adds(out, "Peer Temp Key: ");
	if (info->group == X25519)
		strbuf_adds(out, "X25519, 253 bits\n");
	else if (info->group == X448)
		strbuf_adds(out, "X448, 448 bits\n");
	else if (info->group >= FFDHE2048 && info->group <= FFDHE8192)
		strbuf_addf(out, "DH, %s bits\n", digits);
	else if (info->group < FFDHE2048)
		strbuf_addf(out, "ECDH, %s, %ld bits\n",
			    info->group == SECP256R1   ? "prime256v1"
			    : info->group == SECP192R1 ? "prime192v1"
						       : name,
			    strtol(digits, NULL, 10));
	else
		strbuf_addf(out, "%s\n", name);
}

/* ---- the client's certificate ---- */

static struct bytes peer_cert(const struct tls_info *info)
{
	return info->n_peer_chain ? info->peer_chain[0] : (struct bytes){NULL, 0};
}

static void add_name(struct strbuf *out, const struct conn *c, struct bytes name)
{
	(void)x509_name_print(out, name, c->srv->cfg->nameopt); /* shows what there is */
}

static void add_titled_name(struct strbuf *out, const struct conn *c, const char *title,
			    struct bytes name)
{
	(void)x509_name_line(out, title, name, c->srv->cfg->nameopt); /* shows what there is */
}

static void add_client_certificate(struct strbuf *out, const struct conn *c,
				   const struct tls_info *info)
{
	struct bytes cert = peer_cert(info);

	if (!cert.n)
		return;
	strbuf_adds(out, "Client certificate\n");
	pem_encode(out, "CERTIFICATE", cert);
	add_titled_name(out, c, "subject=", x509_subject(cert));
	add_titled_name(out, c, "issuer=", x509_issuer(cert));
}

void report_add_ca_names(struct strbuf *out, const struct conn *c)
{
	struct bytes rest = c->hello ? c->hello->ca_names : (struct bytes){NULL, 0};

	if (!rest.n)
		return;
	strbuf_adds(out, "---\nAcceptable server certificate CA names\n");
	while (rest.n >= 2) {
		size_t n = (size_t)rest.p[0] << 8 | rest.p[1];

		if (n > rest.n - 2)
			return;
		add_name(out, c, (struct bytes){rest.p + 2, n});
		strbuf_addc(out, '\n');
		rest.p += 2 + n;
		rest.n -= 2 + n;
	}
}

/* ---- the rest of the summary ---- */

struct bytes report_session_id_context(const struct server *srv)
{
	static const uint8_t of_s_server[] = {1, 0, 0, 0};

	if (srv->tls->session_id_context.n)
		return srv->tls->session_id_context;
	return (struct bytes){of_s_server, sizeof(of_s_server)};
}

void report_add_session_der(struct strbuf *out, struct conn *c, const struct tls_info *info)
{
	uint8_t *der = NULL;
	size_t n = 0;

	if (c->srv->backend->session_der && c->srv->backend->session_der(c->session, &der, &n)) {
		strbuf_add(out, der, n);
		explicit_bzero(der, n);
		free(der);
		return;
	}
	session_der_encode(out, info, report_session_id_context(c->srv),
			   strbuf_bytes(&c->server_name));
}

static void add_session(struct strbuf *out, struct conn *c, const struct tls_info *info)
{
	struct strbuf der = STRBUF_INIT;

	report_add_session_der(&der, c, info);
	pem_encode(out, "SSL SESSION PARAMETERS", strbuf_bytes(&der));
	if (der.p)
		explicit_bzero(der.p, der.n);
	strbuf_release(&der);
}

void report_add_renegotiation(struct strbuf *out, const struct tls_info *info)
{
	if (before_1_3(info))
		strbuf_addf(out, "Secure Renegotiation IS%s supported\n",
			    info->secure_renegotiation ? "" : " NOT");
	else
		strbuf_adds(out, "This TLS version forbids renegotiation.\n");
}

bool report_export_key(struct strbuf *out, struct conn *c)
{
	const struct server_config *cfg = c->srv->cfg;
	struct tls_error err = {.alert = -1};
	uint8_t *material = xmalloc(cfg->keymatexportlen + 1);
	bool ok = c->srv->backend->export_key &&
		  c->srv->backend->export_key(c->session, cfg->keymatexport, material,
					      cfg->keymatexportlen, &err) == TLS_OK;

	if (ok)
		strbuf_addhex(out, (struct bytes){material, cfg->keymatexportlen}, true);
	explicit_bzero(material, cfg->keymatexportlen);
	free(material);
	return ok;
}

static void add_keying_material(struct strbuf *out, struct conn *c)
{
	const struct server_config *cfg = c->srv->cfg;
	struct strbuf material = STRBUF_INIT;

	if (!cfg->keymatexport)
		return;
	strbuf_addf(out, "Keying material exporter:\n    Label: '%s'\n    Length: %zu bytes\n",
		    cfg->keymatexport, cfg->keymatexportlen);
	if (report_export_key(&material, c))
		strbuf_addf(out, "    Keying material: %s\n", material.p);
	else
		strbuf_adds(out, "    Error\n");
	strbuf_release(&material);
}

void report_add_summary(struct strbuf *out, struct conn *c, const struct tls_info *info)
{
	const char *suite = suite_name(info->suite);

	add_session(out, c, info);
	add_client_certificate(out, c, info);
	add_shared_suites(out, c, info);
	report_add_sigalgs(out, c, info);
	add_point_formats(out, c, info);
	report_add_groups(out, c, info);
	report_add_ca_names(out, c);
	strbuf_adds(out, "CIPHER is ");
	if (info->suite)
		strbuf_addname(out, suite, info->suite);
	else
		strbuf_adds(out, "(NONE)");
	strbuf_addc(out, '\n');
	if (info->npn.n) {
		strbuf_adds(out, "NEXTPROTO is ");
		report_add_printable(out, info->npn);
		strbuf_addc(out, '\n');
	}
	if (info->resumed)
		strbuf_adds(out, "Reused session-id\n");
	report_add_renegotiation(out, info);
	if (tls_flag(c->srv->tls, TLS_F_NO_RENEGOTIATION))
		strbuf_adds(out, "Renegotiation is DISABLED\n");
	add_keying_material(out, c);
}

/* ---- -brief ---- */

static void add_verified_name(struct strbuf *out, const struct conn *c, struct bytes cert)
{
	const struct tls_config *tls = c->srv->tls;
	struct bytes name;

	for (size_t i = 0; i < tls->n_settings; i++) {
		const struct tls_setting *set = &tls->settings[i];

		if (strcmp(set->name, "verify_hostname") != 0 || !set->value ||
		    !verify_peer_name(cert, set->value, &name))
			continue;
		strbuf_adds(out, "Verified peername: ");
		report_add_printable(out, name);
		strbuf_addc(out, '\n');
	}
}

static void add_brief_certificate(struct strbuf *out, const struct conn *c,
				  const struct tls_info *info)
{
	struct bytes cert = peer_cert(info);
	const char *hash = sigalg_hash_name(info->peer_sigalg);

	if (!cert.n) {
		strbuf_adds(out, "No peer certificate or raw public key\n");
		return;
	}
	strbuf_adds(out, "Peer certificate: ");
	add_name(out, c, x509_subject(cert));
	strbuf_addc(out, '\n');
	if (info->peer_sigalg) {
		strbuf_addf(out, "Hash used: %s\nSignature type: ", hash ? hash : "UNDEF");
		strbuf_addname(out, sigalg_iana_name(info->peer_sigalg), info->peer_sigalg);
		strbuf_addc(out, '\n');
	}
	if (info->verify_result) {
		strbuf_addf(out, "Verification error: %s\n", x509_error_text(info->verify_result));
	} else {
		strbuf_adds(out, "Verification: OK\n");
		add_verified_name(out, c, cert);
	}
}

void report_add_brief(struct strbuf *out, const struct conn *c, const struct tls_info *info)
{
	struct u16list groups = offered_groups(c, info);

	strbuf_adds(out, "Protocol version: ");
	strbuf_addname(out, version_name(info->version), info->version);
	strbuf_addc(out, '\n');
	add_offered_suites(out, c);
	strbuf_adds(out, "Ciphersuite: ");
	strbuf_addname(out, suite_name(info->suite), info->suite);
	strbuf_addc(out, '\n');
	add_sigalg_list(out, "Signature Algorithms: ", offered_sigalgs(c, info));
	add_brief_certificate(out, c, info);
	add_point_formats(out, c, info);
	if (groups.n) {
		add_group_list(out, "Supported groups: ", groups);
		strbuf_addc(out, '\n');
	}
	add_temp_key(out, info);
}
