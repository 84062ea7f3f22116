/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main loop, and what surrounds it: starts, outputs, checkpoints, stops, progress.
 *
 * A tick goes: tidy up; checkpoint if one is due (here, between drift and kick, the state is smallest); close the
 * steps that end; write what is due at this instant; open new steps; drift. Decisions that depend on clocks, signals
 * or files are taken by all ranks together, once per tick, in one integer maximum. None of them enters the
 * physics. */
#include "config.h"

#include "run.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exact.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/vec3.h"
#include "io/bh_history.h"
#include "io/checkpoint.h"
#include "io/diagnostics.h"
#include "io/output.h"
#include "io/snapshot.h"
#include "state.h"
#include "time/softening.h"
#include "time/step.h"

struct run
{
  struct state state;
  struct timeline timeline;
  struct stepper stepper;
  struct bh_history *history;
  struct diagnostics *diagnostics;
  int unproven;               /* a new run, of which no step is done yet */
  int64_t next_snapshot;      /* number of the next one to be written */
  double energy_start;        /* NaN: not known yet */
  double energy_error;        /* relative, last known; NaN */
  double next_statistics;     /* time of the next row of energy.txt */
  double expansion;           /* comoving runs: integral of the kinetic energy over a, ... */
  double last_kinetic, last_scale; /* ... and where it stands; last_scale 0: nowhere yet */
  struct softening_ledger softening; /* comoving runs */
  double seconds_before;      /* wall clock of the earlier parts of this run */
  int64_t n_ticks;            /* of this process: the first one is always done, so a chain of jobs gets on */
  double wall_start, last_checkpoint, last_progress, time_start;
};

/* ---- wishes from outside ---- */

enum wish { WISH_NOTHING, WISH_CHECKPOINT, WISH_STOP };

static volatile sig_atomic_t signal_seen;

static void note_signal (int number) { signal_seen = number; }

static void listen_to_signals (void)
{
  const int numbers[] = { SIGTERM, SIGINT, SIGUSR1 };
  struct sigaction action;

  memset (&action, 0, sizeof action);
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
    sigaction (numbers[k], &action, NULL);
}

/* Removes OutputDir/name if it is there. */
static int take_file (const struct params *params, const char *name)
{
  char path[PARAM_STRING_SIZE + 16];

  snprintf (path, sizeof path, "%s/%s", params->OutputDir, name);
  return unlink (path) == 0;
}

/* Collective. The strongest wish of any rank. */
static enum wish wish_now (struct run *run)
{
  const struct params *params = &run->state.params;
  double now = log_seconds (), wall = now - run->wall_start;
  enum wish mine = WISH_NOTHING;

  if (signal_seen)
    mine = WISH_STOP;
  else if (run->state.comm->rank == 0) {
    if (wall > 0.85 * params->TimeLimitCPU || take_file (params, "stop"))
      mine = WISH_STOP;
    else if (now - run->last_checkpoint > params->CpuTimeBetRestartFile || take_file (params, "restart"))
      mine = WISH_CHECKPOINT;
  }
  return (enum wish) comm_max (run->state.comm, mine);
}

/* ---- checkpoints ---- */

enum { N_ITEMS = 4, N_INTEGERS = 11, N_REALS = 15 };

struct saved
{
  int64_t integers[N_INTEGERS], lengths[DIAGNOSTIC_FILES];
  double reals[N_REALS];
};

static void list_items (struct saved *s, struct checkpoint_item items[N_ITEMS - 1])
{
  items[0] = (struct checkpoint_item){ "run integers", CHECKPOINT_I64, s->integers, N_INTEGERS };
  items[1] = (struct checkpoint_item){ "run reals", CHECKPOINT_F64, s->reals, N_REALS };
  items[2] = (struct checkpoint_item){ "log lengths", CHECKPOINT_I64, s->lengths, DIAGNOSTIC_FILES };
}

