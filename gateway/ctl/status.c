/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "gateway/ctl/api.h"
#include "gateway/ctl/out.h"

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

static void
say_member(const json_t *o, const char *name, const char *key)
{
	if (*text(o, key) == '\0')
		return;
	printf("  %-8s", name);
	say_text(stdout, text(o, key));
	(void)fputc('\n', stdout);
}

static void
print_problem(const json_t *p)
{
	(void)fputc('\n', stdout);
	say_text(stdout, text(p, "standing"));
	(void)fputs(": ", stdout);
	say_text(stdout, text(p, "what"));
	(void)fputs(": ", stdout);
	say_text(stdout, text(p, "title"));
	(void)fputc('\n', stdout);
	say_member(p, "reason:", "reason");
	say_member(p, "detail:", "detail");
	say_member(p, "since:", "since");
	say_member(p, "cause:", "cause");
	say_member(p, "fix:", "fix");
}

/* For people what is the matter comes first, and what to do; then how it stands in detail. */
static enum ctl_exit
print_status(const struct ctl *c, json_t *o)
{
	const json_t *p;
	size_t i;

	(void)fputs("The gateway is ", stdout);
	say_text(stdout, text(o, "overall"));
	(void)fputs(".\n", stdout);
	json_array_foreach(json_object_get(o, "problems"), i, p)
		print_problem(p);
	(void)fputc('\n', stdout);
	(void)json_object_del(o, "problems");
	return out_object(c, o);
}

enum ctl_exit
cmd_status(struct ctl *c)
{
	json_t *o = NULL;
	enum ctl_exit rc = api_get(c, "/api/v1/status", &o);
	bool down = strcmp(text(o, "overall"), "down") == 0;

	if (rc == CTL_OK)
		rc = c->format == FORMAT_TABLE ? print_status(c, o) : out_object(c, o);
	json_decref(o);
	return rc == CTL_OK && down ? CTL_AWAY : rc;
}
