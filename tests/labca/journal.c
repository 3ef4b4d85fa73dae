/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/labca/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/cmp/msg.h"
#include "common/pki/hash.h"

#define PATH_SIZE 4096

struct journal {
	char *dir;
	int log_fd;
	int state_fd;
	uint64_t last;			/* number of the last exchange */
	pthread_mutex_t lock;
};

static void
message_name(char *out, size_t size, uint64_t n, enum journal_way way)
{
	static const char *const ways[] = {
		[JOURNAL_IN] = "in", [JOURNAL_OUT] = "out", [JOURNAL_KEPT] = "kept"
	};

	snprintf(out, size, "messages/%06" PRIu64 "-%s.der", n, ways[way]);
}

/* The greatest number in use. */
static int
find_last(const char *dir, uint64_t *last, struct err *e)
{
	char path[PATH_SIZE];
	struct dirent *d;
	DIR *open;

	snprintf(path, sizeof(path), "%s/messages", dir);
	if (mkdir(path, 0755) != 0 && access(path, W_OK) != 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	open = opendir(path);
	if (open == NULL)
		return err_sys(e, R_FILE_IO, "%s", path);
	while ((d = readdir(open)) != NULL) {
		uint64_t n = strtoull(d->d_name, NULL, 10);

		if (n > *last)
			*last = n;
	}
	closedir(open);
	return 0;
}

static int
open_append(const char *dir, const char *name, int *fd, struct err *e)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	return *fd < 0 ? err_sys(e, R_FILE_IO, "%s", path) : 0;
}

int
journal_open(const char *dir, struct journal **out, struct err *e)
{
	struct journal *j = mem_calloc(1, sizeof(*j));

	if (j == NULL)
		return err_set(e, R_NO_MEMORY, "journal");
	j->log_fd = j->state_fd = -1;
	pthread_mutex_init(&j->lock, NULL);
	j->dir = mem_strdup(dir);
	if (j->dir == NULL) {
		(void)err_set(e, R_NO_MEMORY, "journal");
		goto fail;
	}
	if (find_last(dir, &j->last, e) != 0 || open_append(dir, "log.jsonl", &j->log_fd, e) != 0 ||
	    open_append(dir, "states.jsonl", &j->state_fd, e) != 0)
		goto fail;
	*out = j;
	return 0;
fail:
	journal_close(j);
	return -1;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->log_fd >= 0)
		close(j->log_fd);
	if (j->state_fd >= 0)
		close(j->state_fd);
	pthread_mutex_destroy(&j->lock);
	free(j->dir);
	free(j);
}

uint64_t
journal_next(struct journal *j)
{
	uint64_t n;

	pthread_mutex_lock(&j->lock);
	n = ++j->last;
	pthread_mutex_unlock(&j->lock);
	return n;
}

/* One line by one write: lines of several threads do not mix. */
static int
append_line(int fd, const json_t *v, struct err *e)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_PRESERVE_ORDER);
	size_t len;
	int rc = 0;

	if (text == NULL)
		return err_set(e, R_NO_MEMORY, "log line");
	len = strlen(text);
	text[len] = '\n';			/* in place of its NUL: len + 1 octets */
	if (write(fd, text, len + 1) != (ssize_t)(len + 1))
		rc = err_sys(e, R_FILE_IO, "journal");
	free(text);
	return rc;
}

static int
write_message(const struct journal *j, const char *name, struct mem der, struct err *e)
{
	char path[PATH_SIZE];
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/%s", j->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	if (write(fd, der.p, der.len) != (ssize_t)der.len)
		rc = err_sys(e, R_FILE_IO, "%s", path);
	if (close(fd) != 0 && rc == 0)
		rc = err_sys(e, R_FILE_IO, "%s", path);
	return rc;
}

static void
describe_message(json_t *o, struct mem der)
{
	char hex[2 * LIM_TRANSACTION_ID + 1];
	struct cmp_msg *m;
	struct err e;

	if (cmp_msg_parse(der, &m, &e) != 0) {
		json_object_set_new(o, "body", json_null());
		return;
	}
	hex_print(cmp_msg_get0_header(m)->transaction_id, hex);
	json_object_set_new(o, "body", json_string(cmp_body_name((int)cmp_msg_body(m))));
	json_object_set_new(o, "transactionID", json_string(hex));
	cmp_msg_free(m);
}

