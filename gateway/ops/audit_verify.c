/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/audit_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/enc.h"

#define RUN_LINKS	256u			/* checked in one question to the signer */
#define RUN_BYTES	(1024u * 1024)		/* of their contents */

/* Links that follow each other and the last right one; contents are copied, rows are lent for a moment. */
struct run {
	const struct audit_verify *v;
	struct audit_report *out;
	struct buf space;
	size_t offset[RUN_LINKS + 1];
	int64_t event[RUN_LINKS];
	uint8_t mac[RUN_LINKS][32];
	size_t n;
	bool full;			/* no room: ask again from there */
	bool broken;			/* a link after the run is wrong: out says how */
};

static void
break_at(struct audit_report *out, int64_t seq, int64_t event, const char *what)
{
	out->whole = false;
	out->bad_seq = seq;
	out->bad_event = event;
	snprintf(out->what, sizeof(out->what), "%s", what);
}

static const uint8_t *
last_mac(const struct run *r)
{
	return r->n > 0 ? r->mac[r->n - 1] : r->out->head;
}

/* What can be seen without a key: order, chaining, and that the event is still there. */
static const char *
look(const struct run *r, const struct ops_link *l)
{
	int64_t want = r->out->links + (int64_t)r->n + 1;

	if (l->seq > want)
		return "links are missing before this one";
	if (l->seq < want)
		return "the links are out of order";
	if (memcmp(l->prev, last_mac(r), sizeof(l->prev)) != 0)
		return "it does not continue the link before it";
	if (l->content.len == 0)
		return "its event is missing";
	if (l->content.len > RUN_BYTES)
		return "its event is longer than any that is written";
	return NULL;
}

static int
on_link(void *arg, const struct ops_link *l)
{
	struct run *r = arg;
	const char *what;

	if (r->full || r->broken)
		return 0;
	what = look(r, l);
	if (what != NULL) {
		r->broken = true;
		/* A gap is reported at the first link that is not there. */
		break_at(r->out, r->out->links + (int64_t)r->n + 1, l->event, what);
		return 0;
	}
	if (r->n == RUN_LINKS || (r->n > 0 && r->space.len + l->content.len > RUN_BYTES)) {
		r->full = true;
		return 0;
	}
	buf_add_mem(&r->space, l->content);
	memcpy(r->mac[r->n], l->mac, sizeof(l->mac));
	r->event[r->n] = l->event;
	r->n++;
	r->offset[r->n] = r->space.len;
	return 0;
}

/* The head of an earlier run must be on the way. */
static bool
meets_expected(const struct run *r, size_t n)
{
	int64_t at = r->v->expect_seq - r->out->links - 1;

	if (r->v->expect_seq == 0 || at < 0 || at >= (int64_t)n)
		return true;
	return memcmp(r->mac[at], r->v->expect_mac, sizeof(r->v->expect_mac)) == 0;
}

static int
check_run(struct run *r, struct err *e)
{
	struct audit_report *out = r->out;
	struct mem content[RUN_LINKS];
	size_t bad = r->n;

	if (!buf_ok(&r->space))
		return err_set(e, R_NO_MEMORY, "audit events");
	for (size_t i = 0; i < r->n; i++)
		content[i] = (struct mem){ r->space.p + r->offset[i], r->offset[i + 1] - r->offset[i] };
	if (r->v->check(r->v->check_arg, out->links, out->head, content,
	    (const uint8_t (*)[32])r->mac, r->n, &bad, e) != 0)
		return -1;
	if (bad < r->n) {
		r->broken = true;
		break_at(out, out->links + (int64_t)bad + 1, r->event[bad], "its MAC does not fit");
		r->n = bad;
	}
	if (!meets_expected(r, r->n)) {
		r->broken = true;
		break_at(out, r->v->expect_seq, 0, "the trail is not the one of the expected head");
	}
	if (r->n > 0)
		memcpy(out->head, r->mac[r->n - 1], sizeof(out->head));
	out->links += (int64_t)r->n;
	return 0;
}

/* What the links themselves cannot show: that there were more. */
static void
check_end(const struct audit_verify *v, struct audit_report *out)
{
	out->unlinked = v->counted_events - v->counted_links;
	if (out->links < v->expect_seq)
		break_at(out, out->links + 1, 0, "the trail ends before the expected head");
	else if (out->links < v->counted_links)
		break_at(out, out->links + 1, 0, "the trail ends before the number of links that was counted");
	else if (out->unlinked < 0)
		break_at(out, out->links + 1, 0, "more links than events were counted");
}

static int
walk(struct run *r, struct err *e)
{
	const struct audit_verify *v = r->v;
	bool more = true;

	while (more && !r->broken) {
		if (v->stop != NULL && v->stop(v->stop_arg))
			return err_set(e, R_NOT_READY, "the daemon is stopping");
		r->n = 0;
		r->full = false;
		buf_reset(&r->space);
		if (v->links(v->links_arg, r->out->links + 1, RUN_LINKS, on_link, r, e) != 0)
			return -1;
		more = r->n > 0;
		if (more && check_run(r, e) != 0)
			return -1;
	}
	return 0;
}

int
audit_verify(const struct audit_verify *v, struct audit_report *out, struct err *e)
{
	struct run *r = xcalloc(1, sizeof(*r));
	int rc;

	memset(out, 0, sizeof(*out));
	out->whole = true;
	r->v = v;
	r->out = out;
	buf_init(&r->space, RUN_BYTES);
	rc = walk(r, e);
	if (rc == 0 && out->whole)
		check_end(v, out);
	buf_free(&r->space);
	free(r);
	return rc;
}

int
audit_head_parse(const char *text, int64_t *seq, uint8_t mac[32], struct err *e)
{
	char *end;

	*seq = strtoll(text, &end, 10);
	if (*text < '1' || *text > '9' || *end != ':' || *seq == INT64_MAX ||
	    hex_parse(end + 1, mac, 32, e) != 0)
		return err_set(e, R_BAD_PARAMETER, "a head is NUMBER:64 hexadecimal digits");
	return 0;
}
