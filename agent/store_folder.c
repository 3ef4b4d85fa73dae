/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys, certificates and state in a folder:
 *
 *	pending, trust		values
 *	gen-N/			key.pem cert.pem chain.pem fullchain.pem
 *	current			-> gen-N, the pair in use; changed by one rename
 *	lock			held by the agent that may write
 *
 * A generation is complete and on the disk before current points to it, and stays untouched afterwards: so whatever
 * moment the power fails, current leads to a pair that matches.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/priv.h"
#include "common/base/alloc.h"
#include "common/base/file.h"

#define GEN		"gen-"
#define CURRENT		"current"
#define GEN_MAX		999999999ul

struct folder {
	char *dir;
	int lock;
	bool read_only;
	void (*on_step)(void *arg, const char *step);
	void *arg;
};

static void
step(const struct folder *f, const char *name)
{
	if (f->on_step != NULL)
		f->on_step(f->arg, name);
}

static int
path_of(const struct folder *f, char *out, const char *a, const char *b, struct err *e)
{
	int n = snprintf(out, PATH_MAX, "%s/%s%s%s", f->dir, a, b[0] != '\0' ? "/" : "", b);

	return n > 0 && n < PATH_MAX ? 0 : err_set(e, R_FILE_IO, "path too long");
}

static int
may_write(const struct folder *f, struct err *e)
{
	return f->read_only ? err_set(e, R_FILE_IO, "%s was opened for reading", f->dir) : 0;
}

/* --- values --- */

/* A file into the caller's room: 1 when it is not there. */
static int
read_into(const char *path, uint8_t *to, size_t size, size_t *len, struct err *e)
{
	struct blob b = { NULL, 0 };

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 1;
	if (file_read(path, size, &b, e) != 0)
		return -1;
	if (b.len > 0)
		memcpy(to, b.p, b.len);
	*len = b.len;
	blob_cleanse(&b);
	return 0;
}

static int
folder_get(void *self, const char *name, uint8_t *to, size_t size, size_t *len, struct nemra_error *ne)
{
	char path[PATH_MAX];
	struct err e;
	int rc = path_of(self, path, name, "", &e);

	if (rc == 0)
		rc = read_into(path, to, size, len, &e);
	if (rc < 0)
		error_from(ne, &e);
	return rc;
}

static int
file_put(const struct folder *f, const char *name, struct mem value, struct err *e)
{
	char path[PATH_MAX];

	if (may_write(f, e) != 0 || path_of(f, path, name, "", e) != 0)
		return -1;
	step(f, "value");
	if (value.len > 0)
		return file_write(path, value, 0600, e);
	if (unlink(path) != 0 && errno != ENOENT)
		return err_sys(e, R_FILE_IO, "%s", path);
	return file_fsync_dir(f->dir, e);
}

static int
folder_put(void *self, const char *name, struct nemra_bytes value, struct nemra_error *ne)
{
	struct err e;

	if (file_put(self, name, (struct mem){ value.p, value.len }, &e) == 0)
		return 0;
	error_from(ne, &e);
	return -1;
}

/* --- generations --- */

/* N of "gen-N"; 0: it is no such name. */
static unsigned long
gen_number(const char *name)
{
	unsigned long n = 0;

	if (strncmp(name, GEN, strlen(GEN)) != 0)
		return 0;
	for (name += strlen(GEN); *name >= '0' && *name <= '9' && n <= GEN_MAX / 10; name++)
		n = n * 10 + (unsigned long)(*name - '0');
	return *name == '\0' ? n : 0;
}

/* What current points to; 0: nothing yet. */
static unsigned long
gen_current(const struct folder *f)
{
	char path[PATH_MAX], to[64];
	ssize_t n;

	if (path_of(f, path, CURRENT, "", NULL) != 0)
		return 0;
	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0)
		return 0;
	to[n] = '\0';
	return gen_number(to);
}

static int
gen_remove(const struct folder *f, unsigned long n, struct err *e)
{
	static const char *const file[] = { "key.pem", "cert.pem", "chain.pem", "fullchain.pem" };
	char gen[32], path[PATH_MAX];
	struct dirent *d;
	DIR *dir;
	int rc = -1;

	snprintf(gen, sizeof(gen), GEN "%lu", n);
	step(f, "remove");
	for (size_t i = 0; i < COUNT_OF(file); i++)
		if (path_of(f, path, gen, file[i], e) != 0 || (unlink(path) != 0 && errno != ENOENT))
			return err_sys(e, R_FILE_IO, "%s", gen);
	/* a crash may have left the temporary file of one of them */
	if (path_of(f, path, gen, "", e) != 0 || (dir = opendir(path)) == NULL)
		return err_sys(e, R_FILE_IO, "%s", gen);
	while ((d = readdir(dir)) != NULL)
		if (strstr(d->d_name, ".pem.tmp-") != NULL)
			(void)unlinkat(dirfd(dir), d->d_name, 0);
	rc = rmdir(path) == 0 ? 0 : err_sys(e, R_FILE_IO, "%s", path);
	(void)closedir(dir);
	return rc;
}

/*
 * Generations that neither are in use nor came just before: older ones, and those that a crash left unused. *newest:
 * the highest number seen.
 */
static int
gens_sweep(const struct folder *f, unsigned long keep, unsigned long *newest, struct err *e)
{
	unsigned long before = 0, old[64];
	size_t n = 0;
	struct dirent *d;
	DIR *dir = opendir(f->dir);

	if (dir == NULL)
		return err_sys(e, R_FILE_IO, "%s", f->dir);
	*newest = 0;
	while ((d = readdir(dir)) != NULL) {
		unsigned long g = gen_number(d->d_name);

		if (g > *newest)
			*newest = g;
		if (g == 0 || g == keep)
			continue;
		if (g < keep && g > before) {
			unsigned long was = before;

			before = g;
			g = was;
		}
		if (g != 0 && n < COUNT_OF(old))
			old[n++] = g;
	}
	(void)closedir(dir);
	for (size_t i = 0; i < n; i++)
		if (gen_remove(f, old[i], e) != 0)
			return -1;
	return 0;
}

