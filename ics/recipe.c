/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libyaml makes a tree of nodes, each with its line. A mapping is read by a table of its keys: kind, where the value
 * goes, what range it may have. A key that is not in the table, comes twice, or does not parse is a fault with its
 * line; reading goes on to find the next one. A quantity is a number in code units, or a number with a unit (`30 pc`,
 * `1e8 Msun`, `200 km/s`). The units are read first, since everything else is measured in them. */
#include "ics/recipe.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum kind { NUMBER, LENGTH, MASS, VELOCITY, TIME, ANGLE, COUNT, SEED, WORD, VECTOR, LENGTHS, VELOCITIES, NODE };
enum { MAX_FAULTS = 30 };

/* One key of a mapping. `to` is a double, double[3], int64_t, uint64_t, char[64] or yaml_node_t *, by kind. */
struct key
{
  const char *name;
  enum kind kind;
  void *to;
  double low, high; /* included; of numbers and counts */
  int given;        /* its line */
};

struct reader
{
  const char *name;
  yaml_document_t *document;
  struct units units;
  int n_faults;
};

static int line_of (const yaml_node_t *node) { return (int) node->start_mark.line + 1; }

__attribute__ ((format (printf, 3, 4))) static void fault (struct reader *r, int line, const char *format, ...)
{
  char sentence[1024];
  va_list args;

  va_start (args, format);
  vsnprintf (sentence, sizeof sentence, format, args);
  va_end (args);
  if (++r->n_faults <= MAX_FAULTS)
    status_fail (ST_DATA, "%s:%d: %s", r->name, line, sentence);
}

static const char *text_of (const yaml_node_t *node)
{
  return node->type == YAML_SCALAR_NODE ? (const char *) node->data.scalar.value : "";
}

/* cgs value of a unit word, 0 if unknown. */
static double unit_word (const char *word, enum kind kind)
{
  static const struct { enum kind kind; const char *word; double cgs; } words[] = {
    { LENGTH, "cm", 1 }, { LENGTH, "au", PARSEC_CM * M_PI / 648000 }, { LENGTH, "mpc", 1e-3 * PARSEC_CM },
    { LENGTH, "pc", PARSEC_CM }, { LENGTH, "kpc", 1e3 * PARSEC_CM }, { LENGTH, "Mpc", 1e6 * PARSEC_CM },
    { MASS, "g", 1 }, { MASS, "Msun", SOLAR_MASS_G }, { VELOCITY, "cm/s", 1 }, { VELOCITY, "km/s", 1e5 },
    { TIME, "s", 1 }, { TIME, "yr", YEAR_S }, { TIME, "Myr", 1e6 * YEAR_S }, { TIME, "Gyr", 1e9 * YEAR_S },
    { ANGLE, "deg", 1 } };

  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (words[k].kind == kind && strcmp (words[k].word, word) == 0)
      return words[k].cgs;
  return 0;
}

static double code_unit (const struct reader *r, enum kind kind)
{
  switch (kind) {
  case LENGTH: return r->units.length_cm;
  case MASS: return r->units.mass_g;
  case VELOCITY: return r->units.velocity_cm_s;
  case TIME: return r->units.time_s;
  default: return 1;
  }
}

static enum kind element_kind (enum kind kind)
{
  return kind == LENGTHS ? LENGTH : kind == VELOCITIES ? VELOCITY : NUMBER;
}

/* Number, then possibly a unit. 0 if read. */
static int read_quantity (struct reader *r, const yaml_node_t *node, const char *what, enum kind kind, double *out)
{
  const char *text = text_of (node);
  char *end;
  double x = strtod (text, &end);
  double cgs = 1;

  if (end == text || !isfinite (x) || strpbrk (text, "xX")) {
    fault (r, line_of (node), "%s: '%.60s' is not a finite number.", what, text);
    return -1;
  }
  end += strspn (end, " \t");
  if (*end && (cgs = unit_word (end, kind)) == 0) {
    fault (r, line_of (node),
           "%s: '%.60s' has no unit that fits. Give a number in code units, or with pc, kpc, Msun, km/s, "
           "Myr, ...",
           what, text);
    return -1;
  }
  *out = *end ? x * cgs / code_unit (r, kind) : x;
  return 0;
}

