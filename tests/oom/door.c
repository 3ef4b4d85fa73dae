/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * gateway/policy, gateway/intake: who is here, and what his upload is worth.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/intake/identity.h"
#include "gateway/intake/intake.h"
#include "gateway/intake/json.h"
#include "gateway/intake/reply.h"
#include "tests/oom/oom.h"
#include "tests/unit/intake/scene.h"

static struct scene scene;
static struct station other;
static char other_name[] = "gnb-2";
static struct blob pkcs10, crmf, env;
static struct certs good, revoked, foreign;

/* --- uploads --- */

static int
judge_of(const struct station *s, enum intake_kind kind, const struct blob *body, struct err *e)
{
	const struct intake_in in = { s, &scene.profiles, NULL, kind, mem_of(body), "https", "192.0.2.1", 10 };
	struct intake *t = NULL;
	int rc = intake_judge(&in, &t, e);

	CU_ASSERT_EQUAL(t != NULL, rc == 0);
	if (rc == 0 && t->up.verdict != EV_ADMITTED) {
		*e = t->up.why;
		rc = -1;
		/* What is written down as refused is refused for what it is. */
		CU_ASSERT(e->reason != R_NO_MEMORY && e->reason != R_INTERNAL);
	}
	intake_free(t);
	return rc;
}

static int
judge_pkcs10(struct err *e)
{
	return judge_of(&scene.station, INTAKE_PKCS10, &pkcs10, e);
}

static int
judge_crmf(struct err *e)
{
	return judge_of(&scene.station, INTAKE_CRMF, &crmf, e);
}

static int
judge_envelope(struct err *e)
{
	return judge_of(&scene.station, INTAKE_ENVELOPE, &env, e);
}

static int
judge_pkcs10_for_another_station(struct err *e)
{
	return judge_of(&other, INTAKE_PKCS10, &pkcs10, e);
}

static int
judge_envelope_of_another_station(struct err *e)
{
	return judge_of(&other, INTAKE_ENVELOPE, &env, e);
}

/* --- identities --- */

static int
identify_of(const struct certs *chain, struct err *e)
{
	static char operator_root[] = "tests/data/intake/operator-root.pem", *operators[] = { operator_root };
	const struct factory_options f = { "acme", "tests/data/intake/factory-root.pem",
		"tests/data/intake/factory.crl", "subject.serialNumber", "^SN-(.+)$", true };
	const struct anchors_options o = { &f, 1, operators, 1, "" };
	struct peer peer = { .n = chain->n, .spki = cert_get0_spki(chain->v[0]) };
	struct anchors *a = NULL;
	struct identity id;
	int rc;

	memset(&id, 0, sizeof(id));
	for (size_t i = 0; i < chain->n; i++)
		peer.cert[i] = cert_get0_der(chain->v[i]);
	rc = anchors_new(&o, &a, e);
	if (rc == 0)
		rc = identity_verify(&id, a, &peer, clock_wall_s(), 1000, e);
	if (rc == 0)
		CU_ASSERT_STRING_EQUAL(id.vendor, "acme");
	identity_free(&id);
	anchors_release(a);
	return rc;
}

static int
identify(struct err *e)
{
	return identify_of(&good, e);
}

static int
identify_revoked(struct err *e)
{
	return identify_of(&revoked, e);
}

static int
identify_foreign(struct err *e)
{
	return identify_of(&foreign, e);
}

/* --- answers --- */

static int
answer_in_json(struct err *e)
{
	static char a[] = "gnb-1.ran.example", b[] = "gnb-1.x2.example", *names[] = { a, b };
	struct reply r;
	int rc = 0;

	reply_init(&r);
	reply_json(&r, 200, "application/json", json_pack("{s:o}", "dns", json_texts(names, 2)));
	if (r.status != 200)
		rc = err_set(e, R_NO_MEMORY, "answer");
	else
		CU_ASSERT(r.body.len > 40);
	reply_free(&r);
	return rc;
}

/* --- tests --- */

static void
an_upload_is_judged_or_there_is_no_memory(void)
{
	OOM(judge_pkcs10, OOM_GOOD | OOM_MAY_END);
	OOM(judge_crmf, OOM_GOOD | OOM_MAY_END);
	OOM(judge_envelope, OOM_GOOD | OOM_MAY_END);
}

static void
no_lack_of_memory_admits_a_bad_upload(void)
{
	OOM(judge_pkcs10_for_another_station, OOM_BAD | OOM_MAY_END);
	OOM(judge_envelope_of_another_station, OOM_BAD | OOM_MAY_END);
}

static void
a_station_is_known_or_there_is_no_memory(void)
{
	OOM(identify, OOM_GOOD | OOM_MAY_END);
}

static void
no_lack_of_memory_makes_a_stranger_known(void)
{
	OOM(identify_revoked, OOM_BAD | OOM_MAY_END);
	OOM(identify_foreign, OOM_BAD | OOM_MAY_END);
}

static void
an_answer_is_whole_or_a_plain_failure(void)
{
	OOM(answer_in_json, OOM_GOOD | OOM_MAY_END);
}

static const struct unit_test tests[] = {
	UNIT(an_upload_is_judged_or_there_is_no_memory),
	UNIT(no_lack_of_memory_admits_a_bad_upload),
	UNIT(a_station_is_known_or_there_is_no_memory),
	UNIT(no_lack_of_memory_makes_a_stranger_known),
	UNIT(an_answer_is_whole_or_a_plain_failure),
};
static UNIT_SUITE(door_suite, tests);

static struct certs
load(const char *path)
{
	struct certs l = { NULL, 0 };
	struct err e;

	if (certs_load(path, LIM_CHAIN, &l, &e) != 0)
		exit(2);
	return l;
}

static void
open_scene(void)
{
	struct certs line;

	scene_open(&scene);
	pkcs10 = scene_pkcs10(&scene);
	crmf = scene_crmf(&scene);
	env = scene_envelope(&scene, "gnb-1", NULL, &pkcs10, &crmf);
	other = scene.station;
	other.name = other_name;
	good = load("tests/data/intake/device-good.pem");
	line = load("tests/data/intake/device.pem");	/* with an intermediate */
	if (certs_add(&good, cert_dup(line.v[1]), NULL) != 0)
		exit(2);
	certs_free(&line);
	revoked = load("tests/data/intake/device-revoked.pem");
	foreign = load("tests/data/intake/foreign.pem");
}

static const struct unit_test first[] = { UNIT(open_scene) };
static UNIT_SUITE(first_suite, first);

int
main(void)
{
	const struct unit_suite *const suites[] = { &first_suite, &door_suite };
	int status;

	log_set_level(LOG_ERROR);
	status = unit_main(suites, COUNT_OF(suites));
	certs_free(&good);
	certs_free(&revoked);
	certs_free(&foreign);
	blob_free(&pkcs10);
	blob_free(&crmf);
	blob_free(&env);
	scene_close(&scene);
	return status;
}
