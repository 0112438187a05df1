/*
 * backends/openssl/openssl_backend.h -- what the files of this backend share.
 *
 * A context is one SSL_CTX, and a second one for the certificate chosen by server name. Strings
 * that OpenSSL understands are handed to it as they were given.
 */
#ifndef S_SERVER_OPENSSL_BACKEND_H
#define S_SERVER_OPENSSL_BACKEND_H

#include "backends/openssl/compat.h"
#include "core/tls_backend.h"
#include "core/wire.h"

enum {
	OS_MAX_SUITES = 256,
	OS_MAX_GROUPS = 64,
	OS_MAX_SIGALGS = 64,
	OS_MAX_CHAIN = 32,
	OS_MAX_RPKS = 64,
	OS_QUEUE = 128,     /* the longest alert or KeyUpdate record */
	OS_CACHE_SIZE = 128, /* sessions, as s_server sets it */
	OS_HELD = 16384,     /* data that came before a renegotiation */
};

struct tls_ctx {
	const struct tls_config *cfg;
	const struct tls_host *host;
	SSL_CTX *main, *sni; /* sni is NULL without sni_creds */
	X509_VERIFY_PARAM *param;
	const char *id_prefix;
	int security_debug; /* 0 no, 1 what is denied, 2 everything */
	int (*security)(const SSL *, const SSL_CTX *, int op, int bits, int nid, void *other,
			void *ex); /* the library's own */
	SRP_VBASE *srp; /* -srpvfile */
	struct os_group *groups; /* -xcert; NULL: none */
	size_t n_groups;
	SSL_SESSION *psk_session; /* -psk_session */
	EVP_PKEY *rpks[OS_MAX_RPKS]; /* -expected-rpks */
	size_t n_rpks;
	uint8_t cookie_secret[32]; /* of this run; -stateless */
	_Atomic long retries;      /* first ClientHellos of it, which the library counts too */
};

/* -stateless: what came of the client until its cookie was good. */
struct os_stateless {
	enum { OS_FIRST_HELLO, OS_SECOND_HELLO, OS_HELLO_DONE } step;
	struct wire_hello_reader reader;
	struct strbuf record; /* an incomplete one */
	struct strbuf in;     /* whole records, up to the end of the ClientHello */
	size_t in_pos;        /* of them the library has taken */
	size_t skipped;       /* bytes of records between the two */
	bool calling;         /* the library's writes must not be refused */
};

struct tls_session {
	struct tls_ctx *ctx;
	const struct tls_transport *io;
	const struct client_hello *hello;
	void *sud;
	SSL *ssl;

	bool prepared, done;
	bool failed;     /* the connection is over, nothing more is tried */
	bool reported;   /* the failure is told; until then it waits for the queue to empty */
	bool eof;        /* the transport ended */
	bool closed;     /* close_notify came in */
	bool io_failed;
	bool blocked;    /* the last read used up all there was */
	bool write_open; /* a write waits to be repeated */
	bool command;    /* a command's message is made and not yet sent */
	bool reneg;      /* asked for, its handshake not complete */
	bool reneg_done;
	bool cert_requested;
	bool psk_used; /* the external PSK of TLS 1.3 */
	bool may_queue;

	/* Bytes that the transport refused and the library must not be asked for again. */
	struct strbuf queue;

	struct os_stateless *stateless; /* NULL without -stateless */
	bool early_over;

	uint8_t *held; /* data for read(), OS_HELD bytes; NULL until needed */
	size_t held_n;

	int alert_in, alert_out; /* last fatal alert, -1 */
	struct tls_error failure;
	enum tls_status failure_status;

	/* The external PSK of TLS 1.3: chosen from the ClientHello before the library sees it. */
	uint8_t psk_key[512];
	size_t psk_key_n;
	size_t psk_hash_n; /* length of the client's binder; 0 when no PSK was found */
	uint8_t psk_identity[256];
	size_t psk_identity_n;

	/* Backing of info(). */
	struct bytes peer_chain[OS_MAX_CHAIN]; /* owned */
	size_t n_peer_chain;
	uint8_t master[512];
};

/* backend.c */
/* err->text becomes the message and, a line each, what the library's error queue holds, in the form
 * of ERR_print_errors(). An empty message leaves the stack alone. The queue is empty afterwards. */
void os_error(struct tls_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum tls_status os_refuse(struct tls_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void os_algorithms(struct tls_algorithms *out);
/* Versions that need security level 0. */
uint32_t os_weak_versions(void);
const char *os_propq(void);  /* -propquery; NULL when not given */
bool os_init_setting(const char *name); /* true for those that init() deals with */
#if HAVE_OSSL_ENGINE
ENGINE *os_engine(void); /* -engine; NULL when not given */
#endif

/* caps.c */
void os_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT]);
/* An SSL_CTX for questions, at security level 0. */
SSL_CTX *os_probe_ctx(void);

