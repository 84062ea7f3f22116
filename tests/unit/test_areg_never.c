/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that nothing is fatal: whatever bodies, options and times a host gives, there is a status within a second,
 * a sentence, the system as it was to the byte, and a dump that catena-fewbody --replay refuses alike. */
#define _POSIX_C_SOURCE 200809L
#include "areg_test.h"
#include "fewbody.h"
#include <float.h>
#include <locale.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 8, ANY = 99 }; /* ANY: done, too many steps, or no convergence */

struct trial
{
  const char *name;
  int status;               /* expected; ANY */
  struct areg_options o;
  struct areg_body b[MOST];
  double low[MOST][3];
  int n;
  double t, t_end;
};

/* Processor time; valgrind and sanitizers are granted more. */
static double seconds_allowed (void)
{
#ifdef __SANITIZE_ADDRESS__
  return 30;
#else
  return getenv ("CATENA_TEST_WRAPPER") && *getenv ("CATENA_TEST_WRAPPER") ? 100 : 1;
#endif
}

static double processor_seconds (void) { return (double) clock () / CLOCKS_PER_SEC; }

/* What every trial begins with: a pair of holes and a star, G = 1. */
static struct trial trial (const char *name, int status)
{
  struct trial t = { .name = name, .status = status, .n = 3, .t_end = 1, .o = test_options (1e-10, 0, 0, 0) };
  t.o.max_steps = 2000;
  t.b[0] = test_body (1, 1, 1, 0, 0, 0, 0.4, 0, AREG_HOLE);
  t.b[1] = test_body (2, 1, -1, 0, 0, 0, -0.4, 0, AREG_HOLE);
  t.b[2] = test_body (3, 0.01, 0, 5, 0, 0.6, 0, 0.1, AREG_STAR);
  return t;
}

/* Runs the dump through the program: its exit code, and the sentence it leaves. */
static int replayed (const char *dump, char *sentence, int size)
{
  char path[] = "/tmp/areg_dump_XXXXXX", command[600];
  const char *top = getenv ("top_builddir");
  const int file = mkstemp (path);
  assert_true (file >= 0 && write (file, dump, strlen (dump)) == (ssize_t) strlen (dump));
  close (file);
  snprintf (command, sizeof command, "'%s/catena-fewbody' --replay %s 2>&1 > /dev/null", top ? top : ".", path);
  FILE *out = popen (command, "r");
  assert_non_null (out);
  if (!fgets (sentence, size, out))
    *sentence = 0;
  const int code = pclose (out);
  unlink (path);
  return WIFEXITED (code) ? WEXITSTATUS (code) : -1;
}

static void dump_check (const struct areg *s, const struct trial *t, int status)
{
  char sentence[600], want[600];
  const int64_t length = areg_dump (s, NULL, 0);
  char *dump = malloc ((size_t) length + 1);
  assert_int_equal (areg_dump (s, dump, length + 1), length);
  const int code = replayed (dump, sentence, sizeof sentence);
  /* How far it came is its own matter: the words on the status must be the same. */
  snprintf (want, sizeof want, "catena-fewbody: %.40s", areg_last_message (s));
  if (code != fewbody_exit (status) || strncmp (sentence, want, strlen (want))) {
    print_message ("%s: status %d; its replay: %d, %s%s", t->name, status, code, sentence, dump);
    fail ();
  }
  free (dump);
}

static int finite_bodies (const struct areg_body *b, int n)
{
  for (int i = 0; i < n; i++)
    for (int c = 0; c < 3; c++)
      if (!isfinite (b[i].x[c]) || !isfinite (b[i].v[c]) || !isfinite (b[i].spin[c]) || !isfinite (b[i].m))
        return 0;
  return 1;
}

static int refused_for_steps (int status) { return status == AREG_TOO_MANY_STEPS || status == AREG_NO_CONVERGENCE; }

