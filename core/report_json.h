/*
 * core/report_json.h -- the events of --json: one object a line on stdout (docs/json.md).
 */
#ifndef S_SERVER_CORE_REPORT_JSON_H
#define S_SERVER_CORE_REPORT_JSON_H

#include "core/conn.h"

void json_start(struct server *srv);
void json_stats(struct server *srv);
void json_end(struct server *srv);

void json_accept(struct conn *c);
void json_hello(struct conn *c);
/* What enum tls_chain_check says; up to an entry without a name. */
struct report_chain_word {
	const char *text, *key;
	unsigned bit;
};
extern const struct report_chain_word report_chain_words[];
void json_chain_checked(struct conn *c, size_t n, struct bytes cert_der, unsigned good);
void json_sni(struct conn *c, bool switched);
void json_alpn(struct conn *c, struct bytes offered, bool found);
void json_psk(struct conn *c, uint16_t version, struct bytes identity, bool match);
void json_verify(struct conn *c, int depth, int x509_error, bool go_on, struct bytes cert_der);
void json_handshake(struct conn *c, const struct tls_info *info);
void json_early_data(struct conn *c, struct bytes data);
void json_data(struct conn *c, struct bytes data);
void json_command(struct conn *c, char letter, enum tls_status status, const struct tls_error *err);
void json_alert(struct conn *c, enum tls_dir dir, unsigned level, unsigned description);
void json_failure(struct conn *c, bool in_handshake, const struct tls_error *err);
void json_timeout(struct conn *c);
void json_file(struct conn *c, const char *name);
void json_closed(struct conn *c);

#endif
