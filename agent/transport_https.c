/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/priv.h"
#include "common/base/alloc.h"
#include "common/net/http/client.h"

#define CONNECT_MS	10000L
#define TOTAL_MS	30000L

struct https {
	struct http *http;
	struct http_exchange x;		/* the last one: its bytes are lent */
	char *gateway;
	char url[1024];
};

static void
https_free(void *self)
{
	struct https *h = self;

	http_exchange_free(&h->x);
	http_free(h->http);
	free(h->gateway);
	free(h);
}

static void
https_exchange(void *self, const struct nemra_ask *ask, struct nemra_answer *out)
{
	struct https *h = self;
	char prefer[32];
	struct err e;
	int n;

	*out = (struct nemra_answer){ .retry_after_s = -1 };
	nemra_error_clear(&out->error);
	http_exchange_free(&h->x);
	n = snprintf(h->url, sizeof(h->url), "%s%s", h->gateway, ask->path);
	snprintf(prefer, sizeof(prefer), "Prefer: wait=%u", ask->hold_s);
	h->x = (struct http_exchange){ .method = ask->method, .url = h->url, .content_type = ask->content_type,
		.header = ask->hold_s > 0 ? prefer : NULL, .body = { ask->body.p, ask->body.len } };
	if (n < 0 || (size_t)n >= sizeof(h->url))
		(void)err_set(&e, R_CONFIG, "the gateway's address is too long");
	else if (http_do(h->http, &h->x, &e) == 0)
		e = h->x.err;
	error_from(&out->error, &e);
	out->status = e.reason == R_NONE ? h->x.status : 0;
	out->location = h->x.location;
	out->retry_after_s = h->x.retry_after;
	out->body = (struct nemra_bytes){ h->x.answer.p, h->x.answer.len };
}

int
nemra_transport_https(const struct nemra_https *o, struct nemra_transport *out, struct nemra_error *ne)
{
	struct http_options ho = {
		.connections = 1,
		.connect_ms = o->connect_ms > 0 ? o->connect_ms : CONNECT_MS,
		.total_ms = (o->total_ms > 0 ? o->total_ms : TOTAL_MS) + (long)AGENT_HOLD_S * 1000,
		.ca_file = o->trust_file, .cert_file = o->cert_file, .key_file = o->key_file,
		.max_answer = NEMRA_VALUE,
	};
	struct https *h;
	size_t n;
	struct err e;

	nemra_error_clear(ne);
	if (strncmp(o->gateway, "https://", 8) != 0)
		return nemra_error_set(ne, "CONFIG", "the gateway's address does not begin with https://");
	if (o->trust_file == NULL)
		return nemra_error_set(ne, "CONFIG", "there is no trust anchor for the gateway");
	h = mem_calloc(1, sizeof(*h));
	if (h == NULL)
		return nemra_error_set(ne, "NO_MEMORY", "transport");
	h->gateway = mem_strdup(o->gateway);
	if (h->gateway == NULL || http_new(&ho, &h->http, &e) != 0) {
		(void)nemra_error_set(ne, "NO_MEMORY", "transport");
		https_free(h);
		return -1;
	}
	for (n = strlen(h->gateway); n > 8 && h->gateway[n - 1] == '/'; n--)
		h->gateway[n - 1] = '\0';
	*out = (struct nemra_transport){ h, https_exchange, https_free };
	return 0;
}
