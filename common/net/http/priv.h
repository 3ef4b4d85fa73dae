/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inside common/net/http only: what is known of one exchange while it is under way.
 */
#ifndef NEMRA_NET_HTTP_PRIV_H
#define NEMRA_NET_HTTP_PRIV_H

#include <curl/curl.h>
#include <stdbool.h>

#include "common/net/http/client.h"

struct http_work {
	struct http *http;
	struct http_exchange *x;
	CURL *easy;
	struct curl_slist *headers;
	struct buf answer;
	size_t sent;			/* octets of the body that libcurl has fetched */
	bool handed;			/* a connection stood and the request was given to it */
	bool heard;			/* a line of an answer */
	bool head_whole;		/* the empty line after the last answer's headers was seen */
	bool once;			/* not idempotent: given to one connection only */
	char text[CURL_ERROR_SIZE];	/* libcurl's words */
	struct http_work *next, **at;	/* all that is under way; at: what points here, NULL: nothing */
	struct http_work *done;		/* the queue of finished ones */
};

/* Fills the out part of w->x from what libcurl says: the only place that judges an outcome. */
void http_outcome(struct http_work *w, CURLcode code);

#endif
