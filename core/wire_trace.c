#include "core/wire_trace.h"

#include "core/names.h"
#include "core/pem.h"
#include "core/suites.h"
#include "core/take.h"
#include "core/wire.h"
#include "core/wire_text.h"
#include "core/x509_print.h"

enum { BODY = 6 }; /* indent of what a handshake message holds */

static const char *or_unknown(const char *name)
{
	return name ? name : "UNKNOWN";
}

static bool is_tls13(const struct wire_trace *t)
{
	return t->version == TLS_VERSION_1_3;
}

void wire_trace_hex(struct strbuf *sb, int indent, const char *name, struct bytes b)
{
	strbuf_addf(sb, "%*s%s (len=%zu): ", indent, "", name, b.n);
	strbuf_addhex(sb, b, true);
	strbuf_addc(sb, '\n');
}

bool wire_trace_vector(struct strbuf *sb, int indent, const char *name, size_t width,
		       struct bytes *in)
{
	struct bytes b;

	if (!take_vector(in, width, 0, &b))
		return false;
	wire_trace_hex(sb, indent, name, b);
	return true;
}

/* ---- hellos ---- */

static bool add_version(struct strbuf *sb, const char *name, struct bytes *in)
{
	size_t version;

	if (!take_number(in, 2, &version))
		return false;
	strbuf_addf(sb, "%*s%s=0x%zx (%s)\n", BODY, "", name, version,
		    or_unknown(wire_version_text((uint16_t)version)));
	return true;
}

/* As RFC 5246 7.4.1.2 has it, although nobody sends the time any more. */
static bool add_random(struct strbuf *sb, struct bytes *in)
{
	struct bytes random = {NULL, 0};
	size_t time = 0;

	if (in->n < 32)
		return false;
	strbuf_addf(sb, "%*sRandom:\n", BODY, "");
	(void)take_number(in, 4, &time); /* the bytes are there */
	(void)take(in, 28, &random);
	strbuf_addf(sb, "%*sgmt_unix_time=0x%08zX\n", BODY + 2, "", time);
	wire_trace_hex(sb, BODY + 2, "random_bytes", random);
	return true;
}

static void add_suite(struct strbuf *sb, size_t suite)
{
	strbuf_addf(sb, "{0x%02zX, 0x%02zX} %s\n", suite >> 8, suite & 0xff,
		    or_unknown(suite_iana_name((uint16_t)suite)));
}

static void add_compression(struct strbuf *sb, size_t method)
{
	strbuf_addf(sb, "%s (0x%02zX)\n",
		    method == 0   ? "No Compression"
		    : method == 1 ? "Zlib Compression"
				  : "UNKNOWN",
		    method);
}

static bool client_hello(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
			 struct bytes *in)
{
	struct bytes list;
	size_t item;

	if (!add_version(sb, "client_version", in) || !add_random(sb, in) ||
	    !wire_trace_vector(sb, BODY, "session_id", 1, in) || !take_vector(in, 2, 0, &list))
		return false;
	strbuf_addf(sb, "%*scipher_suites (len=%zu)\n", BODY, "", list.n);
	if (list.n % 2)
		return false;
	while (take_number(&list, 2, &item)) {
		strbuf_addf(sb, "%*s", BODY + 2, "");
		add_suite(sb, item);
	}
	if (!take_vector(in, 1, 0, &list))
		return false;
	strbuf_addf(sb, "%*scompression_methods (len=%zu)\n", BODY, "", list.n);
	while (take_number(&list, 1, &item)) {
		strbuf_addf(sb, "%*s", BODY + 2, "");
		add_compression(sb, item);
	}
	return wire_trace_extensions(t, sb, BODY,
				     (struct wire_trace_place){WIRE_HS_CLIENT_HELLO, dir}, in);
}

static bool server_hello(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
			 struct bytes *in)
{
	size_t suite, compression;

	t->version = wire_selected_version(*in);
	t->raw_key[TLS_IN] = t->raw_key[TLS_OUT] = false;
	if (!add_version(sb, "server_version", in) || !add_random(sb, in) ||
	    !wire_trace_vector(sb, BODY, "session_id", 1, in) || !take_number(in, 2, &suite))
		return false;
	t->suite = (uint16_t)suite;
	strbuf_addf(sb, "%*scipher_suite ", BODY, "");
	add_suite(sb, suite);
	if (!take_number(in, 1, &compression))
		return false;
	strbuf_addf(sb, "%*scompression_method: ", BODY, "");
	add_compression(sb, compression);
	return wire_trace_extensions(t, sb, BODY,
				     (struct wire_trace_place){WIRE_HS_SERVER_HELLO, dir}, in);
}

