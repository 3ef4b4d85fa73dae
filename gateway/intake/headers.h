/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the header of an HTTP request may look like. The library below takes the first of two
 * Content-Length fields and forgets the other; so two readers could see two messages in one.
 * Here such a request ends before its path or body is looked at (RFC 9112 section 6.3).
 */
#ifndef NEMRA_INTAKE_HEADERS_H
#define NEMRA_INTAKE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct http_field {
	struct mem name;
	struct mem value;
};

#define HEAD_TYPE 64
#define HEAD_WAIT_MAX 30	/* seconds that Prefer: wait is followed */

struct http_head {
	bool has_length;
	uint64_t length;		/* Content-Length; 0 when absent */
	char type[HEAD_TYPE];		/* media type in lower case, without parameters; "" = absent */
	int wait;			/* Prefer: wait=N (RFC 7240 4.3), at most HEAD_WAIT_MAX; 0: none */
};

/* R_HTTP_HEADERS, R_HTTP_AMBIGUOUS, R_HTTP_CHUNKED; all of them end the connection. */
int http_head_read(const struct http_field *f, size_t n, struct http_head *out, struct err *e) MUSTUSE;

#endif
