/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pull, not push: each rank follows the decisions of its own walk through the remote trees, as far as it has them,
 * and asks the owners for what lies below the cells at which it is stopped. Only the stopped pairs go on in the next
 * round. The walk takes the same decisions on the same cells and so never lacks anything, and what was fetched is
 * exactly what is needed but for one level of foresight. Since decisions depend on cells alone, it does not matter
 * for the result which cells are local, nor when they came.
 *
 * The first round concerns large sink cells, so that nearly every sink waits for it; but it is short. After it only
 * those near the border of a rank's share lack something (a seventh of them on 2 ranks, a third on 8): so from the
 * second round on the others are walked meanwhile. Between two pieces of the walk a rank listens: it answers what it
 * is asked and keeps what it is sent. There are no common rounds. A rank that lacks nothing enters a barrier that
 * does not block; when all have entered nobody will ask any more, since who enters has got all its answers
 * (the end of NBX: Hoefler, Siebert & Lumsdaine, PPoPP 2010).
 *
 * An answer about a cell with children: its children, then the children of each of those. About a leaf: its bodies.
 * Questions of a round are put in batches, the next when all answers to the last are in, so that neither answers nor
 * what has come of them need much memory beside the cells themselves.
 * A rank without the memory to answer refuses; who has failed asks no more, and all agree at the end.
 */
#include "gravity/import.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A body as a source. */
struct source_body
{
  uint64_t position[3];
  double mass;
  float h, fill;
};

/* The first words of an answer. */
struct heading
{
  int64_t n_cells, n_bodies; /* n_cells < 0: refused */
};
static const struct heading refusal = { -1, 0 };

/* Cells that are asked for at once: of all ranks together, some 2 MB of answers, but of each so many at least. */
enum { NOBODY = -1, BATCH = 128, BATCH_LEAST = 32 };

/* An answer on its way. */
struct letter
{
  MPI_Request request;
  int to;
  int64_t *words; /* owned; NULL: a refusal */
};

struct import
{
  struct forest *f; /* borrowed, as all that follows */
  const struct comm *comm;
  const struct criterion *q;
  const struct gravity_kernels *kernels;
  struct gravity_cost *cost;
  struct probe probe;    /* what this round asks for, by owner, and who waits for it */
  int64_t *first;        /* owned: of each owner in `asked` and `wanted` */
  int64_t batch, begun;  /* of each owner's, so many at a time; before that of the questions on their way */
  int32_t *wanted;       /* owned: indices at the owners */
  MPI_Request *question; /* owned: size of them, as of `answer` */
  int64_t **answer;      /* owned, by owner: words, owned too; NULL where none has come */
  int n_questions, n_answers;
  struct letter *letter; /* owned: room for one to each rank */
  int n_letters;
  MPI_Request barrier;
  bool at_barrier, over;
  enum status st; /* this rank's */
};

static size_t cell_bytes (const struct forest *f)
{
  return sizeof (struct cell) + (size_t) f->n_moments * sizeof (float);
}

/* Words of an answer. */
static int64_t answer_words (const struct forest *f, const struct heading *h)
{
  return ((int64_t) sizeof *h + h->n_cells * (int64_t) cell_bytes (f)
          + h->n_bodies * (int64_t) sizeof (struct source_body) + 7) / 8;
}

/* Takes a message of which there is no copy out of the queue, so that nobody else mistakes it for his. */
static void discard (struct import *m, int source, int tag)
{
  int64_t nothing;

  MPI_Recv (&nothing, 0, MPI_INT64_T, source, tag, m->comm->mpi, MPI_STATUS_IGNORE); /* an error: it is longer */
  m->st = ST_MEMORY;
}

/* ---- answering ---- */

static struct heading heading_of (const struct forest *f, const int32_t *asked, int n)
{
  struct heading h = { 0, 0 };

  for (int i = 0; i < n; i++) {
    const struct cell *const c = f->cell + asked[i];
    h.n_cells += c->n_children;
    for (int k = 0; k < c->n_children; k++)
      h.n_cells += f->cell[c->child + k].n_children;
    h.n_bodies += c->n_children == 0 ? c->n_bodies : 0;
  }
  return h;
}

static char *put_children (const struct forest *f, int rank, const struct cell *c, char *to)
{
  for (int i = 0; i < c->n_children; i++, to += cell_bytes (f)) {
    struct cell copy = f->cell[c->child + i];
    copy.owner = rank;
    copy.remote = c->child + i;
    copy.child = copy.body = -1;
    copy.flags = 0;
    memcpy (to, &copy, sizeof copy);
    memcpy (to + sizeof copy, f->moment + (int64_t) (c->child + i) * f->n_moments,
            cell_bytes (f) - sizeof copy);
  }
  return to;
}