static bool encrypted_extensions(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
				 struct bytes *in)
{
	return wire_trace_extensions(
		t, sb, BODY, (struct wire_trace_place){WIRE_HS_ENCRYPTED_EXTENSIONS, dir}, in);
}

/* ---- key exchange ---- */

static const char *exchange_name(enum suite_kx kx)
{
	switch (kx) {
	case SUITE_KX_RSA:
		return "rsa";
	case SUITE_KX_DH:
	case SUITE_KX_DHE:
		return "DHE";
	case SUITE_KX_ECDH:
	case SUITE_KX_ECDHE:
		return "ECDHE";
	case SUITE_KX_PSK:
		return "PSK";
	case SUITE_KX_RSAPSK:
		return "RSAPSK";
	case SUITE_KX_DHEPSK:
		return "DHEPSK";
	case SUITE_KX_ECDHEPSK:
		return "ECDHEPSK";
	case SUITE_KX_SRP:
		return "SRP";
	case SUITE_KX_ANY:
	case SUITE_KX_ECJPAKE:
	case SUITE_KX_ECCPWD:
		break;
	}
	return NULL;
}

static bool has_psk(enum suite_kx kx)
{
	return kx == SUITE_KX_PSK || kx == SUITE_KX_RSAPSK || kx == SUITE_KX_DHEPSK ||
	       kx == SUITE_KX_ECDHEPSK;
}

/* The line that names it. SUITE_KX_ANY: nothing is known of what follows. */
static enum suite_kx add_exchange(const struct wire_trace *t, struct strbuf *sb)
{
	const struct suite *suite = suite_find(t->suite);
	const char *name = suite ? exchange_name(suite->kx) : NULL;

	strbuf_addf(sb, "%*sKeyExchangeAlgorithm=%s\n", BODY, "", or_unknown(name));
	return name ? suite->kx : SUITE_KX_ANY;
}

/* RFC 8422 5.4 */
static bool server_ec_params(struct strbuf *sb, struct bytes *in)
{
	enum { NAMED_CURVE = 3 };
	size_t type, group;

	if (!take_number(in, 1, &type))
		return false;
	if (type != NAMED_CURVE) {
		strbuf_addf(sb, "%*sUNKNOWN CURVE PARAMETERS TYPE %zu\n", BODY + 2, "", type);
		return false;
	}
	if (!take_number(in, 2, &group))
		return false;
	strbuf_addf(sb, "%*snamed_curve: ", BODY + 2, "");
	wire_trace_group(sb, (uint16_t)group);
	strbuf_addc(sb, '\n');
	return wire_trace_vector(sb, BODY + 2, "point", 1, in);
}

/* RFC 5246 7.4.3 */
static bool server_dh_params(struct strbuf *sb, struct bytes *in)
{
	return wire_trace_vector(sb, BODY + 2, "dh_p", 2, in) &&
	       wire_trace_vector(sb, BODY + 2, "dh_g", 2, in) &&
	       wire_trace_vector(sb, BODY + 2, "dh_Ys", 2, in);
}

/* RFC 5054 2.8.1 */
static bool server_srp_params(struct strbuf *sb, struct bytes *in)
{
	return wire_trace_vector(sb, BODY + 2, "srp_N", 2, in) &&
	       wire_trace_vector(sb, BODY + 2, "srp_g", 2, in) &&
	       wire_trace_vector(sb, BODY + 2, "srp_s", 1, in) &&
	       wire_trace_vector(sb, BODY + 2, "srp_B", 2, in);
}

/* RFC 5246 4.7: older versions sign with what follows from the key. */
static bool add_signature(const struct wire_trace *t, struct strbuf *sb, struct bytes *in)
{
	size_t algorithm;

	if (t->version >= TLS_VERSION_1_2) {
		if (!take_number(in, 2, &algorithm))
			return false;
		strbuf_addf(sb, "%*sSignature Algorithm: ", BODY, "");
		wire_trace_sigalg(sb, (uint16_t)algorithm);
		strbuf_addc(sb, '\n');
	}
	return wire_trace_vector(sb, BODY, "Signature", 2, in);
}

static bool server_key_exchange(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
				struct bytes *in)
{
	enum suite_kx kx = add_exchange(t, sb);
	const struct suite *suite = suite_find(t->suite);
	bool ok = true;