static void read_vector (struct reader *r, const yaml_node_t *node, struct key *key)
{
  double *to = key->to;
  yaml_node_item_t *item = node->data.sequence.items.start;

  if (node->type != YAML_SEQUENCE_NODE || node->data.sequence.items.top - item != 3) {
    fault (r, line_of (node), "%s: three numbers in brackets are expected, as in [0, 0, 1].", key->name);
    return;
  }
  for (int k = 0; k < 3; k++)
    read_quantity (r, yaml_document_get_node (r->document, item[k]), key->name, element_kind (key->kind), &to[k]);
}

static void read_whole (struct reader *r, const yaml_node_t *node, struct key *key)
{
  const char *text = text_of (node);
  char *end;
  double x = strtod (text, &end);

  errno = 0;
  if (key->kind == SEED && end != text && !*end && !strpbrk (text, ".eE-xX"))
    *(uint64_t *) key->to = strtoull (text, NULL, 10);
  else if (key->kind == COUNT && end != text && !*end && x == rint (x) && x >= key->low && x <= key->high)
    *(int64_t *) key->to = (int64_t) x;
  else
    fault (r, line_of (node), "%s: '%.60s' is not a whole number%s.", key->name, text,
           key->kind == COUNT ? " in its range" : " >= 0");
  if (errno == ERANGE)
    fault (r, line_of (node), "%s: '%.60s' does not fit 64 bits.", key->name, text);
}

static void out_of_range (struct reader *r, const yaml_node_t *node, const struct key *key)
{
  char low[40], high[40] = "";

  snprintf (low, sizeof low, key->low == DBL_MIN ? "above 0" : "at least %.6g", key->low);
  if (key->high < DBL_MAX)
    snprintf (high, sizeof high, ", at most %.6g", key->high);
  fault (r, line_of (node), "%s = %.60s is out of range: %s%s.", key->name, text_of (node), low, high);
}

static void read_value (struct reader *r, yaml_node_t *node, struct key *key)
{
  switch (key->kind) {
  case NODE: *(yaml_node_t **) key->to = node; break;
  case COUNT:
  case SEED: read_whole (r, node, key); break;
  case VECTOR:
  case LENGTHS:
  case VELOCITIES: read_vector (r, node, key); break;
  case WORD:
    if (node->type != YAML_SCALAR_NODE || strlen (text_of (node)) > 63)
      fault (r, line_of (node), "%s: one word of at most 63 characters is expected.", key->name);
    else
      strcpy (key->to, text_of (node));
    break;
  default:
    if (read_quantity (r, node, key->name, key->kind, key->to) == 0
        && (*(double *) key->to < key->low || *(double *) key->to > key->high))
      out_of_range (r, node, key);
  }
}

static struct key *find_key (struct key *keys, const char *name)
{
  while (keys->name && strcmp (keys->name, name) != 0)
    keys++;
  return keys->name ? keys : NULL;
}

static void unknown_key (struct reader *r, const yaml_node_t *node, const char *what, const struct key *keys)
{
  char known[512] = "";

  for (; keys->name; keys++)
    snprintf (known + strlen (known), sizeof known - strlen (known), " %s", keys->name);
  fault (r, line_of (node), "'%.60s' is no key of %s. Known:%s.", text_of (node), what, known);
}

/* The table ends with a key without a name. */
static void read_mapping (struct reader *r, yaml_node_t *node, const char *what, struct key *keys)
{
  if (node->type != YAML_MAPPING_NODE) {
    fault (r, line_of (node), "%s: a mapping of keys to values is expected.", what);
    return;
  }
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    yaml_node_t *name = yaml_document_get_node (r->document, pair->key);
    struct key *key = find_key (keys, text_of (name));
    if (!key)
      unknown_key (r, name, what, keys);
    else if (key->given)
      fault (r, line_of (name), "%s is given a second time; the first is in line %d.", key->name, key->given);
    else {
      key->given = line_of (name);
      read_value (r, yaml_document_get_node (r->document, pair->value), key);
    }
  }
}

static void need (struct reader *r, const yaml_node_t *node, const char *what, const struct key *key)
{
  if (!key->given)
    fault (r, line_of (node), "%s: %s is missing.", what, key->name);
}

static const struct { const char *word; enum profile_kind kind; double gamma;
} profiles[] = { { "dehnen", PROFILE_DEHNEN, -1 },
                 { "hernquist", PROFILE_DEHNEN, 1 },
                 { "jaffe", PROFILE_DEHNEN, 2 },
                 { "plummer", PROFILE_PLUMMER, 0 } };

