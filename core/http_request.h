/*
 * core/http_request.h -- the requests of -www, -WWW and -HTTP.
 *
 * s_server takes any line that begins with "GET ", skips other lines before it and never looks at
 * what follows. That is kept (an answer is possible from HTTP_LINE on), and requests that
 * s_server leaves hanging (HEAD, POST, ...) are told at once. Whether a connection can go on after
 * a request is known at HTTP_HEADERS.
 */
#ifndef S_SERVER_CORE_HTTP_REQUEST_H
#define S_SERVER_CORE_HTTP_REQUEST_H

#include "core/bytes.h"
#include "core/strbuf.h"

enum {
	HTTP_MAX_LINE = 16384,    /* as s_server; with its line end */
	HTTP_MAX_SKIPPED = 100,   /* lines before the request line */
	HTTP_MAX_HEADERS = 65536, /* bytes after the request line */
};

enum http_result {
	HTTP_MORE,      /* no request line yet */
	HTTP_LINE,      /* method, path and version are known; headers may follow */
	HTTP_HEADERS,   /* the blank line after the headers has been read, too: final */
	HTTP_MALFORMED, /* too long, or not HTTP: final; http_request.too_long tells which */
};

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_KNOWN,   /* POST, PUT, DELETE, ...: to be answered with 405 */
	HTTP_UNKNOWN, /* any other word before "HTTP/": 501 */
};

/* Start with a zeroed struct; http_request_reset() before the next request. */
struct http_request {
	enum http_result result;
	enum http_method method;
	bool too_long;
	bool close_asked;     /* a Connection header says close */
	uint16_t version;     /* 0x0009 (none given), 0x0100, 0x0101 */
	bool faulty;          /* not written as RFC 9112 has it: where it ends is doubtful */
	bool keep_alive;      /* with HTTP_HEADERS: HTTP/1.1 with a Host header and without a fault,
				 a body or a wish to close, so that another request may follow */
	bool has_body;        /* a Content-Length other than 0, or Transfer-Encoding */
	struct strbuf target; /* after "GET ", up to the first blank or the line end */
	struct strbuf rest;   /* after "GET /" with the line end: for http_check_path(). Empty when
				 the target does not begin with '/' */
	struct strbuf host;   /* Host header, without blanks around */

	struct strbuf line; /* an incomplete line */
	size_t skipped, header_bytes, hosts;
};

/*
 * The next bytes of the request. *used: how many of them belong to it; less than data.n only when
 * the result is final. After HTTP_LINE, feed more until HTTP_HEADERS where that matters.
 */
enum http_result http_request_feed(struct http_request *r, struct bytes data, size_t *used);
void http_request_reset(struct http_request *r);
void http_request_release(struct http_request *r);

enum http_path_check {
	HTTP_PATH_OK,
	HTTP_PATH_DOTS,    /* "'%s' contains '..' or ':'" */
	HTTP_PATH_INVALID, /* "'%s' is an invalid path" */
	HTTP_PATH_NAME,    /* "'%s' is an invalid file name" */
};

/*
 * s_server's checks of -WWW and -HTTP. path: http_request.rest. out gets the name to open, or to
 * name in the message, NUL-terminated and cut to n (a name that does not fit is HTTP_PATH_NAME).
 * A NUL byte ends the line, as it does there.
 */
enum http_path_check http_check_path(struct bytes path, char *out, size_t n);
/* The same for names that end at the first blank or '?' and hold %XX for any byte but NUL. */
enum http_path_check http_decode_path(struct bytes path, char *out, size_t n);

#endif
