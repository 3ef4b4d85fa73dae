/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One TLS connection that never blocks, with one HTTP exchange at a time on it.
 */
#ifndef NEMRA_BENCH_CONN_H
#define NEMRA_BENCH_CONN_H

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "tests/bench/station.h"

struct target {
	struct sockaddr_in at;
	SSL_CTX *tls;
};

/* url is https://127.0.0.1:PORT/…; trust a PEM file for the door's certificate. */
int target_open(struct target *t, const char *url, const char *trust, struct err *e) MUSTUSE;
void target_close(struct target *t);

struct answer {
	int status;
	int retry_after;	/* seconds; 0: not said */
	char location[128];
	struct mem body;	/* lent until the next exchange */
};

enum conn_step {
	CONN_AGAIN,		/* when the socket is ready */
	CONN_DONE,		/* connected; or the whole answer is there */
	CONN_FAILED
};

struct conn {
	int fd;
	SSL *ssl;
	bool connected;
	struct buf out, in;
	size_t sent;
	struct answer answer;
};

void conn_init(struct conn *c);
int conn_open(struct conn *c, const struct target *t, const struct station *s, struct err *e) MUSTUSE;
void conn_ask(struct conn *c, const char *method, const char *path, const char *fields, struct mem body);
enum conn_step conn_go(struct conn *c, struct err *e);
void conn_close(struct conn *c);

#endif
