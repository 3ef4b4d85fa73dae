/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The state table as docs/states.md shows it.
 */
#ifndef NEMRA_TESTS_UNIT_CORE_STATES_H
#define NEMRA_TESTS_UNIT_CORE_STATES_H

#include "common/base/buf.h"

#define STATES_MAX (64u * 1024)

void states_draw(struct buf *b);

#endif
