/*
 * cli/support.h -- which option works with which TLS library, and the refusal of those that do not.
 */
#ifndef S_SERVER_CLI_SUPPORT_H
#define S_SERVER_CLI_SUPPORT_H

#include "cli/options.h"

/* Exit status of "the backend cannot do what was asked": the skip status of CTest and Automake. */
enum { SUPPORT_EXIT = 77 };

/* What a backend with these capabilities can do of an option. The note is set unless YES. */
struct tls_cap_entry support_of(enum option_id id, const struct tls_cap_entry cap[TLS_CAP_COUNT]);

/* The name of a capability in core/caps.def, for JSON: "alpn". */
const char *support_cap_name(enum tls_cap cap);
/* "yes", "partial" or "no". */
const char *support_level_name(enum tls_support level);

/*
 * For each note that options of this level have, one line "BEFORE-dtls, -dtls1: note\n". `bare`
 * leaves the dashes out.
 */
void support_add_notes(struct strbuf *out, const struct tls_cap_entry cap[TLS_CAP_COUNT],
		       enum tls_support level, const char *before, bool bare);

/* "GnuTLS 3.7.9": library and running version. */
void support_title(const struct tls_backend *backend, struct strbuf *out);

/*
 * The line of a refusal: "s_server: -groups X448: not supported by GnuTLS 3.7.9: reason\n". `what`
 * is an option with its dash, maybe with a value; `reason` may be NULL.
 */
void support_refusal(struct strbuf *out, const struct tls_backend *backend, const char *what,
		     const char *reason);

/* --unsupported=warn: what is refused is left out, and the server starts. */
bool support_warns(const struct options *o);

/*
 * One line into `out` for each given option that the backend cannot do. False: the program is to
 * print them and exit with SUPPORT_EXIT. True: go on; with support_warns() these options are gone
 * from *o.
 */
bool support_check(struct options *o, const struct tls_backend *backend,
		   const struct tls_cap_entry cap[TLS_CAP_COUNT], struct strbuf *out);

/*
 * The backend to use, set up with these settings, and what it can do. NULL: `err` holds the line to
 * print.
 */
const struct tls_backend *support_open(const struct options *o, const struct tls_setting *settings,
				       size_t n, struct tls_cap_entry cap[TLS_CAP_COUNT],
				       struct strbuf *err);

/* The name of the backend to use: --backend, else openssl when that is found, else the first that
 * is. */
char *support_backend_name(const struct options *o); /* malloc()ed */

#endif
