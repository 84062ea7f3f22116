/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rank's bodies lie together, and touch a small part of the mesh; but they may also lie anywhere, and nothing must
 * go wrong then. So the part is a set of tiles in a hash table, found by the bodies themselves, and never an array of
 * the whole mesh. The order of the slots follows the order of the bodies and enters no result: what is sent are
 * integers that are added, or potentials that are copied.
 *
 * A tile's 64 columns may belong to several ranks. Columns are dealt out in the order of (x, y), so those of one rank
 * are consecutive among the tile's: a `share`. A message is a sequence of records, one for each share: the tile's
 * number, then the cells of its columns. Messages are made and used up a round of tiles at a time, so that buffers
 * stay small beside the mesh.
 */
#include "gravity/patch.h"

#include <omp.h>
#include <string.h>

#include "base/mem.h"

enum { ROUND = 1 << 13 }; /* tiles: buffers of 32 MiB */

/* ---- windows and tiles ---- */

void window_cut (struct window *w, int axis, int n_mesh, int first, int n)
{
  int n_pieces = 0;

  for (int from = 0; from < n; n_pieces++) {
    const int cell = (first + from) % n_mesh, tile = cell / TILE, at = cell % TILE;
    const int end = (tile + 1) * TILE < n_mesh ? TILE : n_mesh - tile * TILE;
    const int here = end - at < n - from ? end - at : n - from;
    w->piece[axis][n_pieces] = (struct piece) { tile, at, from, here };
    from += here;
  }
  w->n_pieces[axis] = n_pieces;
}

void patch_init (struct patch *p, int n_mesh)
{
  *p = (struct patch) { .n_mesh = n_mesh, .n_tiles_axis = (n_mesh + TILE - 1) / TILE };
}

void patch_free (struct patch *p)
{
  mem_free (&p->tile);
  mem_free (&p->slot);
  mem_free (&p->mass);
}

static int64_t tile_number (const struct patch *p, int x, int y, int z)
{
  return ((int64_t) x * p->n_tiles_axis + y) * p->n_tiles_axis + z;
}

/* The place in the table where the tile is, or where it would go. */
static int64_t find (const struct patch *p, int64_t tile)
{
  int64_t i = (int64_t) (((uint64_t) tile * 0x9e3779b97f4a7c15u) >> 20) & (p->table_size - 1);

  while (p->slot[i] >= 0 && p->tile[p->slot[i]] != tile)
    i = (i + 1) & (p->table_size - 1);
  return i;
}

/* Doubles the table; it is at most half full. */
static enum status grow (struct patch *p)
{
  const int64_t capacity = p->capacity ? 2 * p->capacity : 256;
  int32_t *const slot = mem_alloc ("mesh tiles", 2 * capacity, sizeof *slot);

  if (!slot || mem_resize ("mesh tiles", &p->tile, capacity, sizeof *p->tile) != 0) {
    int32_t *rest = slot;
    mem_free (&rest);
    return ST_MEMORY;
  }
  mem_free (&p->slot);
  p->slot = slot;
  p->capacity = capacity;
  p->table_size = 2 * capacity;
  memset (p->slot, -1, p->table_size * sizeof *p->slot);
  for (int64_t i = 0; i < p->n; i++)
    p->slot[find (p, p->tile[i])] = (int32_t) i;
  return ST_OK;
}

static enum status touch (struct patch *p, int64_t tile)
{
  if (p->n == p->capacity && grow (p) != ST_OK)
    return ST_MEMORY;
  const int64_t i = find (p, tile);
  if (p->slot[i] < 0) {
    p->slot[i] = (int32_t) p->n;
    p->tile[p->n++] = tile;
  }
  return ST_OK;
}

enum status patch_touch (struct patch *p, const struct window *w)
{
  enum status st = ST_OK;

  for (int x = 0; x < w->n_pieces[0]; x++)
    for (int y = 0; y < w->n_pieces[1]; y++)
      for (int z = 0; z < w->n_pieces[2] && st == ST_OK; z++)
        st = touch (p, tile_number (p, w->piece[0][x].tile, w->piece[1][y].tile, w->piece[2][z].tile));
  return st;
}