	(void)dir;
	if (has_psk(kx) && !wire_trace_vector(sb, BODY + 2, "psk_identity_hint", 2, in))
		return false;
	if (kx == SUITE_KX_ECDHE || kx == SUITE_KX_ECDHEPSK)
		ok = server_ec_params(sb, in);
	else if (kx == SUITE_KX_DHE || kx == SUITE_KX_DHEPSK)
		ok = server_dh_params(sb, in);
	else if (kx == SUITE_KX_SRP)
		ok = server_srp_params(sb, in);
	if (!ok || !suite || kx == SUITE_KX_ANY || has_psk(kx) || suite->au == SUITE_AU_NONE ||
	    suite->au == SUITE_AU_SRP)
		return ok;
	return add_signature(t, sb, in);
}

static bool client_key_exchange(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
				struct bytes *in)
{
	enum suite_kx kx = add_exchange(t, sb);

	(void)dir;
	if (has_psk(kx) && !wire_trace_vector(sb, BODY + 2, "psk_identity", 2, in))
		return false;
	if (kx == SUITE_KX_RSA || kx == SUITE_KX_RSAPSK)
		return wire_trace_vector(sb, BODY + 2, "EncryptedPreMasterSecret", 2, in);
	if (kx == SUITE_KX_DHE || kx == SUITE_KX_DH || kx == SUITE_KX_DHEPSK)
		return wire_trace_vector(sb, BODY + 2, "dh_Yc", 2, in);
	if (kx == SUITE_KX_ECDHE || kx == SUITE_KX_ECDH || kx == SUITE_KX_ECDHEPSK)
		return wire_trace_vector(sb, BODY + 2, "ecdh_Yc", 1, in);
	if (kx == SUITE_KX_SRP)
		return wire_trace_vector(sb, BODY + 2, "srp_A", 2, in);
	return true;
}

/* ---- certificates ---- */

static bool add_certificate(struct strbuf *sb, struct bytes *in)
{
	struct bytes der;
	struct x509 cert;

	if (!take_vector(in, 3, 0, &der))
		return false;
	strbuf_addf(sb, "%*sASN.1Cert, length=%zu\n", BODY + 2, "", der.n);
	if (!x509_parse(der, &cert)) {
		strbuf_adds(sb, "<UNPARSEABLE CERTIFICATE>\n");
		return true;
	}
	strbuf_adds(sb, "------details-----\n");
	x509_text_names(sb, der, X509_NAME_ONELINE);
	pem_encode(sb, "CERTIFICATE", der);
	strbuf_adds(sb, "------------------\n");
	return true;
}

static bool add_raw_key(struct strbuf *sb, struct bytes spki)
{
	strbuf_addf(sb, "%*sraw_public_key, length=%zu\n", BODY, "", spki.n);
	x509_key_text(sb, spki, BODY + 2);
	return true;
}

static bool certificate(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, struct bytes *in)
{
	const struct wire_trace_place at = {WIRE_HS_CERTIFICATE, dir};
	struct bytes list;

	if (is_tls13(t) && !wire_trace_vector(sb, BODY, "context", 1, in))
		return false;
	if (!take_vector(in, 3, 0, &list))
		return false;
	if (t->raw_key[dir]) {
		struct bytes spki = list;

		if (is_tls13(t) && !take_vector(&list, 3, 0, &spki))
			return false;
		(void)add_raw_key(sb, spki);
		return !is_tls13(t) || wire_trace_extensions(t, sb, BODY + 2, at, &list);
	}
	strbuf_addf(sb, "%*scertificate_list, length=%zu\n", BODY, "", list.n);
	while (list.n)
		if (!add_certificate(sb, &list) ||
		    (is_tls13(t) && !wire_trace_extensions(t, sb, BODY + 2, at, &list)))
			return false;
	return true;
}

/* RFC 8879 4 */
static bool compressed_certificate(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
				   struct bytes *in)
{
	static const char *const names[] = {NULL, "zlib", "brotli", "zstd"};
	size_t algorithm, whole;
	struct bytes data;

	(void)t;
	(void)dir;
	if (!take_number(in, 2, &algorithm) || !take_number(in, 3, &whole) ||
	    !take_vector(in, 3, 1, &data))
		return false;
	strbuf_addf(sb, "%*sCompression type=%s (0x%04zx)\n", BODY, "",
		    or_unknown(algorithm < 4 ? names[algorithm] : NULL), algorithm);
	strbuf_addf(sb, "%*sUncompressed length=%zu\n", BODY, "", whole);
	strbuf_addf(sb, "%*sCompressed length=%zu, Ratio=%f:1\n", BODY, "", data.n,
		    (double)whole / (double)data.n);
	strbuf_adddump(sb, data, BODY);
	return true;
}

static bool certificate_verify(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
			       struct bytes *in)
{
	(void)dir;
	return add_signature(t, sb, in);
}

