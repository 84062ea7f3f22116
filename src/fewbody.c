/* SPDX-License-Identifier: GPL-3.0-or-later */
/* catena-fewbody: the regularised integrator from the command line.
 *
 * Reads bodies as text, advances them, prints what it cost and what came out. Numbers are read and written with 17
 * digits, so a run cut in two by hand equals the library's own. What there is to go wrong ends in one sentence on
 * stderr and an exit code that says whose fault it was.
 */
#include "fewbody.h"
#include <stdlib.h>
#include <string.h>

static int fail (int code, const char *what, const char *more)
{
  fprintf (stderr, "catena-fewbody: %s%s\n", what, more);
  return code;
}

static int file_read (struct fewbody *task)
{
  FILE *in = strcmp (task->file, "-") ? fopen (task->file, "r") : stdin;
  if (!in)
    return fail (FEWBODY_NO_INPUT, "cannot open ", task->file);
  const int code = fewbody_read (task, in);
  if (in != stdin)
    fclose (in);
  return code ? fail (code, task->message, "") : 0;
}

/* 0, or a fault said. */
static int dump_write (const char *path, const char *text)
{
  FILE *out = fopen (path, "w");
  const int bad = !out || fputs (text, out) == EOF;
  return (out && fclose (out)) || bad ? fail (FEWBODY_NO_OUTPUT, "cannot write ", path) : 0;
}

static int run (struct fewbody *task)
{
  char *dump = NULL;
  int code = fewbody_exit (fewbody_run (task, stdout, task->dump ? &dump : NULL));
  if (code)
    fail (code, task->message, "");
  if (dump && dump_write (task->dump, dump))
    code = FEWBODY_NO_OUTPUT;
  free (dump);
  if ((fflush (stdout) || ferror (stdout)) && !code)
    code = fail (FEWBODY_NO_OUTPUT, "the output could not be written", "");
  return code;
}

int main (int argc, char **argv)
{
  struct fewbody task;
  fewbody_begin (&task);
  int code = fewbody_command (&task, argc, argv, stdout);
  if (code > 0)
    fail (code, task.message, "");
  else if (!code && !task.file)
    code = fail (FEWBODY_USAGE, "a file of bodies is needed, or - for standard input; --help tells more", "");
  if (!code)
    code = file_read (&task);
  if (!code && (code = fewbody_settle (&task, argc, argv)))
    fail (code, task.message, "");
  if (!code)
    code = run (&task);
  fewbody_end (&task);
  return code == FEWBODY_DONE ? FEWBODY_OK : code;
}
