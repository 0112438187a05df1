/*
 * backends/gnutls/gnutls_backend.h -- what the files of this backend share.
 *
 * GnuTLS takes its algorithms from a priority string, by kind and not by suite. So what OpenSSL
 * would negotiate for a ClientHello is decided here (choose.c), and a priority string that leaves
 * just that is set for the session (priority.c). One credentials object holds one certificate, so
 * that the choice among certificates is ours too.
 */
#ifndef S_SERVER_GNUTLS_BACKEND_H
#define S_SERVER_GNUTLS_BACKEND_H

#include "backends/gnutls/compat.h"
#include "core/held.h"
#include "core/rules.h"
#include "core/sendq.h"
#include "core/strbuf.h"
#include "core/tls_backend.h"
#include "core/verify.h"

#include <pthread.h>

enum {
	GT_SESSION_TIMEOUT = 7200, /* seconds, OpenSSL's default */
	GT_MAX_RECORD = 16384,
	GT_MAX_PEER_CHAIN = 32,
	GT_MAX_TICKET = 4096,
};

/* TLS alert descriptions that GnuTLS has no name for, or that read better by the RFC's. */
enum {
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_ILLEGAL_PARAMETER = 47,
	ALERT_DECRYPT_ERROR = 51,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_NO_RENEGOTIATION = 100,
	ALERT_UNRECOGNIZED_NAME = 112,
	ALERT_UNKNOWN_PSK_IDENTITY = 115,
	ALERT_CERTIFICATE_REQUIRED = 116,
	ALERT_NO_APPLICATION_PROTOCOL = 120,
};

struct gt_suite {
	uint16_t id;
	uint16_t min_version;
	gnutls_kx_algorithm_t kx;
	gnutls_cipher_algorithm_t cipher;
	gnutls_mac_algorithm_t mac;
};

/* One certificate with its key. */
struct gt_slot {
	gnutls_certificate_credentials_t cred;
	gnutls_pk_algorithm_t pk;
	unsigned strength; /* security bits of the key */
	uint16_t group;    /* of an EC key */
};

enum { GT_PRIORITIES = 8 };

struct gt_priority {
	unsigned users; /* sessions, and one for the context's table */
	char *string;
	gnutls_priority_t parsed;
};

struct tls_ctx {
	const struct tls_config *cfg;
	const struct tls_host *host;
	uint32_t versions; /* TLS_VERSION_BIT()s that can be served */
	struct u16list suites12, suites13, groups, sigalgs, client_sigalgs; /* see lists.c */
	uint16_t *numbers;                                                  /* theirs */
	size_t n_numbers;
	struct gt_slot *slots; /* creds, then sni_creds */
	size_t n_creds, n_sni;
	gnutls_psk_server_credentials_t psk;
	gnutls_anon_server_credentials_t anon;
	gnutls_dh_params_t dh; /* -dhparam, else NULL */
	gnutls_datum_t ticket_key;
	gnutls_anti_replay_t anti_replay; /* NULL: no early data is taken */
	struct gt_issued *issued;         /* with -anti_replay: tickets good for early data */
	struct verify_params verify;
	struct verify_store store;
	size_t record_padding; /* 0: none */
	/* Parsed priority strings, shared by sessions; the oldest makes room. Under the lock. */
	pthread_mutex_t priority_lock;
	struct gt_priority *priorities[GT_PRIORITIES];
	unsigned next_priority;
};

/* What is to be negotiated for one ClientHello. */
struct gt_choice {
	uint16_t version;
	const struct gt_suite *suite; /* TLS 1.2 and older: the one; TLS 1.3: the first */
	const struct gt_slot *slot;   /* NULL: no certificate */
	uint16_t group;               /* TLS 1.3 and ECDHE; 0: any of ours */
	uint16_t sigalg;              /* of our signature; 0: none, or by the version */
	bool psk;                     /* TLS 1.3: the external PSK in s->psk_key is used */
};

/* The record under way; a clear alert behind encryption is recognized by it. */
struct gt_tap {
	uint8_t head[7]; /* header, and two bytes of the payload */
	size_t have;
	size_t left; /* of the payload, once the header is there */
};

/* See messages.c; in use only when messages are wanted. */
struct gt_messages {
	struct strbuf queue; /* handshake messages whose records are still to be written */
	size_t records;      /* of the first of them, already written */
	bool alerting;       /* what is written now is an alert */
	bool inner_unknown;  /* an encrypted record of TLS 1.3 came, and nothing is known of it yet
			      */
};

