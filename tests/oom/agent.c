/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * agent: a whole enrolment, each allocation of it failing in turn. The station goes on, waits or stops; it never
 * installs what is not its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "tests/oom/oom.h"
#include "tests/unit/agent/world.h"

static struct world w;
static struct nemra_store plain;
static struct blob foreign;	/* a certificate for a key that is not the station's */
static bool give_foreign;

/* The store stands for a flash memory: its own allocations are not the library's. */
static int
get(void *self, const char *name, uint8_t *to, size_t size, size_t *len, struct nemra_error *e)
{
	int rc;

	oom_pause();
	rc = plain.get(self, name, to, size, len, e);
	oom_resume();
	return rc;
}

static int
put(void *self, const char *name, struct nemra_bytes value, struct nemra_error *e)
{
	int rc;

	oom_pause();
	rc = plain.put(self, name, value, e);
	oom_resume();
	return rc;
}

static int
install(void *self, const struct nemra_pair *pair, struct nemra_error *e)
{
	int rc;

	oom_pause();
	rc = plain.install(self, pair, e);
	oom_resume();
	return rc;
}

/* What the gateway answers to the question in w.step. */
static void
hear(void)
{
	struct blob pem = { NULL, 0 };

	if (asks(&w, "GET", "/v1/template")) {
		world_hear(&w, 200, NULL, -1, mem_str("template"));
	} else if (asks(&w, "GET", "/v1/trust")) {
		world_hear(&w, 200, NULL, -1, mem_of(&w.ca.pem));
	} else if (strcmp(w.step.ask.method, "GET") == 0) {
		oom_pause();
		if (!give_foreign)
			pem = world_certificate(&w, NULL);
		oom_resume();
		world_hear(&w, 200, NULL, -1, mem_of(give_foreign ? &foreign : &pem));
		blob_free(&pem);
	} else if (asks(&w, "POST", "/v1/requests")) {
		world_hear(&w, 201, "/v1/requests/0198-7", -1, MEM_NONE);
	} else {
		world_hear(&w, 204, NULL, -1, MEM_NONE);
	}
}

static void
forget(void)
{
	nemra_agent_free(w.agent);
	w.agent = NULL;
	blob_free(&w.memory.key);
	blob_free(&w.memory.cert);
	blob_free(&w.memory.chain);
	for (size_t i = 0; i < COUNT_OF(w.memory.value); i++)
		blob_free(&w.memory.value[i].v);
	memset(&w.memory, 0, sizeof(w.memory));
}

/* What is installed is a pair. */
static void
check_installed(void)
{
	struct certs l = { NULL, 0 };
	struct key *k = NULL;

	if (w.memory.installs == 0)
		return;
	oom_pause();
	CU_ASSERT_EQUAL_FATAL(certs_parse(mem_of(&w.memory.cert), 1, &l, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(key_parse(mem_of(&w.memory.key), &k, NULL), 0);
	CU_ASSERT_TRUE(cert_fits_key(l.v[0], k));
	key_free(k);
	certs_free(&l);
	oom_resume();
}

static int
enrol(struct err *e)
{
	struct nemra_error ne;
	int rc = nemra_agent_new(&w.conf, &w.agent, &ne);
	const char *why = rc == 0 ? "INTERNAL" : ne.reason;

	if (rc == 0) {
		nemra_agent_aim(w.agent, NEMRA_ENROL);
		world_step(&w);
		for (int i = 0; i < 12 && (w.step.action == NEMRA_SEND || w.step.action == NEMRA_HOOKS); i++)
			if (w.step.action == NEMRA_SEND)
				hear();
			else
				world_hear(&w, 0, NULL, -1, MEM_NONE);
		rc = w.step.action == NEMRA_DONE ? 0 : -1;
		why = w.step.error.reason;
	}
	CU_ASSERT(rc != 0 || w.memory.installs == 1);
	check_installed();
	if (rc != 0)
		(void)err_set(e, reason_by_id(why), "%s", w.step.error.detail);
	oom_pause();
	forget();
	oom_resume();
	return rc;
}

static int
enrol_normally(struct err *e)
{
	give_foreign = false;
	return enrol(e);
}

static int
enrol_with_a_foreign_certificate(struct err *e)
{
	int rc;

	give_foreign = true;
	rc = enrol(e);
	return rc;
}

static void
an_enrolment_ends_well_or_for_want_of_memory(void)
{
	OOM(enrol_normally, OOM_GOOD);
}

static void
no_lack_of_memory_installs_a_foreign_certificate(void)
{
	OOM(enrol_with_a_foreign_certificate, OOM_BAD);
}

static const struct unit_test tests[] = {
	UNIT(an_enrolment_ends_well_or_for_want_of_memory),
	UNIT(no_lack_of_memory_installs_a_foreign_certificate),
};
static UNIT_SUITE(agent_suite, tests);

static void
start_and_sweep(void)
{
	world_start(&w);
	world_until_poll(&w);
	foreign = world_certificate(&w, NULL);
	plain = w.conf.store;
	w.conf.store.get = get;
	w.conf.store.put = put;
	w.conf.store.install = install;
	forget();
}

static const struct unit_test first[] = { UNIT(start_and_sweep) };
static UNIT_SUITE(start_suite, first);

int
main(void)
{
	const struct unit_suite *const suites[] = { &start_suite, &agent_suite };
	int status = unit_main(suites, COUNT_OF(suites));

	world_end(&w);
	blob_free(&foreign);
	return status;
}