enum status patch_allocate (struct patch *p)
{
  p->mass = mem_alloc_zero ("mesh patch", p->n, sizeof *p->mass);
  return p->mass ? ST_OK : ST_MEMORY;
}

/* ---- between cubes and tiles ---- */

/* What is done with n cells along z of a tile and of a cube. */
typedef void stretch_act (int64_t in_tile, int64_t in_cube, int n, const struct patch *p, void *cube);

/* Calls `act` for each stretch of cells that lies in one tile. */
static inline void each_stretch (const struct patch *p, const struct window *w, int pitch_y, int pitch_z,
                                 stretch_act *act, void *cube)
{
  for (int ix = 0; ix < w->n_pieces[0]; ix++)
    for (int iy = 0; iy < w->n_pieces[1]; iy++)
      for (int iz = 0; iz < w->n_pieces[2]; iz++) {
        const struct piece *const x = &w->piece[0][ix], *const y = &w->piece[1][iy], *const z = &w->piece[2][iz];
        const int64_t tile = p->slot[find (p, tile_number (p, x->tile, y->tile, z->tile))];
        for (int i = 0; i < x->n; i++)
          for (int j = 0; j < y->n; j++)
            act (tile * TILE_CELLS + ((x->at + i) * TILE + y->at + j) * TILE + z->at,
                 ((int64_t) (x->from + i) * pitch_y + y->from + j) * pitch_z + z->from, z->n, p, cube);
      }
}

static inline void add_alone (int64_t in_tile, int64_t in_cube, int n, const struct patch *p, void *cube)
{
  int64_t *const mass = (int64_t *) p->mass + in_tile;
  for (int k = 0; k < n; k++)
    mass[k] += ((const int64_t *) cube)[in_cube + k];
}

static inline void add_among_threads (int64_t in_tile, int64_t in_cube, int n, const struct patch *p, void *cube)
{
  int64_t *const mass = (int64_t *) p->mass + in_tile;
  for (int k = 0; k < n; k++) {
    const int64_t more = ((const int64_t *) cube)[in_cube + k];
    if (more != 0) {
#pragma omp atomic
      mass[k] += more;
    }
  }
}

static inline void copy_out (int64_t in_tile, int64_t in_cube, int n, const struct patch *p, void *cube)
{
  memcpy ((double *) cube + in_cube, (const double *) p->potential + in_tile, n * sizeof (double));
}

void patch_add (struct patch *p, const struct window *w, const int64_t *cube, int pitch_y, int pitch_z)
{
  if (omp_get_num_threads () > 1)
    each_stretch (p, w, pitch_y, pitch_z, add_among_threads, (void *) cube);
  else
    each_stretch (p, w, pitch_y, pitch_z, add_alone, (void *) cube);
}

void patch_gather (const struct patch *p, const struct window *w, double *cube, int pitch_y, int pitch_z)
{
  each_stretch (p, w, pitch_y, pitch_z, copy_out, cube);
}

/* ---- between tiles and columns ---- */

/* The columns of one tile that one rank has: numbers [first, last) in the order of (x, y) inside the tile. */
struct share
{
  int owner, first, last;
};

/* Where a tile lies in the mesh; tiles at the far border may be thinner. */
struct extent
{
  int x, y, z, nx, ny, nz;
};

static int thickness (const struct patch *p, int first)
{
  return p->n_mesh - first < TILE ? p->n_mesh - first : TILE;
}

static struct extent extent_of (const struct patch *p, int64_t tile)
{
  const int n = p->n_tiles_axis, x = (int) (tile / n / n) * TILE, y = (int) (tile / n % n) * TILE;
  const int z = (int) (tile % n) * TILE;

  return (struct extent) { x, y, z, thickness (p, x), thickness (p, y), thickness (p, z) };
}

/* Column number k of a tile, in the mesh. */
static int64_t column_of (const struct patch *p, const struct extent *e, int k)
{
  return (int64_t) (e->x + k / e->ny) * p->n_mesh + e->y + k % e->ny;
}

