/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-dispatch: carries requests to the CAs. docs/nemra-dispatch.8.scd
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/pki/cert.h"
#include "gateway/flow/flow.h"
#include "gateway/ra/ra.h"
#include "gateway/run/daemon.h"
#include "gateway/signer/client.h"
#include "gateway/store/health.h"
#include "gateway/upstream/upstream.h"

#define EXIT_CONFIG	4
#define EXIT_LOCAL	6
#define DRAIN_MS	10000	/* for what is under way when we are told to end */

static const struct daemon_info info = {
	"nemra-dispatch",
	"carries certificate requests to the CAs and brings their answers back",
	"the CAs' trust anchors",
};

/* --- the signer, as the back-ends know it --- */

struct signing {
	struct signer *signer;
	struct certs chain;
	struct blob sig_alg;
};

static int
credential(void *self, const struct certs **chain, struct mem *sig_alg, struct err *e)
{
	struct signing *s = self;

	certs_free(&s->chain);
	blob_free(&s->sig_alg);
	if (signer_credential(s->signer, &s->chain, &s->sig_alg, e) != 0)
		return -1;
	health_expires("ra_credential", cert_not_after(s->chain.v[0]));
	*chain = &s->chain;
	*sig_alg = mem_of(&s->sig_alg);
	return 0;
}

static int
txids(void *self, struct ra_txid *t, size_t n, struct err *e)
{
	const struct signing *s = self;
	struct signer_txid *q = xcalloc(n, sizeof(*q));
	int rc;

	for (size_t i = 0; i < n; i++)
		q[i] = (struct signer_txid){ .station = t[i].station, .upload_sha256 = t[i].upload_sha256,
		    .attempt = t[i].attempt };
	rc = signer_txids(s->signer, q, n, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		for (size_t k = 0; k < sizeof(t[i].id); k++)
			t[i].id[k] = q[i].id[k];
	free(q);
	return rc;
}

static int
sign(void *self, struct cmp_sign_item *items, size_t n, struct err *e)
{
	const struct signing *s = self;

	return signer_sign_cmp(s->signer, items, n, e);
}

static int
audit(void *self, int64_t seq, const uint8_t prev[32], const struct mem *content, uint8_t (*mac)[32],
    size_t n, struct err *e)
{
	const struct signing *s = self;

	return signer_audit(s->signer, seq, prev, content, mac, n, e);
}

/* --- what the process is made of --- */

struct parts {
	struct signing signing;
	struct upstream_pool *pool;
	struct trust **trust;		/* one a CA, as the next two */
	struct ca_backend *backend;
	struct flow_ca *ca;
	size_t n;			/* CAs that are complete */
	struct flow *flow;
};

static void
parts_free(struct parts *p)
{
	flow_free(p->flow);
	for (size_t i = 0; i < p->n; i++)
		p->backend[i].free(p->backend[i].self);
	for (size_t i = 0; i <= p->n && p->trust != NULL; i++)
		trust_free(p->trust[i]);
	upstream_pool_free(p->pool);
	certs_free(&p->signing.chain);
	blob_free(&p->signing.sig_alg);
	signer_free(p->signing.signer);
	free(p->trust);
	free(p->backend);
	free(p->ca);
}

/* The anchor that is over first ends the service of this CA, or of a part of it. */
static void
watch_anchors(const struct conf_ca *c, const struct trust *t)
{
	const struct certs *anchors = trust_get0_anchors(t);
	int64_t first = INT64_MAX;
	char part[80];

	for (size_t i = 0; i < anchors->n; i++)
		if (cert_not_after(anchors->v[i]) < first)
			first = cert_not_after(anchors->v[i]);
	(void)snprintf(part, sizeof(part), "ca_certificate:%s", c->name);
	if (anchors->n > 0)
		health_expires(part, first);
}

static int
load_trust(const struct conf_ca *c, struct trust **out, struct err *e)
{
	if (trust_new(out, e) != 0)
		return -1;
	for (size_t i = 0; i < c->n_trust; i++)
		if (trust_add_file(*out, c->trust[i], e) != 0)
			return -1;
	watch_anchors(c, *out);
	return 0;
}

/* The i-th CA: endpoint, back-end, and what flow must know of it. */
static int
add_ca(struct parts *p, const struct nemra_conf *conf, size_t i, struct err *e)
{
	const struct conf_ca *c = &conf->cas[i];
	const struct upstream_http http = { .url = c->url, .tls_trust = c->tls_trust,
	    .parallel = c->pace.parallel, .timeout_ms = (long)c->timeout, .line_ms = FLOW_LINE_MS };
	struct ra_options o = { .recipient = c->recipient, .implicit_confirm = c->implicit_confirm,
	    .profiles = &conf->profiles, .signer = { &p->signing, credential, txids, sign } };

	if (load_trust(c, &p->trust[i], e) != 0 || upstream_http_new(p->pool, &http, &o.upstream, e) != 0)
		return -1;
	o.trust = p->trust[i];
	if (ra_new(&o, &p->backend[i], e) != 0) {
		o.upstream.free(o.upstream.self);
		return -1;
	}
	p->ca[i] = (struct flow_ca){ .name = c->name, .backend = &p->backend[i],
	    .batch_max = c->batch.max, .batch_wait_ms = c->batch.wait, .rate = c->pace.rate,
	    .timeout_ms = c->timeout };
	p->n++;
	return 0;
}

static size_t
connections(const struct nemra_conf *conf)
{
	size_t n = 1;

	for (size_t i = 0; i < conf->n_cas; i++)
		n += conf->cas[i].pace.parallel;
	return n;
}

static int
parts_new(struct parts *p, const struct nemra_conf *conf, struct err *e)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/signer-dispatch.sock", conf->signer.run);
	p->trust = xcalloc(conf->n_cas + 1, sizeof(struct trust *));
	p->backend = xcalloc(conf->n_cas + 1, sizeof(*p->backend));
	p->ca = xcalloc(conf->n_cas + 1, sizeof(*p->ca));
	if (signer_new(path, &p->signing.signer, e) != 0 ||
	    upstream_pool_new(connections(conf), &p->pool, e) != 0)
		return -1;
	for (size_t i = 0; i < conf->n_cas; i++)
		if (add_ca(p, conf, i, e) != 0)
			return -1;
	const struct flow_options o = {
		.db = { .url = daemon_db_url(conf), .role = "nemra_dispatch",
		    .synchronous = conf->database.durability == 1 },
		.cas = p->ca, .n_cas = p->n,
		.wait = upstream_pool_wait, .wait_self = p->pool,
		.audit = audit, .audit_self = &p->signing,
		.wake_fd = daemon_signal_fd(),
	};
	return flow_new(&o, &p->flow, e);
}

