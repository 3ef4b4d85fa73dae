/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "common/pki/envelope.h"
#include "tests/unit/agent/world.h"

static void
an_enrolment_goes_from_template_to_report(void)
{
	struct world w;
	struct blob pem;

	world_start(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/template"));
	world_hear(&w, 200, NULL, -1, mem_str("template"));
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/trust"));
	world_hear(&w, 200, NULL, -1, mem_of(&w.ca.pem));
	CU_ASSERT_TRUE(asks(&w, "POST", "/v1/requests"));
	CU_ASSERT_STRING_EQUAL(w.step.ask.content_type, "application/cms");
	CU_ASSERT_EQUAL(w.step.ask.hold_s, 20);
	world_hear(&w, 201, "https://gw.example/v1/requests/0198-7", -1, MEM_NONE);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/requests/0198-7/certificate"));
	pem = world_certificate(&w, NULL);
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	CU_ASSERT_TRUE(mem_eq(mem_of(&w.memory.cert), mem_of(&pem)));
	CU_ASSERT_TRUE(mem_eq(mem_of(&w.memory.chain), mem_of(&w.ca.pem)));
	world_hear(&w, 0, NULL, -1, MEM_NONE);
	CU_ASSERT_TRUE(asks(&w, "POST", "/v1/requests/0198-7/installed"));
	world_hear(&w, 204, NULL, -1, MEM_NONE);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_DONE);
	CU_ASSERT_STRING_EQUAL(world_status(&w, "state"), "installed");
	CU_ASSERT_STRING_EQUAL(world_status(&w, "subject"), "CN=gnb-1,O=Example Operator");
	CU_ASSERT_STRING_EQUAL(world_status(&w, "names"), "DNS:gnb-1.ran.example, IP:192.0.2.1");
	CU_ASSERT_STRING_EQUAL(world_status(&w, "renew_at"), "2030-03-01T23:59:40.000Z");
	CU_ASSERT_STRING_EQUAL(world_status(&w, "request"), "0198-7");
	blob_free(&pem);
	world_end(&w);
}

static void
the_envelope_holds_both_forms_station_and_profile(void)
{
	const struct envelope_content *c;
	struct envelope *v = NULL;
	struct world w;

	world_start(&w);
	world_until_poll(&w);
	CU_ASSERT_EQUAL_FATAL(envelope_parse((struct mem){ nemra_agent_get0_request(w.agent, false).p,
	    nemra_agent_get0_request(w.agent, false).len }, &v, NULL), 0);
	c = envelope_get0_content(v);
	CU_ASSERT_STRING_EQUAL(c->station, "gnb-1");
	CU_ASSERT_STRING_EQUAL(c->profile, "gnb");
	CU_ASSERT_TRUE(c->pkcs10.len > 0 && c->crmf.len > 0);
	envelope_free(v);
	world_end(&w);
}

static void
each_form_has_its_content_type_and_each_key_type_works(void)
{
	static const char *const key[] = { "ec-p256", "ec-p384", "rsa-2048", "ed25519" };
	static const struct {
		enum nemra_form form;
		bool plain;
		const char *type, *path;
	} t[] = {
		{ NEMRA_BOTH, false, "application/cms", "/v1/requests" },
		{ NEMRA_PKCS10, false, "application/cms", "/v1/requests" },
		{ NEMRA_CRMF, false, "application/cms", "/v1/requests" },
		{ NEMRA_BOTH, true, "application/pkcs10", "/v1/requests?profile=gnb" },
		{ NEMRA_PKCS10, true, "application/pkcs10", "/v1/requests?profile=gnb" },
		{ NEMRA_CRMF, true, "application/vnd.nemra.crmf", "/v1/requests?profile=gnb" },
	};

	for (size_t k = 0; k < COUNT_OF(key); k++)
		for (size_t i = 0; i < COUNT_OF(t); i++) {
			struct world w;

			world_start(&w);
			w.conf.form = t[i].form;
			w.conf.no_envelope = t[i].plain;
			w.conf.key_type = key[k];
			w.conf.operator_trust = (struct nemra_bytes){ w.ca.pem.p, w.ca.pem.len };
			world_restart(&w);
			nemra_agent_aim(w.agent, NEMRA_ENROL);
			world_step(&w);
			world_hear(&w, 200, NULL, -1, mem_str("template"));
			CU_ASSERT_TRUE_FATAL(asks(&w, "POST", t[i].path));
			CU_ASSERT_STRING_EQUAL(w.step.ask.content_type, t[i].type);
			CU_ASSERT_EQUAL(nemra_agent_get0_request(w.agent, true).len > 0, t[i].form != NEMRA_CRMF);
			world_end(&w);
		}
}

