#include "core/http_reply.h"

#include <string.h>
#include <strings.h>

struct header {
	struct bytes content_type;
	bool has_length, chunked;
	size_t length;
};

static bool is_word(struct bytes b, const char *word)
{
	return b.n == strlen(word) && strncasecmp((const char *)b.p, word, b.n) == 0;
}

static struct bytes trim(struct bytes b)
{
	while (b.n && (b.p[0] == ' ' || b.p[0] == '\t')) {
		b.p++;
		b.n--;
	}
	while (b.n && strchr(" \t\r", b.p[b.n - 1]))
		b.n--;
	return b;
}

/* The next line, without its end. False when it is not complete. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
	const uint8_t *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	if (!lf)
		return false;
	*line = (struct bytes){rest->p, (size_t)(lf - rest->p)};
	rest->n -= line->n + 1;
	rest->p = lf + 1;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* "HTTP/1.1 200 OK" */
static bool is_good_status(struct bytes line)
{
	const uint8_t *blank = line.n ? memchr(line.p, ' ', line.n) : NULL;
	struct bytes code;

	if (line.n < 7 || memcmp(line.p, "HTTP/1.", 7) != 0 || !blank)
		return false;
	code = trim((struct bytes){blank, line.n - (size_t)(blank - line.p)});
	return code.n >= 3 && memcmp(code.p, "200", 3) == 0 && (code.n == 3 || code.p[3] == ' ');
}

static bool parse_length(struct bytes value, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9' || *length > SIZE_MAX / 10 - 1)
			return false;
		*length = *length * 10 + (size_t)(value.p[i] - '0');
	}
	return value.n > 0;
}

/* False: a length that is none. */
static bool take_field(struct bytes line, struct header *h)
{
	const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
	struct bytes name, value;

	if (!colon)
		return true; /* OpenSSL passes over such lines too */
	name = (struct bytes){line.p, (size_t)(colon - line.p)};
	value = trim((struct bytes){colon + 1, line.n - name.n - 1});
	if (is_word(name, "content-length")) {
		h->has_length = true;
		return parse_length(value, &h->length);
	}
	if (is_word(name, "content-type"))
		h->content_type = value;
	if (is_word(name, "transfer-encoding") && !is_word(value, "identity"))
		h->chunked = true;
	return true;
}

static bool is_type(struct bytes value, const char *type)
{
	const uint8_t *end = value.n ? memchr(value.p, ';', value.n) : NULL;

	if (end)
		value.n = (size_t)(end - value.p);
	return is_word(trim(value), type);
}

/* NULL: fine. */
static const char *check(const struct header *h, const struct http_reply_wanted *wanted)
{
	if (h->chunked)
		return "unexpected transfer encoding";
	if (wanted->content_type && !is_type(h->content_type, wanted->content_type))
		return h->content_type.n ? "unexpected content type" : "missing content type";
	if (h->has_length && h->length > wanted->max)
		return "the response is too long";
	return NULL;
}

static enum http_reply_result bad(const char **why, const char *what)
{
	*why = what;
	return HTTP_REPLY_BAD;
}

static enum http_reply_result more(bool eof, const char **why)
{
	return eof ? bad(why, "the response is cut short") : HTTP_REPLY_MORE;
}

enum http_reply_result http_reply_read(struct bytes data, bool eof,
				       const struct http_reply_wanted *wanted, struct bytes *body,
				       const char **why)
{
	struct header h = {.has_length = false};
	struct bytes rest = data, line;

	if (!next_line(&rest, &line)) {
		if (data.n > HTTP_REPLY_HEADER_MAX)
			return bad(why, "the header is too long");
		return more(eof, why);
	}
	if (!is_good_status(line))
		return bad(why, "the status is not 200");
	for (;;) {
		bool complete = next_line(&rest, &line);

		if (data.n - rest.n > HTTP_REPLY_HEADER_MAX ||
		    (!complete && data.n > HTTP_REPLY_HEADER_MAX))
			return bad(why, "the header is too long");
		if (!complete)
			return more(eof, why);
		if (!line.n)
			break;
		if (!take_field(line, &h))
			return bad(why, "bad content length");
	}
	*why = check(&h, wanted);
	if (*why)
		return HTTP_REPLY_BAD;
	if (rest.n > wanted->max && !h.has_length)
		return bad(why, "the response is too long");
	if (h.has_length ? rest.n < h.length : !eof)
		return more(eof, why);
	*body = (struct bytes){rest.p, h.has_length ? h.length : rest.n};
	return HTTP_REPLY_DONE;
}
