/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of the inner loops, included by kernels_4.c, kernels_8.c and kernels_16.c with LANES and KERNELS set.
 *
 * Sources are read as scalars that fill a vector (a load with broadcast); sinks lie in the lanes. Compared with
 * sources in the lanes this wastes lanes of incomplete groups but needs no final sum over lanes, no transposed
 * copy of the sources, and leaves the order of a sum to the list alone.
 */
#include <string.h>

#include "gravity/kernel.h"
#include "gravity/kernels.h"
#include "gravity/lanes.h"

enum { HALF = LANES / 2 }; /* doubles in a vector */

/* ---- the split ---- */

/* g_k = r^(2k+1) ((1/r) d/dr)^k [erfc (i r) / r] for k = 0 to most, by (-1)^k g_k = (2k-1) |g_(k-1)| + (2x)^(k-1) w,
 * x = (i r)^2, w = 2 i r / sqrt (pi) exp (-x). All terms are positive. erfc after Hastings (Abramowitz & Stegun
 * 7.1.26, 1.5e-7); beyond x = 24 all is nothing. */
static inline void split_radial (vf r2, vf r1, float i, int most, vf *g)
{
  const vf x = min_lanes (r2 * (i * i), 24.0f - (vf) {}), u = min_lanes (r2 * r1 * i, 4.9f - (vf) {});
  const vf y = x * 0.0625f, t = 1.0f / (1.0f + 0.3275911f * u), x2 = x + x;
  vf e = split_exp_float[SPLIT_EXPS - 1] - (vf) {};

  for (int k = SPLIT_EXPS - 2; k >= 0; k--)
    e = e * y + split_exp_float[k];
  e *= e;
  e *= e;
  e *= e;
  e *= e;
  vf w = e * u * 1.12837917f;
  vf size = e * (t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f
                                                                                  + t * 1.061405429f)))));
  g[0] = size;
  for (int k = 1; k <= most; k++) {
    size = (float) (2 * k - 1) * size + w;
    w *= x2;
    g[k] = k % 2 ? -size : size;
  }
}

#define HARMONICS_LANES
#include "gravity/harmonics.inc"

struct direct_lanes
{
  vd high[3], low[3], h, a[3], p;
};

/* Rare enough to stay out of line: lanes of `soft` get the spline instead. */
static inline void direct_soften (vl soft, vd r, vd h, vd *force, vd *potential)
{
  vd u = r / h, hi = 1.0 / h, iu = h / r;
  vl inner = u < 0.5;
  vd f = select_double (inner, SPLINE_FORCE_INNER (double, u), SPLINE_FORCE_OUTER (double, u, iu));
  vd p = select_double (inner, SPLINE_POTENTIAL_INNER (double, u), SPLINE_POTENTIAL_OUTER (double, u, iu));

  *force = select_double (soft, hi * hi * hi * f, *force);
  *potential = select_double (soft, hi * p, *potential);
}

/* Takes the long-range part off; beyond the cut nothing is left. */
static inline void direct_split (const struct split *s, vd r2, vd *force, vd *potential)
{
  const double i = 0.5 / s->scale;
  const vl within = r2 < s->cut * s->cut;
  const vd t = r2 * (i * i * (2.0 / 9)) - 1.0;
  vd p = split_p_double[SPLIT_DOUBLES - 1] - (vd) {}, q = split_q_double[SPLIT_DOUBLES - 1] - (vd) {};

  for (int k = SPLIT_DOUBLES - 2; k >= 0; k--) {
    p = p * t + split_p_double[k];
    q = q * t + split_q_double[k];
  }
  *potential = (vd) ((vl) (*potential - i * p) & within);
  *force = (vd) ((vl) (*force - i * i * i * q) & within);
}

/* -1/2 to 1/2: the nearest image. Exact, since the high parts are multiples of 2^-42. */
static inline vd wrap_double (vd d)
{
  const vd one = 1.0 - (vd) {};

  d -= (vd) ((vl) one & (d >= 0.5));
  return d + (vd) ((vl) one & (d < -0.5));
}

/* split: NULL, known at compile time, or the split of which the short-range part is meant. */
static inline void direct_pair (const struct direct_source *s, int64_t own, const struct split *split,
                                struct direct_lanes *b)
{
  vd d[3], h = select_double (b->h > s->h, b->h, s->h - (vd) {});

