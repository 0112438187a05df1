/*
 * backends/mbedtls/mbedtls_backend.h -- what the files of this backend share.
 *
 * Every session owns an mbedtls_ssl_config: the library reads a config while it shakes hands, and
 * much of what OpenSSL decides per connection (suite order, resumption, certificate request) is a
 * config value here. Certificates, keys and lists live in the context and are only read.
 */
#ifndef S_SERVER_MBEDTLS_BACKEND_H
#define S_SERVER_MBEDTLS_BACKEND_H

#include "backends/mbedtls/compat.h"
#include "core/held.h"
#include "core/record13.h"
#include "core/rules.h"
#include "core/sendq.h"
#include "core/skip.h"
#include "core/tls_backend.h"
#include "core/verify.h"

#include <pthread.h>

enum {
	MB_MAX_PEER_CHAIN = 32, /* certificates of a client that are looked at */
	MB_MAX_GROUPS = 32,
	MB_MAX_SIGALGS = 32,
	MB_MAX_SUITES = 256,
	MB_SESSION_TIMEOUT = 7200, /* seconds, OpenSSL's default */
	MB_MAX_TICKET = 4096,      /* of a stateful session's serialized form */
};

/* The random generator of the process; set up by init(), locked inside by the library. */
int mb_random(void *unused, unsigned char *out, size_t n);

/* One certificate chain with its key. */
struct mb_cred {
	mbedtls_x509_crt chain;
	mbedtls_pk_context key;
};

/*
 * The certificates and keys as one thread uses them. The library locks an RSA key for as long as it
 * signs, so that workers would wait for each other, and in 2.28 the first use of an EC key makes a
 * table in it without any lock (ecp_mul_comb() in library/ecp.c).
 */
struct mb_creds {
	struct mb_creds *next;
	struct mb_cred *creds, *sni_creds;
	size_t n_creds, n_sni_creds;
};

struct tls_ctx {
	const struct tls_config *cfg;
	const struct tls_host *host;
	uint32_t versions; /* TLS_VERSION_BIT()s */
	unsigned min_version, max_version;
	struct mb_creds *creds; /* of all threads so far; under the lock */
	pthread_mutex_t lock;
	uint64_t number; /* no other context has it, nor had */
	mb_group groups[MB_MAX_GROUPS + 1];
	mb_sigalg sigalgs[MB_MAX_SIGALGS + 1], client_sigalgs[MB_MAX_SIGALGS + 1];
	/* Only version and subject_raw are set: the library reads nothing else of a list that is
	 * to be named in a CertificateRequest. */
	mbedtls_x509_crt *ca_names;
	mbedtls_dhm_context dhm;
	bool have_dhm;
	mbedtls_ssl_ticket_context tickets;
	uint8_t client_key[32]; /* ticket13.c */
	const char *id_prefix;
	struct verify_params verify;
	struct verify_store store;
};

/* Reads what the library sends: there are no accessors for most of it. */
struct mb_tap {
	uint8_t header[5];
	size_t header_n, body_n, body_len; /* of the record under way */
	uint8_t *body;                     /* plaintext records only; grown as needed */
	size_t body_cap;
	bool encrypted;
};

/* See hello.c. */
struct mb_join {
	uint8_t header[5];
	size_t header_n, record_n; /* of the record under way */
	size_t skipped;            /* of the message, off the transport */
	size_t served;             /* of the record, or of the first header, to the library */
	bool fragments, serving, done;
};

struct tls_session {
	struct tls_ctx *ctx;
	const struct mb_creds *creds; /* of the thread */
	const struct tls_transport *io;
	const struct client_hello *hello;
	void *sud;
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config conf;
	int suites[MB_MAX_SUITES + 1];
	unsigned version; /* that the first ClientHello leads to; 0: none, or not known */
	char alpn[256];
	const char *alpn_list[2];
	int sni_choice; /* what select_sni said of the first ClientHello */

	bool prepared; /* the decisions on the first ClientHello are made */
	bool done;     /* the first handshake is complete */
	bool renegotiating;
	bool dead;           /* failed: nothing more is sent */
	bool shut;           /* close_notify is out */
	bool muted;          /* our own fatal alert is out: swallow the library's */
	enum tls_status end; /* TLS_CLOSED or TLS_EOF was seen, else TLS_OK */
	bool io_failed;
	bool require;      /* a client certificate must come */
	bool received;     /* the transport gave bytes during this call */
	bool update_sent;  /* a key update that is still to be answered for */
	int alert_out;     /* fatal alert that went out, -1 */
	int alert_in;      /* fatal alert that came in, -1 */
	bool small_record; /* the last record sent may be an encrypted alert */

	struct mb_join join;
	struct skip skip;
	uint8_t client_secret[48]; /* of the handshake, with early data to be passed over */
	size_t client_secret_n;
	uint16_t suite; /* of a ServerHello of TLS 1.3 */
	uint8_t app_secret[2][48]; /* of TLS 1.3, by direction */
	size_t app_secret_n;
	struct mb_rekey *rekey; /* of a complete TLS 1.3 handshake; rekey.c */
	struct sendq queue; /* the library loses an alert that is refused */
	struct mb_tap tap;
	bool verify_failed;
	int verify_result;

	/* Facts. */
	uint16_t group, own_sigalg, peer_sigalg;
	bool resumed, ems, etm, cert_requested, have_master;
	uint8_t master[64];
	size_t master_n;
	uint8_t client_random[32], server_random[32];
	mbedtls_tls_prf_types prf;
	uint8_t session_id[32];
	size_t session_id_n;
	uint8_t *psk_identity;
	size_t psk_identity_n;
	uint8_t *ticket;
	size_t ticket_n;
	uint32_t ticket_lifetime;
	int64_t started;
	struct bytes peer_chain[MB_MAX_PEER_CHAIN];
	uint8_t *client; /* of the TLS 1.3 session that a ticket named; ticket13.c */
	size_t client_n;

