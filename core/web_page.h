/*
 * core/web_page.h -- the status page of -www and of GET /stats.
 */
#ifndef S_SERVER_CORE_WEB_PAGE_H
#define S_SERVER_CORE_WEB_PAGE_H

#include "core/conn.h"

/* The HTML, without HTTP's headers. */
void web_page(struct strbuf *out, struct conn *c);

#endif
