/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What may be asked for, and which CA gets it. Filled from profiles/NAME.yaml.
 */
#ifndef NEMRA_CORE_PROFILE_H
#define NEMRA_CORE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "gateway/core/station.h"

struct profile {
	char *name;
	char *ca;
	char *subject;		/* with ${station} ${vendor} ${serial} ${region} ${model} */
	char **san_dns;		/* with the same */
	size_t n_san_dns;
	char **san_ip;
	size_t n_san_ip;
	char **keys;		/* "ec-p256", "rsa-3072"; the first is what the template recommends */
	size_t n_keys;
	char **eku;		/* as configured: "clientAuth" */
	size_t n_eku;
	bool hold;		/* approval: hold */
	bool envelope_required;
	double renew_from;	/* fraction of the life, default 2/3 */
	int64_t renew_after_expiry;	/* seconds; 0: no */
};

struct profiles {
	struct profile *v;
	size_t n;
};

const struct profile *profile_find(const struct profiles *l, const char *name);

/*
 * The profile of an upload: the inventory row's when it names one (a different wish is
 * R_PROFILE_UNKNOWN), else the wish, else the only one there is. wish may be NULL.
 */
int profile_choose(const struct profiles *l, const struct station *s, const char *wish,
    const struct profile **out, struct err *e) MUSTUSE;

/* Replaces ${…}; values are escaped for RFC 4514 text when dn. An empty value is R_SUBJECT_MISMATCH. */
int profile_expand(const char *pattern, const struct station *s, bool dn, struct buf *out,
    struct err *e) MUSTUSE;

/* What this station may have under this profile: texts, inventory first. Freed by grant_free(). */
struct grant {
	char *subject;
	char **san_dns;
	size_t n_san_dns;
	char **san_ip;
	size_t n_san_ip;
};
int profile_grant(const struct profile *p, const struct station *s, struct grant *out,
    struct err *e) MUSTUSE;
void grant_free(struct grant *g);
void profile_free(struct profile *p);	/* frees the fields, not p */

#endif
