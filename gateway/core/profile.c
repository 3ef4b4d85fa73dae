/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/profile.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"

const struct profile *
profile_find(const struct profiles *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	return NULL;
}

static bool
is_set(const char *s)
{
	return s != NULL && s[0] != '\0';
}

int
profile_choose(const struct profiles *l, const struct station *s, const char *wish,
    const struct profile **out, struct err *e)
{
	const struct profile *p = NULL;
	const char *name = is_set(s->profile) ? s->profile : wish;

	if (is_set(s->profile) && is_set(wish) && strcmp(wish, s->profile) != 0)
		return err_set(e, R_PROFILE_UNKNOWN, "this station has profile %s", s->profile);
	if (is_set(name))
		p = profile_find(l, name);
	else if (l->n == 1)
		p = &l->v[0];
	else
		return err_set(e, R_PROFILE_UNKNOWN,
		    "there are %zu profiles, and neither inventory nor request names one", l->n);
	if (p == NULL)
		return err_set(e, R_PROFILE_UNKNOWN, "%.*s", LIM_PROFILE_NAME, name);
	*out = p;
	return 0;
}

/* --- ${…} --- */

enum form {
	FORM_TEXT,
	FORM_RFC4514,
	FORM_SLASH
};

static const char *
variable(const struct station *s, const char *name, size_t len)
{
	const struct {
		const char *name;
		const char *value;
	} known[] = {
		{ "station", s->name },
		{ "vendor", s->vendor },
		{ "serial", s->serial },
		{ "region", s->region },
		{ "model", s->model },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0)
			return known[i].value != NULL ? known[i].value : "";
	return NULL;
}

/*
 * A value from the inventory stays one value of one attribute: RFC 4514 section 2.4, or in the form that
 * begins with a slash, what separates there.
 */
static bool
must_escape(const char *v, size_t i, bool slash)
{
	if (slash)
		return strchr("/+\\", v[i]) != NULL;
	return strchr("\"+,;<>\\", v[i]) != NULL || (v[i] == '#' && i == 0) ||
	    (v[i] == ' ' && (i == 0 || v[i + 1] == '\0'));
}

static void
add_dn_escaped(struct buf *b, const char *v, bool slash)
{
	for (size_t i = 0; v[i] != '\0'; i++) {
		if (must_escape(v, i, slash))
			buf_add_u8(b, '\\');
		buf_add_u8(b, (uint8_t)v[i]);
	}
}

static int
expand_one(const char *name, size_t len, const struct station *s, enum form form, struct buf *out,
    struct err *e)
{
	const char *value = variable(s, name, len);

	if (value == NULL)
		return err_set(e, R_CONFIG, "${%.*s} is not known", (int)len, name);
	if (value[0] == '\0')
		return err_set(e, R_SUBJECT_MISMATCH,
		    "the profile needs ${%.*s}, which the inventory row does not have", (int)len, name);
	if (form == FORM_TEXT)
		buf_add_str(out, value);
	else
		add_dn_escaped(out, value, form == FORM_SLASH);
	return 0;
}

int
profile_expand(const char *pattern, const struct station *s, bool dn, struct buf *out, struct err *e)
{
	const enum form form = !dn ? FORM_TEXT : pattern[0] == '/' ? FORM_SLASH : FORM_RFC4514;
	const char *p = pattern, *end;

	while (*p != '\0') {
		if (p[0] != '$' || p[1] != '{') {
			buf_add_u8(out, (uint8_t)*p++);
			continue;
		}
		p += 2;
		end = strchr(p, '}');
		if (end == NULL || end - p > LIM_PROFILE_NAME)
			return err_set(e, R_CONFIG, "${ without }");
		if (expand_one(p, (size_t)(end - p), s, form, out, e) != 0)
			return -1;
		p = end + 1;
	}
	if (!buf_ok(out))
		return err_set(e, out->over ? R_SUBJECT_MISMATCH : R_NO_MEMORY, "the name becomes too long");
	return 0;
}

/* --- grant --- */

static int
expand_text(const char *pattern, const struct station *s, bool dn, char **out, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, LIM_SUBJECT);
	if (profile_expand(pattern, s, dn, &b, e) == 0) {
		*out = xstrdup(b.len > 0 ? buf_text(&b) : "");
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

/* The inventory's own names as they are, else the profile's. */
static int
grant_names(char *const *own, size_t n_own, char *const *pattern, size_t n_pattern,
    const struct station *s, char ***out, size_t *n, struct err *e)
{
	size_t max = n_own > 0 ? n_own : n_pattern;

	*out = xcalloc(max, sizeof(**out));
	for (*n = 0; *n < max; (*n)++) {
		if (n_own > 0)
			(*out)[*n] = xstrdup(own[*n]);
		else if (expand_text(pattern[*n], s, false, &(*out)[*n], e) != 0)
			return -1;
	}
	return 0;
}

int
profile_grant(const struct profile *p, const struct station *s, struct grant *out, struct err *e)
{
	struct grant g = { 0 };

	if (is_set(s->subject))
		g.subject = xstrdup(s->subject);
	else if (expand_text(p->subject, s, true, &g.subject, e) != 0)
		goto bad;
	if (grant_names(s->san_dns, s->n_san_dns, p->san_dns, p->n_san_dns, s, &g.san_dns,
	    &g.n_san_dns, e) != 0 ||
	    grant_names(s->san_ip, s->n_san_ip, p->san_ip, p->n_san_ip, s, &g.san_ip, &g.n_san_ip,
	    e) != 0)
		goto bad;
	*out = g;
	return 0;
bad:
	grant_free(&g);
	return -1;
}

void
grant_free(struct grant *g)
{
	free(g->subject);
	texts_free(g->san_dns, g->n_san_dns);
	texts_free(g->san_ip, g->n_san_ip);
	memset(g, 0, sizeof(*g));
}

void
profile_free(struct profile *p)
{
	free(p->name);
	free(p->ca);
	free(p->subject);
	texts_free(p->san_dns, p->n_san_dns);
	texts_free(p->san_ip, p->n_san_ip);
	texts_free(p->keys, p->n_keys);
	texts_free(p->eku, p->n_eku);
	memset(p, 0, sizeof(*p));
}
