/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies are spread over the mesh by sixth-order B-splines, the density is multiplied by the Green's function in
 * Fourier space, the potential is differentiated by a difference of eleven points, and force and potential are read
 * off by the same B-splines. So the force between two bodies is exactly opposite on both, and a body exerts none on
 * itself, for any mesh and up to rounding.
 *
 * Why this order: the split makes the potential smooth on the scale of r_s, so what errs is the aliasing of the
 * assignment, (k/(2 pi - k))^6 each way for a wave number k per cell, and it falls steeply with the order; with r_s
 * of 1.25 cells the force of a point mass errs by 1e-5 of G m/r_s^2 where fourth order errs by 1e-4. Differences
 * instead of factors of ik: one transform back instead of four, and one number per cell to send instead of four. The
 * coefficients of the difference are fitted to the wave numbers that the split leaves (Asmth), third order exact.
 *
 * Masses are deposited as integers, so the sum in a cell does not depend on order: units are such that the whole mass
 * stays below 2^61 and one body's below 2^50. Bodies are sorted into blocks of 8^3 cells; a block's bodies are spread
 * over a small cube in cache first, and read from such a cube later, whose three differences are taken once for all
 * of them. The ranks' parts of the mesh are patches (patch.h), and transforms are fft.h's.
 *
 * An isolated set has the mesh laid over it, and as much empty space beyond in each axis (Hockney & Eastwood 1988,
 * sect. 6-5-4), with the Green's function of erf(r/2 r_s)/r sampled on the mesh.
 */
#include "gravity/mesh.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/exact.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/keys.h"
#include "gravity/fft.h"
#include "gravity/patch.h"
#include "gravity/spread.h"

struct mesh
{
  int n, periodic, length; /* length of the transforms: n, or 2 n with the empty space */
  double asmth, mean_by_tree;
  double difference[REACH];
  const struct spread_kernels *kernels;
  double *wave2, *filter; /* owned: by wave number, k^2 and the factor of each axis in the Green's function */
  double *green;          /* owned, isolated: in the order of the modes, first half + 1 of each line */
  int green_size, green_rank; /* for which they were made */
};

/* ---- where bodies are ---- */

/* Cell and fraction of a position along one axis. */
static inline int cell_of (const struct mesh *m, const struct mesh_frame *frame, uint64_t position, int axis,
                           double *f)
{
  const uint64_t x = position - frame->origin[axis];

  if (frame->steps > 0) {
    *f = (double) (x % frame->steps) / (double) frame->steps;
    return (int) (x / frame->steps);
  }
  const unsigned __int128 u = (unsigned __int128) x * (unsigned) m->n;
  *f = (double) ((uint64_t) u >> 11) * 0x1p-53;
  return (int) (u >> 64);
}

/* ---- the Green's function ---- */

/* Coefficients c of sum_j c_j (phi (i + j) - phi (i - j)), whose factor 2 sum_j c_j sin (j k) is to be k: least
 * squares weighted with the force that the split leaves at k, with the first and third derivatives exact. Normal
 * equations with two multipliers, by elimination with pivots. */
static void difference_fit (double asmth, double c[REACH])
{
  enum { N = REACH + 2, POINTS = 512 };
  double a[N][N + 1] = { { 0 } };

  for (int p = 0; p < POINTS; p++) {
    const double k = M_PI * (p + 0.5) / POINTS, weight = exp (-2 * k * k * asmth * asmth) / (k * k);
    for (int i = 0; i < REACH; i++) {
      for (int j = 0; j < REACH; j++)
        a[i][j] += weight * 8 * sin ((i + 1) * k) * sin ((j + 1) * k);
      a[i][N] += weight * 4 * sin ((i + 1) * k) * k;
    }
  }
  for (int i = 0; i < REACH; i++) {
    a[i][REACH] = a[REACH][i] = 2.0 * (i + 1);
    a[i][REACH + 1] = a[REACH + 1][i] = 2.0 * (i + 1) * (i + 1) * (i + 1);
  }
  a[REACH][N] = 1;
  for (int i = 0; i < N; i++) {
    int pivot = i;
    for (int r = i + 1; r < N; r++)
      pivot = fabs (a[r][i]) > fabs (a[pivot][i]) ? r : pivot;
    for (int k = 0; k <= N; k++) {
      const double swap = a[i][k];
      a[i][k] = a[pivot][k];
      a[pivot][k] = swap;
    }
    for (int r = 0; r < N; r++)
      for (int k = N; k >= i && r != i; k--)
        a[r][k] -= a[r][i] / a[i][i] * a[i][k];
  }
  for (int i = 0; i < REACH; i++)
    c[i] = a[i][N] / a[i][i];
}

