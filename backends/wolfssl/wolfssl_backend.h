/*
 * backends/wolfssl/wolfssl_backend.h -- what the files of this backend share.
 *
 * A WOLFSSL_CTX has one slot for a certificate, so a context here is one WOLFSSL_CTX per
 * certificate. The parsed ClientHello is at hand before a session begins: server name, second
 * certificate and suite order are decided then, and the session is made from the right one.
 */
#ifndef S_SERVER_WOLFSSL_BACKEND_H
#define S_SERVER_WOLFSSL_BACKEND_H

#include "backends/wolfssl/compat.h"
#include "core/rules.h"
#include "core/sendq.h"
#include "core/skip.h"
#include "core/tls_backend.h"
#include "core/verify.h"
#include "core/x509.h"

#include <stdatomic.h>

enum {
	WS_MAX_SUITES = 192,
	WS_MAX_GROUPS = 10, /* WOLFSSL_MAX_GROUP_COUNT */
	WS_MAX_SIGALGS = 32,
	WS_MAX_CHAIN = 16, /* certificates kept of a client's chain; the library takes nine */
	WS_SESSION_TIMEOUT = 7200, /* seconds, OpenSSL's default */
};

/* The alerts that this backend sends or looks for (RFC 8446 6). */
enum {
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_RECORD_OVERFLOW = 22,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_BAD_CERTIFICATE = 42,
	ALERT_UNSUPPORTED_CERTIFICATE = 43,
	ALERT_CERTIFICATE_REVOKED = 44,
	ALERT_CERTIFICATE_EXPIRED = 45,
	ALERT_CERTIFICATE_UNKNOWN = 46,
	ALERT_ILLEGAL_PARAMETER = 47,
	ALERT_UNKNOWN_CA = 48,
	ALERT_DECODE_ERROR = 50,
	ALERT_DECRYPT_ERROR = 51,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_MISSING_EXTENSION = 109,
	ALERT_UNRECOGNIZED_NAME = 112,
	ALERT_UNKNOWN_PSK_IDENTITY = 115,
	ALERT_CERTIFICATE_REQUIRED = 116,
	ALERT_NO_APPLICATION_PROTOCOL = 120,
};

/* One certificate with its own WOLFSSL_CTX; without certificate: key_type UNKNOWN. */
struct ws_slot {
	WOLFSSL_CTX *wctx;
	enum x509_key_type key_type;
	uint16_t group; /* of an EC key, 0 for other curves */
};

struct tls_ctx {
	const struct tls_config *cfg;
	const struct tls_host *host;
	uint32_t versions;
	struct ws_slot *slots; /* creds first, then sni_creds; at least one */
	size_t n_creds, n_sni;
	struct verify_params verify;
	struct verify_store store;
	bool only_psk_suites; /* up to TLS 1.2, and no -psk */
	uint8_t ticket_key[32], ticket_name[WOLFSSL_TICKET_NAME_SZ];
	_Atomic uint64_t tickets; /* sealed so far */
};

/* Follows the records of one direction and reads the handshake messages that are in clear. */
struct ws_tap {
	uint8_t header[5];
	size_t header_n, body_n, body_len;
	uint8_t alert[2];
	uint8_t *hs; /* handshake messages under way; freed once encryption begins */
	size_t hs_n, hs_cap;
	bool encrypted;
};

struct ws_traffic {
	uint8_t secret[64], key[32], iv[12];
	size_t secret_n, key_n;
};

struct tls_session {
	struct tls_ctx *ctx;
	const struct tls_transport *io;
	const struct client_hello *hello;
	void *sud;
	WOLFSSL *ssl;
	const struct ws_slot *slot;

	bool prepared, done;
	bool failed; /* nothing more is sent */
	bool shut;   /* close_notify is out */
	bool eof, io_failed;
	bool mute;             /* drop what the library sends: its alert is not the one */
	bool no_psk;           /* a PSK or ticket must not be taken */
	int abort_alert;       /* a decision went against the connection, -1 */
	bool alert_record;     /* a fatal alert, or an encrypted one, passed */
	int alert_out;         /* last fatal alert that went to the transport, -1 */
	int told_in, told_out; /* alert history already told to the host */
	struct sendq queue;    /* 5.5.4 loses its way after a send that was taken in part */
	struct ws_tap in, out;

	/* While a handshake of TLS 1.3 lasts: the server's for data, the client's for the handshake
	 * when there is early data to be passed over. */
	struct ws_traffic write, read;
	struct skip skip;

	/* Facts. */
	uint16_t version; /* as computed from the ClientHello, for decisions before the library's */
	uint16_t group, own_sigalg, peer_sigalg;
	bool ems, etm, cert_requested, psk_used, pha_used, pha_open, pha_flush, update_retry;
	int verify_result;
	int ticket_result; /* as the ticket has it that was opened last, -1 */
	bool verify_rejected;
	uint8_t client_random[32];
	uint8_t master[64];
	size_t master_n;
	uint8_t resumption[64];
	size_t resumption_n;
	uint8_t session_id[32];
	size_t session_id_n;
	char psk_identity[256];
	size_t psk_identity_n;
	struct bytes alpn;
	struct bytes peer_chain[WS_MAX_CHAIN]; /* owned copies */
	size_t n_peer_chain;
};