  for (int k = 0; k < 3; k++) {
    const vd high = s->high[k] - b->high[k];
    d[k] = (split ? wrap_double (high) : high) + (s->low[k] - b->low[k]);
  }
  vd r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
  vd r = sqrt_double (r2), potential = 1.0 / r, force = potential / r2;
  vl apart = r2 > 0.0, soft = r < h;

  force = (vd) ((vl) force & apart);
  potential = (vd) ((vl) potential & apart);
  if (any_lane ((vi) soft))
    direct_soften (soft, r, h, &force, &potential);
  if (split)
    direct_split (split, r2, &force, &potential);
  if (own >= 0 && own < HALF) {
    potential[own] = 0;
    force[own] = 0;
  }
  b->p += s->mass * potential;
  force *= s->mass;
  for (int k = 0; k < 3; k++)
    b->a[k] += force * d[k];
}

static inline void direct_lanes (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                                 const struct split *split, struct direct_block *block, int lane)
{
  struct direct_lanes b = { .h = *(vd *) &block->h[lane], .p = *(vd *) &block->potential[lane] };
  const int64_t own = self + lane, a = own < first ? first : own < last ? own : last;
  const int64_t c = own + HALF < a ? a : own + HALF < last ? own + HALF : last;

  for (int k = 0; k < 3; k++) {
    b.high[k] = *(vd *) &block->high[k][lane];
    b.low[k] = *(vd *) &block->low[k][lane];
    b.a[k] = *(vd *) &block->acceleration[k][lane];
  }
  for (int64_t j = first; j < a; j++)
    direct_pair (source + j, -1, split, &b);
  for (int64_t j = a; j < c; j++)
    direct_pair (source + j, j - own, split, &b);
  for (int64_t j = c; j < last; j++)
    direct_pair (source + j, -1, split, &b);
  *(vd *) &block->potential[lane] = b.p;
  for (int k = 0; k < 3; k++)
    *(vd *) &block->acceleration[k][lane] = b.a[k];
}

static void direct (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                    struct direct_block *block)
{
  for (int lane = 0; lane < DIRECT_BLOCK; lane += HALF)
    direct_lanes (source, first, last, self, NULL, block, lane);
}

static void direct_short (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                          const struct split *split, struct direct_block *block)
{
  for (int lane = 0; lane < DIRECT_BLOCK; lane += HALF)
    direct_lanes (source, first, last, self, split, block, lane);
}

/* ---- float pairs ---- */

struct pair_lanes
{
  vf x, y, z, h, hi, ax, ay, az, phi, nearest;
};

static inline void spline_lanes (vi soft, vf r, vf h, vf hi, vf *force, vf *potential)
{
  const vf u = r * hi, iu = h / r;
  const vi inner = u < 0.5f;
  const vf f = select_lanes (inner, SPLINE_FORCE_INNER (float, u), SPLINE_FORCE_OUTER (float, u, iu));
  const vf p = select_lanes (inner, SPLINE_POTENTIAL_INNER (float, u), SPLINE_POTENTIAL_OUTER (float, u, iu));

  *force = select_lanes (soft, hi * hi * hi * f, *force);
  *potential = select_lanes (soft, hi * p, *potential);
}

/* What pairs are to be, known at compile time. */
enum pairs_kind
{
  PAIRS_SOFT = 1,
  PAIRS_SPLIT = 2,    /* the short-range part */
  PAIRS_CLOSE = 4,    /* of pairs within 1.5 r_s */
  PAIRS_POTENTIAL = 8 /* the potential too */
};

/* Takes the long-range part off; beyond the cut nothing is left. */
static inline void split_lanes (const struct split_pairs *s, const int kind, vf r2, vf *force, vf *potential)
{
  const int terms = kind & PAIRS_CLOSE ? SPLIT_CLOSE : SPLIT_FLOATS;
  const vi within = r2 < s->cut2;
  const vf t = r2 * s->slope - 1.0f;
  vf p = s->p[terms - 1] - (vf) {}, q = s->q[terms - 1] - (vf) {};

  for (int k = terms - 2; k >= 0; k--) {
    p = p * t + s->p[k];
    q = q * t + s->q[k];
  }
  *potential -= p;
  *force -= q;
  if (!(kind & PAIRS_CLOSE)) {
    *potential = (vf) ((vi) *potential & within);
    *force = (vf) ((vi) *force & within);
  }
}

