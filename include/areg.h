/* SPDX-License-Identifier: GPL-3.0-or-later */
/* areg.h: few-body dynamics with algorithmic regularisation, post-Newtonian terms and mergers. Its manual, too.
 *
 *     struct areg_options options;
 *     struct areg *system;
 *     areg_options_default (&options);
 *     options.G = 4.30091e-3;                                 // pc, solar masses, km/s
 *     options.c = 299792.458;                                 // 0: Newton only
 *     int status = areg_create (&options, NULL, n, &system);  // all memory, for up to n bodies
 *     if (!status) status = areg_load (system, 0, bodies, n); // bodies are at time 0
 *     if (!status) status = areg_advance (system, 0.1);       // to time 0.1, in pc/(km/s)
 *     if (!status) areg_bodies (system, bodies);              // areg_count of them: holes may have merged
 *     else if (system) puts (areg_last_message (system));
 *     areg_free (&system);
 *
 * examples/fewbody.c is a whole program, examples/embed_mpi.c a host with MPI; `man 3 areg` has the short of it.
 *
 * A guest: no MPI, no global state, no exit, no output, nothing beyond libc and libm; memory is taken in areg_create
 * only (and in areg_load, when there are more holes than ever before). To link: pkg-config --cflags --libs areg.
 *
 * Units are the caller's: any in which G and c are as given. Times are lengths over velocities. Inside, the library
 * works in units of its own, powers of two near the system's mass and size; so the numbers may be of any size, as
 * long as squares of velocities and inverse cubes of distances, both in units of the system's own, are doubles.
 *
 * Only differences of position matter, and Newtonian motion is free of the frame's velocity too. Post-Newtonian
 * terms take velocities as they are given (a moving pair is not a boosted resting pair in absolute time), so hand
 * bodies over in the frame of their centre of mass where the frame means nothing.
 *
 * Outcomes. A call that may fail returns an areg_status: 0, done; > 0, refused; < 0, something outside failed
 * (memory, the group). If not done, the system is as it was before the call, to the last bit, and can be used on: to
 * a nearer end, or with other bodies. (Other options need another system.) areg_last_message says in one sentence
 * what was wrong, areg_dump puts the case into a text for `catena-fewbody --replay`. Bodies may hold anything, NaN
 * too; pointers must be valid. No call hangs: max_steps bounds the work of each.
 *
 * Ownership. The system copies what it is given (options, group, bodies) and owns what it points out (mergers,
 * events, messages; valid until its next call that is not const). A system is used by one thread at a time, reading
 * included; different systems by as many as you like. The group's functions and `sample` must not call the same
 * system.
 *
 * Reproducibility. Results depend on bodies, options, times and the history of calls since areg_load: not on the
 * order of bodies, the size of the group, or the machine's vectors. (Another C library's pow and log may choose
 * other steps, within the tolerance.) Units whose ratio is a power of two give the same bits. Watching
 * (areg_advance_sampled, areg_bodies, areg_dump) changes nothing.
 *
 * Groups. Ranks that share a system create it each with their own rank and the same everything else, and make the
 * same calls with the same arguments; bodies may be in another order. Only areg_advance and areg_advance_sampled
 * call `sum` or `gather`, equally often on all; the rest is local. Status and bodies are the same on all, except that
 * AREG_NO_MEMORY is local: agree on it. Ranks of a group must run on one kind of processor and C library, as results
 * must be the same bits where decisions are made. Members of the group that are not used are NULL.
 *
 * Versions. Before 1.0 the minor number changes when a struct or a function does, afterwards the major one, and with
 * it the library's soname; the rest is additions and repairs. So a host that is careful begins with areg_version ()
 * / 100 == AREG_VERSION / 100.
 */
