/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the tree gives the direct sum: to float rounding when nothing is accepted, to the error asked for
 * otherwise, better with each order, without a group's own forces, with the same bits for every width of the vectors
 * and number of threads, and for sets that are awkward: one body, all at one point, on a line, masses over twelve
 * decades, a body 1e5 times further out than the rest, a tight unsoftened pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <omp.h>

#include "base/exact.h"
#include "../gravity_fixture.h"
#include "one_rank.h"

static void make (struct fixture *s, int64_t n, double eps)
{
  fixture_alloc (s, n);
  for (int64_t i = 0; i < n; i++)
    fixture_hernquist (s, i, (uint64_t) i + 1, n, eps);
}

static struct gravity_options nothing_accepted (void)
{
  struct gravity_options o = fixture_options ();

  o.accuracy = o.opening_angle = 0;
  return o;
}

/* theta = 0: pairs only, in float with offsets good to 1e-7 of the group's size. */
static void test_opens_all (void **state)
{
  const struct gravity_options o = nothing_accepted ();
  struct fixture s;

  (void) state;
  make (&s, 3000, 1e-2);
  fixture_expect (&o, &comm, &s, 1, 2e-5); /* closest pairs in float: 2^-6 of the group, 1e-7 * 64 and three powers */
  fixture_expect (&o, &comm, &s, 0.99, 2e-6); /* float rounding of single terms, a few 1e-7, little cancellation */
  fixture_free (&s);
}

/* The criterion promises alpha for a single interaction; summed over many at random, the 99 % error is near alpha. */
static void test_accuracy (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 8000, 1e-3);
  fixture_expect (&o, &comm, &s, 0.99, 5e-3); /* geometric, theta 0.5, p = 4: 0.5^5 of a term at worst */
  fixture_remember (&s);
  for (o.accuracy = 1e-2; o.accuracy > 5e-5; o.accuracy /= 10)
    fixture_expect (&o, &comm, &s, 0.99, 1.5 * o.accuracy);
  fixture_free (&s);
}

/* At one opening angle each order gains: at most theta = 0.5 per order in the worst terms, here asked to gain 1.5. */
static void test_order (void **state)
{
  struct gravity_options o = fixture_options ();
  double error[6], potential;
  struct fixture s;

  (void) state;
  make (&s, 8000, 1e-3);
  for (int p = 3; p <= 5; p++) {
    o.multipole_order = p;
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    fixture_errors (&o, &comm, &s, 0.9, &error[p], &potential);
  }
  assert_true (error[4] < error[3] / 1.5 && error[5] < error[4] / 1.5);
  fixture_free (&s);
}

/* Groups are left out exactly: with nothing else near, a group's members feel the others only. */
static void test_groups (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 6000, 1e-3);
  for (int64_t i = 0; i < s.n; i++) {
    double r2 = 0;
    for (int k = 0; k < 3; k++) {
      const double d = (double) (int64_t) (s.position[i][k] - (UINT64_C (1) << 63)) * 0x1p-64 * o.length;
      r2 += d * d;
    }
    s.group[i] = r2 < 0.04 ? 17 : r2 > 1 && r2 < 1.3 ? 3 : -1;
  }
  fixture_expect (&o, &comm, &s, 0.99, 1e-2); /* as without groups, some forces smaller; own would be order 1 */
  fixture_remember (&s);
  fixture_expect (&o, &comm, &s, 0.99, 1.5 * o.accuracy);
  for (int64_t i = 0; i < s.n; i++)
    s.group[i] = 4; /* nobody is left to be felt */
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  for (int64_t i = 0; i < s.n; i++)
    assert_true (s.acceleration[i][0] == 0 && s.potential[i] == 0);
  fixture_free (&s);
}

/* Bodies with a group, masses over a decade, and old accelerations of which some are unknown. */
static void make_uneven (struct fixture *s)
{
  make (s, 8000, 1e-3);
  for (int64_t i = 0; i < s->n; i++) {
    s->mass[i] *= 1 + 9 * fixture_uniform ((uint64_t) i + 31337);
    s->group[i] = i % 50 == 7 ? 2 : -1;
  }
}