static void choose_profile (struct reader *r, const char *word, struct component *c, const struct key *gamma,
                            int line)
{
  for (size_t k = 0; k < sizeof profiles / sizeof *profiles && *word; k++)
    if (strcmp (profiles[k].word, word) == 0) {
      c->kind = profiles[k].kind;
      if (profiles[k].gamma < 0 && !gamma->given)
        fault (r, line, "component: a dehnen profile needs gamma.");
      else if (profiles[k].gamma >= 0 && gamma->given && c->gamma != profiles[k].gamma)
        fault (r, gamma->given, "gamma: a %s profile has its own; use profile: dehnen.", word);
      else if (profiles[k].gamma >= 0)
        c->gamma = profiles[k].gamma;
      return;
    }
  if (*word)
    fault (r, line, "'%s' is no profile. Known: dehnen (with gamma), hernquist, jaffe, plummer.", word);
}

static void choose_type (struct reader *r, const char *word, struct component *c, int line)
{
  static const struct { const char *word; int type;
  } types[] = { { "1", 1 }, { "halo", 1 },  { "dm", 1 }, { "2", 2 },    { "disc", 2 },
                { "3", 3 }, { "bulge", 3 }, { "4", 4 },  { "stars", 4 } };

  for (size_t k = 0; k < sizeof types / sizeof *types; k++)
    if (strcmp (types[k].word, word) == 0)
      c->type = types[k].type;
  if (c->type == 0)
    fault (r, line, "type: '%s' is none of 1 (halo), 2 (disc), 3 (bulge), 4 (stars).", word);
}

static void read_cutoff (struct reader *r, const yaml_node_t *node, struct component *c)
{
  if (strcmp (text_of (node), "none") == 0)
    c->cutoff = 0;
  else if (read_quantity (r, node, "cutoff", LENGTH, &c->cutoff) == 0 && !(c->cutoff > 0))
    fault (r, line_of (node), "cutoff: a length above 0, or none.");
}

static void read_component (struct reader *r, yaml_node_t *node, struct component *c)
{
  char profile[64] = "", type[64] = "4";
  yaml_node_t *cutoff = NULL;
  struct key keys[] = { { "name", WORD, c->name, 0, 0, 0 },
                        { "profile", WORD, profile, 0, 0, 0 },
                        { "mass", MASS, &c->mass, DBL_MIN, DBL_MAX, 0 },
                        { "scale", LENGTH, &c->scale, DBL_MIN, DBL_MAX, 0 },
                        { "n", COUNT, &c->number, 1, 0x1p40, 0 },
                        { "gamma", NUMBER, &c->gamma, 0, 2.95, 0 },
                        { "cutoff", NODE, &cutoff, 0, 0, 0 },
                        { "type", WORD, type, 0, 0, 0 },
                        { 0 } };

  read_mapping (r, node, "a component", keys);
  for (int k = 1; k <= 4; k++)
    need (r, node, "component", &keys[k]);
  choose_profile (r, profile, c, &keys[5], line_of (node));
  choose_type (r, type, c, line_of (node));
  if (!*c->name)
    snprintf (c->name, sizeof c->name, "%s", profile);
  c->cutoff = 300 * c->scale;
  if (cutoff)
    read_cutoff (r, cutoff, c);
}

static void read_hole (struct reader *r, yaml_node_t *node, struct system *s)
{
  double chi = 0, direction[3] = { 0, 0, 1 };
  struct key keys[] = { { "mass", MASS, &s->hole_mass, DBL_MIN, DBL_MAX, 0 },
                        { "spin", VECTOR, s->chi, 0, 0, 0 },
                        { "chi", NUMBER, &chi, 0, 1, 0 },
                        { "spin_direction", VECTOR, direction, 0, 0, 0 },
                        { "minimum_semi_major_axis", LENGTH, &s->minimum_semi_major_axis, 0, DBL_MAX, 0 },
                        { 0 } };
  double norm, spin;

  read_mapping (r, node, "an smbh", keys);
  need (r, node, "smbh", &keys[0]);
  norm = sqrt (direction[0] * direction[0] + direction[1] * direction[1] + direction[2] * direction[2]);
  spin = sqrt (s->chi[0] * s->chi[0] + s->chi[1] * s->chi[1] + s->chi[2] * s->chi[2]);
  if (keys[1].given && keys[2].given)
    fault (r, keys[2].given, "smbh: either spin (three components of chi) or chi with spin_direction.");
  if (spin > 1)
    fault (r, keys[1].given, "spin: |chi| = %g is above 1.", spin);
  if (!(norm > 0))
    fault (r, keys[3].given, "spin_direction: the vector is zero.");
  for (int k = 0; k < 3 && keys[2].given && norm > 0; k++)
    s->chi[k] = chi * direction[k] / norm;
}

