/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The small JSON bodies of commands, and the end of a call.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/ops/api.h"

#define WHY_MAX 500

/* An operator's words go into the audit trail and to the station: one line of them. */
static int
check_why(const char *why, bool must, struct err *e)
{
	size_t len = strlen(why);

	if (must && len == 0)
		return err_set(e, R_BAD_PARAMETER, "why: a few words are wanted");
	if (len > WHY_MAX)
		return err_set(e, R_BAD_PARAMETER, "why: more than %d octets", WHY_MAX);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)why[i] < 0x20 || why[i] == 0x7f)
			return err_set(e, R_BAD_PARAMETER, "why: a control character");
	return 0;
}

int
api_body_why(const struct api_call *c, bool must, char **why, struct err *e)
{
	const char *text = "";
	json_error_t bad;
	json_t *o = NULL;
	int rc;

	if (c->body.len > 0) {
		o = json_loadb((const char *)c->body.p, c->body.len, JSON_REJECT_DUPLICATES, &bad);
		if (o == NULL)
			return err_set(e, R_BAD_PARAMETER, "the body is not JSON: %.160s", bad.text);
		if (json_unpack_ex(o, &bad, JSON_STRICT, "{s?s}", "why", &text) != 0) {
			json_decref(o);
			return err_set(e, R_BAD_PARAMETER, "the body: %.160s", bad.text);
		}
	}
	rc = check_why(text, must, e);
	if (rc == 0)
		*why = xstrdup(text);
	json_decref(o);
	return rc;
}

void
api_call_free(struct api_call *c)
{
	json_decref(c->json);
	c->json = NULL;
	blob_free(&c->bytes);
}