/* backend.c */
/* "what: the library's words", without what when it is NULL. */
void ws_error(struct tls_error *err, const char *what, long code);
void ws_error_text(struct tls_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *ws_suite_name(uint16_t id); /* the library's; NULL when it has none of that id */
const char *ws_sigalg_name(uint16_t id);
void ws_algorithms(struct tls_algorithms *out);

/* caps.c */
void ws_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT]);

/* cert.c */
enum tls_status ws_cred_load(WOLFSSL_CTX *wctx, const struct tls_credential *cred,
			     struct ws_slot *slot, struct tls_error *err);
bool ws_temp_key(struct tls_temp_key *out, struct tls_error *err);
bool ws_temp_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err);
/* Of a SubjectPublicKeyInfo, as a slot has it. False: not a key that the library can use. */
bool ws_key_kind(struct bytes spki, enum x509_key_type *type, uint16_t *group);

/* ctx.c */
enum tls_status ws_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err);
void ws_ctx_free(struct tls_ctx *ctx);

/* choose.c: decisions from the ClientHello. */
uint16_t ws_negotiate_version(const struct tls_ctx *ctx, const struct client_hello *hello);
const struct ws_slot *ws_choose_slot(const struct tls_session *s, bool sni);
/* Suites of one session in the order that is to win. False: the context's list will do. */
bool ws_session_suites(const struct tls_session *s, char *list, size_t len);

/* Whether and how a TLS 1.3 client's PSK or ticket may be used. */
enum ws_psk_kex {
	WS_PSK_DHE,  /* with (EC)DHE, as the library does by itself */
	WS_PSK_ONLY, /* without */
	WS_PSK_NOT,
};
enum ws_psk_kex ws_psk_kex(const struct tls_session *s);
/* False: a TLS 1.3 handshake is hopeless, which the library would call an illegal parameter. */
bool ws_has_group(const struct tls_session *s);
const char *ws_psk_suite(const struct tls_session *s);

/* events.c: callbacks out of the library. */
void ws_enter(struct tls_session *s); /* before each call of the library for a session */
void ws_leave(struct tls_session *s); /* after it; tells the host new alerts */
/* From the transport. */
enum tls_status ws_receive(struct tls_session *s, void *buf, size_t len, size_t *done);
int ws_on_recv(WOLFSSL *ssl, char *buf, int n, void *s);
int ws_on_send(WOLFSSL *ssl, char *buf, int n, void *s);
void ws_set_callbacks(struct tls_ctx *ctx, WOLFSSL_CTX *wctx);
void ws_report_master(struct tls_session *s);
/* While the handshake runs: as soon as there is one, for what is sent or received next. */
void ws_report_master_early(struct tls_session *s);

/* alert.c: alerts of our own, where the library has none or another. */
/* Notes what a TLS 1.3 handshake needs for it, from what HKDF-Expand-Label made of a secret. */
void ws_note_keys(struct tls_session *s, struct bytes label, struct bytes secret,
		  struct bytes made);
void ws_wipe_keys(struct tls_session *s);
/* For skip_begin(). */
bool ws_is_first_record(void *session, struct bytes record);
/* True when an alert would be understood by the peer. */
bool ws_can_alert(const struct tls_session *s);
/* Hand an alert record to the transport, or keep it until that takes it. */
void ws_send_alert(struct tls_session *s, unsigned level, unsigned description);

/* tap.c */
void ws_tap(struct tls_session *s, enum tls_dir dir, const uint8_t *p, size_t n);
void ws_tap_release(struct ws_tap *t);

/* verify.c */
int ws_on_verify(int ok, WOLFSSL_X509_STORE_CTX *store);
/* A certificate store for this session alone, for what the client sends. */
bool ws_own_store(struct tls_session *s);
/* Append a copy to the client's chain; left out when memory or the list is at its end. */
void ws_keep_cert(struct tls_session *s, const uint8_t *p, size_t n);
void ws_free_chain(struct tls_session *s);
/* After a resumption: the client's chain, as far as the library still knows it, and what was found
 * of it. */
void ws_verify_resumed(struct tls_session *s);
struct tls_session *ws_current(void);

/* cache.c */
bool ws_ticket_key(struct tls_ctx *ctx);
void ws_set_cache(struct tls_ctx *ctx, WOLFSSL_CTX *wctx);

/* session.c */
struct tls_session *ws_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err);
void ws_session_free(struct tls_session *s);
enum tls_status ws_handshake(struct tls_session *s, struct tls_error *err);
enum tls_status ws_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			struct tls_error *err);
enum tls_status ws_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			 struct tls_error *err);
enum tls_status ws_shutdown(struct tls_session *s, struct tls_error *err);
bool ws_pending(const struct tls_session *s);
enum tls_status ws_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err);
enum tls_status ws_request_cert(struct tls_session *s, struct tls_error *err);

/* info.c */
void ws_info(struct tls_session *s, struct tls_info *out);
enum tls_status ws_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err);

/* aead.c */
bool ws_aead_open(const struct tls_sealed *in, uint8_t *out);

#endif