/* From what is given of pericentre, semi_major_axis, eccentricity, separation to pericentre and eccentricity. */
static void complete_orbit (struct reader *r, int line, struct orbit *o, double a, const struct key *rp,
                            const struct key *e)
{
  if (a > 0 && rp->given && e->given)
    fault (r, line, "orbit: give two of pericentre, semi_major_axis and eccentricity, not three.");
  else if (a > 0 && rp->given)
    o->eccentricity = 1 - o->pericentre / a;
  else if (a > 0)
    o->pericentre = a * (1 - o->eccentricity);
  else if (!rp->given && o->eccentricity < 1) /* the separation is the apocentre */
    o->pericentre = o->separation * (1 - o->eccentricity) / (1 + o->eccentricity);
  if (!(o->pericentre > 0) || o->eccentricity < 0)
    fault (r, line,
           "orbit: no pericentre follows. Give separation and eccentricity < 1 (starts at apocentre), or separation "
           "with two of pericentre, semi_major_axis and eccentricity (1 is parabolic).");
}

static void read_orbit (struct reader *r, yaml_node_t *node, struct system *s)
{
  struct orbit *o = &s->orbit;
  double a = 0;
  struct key keys[] = { { "separation", LENGTH, &o->separation, DBL_MIN, DBL_MAX, 0 },
                        { "pericentre", LENGTH, &o->pericentre, DBL_MIN, DBL_MAX, 0 },
                        { "eccentricity", NUMBER, &o->eccentricity, 0, 100, 0 },
                        { "semi_major_axis", LENGTH, &a, DBL_MIN, DBL_MAX, 0 },
                        { "mass_within", NUMBER, &o->mass_within, DBL_MIN, DBL_MAX, 0 },
                        { "inclination", ANGLE, &o->inclination, 0, 180, 0 },
                        { "node", ANGLE, &o->node, -360, 360, 0 },
                        { 0 } };
  int before = r->n_faults;

  s->has_orbit = line_of (node);
  o->eccentricity = 1;
  o->mass_within = 1;
  read_mapping (r, node, "an orbit", keys);
  need (r, node, "orbit", &keys[0]);
  if (keys[3].given && keys[2].given && o->eccentricity >= 1)
    fault (r, keys[3].given, "orbit: semi_major_axis is for bound orbits; give pericentre and eccentricity.");
  if (r->n_faults == before)
    complete_orbit (r, line_of (node), o, a, &keys[1], &keys[2]);
  o->inclination *= M_PI / 180;
  o->node *= M_PI / 180;
}

static void choose_noise (struct reader *r, const char *word, struct system *s, int line)
{
  static const char *const words[] = { "centre", "mirror", "raw" };

  for (int k = 0; k < 3; k++)
    if (strcmp (word, words[k]) == 0) {
      s->noise = (enum noise) k;
      return;
    }
  fault (r, line, "noise: '%s' is none of centre, mirror, raw.", word);
}

static void read_components (struct reader *r, yaml_node_t *list, struct system *s)
{
  for (yaml_node_item_t *i = list->data.sequence.items.start; i < list->data.sequence.items.top; i++) {
    if (s->n_components == MAX_RECIPE_COMPONENTS) {
      fault (r, line_of (list), "more than %d components.", MAX_RECIPE_COMPONENTS);
      return;
    }
    read_component (r, yaml_document_get_node (r->document, *i), &s->component[s->n_components++]);
  }
}

