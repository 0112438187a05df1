/*
 * core/report_text.h -- the blocks of text that report.c prints and -www pages share.
 */
#ifndef S_SERVER_CORE_REPORT_TEXT_H
#define S_SERVER_CORE_REPORT_TEXT_H

#include "core/report.h"

/* The summary after a handshake: the one on stdout, and the one of -brief and -rev. */
void report_add_summary(struct strbuf *out, struct conn *c, const struct tls_info *info);
void report_add_brief(struct strbuf *out, const struct conn *c, const struct tls_info *info);

/* The client's certificate authorities, after a line "---"; nothing when it named none. */
void report_add_ca_names(struct strbuf *out, const struct conn *c);
/* The exported keying material in upper case hex; false when the library refuses. */
bool report_export_key(struct strbuf *out, struct conn *c);
/* What a peer chose freely: unprintable bytes as \xNN. */
void report_add_printable(struct strbuf *out, struct bytes text);

/* OpenSSL's error stack: what the core knows of the cause, then the library's own words. */
void report_add_errors(struct strbuf *out, const struct conn *c, bool in_handshake,
		       const struct tls_error *err);
/* The first of these in plain words; nothing when the core knows no cause. */
void report_add_cause(struct strbuf *out, const struct conn *c, bool in_handshake,
		      const struct tls_error *err);
/* Why a connected command is not possible here. */
void report_add_command_errors(struct strbuf *out, const struct conn *c, char letter,
			       const struct tls_error *err);
/* The same for a file that could not be opened. */
void report_add_file_errors(struct strbuf *out, const char *name, const char *mode, int error);

#endif
