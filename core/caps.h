/*
 * core/caps.h -- filling a capability table, the same for every backend.
 */
#ifndef S_SERVER_CORE_CAPS_H
#define S_SERVER_CORE_CAPS_H

#include "core/tls_backend.h"

static inline void cap_yes(struct tls_cap_entry cap[TLS_CAP_COUNT], enum tls_cap id)
{
	cap[id] = (struct tls_cap_entry){TLS_CAP_YES, NULL};
}

/* note: static storage; the limit. */
static inline void cap_partial(struct tls_cap_entry cap[TLS_CAP_COUNT], enum tls_cap id,
			       const char *note)
{
	cap[id] = (struct tls_cap_entry){TLS_CAP_PARTIAL, note};
}

/* note: static storage; the reason. */
static inline void cap_no(struct tls_cap_entry cap[TLS_CAP_COUNT], enum tls_cap id,
			  const char *note)
{
	cap[id] = (struct tls_cap_entry){TLS_CAP_NO, note};
}

static inline void cap_yes_if(struct tls_cap_entry cap[TLS_CAP_COUNT], enum tls_cap id, bool there,
			      const char *note)
{
	if (there)
		cap_yes(cap, id);
	else
		cap_no(cap, id, note);
}

#endif
