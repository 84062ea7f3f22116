/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See output.h. A file is safe when three things have reached the disk in this order: its bytes (fsync), its name
 * (rename), and the directory that holds the name (fsync of the directory). A crash between any two leaves the
 * former state.
 *
 * --force removes files by pattern, only those that this program writes: a directory that also holds somebody's
 * notes or initial conditions keeps them.
 */
#define _GNU_SOURCE /* fallocate */
#include "io/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char temporary_suffix[] = ".tmp";

/* What a run leaves. The first group tells that a run is there; the second goes with it; the third tells why a run
 * did not come up, and goes under --force only. A pattern that ends in a slash is a directory, emptied of such files
 * and removed if nothing else is in it. */
static const char *const run_patterns[] = { "snapshot_*.hdf5", "snapdir_*/",  "ketju_bhs.hdf5",
                                            "restartfiles/",   "energy.txt",  "info.txt",
                                            "mergers.txt",     NULL };
static const char *const log_patterns[] = { "conservation.csv", "timebins.txt",    "cpu.csv",
                                            "regions.csv",      "star_events.csv", NULL };
static const char *const other_patterns[] = { "log.txt", "parameters-usedvalues", "region-*.areg", "forces.hdf5",
                                              NULL };
static const char *const inner_patterns[] = { "snapshot_*.hdf5", "checkpoint_*.hdf5", "ketju_bhs.hdf5", "*.tmp",
                                              NULL };

static int matches (const char *name, int is_directory, const char *const *patterns)
{
  char key[300];

  snprintf (key, sizeof key, "%s%s", name, is_directory ? "/" : "");
  for (int k = 0; patterns[k]; k++)
    if (fnmatch (patterns[k], key, 0) == 0)
      return 1;
  return 0;
}

static int is_directory (const char *path)
{
  struct stat about;

  return lstat (path, &about) == 0 && S_ISDIR (about.st_mode);
}

static int is_temporary (const char *name)
{
  size_t n = strlen (name), m = strlen (temporary_suffix);

  return n > m && strcmp (name + n - m, temporary_suffix) == 0;
}

/* Calls `act` for each entry of the directory that matches; its first failure ends it. */
typedef enum status visit (const char *dir, const char *name, int directory, void *context);

static enum status each_entry (const char *dir, visit *act, void *context)
{
  DIR *list = opendir (dir);
  enum status st = ST_OK;
  char path[OUTPUT_PATH];

  if (!list)
    return ST_OK;
  for (struct dirent *e = readdir (list); e && st == ST_OK; e = readdir (list)) {
    if (strcmp (e->d_name, ".") == 0 || strcmp (e->d_name, "..") == 0)
      continue;
    if (snprintf (path, sizeof path, "%s/%s", dir, e->d_name) >= (int) sizeof path)
      continue; /* longer than any name of ours */
    st = act (dir, e->d_name, is_directory (path), context);
  }
  closedir (list);
  return st;
}

static enum status remove_file (const char *dir, const char *name)
{
  char path[OUTPUT_PATH];

  if (snprintf (path, sizeof path, "%s/%s", dir, name) >= (int) sizeof path || unlink (path) != 0)
    return status_fail (ST_CANTCREAT, "Cannot remove %s of the former run: %s.", path, strerror (errno));
  return ST_OK;
}

static enum status remove_inner (const char *dir, const char *name, int directory, void *context)
{
  (void) context;
  return !directory && matches (name, 0, inner_patterns) ? remove_file (dir, name) : ST_OK;
}

static enum status remove_former (const char *dir, const char *name, int directory, void *context)
{
  const char *const *others = context; /* further patterns, or none */
  char path[OUTPUT_PATH];

  if (!matches (name, directory, run_patterns) && !matches (name, directory, log_patterns)
      && !(others && matches (name, directory, others)))
    return ST_OK;
  if (!directory)
    return remove_file (dir, name);
  snprintf (path, sizeof path, "%s/%s", dir, name);
  enum status st = each_entry (path, remove_inner, NULL);
  rmdir (path); /* stays if it holds something that is not ours */
  return st;
}

