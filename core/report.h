/*
 * core/report.h -- everything said about a connection, as OpenSSL 3.5's text or as JSON events.
 *
 * One function a fact; which stream and whether at all follows from -quiet, -brief, -debug, --json.
 */
#ifndef S_SERVER_CORE_REPORT_H
#define S_SERVER_CORE_REPORT_H

#include "core/conn.h"

/* start and end */
void report_start(struct server *srv); /* temp DH, secondary ctx, ACCEPT */
void report_stats(struct server *srv); /* the statistics block */
void report_end(struct server *srv);   /* the same when the server ends */
void report_quit(struct conn *c);      /* "shutdown accept socket" */

/* a connection */
void report_accept(struct conn *c); /* JSON only */
void report_hello(struct conn *c);  /* -tlsextdebug, JSON */
void report_sni(struct conn *c, bool switched);
void report_alpn(struct conn *c, struct bytes offered, bool found);
void report_psk(struct conn *c, uint16_t version, struct bytes identity, bool match);
void report_chain_checked(struct conn *c, size_t n, struct bytes cert_der, unsigned good);
void report_verify(struct conn *c, int depth, int x509_error, bool go_on, struct bytes cert_der);
void report_handshake_blocks(struct conn *c);        /* DELAY, with -nbio */
void report_early_data(struct conn *c, struct bytes data);
void report_early_end(struct conn *c, enum tls_early_data what);
void report_summary(struct conn *c);                 /* after the handshake: full, brief or none */
void report_data(struct conn *c, struct bytes data); /* application data to stdout */
void report_read_blocks(struct conn *c);             /* "Read BLOCK" */
void report_command(struct conn *c, char letter, enum tls_status status,
		    const struct tls_error *err);
void report_done(struct conn *c); /* "DONE" */
void report_failure(struct conn *c, bool in_handshake, const struct tls_error *err);
void report_failure_web(struct conn *c, bool in_handshake, const struct tls_error *err);
void report_timeout(struct conn *c);
void report_closing(struct conn *c);                /* "shutting down SSL", before close_notify */
void report_closed(struct conn *c);                 /* "CONNECTION CLOSED" */
void report_file(struct conn *c, const char *name); /* "FILE:name" of -WWW and -HTTP */
/* It could not be sent to its end; error: an errno, 0 when it became shorter. */
void report_file_broken(struct conn *c, int error);

/* ---- pieces that -www pages share ---- */

void report_add_stats(struct strbuf *out, struct server *srv);
/* "Secure Renegotiation IS supported" and its kin, with the newline. */
void report_add_renegotiation(struct strbuf *out, const struct tls_info *info);
/* "Signature Algorithms: ...", "Shared Signature Algorithms: ..." and the client's own. */
void report_add_sigalgs(struct strbuf *out, const struct conn *c, const struct tls_info *info);
/* "Supported groups: ..." and "Shared groups: ...". */
void report_add_groups(struct strbuf *out, const struct conn *c, const struct tls_info *info);
/* Suites offered by the client and allowed here, in the client's order. */
size_t report_shared_suites(const struct conn *c, const struct tls_info *info, uint16_t *out,
			    size_t max);
/* The SSL_SESSION in DER. */
void report_add_session_der(struct strbuf *out, struct conn *c, const struct tls_info *info);
/* The session id context that resumption is bound to. */
struct bytes report_session_id_context(const struct server *srv);

#endif
