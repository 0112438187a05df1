/*
 * core/tls_backend.h -- the only contract between s_server and a TLS library.
 *
 * A backend is one shared object that exports one symbol, TLS_BACKEND_SYMBOL, a struct tls_backend.
 * It never prints, never touches a file descriptor, never exits, never parses an option and keeps
 * state only in its tls_ctx and tls_session (process-wide library set-up in init() aside).
 * Algorithms travel as IANA numbers, certificates as DER, everything else as bytes.
 * docs: backends/HACKING.md.
 */
#ifndef S_SERVER_CORE_TLS_BACKEND_H
#define S_SERVER_CORE_TLS_BACKEND_H

#include "core/bytes.h"
#include "core/client_hello.h"

#define TLS_BACKEND_ABI 3u
#define TLS_BACKEND_SYMBOL "tls_backend_v1"

/* Protocol versions on the wire. */
enum {
	TLS_VERSION_SSL3 = 0x0300,
	TLS_VERSION_1_0 = 0x0301,
	TLS_VERSION_1_1 = 0x0302,
	TLS_VERSION_1_2 = 0x0303,
	TLS_VERSION_1_3 = 0x0304,
	TLS_VERSION_DTLS_1_0 = 0xfeff,
	TLS_VERSION_DTLS_1_2 = 0xfefd,
};
/* The bit of a TLS version in tls_config.versions and tls_algorithms.versions. */
#define TLS_VERSION_BIT(v) (1u << ((v) & 0xfu))

enum tls_status {
	TLS_OK,
	TLS_WANT_READ,   /* call again when the transport is readable */
	TLS_WANT_WRITE,  /* call again when the transport is writable */
	TLS_CLOSED,      /* the peer sent close_notify */
	TLS_EOF,         /* the transport ended without close_notify */
	TLS_FAIL,        /* fatal; *err is filled in */
	TLS_UNSUPPORTED, /* this library or build cannot do it; err->text says why; nothing broke */
};

enum tls_dir { TLS_IN, TLS_OUT };

/* Filled by the callee on TLS_FAIL, TLS_UNSUPPORTED and TLS_EOF, untouched otherwise. */
struct tls_error {
	int alert;           /* TLS alert description (RFC 8446 6), -1 when none was sent or received */
	bool alert_received; /* true: the peer sent it, false: we did */
	long native;         /* the library's own number, for bug reports */
	char text[512];      /* what the library says; lines separated by '\n', none at the end */
};

/* ---- capabilities ---- */

enum tls_cap {
#define CAP(id, name, text) TLS_CAP_##id,
#include "core/caps.def"
#undef CAP
	TLS_CAP_COUNT
};

enum tls_support { TLS_CAP_NO, TLS_CAP_PARTIAL, TLS_CAP_YES };

struct tls_cap_entry {
	enum tls_support level;
	const char *note; /* the reason when NO, the limit when PARTIAL, NULL allowed when YES */
};

/* What this build can do at all, asked of the library, most preferred first. Static storage. */
struct tls_algorithms {
	uint32_t versions;      /* TLS_VERSION_BIT()s */
	struct u16list suites;  /* all versions */
	struct u16list groups;  /* supported_groups code points */
	struct u16list sigalgs; /* SignatureScheme code points; TLS 1.2 pairs as hash << 8 | sig */
};

/* ---- configuration: plain data, parsed and checked by the core ---- */

enum tls_encoding { TLS_ENC_PEM, TLS_ENC_DER, TLS_ENC_P12, TLS_ENC_URI, TLS_ENC_ENGINE };

struct tls_key {
	struct bytes data;    /* one PEM block, or DER (PKCS#1, SEC1 or PKCS#8); empty for URI, ENGINE.
				 A NUL byte follows data.p[data.n - 1] (Mbed TLS wants one) */
	enum tls_encoding encoding;
	const char *origin;   /* file name or URI, for messages */
	const char *password; /* already resolved; NULL when none was given */
};

/* A server certificate. cert may be empty: with TLS_ENC_P12, URI or ENGINE keys it is in there, or
 * it is in `store`. */
struct tls_credential {
	struct bytes cert;         /* DER */
	const struct bytes *chain; /* DER, sent after cert in this order */
	size_t n_chain;
	struct tls_key key;
	const struct tls_key *store; /* capability P12_CERT: where it is when not with the key */
	const char *origin;        /* of the certificate, for messages */
	bool build_chain;          /* -build_chain, and cert is empty: else the core built it */
};

