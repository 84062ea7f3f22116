/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of the inner loops of the mesh, which spread.c includes once for each instruction set. Sums run over the
 * rows of a body's cells in order, and over the eight lanes of a row in pairs at the end: width does not matter. */

typedef double VECTOR __attribute__ ((vector_size (8 * ROW), aligned (8), may_alias));
typedef int64_t WHOLE __attribute__ ((vector_size (8 * ROW), aligned (8), may_alias));

/* M_6 at the six mesh points around a body, by de Boor's recursion; rows end with zeros. */
static inline void NAME (weights) (double f, double w[ROW])
{
  w[0] = 1 - f;
  w[1] = f;
  for (int q = 3; q <= ORDER; q++) {
    const double inverse = 1.0 / (q - 1);
    w[q - 1] = inverse * f * w[q - 2];
    for (int j = q - 2; j > 0; j--)
      w[j] = inverse * ((f + (q - 1 - j)) * w[j - 1] + (1 - f + j) * w[j]);
    w[0] *= inverse * (1 - f);
  }
  for (int j = ORDER; j < ROW; j++)
    w[j] = 0;
}

/* In the sum of 1.5 * 2^52 and a number below 2^51 the last bit is worth 1. */
static void NAME (put) (const struct spot *s, double mass, int64_t *cube)
{
  double x[ROW], y[ROW], z[ROW];

  NAME (weights) (s->fraction[0], x);
  NAME (weights) (s->fraction[1], y);
  NAME (weights) (s->fraction[2], z);
  const VECTOR wz = *(const VECTOR *) z, magic = 0x1.8p52 - (VECTOR) { 0 };
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) {
      int64_t *const row = cube + ((s->cell[0] + i) * INNER + s->cell[1] + j) * INNER_Z + s->cell[2];
      const VECTOR part = mass * x[i] * y[j] * wz + magic;
      *(WHOLE *) row += (WHOLE) part - (WHOLE) magic;
    }
}

static inline void NAME (difference) (const double c[REACH], const double *row, int64_t stride, double *out)
{
  for (int z = 0; z < INNER_Z; z += ROW) {
    VECTOR sum = { 0 };
    for (int d = 1; d <= REACH; d++)
      sum -= c[d - 1] * (*(const VECTOR *) (row + z + d * stride) - *(const VECTOR *) (row + z - d * stride));
    *(VECTOR *) (out + z) = sum;
  }
}

static void NAME (differentiate) (const double c[REACH], int nx, int ny, struct field *f)
{
  for (int x = 0; x < nx; x++)
    for (int y = 0; y < ny; y++) {
      const double *const row = &f->potential[x + REACH][y + REACH][REACH];
      NAME (difference) (c, row, CUBE * CUBE_Z, f->inner[0][x][y]);
      NAME (difference) (c, row, CUBE_Z, f->inner[1][x][y]);
      NAME (difference) (c, row, 1, f->inner[2][x][y]);
      memcpy (f->inner[3][x][y], row, sizeof f->inner[3][x][y]);
    }
}

static void NAME (read) (const struct field *f, const struct spot *s, double out[4])
{
  double x[ROW], y[ROW], z[ROW];
  VECTOR sum[4] = { { 0 } };

  NAME (weights) (s->fraction[0], x);
  NAME (weights) (s->fraction[1], y);
  NAME (weights) (s->fraction[2], z);
  const VECTOR wz = *(const VECTOR *) z;
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) {
      const VECTOR w = x[i] * y[j] * wz;
      for (int c = 0; c < 4; c++)
        sum[c] += w * *(const VECTOR *) &f->inner[c][s->cell[0] + i][s->cell[1] + j][s->cell[2]];
    }
  for (int c = 0; c < 4; c++)
    out[c] = (sum[c][0] + sum[c][4]) + (sum[c][2] + sum[c][6]) + ((sum[c][1] + sum[c][5]) + (sum[c][3] + sum[c][7]));
}

static const struct spread_kernels NAME (kernels) = { NAME (put), NAME (differentiate), NAME (read) };

#undef NAME
#undef VECTOR
#undef WHOLE