/* RFC 5246 7.4.4 and the IANA registry */
static const char *certificate_type(size_t type)
{
	static const char *const names[256] = {
		[1] = "rsa_sign",          [2] = "dss_sign",         [3] = "rsa_fixed_dh",
		[4] = "dss_fixed_dh",      [5] = "rsa_ephemeral_dh", [6] = "dss_ephemeral_dh",
		[20] = "fortezza_dms",     [64] = "ecdsa_sign",      [65] = "rsa_fixed_ecdh",
		[66] = "ecdsa_fixed_ecdh", [67] = "gost_sign256",    [68] = "gost_sign512",
	};

	return names[type & 0xff];
}

static bool add_certificate_types(struct strbuf *sb, struct bytes *in)
{
	struct bytes list;
	size_t type;

	if (!take_vector(in, 1, 0, &list))
		return false;
	strbuf_addf(sb, "%*scertificate_types (len=%zu)\n", BODY, "", list.n);
	while (take_number(&list, 1, &type))
		strbuf_addf(sb, "%*s%s (%zu)\n", BODY + 2, "", or_unknown(certificate_type(type)),
			    type);
	return true;
}

static bool add_signature_algorithms(struct strbuf *sb, struct bytes *in)
{
	struct bytes list;
	size_t id;

	if (!take_vector(in, 2, 0, &list) || list.n % 2)
		return false;
	strbuf_addf(sb, "%*ssignature_algorithms (len=%zu)\n", BODY, "", list.n);
	while (take_number(&list, 2, &id)) {
		strbuf_addf(sb, "%*s", BODY + 2, "");
		wire_trace_sigalg(sb, (uint16_t)id);
		strbuf_addc(sb, '\n');
	}
	return true;
}

static bool add_authorities(struct strbuf *sb, struct bytes *in)
{
	struct bytes list, name;

	if (!take_vector(in, 2, 0, &list))
		return false;
	strbuf_addf(sb, "%*scertificate_authorities (len=%zu)\n", BODY, "", list.n);
	while (list.n) {
		if (!take_vector(&list, 2, 0, &name))
			return false;
		strbuf_addf(sb, "%*sDistinguishedName (len=%zu): ", BODY + 2, "", name.n);
		if (!x509_name_print(sb, name, X509_NAME_ONELINE))
			strbuf_adds(sb, "<UNPARSEABLE DN>");
		strbuf_addc(sb, '\n');
	}
	return true;
}

static bool certificate_request(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
				struct bytes *in)
{
	if (is_tls13(t))
		return wire_trace_vector(sb, BODY, "request_context", 1, in) &&
		       wire_trace_extensions(
			       t, sb, BODY,
			       (struct wire_trace_place){WIRE_HS_CERTIFICATE_REQUEST, dir}, in);
	return add_certificate_types(sb, in) &&
	       (t->version < TLS_VERSION_1_2 || add_signature_algorithms(sb, in)) &&
	       add_authorities(sb, in);
}

/* ---- the rest ---- */

static bool new_session_ticket(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
			       struct bytes *in)
{
	size_t number;

	if (!take_number(in, 4, &number))
		return false;
	strbuf_addf(sb, "%*sticket_lifetime_hint=%zu\n", BODY + 2, "", number);
	if (is_tls13(t)) {
		if (!take_number(in, 4, &number))
			return false;
		strbuf_addf(sb, "%*sticket_age_add=%zu\n", BODY + 2, "", number);
		if (!wire_trace_vector(sb, BODY + 2, "ticket_nonce", 1, in))
			return false;
	}
	if (!wire_trace_vector(sb, BODY + 2, "ticket", 2, in))
		return false;
	return !is_tls13(t) ||
	       wire_trace_extensions(t, sb, BODY + 2,
				     (struct wire_trace_place){WIRE_HS_NEW_SESSION_TICKET, dir},
				     in);
}

static bool finished(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, struct bytes *in)
{
	(void)t;
	(void)dir;
	wire_trace_hex(sb, BODY, "verify_data", *in);
	return true;
}

static bool key_update(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, struct bytes *in)
{
	static const char *const names[] = {"update_not_requested", "update_requested"};
	size_t request;

	(void)t;
	(void)dir;
	if (in->n != 1 || !take_number(in, 1, &request))
		return false;
	strbuf_addf(sb, "%*s%s (%zu)\n", BODY, "", or_unknown(request < 2 ? names[request] : NULL),
		    request);
	return true;
}

static bool empty(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, struct bytes *in)
{
	(void)t;
	(void)dir;
	if (in->n)
		wire_trace_hex(sb, BODY, "unexpected value", *in);
	return true;
}

