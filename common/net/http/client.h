/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * HTTP exchanges over kept connections: many in flight, one thread. Never follows redirects, never
 * uses a proxy from the environment, never sends a body a second time by itself.
 */
#ifndef NEMRA_NET_HTTP_CLIENT_H
#define NEMRA_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct http_options {
	size_t connections;	/* at most, to one origin */
	long connect_ms;
	long total_ms;
	const char *ca_file;	/* PEM; NULL: TLS peers are refused */
	const char *cert_file;	/* client certificate, PEM chain; NULL: none */
	const char *key_file;	/* PEM, or a URI the TLS library knows; NULL: none */
	const char *unix_socket; /* connect there instead; NULL: TCP */
	size_t max_answer;	/* octets of a body */
};

struct http;

int http_new(const struct http_options *o, struct http **out, struct err *e) MUSTUSE;
void http_free(struct http *h);		/* ends what is under way without telling */

struct http_exchange {
	/* in; lent until it is given back */
	const char *method;		/* "GET", "POST" */
	const char *url;
	const char *content_type;	/* NULL: none */
	const char *accept;		/* NULL: none */
	const char *header;		/* one more header line, or NULL */
	struct mem body;
	long total_ms;			/* 0: as http_options says */
	const char *ca_file;		/* NULL: as http_options says */
	void *tag;			/* the caller's */

	/* out; http_exchange_free() frees */
	int status;			/* 0: no HTTP answer */
	char answer_type[128];		/* Content-Type without parameters, lower case */
	char location[512];
	int64_t retry_after;		/* seconds; -1: not said. Dates are converted. */
	struct blob answer;
	bool never_left;		/* no octet of the request was handed to the network */
	struct err err;			/* R_UNREACHABLE, R_PEER_NOT_TRUSTED, R_PEER_ANSWER …; R_NONE: answered */

	void *priv;			/* the module's */
};

int http_start(struct http *h, struct http_exchange *x, struct err *e) MUSTUSE;

/* Works for at most wait_ms or until wake_fd (-1: none) is readable; NULL or a finished exchange. */
struct http_exchange *http_turn(struct http *h, int wait_ms, int wake_fd);

/* Start and wait. The outcome is in x. */
int http_do(struct http *h, struct http_exchange *x, struct err *e) MUSTUSE;

void http_exchange_free(struct http_exchange *x);

#endif
