/*
 * core/server.h -- the server: what to listen on, what to do with a connection, what to print.
 */
#ifndef S_SERVER_CORE_SERVER_H
#define S_SERVER_CORE_SERVER_H

#include "core/tls_backend.h"

enum server_mode {
	SERVER_INTERACTIVE, /* terminal <-> client; also -quiet and -brief */
	SERVER_WWW,         /* -www: status page */
	SERVER_FILES,       /* -WWW: files, with made-up headers */
	SERVER_HTTP,        /* -HTTP: files that hold their own headers */
	SERVER_REV,         /* -rev: lines reversed */
};

enum server_family { SERVER_ANY, SERVER_IPV4, SERVER_IPV6 };

/* What to do when the terminal's input ends (-stdin_eof). */
enum server_stdin_eof {
	SERVER_EOF_AUTO,   /* ignore when there never was input (background use), else: interactive
			      quits, -quiet and -brief close the connection */
	SERVER_EOF_QUIT,   /* interactive: end, as OpenSSL does, but not before a client came */
	SERVER_EOF_CLOSE,  /* close the connection, serve the next client */
	SERVER_EOF_IGNORE, /* only print what the client sends */
};

/* Stapling the status of our certificate (RFC 6066 8). */
struct status_config {
	bool on, verbose;
	unsigned timeout;       /* seconds that a responder may take, at least 1 */
	const char *url;        /* of certificates that name no responder; parses; NULL: none */
	const char *proxy, *no_proxy; /* as given; NULL: as the environment says */
	struct bytes file;      /* an OCSPResponse in DER, and nobody is asked; empty: none */
	/* The issuers of tls_config.creds, then of .sni_creds; DER, empty where not found. */
	const struct bytes *issuers;
};

/* Plain data; everything it points to outlives the server. */
struct server_config {
	/* listening */
	const char *host;      /* NULL: all addresses */
	const char *port;      /* number or service name; "0" picks a free one; NULL with unix_path */
	const char *unix_path; /* -unix */
	enum server_family family;
	bool unlink;           /* -unlink */
	bool tfo;              /* -tfo */
	unsigned long naccept; /* 0: unlimited */
	const char *readyfile; /* gets the address and a newline when we listen; NULL: none */

	/* what to do */
	enum server_mode mode;
	bool quiet, brief;
	bool crlf, nbio, nbio_test;
	bool ign_eof;           /* -rev: CLOSE is data */
	bool no_commands;       /* -nocommands */
	bool http_binmode;
	bool percent_decode;    /* names of files */
	bool ktls, sendfile, zerocopy_sendfile; /* the kernel has no TLS: warnings only */
	enum server_stdin_eof stdin_eof;
	bool omit_close_notify;     /* connections end without */
	unsigned handshake_timeout; /* seconds; 0: none */
	unsigned idle_timeout;      /* seconds; 0: none */
	unsigned max_connections;   /* at once; 0: none */
	unsigned workers;           /* threads; 0: one */
	bool fail_on_error;         /* the exit status tells of failures */

	/* what to print */
	bool debug, msg, trace, state, tlsextdebug;
	const char *msgfile; /* NULL: stdout */
	bool json;           /* --json: events on stdout instead of text */
	bool show_secrets;   /* -www pages and JSON may hold keys and pass phrases */
	const char *keylogfile;
	const char *pcapng; /* capture file; NULL: none */
	const char *keymatexport; /* label */
	size_t keymatexportlen;   /* bytes */
	unsigned long nameopt;    /* X509_NAME_* bits of core/x509_print.h */
	const char *command_line; /* echoed by -www: words joined by blanks, secrets already masked,
				     own options of the backend switch left out */
	bool temp_dh_lines;       /* print the "temp DH parameters" line */
	bool dhparam_loaded;

	/* policy */
	bool unsupported_warn;     /* start without the settings that the library refuses */
	bool verify_return_error, verify_quiet;
	bool use_deltas;           /* -crl_download fetches delta CRLs as well */
	int verify_depth;          /* N of -verify N / -Verify N; errors deeper than N are fatal */
	const char *servername;    /* -servername, selects sni_creds */
	bool servername_fatal;
	struct bytes psk_key;
	const char *psk_identity;
	struct bytes alpn;         /* as in tls_config */
	struct status_config status;
};

/*
 * With fail_on_error: a handshake did not complete (verification included), or a connection ended by
 * an error, an unexpected end, a time-out, or in the middle of a file. A client that connects and
 * leaves without a byte, to see whether somebody listens, is no failure.
 */
enum { SERVER_STATUS_FAILURES = 3 };

/*
 * Listen and serve until -naccept, Q, end of input or a signal. Prints; the return value is the
 * exit status (0 normal end, 1 cannot listen, SERVER_STATUS_FAILURES, 77 the library cannot). A
 * signal ends the process as it always does, but with fail_on_error by an exit with that status.
 */
int server_run(const struct tls_backend *backend, const struct tls_config *tls,
	       const struct server_config *cfg);

#endif