static void
a_restarted_agent_sends_the_same_bytes_again(void)
{
	struct world w;
	struct blob sent = { NULL, 0 };

	world_start(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	world_hear(&w, 200, NULL, -1, mem_str("template"));
	world_hear(&w, 200, NULL, -1, mem_of(&w.ca.pem));
	CU_ASSERT_TRUE_FATAL(asks(&w, "POST", "/v1/requests"));
	CU_ASSERT_EQUAL_FATAL(blob_set1(&sent, (struct mem){ w.step.ask.body.p, w.step.ask.body.len }, NULL), 0);
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	world_hear(&w, 200, NULL, -1, mem_str("template"));
	CU_ASSERT_TRUE_FATAL(asks(&w, "POST", "/v1/requests"));
	CU_ASSERT_TRUE(mem_eq(mem_of(&sent), (struct mem){ w.step.ask.body.p, w.step.ask.body.len }));
	blob_free(&sent);
	world_end(&w);
}

static void
another_wish_after_an_upload_makes_a_new_key_and_before_it_keeps_the_key(void)
{
	struct world w;
	struct blob a, b, c;

	world_start(&w);
	w.conf.subject = "CN=one,O=Example Operator";
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_REQUEST);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_DONE);	/* nobody was asked */
	a = world_spki(&w);
	w.conf.subject = NULL;
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	world_hear(&w, 200, NULL, -1, mem_str("template"));
	world_hear(&w, 200, NULL, -1, mem_of(&w.ca.pem));
	b = world_spki(&w);
	CU_ASSERT_TRUE(mem_eq(mem_of(&a), mem_of(&b)));
	snprintf(w.tmpl.subject, sizeof(w.tmpl.subject), "CN=two,O=Example Operator");
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	world_hear(&w, 200, NULL, -1, mem_str("template"));
	c = world_spki(&w);
	CU_ASSERT_FALSE(mem_eq(mem_of(&b), mem_of(&c)));
	blob_free(&a);
	blob_free(&b);
	blob_free(&c);
	world_end(&w);
}

static void
a_restarted_agent_polls_its_request_without_uploading(void)
{
	struct world w;
	struct blob pem;

	world_start(&w);
	world_until_poll(&w);
	pem = world_certificate(&w, NULL);
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/requests/0198-7/certificate"));
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	world_restart(&w);		/* died before the hooks */
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	world_hear(&w, 0, NULL, -1, MEM_NONE);
	world_restart(&w);		/* died before the report */
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_TRUE(asks(&w, "POST", "/v1/requests/0198-7/installed"));
	world_hear(&w, 204, NULL, -1, MEM_NONE);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_DONE);
	CU_ASSERT_EQUAL(w.memory.installs, 1);
	blob_free(&pem);
	world_end(&w);
}