struct tls_session {
	struct tls_ctx *ctx;
	const struct tls_transport *io;
	const struct client_hello *hello;
	void *sud;
	gnutls_session_t gs;
	struct gt_priority *priority; /* in force; NULL: none yet */
	struct gt_choice choice;
	bool chosen; /* choice is made, for a ClientHello that we could read */
	int sni;     /* what select_sni said */

	bool prepared, done, dead;
	bool shut;             /* close_notify is out */
	bool armed;            /* a priority string is set */
	bool tickets_due;      /* TLS 1.3 tickets are still to be sent */
	bool renegotiating;    /* a HelloRequest of ours is under way */
	bool rehandshake;      /* the peer's new ClientHello has come */
	bool refuse_hello;     /* the next ClientHello is to be swallowed */
	bool reauth;           /* a post-handshake certificate request is under way */
	bool in_client_phase;  /* the client's signature algorithms are in force */
	bool verified;         /* on_verify() was called */
	bool binder_due;       /* the library has a PSK of TLS 1.3, and checks that the client has */
	bool split;            /* TLS 1.0: the first byte of the data went out alone */
	enum tls_status end;   /* TLS_CLOSED or TLS_EOF was seen, else TLS_OK */
	enum tls_status block; /* what the transport said last: TLS_WANT_*, else TLS_OK */
	bool io_failed;
	bool early_over;  /* no more early data comes */
	bool early_excess;
	uint32_t early_n; /* bytes of it that came */
	int early_code;   /* what the library said behind it, and is still to be told; 0 */
	int abort_alert; /* of a decision of ours, -1 */
	const char *abort_text;
	struct gt_tap in, out;
	struct gt_messages messages;

	/* Facts. */
	int verify_result;
	bool cert_requested;
	uint16_t peer_sigalg, own_sigalg;
	uint16_t group; /* ServerKeyExchange */
	uint8_t ticket[GT_MAX_TICKET];
	size_t ticket_n;
	uint32_t ticket_lifetime;
	int64_t started;
	uint8_t *psk_key; /* TLS 1.3 */
	size_t psk_key_n;
	uint8_t *psk_identity;
	size_t psk_identity_n;
	uint8_t master[48];
	uint8_t session_id[32];
	size_t session_id_n;
	struct bytes peer_chain[GT_MAX_PEER_CHAIN];

	struct held held;
	struct sendq queue;
	bool command_sent; /* and the transport has not all of it */
};

/* backend.c */
/* "what: the library's words", or without what when it is NULL. */
void gt_error(struct tls_error *err, const char *what, int code);
/* A message of our own. */
void gt_error_text(struct tls_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
gnutls_datum_t gt_datum(struct bytes b); /* the library only reads it */

/* caps.c */
void gt_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT]);

/* algorithms.c */
void gt_algorithms(struct tls_algorithms *out);
bool gt_has_feature(const char *word); /* of "tls-features" */
const struct gt_suite *gt_suite_find(uint16_t id);
const struct gt_suite *gt_suite_of(gnutls_session_t gs); /* the one in use, or NULL */
const char *gt_group_name(uint16_t id); /* for a priority string; NULL: not there */
uint16_t gt_group_number(gnutls_group_t group);
uint16_t gt_curve_number(gnutls_ecc_curve_t curve);
/* Names for a priority string: one scheme may be two algorithms here. NULL ends the list. */
size_t gt_sigalg_names(uint16_t id, const char *names[2]);
uint16_t gt_sigalg_number(gnutls_sign_algorithm_t sign);

/* cert.c */
enum tls_status gt_slot_load(struct gt_slot *out, const struct tls_credential *cred,
			     struct tls_error *err);
void gt_slot_release(struct gt_slot *slot);
bool gt_temp_key(struct tls_temp_key *out, struct tls_error *err);
bool gt_temp_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err);
/* Name these authorities in certificate requests. */
int gt_name_authorities(gnutls_certificate_credentials_t cred, const struct bytes *names, size_t n);

/* ctx.c */
enum tls_status gt_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err);
void gt_ctx_free(struct tls_ctx *ctx);

/* lists.c: fills the lists of the context. */
void gt_lists_init(struct tls_ctx *ctx);

/* choose.c */
/* 0: no version in common. */
/* NULL, or what is not in common, in OpenSSL's words. s->choice.version and s->sni are set. */
const char *gt_choose(struct tls_session *s, const struct client_hello *hello);