/* One source on all lanes; lane `own` is the source itself. */
static inline void pair (const float *s, const float *h, int64_t own, const int kind, const struct split_pairs *split,
                         struct pair_lanes *b)
{
  const vf dx = s[0] - b->x, dy = s[1] - b->y, dz = s[2] - b->z;
  vf r2 = dx * dx + dy * dy + dz * dz, m = s[3] - (vf) {};

  if (own >= 0 && own < LANES) {
    r2[own] = 1;
    m[own] = 0;
  }
  const vf r1 = rsqrt_lanes (r2);
  vf potential = r1, force = r1 * r1 * r1;
  if (kind & PAIRS_SOFT) {
    const vf hm = max_lanes (b->h, *h - (vf) {}), h2 = hm * hm;
    const vi soft = r2 < h2;
    b->nearest = min_lanes (b->nearest, max_lanes (r2, h2));
    if (any_lane (soft))
      spline_lanes (soft, r2 * r1, hm, min_lanes (b->hi, (*h > 0 ? 1 / *h : 1e18f) - (vf) {}), &force, &potential);
  } else
    b->nearest = min_lanes (b->nearest, r2);
  if (kind & PAIRS_SPLIT)
    split_lanes (split, kind, r2, &force, &potential);
  force *= m;
  if (kind & PAIRS_POTENTIAL)
    b->phi += m * potential;
  b->ax += force * dx;
  b->ay += force * dy;
  b->az += force * dz;
}

/* The float sums of one call join the doubles of the group. */
static inline void add_lanes (vf sum, double *to)
{
  for (int k = 0; k < LANES; k++)
    to[k] += sum[k];
}

static inline struct pair_lanes load_sinks (const struct sink_group *g, int i)
{
  return (struct pair_lanes) { .x = *(vf *) &g->x[i], .y = *(vf *) &g->y[i], .z = *(vf *) &g->z[i],
                               .h = *(vf *) &g->h[i], .hi = *(vf *) &g->h_inverse[i],
                               .nearest = *(vf *) &g->nearest[i] };
}

static inline void store_sums (const struct pair_lanes *b, struct sink_group *g, int i)
{
  add_lanes (b->ax, g->ax + i);
  add_lanes (b->ay, g->ay + i);
  add_lanes (b->az, g->az + i);
  add_lanes (b->phi, g->phi + i);
}

/* Inlined for each kind. */
__attribute__ ((always_inline))
static inline void pairs_of_lanes (const float (*source)[4], const float *h, int64_t n, int64_t own, const int kind,
                                   const struct split_pairs *split, struct pair_lanes *b)
{
  if (own < n && own + LANES > 0)
    for (int64_t j = 0; j < n; j++)
      pair (source[j], h ? h + j : (const float[1]) { 0 }, j - own, kind | PAIRS_SOFT, split, b);
  else if (h)
    for (int64_t j = 0; j < n; j++)
      pair (source[j], h + j, -1, kind | PAIRS_SOFT, split, b);
  else
    for (int64_t j = 0; j < n; j++)
      pair (source[j], NULL, -1, kind, split, b);
}

static void pairs (const float (*source)[4], const float *h, int64_t n, int64_t self, const struct split_pairs *split,
                   struct sink_group *g, int first, int last)
{
  for (int i = first; i < last; i += LANES) {
#if LANES == 16
    if (last - i <= 8) {
      gravity_kernels_8.pairs (source, h, n, self, split, g, i, last);
      break;
    }
#endif
    struct pair_lanes b = load_sinks (g, i);
    switch (split ? PAIRS_SPLIT | (split->potential ? PAIRS_POTENTIAL : 0)
            | (split->terms == SPLIT_CLOSE ? PAIRS_CLOSE : 0) : 0) {
    case 0: pairs_of_lanes (source, h, n, self + i, PAIRS_POTENTIAL, NULL, &b); break;
    case PAIRS_SPLIT: pairs_of_lanes (source, h, n, self + i, PAIRS_SPLIT, split, &b); break;
    case PAIRS_SPLIT | PAIRS_CLOSE:
      pairs_of_lanes (source, h, n, self + i, PAIRS_SPLIT | PAIRS_CLOSE, split, &b); break;
    case PAIRS_SPLIT | PAIRS_POTENTIAL:
      pairs_of_lanes (source, h, n, self + i, PAIRS_SPLIT | PAIRS_POTENTIAL, split, &b); break;
    default: pairs_of_lanes (source, h, n, self + i, PAIRS_SPLIT | PAIRS_CLOSE | PAIRS_POTENTIAL, split, &b);
    }
    *(vf *) &g->nearest[i] = b.nearest;
    store_sums (&b, g, i);
  }
}

