/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Accelerations of these bodies from these bodies": the one call by which the rest of the code gets gravity.
 *
 * The result is a function of the set of bodies alone: the same bits on any number of ranks and threads and for
 * any distribution of the bodies over ranks. Bodies of one group >= 0 (a regularised region) exert no force on
 * each other: each group has a source tree of its own that its members never walk.
 *
 * Periodic boxes: the pair of two nearest images is softened, all other images are Newtonian. The images of a
 * body exert no force on it but are in its potential, and so are, in force and potential, those of the bodies of
 * its own group other than the nearest ones: whoever integrates the group does so without the box. A group may be
 * no wider than a quarter of the box (ST_DATA).
 */
#ifndef CATENA_GRAVITY_H
#define CATENA_GRAVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"

enum { GRAVITY_CHEAPER = -1 };

struct gravity_options
{
  double G;
  double length;         /* of the box that the 2^64 integer steps of a position span */
  int periodic;          /* 0: isolated; 1: all images and the neutralising background act, too */
  int multipole_order;   /* p: 3 to 5 */
  double accuracy;       /* alpha of the relative criterion (ErrTolForceAcc) */
  double opening_angle;  /* geometric criterion, for bodies without an old acceleration (ErrTolTheta) */
  int leaf_size;         /* a cell with more bodies is split */
  int direct_below;      /* sets smaller than this are summed directly in double precision */
  int mesh;              /* cells in one dimension of the long-range mesh; 0: none */
  int64_t mesh_from;     /* sets smaller than this are spared the mesh; their whole force comes from trees.
                          * GRAVITY_CHEAPER: the road that is likely to be the cheaper one (choice.h) */
  double split_scale;    /* r_s: a pair's long-range part is -erf (r / 2 r_s) / r; 0: no split, all by tree. Without a
                          * mesh, the short-range rest alone is meant, of the nearest image of each body. */
  double split_reach;    /* R_cut / r_s: the short-range rest is dropped beyond R_cut */
};

/* Borrowed, unchanged; arrays of n elements on this rank. */
struct gravity_bodies
{
  int64_t n;
  const uint64_t (*position)[3];
  const double *mass;
  const double *softening;       /* Plummer-equivalent epsilon: support h = 2.8 epsilon; a pair uses the larger */
  const float *acceleration_old; /* |a|, 0 where unknown */
  const uint64_t *id;            /* unique: breaks ties of the key */
  const int32_t *group;          /* -1, or the region that the body belongs to; NULL: all -1 */
  const float *work;             /* result->work of an earlier solve, for the balance alone; NULL: all equal */
  const uint8_t *type;           /* NULL; or softening is a table, and body i has softening[type[i]] */
  void (*taken) (void *context); /* Local. NULL; or told, if it is so, that the solver will read no more of these
                                  * arrays but position and id: the caller may release the others */
  void *context;
};
static inline double body_softening (const struct gravity_bodies *b, int64_t i)
{
  return b->softening[b->type ? b->type[i] : i];
}

/* Results may be left in the solver's own memory, in the place of what it needs no more; the caller's acceleration
 * and potential are ignored then. See gravity_lent. */
enum gravity_lend { LEND_NOTHING, LEND_ACCELERATIONS, LEND_ALL };

/* The caller's arrays of n elements; any of them may be NULL. */
struct gravity_result
{
  double (*acceleration)[3];
  double *potential; /* per unit mass, from all others with which the body interacts */
  float *work;       /* cost of each body: steers balance only; with `lend`, wanted on all ranks or on none */
  float (*trend)[4]; /* |a| of the smooth field that the body shares with its neighbours, and the gradient of this |a|
                      * (trend.c): wanted on all ranks or on none. All 0 where the body shares none, and where none is
                      * known: small sets, solves with a mesh */
  enum gravity_lend lend; /* the same on all ranks */
};

/* The stations of a solve by trees, in their order; waiting for other ranks is part of the station that waits. */
enum gravity_phase
{
  PHASE_PACK,    /* bodies into the units of the solver */
  PHASE_SORT,    /* into the order of the keys */
  PHASE_SHARE,   /* top cells, who gets which, bodies on their way */
  PHASE_CELLS,   /* intervals of the order become cells */
  PHASE_MOMENTS, /* of all cells, and the top cells of all ranks put together */
  PHASE_PROBE,   /* what of the other ranks' trees will be needed */
  PHASE_FETCH,   /* asking for it, and taking what comes */
  PHASE_WAIT,    /* for what was asked for, with nothing left to walk; others are answered meanwhile */
  PHASE_WALK,    /* and, between its pieces, answering others */
  PHASE_BALANCE, /* the net force is taken out */
  PHASE_DELIVER, /* results to where the bodies came from */
  N_PHASES
};
extern const char *const gravity_phase_name[N_PHASES];

/* What the last solve cost; seconds and counts of this rank. */
struct gravity_cost
{
  double build_s, walk_s, mesh_s, communication_s, total_s;
  double n_pp, n_pm, n_m2l, n_mac; /* particle-particle, particle-multipole, cell-cell, acceptance tests */
  double net_force; /* |sum of forces| / sum of |force|, in all, before it was taken out; 0 after a direct sum */
  int64_t bytes_peak, bytes_sent, messages_sent, n_rounds; /* messages and rounds of questions while fetching */
  double phase_s[N_PHASES];
};

struct gravity;

/* Local. *out is the caller's; release with gravity_free. ST_DATA for options out of range, ST_MEMORY. */
enum status gravity_create (const struct gravity_options *options, struct gravity **out);
void gravity_free (struct gravity **gravity);
/* Local. The box has been doubled, or the accuracy changed. */
enum status gravity_set_options (struct gravity *gravity, const struct gravity_options *options);

/* Collective. Agreed ST_MEMORY or ST_INTERNAL (non-finite result, naming IDs). */
enum status gravity_solve (struct gravity *gravity, const struct comm *comm, const struct gravity_bodies *bodies,
                           const struct gravity_result *result);
const struct gravity_cost *gravity_cost (const struct gravity *gravity);
/* Local. The results of a solve that was asked to lend them; the solver's, good until its next solve. */
const struct gravity_result *gravity_lent (const struct gravity *gravity);
/* Local. Releases all memory but that of these results: for a caller who has no more forces to ask for. */
void gravity_shrink (struct gravity *gravity);

/* Collective. The same by direct summation in double precision with the exact kernel: the reference of the
 * tests and the road for small sets. `targets`: indices of local bodies to compute, NULL for all. */
enum status gravity_direct (const struct gravity_options *options, const struct comm *comm,
                            const struct gravity_bodies *bodies, const int64_t *targets, int64_t n_targets,
                            const struct gravity_result *result);

#endif