/* |sum of forces| / sum of |force|. */
static double net_force (const struct fixture *s)
{
  static struct exact_sum net[3];
  double size = 0;

  for (int k = 0; k < 3; k++)
    exact_clear (net + k);
  for (int64_t i = 0; i < s->n; i++) {
    size += s->mass[i] * fixture_norm (s->acceleration[i]);
    for (int k = 0; k < 3; k++)
      exact_add_product (net + k, s->mass[i], s->acceleration[i][k]);
  }
  const double value[3] = { exact_value (net), exact_value (net + 1), exact_value (net + 2) };
  return fixture_norm (value) / size;
}

/* Internal forces add up to nothing, in the first solve and in those that know old accelerations, and the errors that
 * the walk left (random, so far below alpha of the mean) were small before. */
static void test_momentum (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;
  struct gravity *g;

  (void) state;
  make_uneven (&s);
  const struct gravity_bodies b = fixture_bodies (&s);
  const struct gravity_result r = { .acceleration = s.acceleration, .potential = s.potential, .work = s.work };
  assert_int_equal (gravity_create (&o, &g), ST_OK);
  for (int pass = 0; pass < 3; pass++) {
    assert_int_equal (gravity_solve (g, &comm, &b, &r), ST_OK);
    assert_true (net_force (&s) < 1e-14); /* 8000 roundings of 1e-16, partly cancelling */
    const double before = gravity_cost (g)->net_force;
    assert_true (before > 1e-9 && before < (pass == 0 ? 1e-3 : 0.1 * o.accuracy)); /* sqrt (8000) averages: 1/90 */
    for (int64_t i = 0; i < s.n; i++)
      s.old[i] = pass == 1 && i % 7 == 0 ? 0 : (float) fixture_norm (s.acceleration[i]);
  }
  gravity_free (&g);
  fixture_free (&s);
}

struct held
{
  double *mass;
  float *old;
  int64_t n;
};

/* What the solver has taken over may change. */
static void spoil (void *context)
{
  const struct held *const h = context;

  for (int64_t i = 0; i < h->n; i++)
    h->mass[i] = h->old[i] = NAN;
}

/* Results left in the solver's memory, softenings by type, and bodies that are gone once they are taken over make the
 * same bits, by the tree and directly, with and without potentials. */
static void test_lent (void **state)
{
  static const double table[3] = { 0.02, 0.1, 0 };
  struct gravity_options o = fixture_options ();
  struct fixture s;
  struct gravity *g;

  (void) state;
  make_uneven (&s);
  uint8_t *type = mem_alloc ("types", s.n, 1);
  struct held held = { mem_alloc ("masses", s.n, sizeof (double)), mem_alloc ("old", s.n, sizeof (float)), s.n };
  for (int64_t i = 0; i < s.n; i++) {
    type[i] = (uint8_t) (s.id[i] % 3);
    s.softening[i] = table[type[i]];
  }
  for (int pass = 0; pass < 3; pass++) {
    o.direct_below = pass == 2 ? INT32_MAX : 0;
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    struct gravity_bodies b = fixture_bodies (&s);
    memcpy (held.mass, s.mass, s.n * sizeof *s.mass);
    memcpy (held.old, s.old, s.n * sizeof *s.old);
    b.mass = held.mass;
    b.acceleration_old = held.old;
    b.softening = table;
    b.type = type;
    b.taken = spoil;
    b.context = &held;
    assert_int_equal (gravity_create (&o, &g), ST_OK);
    const struct gravity_result r = { .lend = pass == 0 ? LEND_ACCELERATIONS : LEND_ALL };
    assert_int_equal (gravity_solve (g, &comm, &b, &r), ST_OK);
    gravity_shrink (g);
    assert_memory_equal (gravity_lent (g)->acceleration, s.acceleration, s.n * sizeof *s.acceleration);
    if (pass > 0)
      assert_memory_equal (gravity_lent (g)->potential, s.potential, s.n * sizeof *s.potential);
    else
      assert_null (gravity_lent (g)->potential);
    gravity_free (&g);
    fixture_remember (&s);
  }
  mem_free (&type);
  mem_free (&held.mass);
  mem_free (&held.old);
  fixture_free (&s);
}

static void expect_same_bits (const struct fixture *a, const struct fixture *b)
{
  assert_memory_equal (a->acceleration, b->acceleration, a->n * sizeof *a->acceleration);
  assert_memory_equal (a->potential, b->potential, a->n * sizeof *a->potential);
}