/* --- its life --- */

/* All anchors of all CAs, or none. */
static int
load_all_trust(const struct nemra_conf *conf, struct trust **out, struct err *e)
{
	for (size_t i = 0; i < conf->n_cas; i++)
		if (load_trust(&conf->cas[i], &out[i], e) != 0) {
			for (size_t k = 0; k <= i; k++)
				trust_free(out[k]);
			return -1;
		}
	return 0;
}

/* The credential need not be read anew: the signer is asked for it with each batch. */
static void
reload(struct parts *p, const struct nemra_conf *conf)
{
	struct trust **fresh = xcalloc(conf->n_cas + 1, sizeof(struct trust *));
	struct log_line l;
	struct err e;

	if (load_all_trust(conf, fresh, &e) != 0) {
		log_failure(LOG_ERROR, "dispatch.reload", &e);		/* the old ones stay */
		health_set("reload", &e, 0);
		free(fresh);
		return;
	}
	for (size_t i = 0; i < conf->n_cas; i++) {
		ra_set_trust(&p->backend[i], fresh[i]);
		trust_free(p->trust[i]);
		p->trust[i] = fresh[i];
	}
	free(fresh);
	health_set("reload", NULL, 0);
	log_begin(&l, LOG_NOTICE, "dispatch.reloaded");
	log_end(&l);
}

/* systemd hears of the first success; after that the log tells, and nemractl status. */
static void
tell_ready(const struct flow *f, bool *told)
{
	struct err e;

	if (!*told && flow_is_ready(f, &e)) {
		daemon_ready("carrying requests");
		*told = true;
	}
	daemon_alive();
}

static void
serve(struct parts *p, const struct nemra_conf *conf)
{
	struct flow *f = p->flow;
	int64_t until = INT64_MAX;
	bool told = false;

	while (until == INT64_MAX || (!flow_is_idle(f) && clock_mono_ms() < until)) {
		int ms = flow_turn(f), sig;

		tell_ready(f, &told);
		flow_wait(f, ms);
		sig = daemon_signal();
		if ((sig == SIGTERM || sig == SIGINT) && until == INT64_MAX) {
			daemon_stopping();
			flow_stop(f);
			until = clock_mono_ms() + DRAIN_MS;
		}
		if (sig == SIGHUP)
			reload(p, conf);
	}
}

int
main(int argc, char **argv)
{
	struct parts parts = { 0 };
	struct nemra_conf conf;
	struct err e;

	daemon_start(argc, argv, &info, &conf);
	daemon_confine(&(struct confinement){ .tcp_connects = true });
	if (parts_new(&parts, &conf, &e) != 0) {
		log_failure(LOG_ERROR, "dispatch.start", &e);
		parts_free(&parts);
		return e.reason == R_CONFIG ? EXIT_CONFIG : EXIT_LOCAL;
	}
	serve(&parts, &conf);
	parts_free(&parts);
	nemra_conf_free(&conf);
	return 0;
}
