/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of libareg: the state of a system, its scratch, and what the rooms offer to each other.
 *
 * Inside, lengths, velocities and masses are the caller's times powers of two (so that handing over is exact) and
 * of order one; G is folded into `mu`. Bodies live in slots: holes first, then stars, each in order of id. A slot's
 * coordinate is the vector from its parent in the minimum spanning tree; the root's slot holds the displacement of
 * the centre of mass from its straight path. The state vector is kept as an unevaluated sum hi + lo.
 */
#ifndef AREG_IMPL_H
#define AREG_IMPL_H

#include "areg.h"

enum { AREG_LANES = 8, AREG_ROWS = 11, AREG_PARTS = 8, AREG_FEW = 12 };

/* The state vector: time, binding energy, then links (positions, velocities) and spins, each x | y | z. */
/* Y_BINDING belongs to the potential that the time transformation sees, Y_TOTAL to all of it. Y_CLOSEST is of rows
 * only: the square of the least separation of holes during the row, in units of their merger radius. */
enum { Y_TIME = 0, Y_BINDING = 1, Y_TOTAL = 2, Y_CLOSEST = 3, Y_LINKS = 8 };
enum { AREG_PAST = 4 };  /* instants of which star-star accelerations are remembered */

/* All that changes in a step and is not a vector. */
struct areg_scalars
{
  int n, n_holes, root, stride, length; /* stride: n rounded up to lanes; length of the state vector */
  int order;                  /* row at which the next step is expected to converge */
  int aim;                    /* the same of the step under way */
  int foreseen;               /* which is as long as foresight allows, `step` being longer */
  int links_age;              /* accepted steps since the tree was built */
  int n_mergers, n_events;
  int rejected;               /* the last attempt was rejected */
  int exact_valid;            /* potential, rate and kinetic belong to the state */
  int stars_valid;            /* potential_stars and the newest star-star accelerations do */
  int split;                  /* this step takes star-star forces from their polynomial in time */
  int split_wait, split_penalty; /* accepted steps before it is tried again; how many after the next failure */
  int past_head, past_count;  /* ring of AREG_PAST */
  int past_crowded;           /* the newest took another's place */
  double past_time[AREG_PAST];
  double step;                /* longest next step in the fictitious time; 0: unknown */
  double ceiling, rise;       /* no step above this soon after a rejection; 0: none. How fast it rises */
  int since_rejection;        /* accepted steps */
  double closest;             /* Y_CLOSEST of the accepted row */
  int hunt;                   /* how often the step was quartered to meet a merger; 0: none in sight */
  int hunt_clean;             /* steps since holes were last too close */
  double gamma;               /* constant added to the potential in the time transformation */
  double potential, rate, kinetic; /* U without stars among themselves where softened, its rate, T at the state */
  double potential_lo, kinetic_lo; /* their low parts, where the state is of few bodies in two parts; else 0 */
  double potential_stars;     /* the rest of U */
  double work_offset;         /* energy error made before the last merger */
  double energy_scale;        /* |E| at load, in internal units */
  double mass;                /* of all bodies */
  struct areg_statistics count;
};

struct areg_state
{
  struct areg_scalars s;
  double *hi, *lo;            /* state vector */
  double *m, *mu;             /* mass, G m; padded with zeros */
  double *radius;             /* of stars */
  uint64_t *id;
  int *kind, *index;          /* index in the caller's order of areg_load */
  int *parent, *walk;         /* the tree: parent of each slot (-1 at the root), slots with parents first */
  double *past;               /* star-star accelerations: AREG_PAST body arrays */
  int *near_start, *near_j, *near_kind; /* pairs whose separation is taken along links, by lower slot */
};

/* How the separation x_j - x_i of a near pair is put together. */
enum near_kind { NEAR_J_CHILD, NEAR_I_CHILD, NEAR_J_GRANDCHILD, NEAR_I_GRANDCHILD, NEAR_SIBLINGS };

/* One pass over pairs. Arrays are padded by AREG_LANES beyond the end: zero mass, far away. */
struct areg_pairs
{
  int n, n_holes, first, last;  /* pairs of the rows first <= i < last with j > i */
  int body_stride;
  const double *m, *mu, *x, *y, *z;
  double soft_stars, soft_rest; /* spline supports; 0: none */
  const int *near_start, *near_j;
  const double *near_d;         /* 3 per near pair: separation along links */
};

