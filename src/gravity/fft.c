/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FFTW's plans for the same length differ in their last bits with stride, alignment, howmany and effort, and those of
 * its MPI library with the thickness of the slab. So every line is transformed by the one serial plan of its length,
 * out of one aligned buffer into another, and how lines are dealt out cannot enter a number. What is left to do is to
 * transpose, twice each way:
 *
 *   (x, y | z)  -z->  (x, y | kz)  =>  (x, kz | y)  -y->  (x, kz | ky)  =>  (kz, ky | x)  -x->  (kz, ky | kx)
 *
 * Lines are dealt out evenly in the order of their two indices. While ranks are fewer than planes these are slabs and
 * the first transposition stays on the rank; with more ranks they are pencils, and each transposition has only the
 * partners that share an x or a kz. No case is distinguished: rank q has lines [q L/P, (q+1) L/P), and what one rank
 * has of another's lines follows from the two intervals. Two arrays serve for data and messages alike: pack a into b,
 * exchange b into a, unpack a into b.
 */
#include "gravity/fft.h"

#include <fftw3.h>
#include <omp.h>
#include <string.h>

#include "base/mem.h"

enum stage { COLUMNS, MIDDLE, MODES, STAGES };

struct fft
{
  const struct comm *comm;
  int n, filled, half; /* half = n/2 + 1 */
  int64_t n_lines[STAGES];
  int pitch[STAGES]; /* complex numbers from one line to the next */
  int64_t bytes_sent;
  fftw_plan real_forward, real_backward, forward, backward;
  double complex *scratch; /* owned: two lines for each thread */
  int64_t scratch_line;    /* complex numbers of one of them */
  int64_t *start, *to, *from; /* owned: of the pieces of a message, and of messages */
  MPI_Request *requests;   /* owned */
};

/* ---- who has what ---- */

struct span
{
  int64_t first, last;
};

static int64_t first_line (const struct fft *f, enum stage stage, int rank)
{
  return f->n_lines[stage] * rank / f->comm->size;
}

static struct span lines_of (const struct fft *f, enum stage stage, int rank)
{
  return (struct span) { first_line (f, stage, rank), first_line (f, stage, rank + 1) };
}

int64_t fft_first_column (const struct fft *fft, int rank) { return first_line (fft, COLUMNS, rank); }
int64_t fft_first_mode (const struct fft *fft, int rank) { return first_line (fft, MODES, rank); }
int fft_pitch (const struct fft *fft) { return fft->half; }

int fft_owner (const struct fft *fft, int64_t column)
{
  return (int) (((column + 1) * fft->comm->size - 1) / fft->n_lines[COLUMNS]);
}

int64_t fft_room (const struct fft *fft)
{
  int64_t most = 1;

  for (enum stage s = COLUMNS; s < STAGES; s++) {
    const struct span mine = lines_of (fft, s, fft->comm->rank);
    const int64_t room = (mine.last - mine.first) * fft->pitch[s];
    most = room > most ? room : most;
  }
  return most;
}

int64_t fft_bytes_sent (struct fft *fft)
{
  const int64_t bytes = fft->bytes_sent;

  fft->bytes_sent = 0;
  return bytes;
}

/* ---- transposition ---- */

/* One side of a transposition: line (o, i) is number o * outer + i * inner of its stage. */
struct side
{
  enum stage stage;
  int64_t outer, inner;
};

/* For each o < n_outer, rows x columns become columns x rows: value c of line (o, r) of the one side becomes value r
 * of line (o, c) of the other. */
struct turn
{
  int64_t n_outer, n_rows, n_columns;
  struct side from, to;
};

static int64_t clamp (int64_t i, int64_t n) { return i < 0 ? 0 : i > n ? n : i; }

/* The i < n for which line (o, i) lies in the interval. */
static struct span inside (const struct side *s, struct span lines, int64_t o, int64_t n)
{
  const int64_t a = lines.first - o * s->outer, b = lines.last - o * s->outer;

  return (struct span) { clamp (a <= 0 ? 0 : (a + s->inner - 1) / s->inner, n),
                         clamp (b <= 0 ? 0 : (b + s->inner - 1) / s->inner, n) };
}

