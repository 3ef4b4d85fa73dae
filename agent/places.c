/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The ways through an enrolment. Each place has what is done on entering it and, when it asks the gateway something,
 * what is done with the answer. Nothing here waits: a place says "again later" and step.c knows when.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/priv.h"

#define TRUST_NAME "trust"

static enum turn
go(struct nemra_agent *a, enum at at)
{
	a->at = at;
	a->tries = 0;
	return TURN_ON;
}

/* On, once the record is safe. */
static enum turn
go_saved(struct nemra_agent *a, enum at at, struct verdict *v)
{
	return record_save(a, &v->e) == 0 ? go(a, at) : TURN_FAIL;
}

static enum turn
refused(struct verdict *v)
{
	v->status = 2;
	return TURN_FAIL;
}

static enum turn
ask(struct nemra_agent *a, struct verdict *v, const char *method, const char *path)
{
	if (path != a->path)
		snprintf(a->path, sizeof(a->path), "%s", path);
	v->ask = (struct nemra_ask){ .method = method, .path = a->path };
	return TURN_ASK;
}

/* --- answers that mean the same everywhere --- */

static enum turn
no_answer(const struct nemra_answer *in, struct verdict *v)
{
	(void)error_take(&v->e, &in->error);
	/* what lies with us or with trust does not get better by waiting */
	return reason_info(v->e.reason)->class == RC_RETRY ? TURN_AGAIN : TURN_FAIL;
}

/* The gateway's own reason and words when it gave some and we can read them. */
static void
problem(const struct nemra_agent *a, const struct nemra_answer *in, enum reason other, struct verdict *v)
{
	char reason[NEMRA_TEXT] = "", detail[NEMRA_TEXT] = "";
	enum reason r = R_NONE;

	if (a->set.read_problem != NULL && in->body.len > 0 &&
	    a->set.read_problem(a->set.arg, in->body, reason, detail) == 0)
		r = reason_by_id(reason);
	if (r == R_NONE)
		err_set(&v->e, other, "the gateway answered HTTP %d %.40s %.150s", in->status, reason, detail);
	else
		err_set(&v->e, r, "%.200s", detail);
}

/* Anything but the success that a place knows: busy, broken or refusing. */
static enum turn
other_answer(const struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	int s = in->status;

	if (s == 0)
		return no_answer(in, v);
	if (s == 408 || s == 425 || s == 429 || s >= 500) {
		problem(a, in, R_NOT_READY, v);
		v->status = 3;
		return TURN_AGAIN;
	}
	if (s >= 400) {
		problem(a, in, R_PEER_REFUSED, v);
		return refused(v);
	}
	err_set(&v->e, R_PEER_ANSWER, "HTTP %d is no answer to %s %s", s, a->last.ask.method, a->path);
	return TURN_AGAIN;
}

/* --- start --- */

static enum turn
start_enrol(struct nemra_agent *a, struct verdict *v)
{
	struct cert *c = NULL;
	bool due;

	switch (a->rec.phase) {
	case PH_INSTALLED:
		return go(a, AT_HOOKS);
	case PH_HOOKED:
		return go(a, AT_REPORT);
	case PH_SENT:
		return go(a, AT_TRUST);
	case PH_MADE:
	case PH_TRIED:
		return go(a, AT_TEMPLATE);
	case PH_NONE:
	case PH_DONE:
		break;
	}
	if (installed_load(a, &c, &v->e) != 0)
		return TURN_FAIL;
	due = c == NULL || a->goal == NEMRA_ENROL_NOW || a->now->wall_s >= renew_time(&a->rec, c) ||
	    a->now->wall_s < cert_not_before(c);
	cert_free(c);
	return go(a, due ? AT_TEMPLATE : AT_END);
}

