/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nouns, verbs and options: one table drives the parser, --help and the shell's completion, and a test compares
 * it with the manual.
 */
#ifndef NEMRA_CTL_CMD_H
#define NEMRA_CTL_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"

/* docs/nemractl.1.scd: never renumbered */
enum ctl_exit {
	CTL_OK = 0,		/* done, or nothing to do */
	CTL_USAGE = 1,
	CTL_REFUSED = 2,
	CTL_AWAY = 3,		/* unreachable: try again */
	CTL_CONFIG = 4,
	CTL_PENDING = 5,
	CTL_LOCAL = 6,		/* key, store or file */
	CTL_NOT_TRUSTED = 7
};

enum ctl_opt {
	OPT_HELP, OPT_VERSION, OPT_URL, OPT_OUTPUT, OPT_NO_COLOR,
	OPT_WHERE, OPT_LIMIT, OPT_DRY_RUN, OPT_YES, OPT_WHY,
	OPT_CONTINUE, OPT_ERRORS, OPT_FORMAT, OPT_PROGRESS,
	OPT_VENDOR, OPT_MODEL, OPT_SERIAL, OPT_REGION, OPT_PROFILE, OPT_SUBJECT, OPT_SAN_DNS, OPT_SAN_IP,
	OPT_DEVICE_KEY, OPT_SSH_KEY, OPT_STATE,
	OPT_EXPECT, OPT_CONFIG,
	OPT_COUNT
};

#define OPT(o)		(1ul << OPT_##o)
#define OPTS_ALWAYS	(OPT(HELP) | OPT(VERSION) | OPT(URL) | OPT(OUTPUT) | OPT(NO_COLOR))
#define OPTS_STATION	(OPT(VENDOR) | OPT(MODEL) | OPT(SERIAL) | OPT(REGION) | OPT(PROFILE) | OPT(SUBJECT) | \
	OPT(SAN_DNS) | OPT(SAN_IP) | OPT(DEVICE_KEY) | OPT(SSH_KEY) | OPT(STATE))

struct option_info {
	const char *name;	/* "dry-run" */
	char letter;		/* 0: none */
	const char *arg;	/* "EXPR"; NULL: takes none */
	const char *text;
};

struct ctl;

struct command {
	const char *noun;
	const char *verb;	/* NULL: the noun stands alone */
	const char *args;	/* "NAME", "[FILE]", "" */
	int min_args, max_args;
	unsigned long options;	/* beside OPTS_ALWAYS */
	const char *summary;
	enum ctl_exit (*run)(struct ctl *c);
};

const struct option_info *option_info(enum ctl_opt o);
const struct command *commands(size_t *n);

/* NULL: none. */
const struct command *command_find(const char *noun, const char *verb);
bool noun_known(const char *noun);

/* --- the parsed command line --- */

enum ctl_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct http;

struct ctl {
	const struct command *cmd;
	const char *opt[OPT_COUNT];	/* NULL: not given; "" for those without argument */
	char **args;
	int n_args;
	enum ctl_format format;
	struct http *http;		/* api.h */
	const char *socket;
};

/* CTL_OK: c->cmd is to be run; or help was printed and c->cmd is NULL. Else it has said what is wrong. */
enum ctl_exit ctl_parse(struct ctl *c, int argc, char **argv) MUSTUSE;

void help_print(const char *noun);			/* NULL: everything */
void help_print_command(const struct command *cmd);
void completion_print(void);				/* for bash */

/* --- commands --- */

enum ctl_exit cmd_station_import(struct ctl *c);
enum ctl_exit cmd_station_export(struct ctl *c);
enum ctl_exit cmd_station_list(struct ctl *c);
enum ctl_exit cmd_station_show(struct ctl *c);
enum ctl_exit cmd_station_add(struct ctl *c);
enum ctl_exit cmd_station_block(struct ctl *c);
enum ctl_exit cmd_request_list(struct ctl *c);
enum ctl_exit cmd_request_show(struct ctl *c);
enum ctl_exit cmd_request_approve(struct ctl *c);
enum ctl_exit cmd_request_deny(struct ctl *c);
enum ctl_exit cmd_request_retry(struct ctl *c);
enum ctl_exit cmd_request_cancel(struct ctl *c);
enum ctl_exit cmd_certificate_list(struct ctl *c);
enum ctl_exit cmd_certificate_show(struct ctl *c);
enum ctl_exit cmd_certificate_export(struct ctl *c);
enum ctl_exit cmd_ca_list(struct ctl *c);
enum ctl_exit cmd_ca_pause(struct ctl *c);
enum ctl_exit cmd_ca_resume(struct ctl *c);
enum ctl_exit cmd_audit_list(struct ctl *c);
enum ctl_exit cmd_audit_verify(struct ctl *c);
enum ctl_exit cmd_config_check(struct ctl *c);
enum ctl_exit cmd_status(struct ctl *c);
enum ctl_exit cmd_completion(struct ctl *c);

#endif