enum tls_flag {
#define FLAG(id, option) TLS_F_##id,
#include "core/flags.def"
#undef FLAG
	TLS_F_COUNT
};

enum tls_verify_mode {
	TLS_VERIFY_NONE,
	TLS_VERIFY_REQUEST, /* ask for a certificate, the client may send none */
	TLS_VERIFY_REQUIRE, /* none: certificate_required (1.3) or handshake_failure */
};

/* An option whose meaning only the library knows, by its name without dashes, in given order. */
struct tls_setting {
	const char *name;
	const char *value; /* NULL for a switch */
};

struct tls_config {
	/* Versions to offer. versions_given false: the user asked for nothing special, and a library
	 * with a system-wide default (OpenSSL's system_default section) may apply that instead. */
	uint32_t versions;
	bool versions_given;

	/*
	 * The strings as given, NULL when not given: only for a library that speaks OpenSSL's syntax
	 * itself. The lists are the same thing, resolved by the core against algorithms(), in order
	 * of preference, OpenSSL's defaults included, so they are never empty unless the user
	 * emptied them (-ciphersuites "").
	 */
	const char *cipher, *ciphersuites, *groups_string, *sigalgs_string, *client_sigalgs_string;
	struct u16list suites12;       /* TLS 1.2 and older */
	struct u16list suites13;
	struct u16list groups;
	struct u16list sigalgs;        /* of server certificates, and accepted from clients */
	struct u16list client_sigalgs; /* in CertificateRequest; empty: as sigalgs */
	int security_level;            /* from @SECLEVEL=n; -1 when not given */

	const struct tls_credential *creds; /* [0] -cert, [1] -dcert */
	size_t n_creds;
	const struct tls_credential *sni_creds; /* -cert2; used when select_sni says set 1 */
	size_t n_sni_creds;
	struct bytes dhparam; /* DER DHParameter (PKCS#3: p, g); empty: the library's own */

	enum tls_verify_mode verify_mode;
	const struct bytes *ca; /* trust anchors, DER; the core read -CAfile, and -CApath and the
				   system's defaults unless the capability CA_DIR says that the
				   library looks up itself */
	size_t n_ca;
	const char *ca_dir;           /* -CApath for such a library; NULL when not given */
	const struct bytes *ca_names; /* DER Names to put into the certificate request */
	size_t n_ca_names;
	const struct bytes *crls;     /* DER */
	size_t n_crls;
	bool crl_check, crl_check_all;
	int verify_depth; /* -verify_depth, -1 when not given */

	uint64_t flags;  /* 1 << TLS_F_x; see tls_flag() */
	int num_tickets; /* TLS 1.3 tickets after a full handshake; the core's default is 2 */
	struct bytes session_id_context; /* 0..32 bytes */
	struct bytes alpn;               /* server preference: (length byte, name)*; empty: no ALPN */
	struct bytes npn;                /* the same for NPN, what to offer */
	bool psk;                        /* offer PSK key exchange: host.psk answers */
	const char *psk_hint;            /* TLS 1.2 and older; NULL for none */
	size_t max_send_fragment;        /* 512..16384; 0 = the library's default */
	uint32_t max_early_data;         /* bytes of early data that tickets allow; 0: none */
	uint32_t recv_max_early_data;    /* bytes of it to take, or to skip, at most */

	const struct tls_setting *settings;
	size_t n_settings;
};

static inline bool tls_flag(const struct tls_config *cfg, enum tls_flag f)
{
	return (cfg->flags >> f) & 1u;
}

/* ---- transport: owned by the core; the backend never sees a socket ---- */

struct tls_transport {
	void *ud;
	/*
	 * TLS_OK with 0 < *done <= len, TLS_WANT_READ / TLS_WANT_WRITE, TLS_EOF (recv only) or
	 * TLS_FAIL. Non-blocking. send() may take less than len.
	 */
	enum tls_status (*recv)(void *ud, void *buf, size_t len, size_t *done);
	enum tls_status (*send)(void *ud, const void *buf, size_t len, size_t *done);
};

