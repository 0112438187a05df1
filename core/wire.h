/*
 * core/wire.h -- what passes on the wire, without any TLS library: the client's first ClientHello,
 * and the records and clear handshake messages of a TCP connection.
 */
#ifndef S_SERVER_CORE_WIRE_H
#define S_SERVER_CORE_WIRE_H

#include "core/bytes.h"
#include "core/strbuf.h"
#include "core/tls_backend.h"

/* Record content types, and the pseudo types that OpenSSL's message callback adds. */
enum {
	WIRE_TYPE_CCS = 20,
	WIRE_TYPE_ALERT = 21,
	WIRE_TYPE_HANDSHAKE = 22,
	WIRE_TYPE_DATA = 23,
	WIRE_TYPE_HEARTBEAT = 24,
	WIRE_TYPE_RECORD_HEADER = 256,
	WIRE_TYPE_INNER_CONTENT = 257,
};

/* Handshake message types (RFC 8446 4 and the IANA registry). */
enum {
	WIRE_HS_HELLO_REQUEST = 0,
	WIRE_HS_CLIENT_HELLO = 1,
	WIRE_HS_SERVER_HELLO = 2,
	WIRE_HS_HELLO_VERIFY_REQUEST = 3,
	WIRE_HS_NEW_SESSION_TICKET = 4,
	WIRE_HS_END_OF_EARLY_DATA = 5,
	WIRE_HS_ENCRYPTED_EXTENSIONS = 8,
	WIRE_HS_CERTIFICATE = 11,
	WIRE_HS_SERVER_KEY_EXCHANGE = 12,
	WIRE_HS_CERTIFICATE_REQUEST = 13,
	WIRE_HS_SERVER_HELLO_DONE = 14,
	WIRE_HS_CERTIFICATE_VERIFY = 15,
	WIRE_HS_CLIENT_KEY_EXCHANGE = 16,
	WIRE_HS_FINISHED = 20,
	WIRE_HS_CERTIFICATE_URL = 21,
	WIRE_HS_CERTIFICATE_STATUS = 22,
	WIRE_HS_SUPPLEMENTAL_DATA = 23,
	WIRE_HS_KEY_UPDATE = 24,
	WIRE_HS_COMPRESSED_CERTIFICATE = 25,
	WIRE_HS_NEXT_PROTO = 67,
	WIRE_HS_MESSAGE_HASH = 254,
};

enum {
	WIRE_HANDSHAKE_HEADER_SIZE = 4,
	WIRE_RECORD_HEADER_SIZE = 5,
	WIRE_MAX_HELLO = 64 * 1024,         /* handshake header included */
	WIRE_MAX_RECORD = 16 * 1024 + 2048, /* payload of an encrypted record, TLS 1.2 */
	WIRE_MAX_HANDSHAKE = 256 * 1024,    /* of a clear message that wire_stream collects */
};

/* ---- the first ClientHello ---- */

enum wire_hello_result {
	WIRE_HELLO_MORE,    /* so far the beginning of a ClientHello */
	WIRE_HELLO_READY,   /* wire_hello_message() is complete; its contents are not checked */
	WIRE_HELLO_NOT_TLS, /* something else: plain HTTP, an SSLv2 hello, garbage, too long */
};

/* Start with a zeroed struct. READY and NOT_TLS are final. */
struct wire_hello_reader {
	enum wire_hello_result result;
	uint16_t record_version; /* of the first record */
	size_t pos;              /* of the input: where the current record begins */
	size_t in_record;        /* bytes of its payload already in `message` */
	unsigned empty_records;
	struct strbuf message;
};

/*
 * `all_bytes_so_far` is everything the client has sent, from its first byte on; it may grow from
 * call to call, and may move. Only what is new is looked at.
 */
enum wire_hello_result wire_hello_feed(struct wire_hello_reader *r, struct bytes all_bytes_so_far);
/* Handshake header and body, owned by r. */
struct bytes wire_hello_message(const struct wire_hello_reader *r);
uint16_t wire_hello_record_version(const struct wire_hello_reader *r);
void wire_hello_release(struct wire_hello_reader *r);

/* ---- a whole connection ---- */

enum wire_event_kind {
	WIRE_RECORD,    /* data: the 5 bytes of a record header; its payload may not be there yet */
	WIRE_INNER,     /* data: the inner content type of a TLS 1.3 record that was opened */
	WIRE_HANDSHAKE, /* data: a clear or opened handshake message with its 4-byte header */
	WIRE_ALERT,     /* data: the 2 bytes of a clear or opened alert */
	WIRE_CCS,       /* data: the payload of a ChangeCipherSpec record */
	WIRE_DATA,      /* data: application data of a record that was opened */
	WIRE_ENCRYPTED, /* data: the payload of a record that cannot be read here */
	WIRE_LOST,      /* data: what is not TLS, or breaks its rules; the direction ends here */
};

struct wire_event {
	enum wire_event_kind kind;
	enum tls_dir dir;
	unsigned content_type; /* of the record, or of what is inside, 20..24 */
	uint16_t version;      /* of the record header */
	uint16_t negotiated;   /* as the ServerHello selected it; 0 before */
	struct bytes data;     /* valid during the call */
};

/* What both directions of one connection share. Zero it before the first byte. */
struct wire_shared {
	uint16_t negotiated; /* TLS_VERSION_*; 0 until the ServerHello */
	bool hello_retry;    /* a HelloRetryRequest has passed */
	void (*event)(void *ud, const struct wire_event *event);
	/* Opens an encrypted record: puts its plaintext into *plain and what it is into *inner.
	 * False: it stays WIRE_ENCRYPTED. NULL: all do. */
	bool (*open)(void *ud, enum tls_dir dir, struct bytes header, struct bytes payload,
		     struct strbuf *plain, unsigned *inner);
	void *ud;
};

/* One direction: TLS_IN for what the client sends. Holds at most one record and one message. */
struct wire_stream {
	struct wire_shared *shared;
	enum tls_dir dir;
	bool ccs;          /* a ChangeCipherSpec has passed */
	bool server_hello; /* the ServerHello proper has passed */
	bool announced;    /* the WIRE_RECORD of the record in `record` has been sent */
	bool lost;
	struct strbuf record;  /* of an incomplete record, header included */
	struct strbuf message; /* of an incomplete handshake message */
};

void wire_stream_init(struct wire_stream *s, enum tls_dir dir, struct wire_shared *shared);
void wire_stream_release(struct wire_stream *s);
/* `data`: the next bytes of that direction. Calls shared->event. */
void wire_stream_feed(struct wire_stream *s, struct bytes data);
/* True when what follows in that direction is (or would be) encrypted. */
bool wire_stream_encrypted(const struct wire_stream *s);

/* The version that the body of a ServerHello selects: supported_versions, or legacy_version (RFC 8446
 * 4.1.3). 0 when it is too short. */
uint16_t wire_selected_version(struct bytes body);
/* True when that ServerHello is a HelloRetryRequest. */
bool wire_is_hello_retry(struct bytes body);

#endif