/* Between the run and the plain arrays of a checkpoint; `write` says which way. */
static void exchange_items (struct run *run, struct saved *s, int write, double segment[2], int64_t *output,
                            int64_t *tick, int64_t history[2])
{
  struct stepper *step = &run->stepper;
  int64_t *const integers[N_INTEGERS] = { &step->started, &step->region_bin, &step->n_steps, &step->any_gone, output,
                                  tick, &run->next_snapshot, &history[0], &history[1], NULL, NULL };
  double *const reals[N_REALS] = { &step->energy_radiated, &run->energy_start, &run->energy_error,
                                   &run->next_statistics, &run->seconds_before, &run->timeline.origin, &segment[0],
                                   &segment[1], &step->longest_step, &run->expansion, &run->last_kinetic,
                                   &run->last_scale, &run->softening.work, &run->softening.scale,
                                   &run->softening.rate };

  for (int k = 0; k < N_INTEGERS; k++)
    if (integers[k])
      *(write ? &s->integers[k] : integers[k]) = write ? *integers[k] : s->integers[k];
  for (int k = 0; k < N_REALS; k++)
    *(write ? &s->reals[k] : reals[k]) = write ? *reals[k] : s->reals[k];
}

static void checkpoint_directory (const struct run *run, char *out, size_t size)
{
  snprintf (out, size, "%s/restartfiles", run->state.params.OutputDir);
}

static enum status write_checkpoint (struct run *run)
{
  const struct timeline *t = &run->timeline;
  struct state *s = &run->state;
  struct saved saved = { 0 };
  struct checkpoint_item items[N_ITEMS];
  char directory[PARAM_STRING_SIZE + 16];
  double segment[2] = { t->begin[t->segment], t->begin[t->segment + 1] }, earlier = run->seconds_before;
  int64_t output = t->output[t->segment + 1], tick = t->tick;
  enum status st = bh_history_secure (run->history);

  if (st == ST_OK)
    st = diagnostics_lengths (run->diagnostics, saved.lengths);
  if (st != ST_OK)
    return st;
  int64_t history[2] = { bh_history_timesteps (run->history), bh_history_mergers (run->history) };
  run->seconds_before = earlier + log_seconds () - run->wall_start;
  comm_broadcast (s->comm, &run->seconds_before, sizeof run->seconds_before, 0);
  exchange_items (run, &saved, 1, segment, &output, &tick, history);
  run->seconds_before = earlier;
  list_items (&saved, items);
  checkpoint_directory (run, directory, sizeof directory);
  st = checkpoint_write (s->comm, directory, &s->params, &s->box, &s->particles, &s->holes, items, N_ITEMS - 1);
  run->last_checkpoint = log_seconds ();
  if (st == ST_OK)
    log_say ("checkpoint at time %.9g", timeline_now (t));
  return st;
}

/* ---- starts ---- */

static enum status write_used_parameters (const struct state *s)
{
  char path[PARAM_STRING_SIZE + 32];
  enum status st = ST_OK;

  if (s->comm->rank == 0) {
    snprintf (path, sizeof path, "%s/parameters-usedvalues", s->params.OutputDir);
    FILE *file = fopen (path, "w");
    st = file ? params_write_used (&s->params, file) : ST_CANTCREAT;
    if (file && fclose (file) != 0)
      st = ST_IOERR;
    if (st != ST_OK)
      st = status_fail (st, "Cannot write %s. Check the disk and the directory's permissions.", path);
  }
  return status_agree (s->comm, st, NULL);
}

static enum status open_log (const struct state *s, int append)
{
  char path[PARAM_STRING_SIZE + 16];

  snprintf (path, sizeof path, "%s/log.txt", s->params.OutputDir);
  enum status st = log_open (s->comm, path, append);
  if (st == ST_OK) {
    log_say ("%s on %d rank%s", PACKAGE_STRING, s->comm->size, s->comm->size == 1 ? "" : "s");
    params_log_notes (&s->params);
  }
  return st;
}

static enum status create_stepper (struct run *run)
{
  struct state *s = &run->state;
  struct gravity_options options = state_gravity_options (s);

  return step_create (s->comm, &s->params, &s->units, &s->box, &s->particles, &s->holes, &run->timeline, &options,
                      &run->stepper);
}