/* ---- expansions ---- */

enum { LIST_LANES = 16 }; /* lane = place in the list modulo 16, on every machine */

static double tree_sum (float *lane)
{
  for (int width = LIST_LANES / 2; width > 0; width /= 2)
    for (int k = 0; k < width; k++)
      lane[k] += lane[k + width];
  return lane[0];
}

#define CELL_BODY(p)                                                                                               \
  static void cell_body_ ## p ## _all (const struct cell_source *source, int64_t n, struct sink_group *g, int first, \
                                       int last)                                                                   \
  {                                                                                                                \
    for (int i = first; i < last; i += LANES) {                                                                    \
      struct pair_lanes b = load_sinks (g, i);                                                                     \
      if (LANES == 16 && last - i <= 8) {                                                                          \
        HALF_WIDTH (cell_body[p - 3] (source, n, g, i, last));                                                     \
        break;                                                                                                     \
      }                                                                                                            \
      for (int64_t j = 0; j < n; j++)                                                                              \
        cell_body_ ## p (b.x - source[j].x, b.y - source[j].y, b.z - source[j].z, source[j].scale,                 \
                         source[j].moment + (p + 1) * (p + 1) - 3, &b.phi, &b.ax, &b.ay, &b.az);                   \
      store_sums (&b, g, i);                                                                                       \
    }                                                                                                              \
  }

#define CELL_BODY_SHORT(p)                                                                                         \
  static void cell_body_short_ ## p ## _all (const struct cell_source *source, int64_t n,                          \
                                             const struct split_pairs *split, struct sink_group *g, int first,     \
                                             int last)                                                             \
  {                                                                                                                \
    for (int i = first; i < last; i += LANES) {                                                                    \
      struct pair_lanes b = load_sinks (g, i);                                                                     \
      if (LANES == 16 && last - i <= 8) {                                                                          \
        HALF_WIDTH (cell_body_short[p - 3] (source, n, split, g, i, last));                                        \
        break;                                                                                                     \
      }                                                                                                            \
      for (int64_t j = 0; j < n; j++)                                                                              \
        cell_body_short_ ## p (b.x - source[j].x, b.y - source[j].y, b.z - source[j].z, source[j].scale,           \
                               split->inverse, source[j].moment, &b.phi, &b.ax, &b.ay, &b.az);                     \
      store_sums (&b, g, i);                                                                                       \
    }                                                                                                              \
  }

/* The parameter of the split is there or not: SPLIT () and GIVEN () hold it with its comma. */
#define CELL_CELL(name, p, TERMS, COEFFICIENTS, SPLIT, GIVEN)                                                      \
  static void name ## _ ## p ## _all (const struct cell_source *source, int64_t n, SPLIT double *local)            \
  {                                                                                                                \
    enum { PARTS = LIST_LANES / LANES };                                                                           \
    vf to[PARTS][TERMS], from[COEFFICIENTS + 3];                                                                   \
    memset (to, 0, sizeof to);                                                                                     \
    for (int64_t j = 0; j < n; j += LANES) {                                                                       \
      vf place[4];                                                                                                 \
      gather_sources (source + j, n - j < LANES ? (int) (n - j) : LANES, COEFFICIENTS, place, from);               \
      name ## _ ## p (-place[0], -place[1], -place[2], place[3], GIVEN from, to[j / LANES % PARTS]);               \
    }                                                                                                              \
    for (int t = 0; t < TERMS; t++) {                                                                              \
      float lane[LIST_LANES];                                                                                      \
      for (int part = 0; part < PARTS; part++)                                                                     \
        *(vf *) &lane[part * LANES] = to[part][t];                                                                 \
      local[t] += tree_sum (lane);                                                                                 \
    }                                                                                                              \
  }
#define COMMA ,
#define CELL_CELL_HARMONIC(p) CELL_CELL (cell_cell, p, (p + 1) * (p + 1), (p + 1) * (p + 1) - 3, , )
#define CELL_CELL_SHORT(p, coefficients)                                                                           \
  CELL_CELL (cell_cell_short, p, (p + 1) * (p + 2) * (p + 3) / 6, coefficients,                                    \
             const struct split_pairs *split COMMA, split->inverse COMMA)

