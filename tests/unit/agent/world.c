/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/world.h"

#include <stdio.h>
#include <string.h>

#include "common/pki/csr.h"

/* --- store in memory --- */

static struct value *
find(struct memory *m, const char *name, bool make)
{
	for (size_t i = 0; i < COUNT_OF(m->value); i++) {
		if (make && m->value[i].name[0] == '\0')
			snprintf(m->value[i].name, sizeof(m->value[i].name), "%s", name);
		if (strcmp(m->value[i].name, name) == 0)
			return &m->value[i];
	}
	return NULL;
}

static int
memory_get(void *self, const char *name, uint8_t *to, size_t size, size_t *len, struct nemra_error *e)
{
	const struct value *v = find(self, name, false);

	if (v == NULL || v->v.len == 0)
		return 1;
	if (v->v.len > size)
		return nemra_error_set(e, "TOO_LONG", name);
	memcpy(to, v->v.p, v->v.len);
	*len = v->v.len;
	return 0;
}

static int
memory_put(void *self, const char *name, struct nemra_bytes value, struct nemra_error *e)
{
	struct memory *m = self;
	struct value *v = find(m, name, true);

	if (m->full || v == NULL)
		return nemra_error_set(e, "FILE_IO", "no space");
	return blob_set1(&v->v, (struct mem){ value.p, value.len }, NULL);
}

static int
memory_install(void *self, const struct nemra_pair *p, struct nemra_error *e)
{
	struct memory *m = self;

	if (m->full)
		return nemra_error_set(e, "FILE_IO", "no space");
	m->installs++;
	return blob_set1(&m->key, (struct mem){ p->key.p, p->key.len }, NULL) |
	    blob_set1(&m->cert, (struct mem){ p->cert.p, p->cert.len }, NULL) |
	    blob_set1(&m->chain, (struct mem){ p->chain.p, p->chain.len }, NULL);
}

static int
memory_installed(void *self, uint8_t *cert, size_t size, size_t *len, struct nemra_error *e)
{
	const struct memory *m = self;

	if (m->cert.len == 0)
		return 1;
	if (m->cert.len > size)
		return nemra_error_set(e, "TOO_LONG", "cert");
	memcpy(cert, m->cert.p, m->cert.len);
	*len = m->cert.len;
	return 0;
}

/* --- the world --- */

static int
give_template(void *arg, struct nemra_bytes json, const char *profile, struct nemra_template *out,
    struct nemra_error *e)
{
	const struct world *w = arg;

	(void)profile;
	if (json.len != 8 || memcmp(json.p, "template", 8) != 0)
		return nemra_error_set(e, "PEER_ANSWER", "not the template");
	*out = w->tmpl;
	return 0;
}

/* "REASON detail" */
static int
give_problem(void *arg, struct nemra_bytes json, char *reason, char *detail)
{
	(void)arg;
	return sscanf((const char *)json.p, "%63s %200[^\n]", reason, detail) == 2 ? 0 : -1;
}

static void
set_template(struct nemra_template *t)
{
	snprintf(t->station, sizeof(t->station), "gnb-1");
	snprintf(t->profile, sizeof(t->profile), "gnb");
	snprintf(t->subject, sizeof(t->subject), "CN=gnb-1,O=Example Operator");
	snprintf(t->dns[0], sizeof(t->dns[0]), "gnb-1.ran.example");
	snprintf(t->ip[0], sizeof(t->ip[0]), "192.0.2.1");
	snprintf(t->key_types[0], sizeof(t->key_types[0]), "ec-p256");
	snprintf(t->eku[0], sizeof(t->eku[0]), "clientAuth");
	t->n_dns = t->n_ip = t->n_key_types = t->n_eku = 1;
}

void
world_start(struct world *w)
{
	memset(w, 0, sizeof(*w));
	ca_make(&w->ca, "Operator CA");
	ca_make(&w->vendor, "Vendor CA");
	snprintf(w->device_key, sizeof(w->device_key), "%s/device.key", unit_tmp());
	w->device_cert = ca_device(&w->vendor, w->device_key, "SN-1");
	set_template(&w->tmpl);
	w->now = (struct nemra_now){ .wall_s = NOW, .mono_ms = 5000, .wall_trusted = true };
	w->conf = (struct nemra_agent_config){
		.device_cert = { w->device_cert.p, w->device_cert.len }, .device_key = w->device_key,
		.wait_s = 600, .read_template = give_template, .read_problem = give_problem, .arg = w,
		.store = { &w->memory, memory_get, memory_put, memory_install, memory_installed, NULL },
	};
	world_restart(w);
}