/* What was asked for, in one block; NULL: no memory. */
static int64_t *compose (const struct forest *f, int rank, const int32_t *asked, int n, int64_t *n_words)
{
  const struct heading h = heading_of (f, asked, n);
  int64_t *const words = mem_alloc ("import answers", answer_words (f, &h), sizeof *words);

  if (!words)
    return NULL;
  char *to = (char *) words + sizeof h;
  struct source_body *b = (struct source_body *) (void *) (to + (size_t) h.n_cells * cell_bytes (f));
  memcpy (words, &h, sizeof h);
  for (int i = 0; i < n; i++) {
    const struct cell *const c = f->cell + asked[i];
    to = put_children (f, rank, c, to);
    for (int k = 0; k < c->n_children; k++)
      to = put_children (f, rank, f->cell + c->child + k, to);
    for (int64_t j = c->body; c->n_children == 0 && j < c->body + c->n_bodies; j++, b++) {
      *b = (struct source_body) { .mass = f->mass[j], .h = f->h[j] };
      memcpy (b->position, f->position[j], sizeof b->position);
    }
  }
  *n_words = answer_words (f, &h);
  return words;
}

/* Frees answers that have gone, and waits until the one to this rank has. */
static void clear_letters (struct import *m, int to)
{
  for (int i = m->n_letters - 1; i >= 0; i--) {
    struct letter *const l = m->letter + i;
    int gone = l->to == to;
    if (gone)
      MPI_TRY (MPI_Wait (&l->request, MPI_STATUS_IGNORE));
    else
      MPI_TRY (MPI_Test (&l->request, &gone, MPI_STATUS_IGNORE));
    if (gone) {
      mem_free (&l->words);
      *l = m->letter[--m->n_letters];
    }
  }
}

/* Who asks again has read the last answer: so there is at most one on its way to each rank. */
static void send_answer (struct import *m, int to, int64_t *words, int64_t n_words)
{
  clear_letters (m, to);
  struct letter *const l = m->letter + m->n_letters++;
  *l = (struct letter) { .to = to, .words = words };
  MPI_TRY (MPI_Isend (words ? words : (const int64_t *) &refusal, (int) n_words, MPI_INT64_T, to, TAG_REPLY,
                      m->comm->mpi, &l->request));
  m->cost->messages_sent++;
  m->cost->bytes_sent += 8 * n_words;
}

static void answer (struct import *m, const MPI_Status *asker)
{
  int64_t *words = NULL, n_words = (int64_t) sizeof refusal / 8;
  int32_t *asked;
  int n;

  MPI_TRY (MPI_Get_count (asker, MPI_INT32_T, &n));
  if (!(asked = mem_alloc ("import questions", n, sizeof *asked)))
    discard (m, asker->MPI_SOURCE, TAG_REQUEST);
  else {
    MPI_TRY (MPI_Recv (asked, n, MPI_INT32_T, asker->MPI_SOURCE, TAG_REQUEST, m->comm->mpi, MPI_STATUS_IGNORE));
    if (!(words = compose (m->f, m->comm->rank, asked, n, &n_words)))
      m->st = ST_MEMORY;
  }
  send_answer (m, asker->MPI_SOURCE, words, n_words);
  mem_free (&asked);
}

/* ---- asking ---- */

/* Sorts the cells asked for by owner (stable), and writes what they are called there. */
static enum status address (struct import *m)
{
  struct probe *const p = &m->probe;
  const int size = m->comm->size;
  int32_t *sorted = mem_alloc ("import questions", p->n_asked, sizeof *sorted);

  mem_free (&m->wanted);
  m->wanted = mem_alloc ("import questions", p->n_asked, sizeof *m->wanted);
  if (!sorted || !m->wanted) {
    mem_free (&sorted);
    return ST_MEMORY;
  }
  memset (m->first, 0, (size_t) (size + 2) * sizeof *m->first);
  for (int64_t i = 0; i < p->n_asked; i++)
    m->first[m->f->cell[p->asked[i]].owner + 2]++;
  for (int q = 0; q < size; q++)
    m->first[q + 2] += m->first[q + 1];
  for (int64_t i = 0; i < p->n_asked; i++)
    sorted[m->first[m->f->cell[p->asked[i]].owner + 1]++] = p->asked[i];
  for (int64_t i = 0; i < p->n_asked; i++)
    m->wanted[i] = m->f->cell[sorted[i]].remote;
  mem_free (&p->asked);
  p->asked = sorted;
  p->asked_capacity = p->n_asked;
  return ST_OK;
}