#define LOCAL_BODY(name, p)                                                                                        \
  static void name ## _ ## p ## _all (const   double *local, struct sink_group *g)                                 \
  {                                                                                                                \
    for (int i = 0; i < g->n; i += HALF) {                                                                         \
      vd x, y, z;                                                                                                  \
      for (int k = 0; k < HALF; k++) {                                                                             \
        x[k] = g->x[i + k];                                                                                        \
        y[k] = g->y[i + k];                                                                                        \
        z[k] = g->z[i + k];                                                                                        \
      }                                                                                                            \
      name ## _ ## p (x, y, z, local, (vd *) &g->phi[i], (vd *) &g->ax[i], (vd *) &g->ay[i], (vd *) &g->az[i]);  \
    }                                                                                                              \
  }

#if LANES == 16
#define HALF_WIDTH(call) gravity_kernels_8.call
#else
#define HALF_WIDTH(call) (void) 0
#endif

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector (a, b, i, j, k, l)
#else
typedef int32_t vi4 __attribute__ ((vector_size (16)));
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle (a, b, (vi4) { i, j, k, l })
#endif
typedef float v4 __attribute__ ((vector_size (16), aligned (4), may_alias));

/* Four rows of four floats become columns: column c goes to to[c * stride]. */
static inline void transpose_4 (const float *r0, const float *r1, const float *r2, const float *r3, float *to,
                                int stride)
{
  const v4 a = *(const v4 *) r0, b = *(const v4 *) r1, c = *(const v4 *) r2, d = *(const v4 *) r3;
  const v4 ab0 = SHUFFLE (a, b, 0, 4, 1, 5), ab1 = SHUFFLE (a, b, 2, 6, 3, 7);
  const v4 cd0 = SHUFFLE (c, d, 0, 4, 1, 5), cd1 = SHUFFLE (c, d, 2, 6, 3, 7);

  *(v4 *) to = SHUFFLE (ab0, cd0, 0, 1, 4, 5);
  *(v4 *) (to + stride) = SHUFFLE (ab0, cd0, 2, 3, 6, 7);
  *(v4 *) (to + 2 * stride) = SHUFFLE (ab1, cd1, 0, 1, 4, 5);
  *(v4 *) (to + 3 * stride) = SHUFFLE (ab1, cd1, 2, 3, 6, 7);
}

/* Transposes up to LANES sources; missing ones are massless. A few numbers beyond the coefficients are read (the
 * tensors that follow them) and written (to room that `from` has). */
static inline void gather_sources (const struct cell_source *source, int n, int n_coefficients, vf place[4], vf *from)
{
  static const float nothing[MOMENTS_MAX + 4];

  for (int k = 0; k < LANES; k += 4) {
    const struct cell_source *s[4];
    const float *m[4];
    for (int i = 0; i < 4; i++) {
      s[i] = source + (k + i < n ? k + i : 0);
      m[i] = k + i < n ? s[i]->moment : nothing;
    }
    transpose_4 (&s[0]->x, &s[1]->x, &s[2]->x, &s[3]->x, (float *) place + k, LANES);
    for (int c = 0; c < n_coefficients; c += 4)
      transpose_4 (m[0] + c, m[1] + c, m[2] + c, m[3] + c, (float *) (from + c) + k, LANES);
  }
}

CELL_BODY (3) CELL_BODY (4) CELL_BODY (5)
CELL_BODY_SHORT (3) CELL_BODY_SHORT (4) CELL_BODY_SHORT (5)
CELL_CELL_HARMONIC (3) CELL_CELL_HARMONIC (4) CELL_CELL_HARMONIC (5)
CELL_CELL_SHORT (3, 21) CELL_CELL_SHORT (4, 43) CELL_CELL_SHORT (5, 77)
LOCAL_BODY (local_body, 3) LOCAL_BODY (local_body, 4) LOCAL_BODY (local_body, 5)
LOCAL_BODY (local_body_full, 3) LOCAL_BODY (local_body_full, 4) LOCAL_BODY (local_body_full, 5)

/* ---- acceptance ---- */

/* x^n, n = 2 to 6. */
static inline vd power_lanes (vd x, int n)
{
  const vd x2 = x * x;

  switch (n) {
  case 2: return x2;
  case 3: return x2 * x;
  case 4: return x2 * x2;
  case 5: return x2 * x2 * x;
  default: return x2 * x2 * x2;
  }
}

static inline vd max_double (vd a, vd b) { return select_double (a > b, a, b); }

struct judged
{
  int64_t offset[3][HALF], n_bodies[HALF], n_children[HALF];
  double radius[HALF], mass[HALF], h[HALF];
};

