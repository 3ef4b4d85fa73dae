/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Certificates that come again and again: a CA's signer in each of its answers, the RA's chain in each batch. One that
 * was parsed lately need not be parsed again: it never changes. Which of them is trusted is another question.
 */
#include <pthread.h>

#include "common/pki/cert.h"

#define KNOWN 16

struct known {
	struct cert *c;
	bool used;		/* since it was last passed over for replacement */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known known[KNOWN];
static size_t next;

static struct cert *
find(struct mem der)
{
	for (size_t i = 0; i < KNOWN; i++) {
		if (known[i].c == NULL || !mem_eq(cert_get0_der(known[i].c), der))
			continue;
		known[i].used = true;
		return cert_dup(known[i].c);
	}
	return NULL;
}

static void
keep(struct cert *c)
{
	while (known[next].used) {
		known[next].used = false;
		next = (next + 1) % KNOWN;
	}
	cert_free(known[next].c);
	known[next].c = cert_dup(c);
	next = (next + 1) % KNOWN;
}

int
cert_parse_known(struct mem der, struct cert **out, struct err *e)
{
	struct cert *c;

	(void)pthread_mutex_lock(&lock);
	c = find(der);
	(void)pthread_mutex_unlock(&lock);
	if (c == NULL) {
		if (cert_parse(der, &c, e) != 0)
			return -1;
		(void)pthread_mutex_lock(&lock);
		if (cert_get0_pubkey(c) != NULL)	/* want of memory may be why it has none */
			keep(c);
		(void)pthread_mutex_unlock(&lock);
	}
	*out = c;
	return 0;
}