/* The o for which a side has lines in the interval: few, where o is the slow index. */
static struct span outer_span (const struct turn *t, struct span from, struct span to)
{
  struct span o = { 0, t->n_outer };

  if (from.first == from.last || to.first == to.last)
    return (struct span) { 0, 0 };
  if (t->from.inner == 1)
    o = (struct span) { from.first / t->from.outer, (from.last - 1) / t->from.outer + 1 };
  if (t->to.inner == 1) {
    const int64_t first = to.first / t->to.outer, last = (to.last - 1) / t->to.outer + 1;
    o.first = first > o.first ? first : o.first;
    o.last = last < o.last ? last : o.last;
  }
  return o;
}

/* What of the lines `from` goes to the lines `to`, in numbers; start[o - first o] is filled with running sums. */
static int64_t piece_starts (const struct turn *t, struct span from, struct span to, int64_t *start)
{
  const struct span o = outer_span (t, from, to);
  int64_t sum = 0;

  for (int64_t k = o.first; k < o.last; k++) {
    const struct span r = inside (&t->from, from, k, t->n_rows), c = inside (&t->to, to, k, t->n_columns);
    if (start)
      start[k - o.first] = sum;
    sum += (r.last - r.first) * (c.last - c.first);
  }
  return sum;
}

static int64_t line_of (const struct side *s, int64_t o, int64_t i) { return o * s->outer + i * s->inner; }

/* In blocks that the first cache holds. */
static void transpose_block (const double complex *in, int64_t in_pitch, double complex *out, int64_t out_pitch,
                             int64_t rows, int64_t columns)
{
  enum { BLOCK = 16 };

  for (int64_t r0 = 0; r0 < rows; r0 += BLOCK)
    for (int64_t c0 = 0; c0 < columns; c0 += BLOCK) {
      const int64_t r1 = clamp (r0 + BLOCK, rows), c1 = clamp (c0 + BLOCK, columns);
      for (int64_t c = c0; c < c1; c++)
        for (int64_t r = r0; r < r1; r++)
          out[c * out_pitch + r] = in[r * in_pitch + c];
    }
}

/* Local: what this rank sends to the rank that has the lines `to`. */
static void pack (struct fft *f, const struct turn *t, struct span to, const double complex *in, double complex *out)
{
  const struct span mine = lines_of (f, t->from.stage, f->comm->rank), o = outer_span (t, mine, to);
  const int64_t pitch = f->pitch[t->from.stage];

  piece_starts (t, mine, to, f->start);
#pragma omp parallel for schedule(static)
  for (int64_t k = o.first; k < o.last; k++) {
    const struct span r = inside (&t->from, mine, k, t->n_rows), c = inside (&t->to, to, k, t->n_columns);
    const int64_t n = c.last - c.first;
    for (int64_t i = r.first; i < r.last && n > 0; i++)
      memcpy (out + f->start[k - o.first] + (i - r.first) * n,
              in + (line_of (&t->from, k, i) - mine.first) * pitch + c.first, n * sizeof *in);
  }
}

/* Local: what the rank that has the lines `from` sent to this one. */
static void unpack (struct fft *f, const struct turn *t, struct span from, const double complex *in,
                    double complex *out)
{
  const struct span mine = lines_of (f, t->to.stage, f->comm->rank), o = outer_span (t, from, mine);
  const int64_t pitch = f->pitch[t->to.stage];

  piece_starts (t, from, mine, f->start);
#pragma omp parallel for schedule(static)
  for (int64_t k = o.first; k < o.last; k++) {
    const struct span r = inside (&t->from, from, k, t->n_rows), c = inside (&t->to, mine, k, t->n_columns);
    const int64_t n = c.last - c.first;
    if (n > 0)
      transpose_block (in + f->start[k - o.first], n,
                       out + (line_of (&t->to, k, c.first) - mine.first) * pitch + r.first, t->to.inner * pitch,
                       r.last - r.first, n);
  }
}

