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

/* What the inside says, in the words of the interface. */
static int
told(struct nemra_error *ne, int rc, const struct err *e)
{
	if (rc < 0)
		error_from(ne, e);
	return rc;
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

	return told(ne, rc != 0 ? rc : read_into(path, to, size, len, &e), &e);
}

static int
file_put(const struct folder *f, const char *name, struct mem value, struct err *e)
{
	char path[PATH_MAX];

	if (path_of(f, path, name, "", e) != 0)
		return -1;
	if (f->read_only)
		return err_set(e, R_FILE_IO, "%s was opened for reading", f->dir);
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

	return told(ne, file_put(self, name, (struct mem){ value.p, value.len }, &e), &e);
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

/* What current points to; 0: nothing yet. A link that is not ours stops everything: what it means is not known. */
static int
gen_current(const struct folder *f, unsigned long *out, struct err *e)
{
	char path[PATH_MAX], to[64];
	ssize_t n;

	if (path_of(f, path, CURRENT, "", e) != 0)
		return -1;
	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0 && errno != ENOENT)
		return err_sys(e, R_FILE_IO, "%s", path);
	to[n < 0 ? 0 : n] = '\0';
	*out = n < 0 ? 0 : gen_number(to);
	return n < 0 || *out > 0 ? 0 : err_set(e, R_FILE_IO, "%s does not lead to a generation", path);
}

static int
gen_remove(const struct folder *f, unsigned long n, struct err *e)
{
	char gen[32], path[PATH_MAX];
	struct dirent *d;
	DIR *dir;
	int rc;

	snprintf(gen, sizeof(gen), GEN "%lu", n);
	if (path_of(f, path, gen, "", e) != 0)
		return -1;
	step(f, "remove");
	dir = opendir(path);
	if (dir == NULL)
		return err_sys(e, R_FILE_IO, "%s", path);
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			(void)unlinkat(dirfd(dir), d->d_name, 0);
	rc = rmdir(path) == 0 ? 0 : err_sys(e, R_FILE_IO, "%s", path);
	(void)closedir(dir);
	return rc;
}

/* The greatest generation up to most; 0: there is none. */
static unsigned long
gen_newest(const struct folder *f, unsigned long most)
{
	unsigned long newest = 0, g;
	struct dirent *d;
	DIR *dir = opendir(f->dir);

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		g = gen_number(d->d_name);
		if (g > newest && g <= most)
			newest = g;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return newest;
}

/* What a crash left above the one in use, and all below the one before. */
static int
gens_sweep(const struct folder *f, unsigned long in_use, struct err *e)
{
	unsigned long g, before = in_use > 0 ? gen_newest(f, in_use - 1) : 0;

	while ((g = gen_newest(f, GEN_MAX)) > in_use)
		if (gen_remove(f, g, e) != 0)
			return -1;
	while (before > 0 && (g = gen_newest(f, before - 1)) > 0)
		if (gen_remove(f, g, e) != 0)
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
	unsigned long n = 0;
	char gen[32];
	struct err ignored;

	if (gen_current(f, &n, e) != 0)
		return -1;
	if (f->read_only || n >= GEN_MAX)
		return err_set(e, R_FILE_IO, "%s: %s", f->dir, f->read_only ? "opened for reading" : "full");
	if (gens_sweep(f, n, e) != 0)
		return -1;
	snprintf(gen, sizeof(gen), GEN "%lu", n + 1);
	if (gen_write(f, gen, p, e) != 0 || flip(f, gen, e) != 0)
		return -1;
	/* The new pair is in use; what cannot be removed now is removed next time. */
	(void)gens_sweep(f, n + 1, &ignored);
	step(f, "done");
	return 0;
}

static int
folder_install(void *self, const struct nemra_pair *p, struct nemra_error *ne)
{
	struct err e;

	return told(ne, pair_install(self, p, &e), &e);
}

static int
folder_installed(void *self, uint8_t *cert, size_t size, size_t *len, struct nemra_error *ne)
{
	char path[PATH_MAX];
	struct err e;
	int rc = path_of(self, path, CURRENT, "cert.pem", &e);

	return told(ne, rc != 0 ? rc : read_into(path, cert, size, len, &e), &e);
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
	if (f->dir == NULL || folder_open(f, &e) != 0) {
		if (f->dir == NULL)
			(void)err_set(&e, R_NO_MEMORY, "store");
		folder_free(f);
		return told(ne, -1, &e);
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
