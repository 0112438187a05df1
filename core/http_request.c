#include "core/http_request.h"

#include <string.h>
#include <strings.h>

/* ---- pieces of lines ---- */

static bool begins_with(struct bytes b, const char *prefix)
{
	size_t n = strlen(prefix);

	return b.n >= n && !memcmp(b.p, prefix, n);
}

static struct bytes skip(struct bytes b, size_t n)
{
	return (struct bytes){b.p + n, b.n - n};
}

/* Up to the first `end`, or everything. */
static struct bytes up_to(struct bytes b, char end)
{
	const uint8_t *p = b.n ? memchr(b.p, end, b.n) : NULL;

	return (struct bytes){b.p, p ? (size_t)(p - b.p) : b.n};
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct bytes trim(struct bytes b)
{
	while (b.n && is_blank(b.p[0]))
		b = skip(b, 1);
	while (b.n && is_blank(b.p[b.n - 1]))
		b.n--;
	return b;
}

static struct bytes without_line_end(struct bytes line)
{
	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool same_word(struct bytes b, const char *word)
{
	return b.n == strlen(word) && !strncasecmp((const char *)b.p, word, b.n);
}

static void set(struct strbuf *sb, struct bytes b)
{
	strbuf_reset(sb);
	strbuf_add(sb, b.p, b.n);
}

/* ---- the request line ---- */

/* RFC 9110 5.6.2 */
static bool is_token(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];

