/*
 * core/strbuf.h -- a growable, always NUL-terminated byte buffer.
 *
 * Running out of memory ends the process with a message: a test server has nothing better to do.
 */
#ifndef S_SERVER_CORE_STRBUF_H
#define S_SERVER_CORE_STRBUF_H

#include "core/bytes.h"

#include <stdarg.h>

struct strbuf {
	char *p;  /* never NULL after the first write; p[n] is NUL */
	size_t n; /* bytes used, without the NUL */
	size_t cap;
};

#define STRBUF_INIT {NULL, 0, 0}

void strbuf_release(struct strbuf *sb);         /* frees; the buffer may be used again */
void strbuf_wipe(struct strbuf *sb);            /* the same, for secrets */
void strbuf_reset(struct strbuf *sb);           /* empties, keeps the memory */
void strbuf_reserve(struct strbuf *sb, size_t extra);
void strbuf_add(struct strbuf *sb, const void *data, size_t n);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
/* Upper or lower case hex digits, two per byte. */
void strbuf_addhex(struct strbuf *sb, struct bytes b, bool upper);
/* OpenSSL's BIO_dump: "0000 - 16 03 ...-..   text", `indent` blanks before each line. */
void strbuf_adddump(struct strbuf *sb, struct bytes b, int indent);
/* Drop the first n bytes (n <= sb->n). */
void strbuf_consume(struct strbuf *sb, size_t n);

struct bytes strbuf_bytes(const struct strbuf *sb);

/* malloc and friends that end the process with a message instead of returning NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
void *xmemdup(const void *p, size_t n);

#endif
