/*
 * core/http_fetch.h -- one HTTP/1.0 request to somewhere else, on a loop, without blocking it.
 *
 * For OCSP responders and CRLs. Whatever the other side does, the fetch ends: by its time-out, by the
 * limit of its size, or by http_fetch_cancel().
 */
#ifndef S_SERVER_CORE_HTTP_FETCH_H
#define S_SERVER_CORE_HTTP_FETCH_H

#include "core/http_reply.h"
#include "core/http_url.h"

#include <uv.h>

struct http_fetch;

struct http_fetch_request {
	const struct http_url *url; /* used during the call only, as all of this */
	const char *proxy;          /* a URL, or NULL: directly */
	const char *post_type;      /* POST with this content type; NULL: GET */
	struct bytes post;
	struct http_reply_wanted wanted; /* content_type must be static */
	unsigned timeout_ms;             /* for all of it */
};

/*
 * Called once, from the loop, unless it was cancelled. why is NULL and body is what came, or why says
 * in words what failed. Both live during the call. The fetch is gone afterwards.
 */
typedef void http_fetch_done(void *ud, struct bytes body, const char *why);

/* Never NULL and never done at once: what fails early is told from the loop as well. */
struct http_fetch *http_fetch_start(uv_loop_t *loop, const struct http_fetch_request *request,
				    http_fetch_done *done, void *ud);
/* Drop it; `done` is not called. */
void http_fetch_cancel(struct http_fetch *f);

/* The same on a loop of its own: waits. True: *body is filled; false: `why` is. */
bool http_fetch_wait(const struct http_fetch_request *request, struct strbuf *body,
		     struct strbuf *why);

#endif
