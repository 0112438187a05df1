#include "core/client_hello.h"

#include "core/strbuf.h"
#include "core/take.h"
#include "core/tls_backend.h"

#include <stdlib.h>
#include <string.h>

enum {
	HANDSHAKE_CLIENT_HELLO = 1,
	SUITE_EMPTY_RENEGOTIATION_INFO = 0x00ff,
};

enum extension_type {
	EXT_SERVER_NAME = 0,
	EXT_STATUS_REQUEST = 5,
	EXT_SUPPORTED_GROUPS = 10,
	EXT_EC_POINT_FORMATS = 11,
	EXT_SIGNATURE_ALGORITHMS = 13,
	EXT_ALPN = 16,
	EXT_ENCRYPT_THEN_MAC = 22,
	EXT_EXTENDED_MASTER_SECRET = 23,
	EXT_SESSION_TICKET = 35,
	EXT_PRE_SHARED_KEY = 41,
	EXT_EARLY_DATA = 42,
	EXT_SUPPORTED_VERSIONS = 43,
	EXT_PSK_KEY_EXCHANGE_MODES = 45,
	EXT_CERTIFICATE_AUTHORITIES = 47,
	EXT_POST_HANDSHAKE_AUTH = 49,
	EXT_SIGNATURE_ALGORITHMS_CERT = 50,
	EXT_KEY_SHARE = 51,
	EXT_RENEGOTIATION_INFO = 0xff01,
};

/* Appends the numbers in `in` to the storage; *used grows. False for an odd length. */
static bool numbers(uint16_t *storage, size_t *used, struct bytes in, struct u16list *out)
{
	if (in.n % 2)
		return false;
	out->p = storage + *used;
	out->n = in.n / 2;
	for (size_t i = 0; i < out->n; i++)
		storage[(*used)++] = number16(in.p + 2 * i);
	return true;
}

/* A list of numbers that fills an extension; left empty when malformed. */
static void decode_numbers(struct client_hello *h, size_t *used, struct bytes data, size_t width,
			   struct u16list *out)
{
	struct bytes list;

	if (whole_vector(data, width, 2, &list) && !numbers(h->storage, used, list, out))
		*out = (struct u16list){NULL, 0};
}

static void decode_bytes(struct bytes data, size_t width, size_t min, struct bytes *out)
{
	struct bytes list;

	if (whole_vector(data, width, min, &list))
		*out = list;
}

/* RFC 6066 3: the first host_name; the rest must be well-formed, too. */
static void decode_server_name(struct bytes data, struct bytes *out)
{
	struct bytes list, name, found = {NULL, 0};
	size_t type;

	if (!whole_vector(data, 2, 1, &list))
		return;
	while (list.n) {
		if (!take_number(&list, 1, &type) || !take_vector(&list, 2, 1, &name))
			return;
		if (type == 0 && !found.n)
			found = name;
	}
	*out = found;
}

/* RFC 7301 3.1: no empty names. RFC 8446 4.2.4 has the same shape with two bytes of length. */
static void decode_vectors(struct bytes data, size_t width, struct bytes *out)
{
	struct bytes list, rest, item;

	if (!whole_vector(data, 2, 1 + width, &list))
		return;
	for (rest = list; rest.n;)
		if (!take_vector(&rest, width, 1, &item))
			return;
	*out = list;
}

/* RFC 8446 4.2.8. An empty list is well-formed: the client asks for a HelloRetryRequest. */
static void decode_key_share(struct client_hello *h, size_t *used, struct bytes data)
{
	struct u16list groups = {h->storage + *used, 0};
	struct bytes list, key;
	size_t group;

	if (!whole_vector(data, 2, 0, &list))
		return;
	while (list.n) {
		if (!take_number(&list, 2, &group) || !take_vector(&list, 2, 1, &key))
			return;
		h->storage[(*used)++] = (uint16_t)group;
		groups.n++;
	}
	h->key_share_groups = groups;
}

/* RFC 8446 4.2.11: identities, then binders. */
static void decode_pre_shared_key(struct bytes data, struct bytes *out)
{
	struct bytes identities, binders, rest, item;
	size_t age;

	if (!take_vector(&data, 2, 7, &identities) || !whole_vector(data, 2, 33, &binders))
		return;
	for (rest = identities; rest.n;)
		if (!take_vector(&rest, 2, 1, &item) || !take_number(&rest, 4, &age))
			return;
	*out = identities;
}