/* The transform of the B-spline along one axis, for |k| <= pi. */
static double spline_transform (double k)
{
  const double s = k != 0 ? sin (k / 2) / (k / 2) : 1;

  return s * s * s * s * s * s;
}

static void tables_fill (struct mesh *m)
{
  for (int i = 0; i < m->length; i++) {
    const double k = 2 * M_PI * (i <= m->length / 2 ? i : i - m->length) / m->length, w = spline_transform (k);
    m->wave2[i] = k * k;
    m->filter[i] = (m->periodic ? exp (-k * k * m->asmth * m->asmth) : 1) / (w * w) / m->length;
  }
}

/* Unit mass, cells as lengths: the potential at squared distance r2. */
static double long_range_potential (double r2, double asmth)
{
  const double r = sqrt (r2);

  return r2 > 0 ? -erf (r / (2 * asmth)) / r : -1 / (sqrt (M_PI) * asmth);
}

/* Local. Potential of a body in the corner of a mesh of twice the size, nearest images. */
static void corner_potential (const struct mesh *m, const struct fft *fft, int rank, double *columns)
{
  const int64_t first = fft_first_column (fft, rank), last = fft_first_column (fft, rank + 1);

#pragma omp parallel for schedule(static)
  for (int64_t c = first; c < last; c++) {
    const int n = m->length, x = (int) (c / n), y = (int) (c % n);
    const double dx = x < n - x ? x : n - x, dy = y < n - y ? y : n - y;
    for (int z = 0; z < n; z++) {
      const double dz = z < n - z ? z : n - z;
      columns[(c - first) * 2 * fft_pitch (fft) + z] = long_range_potential (dx * dx + dy * dy + dz * dz, m->asmth);
    }
  }
}

/* Collective, agreed. Once for each way of dealing out the modes. */
static enum status green_prepare (struct mesh *m, const struct comm *comm)
{
  struct fft *fft = NULL;
  double complex *a = NULL, *b = NULL;
  const int half = m->length / 2 + 1;

  if (m->periodic || (m->green && m->green_size == comm->size && m->green_rank == comm->rank))
    return ST_OK;
  mem_free (&m->green);
  enum status st = fft_create (comm, m->length, m->length, &fft);
  if (st == ST_OK) {
    const int64_t lines = fft_first_mode (fft, comm->rank + 1) - fft_first_mode (fft, comm->rank);
    a = mem_alloc ("Green's function", fft_room (fft), sizeof *a);
    b = mem_alloc ("Green's function", fft_room (fft), sizeof *b);
    m->green = mem_alloc ("Green's function", lines * half, sizeof *m->green);
    st = a && b && m->green ? ST_OK : ST_MEMORY;
  }
  st = status_agree (comm, st, NULL);
  if (st == ST_OK) {
    const int64_t first = fft_first_mode (fft, comm->rank), last = fft_first_mode (fft, comm->rank + 1);
    corner_potential (m, fft, comm->rank, (double *) a);
    fft_forward (fft, a, b);
    for (int64_t l = first; l < last; l++)
      for (int i = 0; i < half; i++)
        m->green[(l - first) * half + i] = creal (a[(l - first) * m->length + i]);
    m->green_size = comm->size;
    m->green_rank = comm->rank;
  }
  mem_free (&a);
  mem_free (&b);
  fft_free (&fft);
  return st;
}

/* Local. Density to potential, of unit G and cells as lengths. The constant part of a periodic box is dropped. */
static void green_apply (const struct mesh *m, const struct fft *fft, int rank, double complex *modes)
{
  const int n = m->length, half = n / 2 + 1;
  const int64_t first = fft_first_mode (fft, rank), last = fft_first_mode (fft, rank + 1);

#pragma omp parallel for schedule(static)
  for (int64_t l = first; l < last; l++) {
    const int ky = (int) (l % n), kz = (int) (l / n);
    const double filter = m->filter[kz] * m->filter[ky], k2 = m->wave2[kz] + m->wave2[ky];
    double complex *const line = modes + (l - first) * n;
    for (int i = 0; i < n; i++) {
      if (m->periodic)
        line[i] *= l + i > 0 ? -4 * M_PI * filter * m->filter[i] / (k2 + m->wave2[i]) : 0;
      else
        line[i] *= m->green[(l - first) * half + (i < half ? i : n - i)] * filter * m->filter[i];
    }
  }
}

