/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds the files named on the command line to the fuzzer's harness: all come back, each within its time.
 *
 * A tiny input that takes more than a second of processor time is a hang (under valgrind
 * more is granted, by --seconds N as first argument; with a sanitizer by itself). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

enum { MOST = 1 << 20 };
#ifdef __SANITIZE_ADDRESS__
static const double patience = 30;
#else
static const double patience = 1;
#endif

int main (int argc, char **argv)
{
  static unsigned char data[MOST];
  double limit = 1;
  int slow = 0, first = 1;
  if (argc > 2 && !strcmp (argv[1], "--seconds")) {
    limit = atof (argv[2]);
    first = 3;
  }
  for (int i = first; i < argc; i++) {
    FILE *in = fopen (argv[i], "rb");
    if (!in) {
      fprintf (stderr, "cannot open %s\n", argv[i]);
      return 1;
    }
    const size_t size = fread (data, 1, MOST, in);
    fclose (in);
    printf ("%s\n", argv[i]); /* last seen is the one that crashed */
    fflush (stdout);
    const clock_t began = clock ();
    LLVMFuzzerTestOneInput (data, size);
    const double spent = (double) (clock () - began) / CLOCKS_PER_SEC;
    if (spent > limit * patience) {
      printf ("%s: %.1f s\n", argv[i], spent);
      slow++;
    }
  }
  printf ("%d inputs, %d too slow\n", argc - first, slow);
  return slow > 0;
}
