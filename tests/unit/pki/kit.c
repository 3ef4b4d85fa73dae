/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/pki/crmf.h"

static void
must(int rc, const char *what, const struct err *e)
{
	char text[400];

	if (rc == 0)
		return;
	err_print(e, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", what, text);
	exit(2);
}

struct key *
kit_key(const char *type)
{
	struct key *k = NULL;
	struct key_type t;
	struct err e;

	must(key_type_parse(type, &t, &e), type, &e);
	must(key_new(t, &k, &e), type, &e);
	return k;
}

struct key *
kit_device_key(const char *kind)
{
	char name[64];
	struct key *k = NULL;
	struct blob text;
	struct err e;

	snprintf(name, sizeof(name), "pki/device-%s.key", kind);
	text = unit_data(name);
	must(key_parse(mem_of(&text), &k, &e), name, &e);
	blob_cleanse(&text);
	return k;
}

struct cert *
kit_cert(const char *name)
{
	struct certs l = kit_certs(&name, 1);
	struct cert *c = l.v[0];

	free(l.v);
	return c;
}

struct certs
kit_certs(const char *const *names, size_t n)
{
	struct certs all = { NULL, 0 };
	struct err e;

	for (size_t i = 0; i < n; i++) {
		struct certs one = { NULL, 0 };
		char name[64];
		struct blob text;

		snprintf(name, sizeof(name), "pki/%s.pem", names[i]);
		text = unit_data(name);
		must(certs_parse(mem_of(&text), 1, &one, &e), name, &e);
		must(certs_add(&all, cert_dup(one.v[0]), &e), name, &e);
		certs_free(&one);
		blob_free(&text);
	}
	return all;
}

struct blob
kit_name(const char *text)
{
	struct blob der = { NULL, 0 };
	struct err e;

	must(name_parse(text, &der, &e), text, &e);
	return der;
}

struct request_names
kit_names(struct blob *subject)
{
	static struct san san[1];
	static const char *eku[1];

	*subject = kit_name("CN=gnb-1,O=Example Operator");
	san[0] = (struct san){ SAN_DNS, mem_str("gnb-1.ran.example") };
	eku[0] = eku_oid("clientAuth");
	return (struct request_names){ mem_of(subject), san, 1, eku, 1, USAGE_DIGITAL_SIGNATURE };
}

struct blob
kit_csr(const struct key *k)
{
	struct blob subject, der = { NULL, 0 };
	struct request_names names = kit_names(&subject);
	struct err e;

	must(csr_build(k, &names, &der, &e), "csr_build", &e);
	blob_free(&subject);
	return der;
}

struct blob
kit_crmf(const struct key *k)
{
	struct blob subject, der = { NULL, 0 };
	struct request_names names = kit_names(&subject);
	struct err e;

	must(crmf_build(k, &names, &der, &e), "crmf_build", &e);
	blob_free(&subject);
	return der;
}

bool
kit_reason(const char *what, enum reason have, enum reason want)
{
	if (have == want)
		return true;
	fprintf(stderr, "%s: %s where %s was expected\n", what, reason_info(have)->id,
	    reason_info(want)->id);
	return false;
}
