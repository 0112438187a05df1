#include "core/ktls.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel loads what is missing when a connected socket asks for it (the kernel's tls.rst). */
static bool takes_tls(int fd, const struct sockaddr_in *to)
{
	return connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) == 0;
}

bool ktls_in_kernel(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = listener >= 0 && fd >= 0 &&
		   bind(listener, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
		   listen(listener, 1) == 0 &&
		   getsockname(listener, (struct sockaddr *)&addr, &n) == 0 && takes_tls(fd, &addr);

	if (listener >= 0)
		(void)close(listener); /* served for the question only */
	if (fd >= 0)
		(void)close(fd);
	return has;
}
