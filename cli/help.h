/*
 * cli/help.h -- the texts made from the option table: -help, the manual page, bash completion and
 * the lists of all options.
 */
#ifndef S_SERVER_CLI_HELP_H
#define S_SERVER_CLI_HELP_H

#include "cli/options.h"

/* "-cert infile", "--support[=text|json]": an option as it is typed. */
void help_add_usage(struct strbuf *out, const struct option *opt);
/* A heading of -help. */
const char *help_section_title(enum option_section section);

/*
 * -help, in OpenSSL's form. Scripts look there for what they can use, so options that this backend
 * (`title`, with its capabilities) cannot do stand at the end, without their dashes. cap NULL: no
 * backend was found, only what is not built for any counts.
 */
void help_add(struct strbuf *out, const char *title, const struct tls_cap_entry *cap);

void help_add_list(struct strbuf *out);          /* --list-options */
void help_add_list_markdown(struct strbuf *out); /* --list-options=markdown, docs/options.md */
void help_add_list_json(struct strbuf *out);     /* --list-options=json */
void help_add_man(struct strbuf *out);           /* --man, docs/s_server.1 */
void help_add_completion(struct strbuf *out);    /* --completion, docs/s_server.bash */

#endif
