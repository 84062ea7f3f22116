/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the time integration, regions included, gives the same bits on any number of ranks, conserves
 * energy to the force error, and goes on from a stored state as if never interrupted.
 *
 * The oracle is the same run by every rank alone. All sums are compared after reduction, on all ranks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mpi.h>

#include "base/exact.h"
#include "base/mem.h"
#include "base/vec3.h"
#include "data/domain.h"
#include "time/region_share.h"
#include "time/step.h"

static struct comm world;

/* A Plummer sphere of mass 0.9, G = 1, scale 1, with two SMBHs of mass 0.05 at +-0.03 on a circular mutual orbit. */
enum { N_STARS = 600, N_BODIES = N_STARS + 2 };

static const char parameters[] = "InitCondFile none\nOutputDir none\nTimeMax 1\nTimeBetSnapshot 10\n"
                                 "UnitLength_in_cm 1\nUnitMass_in_g 1\nUnitVelocity_in_cm_per_s 1e8\n"
                                 "GravityConstantInternal 1\nErrTolIntAccuracy 0.02\nErrTolForceAcc 0.002\n"
                                 "MaxSizeTimestep 0.0625\nDirectSumBelow 100\nTreeLeafSize 8\n"
                                 "SofteningClassOfPartType4 0\nSofteningClassOfPartType5 0\n"
                                 "SofteningComovingClass0 0.03\nKetjuPNTerms all\n"
                                 "KetjuIntegrationRelativeTolerance 1e-9\nKetjuRegionPhysicalRadius ";
enum { FEW, CROWD }; /* what the region holds */
static const char *const radius[] = { "0.1\n", "0.8\n" };

struct run
{
  struct comm comm;
  struct params params;
  struct units units;
  struct box box;
  struct particles p;
  struct holes holes;
  struct timeline timeline;
  struct stepper step;
};

static double uniform (uint64_t *state)
{
  *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (double) (*state >> 11) * 0x1p-53;
}

static void isotropic (uint64_t *state, double length, double out[3])
{
  double z = 2 * uniform (state) - 1, phi = 2 * M_PI * uniform (state), s = sqrt (1 - z * z);

  out[0] = length * s * cos (phi);
  out[1] = length * s * sin (phi);
  out[2] = length * z;
}

/* Radius from the mass profile; speed by rejection from the isotropic distribution (Aarseth, Hénon & Wielen
 * 1974). */
static void plummer_star (int i, double x[3], double v[3])
{
  uint64_t state = 1000003ULL * (uint64_t) (i + 1);
  double m = 0.02 + 0.9 * uniform (&state), r = 1 / sqrt (pow (m, -2.0 / 3) - 1), q, y;

  do {
    q = uniform (&state);
    y = 0.1 * uniform (&state);
  } while (y > q * q * pow (1 - q * q, 3.5));
  isotropic (&state, r, x);
  isotropic (&state, q * sqrt (2) * pow (1 + r * r, -0.25), v);
}

static void add_particle (struct run *r, int i)
{
  struct particles *p = &r->p;
  int64_t k = p->n++;
  double x[3], v[3] = { 0 };

  if (i < N_STARS)
    plummer_star (i, x, v);
  else {
    double side = i == N_STARS ? 1 : -1;
    x[0] = 0.03 * side;
    x[1] = x[2] = 0;
    v[1] = side * 0.5 * sqrt (0.1 / 0.06);
  }
  box_to_integer (&r->box, x, p->position[k], NULL);
  memcpy (p->velocity[k], v, sizeof v);
  p->mass[k] = i < N_STARS ? 0.9 / N_STARS : 0.05;
  p->potential[k] = 0;
  p->id[k] = (uint64_t) (i + 1);
  p->acceleration_old[k] = p->work[k] = 0;
  p->type[k] = i < N_STARS ? TYPE_STAR : TYPE_HOLE;
  p->bin[k] = TIMELINE_BITS;
  p->group[k] = -1;
  p->flags[k] = 0;
}

