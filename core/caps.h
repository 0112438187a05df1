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

/* A capability, and its reason or limit: static storage. */
struct cap_note {
	enum tls_cap id;
	const char *note;
};

static inline void caps_yes(struct tls_cap_entry cap[TLS_CAP_COUNT], const enum tls_cap *ids,
			    size_t n)
{
	for (size_t i = 0; i < n; i++)
		cap_yes(cap, ids[i]);
}

static inline void caps_no(struct tls_cap_entry cap[TLS_CAP_COUNT], const struct cap_note *notes,
			   size_t n)
{
	for (size_t i = 0; i < n; i++)
		cap_no(cap, notes[i].id, notes[i].note);
}

static inline void caps_partial(struct tls_cap_entry cap[TLS_CAP_COUNT],
				const struct cap_note *notes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cap_partial(cap, notes[i].id, notes[i].note);
}

/* versions: TLS_VERSION_BIT()s of those that the library has; why: reasons for TLS 1.0 to 1.3. */
static inline void caps_versions(struct tls_cap_entry cap[TLS_CAP_COUNT], uint32_t versions,
				 const char *const why[4])
{
	static const enum tls_cap ids[] = {TLS_CAP_TLS1_0, TLS_CAP_TLS1_1, TLS_CAP_TLS1_2,
					   TLS_CAP_TLS1_3};

	for (unsigned i = 0; i < 4; i++)
		cap_yes_if(cap, ids[i], versions & TLS_VERSION_BIT(TLS_VERSION_1_0 + i), why[i]);
	cap_yes_if(cap, TLS_CAP_CIPHERSUITES, versions & TLS_VERSION_BIT(TLS_VERSION_1_3), why[3]);
}

#endif
