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
#define ALIVE_MS	1000
#define SIGNER_MS	2000		/* somebody waits for status */

static int
audit_check(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *e)
{
	return signer_audit_check(arg, seq, prev, content, mac, n, bad, e);
}

static int
signer_answers(void *arg, struct err *e)
{
	struct certs chain = { NULL, 0 };
	struct blob alg = { NULL, 0 };
	int rc = signer_credential(arg, &chain, &alg, e);

	certs_free(&chain);
	blob_free(&alg);
	return rc;
}

static void
serve_until_signalled(struct ops_server *s)
{
	struct pollfd fd = { .fd = daemon_signal_fd(), .events = POLLIN };
	int sig = 0;

	ops_server_turn(s);
	daemon_ready("serving operators");
	while (sig != SIGTERM && sig != SIGINT) {
		sig = poll(&fd, 1, ALIVE_MS) > 0 ? daemon_signal() : 0;
		ops_server_turn(s);
		daemon_alive();
	}
	daemon_stopping();
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = { "nemra-opsd", "serves operators: nemractl talks to it", NULL };
	struct ops_server *server = NULL;
	struct signer *signer = NULL, *asked = NULL;
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
		.profiles = &conf.profiles,
		.audit_check = audit_check,
	};
	snprintf(path, sizeof(path), "%s/signer-ops.sock", conf.signer.run);
	rc = signer_new(path, &signer, &e) != 0 || signer_new(path, &asked, &e) != 0 ? -1 : 0;
	o.audit_arg = signer;
	o.signer = signer_answers;
	o.signer_arg = asked;
	if (rc == 0)
		signer_set_patience(asked, SIGNER_MS);
	if (rc != 0 || ops_server_start(&o, &server, &e) != 0) {
		log_failure(LOG_ERROR, "ops.start_failed", &e);
		signer_free(signer);
		signer_free(asked);
		return e.reason == R_CONFIG ? EXIT_CONFIG : EXIT_LOCAL;
	}
	serve_until_signalled(server);
	ops_server_stop(server);
	signer_free(signer);
	signer_free(asked);
	nemra_conf_free(&conf);
	return 0;
}