static enum status remove_temporary (const char *dir, const char *name, int directory, void *context)
{
  char path[OUTPUT_PATH];

  if (!directory)
    return is_temporary (name) && matches (name, 0, (const char *const[]){ "*.hdf5.tmp", NULL })
             ? remove_file (dir, name)
             : ST_OK;
  if (!context || !matches (name, 1, run_patterns))
    return ST_OK;
  snprintf (path, sizeof path, "%s/%s", dir, name);
  return each_entry (path, remove_temporary, NULL);
}

struct found
{
  char names[256];
  int n;
};

static int is_empty_directory (const char *path)
{
  DIR *list = opendir (path);
  int n = 0;

  while (list && readdir (list))
    n++;
  if (list)
    closedir (list);
  return n <= 2;
}

static enum status note_run (const char *dir, const char *name, int directory, void *context)
{
  struct found *found = context;
  char path[OUTPUT_PATH];

  snprintf (path, sizeof path, "%s/%s", dir, name);
  if (!matches (name, directory, run_patterns) || (directory && is_empty_directory (path)))
    return ST_OK;
  size_t used = strlen (found->names);
  if (found->n++ < 4)
    snprintf (found->names + used, sizeof found->names - used, "%s%s", used ? ", " : "", name);
  return ST_OK;
}

enum status output_directory (const char *path)
{
  if (mkdir (path, 0777) == 0)
    return ST_OK;
  if (errno == EEXIST) {
    struct stat about;
    if (stat (path, &about) == 0 && S_ISDIR (about.st_mode))
      return ST_OK;
    return status_fail (ST_CANTCREAT, "%s is in the way: it is a file, and a directory of that name is needed.",
                        path);
  }
  return status_fail (ST_CANTCREAT, "Cannot create the directory %s: %s.", path, strerror (errno));
}

/* mkdir -p */
static enum status create_path (const char *dir)
{
  char path[OUTPUT_PATH];
  enum status st = ST_OK;

  snprintf (path, sizeof path, "%s", dir);
  for (char *c = path + 1; *c && st == ST_OK; c++)
    if (*c == '/') {
      *c = '\0';
      st = output_directory (path);
      *c = '/';
    }
  return st == ST_OK ? output_directory (path) : st;
}

static enum status prepare (const char *dir, enum output_mode mode)
{
  struct found found = { "", 0 };
  enum status st = create_path (dir);

  if (st == ST_OK && access (dir, W_OK | X_OK) != 0)
    st = status_fail (ST_CANTCREAT, "Cannot write in the directory %s: %s.", dir, strerror (errno));
  if (st == ST_OK)
    st = each_entry (dir, remove_temporary, &found);
  if (st == ST_OK && mode == OUTPUT_NEW)
    st = each_entry (dir, note_run, &found);
  if (found.n > 0)
    return status_fail (ST_CANTCREAT,
                        "The output directory %s already holds a run (%s%s). Give flag 1 (or --resume) to continue "
                        "it, "
                        "--force to remove its output and start anew, or choose another OutputDir.",
                        dir, found.names, found.n > 4 ? ", ..." : "");
  if (st == ST_OK && mode == OUTPUT_FORCE)
    st = each_entry (dir, remove_former, (void *) other_patterns);
  return st;
}

enum status output_prepare (const struct comm *comm, const char *dir, enum output_mode mode)
{
  return status_agree (comm, comm->rank == 0 ? prepare (dir, mode) : ST_OK, NULL);
}

enum status output_take_back (const char *dir)
{
  return each_entry (dir, remove_former, NULL);
}

void output_temporary (const char *path, char *out, size_t size)
{
  snprintf (out, size, "%s%s", path, temporary_suffix);
}