/* The history of SMBHs and the logs: new, or, from a snapshot, what there is of them up to its time. */
static enum status open_records (struct run *run, int from_snapshot, double begin)
{
  const struct state *s = &run->state;
  int64_t lengths[DIAGNOSTIC_FILES], keep[2] = { -1, -1 };
  enum status st = ST_OK;

  if (from_snapshot) {
    double age = cosmology_age (&s->cosmology, begin);
    diagnostics_until (s->comm, &s->params, begin, age, lengths);
    st = bh_history_until (s->comm, &s->params, age, &keep[0], &keep[1]);
  }
  if (st == ST_OK)
    st = diagnostics_open (s->comm, &s->params, &s->units, from_snapshot ? lengths : NULL, &run->diagnostics);
  if (st == ST_OK)
    st = bh_history_open (s->comm, &s->params, &s->units, keep[0], keep[1], &run->history);
  return st;
}

static enum status start_new (struct run *run, const struct run_request *request)
{
  struct state *s = &run->state;
  char path[2 * PARAM_STRING_SIZE];
  int from_snapshot = request->start == RUN_FROM_SNAPSHOT;
  enum output_mode mode = from_snapshot ? OUTPUT_RESUME : request->force ? OUTPUT_FORCE : OUTPUT_NEW;

  if (from_snapshot)
    snapshot_path (&s->params, request->snapshot, path, sizeof path);
  else
    snprintf (path, sizeof path, "%s", s->params.InitCondFile);
  enum status st = state_read (s, path, from_snapshot ? STATE_SNAPSHOT : STATE_INITIAL);
  if (st != ST_OK)
    return st;
  double begin = s->time;
  run->next_snapshot = from_snapshot ? request->snapshot + 1 : 0;
  st = timeline_create (s->comm, &s->params, begin, (int) run->next_snapshot, &run->timeline);
  if (st == ST_OK && from_snapshot)
    timeline_omit_first (&run->timeline);
  if (st == ST_OK)
    st = output_prepare (s->comm, s->params.OutputDir, mode);
  run->unproven = st == ST_OK && !from_snapshot;
  if (st == ST_OK)
    st = open_log (s, from_snapshot);
  if (st == ST_OK)
    st = create_stepper (run);
  if (st == ST_OK)
    st = open_records (run, from_snapshot, begin);
  run->energy_start = run->energy_error = NAN;
  run->next_statistics = begin;
  return st;
}

static enum status resume (struct run *run)
{
  struct state *s = &run->state;
  struct saved saved = { 0 };
  struct checkpoint_item items[N_ITEMS];
  char directory[PARAM_STRING_SIZE + 16];
  double segment[2];
  int64_t output, tick, history[2];

  checkpoint_directory (run, directory, sizeof directory);
  list_items (&saved, items);
  enum status st = checkpoint_read (s->comm, directory, &s->params, &s->box, &s->particles, &s->holes, items,
                                    N_ITEMS - 1);
  if (st == ST_OK)
    st = output_prepare (s->comm, s->params.OutputDir, OUTPUT_RESUME);
  if (st == ST_OK)
    st = open_log (s, 1);
  if (st == ST_OK)
    st = create_stepper (run);
  if (st != ST_OK)
    return st;
  exchange_items (run, &saved, 0, segment, &output, &tick, history);
  st = timeline_resume (s->comm, &s->params, run->timeline.origin, segment[0], segment[1], (int) output, tick,
                        (int) run->next_snapshot, &run->timeline);
  if (st == ST_OK)
    st = diagnostics_open (s->comm, &s->params, &s->units, saved.lengths, &run->diagnostics);
  if (st == ST_OK)
    st = bh_history_open (s->comm, &s->params, &s->units, history[0], history[1], &run->history);
  if (st == ST_OK)
    st = step_resort (&run->stepper);
  if (st == ST_OK && run->stepper.started)
    st = regions_relist (&run->stepper.regions, s->comm, &s->particles, &s->holes);
  if (st == ST_OK)
    log_say ("resumed at time %.9g on %d ranks", timeline_now (&run->timeline), s->comm->size);
  return st;
}

