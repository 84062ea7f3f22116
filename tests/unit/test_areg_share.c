/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that ranks and threads share the work of areg without a change of bits, and what all repeat is right. */
#include "areg_test.h"
#include "areg/areg_impl.h"
#include <pthread.h>

/* Threads as ranks: the sum, or all, of what they hold, in a meeting place. */
enum { RANKS = 5, CROWD = 700 };
struct meeting
{
  pthread_barrier_t barrier;
  const double *part[RANKS];
  int size, n;
  double tolerance, softening, t_end;
};
struct member { struct meeting *meeting; int rank, gathers, threads, exchanges; struct areg_body b[CROWD]; };

static int meeting_sum (void *context, double *a, int64_t n)
{
  struct member *me = context;
  struct meeting *m = me->meeting;
  double *sum = calloc ((size_t) n, sizeof *sum);
  m->part[me->rank] = a;
  me->exchanges++;
  pthread_barrier_wait (&m->barrier);
  for (int r = 0; r < m->size; r++)
    for (int64_t i = 0; i < n; i++)
      sum[i] += m->part[r][i];
  pthread_barrier_wait (&m->barrier);
  memcpy (a, sum, (size_t) n * sizeof *sum);
  free (sum);
  return 0;
}

static int meeting_gather (void *context, const double *mine, int64_t n, double *all)
{
  struct member *me = context;
  struct meeting *m = me->meeting;
  m->part[me->rank] = mine;
  me->exchanges++;
  pthread_barrier_wait (&m->barrier);
  for (int r = 0; r < m->size; r++)
    memcpy (all + r * n, m->part[r], (size_t) n * sizeof *all);
  pthread_barrier_wait (&m->barrier);
  return 0;
}

/* The last task first, as threads might. */
static void backwards (void *context, int count, void (*task) (void *argument, int i), void *argument)
{
  (void) context;
  while (count-- > 0)
    task (argument, count);
}

static void *member_run (void *p)
{
  struct member *me = p;
  const struct meeting *m = me->meeting;
  const struct areg_options o = test_options (m->tolerance, 30, m->softening, AREG_PN_NO_SPIN);
  const struct areg_group group = { .context = me, .rank = me->rank, .size = m->size, .sum = meeting_sum,
                                    .gather = me->gathers ? meeting_gather : NULL,
                                    .parallel = me->threads ? backwards : NULL };
  struct areg *s = NULL;
  if (areg_create (&o, &group, m->n, &s) == AREG_OK && areg_load (s, 0, me->b, m->n) == AREG_OK
      && areg_advance (s, m->t_end) == AREG_OK)
    areg_bodies (s, me->b);
  areg_free (&s);
  return NULL;
}

/* The bodies at the end on all ranks are those in `alone`. The number of exchanges. */
static int group_run (const struct areg_body *begin, const struct areg_body *alone, struct meeting *m, int gathers)
{
  struct member *member = calloc (RANKS, sizeof *member);
  pthread_t thread[RANKS];
  const size_t bytes = (size_t) m->n * sizeof *begin;
  assert_non_null (member);
  pthread_barrier_init (&m->barrier, NULL, (unsigned) m->size);
  for (int r = 0; r < m->size; r++) {
    member[r] = (struct member) { .meeting = m, .rank = r, .gathers = gathers, .threads = r & 1 };
    memcpy (member[r].b, begin, bytes);
    assert_int_equal (pthread_create (&thread[r], NULL, member_run, &member[r]), 0);
  }
  for (int r = 0; r < m->size; r++)
    pthread_join (thread[r], NULL);
  for (int r = 0; r < m->size; r++)
    assert_memory_equal (alone, member[r].b, bytes);
  pthread_barrier_destroy (&m->barrier);
  const int exchanges = member[0].exchanges;
  free (member);
  return exchanges;
}

/* Any number of ranks reaches the bits of one: with few bodies, whose rows are dealt out; with so many that single
 * rows and forces between steps are shared inside; and so many that five ranks compute all rows together. By sums and
 * by gathering; with threads on some ranks. */
static void group_bits (void **state)
{
  (void) state;
  static const struct meeting of[3] = { { .n = 30, .tolerance = 1e-10, .softening = 0.05, .t_end = 2 },
                                        { .n = 300, .tolerance = 1e-8, .softening = 0.05, .t_end = 0.5 },
                                        { .n = CROWD, .tolerance = 1e-8, .t_end = 0.2 } };
  static struct areg_body begin[CROWD], alone[CROWD];
  int exchanges[3] = { 0 };
  struct areg_statistics count[3];
  for (int many = 0; many < 3; many++) {
    struct meeting m = of[many];
    test_cloud (begin, m.n, 7);
    for (int i = 97; i < m.n; i++)
      begin[i].id = (uint64_t) (1000 + i);
    struct areg *s = test_system (m.tolerance, 30, m.softening, AREG_PN_NO_SPIN, begin, m.n);
    assert_int_equal (areg_advance (s, m.t_end), AREG_OK);
    areg_bodies (s, alone);
    areg_statistics_now (s, &count[many]);
    areg_free (&s);
    for (m.size = 1; m.size <= RANKS; m.size += m.size < 3 ? 1 : 2)
      for (int gathers = 0; gathers < 2; gathers++)
        exchanges[many] = group_run (begin, alone, &m, gathers);
  }
  if (getenv ("AREG_TEST_FIGURES"))
    for (int many = 0; many < 3; many++)
      print_message ("%lld steps and %lld rejected, %lld forces, %d exchanges\n", (long long) count[many].steps,
                     (long long) count[many].rejected, (long long) count[many].force_evaluations, exchanges[many]);
  assert_true (exchanges[0] <= count[0].steps + count[0].rejected); /* one an attempt */
  assert_true (exchanges[1] < 0.5 * count[1].force_evaluations); /* mixed */
  assert_true (exchanges[2] > 0.9 * count[2].force_evaluations); /* one a force */
}