void
world_restart(struct world *w)
{
	struct nemra_error e;

	nemra_agent_free(w->agent);
	w->agent = NULL;
	CU_ASSERT_EQUAL_FATAL(nemra_agent_new(&w->conf, &w->agent, &e), 0);
}

void
world_end(struct world *w)
{
	nemra_agent_free(w->agent);
	ca_free(&w->ca);
	ca_free(&w->vendor);
	blob_free(&w->device_cert);
	blob_free(&w->memory.key);
	blob_free(&w->memory.cert);
	blob_free(&w->memory.chain);
	for (size_t i = 0; i < COUNT_OF(w->memory.value); i++)
		blob_free(&w->memory.value[i].v);
}

void
world_step(struct world *w)
{
	nemra_agent_step(w->agent, &w->now, NULL, &w->step);
}

void
world_hear(struct world *w, int status, const char *location, int64_t retry_after, struct mem body)
{
	struct nemra_answer a = { .status = status, .location = location, .retry_after_s = retry_after,
		.body = { body.p, body.len } };

	nemra_error_clear(&a.error);
	nemra_agent_step(w->agent, &w->now, &a, &w->step);
}

void
world_fail(struct world *w, const char *reason)
{
	struct nemra_answer a = { .retry_after_s = -1 };

	(void)nemra_error_set(&a.error, reason, "as the test says");
	nemra_agent_step(w->agent, &w->now, &a, &w->step);
}

bool
asks(const struct world *w, const char *method, const char *path)
{
	return w->step.action == NEMRA_SEND && strcmp(w->step.ask.method, method) == 0 &&
	    strcmp(w->step.ask.path, path) == 0;
}

struct blob
world_spki(struct world *w)
{
	struct nemra_bytes r = nemra_agent_get0_request(w->agent, true);
	struct blob out = { NULL, 0 };
	struct csr *csr = NULL;

	if (r.len == 0)
		return out;
	CU_ASSERT_EQUAL_FATAL(csr_parse((struct mem){ r.p, r.len }, &csr, NULL), 0);
	CU_ASSERT_EQUAL(csr_check_pop(csr, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&out, csr_get0_wanted(csr)->spki, NULL), 0);
	csr_free(csr);
	return out;
}

struct blob
world_certificate(struct world *w, void (*change)(struct leaf *l))
{
	struct blob spki = world_spki(w), out;
	struct leaf l = { .spki = mem_of(&spki), .cn = "gnb-1", .san = "DNS:gnb-1.ran.example,IP:192.0.2.1",
		.from = NOW - 60, .to = NOW + 90LL * 86400 };

	if (change != NULL)
		change(&l);
	out = ca_issue(&w->ca, &l);
	blob_free(&spki);
	return out;
}

void
world_until_poll(struct world *w)
{
	nemra_agent_aim(w->agent, NEMRA_ENROL);
	world_step(w);
	CU_ASSERT_TRUE_FATAL(asks(w, "GET", "/v1/template"));
	world_hear(w, 200, NULL, -1, mem_str("template"));
	if (asks(w, "GET", "/v1/trust"))
		world_hear(w, 200, NULL, -1, mem_of(&w->ca.pem));
	CU_ASSERT_EQUAL_FATAL(w->step.action, NEMRA_SEND);
	CU_ASSERT_STRING_EQUAL(w->step.ask.method, "POST");
	world_hear(w, 201, "/v1/requests/0198-7", -1, MEM_NONE);
	CU_ASSERT_TRUE_FATAL(asks(w, "GET", "/v1/requests/0198-7/certificate"));
}

struct wanted_line {
	const char *key;
	char value[256];
};

static void
keep_line(void *arg, const char *key, const char *value)
{
	struct wanted_line *l = arg;

	if (strcmp(key, l->key) == 0)
		snprintf(l->value, sizeof(l->value), "%s", value);
}

const char *
world_status(struct world *w, const char *key)
{
	static struct wanted_line l;
	enum nemra_state state;
	struct nemra_error e;

	l = (struct wanted_line){ .key = key };
	CU_ASSERT_EQUAL(nemra_agent_status(w->agent, keep_line, &l, &state, &e), 0);
	return l.value;
}
