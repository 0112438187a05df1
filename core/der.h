/*
 * core/der.h -- reading and writing DER (X.690), safe for any input.
 *
 * The reader takes definite lengths and one-byte tags only, which is all that X.509 and OpenSSL's
 * sessions use. It copies nothing: what it hands out lives as long as the input.
 */
#ifndef S_SERVER_CORE_DER_H
#define S_SERVER_CORE_DER_H

#include "core/bytes.h"
#include "core/strbuf.h"

/* Identifier octets. */
enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_NUMERIC_STRING = 0x12,
	DER_PRINTABLE_STRING = 0x13,
	DER_T61_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_VISIBLE_STRING = 0x1a,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
/* Context-specific tags [n], n < 31: primitive (IMPLICIT of a primitive type) and constructed. */
#define DER_CONTEXT(n)             ((uint8_t)(0x80u | (n)))
#define DER_CONTEXT_CONSTRUCTED(n) ((uint8_t)(0xa0u | (n)))

struct der_reader {
	struct bytes rest; /* still to be read */
	bool bad;          /* something malformed was met; every read fails from then on */
};

struct der_item {
	uint8_t tag;        /* identifier octet */
	struct bytes body;  /* contents octets */
	struct bytes whole; /* identifier, length and contents */
};

struct der_reader der_read(struct bytes der);
/* True when nothing is left and nothing was malformed. */
bool der_at_end(const struct der_reader *r);

/* The next element, whatever its tag. False at the end and for malformed input (then r->bad). */
bool der_next(struct der_reader *r, struct der_item *out);
/* True when the next element has that tag; reads nothing. */
bool der_peek(const struct der_reader *r, uint8_t tag);
/* The contents of the next element, which must have that tag; anything else sets r->bad. */
bool der_get(struct der_reader *r, uint8_t tag, struct bytes *body);
/* The same with identifier and length, as a name or a key is handed around. */
bool der_get_whole(struct der_reader *r, uint8_t tag, struct bytes *whole);
/* A reader of the contents of the next element. On failure *inner reads nothing. */
bool der_enter(struct der_reader *r, uint8_t tag, struct der_reader *inner);
/* An INTEGER or ENUMERATED of at most 8 bytes. */
bool der_get_int(struct der_reader *r, uint8_t tag, int64_t *value);
/* A BIT STRING: its bytes and how many bits of the last one do not count (0..7). */
bool der_get_bits(struct der_reader *r, struct bytes *bits, unsigned *unused);

/* Dotted text of an OBJECT IDENTIFIER's contents; false (nothing added) when malformed. */
bool der_oid_text(struct strbuf *out, struct bytes oid);
/* Seconds since the epoch of a UTCTime or GeneralizedTime element (with its tag). */
bool der_time(struct bytes whole, int64_t *seconds);

/* ---- writing ---- */

/* Nested: size_t m = der_begin(out, DER_SEQUENCE); ... der_end(out, m); */
size_t der_begin(struct strbuf *out, uint8_t tag);
void der_end(struct strbuf *out, size_t mark);
void der_put(struct strbuf *out, uint8_t tag, struct bytes body);
void der_put_int(struct strbuf *out, int64_t value);
/* An INTEGER from an unsigned big-endian number; leading zeros are dropped. */
void der_put_unsigned(struct strbuf *out, struct bytes number);
/* A BIT STRING of whole bytes. */
void der_put_bits(struct strbuf *out, struct bytes bits);
/* From dotted text, which must be a valid OID (it comes from our own tables). */
void der_put_oid(struct strbuf *out, const char *dotted);
/* UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). */
void der_put_time(struct strbuf *out, int64_t seconds);

#endif