static enum turn
start(struct nemra_agent *a, struct verdict *v)
{
	bool pending;

	if (record_load(a, &v->e) != 0)
		return TURN_FAIL;
	pending = a->rec.phase >= PH_MADE && a->rec.phase <= PH_SENT;
	switch (a->goal) {
	case NEMRA_REQUEST:
		return go(a, pending ? AT_END : AT_TEMPLATE);
	case NEMRA_HOOKS_AGAIN:
		return go(a, a->rec.phase == PH_INSTALLED ? AT_HOOKS : a->rec.phase == PH_HOOKED ? AT_REPORT : AT_END);
	case NEMRA_ENROL:
	case NEMRA_ENROL_NOW:
	case NEMRA_INSTALL:
		break;
	}
	if (clock_check(a->now, &v->e) != 0)
		return TURN_FAIL;
	if (a->goal != NEMRA_INSTALL)
		return start_enrol(a, v);
	if (pending)
		return go(a, AT_TRUST);
	err_set(&v->e, R_NO_KEY, "no request is pending");
	return TURN_FAIL;
}

/* --- template, key and request --- */

static enum turn
enter_template(struct nemra_agent *a, struct verdict *v)
{
	/* For a request that is carried by hand nobody need be reachable. */
	if (a->set.read_template == NULL || (a->goal == NEMRA_REQUEST && a->set.subject != NULL))
		return go(a, AT_MAKE);
	return ask(a, v, "GET", "/v1/template");
}

static enum turn
hear_template(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	struct nemra_error ne;

	if (in->status != 200)
		return other_answer(a, in, v);
	memset(&a->tmpl, 0, sizeof(a->tmpl));
	nemra_error_clear(&ne);
	if (a->set.read_template(a->set.arg, in->body, a->set.profile, &a->tmpl, &ne) != 0) {
		(void)error_take(&v->e, &ne);
		return reason_info(v->e.reason)->class == RC_RETRY ? TURN_AGAIN : TURN_FAIL;
	}
	return go(a, AT_MAKE);
}

static enum turn
enter_make(struct nemra_agent *a, struct verdict *v)
{
	if (request_make(a, &v->e) != 0)
		return TURN_FAIL;
	return go(a, a->goal == NEMRA_REQUEST ? AT_END : AT_TRUST);
}

/* --- the operator's anchors: configured, pinned before, or pinned now --- */

static enum turn
have_trust(struct nemra_agent *a)
{
	return go(a, a->goal == NEMRA_INSTALL ? AT_OFFERED : a->rec.phase == PH_SENT ? AT_POLL : AT_SUBMIT);
}

static enum turn
enter_trust(struct nemra_agent *a, struct verdict *v)
{
	struct buf b;
	int rc;

	if (a->trust != NULL)
		return have_trust(a);
	rc = value_get(a, TRUST_NAME, &b, &v->e);
	if (rc == 0 && b.len > 0)
		rc = trust_take(a, buf_mem(&b), &v->e);
	buf_free(&b);
	if (rc != 0)
		return TURN_FAIL;
	if (a->trust != NULL)
		return have_trust(a);
	if (a->goal != NEMRA_INSTALL)
		return ask(a, v, "GET", "/v1/trust");
	err_set(&v->e, R_CONFIG, "no operator anchor is configured and none was pinned");
	return TURN_FAIL;
}

static enum turn
hear_trust(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	struct mem pem = { in->body.p, in->body.len };
	struct err why;

	if (in->status != 200)
		return other_answer(a, in, v);
	if (trust_take(a, pem, &why) != 0) {
		err_set(&v->e, R_PEER_ANSWER, "operator anchors: %.200s", why.detail);
		return TURN_AGAIN;
	}
	return value_put(a, TRUST_NAME, pem, &v->e) == 0 ? have_trust(a) : TURN_FAIL;
}

/* --- upload and polling --- */