/* Loads and advances, and holds all promises against it. */
static int trial_run (const struct trial *t, int dumps)
{
  struct areg_body before[MOST] = { { 0 } }, after[MOST] = { { 0 } }, kept[3];
  struct trial good = trial ("good", AREG_OK);
  struct areg *s = NULL;
  const double began = processor_seconds ();
  if (areg_create (&t->o, NULL, MOST, &s) != AREG_OK) {
    assert_null (s);
    assert_true (areg_options_fault (&t->o) && strlen (areg_options_fault (&t->o)) > 10);
    return AREG_BAD_OPTION;
  }
  assert_null (areg_options_fault (&t->o));
  const int has_good = areg_load (s, 3, good.b, 3) == AREG_OK; /* what a refused load must leave (not if G = 1e300) */
  areg_bodies (s, kept);
  int status = areg_load_split (s, t->t, t->b, (const double (*)[3]) t->low, t->n);
  if (status != AREG_OK) {
    areg_bodies (s, before);
    assert_true (!has_good || (!memcmp (before, kept, sizeof kept) && areg_time (s) == 3 && areg_count (s) == 3));
  } else {
    areg_bodies (s, before);
    assert_true (finite_bodies (before, t->n));
    status = areg_advance (s, t->t_end);
    areg_bodies (s, after);
    if (status == AREG_OK) {
      assert_true (finite_bodies (after, areg_count (s)) && areg_time (s) == t->t_end);
    } else {
      assert_memory_equal (before, after, sizeof before);
      assert_true (areg_time (s) == t->t && areg_count (s) == t->n);
    }
  }
  assert_true (status == AREG_OK ? !*areg_last_message (s) : strlen (areg_last_message (s)) > 10);
  const double spent = processor_seconds () - began;
  if (spent > seconds_allowed ()) {
    print_message ("%s: %g s\n", t->name, spent);
    fail ();
  }
  if (status != AREG_OK && dumps && t->n > 0 && t->n <= MOST)
    dump_check (s, t, status);
  areg_free (&s);
  return status;
}

static void trial_judge (const struct trial *t)
{
  const int status = trial_run (t, 1);
  if (t->status == ANY ? status != AREG_OK && !refused_for_steps (status) : status != t->status) {
    print_message ("%s: status %d, not %d\n", t->name, status, t->status);
    fail ();
  }
}

/* One number of a trial replaced, all of a list in turn. */
static void numbers_try (const char *name, size_t offset, const double *values, int n, int status)
{
  for (int i = 0; i < n; i++) {
    struct trial t = trial (name, status);
    t.o.c = status == AREG_BAD_BODY ? 10 : 0; /* spins count */
    memcpy ((char *) &t + offset, &values[i], sizeof (double));
    trial_judge (&t);
  }
}

