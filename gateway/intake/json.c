/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/json.h"

static int
add_chunk(const char *p, size_t len, void *body)
{
	buf_add(body, p, len);
	return buf_ok(body) ? 0 : -1;
}

void
reply_json(struct reply *r, int status, const char *type, json_t *j)
{
	reply_body(r, status, type, MEM_NONE);
	if (j == NULL || json_dump_callback(j, add_chunk, &r->body, JSON_COMPACT) != 0) {
		struct err e;

		err_set(&e, R_INTERNAL, "the answer cannot be written as JSON");
		reply_text(r, &e, 0);
	} else {
		buf_add_u8(&r->body, '\n');
	}
	json_decref(j);
}

json_t *
json_texts(char *const *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; a != NULL && i < n; i++)
		if (json_array_append_new(a, json_string(v[i])) != 0) {
			json_decref(a);
			return NULL;
		}
	return a;
}
