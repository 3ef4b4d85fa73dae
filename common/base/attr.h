/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Attributes that make the compiler check what a comment could only ask for.
 */
#ifndef NEMRA_BASE_ATTR_H
#define NEMRA_BASE_ATTR_H

/* The result says whether it worked: to drop it is a bug. */
#define MUSTUSE __attribute__((warn_unused_result))

/* A printf-like function: fmt and first are argument positions, from 1. */
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

#define NORETURN __attribute__((noreturn))

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

#endif
