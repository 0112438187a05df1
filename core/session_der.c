#include "core/session_der.h"

#include "core/der.h"

/*
 * SSL_SESSION_ASN1 in ssl/ssl_asn1.c of OpenSSL: five fixed fields, then optional ones, each in an
 * explicit tag. Numbers that are 0 are left out, but for the group.
 */
enum {
	LAYOUT = 1, /* SSL_SESSION_ASN1_VERSION */
	MAX_ID = 32,
	MAX_MASTER_KEY = 512, /* TLS13_MAX_RESUMPTION_PSK_LENGTH */
	EXTENDED_MASTER_SECRET = 1,
};

enum field {
	FIELD_KEY_ARG,
	FIELD_TIME,
	FIELD_TIMEOUT,
	FIELD_PEER,
	FIELD_ID_CONTEXT,
	FIELD_VERIFY_RESULT,
	FIELD_SERVER_NAME,
	FIELD_PSK_HINT,
	FIELD_PSK_IDENTITY,
	FIELD_TICKET_LIFETIME,
	FIELD_TICKET,
	FIELD_COMPRESSION,
	FIELD_SRP_NAME,
	FIELD_FLAGS,
	FIELD_TICKET_AGE_ADD,
	FIELD_MAX_EARLY_DATA,
	FIELD_ALPN,
	FIELD_FRAGMENT_LENGTH,
	FIELD_TICKET_APPDATA,
	FIELD_GROUP,
	FIELD_PEER_RAW_KEY,
	FIELD_COUNT,
};

/* ---- writing ---- */

static void put_number(struct strbuf *out, enum field field, int64_t value)
{
	if (!value && field != FIELD_GROUP)
		return;
	size_t mark = der_begin(out, DER_CONTEXT_CONSTRUCTED(field));

	der_put_int(out, value);
	der_end(out, mark);
}

static void put_bytes(struct strbuf *out, enum field field, struct bytes value)
{
	/* OpenSSL has a context in every session, be it empty. */
	if (!value.n && field != FIELD_ID_CONTEXT)
		return;
	size_t mark = der_begin(out, DER_CONTEXT_CONSTRUCTED(field));

	der_put(out, DER_OCTET_STRING, value);
	der_end(out, mark);
}

void session_der_encode(struct strbuf *out, const struct tls_info *info,
			struct bytes session_id_context, struct bytes server_name)
{
	const uint8_t suite[2] = {(uint8_t)(info->suite >> 8), (uint8_t)info->suite};
	bool extended = info->extended_master_secret && info->version != TLS_VERSION_1_3;
	size_t sequence = der_begin(out, DER_SEQUENCE);

	der_put_int(out, LAYOUT);
	der_put_int(out, info->version);
	der_put(out, DER_OCTET_STRING, (struct bytes){suite, sizeof(suite)});
	der_put(out, DER_OCTET_STRING, info->session_id);
	der_put(out, DER_OCTET_STRING, info->master_secret);
	put_number(out, FIELD_TIME, info->session_time);
	put_number(out, FIELD_TIMEOUT, info->session_timeout);
	if (info->n_peer_chain) {
		size_t peer = der_begin(out, DER_CONTEXT_CONSTRUCTED(FIELD_PEER));

		strbuf_add(out, info->peer_chain[0].p, info->peer_chain[0].n);
		der_end(out, peer);
	}
	put_bytes(out, FIELD_ID_CONTEXT, session_id_context);
	put_number(out, FIELD_VERIFY_RESULT, info->verify_result);
	put_bytes(out, FIELD_SERVER_NAME, server_name);
	put_bytes(out, FIELD_PSK_IDENTITY, info->psk_identity);
	put_number(out, FIELD_TICKET_LIFETIME, info->ticket_lifetime);
	put_bytes(out, FIELD_TICKET, info->ticket);
	put_number(out, FIELD_FLAGS, extended ? EXTENDED_MASTER_SECRET : 0);
	put_bytes(out, FIELD_ALPN, info->alpn);
	put_number(out, FIELD_GROUP, info->group);
	der_end(out, sequence);
}

/* ---- reading ---- */

static bool get_unsigned(struct der_reader *r, int64_t max, int64_t *value)
{
	return der_get_int(r, DER_INTEGER, value) && *value >= 0 && *value <= max;
}

static bool get_u32(struct der_reader *r, uint32_t *out)
{
	int64_t value;
	bool ok = get_unsigned(r, UINT32_MAX, &value);

	*out = (uint32_t)value;
	return ok;
}