#define TRY(member, status, ...) \
  do { \
    const double values[] = { __VA_ARGS__ }; \
    numbers_try (#member, offsetof (struct trial, member), values, (int) (sizeof values / sizeof *values), status); \
  } while (0)

/* Numbers that are none, or not of their kind. */
static void bad_numbers (void **state)
{
  (void) state;
  TRY (b[1].m, AREG_BAD_BODY, 0, -0.0, -1, NAN, INFINITY, -INFINITY);
  TRY (b[2].x[1], AREG_BAD_BODY, NAN, INFINITY, -INFINITY);
  TRY (b[0].v[2], AREG_BAD_BODY, NAN, INFINITY, -INFINITY);
  TRY (b[0].spin[0], AREG_BAD_BODY, NAN, INFINITY, 0.11, -0.11, 1e300); /* c = 10: at most 0.1 */
  TRY (low[2][0], AREG_BAD_BODY, NAN, INFINITY);
  TRY (b[2].radius, AREG_BAD_BODY, NAN, INFINITY, -1, -1e-300);
  TRY (t, AREG_BAD_TIME, NAN, INFINITY, -INFINITY);
  TRY (t_end, AREG_BAD_TIME, NAN, INFINITY, -INFINITY);
  TRY (o.tolerance, AREG_BAD_OPTION, 0, 1e-16, 1e-2, 1, -1e-8, NAN, INFINITY);
  TRY (o.G, AREG_BAD_OPTION, 0, -1, NAN, INFINITY);
  TRY (o.c, AREG_BAD_OPTION, -1, NAN, INFINITY);
  TRY (o.end_time_tolerance, AREG_BAD_OPTION, -1, 1, NAN);
  TRY (o.merge_radius, AREG_BAD_OPTION, -1, NAN, INFINITY);
  TRY (o.softening, AREG_BAD_OPTION, -1, NAN, INFINITY);
  TRY (o.star_star_softening, AREG_BAD_OPTION, -1, NAN, INFINITY);
}

/* Numbers that are legal and absurd. */
static void absurd_numbers (void **state)
{
  (void) state;
  TRY (t_end, AREG_TOO_MANY_STEPS, 1e6, 1e300, -1e300, DBL_MAX, -DBL_MAX);
  TRY (t_end, AREG_OK, 0, -0.0, 1e-300, 5e-324, -1e-300, 1e-20, -1e-20, -1);
  TRY (o.tolerance, AREG_OK, 1e-15, 0.0099);
  TRY (o.end_time_tolerance, AREG_OK, 1e-300, 0.1, 0.999);
  TRY (b[2].m, AREG_OK, 1e-12, 1e-30, 1e-300);
  TRY (b[2].m, AREG_BAD_BODY, 5e-324); /* it would be lost in the units */
  TRY (b[1].m, AREG_OK, 1e-12, 1e-300);
  TRY (b[1].m, ANY, 1e12, 1e30);
  TRY (b[1].spin[1], AREG_OK, 0.099, 1e-300, 5e-324);
  TRY (o.star_star_softening, AREG_OK, 1e-300, 1e-3, 1e3, 1e30, 1e300);
  TRY (o.softening, AREG_OK, 1e-300, 1e-3, 1e3, 1e30, 1e300);
  TRY (b[2].x[1], AREG_OK, 1e10, 1e30, -1e60);
  TRY (b[2].x[1], AREG_BAD_BODY, 1e140, DBL_MAX); /* inverse cubes of the others' distances overflow */
  TRY (b[2].v[0], ANY, 1e10, 1e30, 1e100);
  TRY (o.G, ANY, 1e-300, 1e-30, 1e30, 1e100);
  TRY (b[2].radius, AREG_OK, 1e-300, 1, 1e300);
  TRY (o.merge_radius, AREG_OK, 0, 1e-300, 1e300);
}

static int sample_finite (void *context, double t, const struct areg_body *b, int n)
{
  (void) t;
  *(int *) context += !finite_bodies (b, n);
  return 0;
}

/* The formulas of a remnant do not know 1e153 c: refused, and no sample sees what they make of it. */
static void absurd_remnant (void **state)
{
  (void) state;
  const double times[2] = { 0.25, 0.5 };
  for (int apart = 0; apart < 2; apart++) {
    struct areg_body b[2] = { test_body (1, 1, 0, 0, 0, 1e154, 0, 0, AREG_HOLE),
                              test_body (2, 1, 3 + 100 * apart, 0, 0, 1e154, 0, 0, AREG_HOLE) };
    struct areg_options o = test_options (1e-8, 8, 0, AREG_PN_ALL);
    struct areg *s = NULL;
    int bad = 0;
    o.merge_radius = 100;
    assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, b, 2), AREG_OK);
    const int status = areg_advance_sampled (s, 1, times, 2, sample_finite, &bad);
    assert_true (bad == 0 && (status == AREG_NO_CONVERGENCE || refused_for_steps (status)));
    assert_int_equal (areg_count (s), 2);
    areg_free (&s);
  }
}

static void post_newtonian_absurd (void **state)
{
  (void) state;
  static const double c[] = { 1e-300, 1e-10, 0.01, 0.1, 1, 3, 1e10, 1e150, 1e300 };
  for (int terms = 0; terms < 3; terms++)
    for (int merging = 0; merging < 2; merging++)
      for (unsigned i = 0; i < sizeof c / sizeof *c; i++) {
        struct trial t = trial ("c", ANY);
        t.o.c = c[i];
        t.o.pn_terms = terms == 0 ? AREG_PN_NONE : terms == 1 ? AREG_PN_NO_SPIN : AREG_PN_ALL;
        t.o.merge_radius = merging ? 12 : 0;
        t.o.kicks = merging;
        t.t_end = 5;
        for (int b = 0; b < 2; b++)
          t.b[b].spin[b] = 0.9 / c[i];
        if (isfinite (t.b[0].spin[0]))
          trial_judge (&t);
      }
}

static void few_bodies (struct trial *t, int n, const double rows[][7])
{
  t->n = n;
  for (int i = 0; i < n; i++) {
    const double *r = rows[i];
    t->b[i] = test_body ((uint64_t) i + 1, r[0], r[1], r[2], r[3], r[4], r[5], r[6], AREG_STAR);
  }
}

