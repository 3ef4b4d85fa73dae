/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/ops_cond.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/enc.h"

#define AGO_MAX (INT64_C(200) * 366 * 24 * 3600)	/* seconds */

static int
bad(const struct ops_cond *c, const char *allowed, struct err *e)
{
	return err_set(e, R_BAD_PARAMETER, "%.32s: \"%.64s\" is not %s", c->key, c->value, allowed);
}

static int
copy(const char *s, char *out, size_t size, const struct ops_cond *c, struct err *e)
{
	if ((size_t)snprintf(out, size, "%s", s) >= size)
		return bad(c, "short enough", e);
	return 0;
}

static bool
digits_only(const char *s, size_t n)
{
	return n > 0 && strspn(s, "0123456789") >= n;
}

/* "30d" */
static bool
distance(const char *s, int64_t *seconds)
{
	static const struct {
		char unit;
		int64_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	size_t len = strlen(s);
	long long n;

	if (len < 2 || len > 11 || !digits_only(s, len - 1))
		return false;
	n = strtoll(s, NULL, 10);
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (units[i].unit == s[len - 1]) {
			*seconds = n * units[i].s;
			return *seconds <= AGO_MAX;
		}
	return false;
}

/* RFC 3339: "2026-11-20" or "2026-11-20T19:30:00[.123](Z|+01:00)"; that the date exists the database says. */
static bool
shaped_like_a_time(const char *s)
{
	static const char shape[] = "0000-00-00T00:00:00";
	size_t n = 0;

	for (; shape[n] != '\0' && s[n] != '\0'; n++)
		if (shape[n] == '0' ? !digits_only(s + n, 1) : s[n] != shape[n])
			return false;
	if (n == strlen("0000-00-00") && s[n] == '\0')
		return true;
	if (shape[n] != '\0')
		return false;
	s += n;
	if (*s == '.') {
		n = strspn(s + 1, "0123456789");
		if (n == 0 || n > 9)
			return false;
		s += 1 + n;
	}
	if (strcmp(s, "Z") == 0)
		return true;
	return strlen(s) == 6 && (s[0] == '+' || s[0] == '-') && digits_only(s + 1, 2) && s[3] == ':' &&
	    digits_only(s + 4, 2);
}

static int
time_value(const struct ops_cond *c, char *out, size_t size, bool *ago, struct err *e)
{
	int64_t seconds;

	if (distance(c->value, &seconds)) {
		*ago = true;
		snprintf(out, size, "%lld", (long long)seconds);
		return 0;
	}
	if (!shaped_like_a_time(c->value))
		return bad(c, "a time as 2026-11-20T19:30:00Z or 30d", e);
	return copy(c->value, out, size, c, e);
}

static int
int_value(const struct ops_cond *c, char *out, size_t size, struct err *e)
{
	const char *p = c->value[0] == '-' ? c->value + 1 : c->value;

	if (!digits_only(p, strlen(p)) || strlen(p) > 18)
		return bad(c, "a number", e);
	return copy(c->value, out, size, c, e);
}

static int
hex_value(const struct ops_cond *c, char *out, size_t size, struct err *e)
{
	size_t len = strlen(c->value);
	uint8_t bytes[64];

	if (len % 2 != 0 || len / 2 > sizeof(bytes) || hex_parse(c->value, bytes, len / 2, NULL) != 0)
		return bad(c, "hexadecimal", e);
	return copy(c->value, out, size, c, e);
}

static int
uuid_value(const struct ops_cond *c, char *out, size_t size, struct err *e)
{
	struct uuid u;

	if (uuid_parse(c->value, &u, NULL) != 0)
		return bad(c, "an id", e);
	return copy(c->value, out, size, c, e);
}

static int
bool_value(const struct ops_cond *c, char *out, size_t size, struct err *e)
{
	if (strcmp(c->value, "yes") != 0 && strcmp(c->value, "no") != 0)
		return bad(c, "yes or no", e);
	return copy(c->value, out, size, c, e);
}

static int
state_value(const struct ops_cond *c, char *out, size_t size, struct err *e)
{
	if (request_state_parse(c->value) == RQ_NONE)
		return bad(c, "a state of a request", e);
	return copy(c->value, out, size, c, e);
}

static bool
has_order(enum column_type t)
{
	return t == COL_TEXT || t == COL_INT || t == COL_PAST || t == COL_FUTURE;
}

int
cond_value(const struct column *col, const struct ops_cond *c, char *out, size_t size, bool *ago, struct err *e)
{
	*ago = false;
	if (c->op != OP_EQ && c->op != OP_NE && !has_order(col->type))
		return err_set(e, R_BAD_PARAMETER, "%.32s can be compared with = and != only", c->key);
	switch (col->type) {
	case COL_TEXT:
		if (!utf8_ok(mem_str(c->value)))
			return err_set(e, R_BAD_PARAMETER, "%.32s: the value is not UTF-8", c->key);
		return copy(c->value, out, size, c, e);
	case COL_UUID:
		return uuid_value(c, out, size, e);
	case COL_INT:
		return int_value(c, out, size, e);
	case COL_BOOL:
		return bool_value(c, out, size, e);
	case COL_HEX:
		return hex_value(c, out, size, e);
	case COL_STATE:
		return state_value(c, out, size, e);
	case COL_PAST:
	case COL_FUTURE:
		return time_value(c, out, size, ago, e);
	case COL_SHOWN:
		return err_set(e, R_BAD_PARAMETER, "%.32s cannot be filtered by", c->key);
	}
	return err_set(e, R_INTERNAL, "column type %d", (int)col->type);
}
