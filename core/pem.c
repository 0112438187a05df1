#include "core/pem.h"

#include <stdlib.h>
#include <string.h>

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ", tail_mark[] = "-----";

/* ---- base64 ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct strbuf *out, struct bytes in, size_t columns)
{
	size_t column = 0;

	for (size_t i = 0; i < in.n; i += 3) {
		size_t left = in.n - i;
		uint32_t bits = (uint32_t)in.p[i] << 16;

		bits |= left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0;
		bits |= left > 2 ? in.p[i + 2] : 0;
		for (size_t k = 0; k < 4; k++) {
			strbuf_addc(out, k > left ? '=' : alphabet[bits >> (18 - 6 * k) & 63]);
			if (columns && ++column == columns) {
				strbuf_addc(out, '\n');
				column = 0;
			}
		}
	}
	if (column)
		strbuf_addc(out, '\n');
}

static int sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_decode(struct strbuf *out, struct bytes in)
{
	size_t before = out->n, digits = 0, padding = 0;
	uint32_t bits = 0;
	bool ok = true;

	/* Once and for all: it may be a key, of which no copy is to stay behind. */
	strbuf_reserve(out, in.n / 4 * 3 + 3);
	for (size_t i = 0; i < in.n && ok; i++) {
		int value = sextet(in.p[i]);

		if (is_blank(in.p[i]))
			continue;
		if (in.p[i] == '=') {
			padding++;
		} else if (value < 0 || padding) {
			ok = false;
		} else {
			bits = bits << 6 | (uint32_t)value;
			if (digits++ % 4)
				strbuf_addc(out,
					    (char)(uint8_t)(bits >> (6 - 2 * ((digits - 1) % 4))));
		}
	}
	if (ok && padding <= 2 && (digits + padding) % 4 == 0)
		return true;
	explicit_bzero(out->p + before, out->n - before);
	out->n = before;
	return false;
}

/* ---- blocks ---- */

/* The next line, without its end; *rest moves behind it. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
	if (!rest->n)
		return false;
	const uint8_t *newline = memchr(rest->p, '\n', rest->n);
	size_t n = newline ? (size_t)(newline - rest->p) : rest->n;

	*line = (struct bytes){rest->p, n};
	n += newline != NULL;
	rest->p += n;
	rest->n -= n;
	while (line->n && is_blank(line->p[line->n - 1]))
		line->n--;
	return true;
}

/* The label of a "-----BEGIN label-----" line, or of an END line. */
static bool line_label(struct bytes line, const char *mark, struct bytes *label)
{
	size_t head = strlen(mark), tail = strlen(tail_mark);

	if (line.n < head + tail || memcmp(line.p, mark, head) != 0 ||
	    memcmp(line.p + line.n - tail, tail_mark, tail) != 0)
		return false;
	*label = (struct bytes){line.p + head, line.n - head - tail};
	return true;
}

/* Headers end at a blank line (RFC 1421 4.4); without one there are none. */
static struct bytes read_headers(struct bytes *rest)
{
	struct bytes ahead = *rest, none = {0}, line;

	for (bool first = true; next_line(&ahead, &line); first = false) {
		if (first && !memchr(line.p, ':', line.n))
			return none;
		if (!line.n) {
			struct bytes headers = {rest->p, (size_t)(line.p - rest->p)};

			*rest = ahead;
			return headers;
		}
		if (line.p[0] == '-')
			return none;
	}
	return none;
}

/*
 * What follows a BEGIN line. False: malformed; *rest is then where the search goes on, which is
 * never before a line already looked at, so that hostile files cost linear time.
 */
static bool read_block(struct bytes *rest, struct pem_block *out)
{
	out->headers = read_headers(rest);
	struct bytes line, label = {NULL, 0}, data = *rest, before = *rest;
	struct strbuf der = STRBUF_INIT;

	while (next_line(rest, &line) && !line_label(line, end_mark, &label)) {
		if (line_label(line, begin_mark, &label)) {
			*rest = before;
			return false;
		}
		before = *rest;
	}
	data.n = (size_t)(before.p - data.p);
	out->text.n = (size_t)(rest->p - out->text.p);
	if (before.p == rest->p || label.n != out->label.n ||
	    (label.n && memcmp(label.p, out->label.p, label.n) != 0) ||
	    !base64_decode(&der, data)) {
		strbuf_release(&der);
		return false;
	}
	out->der = strbuf_bytes(&der);
	return true;
}

bool pem_next(struct bytes *rest, struct pem_block *out)
{
	struct bytes line;

	*out = (struct pem_block){0};
	while (next_line(rest, &line)) {
		if (!line_label(line, begin_mark, &out->label))
			continue;
		out->text.p = line.p;
		if (read_block(rest, out))
			return true;
	}
	*out = (struct pem_block){0};
	return false;
}

void pem_block_release(struct pem_block *block)
{
	void *der = (void *)block->der.p; /* allocated by pem_next() */

	if (der)
		explicit_bzero(der, block->der.n);
	free(der);
	*block = (struct pem_block){0};
}

bool pem_label_is(const struct pem_block *block, const char *label)
{
	return block->label.n == strlen(label) &&
	       memcmp(block->label.p, label, block->label.n) == 0;
}

bool pem_is_encrypted(const struct pem_block *block)
{
	static const char field[] = "Proc-Type:", value[] = "4,ENCRYPTED";
	struct bytes rest = block->headers, line;

	if (pem_label_is(block, "ENCRYPTED PRIVATE KEY"))
		return true;
	while (next_line(&rest, &line)) {
		if (line.n < strlen(field) || memcmp(line.p, field, strlen(field)) != 0)
			continue;
		line.p += strlen(field);
		line.n -= strlen(field);
		while (line.n && is_blank(*line.p)) {
			line.p++;
			line.n--;
		}
		return line.n == strlen(value) && memcmp(line.p, value, line.n) == 0;
	}
	return false;
}

void pem_encode(struct strbuf *out, const char *label, struct bytes der)
{
	strbuf_addf(out, "%s%s%s\n", begin_mark, label, tail_mark);
	base64_encode(out, der, 64);
	strbuf_addf(out, "%s%s%s\n", end_mark, label, tail_mark);
}
