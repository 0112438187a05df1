#include "core/wire_trace.h"

#include "core/names.h"
#include "core/pem.h"
#include "core/suites.h"
#include "core/wire.h"
#include "core/wire_text.h"
#include "core/x509_print.h"

#include <inttypes.h>
#include <string.h>

enum handshake_type {
	HS_CLIENT_HELLO = 1,
	HS_SERVER_HELLO = 2,
	HS_NEW_SESSION_TICKET = 4,
	HS_END_OF_EARLY_DATA = 5,
	HS_ENCRYPTED_EXTENSIONS = 8,
	HS_CERTIFICATE = 11,
	HS_SERVER_KEY_EXCHANGE = 12,
	HS_CERTIFICATE_REQUEST = 13,
	HS_SERVER_HELLO_DONE = 14,
	HS_CERTIFICATE_VERIFY = 15,
	HS_CLIENT_KEY_EXCHANGE = 16,
	HS_FINISHED = 20,
	HS_KEY_UPDATE = 24,
};

enum extension_type {
	EXT_SUPPORTED_GROUPS = 10,
	EXT_EC_POINT_FORMATS = 11,
	EXT_SIGNATURE_ALGORITHMS = 13,
	EXT_ALPN = 16,
	EXT_COMPRESS_CERTIFICATE = 27,
	EXT_SESSION_TICKET = 35,
	EXT_EARLY_DATA = 42,
	EXT_SUPPORTED_VERSIONS = 43,
	EXT_PSK_MODES = 45,
	EXT_SIGNATURE_ALGORITHMS_CERT = 50,
	EXT_KEY_SHARE = 51,
	EXT_RENEGOTIATE = 65281,
};

/* One message being read and printed. */
struct reader {
	struct strbuf *sb;
	struct bytes rest;
	bool bad; /* a length led out of the message; from then on nothing is read */
	bool tls13, from_server;
	unsigned message; /* handshake type */
	int indent;
};

/* ---- names ---- */

static const char *const point_formats[] = {"uncompressed", "ansiX962_compressed_prime",
					    "ansiX962_compressed_char2"};
static const char *const psk_modes[] = {"psk_ke", "psk_dhe_ke"};
static const char *const compressions[] = {"none", "zlib", "brotli", "zstd"};
static const char *const key_updates[] = {"update_not_requested", "update_requested"};

#define NAME(table, n) ((n) < sizeof(table) / sizeof(*(table)) ? (table)[n] : "UNKNOWN")

static const char *or_unknown(const char *name)
{
	return name ? name : "UNKNOWN";
}

static const char *version_words(uint16_t version)
{
	switch (version) {
	case TLS_VERSION_SSL3:
		return "SSL 3.0";
	case TLS_VERSION_1_0:
		return "TLS 1.0";
	case TLS_VERSION_1_1:
		return "TLS 1.1";
	case TLS_VERSION_1_2:
		return "TLS 1.2";
	case TLS_VERSION_1_3:
		return "TLS 1.3";
	default:
		return "UNKNOWN";
	}
}

static const char *content_words(unsigned type)
{
	static const char *const words[] = {"ChangeCipherSpec", "Alert", "Handshake",
					    "ApplicationData"};

	return type >= WIRE_TYPE_CCS ? NAME(words, type - WIRE_TYPE_CCS) : "UNKNOWN";
}

/* Where SSL_trace() does not use IANA's name. */
static const char *extension_words(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} own[] = {
		{18, "signed_certificate_timestamps"},
		{19, "client_cert_type"},
		{20, "server_cert_type"},
		{41, "psk"},
		{44, "cookie_ext"},
		{13172, "next_proto_neg"},
		{EXT_RENEGOTIATE, "renegotiate"},
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (own[i].type == type)
			return own[i].name;
	return or_unknown(extension_iana_name(type));
}

/* "secp256r1 (P-256)", "ecdh_x25519" */
static void add_group(struct strbuf *sb, uint16_t id)
{
	enum { X25519 = 0x1d, X448 = 0x1e };
	const char *name = group_name(id), *nist = group_nist_name(id);

	strbuf_addf(sb, "%s%s", id == X25519 || id == X448 ? "ecdh_" : "", or_unknown(name));
	if (nist)
		strbuf_addf(sb, " (%s)", nist);
	strbuf_addf(sb, " (%u)", id);
}

