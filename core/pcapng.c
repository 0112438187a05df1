#include "core/pcapng.h"

#include "core/out.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	BLOCK_SECRETS = 10,
	SECRETS_TLS = 0x544c534b, /* "TLSK": an NSS key log */
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	LINKTYPE_RAW = 101, /* packets begin with their IPv4 or IPv6 header */
	MAX_HELD = 64 * 1024,
	SEGMENT = 16 * 1024, /* at most so much of the stream in a packet */
	TCP_HEADER = 20,
	TCP_PROTOCOL = 6,
	FIN = 0x01,
	SYN = 0x02,
	PSH = 0x08,
	ACK = 0x10,
};

struct pcapng {
	int fd;
};

/* ---- blocks, in the host's byte order ---- */

static void add32(struct strbuf *sb, uint32_t n)
{
	strbuf_add(sb, &n, sizeof(n));
}

static void add16(struct strbuf *sb, uint16_t n)
{
	strbuf_add(sb, &n, sizeof(n));
}

static void add_padded(struct strbuf *sb, struct bytes b)
{
	strbuf_add(sb, b.p, b.n);
	while (sb->n % 4)
		strbuf_addc(sb, '\0');
}

/* Its length stands in front of a block, and behind it. */
static void add_block(struct strbuf *sb, uint32_t type, const struct strbuf *body)
{
	uint32_t n = (uint32_t)body->n + 12;

	add32(sb, type);
	add32(sb, n);
	strbuf_add(sb, body->p, body->n);
	add32(sb, n);
}

static void write_block(struct pcapng *p, uint32_t type, const struct strbuf *body)
{
	struct strbuf block = STRBUF_INIT;

	add_block(&block, type, body);
	out_write(p->fd, strbuf_bytes(&block));
	explicit_bzero(block.p, block.n);
	strbuf_release(&block);
}

static void write_head(struct pcapng *p)
{
	struct strbuf body = STRBUF_INIT;

	add32(&body, BYTE_ORDER_MAGIC);
	add16(&body, 1); /* version 1.0 */
	add16(&body, 0);
	add32(&body, UINT32_MAX); /* length of the section: not known */
	add32(&body, UINT32_MAX);
	write_block(p, BLOCK_SECTION, &body);
	strbuf_reset(&body);
	add16(&body, LINKTYPE_RAW);
	add16(&body, 0);
	add32(&body, 0); /* no limit of the captured length */
	write_block(p, BLOCK_INTERFACE, &body);
	strbuf_release(&body);
}

struct pcapng *pcapng_new(const char *file)
{
	/* It holds secrets. */
	int fd = open(file, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);
	struct pcapng *p;

	if (fd < 0)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->fd = fd;
	write_head(p);
	return p;
}

void pcapng_free(struct pcapng *p)
{
	if (!p)
		return;
	(void)close(p->fd); /* each block was written at once */
	free(p);
}

void pcapng_secrets(struct pcapng *p, struct bytes lines)
{
	struct strbuf body = STRBUF_INIT;

	add32(&body, SECRETS_TLS);
	add32(&body, (uint32_t)lines.n);
	add_padded(&body, lines);
	write_block(p, BLOCK_SECRETS, &body);
	explicit_bzero(body.p, body.n);
	strbuf_release(&body);
}

/* ---- packets, in network byte order ---- */

static void net16(struct strbuf *sb, uint16_t n)
{
	add16(sb, htons(n));
}

static void net32(struct strbuf *sb, uint32_t n)
{
	add32(sb, htonl(n));
}

/* RFC 1071, not yet folded and inverted. */
static uint32_t sum16(uint32_t sum, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		sum += i % 2 ? b.p[i] : (uint32_t)b.p[i] << 8;
	return sum;
}

static void put_checksum(struct strbuf *sb, size_t at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sb->p[at] = (char)(~sum >> 8);
	sb->p[at + 1] = (char)~sum;
}

static size_t address_size(const struct pcapng_flow *f)
{
	return f->ipv6 ? 16 : 4;
}

static void add_addresses(struct strbuf *sb, const struct pcapng_flow *f, enum tls_dir dir)
{
	strbuf_add(sb, f->end[dir].address, address_size(f));
	strbuf_add(sb, f->end[!dir].address, address_size(f));
}

/* n: what follows the header. */
static void add_ip(struct strbuf *sb, const struct pcapng_flow *f, enum tls_dir dir, size_t n)
{
	enum { IPV4_HEADER = 20, IPV4_CHECKSUM = 10, HOPS = 64 };
	size_t at = sb->n;

	if (f->ipv6) {
		net32(sb, 6u << 28);
		net16(sb, (uint16_t)n);
		strbuf_addc(sb, TCP_PROTOCOL);
		strbuf_addc(sb, HOPS);
		add_addresses(sb, f, dir);
		return;
	}
	net16(sb, 0x4500);
	net16(sb, (uint16_t)(IPV4_HEADER + n));
	net32(sb, 0x4000); /* identification 0; do not fragment */
	strbuf_addc(sb, HOPS);
	strbuf_addc(sb, TCP_PROTOCOL);
	net16(sb, 0);
	add_addresses(sb, f, dir);
	put_checksum(sb, at + IPV4_CHECKSUM,
		     sum16(0, (struct bytes){(const uint8_t *)sb->p + at, IPV4_HEADER}));
}

