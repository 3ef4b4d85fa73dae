/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A configuration folder for one test.
 */
#ifndef NEMRA_TESTS_RUN_FOLDER_H
#define NEMRA_TESTS_RUN_FOLDER_H

#include "gateway/run/conf.h"

/* A nemra.yaml with one CA "core" and nothing else but the text before it. */
#define CORE "cas: [ { name: core, url: \"http://ca.example/cmp\", recipient: CN=CA, trust: [ root.pem ] } ]\n"

/* A profile of that name with what must be there. */
#define PROFILE(name) "name: " name "\nca: core\nsubject: \"CN=${station},O=Ex\"\nkeys: [ ec-p256 ]\n"

/* A new folder with nemra.yaml (and profiles/, empty); the file's path, until the next call. */
const char *folder_make(const char *nemra_yaml);

/* profiles/FILE in the last folder. */
void folder_add(const char *file, const char *text);

/* Loads the last folder. */
int folder_load(struct nemra_conf *out, struct err *e);

/* True when it is refused with a detail that has this in it; shows the other one when not. */
bool folder_refused(const char *part);

#endif