/* What SSL_check_chain() of OpenSSL finds good, by its numbers. */
enum tls_chain_check {
	TLS_CHAIN_VALID = 0x1,
	TLS_CHAIN_SIGN = 0x2,
	TLS_CHAIN_EE_SIGNATURE = 0x10,
	TLS_CHAIN_CA_SIGNATURE = 0x20,
	TLS_CHAIN_EE_PARAM = 0x40,
	TLS_CHAIN_CA_PARAM = 0x80,
	TLS_CHAIN_EXPLICIT_SIGN = 0x100,
	TLS_CHAIN_ISSUER_NAME = 0x200,
	TLS_CHAIN_CERT_TYPE = 0x400,
	TLS_CHAIN_SUITE_B = 0x800,
	TLS_CHAIN_SUITE_B_TESTED = 1 << 16, /* SUITEB128 and its kin in -cipher; ours */
};

enum { TLS_MAX_CRLS = 2 }; /* of one certificate: a full one, and its delta */

/* ---- host callbacks: facts go up, decisions come down ---- */

/*
 * `sud` is the pointer given to session_new(). A callback must not be answered by calling back into
 * the same session. Borrowed arguments are valid during the call only; returned pointers stay valid
 * until the next callback of the same session.
 */
struct tls_host {
	/* Facts. message: content_type 22 with its 4-byte header, 21 (2 bytes), 20, or OpenSSL's
	 * pseudo types 256 (record header) and 257 (inner content type). version: of the record. */
	void (*message)(void *sud, enum tls_dir dir, uint16_t version, unsigned content_type,
			struct bytes message);
	void (*state)(void *sud, const char *line); /* OpenSSL's words, "SSL_accept:..." */
	/* For stderr, in OpenSSL's words: decisions of the security level. Lines with '\n'
	 * between; sud is NULL outside of a session. */
	void (*note)(void *sud, const char *text);
	void (*alert)(void *sud, enum tls_dir dir, unsigned level, unsigned description);
	/* label: NSS key log words, e.g. CLIENT_RANDOM or SERVER_TRAFFIC_SECRET_0. */
	void (*secret)(void *sud, const char *label, struct bytes client_random, struct bytes secret);

	/*
	 * Verification of the client's chain, as OpenSSL's verify callback sees it: from the root
	 * side to depth 0, for each certificate first each error (x509_error is an X509_V_ERR_*
	 * number), then once X509_V_OK when the walk goes on. cert may be empty. Return true to go
	 * on; false: the backend aborts with the alert that fits the error.
	 */
	bool (*verify)(void *sud, int depth, int x509_error, struct bytes cert_der);
	/* TLS_F_XCERT: how creds[n] suits this client, before one is chosen; a set of enum
	 * tls_chain_check. Where the library tells. */
	void (*chain_checked)(void *sud, size_t n, struct bytes cert_der, unsigned good);
	/* -policy_print: what the policies come to, in OpenSSL's words, whole lines. To be printed
	 * with the verify() that follows: error 43, or X509_V_OK without a certificate. */
	void (*policies)(void *sud, const char *text);

	/* Decisions. */
	/* Called when the client sent server_name. 0: creds, 1: sni_creds; -1: abort with fatal
	 * unrecognized_name; -2: creds, after a warning alert unrecognized_name (TLS 1.2). */
	int (*select_sni)(void *sud, struct bytes name);
	/* Called when cfg.alpn is set and the client offered ALPN; offered: (length, name)*.
	 * True: *chosen is to be answered; false: abort with no_application_protocol. */
	bool (*select_alpn)(void *sud, struct bytes offered, struct bytes *chosen);
	/* True: *key is the key of that identity. `version` is the negotiated TLS version. In
	 * TLS 1.3 false means: go on without PSK; before: abort with unknown_psk_identity. */
	bool (*psk)(void *sud, uint16_t version, struct bytes identity, struct bytes *key);

	/* Called when TLS_F_STAPLE is set, the client asked for the status (RFC 6066 8) and `cert`
	 * (DER) is what it gets. True: *response (an OCSPResponse) is to be stapled; false: nothing
	 * is, and the handshake goes on. */
	bool (*staple)(void *sud, struct bytes cert, struct bytes *response);

	/* Called with TLS_F_CRL_DOWNLOAD and crl_check for each certificate whose revocation is
	 * checked: CRLs (DER) beside those of the configuration, and how many. They are valid until
	 * the next call. Takes its time, up to some seconds. */
	size_t (*crls)(void *sud, struct bytes cert, struct bytes list[TLS_MAX_CRLS]);

	/* Session store, keyed by session id or stateful ticket; `session` is opaque to the core.
	 * A library with a store of its own uses these only for TLS_F_EXT_CACHE. get: true and a
	 * borrowed *session; take: the same, and the entry is removed (single use). */
	void (*cache_put)(void *sud, struct bytes id, struct bytes session);
	bool (*cache_get)(void *sud, struct bytes id, struct bytes *session);
	void (*cache_del)(void *sud, struct bytes id);
};