/* ---- outputs ---- */

/* The SMBHs in regions at the first instant. */
static void record_first_instant (struct run *run)
{
  const struct regions *r = &run->stepper.regions;

  for (int k = 0; k < r->n_members; k++) {
    const struct region_member *m = &r->member[k];
    if (m->type != TYPE_HOLE)
      continue;
    struct bh_row row = { .id = m->id, .mass = m->mass, .n_particles_in_region = r->region[m->group].n,
                          .n_holes_in_region = r->region[m->group].n_holes };
    box_to_length (&run->state.box, m->position, row.position);
    memcpy (row.velocity, m->velocity, sizeof row.velocity);
    memcpy (row.spin, m->spin, sizeof row.spin);
    bh_history_add (run->history, cosmology_age (&run->state.cosmology, timeline_now (&run->timeline)), &row, 1);
  }
}

/* What the flow from `time` over a step of `length` left. */
static void record_regions (struct run *run, double time, double length)
{
  const struct regions *r = &run->stepper.regions;

  for (int64_t k = 0; k < r->n_samples; k++) {
    const struct region_sample *s = &r->sample[k];
    struct bh_row row = { s->id, { s->position[0], s->position[1], s->position[2] },
                          { s->velocity[0], s->velocity[1], s->velocity[2] }, { s->spin[0], s->spin[1], s->spin[2] },
                          s->mass, s->n_particles, s->n_holes };
    bh_history_add (run->history, s->time, &row, 1);
  }
  for (int64_t k = 0; k < r->n_mergers; k++) {
    bh_history_merger (run->history, &r->merger[k]);
    diagnostics_merger (run->diagnostics, &r->merger[k]);
    log_say ("merger at time %.9g: SMBHs %llu and %llu", r->merger[k].t, (unsigned long long) r->merger[k].id1,
             (unsigned long long) r->merger[k].id2);
  }
  for (int64_t k = 0; k < r->n_events; k++)
    diagnostics_star_event (run->diagnostics, &r->event[k]);
  for (int k = 0; k < r->n && r->record; k++) {
    const struct region_record *c = &r->record[k];
    struct region_row row = { .step = run->stepper.n_steps, .dt = length, .id = c->id,
                              .time = timeline_after (&run->timeline, time, length),
                             .n_bodies = c->n,
                              .n_holes = c->n_holes, .steps = c->steps, .rejected = c->rejected,
                              .energy_error = c->energy_error, .semi_major_axis = c->semi_major_axis,
                              .eccentricity = c->eccentricity, .seconds = c->seconds, .n_ranks = 1 };
    memcpy (row.position, c->position, sizeof row.position);
    memcpy (row.velocity, c->velocity, sizeof row.velocity);
    diagnostics_region (run->diagnostics, &row);
  }
}

/* Collective. Comoving runs, all bodies being at this instant: the expansion takes energy from peculiar motions, by
 * the trapezoid rule over the steps that all bodies take together. */
static void account_for_expansion (struct run *run)
{
  const struct particles *p = &run->state.particles;
  const double a = timeline_now (&run->timeline);
  struct exact_sum sum;

  exact_clear (&sum);
  for (int64_t i = 0; i < p->n; i++)
    if (p->group[i] < 0) /* what regions exchange with the expansion is in their own account */
      exact_add (&sum, 0.5 * p->mass[i] * dot3 (p->velocity[i], p->velocity[i]));
  exact_reduce (run->state.comm, &sum, 1);
  double kinetic = exact_value (&sum) / (a * a);
  if (run->last_scale > 0)
    run->expansion += 0.5 * (kinetic + run->last_kinetic) * (a - run->last_scale);
  run->last_kinetic = kinetic;
  run->last_scale = a;
}

/* Collective, agreed. Likewise of shrinking softening lengths; often enough for a trapezoid rule: its error then is
 * 1e-3 of the work itself. */
static enum status account_for_softening (struct run *run, int statistics)
{
  const struct state *s = &run->state;
  const double a = timeline_now (&run->timeline);