/* How the caller's numbers and the state's are related; fixed at load. */
struct areg_units
{
  double length, velocity, mass, time; /* caller's units in an internal one: powers of two */
  double G, c;                         /* internal */
  double soft_stars, soft_rest;        /* spline supports, internal */
  double t_load, t_now, t_wanted, com_x[3], com_v[3]; /* caller's units; the centre of mass at load */
};

struct areg
{
  struct areg_options options;
  struct areg_group group;
  int capacity, loaded;
  struct areg_units units;
  struct areg_state now, saved, start, probe;
  struct areg_merger *mergers;
  struct areg_event *events;
  /* scratch */
  double *pos, *vel, *acc, *star_acc, *pn_acc, *aux_vel, *near_d; /* body arrays: x | y | z of length `body_stride` */
  int body_stride;
  int64_t part_stride;                     /* g->acc has as many as AREG_PARTS of these where pairs may be many */
  int alone, group_failed;                 /* forces are not to be shared just now; the group has failed */
  double foreseen[AREG_ROWS];              /* the longest step of each order, where the state says `foreseen` */
  double *work, *aux, *aux_lo, *aux_base;  /* state vectors */
  double *link_rate;                       /* 3 stride, and spins */
  double *backup_hi, *backup_lo;           /* of the state, where a step may have to be taken back */
  double *stars_poly;                      /* AREG_PAST body arrays: coefficients of powers of time */
  double *row_hi[AREG_ROWS], *row_lo[AREG_ROWS], *table[AREG_ROWS], *correction;
  double *pn_v, *pn_spin, *pn_sep, *pn_a, *pn_rate, *pn_scratch;
  unsigned char *pn_partners;              /* of each pair of holes, with AREG_PN_PARTNERS */
  int pn_holes;                            /* holes these are for */
  double *pn_star_sep, *pn_star_v;         /* with AREG_PN_STARS: separations of holes from all; v, a, scratch */
  double *share;                           /* rows to be shared in the group */
  int *int_scratch;                        /* 4 capacity */
  struct areg_body *bodies_scratch;
  double (*low_scratch)[3];
  double (*star_spin)[3];                  /* as given, by index: nothing acts on it */
  struct { struct areg_body *bodies; double (*low)[3], t; int n; } refused; /* by the last call, a load; or n = 0 */
  double mean_x[3], mean_v[3];             /* of areg_state_spread: centre of mass, caller's units */
  void *block;
  char message[320];
};

/* Where a state's vectors begin. */
static inline double *areg_q (const struct areg_state *st, double *y) { (void) st; return y + Y_LINKS; }
static inline double *areg_p (const struct areg_state *st, double *y) { return y + Y_LINKS + 3 * st->s.stride; }
static inline double *areg_spins (const struct areg_state *st, double *y) { return y + Y_LINKS + 6 * st->s.stride; }
static inline int areg_round_lanes (int n) { return (n + AREG_LANES - 1) / AREG_LANES * AREG_LANES; }

/* sum + error = a + b exactly (Knuth). */
static inline double areg_two_sum (double a, double b, double *error)
{
  const double s = a + b, t = s - a;
  *error = (a - (s - t)) + (b - t);
  return s;
}

/* Eight lanes, whatever the machine has: gcc makes of them one, two or four registers, or scalars. Passed between
 * inlined functions only, so no calling convention is involved. */
typedef double lanes __attribute__ ((vector_size (8 * AREG_LANES)));
typedef double lanes_unaligned __attribute__ ((vector_size (8 * AREG_LANES), aligned (8), may_alias));
typedef int64_t lanes_mask __attribute__ ((vector_size (8 * AREG_LANES)));
#define AREG_INLINE static inline __attribute__ ((always_inline))

