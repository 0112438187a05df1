/*
 * core/session_der.h -- OpenSSL's SSL_SESSION in DER, which `openssl sess_id` and -psk_session
 * read.
 */
#ifndef S_SERVER_CORE_SESSION_DER_H
#define S_SERVER_CORE_SESSION_DER_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

/* What info does not tell is left out; server_name may be empty. */
void session_der_encode(struct strbuf *out, const struct tls_info *info,
			struct bytes session_id_context, struct bytes server_name);

/* Borrowed from the DER; absent fields are empty or 0. */
struct session_fields {
	uint16_t version; /* TLS_VERSION_*, from TLS 1.0 on */
	uint16_t suite;
	struct bytes session_id, master_key, session_id_context;
	int64_t time, timeout; /* seconds */
	struct bytes peer;     /* DER certificate */
	int64_t verify_result;
	struct bytes server_name;
	struct bytes psk_identity_hint, psk_identity, srp_username;
	uint32_t ticket_lifetime;
	struct bytes ticket;
	uint64_t flags; /* OpenSSL's SSL_SESS_FLAG_*; 1: extended master secret */
	uint32_t ticket_age_add;
	uint32_t max_early_data;
	struct bytes alpn;
};

/* False: not such a session, or of an unknown layout. */
bool session_der_decode(struct bytes der, struct session_fields *out);

#endif
