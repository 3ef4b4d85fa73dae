/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "gateway/ctl/api.h"
#include "gateway/ctl/out.h"

static enum ctl_exit
say_broken(const json_t *r)
{
	char seq[32], event[32], what[32];
	struct err e;

	err_set(&e, R_AUDIT_BROKEN, "link %s (event %s): %s", out_text(json_object_get(r, "bad_seq"), seq),
	    out_text(json_object_get(r, "bad_event"), event), out_text(json_object_get(r, "what"), what));
	return say_err(&e);
}

/* The head is what to keep elsewhere: with it a trail that was cut is found. */
static void
say_report(const json_t *r)
{
	char seq[32], mac[32];

	printf("%s links are right, ", out_text(json_object_get(r, "links"), seq));
	printf("%s events wait for theirs\n", out_text(json_object_get(r, "unlinked"), seq));
	printf("head: %s:%s\n", out_text(json_object_get(r, "head_seq"), seq),
	    out_text(json_object_get(r, "head_mac"), mac));
}

enum ctl_exit
cmd_audit_verify(struct ctl *c)
{
	enum ctl_exit rc;
	json_t *r = NULL;
	struct buf b;

	buf_init(&b, 4096);
	buf_add_str(&b, "/api/v1/audit/verify");
	if (c->opt[OPT_EXPECT] != NULL) {
		buf_add_str(&b, "?expect=");
		path_add(&b, c->opt[OPT_EXPECT]);
	}
	rc = api_get(c, buf_text(&b) == NULL ? "/" : (const char *)b.p, &r);
	buf_free(&b);
	if (rc != CTL_OK)
		return rc;
	if (c->format == FORMAT_TABLE)
		say_report(r);
	else
		rc = out_object(c, r);
	if (rc == CTL_OK && !json_is_true(json_object_get(r, "whole")))
		rc = say_broken(r);
	json_decref(r);
	return rc;
}
