/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parameters of a run: one struct, filled from a GADGET-style parameter file.
 *
 * Members are named exactly as the parameters (params.def). A value that may stay unset (TimeBegin,
 * softening classes) is NaN then. The struct holds no pointers: it may be copied and broadcast as bytes.
 */
#ifndef CATENA_PARAMS_H
#define CATENA_PARAMS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/comm.h"
#include "base/status.h"
#include "base/units.h"

enum { PARAM_STRING_SIZE = 512, PARAM_NOTES_SIZE = 4096 };
enum param_kind { PARAM_KIND_SECTION, PARAM_KIND_DOUBLE, PARAM_KIND_INT, PARAM_KIND_STRING };

#define PARAM_SECTION(title)
#define PARAM_DOUBLE(name, unit, fallback, low, high, words) PARAM_ROW_##name,
#define PARAM_DOUBLE_OR(name, unit, otherwise, low, high, words) PARAM_ROW_##name,
#define PARAM_DOUBLE_REQUIRED(name, unit, low, high, words) PARAM_ROW_##name,
#define PARAM_INT(name, unit, fallback, low, high, words) PARAM_ROW_##name,
#define PARAM_STRING(name, fallback, words) PARAM_ROW_##name,
enum param_index
{
#include "params/params.def"
  PARAM_COUNT
};
#undef PARAM_DOUBLE
#undef PARAM_DOUBLE_OR
#undef PARAM_DOUBLE_REQUIRED
#undef PARAM_INT
#undef PARAM_STRING

struct params
{
#define PARAM_DOUBLE(name, unit, fallback, low, high, words) double name;
#define PARAM_DOUBLE_OR(name, unit, otherwise, low, high, words) double name;
#define PARAM_DOUBLE_REQUIRED(name, unit, low, high, words) double name;
#define PARAM_INT(name, unit, fallback, low, high, words) int name;
#define PARAM_STRING(name, fallback, words) char name[PARAM_STRING_SIZE];
#include "params/params.def"
#undef PARAM_SECTION
#undef PARAM_DOUBLE
#undef PARAM_DOUBLE_OR
#undef PARAM_DOUBLE_REQUIRED
#undef PARAM_INT
#undef PARAM_STRING
  int line[PARAM_COUNT];          /* where the file gives it; 0: the default holds */
  char source[PARAM_STRING_SIZE]; /* name of the file */
  char notes[PARAM_NOTES_SIZE];   /* lines for the log: ignored names and other remarks; "" if none */
};

/* One row of the table, for those who list all parameters (snapshots, the manual). */
struct param_row
{
  enum param_kind kind;
  const char *name, *unit, *words;
  const char *otherwise; /* doubles that may stay unset: what holds then; else NULL */
  const char *text;      /* default of a string */
  int required;
  double fallback, low, high;
  size_t offset;         /* of the member in struct params */
};

/* Local. The rows, in the order of enum param_index; PARAM_COUNT of them. */
const struct param_row *params_rows (void);

/* Collective; same value on every rank. Rank 0 reads the file, all receive the struct. Every fault of the file is
 * reported in one go, each as `path:line: sentence`. Agreed ST_NOINPUT if it cannot be opened or read, ST_DATA
 * for faults; *out is then undefined. */
enum status params_read (const struct comm *comm, const char *path, struct params *out);

/* Local. The same from `n` bytes of text; `name` stands in the messages for the path. ST_DATA or ST_MEMORY. */
enum status params_from_text (const char *name, const char *text, int64_t n, struct params *out);

/* Local. Says what can only be said once the ICs are known: types in use have a softening length, and only
 * SMBHs may have a length of zero; regions fit. The same on every rank if `n_of_type` (whole system) is. ST_DATA. */
enum status params_check_types (const struct params *p, const int64_t n_of_type[6]);

/* Local; rank 0 prints. The notes, each once, to the log. */
void params_log_notes (const struct params *p);

/* Local. Every value with 17 digits, its unit and whether file or default gave it: itself a parameter file that
 * reads back to the same values. ST_IOERR if the stream fails. */
enum status params_write_used (const struct params *p, FILE *file);

/* Local. The manual of all parameters, as text for a terminal or as markdown (doc/parameters.md). */
void params_print_manual (FILE *file, int markdown);

/* Local. In comoving runs length, mass and time are what is given divided by HubbleParam, so that values in these
 * units turn into cgs without more ado. G and c do not depend on it. */
struct units params_units (const struct params *p);

/* Local. The Hubble constant in code units: as given, or 100 km/s/Mpc in the units given. */
double params_hubble (const struct params *p);

/* Local. Plummer-equivalent softening of a type in code units; NaN if no length is given for its class. */
double params_softening (const struct params *p, int type);
/* Local. The bound of the physical softening of a type in comoving runs; NaN: none. */
double params_softening_most (const struct params *p, int type);

/* Local. Whether bodies of a type are members of regions (not the SMBHs' own affair: their mass decides too). */
int params_in_regions (const struct params *p, int type);

/* Local. The radius in solar ones of a star of one solar mass, of a type that is a member of regions; 0: a point. */
double params_star_radius (const struct params *p, int type);

/* Local. The radius of a region in code units: as given, or three times the largest softening of member types whose
 * length is given. 0 if regions are off or no member type has a length. */
double params_region_radius (const struct params *p);

/* Local. KetjuPNTerms as enum areg_pn bits. */
unsigned params_pn_terms (const struct params *p);

#endif
