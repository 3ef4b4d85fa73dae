/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hooks: programs that make whoever uses the pair load it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/program.h"
#include "common/base/alloc.h"
#include "common/base/child.h"

#define ARGS_MAX 32

struct call {
	char *argv[ARGS_MAX + 1];
	char *env[7];
	char var[6][PATH_MAX + 64];
};

static void
fill_env(struct call *c, const char *store, const char *event)
{
	static const struct {
		const char *name, *file;
	} path[] = {
		{ "NEMRA_CERT", "cert.pem" }, { "NEMRA_KEY", "key.pem" }, { "NEMRA_CHAIN", "chain.pem" },
		{ "NEMRA_FULLCHAIN", "fullchain.pem" },
	};
	size_t n = 0;

	for (; n < COUNT_OF(path); n++)
		snprintf(c->var[n], sizeof(c->var[n]), "%s=%s/current/%s", path[n].name, store, path[n].file);
	snprintf(c->var[n++], sizeof(c->var[0]), "NEMRA_EVENT=%s", event);
	snprintf(c->var[n++], sizeof(c->var[0]), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	for (size_t i = 0; i < n; i++)
		c->env[i] = c->var[i];
}

/* text is cut in place. */
static int
fill_argv(struct call *c, char *text, struct err *e)
{
	char *word;
	size_t n = 0;

	while ((word = strsep(&text, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (n == ARGS_MAX)
			return err_set(e, R_HOOK_FAILED, "more than %d arguments", ARGS_MAX);
		c->argv[n++] = word;
	}
	c->argv[n] = NULL;
	return n > 0 ? 0 : err_set(e, R_HOOK_FAILED, "no program");
}

int
hooks_run(const struct agent_conf *conf, const char *event, struct err *e)
{
	struct call *c = mem_calloc(1, sizeof(*c));
	int rc = 0;

	if (c == NULL)
		return err_set(e, R_NO_MEMORY, "hooks");
	fill_env(c, conf->store, event);
	for (size_t i = 0; i < conf->n_hooks && rc == 0; i++) {
		char *text = mem_strdup(conf->hooks[i].exec);

		if (text == NULL)
			rc = err_set(e, R_NO_MEMORY, "hooks");
		else if ((rc = fill_argv(c, text, e)) == 0)
			rc = child_run(c->argv, c->env, conf->hooks[i].timeout, R_HOOK_FAILED, e);
		free(text);
	}
	free(c);
	return rc;
}