static void start (struct run *r, const struct comm *comm, int region)
{
  char text[sizeof parameters + 8];
  int length = snprintf (text, sizeof text, "%s%s", parameters, radius[region]);

  memset (r, 0, sizeof *r);
  r->comm = *comm;
  assert_int_equal (params_from_text ("test", text, (size_t) length, &r->params), ST_OK);
  r->units = params_units (&r->params);
  r->box = (struct box){ { -128, -128, -128 }, 256, 0 };
  assert_int_equal (particles_reserve (&r->p, N_BODIES), ST_OK);
  for (int i = comm->rank; i < N_BODIES; i += comm->size)
    add_particle (r, i);
  r->p.n_global = N_BODIES;
  assert_int_equal (holes_reserve (&r->holes, 2), ST_OK);
  memset (r->holes.spin, 0, 6 * sizeof (double));
  memset (r->holes.fraction, 0, 6 * sizeof (double));
  memset (r->holes.step_hint, 0, 2 * sizeof (double));
  r->holes.n = 2;
  r->holes.id[0] = N_STARS + 1;
  r->holes.id[1] = N_STARS + 2;
  r->holes.spin[0][2] = 0.3 * 0.05 * 0.05 / r->units.c;
  assert_int_equal (timeline_create (&r->comm, &r->params, 0, 0, &r->timeline), ST_OK);
  const struct gravity_options options = { .G = 1, .length = r->box.length, .multipole_order = 4,
                                           .accuracy = r->params.ErrTolForceAcc, .opening_angle = 0.5,
                                           .leaf_size = r->params.TreeLeafSize,
                                           .direct_below = r->params.DirectSumBelow };
  assert_int_equal (step_create (&r->comm, &r->params, &r->units, &r->box, &r->p, &r->holes, &r->timeline, &options,
                                 &r->step), ST_OK);
  assert_int_equal (step_resort (&r->step), ST_OK);
}

static void stop (struct run *r)
{
  step_free (&r->step);
  timeline_free (&r->timeline);
  particles_free (&r->p);
  holes_free (&r->holes);
}

/* Ticks until `n` of them are done or the segment ends; ends between drift and close. Returns how many. */
static int go (struct run *r, int n)
{
  int done = 0;

  while (done < n && r->timeline.tick < (int64_t) 1 << TIMELINE_BITS) {
    assert_int_equal (step_tidy (&r->step), ST_OK);
    assert_int_equal (step_close (&r->step, 0), ST_OK);
    assert_int_equal (step_open (&r->step), ST_OK);
    assert_int_equal (step_drift (&r->step, 0), ST_OK);
    done++;
  }
  return done;
}

/* All particles' states by ID, on every rank: bit patterns summed with the zeros of the others. */
struct picture { uint64_t word[N_BODIES][10]; };

static void take_picture (const struct run *r, struct picture *out)
{
  memset (out, 0, sizeof *out);
  for (int64_t i = 0; i < r->p.n; i++) {
    uint64_t *w = out->word[r->p.id[i] - 1];
    memcpy (w, r->p.position[i], 24);
    memcpy (w + 3, r->p.velocity[i], 24);
    memcpy (w + 6, &r->p.mass[i], 8);
    w[7] = (uint64_t) r->p.bin[i];
    w[8] = (uint64_t) (r->p.group[i] + 2);
    int hole = r->p.type[i] == TYPE_HOLE ? holes_find (&r->holes, r->p.id[i]) : -1;
    if (hole >= 0)
      memcpy (w + 9, r->holes.fraction[hole], 8);
  }
  comm_sum_array (&r->comm, (int64_t *) out, (int) (sizeof *out / 8));
}

static int pictures_differ (const struct picture *a, const struct picture *b)
{
  int n = 0;

  for (int i = 0; i < N_BODIES; i++)
    n += memcmp (a->word[i], b->word[i], sizeof a->word[i]) != 0;
  return n;
}

/* `ticks` by this rank alone and by all of `comm`: no body may differ. Returns the number of members of regions;
 * *together is whether two ranks share one. */
static int same_bits (const struct comm *comm, int region, int ticks, int *together)
{
  struct comm alone;
  struct run serial, parallel;
  struct picture *one = malloc (sizeof *one), *many = malloc (sizeof *many);

  comm_split (comm, comm->rank, &alone);
  start (&serial, &alone, region);
  start (&parallel, comm, region);
  int n = go (&serial, ticks);
  go (&parallel, ticks);
  take_picture (&serial, one);
  take_picture (&parallel, many);
  const struct regions *r = &serial.step.regions;
  int members = r->n_members, rank_of[r->n + 1], differ = (int) comm_max (comm, pictures_differ (one, many));
  region_deal_out (r, 2, rank_of);
  *together = 0;
  for (int g = 0; g < r->n; g++)
    *together |= rank_of[g] == REGION_TOGETHER;
  stop (&serial);
  stop (&parallel);
  comm_free (&alone);
  free (one);
  free (many);
  assert_int_equal (n, ticks);
  assert_int_equal (differ, 0);
  return members;
}

static void test_same_bits_on_any_ranks (void **unused)
{
  int together;

  (void) unused;
  assert_true (same_bits (&world, FEW, 60, &together) > 2); /* some stars are regularised, too */
  assert_false (together);
}

