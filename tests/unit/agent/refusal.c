/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/agent/world.h"

/* --- certificates that are not what was asked for --- */

static void
other_name(struct leaf *l)
{
	l->cn = "gnb-2";
}

static void
other_san(struct leaf *l)
{
	l->san = "DNS:gnb-1.ran.example,DNS:gnb-2.ran.example,IP:192.0.2.1";
}

static void
no_san(struct leaf *l)
{
	l->san = NULL;
}

static void
as_ca(struct leaf *l)
{
	l->is_ca = true;
}

static void
ended(struct leaf *l)
{
	l->from = NOW - 7200;
	l->to = NOW - 1;
}

static void
later(struct leaf *l)
{
	l->from = NOW + 301;
}

static void
a_little_later(struct leaf *l)
{
	l->from = NOW + 300;
}

static void
device_key_itself(struct leaf *l)
{
	static uint8_t other[] = {	/* any P-256 key: the base point */
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
		0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42,
		0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0,
		0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e,
		0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6,
		0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };

	l->spki = (struct mem){ other, sizeof(other) };
}

static void
a_certificate_that_was_not_asked_for_is_never_installed(void)
{
	static const struct {
		void (*change)(struct leaf *l);
		const char *reason;
		int status;
	} t[] = {
		{ other_name, "CA_WRONG_NAME", 7 }, { other_san, "CA_WRONG_NAME", 7 }, { no_san, "CA_WRONG_NAME", 7 },
		{ as_ca, "CA_CERT_BAD", 7 }, { device_key_itself, "CA_WRONG_KEY", 7 }, { ended, "CERT_EXPIRED", 7 },
		{ later, "CLOCK_NOT_SET", 8 },
	};

	for (size_t i = 0; i < COUNT_OF(t); i++) {
		struct world w;
		struct blob pem;

		world_start(&w);
		world_until_poll(&w);
		pem = world_certificate(&w, t[i].change);
		world_hear(&w, 200, NULL, -1, mem_of(&pem));
		CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
		CU_ASSERT_STRING_EQUAL(w.step.error.reason, t[i].reason);
		CU_ASSERT_EQUAL(w.step.error.status, t[i].status);
		CU_ASSERT_EQUAL(w.memory.installs, 0);
		blob_free(&pem);
		world_end(&w);
	}
}

static void
a_certificate_of_another_ca_is_never_installed(void)
{
	struct world w;
	struct ca stranger, honest;
	struct blob pem;

	world_start(&w);
	world_until_poll(&w);
	ca_make(&stranger, "Operator CA");	/* the name is not what counts */
	honest = w.ca;
	w.ca = stranger;
	pem = world_certificate(&w, NULL);
	w.ca = honest;
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_STRING_EQUAL(w.step.error.reason, "CERT_NOT_TRUSTED");
	CU_ASSERT_EQUAL(w.step.error.status, 7);
	CU_ASSERT_EQUAL(w.memory.installs, 0);
	blob_free(&pem);
	ca_free(&stranger);
	world_end(&w);
}

static void
a_clock_that_is_a_little_behind_does_no_harm(void)
{
	struct world w;
	struct blob pem;

	world_start(&w);
	world_until_poll(&w);
	pem = world_certificate(&w, a_little_later);
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	blob_free(&pem);
	world_end(&w);
}

static void
a_clock_that_was_never_set_stops_before_anything_is_sent(void)
{
	struct world w;

	world_start(&w);
	w.now.wall_s = 86400;
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_EQUAL(w.step.error.status, 8);
	w.now.wall_s = NOW;
	w.now.wall_trusted = false;
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.error.status, 8);
	world_end(&w);
}

static void
the_pinned_anchors_count_and_not_what_the_gateway_says_later(void)
{
	struct world w;
	struct blob pem;

	world_start(&w);
	world_until_poll(&w);
	pem = world_certificate(&w, NULL);
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/requests/0198-7/certificate"));	/* no question for trust */
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	blob_free(&pem);
	world_end(&w);
}

