/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * gateway/ops, gateway/run: imports, the audit's verifier, configuration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/pki/hash.h"
#include "gateway/ops/audit_verify.h"
#include "gateway/ops/import.h"
#include "gateway/ops/json.h"
#include "gateway/run/conf.h"
#include "tests/oom/oom.h"

/* --- import --- */

static size_t put_rows;

static int
put(void *arg, struct ops_station *s, size_t n, enum ops_put how, struct err *e)
{
	(void)arg;
	(void)how;
	(void)e;
	for (size_t i = 0; i < n; i++) {
		/* Whole, or not at all. */
		CU_ASSERT(strncmp(s[i].s.name, "gnb-", 4) == 0 && strcmp(s[i].s.vendor, "acme") == 0);
		CU_ASSERT(s[i].s.n_san_dns == 0 || strcmp(s[i].s.san_dns[0], "a.ran.example") == 0);
		s[i].change = CH_ADDED;
	}
	put_rows += n;
	return 0;
}

static int
take_rows(bool ndjson, const char *text, struct err *e)
{
	const struct import_options o = { .ndjson = ndjson, .put = put };
	struct import *im = import_new(&o);
	json_t *report = NULL;
	int added = 0, failed = 0, rc;

	put_rows = 0;
	import_feed(im, mem_str(text));
	rc = import_finish(im, &report, e);
	import_free(im);
	if (rc == 0 && json_unpack(report, "{s:i, s:i}", "added", &added, "failed", &failed) != 0)
		rc = err_set(e, R_NO_MEMORY, "report");
	if (rc == 0 && failed > 0) {
		const char *reason = "";

		(void)json_unpack(json_array_get(json_object_get(report, "errors"), 0), "{s:s}", "reason", &reason);
		rc = err_set(e, reason_by_id(reason), "line");
	}
	if (rc == 0)
		CU_ASSERT(added == 2 && put_rows == 2);
	json_decref(report);
	return rc;
}

static int
take_csv(struct err *e)
{
	return take_rows(false, "station,vendor,san_dns\ngnb-1,acme,a.ran.example\ngnb-2,acme,\n", e);
}

static int
take_ndjson(struct err *e)
{
	return take_rows(true, "{\"station\":\"gnb-1\",\"vendor\":\"acme\",\"san_dns\":[\"a.ran.example\"]}\n"
	    "{\"station\":\"gnb-2\",\"vendor\":\"acme\"}\n", e);
}

static int
take_bad_csv(struct err *e)
{
	return take_rows(false, "station,vendor\ngnb 1,acme\ngnb-2,acme\n", e);
}

static int
show_problem(struct err *e)
{
	struct err of = { R_KEY_TOO_WEAK, "RSA 1024" };
	json_t *j = json_problem(&of, "/v1/requests/1");

	if (j == NULL)
		return err_set(e, R_NO_MEMORY, "problem");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(j, "reason")), "KEY_TOO_WEAK");
	CU_ASSERT_EQUAL(json_object_size(j), 9);
	json_decref(j);
	return 0;
}

/* --- audit --- */

#define LINKS 3

static struct ops_link trail[LINKS];
static const uint8_t audit_key[32] = "the audit key of this test only";

static int
mac_of(int64_t seq, const uint8_t prev[32], struct mem content, uint8_t out[32], struct err *e)
{
	uint8_t digest[32];
	struct buf b;
	int rc = sha256(content, digest, e);

	buf_init(&b, 256);
	buf_add_u64(&b, (uint64_t)seq);
	buf_add(&b, prev, 32);
	buf_add(&b, digest, 32);
	if (rc == 0 && !buf_ok(&b))
		rc = err_set(e, R_NO_MEMORY, "link");
	if (rc == 0)
		rc = hmac_sha256((struct mem){ audit_key, 32 }, buf_mem(&b), out, e);
	buf_free(&b);
	return rc;
}