/* How many cells of an owner are in the batch that begins with its cell m->begun; *from: the first of them. */
static int64_t batch_of (const struct import *m, int q, int64_t *from)
{
  const int64_t left = m->first[q + 1] - m->first[q] - m->begun;

  *from = m->first[q] + m->begun;
  return left < 0 ? 0 : left < m->batch ? left : m->batch;
}

/* The next batch, if there is any. */
static void send_questions (struct import *m)
{
  m->n_questions = m->n_answers = 0;
  for (int q = 0; q < m->comm->size; q++) {
    int64_t from;
    const int64_t n = batch_of (m, q, &from);
    if (n > 0)
      MPI_TRY (MPI_Isend (m->wanted + from, (int) n, MPI_INT32_T, q, TAG_REQUEST, m->comm->mpi,
                          m->question + m->n_questions++));
    m->cost->bytes_sent += n * (int64_t) sizeof *m->wanted;
  }
  m->cost->messages_sent += m->n_questions;
}

/* Finds out what these pairs lack (n < 0: all), and asks for it. Who lacks nothing, or has failed, is done. */
static void look (struct import *m, const struct waiting *pairs, int64_t n)
{
  double clock = log_seconds ();

  m->n_questions = 0;
  m->cost->n_rounds++;
  if (m->st == ST_OK)
    m->st = forest_probe (m->f, m->q, m->kernels, pairs, n, &m->probe);
  phase_end (m->cost, PHASE_PROBE, &clock);
  const bool more = m->st == ST_OK && m->probe.n_asked > 0;
  if (more)
    m->st = address (m);
  m->begun = 0;
  if (more && m->st == ST_OK)
    send_questions (m);
  else {
    MPI_TRY (MPI_Ibarrier (m->comm->mpi, &m->barrier));
    m->at_barrier = true;
  }
  phase_end (m->cost, PHASE_FETCH, &clock);
}

/* ---- taking ---- */

static void receive (struct import *m, const MPI_Status *sender)
{
  const int q = sender->MPI_SOURCE;
  int n;

  MPI_TRY (MPI_Get_count (sender, MPI_INT64_T, &n));
  if ((m->answer[q] = mem_alloc ("import answers", n, sizeof **m->answer)))
    MPI_TRY (MPI_Recv (m->answer[q], n, MPI_INT64_T, q, TAG_REPLY, m->comm->mpi, MPI_STATUS_IGNORE));
  else
    discard (m, q, TAG_REPLY);
  m->n_answers++;
}

/* Appends the children of a cell from an answer; room is there. */
static const char *take_children (struct forest *f, int32_t index, const char *from)
{
  const int n = f->cell[index].n_children;

  if (n > 0)
    f->cell[index].child = f->n_cells;
  for (int i = 0; i < n; i++, from += cell_bytes (f)) {
    memcpy (f->cell + f->n_cells, from, sizeof (struct cell));
    memcpy (f->moment + (int64_t) f->n_cells * f->n_moments, from + sizeof (struct cell),
            cell_bytes (f) - sizeof (struct cell));
    f->n_cells++;
  }
  return from;
}

static void take_bodies (struct forest *f, struct cell *leaf, const struct source_body *from)
{
  leaf->body = (int32_t) f->n_bodies;
  for (int i = 0; i < leaf->n_bodies; i++, f->n_bodies++) {
    memcpy (f->position[f->n_bodies], from[i].position, sizeof from[i].position);
    f->mass[f->n_bodies] = from[i].mass;
    f->h[f->n_bodies] = from[i].h;
  }
  forest_place (f, leaf);
}

/* Joins one owner's answer to the forest, in the order of the question. */
static enum status take (struct forest *f, const int32_t *asked, int64_t n, const int64_t *words)
{
  struct heading h;

  if (!words)
    return ST_MEMORY;
  memcpy (&h, words, sizeof h);
  if (h.n_cells < 0)
    return status_fail (ST_MEMORY, "Gravity: another rank has no memory for the cells that this one asked for. Use "
                        "more nodes or fewer particles.");
  if (forest_reserve_cells (f, h.n_cells) != ST_OK || forest_reserve_bodies (f, h.n_bodies) != ST_OK)
    return ST_MEMORY;
  const char *cells = (const char *) words + sizeof h;
  const struct source_body *bodies = (const struct source_body *) (const void *)
                                     (cells + (size_t) h.n_cells * cell_bytes (f));
  for (int64_t i = 0; i < n; i++) {
    const int n_children = f->cell[asked[i]].n_children;
    cells = take_children (f, asked[i], cells);
    for (int k = 0; k < n_children; k++)
      cells = take_children (f, f->cell[asked[i]].child + k, cells);
    if (n_children == 0) {
      take_bodies (f, f->cell + asked[i], bodies);
      bodies += f->cell[asked[i]].n_bodies;
    }
  }
  return ST_OK;
}