/* ---- what a session can tell after the handshake ---- */

enum tls_early_data { TLS_EARLY_NOT_SENT, TLS_EARLY_REJECTED, TLS_EARLY_ACCEPTED };

/* Zero, -1 or empty: not known or not there. Pointers are valid until the next call on the session. */
struct tls_info {
	uint16_t version;       /* 0x0301..0x0304 */
	uint16_t suite;
	uint16_t group;         /* of the (EC)DHE exchange */
	uint16_t peer_sigalg;   /* the client's CertificateVerify; before TLS 1.2: 0 */
	uint16_t own_sigalg;
	bool resumed;           /* by session id or ticket, or by external PSK in TLS 1.3 */
	bool extended_master_secret, encrypt_then_mac;
	bool secure_renegotiation; /* RFC 5746 indicated by the peer */
	bool certificate_requested;
	int verify_result;      /* X509_V_* number; X509_V_OK when nothing was verified */
	struct bytes alpn;
	struct bytes npn;       /* what the client chose */
	struct bytes session_id;
	struct bytes master_secret; /* TLS 1.3: the resumption PSK when the library tells it */
	struct bytes psk_identity;
	const struct bytes *peer_chain; /* DER, leaf first, as sent */
	size_t n_peer_chain;
	struct bytes ticket;         /* the ticket issued or used, where known */
	uint32_t ticket_lifetime;    /* seconds, hint of that ticket */
	int64_t session_time;        /* seconds since the epoch */
	int64_t session_timeout;     /* seconds */
	enum tls_early_data early_data;
};

/* The counters of OpenSSL's statistics block (SSL_CTX_sess_*). */
struct tls_stats {
	long number, accepts, accept_renegotiates, accepts_good, hits, misses, timeouts, cb_hits,
		cache_full, cache_size;
};

/* ---- the table ---- */

struct tls_ctx;
struct tls_session;

/* A freshly made P-256 key of the core's temporary self-signed certificate. */
struct tls_temp_key {
	uint8_t private_key[256]; /* DER, SEC1 or PKCS#8 */
	size_t private_key_n;
	uint8_t spki[128];        /* DER SubjectPublicKeyInfo */
	size_t spki_n;
};

enum tls_aead {
	TLS_AEAD_AES_GCM, /* AES by the length of the key */
	TLS_AEAD_AES_CCM,
	TLS_AEAD_AES_CCM_8, /* the same with a tag of 8 bytes */
	TLS_AEAD_CHACHA20_POLY1305,
};

/* What an AEAD sealed (RFC 5116); the tag ends `sealed`. */
struct tls_sealed {
	enum tls_aead aead;
	struct bytes key, nonce, aad, sealed; /* nonce: 12 bytes; sealed: more than the tag */
	size_t tag_n;                         /* 16 or 8 bytes */
};

struct tls_backend {
	uint32_t abi;        /* TLS_BACKEND_ABI */
	uint32_t size;       /* sizeof(struct tls_backend) when compiled */
	const char *name;    /* "gnutls": what --backend takes */
	const char *library; /* "GnuTLS": for people */

	/* The running library's version ("3.7.9"), and the one of the headers. Before init(). */
	void (*version)(char *running, char *compiled, size_t len);
	/* Once, before anything else. `settings` are those of the configuration to come. */
	bool (*init)(const struct tls_setting *settings, size_t n, struct tls_error *err);
	/* Set the entries that the backend implements or must refuse; the rest stay untouched.
	 * Ask the library, do not guess from its version. After init(). */
	void (*capabilities)(struct tls_cap_entry cap[TLS_CAP_COUNT]);
	void (*algorithms)(struct tls_algorithms *out);

	/* The crypto behind the temporary certificate; both or none. sign: ECDSA with SHA-256 over
	 * tbs, as a DER Ecdsa-Sig-Value; *n is the room on entry and the length on return. */
	bool (*temp_key)(struct tls_temp_key *out, struct tls_error *err);
	bool (*temp_sign)(const struct tls_temp_key *key, struct bytes tbs, uint8_t *sig, size_t *n,
			  struct tls_error *err);

	/*
	 * Opens what was sealed into out[sealed.n - tag_n]; false: it is not authentic, or the
	 * library lacks the AEAD. The core reads messages with it that the library does not
	 * report; NULL where the library reports them all (capability MESSAGES).
	 */
	bool (*aead_open)(const struct tls_sealed *in, uint8_t *out);

