#include "core/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
	static const char message[] = "s_server: out of memory\n";

	(void)fwrite(message, 1, sizeof(message) - 1, stderr); /* or say nothing */
	abort();
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		out_of_memory();
	return q;
}

void *xmemdup(const void *p, size_t n)
{
	void *q = xmalloc(n);

	if (n)
		memcpy(q, p, n);
	return q;
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

void strbuf_release(struct strbuf *sb)
{
	free(sb->p);
	sb->p = NULL;
	sb->n = sb->cap = 0;
}

void strbuf_wipe(struct strbuf *sb)
{
	if (sb->p)
		explicit_bzero(sb->p, sb->n);
	strbuf_release(sb);
}

void strbuf_reset(struct strbuf *sb)
{
	sb->n = 0;
	if (sb->p)
		sb->p[0] = '\0';
}

void strbuf_reserve(struct strbuf *sb, size_t extra)
{
	size_t need = sb->n + extra + 1;

	if (need <= sb->cap)
		return;
	if (need < sb->n)
		out_of_memory();
	sb->cap = need < 64 ? 64 : need + need / 2;
	sb->p = xrealloc(sb->p, sb->cap);
	sb->p[sb->n] = '\0';
}

void strbuf_add(struct strbuf *sb, const void *data, size_t n)
{
	strbuf_reserve(sb, n);
	if (n)
		memcpy(sb->p + sb->n, data, n);
	sb->n += n;
	sb->p[sb->n] = '\0';
}

void strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_adds(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		strbuf_reserve(sb, (size_t)n);
		(void)vsnprintf(sb->p + sb->n, (size_t)n + 1, fmt, again); /* measured above */
		sb->n += (size_t)n;
	}
	va_end(again);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

void strbuf_addhex(struct strbuf *sb, struct bytes b, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	strbuf_reserve(sb, b.n * 2);
	for (size_t i = 0; i < b.n; i++) {
		strbuf_addc(sb, digits[b.p[i] >> 4]);
		strbuf_addc(sb, digits[b.p[i] & 15]);
	}
}

/* The layout of BIO_dump_indent(3): fewer bytes a line when the indent is large. */
void strbuf_adddump(struct strbuf *sb, struct bytes b, int indent)
{
	int clamped = indent < 0 ? 0 : indent > 64 ? 64 : indent;
	size_t width = 16 - (size_t)((clamped - (clamped > 6 ? 6 : clamped) + 3) / 4);

	for (size_t row = 0; row < b.n; row += width) {
		strbuf_addf(sb, "%*s%04zx - ", clamped, "", row);
		for (size_t i = 0; i < width; i++) {
			if (row + i >= b.n)
				strbuf_adds(sb, "   ");
			else
				strbuf_addf(sb, "%02x%c", b.p[row + i], i == 7 ? '-' : ' ');
		}
		strbuf_adds(sb, "  ");
		for (size_t i = 0; i < width && row + i < b.n; i++) {
			uint8_t c = b.p[row + i];

			strbuf_addc(sb, c >= ' ' && c <= '~' ? (char)c : '.');
		}
		strbuf_addc(sb, '\n');
	}
}

void strbuf_consume(struct strbuf *sb, size_t n)
{
	if (!n)
		return;
	memmove(sb->p, sb->p + n, sb->n - n);
	sb->n -= n;
	sb->p[sb->n] = '\0';
}

struct bytes strbuf_bytes(const struct strbuf *sb)
{
	return (struct bytes){(const uint8_t *)sb->p, sb->n};
}
