/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Revocation lists, signed anew by the CA that they claim: what is loaded cannot make a certificate good that the list
 * has, or that a list of somebody else, or of another time, would have to speak for.
 */
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/pki/der.h"
#include "common/pki/name.h"
#include "common/pki/trust.h"
#include "tests/fuzz/mutator.h"

#define PKI "tests/data/cmp/pki/"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct key *ca_key;
static struct certs ca, leaf;
static int file;
static char path[64];

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
need(int rc, const struct err *e)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s\n", e->detail);
	exit(1);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct blob text = { NULL, 0 };
	struct err e;

	(void)argc;
	(void)argv;
	log_set_level(LOG_ERROR);
	need(file_read(PKI "sub.key", LIM_KEY_FILE, &text, &e), &e);
	need(key_parse(mem_of(&text), &ca_key, &e), &e);
	need(certs_load(PKI "sub.crt", 1, &ca, &e), &e);
	need(certs_load(PKI "station.crt", 1, &leaf, &e), &e);
	blob_free(&text);
	file = memfd_create("crl", MFD_CLOEXEC);
	must(file >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return 0;
}

static size_t
sign(uint8_t *data, size_t size, size_t max)
{
	struct mem all = { data, size }, rest = der_inside(all), tbs = der_take(&rest);
	struct buf sig;
	struct err e;
	size_t n = 0;

	(void)der_take(&rest);
	buf_init(&sig, 1024);
	buf_add_u8(&sig, 0);
	if (tbs.len > 0 && rest.len > 0 && key_sign(ca_key, tbs, &sig, &e) == 0)
		n = der_set_value(data, size, max, (size_t)(rest.p - data), sig.p, sig.len);
	buf_free(&sig);
	return n > 0 ? n : size;
}

/* What OpenSSL reads in the same list. */
static void
look_at_list(const uint8_t *der, size_t n)
{
	struct mem serial = cert_get0_serial(leaf.v[0]);
	const uint8_t *p = der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)n);
	BIGNUM *bn = BN_bin2bn(serial.p, (int)serial.len, NULL);
	ASN1_INTEGER *number = BN_to_ASN1_INTEGER(bn, NULL);
	X509_REVOKED *found = NULL;
	uint8_t *issuer = NULL;
	int len;

	must(crl != NULL && number != NULL);
	must(X509_CRL_get0_by_serial(crl, &found, number) != 1);
	len = i2d_X509_NAME(X509_CRL_get_issuer(crl), &issuer);
	must(len > 0 && name_equal((struct mem){ issuer, (size_t)len }, cert_get0_subject(ca.v[0])));
	must(X509_CRL_get0_nextUpdate(crl) != NULL && X509_cmp_current_time(X509_CRL_get0_lastUpdate(crl)) < 0);
	must(X509_cmp_current_time(X509_CRL_get0_nextUpdate(crl)) > 0);
	OPENSSL_free(issuer);
	ASN1_INTEGER_free(number);
	BN_free(bn);
	X509_CRL_free(crl);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust *t = NULL;
	uint8_t *work;
	struct err e;
	size_t n;

	if (size < 2 || size > 65536)
		return 0;
	work = calloc(1, size + 512);
	must(work != NULL);
	memcpy(work, data, size);
	n = sign(work, size, size + 512);
	must(ftruncate(file, 0) == 0 && pwrite(file, work, n, 0) == (ssize_t)n);
	must(trust_new(&t, &e) == 0 && trust_add(t, &ca, &e) == 0);
	if (trust_add_crl_file(t, path, &e) == 0 &&
	    trust_verify(t, leaf.v[0], NULL, TRUST_ANY, clock_wall_s(), NULL, &e) == 0)
		look_at_list(work, n);
	trust_free(t);
	free(work);
	return 0;
}