		if ((c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z') &&
		    (!c || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return b.n > 0;
}

/* The version at the end of the line; 0x0009 when there is none. */
static uint16_t line_version(struct bytes line)
{
	struct bytes last;

	line = trim(without_line_end(line));
	last = line;
	for (size_t i = 0; i < line.n; i++)
		if (is_blank(line.p[i]))
			last = skip(line, i + 1);
	if (last.n == line.n || last.n != strlen("HTTP/1.1") || !begins_with(last, "HTTP/"))
		return 0x0009;
	return begins_with(last, "HTTP/1.0") ? 0x0100 : 0x0101;
}

static bool has_controls(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if ((b.p[i] < ' ' && b.p[i] != '\t') || b.p[i] == 0x7f)
			return true;
	return false;
}

static bool ends_in_crlf(struct bytes line)
{
	return line.n >= 2 && line.p[line.n - 2] == '\r' && line.p[line.n - 1] == '\n';
}

/* RFC 9112 3: three words with one blank between them, and the version is this one. */
static bool is_exact(struct bytes line)
{
	struct bytes text = without_line_end(line), target, version;

	target = skip(text, up_to(text, ' ').n);
	if (!target.n || has_controls(text) || memchr(text.p, '\t', text.n))
		return false;
	target = skip(target, 1);
	version = skip(target, up_to(target, ' ').n);
	return version.n < target.n && ends_in_crlf(line) && version.n == strlen(" HTTP/1.1") &&
	       begins_with(version, " HTTP/1.1");
}

static bool find_method(struct bytes line, enum http_method *method)
{
	static const char *const known[] = {"POST",    "PUT",   "DELETE", "OPTIONS",
					    "CONNECT", "TRACE", "PATCH"};
	struct bytes word = up_to(line, ' ');

	if (word.n == line.n || !is_token(word))
		return false;
	*method = HTTP_UNKNOWN;
	if (begins_with(line, "GET "))
		*method = HTTP_GET;
	else if (begins_with(line, "HEAD "))
		*method = HTTP_HEAD;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (begins_with(line, known[i]) && word.n == strlen(known[i]))
			*method = HTTP_KNOWN;
	/* Any other word makes a request only together with a version. */
	return *method != HTTP_UNKNOWN || line_version(line) != 0x0009;
}

/* "http://host:1/path ..." -> "/path ...": RFC 9112 3.2.2 obliges servers to take it. */
static struct bytes without_authority(struct bytes b)
{
	size_t scheme = begins_with(b, "http://")    ? strlen("http://")
			: begins_with(b, "https://") ? strlen("https://")
						     : 0;
	struct bytes target, path;

	if (!scheme)
		return b;
	target = up_to(skip(without_line_end(b), scheme), ' ');
	path = up_to(target, '/');
	return path.n < target.n ? skip(b, scheme + path.n) : b;
}

static bool take_request_line(struct http_request *r, struct bytes line)
{
	struct bytes after;

	if (!find_method(line, &r->method))
		return false;
	after = without_authority(skip(line, up_to(line, ' ').n + 1));
	r->version = line_version(line);
	r->faulty |= !is_exact(line);
	set(&r->target, up_to(without_line_end(after), ' '));
	if (after.n && after.p[0] == '/')
		set(&r->rest, skip(after, 1));
	return true;
}

/* ---- headers ---- */

static void take_connection(struct http_request *r, struct bytes value)
{
	while (value.n) {
		struct bytes item = up_to(value, ',');

		value = skip(value, item.n < value.n ? item.n + 1 : item.n);
		item = trim(item);
		r->close_asked |= same_word(item, "close");
	}
}

static bool is_zero(struct bytes number)
{
	for (size_t i = 0; i < number.n; i++)
		if (number.p[i] != '0')
			return false;
	return true;
}

/* A folded line, or a blank before the colon, is read differently by different programs
 * (RFC 9112 5.1, 5.2), so both are faults. */
static void take_header(struct http_request *r, struct bytes line)
{
	struct bytes name = up_to(line, ':'), value;

	r->faulty |= name.n == line.n || !is_token(name) || has_controls(line);
	if (name.n == line.n)
		return;
	value = trim(skip(line, name.n + 1));
	if (same_word(name, "Connection")) {
		take_connection(r, value);
	} else if (same_word(name, "Host")) {
		set(&r->host, value);
		r->hosts++;
	} else if (same_word(name, "Transfer-Encoding")) {
		r->has_body = true;
	} else if (same_word(name, "Content-Length") && !is_zero(value)) {
		r->has_body = true;
	}
}

static void headers_ended(struct http_request *r)
{
	r->result = HTTP_HEADERS;
	r->keep_alive = r->version == 0x0101 && r->hosts == 1 && !r->faulty && !r->has_body &&
			!r->close_asked;
}

/* ---- lines ---- */

static void take_line(struct http_request *r, struct bytes line)
{
	struct bytes text = without_line_end(line);

	if (r->result == HTTP_LINE) {
		r->faulty |= !ends_in_crlf(line);
		if (!text.n)
			headers_ended(r);
		else
			take_header(r, text);
		return;
	}
	if (take_request_line(r, line)) {
		/* HTTP/0.9 has no headers to wait for. */
		r->result = r->version == 0x0009 ? HTTP_HEADERS : HTTP_LINE;
		return;
	}
	r->faulty |= text.n > 0; /* RFC 9112 2.2 lets empty lines stand before a request */
	/* s_server cuts a longer line, and a "GET ..." of that length is still answered. */
	r->too_long = line.n >= HTTP_MAX_LINE;
	if (r->too_long || ++r->skipped > HTTP_MAX_SKIPPED)
		r->result = HTTP_MALFORMED;
}

static bool is_final(const struct http_request *r)
{
	return r->result == HTTP_HEADERS || r->result == HTTP_MALFORMED;
}

/* Moves bytes up to the end of a line into r->line. True when the line is complete, or cut. */
static bool gather(struct http_request *r, struct bytes data, size_t *n)
{
	size_t room = HTTP_MAX_LINE - r->line.n;
	struct bytes piece = {data.p, data.n < room ? data.n : room};
	struct bytes text = up_to(piece, '\n');

	*n = text.n < piece.n ? text.n + 1 : piece.n;
	strbuf_add(&r->line, data.p, *n);
	return text.n < piece.n || r->line.n == HTTP_MAX_LINE;
}

enum http_result http_request_feed(struct http_request *r, struct bytes data, size_t *used)
{
	*used = 0;
	while (*used < data.n && !is_final(r)) {
		size_t n;
		bool complete = gather(r, skip(data, *used), &n);

		*used += n;
		if (r->result == HTTP_LINE && (r->header_bytes += n) > HTTP_MAX_HEADERS) {
			r->too_long = true;
			r->result = HTTP_MALFORMED;
		} else if (complete) {
			take_line(r, strbuf_bytes(&r->line));
			strbuf_reset(&r->line);
		}
	}
	/* A request that waits for its answer holds no more than it must. */
	if (is_final(r) || !r->line.n)
		strbuf_release(&r->line);
	return r->result;
}

void http_request_release(struct http_request *r)
{
	strbuf_release(&r->target);
	strbuf_release(&r->rest);
	strbuf_release(&r->host);
	strbuf_release(&r->line);
}

void http_request_reset(struct http_request *r)
{
	http_request_release(r);
	*r = (struct http_request){.result = HTTP_MORE};
}

/* ---- paths ---- */

/* Is one of the components, parted by either slash, ".."? */
static bool has_dot_dot(struct bytes name)
{
	size_t start = 0;

	for (size_t i = 0; i <= name.n; i++) {
		if (i < name.n && name.p[i] != '/' && name.p[i] != '\\')
			continue;
		if (i - start == 2 && name.p[start] == '.' && name.p[start + 1] == '.')
			return true;
		start = i + 1;
	}
	return false;
}

/* Copies the name, cut to the room. A name that is cut is none. */
static enum http_path_check copy_name(struct bytes name, enum http_path_check result, char *out,
				      size_t n)
{
	if (n && name.n >= n) {
		name.n = n - 1;
		if (result == HTTP_PATH_OK)
			result = HTTP_PATH_NAME;
	}
	if (n) {
		if (name.n)
			memcpy(out, name.p, name.n);
		out[name.n] = '\0';
	}
	return result;
}

static enum http_path_check check_name(struct bytes name)
{
	if (has_dot_dot(name))
		return HTTP_PATH_DOTS;
	return name.n && (name.p[0] == '/' || name.p[0] == '\\') ? HTTP_PATH_INVALID : HTTP_PATH_OK;
}

/* The order of the checks is that of www_body() in apps/s_server.c, seen from outside: the name
 * ends at the first blank or colon, and without either everything else does not matter. */
enum http_path_check http_check_path(struct bytes path, char *out, size_t n)
{
	struct bytes name, line = up_to(path, '\0');
	enum http_path_check result;

	name = up_to(up_to(line, ' '), ':');
	if (name.n == line.n)
		result = HTTP_PATH_NAME;
	else if (line.p[name.n] == ':')
		result = HTTP_PATH_DOTS;
	else
		result = check_name(name);
	return copy_name(name, result, out, n);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False where a '%' is not followed by two digits or stands for NUL. */
static bool decode(struct strbuf *out, struct bytes name)
{
	for (size_t i = 0; i < name.n; i++) {
		int high, low;

		if (name.p[i] != '%') {
			strbuf_addc(out, (char)name.p[i]);
			continue;
		}
		high = i + 1 < name.n ? hex_digit(name.p[i + 1]) : -1;
		low = i + 2 < name.n ? hex_digit(name.p[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0)
			return false;
		strbuf_addc(out, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

enum http_path_check http_decode_path(struct bytes path, char *out, size_t n)
{
	struct bytes name, line = up_to(path, '\0');
	enum http_path_check result = HTTP_PATH_NAME;
	struct strbuf decoded = STRBUF_INIT;

	name = up_to(line, ' ');
	if (name.n < line.n && decode(&decoded, up_to(name, '?'))) {
		name = strbuf_bytes(&decoded);
		result = check_name(name);
	}
	result = copy_name(name, result, out, n);
	strbuf_release(&decoded);
	return result;
}