/* Widths this processor lacks fall back to a narrower one, so the test passes there without proving it. */
static void test_same_bits (void **state)
{
  const int threads = omp_get_max_threads ();
  struct gravity_options o = fixture_options ();
  struct fixture s, t;

  (void) state;
  for (o.multipole_order = 3; o.multipole_order <= 5; o.multipole_order++) {
    make (&s, 5000, 1e-2);
    make (&t, 5000, 1e-2);
    for (int64_t i = 0; i < s.n; i++)
      s.group[i] = t.group[i] = i % 100 == 0 ? 1 : -1;
    omp_set_num_threads (1);
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    omp_set_num_threads (3);
    for (const char *const *lanes = (const char *const[]) { "4", "8", "16", NULL }; *lanes; lanes++) {
      setenv ("CATENA_LANES", *lanes, 1);
      assert_int_equal (fixture_solve (&o, &comm, &t), ST_OK);
      expect_same_bits (&s, &t);
      omp_set_num_threads (1);
    }
    unsetenv ("CATENA_LANES");
    fixture_free (&s);
    fixture_free (&t);
  }
  omp_set_num_threads (threads);
}

static void test_one_body (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  for (int64_t n = 0; n < 2; n++) {
    make (&s, n, 1e-2);
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    if (n == 1)
      assert_true (fixture_norm (s.acceleration[0]) == 0 && s.potential[0] == 0);
    fixture_free (&s);
  }
}

/* All at one point: no force, and n-1 times the depth of the kernel; unsoftened, nothing. */
static void test_one_point (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  for (int soft = 0; soft < 2; soft++) {
    make (&s, 3000, soft ? 0.1 : 0);
    for (int64_t i = 0; i < s.n; i++)
      fixture_place (&s, i, 0.3, -0.2, 0.7);
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    for (int64_t i = 0; i < s.n; i++) {
      assert_true (fixture_norm (s.acceleration[i]) == 0);
      /* 3000 equal float terms rounded one by one */
      assert_float_equal (s.potential[i], soft ? -(1 - s.mass[0]) / 0.1 : 0, 1e-2);
    }
    fixture_free (&s);
  }
}

static void test_line (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 3000, 1e-3);
  for (int64_t i = 0; i < s.n; i++)
    fixture_place (&s, i, 30 * fixture_uniform ((uint64_t) i + 12345) - 15, 0.5, 0.5);
  fixture_expect (&o, &comm, &s, 0.9, 1e-2); /* some forces nearly cancel, so not the 99 % error */
  fixture_free (&s);
}

static void test_masses (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 5000, 1e-3);
  for (int64_t i = 0; i < s.n; i++)
    s.mass[i] *= pow (10, 12 * fixture_uniform ((uint64_t) i + 5000000) + 20); /* and far from order one */
  fixture_expect (&o, &comm, &s, 0.99, 5e-3); /* as for equal masses */
  fixture_remember (&s);
  fixture_expect (&o, &comm, &s, 0.99, 2 * o.accuracy); /* few bodies dominate: fewer terms to average */
  fixture_free (&s);
}

/* One body 1e5 times further out than the rest, and the rest as accurate as alone. */
static void test_far_body (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 5000, 1e-6);
  for (int64_t i = 0; i < s.n; i++) {
    const double u = fixture_uniform ((uint64_t) i + 1), v = fixture_uniform ((uint64_t) i + 70000);
    fixture_place (&s, i, 1e-3 * u, 1e-3 * v, 1e-3 * fixture_uniform ((uint64_t) i + 900000));
  }
  fixture_place (&s, 0, 100, 50, 20);
  fixture_expect (&o, &comm, &s, 0.99, 1e-2);
  fixture_remember (&s);
  fixture_expect (&o, &comm, &s, 0.99, 2 * o.accuracy);
  fixture_free (&s);
}

/* An unsoftened pair at 1e-9 in a sphere of size 1: float offsets could not resolve it. */
static void test_tight_pair (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 5000, 0);
  fixture_place (&s, 0, 3.1, 0.2, 0.3);
  memcpy (s.position[1], s.position[0], sizeof s.position[1]);
  s.position[1][1] += (uint64_t) (1e-9 / fixture_length * 0x1p64);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  fixture_remember (&s);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  const double r = (double) (int64_t) (s.position[1][1] - s.position[0][1]) * 0x1p-64 * fixture_length;
  /* the pair alone is all but 1e-14 of it */
  assert_true (fabs (s.acceleration[0][1] * r * r / s.mass[1] - 1) < 1e-12);
  fixture_expect (&o, &comm, &s, 0.99, 1.5 * o.accuracy);
  fixture_free (&s);
}

