/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that sparse exchanges bring every element to its rank, ordered by source, whoever sends how much to whom:
 * exchange after exchange, with silent ranks, with ranks that come late, and with nothing to send at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <mpi.h>

#include "base/comm.h"
#include "base/mem.h"

static struct comm world;

enum pattern { NOTHING, RING, ALL_TO_FIRST, FIRST_TO_ALL, RANDOM, TO_ITSELF, N_PATTERNS };

/* Elements from rank p to rank q in one exchange: known to all, so that each can check what it gets. */
static int64_t amount (enum pattern pattern, int round, int p, int q)
{
  const uint32_t draw = ((uint32_t) round * 7919u + (uint32_t) p * 104729u + (uint32_t) q * 1299709u) * 2654435761u;

  switch (pattern) {
  case RING: return q == (p + 1) % world.size ? 3 : 0;
  case ALL_TO_FIRST: return q == 0 ? 1 + p : 0;
  case FIRST_TO_ALL: return p == 0 ? 2 : 0;
  case RANDOM: return draw >> 30 == 0 ? draw >> 20 & 1023 : 0; /* every fourth, up to 12 kB */
  case TO_ITSELF: return p == q ? 5 : 0;
  default: return 0;
  }
}

struct element
{
  int32_t from, to, index;
};

static void sleep_a_little (void)
{
  const struct timespec time = { 0, 300000 };
  nanosleep (&time, NULL);
}

/* True if this rank got what it should. */
static bool exchange_is_right (enum pattern pattern, int round)
{
  int64_t first[64] = { 0 }, *from = NULL, n = 0;
  struct element *received = NULL;
  bool right = true;

  for (int q = 0; q < world.size; q++)
    first[q + 1] = first[q] + amount (pattern, round, world.rank, q);
  struct element *send = mem_alloc ("test", first[world.size], sizeof *send);
  for (int q = 0; q < world.size; q++)
    for (int64_t i = first[q]; i < first[q + 1]; i++)
      send[i] = (struct element) { world.rank, q, (int32_t) (i - first[q]) };
  if (round % 3 == world.rank % 3)
    sleep_a_little ();
  if (comm_exchange (&world, send, first, sizeof *send, (void **) &received, &from) != ST_OK)
    return false;
  for (int p = 0; p < world.size; p++) {
    right &= from[p] == n && from[p + 1] - from[p] == amount (pattern, round, p, world.rank);
    for (int64_t i = 0; right && i < from[p + 1] - from[p]; i++, n++)
      right = received[n].from == p && received[n].to == world.rank && received[n].index == i;
  }
  mem_free (&send);
  mem_free (&received);
  mem_free (&from);
  return right;
}

static void test_exchange (void **unused)
{
  bool right = world.size < 64;

  (void) unused;
  for (int round = 0; right && round < 60; round++)
    right = !comm_any (&world, !exchange_is_right ((enum pattern) (round % N_PATTERNS), round));
  /* with no collective call between: one exchange follows the other at once */
  for (int round = 0; round < 100; round++)
    right &= exchange_is_right (RANDOM, round);
  assert_false (comm_any (&world, !right));
  assert_false (comm_any (&world, mem_used () != 0));
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_exchange) };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &world);
  int failed = cmocka_run_group_tests (tests, NULL, NULL);
  comm_free (&world);
  MPI_Finalize ();
  return failed;
}
