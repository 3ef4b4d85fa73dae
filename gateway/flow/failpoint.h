/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Named places where a crash test has the process killed. Nothing in the product: only a build with
 * -DNEMRA_FAILPOINTS has them, and then each reads the file "failpoint" of the working directory, "NAME COUNT",
 * and dies by SIGKILL when it is met for the COUNTth time.
 */
#ifndef NEMRA_FLOW_FAILPOINT_H
#define NEMRA_FLOW_FAILPOINT_H

#ifdef NEMRA_FAILPOINTS
void failpoint(const char *name);
#define FAILPOINT(name) failpoint(name)
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
