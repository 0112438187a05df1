#include "core/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static bool listen_on(int fd, const struct sockaddr *addr, socklen_t len, struct strbuf *why,
		      const char *what)
{
	if (bind(fd, addr, len) == 0 && listen(fd, SOMAXCONN) == 0)
		return true;
	strbuf_addf(why, "cannot listen on %s: %s", what, strerror(errno));
	(void)close(fd); /* never used */
	return false;
}

/* The queue holds as many as that of listen(), as in BIO_listen(). */
static bool fast_open(int fd, struct strbuf *why)
{
	if (set_option(fd, IPPROTO_TCP, TCP_FASTOPEN, SOMAXCONN) == 0)
		return true;
	strbuf_addf(why, "-tfo: %s", strerror(errno));
	(void)close(fd); /* never used */
	return false;
}

static bool open_unix(struct listener *l, const struct server_config *cfg, struct strbuf *why)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;
	size_t n = strlen(cfg->unix_path);

	if (cfg->tfo) {
		strbuf_adds(why, "-tfo: Unix sockets have no TCP Fast Open");
		return false;
	}
	if (n >= sizeof(addr.sun_path)) {
		strbuf_addf(why, "-unix path is longer than %zu bytes: %s",
			    sizeof(addr.sun_path) - 1, cfg->unix_path);
		return false;
	}
	memcpy(addr.sun_path, cfg->unix_path, n + 1);
	if (cfg->unlink && lstat(cfg->unix_path, &st) == 0) {
		/* OpenSSL removes whatever is there; a file or directory is surely a mistake. */
		if (!S_ISSOCK(st.st_mode)) {
			strbuf_addf(why, "-unlink: %s is not a socket", cfg->unix_path);
			return false;
		}
		(void)unlink(cfg->unix_path); /* bind() reports what remains wrong */
	}
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0) {
		strbuf_addf(why, "cannot make a socket: %s", strerror(errno));
		return false;
	}
	if (!listen_on(l->fd, (const struct sockaddr *)&addr, sizeof(addr), why, cfg->unix_path))
		return false;
	l->unix_path = cfg->unix_path;
	return true;
}

/* Without -4, -6 or a host one IPv6 socket serves both families. */
static const struct addrinfo *choose_address(const struct addrinfo *list,
					     const struct server_config *cfg)
{
	if (cfg->family == SERVER_ANY && !cfg->host)
		for (const struct addrinfo *ai = list; ai; ai = ai->ai_next)
			if (ai->ai_family == AF_INET6)
				return ai;
	return list;
}

static bool open_address(struct listener *l, const struct server_config *cfg,
			 const struct addrinfo *ai, struct strbuf *why)
{
	struct strbuf what = STRBUF_INIT;
	bool ok;

	l->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0) {
		strbuf_addf(why, "cannot make a socket: %s", strerror(errno));
		return false;
	}
	/* Failures here only cost convenience. */
	(void)set_option(l->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)set_option(l->fd, IPPROTO_TCP, TCP_NODELAY, 1); /* accepted sockets inherit it */
	if (ai->ai_family == AF_INET6)
		(void)set_option(l->fd, IPPROTO_IPV6, IPV6_V6ONLY,
				 cfg->family == SERVER_IPV6 || cfg->host);
	strbuf_addf(&what, "%s:%s", cfg->host ? cfg->host : "*", cfg->port);
	ok = (!cfg->tfo || fast_open(l->fd, why)) &&
	     listen_on(l->fd, ai->ai_addr, ai->ai_addrlen, why, what.p);
	strbuf_release(&what);
	return ok;
}

/* glibc takes 65537 for 1. */
static bool is_no_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && !text[digits] && (digits > 9 || strtoul(text, NULL, 10) > UINT16_MAX);
}

