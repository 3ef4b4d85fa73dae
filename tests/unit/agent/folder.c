/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/priv.h"
#include "common/base/file.h"
#include "tests/unit/unit.h"

/* The pair number n: texts that say so, so that a mixture shows. */
static void
pair_of(int n, struct nemra_pair *p, char text[3][16])
{
	static const char *const part[3] = { "key", "cert", "chain" };
	struct nemra_bytes b[3];

	for (int i = 0; i < 3; i++) {
		snprintf(text[i], 16, "%s %d\n", part[i], n);
		b[i] = (struct nemra_bytes){ (const uint8_t *)text[i], strlen(text[i]) };
	}
	*p = (struct nemra_pair){ b[0], b[1], b[2] };
}

static int
install(struct nemra_store *s, int n)
{
	struct nemra_pair p;
	struct nemra_error e;
	char text[3][16];

	pair_of(n, &p, text);
	return s->install(s->self, &p, &e);
}

/* The number in a file of the pair in use; -1: it is not there. */
static int
number_in(const char *dir, const char *file)
{
	struct blob b = { NULL, 0 };
	char path[256];
	int n = -1;

	snprintf(path, sizeof(path), "%s/current/%s", dir, file);
	if (file_read(path, 256, &b, NULL) == 0 && b.len > 0)
		n = b.p[b.len - 2] - '0';
	blob_free(&b);
	return n;
}

/* The number of the pair in use when all its files are of one pair; -1: none; -2: a mixture. */
static int
pair_in_use(const char *dir)
{
	int n = number_in(dir, "key.pem");

	return number_in(dir, "cert.pem") == n && number_in(dir, "chain.pem") == n &&
	    number_in(dir, "fullchain.pem") == n ? n : -2;
}

static int
generations(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += strncmp(e->d_name, "gen-", 4) == 0;
	if (d != NULL)
		(void)closedir(d);
	return n;
}

static struct nemra_store
open_store(const char *dir)
{
	struct nemra_store s = { 0 };
	struct nemra_error e;

	CU_ASSERT_EQUAL_FATAL(nemra_store_folder(dir, false, &s, &e), 0);
	return s;
}

static void
values_come_back_and_go(void)
{
	const char *dir = unit_tmp();
	struct nemra_store s = open_store(dir);
	struct nemra_error e;
	uint8_t to[16];
	size_t len = 0;
	char path[256];
	struct stat st;

	CU_ASSERT_EQUAL(s.get(s.self, "pending", to, sizeof(to), &len, &e), 1);
	CU_ASSERT_EQUAL(s.put(s.self, "pending", (struct nemra_bytes){ (const uint8_t *)"abc", 3 }, &e), 0);
	CU_ASSERT_EQUAL(s.get(s.self, "pending", to, sizeof(to), &len, &e), 0);
	CU_ASSERT_EQUAL(len, 3);
	CU_ASSERT_EQUAL(s.get(s.self, "pending", to, 2, &len, &e), -1);
	snprintf(path, sizeof(path), "%s/pending", dir);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	CU_ASSERT_EQUAL(s.put(s.self, "pending", (struct nemra_bytes){ NULL, 0 }, &e), 0);
	CU_ASSERT_EQUAL(s.get(s.self, "pending", to, sizeof(to), &len, &e), 1);
	s.free(s.self);
}

static void
the_newest_pair_is_in_use_and_one_before_is_kept(void)
{
	const char *dir = unit_tmp();
	struct nemra_store s = open_store(dir);
	struct nemra_error e;
	uint8_t to[64];
	size_t len;

	CU_ASSERT_EQUAL(s.installed(s.self, to, sizeof(to), &len, &e), 1);
	for (int n = 1; n <= 5; n++) {
		CU_ASSERT_EQUAL(install(&s, n), 0);
		CU_ASSERT_EQUAL(pair_in_use(dir), n);
		CU_ASSERT_EQUAL(generations(dir), n == 1 ? 1 : 2);
	}
	CU_ASSERT_EQUAL(s.installed(s.self, to, sizeof(to), &len, &e), 0);
	CU_ASSERT_EQUAL(len, 7);
	s.free(s.self);
}

