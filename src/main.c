/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line. So far it says who it is. */
#include "config.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

int main (int argc, char **argv)
{
  int rank = 0;

  MPI_Init (&argc, &argv);
  MPI_Comm_rank (MPI_COMM_WORLD, &rank);
  if (rank == 0)
    puts (PACKAGE_STRING);
  MPI_Finalize ();
  return argc == 2 && strcmp (argv[1], "--version") == 0 ? ST_OK : ST_USAGE;
}
