/* SPDX-License-Identifier: GPL-3.0-or-later */
/* catena-ics: initial conditions from a recipe. Reads, makes, tells, writes; everything else is in its modules.
 *
 * A single process: making ten million particles takes seconds, and the file is written through the simulator's own
 * snapshot writer, so that what is written is what is read. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ics/assemble.h"
#include "ics/recipe.h"
#include "ics/report.h"
#include "io/snapshot.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static const char help[] =
  "Usage: catena-ics RECIPE.yaml -o FILE.hdf5\n"
  "       catena-ics RECIPE.yaml --dry-run\n"
  "Makes initial conditions: spherical systems in equilibrium with their SMBHs, placed as the recipe says.\n"
  "\n"
  "  -o, --output FILE   write the bodies to FILE (GADGET-4's HDF5 layout)\n"
  "  -n, --dry-run       make and report, write nothing\n"
  "  -h, --help          this text\n"
  "  -V, --version       the version\n"
  "\n"
  "The recipe's language is described in catena-ics(1).\n";

struct command { const char *recipe, *output; int dry_run, done; };

static enum status read_command (int argc, char **argv, struct command *c)
{
  static const struct option options[] = { { "output", required_argument, NULL, 'o' },
                                           { "dry-run", no_argument, NULL, 'n' },
                                           { "help", no_argument, NULL, 'h' },
                                           { "version", no_argument, NULL, 'V' },
                                           { 0 } };
  int letter;

  while ((letter = getopt_long (argc, argv, "o:nhV", options, NULL)) != -1)
    switch (letter) {
    case 'o': c->output = optarg; break;
    case 'n': c->dry_run = 1; break;
    case 'h': c->done = printf ("%s", help); return ST_OK;
    case 'V': c->done = printf ("catena-ics %s\n", PACKAGE_VERSION); return ST_OK;
    default: return status_fail (ST_USAGE, "Try catena-ics --help.");
    }
  if (argc - optind != 1)
    return status_fail (ST_USAGE, "One recipe is expected, %d were given. Try catena-ics --help.", argc - optind);
  if (!c->output && !c->dry_run)
    return status_fail (ST_USAGE, "Say where to write with -o FILE.hdf5, or use --dry-run.");
  c->recipe = argv[optind];
  return ST_OK;
}

/* A universe's own, or the cube about the origin in whose middle half all bodies lie. */
static struct box choose_box (const struct recipe *recipe, const struct assembly *a)
{
  double extent = 0;
  struct box box = { .length = 1 };

  if (recipe->universe.n > 0)
    return (struct box){ .length = recipe->universe.size, .periodic = 1 };
  for (int64_t i = 0; i < a->n; i++)
    for (int k = 0; k < 3; k++)
      extent = fmax (extent, fabs (a->x[i][k]));
  if (extent > 0)
    box.length = exp2 (ceil (log2 (4 * extent)));
  for (int k = 0; k < 3; k++)
    box.corner[k] = -0.5 * box.length;
  return box;
}

static enum status fill_particles (const struct assembly *a, const struct box *box, struct particles *p,
                                   struct holes *h)
{
  if (particles_reserve (p, a->n) != ST_OK || holes_reserve (h, a->n_holes) != ST_OK)
    return ST_MEMORY;
  p->n = p->n_global = a->n;
  h->n = a->n_holes;
  for (int64_t i = 0; i < a->n; i++) {
    double fraction[3];
    box_to_integer (box, a->x[i], p->position[i], fraction);
    memcpy (p->velocity[i], a->v[i], sizeof p->velocity[i]);
    p->mass[i] = a->mass[i];
    p->id[i] = (uint64_t) i + 1;
    p->type[i] = a->type[i];
    p->group[i] = -1;
    if (i < a->n_holes) {
      h->id[i] = p->id[i];
      memcpy (h->spin[i], a->spin[i], sizeof h->spin[i]);
      memcpy (h->fraction[i], fraction, sizeof fraction);
    }
  }
  return ST_OK;
}

/* The parameters that an IC file tells of: its units, its universe. */
static enum status make_params (const struct recipe *recipe, const char *source, struct params *params)
{
  char text[1024];
  const struct units *u = &recipe->units;
  const struct universe *c = &recipe->universe;
  int n = snprintf (text, sizeof text,
                    "InitCondFile x\nOutputDir x\nTimeMax 100\nSofteningComovingClass0 1\n"
                    "UnitLength_in_cm %.17g\nUnitMass_in_g %.17g\nUnitVelocity_in_cm_per_s %.17g\n",
                    u->length_cm, u->mass_g, u->velocity_cm_s);
  if (c->n > 0)
    n += snprintf (text + n, sizeof text - (size_t) n,
                   "ComovingIntegrationOn 1\nOmega0 %.17g\nOmegaLambda %.17g\nOmegaBaryon %.17g\n"
                   "HubbleParam %.17g\nBoxSize %.17g\n",
                   c->omega0, c->omega_lambda, c->omega_baryon, c->h, c->size);
  enum status st = params_from_text ("catena-ics", text, n, params);

  snprintf (params->InitCondFile, sizeof params->InitCondFile, "%s", source);
  params->GravityConstantInternal = u->G;
  params->TimeBegin = recipe->time;
  return st;
}

static enum status write_file (const struct comm *comm, const struct command *command, const struct recipe *recipe,
                               const struct assembly *a)
{
  struct box box = choose_box (recipe, a);
  struct particles p = { 0 };
  struct holes h = { 0 };
  static struct params params;
  enum status st = make_params (recipe, command->recipe, &params);

  if (st == ST_OK)
    st = fill_particles (a, &box, &p, &h);
  if (st == ST_OK)
    st = snapshot_write_file (comm, command->output, &params, &box, &p, &h, recipe->time);
  particles_free (&p);
  holes_free (&h);
  return st;
}

static enum status run (const struct comm *comm, const struct command *command)
{
  static struct recipe recipe;
  struct assembly a = { 0 };
  enum status st = recipe_read (command->recipe, &recipe);

  if (st != ST_OK)
    return st;
  st = assembly_make (&recipe, &a);
  if (st == ST_OK)
    report_print (&recipe, &a, stdout);
  if (st == ST_OK && !command->dry_run)
    st = write_file (comm, command, &recipe, &a);
  if (st == ST_OK && !command->dry_run)
    printf ("Written: %s\n", command->output);
  assembly_free (&a);
  return st;
}

int main (int argc, char **argv)
{
  struct command command = { 0 };
  struct comm comm;
  enum status st = read_command (argc, argv, &command);

  if (st == ST_OK && !command.done) {
    MPI_Init (&argc, &argv);
    comm_create (MPI_COMM_WORLD, &comm);
    if (comm.size > 1)
      st = status_fail (ST_USAGE, "catena-ics is one process with threads: start it without mpirun.");
    else
      st = run (&comm, &command);
    comm_free (&comm);
    MPI_Finalize ();
  }
  if (st != ST_OK)
    fprintf (stderr, "catena-ics: %s\n", *status_message () ? status_message () : status_words (st));
  return st;
}