/* ---- reading and printing ---- */

static struct bytes take(struct reader *r, size_t n)
{
	struct bytes b = {r->rest.p, n};

	if (r->bad || n > r->rest.n) {
		r->bad = true;
		return (struct bytes){NULL, 0};
	}
	r->rest.p += n;
	r->rest.n -= n;
	return b;
}

static uint32_t number(struct reader *r, size_t size)
{
	struct bytes b = take(r, size);
	uint32_t value = 0;

	for (size_t i = 0; i < b.n; i++)
		value = value << 8 | b.p[i];
	return value;
}

/* A vector with a length of that many bytes. */
static struct bytes vector(struct reader *r, size_t size)
{
	return take(r, number(r, size));
}

static void line(struct reader *r, int more, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void line(struct reader *r, int more, const char *fmt, ...)
{
	va_list ap;

	if (r->bad)
		return;
	strbuf_addf(r->sb, "%*s", r->indent + more, "");
	va_start(ap, fmt);
	strbuf_vaddf(r->sb, fmt, ap);
	va_end(ap);
	strbuf_addc(r->sb, '\n');
}

static void hex(struct reader *r, int more, const char *name, struct bytes b)
{
	if (r->bad)
		return;
	strbuf_addf(r->sb, "%*s%s (len=%zu): ", r->indent + more, "", name, b.n);
	strbuf_addhex(r->sb, b, true);
	strbuf_addc(r->sb, '\n');
}

static struct reader inner(const struct reader *r, struct bytes b, int more)
{
	struct reader in = *r;

	in.rest = b;
	in.indent += more;
	return in;
}

static void dump(struct reader *r, int more, struct bytes b)
{
	strbuf_adddump(r->sb, b, r->indent + more);
}

/* ---- extensions ---- */

static void list_bytes(struct reader *r, const char *const *names, size_t n)
{
	struct reader in = inner(r, vector(r, 1), 2);

	while (in.rest.n) {
		uint32_t value = number(&in, 1);

		line(&in, 0, "%s (%" PRIu32 ")", value < n ? names[value] : "UNKNOWN", value);
	}
}

#define LIST_BYTES(r, names) list_bytes(r, names, sizeof(names) / sizeof(*(names)))

static void list_groups(struct reader *r)
{
	struct reader in = inner(r, vector(r, 2), 2);

	while (in.rest.n >= 2) {
		strbuf_addf(in.sb, "%*s", in.indent, "");
		add_group(in.sb, (uint16_t)number(&in, 2));
		strbuf_addc(in.sb, '\n');
	}
}

static void list_sigalgs(struct reader *r, struct bytes list)
{
	struct reader in = inner(r, list, 2);

	while (in.rest.n >= 2) {
		uint16_t id = (uint16_t)number(&in, 2);

		line(&in, 0, "%s (0x%04x)", or_unknown(sigalg_iana_name(id)), id);
	}
}

static void list_protocols(struct reader *r)
{
	struct reader in = inner(r, vector(r, 2), 2);

	while (in.rest.n && !in.bad) {
		struct bytes name = vector(&in, 1);

		if (in.bad)
			return;
		strbuf_addf(in.sb, "%*s", in.indent, "");
		for (size_t i = 0; i < name.n; i++)
			strbuf_addc(in.sb,
				    name.p[i] < ' ' || name.p[i] > '~' ? '.' : (char)name.p[i]);
		strbuf_addc(in.sb, '\n');
	}
}

static void list_versions(struct reader *r)
{
	struct reader in = inner(r, r->rest, r->from_server ? 4 : 2);

	if (!r->from_server)
		in.rest = vector(r, 1);
	while (in.rest.n >= 2) {
		uint16_t version = (uint16_t)number(&in, 2);

		line(&in, 0, "%s (%u)", version_words(version), version);
	}
}

static void key_share(struct reader *r)
{
	strbuf_addf(r->sb, "%*sNamedGroup: ", r->indent + 4, "");
	add_group(r->sb, (uint16_t)number(r, 2));
	strbuf_addc(r->sb, '\n');
	if (r->rest.n)
		hex(r, 4, "key_exchange: ", vector(r, 2));
}

static void key_shares(struct reader *r)
{
	struct reader in = inner(r, r->rest, 0);

	if (!r->from_server)
		in.rest = vector(r, 2);
	while (in.rest.n >= 2 && !in.bad)
		key_share(&in);
}

static void renegotiate(struct reader *r)
{
	struct bytes data = vector(r, 1);

	if (!data.n)
		line(r, 4, "<EMPTY>");
	else if (!r->from_server)
		hex(r, 4, "client_verify_data", data);
	else {
		hex(r, 4, "client_verify_data", (struct bytes){data.p, data.n / 2});
		hex(r, 4, "server_verify_data",
		    (struct bytes){data.p + data.n / 2, data.n - data.n / 2});
	}
}

static void early_data(struct reader *r)
{
	if (r->message == HS_NEW_SESSION_TICKET)
		line(r, 2, "max_early_data=%" PRIu32, number(r, 4));
}

static void extension(struct reader *r)
{
	uint16_t type = (uint16_t)number(r, 2);
	struct reader in = inner(r, vector(r, 2), 0);

	line(r, 0, "extension_type=%s(%u), length=%zu", extension_words(type), type, in.rest.n);
	if (r->bad)
		return;
	switch ((enum extension_type)type) {
	case EXT_EC_POINT_FORMATS:
		LIST_BYTES(&in, point_formats);
		return;
	case EXT_SUPPORTED_GROUPS:
		list_groups(&in);
		return;
	case EXT_SIGNATURE_ALGORITHMS:
	case EXT_SIGNATURE_ALGORITHMS_CERT:
		list_sigalgs(&in, vector(&in, 2));
		return;
	case EXT_ALPN:
		list_protocols(&in);
		return;
	case EXT_SUPPORTED_VERSIONS:
		list_versions(&in);
		return;
	case EXT_PSK_MODES:
		LIST_BYTES(&in, psk_modes);
		return;
	case EXT_KEY_SHARE:
		key_shares(&in);
		return;
	case EXT_COMPRESS_CERTIFICATE: {
		struct reader list = inner(&in, vector(&in, 1), 2);

		while (list.rest.n >= 2) {
			uint32_t id = number(&list, 2);

			line(&list, 0, "%s (%" PRIu32 ")", NAME(compressions, id), id);
		}
		return;
	}
	case EXT_SESSION_TICKET:
		if (in.rest.n)
			hex(&in, 4, "ticket", in.rest);
		return;
	case EXT_RENEGOTIATE:
		renegotiate(&in);
		return;
	case EXT_EARLY_DATA:
		early_data(&in);
		return;
	}
	dump(&in, 2, in.rest);
}

static void extensions(struct reader *r)
{
	struct reader in;

	if (!r->rest.n && !r->bad) {
		line(r, 0, "No extensions");
		return;
	}
	in = inner(r, vector(r, 2), 2);
	if (r->bad)
		return;
	if (!in.rest.n) {
		line(r, 0, "No extensions");
		return;
	}
	line(r, 0, "extensions, length = %zu", in.rest.n);
	while (in.rest.n && !in.bad)
		extension(&in);
	r->bad |= in.bad;
}

/* ---- messages ---- */

static void random_lines(struct reader *r)
{
	uint32_t time = number(r, 4);

	line(r, 0, "Random:");
	line(r, 2, "gmt_unix_time=0x%08" PRIX32, time);
	hex(r, 2, "random_bytes", take(r, 28));
}

static void version_line(struct reader *r, const char *name)
{
	uint16_t version = (uint16_t)number(r, 2);

	line(r, 0, "%s=0x%x (%s)", name, version, version_words(version));
}

static const char *suite_words(uint16_t id)
{
	return or_unknown(suite_iana_name(id));
}

static const char *compression_words(uint32_t id)
{
	return id == 0 ? "No Compression" : id == 1 ? "Zlib Compression" : "UNKNOWN";
}

static void client_hello(struct reader *r)
{
	struct reader in;

	version_line(r, "client_version");
	random_lines(r);
	hex(r, 0, "session_id", vector(r, 1));
	in = inner(r, vector(r, 2), 2);
	line(r, 0, "cipher_suites (len=%zu)", in.rest.n);
	while (in.rest.n >= 2) {
		uint16_t id = (uint16_t)number(&in, 2);

		line(&in, 0, "{0x%02X, 0x%02X} %s", id >> 8, id & 0xffu, suite_words(id));
	}
	in = inner(r, vector(r, 1), 2);
	line(r, 0, "compression_methods (len=%zu)", in.rest.n);
	while (in.rest.n) {
		uint32_t id = number(&in, 1);

		line(&in, 0, "%s (0x%02" PRIX32 ")", compression_words(id), id);
	}
	extensions(r);
}

static void server_hello(struct reader *r, struct wire_trace *t)
{
	uint32_t compression;

	version_line(r, "server_version");
	random_lines(r);
	hex(r, 0, "session_id", vector(r, 1));
	t->suite = (uint16_t)number(r, 2);
	line(r, 0, "cipher_suite {0x%02X, 0x%02X} %s", t->suite >> 8, t->suite & 0xffu,
	     suite_words(t->suite));
	compression = number(r, 1);
	line(r, 0, "compression_method: %s (0x%02" PRIX32 ")", compression_words(compression),
	     compression);
	extensions(r);
}

static void certificate(struct reader *r)
{
	struct reader in;

	if (r->tls13)
		hex(r, 0, "context", vector(r, 1));
	in = inner(r, vector(r, 3), 2);
	line(r, 0, "certificate_list, length=%zu", in.rest.n);
	while (in.rest.n && !in.bad) {
		struct bytes der = vector(&in, 3);
		struct x509 cert;

		line(&in, 0, "ASN.1Cert, length=%zu", der.n);
		if (in.bad)
			break;
		if (x509_parse(der, &cert)) {
			strbuf_adds(in.sb, "------details-----\n");
			x509_text(in.sb, der);
			pem_encode(in.sb, "CERTIFICATE", der);
			strbuf_adds(in.sb, "------------------\n");
		} else {
			strbuf_adds(in.sb, "<UNPARSABLE CERTIFICATE>\n");
		}
		if (r->tls13)
			extensions(&in);
	}
	r->bad |= in.bad;
}

static void signature(struct reader *r, uint16_t version)
{
	if (version >= TLS_VERSION_1_2) {
		uint16_t id = (uint16_t)number(r, 2);

		line(r, 0, "Signature Algorithm: %s (0x%04x)", or_unknown(sigalg_iana_name(id)),
		     id);
	}
	hex(r, 0, "Signature", vector(r, 2));
}

static enum suite_kx key_exchange(uint16_t suite)
{
	const struct suite *s = suite_find(suite);

	return s ? s->kx : SUITE_KX_ANY;
}

static const char *key_exchange_words(enum suite_kx kx)
{
	static const char *const words[] = {
		[SUITE_KX_RSA] = "rsa",       [SUITE_KX_DHE] = "DHE",
		[SUITE_KX_ECDHE] = "ECDHE",   [SUITE_KX_PSK] = "PSK",
		[SUITE_KX_RSAPSK] = "RSAPSK", [SUITE_KX_DHEPSK] = "DHEPSK",
		[SUITE_KX_SRP] = "SRP",       [SUITE_KX_ECDHEPSK] = "ECDHEPSK",
	};

	return or_unknown((size_t)kx < sizeof(words) / sizeof(*words) ? words[kx] : NULL);
}

static bool is_psk(enum suite_kx kx)
{
	return kx >= SUITE_KX_PSK && kx <= SUITE_KX_ECDHEPSK;
}

static bool is_dh(enum suite_kx kx)
{
	return kx == SUITE_KX_DHE || kx == SUITE_KX_DHEPSK;
}

static bool is_ecdh(enum suite_kx kx)
{
	return kx == SUITE_KX_ECDHE || kx == SUITE_KX_ECDHEPSK;
}

static void server_key_exchange(struct reader *r, uint16_t version, enum suite_kx kx)
{
	enum { NAMED_CURVE = 3 };

	line(r, 0, "KeyExchangeAlgorithm=%s", key_exchange_words(kx));
	if (is_psk(kx))
		hex(r, 2, "psk_identity_hint", vector(r, 2));
	if (is_dh(kx)) {
		hex(r, 2, "dh_p", vector(r, 2));
		hex(r, 2, "dh_g", vector(r, 2));
		hex(r, 2, "dh_Ys", vector(r, 2));
	} else if (is_ecdh(kx)) {
		r->bad |= number(r, 1) != NAMED_CURVE;
		if (r->bad)
			return;
		strbuf_addf(r->sb, "%*snamed_curve: ", r->indent + 2, "");
		add_group(r->sb, (uint16_t)number(r, 2));
		strbuf_addc(r->sb, '\n');
		hex(r, 2, "point", vector(r, 1));
	}
	if (r->rest.n)
		signature(r, version);
}

static void client_key_exchange(struct reader *r, enum suite_kx kx)
{
	line(r, 0, "KeyExchangeAlgorithm=%s", key_exchange_words(kx));
	if (is_psk(kx))
		hex(r, 2, "psk_identity", vector(r, 2));
	if (kx == SUITE_KX_RSA || kx == SUITE_KX_RSAPSK)
		hex(r, 2, "EncryptedPreMasterSecret", vector(r, 2));
	else if (is_dh(kx))
		hex(r, 2, "dh_Yc", vector(r, 2));
	else if (is_ecdh(kx))
		hex(r, 2, "ecdh_Yc", vector(r, 1));
}

static const char *certificate_type_words(uint32_t type)
{
	switch (type) {
	case 1:
		return "rsa_sign";
	case 2:
		return "dss_sign";
	case 3:
		return "rsa_fixed_dh";
	case 4:
		return "dss_fixed_dh";
	case 64:
		return "ecdsa_sign";
	case 65:
		return "rsa_fixed_ecdh";
	case 66:
		return "ecdsa_fixed_ecdh";
	default:
		return "UNKNOWN";
	}
}

static void certificate_request(struct reader *r, uint16_t version)
{
	struct reader in;

	if (r->tls13) {
		hex(r, 0, "request_context", vector(r, 1));
		extensions(r);
		return;
	}
	in = inner(r, vector(r, 1), 2);
	line(r, 0, "certificate_types (len=%zu)", in.rest.n);
	while (in.rest.n) {
		uint32_t type = number(&in, 1);

		line(&in, 0, "%s (%" PRIu32 ")", certificate_type_words(type), type);
	}
	if (version >= TLS_VERSION_1_2) {
		struct bytes list = vector(r, 2);

		line(r, 0, "signature_algorithms (len=%zu)", list.n);
		list_sigalgs(r, list);
	}
	in = inner(r, vector(r, 2), 2);
	line(r, 0, "certificate_authorities (len=%zu)", in.rest.n);
	while (in.rest.n && !in.bad) {
		struct bytes name = vector(&in, 2);

		if (in.bad)
			break;
		strbuf_addf(in.sb, "%*sDistinguishedName (len=%zu): ", in.indent, "", name.n);
		if (!x509_name_print(in.sb, name, X509_NAME_DEFAULT))
			strbuf_adds(in.sb, "<UNPARSABLE DN>");
		strbuf_addc(in.sb, '\n');
	}
	r->bad |= in.bad;
}

static void new_session_ticket(struct reader *r)
{
	line(r, 2, "ticket_lifetime_hint=%" PRIu32, number(r, 4));
	if (r->tls13) {
		line(r, 2, "ticket_age_add=%" PRIu32, number(r, 4));
		hex(r, 2, "ticket_nonce", vector(r, 1));
	}
	hex(r, 2, "ticket", vector(r, 2));
	if (r->tls13) {
		struct reader in = inner(r, r->rest, 2);

		extensions(&in);
		r->bad |= in.bad;
		r->rest.n = 0;
	}
}

static void body(struct reader *r, struct wire_trace *t, uint16_t version)
{
	switch ((enum handshake_type)r->message) {
	case HS_CLIENT_HELLO:
		client_hello(r);
		return;
	case HS_SERVER_HELLO:
		server_hello(r, t);
		return;
	case HS_NEW_SESSION_TICKET:
		new_session_ticket(r);
		return;
	case HS_ENCRYPTED_EXTENSIONS:
		extensions(r);
		return;
	case HS_CERTIFICATE:
		certificate(r);
		return;
	case HS_SERVER_KEY_EXCHANGE:
		server_key_exchange(r, version, key_exchange(t->suite));
		return;
	case HS_CERTIFICATE_REQUEST:
		certificate_request(r, version);
		return;
	case HS_CERTIFICATE_VERIFY:
		signature(r, version);
		return;
	case HS_CLIENT_KEY_EXCHANGE:
		client_key_exchange(r, key_exchange(t->suite));
		return;
	case HS_FINISHED:
		hex(r, 0, "verify_data", take(r, r->rest.n));
		return;
	case HS_KEY_UPDATE: {
		uint32_t value = number(r, 1);

		line(r, 0, "%s (%" PRIu32 ")", NAME(key_updates, value), value);
		return;
	}
	case HS_END_OF_EARLY_DATA:
	case HS_SERVER_HELLO_DONE:
		if (r->rest.n)
			hex(r, 0, "unexpected value", r->rest);
		return;
	}
	line(r, 0, "Unsupported, hex dump follows:");
	dump(r, 2, r->rest);
}

static void handshake(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, uint16_t version,
		      struct bytes msg)
{
	struct reader r = {
		.sb = sb,
		.rest = msg,
		.tls13 = version == TLS_VERSION_1_3,
		.from_server = dir == TLS_OUT,
		.indent = 4,
	};
	uint32_t length;

	r.message = number(&r, 1);
	length = number(&r, 3);
	line(&r, 0, "%s, Length=%" PRIu32, or_unknown(wire_handshake_name(r.message)), length);
	r.bad |= length != r.rest.n;
	r.indent += 2;
	if (!r.bad)
		body(&r, t, version);
	if (r.bad)
		strbuf_adds(sb, "Message length parse error!\n");
}

static void record_header(struct strbuf *sb, enum tls_dir dir, struct bytes msg)
{
	struct reader r = {.sb = sb, .rest = msg};
	unsigned type = number(&r, 1), version = number(&r, 2), length = number(&r, 2);

	strbuf_addf(sb, "%s TLS Record\nHeader:\n", dir == TLS_IN ? "Received" : "Sent");
	strbuf_addf(sb, "  Version = %s (0x%x)\n", version_words((uint16_t)version), version);
	strbuf_addf(sb, "  Content Type = %s (%u)\n  Length = %u", content_words(type), type,
		    length);
}

static void alert(struct strbuf *sb, struct bytes msg)
{
	if (msg.n != 2)
		strbuf_adds(sb, "    Illegal Alert Length\n");
	else
		strbuf_addf(sb, "    Level=%s(%u), description=%s(%u)\n",
			    msg.p[0] == 1   ? "warning"
			    : msg.p[0] == 2 ? "fatal"
					    : "unknown",
			    msg.p[0],
			    alert_long_name(msg.p[1]) ? alert_long_name(msg.p[1]) : "unknown",
			    msg.p[1]);
}

void wire_trace_message(struct wire_trace *t, struct strbuf *sb, enum tls_dir dir, uint16_t version,
			unsigned content_type, struct bytes msg)
{
	struct reader r = {.sb = sb, .rest = msg, .indent = 4};

	switch (content_type) {
	case WIRE_TYPE_RECORD_HEADER:
		record_header(sb, dir, msg);
		break;
	case WIRE_TYPE_INNER_CONTENT:
		if (msg.n)
			strbuf_addf(sb, "  Inner Content Type = %s (%u)", content_words(msg.p[0]),
				    msg.p[0]);
		break;
	case WIRE_TYPE_HANDSHAKE:
		handshake(t, sb, dir, version, msg);
		break;
	case WIRE_TYPE_CCS:
		if (msg.n == 1 && msg.p[0] == 1)
			strbuf_adds(sb, "    change_cipher_spec (1)\n");
		else
			hex(&r, 0, "unknown value", msg);
		break;
	case WIRE_TYPE_ALERT:
		alert(sb, msg);
		break;
	default:
		break;
	}
	strbuf_addc(sb, '\n');
}