static void read_system (struct reader *r, yaml_node_t *node, struct system *s, int index)
{
  yaml_node_t *components = NULL, *hole = NULL, *orbit = NULL;
  char noise[64] = "centre";
  struct key keys[] = { { "name", WORD, s->name, 0, 0, 0 },
                        { "components", NODE, &components, 0, 0, 0 },
                        { "smbh", NODE, &hole, 0, 0, 0 },
                        { "position", LENGTHS, s->position, 0, 0, 0 },
                        { "velocity", VELOCITIES, s->velocity, 0, 0, 0 },
                        { "orbit", NODE, &orbit, 0, 0, 0 },
                        { "noise", WORD, noise, 0, 0, 0 },
                        { 0 } };

  read_mapping (r, node, "a system", keys);
  choose_noise (r, noise, s, line_of (node));
  if (!*s->name)
    snprintf (s->name, sizeof s->name, "%c", 'A' + index);
  if (hole)
    read_hole (r, hole, s);
  if (orbit)
    read_orbit (r, orbit, s);
  if (orbit && (keys[3].given || keys[4].given))
    fault (r, line_of (orbit), "a system has either an orbit or a position and velocity.");
  if (orbit && index == 0)
    fault (r, line_of (orbit),
           "the first system has nothing to orbit. Give the orbit to a later one, or at top level for two.");
  if (!components && !hole)
    fault (r, line_of (node), "a system needs components, an smbh, or both.");
  if (components && components->type != YAML_SEQUENCE_NODE)
    fault (r, line_of (components), "components: a list is expected, each item beginning with '-'.");
  else if (components)
    read_components (r, components, s);
}

/* A unit of the system: a word, or a factor and a word ("1e10 Msun"); plain numbers are cgs. */
static void read_unit (struct reader *r, const yaml_node_t *node, const char *what, enum kind kind, double *cgs)
{
  const char *text = text_of (node);
  char *end;
  double factor = strtod (text, &end), word = 1;

  if (end == text)
    factor = 1;
  end += strspn (end, " \t");
  if (*end)
    word = unit_word (end, kind);
  if (!*text || !(factor * word > 0) || !isfinite (factor * word))
    fault (r, line_of (node), "%s: '%.60s' is no unit. Examples: kpc, 1e10 Msun, km/s, or a number in cgs.", what,
           text);
  else
    *cgs = factor * word;
}

static void read_units (struct reader *r, yaml_node_t *node)
{
  yaml_node_t *length = NULL, *mass = NULL, *velocity = NULL;
  double G = 0, cgs[3] = { 1e3 * PARSEC_CM, 1e10 * SOLAR_MASS_G, 1e5 };
  struct key keys[] = { { "length", NODE, &length, 0, 0, 0 }, { "mass", NODE, &mass, 0, 0, 0 },
                        { "velocity", NODE, &velocity, 0, 0, 0 }, { "G", NUMBER, &G, 0, DBL_MAX, 0 }, { 0 } };

  if (node)
    read_mapping (r, node, "units", keys);
  if (length)
    read_unit (r, length, "length", LENGTH, &cgs[0]);
  if (mass)
    read_unit (r, mass, "mass", MASS, &cgs[1]);
  if (velocity)
    read_unit (r, velocity, "velocity", VELOCITY, &cgs[2]);
  r->units = units_from_base (cgs[0], cgs[1], cgs[2], G);
}

static void read_systems (struct reader *r, yaml_node_t *list, struct recipe *out)
{
  if (list->type != YAML_SEQUENCE_NODE || list->data.sequence.items.start == list->data.sequence.items.top) {
    fault (r, line_of (list), "systems: a list is expected, each item beginning with '-'.");
    return;
  }
  for (yaml_node_item_t *i = list->data.sequence.items.start; i < list->data.sequence.items.top; i++) {
    if (out->n_systems == MAX_SYSTEMS) {
      fault (r, line_of (list), "more than %d systems.", MAX_SYSTEMS);
      return;
    }
    read_system (r, yaml_document_get_node (r->document, *i), &out->system[out->n_systems], out->n_systems);
    out->n_systems++;
  }
}

/* Lengths are in code units, which are those given divided by h: words for units would say something else. */
static void read_universe (struct reader *r, yaml_node_t *node, struct universe *u)
{
  *u = (struct universe){ .redshift = 49, .omega0 = 0.308, .omega_lambda = 0.692, .omega_baryon = 0.0482,
                          .h = 0.678, .sigma8 = 0.826, .n_s = 0.961 };
  struct key keys[] = { { "size", NUMBER, &u->size, DBL_MIN, DBL_MAX, 0 },
                        { "n", COUNT, &u->n, 2, 4096, 0 },
                        { "redshift", NUMBER, &u->redshift, 0, 1e4, 0 },
                        { "omega0", NUMBER, &u->omega0, DBL_MIN, 10, 0 },
                        { "omega_lambda", NUMBER, &u->omega_lambda, 0, 10, 0 },
                        { "omega_baryon", NUMBER, &u->omega_baryon, 0, 10, 0 },
                        { "h", NUMBER, &u->h, DBL_MIN, 10, 0 },
                        { "sigma8", NUMBER, &u->sigma8, 0, 100, 0 },
                        { "n_s", NUMBER, &u->n_s, -3, 4, 0 },
                        { 0 } };

  read_mapping (r, node, "a box", keys);
  need (r, node, "box", &keys[0]);
  need (r, node, "box", &keys[1]);
  if (u->omega_baryon >= u->omega0)
    fault (r, line_of (node), "box: omega_baryon = %g is not below omega0 = %g.", u->omega_baryon, u->omega0);
}

