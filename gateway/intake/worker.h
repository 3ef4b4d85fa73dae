/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The thread that speaks to the store. Requests whose connection is suspended leave a job here; all
 * jobs of a kind that wait go in one call, so many uploads share one commit, and one that is alone
 * waits for nobody. It loses and finds the database by itself; while that is away a job fails at once.
 */
#ifndef NEMRA_INTAKE_WORKER_H
#define NEMRA_INTAKE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/store/door.h"

enum job_kind {
	JOB_IDENTIFY,
	JOB_SUBMIT,
	JOB_READ,
	JOB_MARK,
	JOB_WAIT,		/* until the request is worth reading, or until; reads nothing */
	JOB_KINDS
};

struct job {
	struct job *next;	/* the worker's while it has the job */
	enum job_kind kind;
	union {
		struct door_who who;
		struct door_upload up;
		struct door_read read;
		struct door_mark mark;
	};
	int64_t until;		/* JOB_WAIT: monotonic ms */
	struct err err;		/* of the call as a whole: nothing was done, or it is not known */
	void (*done)(struct job *);	/* called once, on the worker's thread; then it is the owner's again */
	void *arg;
};

#define WORKER_QUEUE 8192	/* jobs that may wait for the store */
#define WORKER_GROUP 256	/* jobs in one call */

struct worker;

struct worker_options {
	const char *url;	/* of the database; "" = the private cluster */
	bool synchronous;
};

/* Starts the thread; the database may be away. */
int worker_start(const struct worker_options *o, struct worker **out, struct err *e) MUSTUSE;

/* Hands a job over. -1 (R_NOT_READY): the queue is full or the worker is stopping; done is not called. */
int worker_push(struct worker *w, struct job *j, struct err *e) MUSTUSE;

/* Can the store be used now? R_DB_AWAY, R_DB_SCHEMA, R_DB_WEAK …, R_NOT_READY. */
int worker_ready(struct worker *w, struct err *e) MUSTUSE;

/* When its loop last went round, monotonic ms. */
int64_t worker_pulse(struct worker *w);

/* Takes no more jobs, finishes those it has, lets all who wait go, ends the thread. */
void worker_stop(struct worker *w);
void worker_free(struct worker *w);

/* Is there something to tell the station: a certificate, a final state, or the need of a person? */
bool worker_worth_telling(enum request_state s);

#endif
