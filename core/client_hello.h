/*
 * core/client_hello.h -- a parsed ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2).
 *
 * The core reads the ClientHello from the transport before the library sees it, so every backend
 * knows what the client offered, unknown code points included, whatever its library tells.
 */
#ifndef S_SERVER_CORE_CLIENT_HELLO_H
#define S_SERVER_CORE_CLIENT_HELLO_H

#include "core/bytes.h"

enum { CLIENT_HELLO_MAX_EXTENSIONS = 64 };

struct client_hello_extension {
	uint16_t type;
	struct bytes data;
};

/* Everything borrowed from the buffer handed to client_hello_parse() or held inside the struct. */
struct client_hello {
	struct bytes message;    /* handshake header (4 bytes) and body, as one piece */
	uint16_t record_version; /* from the first record header; 0 when unknown */
	uint16_t legacy_version;
	struct bytes random;     /* 32 bytes */
	struct bytes session_id; /* 0..32 bytes */
	struct u16list suites;   /* in the client's order, unknown, GREASE and SCSV values included */
	struct bytes compressions;
	size_t n_extensions;     /* in wire order */
	struct client_hello_extension extension[CLIENT_HELLO_MAX_EXTENSIONS];

	/* Decoded extensions; empty when absent or malformed. */
	struct bytes server_name;      /* host_name of server_name(0), may hold any byte */
	struct bytes alpn;             /* ProtocolNameList: (length byte, name)* */
	struct u16list versions;       /* supported_versions(43) */
	struct u16list groups;         /* supported_groups(10) */
	struct u16list sigalgs;        /* signature_algorithms(13) */
	struct u16list cert_sigalgs;   /* signature_algorithms_cert(50) */
	struct u16list key_share_groups; /* key_share(51), groups only */
	struct bytes point_formats;    /* ec_point_formats(11) */
	struct bytes psk_modes;        /* psk_key_exchange_modes(45): 0 psk_ke, 1 psk_dhe_ke */
	struct bytes psk_identities;   /* pre_shared_key(41): the identities vector's contents */
	struct bytes ca_names;         /* certificate_authorities(47): (length, Name)* */
	bool extended_master_secret;   /* extension 23 */
	bool encrypt_then_mac;         /* extension 22 */
	bool session_ticket;           /* extension 35 present */
	bool post_handshake_auth;      /* extension 49 */
	bool early_data;               /* extension 42 */
	bool secure_renegotiation;     /* extension 65281 or TLS_EMPTY_RENEGOTIATION_INFO_SCSV */
	bool status_request;           /* extension 5 */

	uint16_t *storage; /* owned: backing of the u16lists; freed by client_hello_release() */
};

/*
 * Parse one complete handshake message. `message` must outlive *out. False when it is not a
 * well-formed ClientHello (then *out is zeroed and owns nothing).
 */
bool client_hello_parse(struct client_hello *out, struct bytes message);
void client_hello_release(struct client_hello *hello);

/* The extension of that type, or NULL. */
const struct client_hello_extension *client_hello_find(const struct client_hello *hello,
						       uint16_t type);

/* The highest TLS version the client offers (supported_versions, else legacy_version). */
uint16_t client_hello_max_version(const struct client_hello *hello);

/* The highest of these versions (TLS_VERSION_BIT()s) that the client offers, by supported_versions
 * also below TLS 1.3 (RFC 8446 4.2.1); 0: none. */
uint16_t client_hello_version(const struct client_hello *hello, uint32_t versions);

#endif
