/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every daemon does before its first real line and at its end.
 */
#ifndef NEMRA_RUN_DAEMON_H
#define NEMRA_RUN_DAEMON_H

#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/run/conf.h"
#include "gateway/run/confine.h"

struct daemon_info {
	const char *name;		/* "nemra-httpd" */
	const char *summary;		/* one line for --help */
	const char *reloads;		/* what SIGHUP reads anew; NULL: a change needs a restart */
};

/*
 * Options -c/--config FILE (default /etc/nemra/nemra.yaml), --check (configuration only), --help, --version;
 * fixed environment, umask, locale; no inherited descriptors; no core dumps, not dumpable; SIGPIPE ignored; signals
 * into a descriptor; log opened; configuration loaded; keys without effect named in the log. Ends the process itself
 * with the statuses of the manual (0 help and check, 1 usage, 4 configuration, 6 when it cannot be made safe).
 */
void daemon_start(int argc, char **argv, const struct daemon_info *d, struct nemra_conf *conf);

/*
 * confine() with a line in the log. Called after daemon_start() and before the first thread; ends the process with
 * status 6 when it fails.
 */
void daemon_confine(const struct confinement *c);

/* The part of it that tests call by itself: drops all variables that are not known to be harmless. */
void daemon_clean_environment(void);

/* The database of this configuration: its URL, or the private cluster's. */
const char *daemon_db_url(const struct nemra_conf *conf);

/* Readable when a signal came; daemon_signal() reads it: SIGTERM, SIGINT (end), SIGHUP (reload), 0 (none). */
int daemon_signal_fd(void);
int daemon_signal(void);

/* sd_notify(3) READY=1, STOPPING=1, WATCHDOG=1, STATUS=…; nothing when not under systemd. Logged once. */
void daemon_ready(const char *status);
void daemon_stopping(void);
void daemon_alive(void);

#endif
