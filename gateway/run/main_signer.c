/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-signer: holds the RA key and signs what its policy allows.
 */
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/log.h"
#include "gateway/run/daemon.h"
#include "gateway/signer/memory.h"
#include "gateway/signer/signer.h"

#define TURN_MS 10000		/* a sign of life to systemd at least that often */
#define EXIT_CONF 4
#define EXIT_LOCAL 6

/* Users by name; one that does not exist is a misspelt one. */
static int
find_users(char *const *name, size_t n, struct signer_users *out, struct err *e)
{
	uid_t *v = xcalloc(n, sizeof(*v));

	*out = (struct signer_users){ v, n };
	for (size_t i = 0; i < n; i++) {
		const struct passwd *pw;

		pw = getpwnam(name[i]);
		if (pw == NULL)
			return err_set(e, R_CONFIG, "there is no user %.64s", name[i]);
		v[i] = pw->pw_uid;
	}
	return 0;
}

/* The environment was emptied; what a token's module needs of it is configuration. */
static void
set_token_env(const struct nemra_conf *c)
{
	for (size_t i = 0; i < c->signer.n_token_env; i++)
		(void)putenv(xstrdup(c->signer.token_env[i]));	/* belongs to the environment */
}

static int
make_conf(const struct nemra_conf *c, struct signer_conf *s, struct err *e)
{
	set_token_env(c);
	*s = (struct signer_conf){
		.run = c->signer.run, .ra_key = c->signer.ra_key, .ra_cert = c->signer.ra_cert,
		.audit_key = c->signer.audit_key, .txid_key = c->signer.txid_key,
		.names = c->signer.names, .n_names = c->signer.n_names,
		.dns_names = c->signer.dns_names, .n_dns_names = c->signer.n_dns_names,
		.rate = c->signer.rate,
	};
	if (find_users(c->signer.dispatch_users, c->signer.n_dispatch_users, &s->users[ROLE_DISPATCH], e) != 0 ||
	    find_users(c->signer.httpd_users, c->signer.n_httpd_users, &s->users[ROLE_HTTPD], e) != 0 ||
	    find_users(c->signer.ops_users, c->signer.n_ops_users, &s->users[ROLE_OPS], e) != 0)
		return -1;
	return 0;
}

/* A token's module is code of somebody else, with files and perhaps a network of its own. */
static void
confine_self(const struct nemra_conf *c)
{
	bool module = strncmp(c->signer.ra_key, "pkcs11:", 7) == 0;

	daemon_confine(&(struct confinement){ .sockets = c->signer.run, .writes = module, .tcp_connects = module });
}

static void
reload(struct signer_server *s)
{
	struct log_line l;
	struct err e;

	if (signer_server_reload(s, &e) != 0) {
		log_failure(LOG_ERROR, "signer.reload_failed", &e);	/* the old keys stay */
		return;
	}
	log_begin(&l, LOG_NOTICE, "signer.reloaded");
	log_end(&l);
}

static void
serve(struct signer_server *s)
{
	for (;;) {
		int sig;

		signer_server_turn(s, TURN_MS, daemon_signal_fd());
		daemon_alive();
		sig = daemon_signal();
		if (sig == SIGTERM || sig == SIGINT)
			return;
		if (sig == SIGHUP)
			reload(s);
	}
}

/* From the first key to the last signal. */
static int
run(const struct signer_conf *sc, struct err *e)
{
	struct signer_server *s = NULL;

	if (signer_server_new(sc, &s, e) != 0)
		return -1;
	daemon_ready("serving");
	serve(s);
	daemon_stopping();
	signer_server_free(s);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = { "nemra-signer", "holds the RA key and signs what its policy allows",
		"keys and certificate" };
	struct nemra_conf conf;
	struct signer_conf sc;
	struct err e;
	int status = 0;

	(void)signer_memory_wipe();		/* first of all; whether it holds shows below */
	daemon_start(argc, argv, &info, &conf);
	if (!signer_memory_wipe()) {
		err_set(&e, R_INTERNAL, "freed memory is not wiped");
		log_failure(LOG_ERROR, "signer.cannot_start", &e);
		return EXIT_LOCAL;
	}
	confine_self(&conf);
	if (make_conf(&conf, &sc, &e) != 0 || run(&sc, &e) != 0) {
		log_failure(LOG_ERROR, "signer.cannot_start", &e);
		status = e.reason == R_CONFIG || e.reason == R_TOKEN_PIN ? EXIT_CONF : EXIT_LOCAL;
	}
	for (enum signer_role r = 0; r < SIGNER_ROLES; r++)
		free(sc.users[r].v);
	nemra_conf_free(&conf);
	return status;
}
