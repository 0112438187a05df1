/*
 * core/x509_hex.h -- numbers and bytes, laid out as in OpenSSL's certificate texts.
 */
#ifndef S_SERVER_CORE_X509_HEX_H
#define S_SERVER_CORE_X509_HEX_H

#include "core/strbuf.h"

/*
 * The magnitude (big-endian, no leading zeros) and sign of an INTEGER's contents. False: not DER.
 * `magnitude` is emptied first.
 */
bool x509_integer_split(struct bytes integer, struct strbuf *magnitude, bool *negative);
/* Decimal below 2^128, 0xHEX from there on (i2s_ASN1_INTEGER). False, nothing added: not DER. */
bool x509_integer_print(struct strbuf *out, struct bytes integer);
/*
 * "Modulus: 5 (0x5)" up to 8 bytes; else the label, and on the next lines the number with a leading
 * 00 when its top bit is set. The label stands at `indent`.
 */
void x509_number_print(struct strbuf *out, const char *label, struct bytes number, unsigned indent);
/* Lower case with colons, `columns` bytes a line, each line indented. Ends in a newline. */
void x509_hex_lines(struct strbuf *out, struct bytes b, size_t columns, unsigned indent);
/* "0A:FF" */
void x509_hex_colons(struct strbuf *out, struct bytes b);

#endif
