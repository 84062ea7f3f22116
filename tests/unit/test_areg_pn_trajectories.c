/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the integrator and its post-Newtonian forces, spins included, together follow orbits integrated by
 * independent programs, most of them in extended precision.
 */
#include "areg_test.h"

#include <stdio.h>

static void spins_read (FILE *f, int n, double (*spin)[3])
{
  for (int i = 0; i < n; i++)
    assert_int_equal (fscanf (f, " spin %lf %lf %lf", spin[i], spin[i] + 1, spin[i] + 2), 3);
}

static void trajectory_check (FILE *f, const char *name, int n, double c, int terms, double t_end)
{
  struct areg_body b[4], got[4];
  double spin[4][3] = { { 0 } };
  memset (b, 0, sizeof b);
  assert_true (n <= 4);
  for (int i = 0; i < n; i++) {
    double *x = b[i].x, *v = b[i].v;
    assert_int_equal (fscanf (f, " start %lf %lf %lf %lf %lf %lf %lf", &b[i].m, x, x + 1, x + 2, v, v + 1, v + 2), 7);
    b[i].id = (uint64_t) i + 1;
    b[i].kind = AREG_HOLE;
  }
  if (terms & AREG_PN_SPIN)
    spins_read (f, n, spin);
  for (int i = 0; i < n; i++)
    memcpy (b[i].spin, spin[i], sizeof spin[i]);
  struct areg_options o = test_options (1e-13, c, 0, terms);
  o.merge_radius = 0;
  struct areg *s = NULL;
  assert_int_equal (areg_create (&o, NULL, n, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, n), AREG_OK);
  assert_int_equal (areg_advance (s, t_end), AREG_OK);
  areg_bodies (s, got);
  double worst = 0;
  for (int i = 0; i < n; i++) {
    double x[3], v[3];
    assert_int_equal (fscanf (f, " end %lf %lf %lf %lf %lf %lf", x, x + 1, x + 2, v, v + 1, v + 2), 6);
    for (int k = 0; k < 3; k++)
      worst = fmax (worst, fmax (fabs (got[i].x[k] - x[k]), fabs (got[i].v[k] - v[k])));
  }
  if (terms & AREG_PN_SPIN)
    spins_read (f, n, spin);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++)
      assert_true (fabs (got[i].spin[k] - spin[i][k]) < 1e-12); /* of some 0.01 */
  areg_free (&s);
  print_message ("%s: %.1e\n", name, worst);
  assert_true (worst < 1e-9); /* of a = 1; the phase adds up: measured 6e-11 after 100 orbits, else 4e-12 */
}

static void trajectories (void **state)
{
  (void) state;
  const char *top = getenv ("top_srcdir");
  char path[4096], name[64];
  snprintf (path, sizeof path, "%s/tests/data/trajectories.txt", top ? top : ".");
  FILE *f = fopen (path, "r");
  if (f == NULL)
    fail_msg ("cannot open %s: run from the top of the source, or set top_srcdir", path);
  int n, terms, count = 0;
  double c, t_end;
  assert_int_equal (fscanf (f, "%*[^\n]"), 0); /* the comment */
  for (; fscanf (f, " trajectory %63s %d %lf %d %lf", name, &n, &c, &terms, &t_end) == 5; count++)
    trajectory_check (f, name, n, c, terms, t_end);
  fclose (f);
  assert_int_equal (count, 7);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (trajectories) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
