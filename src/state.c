/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See state.h. Shared by the run itself, the check of its input, and the force computation. */
#include "state.h"

#include <math.h>
#include <string.h>

#include "base/exact.h"
#include "base/mem.h"
#include "data/domain.h"
#include "io/snapshot.h"
#include "time/timeline.h"

enum status state_create (const struct comm *comm, const char *parameter_file, struct state *out)
{
  memset (out, 0, sizeof *out);
  out->comm = comm;
  enum status st = params_read (comm, parameter_file, &out->params);
  if (st == ST_OK) {
    out->units = params_units (&out->params);
    out->cosmology = cosmology_of (&out->params);
  }
  return st;
}

void state_free (struct state *s)
{
  particles_free (&s->particles);
  holes_free (&s->holes);
}

void state_count_types (const struct state *s, int64_t n_of_type[N_TYPES])
{
  memset (n_of_type, 0, N_TYPES * sizeof *n_of_type);
  for (int64_t i = 0; i < s->particles.n; i++)
    n_of_type[s->particles.type[i]]++;
  comm_sum_array (s->comm, n_of_type, N_TYPES);
}

double state_omega (const struct state *s)
{
  const double volume = s->box.length * s->box.length * s->box.length;
  struct exact_sum mass;

  exact_clear (&mass);
  for (int64_t i = 0; i < s->particles.n; i++)
    exact_add (&mass, s->particles.mass[i]);
  exact_reduce (s->comm, &mass, 1);
  return exact_value (&mass) / volume / cosmology_mean_density (&s->cosmology, s->units.G) * s->cosmology.omega0;
}

/* When the system is. A file without a time of its own (0) takes TimeBegin's word in comoving runs. */
static enum status set_time (struct state *s, enum state_source source)
{
  const double begin = s->params.TimeBegin, of_file = s->time;

  if (source == STATE_INITIAL && !isnan (begin))
    s->time = begin;
  if (!s->cosmology.comoving)
    return ST_OK;
  if (!(s->time > 0))
    return status_fail (ST_DATA, "The initial conditions are of scale factor %g. Give TimeBegin = 1/(1 + z).",
                        s->time);
  if (of_file > 0 && fabs (s->time - of_file) > 1e-3 * of_file)
    return status_fail (ST_DATA, "%s:%d: TimeBegin is %.9g, but %s is of scale factor %.9g (its Header/Time), "
                        "and its velocities are of that time. Correct one of them.", s->params.source,
                        s->params.line[PARAM_ROW_TimeBegin], s->time, s->params.InitCondFile, of_file);
  return ST_OK;
}

/* The factors of the equations are those of Omega0: another mean density would be integrated wrongly everywhere. */
static enum status check_density (const struct state *s, double omega)
{
  if (fabs (omega - s->cosmology.omega0) <= 0.01 * s->cosmology.omega0)
    return ST_OK;
  return status_fail (ST_DATA, "The masses of the initial conditions in a box of %.9g make Omega = %.6g (G = %.9g, "
                      "Hubble = %.9g in code units), and Omega0 is %.6g. Correct the masses, BoxSize, the units or "
                      "Omega0.", s->box.length, omega, s->units.G, s->cosmology.hubble, s->cosmology.omega0);
}

/* From GADGET's velocities to momenta; no-op in physical runs. */
static void set_momenta (struct state *s)
{
  const double factor = cosmology_velocity_factor (&s->cosmology, s->time);

  for (int64_t i = 0; i < s->particles.n && s->cosmology.comoving; i++)
    for (int k = 0; k < 3; k++)
      s->particles.velocity[i][k] *= factor;
}

enum status state_read (struct state *s, const char *file, enum state_source source)
{
  int64_t n_of_type[N_TYPES];
  enum status st = snapshot_read (s->comm, &s->params, file, &s->box, &s->particles, &s->holes, &s->time);

  if (st != ST_OK)
    return st;
  for (int64_t i = 0; i < s->particles.n; i++) {
    s->particles.group[i] = -1;
    s->particles.bin[i] = TIMELINE_BITS;
  }
  if (s->box.periodic)
    s->params.BoxSize = s->box.length;
  st = status_agree (s->comm, set_time (s, source), NULL);
  if (st == ST_OK && s->cosmology.comoving)
    st = status_agree (s->comm, check_density (s, state_omega (s)), NULL);
  if (st != ST_OK)
    return st;
  set_momenta (s);
  state_count_types (s, n_of_type);
  st = status_agree (s->comm, params_check_types (&s->params, n_of_type), NULL);
  if (st == ST_OK)
    st = domain_decompose (s->comm, &s->particles);
  mem_trim (); /* reading is done */
  return st;
}

struct gravity_options state_gravity_options (const struct state *s)
{
  const struct params *p = &s->params;
  struct gravity_options o = { .G = s->units.G, .length = s->box.length, .periodic = s->box.periodic,
                               .multipole_order = p->MultipoleOrder,
                               .accuracy = p->TypeOfOpeningCriterion ? p->ErrTolForceAcc : 0,
                               .opening_angle = p->ErrTolTheta, .leaf_size = p->TreeLeafSize,
                               .direct_below = p->DirectSumBelow, .mesh = p->PMGrid,
                               .split_scale = p->PMGrid > 0 ? p->Asmth * s->box.length / p->PMGrid : 0,
                               .split_reach = p->Rcut,
                               .mesh_from = p->PMGridFrom >= 0 ? p->PMGridFrom : GRAVITY_CHEAPER };

  return o;
}
