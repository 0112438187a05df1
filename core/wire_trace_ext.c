/* The extensions of -trace: the second half of wire_trace.h. */
#include "core/wire_trace.h"

#include "core/names.h"
#include "core/take.h"
#include "core/wire.h"
#include "core/wire_text.h"

enum { EXT_CLIENT_CERT_TYPE = 19, EXT_SERVER_CERT_TYPE = 20, CERT_TYPE_RAW_KEY = 2 };

static const char *or_unknown(const char *name)
{
	return name ? name : "UNKNOWN";
}

/* ---- numbers ---- */

void wire_trace_sigalg(struct strbuf *sb, uint16_t id)
{
	strbuf_addf(sb, "%s (0x%04x)", or_unknown(sigalg_iana_name(id)), (unsigned)id);
}

void wire_trace_group(struct strbuf *sb, uint16_t id)
{
	enum { X25519 = 0x001d, X448 = 0x001e };
	const char *alias = group_alias(id);

	strbuf_addf(sb, "%s%s", id == X25519 || id == X448 ? "ecdh_" : "",
		    or_unknown(group_name(id)));
	if (alias)
		strbuf_addf(sb, " (%s)", alias);
	strbuf_addf(sb, " (%u)", (unsigned)id);
}

static void add_named(struct strbuf *sb, const char *name, unsigned id)
{
	strbuf_addf(sb, "%s (%u)", or_unknown(name), id);
}

static void add_version(struct strbuf *sb, uint16_t id)
{
	add_named(sb, wire_version_text(id), id);
}

static void add_point_format(struct strbuf *sb, uint16_t id)
{
	static const char *const names[] = {"uncompressed", "ansiX962_compressed_prime",
					    "ansiX962_compressed_char2"};

	add_named(sb, id < 3 ? names[id] : NULL, id);
}

static void add_psk_mode(struct strbuf *sb, uint16_t id)
{
	static const char *const names[] = {"psk_ke", "psk_dhe_ke"};

	add_named(sb, id < 2 ? names[id] : NULL, id);
}

static void add_cert_type(struct strbuf *sb, uint16_t id)
{
	static const char *const names[] = {"x509", "pgp", "rpk", "1609dot2"};

	add_named(sb, id < 4 ? names[id] : NULL, id);
}

static void add_compression(struct strbuf *sb, uint16_t id)
{
	static const char *const names[] = {NULL, "zlib", "brotli", "zstd"};

	add_named(sb, id < 4 ? names[id] : NULL, id);
}

static void add_fragment_length(struct strbuf *sb, uint16_t id)
{
	if (id >= 1 && id <= 4)
		strbuf_addf(sb, "max_fragment_length := 2^%u (%u bytes) (%u)", id + 8u,
			    1u << (id + 8), (unsigned)id);
	else
		add_named(sb, NULL, id);
}

/* ---- extensions ---- */

/* How the body of an extension is shown. */
enum form {
	DUMP,    /* bytes */
	NOTHING, /* no line, whatever it holds */
	LIST,    /* numbers */
	PROTOCOLS,
	TICKET,
	KEY_SHARE,
	RENEGOTIATION,
};

static const struct extension {
	uint16_t type;
	const char *name; /* where OpenSSL's is not IANA's */
	enum form form;
	size_t width; /* LIST: bytes of its length; a server that answers with one item has none */
	size_t item;  /* LIST: bytes of an item */
	void (*add)(struct strbuf *sb, uint16_t id);
} extensions[] = {
	{.type = 1, .form = LIST, .width = 0, .item = 1, .add = add_fragment_length},
	{.type = 10, .form = LIST, .width = 2, .item = 2, .add = wire_trace_group},
	{.type = 11, .form = LIST, .width = 1, .item = 1, .add = add_point_format},
	{.type = 13, .form = LIST, .width = 2, .item = 2, .add = wire_trace_sigalg},
	{.type = 16, .form = PROTOCOLS},
	{.type = 18, .name = "signed_certificate_timestamps"},
	{.type = EXT_CLIENT_CERT_TYPE,
	 .name = "client_cert_type",
	 .form = LIST,
	 .width = 1,
	 .item = 1,
	 .add = add_cert_type},
	{.type = EXT_SERVER_CERT_TYPE,
	 .name = "server_cert_type",
	 .form = LIST,
	 .width = 1,
	 .item = 1,
	 .add = add_cert_type},
	{.type = 27, .form = LIST, .width = 1, .item = 2, .add = add_compression},
	{.type = 35, .form = TICKET},
	{.type = 41, .name = "psk"},
	{.type = 42, .form = NOTHING},
	{.type = 43, .form = LIST, .width = 1, .item = 2, .add = add_version},
	{.type = 44, .name = "cookie_ext"},
	{.type = 45, .form = LIST, .width = 1, .item = 1, .add = add_psk_mode},
	{.type = 51, .form = KEY_SHARE},
	{.type = 13172, .name = "next_proto_neg"},
	{.type = 65281, .name = "renegotiate", .form = RENEGOTIATION},
};

static const struct extension *find(size_t type)
{
	static const struct extension other = {.form = DUMP};

	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (extensions[i].type == type)
			return &extensions[i];
	return &other;
}

/* RFC 8446 4.2: a server answers with what it selected, not with a list. */
static bool is_answer(struct wire_trace_place at)
{
	return at.message == WIRE_HS_SERVER_HELLO || at.message == WIRE_HS_ENCRYPTED_EXTENSIONS;
}

static bool add_list(struct strbuf *sb, const struct extension *e, int indent,
		     struct wire_trace_place at, struct bytes data)
{
	struct bytes list = data;
	size_t id;