static int shares_of (const struct comm *comm, const struct fft *fft, const struct patch *p, const struct extent *e,
                      struct share *share)
{
  int n = 0;
  int64_t end = -1; /* of the columns of the last share's owner */

  for (int k = 0; k < e->nx * e->ny; k++) {
    const int64_t column = column_of (p, e, k);
    if (column >= end) {
      const int owner = comm->size == 1 ? 0 : fft_owner (fft, column);
      share[n++] = (struct share) { owner, k, k };
      end = fft_first_column (fft, owner + 1);
    }
    share[n - 1].last = k + 1;
  }
  return n;
}

/* Between the cells of a tile's columns in a message, without gaps, and in the tile. */
static void tile_to_words (const struct extent *e, const struct share *s, const int64_t *tile, int64_t *words)
{
  for (int k = s->first; k < s->last; k++)
    memcpy (words + (int64_t) (k - s->first) * e->nz, tile + (k / e->ny * TILE + k % e->ny) * TILE,
            e->nz * sizeof *words);
}

static void words_to_tile (const struct extent *e, const struct share *s, const double *words, double *tile)
{
  for (int k = s->first; k < s->last; k++)
    memcpy (tile + (k / e->ny * TILE + k % e->ny) * TILE, words + (int64_t) (k - s->first) * e->nz,
            e->nz * sizeof *words);
}

static int64_t words_in (const struct extent *e, const struct share *s)
{
  return (int64_t) (s->last - s->first) * e->nz;
}

/* The cells of a share in this rank's columns: `at` (k) points to the first of column k. */
struct place
{
  const struct patch *p;
  int64_t first_column, pitch;
};

static struct place place_of (const struct comm *comm, const struct fft *fft, const struct patch *p)
{
  return (struct place) { p, fft_first_column (fft, comm->rank), 2 * (int64_t) fft_pitch (fft) };
}

static int64_t cell_at (const struct place *at, const struct extent *e, int k)
{
  return (column_of (at->p, e, k) - at->first_column) * at->pitch + e->z;
}

static void words_add (const struct place *at, const struct extent *e, const struct share *s, const int64_t *words,
                       int64_t *columns)
{
  for (int k = s->first; k < s->last; k++) {
    int64_t *const to = columns + cell_at (at, e, k);
    for (int z = 0; z < e->nz; z++)
      to[z] += words[(int64_t) (k - s->first) * e->nz + z];
  }
}

static void words_take (const struct place *at, const struct extent *e, const struct share *s, const double *columns,
                        double *words)
{
  for (int k = s->first; k < s->last; k++)
    memcpy (words + (int64_t) (k - s->first) * e->nz, columns + cell_at (at, e, k), e->nz * sizeof *words);
}

/* This rank's share of a tile, if it has one. */
static int own_share (const struct comm *comm, const struct fft *fft, const struct patch *p, const struct extent *e,
                      struct share *out)
{
  struct share share[TILE * TILE];
  const int n = shares_of (comm, fft, p, e, share);

  for (int i = 0; i < n; i++)
    if (share[i].owner == comm->rank) {
      *out = share[i];
      return 1;
    }
  return 0;
}

/* Own tiles to own columns or back, with no message. Tiles have no column cell in common. */
static void add_own (const struct comm *comm, const struct fft *fft, const struct patch *p, int64_t *columns)
{
  const struct place at = place_of (comm, fft, p);

#pragma omp parallel for schedule(static)
  for (int64_t t = 0; t < p->n; t++) {
    const struct extent e = extent_of (p, p->tile[t]);
    int64_t words[TILE_CELLS];
    struct share mine;
    if (own_share (comm, fft, p, &e, &mine)) {
      tile_to_words (&e, &mine, p->mass[t], words);
      words_add (&at, &e, &mine, words, columns);
    }
  }
}