/* Bodies at one point, ids that come twice, kinds that are none; too few and too many. */
static void wrong_bodies (void **state)
{
  (void) state;
  struct trial t = trial ("two at one point", AREG_BAD_BODY);
  memcpy (t.b[2].x, t.b[0].x, sizeof t.b[0].x);
  trial_judge (&t);
  t.name = "apart in the second part only";
  t.status = ANY;
  t.low[2][0] = 1e-25;
  trial_judge (&t);
  t = trial ("all at one point", AREG_BAD_BODY);
  for (int i = 0; i < 3; i++)
    memset (t.b[i].x, 0, sizeof t.b[i].x);
  trial_judge (&t);
  t = trial ("an id twice", AREG_BAD_BODY);
  t.b[2].id = 1;
  trial_judge (&t);
  for (int kind = -5; kind < 9; kind += 7) {
    t = trial ("an odd kind", AREG_BAD_BODY);
    t.b[1].kind = kind;
    trial_judge (&t);
  }
  static const int wrong[] = { 0, -1, MOST + 1, INT32_MAX, INT32_MIN };
  for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    t = trial ("a wrong number of bodies", AREG_BAD_OPTION);
    t.n = wrong[i];
    trial_judge (&t);
  }
  struct areg *s = NULL;
  assert_int_equal (areg_create (&t.o, NULL, 0, &s), AREG_BAD_OPTION);
  assert_int_equal (areg_create (&t.o, NULL, INT32_MAX, &s), AREG_BAD_OPTION);
  assert_int_equal (areg_create (&t.o, NULL, 1, &s), AREG_OK);
  assert_int_equal (areg_advance (s, 1), AREG_BAD_BODY); /* nothing loaded */
  assert_true (strlen (areg_last_message (s)) > 10 && areg_dump (s, NULL, 0) > 10 && areg_count (s) == 0);
  areg_free (&s);
  areg_free (&s);
  areg_free (NULL);
  t = trial ("one body", AREG_OK);
  t.n = 1;
  trial_judge (&t);
}

/* Bodies that fall onto each other: a plain passage, or a refusal. */
static void collisions (void **state)
{
  (void) state;
  static const double pair[2][7] = { { 1, -1, 0, 0, 0, 0, 0 }, { 1, 1, 0, 0, 0, 0, 0 } };
  static const double skew[2][7] = { { 3, 0.1, 0.2, 0.3, 0.3, -0.1, 0.2 }, { 0.1, 1.3, -0.7, 0.4, -1.2, 0.9, 0.1 } };
  static const double unequal[2][7] = { { 1e12, 0, 0, 0, 0, 0, 0 }, { 1, 1, 0, 0, 0, 0, 0 } };
  static const double three[3][7] = { { 1, 1, 0, 0, 0, 0, 0 }, { 1, -0.5, 0.86602540378443864676, 0, 0, 0, 0 },
                                      { 1, -0.5, -0.86602540378443864676, 0, 0, 0, 0 } };
  static const double line[3][7] = { { 1, 1, 0, 0, 0, 0, 0 }, { 1, -1, 0, 0, 0, 0, 0 }, { 1, 0, 0, 0, 0, 0, 0 } };
  static const double square[4][7] = { { 1, 1, 0, 0, 0, 0, 0 }, { 1, -1, 0, 0, 0, 0, 0 }, { 1, 0, 1, 0, 0, 0, 0 },
                                       { 1, 0, -1, 0, 0, 0, 0 } };
  struct trial t = trial ("head on", AREG_OK);
  few_bodies (&t, 2, pair);
  t.t_end = 100; /* some ten passages: a = 1, total mass 2 */
  trial_judge (&t);
  t = trial ("away and back", AREG_OK);
  few_bodies (&t, 2, skew);
  for (int c = 0; c < 3; c++)
    t.b[1].v[c] = t.b[0].v[c] + 0.3 * (t.b[1].x[c] - t.b[0].x[c]);
  t.t_end = 30;
  trial_judge (&t);
  t = trial ("head on, unequal", ANY);
  few_bodies (&t, 2, unequal);
  t.t_end = 1e-4;
  trial_judge (&t);
  t = trial ("three at once", ANY);
  few_bodies (&t, 3, three);
  trial_judge (&t);
  t = trial ("three in a line", ANY);
  few_bodies (&t, 3, line);
  trial_judge (&t);
  t = trial ("four at once", ANY);
  few_bodies (&t, 4, square);
  trial_judge (&t);
  for (int c = 1; c < 1000; c *= 30) {
    t = trial ("holes head on", ANY);
    few_bodies (&t, 2, pair);
    t.b[0].kind = t.b[1].kind = AREG_HOLE;
    t.o.c = c;
    t.o.pn_terms = AREG_PN_ALL;
    t.t_end = 3;
    trial_judge (&t);
  }
}