static void
text_instead_of_a_certificate_is_asked_for_again(void)
{
	struct world w;

	world_start(&w);
	world_until_poll(&w);
	world_hear(&w, 200, NULL, -1, mem_str("<html>"));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_WAIT);
	CU_ASSERT_STRING_EQUAL(w.step.error.reason, "PEER_ANSWER");
	world_end(&w);
}

/* --- what the gateway may answer to an upload --- */

static void
answers_to_an_upload_have_their_exit_statuses(void)
{
	static const struct {
		int http, status;
		const char *body, *reason;
	} t[] = {
		{ 400, 2, "KEY_TOO_WEAK RSA 1024", "KEY_TOO_WEAK" },
		{ 403, 2, "DEVICE_KEY_DIFFERS of row gnb-1", "DEVICE_KEY_DIFFERS" },
		{ 403, 2, "CERT_NOT_TRUSTED yours", "CERT_NOT_TRUSTED" },
		{ 403, 2, "{}", "PEER_REFUSED" },
		{ 403, 2, "NEVER_HEARD of it", "PEER_REFUSED" },
		{ 503, 3, "SIGNER_REFUSED x", "SIGNER_REFUSED" },
		{ 503, 3, "", "NOT_READY" },
		{ 507, 3, "STORE_FULL x", "STORE_FULL" },
		{ 429, 3, "RATE_LIMITED x", "RATE_LIMITED" },
		{ 302, 3, "", "PEER_ANSWER" },
		{ 204, 3, "", "PEER_ANSWER" },
	};

	for (size_t i = 0; i < COUNT_OF(t); i++) {
		struct world w;

		world_start(&w);
		w.conf.wait_s = 0;
		world_restart(&w);
		nemra_agent_aim(w.agent, NEMRA_ENROL);
		world_step(&w);
		world_hear(&w, 200, NULL, -1, mem_str("template"));
		world_hear(&w, 200, NULL, -1, mem_of(&w.ca.pem));
		CU_ASSERT_TRUE_FATAL(asks(&w, "POST", "/v1/requests"));
		world_hear(&w, t[i].http, NULL, -1, mem_str(t[i].body));
		CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
		CU_ASSERT_STRING_EQUAL(w.step.error.reason, t[i].reason);
		CU_ASSERT_EQUAL(w.step.error.status, t[i].status);
		world_end(&w);
	}
}

static void
an_upload_without_a_usable_location_is_not_believed(void)
{
	static const char *const bad[] = { NULL, "", "/v1/requests/", "/v1/requests/a b", "/v1/requests/a?x=..",
		"/v1/requests/0123456789012345678901234567890123456789012345678901234567890123" };

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct world w;

		world_start(&w);
		nemra_agent_aim(w.agent, NEMRA_ENROL);
		world_step(&w);
		world_hear(&w, 200, NULL, -1, mem_str("template"));
		world_hear(&w, 200, NULL, -1, mem_of(&w.ca.pem));
		world_hear(&w, 201, bad[i], -1, MEM_NONE);
		CU_ASSERT_EQUAL(w.step.action, NEMRA_WAIT);
		CU_ASSERT_STRING_EQUAL(w.step.error.reason, "PEER_ANSWER");
		world_end(&w);
	}
}

static void
failures_of_the_transport_have_their_exit_statuses(void)
{
	static const struct {
		const char *reason;
		int status;
	} t[] = {
		{ "UNREACHABLE", 3 }, { "PEER_ANSWER", 3 }, { "PEER_NOT_TRUSTED", 7 }, { "KEY_UNUSABLE", 6 },
		{ "FILE_IO", 6 }, { "CONFIG", 4 }, { "no such reason", 6 },
	};

	for (size_t i = 0; i < COUNT_OF(t); i++) {
		struct world w;

		world_start(&w);
		w.conf.wait_s = 0;
		world_restart(&w);
		nemra_agent_aim(w.agent, NEMRA_ENROL);
		world_step(&w);
		world_fail(&w, t[i].reason);
		CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
		CU_ASSERT_EQUAL(w.step.error.status, t[i].status);
		world_end(&w);
	}
}

