/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/hello.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define RECORD_HEAD 5		/* RFC 8446 section 5.1: type, version, length */
#define RECORD_HANDSHAKE 22
#define RECORD_MAX 16384
#define MESSAGE_HEAD 4		/* section 4: type, length */
#define CLIENT_HELLO 1

/* Is the first record the beginning of a ClientHello, as far as it is here, and holds it the whole message? */
static bool
is_hello(const uint8_t *h, size_t n)
{
	const unsigned len = n >= RECORD_HEAD ? (unsigned)h[3] << 8 | h[4] : 0;

	if (h[0] != RECORD_HANDSHAKE || (n > 1 && h[1] != 3))
		return false;
	if (n >= RECORD_HEAD && (len <= MESSAGE_HEAD || len > RECORD_MAX))
		return false;
	if (n > RECORD_HEAD && h[RECORD_HEAD] != CLIENT_HELLO)
		return false;
	return n < RECORD_HEAD + MESSAGE_HEAD ||
	    ((unsigned)h[6] << 16 | (unsigned)h[7] << 8 | h[8]) + MESSAGE_HEAD <= len;
}

/*
 * Looks at what has come, and leaves it in the socket. One who spreads a ClientHello over several records
 * could let the library wait for the rest of it; nobody has need of that.
 */
enum hello
hello_look(int fd, bool closed)
{
	uint8_t h[RECORD_HEAD + MESSAGE_HEAD];
	ssize_t n = recv(fd, h, sizeof(h), MSG_PEEK);
	int have = 0;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) && !closed ? HELLO_WAIT : HELLO_GONE;
	if (!is_hello(h, (size_t)n))
		return HELLO_NO_TLS;
	if (closed)
		return HELLO_CUT;
	if ((size_t)n < sizeof(h) || ioctl(fd, FIONREAD, &have) != 0)
		return HELLO_WAIT;
	return have >= RECORD_HEAD + (h[3] << 8 | h[4]) ? HELLO_WHOLE : HELLO_WAIT;
}

bool
has_unread(int fd)
{
	int pending = 0;

	return ioctl(fd, FIONREAD, &pending) == 0 && pending > 0;
}

bool
was_read(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int pending = 0;

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 || ioctl(fd, FIONREAD, &pending) != 0)
		return true;
	return info.tcpi_bytes_received > (uint64_t)pending + 1;	/* a FIN may count as one */
}
