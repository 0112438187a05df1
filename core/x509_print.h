/*
 * core/x509_print.h -- printing names, certificates and keys as OpenSSL 3.5 does.
 *
 * Works on DER alone, so that all backends print alike. Any input is safe; what does not parse is
 * shown as far as it does.
 */
#ifndef S_SERVER_CORE_X509_PRINT_H
#define S_SERVER_CORE_X509_PRINT_H

#include "core/strbuf.h"
#include "core/x509.h"

/* Bits of -nameopt; the values are OpenSSL's ASN1_STRFLGS_* and XN_FLAG_*. */
#define X509_NAME_ESC_2253      0x1UL
#define X509_NAME_ESC_CTRL      0x2UL
#define X509_NAME_ESC_MSB       0x4UL
#define X509_NAME_ESC_QUOTE     0x8UL /* use_quote */
#define X509_NAME_UTF8          0x10UL
#define X509_NAME_IGNORE_TYPE   0x20UL
#define X509_NAME_SHOW_TYPE     0x40UL
#define X509_NAME_DUMP_ALL      0x80UL
#define X509_NAME_DUMP_UNKNOWN  0x100UL /* dump_nostr */
#define X509_NAME_DUMP_DER      0x200UL
#define X509_NAME_ESC_2254      0x400UL
#define X509_NAME_SEP_MASK      0xf0000UL
#define X509_NAME_COMPAT        0x0UL     /* all bits clear */
#define X509_NAME_SEP_COMMA     0x10000UL /* sep_comma_plus */
#define X509_NAME_SEP_COMMA_SPC 0x20000UL /* sep_comma_plus_space */
#define X509_NAME_SEP_SEMI_SPC  0x30000UL /* sep_semi_plus_space */
#define X509_NAME_SEP_MULTILINE 0x40000UL
#define X509_NAME_DN_REV        0x100000UL
#define X509_NAME_FN_MASK       0x600000UL
#define X509_NAME_FN_SN         0x0UL
#define X509_NAME_FN_LN         0x200000UL
#define X509_NAME_FN_OID        0x400000UL
#define X509_NAME_FN_NONE       0x600000UL
#define X509_NAME_SPC_EQ        0x800000UL
#define X509_NAME_DUMP_FIELDS   0x1000000UL /* dump_unknown */
#define X509_NAME_FN_ALIGN      0x2000000UL

#define X509_NAME_RFC2253                                                                       \
	(X509_NAME_ESC_2253 | X509_NAME_ESC_CTRL | X509_NAME_ESC_MSB | X509_NAME_UTF8 |         \
	 X509_NAME_DUMP_UNKNOWN | X509_NAME_DUMP_DER | X509_NAME_SEP_COMMA | X509_NAME_DN_REV | \
	 X509_NAME_DUMP_FIELDS)
#define X509_NAME_ONELINE                                                               \
	(X509_NAME_ESC_2253 | X509_NAME_ESC_CTRL | X509_NAME_ESC_MSB | X509_NAME_UTF8 | \
	 X509_NAME_DUMP_UNKNOWN | X509_NAME_DUMP_DER | X509_NAME_ESC_QUOTE |            \
	 X509_NAME_SEP_COMMA_SPC | X509_NAME_SPC_EQ)
#define X509_NAME_MULTILINE                                                                    \
	(X509_NAME_ESC_CTRL | X509_NAME_ESC_MSB | X509_NAME_SEP_MULTILINE | X509_NAME_SPC_EQ | \
	 X509_NAME_FN_LN | X509_NAME_FN_ALIGN)
/* What 3.5 uses when -nameopt is not given: "C=XX, O=Test, CN=client.test". */
#define X509_NAME_DEFAULT                                                                    \
	(X509_NAME_ESC_CTRL | X509_NAME_UTF8 | X509_NAME_DUMP_UNKNOWN | X509_NAME_DUMP_DER | \
	 X509_NAME_SEP_COMMA_SPC)

/*
 * One -nameopt argument: words joined by commas, each maybe with a leading '-'. Several arguments
 * add up: start with *nameopt = 0. False: a word that OpenSSL does not know.
 */
bool nameopt_parse(const char *arg, unsigned long *nameopt);

/*
 * A DER Name, as X509_NAME_print_ex does without indent (the depth=N lines). False (what was
 * printable is added) when it is malformed. No newline at the end.
 */
bool x509_name_print(struct strbuf *out, struct bytes name_der, unsigned long nameopt);

/*
 * The title and the name on a line, as OpenSSL's programs print "subject=..." and "issuer=...": the
 * multi-line form begins on a line of its own, compat is "/C=XX/O=Test". Newline at the end.
 */
bool x509_name_line(struct strbuf *out, const char *title, struct bytes name_der,
		    unsigned long nameopt);

/* ---- certificates ---- */

/* A Time element as "Nov 22 00:45:26 2026 GMT"; false and "Bad time value" when it is not one. */
bool x509_time_print(struct strbuf *out, struct bytes time);

/* `openssl x509 -text -noout` of 3.5; names by X509_NAME_DEFAULT. */
void x509_text(struct strbuf *out, struct bytes cert_der);
/* The same with other names. */
void x509_text_names(struct strbuf *out, struct bytes cert_der, unsigned long nameopt);
/* X509_signature_print: an AlgorithmIdentifier's element and the signature's bits. */
void x509_signature_text(struct strbuf *out, struct bytes algorithm, struct bytes signature);
/* "Public-Key: (256 bit)" and what follows, as in that text. */
void x509_key_text(struct strbuf *out, struct bytes spki, int indent);

#endif
