/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of the pages, what tests look at by itself.
 */
#ifndef NEMRA_INTAKE_PAGES_H
#define NEMRA_INTAKE_PAGES_H

#define FRACTION_TEXT 24

void fraction_print(double f, char out[FRACTION_TEXT]);

#endif
