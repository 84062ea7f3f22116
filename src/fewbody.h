/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of catena-fewbody: what it is asked for, the file of bodies, the run. None of them exits, and none
 * prints but to the stream it is given; so the program, its tests and a fuzzer all drive the same code. */
#ifndef FEWBODY_H
#define FEWBODY_H

#include "areg.h"
#include <stdio.h>

enum { FEWBODY_KIND_OPEN = INT32_MIN }; /* star or hole is not decided yet */

/* Exit codes, those of sysexits.h. FEWBODY_DONE: nothing is left to do, leave with success. */
enum { FEWBODY_OK = 0, FEWBODY_USAGE = 64, FEWBODY_DATA = 65, FEWBODY_NO_INPUT = 66, FEWBODY_REFUSED = 70,
       FEWBODY_NO_OUTPUT = 74, FEWBODY_DONE = -1 };

struct fewbody
{
  struct areg_options options;
  double t_start, t_end, step_hint;
  int outputs, json, split;
  const char *file, *dump;    /* in the command line, or NULL */
  struct areg_body *bodies;   /* kind FEWBODY_KIND_OPEN, where the file is silent, until fewbody_settle */
  double (*x_low)[3];         /* what the file gives of positions beyond doubles */
  int n, capacity;
  char **own;                 /* words of the file's own options; own[0] is the program's name */
  int n_own, own_capacity;
  char message[320];          /* one sentence on what went wrong */
};

/* fewbody_input.c */
/* Defaults; `task` may hold anything before. */
void fewbody_begin (struct fewbody *task);
void fewbody_end (struct fewbody *task);
/* Reads the command line: 0, FEWBODY_USAGE, or FEWBODY_DONE after --help and --version, whose text goes to `out`. */
int fewbody_command (struct fewbody *task, int argc, char **argv, FILE *out);
/* Reads bodies, and the file's own options ("#!" lines) as words: 0, FEWBODY_DATA, FEWBODY_NO_INPUT, or
 * FEWBODY_REFUSED where memory ends. */
int fewbody_read (struct fewbody *task, FILE *in);
/* Options anew: defaults, then the file's own, then the command line's; bodies get their kinds. 0, FEWBODY_DATA
 * (the file's own options are wrong) or FEWBODY_USAGE. */
int fewbody_settle (struct fewbody *task, int argc, char **argv);

/* fewbody_run.c */
/* Integrates and prints to `out`; an areg_status. Where that is a refusal and `dump` not NULL, *dump becomes the
 * refused system as text, to be freed by the caller, or NULL. */
int fewbody_run (struct fewbody *task, FILE *out, char **dump);
/* The exit code of an areg_status. */
int fewbody_exit (int status);

#endif