  if (!statistics && a < 1.05 * run->softening.scale)
    return ST_OK;
  return softening_enter (&run->softening, s->comm, &s->params, &s->cosmology, &s->units, &s->box, &s->particles, a);
}

/* In comoving runs the energy's zero point means nothing (a lattice at rest has some): its error is told over what
 * has been turned into motion. */
static void record_energy (struct run *run)
{
  struct state *s = &run->state;
  const int comoving = s->cosmology.comoving;
  struct energy_ledger ledger = { .radiated = run->stepper.energy_radiated, .expansion = run->expansion,
                                  .softening = run->softening.work,
                                  .scale = comoving ? timeline_now (&run->timeline) : 0 };
  struct conserved now;

  diagnostics_energy (run->diagnostics, timeline_now (&run->timeline), &s->box, &s->particles, &ledger, &now);
  if (isnan (run->energy_start))
    run->energy_start = now.energy;
  double unit = comoving ? ledger.scale * now.kinetic + run->expansion : fabs (run->energy_start);
  const double change = now.energy - run->energy_start;
  run->energy_error = change != 0 ? change / unit : 0; /* a body at rest alone has no energy to compare with */
  while (run->next_statistics <= timeline_now (&run->timeline))
    run->next_statistics += s->params.TimeBetStatistics;
}

static void record_cost (struct run *run)
{
  static const char *const names[] = { "total", "gravity", "regions", "domain", "rest" };
  const struct stepper *s = &run->stepper;
  double total = log_seconds () - run->wall_start;
  double seconds[] = { total, s->seconds_gravity, s->seconds_regions, s->seconds_domain,
                       total - s->seconds_gravity - s->seconds_regions - s->seconds_domain };

  diagnostics_cpu (run->diagnostics, s->n_steps, timeline_now (&run->timeline), names, seconds, 5);
}

static void show_progress (struct run *run)
{
  const struct timeline *t = &run->timeline;
  double now = log_seconds (), time = timeline_now (t), end = t->begin[t->n_segments];
  double done = (time - run->time_start) / (end - run->time_start), wall = now - run->wall_start;

  if (now - run->last_progress < 0.5)
    return;
  run->last_progress = now;
  double left = done > 0 ? wall * (1 - done) / done : INFINITY;
  log_progress ("time %.6g of %.6g (%.1f %%)  step %lld  dt %.3g  regions %d (%d bodies)  dE/E %.1e  left about "
                "%.0f s", time,
                end, 100 * done, (long long) run->stepper.n_steps, step_length (&run->stepper),
                  run->stepper.regions.n,
                run->stepper.regions.n_members, run->energy_error, left);
}

/* Everything due at this instant, all steps that end here being closed. */
static enum status write_outputs (struct run *run, int first, int statistics)
{
  struct state *s = &run->state;
  struct timeline *t = &run->timeline;
  int at_end = t->tick == (int64_t) 1 << TIMELINE_BITS;
  int number = at_end ? t->output[t->segment + 1] : first ? t->output[0] : -1;
  enum status st = ST_OK;

  if (first)
    record_first_instant (run);
  if (statistics) {
    record_energy (run);
    record_cost (run);
    diagnostics_timebins (run->diagnostics, run->stepper.n_steps, timeline_now (t), timeline_tick_length (t),
                          run->stepper.n_in_bin, N_BINS, N_BINS - 1);
  }
  if (number >= 0) {
    st = snapshot_write (s->comm, &s->params, &s->box, &s->particles, &s->holes, timeline_now (t), number);
    run->next_snapshot = number + 1;
    if (st == ST_OK)
      log_say ("snapshot %03d at time %.9g: step %lld, dE/E %.2e", number, timeline_now (t),
               (long long) run->stepper.n_steps, run->energy_error);
  }
  if (st == ST_OK && (number >= 0 || statistics))
    st = bh_history_flush (run->history);
  return st;
}

/* ---- the loop ---- */

static int finished (const struct timeline *t)
{
  return t->segment == t->n_segments - 1 && t->tick == (int64_t) 1 << TIMELINE_BITS;
}

