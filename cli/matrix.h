/*
 * cli/matrix.h -- what all backends can do, asked of each in a process of its own: two TLS
 * libraries in one process can bind to each other's symbols.
 */
#ifndef S_SERVER_CLI_MATRIX_H
#define S_SERVER_CLI_MATRIX_H

#include "core/loader.h"

/* One backend, as it answered. */
struct matrix_column {
	char *name;                              /* what --backend takes */
	char *error;                             /* why it cannot be used; then nothing below */
	char *library, *running, *compiled;
	struct tls_cap_entry cap[TLS_CAP_COUNT]; /* notes are owned */
};

struct matrix {
	struct matrix_column *column;
	size_t n;
};

/* Run this program once for each backend found. */
void matrix_gather(struct matrix *m);
void matrix_release(struct matrix *m);

/* What such a child prints (--support=capabilities); `name` as in matrix_column. */
void matrix_add_answer(struct strbuf *out, const char *name);

void matrix_add_text(struct strbuf *out, const struct matrix *m);
void matrix_add_markdown(struct strbuf *out, const struct matrix *m);
void matrix_add_json(struct strbuf *out, const struct matrix *m);

/* --list-backends */
void matrix_add_backends(struct strbuf *out, const struct matrix *m);
void matrix_add_backends_json(struct strbuf *out, const struct matrix *m);

#endif