static inline void load_judged (const struct sink_view *a, const struct cell *cell, const int32_t *list, int n,
                                struct judged *c)
{
  for (int k = 0; k < HALF; k++) {
    const struct cell *const b = cell + list[k < n ? k : 0];
    for (int i = 0; i < 3; i++)
      c->offset[i][k] = (int64_t) (b->centre[i] - a->centre[i]);
    c->radius[k] = b->radius;
    c->mass[k] = b->mass;
    c->h[k] = b->h;
    c->n_bodies[k] = b->n_bodies;
    c->n_children[k] = b->n_children;
  }
}

/* Far: 8 max (ra, rb) / (ra + rb) * m / r^2 * ((ra + rb) / r)^p < allowed. Near, with d the distance to the box of
 * sinks: 1/2 m / d^2 * (rb / d)^(p+1) < allowed, one order more, since the force of a local expansion loses one; the
 * factor makes both roads err alike (measured). */
static inline vl verdict_lanes (const struct sink_view *a, const struct judged *c, int few, int p)
{
  const vd rb = *(const vd *) c->radius, m = *(const vd *) c->mass;
  const vd h = max_double (*(const vd *) c->h, a->h - (vd) {});
  const vd s = rb + a->radius, big = max_double (rb, a->radius - (vd) {}), s2 = s * s;
  vd r2 = {}, d2 = {};

  for (int i = 0; i < 3; i++) {
    const vd d = __builtin_convertvector (*(const vl *) c->offset[i], vd) * 0x1p-64 + a->shift[i];
    r2 += d * d;
    if (a->group) {
      const vd e = max_double (d - a->middle[i], a->middle[i] - d) - a->half[i], out = max_double (e, (vd) {});
      d2 += out * out;
    }
  }
  const vd error = 8.0 * big * m;
  const vl far = ((s + h) * (s + h) < r2) & (s2 < a->theta2 * r2) & (s2 < a->most2)
                 & (error * error * power_lanes (s2 / r2, p - 1) < a->allowed2 * (r2 * r2 * r2));
  vl near = {}, open = *(const vl *) c->n_children > 0, drop = (s + a->cut) * (s + a->cut) < r2;
  if (a->group) {
    drop = (rb + a->cut) * (rb + a->cut) < d2;
    near = ((rb + h) * (rb + h) < d2) & (rb * rb < a->theta2 * d2) & (*(const vl *) c->n_bodies >= few)
           & (rb * rb < a->most2) & (0.25 * m * m * power_lanes (rb * rb / d2, p + 1) < a->allowed2 * (d2 * d2));
  } else
    open &= rb > a->radius;
  return (drop & PAIR_DROP) | (~drop & ~far & ((near & PAIR_NEAR) | (~near & (PAIR_KEEP + open))));
}

#define JUDGE(p)                                                                                                   \
  static void judge_ ## p (const struct sink_view *a, const struct cell *cell, const int32_t *list, int64_t n,     \
                           int few, uint8_t *verdict)                                                              \
  {                                                                                                                \
    for (int64_t i = 0; i < n; i += HALF) {                                                                        \
      struct judged c;                                                                                             \
      load_judged (a, cell, list + i, n - i < HALF ? (int) (n - i) : HALF, &c);                                    \
      const vl v = verdict_lanes (a, &c, few, p);                                                                  \
      for (int k = 0; k < HALF && i + k < n; k++)                                                                  \
        verdict[i + k] = (uint8_t) v[k];                                                                           \
    }                                                                                                              \
  }
JUDGE (3) JUDGE (4) JUDGE (5)

const struct gravity_kernels KERNELS = {
  .name = KERNELS_NAME,
  .judge = { judge_3, judge_4, judge_5 },
  .direct = direct,
  .direct_short = direct_short,
  .pairs = pairs,
  .cell_body = { cell_body_3_all, cell_body_4_all, cell_body_5_all },
  .cell_cell = { cell_cell_3_all, cell_cell_4_all, cell_cell_5_all },
  .local_body = { local_body_3_all, local_body_4_all, local_body_5_all },
  .cell_body_short = { cell_body_short_3_all, cell_body_short_4_all, cell_body_short_5_all },
  .cell_cell_short = { cell_cell_short_3_all, cell_cell_short_4_all, cell_cell_short_5_all },
  .local_body_full = { local_body_full_3_all, local_body_full_4_all, local_body_full_5_all },
};