/* ---- bodies in blocks ---- */

/* Bodies order[first ... last) have their cells in one tile: low to high. */
struct block
{
  int64_t first, last;
  int low[3], high[3];
};

struct blocks
{
  struct block *block; /* owned */
  int64_t n;
  int64_t *order; /* owned: of the bodies */
};

static void blocks_free (struct blocks *b)
{
  mem_free (&b->block);
  mem_free (&b->order);
}

static void block_extend (const struct mesh *m, const struct mesh_frame *frame, const uint64_t position[3],
                          struct block *b)
{
  double f;

  for (int k = 0; k < 3; k++) {
    const int cell = cell_of (m, frame, position[k], k, &f);
    b->low[k] = cell < b->low[k] ? cell : b->low[k];
    b->high[k] = cell > b->high[k] ? cell : b->high[k];
  }
}

/* Local. Sorted by tile; ST_MEMORY. */
static enum status blocks_make (const struct mesh *m, const struct mesh_frame *frame,
                                const struct gravity_bodies *bodies, struct blocks *out)
{
  const uint64_t tiles = (uint64_t) (m->n + TILE - 1) / TILE;
  uint64_t *key = mem_alloc ("mesh keys", bodies->n, sizeof *key);
  int64_t *scratch = mem_alloc ("mesh order", bodies->n, sizeof *scratch);

  *out = (struct blocks) { .order = mem_alloc ("mesh order", bodies->n, sizeof *out->order) };
  if (key && scratch && out->order) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < bodies->n; i++) {
      double f;
      key[i] = 0;
      for (int k = 0; k < 3; k++)
        key[i] = key[i] * tiles + (uint64_t) (cell_of (m, frame, bodies->position[i][k], k, &f) / TILE);
    }
    key_sort (bodies->n, key, NULL, out->order, scratch);
    for (int64_t i = 0; i < bodies->n; i++)
      out->n += i == 0 || key[out->order[i]] != key[out->order[i - 1]];
    out->block = mem_alloc ("mesh blocks", out->n, sizeof *out->block);
  }
  for (int64_t i = 0, n = 0; i < bodies->n && out->block; i++) {
    const int64_t j = out->order[i];
    if (i == 0 || key[j] != key[out->order[i - 1]])
      out->block[n++] = (struct block) { i, i, { INT32_MAX, INT32_MAX, INT32_MAX }, { -1, -1, -1 } };
    out->block[n - 1].last = i + 1;
    block_extend (m, frame, bodies->position[j], out->block + n - 1);
  }
  mem_free (&key);
  mem_free (&scratch);
  return out->block ? ST_OK : ST_MEMORY;
}

/* The cells into which a block's bodies put mass (margin REACH), or whose potential they feel (0). */
static void block_window (const struct mesh *m, const struct block *b, int margin, struct window *w)
{
  for (int k = 0; k < 3; k++)
    window_cut (w, k, m->n, b->low[k] + margin, b->high[k] - b->low[k] + WIDTH - 2 * margin);
}

/* Local. ST_MEMORY. */
static enum status blocks_cover (const struct mesh *m, const struct blocks *blocks, int margin, struct patch *p)
{
  enum status st = ST_OK;

  patch_init (p, m->n);
  for (int64_t b = 0; b < blocks->n && st == ST_OK; b++) {
    struct window w;
    block_window (m, blocks->block + b, margin, &w);
    st = patch_touch (p, &w);
  }
  return st == ST_OK ? patch_allocate (p) : st;
}

/* ---- from bodies to the mesh ---- */

static inline struct spot spot_of (const struct mesh *m, const struct mesh_frame *frame, const uint64_t position[3],
                                   const struct block *b)
{
  struct spot s;

  for (int k = 0; k < 3; k++)
    s.cell[k] = cell_of (m, frame, position[k], k, s.fraction + k) - b->low[k];
  return s;
}

