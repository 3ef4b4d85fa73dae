/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/intake/scene.h"

#include <string.h>

#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "common/pki/envelope.h"
#include "common/pki/text.h"
#include "tests/unit/unit.h"

static char s_name[] = "gnb-1", s_empty[] = "", p_name[] = "gnb", p_ca[] = "core",
    p_subject[] = "CN=${station},O=Example Operator", p_dns[] = "${station}.ran.example", p_key[] = "ec-p256",
    p_eku[] = "clientAuth";
static char *dns[] = { p_dns }, *keys[] = { p_key }, *ekus[] = { p_eku };
static const struct san san[] = { { SAN_DNS, { (const uint8_t *)"gnb-1.ran.example", 17 } } };

void
scene_open(struct scene *s)
{
	struct blob pem = unit_data("intake/device-key.pem");
	struct err e;

	memset(s, 0, sizeof(*s));
	s->station = (struct station){ .name = s_name, .vendor = s_empty, .model = s_empty, .serial = s_empty,
		.region = s_empty, .profile = s_empty, .subject = s_empty, .has_device_key = true };
	s->profile = (struct profile){ .name = p_name, .ca = p_ca, .subject = p_subject, .san_dns = dns,
		.n_san_dns = 1, .keys = keys, .n_keys = 1, .eku = ekus, .n_eku = 1, .renew_from = 2.0 / 3 };
	s->profiles = (struct profiles){ &s->profile, 1 };
	CU_ASSERT_EQUAL_FATAL(key_new((struct key_type){ KK_EC_P256, 0 }, &s->key, &e), 0);
	CU_ASSERT_EQUAL_FATAL(key_parse(mem_of(&pem), &s->device, &e), 0);
	CU_ASSERT_EQUAL_FATAL(certs_load("tests/data/intake/device-good.pem", 4, &s->chain, &e), 0);
	memcpy(s->station.device_key, cert_get0_spki_sha256(s->chain.v[0]), 32);
	blob_free(&pem);
}

void
scene_close(struct scene *s)
{
	key_free(s->key);
	key_free(s->device);
	certs_free(&s->chain);
}

static struct blob
build(const struct scene *s, int (*make)(const struct key *, const struct request_names *, struct blob *,
    struct err *))
{
	struct request_names names = { .san = san, .n_san = 1 };
	struct blob subject = { NULL, 0 }, der = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(name_parse("CN=gnb-1,O=Example Operator", &subject, &e), 0);
	names.subject = mem_of(&subject);
	CU_ASSERT_EQUAL_FATAL(make(s->key, &names, &der, &e), 0);
	blob_free(&subject);
	return der;
}

struct blob
scene_pkcs10(const struct scene *s)
{
	return build(s, csr_build);
}

struct blob
scene_crmf(const struct scene *s)
{
	return build(s, crmf_build);
}

struct blob
scene_envelope(const struct scene *s, const char *station, const char *profile, const struct blob *pkcs10,
    const struct blob *crmf)
{
	const struct envelope_content c = { station, profile, pkcs10 != NULL ? mem_of(pkcs10) : MEM_NONE,
		crmf != NULL ? mem_of(crmf) : MEM_NONE };
	struct blob der = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(envelope_build(&c, s->device, &s->chain, &der, &e), 0);
	return der;
}

void
scene_armour(struct mem der, struct blob *pem, struct blob *base64)
{
	struct buf a, b;
	struct err e;

	buf_init(&a, 65536);
	buf_init(&b, 65536);
	pem_add(&a, "CERTIFICATE REQUEST", der);
	base64_add(&b, der, true);
	CU_ASSERT_EQUAL_FATAL(buf_take(&a, pem, &e), 0);
	CU_ASSERT_EQUAL_FATAL(buf_take(&b, base64, &e), 0);
}
