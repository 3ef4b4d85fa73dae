/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who may ask for what: this table, and nothing beside it.
 */
#include "gateway/signer/job.h"

#define DISPATCH	(1u << ROLE_DISPATCH)
#define HTTPD		(1u << ROLE_HTTPD)
#define OPS		(1u << ROLE_OPS)

static const struct sign_rule rules[] = {
	{ SIGN_CREDENTIAL, "credential", DISPATCH | HTTPD | OPS, 1,
	    credential_begin, NULL, NULL },
	{ SIGN_CMP, "sign_cmp", DISPATCH, LIM_SIGN_CMP,
	    sign_cmp_begin, sign_cmp_item, NULL },
	{ SIGN_TXID, "txid", DISPATCH, LIM_SIGN_TXID,
	    txid_begin, txid_item, NULL },
	{ SIGN_AUDIT, "audit", DISPATCH, LIM_SIGN_AUDIT,
	    audit_begin, audit_item, NULL },
	{ SIGN_AUDIT_CHECK, "audit_check", OPS, LIM_SIGN_AUDIT,
	    audit_check_begin, audit_check_item, audit_check_end },
};

const struct sign_rule *
sign_rule_find(unsigned type, enum signer_role role)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if ((unsigned)rules[i].type == type && (rules[i].roles & (1u << role)) != 0)
			return &rules[i];
	return NULL;
}

bool
signer_user_ok(const struct signer_users *users, uid_t own, uid_t peer)
{
	if (peer == own)
		return true;
	for (size_t i = 0; i < users->n; i++)
		if (users->v[i] == peer)
			return true;
	return false;
}

int
job_count(struct job *j, size_t max, struct err *e)
{
	j->n = rd_u16(&j->in);
	if (j->in.failed || j->n == 0 || j->n > max)
		return err_set(e, R_SIGNER_QUESTION, "%s: %zu items", j->rule->name, j->n);
	return 0;
}

int
job_begin(struct job *j, struct sign_state *state, const struct sign_rule *rule, struct mem body,
    struct buf *out, struct err *e)
{
	*j = (struct job){ .state = state, .rule = rule, .out = out };
	rd_init(&j->in, body);
	return rule->begin(j, e);
}

static int
job_end(struct job *j, struct err *e)
{
	if (!rd_done(&j->in))
		return err_set(e, R_SIGNER_QUESTION, "%s: octets behind the last item", j->rule->name);
	if (j->rule->end != NULL && j->rule->end(j, e) != 0)
		return -1;
	if (!buf_ok(j->out))
		return err_set(e, j->out->over ? R_INTERNAL : R_NO_MEMORY, "%s: answer", j->rule->name);
	return 0;
}

int
job_work(struct job *j, size_t max, bool *finished, struct err *e)
{
	*finished = false;
	for (; max > 0 && j->done < j->n; max--, j->done++)
		if (j->rule->item(j, e) != 0)
			return -1;
	if (j->done < j->n)
		return 0;
	*finished = true;
	return job_end(j, e);
}
