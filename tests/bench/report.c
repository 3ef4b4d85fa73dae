/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/report.h"

#include <jansson.h>
#include <stdio.h>

static double
each(const struct report *p, int64_t v)
{
	return p->r->done == 0 ? 0 : (double)v / (double)p->r->done;
}

static void
print_times(const char *what, const struct times *t)
{
	if (t->n > 0)
		printf("  %-34s p50 %9.0f  p99 %9.0f  max %9.0f us\n", what, times_at(t, 0.5), times_at(t, 0.99),
		    times_at(t, 1));
}

void
report_print(const struct report *p)
{
	const struct result *r = p->r;

	printf("%zu of %zu enrolments right, %zu failed, %zu asked to come back, %.1f s, %.0f/s (%s, %s, %s; "
	    "%zu stations, %zu requests each, %zu at a time)\n", r->done, p->o->stations * p->o->each, r->failed,
	    r->again, r->seconds, (double)r->done / r->seconds, load_key_name(p->o->key), load_form_name(p->o->form),
	    load_door_name(p->o->door), p->o->stations, p->o->each, p->o->parallel);
	printf("  %-34s %9.0f us of processor an enrolment\n", "gateway and PostgreSQL",
	    each(p, costs_gateway(p->used)) / 1e3);
	for (size_t i = 0; i < p->used->n; i++) {
		const struct cost *c = &p->used->v[i];

		if (each(p, c->ns) < 500)
			continue;
		printf("    %-32s %9.0f us%s", c->name, each(p, c->ns) / 1e3, c->gateway ? "" : "  (not counted)");
		if (c->rss_kb > 0)
			printf("  %ld KiB resident", (long)c->rss_kb);
		printf("\n");
	}
	printf("  %-34s %9.0f octets an enrolment\n", "write-ahead log", each(p, p->count->wal_bytes));
	print_times("connect (TCP, TLS)", &r->connect);
	print_times("upload to acknowledgement", &r->ack);
	print_times("upload to checked certificate", &r->whole);
	if (p->o->rate > 0)
		printf("  %-34s %9.0f us\n", "a station began too late by at most", r->late);
	printf("  counted: %ld requests, %ld delivered, %ld serial numbers; the CA issued %ld\n",
	    (long)p->count->requests, (long)p->count->delivered, (long)p->count->certificates,
	    (long)p->count->ca_issued);
}

static json_t *
times_json(const struct times *t)
{
	return json_pack("{sf sf sf sI}", "p50", times_at(t, 0.5), "p99", times_at(t, 0.99), "max", times_at(t, 1),
	    "n", (json_int_t)t->n);
}

static json_t *
costs_json(const struct report *p)
{
	json_t *all = json_object();

	for (size_t i = 0; i < p->used->n; i++) {
		const struct cost *c = &p->used->v[i];

		json_object_set_new(all, c->name, json_pack("{sf sb sI}", "us", each(p, c->ns) / 1e3, "gateway",
		    c->gateway, "rss_kb", (json_int_t)c->rss_kb));
	}
	return all;
}

int
report_write(const struct report *p, const char *path, struct err *e)
{
	const struct options *o = p->o;
	const struct result *r = p->r;
	const struct count *c = p->count;
	json_t *j = json_pack("{ss ss ss sI sI sI sI sf sI sI sI sf sf so sf so so so sf s{sI sI sI sI} sI}",
	    "key", load_key_name(o->key), "form", load_form_name(o->form), "door", load_door_name(o->door),
	    "stations", (json_int_t)o->stations, "each", (json_int_t)o->each, "parallel", (json_int_t)o->parallel,
	    "inventory", (json_int_t)o->inventory, "rate", o->rate,
	    "done", (json_int_t)r->done, "failed", (json_int_t)r->failed, "come_back", (json_int_t)r->again,
	    "seconds", r->seconds, "gateway_us", each(p, costs_gateway(p->used)) / 1e3, "cpu", costs_json(p),
	    "wal_octets", each(p, c->wal_bytes),
	    "connect_us", times_json(&r->connect), "ack_us", times_json(&r->ack), "whole_us", times_json(&r->whole),
	    "late_us", r->late, "count", "requests", (json_int_t)c->requests, "delivered", (json_int_t)c->delivered,
	    "certificates", (json_int_t)c->certificates, "ca_issued", (json_int_t)c->ca_issued,
	    "database_octets", (json_int_t)c->database_bytes);
	int rc = j != NULL && json_dump_file(j, path, JSON_INDENT(1)) == 0 ? 0 : err_set(e, R_FILE_IO, "%s", path);

	json_decref(j);
	return rc;
}