static enum turn
enter_submit(struct nemra_agent *a, struct verdict *v)
{
	static const char *const type[] = {
		[BODY_CMS] = "application/cms",
		[BODY_PKCS10] = "application/pkcs10",
		[BODY_CRMF] = "application/vnd.nemra.crmf",
	};
	bool named = a->rec.kind != BODY_CMS && a->rec.profile[0] != '\0';

	if (a->rec.phase == PH_MADE) {
		a->rec.phase = PH_TRIED;
		if (record_save(a, &v->e) != 0)
			return TURN_FAIL;
	}
	snprintf(a->path, sizeof(a->path), "/v1/requests%s%s", named ? "?profile=" : "", named ? a->rec.profile : "");
	(void)ask(a, v, "POST", a->path);
	v->ask.content_type = type[a->rec.kind];
	v->ask.hold_s = a->set.wait_s < 0 || a->set.wait_s > AGENT_HOLD_S ? AGENT_HOLD_S : (unsigned)a->set.wait_s;
	v->ask.body = (struct nemra_bytes){ a->rec.body.p, a->rec.body.len };
	return TURN_ASK;
}

/* The id is the last part of the Location; what is not plainly one is not put into a path again. */
static int
take_id(struct nemra_agent *a, const char *location, struct err *e)
{
	const char *id = location == NULL ? NULL : strrchr(location, '/');
	size_t n = id == NULL ? 0 : strlen(++id);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)id[i]) && id[i] != '-')
			n = 0;
	if (n == 0 || n >= sizeof(a->rec.id))
		return err_set(e, R_PEER_ANSWER, "the upload was taken without a usable Location");
	memcpy(a->rec.id, id, n + 1);
	return 0;
}

static enum turn
hear_submit(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	if (in->status < 200 || in->status > 202)
		return other_answer(a, in, v);
	if (take_id(a, in->location, &v->e) != 0)
		return TURN_AGAIN;
	a->rec.phase = PH_SENT;
	return go_saved(a, AT_POLL, v);
}

static enum turn
enter_poll(struct nemra_agent *a, struct verdict *v)
{
	snprintf(a->path, sizeof(a->path), "/v1/requests/%s/certificate", a->rec.id);
	return ask(a, v, "GET", a->path);
}

/* --- into use --- */

static int
pair_install(struct nemra_agent *a, const struct certs *c, struct err *e)
{
	struct certs leaf = { c->v, 1 }, rest = { c->v + 1, c->n - 1 };
	struct nemra_error ne;
	struct nemra_pair pair;
	struct buf cert, chain;
	int rc = -1;

	buf_init(&cert, 2 * LIM_CERT);
	buf_init(&chain, 2 * LIM_CERT * LIM_CHAIN);
	certs_print_pem(&leaf, &cert);
	certs_print_pem(&rest, &chain);
	pair = (struct nemra_pair){ { a->rec.key.p, a->rec.key.len }, { cert.p, cert.len }, { chain.p, chain.len } };
	nemra_error_clear(&ne);
	if (!buf_ok(&cert) || !buf_ok(&chain))
		err_set(e, R_NO_MEMORY, "certificate");
	else if (a->set.store.install(a->set.store.self, &pair, &ne) != 0)
		err_set(e, R_INSTALL_FAILED, "%s", ne.detail);
	else
		rc = 0;
	buf_free(&cert);
	buf_free(&chain);
	return rc;
}

/* After a crash between the flip and the record the pair is in use already. */
static int
install(struct nemra_agent *a, const struct certs *c, struct err *e)
{
	struct cert *now = NULL;
	bool there;

	if (installed_load(a, &now, e) != 0)
		return -1;
	there = now != NULL && mem_eq(cert_get0_der(now), cert_get0_der(c->v[0]));
	cert_free(now);
	if (!there && pair_install(a, c, e) != 0)
		return -1;
	a->rec.phase = PH_INSTALLED;
	blob_cleanse(&a->rec.key);
	return record_save(a, e);
}

