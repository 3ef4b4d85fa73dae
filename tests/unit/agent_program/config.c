/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "agent/program.h"
#include "common/base/file.h"
#include "tests/unit/unit.h"

#define LEAST "gateway: https://gw.example:8443\ntrust: trust.pem\n" \
	"device: { cert: d.pem, key: /k/d.key }\nstore: /var/lib/s\n"

static int
load(const char *text, struct agent_conf *c, struct err *e)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/agent.yaml", unit_tmp());
	CU_ASSERT_EQUAL_FATAL(file_write(path, mem_str(text), 0600, e), 0);
	return agent_conf_load(path, c, e);
}

static void
the_least_that_is_needed_has_sensible_defaults(void)
{
	struct agent_conf c;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(load(LEAST, &c, &e), 0);
	CU_ASSERT_STRING_EQUAL(c.gateway, "https://gw.example:8443");
	CU_ASSERT_EQUAL(c.trust[0], '/');
	CU_ASSERT_EQUAL(c.request, NEMRA_BOTH);
	CU_ASSERT_TRUE(c.envelope);
	CU_ASSERT_EQUAL(c.wait, 15 * 60000);
	CU_ASSERT_EQUAL(c.retry.first, 1000);
	CU_ASSERT_EQUAL(c.retry.most, 300000);
	CU_ASSERT_EQUAL(c.n_hooks, 0);
	agent_conf_free(&c);
}

static void
everything_can_be_said(void)
{
	struct agent_conf c;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(load(LEAST "request: crmf\nenvelope: no\nprofile: gnb\n"
	    "subject: \"CN=a,O=b\"\nsan_dns: [ a.example, b.example ]\nsan_ip: [ 192.0.2.1 ]\n"
	    "key: ed25519\nstation: gnb-1\n"
	    "hooks:\n  - { exec: /bin/true, timeout: 5s }\n  - { exec: /bin/echo a b }\n"
	    "wait: 0s\nretry: { first: 2s, most: 1m }\nconnect_timeout: 1s\ntimeout: 2s\n"
	    "operator_trust: /o.pem\n", &c, &e), 0);
	CU_ASSERT_EQUAL(c.request, NEMRA_CRMF);
	CU_ASSERT_FALSE(c.envelope);
	CU_ASSERT_EQUAL(c.n_san_dns, 2);
	CU_ASSERT_EQUAL(c.n_san_ip, 1);
	CU_ASSERT_EQUAL(c.n_hooks, 2);
	CU_ASSERT_EQUAL(c.hooks[0].timeout, 5000);
	CU_ASSERT_EQUAL(c.hooks[1].timeout, 30000);
	CU_ASSERT_EQUAL(c.wait, 0);
	CU_ASSERT_EQUAL(c.retry.most, 60000);
	agent_conf_free(&c);
}

static void
what_cannot_work_is_refused_with_its_line(void)
{
	static const char *const bad[] = {
		"gateway: http://gw.example\ntrust: t\ndevice: { cert: d, key: /k }\nstore: /s\n",
		"gateway: https://\ntrust: t\ndevice: { cert: d, key: /k }\nstore: /s\n",
		"gateway: https://user@gw\ntrust: t\ndevice: { cert: d, key: /k }\nstore: /s\n",
		"trust: t\ndevice: { cert: d, key: /k }\nstore: /s\n",
		LEAST "hooks: [ { exec: true } ]\n",
		LEAST "request: pkcs7\n",
		LEAST "wait: 15\n",
		LEAST "color: red\n",
		LEAST "wait: 1m\nwait: 2m\n",
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct agent_conf c;
		struct err e;

		CU_ASSERT_EQUAL(load(bad[i], &c, &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_CONFIG);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "agent.yaml"));
	}
}

static const struct unit_test tests[] = {
	UNIT(the_least_that_is_needed_has_sensible_defaults),
	UNIT(everything_can_be_said),
	UNIT(what_cannot_work_is_refused_with_its_line),
};
extern const struct unit_suite config_suite;
UNIT_SUITE(config_suite, tests);