static int
links(void *arg, int64_t from, size_t max, ops_link_fn *fn, void *fn_arg, struct err *e)
{
	(void)arg;
	(void)e;
	for (size_t i = 0; i < LINKS && max > 0; i++)
		if (trail[i].seq >= from) {
			if (fn(fn_arg, &trail[i]) != 0)
				return -1;
			max--;
		}
	return 0;
}

static int
check(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content, const uint8_t (*mac)[32], size_t n,
    size_t *bad, struct err *e)
{
	uint8_t want[32];

	(void)arg;
	for (*bad = 0; *bad < n; (*bad)++) {
		if (mac_of(seq + 1 + (int64_t)*bad, prev, content[*bad], want, e) != 0)
			return -1;
		if (memcmp(want, mac[*bad], 32) != 0)
			return 0;
		prev = mac[*bad];
	}
	return 0;
}

static int
verify(struct err *e)
{
	const struct audit_verify v = { .links = links, .check = check, .counted_events = LINKS,
		.counted_links = LINKS };
	struct audit_report r;
	int rc = audit_verify(&v, &r, e);

	if (rc == 0 && !r.whole)
		rc = err_set(e, R_AUDIT_BROKEN, "%s", r.what);
	return rc;
}

static int
verify_whole_trail(struct err *e)
{
	trail[1].content = mem_str("event 2");
	return verify(e);
}

static int
verify_tampered_trail(struct err *e)
{
	trail[1].content = mem_str("event X");
	return verify(e);
}

static void
make_trail(void)
{
	static const char *const text[LINKS] = { "event 1", "event 2", "event 3" };
	static const uint8_t none[32];

	for (size_t i = 0; i < LINKS; i++) {
		const uint8_t *prev = i == 0 ? none : trail[i - 1].mac;
		struct err e;

		trail[i].seq = (int64_t)i + 1;
		trail[i].event = 10 + (int64_t)i;
		trail[i].content = mem_str(text[i]);
		memcpy(trail[i].prev, prev, 32);
		if (mac_of(trail[i].seq, prev, trail[i].content, trail[i].mac, &e) != 0)
			exit(2);
	}
}

/* --- configuration --- */

static void
see(void *arg, const char *line)
{
	size_t *n = arg;

	*n += strlen(line);
}

static int
load_conf(struct err *e)
{
	static size_t whole;
	struct nemra_conf c;
	size_t n = 0;

	if (nemra_conf_load("deploy/examples/nemra.yaml", &c, e) != 0)
		return -1;
	oom_pause();
	nemra_conf_print(&c, see, &n);
	if (whole == 0)
		whole = n;
	/* Nothing was left out. */
	CU_ASSERT_EQUAL(n, whole);
	oom_resume();
	nemra_conf_free(&c);
	return 0;
}

/* --- tests --- */

static void
rows_are_taken_whole_or_there_is_no_memory(void)
{
	OOM(take_csv, OOM_GOOD | OOM_MAY_END);
	OOM(take_ndjson, OOM_GOOD | OOM_MAY_END);
	OOM(take_bad_csv, OOM_BAD | OOM_MAY_END);
	OOM(show_problem, OOM_GOOD | OOM_MAY_END);
}

static void
a_trail_is_whole_or_broken_whatever_memory_there_is(void)
{
	make_trail();
	OOM(verify_whole_trail, OOM_GOOD | OOM_MAY_END);
	OOM(verify_tampered_trail, OOM_BAD | OOM_MAY_END);
}

static void
a_configuration_is_read_whole_or_not_at_all(void)
{
	OOM(load_conf, OOM_GOOD | OOM_MAY_END);
}

static const struct unit_test tests[] = {
	UNIT(rows_are_taken_whole_or_there_is_no_memory),
	UNIT(a_trail_is_whole_or_broken_whatever_memory_there_is),
	UNIT(a_configuration_is_read_whole_or_not_at_all),
};
static UNIT_SUITE(ops_suite, tests);

int
main(void)
{
	const struct unit_suite *const suites[] = { &ops_suite };

	log_set_level(LOG_ERROR);
	return unit_main(suites, COUNT_OF(suites));
}