/* A region that ranks integrate together. By two at most: more would share cores here, and then wait long for each
 * other in every sub-step (test_areg_share has more). */
static void test_same_bits_of_a_crowd (void **unused)
{
  int together, members;
  struct comm pair;

  (void) unused;
  comm_split (&world, world.rank < 2 ? 0 : -1, &pair);
  if (pair.size > 0) {
    members = same_bits (&pair, CROWD, 2, &together);
    comm_free (&pair);
    assert_in_range (members, 100, 300);
    assert_true (together);
  }
}

static void copy_state (const struct run *a, struct run *b)
{
  assert_int_equal (particles_reserve (&b->p, a->p.n), ST_OK);
  for (int64_t i = 0; i < a->p.n; i++) { /* reversed, so that nothing may depend on the order in memory */
    int64_t k = a->p.n - 1 - i;
#define FIELD1(type, name, words) b->p.name[k] = a->p.name[i];
#define FIELD3(type, name, words) memcpy (b->p.name[k], a->p.name[i], sizeof b->p.name[k]);
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
  }
  b->p.n = a->p.n;
  memcpy (b->holes.fraction, a->holes.fraction, 48);
  memcpy (b->holes.spin, a->holes.spin, 48);
  memcpy (b->holes.step_hint, a->holes.step_hint, 16);
  b->timeline.tick = a->timeline.tick;
  b->step.started = 1;
  b->step.region_bin = a->step.region_bin;
  assert_int_equal (step_resort (&b->step), ST_OK);
  assert_int_equal (regions_relist (&b->step.regions, &world, &b->p, &b->holes), ST_OK);
}

/* The state between drift and close is the whole state: a run rebuilt from it at a tick in the middle of many steps
 * goes on with the same bits. */
static void test_resume_in_the_middle (void **unused)
{
  struct run a, b;
  struct picture *end_a = malloc (sizeof *end_a), *end_b = malloc (sizeof *end_b);

  (void) unused;
  start (&a, &world, FEW);
  start (&b, &world, FEW);
  go (&a, 23);
  copy_state (&a, &b);
  int together = step_synchronized (&a.step);
  go (&a, 30);
  go (&b, 30);
  take_picture (&a, end_a);
  take_picture (&b, end_b);
  int64_t differ = comm_max (&world, pictures_differ (end_a, end_b));
  stop (&a);
  stop (&b);
  free (end_a);
  free (end_b);
  assert_false (together); /* the interruption came while some steps were open */
  assert_int_equal (differ, 0);
}

static double energy (struct run *r)
{
  struct exact_sum sum;

  exact_clear (&sum);
  for (int64_t i = 0; i < r->p.n; i++)
    exact_add (&sum, 0.5 * r->p.mass[i] * (dot3 (r->p.velocity[i], r->p.velocity[i]) + r->p.potential[i]));
  exact_reduce (&r->comm, &sum, 1);
  return exact_value (&sum) + r->step.energy_radiated;
}

static void test_energy (void **unused)
{
  struct run r;

  (void) unused;
  start (&r, &world, FEW);
  assert_int_equal (step_tidy (&r.step), ST_OK);
  assert_int_equal (step_close (&r.step, 1), ST_OK);
  double before = energy (&r);
  assert_int_equal (step_open (&r.step), ST_OK);
  assert_int_equal (step_drift (&r.step, 0), ST_OK);
  while (r.timeline.tick < (int64_t) 1 << 59) /* half a time unit: several orbits of the SMBHs */
    go (&r, 1);
  while (!step_synchronized (&r.step))
    go (&r, 1);
  assert_int_equal (step_tidy (&r.step), ST_OK);
  assert_int_equal (step_close (&r.step, 1), ST_OK);
  double after = energy (&r);
  int64_t steps = r.step.n_steps;
  stop (&r);
  if (world.rank == 0)
    print_message ("energy %.9f -> %.9f in %lld steps\n", before, after, (long long) steps);
  /* Second-order steps at eta = 0.02 of softened orbits: a few 1e-5 of the total, and the region's share is not
   * allowed to be worse: a pair force counted twice or not at all would be some per cent. */
  assert_true (fabs (after - before) < 3e-4 * fabs (before));
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_energy), cmocka_unit_test (test_same_bits_on_any_ranks),
                                      cmocka_unit_test (test_same_bits_of_a_crowd),
                                      cmocka_unit_test (test_resume_in_the_middle) };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &world);
  int failed = cmocka_run_group_tests (tests, NULL, NULL);
  comm_free (&world);
  MPI_Finalize ();
  return failed;
}