/* One tick; *stop is set when the run is over, for whatever reason is returned. */
static enum status one_tick (struct run *run, int *stop)
{
  struct stepper *step = &run->stepper;
  struct timeline *t = &run->timeline;
  double wall = log_seconds ();
  enum status st = step_tidy (step);
  enum wish wish = run->n_ticks++ > 0 ? wish_now (run) : WISH_NOTHING;
  int first = !step->started;

  if (st == ST_OK && !first && (wish != WISH_NOTHING || finished (t)))
    st = write_checkpoint (run);
  if (st != ST_OK || (wish == WISH_STOP && !finished (t))) {
    *stop = 1;
    return st == ST_OK ? ST_STOPPED : st;
  }
  int at_end = t->tick == (int64_t) 1 << TIMELINE_BITS, together = step_synchronized (step);
  int statistics = together && (first || at_end || timeline_now (t) >= run->next_statistics);
  st = step_close (step, statistics);
  if (st == ST_OK && together && run->state.cosmology.comoving) {
    account_for_expansion (run);
    st = account_for_softening (run, statistics);
  }
  if (st == ST_OK)
    st = write_outputs (run, first, statistics);
  *stop = st != ST_OK || finished (t);
  if (*stop)
    return st;
  if (at_end) {
    t->segment++;
    t->tick = 0;
  }
  st = step_open (step);
  double time = timeline_now (t), dt = step_length (step);
  if (st == ST_OK)
    st = step_drift (step, run->state.params.KetjuOutputTimeInterval);
  if (st == ST_OK) {
    struct step_row row = { step->n_steps, time, dt, step->n_active, run->state.particles.n_global, step->regions.n,
                            step->regions.n_members, run->energy_error, log_seconds () - wall };
    diagnostics_step (run->diagnostics, &row);
    record_regions (run, time, step->region_bin >= 0 ? ldexp (timeline_tick_length (t), (int) step->region_bin) : 0);
    show_progress (run);
    run->unproven = 0;
  }
  *stop = st != ST_OK;
  return st;
}

static enum status finish (struct run *run, enum status st)
{
  struct state *s = &run->state;
  enum status close_history = run->history ? bh_history_close (&run->history) : ST_OK;
  enum status close_logs = run->diagnostics ? diagnostics_close (&run->diagnostics) : ST_OK;

  if (st == ST_OK)
    st = close_history != ST_OK ? close_history : close_logs;
  if (st == ST_OK)
    log_say ("reached time %.9g in %lld steps and %.0f s; peak memory %.0f MiB on rank 0",
             run->timeline.begin[run->timeline.n_segments],
             (long long) run->stepper.n_steps, run->seconds_before + log_seconds () - run->wall_start,
             (double) mem_peak () / 1048576);
  if (st == ST_STOPPED)
    log_say ("stopped at time %.9g; continue with: catena PARAMFILE 1", timeline_now (&run->timeline));
  if (st != ST_OK && run->unproven && s->comm->rank == 0 && output_take_back (s->params.OutputDir) == ST_OK)
    log_say ("failed before the first step was done: outputs are taken back, and the mended run needs no --force");
  step_free (&run->stepper);
  timeline_free (&run->timeline);
  state_free (s);
  log_close ();
  return st;
}

enum status run_simulation (const struct comm *comm, const struct run_request *request)
{
  struct run run;
  int stop = 0;

  memset (&run, 0, sizeof run);
  run.wall_start = run.last_checkpoint = log_seconds ();
  listen_to_signals ();
  enum status st = state_create (comm, request->parameter_file, &run.state);
  if (st != ST_OK)
    return st;
  st = request->start == RUN_RESUME ? resume (&run) : start_new (&run, request);
  if (st == ST_OK)
    st = write_used_parameters (&run.state);
  if (st == ST_OK && request->start != RUN_RESUME)
    st = step_resort (&run.stepper);
  if (st == ST_OK)
    run.time_start = timeline_now (&run.timeline);
  while (st == ST_OK && !stop)
    st = one_tick (&run, &stop);
  return finish (&run, st);
}
