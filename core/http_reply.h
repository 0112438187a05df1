/*
 * core/http_reply.h -- reading the answer of an HTTP/1.x server, safe for any input.
 */
#ifndef S_SERVER_CORE_HTTP_REPLY_H
#define S_SERVER_CORE_HTTP_REPLY_H

#include "core/bytes.h"

enum { HTTP_REPLY_HEADER_MAX = 16 * 1024 };

enum http_reply_result {
	HTTP_REPLY_MORE, /* not complete yet */
	HTTP_REPLY_DONE, /* *body is there */
	HTTP_REPLY_BAD,  /* it never will be; *why says so */
};

struct http_reply_wanted {
	const char *content_type; /* any other, or none, is an error; NULL: do not look */
	size_t max;               /* bytes of body */
};

/*
 * Look at all that has come so far; eof: no more will. The body ends where Content-Length says, else
 * with the connection. Only status 200 is good. *body points into data, *why is static.
 */
enum http_reply_result http_reply_read(struct bytes data, bool eof,
				       const struct http_reply_wanted *wanted, struct bytes *body,
				       const char **why);

#endif