static bool get_bytes(struct der_reader *r, size_t max, struct bytes *out)
{
	return der_get(r, DER_OCTET_STRING, out) && out->n <= max;
}

static bool get_skipped(struct der_reader *r)
{
	struct der_item item;

	return der_next(r, &item);
}

/* r: inside the field's tag */
static bool get_field(struct der_reader *r, enum field field, struct session_fields *out)
{
	int64_t flags;
	bool ok;

	switch (field) {
	case FIELD_TIME:
		return der_get_int(r, DER_INTEGER, &out->time);
	case FIELD_TIMEOUT:
		return der_get_int(r, DER_INTEGER, &out->timeout);
	case FIELD_PEER:
		return der_get_whole(r, DER_SEQUENCE, &out->peer);
	case FIELD_ID_CONTEXT:
		return get_bytes(r, MAX_ID, &out->session_id_context);
	case FIELD_VERIFY_RESULT:
		return der_get_int(r, DER_INTEGER, &out->verify_result);
	case FIELD_SERVER_NAME:
		return get_bytes(r, SIZE_MAX, &out->server_name);
	case FIELD_PSK_HINT:
		return get_bytes(r, SIZE_MAX, &out->psk_identity_hint);
	case FIELD_PSK_IDENTITY:
		return get_bytes(r, SIZE_MAX, &out->psk_identity);
	case FIELD_TICKET_LIFETIME:
		return get_u32(r, &out->ticket_lifetime);
	case FIELD_TICKET:
		return get_bytes(r, SIZE_MAX, &out->ticket);
	case FIELD_FLAGS:
		ok = get_unsigned(r, INT64_MAX, &flags);
		out->flags = (uint64_t)flags;
		return ok;
	case FIELD_TICKET_AGE_ADD:
		return get_u32(r, &out->ticket_age_add);
	case FIELD_MAX_EARLY_DATA:
		return get_u32(r, &out->max_early_data);
	case FIELD_ALPN:
		return get_bytes(r, SIZE_MAX, &out->alpn);
	case FIELD_SRP_NAME:
		return get_bytes(r, SIZE_MAX, &out->srp_username);
	case FIELD_KEY_ARG:
	case FIELD_COMPRESSION:
	case FIELD_FRAGMENT_LENGTH:
	case FIELD_TICKET_APPDATA:
	case FIELD_GROUP:
	case FIELD_PEER_RAW_KEY:
	case FIELD_COUNT:
		break;
	}
	return get_skipped(r);
}

static bool get_fields(struct der_reader *r, struct session_fields *out)
{
	for (unsigned n = 0; n < FIELD_COUNT; n++) {
		struct der_reader inner;

		if (!der_peek(r, DER_CONTEXT_CONSTRUCTED(n)))
			continue;
		if (!der_enter(r, DER_CONTEXT_CONSTRUCTED(n), &inner) ||
		    !get_field(&inner, (enum field)n, out) || !der_at_end(&inner))
			return false;
	}
	return der_at_end(r);
}

static bool version_known(int64_t version)
{
	return (version >= TLS_VERSION_1_0 && version <= TLS_VERSION_1_3) ||
	       version == TLS_VERSION_DTLS_1_0 || version == TLS_VERSION_DTLS_1_2;
}

bool session_der_decode(struct bytes der, struct session_fields *out)
{
	struct der_reader outer = der_read(der), r;
	int64_t layout = 0, version = 0;
	struct bytes suite, key_arg;

	*out = (struct session_fields){0};
	bool ok = der_enter(&outer, DER_SEQUENCE, &r) && der_at_end(&outer) &&
		  der_get_int(&r, DER_INTEGER, &layout) && layout == LAYOUT &&
		  der_get_int(&r, DER_INTEGER, &version) && version_known(version) &&
		  der_get(&r, DER_OCTET_STRING, &suite) && suite.n == 2 &&
		  get_bytes(&r, MAX_ID, &out->session_id) &&
		  get_bytes(&r, MAX_MASTER_KEY, &out->master_key) &&
		  (!der_peek(&r, DER_CONTEXT(FIELD_KEY_ARG)) ||
		   der_get(&r, DER_CONTEXT(FIELD_KEY_ARG), &key_arg)) &&
		  get_fields(&r, out);

	if (!ok) {
		*out = (struct session_fields){0};
		return false;
	}
	out->version = (uint16_t)version;
	out->suite = (uint16_t)(suite.p[0] << 8 | suite.p[1]);
	return true;
}
