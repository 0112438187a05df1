/*
 * core/tempcert.h -- a self-signed certificate for localhost, for when no -cert was given.
 */
#ifndef S_SERVER_CORE_TEMPCERT_H
#define S_SERVER_CORE_TEMPCERT_H

#include "core/strbuf.h"
#include "core/tls_backend.h"

/*
 * A new key from the backend (which needs temp_key and temp_sign) and a certificate for it, valid
 * for 30 days from an hour ago. False: *err is filled. The caller wipes *key after use.
 */
bool tempcert_make(const struct tls_backend *b, struct strbuf *cert_der, struct tls_temp_key *key,
		   struct tls_error *err);

/* SHA-256 in upper case hex without colons. */
void tempcert_fingerprint(struct bytes der, char out[65]);

#endif