static int
write_and_describe(struct journal *j, uint64_t n, enum journal_way way, struct mem der, json_t *o,
    struct err *e)
{
	char name[64], hex[2 * SHA256_LEN + 1];
	uint8_t hash[SHA256_LEN];

	message_name(name, sizeof(name), n, way);
	if (write_message(j, name, der, e) != 0 || sha256(der, hash, e) != 0)
		return -1;
	hex_print((struct mem){ hash, sizeof(hash) }, hex);
	json_object_set_new(o, "file", json_string(name));
	json_object_set_new(o, "sha256", json_string(hex));
	describe_message(o, der);
	return 0;
}

int
journal_message(struct journal *j, uint64_t n, enum journal_way way, struct mem der, json_t *more,
    struct err *e)
{
	json_t *o = json_object();
	char now[CLOCK_TEXT];
	int rc = -1;

	clock_print(clock_wall_us(), now, sizeof(now));
	json_object_set_new(o, "n", json_integer((json_int_t)n));
	json_object_set_new(o, "time", json_string(now));
	json_object_set_new(o, "direction", json_string(way == JOURNAL_IN ? "in" : "out"));
	if (der.len > 0 && write_and_describe(j, n, way, der, o, e) != 0)
		goto out;
	if (json_object_update(o, more) != 0) {
		(void)err_set(e, R_NO_MEMORY, "log line");
		goto out;
	}
	rc = append_line(j->log_fd, o, e);
out:
	json_decref(o);
	json_decref(more);
	return rc;
}

int
journal_keep(struct journal *j, uint64_t n, struct mem der, struct err *e)
{
	char name[64];

	message_name(name, sizeof(name), n, JOURNAL_KEPT);
	return write_message(j, name, der, e);
}

/* Whole: a kill may leave it empty, never half of it. */
static bool
answer_path(const struct journal *j, uint64_t n, char path[PATH_SIZE])
{
	static const enum journal_way ways[] = { JOURNAL_KEPT, JOURNAL_OUT };
	struct stat st;
	char name[64];

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		message_name(name, sizeof(name), n, ways[i]);
		snprintf(path, PATH_SIZE, "%s/%s", j->dir, name);
		if (stat(path, &st) == 0 && st.st_size > 0)
			return true;
	}
	return false;
}

bool
journal_has_answer(const struct journal *j, uint64_t n)
{
	char path[PATH_SIZE];

	return answer_path(j, n, path);
}

int
journal_answer(const struct journal *j, uint64_t n, struct blob *der, struct err *e)
{
	char path[PATH_SIZE];

	(void)answer_path(j, n, path);
	return file_read(path, LIM_CMP_NEST, der, e);
}

int
journal_state(struct journal *j, const json_t *state, struct err *e)
{
	return append_line(j->state_fd, state, e);
}

/* A line that was cut by a kill is the last one: it says nothing that anybody was told. */
static int
replay_line(const char *line, int (*each)(void *self, const json_t *state, struct err *e), void *self,
    struct err *e)
{
	json_t *v = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	int rc;

	if (v == NULL) {
		struct log_line l;

		log_begin(&l, LOG_WARN, "journal.cut");
		log_end(&l);
		return 0;
	}
	rc = each(self, v, e);
	json_decref(v);
	return rc;
}

int
journal_replay(const struct journal *j, int (*each)(void *self, const json_t *state, struct err *e),
    void *self, struct err *e)
{
	char path[PATH_SIZE], *line = NULL;
	size_t size = 0;
	FILE *f;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/states.jsonl", j->dir);
	f = fopen(path, "re");
	if (f == NULL)
		return err_sys(e, R_FILE_IO, "%s", path);
	while (rc == 0 && getline(&line, &size, f) > 0)
		rc = replay_line(line, each, self, e);
	free(line);
	fclose(f);
	return rc;
}
