/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Questions to the signer: role, type, body. No request is signed for, whatever comes: the only names that
 * the policy of this target knows are those of nobody. And each answer has its form.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "gateway/signer/job.h"

#define PKI "tests/data/cmp/pki/"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sign_state state;

static void
need(int rc, const struct err *e)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s\n", e->detail);
	exit(1);
}

/* A private copy: keys that others may read are refused, and the tree is readable. */
static void
write_secret(const char *path, struct mem data)
{
	struct err e;

	need(file_write(path, data, 0600, &e), &e);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char name[] = "O=Nobody at all", *names[] = { name };
	char dir[] = "/tmp/nemra-fuzz-XXXXXX", ra[64], txid[64], audit[64];
	struct signer_conf c = { .ra_key = ra, .ra_cert = PKI "ra.crt", .txid_key = txid, .audit_key = audit,
		.names = names, .n_names = 1 };
	struct blob key = { NULL, 0 };
	struct err e;

	(void)argc;
	(void)argv;
	log_set_level(LOG_ERROR);
	if (mkdtemp(dir) == NULL)
		exit(1);
	snprintf(ra, sizeof(ra), "%s/ra", dir);
	snprintf(txid, sizeof(txid), "%s/txid", dir);
	snprintf(audit, sizeof(audit), "%s/audit", dir);
	need(file_read(PKI "ra.key", 65536, &key, &e), &e);
	write_secret(ra, mem_of(&key));
	write_secret(txid, mem_str("0123456789abcdef0123456789abcdef"));
	write_secret(audit, mem_str("fedcba9876543210fedcba9876543210"));
	need(signer_keys_load(&c, NULL, &state.keys, &e), &e);
	need(sign_policy_new(&c, &state.policy, &e), &e);
	blob_free(&key);
	(void)unlink(ra);
	(void)unlink(txid);
	(void)unlink(audit);
	(void)rmdir(dir);
	return 0;
}

/* Its form is right, and what was signed is no request. */
static void
look_at_results(struct mem answer, const struct job *j)
{
	struct rd r;
	size_t n;

	rd_init(&r, answer);
	n = rd_u16(&r);
	if (n != j->n)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (rd_u8(&r) == 1) {
			(void)rd_bytes(&r, rd_u16(&r));
		} else {
			(void)rd_bytes(&r, rd_u8(&r));
			(void)rd_bytes(&r, rd_u16(&r));
		}
	}
	if (!rd_done(&r))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sign_rule *rule;
	struct job j;
	struct buf out;
	struct err e;
	bool finished = false;

	if (size < 2)
		return 0;
	rule = sign_rule_find(data[1], data[0] % SIGNER_ROLES);
	if (rule == NULL || size - 1 > rule->max)
		return 0;
	buf_init(&out, LIM_SIGN_ANSWER);
	if (job_begin(&j, &state, rule, (struct mem){ data + 2, size - 2 }, &out, &e) == 0 &&
	    job_work(&j, SIZE_MAX, &finished, &e) == 0) {
		if (!finished)
			abort();
		if (rule->type == SIGN_CMP)
			look_at_results(buf_mem(&out), &j);
	}
	buf_free(&out);
	return 0;
}
