/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/policy/granted.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

void
granted_free(struct granted *g)
{
	blob_free(&g->subject);
	free(g->san);
	free(g->ip);
	memset(g, 0, sizeof(*g));
}

static int
granted_add_ip(struct granted *out, const char *text, size_t i, struct err *e)
{
	size_t len;

	if (ip_parse(text, out->ip[i], &len, e) != 0)
		return -1;
	out->san[out->n++] = (struct san){ SAN_IP, { out->ip[i], len } };
	return 0;
}

static int
granted_add_dns(struct granted *out, const char *text, struct err *e)
{
	struct mem name = mem_str(text);

	if (dns_name_check(name, e) != 0)
		return -1;
	out->san[out->n++] = (struct san){ SAN_DNS, name };
	return 0;
}

static int
granted_fill(const struct grant *g, struct granted *out, struct err *e)
{
	if (name_parse(g->subject, &out->subject, e) != 0)
		return -1;
	out->san = xcalloc(g->n_san_dns + g->n_san_ip + 1, sizeof(*out->san));
	out->ip = xcalloc(g->n_san_ip + 1, sizeof(*out->ip));
	for (size_t i = 0; i < g->n_san_dns; i++)
		if (granted_add_dns(out, g->san_dns[i], e) != 0)
			return -1;
	for (size_t i = 0; i < g->n_san_ip; i++)
		if (granted_add_ip(out, g->san_ip[i], i, e) != 0)
			return -1;
	return 0;
}

int
granted_parse(const struct grant *g, struct granted *out, struct err *e)
{
	struct err why;

	memset(out, 0, sizeof(*out));
	if (granted_fill(g, out, &why) == 0)
		return 0;
	granted_free(out);
	if (why.reason == R_NO_MEMORY)
		return err_set(e, R_NO_MEMORY, "%s", why.detail);
	return err_set(e, R_SUBJECT_MISMATCH, "inventory or profile has a name that cannot be used: %.150s",
	    why.detail);
}