static void
the_key_is_wiped_from_the_record_once_installed(void)
{
	struct world w;
	struct blob pem;

	world_start(&w);
	world_until_poll(&w);
	CU_ASSERT_PTR_NOT_NULL(memmem(w.memory.value[0].v.p, w.memory.value[0].v.len, "PRIVATE KEY", 11));
	pem = world_certificate(&w, NULL);
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_PTR_NULL(memmem(w.memory.value[0].v.p, w.memory.value[0].v.len, "PRIVATE KEY", 11));
	CU_ASSERT_PTR_NOT_NULL(memmem(w.memory.key.p, w.memory.key.len, "PRIVATE KEY", 11));
	blob_free(&pem);
	world_end(&w);
}

/* An agent with a certificate of 90 days from NOW. */
static void
enrolled(struct world *w)
{
	struct blob pem;

	world_start(w);
	world_until_poll(w);
	pem = world_certificate(w, NULL);
	world_hear(w, 200, NULL, -1, mem_of(&pem));
	world_hear(w, 0, NULL, -1, MEM_NONE);
	world_hear(w, 204, NULL, -1, MEM_NONE);
	CU_ASSERT_EQUAL_FATAL(w->step.action, NEMRA_DONE);
	blob_free(&pem);
}

static void
enrolling_is_nothing_to_do_until_renewal_is_due(void)
{
	struct world w;

	enrolled(&w);
	w.now.wall_s = NOW + 59 * 86400;
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_DONE);
	nemra_agent_aim(w.agent, NEMRA_ENROL_NOW);
	world_step(&w);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/template"));
	w.now.wall_s = NOW + 61 * 86400;
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/template"));
	world_end(&w);
}

static void
retry_after_is_kept_with_at_most_a_tenth_more(void)
{
	struct world w;
	int64_t wake;

	world_start(&w);
	world_until_poll(&w);
	for (int i = 0; i < 50; i++) {
		world_hear(&w, 202, NULL, 7, MEM_NONE);
		CU_ASSERT_EQUAL_FATAL(w.step.action, NEMRA_WAIT);
		CU_ASSERT_STRING_EQUAL(w.step.error.reason, "STILL_PENDING");
		wake = w.step.wake_ms - w.now.mono_ms;
		CU_ASSERT_TRUE(wake >= 7000 && wake <= 7700);
		w.now.mono_ms = w.step.wake_ms - 1;
		world_step(&w);
		CU_ASSERT_EQUAL(w.step.action, NEMRA_WAIT);	/* too early */
		w.now.mono_ms++;
		world_step(&w);
		CU_ASSERT_TRUE_FATAL(asks(&w, "GET", "/v1/requests/0198-7/certificate"));
	}
	world_end(&w);
}

static void
back_off_grows_to_its_cap_has_jitter_and_is_never_tight(void)
{
	struct world w;
	int64_t longest[16] = { 0 };
	bool differ = false;

	world_start(&w);
	w.conf.wait_s = -1;
	w.conf.retry_first_s = 2;
	w.conf.retry_most_s = 60;
	for (int round = 0; round < 40; round++) {
		world_restart(&w);
		nemra_agent_aim(w.agent, NEMRA_ENROL);
		world_step(&w);
		for (int i = 0; i < 16; i++) {
			int64_t top = i < 5 ? 2000 << i : 60000, wait;

			world_fail(&w, "UNREACHABLE");
			CU_ASSERT_EQUAL_FATAL(w.step.action, NEMRA_WAIT);
			wait = w.step.wake_ms - w.now.mono_ms;
			CU_ASSERT_TRUE(wait >= 500 && wait <= top);
			differ = differ || (longest[i] != 0 && wait != longest[i]);
			longest[i] = wait > longest[i] ? wait : longest[i];
			w.now.mono_ms = w.step.wake_ms;
			world_step(&w);
		}
	}
	CU_ASSERT_TRUE(differ);
	CU_ASSERT_TRUE(longest[15] > 30000);	/* in 40 throws, all below a half: one in 2^40 */
	world_end(&w);
}