/* priority.c */
/* Put s->choice in force; all that is configured when s->chosen is false. 0 or an error. */
void gt_priorities_release(struct tls_ctx *ctx);
/* After gnutls_deinit(). */
void gt_priority_drop(struct tls_session *s);
int gt_apply_choice(struct tls_session *s);
/* Only the signature algorithms change: those for our own signature, or for the client's. */
int gt_apply_phase(struct tls_session *s, bool client);

/* events.c: callbacks out of the library. */
void gt_set_callbacks(struct tls_session *s);
int gt_on_psk(gnutls_session_t gs, const gnutls_datum_t *identity, gnutls_datum_t *key);
void gt_report_alert(struct tls_session *s, enum tls_dir dir, unsigned level, unsigned description);
/* Verify what the client sent; tells the host. 0 or GNUTLS_E_CERTIFICATE_ERROR. */
int gt_on_verify(gnutls_session_t gs);
/* The same, of a resumed session and told to nobody: an X509_V_* number. */
int gt_verify_silently(struct tls_session *s);
size_t gt_peer_chain(struct tls_session *s);

/* messages.c */
/* Bytes that pass; dir TLS_OUT: to the peer. */
void gt_tap_bytes(struct tls_session *s, enum tls_dir dir, const uint8_t *p, size_t n);
/* A handshake message of the library's hook, before it is taken or written. */
void gt_message(struct tls_session *s, unsigned type, bool in, struct bytes body);
void gt_message_alert(struct tls_session *s, enum tls_dir dir, unsigned level,
		      unsigned description);
void gt_message_data(struct tls_session *s);

/* session.c */
struct tls_session *gt_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err);
void gt_session_free(struct tls_session *s);
enum tls_status gt_handshake(struct tls_session *s, struct tls_error *err);
enum tls_status gt_shutdown(struct tls_session *s, struct tls_error *err);
/* OpenSSL's decisions, and the library told of them; once. gt_alive() is in it. */
enum tls_status gt_prepare(struct tls_session *s, struct tls_error *err);
/* The library's handshake, as far as it goes: what it says, if negative, is in *code. */
enum tls_status gt_step(struct tls_session *s, int *code, struct tls_error *err);
/* What came of a call that did not succeed; on anything but TLS_WANT_* the session is over. */
enum tls_status gt_outcome(struct tls_session *s, int code, struct tls_error *err);
/* A failure of ours: the alert goes out. */
enum tls_status gt_fail(struct tls_session *s, struct tls_error *err, int alert, const char *text);
/* TLS_OK while the session lives. */
enum tls_status gt_alive(const struct tls_session *s, struct tls_error *err);

/* early.c */
int gt_early_init(struct tls_ctx *ctx);
void gt_issued_free(struct gt_issued *issued);
unsigned gt_early_flags(const struct tls_config *cfg); /* for gnutls_init() */
int gt_early_prepare(struct tls_session *s);           /* before the ClientHello */
int gt_early_in_tickets(struct tls_session *s);        /* before tickets are sent */
void gt_ticket_issued(struct tls_session *s, struct bytes ticket);
void gt_early_message(struct tls_session *s, unsigned type, bool in);
enum tls_early_data gt_early_status(const struct tls_session *s);
enum tls_status gt_read_early(struct tls_session *s, void *buf, size_t len, size_t *done,
			      struct tls_error *err);

/* data.c */
enum tls_status gt_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			struct tls_error *err);
enum tls_status gt_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			 struct tls_error *err);
bool gt_pending(const struct tls_session *s);
/* Drive a renegotiation to its end; application data that comes in between waits for gt_read(). */
enum tls_status gt_pump(struct tls_session *s, struct tls_error *err);
enum tls_status gt_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err);
enum tls_status gt_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err);
enum tls_status gt_request_cert(struct tls_session *s, struct tls_error *err);

/* info.c */
void gt_info(struct tls_session *s, struct tls_info *out);
enum tls_status gt_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err);

/* whole.c: the operations as the core calls them. */
enum tls_status gt_whole_handshake(struct tls_session *s, struct tls_error *err);
enum tls_status gt_whole_read_early(struct tls_session *s, void *buf, size_t len, size_t *done,
				    struct tls_error *err);
enum tls_status gt_whole_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			      struct tls_error *err);
enum tls_status gt_whole_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			       struct tls_error *err);
enum tls_status gt_whole_shutdown(struct tls_session *s, struct tls_error *err);
enum tls_status gt_whole_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err);
enum tls_status gt_whole_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err);
enum tls_status gt_whole_request_cert(struct tls_session *s, struct tls_error *err);

#endif
