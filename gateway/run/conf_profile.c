/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * profiles/NAME.yaml: one file a profile, so that one can be added without touching another.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/run/conf_priv.h"

#define PROFILES_MAX 1024
#define SUFFIX ".yaml"

/* As the file says it; the words become what struct profile has. */
struct profile_file {
	struct profile p;
	int approval, envelope;
	int64_t after_expiry;		/* ms */
};

#define OFF(field) .offset = offsetof(struct profile_file, field)
#define LIST(list, count) .offset = CONF_LIST_AT(struct profile_file, list, count)
#define END { .name = NULL }

static const char *const approvals[] = { "auto", "hold", NULL };
static const char *const envelopes[] = { "optional", "required", NULL };

static const struct conf_key renew_keys[] = {
	{ "from", CONF_FRACTION, OFF(p.renew_from), .dflt = "2/3" },
	{ "after_expiry", CONF_TIME, OFF(after_expiry), .max = UINT64_C(3650) * 86400000 },
	END
};

const struct conf_key profile_keys[] = {
	{ "name", CONF_TEXT, OFF(p.name), .min = 1, .max = 64, .must = true, .check = check_name },
	{ "ca", CONF_TEXT, OFF(p.ca), .min = 1, .max = 64, .must = true },
	{ "subject", CONF_TEXT, OFF(p.subject), .min = 1, .max = 1024, .must = true, .check = check_subject },
	{ "san_dns", CONF_LIST, LIST(p.san_dns, p.n_san_dns), .max = 16, .check = check_san_dns },
	{ "san_ip", CONF_LIST, LIST(p.san_ip, p.n_san_ip), .max = 16, .check = check_san_ip },
	{ "keys", CONF_LIST, LIST(p.keys, p.n_keys), .max = 16, .must = true, .check = check_key_types },
	{ "eku", CONF_LIST, LIST(p.eku, p.n_eku), .max = 16, .check = check_ekus },
	{ "approval", CONF_CHOICE, OFF(approval), .choice = approvals },
	{ "envelope", CONF_CHOICE, OFF(envelope), .choice = envelopes },
	{ "renew", CONF_MAP, .offset = 0, .sub = renew_keys },
	END
};

static int
wanted_file(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > strlen(SUFFIX) &&
	    strcmp(d->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static int
by_octets(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
check_file(const char *path, const char *file, const struct profile_file *f, const struct nemra_conf *c,
    struct err *e)
{
	size_t len = strlen(file) - strlen(SUFFIX);

	if (strlen(f->p.name) != len || strncmp(f->p.name, file, len) != 0)
		return conf_refuse(path, profile_keys, "name", e, "not the file's; allowed: %.*s",
		    (int)len, file);
	if (nemra_conf_ca(c, f->p.ca) == NULL)
		return conf_refuse(path, profile_keys, "ca", e, "there is no CA of this name in nemra.yaml");
	return 0;
}

static int
load_one(const char *folder, const char *file, const struct nemra_conf *c, struct profile *out,
    struct err *e)
{
	struct profile_file f;
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, file) >= sizeof(path))
		return err_set(e, R_CONFIG, "%.128s: the path is too long", file);
	memset(&f, 0, sizeof(f));
	if (conf_load(path, profile_keys, &f, e) != 0)
		return -1;
	if (check_file(path, file, &f, c, e) != 0) {
		conf_free(profile_keys, &f);
		return -1;
	}
	f.p.hold = f.approval == 1;
	f.p.envelope_required = f.envelope == 1;
	f.p.renew_after_expiry = f.after_expiry / 1000;
	*out = f.p;
	return 0;
}

static int
load_all(const char *folder, struct dirent **list, size_t n, const struct nemra_conf *c,
    struct profiles *out, struct err *e)
{
	struct profiles l = { NULL, 0 };

	if (n > PROFILES_MAX)
		return err_set(e, R_CONFIG, "%.128s: more than %d profiles", folder, PROFILES_MAX);
	l.v = xcalloc(n, sizeof(*l.v));
	for (; l.n < n; l.n++)
		if (load_one(folder, list[l.n]->d_name, c, &l.v[l.n], e) != 0) {
			profiles_free(&l);
			return -1;
		}
	*out = l;
	return 0;
}

/* No folder is no profiles: then every request is refused, and nemra-signer can run without it. */
int
profiles_load(const char *path, const struct nemra_conf *c, struct profiles *out, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct dirent **list = NULL;
	char folder[PATH_MAX];
	int n, rc;

	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), "profiles");
	else if ((size_t)snprintf(folder, sizeof(folder), "%.*s/profiles", (int)(slash - path), path) >=
	    sizeof(folder))
		return err_set(e, R_CONFIG, "%.128s: the path is too long", path);
	n = scandir(folder, &list, wanted_file, by_octets);
	if (n < 0 && errno == ENOENT) {
		*out = (struct profiles){ NULL, 0 };
		return 0;
	}
	if (n < 0)
		return err_sys(e, R_FILE_IO, "%.128s", folder);
	rc = load_all(folder, list, (size_t)n, c, out, e);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return rc;
}

void
profiles_free(struct profiles *l)
{
	for (size_t i = 0; i < l->n; i++)
		profile_free(&l->v[i]);
	free(l->v);
	*l = (struct profiles){ NULL, 0 };
}

struct prefixed {
	const char *profile;
	void (*line)(void *arg, const char *text);
	void *arg;
};

static void
print_prefixed(void *arg, const char *text)
{
	const struct prefixed *p = arg;
	struct buf b;

	buf_init(&b, 32 * 1024);
	buf_printf(&b, "profiles.%s.%s", p->profile, text);
	if (buf_text(&b) != NULL)
		p->line(p->arg, buf_text(&b));
	buf_free(&b);
}

void
profiles_print(const struct profiles *l, void (*line)(void *arg, const char *text), void *arg)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct profile *p = &l->v[i];
		const struct profile_file f = { *p, p->hold, p->envelope_required,
			p->renew_after_expiry * 1000 };
		struct prefixed to = { p->name, line, arg };

		conf_print(profile_keys, &f, print_prefixed, &to);
	}
}