#ifndef AREG_H
#define AREG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; areg_version tells that of the library in use. */
#define AREG_VERSION_MAJOR 0
#define AREG_VERSION_MINOR 1
#define AREG_VERSION_PATCH 0
#define AREG_VERSION (10000 * AREG_VERSION_MAJOR + 100 * AREG_VERSION_MINOR + AREG_VERSION_PATCH)

enum areg_status
{
  AREG_OK = 0,
  AREG_BAD_OPTION = 1,    /* an option out of range; areg_create and areg_load only */
  AREG_BAD_BODY = 2,      /* NaN, mass not above zero, |chi| > 1, an id twice, two bodies at one point; none loaded */
  AREG_BAD_TIME = 3,      /* a time that is not finite, or too far away for doubles */
  AREG_TOO_MANY_STEPS = 4,/* max_steps spent before the end */
  AREG_NO_CONVERGENCE = 5,/* the step shrank to nothing at the asked tolerance */
  AREG_NO_MEMORY = -1,
  AREG_GROUP_FAILED = -2
};

enum areg_kind { AREG_STAR = 0, AREG_HOLE = 1 };

/* Post-Newtonian terms, among holes unless said; a set of bits. */
enum areg_pn
{
  AREG_PN1 = 1, AREG_PN2 = 2, AREG_PN25 = 4, AREG_PN3 = 8, AREG_PN35 = 16,
  AREG_PN_SPIN = 32,   /* spin-orbit, spin-spin, quadrupole-monopole, precession */
  AREG_PN_CROSS = 64,  /* 1PN terms of three and more bodies (Einstein-Infeld-Hoffmann) */
  AREG_PN_STARS = 128, /* 1PN also between holes and stars (not of stars with each other), so that their orbits
                        * precess; needs AREG_PN1, contains AREG_PN_CROSS; O(N N_holes) */
  AREG_PN_PARTNERS = 256, /* 2.5PN and 3.5PN only between partners: two holes each of which is most tightly bound to
                        * the other. The inner orbit of a hierarchy then puts no false radiation on the outer ones */
  AREG_PN_NONE = 0, AREG_PN_NO_SPIN = 31 + 64, AREG_PN_ALL = 127
};

/* Fill it with zeros first, or by names of members: later versions may add some. */
struct areg_body
{
  double m;                /* > 0 */
  double x[3], v[3];
  double spin[3];          /* angular momentum S; of holes |S| = chi G m^2/c; that of stars is handed back as given */
  uint64_t id;             /* unique in the system; orders bodies wherever an order matters */
  int32_t kind;            /* enum areg_kind */
  double radius;           /* stars: for disruption and capture by holes; 0: a point, to which neither happens */
};

/* How ranks, and threads of a rank, share the work; NULL means alone. Every rank holds the same system and makes the
 * same calls. Zero what is not offered: size 1 needs no `sum`, `gather` and `parallel` are optional. `context` is
 * handed through. */
struct areg_group
{
  void *context;
  int rank, size;
  /* a[0..n) becomes the sum over the ranks, the same bits on all; 0, or non-zero on all ranks. Only ever
   * adds zeros to one non-zero value per element, so any order gives the same bits. */
  int (*sum) (void *context, double *a, int64_t n);
  /* all[r n .. (r + 1) n) becomes what rank r gave as mine[0..n); 0, or non-zero on all ranks. Used in place of
   * `sum` where there is one, because it moves half as much or less. */
  int (*gather) (void *context, const double *mine, int64_t n, double *all);
  /* Calls task (argument, i) once for every 0 <= i < count, on any threads in any order, and returns when all are
   * done. Used for forces of more than some 250 bodies. */
  void (*parallel) (void *context, int count, void (*task) (void *argument, int i), void *argument);
};

