/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-opsd: the operators' API on a unix socket. docs/nemra-opsd.8.scd
 */
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "common/base/log.h"
#include "gateway/ops/server.h"
#include "gateway/run/conf.h"
#include "gateway/run/daemon.h"
#include "gateway/signer/client.h"

#define EXIT_CONFIG	4
#define EXIT_LOCAL	6
#define ALIVE_MS	5000

static int
audit_check(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *e)
{
	return signer_audit_check(arg, seq, prev, content, mac, n, bad, e);
}

static void
serve_until_signalled(void)
{
	struct pollfd fd = { .fd = daemon_signal_fd(), .events = POLLIN };
	int sig = 0;

	daemon_ready("serving operators");
	while (sig != SIGTERM && sig != SIGINT) {
		sig = poll(&fd, 1, ALIVE_MS) > 0 ? daemon_signal() : 0;
		daemon_alive();
	}
	daemon_stopping();
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = { "nemra-opsd", "serves operators: nemractl talks to it", NULL };
	struct ops_server *server = NULL;
	struct signer *signer = NULL;
	struct nemra_conf conf;
	char path[256];
	struct err e;
	int rc;

	daemon_start(argc, argv, &info, &conf);
	snprintf(path, sizeof(path), "%s", conf.ops.socket);
	daemon_confine(&(struct confinement){ .sockets = dirname(path),
	    .tcp_connects = conf.database.url[0] != '\0' });
	struct ops_options o = {
		.socket = conf.ops.socket,
		.admins = conf.ops.admins,
		.n_admins = conf.ops.n_admins,
		.db = { daemon_db_url(&conf), "nemra_opsd", conf.database.durability == 1 },
		.audit_check = audit_check,
	};
	snprintf(path, sizeof(path), "%s/signer-ops.sock", conf.signer.run);
	rc = signer_new(path, &signer, &e);
	o.audit_arg = signer;
	if (rc != 0 || ops_server_start(&o, &server, &e) != 0) {
		log_failure(LOG_ERROR, "ops.start_failed", &e);
		signer_free(signer);
		return e.reason == R_CONFIG ? EXIT_CONFIG : EXIT_LOCAL;
	}
	serve_until_signalled();
	ops_server_stop(server);
	signer_free(signer);
	nemra_conf_free(&conf);
	return 0;
}