/* Local: one rank alone needs no messages. */
static void turn_alone (const struct fft *f, const struct turn *t, const double complex *in, double complex *out)
{
  const int64_t in_pitch = f->pitch[t->from.stage], out_pitch = f->pitch[t->to.stage];

#pragma omp parallel for schedule(static)
  for (int64_t k = 0; k < t->n_outer; k++)
    transpose_block (in + line_of (&t->from, k, 0) * in_pitch, t->from.inner * in_pitch,
                     out + line_of (&t->to, k, 0) * out_pitch, t->to.inner * out_pitch, t->n_rows, t->n_columns);
}

/* Collective. The numbers of `in` in their new order in `out`; `in` is overwritten. */
static void transpose (struct fft *f, const struct turn *t, double complex *in, double complex *out)
{
  const int size = f->comm->size, rank = f->comm->rank;
  const struct span mine_from = lines_of (f, t->from.stage, rank), mine_to = lines_of (f, t->to.stage, rank);

  if (size == 1) {
    turn_alone (f, t, in, out);
    return;
  }
  f->to[0] = f->from[0] = 0;
  for (int q = 0; q < size; q++) {
    const struct span theirs_to = lines_of (f, t->to.stage, q), theirs_from = lines_of (f, t->from.stage, q);
    f->to[q + 1] = f->to[q] + piece_starts (t, mine_from, theirs_to, NULL);
    f->from[q + 1] = f->from[q] + piece_starts (t, theirs_from, mine_to, NULL);
    if (f->to[q + 1] > f->to[q])
      pack (f, t, theirs_to, in, out + f->to[q]);
    if (q != rank)
      f->bytes_sent += (f->to[q + 1] - f->to[q]) * (int64_t) sizeof *in;
  }
  comm_exchange_known (f->comm, out, f->to, sizeof *in, in, f->from, f->requests);
  for (int q = 0; q < size; q++)
    if (f->from[q + 1] > f->from[q])
      unpack (f, t, lines_of (f, t->from.stage, q), in + f->from[q], out);
}

/* (x, y | kz) <=> (x, kz | y) */
static struct turn turn_first (const struct fft *f)
{
  return (struct turn) { f->filled, f->filled, f->half, { COLUMNS, f->filled, 1 }, { MIDDLE, f->half, 1 } };
}

/* (x, kz | ky) <=> (kz, ky | x) */
static struct turn turn_second (const struct fft *f)
{
  return (struct turn) { f->half, f->filled, f->n, { MIDDLE, 1, f->half }, { MODES, f->n, 1 } };
}

static struct turn turn_back (struct turn t)
{
  return (struct turn) { t.n_outer, t.n_columns, t.n_rows, t.to, t.from };
}

/* ---- lines ---- */

/* All lines of a stage through one plan: `n_in` doubles of a line go in, the rest of the buffer is zero, and `n_out`
 * doubles come out. */
static void lines_transform (struct fft *f, enum stage stage, fftw_plan plan, int n_in, int n_out,
                             double complex *data)
{
  const struct span mine = lines_of (f, stage, f->comm->rank);
  const int64_t line = f->scratch_line;

#pragma omp parallel
  {
    double *const in = (double *) (f->scratch + 2 * line * omp_get_thread_num ()), *const out = in + 2 * line;
#pragma omp for schedule(static)
    for (int64_t i = 0; i < mine.last - mine.first; i++) {
      double complex *const at = data + i * f->pitch[stage];
      memset (in, 0, 2 * line * sizeof *in); /* a transform to real numbers overwrites its input */
      memcpy (in, at, n_in * sizeof *in);
      if (plan == f->real_forward)
        fftw_execute_dft_r2c (plan, in, (fftw_complex *) out);
      else if (plan == f->real_backward)
        fftw_execute_dft_c2r (plan, (fftw_complex *) in, out);
      else
        fftw_execute_dft (plan, (fftw_complex *) in, (fftw_complex *) out);
      memcpy (at, out, n_out * sizeof *out);
    }
  }
}

void fft_forward (struct fft *fft, double complex *a, double complex *b)
{
  const struct turn first = turn_first (fft), second = turn_second (fft);

  lines_transform (fft, COLUMNS, fft->real_forward, fft->filled, 2 * fft->half, a);
  transpose (fft, &first, a, b);
  lines_transform (fft, MIDDLE, fft->forward, 2 * fft->filled, 2 * fft->n, b);
  transpose (fft, &second, b, a);
  lines_transform (fft, MODES, fft->forward, 2 * fft->filled, 2 * fft->n, a);
}