struct areg_options
{
  double G;                   /* > 0 */
  double c;                   /* > 0, or 0: no post-Newtonian terms, no mergers */
  double tolerance;           /* of every step, relative to each link of the spanning tree; energy is restored after
                               * each step in any case; 1e-15 <= tolerance < 1e-2; default 1e-8 */
  double end_time_tolerance;  /* relative to the span of a call; 0: to round-off */
  int32_t pn_terms;           /* enum areg_pn bits */
  double merge_radius;        /* in Schwarzschild radii of the total mass; default 12; 0: never. Forwards only */
  int32_t kicks;              /* 1: give the remnant its recoil velocity; the record has it in any case */
  double star_star_softening; /* Plummer-equivalent epsilon of GADGET's spline (support 2.8 epsilon); 0: none */
  double softening;           /* the same for all other pairs; 0: none. Not with pn_terms */
  int64_t max_steps;          /* in one call of areg_advance; default 5000000 */
  /* Stars with a radius R, forwards only. Star and hole of masses m, M. */
  double tidal_factor;        /* eta: disrupted at eta R (M/m)^(1/3); default 0: never */
  double capture_radius;      /* swallowed whole at this many Schwarzschild radii of the hole; default 0: never */
  double accreted_fraction;   /* of a disrupted star's mass, to the hole; the rest leaves; 0 to 1, default 0.5 */
};

/* A merger, as a paper's table needs it. Vectors are at the merger's time, before unless said. */
struct areg_merger
{
  double t;
  uint64_t id1, id2, id_remnant;  /* id1 is the heavier (lower id if equal) and survives */
  double m1, m2, m_remnant;
  double chi1, chi2, chi_remnant;
  double spin1[3], spin2[3], spin_remnant[3];
  double x[3], v[3];              /* the remnant, kick included where applied */
  double separation, relative_speed;
  double semi_major_axis, eccentricity; /* Newtonian osculating */
  double normal[3];               /* unit vector of the orbital angular momentum; of a head-on collision zeros */
  double chi_effective;           /* (m1 chi1 + m2 chi2).normal/(m1 + m2), chi as vectors */
  double kick[3], kick_speed;     /* also when not applied */
};

/* A star's end at a hole. The hole takes up the accreted mass with its momentum (and, of a star swallowed whole, its
 * orbital angular momentum as spin, up to |chi| = 1); the rest leaves with the star's velocity. */
enum areg_event_kind { AREG_DISRUPTION = 1, AREG_CAPTURE = 2 };
struct areg_event
{
  double t;
  int32_t kind;                   /* enum areg_event_kind: by the larger of the two radii */
  uint64_t id_hole, id_star;
  double m_hole, m_star;          /* before */
  double m_accreted;              /* what the hole gained */
  double x[3], v[3];              /* the hole, after */
  double radius;                  /* at which it happens; `separation` is where it was noticed */
  double separation, relative_speed;
  double semi_major_axis, eccentricity, pericentre; /* Newtonian osculating; of a > 0 it was bound */
  double energy_change;           /* Newtonian energy of the system about its centre of mass, after less before */
};

/* Counts since areg_load. */
struct areg_statistics
{
  int64_t steps, rejected, force_evaluations, tree_builds;
  double pair_evaluations;       /* the work measure: steers load balance, never a result */
  double energy_start;           /* Newtonian, about the centre of mass, at areg_load */
  double energy_error;           /* |E - E_start - work of post-Newtonian forces, mergers, events| / |E_start| now */
  double energy_error_max;       /* over accepted steps */
};

struct areg;

int areg_version (void);
const char *areg_version_text (void); /* "0.1.0" */

/* Fills in the defaults; the caller must still set G, and c where wanted. */
void areg_options_default (struct areg_options *options);

/* NULL, or one sentence on the first option that areg_create would refuse. */
const char *areg_options_fault (const struct areg_options *options);

/* All memory for up to `capacity` bodies is taken here (some 5 kB each). *out is the caller's; release it with
 * areg_free, which sets it to NULL. `group` may be NULL. AREG_BAD_OPTION, of which areg_options_fault knows more, or
 * AREG_NO_MEMORY; *out is NULL then. */