static int
gen_file(const struct folder *f, const char *gen, const char *name, struct nemra_bytes a, struct nemra_bytes b,
    struct err *e)
{
	char path[PATH_MAX];
	struct buf text;
	int rc;

	if (path_of(f, path, gen, name, e) != 0)
		return -1;
	buf_init(&text, a.len + b.len);
	buf_add(&text, a.p, a.len);
	buf_add(&text, b.p, b.len);
	step(f, name);
	rc = buf_ok(&text) ? file_write(path, buf_mem(&text), 0600, e) : err_set(e, R_NO_MEMORY, "%s", name);
	buf_cleanse(&text);
	return rc;
}

static int
gen_write(const struct folder *f, const char *gen, const struct nemra_pair *p, struct err *e)
{
	const struct nemra_bytes none = { NULL, 0 };
	char path[PATH_MAX];

	if (path_of(f, path, gen, "", e) != 0)
		return -1;
	step(f, "mkdir");
	if (mkdir(path, 0700) != 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	if (gen_file(f, gen, "key.pem", p->key, none, e) != 0 || gen_file(f, gen, "cert.pem", p->cert, none, e) != 0 ||
	    gen_file(f, gen, "chain.pem", p->chain, none, e) != 0 ||
	    gen_file(f, gen, "fullchain.pem", p->cert, p->chain, e) != 0)
		return -1;
	step(f, "fsync");
	return file_fsync_dir(f->dir, e);
}

static int
flip(const struct folder *f, const char *gen, struct err *e)
{
	char link[PATH_MAX], tmp[PATH_MAX];

	if (path_of(f, link, CURRENT, "", e) != 0 || path_of(f, tmp, CURRENT ".tmp", "", e) != 0)
		return -1;
	(void)unlink(tmp);
	step(f, "symlink");
	if (symlink(gen, tmp) != 0)
		return err_sys(e, R_FILE_IO, "%s", tmp);
	step(f, "rename");
	if (rename(tmp, link) != 0)
		return err_sys(e, R_FILE_IO, "%s", link);
	step(f, "fsync link");
	return file_fsync_dir(f->dir, e);
}

static int
pair_install(const struct folder *f, const struct nemra_pair *p, struct err *e)
{
	unsigned long now = gen_current(f), newest;
	char gen[32];
	struct err ignored;

	if (may_write(f, e) != 0 || gens_sweep(f, now, &newest, e) != 0)
		return -1;
	if (newest >= GEN_MAX)
		return err_set(e, R_FILE_IO, "no generation after %lu", newest);
	snprintf(gen, sizeof(gen), GEN "%lu", newest + 1);
	if (gen_write(f, gen, p, e) != 0 || flip(f, gen, e) != 0)
		return -1;
	/* The new pair is in use; what cannot be removed now is removed next time. */
	(void)gens_sweep(f, newest + 1, &newest, &ignored);
	step(f, "done");
	return 0;
}

static int
folder_install(void *self, const struct nemra_pair *p, struct nemra_error *ne)
{
	struct err e;

	if (pair_install(self, p, &e) == 0)
		return 0;
	error_from(ne, &e);
	return -1;
}

static int
folder_installed(void *self, uint8_t *cert, size_t size, size_t *len, struct nemra_error *ne)
{
	char path[PATH_MAX];
	struct err e;
	int rc = path_of(self, path, CURRENT, "cert.pem", &e);

	if (rc == 0)
		rc = read_into(path, cert, size, len, &e);
	if (rc < 0)
		error_from(ne, &e);
	return rc;
}

/* --- opening --- */

static void
folder_free(void *self)
{
	struct folder *f = self;

	if (f->lock >= 0)
		(void)close(f->lock);
	free(f->dir);
	free(f);
}

static int
folder_open(struct folder *f, struct err *e)
{
	char path[PATH_MAX];

	if (f->read_only)
		return 0;
	if (mkdir(f->dir, 0700) != 0 && errno != EEXIST)
		return err_sys(e, R_FILE_IO, "%s", f->dir);
	if (path_of(f, path, "lock", "", e) != 0)
		return -1;
	f->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->lock < 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	if (flock(f->lock, LOCK_EX | LOCK_NB) != 0)
		return err_sys(e, R_FILE_IO, "another nemra-agent works on %s", f->dir);
	return 0;
}

int
nemra_store_folder(const char *dir, bool read_only, struct nemra_store *out, struct nemra_error *ne)
{
	struct folder *f = mem_calloc(1, sizeof(*f));
	struct err e;

	nemra_error_clear(ne);
	if (f == NULL)
		return nemra_error_set(ne, "NO_MEMORY", "store");
	f->lock = -1;
	f->read_only = read_only;
	f->dir = mem_strdup(dir);
	if (f->dir == NULL) {
		free(f);
		return nemra_error_set(ne, "NO_MEMORY", "store");
	}
	if (folder_open(f, &e) != 0) {
		error_from(ne, &e);
		folder_free(f);
		return -1;
	}
	*out = (struct nemra_store){ f, folder_get, folder_put, folder_install, folder_installed, folder_free };
	return 0;
}

void
store_folder_on_step(struct nemra_store *s, void (*on_step)(void *arg, const char *step), void *arg)
{
	struct folder *f = s->self;

	f->on_step = on_step;
	f->arg = arg;
}