static bool unsupported(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, struct bytes *in)
{
	(void)t;
	(void)dir;
	strbuf_addf(sb, "%*sUnsupported, hex dump follows:\n", BODY, "");
	strbuf_adddump(sb, *in, BODY + 2);
	return true;
}

/* Each prints the body of its message; false: malformed. */
static bool (*const bodies[256])(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
				 struct bytes *in) = {
	[WIRE_HS_CLIENT_HELLO] = client_hello,
	[WIRE_HS_SERVER_HELLO] = server_hello,
	[WIRE_HS_NEW_SESSION_TICKET] = new_session_ticket,
	[WIRE_HS_END_OF_EARLY_DATA] = empty,
	[WIRE_HS_ENCRYPTED_EXTENSIONS] = encrypted_extensions,
	[WIRE_HS_CERTIFICATE] = certificate,
	[WIRE_HS_SERVER_KEY_EXCHANGE] = server_key_exchange,
	[WIRE_HS_CERTIFICATE_REQUEST] = certificate_request,
	[WIRE_HS_SERVER_HELLO_DONE] = empty,
	[WIRE_HS_CERTIFICATE_VERIFY] = certificate_verify,
	[WIRE_HS_CLIENT_KEY_EXCHANGE] = client_key_exchange,
	[WIRE_HS_FINISHED] = finished,
	[WIRE_HS_KEY_UPDATE] = key_update,
	[WIRE_HS_COMPRESSED_CERTIFICATE] = compressed_certificate,
};

static bool add_handshake(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
			  struct bytes msg)
{
	struct bytes body;
	size_t type, n;

	if (!take_number(&msg, 1, &type) || !take_number(&msg, 3, &n))
		return false;
	strbuf_addf(sb, "    %s, Length=%zu\n", or_unknown(wire_handshake_text((unsigned)type)), n);
	if (!take(&msg, n, &body))
		return false;
	return (bodies[type] ? bodies[type] : unsupported)(t, sb, dir, &body);
}

/* ---- records ---- */

static void add_record_header(struct strbuf *sb, enum tls_dir dir, struct bytes header)
{
	size_t type, version, n;

	if (!take_number(&header, 1, &type) || !take_number(&header, 2, &version) ||
	    !take_number(&header, 2, &n))
		return;
	strbuf_addf(sb, "%s TLS Record\nHeader:\n", dir == TLS_IN ? "Received" : "Sent");
	strbuf_addf(sb, "  Version = %s (0x%zx)\n",
		    or_unknown(wire_version_text((uint16_t)version)), version);
	strbuf_addf(sb, "  Content Type = %s (%zu)\n  Length = %zu\n",
		    or_unknown(wire_content_type_text((unsigned)type)), type, n);
}

static void add_alert(struct strbuf *sb, struct bytes msg)
{
	const char *name;

	if (msg.n != 2) {
		strbuf_adds(sb, "    Illegal Alert Length\n");
		return;
	}
	name = alert_long_name(msg.p[1]);
	strbuf_addf(sb, "    Level=%s(%u), description=%s(%u)\n",
		    msg.p[0] == 1   ? "warning"
		    : msg.p[0] == 2 ? "fatal"
				    : "unknown",
		    (unsigned)msg.p[0], name ? name : "unknown", (unsigned)msg.p[1]);
}

void wire_trace_message(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir,
			unsigned content_type, struct bytes msg)
{
	switch (content_type) {
	case WIRE_TYPE_RECORD_HEADER:
		add_record_header(sb, dir, msg);
		return;
	case WIRE_TYPE_INNER_CONTENT:
		if (msg.n == 1)
			strbuf_addf(sb, "  Inner Content Type = %s (%u)\n",
				    or_unknown(wire_content_type_text(msg.p[0])),
				    (unsigned)msg.p[0]);
		return;
	case WIRE_TYPE_HANDSHAKE:
		if (!add_handshake(t, sb, dir, msg))
			strbuf_adds(sb, "Message length parse error!\n");
		break;
	case WIRE_TYPE_CCS:
		if (msg.n == 1 && msg.p[0] == 1)
			strbuf_adds(sb, "    change_cipher_spec (1)\n");
		else
			wire_trace_hex(sb, 4, "unknown value", msg);
		break;
	case WIRE_TYPE_ALERT:
		add_alert(sb, msg);
		break;
	default:
		break;
	}
	strbuf_addc(sb, '\n');
}

void wire_trace_encrypted(struct strbuf *sb, size_t n)
{
	strbuf_addf(sb, "    Encrypted, Length=%zu\n\n", n);
}