/* A pair shrunk and blown up: the library's own units are of order one whatever the caller's. */
static void scales (void **state)
{
  (void) state;
  for (int e = -300; e <= 300; e += 50) {
    struct trial t = trial ("sizes", ANY);
    const double l = pow (10, e), v = pow (10, -e / 2);
    if (abs (e) <= 150)
      t.status = AREG_OK;
    for (int i = 0; i < 3; i++)
      for (int c = 0; c < 3; c++) {
        t.b[i].x[c] *= l;
        t.b[i].v[c] *= v;
      }
    t.t_end = e == 300 || e == -300 ? 1 : l / v;
    const int status = trial_run (&t, 1);
    assert_true (t.status == ANY ? status == AREG_BAD_BODY || status == AREG_OK || refused_for_steps (status)
                                 : status == t.status);
    t = trial ("masses", ANY);
    for (int i = 0; i < 3; i++)
      t.b[i].m *= l;
    t.t_end = 1e-3;
    const int heavy = trial_run (&t, 1);
    assert_true (heavy == AREG_BAD_BODY || heavy == AREG_OK || refused_for_steps (heavy));
  }
}

/* A frame that flies at 1e5 orbital velocities takes the steps of the frame at rest. */
static void fast_frame (void **state)
{
  (void) state;
  int64_t steps[2];
  for (int fast = 0; fast < 2; fast++) {
    struct trial t = trial ("fast frame", AREG_OK);
    struct areg *s = NULL;
    struct areg_statistics count;
    for (int i = 0; i < 3; i++)
      t.b[i].v[0] += fast * 1e5;
    assert_int_equal (areg_create (&t.o, NULL, 3, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, t.b, 3), AREG_OK);
    assert_int_equal (areg_advance (s, 20), AREG_OK);
    areg_statistics_now (s, &count);
    steps[fast] = count.steps;
    areg_free (&s);
  }
  assert_true (llabs (steps[1] - steps[0]) <= 2); /* velocities are rounded at 1e-11 */
}

struct broken { int calls, good; };

static int broken_sum (void *context, double *a, int64_t n)
{
  struct broken *b = context;
  (void) a;
  (void) n; /* a group of two whose other half adds nothing: what is not mine stays zero */
  return b->calls++ >= b->good;
}

/* The sum over the group fails at one time or other: a status, and bodies as they were. */
static void group_fails (void **state)
{
  (void) state;
  for (int good = 0; good < 4; good++) {
    struct trial t = trial ("group", AREG_GROUP_FAILED);
    struct broken broken = { 0, good };
    struct areg_group group = { .context = &broken, .size = 2, .sum = broken_sum };
    struct areg_body before[3], after[3];
    struct areg *s = NULL;
    t.o.softening = 1e-6; /* unsoftened, so few bodies would not be shared */
    assert_int_equal (areg_create (&t.o, &group, 3, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, t.b, 3), AREG_OK);
    areg_bodies (s, before);
    const int status = areg_advance (s, 50);
    assert_true (status == AREG_GROUP_FAILED || refused_for_steps (status));
    assert_true (strlen (areg_last_message (s)) > 10);
    areg_bodies (s, after);
    assert_memory_equal (before, after, sizeof before);
    areg_free (&s);
  }
  struct trial t = trial ("group", AREG_OK);
  struct areg_group group = { .rank = 2, .size = 2, .sum = broken_sum };
  struct areg *s = NULL;
  assert_int_equal (areg_create (&t.o, &group, 3, &s), AREG_BAD_OPTION);
  group = (struct areg_group) { .size = 2 };
  assert_int_equal (areg_create (&t.o, &group, 3, &s), AREG_BAD_OPTION);
}