/* Masses are multiplied by 2^exponent. */
static void deposit (const struct mesh *m, const struct mesh_frame *frame, const struct blocks *blocks,
                     const struct gravity_bodies *bodies, int exponent, int64_t *cubes, struct patch *p)
{
  const double unit = ldexp (1, exponent);

#pragma omp parallel
  {
    int64_t *const cube = cubes + (int64_t) omp_get_thread_num () * INNER * INNER * INNER_Z;
#pragma omp for schedule(dynamic, 8)
    for (int64_t k = 0; k < blocks->n; k++) {
      const struct block *const b = blocks->block + k;
      struct window w;
      memset (cube, 0, INNER * INNER * INNER_Z * sizeof *cube);
      for (int64_t i = b->first; i < b->last; i++) {
        const int64_t j = blocks->order[i];
        const struct spot s = spot_of (m, frame, bodies->position[j], b);
        m->kernels->put (&s, bodies->mass[j] * unit, cube);
      }
      block_window (m, b, REACH, &w);
      patch_add (p, &w, cube, INNER, INNER_Z);
    }
  }
}

/* ---- from the mesh to bodies ---- */

/* Factors from the units of the mesh; shift is added to each potential, self times its mass as well. */
struct mesh_scales
{
  double acceleration, potential, shift, self;
};

static void interpolate (const struct mesh *m, const struct mesh_frame *frame, const struct blocks *blocks,
                         const struct gravity_bodies *bodies, const struct mesh_scales *scales, const struct patch *p,
                         struct field *fields, const struct gravity_result *result)
{
#pragma omp parallel
  {
    struct field *const field = fields + omp_get_thread_num ();
#pragma omp for schedule(dynamic, 8)
    for (int64_t k = 0; k < blocks->n; k++) {
      const struct block *const b = blocks->block + k;
      struct window w;
      block_window (m, b, 0, &w);
      patch_gather (p, &w, &field->potential[0][0][0], CUBE, CUBE_Z);
      m->kernels->differentiate (m->difference, b->high[0] - b->low[0] + ORDER, b->high[1] - b->low[1] + ORDER,
                                 field);
      for (int64_t i = b->first; i < b->last; i++) {
        const int64_t j = blocks->order[i];
        const struct spot s = spot_of (m, frame, bodies->position[j], b);
        double sum[4];
        m->kernels->read (field, &s, sum);
        for (int c = 0; c < 3 && result->acceleration; c++)
          result->acceleration[j][c] += scales->acceleration * sum[c];
        if (result->potential)
          result->potential[j] += scales->potential * sum[3] + scales->shift + scales->self * bodies->mass[j];
      }
    }
  }
}

/* ---- groups ---- */

struct member
{
  uint64_t position[3], id;
  double mass;
  int64_t group;
};