static void
a_second_agent_is_locked_out_but_may_look(void)
{
	const char *dir = unit_tmp();
	struct nemra_store s = open_store(dir), other = { 0 };
	struct nemra_error e;

	CU_ASSERT_EQUAL(nemra_store_folder(dir, false, &other, &e), -1);
	CU_ASSERT_EQUAL(e.status, 6);
	CU_ASSERT_EQUAL_FATAL(nemra_store_folder(dir, true, &other, &e), 0);
	CU_ASSERT_EQUAL(install(&other, 1), -1);
	CU_ASSERT_EQUAL(other.put(other.self, "x", (struct nemra_bytes){ (const uint8_t *)"a", 1 }, &e), -1);
	other.free(other.self);
	s.free(s.self);
	s = open_store(dir);
	s.free(s.self);
}

/* --- a crash before each step --- */

struct crash {
	int left;	/* steps until the process dies */
};

static void
maybe_die(void *arg, const char *step)
{
	struct crash *c = arg;

	(void)step;
	if (c->left-- == 0)
		_exit(77);
}

/* Installs pair n in a process that dies before the given step: 77; 0 when it came to the end. */
static int
install_and_die(const char *dir, int n, int at)
{
	struct crash c = { at };
	struct nemra_store s = { 0 };
	struct nemra_error e;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (nemra_store_folder(dir, false, &s, &e) != 0)
			_exit(1);
		store_folder_on_step(&s, maybe_die, &c);
		_exit(install(&s, n) == 0 ? 0 : 2);
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
a_crash_at_any_step_leaves_a_pair_that_matches(void)
{
	int steps = 0, rc;

	for (int before = 0; before <= 3; before++)
		for (int at = 0;; at++) {
			const char *dir = unit_tmp();
			struct nemra_store s = open_store(dir);

			for (int n = 1; n <= before; n++)
				CU_ASSERT_EQUAL(install(&s, n), 0);
			s.free(s.self);
			rc = install_and_die(dir, 8, at);
			CU_ASSERT_TRUE(rc == 0 || rc == 77);
			if (rc == 0)
				CU_ASSERT_EQUAL(pair_in_use(dir), 8);
			CU_ASSERT_TRUE(pair_in_use(dir) == 8 || pair_in_use(dir) == (before == 0 ? -1 : before));
			s = open_store(dir);		/* and the next one works, and clears up */
			CU_ASSERT_EQUAL(install(&s, 9), 0);
			CU_ASSERT_EQUAL(pair_in_use(dir), 9);
			CU_ASSERT_TRUE(generations(dir) <= 2);
			s.free(s.self);
			if (rc == 0)
				break;
			steps++;
		}
	CU_ASSERT_TRUE(steps >= 4 * 9);
}

static void
files_that_are_not_ours_are_left_alone(void)
{
	const char *dir = unit_tmp();
	struct nemra_store s = open_store(dir);
	char path[256];

	snprintf(path, sizeof(path), "%s/gen-x", dir);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/notes", dir);
	CU_ASSERT_EQUAL(file_write(path, mem_str("keep"), 0600, NULL), 0);
	for (int n = 1; n <= 4; n++)
		CU_ASSERT_EQUAL(install(&s, n), 0);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	CU_ASSERT_EQUAL(generations(dir), 3);
	s.free(s.self);
}

static void
a_link_that_is_not_ours_stops_installing_and_nothing_is_removed(void)
{
	const char *dir = unit_tmp();
	struct nemra_store s = open_store(dir);
	char path[256];

	for (int n = 1; n <= 2; n++)
		CU_ASSERT_EQUAL(install(&s, n), 0);
	snprintf(path, sizeof(path), "%s/current", dir);
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(symlink("/elsewhere", path), 0);
	CU_ASSERT_EQUAL(install(&s, 3), -1);
	CU_ASSERT_EQUAL(generations(dir), 2);
	s.free(s.self);
}

static const struct unit_test tests[] = {
	UNIT(values_come_back_and_go),
	UNIT(the_newest_pair_is_in_use_and_one_before_is_kept),
	UNIT(a_second_agent_is_locked_out_but_may_look),
	UNIT(a_crash_at_any_step_leaves_a_pair_that_matches),
	UNIT(files_that_are_not_ours_are_left_alone),
	UNIT(a_link_that_is_not_ours_stops_installing_and_nothing_is_removed),
};
extern const struct unit_suite folder_suite;
UNIT_SUITE(folder_suite, tests);