static void
waiting_ends_when_its_time_is_over(void)
{
	struct world w;
	int64_t start;
	int n = 0;

	world_start(&w);
	w.conf.wait_s = 30;
	world_restart(&w);
	start = w.now.mono_ms;
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	for (; n < 1000; n++) {
		world_fail(&w, "UNREACHABLE");
		if (w.step.action != NEMRA_WAIT)
			break;
		w.now.mono_ms = w.step.wake_ms;
		world_step(&w);
	}
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_EQUAL(w.step.error.status, 3);
	CU_ASSERT_EQUAL(w.now.mono_ms - start, 30000);
	CU_ASSERT_TRUE(n > 3);
	world_end(&w);
}

static void
without_waiting_a_pending_request_is_told_at_once(void)
{
	struct world w;

	world_start(&w);
	w.conf.wait_s = 0;
	world_restart(&w);
	world_until_poll(&w);
	world_hear(&w, 202, NULL, 3, MEM_NONE);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_EQUAL(w.step.error.status, 5);
	world_end(&w);
}

static void
a_forgotten_request_is_handed_in_again_once(void)
{
	struct world w;

	world_start(&w);
	world_until_poll(&w);
	world_hear(&w, 404, NULL, -1, MEM_NONE);
	CU_ASSERT_TRUE(asks(&w, "POST", "/v1/requests"));
	world_hear(&w, 201, "/v1/requests/0199-8", -1, MEM_NONE);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/requests/0199-8/certificate"));
	world_hear(&w, 404, NULL, -1, MEM_NONE);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_EQUAL(w.step.error.status, 2);
	world_end(&w);
}

static void
a_chain_that_came_by_hand_is_installed_for_the_pending_key(void)
{
	struct world w;
	struct nemra_error e;
	struct blob pem;

	world_start(&w);
	w.conf.subject = "CN=gnb-1,O=Example Operator";
	w.conf.dns = (const char *[]){ "gnb-1.ran.example" };
	w.conf.ip = (const char *[]){ "192.0.2.1" };
	w.conf.n_dns = w.conf.n_ip = 1;
	w.conf.operator_trust = (struct nemra_bytes){ w.ca.pem.p, w.ca.pem.len };
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_REQUEST);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_DONE);
	pem = world_certificate(&w, NULL);
	world_restart(&w);
	CU_ASSERT_EQUAL(nemra_agent_offer(w.agent, (struct nemra_bytes){ pem.p, pem.len }, &e), 0);
	nemra_agent_aim(w.agent, NEMRA_INSTALL);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	world_hear(&w, 0, NULL, -1, MEM_NONE);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_DONE);	/* no gateway knows of it: no report */
	CU_ASSERT_EQUAL(w.memory.installs, 1);
	blob_free(&pem);
	world_end(&w);
}

static const struct unit_test tests[] = {
	UNIT(an_enrolment_goes_from_template_to_report),
	UNIT(the_envelope_holds_both_forms_station_and_profile),
	UNIT(each_form_has_its_content_type_and_each_key_type_works),
	UNIT(a_restarted_agent_sends_the_same_bytes_again),
	UNIT(another_wish_after_an_upload_makes_a_new_key_and_before_it_keeps_the_key),
	UNIT(a_restarted_agent_polls_its_request_without_uploading),
	UNIT(the_key_is_wiped_from_the_record_once_installed),
	UNIT(enrolling_is_nothing_to_do_until_renewal_is_due),
	UNIT(retry_after_is_kept_with_at_most_a_tenth_more),
	UNIT(back_off_grows_to_its_cap_has_jitter_and_is_never_tight),
	UNIT(waiting_ends_when_its_time_is_over),
	UNIT(without_waiting_a_pending_request_is_told_at_once),
	UNIT(a_forgotten_request_is_handed_in_again_once),
	UNIT(a_chain_that_came_by_hand_is_installed_for_the_pending_key),
};
extern const struct unit_suite enrol_suite;
UNIT_SUITE(enrol_suite, tests);
