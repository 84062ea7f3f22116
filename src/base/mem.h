/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counted, named memory. Every block has a name that says whose it is; the balance at the end of the
 * program must be zero, and the peak is reported per particle. Failure returns NULL: a local fault,
 * to be agreed upon before the next communication.
 */
#ifndef CATENA_MEM_H
#define CATENA_MEM_H

#include <stddef.h>
#include <stdint.h>

/* Local, thread-safe. n elements of `size` bytes, 64-byte aligned, contents undefined; a block even for n = 0.
 * NULL, with the sentence recorded (status_fail), if the system refuses or n*size overflows. */
void *mem_alloc (const char *name, int64_t n, size_t size);
/* The same, filled with zero bytes. */
void *mem_alloc_zero (const char *name, int64_t n, size_t size);
/* Local. Grows or shrinks *block (which may be NULL) keeping its contents; on failure returns -1 and the
 * block is as before. Use: mem_resize ("name", &pointer, n, sizeof *pointer). */
int mem_resize_block (const char *name, void **block, int64_t n, size_t size);
#define mem_resize(name, pointer, n, size) mem_resize_block (name, (void **) (pointer), n, size)
/* Local. Releases and sets the pointer to NULL; NULL is fine. */
void mem_free_block (void **block);
#define mem_free(pointer) mem_free_block ((void **) (pointer))

/* Local. Bytes in use now, and at most so far. */
int64_t mem_used (void);
int64_t mem_peak (void);
/* Local. Gives back to the system what the heap holds free, after a phase that used much: a hint. */
void mem_trim (void);
/* Local. The most that was resident of the whole process so far: code and libraries too, but no block's untouched
 * pages. 0 where the system does not say. */
int64_t mem_resident_peak (void);
/* Local. Starts a second watch: returns the bytes in use now; the other gives the most since then. */
int64_t mem_mark (void);
int64_t mem_peak_since_mark (void);
/* Local. Writes up to `size` bytes of text naming the largest blocks in use; for messages and leak tests. */
void mem_describe (char *text, size_t size);

#endif