static int compare_members (const void *a, const void *b)
{
  const struct member *x = a, *y = b;

  if (x->group != y->group)
    return x->group < y->group ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

/* Of a unit mass at squared distance r2, in units of 2 r_s: potential without its sign, and force over distance. The
 * series is that of the error function; ten terms leave 1e-8 of the smallest, 1e-11 of the sum at r2 = 1/2. */
static void long_range_pair (double r2, double *force, double *potential)
{
  if (r2 > 0.5) {
    const double r = sqrt (r2), e = erf (r);
    *potential = e / r;
    *force = (e - M_2_SQRTPI * r * exp (-r2)) / (r * r2);
    return;
  }
  double term = 1;
  *force = *potential = 0;
  for (int n = 0; n < 12; n++) {
    *potential += M_2_SQRTPI * term / (2 * n + 1);
    *force += 2 * M_2_SQRTPI * term / (2 * n + 3);
    term *= -r2 / (n + 1);
  }
}

/* Takes back what the members of its group, sorted, do to body i. */
static void group_take_back (const struct gravity_bodies *bodies, int64_t i, const struct member *member, int64_t n,
                             double step, double scale, double G, const struct gravity_result *result)
{
  double a[3] = { 0 }, phi = 0;

  for (int64_t j = 0; j < n; j++) {
    double d[3], r2 = 0, force, potential;
    if (member[j].id == bodies->id[i])
      continue;
    for (int k = 0; k < 3; k++) {
      d[k] = (double) (int64_t) (member[j].position[k] - bodies->position[i][k]) * step / scale;
      r2 += d[k] * d[k];
    }
    long_range_pair (r2, &force, &potential);
    phi -= member[j].mass * potential;
    for (int k = 0; k < 3; k++)
      a[k] += member[j].mass * force * d[k];
  }
  for (int k = 0; k < 3 && result->acceleration; k++)
    result->acceleration[i][k] -= G / (scale * scale) * a[k];
  if (result->potential)
    result->potential[i] -= G / scale * phi;
}

/* Collective, agreed ST_MEMORY. step: length of a step of a position. Every rank sees the members of all groups. */
static enum status groups_take_back (const struct comm *comm, const struct gravity_bodies *bodies, double step,
                                     double split_scale, double G, const struct gravity_result *result)
{
  struct member *mine = NULL, *all = NULL;
  int64_t n = 0, *first = NULL, n_all;

  for (int64_t i = 0; i < bodies->n && bodies->group; i++)
    n += bodies->group[i] >= 0;
  if (comm_sum (comm, n) == 0)
    return ST_OK;
  mine = mem_alloc ("group members", n, sizeof *mine);
  enum status st = status_agree (comm, mine ? ST_OK : ST_MEMORY, NULL);
  n = 0;
  for (int64_t i = 0; i < bodies->n && bodies->group && st == ST_OK; i++)
    if (bodies->group[i] >= 0) {
      mine[n] = (struct member) { .id = bodies->id[i], .mass = bodies->mass[i], .group = bodies->group[i] };
      memcpy (mine[n++].position, bodies->position[i], sizeof mine->position);
    }
  if (st == ST_OK)
    st = comm_gather_all (comm, mine, n, sizeof *mine, (void **) &all, &first);
  if (st == ST_OK) {
    n_all = first[comm->size];
    qsort (all, n_all, sizeof *all, compare_members);
#pragma omp parallel for schedule(dynamic, 64)
    for (int64_t i = 0; i < bodies->n; i++) {
      int64_t lo = 0, hi = n_all;
      if (!bodies->group || bodies->group[i] < 0)
        continue;
      while (lo < hi) {
        const int64_t mid = (lo + hi) / 2;
        if (all[mid].group < bodies->group[i])
          lo = mid + 1;
        else
          hi = mid;
      }
      for (hi = lo; hi < n_all && all[hi].group == bodies->group[i]; hi++)
        ;
      group_take_back (bodies, i, all + lo, hi - lo, step, 2 * split_scale, G, result);
    }
  }
  mem_free (&mine);
  mem_free (&all);
  mem_free (&first);
  return st;
}

/* ---- the whole ---- */

/* What one solve holds. */
struct work
{
  struct fft *fft;
  struct blocks blocks;
  struct patch patch;
  double complex *a, *b; /* owned */
  void *cubes;           /* owned: one for each thread */
};

static void work_free (struct work *w)
{
  fft_free (&w->fft);
  blocks_free (&w->blocks);
  patch_free (&w->patch);
  mem_free (&w->a);
  mem_free (&w->b);
  mem_free (&w->cubes);
}

/* Masses of all bodies, and the power of two that makes them integers. */
struct mass_scale
{
  double total;
  int exponent;
};

/* Collective. */
static struct mass_scale masses (const struct comm *comm, const struct gravity_bodies *bodies)
{
  struct exact_sum sum;
  double most = 0;
  int of_total, of_most;

  exact_clear (&sum);
  for (int64_t i = 0; i < bodies->n; i++) {
    exact_add (&sum, bodies->mass[i]);
    most = fabs (bodies->mass[i]) > most ? fabs (bodies->mass[i]) : most;
  }
  exact_reduce (comm, &sum, 1);
  const double total = exact_value (&sum);
  frexp (total, &of_total);
  frexp (comm_max_double (comm, most), &of_most);
  const int exponent = 61 - of_total < 50 - of_most ? 61 - of_total : 50 - of_most;
  return (struct mass_scale) { total, exponent < 1000 ? exponent : 1000 };
}

/* Collective, agreed. Bodies to columns of integers. */
static enum status density (const struct mesh *m, const struct comm *comm, const struct mesh_frame *frame,
                            const struct gravity_bodies *bodies, int exponent, struct work *w, int64_t *bytes_sent)
{
  enum status st = fft_create (comm, m->length, m->n, &w->fft);

  if (st == ST_OK)
    st = blocks_make (m, frame, bodies, &w->blocks);
  if (st == ST_OK)
    st = blocks_cover (m, &w->blocks, REACH, &w->patch);
  if (st == ST_OK) {
    w->a = mem_alloc_zero ("mesh", fft_room (w->fft), sizeof *w->a);
    w->cubes = mem_alloc_zero ("mesh cubes", omp_get_max_threads (), sizeof (struct field));
    st = w->a && w->cubes ? ST_OK : ST_MEMORY;
  }
  st = status_agree (comm, st, NULL);
  if (st != ST_OK)
    return st;
  deposit (m, frame, &w->blocks, bodies, exponent, w->cubes, &w->patch);
  st = patch_send (comm, w->fft, &w->patch, (int64_t *) w->a, bytes_sent);
  patch_free (&w->patch);
  return st;
}

/* Collective, agreed. Columns of integers to columns of the potential. */
static enum status potential (const struct mesh *m, const struct comm *comm, int exponent, struct work *w)
{
  const int64_t columns = fft_first_column (w->fft, comm->rank + 1) - fft_first_column (w->fft, comm->rank);
  const int64_t n = columns * 2 * fft_pitch (w->fft);
  const double unit = ldexp (1, -exponent);

  w->b = mem_alloc ("mesh", fft_room (w->fft), sizeof *w->b);
  enum status st = status_agree (comm, w->b ? ST_OK : ST_MEMORY, NULL);
  if (st != ST_OK)
    return st;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; i++)
    ((double *) w->a)[i] = (double) ((const int64_t *) w->a)[i] * unit;
  fft_forward (w->fft, w->a, w->b);
  green_apply (m, w->fft, comm->rank, w->a);
  fft_backward (w->fft, w->a, w->b);
  mem_free (&w->b);
  return ST_OK;
}

