/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fourier transforms of a real cube of n^3 numbers that lies spread over the ranks: the same bits on any number of
 * ranks and threads.
 *
 * The cube is held as lines. Before a transform a line is a column of z at one (x, y), `filled` x `filled` of them in
 * the order x, y; what lies at x, y or z >= filled is zero and, in x and y, not stored. Afterwards a line holds all
 * n wave numbers of x at one (kz, ky), (n/2 + 1) x n of them in the order kz, ky. Lines are dealt out evenly in their
 * order, so that a rank may hold slabs, pencils or nothing.
 */
#ifndef CATENA_FFT_H
#define CATENA_FFT_H

#include <complex.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"

struct fft;

/* Local, for a communicator that outlives it. filled <= n. *out belongs to the caller (fft_free).
 * ST_MEMORY; ST_DATA if one message would hold more than MPI can count. */
enum status fft_create (const struct comm *comm, int n, int filled, struct fft **out);
void fft_free (struct fft **fft);

/* Local. Complex numbers in each of the two arrays that a transform needs. */
int64_t fft_room (const struct fft *fft);
/* Local. A column of z begins every so many complex numbers: n/2 + 1. */
int fft_pitch (const struct fft *fft);
/* Local. Columns [first (rank), first (rank + 1)) lie on a rank; who has a column. */
int64_t fft_first_column (const struct fft *fft, int rank);
int fft_owner (const struct fft *fft, int64_t column);
/* Local. The same of the lines after the transform. */
int64_t fft_first_mode (const struct fft *fft, int rank);

/* Collective. a: on entry this rank's columns (real numbers, a column every 2 fft_pitch doubles), on return its
 * transformed lines; b: as large, overwritten. Sign -1, not normalised. */
void fft_forward (struct fft *fft, double complex *a, double complex *b);
/* Collective. The way back, sign +1; forward and back multiply by n^3. Only filled columns come back. */
void fft_backward (struct fft *fft, double complex *a, double complex *b);
/* Local. Bytes sent to other ranks since the last call. */
int64_t fft_bytes_sent (struct fft *fft);

#endif