static void take_own (const struct comm *comm, const struct fft *fft, struct patch *p, const double *columns)
{
  const struct place at = place_of (comm, fft, p);

#pragma omp parallel for schedule(static)
  for (int64_t t = 0; t < p->n; t++) {
    const struct extent e = extent_of (p, p->tile[t]);
    double words[TILE_CELLS];
    struct share mine;
    if (own_share (comm, fft, p, &e, &mine)) {
      words_take (&at, &e, &mine, columns, words);
      words_to_tile (&e, &mine, words, p->potential[t]);
    }
  }
}

/* One round's message to the owners of the tiles [t0, t1). */
struct message
{
  int64_t *words, *first, *next; /* owned: size + 1 offsets, and where the next word for each rank goes */
};

static void message_free (struct message *m)
{
  mem_free (&m->words);
  mem_free (&m->first);
  mem_free (&m->next);
}

/* The tile's number for each share of other ranks, and its masses if `with_cells`. */
static enum status message_make (const struct comm *comm, const struct fft *fft, const struct patch *p, int64_t t0,
                                 int64_t t1, int with_cells, struct message *m)
{
  struct share share[TILE * TILE];

  *m = (struct message) { NULL, mem_alloc_zero ("mesh message", comm->size + 1, sizeof *m->first),
                          mem_alloc ("mesh message", comm->size + 1, sizeof *m->next) };
  if (!m->first || !m->next)
    return ST_MEMORY;
  for (int filling = 0; filling < 2; filling++) {
    for (int64_t t = t0; t < t1; t++) {
      const struct extent e = extent_of (p, p->tile[t]);
      const int n = shares_of (comm, fft, p, &e, share);
      for (int i = 0; i < n; i++) {
        const int q = share[i].owner;
        const int64_t words = 1 + (with_cells ? words_in (&e, share + i) : 0);
        if (q != comm->rank && !filling)
          m->first[q + 1] += words;
        if (q == comm->rank || !filling)
          continue;
        m->words[m->next[q]] = p->tile[t];
        if (with_cells)
          tile_to_words (&e, share + i, p->mass[t], m->words + m->next[q] + 1);
        m->next[q] += words;
      }
    }
    for (int q = 0; q < comm->size && !filling; q++)
      m->first[q + 1] += m->first[q];
    if (!filling && !(m->words = mem_alloc ("mesh message", m->first[comm->size], sizeof *m->words)))
      return ST_MEMORY;
    memcpy (m->next, m->first, (comm->size + 1) * sizeof *m->next);
  }
  return ST_OK;
}

static int64_t rounds (const struct comm *comm, const struct patch *p)
{
  return comm->size == 1 ? 0 : comm_max (comm, (p->n + ROUND - 1) / ROUND);
}

static int64_t round_start (const struct patch *p, int64_t round)
{
  return round * ROUND < p->n ? round * ROUND : p->n;
}

static void add_arrived (const struct comm *comm, const struct fft *fft, const struct patch *p, const int64_t *words,
                         int64_t n, int64_t *columns)
{
  const struct place at = place_of (comm, fft, p);

  for (int64_t i = 0; i < n;) {
    const struct extent e = extent_of (p, words[i++]);
    struct share mine;
    if (!own_share (comm, fft, p, &e, &mine))
      return;
    words_add (&at, &e, &mine, words + i, columns);
    i += words_in (&e, &mine);
  }
}

enum status patch_send (const struct comm *comm, const struct fft *fft, const struct patch *p, int64_t *columns,
                        int64_t *bytes_sent)
{
  const int64_t n_rounds = rounds (comm, p);
  enum status st = ST_OK;

  add_own (comm, fft, p, columns);
  for (int64_t r = 0; r < n_rounds && st == ST_OK; r++) {
    struct message m;
    int64_t *arrived = NULL, *from = NULL;
    st = message_make (comm, fft, p, round_start (p, r), round_start (p, r + 1), 1, &m);
    st = status_agree (comm, st, NULL);
    if (st == ST_OK) {
      *bytes_sent += m.first[comm->size] * (int64_t) sizeof *m.words;
      st = comm_exchange (comm, m.words, m.first, sizeof *m.words, (void **) &arrived, &from);
    }
    if (st == ST_OK)
      add_arrived (comm, fft, p, arrived, from[comm->size], columns);
    message_free (&m);
    mem_free (&arrived);
    mem_free (&from);
  }
  return st;
}