void fft_backward (struct fft *fft, double complex *a, double complex *b)
{
  const struct turn second = turn_back (turn_second (fft)), first = turn_back (turn_first (fft));

  lines_transform (fft, MODES, fft->backward, 2 * fft->n, 2 * fft->filled, a);
  transpose (fft, &second, a, b);
  lines_transform (fft, MIDDLE, fft->backward, 2 * fft->n, 2 * fft->filled, b);
  transpose (fft, &first, b, a);
  lines_transform (fft, COLUMNS, fft->real_backward, 2 * fft->half, fft->filled, a);
}

/* ---- making and freeing ---- */

static void plans_make (struct fft *f)
{
  double *const in = (double *) f->scratch;
  fftw_complex *const cin = (fftw_complex *) in, *const cout = (fftw_complex *) (f->scratch + f->scratch_line);

  f->real_forward = fftw_plan_dft_r2c_1d (f->n, in, cout, FFTW_ESTIMATE);
  f->real_backward = fftw_plan_dft_c2r_1d (f->n, cin, (double *) cout, FFTW_ESTIMATE);
  f->forward = fftw_plan_dft_1d (f->n, cin, cout, FFTW_FORWARD, FFTW_ESTIMATE);
  f->backward = fftw_plan_dft_1d (f->n, cin, cout, FFTW_BACKWARD, FFTW_ESTIMATE);
}

static enum status allocate (struct fft *f)
{
  const int size = f->comm->size;

  f->scratch_line = (f->n + 8) / 4 * 4; /* so that every buffer is aligned alike, to 64 bytes */
  f->scratch = mem_alloc ("transform lines", 2 * f->scratch_line * omp_get_max_threads (), sizeof *f->scratch);
  f->start = mem_alloc ("transform pieces", f->n + 1, sizeof *f->start);
  f->to = mem_alloc ("transform messages", size + 1, sizeof *f->to);
  f->from = mem_alloc ("transform messages", size + 1, sizeof *f->from);
  f->requests = mem_alloc ("transform messages", 2 * size, sizeof *f->requests);
  if (!f->scratch || !f->start || !f->to || !f->from || !f->requests)
    return ST_MEMORY;
  plans_make (f);
  return f->real_forward && f->real_backward && f->forward && f->backward ? ST_OK
         : status_fail (ST_INTERNAL, "FFTW makes no plan for a length of %d.", f->n);
}

enum status fft_create (const struct comm *comm, int n, int filled, struct fft **out)
{
  struct fft *const f = mem_alloc_zero ("transform", 1, sizeof *f);

  *out = f;
  if (!f)
    return ST_MEMORY;
  f->comm = comm;
  f->n = n;
  f->filled = filled;
  f->half = n / 2 + 1;
  f->n_lines[COLUMNS] = (int64_t) filled * filled;
  f->n_lines[MIDDLE] = (int64_t) filled * f->half;
  f->n_lines[MODES] = (int64_t) f->half * n;
  f->pitch[COLUMNS] = f->half;
  f->pitch[MIDDLE] = f->pitch[MODES] = n;
  enum status st = allocate (f);
  if (st == ST_OK && comm->size > 1 && fft_room (f) > INT32_MAX)
    st = status_fail (ST_DATA, "A mesh of %d^3 cells on %d ranks makes messages that MPI cannot count. Use more "
                      "ranks.", n, comm->size);
  if (st != ST_OK)
    fft_free (out);
  return st;
}

void fft_free (struct fft **fft)
{
  struct fft *const f = *fft;
  if (!f)
    return;
  if (f->real_forward)
    fftw_destroy_plan (f->real_forward);
  if (f->real_backward)
    fftw_destroy_plan (f->real_backward);
  if (f->forward)
    fftw_destroy_plan (f->forward);
  if (f->backward)
    fftw_destroy_plan (f->backward);
  mem_free (&f->scratch);
  mem_free (&f->start);
  mem_free (&f->to);
  mem_free (&f->from);
  mem_free (&f->requests);
  mem_free (fft);
}
