/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A scenario, run again and again: in each run another allocation fails, once or for good. What must hold
 * whichever it is: nothing crashes, nothing leaks (the sanitizer build sees both), what is wrong is not
 * accepted, and nobody is told that what is right is wrong.
 */
#ifndef NEMRA_TESTS_OOM_OOM_H
#define NEMRA_TESTS_OOM_OOM_H

#include <stdbool.h>

#include "common/base/err.h"
#include "tests/oom/hook.h"
#include "tests/unit/unit.h"

enum oom_kind {
	OOM_GOOD = 0,		/* 0: accepted. Else the reason is ours: class internal or retry */
	OOM_BAD = 1,		/* never accepted */
	OOM_MAY_END = 2		/* code of gateway/: a child may end by process.abort, NO_MEMORY */
};

/*
 * run: 0 when the input was accepted, else -1 with *e. It leaves nothing behind, and pauses around what is
 * not its subject. OOM_EVERY=n tries every n-th allocation only, from OOM_OFFSET on.
 */
void oom_sweep(const char *name, int (*run)(struct err *e), unsigned kind);

#define OOM(f, kind) oom_sweep(#f, f, kind)

#endif
