/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each block carries a 64-byte header with its size and name and is linked into one list, so that a leak
 * can be named and not only counted. A lock guards the list; no block is allocated in an inner loop. */
#define _DEFAULT_SOURCE /* madvise */
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
  char fill[64 - 3 * sizeof (void *) - sizeof (int64_t)];
};
_Static_assert (sizeof (struct block) == 64, "the header keeps the alignment of what follows");

enum { LARGE_PAGE = 2 << 20 };

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
 * page table costs as much as one of the cache. The end of a block has one if it fills half of it: to round up costs
 * 7 bytes a body at 1e6 bodies, to round down 2 % of the time of two ranks. */
static void *block_alloc (size_t bytes)
{
  if (bytes < 4 * LARGE_PAGE)
    return aligned_alloc (64, bytes);
  void *const b = aligned_alloc (LARGE_PAGE, (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE);
#ifdef MADV_HUGEPAGE
  if (b)
    madvise (b, (bytes + LARGE_PAGE / 2) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE); /* a hint: may fail */
#endif
  return b;
}

void *mem_alloc (const char *name, int64_t n, size_t size)
{
  struct block *b = NULL;
  int64_t bytes;

  if (n < 0 || __builtin_mul_overflow (n, (int64_t) size, &bytes) || bytes > INT64_MAX - 128
      || !(b = block_alloc (((size_t) bytes + 2 * sizeof *b - 1) / sizeof *b * sizeof *b))) {
    status_fail (ST_MEMORY, "Cannot get memory for %s: %lld elements of %zu bytes. Use more nodes or fewer "
                 "particles.",
                 name, (long long) n, size);
    return NULL;
  }
  b->name = name;
  b->bytes = bytes;
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

int mem_resize_block (const char *name, void **block, int64_t n, size_t size)
{
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
  free (b);
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
