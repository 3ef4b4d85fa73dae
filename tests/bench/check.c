/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/check.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

#define CHAIN_MAX 10

struct checker {
	X509_STORE *store;
};

int
checker_new(const char *operator_ca, struct checker **out, struct err *e)
{
	struct checker *c = mem_calloc(1, sizeof(*c));

	if (c == NULL)
		return err_set(e, R_NO_MEMORY, "checker");
	c->store = X509_STORE_new();
	if (c->store == NULL || X509_STORE_load_file(c->store, operator_ca) != 1) {
		checker_free(c);
		return err_set(e, R_FILE_IO, "%s", operator_ca);
	}
	*out = c;
	return 0;
}

void
checker_free(struct checker *c)
{
	if (c == NULL)
		return;
	X509_STORE_free(c->store);
	free(c);
}

static bool
key_is(X509 *x, struct mem spki)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool same = len > 0 && mem_eq((struct mem){ der, (size_t)len }, spki);

	OPENSSL_free(der);
	return same;
}

static int
add_name(X509_NAME *n, const char *type, const char *value)
{
	return X509_NAME_add_entry_by_txt(n, type, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0);
}

/* O=Example Operator, CN=station, and the station's one DNS name: what the lab's profile grants. */
static bool
names_are(X509 *x, const char *station)
{
	X509_NAME *want = X509_NAME_new();
	GENERAL_NAMES *san = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char dns[80];
	bool right = false;

	snprintf(dns, sizeof(dns), "%s.ran.example", station);
	if (want != NULL && san != NULL && sk_GENERAL_NAME_num(san) == 1 &&
	    add_name(want, "O", "Example Operator") == 1 && add_name(want, "CN", station) == 1)
		right = X509_NAME_cmp(want, X509_get_subject_name(x)) == 0 &&
		    X509_check_host(x, dns, strlen(dns), X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
	GENERAL_NAMES_free(san);
	X509_NAME_free(want);
	return right;
}

static bool
leads_to_ca(const struct checker *c, X509 *leaf, STACK_OF(X509) *others)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool good = ctx != NULL && X509_STORE_CTX_init(ctx, c->store, leaf, others) == 1 &&
	    X509_verify_cert(ctx) == 1;

	X509_STORE_CTX_free(ctx);
	return good;
}

static int
check_chain(const struct checker *c, STACK_OF(X509) *chain, const char *station, struct mem spki, struct err *e)
{
	X509 *leaf = sk_X509_value(chain, 0);

	if (leaf == NULL)
		return err_set(e, R_INTERNAL, "no certificate in the answer");
	if (!key_is(leaf, spki))
		return err_set(e, R_INTERNAL, "a certificate for another key");
	if (!names_are(leaf, station))
		return err_set(e, R_INTERNAL, "a certificate with other names");
	if (!leads_to_ca(c, leaf, chain))
		return err_set(e, R_INTERNAL, "a certificate that does not lead to the operator's CA");
	return 0;
}

int
check_pem(const struct checker *c, struct mem pem, const char *station, struct mem spki, struct err *e)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509 *x;
	int rc;

	while (in != NULL && chain != NULL && sk_X509_num(chain) < CHAIN_MAX &&
	    (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(chain, x) <= 0)
			X509_free(x);
	ERR_clear_error();	/* "no start line" behind the last one is no failure */
	rc = check_chain(c, chain, station, spki, e);
	sk_X509_pop_free(chain, X509_free);
	BIO_free(in);
	return rc;
}

int
check_p7(const struct checker *c, struct mem base64, const char *station, struct mem spki, struct err *e)
{
	BIO *in = BIO_push(BIO_new(BIO_f_base64()), BIO_new_mem_buf(base64.p, (int)base64.len));
	PKCS7 *p7 = in != NULL ? d2i_PKCS7_bio(in, NULL) : NULL;
	int rc;

	if (p7 == NULL || !PKCS7_type_is_signed(p7) || p7->d.sign->cert == NULL)
		rc = err_set(e, R_INTERNAL, "not a PKCS#7 with a certificate");
	else
		rc = check_chain(c, p7->d.sign->cert, station, spki, e);
	PKCS7_free(p7);
	BIO_free_all(in);
	return rc;
}
