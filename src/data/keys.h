/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hilbert keys of integer positions: 21 bits a dimension in 63 bits, for keeping neighbours together in memory and
 * on a rank. The tree of the gravity solver has deeper keys of its own; this one only orders the particles.
 */
#ifndef CATENA_KEYS_H
#define CATENA_KEYS_H

#include <stdint.h>

/* Skilling (2004, AIP Conf. Proc. 707, 381): the transpose form of the Hilbert index, undone bit by bit. */
uint64_t key_hilbert (const uint64_t position[3]);

/* Sorts indices: order[0..n) becomes a permutation of 0..n-1 with key[order[i]] ascending and, among equal keys,
 * id[order[i]] ascending. Stable radix sort, 8 bits at a time, passes over constant digits skipped. `scratch` has
 * n elements. id may be NULL: equal keys then keep the order of their indices. */
void key_sort (int64_t n, const uint64_t *key, const uint64_t *id, int64_t *order, int64_t *scratch);

#endif
