/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-httpd: the door for stations over HTTPS.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/log.h"
#include "gateway/intake/httpd.h"
#include "gateway/run/daemon.h"
#include "gateway/store/health.h"

#define TICK_MS 1000

static const struct daemon_info info = {
	"nemra-httpd",
	"takes certificate requests from stations over HTTPS: EST and /v1",
	"the door's certificate, the CAs it trusts and their CRLs",
};

static struct factory_options *
factories(const struct nemra_conf *c)
{
	struct factory_options *f = xcalloc(c->trust.n_factory + 1, sizeof(*f));

	for (size_t i = 0; i < c->trust.n_factory; i++) {
		const struct conf_factory *from = &c->trust.factory[i];

		f[i] = (struct factory_options){ from->vendor, from->ca, from->crl, from->serial,
			from->pattern, from->bind_first };
	}
	return f;
}

static struct httpd_options
options(const struct nemra_conf *c, const struct factory_options *f)
{
	return (struct httpd_options){
		.listen = c->https.listen,
		.cert = c->https.cert,
		.key = c->https.key,
		.tls12 = c->https.tls12,
		.max_connections = (unsigned)c->https.max_connections,
		.per_address = (unsigned)c->https.per_address,
		.per_station = (unsigned)c->https.per_station,
		.max_strangers = (unsigned)c->https.max_strangers,
		.handshake_ms = c->https.handshake,
		.penalty_ms = c->https.penalty,
		.timeout_ms = c->https.timeout,
		.requests_per_minute = c->https.requests_per_minute,
		.max_open = (uint32_t)c->https.open_requests,
		.anchors = { f, c->trust.n_factory, c->trust.operators, c->trust.n_operators,
			c->trust.operator_crl },
		.store = { daemon_db_url(c), c->database.durability == 1 },
		.profiles = &c->profiles,
	};
}

static void
reload(struct httpd *h)
{
	struct log_line l;
	struct err e;

	if (httpd_reload(h, &e) != 0) {
		log_failure(LOG_ERROR, "httpd.reload", &e);
		health_set("reload", &e, 0);		/* until one succeeds */
		return;
	}
	health_set("reload", NULL, 0);
	log_begin(&l, LOG_NOTICE, "httpd.reloaded");
	log_end(&l);
}

/* systemd is told once that the door is open; whether the store is there, /readyz and the log tell. */
static void
serve(struct httpd *h)
{
	struct pollfd p = { .fd = daemon_signal_fd(), .events = POLLIN };
	int sig = 0;

	daemon_ready("listening");
	while (sig != SIGTERM && sig != SIGINT) {
		(void)poll(&p, 1, TICK_MS);
		sig = daemon_signal();
		if (sig == SIGHUP)
			reload(h);
		httpd_tick(h);
		if (httpd_alive(h))
			daemon_alive();
	}
	daemon_stopping();
}

int
main(int argc, char **argv)
{
	struct nemra_conf conf;
	struct factory_options *f;
	struct httpd_options o;
	struct httpd *h;
	struct err e;
	int rc = 0;

	daemon_start(argc, argv, &info, &conf);
	daemon_confine(&(struct confinement){ .tcp_listens = true, .tcp_connects = conf.database.url[0] != '\0' });
	f = factories(&conf);
	o = options(&conf, f);
	if (httpd_start(&o, &h, &e) == 0) {
		serve(h);
		httpd_stop(h);
	} else {
		log_failure(LOG_ERROR, "httpd.start", &e);
		rc = e.reason == R_CONFIG ? 4 : 6;
	}
	free(f);
	nemra_conf_free(&conf);
	return rc;
}
