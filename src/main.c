/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line, and the only place that starts and ends MPI and the process. */
#include "config.h"

#include <getopt.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/comm.h"
#include "base/cores.h"
#include "base/mem.h"
#include "base/status.h"
#include "params/params.h"
#include "run.h"

static const char help[] =
  "Usage:\n"
  "  mpirun -n N catena PARAMFILE              start from initial conditions\n"
  "  mpirun -n N catena PARAMFILE 1            resume from the newest valid checkpoint   (also --resume)\n"
  "  mpirun -n N catena PARAMFILE 2 K          start from snapshot K                     (also --from-snapshot K)\n"
  "  catena --check PARAMFILE                  validate only: parameters, initial conditions, scales, memory\n"
  "  mpirun -n N catena --forces PARAMFILE     all accelerations and potentials once, into OutputDir/forces.hdf5\n"
  "  catena --parameters [--markdown]          every parameter: name, unit, default, range, meaning\n"
  "  catena --help, --version\n"
  "Options:\n"
  "  --force                                   start anew in an OutputDir that already holds a run\n"
  "Exit codes: 0 reached TimeMax; 75 stopped early with a good checkpoint (submit again); 64 usage; 65 bad\n"
  "parameter file or input data; 66 cannot open input; 70 internal error; 71 no memory; 73, 74 cannot write "
  "output.\n";

enum action { ACT_RUN, ACT_CHECK, ACT_FORCES, ACT_PARAMETERS, ACT_HELP, ACT_VERSION };

struct command
{
  enum action action;
  int markdown;
  struct run_request request;
};

static enum status parse_number (const char *text, int *out)
{
  char *end;
  long value = strtol (text, &end, 10);

  if (*text == '\0' || *end != '\0' || value < 0 || value > 999999)
    return status_fail (ST_USAGE, "'%s' is no snapshot number. Try: catena --help", text);
  *out = (int) value;
  return ST_OK;
}

/* GADGET's positional flags: 1 resume, 2 K from a snapshot. */
static enum status parse_positional (int n, char **words, struct command *out)
{
  struct run_request *r = &out->request;

  if (out->action > ACT_FORCES)
    return n == 0 ? ST_OK : status_fail (ST_USAGE, "'%s' is one word too many. Try: catena --help", words[0]);
  if (n == 0)
    return status_fail (ST_USAGE, "A parameter file is needed. Try: catena --help");
  r->parameter_file = words[0];
  if (n == 1)
    return ST_OK;
  if (out->action == ACT_RUN && n == 2 && strcmp (words[1], "1") == 0)
    r->start = RUN_RESUME;
  else if (out->action == ACT_RUN && n == 3 && strcmp (words[1], "2") == 0) {
    r->start = RUN_FROM_SNAPSHOT;
    return parse_number (words[2], &r->snapshot);
  } else if (!(out->action == ACT_RUN && n == 2 && strcmp (words[1], "0") == 0))
    return status_fail (ST_USAGE, "After the parameter file comes nothing, 1 (resume), or 2 and a snapshot number. "
                        "Try: "
                                  "catena --help");
  return ST_OK;
}

static enum status parse (int argc, char **argv, struct command *out)
{
  enum { OPT_RESUME = 256, OPT_SNAPSHOT, OPT_FORCE, OPT_CHECK, OPT_FORCES, OPT_PARAMETERS, OPT_MARKDOWN,
        OPT_VERSION };
  static const struct option options[] = {
    { "resume", no_argument, NULL, OPT_RESUME },         { "from-snapshot", required_argument, NULL, OPT_SNAPSHOT },
    { "force", no_argument, NULL, OPT_FORCE },           { "check", no_argument, NULL, OPT_CHECK },
    { "forces", no_argument, NULL, OPT_FORCES },         { "parameters", no_argument, NULL, OPT_PARAMETERS },
    { "markdown", no_argument, NULL, OPT_MARKDOWN },     { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },       { NULL, 0, NULL, 0 }
  };
  enum status st = ST_OK;
  int option;

  memset (out, 0, sizeof *out);
  opterr = 0;
  while (st == ST_OK && (option = getopt_long (argc, argv, "h", options, NULL)) != -1)
    switch (option) {
    case OPT_RESUME: out->request.start = RUN_RESUME; break;
    case OPT_SNAPSHOT:
      out->request.start = RUN_FROM_SNAPSHOT;
      st = parse_number (optarg, &out->request.snapshot);
      break;
    case OPT_FORCE: out->request.force = 1; break;
    case OPT_CHECK: out->action = ACT_CHECK; break;
    case OPT_FORCES: out->action = ACT_FORCES; break;
    case OPT_PARAMETERS: out->action = ACT_PARAMETERS; break;
    case OPT_MARKDOWN: out->markdown = 1; break;
    case 'h': out->action = ACT_HELP; break;
    case OPT_VERSION: out->action = ACT_VERSION; break;
    default: st = status_fail (ST_USAGE, "Unknown or incomplete option '%s'. Try: catena --help", argv[optind - 1]);
    }
  return st == ST_OK ? parse_positional (argc - optind, argv + optind, out) : st;
}

static enum status act (const struct comm *comm, const struct command *c)
{
  switch (c->action) {
  case ACT_RUN: return run_simulation (comm, &c->request);
  case ACT_CHECK: return run_check (comm, c->request.parameter_file);
  case ACT_FORCES: return run_forces (comm, c->request.parameter_file);
  case ACT_PARAMETERS:
    if (comm->rank == 0)
      params_print_manual (stdout, c->markdown);
    return ST_OK;
  case ACT_HELP:
    if (comm->rank == 0)
      fputs (help, stdout);
    return ST_OK;
  case ACT_VERSION:
    if (comm->rank == 0)
      puts (PACKAGE_STRING);
    return ST_OK;
  }
  return ST_USAGE;
}

/* Blocks of a MiB go back to the system when they are freed. Left to itself, glibc keeps those as large as the
 * largest that was ever freed, in pieces that the next phase cannot use. */
static void settle_heap (void)
{
#ifdef __GLIBC__
  mallopt (M_MMAP_THRESHOLD, 1 << 20);
  mallopt (M_TRIM_THRESHOLD, 1 << 20);
#endif
}

int main (int argc, char **argv)
{
  struct comm comm;
  struct command command;
  int provided;
  char leaks[512];

  settle_heap ();
  signal (SIGXFSZ, SIG_IGN); /* a file beyond the limit is a failed write, with a sentence of ours */
  MPI_Init_thread (&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  comm_create (MPI_COMM_WORLD, &comm);
  enum status st = parse (argc, argv, &command);
  cores_share (&comm);
  if (st == ST_OK)
    st = act (&comm, &command);
  if (st != ST_OK && st != ST_STOPPED && comm.rank == 0)
    fprintf (stderr, "catena: %s\n%s%s", status_words (st), status_message (), *status_message () ? "\n" : "");
  comm_free (&comm);
  MPI_Finalize ();
  mem_describe (leaks, sizeof leaks);
  if (st == ST_OK && *leaks)
    fprintf (stderr, "catena: memory not released: %s\n", leaks);
  return st;
}