	struct held held;
};

/* backend.c */
/* "what: the library's words (-0x1234)", or without what when it is NULL. */
void mb_error(struct tls_error *err, const char *what, int code);
/* A message of our own. */
void mb_error_text(struct tls_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void mb_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT]);
void mb_algorithms(struct tls_algorithms *out);
/* The library's id of a supported_groups code point, 0 when it has none. */
mb_group mb_group_by_iana(uint16_t id);

/* cert.c */
/* Those of the running thread, loaded when it has none yet. TLS_OK, or why not. */
enum tls_status mb_creds_load(struct tls_ctx *ctx, const struct mb_creds **out,
			      struct tls_error *err);
void mb_creds_release(struct tls_ctx *ctx);
bool mb_temp_key(struct tls_temp_key *out, struct tls_error *err);
bool mb_temp_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err);

/* ctx.c */
enum tls_status mb_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err);
void mb_ctx_free(struct tls_ctx *ctx);
/* Fill s->conf; 0 or the library's error. */
int mb_session_conf(struct tls_session *s);
/* Renegotiation on for the command r, and back to what the options say. */
void mb_conf_renegotiation(struct tls_session *s, bool by_command);

/* events.c: callbacks out of the library, and what is read off the records. */
int mb_on_sni(void *s, mbedtls_ssl_context *ssl, const unsigned char *name, size_t n);
int mb_on_psk(void *s, mbedtls_ssl_context *ssl, const unsigned char *id, size_t n);
int mb_on_random(void *s, unsigned char *out, size_t n);
void mb_on_debug(void *s, int level, const char *file, int line, const char *text);
void mb_set_key_export(struct tls_session *s);
void mb_report_exporter_secret(struct tls_session *s);
void mb_tap_sent(struct tls_session *s, const uint8_t *p, size_t n);
/* The fitting fatal alert, at once; later output of the library is dropped. */
void mb_send_fatal(struct tls_session *s, int description);

/* resume.c: session cache and tickets. */
void mb_conf_resumption(struct tls_session *s);

/* ticket13.c */
/* What a TLS 1.3 session is to know of the client, to out unless NULL; the length. */
size_t mb_client_put(const struct tls_session *s, const mbedtls_ssl_session *session, uint8_t *out);
/* Copy what put() made, as that of the session to be resumed; false: empty, or out of memory. */
bool mb_client_take(struct tls_session *s, struct bytes in);
void mb_client_forget(struct tls_session *s);
/* As the library's callbacks. */
int mb_ticket13_write(struct tls_session *s, const mbedtls_ssl_session *session, uint8_t *start,
		      const uint8_t *end, size_t *n, uint32_t *lifetime);
int mb_ticket13_parse(struct tls_session *s, mbedtls_ssl_session *session, uint8_t *ticket,
		      size_t n);

/* verify.c */
int mb_on_verify(void *s, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
/* The certificates of a list; their number. */
size_t mb_peer_chain(const mbedtls_x509_crt *crt, struct bytes chain[MB_MAX_PEER_CHAIN]);
/* X509_V_* of the flags of a session that was resumed. */
int mb_verify_result_of(uint32_t flags);

/* hello.c */
/* As mb_receive(), until s->join.done. */
int mb_receive_hello(struct tls_session *s, uint8_t *buf, size_t len);

/* early.c */
void mb_skip_early_data(struct tls_session *s);

/* rekey.c: what a key update of TLS 1.3 takes. */
bool mb_expand_label(mbedtls_md_type_t hash, struct bytes secret, const char *label, uint8_t *out,
		     size_t n);
void mb_rekey_begin(struct tls_session *s);
void mb_rekey_free(struct tls_session *s);
/* TLS_OK, TLS_WANT_WRITE: data is still to go before, TLS_FAIL, TLS_UNSUPPORTED. */
enum tls_status mb_rekey_send(struct tls_session *s, bool ask_peer);
/* The answer to a client that asked for an update, when one is due. */
void mb_rekey_answer(struct tls_session *s);
/* As sendq_put() and mb_receive(). */
enum tls_status mb_rekey_put(struct tls_session *s, const uint8_t *p, size_t n);
int mb_receive_rekeyed(struct tls_session *s, uint8_t *buf, size_t len);

/* session.c */
/* From the transport: > 0 bytes, 0 at its end, or the library's error. */
int mb_receive(struct tls_session *s, uint8_t *buf, size_t len);
struct tls_session *mb_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err);
void mb_session_free(struct tls_session *s);
enum tls_status mb_handshake(struct tls_session *s, struct tls_error *err);
enum tls_status mb_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			struct tls_error *err);
enum tls_status mb_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			 struct tls_error *err);
enum tls_status mb_shutdown(struct tls_session *s, struct tls_error *err);
bool mb_pending(const struct tls_session *s);
enum tls_status mb_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err);
enum tls_status mb_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err);

/* info.c */
void mb_info(struct tls_session *s, struct tls_info *out);
enum tls_status mb_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err);

/* aead.c */
bool mb_aead_open(const struct tls_sealed *in, uint8_t *out);
/* Under key, nonce and aad of `where`; out: n bytes and the tag. */
bool mb_aead_seal(const struct tls_sealed *where, const uint8_t *plain, size_t n, uint8_t *out);

#endif
