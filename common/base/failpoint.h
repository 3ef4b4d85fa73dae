/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Named places where a crash test has the process killed, or frozen. Nothing in the product: only a build with
 * -DNEMRA_FAILPOINTS has them (tests/crash/crash.mk), and then each reads the file "failpoint" of the working
 * directory, "NAME COUNT" or "NAME COUNT stop", and the process is killed, or stopped, when it meets NAME for the
 * COUNTth time. An order is for those that run when it is given: the process that is started in the place of a killed
 * one goes on.
 */
#ifndef NEMRA_BASE_FAILPOINT_H
#define NEMRA_BASE_FAILPOINT_H

#ifdef NEMRA_FAILPOINTS
void failpoint(const char *what, const char *phase);
#define FAILPOINT(name) failpoint(name, "")
#define FAILPOINT_OF(what, phase) failpoint(what, "." phase)	/* "WHAT.PHASE" */
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_OF(what, phase) ((void)(what))
#endif

#endif