static void add_tcp(struct strbuf *sb, const struct pcapng_flow *f, enum tls_dir dir, uint8_t flags,
		    struct bytes data)
{
	enum { TCP_CHECKSUM = 16 };
	struct bytes addresses[] = {{f->end[0].address, address_size(f)},
				    {f->end[1].address, address_size(f)}};
	size_t at = sb->n;
	uint32_t sum;

	net16(sb, f->end[dir].port);
	net16(sb, f->end[!dir].port);
	net32(sb, f->end[dir].sequence);
	net32(sb, flags & ACK ? f->end[!dir].sequence : 0);
	strbuf_addc(sb, TCP_HEADER / 4 << 4);
	strbuf_addc(sb, (char)flags);
	net16(sb, UINT16_MAX); /* window */
	net32(sb, 0);          /* checksum, no urgent data */
	strbuf_add(sb, data.p, data.n);
	sum = sum16(TCP_PROTOCOL + (uint32_t)(sb->n - at), addresses[0]); /* the pseudo header */
	sum = sum16(sum, addresses[1]);
	sum = sum16(sum, (struct bytes){(const uint8_t *)sb->p + at, sb->n - at});
	put_checksum(sb, at + TCP_CHECKSUM, sum);
}

void pcapng_flush(struct pcapng *p, struct pcapng_flow *f, bool hold)
{
	if (f->held.n)
		out_write(p->fd, strbuf_bytes(&f->held));
	strbuf_release(&f->held);
	f->hold = hold;
}

static void write_packet(struct pcapng *p, struct pcapng_flow *f, enum tls_dir dir, uint8_t flags,
			 struct bytes data)
{
	struct strbuf packet = STRBUF_INIT, body = STRBUF_INIT;
	struct timespec now;
	uint64_t us;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
	us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	add_ip(&packet, f, dir, TCP_HEADER + data.n);
	add_tcp(&packet, f, dir, flags, data);
	add32(&body, 0); /* interface */
	add32(&body, (uint32_t)(us >> 32));
	add32(&body, (uint32_t)us);
	add32(&body, (uint32_t)packet.n);
	add32(&body, (uint32_t)packet.n);
	add_padded(&body, strbuf_bytes(&packet));
	add_block(&f->held, BLOCK_PACKET, &body);
	if (!f->hold || f->held.n > MAX_HELD)
		pcapng_flush(p, f, f->hold);
	f->end[dir].sequence += (uint32_t)data.n + (flags & (SYN | FIN) ? 1 : 0);
	strbuf_release(&packet);
	strbuf_release(&body);
}

/* ---- connections ---- */

static bool set_end(struct pcapng_flow *f, enum tls_dir dir, const struct sockaddr_storage *from)
{
	struct pcapng_end *end = &f->end[dir];

	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;

		memcpy(end->address, &in->sin_addr, 4);
		end->port = ntohs(in->sin_port);
		return true;
	}
	if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)from;

		memcpy(end->address, &in->sin6_addr, 16);
		end->port = ntohs(in->sin6_port);
		f->ipv6 = true;
		return true;
	}
	return false;
}

static bool set_ends(struct pcapng_flow *f, int fd)
{
	struct sockaddr_storage peer = {0}, own = {0};
	socklen_t peer_n = sizeof(peer), own_n = sizeof(own);

	return getpeername(fd, (struct sockaddr *)&peer, &peer_n) == 0 &&
	       getsockname(fd, (struct sockaddr *)&own, &own_n) == 0 && set_end(f, TLS_IN, &peer) &&
	       set_end(f, TLS_OUT, &own);
}

void pcapng_open(struct pcapng *p, struct pcapng_flow *f, int fd, uint64_t id)
{
	enum { HTTPS = 443, FIRST_PORT = 49152, PORTS = 16384 };
	static const uint8_t loopback[] = {127, 0, 0, 1};
	const struct bytes none = {NULL, 0};

	memset(f, 0, sizeof(*f));
	if (!set_ends(f, fd)) {
		memset(f, 0, sizeof(*f));
		memcpy(f->end[TLS_IN].address, loopback, sizeof(loopback));
		memcpy(f->end[TLS_OUT].address, loopback, sizeof(loopback));
		f->end[TLS_IN].port = (uint16_t)(FIRST_PORT + id % PORTS);
		f->end[TLS_OUT].port = HTTPS;
	}
	f->hold = true;
	write_packet(p, f, TLS_IN, SYN, none);
	write_packet(p, f, TLS_OUT, SYN | ACK, none);
	write_packet(p, f, TLS_IN, ACK, none);
}

void pcapng_data(struct pcapng *p, struct pcapng_flow *f, enum tls_dir dir, struct bytes data)
{
	while (data.n) {
		size_t n = data.n < SEGMENT ? data.n : SEGMENT;

		write_packet(p, f, dir, PSH | ACK, (struct bytes){data.p, n});
		data.p += n;
		data.n -= n;
	}
}

void pcapng_close(struct pcapng *p, struct pcapng_flow *f)
{
	const struct bytes none = {NULL, 0};

	pcapng_flush(p, f, false);
	write_packet(p, f, TLS_OUT, FIN | ACK, none);
	write_packet(p, f, TLS_IN, FIN | ACK, none);
	write_packet(p, f, TLS_OUT, ACK, none);
}