static void decode_extension(struct client_hello *h, size_t *used, uint16_t type, struct bytes data)
{
	switch (type) {
	case EXT_SERVER_NAME:
		decode_server_name(data, &h->server_name);
		break;
	case EXT_STATUS_REQUEST:
		h->status_request = true;
		break;
	case EXT_SUPPORTED_GROUPS:
		decode_numbers(h, used, data, 2, &h->groups);
		break;
	case EXT_EC_POINT_FORMATS:
		decode_bytes(data, 1, 1, &h->point_formats);
		break;
	case EXT_SIGNATURE_ALGORITHMS:
		decode_numbers(h, used, data, 2, &h->sigalgs);
		break;
	case EXT_ALPN:
		decode_vectors(data, 1, &h->alpn);
		break;
	case EXT_ENCRYPT_THEN_MAC:
		h->encrypt_then_mac = true;
		break;
	case EXT_EXTENDED_MASTER_SECRET:
		h->extended_master_secret = true;
		break;
	case EXT_SESSION_TICKET:
		h->session_ticket = true;
		break;
	case EXT_PRE_SHARED_KEY:
		decode_pre_shared_key(data, &h->psk_identities);
		break;
	case EXT_EARLY_DATA:
		h->early_data = true;
		break;
	case EXT_SUPPORTED_VERSIONS:
		decode_numbers(h, used, data, 1, &h->versions);
		break;
	case EXT_PSK_KEY_EXCHANGE_MODES:
		decode_bytes(data, 1, 1, &h->psk_modes);
		break;
	case EXT_CERTIFICATE_AUTHORITIES:
		decode_vectors(data, 2, &h->ca_names);
		break;
	case EXT_POST_HANDSHAKE_AUTH:
		h->post_handshake_auth = true;
		break;
	case EXT_SIGNATURE_ALGORITHMS_CERT:
		decode_numbers(h, used, data, 2, &h->cert_sigalgs);
		break;
	case EXT_KEY_SHARE:
		decode_key_share(h, used, data);
		break;
	case EXT_RENEGOTIATION_INFO:
		h->secure_renegotiation = true;
		break;
	default: /* kept in extension[] as it is */
		break;
	}
}

static bool parse_extensions(struct client_hello *h, size_t *used, struct bytes list)
{
	while (list.n) {
		struct client_hello_extension e;
		size_t type;

		if (h->n_extensions == CLIENT_HELLO_MAX_EXTENSIONS)
			return false;
		if (!take_number(&list, 2, &type) || !take_vector(&list, 2, 0, &e.data))
			return false;
		e.type = (uint16_t)type;
		/* Of a forbidden second one of its kind only the first is decoded; storage, with a
		 * number for each two bytes of the message, is thus never too small. */
		if (!client_hello_find(h, e.type))
			decode_extension(h, used, e.type, e.data);
		h->extension[h->n_extensions++] = e;
	}
	return true;
}

static bool parse(struct client_hello *h, struct bytes in)
{
	struct bytes body, suites, extensions;
	size_t n, used = 0;

	if (!take_number(&in, 1, &n) || n != HANDSHAKE_CLIENT_HELLO)
		return false;
	if (!whole_vector(in, 3, 0, &body))
		return false;
	if (!take_number(&body, 2, &n) || !take(&body, 32, &h->random) ||
	    !take_vector(&body, 1, 0, &h->session_id) || h->session_id.n > 32 ||
	    !take_vector(&body, 2, 2, &suites) || !take_vector(&body, 1, 1, &h->compressions))
		return false;
	h->legacy_version = (uint16_t)n;
	h->storage = xmalloc(h->message.n / 2 * sizeof(*h->storage));
	if (!numbers(h->storage, &used, suites, &h->suites))
		return false;
	for (size_t i = 0; i < h->suites.n; i++)
		if (h->suites.p[i] == SUITE_EMPTY_RENEGOTIATION_INFO)
			h->secure_renegotiation = true;
	/* Before TLS 1.3 the extensions may be missing altogether. */
	if (!body.n)
		return true;
	return whole_vector(body, 2, 0, &extensions) && parse_extensions(h, &used, extensions);
}

bool client_hello_parse(struct client_hello *out, struct bytes message)
{
	memset(out, 0, sizeof(*out));
	out->message = message;
	if (parse(out, message))
		return true;
	client_hello_release(out);
	return false;
}

void client_hello_release(struct client_hello *hello)
{
	free(hello->storage);
	memset(hello, 0, sizeof(*hello));
}

const struct client_hello_extension *client_hello_find(const struct client_hello *hello,
						       uint16_t type)
{
	for (size_t i = 0; i < hello->n_extensions; i++)
		if (hello->extension[i].type == type)
			return &hello->extension[i];
	return NULL;
}

uint16_t client_hello_max_version(const struct client_hello *hello)
{
	uint16_t max = 0;

	/* RFC 8446 4.2.1: with the extension, legacy_version does not count, and without it a
	 * client knows nothing newer than TLS 1.2. */
	if (!hello->versions.n)
		return hello->legacy_version >> 8 == 3 && hello->legacy_version > 0x0303
			       ? 0x0303
			       : hello->legacy_version;
	for (size_t i = 0; i < hello->versions.n; i++) {
		uint16_t v = hello->versions.p[i];

		if (v >= 0x0300 && v <= 0x0304 && v > max)
			max = v;
	}
	return max;
}

uint16_t client_hello_version(const struct client_hello *hello, uint32_t versions)
{
	for (uint16_t v = TLS_VERSION_1_3; v >= TLS_VERSION_1_0; v--) {
		bool offered = hello->versions.n
				       ? u16list_has(hello->versions, v)
				       : v <= TLS_VERSION_1_2 && v <= hello->legacy_version;

		if (offered && versions & TLS_VERSION_BIT(v))
			return v;
	}
	return 0;
}