/* Softening far larger than the system: no cell may be accepted, and all is a sum of pairs. */
static void test_huge_softening (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 2000, 1e4);
  fixture_expect (&o, &comm, &s, 1, 1e-3); /* float pairs that nearly cancel, each a thousandth of the sum */
  for (int64_t i = 0; i < s.n; i += 2)
    s.softening[i] = 0; /* they now feel each other 1e10 times as strongly as the others feel anything */
  fixture_expect (&o, &comm, &s, 0.49, 1e-2);
  fixture_remember (&s);
  fixture_expect (&o, &comm, &s, 0.49, 1e-3);
  fixture_free (&s);
}

/* Every body has a twin in the same place, with another mass: equal keys, told apart by their IDs. */
static void test_twins (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  for (int soft = 0; soft < 2; soft++) {
    make (&s, 4000, soft ? 1e-2 : 0);
    for (int64_t i = 0; i < s.n; i += 2) {
      memcpy (s.position[i + 1], s.position[i], sizeof s.position[i]);
      s.mass[i] *= 3;
    }
    fixture_expect (&o, &comm, &s, 0.99, 1e-2);
    fixture_remember (&s);
    fixture_expect (&o, &comm, &s, 0.99, 1.5 * o.accuracy);
    fixture_free (&s);
  }
}

/* No mass at all, and no mass but one body's. */
static void test_massless (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 3000, 1e-3);
  for (int64_t i = 0; i < s.n; i++)
    s.mass[i] = 0;
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  for (int64_t i = 0; i < s.n; i++)
    assert_true (fixture_norm (s.acceleration[i]) == 0 && s.potential[i] == 0);
  s.mass[7] = 1e-80; /* far below the smallest float, as are the old |a|: by angle */
  fixture_expect (&o, &comm, &s, 0.99, 4e-2); /* one source: truncation at theta = 0.5, and nothing averages */
  fixture_remember (&s);
  fixture_expect (&o, &comm, &s, 0.99, 4e-2);
  s.mass[7] = 1e-20;
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  fixture_remember (&s);
  fixture_expect (&o, &comm, &s, 0.99, 2 * o.accuracy);
  fixture_free (&s);
}

/* More bodies at one point than can be summed in reasonable time: refused, with the ID of one of them. */
static void test_crowded_point (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 131072 + 1000, 0.1);
  for (int64_t i = 0; i < 131073; i++)
    fixture_place (&s, i, 1, 2, 3);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_DATA);
  assert_non_null (strstr (status_message (), "131073 particles lie at one point (particle 1 is one of them)"));
  status_clear ();
  fixture_free (&s);
}

/* Options out of range, and a set that is refused. */
static void test_refusals (void **state)
{
  struct gravity_options o = fixture_options ();
  struct gravity *g;
  struct fixture s;

  (void) state;
  o.multipole_order = 6;
  assert_int_equal (gravity_create (&o, &g), ST_DATA);
  assert_null (g);
  status_clear ();
  o = fixture_options ();
  make (&s, 100, 0.1);
  s.mass[7] = NAN;
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_INTERNAL);
  assert_non_null (strstr (status_message (), "particle"));
  status_clear ();
  s.mass[7] = INFINITY;
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_INTERNAL);
  status_clear ();
  fixture_free (&s);
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_opens_all), cmocka_unit_test (test_accuracy), cmocka_unit_test (test_order),
    cmocka_unit_test (test_groups), cmocka_unit_test (test_momentum), cmocka_unit_test (test_same_bits),
    cmocka_unit_test (test_one_body), cmocka_unit_test (test_one_point), cmocka_unit_test (test_line),
    cmocka_unit_test (test_masses), cmocka_unit_test (test_far_body), cmocka_unit_test (test_tight_pair),
    cmocka_unit_test (test_huge_softening), cmocka_unit_test (test_twins), cmocka_unit_test (test_massless),
    cmocka_unit_test (test_crowded_point), cmocka_unit_test (test_refusals), cmocka_unit_test (test_lent),
  };

  return cmocka_run_group_tests (tests, setup, teardown);
}