/* In the order of the ranks, whoever answered first. */
static void take_batch (struct import *m)
{
  for (int q = 0; q < m->comm->size; q++) {
    int64_t from;
    const int64_t n = batch_of (m, q, &from);
    if (m->st == ST_OK && n > 0)
      m->st = take (m->f, m->probe.asked + from, n, m->answer[q]);
    mem_free (&m->answer[q]);
  }
  m->begun += m->batch;
}

static void clear_waiting (struct import *m)
{
  for (int64_t i = 0; i < m->probe.n_sinks; i++)
    m->f->cell[m->probe.sink[i]].flags &= (uint8_t) ~CELL_WAITS;
}

void import_step (struct import *m)
{
  double clock = log_seconds ();

  MPI_TRY (MPI_Waitall (m->n_questions, m->question, MPI_STATUSES_IGNORE));
  clear_letters (m, NOBODY);
  take_batch (m);
  m->n_questions = 0;
  if (m->st == ST_OK)
    send_questions (m);
  phase_end (m->cost, PHASE_FETCH, &clock);
  if (m->n_questions > 0)
    return;
  struct probe settled = m->probe;
  clear_waiting (m);
  m->probe = (struct probe) { 0 };
  phase_end (m->cost, PHASE_FETCH, &clock);
  look (m, settled.waiting, settled.n_waiting);
  probe_free (&settled);
}

/* ---- the whole ---- */

bool import_listen (void *import)
{
  struct import *const m = import;
  MPI_Status message;

  for (int some = 1; some;) {
    MPI_TRY (MPI_Iprobe (MPI_ANY_SOURCE, TAG_REQUEST, m->comm->mpi, &some, &message));
    if (some)
      answer (m, &message);
  }
  for (int some = 1; some && m->n_answers < m->n_questions;) {
    MPI_TRY (MPI_Iprobe (MPI_ANY_SOURCE, TAG_REPLY, m->comm->mpi, &some, &message));
    if (some)
      receive (m, &message);
  }
  clear_letters (m, NOBODY);
  if (m->at_barrier && !m->over) {
    int over;
    MPI_TRY (MPI_Test (&m->barrier, &over, MPI_STATUS_IGNORE));
    m->over = over;
  }
  return m->n_questions > 0 && m->n_answers == m->n_questions;
}

static void import_free (struct import **import)
{
  struct import *const m = *import;

  if (!m)
    return;
  probe_free (&m->probe);
  mem_free (&m->first);
  mem_free (&m->wanted);
  mem_free (&m->question);
  mem_free (&m->answer);
  mem_free (&m->letter);
  mem_free (import);
}

enum status import_begin (struct forest *f, const struct comm *comm, const struct criterion *q,
                          const struct gravity_kernels *kernels, struct gravity_cost *cost, struct import **out)
{
  struct import *const m = mem_alloc_zero ("import", 1, sizeof *m);
  enum status st = ST_MEMORY;

  if (m) {
    *m = (struct import) { .f = f, .comm = comm, .q = q, .kernels = kernels, .cost = cost };
    m->batch = BATCH / comm->size > BATCH_LEAST ? BATCH / comm->size : BATCH_LEAST;
    m->first = mem_alloc_zero ("import offsets", comm->size + 2, sizeof *m->first);
    m->question = mem_alloc ("import requests", comm->size, sizeof *m->question);
    m->answer = mem_alloc_zero ("import answers", comm->size, sizeof *m->answer);
    m->letter = mem_alloc ("import letters", comm->size, sizeof *m->letter);
    st = m->first && m->question && m->answer && m->letter ? ST_OK : ST_MEMORY;
  }
  *out = m;
  st = status_agree (comm, st, NULL);
  if (st != ST_OK) {
    import_free (out);
    return st;
  }
  look (m, NULL, -1);
  for (const int64_t round = cost->n_rounds; m->n_questions > 0 && cost->n_rounds == round;) {
    double clock = log_seconds ();
    while (!import_listen (m))
      sched_yield ();
    phase_end (cost, PHASE_WAIT, &clock);
    import_step (m);
  }
  return ST_OK;
}

enum status import_end (struct import **import)
{
  struct import *const m = *import;

  while (!m->over) {
    double clock = log_seconds ();
    const bool come = import_listen (m);
    if (!come && !m->over)
      sched_yield ();
    phase_end (m->cost, PHASE_WAIT, &clock);
    if (come)
      import_step (m);
  }
  while (m->n_letters > 0) /* all have been read: who asked has got to the barrier */
    clear_letters (m, m->letter[0].to);
  const enum status st = status_agree (m->comm, m->st, NULL);
  import_free (import);
  return st;
}
