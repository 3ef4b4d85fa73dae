/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/json.h"

#include "common/base/clock.h"
#include "common/base/enc.h"

#define TEXT_MAX 4096

json_t *
json_text(const char *s)
{
	struct mem text = mem_str(s);
	struct buf b;
	json_t *out = NULL;

	if (s == NULL)
		return json_null();
	if (utf8_ok(text))
		return json_stringn(s, text.len);
	buf_init(&b, 4 * TEXT_MAX + 8);
	enc_printable(&b, text, TEXT_MAX);
	if (buf_ok(&b))
		out = json_stringn((const char *)b.p, b.len);
	buf_free(&b);
	return out;
}

json_t *
json_hex(struct mem m)
{
	char text[129];

	if (m.len > 64)
		m.len = 64;
	hex_print(m, text);
	return json_string(text);
}

json_t *
json_time(int64_t wall_us)
{
	char text[CLOCK_TEXT];

	if (wall_us == 0)
		return json_null();
	clock_print(wall_us, text, sizeof(text));
	return json_string(text);
}

json_t *
json_problem(const struct err *e, const char *instance)
{
	const struct reason_info *r = reason_info(e->reason);

	return json_pack("{s:s+, s:s, s:i, s:o, s:o, s:s, s:b, s:s, s:s}", "type", "/problems/", r->id,
	    "title", r->sentence, "status", r->http_status, "detail", json_text(e->detail), "instance",
	    json_text(instance), "reason", r->id, "retryable", r->class == RC_RETRY, "cause", r->cause,
	    "fix", r->fix);
}