/* Every row has one owner, no rank more rows than there is room for; and the plan is as quick as can be told from
 * outside: no longer than a rank's share and the longest row, than all alone, or all together. */
static void plans (void **state)
{
  (void) state;
  for (int size = 2; size <= 40; size += size < 12 ? 1 : 7)
    for (int rows = 1; rows <= AREG_ROWS; rows++)
      for (int k = 0; k <= 10; k++) {
        const double together = 1.0 / size + 0.1 * k, all = rows * (rows + 1);
        int owner[AREG_ROWS], held[40] = { 0 };
        double load[40] = { 0 }, shared = 0, most = 0;
        const double time = areg_share_plan (rows, size, together, owner);
        for (int r = 0; r < rows; r++) {
          assert_true (owner[r] == AREG_TOGETHER || (owner[r] >= 0 && owner[r] < size));
          if (owner[r] == AREG_TOGETHER)
            shared += together * 2 * (r + 1);
          else {
            load[owner[r]] += 2 * (r + 1);
            held[owner[r]]++;
          }
        }
        for (int r = 0; r < size; r++) {
          most = fmax (most, load[r]);
          assert_true ((int64_t) (size + 1) * held[r] <= areg_share_size (size, 1));
        }
        assert_true (fabs (time - (shared + most)) < 1e-9 * all);
        assert_true (time >= all / size * (1 - 1e-9) && time <= all && time <= together * all * (1 + 1e-9));
        assert_true (size > 2 || time <= all / 2 + 2 * together); /* two ranks: even but for a row of two */
        assert_true (time <= all / size + 2 * rows);
        assert_true (together < 1 || shared == 0);
      }
}

/* The spanning tree is that of the textbook, on all sorts of processors. */
static void spanning (void **state)
{
  (void) state;
  enum { N = 203, B = 224 };
  static double x[6 * B], place[3 * N];
  uint64_t seed = 5;
  for (int i = 0; i < 3 * N; i++)
    place[i] = test_random (&seed);
  for (int sort = 0; sort < 3; sort++) {
    const struct areg_outside o = { x, x + B, x + 2 * B, x + 3 * B, x + 4 * B, x + 5 * B };
    int count = N - 1, last = 0, in[N] = { 1 };
    for (int k = 0; k < B; k++) {
      for (int c = 0; c < 3; c++)
        x[c * B + k] = k < count ? place[3 * (k + 1) + c] : NAN;
      o.d2[k] = INFINITY;
      o.near[k] = 0;
      o.slot[k] = k + 1;
    }
    while (count > 0) {
      const double *p = place + 3 * last;
      double least = INFINITY;
      int best = -1, from = -1;
      for (int i = 0; i < N; i++)
        for (int j = 0; j < N && !in[i]; j++) {
          double d2 = 0;
          for (int c = 0; c < 3; c++)
            d2 += (place[3 * i + c] - place[3 * j + c]) * (place[3 * i + c] - place[3 * j + c]);
          if (in[j] && d2 < least) {
            least = d2;
            best = i;
            from = j;
          }
        }
      int at = areg_wide_nearest_plain (&o, 0, p[0], p[1], p[2], last);
      assert_int_equal (at, -1);
#ifdef AREG_WIDE_X86
      if (sort == 1 && __builtin_cpu_supports ("avx512f"))
        at = areg_wide_nearest_512 (&o, count, p[0], p[1], p[2], last);
      if (sort == 2 && __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
        at = areg_wide_nearest_fma (&o, count, p[0], p[1], p[2], last);
#endif
      if (at < 0)
        at = areg_wide_nearest_plain (&o, count, p[0], p[1], p[2], last);
      assert_true (o.slot[at] == best && o.near[at] == from && o.d2[at] == least);
      in[last = best] = 1;
      count--;
      for (int i = 0; i < 6; i++)
        x[i * B + at] = x[i * B + count];
      o.x[count] = NAN;
      o.d2[count] = INFINITY;
    }
  }
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (group_bits), cmocka_unit_test (plans),
                                      cmocka_unit_test (spanning) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