/* Pushes a file or a directory to the disk. A file system that cannot sync a directory says EINVAL: no fault. */
static int sync_path (const char *path, int flags)
{
  int file = open (path, flags | O_CLOEXEC);
  struct stat about;
  int failed = file < 0;

  if (!failed && !(flags & O_DIRECTORY)) /* gives back what output_take_space took too much */
    failed = fstat (file, &about) != 0 || ftruncate (file, about.st_size) != 0;
  failed = failed || (fsync (file) != 0 && errno != EINVAL);
  int why = errno;
  if (file >= 0)
    close (file);
  errno = why;
  return failed;
}

static void directory_of (const char *path, char *out, size_t size)
{
  const char *slash = strrchr (path, '/');

  if (slash)
    snprintf (out, size, "%.*s", (int) (slash == path ? 1 : slash - path), path);
  else
    snprintf (out, size, ".");
}

enum status output_commit (const char *path)
{
  char temporary[OUTPUT_PATH], dir[OUTPUT_PATH];

  output_temporary (path, temporary, sizeof temporary);
  directory_of (path, dir, sizeof dir);
  if (sync_path (temporary, O_RDWR) || rename (temporary, path) != 0 || sync_path (dir, O_RDONLY | O_DIRECTORY)) {
    enum status st = status_fail (ST_IOERR, "Cannot bring %s to the disk: %s.", path, strerror (errno));
    unlink (temporary);
    return st;
  }
  return ST_OK;
}

/* fallocate keeps the contents. Not all file systems know it, and there the writes themselves will tell. */
static int reserve (int file, int64_t bytes)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && (rlim_t) bytes > limit.rlim_cur)
    return EFBIG;
  if (bytes == 0 || fallocate (file, FALLOC_FL_KEEP_SIZE, 0, bytes) == 0 || errno == EOPNOTSUPP || errno == ENOSYS)
    return 0;
  return errno;
}

/* With an open file, which it closes. */
static enum status take_space (const char *path, int file, int64_t bytes)
{
  struct statvfs fs;
  double there = statvfs (path, &fs) == 0 ? (double) fs.f_bavail * (double) fs.f_frsize : -1;
  int why = reserve (file, bytes);

  close (file);
  if (why == 0)
    return ST_OK;
  return status_fail (ST_IOERR, "Cannot write %s: %s. It needs %.3f MB, and %.3f MB are free. Make room and resume.",
                      path, strerror (why), (double) bytes * 1e-6, there * 1e-6);
}

enum status output_take_space (const char *path, int64_t bytes)
{
  int file = open (path, O_RDWR | O_CLOEXEC);

  if (file < 0)
    return status_fail (ST_IOERR, "Cannot write %s: %s.", path, strerror (errno));
  return take_space (path, file, bytes);
}

enum status output_try_space (const char *path, int64_t bytes)
{
  int file = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

  if (file < 0)
    return status_fail (errno == ENOSPC || errno == EDQUOT ? ST_IOERR : ST_CANTCREAT, "Cannot create %s: %s.", path,
                        strerror (errno));
  enum status st = take_space (path, file, bytes);
  if (st != ST_OK)
    unlink (path);
  return st;
}

/* Copies all bytes between two open files. */
static int copy_bytes (int from, int to)
{
  static const size_t size = 1 << 20;
  char *buffer = malloc (size);
  ssize_t n = buffer ? 0 : -1;

  while (buffer && (n = read (from, buffer, size)) > 0)
    for (ssize_t done = 0, m; done < n; done += m)
      if ((m = write (to, buffer + done, n - done)) < 0) {
        free (buffer);
        return -1;
      }
  free (buffer);
  return n < 0 ? -1 : 0;
}

enum status output_copy (const char *from, const char *to)
{
  char temporary[OUTPUT_PATH];

  output_temporary (to, temporary, sizeof temporary);
  int in = open (from, O_RDONLY | O_CLOEXEC);
  int out = open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int failed = in < 0 || out < 0 || copy_bytes (in, out) != 0;
  int why = errno;
  if (in >= 0)
    close (in);
  if (out >= 0 && close (out) != 0)
    failed = 1;
  if (!failed)
    return output_commit (to);
  unlink (temporary);
  return status_fail (ST_IOERR, "Cannot copy %s to %s: %s.", from, to, strerror (why));
}
