/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One matrix for each of the 64 offsets between lattice cells takes the moments of a source cell to the field in a
 * sink cell: 64^2 products of matrices of 25 x 49 (p = 4). All products of orders are kept, since F is known to
 * any order, so that the error is that of the sources' moments, (0.22)^(p+1) of a term at worst, or of the sinks'
 * expansion, (0.22)^6, and not that of truncation at n + m <= p, (0.43)^p. The sinks' side needs the higher order,
 * for forces lose one: with order p on both sides the error is 5 times larger for p = 4, and 100 times for p = 3,
 * since the field of 4th order of a cubic lattice is its strongest. Moments come about the centres of mass of tree
 * cells and are shifted to the middles of the lattice, where those of all trees add up.
 */
#include "gravity/lattice.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "gravity/ewald.h"

static void split_number (int number, int at[3])
{
  for (int k = 2; k >= 0; k--, number /= LATTICE_SIDE)
    at[k] = number % LATTICE_SIDE;
}

int lattice_offset (int sink, int source)
{
  int a[3], b[3], d = 0;

  split_number (sink, a);
  split_number (source, b);
  for (int k = 0; k < 3; k++)
    d = d * LATTICE_SIDE + ((b[k] - a[k]) & 3);
  return d;
}

int lattice_images (int offset, int code[IMAGES])
{
  static const int digits[4][2] = { { 0, -1 }, { 0, 2 }, { 1, 2 }, { 0, 1 } }; /* 0; 1, -3; 2, -2; -1, 3 cells away */
  int d[3], n = 0;

  split_number (offset, d);
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++)
      for (int k = 0; k < 2; k++)
        if (digits[d[0]][i] >= 0 && digits[d[1]][j] >= 0 && digits[d[2]][k] >= 0)
          code[n++] = (digits[d[0]][i] * 3 + digits[d[1]][j]) * 3 + digits[d[2]][k];
  return n;
}

/* ---- the matrices ---- */

/* F's derivatives for all offsets: the sink lies at z0 = -d/4 from the source, and the images left out are those at
 * -1/4 and 3/4 (d = 1), -1/2 and 1/2, -3/4 and 1/4, or 0 alone. Constants of nature, made once. */
static double derivative[LATTICE_CELLS][(EWALD_ORDER_MAX + 1) * (EWALD_ORDER_MAX + 1)];
static bool derivatives_made;

static void make_derivatives (void)
{
  if (derivatives_made)
    return;
#pragma omp parallel for schedule(dynamic, 1)
  for (int offset = 0; offset < LATTICE_CELLS; offset++) {
    const int low[3] = { 0, 0, 0 };
    int d[3], high[3];
    double z[3];
    split_number (offset, d);
    for (int k = 0; k < 3; k++) {
      z[k] = -d[k] / 4.0;
      high[k] = d[k] > 0;
    }
    ewald_derivatives (z, 2, EWALD_ORDER_MAX, low, high, derivative[offset]);
  }
  derivatives_made = true;
}

/* The independent components (a,b,c), c <= 1, of orders 0 to p, in their places. */
static void list_components (int order, int (*component)[3])
{
  for (int n = 0; n <= order; n++)
    for (int c = 0; c <= (n > 0); c++)
      for (int b = 0; b <= n - c; b++)
        memcpy (component[ewald_place (n - b - c, b, c)], (const int[3]) { n - b - c, b, c }, 3 * sizeof (int));
}

/* Row m of the matrix of an offset: what moment m adds to each term of the field. */
static void make_matrices (struct lattice *l)
{
  const int terms = (l->order + 1) * (l->order + 1);
  int component[LATTICE_TERMS][3];

  list_components (EWALD_FIELD_ORDER, component);
  for (int offset = 0; offset < LATTICE_CELLS; offset++)
    for (int m = 0; m < terms; m++)
      for (int n = 0; n < LATTICE_TERMS; n++)
        l->matrix[((int64_t) offset * terms + m) * LATTICE_TERMS + n] =
          ewald_component (derivative[offset], component[m][0] + component[n][0], component[m][1] + component[n][1],
                           component[m][2] + component[n][2]);
}

enum status lattice_open (struct lattice **lattice, int order)
{
  struct lattice *l = *lattice;

  if (l && l->order != order)
    lattice_free (&l);
  if (!l) {
    const int64_t size = (int64_t) LATTICE_CELLS * (order + 1) * (order + 1) * LATTICE_TERMS;
    l = mem_alloc_zero ("lattice", 1, sizeof *l);
    if (l && !(l->matrix = mem_alloc ("lattice matrices", size, sizeof *l->matrix)))
      mem_free (&l);
    *lattice = l;
    if (!l)
      return ST_MEMORY;
    l->order = order;
    make_derivatives ();
    make_matrices (l);
  }
  l->mass = l->spread = 0;
  memset (l->dipole, 0, sizeof l->dipole);
  memset (l->moment, 0, sizeof l->moment);
  return ST_OK;
}

void lattice_free (struct lattice **lattice)
{
  if (!*lattice)
    return;
  mem_free (&(*lattice)->matrix);
  mem_free (lattice);
}

/* ---- moments ---- */