static void
a_refusal_for_good_makes_the_next_enrolment_start_with_a_new_key(void)
{
	struct world w;
	struct blob before, after;

	world_start(&w);
	world_until_poll(&w);
	before = world_spki(&w);
	world_hear(&w, 410, NULL, -1, mem_str("CA_REFUSED not today"));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_STRING_EQUAL(w.step.error.reason, "CA_REFUSED");
	CU_ASSERT_STRING_EQUAL(w.step.error.detail, "not today");
	CU_ASSERT_EQUAL(w.step.error.status, 2);
	world_restart(&w);
	world_until_poll(&w);
	after = world_spki(&w);
	CU_ASSERT_FALSE(mem_eq(mem_of(&before), mem_of(&after)));
	blob_free(&before);
	blob_free(&after);
	world_end(&w);
}

/* --- what can go wrong at home --- */

static void
a_failed_hook_is_a_state_of_its_own_and_can_be_tried_again(void)
{
	struct world w;
	struct blob pem;

	world_start(&w);
	world_until_poll(&w);
	pem = world_certificate(&w, NULL);
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	world_fail(&w, "HOOK_FAILED");
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_EQUAL(w.step.error.status, 9);
	CU_ASSERT_STRING_EQUAL(world_status(&w, "state"), "issued, hook failed");
	CU_ASSERT_STRING_EQUAL(world_status(&w, "subject"), "CN=gnb-1,O=Example Operator");
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_HOOKS_AGAIN);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	world_hear(&w, 0, NULL, -1, MEM_NONE);
	CU_ASSERT_TRUE(asks(&w, "POST", "/v1/requests/0198-7/installed"));
	blob_free(&pem);
	world_end(&w);
}

static void
a_store_that_is_full_sends_nothing_and_installs_nothing(void)
{
	struct world w;
	struct blob pem;

	world_start(&w);
	w.memory.full = true;
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	world_hear(&w, 200, NULL, -1, mem_str("template"));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_EQUAL(w.step.error.status, 6);
	w.memory.full = false;
	world_until_poll(&w);
	pem = world_certificate(&w, NULL);
	w.memory.full = true;
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
	CU_ASSERT_EQUAL(w.step.error.status, 9);
	w.memory.full = false;
	nemra_agent_aim(w.agent, NEMRA_ENROL);	/* goes on where it was */
	world_step(&w);
	CU_ASSERT_TRUE(asks(&w, "GET", "/v1/requests/0198-7/certificate"));
	world_hear(&w, 200, NULL, -1, mem_of(&pem));
	CU_ASSERT_EQUAL(w.step.action, NEMRA_HOOKS);
	blob_free(&pem);
	world_end(&w);
}

static void
a_damaged_record_is_said_and_not_used(void)
{
	static const char *const bad[] = { "x", "NMR\001", "NMR\001\002\001\001\001\001\001\377\377\377\377" };

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct world w;
		struct nemra_error e;

		world_start(&w);
		CU_ASSERT_EQUAL(w.conf.store.put(w.conf.store.self, "pending",
		    (struct nemra_bytes){ (const uint8_t *)bad[i], strlen(bad[i]) }, &e), 0);
		nemra_agent_aim(w.agent, NEMRA_ENROL);
		world_step(&w);
		CU_ASSERT_EQUAL(w.step.action, NEMRA_FAILED);
		CU_ASSERT_EQUAL(w.step.error.status, 6);
		world_end(&w);
	}
}

