/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few bodies from beginning to end: two black holes on a wide orbit about a third, and a star.
 *
 * cc fewbody.c $(pkg-config --cflags --libs areg)
 *
 * Units: pc, solar masses, km/s; times are then in pc/(km/s) = 0.978 Myr. */
#include <areg.h>
#include <stdio.h>

static int print_row (void *context, double t, const struct areg_body *body, int n)
{
  (void) context;
  for (int i = 0; i < n; i++)
    printf ("%.6f %llu %.9g %.9g %.9g\n", t, (unsigned long long) body[i].id, body[i].x[0], body[i].x[1],
            body[i].x[2]);
  return 0; /* go on watching */
}

int main (void)
{
  const struct areg_body body[] = { /* mass, place, velocity, spin, id, kind, radius */
    { 1e9, { 0, 0, 0 }, { 0, -40, 0 }, { 0, 0, 0 }, 1, AREG_HOLE, 0 },
    { 1e8, { 10.01, 0, 0 }, { 0, 400, 3000 }, { 0, 0, 0 }, 2, AREG_HOLE, 0 },
    { 1e8, { 9.99, 0, 0 }, { 0, 400, -3000 }, { 0, 0, 0 }, 3, AREG_HOLE, 0 },
    { 1, { 0, 5, 0 }, { 900, 0, 0 }, { 0, 0, 0 }, 4, AREG_STAR, 0 } };
  const double times[] = { 0.0025, 0.005, 0.0075, 0.01 };
  struct areg_options options;
  struct areg_statistics statistics;
  struct areg *system;

  areg_options_default (&options);
  options.G = 4.30091e-3;
  options.c = 299792.458;
  int status = areg_create (&options, NULL, 4, &system);
  if (status == AREG_OK)
    status = areg_load (system, 0, body, 4);
  if (status == AREG_OK)
    status = areg_advance_sampled (system, 0.01, times, 4, print_row, NULL);
  if (status == AREG_OK) {
    areg_statistics_now (system, &statistics);
    printf ("# %lld steps, energy to %.1e\n", (long long) statistics.steps, statistics.energy_error);
  } else
    fprintf (stderr, "%s. %s\n", areg_status_words (status), system ? areg_last_message (system) : "");
  areg_free (&system);
  return status != AREG_OK;
}
