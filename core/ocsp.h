/*
 * core/ocsp.h -- OCSP messages (RFC 6960): the request for one certificate, and what a response says.
 */
#ifndef S_SERVER_CORE_OCSP_H
#define S_SERVER_CORE_OCSP_H

#include "core/strbuf.h"

/*
 * An OCSPRequest in DER, not signed, with a CertID of SHA-1 as OCSP_cert_to_id() makes it.
 * `extensions` is what the client's status_request brought (Extensions in DER), or empty. False:
 * one of the certificates does not parse; nothing is added.
 */
bool ocsp_request(struct strbuf *out, struct bytes cert, struct bytes issuer,
		  struct bytes extensions);

/* The request_extensions in the data of a status_request extension of a ClientHello (RFC 6066 8),
 * which may be empty. False: it asks for another kind of status, or is malformed. */
bool ocsp_status_request(struct bytes data, struct bytes *extensions);

/* The first URI of an OCSP responder in authorityInfoAccess; borrows from cert. */
bool ocsp_responder(struct bytes cert, struct bytes *uri);

/* True when it is an OCSPResponse and nothing else, whatever it says. */
bool ocsp_is_response(struct bytes der);
/* OCSP_RESPONSE_print() of OpenSSL 3.5. Any input is safe: what does not parse ends the text. */
void ocsp_response_print(struct strbuf *out, struct bytes der);

#endif
