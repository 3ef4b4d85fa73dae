/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX (64u * 1024)
#define REQUEST_MAX (128u * 1024)

int
target_open(struct target *t, const char *url, const char *trust, struct err *e)
{
	static const size_t scheme = sizeof("https://") - 1;
	const char *at = strncmp(url, "https://", scheme) == 0 ? url + scheme : "";
	size_t len = strcspn(at, ":");
	unsigned long port = at[len] == ':' ? strtoul(at + len + 1, NULL, 10) : 0;
	char host[64];

	*t = (struct target){ .at.sin_family = AF_INET };
	snprintf(host, sizeof(host), "%.*s", (int)len, at);
	if (port == 0 || port > UINT16_MAX || inet_pton(AF_INET, host, &t->at.sin_addr) != 1)
		return err_set(e, R_INTERNAL, "not https://ADDRESS:PORT: %s", url);
	t->at.sin_port = htons((uint16_t)port);
	t->tls = SSL_CTX_new(TLS_client_method());
	if (t->tls == NULL || SSL_CTX_set_min_proto_version(t->tls, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_load_verify_file(t->tls, trust) != 1)
		return err_set(e, R_FILE_IO, "%s", trust);
	SSL_CTX_set_verify(t->tls, SSL_VERIFY_PEER, NULL);
	return 0;
}

void
target_close(struct target *t)
{
	SSL_CTX_free(t->tls);
}

void
conn_init(struct conn *c)
{
	*c = (struct conn){ .fd = -1 };
	buf_init(&c->out, REQUEST_MAX);
	buf_init(&c->in, ANSWER_MAX);
}

void
conn_close(struct conn *c)
{
	SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	buf_free(&c->out);
	buf_free(&c->in);
	conn_init(c);
}

int
conn_open(struct conn *c, const struct target *t, const struct station *s, struct err *e)
{
	const int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0)
		return err_sys(e, R_INTERNAL, "socket");
	if (connect(c->fd, (const struct sockaddr *)&t->at, sizeof(t->at)) != 0 && errno != EINPROGRESS)
		return err_sys(e, R_INTERNAL, "connect");
	c->ssl = SSL_new(t->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 || SSL_use_certificate(c->ssl, s->cert) != 1 ||
	    SSL_use_PrivateKey(c->ssl, s->key) != 1 || SSL_set1_host(c->ssl, "127.0.0.1") != 1)
		return err_set(e, R_INTERNAL, "TLS of %s", s->name);
	SSL_set_connect_state(c->ssl);
	return 0;
}

void
conn_ask(struct conn *c, const char *method, const char *path, const char *fields, struct mem body)
{
	buf_reset(&c->out);
	buf_reset(&c->in);
	c->sent = 0;
	c->answer = (struct answer){ 0 };
	buf_printf(&c->out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s", method, path, fields);
	if (body.len > 0)
		buf_printf(&c->out, "Content-Length: %zu\r\n", body.len);
	buf_add_str(&c->out, "\r\n");
	buf_add_mem(&c->out, body);
}

/* CONN_DONE: rc was good. */
static enum conn_step
tls_step(struct conn *c, int rc, const char *what, struct err *e)
{
	char text[160] = "";

	if (rc > 0)
		return CONN_DONE;
	switch (SSL_get_error(c->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return CONN_AGAIN;
	default:
		ERR_error_string_n(ERR_get_error(), text, sizeof(text));
		(void)err_set(e, R_INTERNAL, "%s: %s", what, text);
		ERR_clear_error();
		return CONN_FAILED;
	}
}

/* The value of a header field in text, which ends with the empty line; NULL: not there. */
static const char *
field(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = strstr(text, "\r\n"); p != NULL; p = strstr(p + 2, "\r\n"))
		if (strncasecmp(p + 2, name, len) == 0 && p[2 + len] == ':')
			return p + 2 + len + 1 + strspn(p + 2 + len + 1, " ");
	return NULL;
}

/* Is the answer whole? */
static enum conn_step
read_answer(struct conn *c, struct err *e)
{
	struct answer *a = &c->answer;
	const char *text = buf_text(&c->in), *end, *v;
	size_t head, length = 0;

	if (text == NULL) {
		(void)err_set(e, R_TOO_LONG, "answer");
		return CONN_FAILED;
	}
	end = strstr(text, "\r\n\r\n");
	if (end == NULL)
		return CONN_AGAIN;
	head = (size_t)(end - text) + 4;
	a->status = strncmp(text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(text + 9, NULL, 10) : 0;
	v = field(text, "Content-Length");
	if (v != NULL && v < end)
		length = strtoul(v, NULL, 10);
	if (a->status == 0 || (v == NULL && a->status != 204)) {
		(void)err_set(e, R_INTERNAL, "an answer without status or length");
		return CONN_FAILED;
	}
	if (c->in.len - head < length)
		return CONN_AGAIN;
	v = field(text, "Retry-After");
	a->retry_after = v != NULL && v < end ? (int)strtol(v, NULL, 10) : 0;
	v = field(text, "Location");
	if (v != NULL && v < end)
		snprintf(a->location, sizeof(a->location), "%.*s", (int)strcspn(v, "\r\n"), v);
	a->body = (struct mem){ c->in.p + head, length };
	return CONN_DONE;
}

static enum conn_step
receive(struct conn *c, struct err *e)
{
	enum conn_step s;
	uint8_t part[8192];
	int n;

	for (;;) {
		n = SSL_read(c->ssl, part, sizeof(part));
		s = tls_step(c, n, "the connection ended before the answer", e);
		if (s != CONN_DONE)
			return s;
		buf_add(&c->in, part, (size_t)n);
		s = read_answer(c, e);
		if (s != CONN_AGAIN)
			return s;
	}
}

enum conn_step
conn_go(struct conn *c, struct err *e)
{
	enum conn_step s;

	ERR_clear_error();	/* SSL_get_error() believes what it finds there */
	if (!c->connected) {
		s = tls_step(c, SSL_do_handshake(c->ssl), "handshake", e);
		c->connected = s == CONN_DONE;
		return s;
	}
	while (c->sent < c->out.len) {
		int n = SSL_write(c->ssl, c->out.p + c->sent, (int)(c->out.len - c->sent));

		s = tls_step(c, n, "send", e);
		if (s != CONN_DONE)
			return s;
		c->sent += (size_t)n;
	}
	return receive(c, e);
}
