/* The ClientHello as a listing and as JSON: the second half of wire_text.h. */
#include "core/wire_text.h"

#include "core/ja.h"
#include "core/names.h"

typedef const char *(*name_of)(uint16_t number);

static const char *name_or_grease(name_of name, uint16_t number)
{
	return ja_is_grease(number) ? "GREASE" : name(number);
}

void wire_text_printable(struct strbuf *sb, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++) {
		if (b.p[i] < ' ' || b.p[i] > '~' || b.p[i] == '\\')
			strbuf_addf(sb, "\\x%02x", (unsigned)b.p[i]);
		else
			strbuf_addc(sb, (char)b.p[i]);
	}
}

/* The next name of a checked ProtocolNameList. */
static struct bytes next_protocol(struct bytes *list)
{
	struct bytes name = {list->p + 1, list->p[0]};

	list->p += 1 + name.n;
	list->n -= 1 + name.n;
	return name;
}

/* ---- listing ---- */

static void text_list(struct strbuf *sb, const char *title, struct u16list list, name_of name)
{
	if (!list.n)
		return;
	strbuf_addf(sb, "    %s:", title);
	for (size_t i = 0; i < list.n; i++) {
		strbuf_addc(sb, ' ');
		strbuf_addname(sb, name_or_grease(name, list.p[i]), list.p[i]);
	}
	strbuf_addc(sb, '\n');
}

static void text_numbers(struct strbuf *sb, const char *title, struct bytes list)
{
	if (!list.n)
		return;
	strbuf_addf(sb, "    %s:", title);
	for (size_t i = 0; i < list.n; i++)
		strbuf_addf(sb, " %u", (unsigned)list.p[i]);
	strbuf_addc(sb, '\n');
}

static void text_suites(struct strbuf *sb, struct u16list suites)
{
	strbuf_addf(sb, "    Cipher suites (%zu):\n", suites.n);
	for (size_t i = 0; i < suites.n; i++) {
		const char *name = name_or_grease(suite_name, suites.p[i]);

		if (!name)
			name = suite_iana_name(suites.p[i]);
		strbuf_addf(sb, "        0x%04X %s\n", (unsigned)suites.p[i],
			    name ? name : "unknown");
	}
}

static void text_extensions(struct strbuf *sb, const struct client_hello *hello)
{
	strbuf_addf(sb, "    Extensions (%zu):\n", hello->n_extensions);
	for (size_t i = 0; i < hello->n_extensions; i++) {
		uint16_t type = hello->extension[i].type;
		const char *name = name_or_grease(extension_iana_name, type);

		strbuf_addf(sb, "        %u %s, %zu bytes\n", (unsigned)type,
			    name ? name : "unknown", hello->extension[i].data.n);
	}
}

static void text_hex(struct strbuf *sb, const char *title, struct bytes b)
{
	strbuf_addf(sb, "    %s: ", title);
	strbuf_addhex(sb, b, true);
	strbuf_addc(sb, '\n');
}

static void text_names(struct strbuf *sb, const struct client_hello *hello)
{
	struct bytes rest = hello->alpn;

	if (hello->server_name.n) {
		strbuf_adds(sb, "    Server name: ");
		wire_text_printable(sb, hello->server_name);
		strbuf_addc(sb, '\n');
	}
	if (rest.n)
		strbuf_adds(sb, "    ALPN:");
	while (rest.n) {
		strbuf_addc(sb, ' ');
		wire_text_printable(sb, next_protocol(&rest));
	}
	if (hello->alpn.n)
		strbuf_addc(sb, '\n');
}

static void text_version(struct strbuf *sb, const char *title, uint16_t version)
{
	text_list(sb, title, (struct u16list){&version, 1}, version_name);
}

void wire_text_offer(struct strbuf *sb, const struct client_hello *hello)
{
	strbuf_addf(sb, "ClientHello, %zu bytes:\n", hello->message.n);
	if (hello->record_version)
		text_version(sb, "Record version", hello->record_version);
	text_version(sb, "Legacy version", hello->legacy_version);
	text_list(sb, "Supported versions", hello->versions, version_name);
	text_hex(sb, "Random", hello->random);
	text_hex(sb, "Session ID", hello->session_id);
	text_suites(sb, hello->suites);
	text_numbers(sb, "Compression methods", hello->compressions);
	text_names(sb, hello);
	text_list(sb, "Supported groups", hello->groups, group_name);
	text_list(sb, "Key shares", hello->key_share_groups, group_name);
	text_list(sb, "Signature algorithms", hello->sigalgs, sigalg_name);
	text_list(sb, "Certificate signature algorithms", hello->cert_sigalgs, sigalg_name);
	text_numbers(sb, "EC point formats", hello->point_formats);
	text_numbers(sb, "PSK key exchange modes", hello->psk_modes);
	text_extensions(sb, hello);
	strbuf_adds(sb, "    JA3: ");
	ja3_string(sb, hello);
	strbuf_adds(sb, "\n    JA3 hash: ");
	ja3_hash(sb, hello);
	strbuf_adds(sb, "\n    JA4: ");
	ja4(sb, hello, false);
	strbuf_addc(sb, '\n');
}