static bool open_tcp(struct listener *l, const struct server_config *cfg, struct strbuf *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *list = NULL;
	const struct addrinfo *first;
	bool ok;
	int rc;

	if (is_no_port(cfg->port)) {
		strbuf_addf(why, "cannot listen on port %s: ports end at 65535", cfg->port);
		return false;
	}
	hints.ai_family = cfg->family == SERVER_IPV4   ? AF_INET
			  : cfg->family == SERVER_IPV6 ? AF_INET6
						       : AF_UNSPEC;
	rc = getaddrinfo(cfg->host, cfg->port, &hints, &list);
	if (rc != 0) {
		strbuf_addf(why, "cannot resolve %s:%s: %s", cfg->host ? cfg->host : "*", cfg->port,
			    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
		return false;
	}
	first = choose_address(list, cfg);
	ok = open_address(l, cfg, first, why);
	/* A machine without IPv6 still serves IPv4. */
	if (!ok && first != list && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		strbuf_reset(why);
		ok = open_address(l, cfg, list, why);
	}
	freeaddrinfo(list);
	return ok;
}

bool listener_open(struct listener *l, const struct server_config *cfg, struct strbuf *why)
{
	bool ok;

	*l = (struct listener){.fd = -1};
	ok = cfg->unix_path ? open_unix(l, cfg, why) : open_tcp(l, cfg, why);
	if (!ok)
		l->fd = -1;
	return ok;
}

void listener_unlink(const struct listener *l)
{
	if (l->fd >= 0 && l->unix_path)
		(void)unlink(l->unix_path); /* somebody else may have removed it */
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	listener_unlink(l);
	(void)close(l->fd); /* nothing is lost */
	l->fd = -1;
}

void listener_tfo_notice(struct strbuf *out)
{
	static const char name[] = "/proc/sys/net/ipv4/tcp_fastopen";
	enum { FOR_SERVERS = 2 }; /* the bit, tcp_fastopen in ip-sysctl of the kernel's documents */
	FILE *f = fopen(name, "re");
	char line[32];

	if (!f)
		return;
	if (fgets(line, sizeof(line), f) && !(strtol(line, NULL, 10) & FOR_SERVERS))
		strbuf_addf(out,
			    "-tfo does nothing: the kernel takes no data in a SYN (%s lacks %d)",
			    name, FOR_SERVERS);
	(void)fclose(f); /* only read */
}

static void add_address(struct strbuf *out, const struct sockaddr_storage *ss, socklen_t len)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (ss->ss_family == AF_UNIX) {
		strbuf_adds(out, "unix");
		return;
	}
	if (getnameinfo((const struct sockaddr *)ss, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		strbuf_adds(out, "unknown");
		return;
	}
	strbuf_addf(out, ss->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

void listener_address_text(const struct listener *l, struct strbuf *out)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (l->unix_path)
		strbuf_adds(out, l->unix_path);
	else if (getsockname(l->fd, (struct sockaddr *)&ss, &len) == 0)
		add_address(out, &ss, len);
	else
		strbuf_adds(out, "unknown");
}

void listener_ready_text(const struct listener *l, const struct server_config *cfg,
			 struct strbuf *out)
{
	if (l->unix_path) {
		strbuf_addf(out, " localhost:%s", l->unix_path);
		return;
	}
	if (cfg->port[strspn(cfg->port, "0")] != '\0')
		return;
	strbuf_addc(out, ' ');
	listener_address_text(l, out);
}

bool listener_write_ready(const struct listener *l, const char *name, struct strbuf *why)
{
	struct strbuf text = STRBUF_INIT, temporary = STRBUF_INIT;
	struct stat st;
	bool direct = stat(name, &st) == 0 && !S_ISREG(st.st_mode), ok = false;
	const char *file;
	int fd;

	listener_address_text(l, &text);
	strbuf_addc(&text, '\n');
	strbuf_addf(&temporary, "%s.%ld", name, (long)getpid());
	file = direct ? name : temporary.p;
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd >= 0) {
		ok = write(fd, text.p, text.n) == (ssize_t)text.n;
		ok = close(fd) == 0 && ok;
	}
	if (ok && !direct)
		ok = rename(file, name) == 0;
	if (!ok)
		strbuf_addf(why, "cannot write -readyfile %s: %s", name, strerror(errno));
	strbuf_release(&text);
	strbuf_release(&temporary);
	return ok;
}

void listener_peer_text(int fd, struct strbuf *out)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		add_address(out, &ss, len);
	else
		strbuf_adds(out, "unknown");
}

unsigned listener_port(const struct listener *l)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (getsockname(l->fd, (struct sockaddr *)&ss, &len) != 0)
		return 0;
	if (ss.ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)&ss)->sin_port);
	if (ss.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&ss)->sin6_port);
	return 0;
}