	/*
	 * Contexts. cfg, host and all they point to outlive the context. TLS_OK, TLS_FAIL (a value
	 * is wrong: err->text names the file or value and the cause) or TLS_UNSUPPORTED. Everything
	 * that can be found out now must be: a bad key is an error here, not at the first client.
	 */
	enum tls_status (*ctx_new)(const struct tls_config *cfg, const struct tls_host *host,
				   struct tls_ctx **out, struct tls_error *err);
	void (*ctx_free)(struct tls_ctx *ctx); /* after all its sessions; NULL allowed */
	/* Own counters, or NULL: the core counts. */
	void (*ctx_stats)(const struct tls_ctx *ctx, struct tls_stats *out);

	/*
	 * Sessions. io, hello and sud outlive the session. hello is what the first bytes on the
	 * transport are (they are still to be read), NULL when they are not a ClientHello the core
	 * understands; the library then finds the reason itself. NULL result: *err is filled.
	 */
	struct tls_session *(*session_new)(struct tls_ctx *ctx, const struct tls_transport *io,
					   const struct client_hello *hello, void *sud,
					   struct tls_error *err);
	void (*session_free)(struct tls_session *s); /* sends nothing; NULL allowed */

	/*
	 * Non-blocking; on TLS_WANT_* call the same again (write: with the same bytes).
	 * handshake: TLS_OK once it is complete, tickets queued or sent included. On TLS_FAIL the
	 * fitting fatal alert has been handed to the transport, also where the library sends none.
	 * read: TLS_OK with *done > 0. Post-handshake messages are handled inside.
	 * TLS_WANT_READ also after such a message without data.
	 * write: TLS_OK with *done > 0, maybe less than len.
	 * shutdown: sends close_notify, does not wait for the peer's.
	 */
	enum tls_status (*handshake)(struct tls_session *s, struct tls_error *err);
	enum tls_status (*read)(struct tls_session *s, void *buf, size_t len, size_t *done,
				struct tls_error *err);
	enum tls_status (*write)(struct tls_session *s, const void *buf, size_t len, size_t *done,
				 struct tls_error *err);
	enum tls_status (*shutdown)(struct tls_session *s, struct tls_error *err);
	/*
	 * With TLS_F_EARLY_DATA, and before handshake(): shakes hands as far as early data goes.
	 * TLS_OK with *done > 0: data; with *done == 0: that was all (maybe none), go on with
	 * handshake(), and info().early_data is known. NULL where the library has no early data.
	 */
	enum tls_status (*read_early)(struct tls_session *s, void *buf, size_t len, size_t *done,
				      struct tls_error *err);
	/* True when read() can make progress without the transport. */
	bool (*pending)(const struct tls_session *s);

	/*
	 * Connected commands; NULL where the library has nothing of the kind. TLS_OK when the
	 * message is handed to the transport (a renegotiation or a client's certificate then comes
	 * through handshake() or read()); TLS_UNSUPPORTED with a reason when this connection cannot
	 * (wrong version, extension not offered): the connection lives on; TLS_WANT_WRITE: again.
	 * renegotiate: ask_cert also requests a certificate (command R).
	 * After it, handshake() returns TLS_OK when the new handshake is complete (-www /reneg).
	 */
	enum tls_status (*renegotiate)(struct tls_session *s, bool ask_cert, struct tls_error *err);
	enum tls_status (*key_update)(struct tls_session *s, bool ask_peer, struct tls_error *err);
	enum tls_status (*request_cert)(struct tls_session *s, struct tls_error *err);
	enum tls_status (*heartbeat)(struct tls_session *s, struct tls_error *err);

	/* Questions; after the handshake. */
	void (*info)(struct tls_session *s, struct tls_info *out);
	/* RFC 5705 without context. TLS_OK, TLS_FAIL (bad label) or TLS_UNSUPPORTED. */
	enum tls_status (*export_key)(struct tls_session *s, const char *label, uint8_t *out,
				      size_t len, struct tls_error *err);
	/* The session as OpenSSL's SSL_SESSION in DER, malloc()ed; NULL op: the core encodes info().*/
	bool (*session_der)(struct tls_session *s, uint8_t **der, size_t *n);
};

/* The symbol of a module; also the name that static builds link against. */
extern const struct tls_backend tls_backend_v1;

#endif