/* After refusals of all sorts the system goes on to the bits of one that was never asked. */
static void goes_on (void **state)
{
  (void) state;
  struct trial t = trial ("goes on", AREG_OK), bad = trial ("bad", AREG_BAD_BODY);
  struct areg_body b[2][3];
  memcpy (bad.b[2].x, bad.b[0].x, sizeof bad.b[0].x);
  t.o.max_steps = 100;
  for (int asked = 0; asked < 2; asked++) {
    struct areg *s = NULL;
    assert_int_equal (areg_create (&t.o, NULL, 3, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, t.b, 3), AREG_OK);
    assert_int_equal (areg_advance (s, 1), AREG_OK);
    if (asked) {
      assert_int_equal (areg_load (s, 7, bad.b, 3), AREG_BAD_BODY);
      assert_int_equal (areg_advance (s, 1e9), AREG_TOO_MANY_STEPS);
      assert_int_equal (areg_advance (s, NAN), AREG_BAD_TIME);
      assert_int_equal (areg_load (s, 7, bad.b, 4), AREG_BAD_OPTION);
    }
    assert_int_equal (areg_advance (s, 2), AREG_OK);
    areg_bodies (s, b[asked]);
    areg_free (&s);
  }
  assert_memory_equal (b[0], b[1], sizeof b[0]);
}

/* Three bodies of any numbers there are: 3000 times, always the same ones. */
static void anything (void **state)
{
  (void) state;
  static const double strange[] = { 0, -0.0, 1, -1, 1, 2, 0.5, 1e5, 1e-5, 1e12, 1e-12, 1e-17, 1e100, 1e-100, 1e154,
                                    1e-154, 1e300, 1e-300, 5e-324, DBL_MAX, -DBL_MAX, DBL_MIN, NAN, INFINITY };
  uint64_t seed = 20;
  int count[8] = { 0 };
  for (int k = 0; k < 3000; k++) {
    struct trial t = trial ("anything", ANY);
    double *const at[] = { &t.b[0].m, &t.b[1].m, &t.b[0].x[0], &t.b[1].x[1], &t.b[2].x[2], &t.b[2].x[1], &t.b[0].v[0],
                           &t.b[1].v[1], &t.b[2].v[2], &t.b[0].spin[0], &t.o.G, &t.o.c, &t.o.merge_radius, &t.t_end,
                           &t.t, &t.o.star_star_softening, &t.o.softening, &t.low[1][0] };
    t.o.max_steps = 30;
    if (k % 2) {
      t.o.c = 10;
      t.o.pn_terms = AREG_PN_ALL;
    }
    for (int i = 0; i < 1 + k % 3; i++)
      *at[(int) (test_random (&seed) * (sizeof at / sizeof *at))]
        = strange[(int) (test_random (&seed) * (sizeof strange / sizeof *strange - (k % 4 ? 2 : 0)))];
    const int status = trial_run (&t, k % 50 == 0);
    assert_true (status >= 0 && status < 8);
    count[status]++;
  }
  for (int status = AREG_OK; status <= AREG_TOO_MANY_STEPS; status++)
    if (count[status] < 10) { /* the trials reach all of them */
      print_message ("status %d only %d times\n", status, count[status]);
      fail ();
    }
}

/* The host writes 1,5: the dump has 1.5 all the same. */
static void locale_of_host (void **state)
{
  (void) state;
  static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "ps_AF.utf8" };
  const char *found = NULL;
  for (unsigned i = 0; i < sizeof names / sizeof *names && !found; i++)
    found = setlocale (LC_NUMERIC, names[i]);
  if (!found)
    skip ();
  struct trial t = trial ("locale", AREG_TOO_MANY_STEPS);
  t.t_end = 1e8;
  t.b[0].x[0] = 0.5 + 1e-9;
  trial_judge (&t);
  setlocale (LC_NUMERIC, "C");
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (bad_numbers), cmocka_unit_test (absurd_numbers), cmocka_unit_test (absurd_remnant),
    cmocka_unit_test (post_newtonian_absurd),
    cmocka_unit_test (wrong_bodies), cmocka_unit_test (collisions), cmocka_unit_test (scales),
    cmocka_unit_test (fast_frame), cmocka_unit_test (group_fails), cmocka_unit_test (goes_on),
    cmocka_unit_test (anything), cmocka_unit_test (locale_of_host) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
