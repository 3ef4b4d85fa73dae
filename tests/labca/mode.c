/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/labca/mode.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"

#define MODE_FILE_MAX 64

static const char *const names[] = {
	[MODE_OK] = "ok",
	[MODE_SLOW] = "slow",
	[MODE_WAIT] = "wait",
	[MODE_REFUSE] = "refuse",
	[MODE_LOSE_BEFORE] = "lose-before",
	[MODE_LOSE_AFTER] = "lose-after",
	[MODE_WRONG_KEY] = "wrong-key",
	[MODE_WRONG_NONCE] = "wrong-nonce",
	[MODE_WRONG_TID] = "wrong-tid",
	[MODE_UNPROTECTED] = "unprotected",
	[MODE_HTTP503] = "http503",
	[MODE_REISSUE] = "reissue",
	[MODE_TID_IN_USE] = "tid-in-use",
	[MODE_DOWN] = "down",
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const char *
mode_name(enum mode m)
{
	return names[m];
}

static enum mode
by_name(const char *word)
{
	struct log_line l;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(word, names[i]) == 0)
			return (enum mode)i;
	log_begin(&l, LOG_WARN, "mode.unknown");
	log_str(&l, "mode", word);
	log_end(&l);
	return MODE_OK;
}

/* "wait 3" becomes "wait 2", "wait 1" becomes "ok". */
static void
count_down(const char *path, const char *word, unsigned long left)
{
	char text[MODE_FILE_MAX];
	struct err e;

	if (left > 1)
		snprintf(text, sizeof(text), "%s %lu\n", word, left - 1);
	else
		snprintf(text, sizeof(text), "ok\n");
	if (file_write(path, mem_str(text), 0644, &e) != 0)
		log_failure(LOG_WARN, "mode.write", &e);
}

static enum mode
read_mode(const char *path)
{
	struct blob b = { NULL, 0 };
	char text[MODE_FILE_MAX + 1], *word, *count, *save = NULL;
	struct err e;

	if (access(path, F_OK) != 0)
		return MODE_OK;
	if (file_read(path, MODE_FILE_MAX, &b, &e) != 0) {
		log_failure(LOG_WARN, "mode.read", &e);
		return MODE_OK;
	}
	snprintf(text, sizeof(text), "%.*s", (int)b.len, b.p != NULL ? (const char *)b.p : "");
	blob_free(&b);
	word = strtok_r(text, " \t\r\n", &save);
	count = strtok_r(NULL, " \t\r\n", &save);
	if (word == NULL)
		return MODE_OK;
	if (count != NULL)
		count_down(path, word, strtoul(count, NULL, 10));
	return by_name(word);
}

enum mode
mode_take(const char *dir)
{
	char path[4096];
	enum mode m;

	snprintf(path, sizeof(path), "%s/mode", dir);
	pthread_mutex_lock(&lock);
	m = read_mode(path);
	pthread_mutex_unlock(&lock);
	return m;
}