/* Local. The cells that others have asked for: asked[from[q]..) by rank q. */
static enum status reply_make (const struct comm *comm, const struct fft *fft, const struct patch *p,
                               const int64_t *asked, const int64_t *from, const double *columns, double **out,
                               int64_t **first_out)
{
  const struct place at = place_of (comm, fft, p);
  int64_t *const first = mem_alloc_zero ("mesh reply", comm->size + 1, sizeof *first);
  double *words = NULL;

  *first_out = first;
  for (int filling = 0; filling < 2 && first; filling++) {
    int64_t sum = 0;
    for (int q = 0; q < comm->size; q++) {
      for (int64_t i = from[q]; i < from[q + 1]; i++) {
        const struct extent e = extent_of (p, asked[i]);
        struct share mine;
        if (!own_share (comm, fft, p, &e, &mine))
          continue;
        if (filling)
          words_take (&at, &e, &mine, columns, words + sum);
        sum += words_in (&e, &mine);
      }
      first[q + 1] = sum;
    }
    if (!filling && !(*out = words = mem_alloc ("mesh reply", sum, sizeof *words)))
      return ST_MEMORY;
  }
  return first ? ST_OK : ST_MEMORY;
}

/* Local. What rank q sends stands in the order in which it was asked. */
static void take_arrived (const struct comm *comm, const struct fft *fft, struct patch *p, int64_t t0, int64_t t1,
                          const double *words, int64_t *next)
{
  struct share share[TILE * TILE];

  for (int64_t t = t0; t < t1; t++) {
    const struct extent e = extent_of (p, p->tile[t]);
    const int n = shares_of (comm, fft, p, &e, share);
    for (int i = 0; i < n; i++)
      if (share[i].owner != comm->rank) {
        words_to_tile (&e, share + i, words + next[share[i].owner], p->potential[t]);
        next[share[i].owner] += words_in (&e, share + i);
      }
  }
}

/* Collective, agreed. One round of questions and answers. */
static enum status fetch_round (const struct comm *comm, const struct fft *fft, struct patch *p, int64_t t0,
                                int64_t t1, const double *columns, int64_t *bytes_sent)
{
  struct message m;
  int64_t *asked = NULL, *from = NULL, *first = NULL, *next = NULL;
  double *reply = NULL, *arrived = NULL;
  enum status st = status_agree (comm, message_make (comm, fft, p, t0, t1, 0, &m), NULL);

  if (st == ST_OK)
    st = comm_exchange (comm, m.words, m.first, sizeof *m.words, (void **) &asked, &from);
  if (st == ST_OK)
    st = status_agree (comm, reply_make (comm, fft, p, asked, from, columns, &reply, &first), NULL);
  if (st == ST_OK) {
    *bytes_sent += (m.first[comm->size] + first[comm->size]) * (int64_t) sizeof *reply;
    st = comm_exchange (comm, reply, first, sizeof *reply, (void **) &arrived, &next);
  }
  if (st == ST_OK)
    take_arrived (comm, fft, p, t0, t1, arrived, next);
  message_free (&m);
  mem_free (&asked);
  mem_free (&from);
  mem_free (&first);
  mem_free (&next);
  mem_free (&reply);
  mem_free (&arrived);
  return st;
}

enum status patch_fetch (const struct comm *comm, const struct fft *fft, struct patch *p, const double *columns,
                         int64_t *bytes_sent)
{
  const int64_t n_rounds = rounds (comm, p);
  enum status st = ST_OK;

  take_own (comm, fft, p, columns);
  for (int64_t r = 0; r < n_rounds && st == ST_OK; r++)
    st = fetch_round (comm, fft, p, round_start (p, r), round_start (p, r + 1), columns, bytes_sent);
  return st;
}