/* cert.c */
enum tls_status os_cred_load(SSL_CTX *sctx, const struct tls_credential *cred,
			     struct tls_error *err);
bool os_temp_key(struct tls_temp_key *out, struct tls_error *err);
bool os_temp_sign(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
		  struct tls_error *err);

/* xcert.c */
/* Keep what os_cred_load() has just put into the context, for the choice at each handshake. */
bool os_group_keep(struct tls_ctx *ctx, SSL_CTX *sctx);
void os_set_groups(struct tls_ctx *ctx, SSL_CTX *sctx);
void os_free_groups(struct tls_ctx *ctx);

/* ctx.c */
enum tls_status os_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
			   struct tls_ctx **out, struct tls_error *err);
void os_ctx_free(struct tls_ctx *ctx);
void os_ctx_stats(const struct tls_ctx *ctx, struct tls_stats *out);

/* settings.c */
/* In two turns: before and after the certificates are in the context. */
enum tls_status os_apply_settings(struct tls_ctx *ctx, SSL_CTX *sctx, bool after_certs,
				  struct tls_error *err);
/* One command of SSL_CONF_cmd(3), without its dash. */
enum tls_status os_conf_cmd(SSL_CTX *sctx, const char *name, const char *value,
			    struct tls_error *err);

/* security.c */
void os_watch_security(struct tls_ctx *ctx, SSL_CTX *sctx);

/* verify.c */
/* Collect the checks of client certificates, once for all contexts. */
bool os_start_verify(struct tls_ctx *ctx, struct tls_error *err);
bool os_is_verify_setting(const char *name);
/* Trust, and when to ask; after the settings. */
bool os_set_verify(struct tls_ctx *ctx, SSL_CTX *sctx, struct tls_error *err);

/* events.c: callbacks out of the library. */
bool os_events_init(void);
BIO *os_bio_new(struct tls_session *s);
void os_set_callbacks(struct tls_ctx *ctx, SSL_CTX *sctx);
void os_enter(struct tls_session *s);
void os_leave(struct tls_session *s);
/* Hand over what is queued: TLS_OK, TLS_WANT_WRITE or TLS_FAIL. */
enum tls_status os_flush(struct tls_session *s);

/* psk.c */
void os_set_psk(struct tls_ctx *ctx, SSL_CTX *sctx);
/* Look for an external PSK in the ClientHello, and make the suites such that it can be used. */
bool os_prepare_psk(struct tls_session *s);

/* srp.c */
/* Read -srpvfile, once for all contexts. */
bool os_start_srp(struct tls_ctx *ctx, struct tls_error *err);
void os_set_srp(struct tls_ctx *ctx, SSL_CTX *sctx);
void os_free_srp(struct tls_ctx *ctx);

/* session.c */
struct tls_session *os_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
				   const struct client_hello *hello, void *sud,
				   struct tls_error *err);
void os_session_free(struct tls_session *s);
enum tls_status os_handshake(struct tls_session *s, struct tls_error *err);
enum tls_status os_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			struct tls_error *err);
enum tls_status os_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			 struct tls_error *err);
enum tls_status os_shutdown(struct tls_session *s, struct tls_error *err);
bool os_pending(const struct tls_session *s);
enum tls_status os_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err);
enum tls_status os_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err);
enum tls_status os_request_cert(struct tls_session *s, struct tls_error *err);
enum tls_status os_read_early(struct tls_session *s, void *buf, size_t len, size_t *done,
			      struct tls_error *err);
/* `ret` as the library gave it, not a success. */
enum tls_status os_outcome(struct tls_session *s, int ret, struct tls_error *err);
/* The session is over; err->text is filled. */
enum tls_status os_fatal(struct tls_session *s, enum tls_status st, struct tls_error *err);

/* stateless.c */
bool os_set_stateless(struct tls_ctx *ctx, SSL_CTX *sctx, struct tls_error *err);
struct os_stateless *os_stateless_new(void);
void os_stateless_free(struct os_stateless *st);
/* TLS_OK when the client has shown its cookie, and the handshake may go on. */
enum tls_status os_stateless_run(struct tls_session *s, struct tls_error *err);
/* True: *done bytes of what was read ahead. */
bool os_stateless_take(struct tls_session *s, void *buf, size_t len, size_t *done);

/* info.c */
void os_info(struct tls_session *s, struct tls_info *out);
void os_info_release(struct tls_session *s);
enum tls_status os_export_key(struct tls_session *s, const char *label, uint8_t *out, size_t len,
			      struct tls_error *err);
bool os_session_der(struct tls_session *s, uint8_t **der, size_t *n);

#endif
