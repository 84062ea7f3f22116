/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of (key, id) is a function of the particles alone, so it is the same whatever their former order and
 * whichever ranks they came from: files and lists that follow it are the same for any number of ranks. */
#include "data/keys.h"

#include <string.h>

enum { BITS = 21 };

uint64_t key_hilbert (const uint64_t position[3])
{
  uint32_t x[3], t;

  for (int k = 0; k < 3; k++)
    x[k] = (uint32_t) (position[k] >> (64 - BITS));
  for (uint32_t q = 1u << (BITS - 1); q > 1; q >>= 1) /* inverse undo excess work */
    for (int k = 0; k < 3; k++)
      if (x[k] & q)
        x[0] ^= q - 1;
      else {
        t = (x[0] ^ x[k]) & (q - 1);
        x[0] ^= t;
        x[k] ^= t;
      }
  x[1] ^= x[0]; /* Gray encode */
  x[2] ^= x[1];
  t = 0;
  for (uint32_t q = 1u << (BITS - 1); q > 1; q >>= 1)
    if (x[2] & q)
      t ^= q - 1;
  uint64_t key = 0;
  for (int b = BITS - 1; b >= 0; b--)
    for (int k = 0; k < 3; k++)
      key = key << 1 | ((x[k] ^ t) >> b & 1);
  return key;
}

static void sort_by_digits (int64_t n, const uint64_t *value, int64_t *order, int64_t *scratch)
{
  for (int shift = 0; shift < 64; shift += 8) {
    int64_t count[257] = { 0 };
    for (int64_t i = 0; i < n; i++)
      count[(value[i] >> shift & 0xff) + 1]++;
    if (n == 0 || count[(value[0] >> shift & 0xff) + 1] == n)
      continue;
    for (int d = 0; d < 256; d++)
      count[d + 1] += count[d];
    for (int64_t i = 0; i < n; i++)
      scratch[count[value[order[i]] >> shift & 0xff]++] = order[i];
    memcpy (order, scratch, n * sizeof *order);
  }
}

void key_sort (int64_t n, const uint64_t *key, const uint64_t *id, int64_t *order, int64_t *scratch)
{
  for (int64_t i = 0; i < n; i++)
    order[i] = i;
  if (id)
    sort_by_digits (n, id, order, scratch);
  sort_by_digits (n, key, order, scratch);
}
