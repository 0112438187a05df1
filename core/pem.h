/*
 * core/pem.h -- PEM blocks (RFC 7468, and RFC 1421 headers of encrypted keys).
 */
#ifndef S_SERVER_CORE_PEM_H
#define S_SERVER_CORE_PEM_H

#include "core/bytes.h"
#include "core/strbuf.h"

struct pem_block {
	struct bytes label;   /* borrowed: "CERTIFICATE" */
	struct bytes headers; /* borrowed: "Proc-Type: ...\nDEK-Info: ...\n"; empty when none */
	struct bytes text; /* borrowed: the block, from "-----BEGIN" to the end of the END line */
	struct bytes der;  /* the decoded bytes; owned, a NUL follows. Freed by
			      pem_block_release(), which also wipes them */
};

/*
 * The next block of *rest, which is moved behind it. Text between blocks and malformed blocks are
 * passed over. False: there is none (nothing to release).
 */
bool pem_next(struct bytes *rest, struct pem_block *out);
void pem_block_release(struct pem_block *block);
bool pem_label_is(const struct pem_block *block, const char *label);
/* True for "Proc-Type: 4,ENCRYPTED" and for the label ENCRYPTED PRIVATE KEY. */
bool pem_is_encrypted(const struct pem_block *block);

/* A block with lines of 64 columns, as OpenSSL writes it. */
void pem_encode(struct strbuf *out, const char *label, struct bytes der);

/* Base64 of `in`; a '\n' after every `columns` characters and at the end unless columns is 0. */
void base64_encode(struct strbuf *out, struct bytes in, size_t columns);
/* Blanks and line ends are skipped. False (nothing added) for anything that is not base64. */
bool base64_decode(struct strbuf *out, struct bytes in);

#endif
