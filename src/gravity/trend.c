/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A body's own |a| is a poor guide to its step where the field is smooth: an encounter raises |a| and the error of
 * a step together, so a body enters a shorter step with another error than it leaves it with, and energy drifts. The
 * field that the neighbours have in common knows of no encounter: the two of a close pair pull the line to opposite
 * sides at the same place. And a line tells what the field will be half a step ahead, which makes a choice of steps
 * symmetric in time.
 *
 * A body's neighbourhood is the smallest cell about it of at least FIT_LEAST bodies; the line a = A + B d is the
 * least-squares one of all of these alike, d the way from their middle. Cells of up to EXACT_RADIUS bodies, and
 * leaves, lie on one rank as a whole, whatever its number; larger ones are not asked. In a Hernquist sphere the line
 * misses the field's curvature by (cell/r)^2/24, a per cent. Bodies in one plane or in one line tell nothing of the
 * other directions: RIDGE makes the gradient zero there.
 *
 * It is no guide where a body's acceleration is its own: within an orbit of something heavy, in the innermost cell of
 * a cusp. Such bodies get no trend (STRANGE).
 */
#include "gravity/trend.h"

#include <math.h>
#include <string.h>

#define RIDGE 1e-3   /* of the mean square extent */
#define STRANGE 0.25 /* of the line's |a|: who is farther from the line is not one of them */

enum { FIT_LEAST = 32 };

struct line
{
  double middle[3];         /* relative to the cell's centre */
  double value[3];          /* there */
  double gradient[3][3];    /* [l][k]: of component l along k */
};

static inline void way_to (const struct forest *f, const struct cell *c, int64_t j, const double from[3],
                           double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = difference (f->position[j][k], c->centre[k]) - from[k];
}

static void middle_of (const struct forest *f, const struct sums *sums, const struct cell *c, struct line *line)
{
  const double zero[3] = { 0 }, inverse = 1.0 / c->n_bodies;

  *line = (struct line) { 0 };
  for (int64_t j = c->body; j < c->body + c->n_bodies; j++) {
    double d[3];
    way_to (f, c, j, zero, d);
    for (int k = 0; k < 3; k++) {
      line->middle[k] += d[k] * inverse;
      line->value[k] += sums->acceleration[j][k] * inverse;
    }
  }
}

/* The inverse of a symmetric positive matrix: cofactors over the determinant. */
static void invert (const double s[3][3], double out[3][3])
{
  for (int k = 0; k < 3; k++)
    for (int l = 0; l < 3; l++)
      out[l][k] = s[(k + 1) % 3][(l + 1) % 3] * s[(k + 2) % 3][(l + 2) % 3]
                  - s[(k + 1) % 3][(l + 2) % 3] * s[(k + 2) % 3][(l + 1) % 3];
  const double determinant = s[0][0] * out[0][0] + s[0][1] * out[1][0] + s[0][2] * out[2][0];
  for (int k = 0; k < 9; k++)
    out[k / 3][k % 3] /= determinant;
}

/* False if all bodies are at one point. */
static bool fit (const struct forest *f, const struct sums *sums, const struct cell *c, struct line *line)
{
  double extent[3][3] = { { 0 } }, rise[3][3] = { { 0 } }, inverse[3][3];

  middle_of (f, sums, c, line);
  for (int64_t j = c->body; j < c->body + c->n_bodies; j++) {
    double d[3];
    way_to (f, c, j, line->middle, d);
    for (int k = 0; k < 3; k++)
      for (int l = 0; l < 3; l++) {
        extent[k][l] += d[k] * d[l];
        rise[k][l] += d[k] * (sums->acceleration[j][l] - line->value[l]);
      }
  }
  const double trace = extent[0][0] + extent[1][1] + extent[2][2];
  if (!(trace > 0x1p-900))
    return false;
  for (int k = 0; k < 9; k++) {
    extent[k / 3][k % 3] = extent[k / 3][k % 3] / trace + (k % 4 == 0 ? RIDGE / 3 : 0);
    rise[k / 3][k % 3] /= trace;
  }
  invert (extent, inverse);
  for (int l = 0; l < 3; l++)
    for (int k = 0; k < 3; k++)
      line->gradient[l][k] = inverse[k][0] * rise[0][l] + inverse[k][1] * rise[1][l] + inverse[k][2] * rise[2][l];
  return true;
}

/* |a| of the line at body j, and its gradient. */
static void follow (const struct forest *f, const struct sums *sums, const struct cell *c, const struct line *line,
                    int64_t j, float out[4])
{
  double d[3], a[3], size2 = 0, off2 = 0;

  way_to (f, c, j, line->middle, d);
  for (int l = 0; l < 3; l++) {
    a[l] = line->value[l] + line->gradient[l][0] * d[0] + line->gradient[l][1] * d[1] + line->gradient[l][2] * d[2];
    const double off = sums->acceleration[j][l] - a[l];
    size2 += a[l] * a[l];
    off2 += off * off;
  }
  if (!(off2 < STRANGE * STRANGE * size2))
    return;
  const double size = sqrt (size2);
  out[0] = (float) size;
  for (int k = 0; k < 3; k++)
    out[1 + k] = (float) ((a[0] * line->gradient[0][k] + a[1] * line->gradient[1][k] + a[2] * line->gradient[2][k])
                          / size);
}

/* Do the bodies of a child look to the cell for their neighbours? */
static inline bool is_small (const struct cell *child) { return child->n_bodies < FIT_LEAST; }

static void follow_all (struct forest *f, const struct sums *sums, const struct cell *c, const struct line *line,
                        const struct cell *part)
{
  for (int64_t j = part->body; j < part->body + part->n_bodies; j++)
    follow (f, sums, c, line, j, f->place[j]);
}

/* Fits the cell's line if any of its bodies look to it: all of a leaf's, and those of its small children. */
static void fit_cell (struct forest *f, const struct sums *sums, const struct cell *c)
{
  const bool leaf = c->n_children == 0;
  const struct cell *const part = leaf ? c : f->cell + c->child;
  const int n_parts = leaf ? 1 : c->n_children;
  struct line line;
  bool wanted = leaf;

  for (int k = 0; k < n_parts; k++)
    wanted |= is_small (part + k);
  if (!wanted || !fit (f, sums, c, &line))
    return;
  for (int k = 0; k < n_parts; k++)
    if (leaf || is_small (part + k))
      follow_all (f, sums, c, &line, part + k);
}

void trend_fit (struct forest *f, const struct sums *sums)
{
  if (f->n_own > 0)
    memset (f->place, 0, (size_t) f->n_own * sizeof *f->place);
#pragma omp parallel for schedule(static)
  for (int32_t i = 0; i < f->n_cells; i++) {
    const struct cell *const c = f->cell + i;
    if (c->flags & CELL_OWN && !is_small (c) && (c->n_bodies <= EXACT_RADIUS || c->n_children == 0))
      fit_cell (f, sums, c);
  }
}