/* Collective, agreed. Columns of the potential to bodies. */
static enum status forces (const struct mesh *m, const struct comm *comm, const struct mesh_frame *frame,
                           const struct gravity_bodies *bodies, const struct mesh_scales *scales, struct work *w,
                           const struct gravity_result *result, int64_t *bytes_sent)
{
  enum status st = status_agree (comm, blocks_cover (m, &w->blocks, 0, &w->patch), NULL);

  if (st == ST_OK)
    st = patch_fetch (comm, w->fft, &w->patch, (const double *) w->a, bytes_sent);
  if (st == ST_OK) {
    memset (w->cubes, 0, omp_get_max_threads () * sizeof (struct field));
    interpolate (m, frame, &w->blocks, bodies, scales, &w->patch, w->cubes, result);
  }
  return st;
}

/* A body's mean potential in a periodic box by the tree's part alone, in units of -4 pi G m r_s^2 over the volume:
 * the integral of r erfc (r / 2 r_s) up to the reach, u = reach / 2. */
static double mean_by_tree (double u)
{
  return 2 * u * u * erfc (u) + erf (u) - 2 * u * exp (-u * u) / sqrt (M_PI);
}

/* G times the factors of a mesh whose cells are of length 1. The mean of a periodic potential is 0 with the tree's
 * part. */
static struct mesh_scales mesh_scales_of (const struct mesh *m, const struct mesh_frame *frame, double G,
                                          double total)
{
  const double volume = pow (m->n * frame->cell, 3), r = frame->split_scale;

  return (struct mesh_scales) { G / (frame->cell * frame->cell), G / frame->cell,
                                m->periodic ? 4 * M_PI * G * r * r * m->mean_by_tree * total / volume : 0,
                                G / (sqrt (M_PI) * r) };
}

enum status mesh_solve (struct mesh *mesh, const struct comm *comm, const struct mesh_frame *frame, double G,
                        const struct gravity_bodies *bodies, const struct gravity_result *result,
                        struct gravity_cost *cost)
{
  const double start = log_seconds ();
  const struct mass_scale mass = masses (comm, bodies);
  struct work w = { 0 };