/* Adds a moment to the independent components: z^2 = -x^2 - y^2 against harmonic functions. */
static void add_folded (int a, int b, int c, double value, double *to)
{
  if (c < 2) {
    to[ewald_place (a, b, c)] += value;
    return;
  }
  add_folded (a + 2, b, c - 2, -value, to);
  add_folded (a, b + 2, c - 2, -value, to);
}

/* x^n / n! for n = 0 to order. */
static void powers_over_factorials (double x, int order, double *out)
{
  out[0] = 1;
  for (int n = 1; n <= order; n++)
    out[n] = out[n - 1] * x / n;
}

/* sum m (-q)^k/k! about the middle from the same about the centre: a product of series, one dimension after the other
 * being fast enough for 64 cells. `s` holds (a,b,c) at [a][b][c]. */
static void shift_moments (int order, const double d[3], double s[6][6][6])
{
  double power[6];

  for (int axis = 0; axis < 3; axis++) {
    powers_over_factorials (-d[axis], order, power);
    for (int a = order; a >= 0; a--)
      for (int b = order - a; b >= 0; b--)
        for (int c = order - a - b; c >= 0; c--) {
          const int top = axis == 0 ? a : axis == 1 ? b : c;
          double sum = 0;
          for (int k = 0; k <= top; k++)
            sum += power[k] * s[a - (axis == 0 ? k : 0)][b - (axis == 1 ? k : 0)][c - (axis == 2 ? k : 0)];
          s[a][b][c] = sum;
        }
  }
}

void lattice_add (struct lattice *l, int number, const uint64_t centre[3], double scale, const double *raw)
{
  double s[6][6][6], d[3], inverse[6];
  uint64_t middle[3];

  lattice_middle (number, middle);
  for (int k = 0; k < 3; k++)
    d[k] = (double) (int64_t) (centre[k] - middle[k]) * 0x1p-64;
  powers_over_factorials (1, l->order, inverse);
  double factor = 1;
  for (int n = 0, at = 0; n <= l->order; n++, factor *= -scale)
    for (int a = n; a >= 0; a--)
      for (int b = n - a; b >= 0; b--, at++)
        s[a][b][n - a - b] = raw[at] * factor * inverse[a] * inverse[b] * inverse[n - a - b];
  shift_moments (l->order, d, s);
  l->mass += s[0][0][0];
  l->dipole[0] -= s[1][0][0];
  l->dipole[1] -= s[0][1][0];
  l->dipole[2] -= s[0][0][1];
  l->spread += 2 * (s[2][0][0] + s[0][2][0] + s[0][0][2]);
  for (int n = 0; n <= l->order; n++)
    for (int a = n; a >= 0; a--)
      for (int b = n - a; b >= 0; b--)
        add_folded (a, b, n - a - b, s[a][b][n - a - b], l->moment[number]);
}

/* ---- field ---- */

static void add_field (const double *matrix, int terms, const double *moment, double *local)
{
  for (int m = 0; m < terms; m++)
    for (int n = 0; n < LATTICE_TERMS; n++)
      local[n] += moment[m] * matrix[m * LATTICE_TERMS + n];
}

void lattice_solve (struct lattice *l, const bool wanted[LATTICE_CELLS])
{
  const int terms = (l->order + 1) * (l->order + 1);

  memset (l->local, 0, sizeof l->local);
#pragma omp parallel for schedule(static)
  for (int sink = 0; sink < LATTICE_CELLS; sink++)
    for (int source = 0; source < LATTICE_CELLS && wanted[sink]; source++)
      if (l->moment[source][0] != 0)
        add_field (l->matrix + (int64_t) lattice_offset (sink, source) * terms * LATTICE_TERMS, terms,
                   l->moment[source], l->local[sink]);
}

/* Up to eight bodies at y from the middle. */
static void add_block (const struct lattice *l, const double *local, const double y[3][DIRECT_BLOCK], int n,
                       double (*acceleration)[3], double *potential)
{
  double a[3][DIRECT_BLOCK] = { { 0 } }, phi[DIRECT_BLOCK] = { 0 };

  ewald_field (local, y, a, phi);
  for (int i = 0; i < n; i++) {
    double square = 0, dipole = 0;
    for (int k = 0; k < 3; k++) {
      square += y[k][i] * y[k][i];
      dipole += y[k][i] * l->dipole[k];
      acceleration[i][k] += a[k][i] + 4 * M_PI / 3 * (l->mass * y[k][i] - l->dipole[k]);
    }
    if (potential)
      potential[i] += phi[i] + 2 * M_PI / 3 * (l->mass * square - 2 * dipole + l->spread);
  }
}

void lattice_field (const struct lattice *l, const uint64_t (*position)[3], int64_t n, double (*acceleration)[3],
                    double *potential)
{
  uint64_t middle[3];

  if (n == 0)
    return;
  const int number = lattice_of (position[0]);
  lattice_middle (number, middle);
  for (int64_t first = 0; first < n; first += DIRECT_BLOCK) {
    const int m = n - first < DIRECT_BLOCK ? (int) (n - first) : DIRECT_BLOCK;
    double y[3][DIRECT_BLOCK];
    for (int k = 0; k < 3; k++)
      for (int i = 0; i < DIRECT_BLOCK; i++)
        y[k][i] = (double) (int64_t) (position[first + (i < m ? i : 0)][k] - middle[k]) * 0x1p-64;
    add_block (l, l->local[number], y, m, acceleration + first,
               potential ? potential + first : NULL);
  }
}