/* ---- JSON ---- */

/* Takes the string over; it is ASCII. */
static json_t *json_take(struct strbuf *sb)
{
	json_t *value = json_stringn(sb->p ? sb->p : "", sb->n);

	strbuf_release(sb);
	return value;
}

static json_t *json_hex(struct bytes b)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addhex(&sb, b, false);
	return json_take(&sb);
}

static json_t *json_printable(struct bytes b)
{
	struct strbuf sb = STRBUF_INIT;

	wire_text_printable(&sb, b);
	return json_take(&sb);
}

/* jansson answers NULL to what cannot be had, memory above all; then that part is missing. */
static void put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static json_t *json_name(const char *name)
{
	return name ? json_string(name) : json_null();
}

static json_t *json_item(uint16_t id, name_of name)
{
	json_t *item = json_object();

	put(item, "id", json_integer(id));
	put(item, "name", json_name(name_or_grease(name, id)));
	return item;
}

static json_t *json_list(struct u16list list, name_of name)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list.n; i++)
		(void)json_array_append_new(array, json_item(list.p[i], name));
	return array;
}

static json_t *json_suites(struct u16list suites)
{
	json_t *array = json_array();

	for (size_t i = 0; i < suites.n; i++) {
		json_t *item = json_item(suites.p[i], suite_name);

		put(item, "iana", json_name(name_or_grease(suite_iana_name, suites.p[i])));
		(void)json_array_append_new(array, item);
	}
	return array;
}

static json_t *json_numbers(struct bytes list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list.n; i++)
		(void)json_array_append_new(array, json_integer(list.p[i]));
	return array;
}

static json_t *json_alpn(struct bytes rest)
{
	json_t *array = json_array();

	while (rest.n)
		(void)json_array_append_new(array, json_printable(next_protocol(&rest)));
	return array;
}

static json_t *json_extensions(const struct client_hello *hello)
{
	json_t *array = json_array();

	for (size_t i = 0; i < hello->n_extensions; i++) {
		const struct client_hello_extension *e = &hello->extension[i];
		json_t *item = json_item(e->type, extension_iana_name);

		put(item, "length", json_integer((json_int_t)e->data.n));
		put(item, "data", json_hex(e->data));
		(void)json_array_append_new(array, item);
	}
	return array;
}

static void put_fingerprints(json_t *o, const struct client_hello *hello)
{
	struct strbuf sb = STRBUF_INIT;

	ja3_string(&sb, hello);
	put(o, "ja3", json_take(&sb));
	ja3_hash(&sb, hello);
	put(o, "ja3_hash", json_take(&sb));
	ja4(&sb, hello, false);
	put(o, "ja4", json_take(&sb));
}

static void put_flags(json_t *o, const struct client_hello *hello)
{
	put(o, "extended_master_secret", json_boolean(hello->extended_master_secret));
	put(o, "encrypt_then_mac", json_boolean(hello->encrypt_then_mac));
	put(o, "session_ticket", json_boolean(hello->session_ticket));
	put(o, "post_handshake_auth", json_boolean(hello->post_handshake_auth));
	put(o, "early_data", json_boolean(hello->early_data));
	put(o, "secure_renegotiation", json_boolean(hello->secure_renegotiation));
	put(o, "status_request", json_boolean(hello->status_request));
}

json_t *wire_json_hello(const struct client_hello *hello)
{
	json_t *o = json_object();

	put(o, "length", json_integer((json_int_t)hello->message.n));
	put(o, "record_version", json_item(hello->record_version, version_name));
	put(o, "legacy_version", json_item(hello->legacy_version, version_name));
	put(o, "versions", json_list(hello->versions, version_name));
	put(o, "random", json_hex(hello->random));
	put(o, "session_id", json_hex(hello->session_id));
	put(o, "cipher_suites", json_suites(hello->suites));
	put(o, "compression_methods", json_numbers(hello->compressions));
	put(o, "server_name",
	    hello->server_name.n ? json_printable(hello->server_name) : json_null());
	put(o, "alpn", json_alpn(hello->alpn));
	put(o, "groups", json_list(hello->groups, group_name));
	put(o, "key_shares", json_list(hello->key_share_groups, group_name));
	put(o, "signature_algorithms", json_list(hello->sigalgs, sigalg_iana_name));
	put(o, "signature_algorithms_cert", json_list(hello->cert_sigalgs, sigalg_iana_name));
	put(o, "ec_point_formats", json_numbers(hello->point_formats));
	put(o, "psk_key_exchange_modes", json_numbers(hello->psk_modes));
	put_flags(o, hello);
	put(o, "extensions", json_extensions(hello));
	put_fingerprints(o, hello);
	return o;
}