  if (!isfinite (mass.total))
    return status_fail (ST_INTERNAL, "Gravity: the masses have no finite sum. Check the masses of the particles.");
  if (!(mass.total > 0))
    return ST_OK;
  const struct mesh_scales scales = mesh_scales_of (mesh, frame, G, mass.total);
  enum status st = green_prepare (mesh, comm);
  if (st == ST_OK)
    st = density (mesh, comm, frame, bodies, mass.exponent, &w, &cost->bytes_sent);
  if (st == ST_OK)
    st = potential (mesh, comm, mass.exponent, &w);
  if (st == ST_OK)
    st = forces (mesh, comm, frame, bodies, &scales, &w, result, &cost->bytes_sent);
  if (st == ST_OK)
    st = groups_take_back (comm, bodies, frame->steps > 0 ? frame->cell / (double) frame->steps
                           : frame->cell * mesh->n * 0x1p-64, frame->split_scale, G, result);
  if (w.fft)
    cost->bytes_sent += fft_bytes_sent (w.fft);
  work_free (&w);
  cost->mesh_s = log_seconds () - start;
  return st;
}

/* ---- where the mesh lies; making and freeing ---- */

struct mesh_frame mesh_frame (const struct mesh *mesh, const struct comm *comm, const struct gravity_bodies *bodies,
                              double length)
{
  /* signed, so that the middle of an isolated box is the middle of the numbers */
  int64_t low[3], high[3], most = 0;
  struct mesh_frame out = { .cell = length / mesh->n };

  for (int k = 0; k < 3 && !mesh->periodic; k++) {
    low[k] = INT64_MAX;
    high[k] = INT64_MIN;
    for (int64_t i = 0; i < bodies->n; i++) {
      const int64_t x = (int64_t) (bodies->position[i][k] ^ (UINT64_C (1) << 63));
      low[k] = x < low[k] ? x : low[k];
      high[k] = x > high[k] ? x : high[k];
    }
    low[k] = comm_min (comm, low[k]);
    high[k] = comm_max (comm, high[k]);
    if (high[k] >= low[k]) {
      most = high[k] - low[k] > most ? high[k] - low[k] : most;
      out.origin[k] = (uint64_t) low[k] ^ (UINT64_C (1) << 63);
    }
  }
  if (!mesh->periodic) {
    out.steps = (uint64_t) most / (uint64_t) (mesh->n - WIDTH + 1) + 1;
    out.steps = out.steps < 1u << 22 ? 1u << 22 : out.steps; /* bodies in one point need no finer mesh */
    out.cell = (double) out.steps * 0x1p-64 * length;
  }
  out.split_scale = mesh->asmth * out.cell;
  return out;
}

static enum status options_check (const struct mesh_options *o)
{
  const int least = o->periodic ? TILE : 2 * WIDTH;

  if (o->n < least || o->n > 65536)
    return status_fail (ST_DATA, "PMGrid is %d; the mesh of %s needs between %d and 65536 cells.", o->n,
                        o->periodic ? "a periodic box" : "an isolated system", least);
  if (!(o->asmth >= 0.5 && o->asmth <= 10))
    return status_fail (ST_DATA, "Asmth is %g; the split between mesh and tree needs 0.5 to 10 cells.", o->asmth);
  return ST_OK;
}

enum status mesh_create (const struct mesh_options *options, struct mesh **out)
{
  struct mesh *m = NULL;
  enum status st = options_check (options);

  *out = NULL;
  if (st != ST_OK)
    return st;
  if (!(m = mem_alloc_zero ("mesh", 1, sizeof *m)))
    return ST_MEMORY;
  m->n = options->n;
  m->periodic = options->periodic;
  m->length = m->periodic ? m->n : 2 * m->n;
  m->asmth = options->asmth;
  m->mean_by_tree = mean_by_tree (options->reach / 2);
  m->wave2 = mem_alloc ("mesh tables", m->length, sizeof *m->wave2);
  m->filter = mem_alloc ("mesh tables", m->length, sizeof *m->filter);
  *out = m;
  if (!m->wave2 || !m->filter) {
    mesh_free (out);
    return ST_MEMORY;
  }
  m->kernels = spread_kernels_best ();
  difference_fit (m->asmth, m->difference);
  tables_fill (m);
  return ST_OK;
}

void mesh_free (struct mesh **mesh)
{
  if (!*mesh)
    return;
  mem_free (&(*mesh)->wave2);
  mem_free (&(*mesh)->filter);
  mem_free (&(*mesh)->green);
  mem_free (mesh);
}
