/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/anchors.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/base/uuid.h"
#include "common/pki/cert.h"
#include "common/pki/text.h"

#define PRIME UINT64_C(1099511628211)	/* FNV-1a's */
#define HINT_MAX (4u * LIM_TRUST_FILE)

static void
anchors_free(struct anchors *a)
{
	for (size_t i = 0; i < a->n_factory; i++) {
		vendor_rule_free(&a->factory[i].rule);
		trust_free(a->factory[i].trust);
	}
	free(a->factory);
	trust_free(a->operators);
	blob_free(&a->operators_pem);
	blob_free(&a->operators_p7);
	blob_free(&a->hint);
	free(a);
}

/* An operator wants to know which file. */
static int
in_file(int rc, const char *file, struct err *e)
{
	struct err why;

	if (rc == 0 || strstr(e->detail, file) != NULL)
		return rc;
	why = *e;
	return err_set(e, why.reason, "%.120s: %.120s", file, why.detail);
}

static int
add_crl(struct trust *t, const char *file, struct err *e)
{
	if (file == NULL || file[0] == '\0')
		return 0;
	return in_file(trust_add_crl_file(t, file, e), file, e);
}

static int
factory_read(struct factory *f, const struct factory_options *o, struct err *e)
{
	f->rule.vendor = xstrdup(o->vendor);
	f->rule.serial_field = xstrdup(o->serial);
	f->rule.pattern = xstrdup(o->pattern);
	f->rule.bind_first = o->bind_first;
	if (vendor_rule_compile(&f->rule, e) != 0 || trust_new(&f->trust, e) != 0 ||
	    in_file(trust_add_file(f->trust, o->ca, e), o->ca, e) != 0)
		return -1;
	return add_crl(f->trust, o->crl, e);
}

static int
operators_read(struct anchors *a, const struct anchors_options *o, struct err *e)
{
	if (trust_new(&a->operators, e) != 0)
		return -1;
	for (size_t i = 0; i < o->n_operators; i++)
		if (in_file(trust_add_file(a->operators, o->operators[i], e), o->operators[i], e) != 0)
			return -1;
	return add_crl(a->operators, o->operator_crl, e);
}

/* What we hand out is made once: it does not change while these anchors live. */
static int
operators_print(struct anchors *a, struct err *e)
{
	const struct certs *l = trust_get0_anchors(a->operators);
	struct blob der = { NULL, 0 };
	struct buf pem, b64;
	int rc = -1;

	buf_init(&pem, LIM_TRUST_FILE);
	buf_init(&b64, 2 * LIM_TRUST_FILE);
	certs_print_pem(l, &pem);
	if (certs_build_p7(l, &der, e) != 0)
		goto out;
	base64_add(&b64, mem_of(&der), true);
	if (buf_take(&pem, &a->operators_pem, e) == 0 && buf_take(&b64, &a->operators_p7, e) == 0)
		rc = 0;
out:
	blob_free(&der);
	buf_free(&pem);
	buf_free(&b64);
	return rc;
}

static int
hint_print(struct anchors *a, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, HINT_MAX);
	for (size_t i = 0; i < a->n_factory; i++)
		certs_print_pem(trust_get0_anchors(a->factory[i].trust), &b);
	buf_add_mem(&b, mem_of(&a->operators_pem));
	buf_add_u8(&b, '\0');	/* the TLS library wants a C string */
	rc = buf_take(&b, &a->hint, e);
	buf_free(&b);
	return rc;
}

int
anchors_new(const struct anchors_options *o, struct anchors **out, struct err *e)
{
	struct anchors *a = xcalloc(1, sizeof(*a));

	atomic_init(&a->refs, 1);
	random_fill(&a->mark, sizeof(a->mark));
	a->factory = xcalloc(o->n_factory + 1, sizeof(*a->factory));
	for (size_t i = 0; i < o->n_factory; i++) {
		a->n_factory = i + 1;
		if (factory_read(&a->factory[i], &o->factory[i], e) != 0)
			goto fail;
	}
	if (operators_read(a, o, e) != 0 || operators_print(a, e) != 0 || hint_print(a, e) != 0)
		goto fail;
	*out = a;
	return 0;
fail:
	anchors_free(a);
	return -1;
}

static uint64_t
stamp_file(uint64_t sum, const char *file)
{
	struct stat st;

	if (file == NULL || file[0] == '\0' || stat(file, &st) != 0)
		return sum * PRIME;
	sum = (sum ^ (uint64_t)st.st_ino) * PRIME;
	sum = (sum ^ (uint64_t)st.st_size) * PRIME;
	sum = (sum ^ (uint64_t)st.st_mtim.tv_sec) * PRIME;
	return (sum ^ (uint64_t)st.st_mtim.tv_nsec) * PRIME;
}

uint64_t
anchors_lists_stamp(const struct anchors_options *o)
{
	uint64_t sum = stamp_file(1, o->operator_crl);

	for (size_t i = 0; i < o->n_factory; i++)
		sum = stamp_file(sum, o->factory[i].crl);
	return sum;
}

struct anchors *
anchors_hold(struct anchors *a)
{
	atomic_fetch_add(&a->refs, 1);
	return a;
}

void
anchors_release(struct anchors *a)
{
	if (a != NULL && atomic_fetch_sub(&a->refs, 1) == 1)
		anchors_free(a);
}
