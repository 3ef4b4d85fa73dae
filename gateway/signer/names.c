/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer/names.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "common/base/alloc.h"

int
names_decode(struct mem der, X509_NAME **out, struct err *e)
{
	const unsigned char *p = der.p;
	X509_NAME *n = der.len > 0 ? d2i_X509_NAME(NULL, &p, (long)der.len) : X509_NAME_new();

	if (n != NULL && (der.len == 0 || p == der.p + der.len)) {
		*out = n;
		return 0;
	}
	X509_NAME_free(n);
	ERR_clear_error();
	return err_set(e, R_NO_MEMORY, "a name");
}

void
names_init(struct names *l, size_t max)
{
	*l = (struct names){ xcalloc(max, sizeof(X509_NAME *)), 0, max };
}

int
names_add(struct names *l, struct mem der, struct err *e)
{
	X509_NAME *n = NULL;
	size_t at;

	assert(l->n < l->max);
	if (names_decode(der, &n, e) != 0)
		return -1;
	for (at = l->n++; at > 0 && X509_NAME_entry_count(l->v[at - 1]) < X509_NAME_entry_count(n); at--)
		l->v[at] = l->v[at - 1];
	l->v[at] = n;
	return 0;
}

void
names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		X509_NAME_free(l->v[i]);
	free(l->v);
	*l = (struct names){ NULL, 0, 0 };
}

int
names_equal(const X509_NAME *a, const X509_NAME *b, bool *equal, struct err *e)
{
	int order = X509_NAME_cmp(a, b);

	/* -1, 0 and 1 are orders; below is that it could not be said */
	*equal = order == 0;
	if (order >= -1)
		return 0;
	ERR_clear_error();
	return err_set(e, R_NO_MEMORY, "two names");
}

int
names_have(const struct names *l, const X509_NAME *name, bool *found, struct err *e)
{
	*found = false;
	for (size_t i = 0; i < l->n && !*found; i++)
		if (names_equal(l->v[i], name, found, e) != 0)
			return -1;
	return 0;
}

int
names_have_above(const struct names *l, X509_NAME *name, bool *found, struct err *e)
{
	const int all = X509_NAME_entry_count(name);

	*found = false;
	for (size_t i = 0; i < l->n && !*found; i++) {
		const int keep = X509_NAME_entry_count(l->v[i]);

		if (keep == 0 || keep >= all)
			continue;
		while (X509_NAME_entry_count(name) > keep)
			X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, keep));
		if (names_equal(l->v[i], name, found, e) != 0)
			return -1;
	}
	return 0;
}
