/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each block carries a 64-byte header with its size and name and is linked into one list, so that a leak
 * can be named and not only counted. A lock guards the list; no block is allocated in an inner loop.
 *
 * Large blocks are maps of their own where the system can move a map (Linux). They grow and shrink by that, so old
 * and new contents are never held at once: the arrays of a tree grow while cells arrive, at the peak of a run's
 * memory. */
#define _GNU_SOURCE /* madvise, mremap */
#include "base/mem.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/status.h"

struct block
{
  struct block *next, *previous;
  const char *name;
  int64_t bytes;
  size_t mapped; /* bytes of its own map, 0 if it has none */
  char fill[64 - 3 * sizeof (void *) - sizeof (int64_t) - sizeof (size_t)];
};
_Static_assert (sizeof (struct block) == 64, "the header keeps the alignment of what follows");

enum { LARGE_PAGE = 2 << 20, LARGE_BLOCK = 2 * LARGE_PAGE };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *blocks;
static int64_t used, peak, peak_since_mark;

static void link_block (struct block *b)
{
  pthread_mutex_lock (&lock);
  b->next = blocks;
  b->previous = NULL;
  if (blocks)
    blocks->previous = b;
  blocks = b;
  used += b->bytes;
  peak = used > peak ? used : peak;
  peak_since_mark = used > peak_since_mark ? used : peak_since_mark;
  pthread_mutex_unlock (&lock);
}

static void unlink_block (struct block *b)
{
  pthread_mutex_lock (&lock);
  if (b->previous)
    b->previous->next = b->next;
  else
    blocks = b->next;
  if (b->next)
    b->next->previous = b->previous;
  used -= b->bytes;
  pthread_mutex_unlock (&lock);
}

/* Large blocks ask for large pages where the system has them: bodies are met in random order, and each miss of the
 * page table costs as much as one of the cache. The end of a block has one, too: a map of two kinds is two to the
 * system, which does not move them as one. */
static void ask_large_pages (void *b, size_t bytes)
{
#ifdef MADV_HUGEPAGE
  madvise (b, bytes, MADV_HUGEPAGE); /* a hint: may fail */
#else
  (void) b;
  (void) bytes;
#endif
}

