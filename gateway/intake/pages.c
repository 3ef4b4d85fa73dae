/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "gateway/intake/json.h"
#include "gateway/intake/pages.h"
#include "gateway/intake/routes.h"

/* --- /v1/template --- */

/* 0.6666… as the configuration had it: "2/3"; a decimal when it is no small fraction. */
void
fraction_print(double f, char out[FRACTION_TEXT])
{
	for (int q = 1; q <= 24; q++) {
		int p = (int)(f * q + 0.5);
		double off = (double)p / q - f;

		if (off > -1e-6 && off < 1e-6) {
			snprintf(out, FRACTION_TEXT, q == 1 ? "%d" : "%d/%d", p, q);
			return;
		}
	}
	snprintf(out, FRACTION_TEXT, "%.4f", f);
}

static json_t *
template_of(const struct profile *p, const struct grant *g)
{
	char renew[FRACTION_TEXT];

	fraction_print(p->renew_from, renew);
	return json_pack("{ss ss s{so so} so so ss ss}", "name", p->name, "subject", g->subject, "san",
	    "dns", json_texts(g->san_dns, g->n_san_dns), "ip", json_texts(g->san_ip, g->n_san_ip),
	    "key_types", json_texts(p->keys, p->n_keys), "eku", json_texts(p->eku, p->n_eku),
	    "envelope", p->envelope_required ? "required" : "optional", "renew_from", renew);
}

/* A profile that wants what the inventory row does not have is none that the station could use. */
static int
add_template(json_t *list, const struct profile *p, const struct station *s, struct err *e)
{
	struct grant g = { 0 };
	int rc;

	if (s->profile != NULL && s->profile[0] != '\0' && strcmp(s->profile, p->name) != 0)
		return 0;
	if (profile_grant(p, s, &g, e) != 0)
		return 0;
	rc = json_array_append_new(list, template_of(p, &g));
	grant_free(&g);
	return rc == 0 ? 0 : err_set(e, R_INTERNAL, "the template cannot be written");
}

/* The profile that the inventory names, else all: the station says in its request which. */
enum turn
page_template(struct exchange *x)
{
	const struct station *s = exchange_station(x);
	const struct profiles *all = x->door->profiles;
	json_t *list = json_array();
	struct err e;
	int rc = 0;

	err_set(&e, R_PROFILE_UNKNOWN, "%s", s->profile != NULL ? s->profile : "");
	for (size_t i = 0; rc == 0 && i < all->n; i++)
		rc = add_template(list, &all->v[i], s, &e);
	if (rc != 0 || json_array_size(list) == 0) {
		json_decref(list);
		return exchange_fail(x, &e);
	}
	reply_json(&x->reply, 200, "application/json",
	    json_pack("{ss so}", "station", s->name, "profiles", list));
	return TURN_REPLY;
}

/* --- for everybody --- */

enum turn
page_trust(struct exchange *x)
{
	reply_body(&x->reply, 200, "application/pem-certificate-chain", mem_of(&x->anchors->operators_pem));
	return TURN_REPLY;
}

/* Alive: this thread answers. */
enum turn
page_health(struct exchange *x)
{
	reply_json(&x->reply, 200, "application/json", json_pack("{ss}", "status", "alive"));
	return TURN_REPLY;
}

/* Ready: an upload would be stored now. */
enum turn
page_ready(struct exchange *x)
{
	struct err e;

	if (worker_ready(x->door->worker, &e) != 0)
		return exchange_refuse(x, &e, 503);
	reply_json(&x->reply, 200, "application/json", json_pack("{ss}", "status", "ready"));
	return TURN_REPLY;
}

enum turn
page_problem(struct exchange *x)
{
	struct err e;

	if (reply_reason_page(&x->reply, x->part))
		return TURN_REPLY;
	err_set(&e, R_NOT_FOUND, "%s", "");
	return exchange_fail(x, &e);
}
