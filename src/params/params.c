/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything here is driven by the table: the rows of params.def become a constant array, and reading, checking,
 * writing and the manual are loops over it.
 *
 * The reader takes the whole file into memory and walks over it once, so that a line may have any length and a
 * file any line ends. It never stops at a fault: it records a sentence and goes on, since nobody likes to
 * meet his five mistakes in five runs. Numbers are read in the C locale whatever the user's locale is.
 *
 * What concerns two or more parameters stands in a second short list, `relations`: a predicate that is true
 * when something is wrong, the parameter to point at, and the sentence. Relations are looked at only when every
 * single value is sound, for otherwise they would complain about values that nobody gave.
 *
 * GADGET-4's names without meaning here are listed in `ignored`. They are accepted, and named once in the notes,
 * which main hands to the log.
 *
 * Grammar: `Name value`, then nothing or a comment, which begins with % or # anywhere, or with ; or // after white
 * space (GADGET's own examples use ;). A value with spaces, % or # stands in double quotes.
 */
#include "params/params.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "params/pn_terms.h"

#define ANY NAN
#define ABOVE_ZERO DBL_MIN

enum { MAX_FAULTS_SAID = 25, MAX_FILE_BYTES = 1 << 26, NAME_SIZE = 128 };

#define PARAM_SECTION(title)
#define PARAM_DOUBLE(name, unit, fallback, low, high, words) \
  { PARAM_KIND_DOUBLE, #name, unit, words, NULL, NULL, 0, fallback, low, high, offsetof (struct params, name) },
#define PARAM_DOUBLE_OR(name, unit, otherwise, low, high, words) \
  { PARAM_KIND_DOUBLE, #name, unit, words, otherwise, NULL, 0, NAN, low, high, offsetof (struct params, name) },
#define PARAM_DOUBLE_REQUIRED(name, unit, low, high, words) \
  { PARAM_KIND_DOUBLE, #name, unit, words, NULL, NULL, 1, NAN, low, high, offsetof (struct params, name) },
#define PARAM_INT(name, unit, fallback, low, high, words) \
  { PARAM_KIND_INT, #name, unit, words, NULL, NULL, 0, fallback, low, high, offsetof (struct params, name) },
#define PARAM_STRING(name, fallback, words) \
  { PARAM_KIND_STRING, #name, "text", words, NULL, fallback, 0, 0, 0, 0, offsetof (struct params, name) },
static const struct param_row rows[PARAM_COUNT] = {
#include "params/params.def"
};
#undef PARAM_SECTION
#undef PARAM_DOUBLE
#undef PARAM_DOUBLE_OR
#undef PARAM_DOUBLE_REQUIRED
#undef PARAM_INT
#undef PARAM_STRING


/* The order of the manual: titles and rows. */
#define PARAM_SECTION(title) { title, 0 },
#define PARAM_DOUBLE(name, unit, fallback, low, high, words) { NULL, PARAM_ROW_##name },
#define PARAM_DOUBLE_OR(name, unit, otherwise, low, high, words) { NULL, PARAM_ROW_##name },
#define PARAM_DOUBLE_REQUIRED(name, unit, low, high, words) { NULL, PARAM_ROW_##name },
#define PARAM_INT(name, unit, fallback, low, high, words) { NULL, PARAM_ROW_##name },
#define PARAM_STRING(name, fallback, words) { NULL, PARAM_ROW_##name },
static const struct { const char *title; int row; } layout[] = {
#include "params/params.def"
};
enum { LAYOUT_COUNT = sizeof layout / sizeof *layout };

/* GADGET-4's parameters (and a few of its relatives) that a collisionless run here does not need. */
static const char *const ignored[] = { "MaxMemSize",
                                       "TopNodeFactor",
                                       "ActivePartFracForNewDomainDecomp",
                                       "ActivePartFracForPMinsteadOfEwald",
                                       "CourantFac",
                                       "DesNumNgb",
                                       "MaxNumNgbDeviation",
                                       "MinEgySpec",
                                       "InitGasTemp",
                                       "ArtBulkViscConst",
                                       "GasSoftFactor",
                                       "MinimumComovingHydroSoftening",
                                       "AdaptiveHydroSofteningSpacing",
                                       "ViscosityAlphaMin",
                                       "TimestepLimiterCoeff",
                                       "MaxSfrTimescale",
                                       "FactorSN",
                                       "FactorEVP",
                                       "TempSupernova",
                                       "TempClouds",
                                       "CritOverDensity",
                                       "CritPhysDensity",
                                       "TreecoolFile",
                                       "DesLinkNgb",
                                       "FOFGroupMinLen",
                                       "NSample",
                                       "GridSize",
                                       "Seed",
                                       "SphereMode",
                                       "PowerSpectrumType",
                                       "ReNormalizeInputSpectrum",
                                       "PrimordialIndex",
                                       "ShapeGamma",
                                       "Sigma8",
                                       "PowerSpectrumFile",
                                       "InputSpectrum_UnitLength_in_cm",
                                       "LightConeDefinitionFile",
                                       "LightConeImageConeDefinitions",
                                       "LightConeImageLengthX",
                                       "LightConeImageLengthY",
                                       "LightConeImageCornerX",
                                       "LightConeImageCornerY",
                                       "LightConeImageLengthZ",
                                       "LightConeImagePicName",
                                       "LightConeImagePixelsX",
                                       "LightConeImagePixelsY",
                                       "LightConeImageFirstConeDir",
                                       "MaxLightConeBoxes",
                                       "LightConeMassMapsNside",
                                       "LightConeMassMapThickness",
                                       "LightConeMassMapMaxRedshift",
                                       "LightConeOriginsFile",
                                       "LightConeParticles",
                                       "MergerTreeFileBase",
                                       "LinkLength",
                                       "HaloDirName",
                                       "SubboxCoordinatesPath",
                                       "SubboxMinTime",
                                       "SubboxMaxTime",
                                       "SubboxSyncModulo",
                                       "SubboxNumFilesPerSnapshot",
                                       "SubboxNumFilesWrittenInParallel",
                                       "ResubmitOn",
                                       "ResubmitCommand",
                                       "CellMaxAspectRatio",
                                       "TopNodeAllocFactor",
                                       "TreeAllocFactor",
                                       "PartAllocFactor",
                                       "BufferSize",
                                       "TypeOfTimestepCriterion",
                                       "StarformationOn",
                                       "CoolingOn" };

/* A fault list in the making. */
struct reading
{
  const char *name; /* of the file */
  struct params *out;
  int n_faults;
};

const struct param_row *params_rows (void) { return rows; }

static double *double_of (struct params *p, int k) { return (double *) ((char *) p + rows[k].offset); }
static int *int_of (struct params *p, int k) { return (int *) ((char *) p + rows[k].offset); }
static char *string_of (struct params *p, int k) { return (char *) p + rows[k].offset; }

static int is_required (const struct param_row *row)
{
  return row->required || (row->kind == PARAM_KIND_STRING && !row->text);
}

/* GADGET-3 and AREPO have another name for one of ours. */
static int find_name (const char *name)
{
  if (strcmp (name, "PeriodicBoundariesOn") == 0)
    return PARAM_ROW_Periodic;
  for (int k = 0; k < PARAM_COUNT; k++)
    if (strcmp (rows[k].name, name) == 0)
      return k;
  return -1;
}

static int is_ignored (const char *name)
{
  for (size_t k = 0; k < sizeof ignored / sizeof *ignored; k++)
    if (strcmp (ignored[k], name) == 0)
      return 1;
  return 0;
}

/* One sentence; line 0: about the file as a whole. Beyond a limit faults are only counted. */
__attribute__ ((format (printf, 3, 4))) static void fault (struct reading *r, int line, const char *format, ...)
{
  char sentence[1024];
  va_list args;

  va_start (args, format);
  vsnprintf (sentence, sizeof sentence, format, args);
  va_end (args);
  if (++r->n_faults > MAX_FAULTS_SAID)
    return;
  if (line > 0)
    status_fail (ST_DATA, "%s:%d: %s", r->name, line, sentence);
  else
    status_fail (ST_DATA, "%s: %s", r->name, sentence);
}

__attribute__ ((format (printf, 2, 3))) static void note (struct params *p, const char *format, ...)
{
  size_t used = strlen (p->notes);
  va_list args;

  if (used > 0 && used + 1 < sizeof p->notes)
    p->notes[used++] = '\n';
  va_start (args, format);
  vsnprintf (p->notes + used, sizeof p->notes - used, format, args);
  va_end (args);
}

static int smallest (int a, int b, int c) { return a < b ? (a < c ? a : c) : (b < c ? b : c); }

/* Levenshtein's distance without regard to case. */
static int edit_distance (const char *a, const char *b)
{
  int row[NAME_SIZE + 1], n = (int) strlen (b);

  for (int j = 0; j <= n; j++)
    row[j] = j;
  for (int i = 1; a[i - 1]; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= n; j++) {
      int up = row[j];
      int cost = tolower ((unsigned char) a[i - 1]) != tolower ((unsigned char) b[j - 1]);
      row[j] = smallest (row[j] + 1, row[j - 1] + 1, diagonal + cost);
      diagonal = up;
    }
  }
  return row[n];
}

static void unknown_name (struct reading *r, int line, const char *name)
{
  int best = INT_MAX, which = 0;

  for (int k = 0; k < PARAM_COUNT && strlen (name) < NAME_SIZE; k++) {
    int d = edit_distance (name, rows[k].name);
    if (d < best) {
      best = d;
      which = k;
    }
  }
  if (best <= 3 || best <= (int) strlen (name) / 2)
    fault (r, line, "'%s' is no parameter. The nearest known name is %s.", name, rows[which].name);
  else
    fault (r, line, "'%.80s' is no parameter. `catena --parameters` lists all of them.", name);
}

/* "between 0 and 1", "above 0", "any number". */
static void describe_range (const struct param_row *row, char *text, size_t size)
{
  char low[40], high[40];

  snprintf (low, sizeof low, row->low == ABOVE_ZERO ? "above 0" : "at least %.9g", row->low);
  snprintf (high, sizeof high, "at most %.9g", row->high);
  if (isnan (row->low) && isnan (row->high))
    snprintf (text, size, "any");
  else if (isnan (row->high))
    snprintf (text, size, "%s", low);
  else if (isnan (row->low))
    snprintf (text, size, "%s", high);
  else if (row->low == row->high)
    snprintf (text, size, "only %.9g", row->low);
  else if (row->low == ABOVE_ZERO)
    snprintf (text, size, "above 0, %s", high);
  else
    snprintf (text, size, "%.9g to %.9g", row->low, row->high);
}

static int in_range (const struct param_row *row, double x)
{
  return !(x < row->low) && !(x > row->high); /* NaN bounds bind nothing */
}

static void read_number (struct reading *r, int k, const char *value, int line)
{
  const struct param_row *row = &rows[k];
  char *end, range[100];
  double x = strtod (value, &end);

  if (end == value || *end || strpbrk (value, "xX"))
    fault (r, line, "%s: '%.80s' is not a number.", row->name, value);
  else if (!isfinite (x))
    fault (r, line, "%s: '%.80s' is not a finite number.", row->name, value);
  else if (row->kind == PARAM_KIND_INT && (x != rint (x) || strpbrk (value, ".eE")))
    fault (r, line, "%s: '%.80s' is not a whole number.", row->name, value);
  else if (!in_range (row, x)) {
    describe_range (row, range, sizeof range);
    fault (r, line, "%s = %s is out of range: %s (unit %s).", row->name, value, range, row->unit);
  }
  else if (row->kind == PARAM_KIND_INT)
    *int_of (r->out, k) = (int) x;
  else
    *double_of (r->out, k) = x + 0.0; /* -0 becomes 0 */
}

static void read_string (struct reading *r, int k, const char *value, int line)
{
  if (strlen (value) >= PARAM_STRING_SIZE)
    fault (r, line, "%s: the text is longer than %d characters.", rows[k].name, PARAM_STRING_SIZE - 1);
  else if (is_required (&rows[k]) && !*value)
    fault (r, line, "%s: the text is empty.", rows[k].name);
  else
    snprintf (string_of (r->out, k), PARAM_STRING_SIZE, "%s", value);
}

static void assign (struct reading *r, const char *name, const char *value, int line)
{
  int k = find_name (name);

  if (k < 0 && is_ignored (name)) {
    char sentence[200];
    snprintf (sentence, sizeof sentence, " %s has no meaning here and is ignored.", name);
    if (!strstr (r->out->notes, sentence))
      note (r->out, "%s:%d:%s", r->name, line, sentence);
  }
  else if (k < 0)
    unknown_name (r, line, name);
  else if (r->out->line[k])
    fault (r, line, "%s is given a second time; the first is in line %d.", rows[k].name, r->out->line[k]);
  else {
    r->out->line[k] = line;
    (rows[k].kind == PARAM_KIND_STRING ? read_string : read_number) (r, k, value, line);
  }
}

static char *skip_space (char *s)
{
  while (isspace ((unsigned char) *s))
    s++;
  return s;
}

/* Ends the token at *s with a NUL and returns it; *s moves behind it. A comment sign ends it too, and ends the line.
 */
static char *next_token (char **s)
{
  char *begin = skip_space (*s), *end = begin;

  if (*begin == '%' || *begin == '#' || *begin == ';' || strncmp (begin, "//", 2) == 0)
    *begin = '\0';
  while (*end && !isspace ((unsigned char) *end) && *end != '%' && *end != '#')
    end++;
  *s = *end == '%' || *end == '#' || !*end ? end + strlen (end) : end + 1;
  *end = '\0';
  return begin;
}

/* The value of a line: a token, or what stands between double quotes; NULL if a quote is not closed. */
static char *next_value (char **s)
{
  char *begin = skip_space (*s), *end;

  if (*begin != '"')
    return next_token (s);
  end = strchr (++begin, '"');
  if (end) {
    *end = '\0';
    *s = end + 1;
  }
  return end ? begin : NULL;
}

static void read_line (struct reading *r, char *text, int line)
{
  char *name = next_token (&text), *begin = skip_space (text), *value, *rest;
  int quoted = *begin == '"';

  if (!*name)
    return;
  value = next_value (&text);
  rest = value ? next_token (&text) : NULL;
  if (!value)
    fault (r, line, "%.80s: the quote is not closed.", name);
  else if (!*value && !quoted && (find_name (name) >= 0 || is_ignored (name)))
    fault (r, line, "%s has no value.", name);
  else if (*rest && (find_name (name) >= 0 || is_ignored (name)))
    fault (r, line, "%s: '%.80s' follows the value. Begin a comment with %%, put a text with spaces in quotes.", name,
           rest);
  else
    assign (r, name, value, line);
}

/* Splits at \n, \r\n and lone \r; `text` is ours to cut. */
static void read_lines (struct reading *r, char *text)
{
  int line = 1;

  if (strncmp (text, "\xEF\xBB\xBF", 3) == 0)
    text += 3;
  while (*text) {
    size_t n = strcspn (text, "\r\n");
    char *next = text + n + (text[n] == '\r' && text[n + 1] == '\n') + (text[n] != '\0');
    text[n] = '\0';
    read_line (r, text, line++);
    text = next;
  }
}

static void set_defaults (struct params *p)
{
  memset (p, 0, sizeof *p);
  for (int k = 0; k < PARAM_COUNT; k++)
    switch (rows[k].kind) {
    case PARAM_KIND_DOUBLE: *double_of (p, k) = rows[k].fallback; break;
    case PARAM_KIND_INT: *int_of (p, k) = (int) rows[k].fallback; break;
    default: snprintf (string_of (p, k), PARAM_STRING_SIZE, "%s", rows[k].text ? rows[k].text : "");
    }
}

/* Defaults of comoving runs: a box is periodic, and what is an interval in physical runs is a factor. */
static void set_comoving_defaults (struct params *p)
{
  if (!p->line[PARAM_ROW_TimeBetSnapshot])
    p->TimeBetSnapshot = 1.25;
  if (!p->line[PARAM_ROW_Periodic])
    p->Periodic = 1;
}

static void check_required (struct reading *r)
{
  for (int k = 0; k < PARAM_COUNT; k++)
    if (is_required (&rows[k]) && !r->out->line[k])
      fault (r, 0, "%s is missing. It is required: %s", rows[k].name, rows[k].words);
}

/* Class of a type, -1 if none of the candidates has a length. */
static const double *class_length (const struct params *p, int class)
{
  static const size_t offset[6] = {
    offsetof (struct params, SofteningComovingClass0), offsetof (struct params, SofteningComovingClass1),
    offsetof (struct params, SofteningComovingClass2), offsetof (struct params, SofteningComovingClass3),
    offsetof (struct params, SofteningComovingClass4), offsetof (struct params, SofteningComovingClass5) };

  return (const double *) ((const char *) p + offset[class]);
}

static int class_of_type (const struct params *p, int type)
{
  const int given[6] = { p->SofteningClassOfPartType0, p->SofteningClassOfPartType1, p->SofteningClassOfPartType2,
                         p->SofteningClassOfPartType3, p->SofteningClassOfPartType4, p->SofteningClassOfPartType5 };

  if (given[type] >= 0)
    return given[type];
  return isnan (*class_length (p, type)) ? 0 : type;
}

double params_softening (const struct params *p, int type) { return *class_length (p, class_of_type (p, type)); }

double params_softening_most (const struct params *p, int type)
{
  const double most[6] = { p->SofteningMaxPhysClass0, p->SofteningMaxPhysClass1, p->SofteningMaxPhysClass2,
                           p->SofteningMaxPhysClass3, p->SofteningMaxPhysClass4, p->SofteningMaxPhysClass5 };

  return most[class_of_type (p, type)];
}

int params_in_regions (const struct params *p, int type)
{
  return p->KetjuOn &&
         (type == 5 || (p->KetjuStarParticleTypeFlags >> type & 1) || (type == 1 && p->KetjuDarkMatterInRegions));
}

/* Physical, in comoving runs the largest until TimeMax. */
static double largest_member_softening (const struct params *p)
{
  double largest = 0;

  for (int type = 0; type < 6; type++) {
    double length = params_softening (p, type) * (p->ComovingIntegrationOn ? p->TimeMax : 1);
    if (p->ComovingIntegrationOn && length > params_softening_most (p, type))
      length = params_softening_most (p, type);
    if (params_in_regions (p, type) && length > largest)
      largest = length;
  }
  return largest;
}

double params_star_radius (const struct params *p, int type)
{
  const double radius[6] = { 0, 0, p->KetjuStarRadiusType2, p->KetjuStarRadiusType3, p->KetjuStarRadiusType4, 0 };

  return params_in_regions (p, type) ? radius[type] : 0;
}

double params_region_radius (const struct params *p)
{
  if (!p->KetjuOn)
    return 0;
  return p->KetjuRegionPhysicalRadius > 0 ? p->KetjuRegionPhysicalRadius : 3 * largest_member_softening (p);
}

unsigned params_pn_terms (const struct params *p)
{
  unsigned terms = AREG_PN_NONE;

  pn_terms_parse (p->KetjuPNTerms, &terms);
  return terms;
}

/* Relations: true when something is wrong. */
static int no_length (const struct params *p)
{
  for (int k = 0; k < 6; k++)
    if (!isnan (*class_length (p, k)))
      return 0;
  return 1;
}
static int ends_before_begin (const struct params *p) { return p->TimeMax <= p->TimeBegin; }
static int list_without_file (const struct params *p) { return p->OutputListOn && !*p->OutputListFilename; }
static int bad_pn_terms (const struct params *p) { unsigned t; return pn_terms_parse (p->KetjuPNTerms, &t) != 0; }
static int step_bounds_cross (const struct params *p) { return p->MinSizeTimestep > p->MaxSizeTimestep; }
static int comoving_and_isolated (const struct params *p) { return p->ComovingIntegrationOn && !p->Periodic; }
static int comoving_without_matter (const struct params *p) { return p->ComovingIntegrationOn && !(p->Omega0 > 0); }
static int comoving_without_h (const struct params *p) { return p->ComovingIntegrationOn && !(p->HubbleParam > 0); }
static int comoving_from_nothing (const struct params *p) { return p->ComovingIntegrationOn && p->TimeBegin <= 0; }
static int never_grows (const struct params *p)
{
  return p->ComovingIntegrationOn && !p->OutputListOn && p->TimeBetSnapshot <= 1;
}
static int never_writes (const struct params *p)
{
  return !p->ComovingIntegrationOn && !p->OutputListOn && p->TimeBetSnapshot <= 0;
}
static int recollapses (const struct params *p)
{
  const double curvature = 1 - p->Omega0 - p->OmegaLambda;
  int bad = 0;

  for (double a = 1e-3; p->ComovingIntegrationOn && a < 1.01 * p->TimeMax; a *= 1.01)
    bad |= !(p->Omega0 / (a * a * a) + curvature / (a * a) + p->OmegaLambda > 0);
  return bad;
}
static int other_hubble (const struct params *p)
{
  return p->ComovingIntegrationOn && p->Hubble > 0
         && fabs (p->Hubble / (HUBBLE_CGS * p->UnitLength_in_cm / p->UnitVelocity_in_cm_per_s) - 1) > 1e-3;
}
/* Beyond 0.45 of the box the nearest image of a cell is not the nearest of all that is in it. */
static int mesh_too_coarse (const struct params *p)
{
  return p->PMGrid > 0 && p->Periodic && p->PMGrid < p->Asmth * p->Rcut / 0.45;
}
static int mesh_too_small (const struct params *p) { return p->PMGrid > 0 && !p->Periodic && p->PMGrid < 32; }
static int mesh_idle (const struct params *p) { return p->PMGrid > 0 && !p->Periodic && p->PMGridFrom < 0; }
static int mesh_not_smooth (const struct params *p)
{
  int n = p->PMGrid;

  for (int factor = 2; factor <= 7; factor++)
    while (n > 0 && n % factor == 0)
      n /= factor;
  return n > 1;
}
static int more_at_once_than_files (const struct params *p)
{
  return p->MaxFilesWithConcurrentIO > p->NumFilesPerSnapshot;
}
static int reads_hdf5_anyway (const struct params *p) { return p->ICFormat != 3; }
static int writes_hdf5_anyway (const struct params *p) { return p->SnapFormat != 3; }
static int base_has_slash (const struct params *p)
{
  return strchr (p->SnapshotFileBase, '/') || !*p->SnapshotFileBase;
}
static int region_too_small (const struct params *p)
{
  /* a hair of slack: 2.8 times a decimal length is not exact */
  return p->KetjuOn && p->KetjuRegionPhysicalRadius > 0
         && p->KetjuRegionPhysicalRadius < 2.8 * (1 - 1e-12) * largest_member_softening (p);
}
static int region_fills_box (const struct params *p)
{
  return p->KetjuOn && p->Periodic && p->BoxSize > 0 && params_region_radius (p) > p->BoxSize / 8;
}

static const struct
{
  int (*wrong) (const struct params *);
  int fatal, row;
  const char *sentence;
} relations[] = {
  { no_length, 1, PARAM_ROW_SofteningComovingClass0,
    "no softening length is given. Give SofteningComovingClass0 (all types) or one for each class in use." },
  { ends_before_begin, 1, PARAM_ROW_TimeMax, "TimeMax is not later than TimeBegin. Nothing would be computed." },
  { list_without_file, 1, PARAM_ROW_OutputListOn, "OutputListOn = 1 needs OutputListFilename." },
  { base_has_slash, 1, PARAM_ROW_SnapshotFileBase,
    "SnapshotFileBase is a file name inside OutputDir: neither empty nor with '/'." },
  { bad_pn_terms, 1, PARAM_ROW_KetjuPNTerms,
    "KetjuPNTerms must be all, no_spin, none, or some of the characters 2 4 5 6 7 s c b p, b not without 2." },
  { step_bounds_cross, 1, PARAM_ROW_MinSizeTimestep, "MinSizeTimestep is larger than MaxSizeTimestep." },
  { region_too_small, 1, PARAM_ROW_KetjuRegionPhysicalRadius,
    "KetjuRegionPhysicalRadius is below 2.8 times the largest softening of region members: softened forces would "
    "reach "
    "inside. Make it three times that softening, or 0 to have that done." },
  { region_fills_box, 1, PARAM_ROW_BoxSize,
    "regions around SMBHs (KetjuRegionPhysicalRadius, or three times the largest softening of their members) have "
    "more than an eighth of BoxSize as radius: they would meet their own images." },
  { comoving_and_isolated, 1, PARAM_ROW_ComovingIntegrationOn,
    "ComovingIntegrationOn = 1 needs a periodic box: set Periodic (or PeriodicBoundariesOn) to 1, and BoxSize." },
  { comoving_without_matter, 1, PARAM_ROW_Omega0,
    "ComovingIntegrationOn = 1 needs Omega0 above 0: there would be no matter to integrate." },
  { comoving_without_h, 1, PARAM_ROW_HubbleParam,
    "ComovingIntegrationOn = 1 needs HubbleParam above 0; units without h have HubbleParam 1 and their own Hubble." },
  { comoving_from_nothing, 1, PARAM_ROW_TimeBegin,
    "TimeBegin is a scale factor in a comoving run: give 1/(1 + z), above 0." },
  { never_grows, 1, PARAM_ROW_TimeBetSnapshot,
    "TimeBetSnapshot is a factor in a comoving run and must be above 1: 1.1 writes snapshots at a, 1.1 a, 1.21 a." },
  { never_writes, 1, PARAM_ROW_TimeBetSnapshot,
    "TimeBetSnapshot = 0 leaves no time between snapshots; only with OutputListOn = 1 it is not used." },
  { recollapses, 1, PARAM_ROW_OmegaLambda,
    "Omega0 and OmegaLambda make H(a)^2 negative between a = 0.001 and TimeMax: no such universe expands so far." },
  { other_hubble, 0, PARAM_ROW_Hubble,
    "Hubble is not 100 km/s/Mpc in these units: it is used as it is given. 0 leaves it to the units." },
  { mesh_too_coarse, 1, PARAM_ROW_PMGrid,
    "the short-range force reaches Asmth * Rcut cells of the mesh, more than 0.45 of the box. Make PMGrid larger (or "
    "0: no mesh)." },
  { mesh_too_small, 1, PARAM_ROW_PMGrid, "the mesh of an isolated system needs PMGrid = 32 or more (0: no mesh)." },
  { mesh_idle, 0, PARAM_ROW_PMGrid,
    "in an isolated system the tree alone is faster than tree and mesh, so the mesh will not be used. PMGridFrom 0 "
    "uses it all the same." },
  { mesh_not_smooth, 0, PARAM_ROW_PMGrid,
    "PMGrid has a prime factor above 7, which makes Fourier transforms slow. Products of 2, 3, 5 and 7 are fast." },
  { more_at_once_than_files, 0, PARAM_ROW_MaxFilesWithConcurrentIO,
    "MaxFilesWithConcurrentIO is larger than NumFilesPerSnapshot and has no further effect." },
  { reads_hdf5_anyway, 0, PARAM_ROW_ICFormat, "the initial conditions are read as HDF5 whatever ICFormat says." },
  { writes_hdf5_anyway, 0, PARAM_ROW_SnapFormat, "snapshots are written as HDF5 whatever SnapFormat says." }
};

static void check_relations (struct reading *r)
{
  for (size_t k = 0; k < sizeof relations / sizeof *relations; k++) {
    int line = r->out->line[relations[k].row];
    if (!relations[k].wrong (r->out))
      continue;
    if (relations[k].fatal)
      fault (r, line, "%s", relations[k].sentence);
    else if (line)
      note (r->out, "%s:%d: %s", r->name, line, relations[k].sentence);
  }
}

enum status params_from_text (const char *name, const char *text, int64_t n, struct params *out)
{
  struct reading r = { .name = name, .out = out };
  char *copy = mem_alloc ("parameter file", n + 1, 1);
  locale_t c, before;

  set_defaults (out);
  if (!copy)
    return ST_MEMORY;
  memcpy (copy, text, (size_t) n);
  copy[n] = '\0';
  snprintf (out->source, sizeof out->source, "%s", name);
  c = newlocale (LC_ALL_MASK, "C", NULL);
  before = uselocale (c);
  if (memchr (text, '\0', (size_t) n))
    fault (&r, 0, "the file holds zero bytes: it is not a text file.");
  else
    read_lines (&r, copy);
  uselocale (before);
  freelocale (c);
  mem_free (&copy);
  if (r.n_faults == 0 || !memchr (text, '\0', (size_t) n))
    check_required (&r);
  if (out->ComovingIntegrationOn)
    set_comoving_defaults (out);
  if (r.n_faults == 0)
    check_relations (&r);
  if (r.n_faults > MAX_FAULTS_SAID)
    status_fail (ST_DATA, "%s: and %d more faults.", name, r.n_faults - MAX_FAULTS_SAID);
  return r.n_faults ? ST_DATA : ST_OK;
}

/* Local. The whole file; *text is the caller's. */
static enum status load_file (const char *path, char **text, int64_t *n)
{
  FILE *file = fopen (path, "rb");
  enum status st = ST_OK;
  int64_t capacity = 65536;
  size_t got = 1;

  *n = 0;
  *text = NULL;
  if (!file)
    return status_fail (ST_NOINPUT, "Cannot open the parameter file %s: %s.", path, strerror (errno));
  while (st == ST_OK && got > 0) {
    if (*n == capacity)
      capacity *= 2;
    if (capacity > MAX_FILE_BYTES)
      st = status_fail (ST_DATA, "%s: larger than %d bytes: not a parameter file.", path, MAX_FILE_BYTES);
    else if (mem_resize ("parameter file", text, capacity, 1) != 0)
      st = ST_MEMORY;
    else {
      got = fread (*text + *n, 1, (size_t) (capacity - *n), file);
      *n += (int64_t) got;
    }
  }
  if (st == ST_OK && ferror (file))
    st = status_fail (ST_NOINPUT, "Cannot read the parameter file %s: %s.", path, strerror (errno));
  fclose (file);
  return st;
}

enum status params_read (const struct comm *comm, const char *path, struct params *out)
{
  enum status st = ST_OK;
  char *text = NULL;
  int64_t n;

  if (comm->rank == 0) {
    st = load_file (path, &text, &n);
    if (st == ST_OK)
      st = params_from_text (path, text, n, out);
    mem_free (&text);
  }
  st = status_agree (comm, st, NULL);
  if (st == ST_OK)
    comm_broadcast (comm, out, sizeof *out, 0);
  return st;
}

enum status params_check_types (const struct params *p, const int64_t n_of_type[6])
{
  enum status st = ST_OK;

  for (int type = 0; type < 6; type++) {
    double eps = params_softening (p, type);
    if (n_of_type[type] == 0)
      continue;
    if (isnan (eps))
      st =
        status_fail (ST_DATA, "%s: the initial conditions hold type %d, but SofteningComovingClass%d is not given.",
                     p->source, type, class_of_type (p, type));
    else if (p->ComovingIntegrationOn && params_softening_most (p, type) == 0 && eps > 0)
      st = status_fail (ST_DATA, "%s: SofteningMaxPhysClass%d is 0, which leaves type %d no softening at any time. "
                        "Give it a length, or leave it out for no bound.", p->source, class_of_type (p, type), type);
    else if (eps == 0 && type != 5)
      st = status_fail (ST_DATA, "%s: type %d is in softening class %d, whose length is 0. Only SMBHs (type 5) may "
                        "have no softening; set SofteningClassOfPartType%d or the length.",
                        p->source, type, class_of_type (p, type), type);
  }
  if (st == ST_OK && p->KetjuOn && n_of_type[5] > 0 && !(params_region_radius (p) > 0))
    st = status_fail (ST_DATA,
                      "%s: no softening length to derive the region radius from. Give KetjuRegionPhysicalRadius.",
                      p->source);
  return st;
}

void params_log_notes (const struct params *p)
{
  if (*p->notes)
    log_say ("%s", p->notes);
}

struct units params_units (const struct params *p)
{
  const double h = p->ComovingIntegrationOn ? p->HubbleParam : 1;

  return units_from_base (p->UnitLength_in_cm / h, p->UnitMass_in_g / h, p->UnitVelocity_in_cm_per_s,
                          p->GravityConstantInternal);
}

double params_hubble (const struct params *p)
{
  return p->Hubble > 0 ? p->Hubble : HUBBLE_CGS * (p->UnitLength_in_cm / p->UnitVelocity_in_cm_per_s);
}

/* The shortest digits that read back to the same double. */
static void print_double (char *text, size_t size, double x)
{
  for (int digits = 15; digits <= 17; digits++) {
    snprintf (text, size, "%.*g", digits, x);
    if (strtod (text, NULL) == x)
      return;
  }
}

/* Such a text came out of quotes, so it holds none itself. */
static int needs_quotes (const char *text)
{
  return !*text || strpbrk (text, " \t\v\f%#") || *text == ';' || strncmp (text, "//", 2) == 0;
}

static void print_value (const struct params *p, int k, char *text, size_t size)
{
  const char *member = (const char *) p + rows[k].offset;

  if (rows[k].kind == PARAM_KIND_INT)
    snprintf (text, size, "%d", *(const int *) member);
  else if (rows[k].kind == PARAM_KIND_DOUBLE)
    print_double (text, size, *(const double *) member);
  else
    snprintf (text, size, needs_quotes (member) ? "\"%s\"" : "%s", member);
}

static void write_row (const struct params *p, int k, FILE *file)
{
  char value[PARAM_STRING_SIZE + 2], from[40];

  if (rows[k].otherwise && !p->line[k]) {
    fprintf (file, "%% %s: not given (%s)\n", rows[k].name, rows[k].otherwise);
    return;
  }
  print_value (p, k, value, sizeof value);
  snprintf (from, sizeof from, p->line[k] ? "line %d" : "default", p->line[k]);
  fprintf (file, "%-36s %-24s %% [%s] %s\n", rows[k].name, value, rows[k].unit, from);
}

enum status params_write_used (const struct params *p, FILE *file)
{
  locale_t c = newlocale (LC_ALL_MASK, "C", NULL), before = uselocale (c);

  fprintf (file, "%% Values used by this run, from %s and the defaults. This is a parameter file.\n", p->source);
  for (int k = 0; k < LAYOUT_COUNT; k++)
    if (layout[k].title)
      fprintf (file, "\n%% %s\n", layout[k].title);
    else
      write_row (p, layout[k].row, file);
  uselocale (before);
  freelocale (c);
  if (fflush (file) != 0 || ferror (file))
    return status_fail (ST_IOERR, "Cannot write the used parameters: %s.", strerror (errno));
  return ST_OK;
}

static void describe_default (const struct param_row *row, char *text, size_t size)
{
  if (is_required (row))
    snprintf (text, size, "required");
  else if (row->otherwise)
    snprintf (text, size, "%s", row->otherwise);
  else if (row->kind == PARAM_KIND_STRING)
    snprintf (text, size, "%s", *row->text ? row->text : "none");
  else
    print_double (text, size, row->fallback);
}

static void print_row (const struct param_row *row, FILE *file, int markdown)
{
  char fallback[PARAM_STRING_SIZE], range[100] = "";

  describe_default (row, fallback, sizeof fallback);
  if (row->kind != PARAM_KIND_STRING)
    describe_range (row, range, sizeof range);
  if (markdown)
    fprintf (file, "| `%s` | %s | %s | %s | %s |\n", row->name, row->unit, fallback, range, row->words);
  else
    fprintf (file, "  %s [%s]\n      default %s%s%s\n      %s\n", row->name, row->unit, fallback,
             *range ? "; range: " : "", range, row->words);
}

static void print_ignored (FILE *file, int markdown)
{
  int column = 0;

  fprintf (file, markdown
                   ? "\n## Ignored\n\nNames of GADGET-4 without meaning here; they are accepted and named once:\n\n"
                   : "\nIgnored: names of GADGET-4 without meaning here\n");
  for (size_t k = 0; k < sizeof ignored / sizeof *ignored; k++) {
    int last = k + 1 == sizeof ignored / sizeof *ignored;
    column += fprintf (file, "%s%s", ignored[k], last ? ".\n" : column > 80 ? ",\n" : ", ");
    column = column > 80 ? 0 : column;
  }
}

void params_print_manual (FILE *file, int markdown)
{
  if (markdown)
    fprintf (
      file,
      "# Parameters of catena\n\nMade by `catena --parameters --markdown` from `src/params/params.def`; "
      "`make check` compares.\n\nOne `Name value` a line; `%%` or `#` begins a comment (`;` and `//` too, "
      "after white space); order is free. A text with spaces, `%%` or `#` stands in double quotes.\nUnits: L, M, V, "
      "T are the run's units of length, mass, velocity and time; 1 is a pure number. Bounds are included.\n");
  for (int k = 0; k < LAYOUT_COUNT; k++)
    if (!layout[k].title)
      print_row (&rows[layout[k].row], file, markdown);
    else if (markdown)
      fprintf (file, "\n## %s\n\n| name | unit | default | range | meaning |\n|---|---|---|---|---|\n",
               layout[k].title);
    else
      fprintf (file, "\n%s\n", layout[k].title);
  print_ignored (file, markdown);
}