int areg_create (const struct areg_options *options, const struct areg_group *group, int capacity, struct areg **out);
void areg_free (struct areg **system);

/* Replaces the system's bodies, which are at time t, and clears mergers, events and statistics. 1 <= n <= capacity.
 * AREG_BAD_BODY, AREG_BAD_TIME, AREG_BAD_OPTION (n), AREG_NO_MEMORY (for holes). */
int areg_load (struct areg *system, double t, const struct areg_body *bodies, int n);

/* As areg_load, with positions in two parts: body i is at x + x_low[i]. Two bodies 1e-6 of the system's size apart
 * have lost six digits of their separation in x alone; with what x left over in x_low they have all. From
 * integers or another origin: x is the position rounded, x_low the rest. NULL: zeros. */
int areg_load_split (struct areg *system, double t, const struct areg_body *bodies, const double (*x_low)[3], int n);

/* Advances to t_end, forwards or backwards. Mergers and events only happen forwards; bodies that begin within reach
 * of each other, approaching or not, meet at the beginning. On AREG_OK all bodies are at t_end. AREG_BAD_TIME,
 * AREG_TOO_MANY_STEPS, AREG_NO_CONVERGENCE, AREG_GROUP_FAILED. */
int areg_advance (struct areg *system, double t_end);

/* As areg_advance, and calls `sample` with all bodies at each of the n_times times in (now, t_end], which stand in
 * the order in which they are passed, without changing the steps taken: results are those of areg_advance to the
 * bit. Other times, NaN too, are passed over. A non-zero return of `sample` ends the sampling, not the integration.
 * A call that is refused may have taken samples before. */
typedef int areg_sample (void *context, double t, const struct areg_body *bodies, int n);
int areg_advance_sampled (struct areg *system, double t_end, const double *times, int n_times,
                          areg_sample *sample, void *context);

/* The system as it is now. */
double areg_time (const struct areg *system);
int areg_count (const struct areg *system);
/* Copies the areg_count bodies, in the order of areg_load with merged ones left out. */
void areg_bodies (const struct areg *system, struct areg_body *out);
/* As areg_bodies, and what x leaves over in x_low: differences of x + x_low have all the digits that the system has,
 * at any distance from the origin. areg_load_split takes them back. */
void areg_bodies_split (const struct areg *system, struct areg_body *out, double (*x_low)[3]);
/* As areg_bodies, with x and v relative to those of body `origin_id`, to the last digit however close to it; its own
 * entry has x and v as areg_bodies gives them. AREG_BAD_BODY, and nothing is done, if there is no such body. */
int areg_bodies_relative (const struct areg *system, uint64_t origin_id, struct areg_body *out);
/* Mergers since areg_load, in order of time; the array belongs to the system. */
int areg_mergers (const struct areg *system, const struct areg_merger **out);
/* Disruptions and captures, likewise. */
int areg_events (const struct areg *system, const struct areg_event **out);
void areg_statistics_now (const struct areg *system, struct areg_statistics *out);

/* A hint carried from call to call: the size of the step that the last call would have taken next, in the
 * caller's time units; 0: none. Give it to a new system of the same bodies to save the search. */
double areg_step_hint (const struct areg *system);
void areg_set_step_hint (struct areg *system, double hint);

/* The system as text that `catena-fewbody --replay` runs: its options, the span of the last call, and the bodies;
 * after a refused areg_load the bodies that were refused, NaN and all. Numbers have a point whatever the locale. As
 * snprintf: at most `size` bytes with the closing zero go to `text` (which may be NULL if size is 0); returns the
 * length of the whole without it. */
int64_t areg_dump (const struct areg *system, char *text, int64_t size);

/* One sentence on a status, and on what went wrong in the last call (empty if nothing). */
const char *areg_status_words (int status);
const char *areg_last_message (const struct areg *system);

#ifdef __cplusplus
}
#endif
#endif
