/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a socket tells about its client without a thread that serves it: nothing is taken from it here.
 */
#ifndef NEMRA_INTAKE_HELLO_H
#define NEMRA_INTAKE_HELLO_H

#include <stdbool.h>

enum hello {
	HELLO_WAIT,		/* not all of it is here */
	HELLO_WHOLE,
	HELLO_GONE,		/* closed without a word */
	HELLO_CUT,
	HELLO_NO_TLS
};

/* Is a whole ClientHello waiting in it? closed: nothing more will come. */
enum hello hello_look(int fd, bool closed);

/* Has it sent something that we did not read yet? */
bool has_unread(int fd);

/* Have we read anything from it? What a client sends later cannot hide it. */
bool was_read(int fd);

#endif