	if (is_answer(at) && data.n == e->item)
		indent += e->item == 2 ? 2 : 0; /* selected_version stands further in */
	else if (e->width && !whole_vector(data, e->width, 0, &list))
		return false;
	if (list.n % e->item || (!e->width && !list.n))
		return false;
	while (take_number(&list, e->item, &id)) {
		strbuf_addf(sb, "%*s", indent, "");
		e->add(sb, (uint16_t)id);
		strbuf_addc(sb, '\n');
	}
	return true;
}

/* Names that the peer chose: what is not printable is escaped, so that it cannot harm a terminal.
 */
static bool add_protocols(struct strbuf *sb, int indent, struct bytes data)
{
	struct bytes list, name;

	if (!whole_vector(data, 2, 0, &list))
		return false;
	while (list.n) {
		if (!take_vector(&list, 1, 0, &name))
			return false;
		strbuf_addf(sb, "%*s", indent, "");
		wire_text_printable(sb, name);
		strbuf_addc(sb, '\n');
	}
	return true;
}

static bool add_share(struct strbuf *sb, int indent, struct bytes *in)
{
	size_t group;

	if (!take_number(in, 2, &group))
		return false;
	strbuf_addf(sb, "%*sNamedGroup: ", indent, "");
	wire_trace_group(sb, (uint16_t)group);
	strbuf_addc(sb, '\n');
	return true;
}

static bool add_key_share(struct strbuf *sb, int indent, unsigned message, struct bytes data)
{
	struct bytes list = data;

	if (message == WIRE_HS_SERVER_HELLO && data.n == 2) /* HelloRetryRequest */
		return add_share(sb, indent, &list);
	if (message != WIRE_HS_SERVER_HELLO && !whole_vector(data, 2, 0, &list))
		return false;
	while (list.n)
		if (!add_share(sb, indent, &list) ||
		    !wire_trace_vector(sb, indent, "key_exchange: ", 2, &list))
			return false;
	return true;
}

/* RFC 5746 3.2: the server's answer in a renegotiation holds both halves. */
static bool add_renegotiation(struct strbuf *sb, int indent, enum tls_dir dir, struct bytes data)
{
	struct bytes verify, half = {NULL, 0};

	if (!whole_vector(data, 1, 0, &verify))
		return false;
	if (!verify.n) {
		strbuf_addf(sb, "%*s<EMPTY>\n", indent, "");
		return true;
	}
	(void)take(&verify, dir == TLS_OUT ? verify.n / 2 : verify.n,
		   &half); /* not more than all */
	wire_trace_hex(sb, indent, "client_verify_data", half);
	if (dir == TLS_OUT)
		wire_trace_hex(sb, indent, "server_verify_data", verify);
	return true;
}

static bool add_body(struct strbuf *sb, const struct extension *e, int indent,
		     struct wire_trace_place at, struct bytes data)
{
	switch (e->form) {
	case DUMP:
		strbuf_adddump(sb, data, indent);
		return true;
	case NOTHING:
		if (at.message == WIRE_HS_NEW_SESSION_TICKET && data.n == 4)
			strbuf_addf(sb, "%*smax_early_data=%lu\n", indent, "",
				    (unsigned long)number16(data.p) << 16 | number16(data.p + 2));
		return true;
	case LIST:
		return add_list(sb, e, indent, at, data);
	case PROTOCOLS:
		return add_protocols(sb, indent, data);
	case TICKET:
		if (data.n)
			wire_trace_hex(sb, indent + 2, "ticket", data);
		return true;
	case KEY_SHARE:
		return add_key_share(sb, indent + 2, at.message, data);
	case RENEGOTIATION:
		return add_renegotiation(sb, indent + 2, at.dir, data);
	}
	return false;
}

/* RFC 7250 4.2: the server's answer tells what both sides' certificates are. */
static void see_cert_type(struct wire_trace *t, struct wire_trace_place at, size_t type,
			  struct bytes data)
{
	if (at.dir != TLS_OUT || data.n != 1)
		return;
	if (type == EXT_CLIENT_CERT_TYPE)
		t->raw_key[TLS_IN] = data.p[0] == CERT_TYPE_RAW_KEY;
	if (type == EXT_SERVER_CERT_TYPE)
		t->raw_key[TLS_OUT] = data.p[0] == CERT_TYPE_RAW_KEY;
}

static bool add_extension(struct wire_trace *t, struct strbuf *sb, int indent,
			  struct wire_trace_place at, struct bytes *in)
{
	const struct bytes whole = *in;
	const struct extension *e;
	struct bytes data;
	size_t type, n;

	if (!take_number(in, 2, &type) || !take_number(in, 2, &n))
		return false;
	if (!take(in, n, &data)) {
		strbuf_addf(sb, "extensions, extype = %zu, extlen = %zu\n", type, n);
		strbuf_adddump(sb, whole, indent);
		return false;
	}
	e = find(type);
	strbuf_addf(sb, "%*sextension_type=%s(%zu), length=%zu\n", indent, "",
		    or_unknown(e->name ? e->name : extension_iana_name((uint16_t)type)), type, n);
	see_cert_type(t, at, type, data);
	return add_body(sb, e, indent + 2, at, data);
}

bool wire_trace_extensions(struct wire_trace *t, struct strbuf *sb, int indent,
			   struct wire_trace_place at, struct bytes *in)
{
	struct bytes list = {NULL, 0};

	strbuf_addf(sb, "%*s", indent, "");
	if (in->n && !take_vector(in, 2, 0, &list))
		return false;
	if (!list.n) {
		strbuf_adds(sb, "No extensions\n");
		return true;
	}
	strbuf_addf(sb, "extensions, length = %zu\n", list.n);
	while (list.n)
		if (!add_extension(t, sb, indent + 2, at, &list))
			return false;
	return true;
}