static void read_document (struct reader *r, yaml_node_t *root, struct recipe *out)
{
  yaml_node_t *units = NULL, *systems = NULL, *orbit = NULL, *time = NULL, *box = NULL;
  struct key keys[] = { { "seed", SEED, &out->seed, 0, 0, 0 }, { "units", NODE, &units, 0, 0, 0 },
                        { "systems", NODE, &systems, 0, 0, 0 }, { "orbit", NODE, &orbit, 0, 0, 0 },
                        { "time", NODE, &time, 0, 0, 0 }, { "box", NODE, &box, 0, 0, 0 }, { 0 } };

  read_mapping (r, root, "a recipe", keys);
  need (r, root, "recipe", &keys[0]);
  if (!box)
    need (r, root, "recipe", &keys[2]);
  else if (systems || time)
    fault (r, line_of (box), "a recipe has either a box, which has its redshift, or systems.");
  read_units (r, units);
  if (time)
    read_quantity (r, time, "time", TIME, &out->time);
  if (box)
    read_universe (r, box, &out->universe);
  if (systems)
    read_systems (r, systems, out);
  if (box)
    out->time = 1 / (1 + out->universe.redshift);
  if (orbit && out->n_systems != 2)
    fault (r, line_of (orbit),
           "an orbit at top level is for two systems; give each later system an orbit of its own.");
  else if (orbit && out->system[1].has_orbit)
    fault (r, line_of (orbit), "the second system has an orbit already.");
  else if (orbit)
    read_orbit (r, orbit, &out->system[1]);
  out->units = r->units;
}

static enum status read_parser (const char *name, yaml_parser_t *parser, struct recipe *out)
{
  yaml_document_t document;
  struct reader r = { .name = name, .document = &document };
  yaml_node_t *root;

  memset (out, 0, sizeof *out);
  if (!yaml_parser_load (parser, &document))
    return status_fail (ST_DATA, "%s:%d: not YAML: %s%s%s.", name, (int) parser->problem_mark.line + 1,
                        parser->problem ? parser->problem : "unreadable", parser->context ? ", " : "",
                        parser->context ? parser->context : "");
  root = yaml_document_get_root_node (&document);
  if (root)
    read_document (&r, root, out);
  else
    fault (&r, 1, "the recipe is empty.");
  yaml_document_delete (&document);
  if (r.n_faults > MAX_FAULTS)
    status_fail (ST_DATA, "%s: and %d more faults.", name, r.n_faults - MAX_FAULTS);
  return r.n_faults ? ST_DATA : ST_OK;
}

enum status recipe_from_text (const char *name, const char *text, struct recipe *out)
{
  yaml_parser_t parser;

  if (!yaml_parser_initialize (&parser))
    return status_fail (ST_MEMORY, "No memory to read %s.", name);
  yaml_parser_set_input_string (&parser, (const unsigned char *) text, strlen (text));
  enum status st = read_parser (name, &parser, out);
  yaml_parser_delete (&parser);
  return st;
}

enum status recipe_read (const char *path, struct recipe *out)
{
  FILE *file = fopen (path, "rb");
  yaml_parser_t parser;

  if (!file || fgetc (file) == EOF) {
    enum status st = status_fail (ST_NOINPUT, "Cannot read the recipe %s: %s.", path,
                                  file ? "empty or not a file" : strerror (errno));
    if (file)
      fclose (file);
    return st;
  }
  rewind (file);
  if (!yaml_parser_initialize (&parser)) {
    fclose (file);
    return status_fail (ST_MEMORY, "No memory to read %s.", path);
  }
  yaml_parser_set_input_file (&parser, file);
  enum status st = read_parser (path, &parser, out);
  yaml_parser_delete (&parser);
  fclose (file);
  return st;
}
