/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lists of jobs, and doing them in groups. Inside the worker only.
 */
#ifndef NEMRA_INTAKE_JOBS_H
#define NEMRA_INTAKE_JOBS_H

#include "gateway/intake/worker.h"

struct job_list {
	struct job *head, *tail;
	size_t n;
};

void job_list_add(struct job_list *l, struct job *j);
struct job *job_list_take(struct job_list *l);			/* NULL: empty */
void job_list_move(struct job_list *to, struct job_list *from);	/* appends; from is empty then */

/*
 * Does all jobs of a list, which are of one kind, WORKER_GROUP in a call, and calls done for each. When
 * a call fails for a reason that is not the database's absence, each of its jobs is tried alone: one
 * that the database refuses does not take the others with it. db NULL: away says why.
 */
void jobs_run(struct db *db, struct job_list *l, const struct err *away);

/* Looks once for all of a list of waiting jobs; those that are over go to done. */
void jobs_look(struct db *db, struct job_list *waiting);

/* Lets those go whose time is over at now. The next one's time, or INT64_MAX. */
int64_t jobs_expire(struct job_list *waiting, int64_t now);

#endif
