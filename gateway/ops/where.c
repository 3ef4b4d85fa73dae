/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/where.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/enc.h"

static bool
key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Two-character operators first: "<=" begins as "<" does. */
static const struct {
	const char *text;
	enum ops_op op;
} ops[] = {
	{ "!=", OP_NE }, { "<=", OP_LE }, { ">=", OP_GE }, { "=", OP_EQ }, { "<", OP_LT }, { ">", OP_GT },
};

static int
parse_op(char **at, enum ops_op *op, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(ops); i++) {
		size_t len = strlen(ops[i].text);

		if (strncmp(*at, ops[i].text, len) == 0) {
			*op = ops[i].op;
			**at = '\0';		/* ends the key */
			*at += len;
			return 0;
		}
	}
	return err_set(e, R_BAD_PARAMETER, "where: one of = != < <= > >= must follow a key");
}

/* Takes the quotes off in place; *at is left at the comma or the end. */
static int
parse_quoted(char **at, const char **value, struct err *e)
{
	char *from = *at + 1, *to = from;

	*value = to;
	for (;; from++) {
		if (*from == '\0')
			return err_set(e, R_BAD_PARAMETER, "where: the closing quote is missing");
		if (*from == '"' && *++from != '"')
			break;
		*to++ = *from;
	}
	if (*from != ',' && *from != '\0')
		return err_set(e, R_BAD_PARAMETER, "where: a comma must follow a quoted value");
	*at = from;
	*to = '\0';
	return 0;
}

static int
parse_plain(char **at, const char **value, struct err *e)
{
	*value = *at;
	*at += strcspn(*at, ",\"");
	if (**at == '"')
		return err_set(e, R_BAD_PARAMETER, "where: a quote stands inside a value");
	return 0;
}

static int
parse_cond(char **at, struct ops_cond *c, struct err *e)
{
	char *end;
	bool more;

	c->key = *at;
	while (key_char(**at))
		(*at)++;
	if (*at == c->key)
		return err_set(e, R_BAD_PARAMETER, "where: a key is missing");
	if (parse_op(at, &c->op, e) != 0 ||
	    (**at == '"' ? parse_quoted(at, &c->value, e) : parse_plain(at, &c->value, e)) != 0)
		return -1;
	end = *at;
	more = *end == ',';
	*at = more ? end + 1 : end;
	*end = '\0';
	if (more && **at == '\0')
		return err_set(e, R_BAD_PARAMETER, "where: nothing follows the last comma");
	return 0;
}

int
where_parse(const char *expr, struct where *out, struct err *e)
{
	struct mem text = mem_str(expr);
	char *at;

	out->n = 0;
	if (text.len > WHERE_TEXT)
		return err_set(e, R_BAD_PARAMETER, "where: longer than %d octets", WHERE_TEXT);
	if (!utf8_ok(text))
		return err_set(e, R_BAD_PARAMETER, "where: not UTF-8");
	if (text.len > 0)
		memcpy(out->text, text.p, text.len);
	out->text[text.len] = '\0';
	at = out->text;
	while (*at != '\0') {
		if (out->n == WHERE_CONDS)
			return err_set(e, R_BAD_PARAMETER, "where: more than %d conditions", WHERE_CONDS);
		if (parse_cond(&at, &out->cond[out->n], e) != 0)
			return -1;
		out->n++;
	}
	return 0;
}