AREG_INLINE lanes lanes_load (const double *p) { return *(const lanes_unaligned *) p; }
AREG_INLINE double lanes_sum (const lanes s)
{
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

#if defined(__x86_64__) && defined(__GNUC__)
#define AREG_WIDE_X86 1
#endif
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
  !defined(__SANITIZE_ADDRESS__)
#define AREG_MANY_TARGETS __attribute__ ((target_clones ("avx512f", "avx2", "default")))
#else
#define AREG_MANY_TARGETS
#endif

/* links.c, with loops in wide_*.c */
/* The bodies that a growing tree has not reached, packed: place, squared distance from the tree, nearest slot of the
 * tree and own slot, in arrays of whole lanes. Slots are doubles, so that lanes carry them. */
struct areg_outside { double *x, *y, *z, *d2, *near, *slot; };
/* The body `last` of the tree, at x, y, z, is new: updates distances of the first `count`, and returns the nearest's
 * place; -1 if all distances are infinite or NaN. */
#ifdef AREG_WIDE_X86
int areg_wide_nearest_512 (const struct areg_outside *o, int count, double x, double y, double z, double last);
int areg_wide_nearest_fma (const struct areg_outside *o, int count, double x, double y, double z, double last);
#endif
int areg_wide_nearest_plain (const struct areg_outside *o, int count, double x, double y, double z, double last);
/* Builds the minimum spanning tree from slot `root` and expresses the state in its links, losing no digit. */
void areg_links_build (struct areg *g, struct areg_state *st, int root);
/* Body arrays (relative to the root) from links; `links` and `bodies` are x | y | z. */
void areg_links_walk (const struct areg_state *st, const double *links, double *bodies, int body_stride);
/* The same in two parts: hi + lo carries what the sum of rounded links would lose. */
void areg_links_walk_split (const struct areg_state *st, const double *links, const double *links_lo, double *hi,
                            double *lo, int body_stride);
/* Separations along links of the near pairs, from the links in `q`. */
void areg_links_near (const struct areg_state *st, const double *q, double *near_d);
/* The heaviest body, lowest slot if equal. */
int areg_links_root (const struct areg_state *st);
/* Support of the softening of link b. */
double areg_links_soft (const struct areg *g, const struct areg_state *st, int b);

/* forces.c */
/* How many parts the pass falls into: 1 or AREG_PARTS. */
int areg_pairs_parts (const struct areg_pairs *p);
/* Accelerations by the pairs of one part, x | y | z of stride body_stride, and the sum of m_i G m_j / r behind. */
void areg_pairs_part (const struct areg_pairs *p, int part, double *acc);
/* Adds the sums of `count` (2, 4, 8) parts, `stride` apart, into the first, as a binary tree. */
void areg_pairs_join (const struct areg_pairs *p, double *a, int64_t stride, int count);
/* Spline kernel of support h: force factor over r and (positive) potential, both for unit masses. */
void areg_spline (double r, double h, double *force, double *potential);

/* wide_*.c: forces.c's loops for three sorts of processors. Accelerations by the rows first <= i < last. */
#ifdef AREG_WIDE_X86
void areg_wide_rows_512 (const struct areg_pairs *p, int first, int last, double *acc);
void areg_wide_rows_fma (const struct areg_pairs *p, int first, int last, double *acc);
#endif
void areg_wide_rows_plain (const struct areg_pairs *p, int first, int last, double *acc);

/* few.c, with loops in wide_*.c */
/* The pair i < j: x_j - x_i = link_a + sign_b link_b (b < 0: the first alone; a < 0: from places). In two parts:
 * G m_i m_j, and m_i m_j over twice the mass of all. */
struct few_pair { int i, j, a, b; double sign_b, potential, potential_lo, kinetic, kinetic_lo; };
/* Rows of an attempt, all at once. Bodies are numbered along the tree, parents before their children; of three, the
 * one in the middle comes first. Body b > 0 has link b - 1, which is `sign` times that of slot `slot`. */
struct areg_few
{
  int n, root, first, last, length, stride; /* `root` is the state's */
  int places;                   /* some pairs need them */
  int two;                      /* sub-steps in two parts; else what ends with _lo is not looked at */
  double rest, rest_lo, rate, rate_lo; /* B + gamma, and with T: the rate of fictitious time in a drift */
  double gamma, H, mean_v[3];   /* velocity of the centre of mass */
  double *const *row_hi, *const *row_lo;
  int parent[AREG_FEW], slot[AREG_FEW];
  double sign[AREG_FEW], m[AREG_FEW], mu[AREG_FEW], share[AREG_FEW]; /* of the mass */
  double base[6 * AREG_FEW], base_lo[6 * AREG_FEW]; /* the state: places x y z link by link, then velocities */
  struct few_pair pair[AREG_FEW * (AREG_FEW - 1) / 2];
};
/* Energies of a state in two parts, and dU/dt. */
struct areg_few_exact { double U, U_lo, T, T_lo, rate; };
#ifdef AREG_WIDE_X86
void areg_wide_few_512 (const struct areg_few *task);
void areg_wide_few_fma (const struct areg_few *task);
void areg_wide_few_exact_512 (const struct areg_few *task, struct areg_few_exact *out);
void areg_wide_few_exact_fma (const struct areg_few *task, struct areg_few_exact *out);
#endif
void areg_wide_few_plain (const struct areg_few *task);
void areg_wide_few_exact_plain (const struct areg_few *task, struct areg_few_exact *out);
/* Whether this state's rows can be taken this way; it must not depend on anything else. */
int areg_few_fit (const struct areg *g, const struct areg_state *st);
/* And whether in two parts. */
int areg_few_two (const struct areg *g, const struct areg_state *st);
void areg_few_prepare (const struct areg *g, const struct areg_state *st, double H, int first, int last,
                       struct areg_few *task);
/* Rows `first` to `last` over H into g->row_hi, row_lo; NaN as the time of one that failed. */
void areg_few_rows (struct areg *g, const struct areg_state *st, double H, int first, int last);
/* Energies of a state in two parts into its scalars. */
void areg_few_exact (const struct areg *g, struct areg_state *st);

/* share.c */
/* Doubles of g->share for vectors of n. */
int64_t areg_share_size (int size, int64_t n);
/* Who computes the first `rows` rows on `size` ranks, if one sub-step of all together takes `together` times as long
 * as one of a rank's own: a rank, or all. Returns what the plan takes, in sub-steps. */
enum { AREG_TOGETHER = -1 };
double areg_share_plan (int rows, int size, double together, int *owner);
/* How long all together take for a sub-step, to how long one alone takes: by counts, not by a clock. 1 if they
 * cannot. */
double areg_share_together (const struct areg *g, const struct areg_state *st);
/* Makes g->row_hi[0] to [rows - 1], with row_lo behind, by tasks on the group's ranks, some of them of all together.
 * **Collective**. 0, or 1 if the group failed. */
typedef void areg_row_task (struct areg *g, int k, const void *argument);
int areg_share_rows (struct areg *g, const struct areg_state *st, int rows, areg_row_task *task,
                     const void *argument);
/* The whole pass, into g->acc; returns the potential, NaN if the group failed. **Collective** unless g->alone. */
double areg_share_forces (struct areg *g, const struct areg_pairs *p);

/* flow.c */
/* One row: n sub-steps over the fictitious time H; row_hi + row_lo is the increment. 0, or 1 if it failed. */
int areg_flow_row (struct areg *g, const struct areg_state *st, double H, int n, double *row_hi, double *row_lo);
/* Potentials, their rate, and kinetic energy at the state, what is not yet known of them. */
void areg_flow_exact (struct areg *g, struct areg_state *st);
/* What dt is divided into: the rate of the fictitious time at a state whose energies are known. */
double areg_flow_time_rate (const struct areg_state *st);
/* The fictitious time, positive, that dt takes, to second order. */
double areg_flow_step_of (const struct areg_state *st, double dt);
/* T - U + Y_TOTAL at a state whose energies are known: what its energy is off. */
double areg_flow_energy_off (const struct areg_state *st);
/* Takes a state's energy, known, to be what it is from now on. */
void areg_flow_energy_set (struct areg_state *st);
/* Body velocities relative to the centre of mass in `bodies`; the kinetic energy. */
double areg_flow_velocities (const struct areg *g, const struct areg_state *st, const double *p, double *bodies);
int areg_flow_has_pn (const struct areg *g, const struct areg_state *st);
/* 1PN acts between holes and stars too. */
int areg_flow_stars_have_pn (const struct areg *g, const struct areg_state *st);
/* Holes may merge in this state. */
int areg_merge_possible (const struct areg *g, const struct areg_state *st);
/* The merger radius of holes a and b. */
double areg_merge_reach (const struct areg *g, const struct areg_state *st, int a, int b);

/* stars.c */
/* Whether stars among themselves are split off at all in this state (softened, and holes to lead the time). */
int areg_stars_apart (const struct areg *g, const struct areg_state *st);
/* Prepares the polynomials and the books for a step; 0 if this step is better taken whole. */
int areg_stars_predict (struct areg *g, struct areg_state *st, double sign);
/* Takes the step's star-star accelerations at its end into account; 0 if they were not predicted well enough. */
int areg_stars_correct (struct areg *g, struct areg_state *st, double dt);
/* Notes the star-star accelerations of the state (areg_flow_exact has made them) as the newest of the past. */
void areg_stars_note (struct areg *g, struct areg_state *st, const double *acc);
/* The change of potential_stars when bodies move by `by` times their place from the root. */
double areg_stars_stretch (struct areg *g, const struct areg_state *st, double by);

/* foresight.c */
/* The longest steps of the orders first to last, in time, in its direction `sign`, for what pairs are about to do at
 * the state. They are right where order `target` gets less than `most`; others may be too long. */
void areg_foresee (struct areg *g, const struct areg_state *st, double sign, double most, int target, int first,
                   int last, double *longest);

/* extrapolate.c */
enum areg_step { STEP_ACCEPTED, STEP_REJECTED, STEP_GROUP_FAILED };
/* Plans a step: its size, positive; its order is in the state's scalars. */
double areg_extrapolate_plan (struct areg *g, struct areg_state *st, double sign);
/* Tries one step H, as planned or shorter; if accepted the state is advanced. Sets the next step and order in the
 * state's scalars, unless `truncated` (the step was cut short from outside). */
enum areg_step areg_extrapolate_step (struct areg *g, struct areg_state *st, double H, int truncated);

/* merge.c */
/* Merges holes, and feeds them stars, that are close enough, closest pair first. AREG_OK, or AREG_NO_CONVERGENCE if
 * what came of it is not finite. */
int areg_merge_close (struct areg *g, struct areg_state *st);
/* Makes hole a what is left of itself and body b, which goes: mass and spin (internal units), and how far place and
 * velocity of a change. Returns by how much the energy does. */
double areg_merge_join (struct areg *g, struct areg_state *st, int a, int b, double mass, const double spin[3],
                        const double dx[3], const double dv[3]);

/* feed.c */
/* Stars may be disrupted or captured in this state; and the radius at which hole a does so to star b, 0: never. */
int areg_feed_possible (const struct areg *g, const struct areg_state *st);
double areg_feed_reach (const struct areg *g, const struct areg_state *st, int a, int b);
void areg_feed (struct areg *g, struct areg_state *st, int a, int b, const double separation[3]);

/* encounter.c */
/* x_a - x_b from the links and the places in g->pos. */
void areg_separation (const struct areg *g, const struct areg_state *st, int a, int b, double out[3]);
/* What the last step, of length dt > 0, did. *orbit: of the two holes that are now closest in units of their reach,
 * the time of an orbit at the reach over 2 pi. */
enum areg_encounter { ENCOUNTER_NONE, ENCOUNTER_PASSED /* a pair was inside its reach on the way, or nearly */,
                      ENCOUNTER_MET /* a pair is just inside now */ };
enum areg_encounter areg_encounter (struct areg *g, const struct areg_state *st, double dt, double *orbit);

/* state.c */
/* Takes all memory; 0, or 1 if there is none. */
int areg_state_allocate (struct areg *g);
void areg_state_copy (const struct areg *g, struct areg_state *to, const struct areg_state *from);
/* Sets stride and length of the vector from the number of bodies. */
void areg_state_layout (struct areg_state *st);
/* Adds up the mass of all bodies. */
void areg_state_mass (struct areg_state *st);
/* Spreads the state into g->pos and g->vel, for areg_state_body, at caller's time t. */
void areg_state_spread (struct areg *g, const struct areg_state *st, double t);
/* Body b in the caller's units. */
void areg_state_body (const struct areg *g, const struct areg_state *st, int b, struct areg_body *out);
/* All bodies, in the caller's order. */
void areg_state_bodies (struct areg *g, const struct areg_state *st, double t, struct areg_body *out);
/* The same, with positions in two parts; and relative to slot `origin`, which itself stays as it is. */
void areg_state_bodies_split (struct areg *g, const struct areg_state *st, double t, struct areg_body *out,
                              double (*x_low)[3]);
void areg_state_bodies_relative (struct areg *g, const struct areg_state *st, double t, int origin,
                                 struct areg_body *out);
/* Checks, sorts and takes over the caller's bodies at time t: units, slots, links. x_low may be NULL. An
 * areg_status. */
int areg_state_load (struct areg *g, struct areg_state *st, double t, const struct areg_body *bodies,
                     const double (*x_low)[3], int n);
/* Time of the state in the caller's units. */
double areg_state_time (const struct areg *g, const struct areg_state *st);

/* advance.c */
struct areg_sampler
{
  const double *times;
  int n_times, next;
  areg_sample *sample;
  void *context;
  struct areg_body *bodies;
};
/* Advances the state to caller's time t_end. An areg_status; the state is then anywhere if not AREG_OK. */
int areg_advance_state (struct areg *g, struct areg_state *st, double t_end, struct areg_sampler *sampler);

#endif
