/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth and moves of the particle arrays are written once over the rows of particles.def, so a new field
 * is one new row. After the first time the arrays grow by a sixteenth at least, and they never shrink: a rank's load
 * moves slowly.
 *
 * The box of an isolated run keeps all particles in its middle half. Then the difference of two positions always fits
 * a signed 64-bit integer, also in tree code that never asks whether the run is periodic. */
#include "data/particles.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum status particles_reserve (struct particles *p, int64_t n)
{
  int64_t capacity;

  if (n <= p->capacity && p->id)
    return ST_OK;
  capacity = p->id ? n + n / 16 + 64 : n;
#define FIELD1(type, name, words)                                                                  \
  if (mem_resize (#name, &p->name, capacity, sizeof *p->name))                                     \
    return ST_MEMORY;
#define FIELD3(type, name, words) FIELD1 (type, name, words)
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
  p->capacity = capacity;
  return ST_OK;
}

void particles_free (struct particles *p)
{
#define FIELD1(type, name, words) mem_free (&p->name);
#define FIELD3(type, name, words) FIELD1 (type, name, words)
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
  p->n = p->capacity = 0;
}

void particles_copy (struct particles *p, int64_t to, int64_t from)
{
#define FIELD1(type, name, words) p->name[to] = p->name[from];
#define FIELD3(type, name, words) memcpy (p->name[to], p->name[from], sizeof p->name[0]);
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
}

void particles_remove_gone (struct particles *p, const struct comm *comm)
{
  int64_t kept = 0;

  for (int64_t i = 0; i < p->n; i++)
    if (!(p->flags[i] & PARTICLE_GONE)) {
      if (kept != i)
        particles_copy (p, kept, i);
      kept++;
    }
  p->n = kept;
  p->n_global = comm_sum (comm, kept);
}

enum status holes_reserve (struct holes *h, int n)
{
  int capacity = n + 4;

  if (n <= h->capacity && h->id)
    return ST_OK;
  if (mem_resize ("hole ids", &h->id, capacity, sizeof *h->id)
      || mem_resize ("hole spins", &h->spin, capacity, sizeof *h->spin)
      || mem_resize ("hole fractions", &h->fraction, capacity, sizeof *h->fraction)
      || mem_resize ("hole step hints", &h->step_hint, capacity, sizeof *h->step_hint))
    return ST_MEMORY;
  h->capacity = capacity;
  return ST_OK;
}

void holes_free (struct holes *h)
{
  mem_free (&h->id);
  mem_free (&h->spin);
  mem_free (&h->fraction);
  mem_free (&h->step_hint);
  h->n = h->capacity = 0;
}

int holes_find (const struct holes *h, uint64_t id)
{
  int low = 0, high = h->n;

  while (low < high) {
    int middle = (low + high) / 2;
    if (h->id[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < h->n && h->id[low] == id ? low : -1;
}

void holes_remove (struct holes *h, int index)
{
  int after = h->n - index - 1;

  memmove (h->id + index, h->id + index + 1, after * sizeof *h->id);
  memmove (h->spin + index, h->spin + index + 1, after * sizeof *h->spin);
  memmove (h->fraction + index, h->fraction + index + 1, after * sizeof *h->fraction);
  memmove (h->step_hint + index, h->step_hint + index + 1, after * sizeof *h->step_hint);
  h->n--;
}

void box_to_integer (const struct box *box, const double x[3], uint64_t out[3], double fraction[3])
{
  const double centre[3] = { box->corner[0] + 0.5 * box->length, box->corner[1] + 0.5 * box->length,
                             box->corner[2] + 0.5 * box->length };
  double from_centre[3];

  for (int k = 0; k < 3; k++) {
    out[k] = (uint64_t) 1 << 63;
    from_centre[k] = x[k] - centre[k];
    if (fraction)
      fraction[k] = 0;
  }
  box_displace (box, out, from_centre, fraction);
}

void box_to_length (const struct box *box, const uint64_t position[3], double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = box->corner[k] + (double) position[k] * (box->length * 0x1p-64);
}

void box_displace (const struct box *box, uint64_t position[3], const double displacement[3], double fraction[3])
{
  const double steps_per_length = 0x1p64 / box->length; /* exact: the length is a power of two times a short number */

  for (int k = 0; k < 3; k++) {
    double steps = displacement[k] * steps_per_length + (fraction ? fraction[k] : 0.0);
    double whole = nearbyint (steps);
    ASSERT (fabs (whole) <= 0x1p63);
    position[k] += whole >= 0x1p63 ? (uint64_t) 1 << 63 : (uint64_t) (int64_t) whole;
    if (fraction) { /* the rounded product loses what lies below 2^-53 of the displacement: recover it */
      double left = fma (displacement[k], steps_per_length, -whole) + fraction[k];
      whole = nearbyint (left);
      position[k] += (uint64_t) (int64_t) whole;
      fraction[k] = left - whole;
    }
  }
}

static int outside_middle (const uint64_t position[3])
{
  for (int k = 0; k < 3; k++)
    if (position[k] < (uint64_t) 1 << 62 || position[k] > (uint64_t) 3 << 62)
      return 1;
  return 0;
}

/* Halves every position; the bit that falls out goes to the fraction of the holes of this rank, and from there to
 * the tables of all ranks: bit patterns are summed as integers with the zeros of everybody else. */
static void box_double (const struct comm *comm, struct box *box, struct particles *p, struct holes *h)
{
  int64_t *bits = (int64_t *) h->fraction;
  double mine[3 * h->n + 1];

  memcpy (mine, h->fraction, sizeof (double) * 3 * h->n);
  memset (h->fraction, 0, sizeof (double) * 3 * h->n);
  for (int k = 0; k < 3; k++)
    box->corner[k] -= 0.5 * box->length;
  box->length *= 2;
  for (int64_t i = 0; i < p->n; i++) {
    int hole = p->type[i] == TYPE_HOLE ? holes_find (h, p->id[i]) : -1;
    for (int k = 0; k < 3; k++) {
      if (hole >= 0)
        h->fraction[hole][k] = 0.5 * (mine[3 * hole + k] + (double) (p->position[i][k] & 1));
      p->position[i][k] = (p->position[i][k] >> 1) + ((uint64_t) 1 << 62);
    }
  }
  if (h->n > 0)
    comm_sum_array (comm, bits, 3 * h->n);
}

int box_contain (const struct comm *comm, struct box *box, struct particles *p, struct holes *h, double reach)
{
  int doubled = 0;

  if (box->periodic)
    return 0;
  for (;; doubled++) {
    bool out = reach > 0.125 * box->length;
    for (int64_t i = 0; i < p->n && !out; i++)
      out = outside_middle (p->position[i]);
    if (!comm_any (comm, out))
      return doubled;
    box_double (comm, box, p, h);
  }
}