static enum turn
take_certificate(struct nemra_agent *a, struct mem text, struct verdict *v)
{
	struct certs chain;
	int rc;

	if (verify_issued(a, text, &chain, &v->e) != 0)
		return v->e.reason == R_PEER_ANSWER ? TURN_AGAIN : TURN_FAIL;
	rc = install(a, &chain, &v->e);
	certs_free(&chain);
	return rc == 0 ? go(a, AT_HOOKS) : TURN_FAIL;
}

/* The gateway does not know the request any more: hand in the same bytes, once. */
static enum turn
forgotten(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	if (a->resent)
		return other_answer(a, in, v);
	a->resent = true;
	a->rec.phase = PH_TRIED;
	a->rec.id[0] = '\0';
	return go_saved(a, AT_SUBMIT, v);
}

static enum turn
hear_poll(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	struct err drop;

	switch (in->status) {
	case 200:
		return take_certificate(a, (struct mem){ in->body.p, in->body.len }, v);
	case 202:
		problem(a, in, R_STILL_PENDING, v);
		v->status = 5;
		return TURN_AGAIN;
	case 404:
		return forgotten(a, in, v);
	case 410:
		problem(a, in, R_PEER_REFUSED, v);
		/* these bytes are refused for good: the next enrolment makes a new key */
		if (record_drop(a, &drop) != 0) {
			v->e = drop;
			return TURN_FAIL;
		}
		return refused(v);
	default:
		return other_answer(a, in, v);
	}
}

static enum turn
enter_offered(struct nemra_agent *a, struct verdict *v)
{
	enum turn t = take_certificate(a, mem_of(&a->offered), v);

	return t == TURN_AGAIN ? TURN_FAIL : t;
}

/* --- telling --- */

static enum turn
enter_hooks(struct nemra_agent *a, struct verdict *v)
{
	(void)a;
	(void)v;
	return TURN_HOOKS;
}

static enum turn
hear_hooks(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	if (in->error.reason != NULL && in->error.reason[0] != '\0') {
		err_set(&v->e, R_HOOK_FAILED, "%s", in->error.detail);
		return TURN_FAIL;
	}
	a->rec.phase = a->rec.id[0] == '\0' ? PH_DONE : PH_HOOKED;
	return go_saved(a, a->rec.phase == PH_DONE ? AT_END : AT_REPORT, v);
}

static enum turn
enter_report(struct nemra_agent *a, struct verdict *v)
{
	snprintf(a->path, sizeof(a->path), "/v1/requests/%s/installed", a->rec.id);
	return ask(a, v, "POST", a->path);
}

/* A gateway that does not want to hear it (404, 410 …) is told no more: the pair is in use all the same. */
static enum turn
hear_report(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v)
{
	enum turn t = TURN_ON;

	if (in->status < 200 || in->status > 299)
		t = other_answer(a, in, v);
	if (t == TURN_AGAIN || (t == TURN_FAIL && in->status == 0))
		return t;
	*v = (struct verdict){ .after_s = -1 };
	a->rec.phase = PH_DONE;
	return go_saved(a, AT_END, v);
}

static enum turn
enter_end(struct nemra_agent *a, struct verdict *v)
{
	(void)a;
	(void)v;
	return TURN_END;
}

const struct place places[AT_END + 1] = {
	/*                entering         hearing */
	[AT_START]    = { start,           NULL          },
	[AT_TEMPLATE] = { enter_template,  hear_template },
	[AT_MAKE]     = { enter_make,      NULL          },
	[AT_TRUST]    = { enter_trust,     hear_trust    },
	[AT_SUBMIT]   = { enter_submit,    hear_submit   },
	[AT_POLL]     = { enter_poll,      hear_poll     },
	[AT_OFFERED]  = { enter_offered,   NULL          },
	[AT_HOOKS]    = { enter_hooks,     hear_hooks    },
	[AT_REPORT]   = { enter_report,    hear_report   },
	[AT_END]      = { enter_end,       NULL          },
};