static void
installing_without_a_pending_key_or_anchor_is_refused(void)
{
	struct world w;
	struct nemra_error e;

	world_start(&w);
	CU_ASSERT_EQUAL(nemra_agent_offer(w.agent, (struct nemra_bytes){ w.ca.pem.p, w.ca.pem.len }, &e), 0);
	nemra_agent_aim(w.agent, NEMRA_INSTALL);
	world_step(&w);
	CU_ASSERT_STRING_EQUAL(w.step.error.reason, "NO_KEY");
	CU_ASSERT_EQUAL(w.step.error.status, 6);
	w.conf.subject = "CN=gnb-1";
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_REQUEST);
	world_step(&w);
	CU_ASSERT_EQUAL(w.step.action, NEMRA_DONE);
	CU_ASSERT_EQUAL(nemra_agent_offer(w.agent, (struct nemra_bytes){ w.ca.pem.p, w.ca.pem.len }, &e), 0);
	nemra_agent_aim(w.agent, NEMRA_INSTALL);
	world_step(&w);
	CU_ASSERT_STRING_EQUAL(w.step.error.reason, "CONFIG");
	CU_ASSERT_EQUAL(nemra_agent_offer(w.agent, (struct nemra_bytes){ (const uint8_t *)"x", 1 }, &e), -1);
	world_end(&w);
}

static void
a_configuration_that_cannot_work_is_refused(void)
{
	struct world w;
	struct nemra_agent *a = NULL;
	struct nemra_agent_config c;
	struct nemra_error e;

	world_start(&w);
	c = w.conf;
	c.key_type = "rsa-512";
	CU_ASSERT_EQUAL(nemra_agent_new(&c, &a, &e), -1);
	CU_ASSERT_EQUAL(e.status, 4);
	c = w.conf;
	c.device_key = "/nonexistent/key";
	CU_ASSERT_EQUAL(nemra_agent_new(&c, &a, &e), -1);
	CU_ASSERT_EQUAL(e.status, 6);
	c = w.conf;
	c.device_cert = (struct nemra_bytes){ w.ca.pem.p, w.ca.pem.len };
	CU_ASSERT_EQUAL(nemra_agent_new(&c, &a, &e), -1);
	CU_ASSERT_STRING_EQUAL(e.reason, "KEY_UNUSABLE");
	CU_ASSERT_PTR_NULL(a);
	world_end(&w);
}

static void
the_profiles_demand_for_an_envelope_is_not_ignored(void)
{
	struct world w;

	world_start(&w);
	w.conf.no_envelope = true;
	w.tmpl.envelope_required = true;
	world_restart(&w);
	nemra_agent_aim(w.agent, NEMRA_ENROL);
	world_step(&w);
	world_hear(&w, 200, NULL, -1, mem_str("template"));
	CU_ASSERT_STRING_EQUAL(w.step.error.reason, "ENVELOPE_REQUIRED");
	world_end(&w);
}

static const struct unit_test tests[] = {
	UNIT(a_certificate_that_was_not_asked_for_is_never_installed),
	UNIT(a_certificate_of_another_ca_is_never_installed),
	UNIT(a_clock_that_is_a_little_behind_does_no_harm),
	UNIT(a_clock_that_was_never_set_stops_before_anything_is_sent),
	UNIT(the_pinned_anchors_count_and_not_what_the_gateway_says_later),
	UNIT(text_instead_of_a_certificate_is_asked_for_again),
	UNIT(answers_to_an_upload_have_their_exit_statuses),
	UNIT(an_upload_without_a_usable_location_is_not_believed),
	UNIT(failures_of_the_transport_have_their_exit_statuses),
	UNIT(a_refusal_for_good_makes_the_next_enrolment_start_with_a_new_key),
	UNIT(a_failed_hook_is_a_state_of_its_own_and_can_be_tried_again),
	UNIT(a_store_that_is_full_sends_nothing_and_installs_nothing),
	UNIT(a_damaged_record_is_said_and_not_used),
	UNIT(installing_without_a_pending_key_or_anchor_is_refused),
	UNIT(a_configuration_that_cannot_work_is_refused),
	UNIT(the_profiles_demand_for_an_envelope_is_not_ignored),
};
extern const struct unit_suite refusal_suite;
UNIT_SUITE(refusal_suite, tests);