static inline size_t whole_pages (size_t bytes) { return (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE; }

#ifdef MREMAP_FIXED
/* A range of addresses that begins with a large page. */
static void *map_range (size_t bytes, int access)
{
  char *const all = mmap (NULL, bytes + LARGE_PAGE, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (all == MAP_FAILED)
    return NULL;
  const size_t before = (LARGE_PAGE - (uintptr_t) all % LARGE_PAGE) % LARGE_PAGE;
  if (before > 0)
    munmap (all, before);
  munmap (all + before + bytes, LARGE_PAGE - before);
  return all + before;
}

/* Moves a block's map to room for so many bytes; NULL, and it is as before, if there is none. */
static struct block *map_move (struct block *b, size_t bytes)
{
  const size_t before = b->mapped, after = whole_pages (bytes);
  struct block *moved = b;

  if (after != before) {
    void *const range = map_range (after, PROT_NONE);
    if (!range)
      return NULL;
    moved = mremap (b, before, after, MREMAP_MAYMOVE | MREMAP_FIXED, range);
    if (moved == MAP_FAILED) {
      munmap (range, after);
      return NULL;
    }
    moved->mapped = after;
    ask_large_pages (moved, after);
  }
  return moved;
}
#endif

static struct block *block_alloc (size_t bytes)
{
  const size_t mapped = bytes < LARGE_BLOCK ? 0 : whole_pages (bytes);
  struct block *b;

#ifdef MREMAP_FIXED
  b = mapped > 0 ? map_range (mapped, PROT_READ | PROT_WRITE) : aligned_alloc (sizeof *b, bytes);
#else
  b = mapped > 0 ? aligned_alloc (LARGE_PAGE, mapped) : aligned_alloc (sizeof *b, bytes);
#endif
  if (b && mapped > 0)
    ask_large_pages (b, mapped);
  if (b)
    b->mapped = mapped;
  return b;
}

static void block_free (struct block *b)
{
#ifdef MREMAP_FIXED
  if (b->mapped > 0) {
    munmap (b, b->mapped);
    return;
  }
#endif
  free (b);
}

/* Bytes with the header and to whole lines; 0 if there are more than can be counted. */
static size_t bytes_with_header (int64_t n, size_t size)
{
  int64_t bytes;

  if (n < 0 || __builtin_mul_overflow (n, (int64_t) size, &bytes) || bytes > INT64_MAX - 4 * LARGE_PAGE)
    return 0;
  return ((size_t) bytes + 2 * sizeof (struct block) - 1) / sizeof (struct block) * sizeof (struct block);
}

void *mem_alloc (const char *name, int64_t n, size_t size)
{
  const size_t bytes = bytes_with_header (n, size);
  struct block *const b = bytes > 0 ? block_alloc (bytes) : NULL;

  if (!b) {
    status_fail (ST_MEMORY, "Cannot get memory for %s: %lld elements of %zu bytes. Use more nodes or fewer "
                 "particles.",
                 name, (long long) n, size);
    return NULL;
  }
  b->name = name;
  b->bytes = n * (int64_t) size;
  link_block (b);
  return b + 1;
}

void *mem_alloc_zero (const char *name, int64_t n, size_t size)
{
  void *p = mem_alloc (name, n, size);

  if (p)
    memset (p, 0, (size_t) n * size);
  return p;
}

/* 1: the block has its new size in its own map; 0: it must be copied. */
static int resize_in_map (const char *name, void **block, int64_t n, size_t size)
{
#ifdef MREMAP_FIXED
  struct block *const b = *block ? (struct block *) *block - 1 : NULL;
  const size_t bytes = bytes_with_header (n, size);

  if (!b || b->mapped == 0 || bytes < LARGE_BLOCK)
    return 0;
  unlink_block (b);
  struct block *const moved = map_move (b, bytes);
  if (moved) {
    moved->name = name;
    moved->bytes = n * (int64_t) size;
    *block = moved + 1;
  }
  link_block (moved ? moved : b);
  return moved != NULL;
#else
  (void) name, (void) block, (void) n, (void) size;
  return 0;
#endif
}

int mem_resize_block (const char *name, void **block, int64_t n, size_t size)
{
  if (resize_in_map (name, block, n, size))
    return 0;
  void *fresh = mem_alloc (name, n, size);

  if (!fresh)
    return -1;
  if (*block) {
    int64_t keep = ((struct block *) *block - 1)->bytes;
    memcpy (fresh, *block, (size_t) (keep < n * (int64_t) size ? keep : n * (int64_t) size));
    mem_free_block (block);
  }
  *block = fresh;
  return 0;
}

void mem_free_block (void **block)
{
  if (!*block)
    return;
  struct block *b = (struct block *) *block - 1;
  unlink_block (b);
  block_free (b);
  *block = NULL;
}

int64_t mem_used (void) { return used; }

int64_t mem_peak (void) { return peak; }

void mem_trim (void)
{
#ifdef __GLIBC__
  malloc_trim (0);
#endif
}

int64_t mem_resident_peak (void)
{
  struct rusage use;

  return getrusage (RUSAGE_SELF, &use) == 0 ? (int64_t) use.ru_maxrss * 1024 : 0;
}

int64_t mem_mark (void) { return peak_since_mark = used; }

int64_t mem_peak_since_mark (void) { return peak_since_mark; }

void mem_describe (char *text, size_t size)
{
  size_t at = 0;

  text[0] = '\0';
  pthread_mutex_lock (&lock);
  for (struct block *b = blocks; b && at + 1 < size; b = b->next) {
    int n = snprintf (text + at, size - at, "%s %lld B; ", b->name, (long long) b->bytes);
    at += n > 0 ? (size_t) n : 0;
  }
  pthread_mutex_unlock (&lock);
}
