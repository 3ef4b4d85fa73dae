/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the program has and the library has not: a configuration file, JSON, hooks.
 */
#ifndef NEMRA_AGENT_PROGRAM_H
#define NEMRA_AGENT_PROGRAM_H

#include "agent/nemra-agent.h"
#include "common/base/attr.h"
#include "common/base/err.h"

struct hook {
	char *exec;		/* program and arguments, split at blanks; no shell */
	int64_t timeout;	/* milliseconds */
};

/* agent.yaml(5) */
struct agent_conf {
	char *gateway, *trust, *operator_trust, *store;
	struct {
		char *cert, *key;
	} device;
	int request;		/* enum nemra_form */
	bool envelope;
	char *station, *profile, *subject, *key;
	char **san_dns;
	size_t n_san_dns;
	char **san_ip;
	size_t n_san_ip;
	struct hook *hooks;
	size_t n_hooks;
	int64_t wait;		/* milliseconds, as all times here */
	struct {
		int64_t first, most;
	} retry;
	int64_t connect_timeout, timeout;
};

int agent_conf_load(const char *path, struct agent_conf *out, struct err *e) MUSTUSE;
void agent_conf_free(struct agent_conf *c);

/* nemra_template_fn, nemra_problem_fn */
int json_template(void *arg, struct nemra_bytes json, const char *profile,
    struct nemra_template *out, struct nemra_error *e);
int json_problem(void *arg, struct nemra_bytes json, char *reason, char *detail);

/* To standard output, as a table or JSON. */
int status_print(struct nemra_agent *a, bool json, enum nemra_state *out, struct nemra_error *e) MUSTUSE;

/* Runs each in turn with NEMRA_CERT and the like in its environment; the first that fails ends it. */
int hooks_run(const struct agent_conf *c, const char *event, struct err *e) MUSTUSE;

#endif
