/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes into the directory given as its argument what a run leaves there: a snapshot, a set of two files, the SMBH
 * history and the logs, for tests/check_formats.py to look at from outside. */
#include "base/log.h"
#include "io/bh_history.h"
#include "io/diagnostics.h"
#include "io/output.h"
#include "io/snapshot.h"
#include "io_fixture.h"

static void demand (enum status st)
{
  if (st == ST_OK)
    return;
  printf ("%s\n", status_message ());
  exit ((int) st);
}

static void write_history (const struct comm *comm, const struct params *params, const struct units *u)
{
  struct bh_row rows[2] = {
    { .id = 7, .position = { 1, 2, 3 }, .velocity = { 4, 5, 6 }, .spin = { 7, 8, 9 }, .mass = 2 },
    { .id = 12345678901234567890ULL, .mass = 1, .n_particles_in_region = 30 }
  };
  struct areg_merger merger = { .t = 0.2,
                                .id1 = 7,
                                .id2 = rows[1].id,
                                .id_remnant = 7,
                                .m1 = 2,
                                .m2 = 1,
                                .m_remnant = 2.9,
                                .chi1 = 0.1,
                                .chi2 = 0.2,
                                .chi_remnant = 0.7,
                                .kick_speed = 300 };
  struct bh_history *h;
  struct diagnostics *d;
  struct conserved sums;
  struct box box;
  struct particles p;
  struct holes holes;

  demand (bh_history_open (comm, params, u, -1, -1, &h));
  bh_history_add (h, 0, rows, 2);
  bh_history_add (h, 0.1, rows, 2);
  bh_history_add (h, 0.2, rows, 1);
  bh_history_merger (h, &merger);
  demand (bh_history_close (&h));
  fixture_particles (comm, &box, &p, &holes);
  demand (diagnostics_open (comm, params, u, NULL, &d));
  diagnostics_energy (d, 0, &box, &p, NULL, &sums);
  diagnostics_merger (d, &merger);
  diagnostics_step (d, &(struct step_row){ .step = 1, .time = 0.1, .dt = 0.1, .energy_error = NAN });
  diagnostics_timebins (d, 1, 0.1, 0x1p-60, (int64_t[3]){ 0, 3, 4 }, 3, 1);
  diagnostics_cpu (d, 1, 0.1, (const char *const[]){ "gravity", "regions" }, (double[]){ 1, 2 }, 2);
  diagnostics_region (d, &(struct region_row){ .step = 1, .id = 7, .semi_major_axis = NAN, .eccentricity = NAN });
  demand (diagnostics_close (&d));
  particles_free (&p);
  holes_free (&holes);
}

int main (int argc, char **argv)
{
  struct comm comm;
  struct params params;
  struct particles p;
  struct holes h;
  struct box box;

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &comm);
  fixture_params (argc > 1 ? argv[1] : ".", "KetjuPNTerms 245\nKetjuRegionPhysicalRadius 0.03\nHubbleParam 0.7",
                  &params);
  const struct units u = params_units (&params);
  demand (output_prepare (&comm, params.OutputDir, OUTPUT_NEW));
  fixture_particles (&comm, &box, &p, &h);
  demand (snapshot_write (&comm, &params, &box, &p, &h, 0.5, 3));
  params.NumFilesPerSnapshot = 2;
  demand (snapshot_write (&comm, &params, &box, &p, &h, 0.5, 4));
  write_history (&comm, &params, &u);
  particles_free (&p);
  holes_free (&h);
  comm_free (&comm);
  MPI_Finalize ();
  return 0;
}
