/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves which initial conditions are read (GADGET's table of masses, single precision, 32-bit IDs, SWIFT's
 * header) and that each sort of bad file is refused with its own exit code and a sentence that names the culprit;
 * and that coordinates become integers without losing a bit of a tight binary.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../io_fixture.h"
#include "base/mem.h"
#include "io/hdf.h"
#include "io/snapshot.h"

static struct comm self;
static char dir[64], path[128];
static struct params params;

static int setup (void **state)
{
  (void) state;
  fixture_directory (&self, dir);
  fixture_params (dir, "", &params);
  snprintf (path, sizeof path, "%s/ic.hdf5", dir);
  return 0;
}

static int teardown (void **state)
{
  (void) state;
  fixture_remove (&self, dir);
  return mem_used () != 0;
}

/* ---- a file of two particles, and what is wrong with it ---- */

struct spoiled
{
  int type;            /* of the particles; 4 if 0 */
  int n_header;        /* particles that the header counts; 2 if 0 */
  unsigned promised;   /* NumPart_Total; left out if 0 */
  int width;           /* columns of Coordinates; 3 if 0 */
  const char *without; /* a dataset to leave out */
  double table, mass;  /* MassTable; masses in the dataset, 1 if 0 */
  int integer_x, signed_ids, gas, swift;
  double x[6], spin[6];
};

/* Two rows of a dataset. */
static void put (struct hdf *f, const char *group, const char *name, hid_t type, int width, const void *data,
                 const struct spoiled *s)
{
  char where[64];

  if (s->without && strcmp (s->without, name) == 0)
    return;
  snprintf (where, sizeof where, "%s/%s", group, name);
  hdf_rows_create (f, where, type, width, 2);
  hid_t set = H5Dopen2 (f->id, where, H5P_DEFAULT);
  H5Dwrite (set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  H5Dclose (set);
}

static void write_ic (const struct spoiled *s)
{
  const int type = s->type ? s->type : 4, width = s->width ? s->width : 3;
  const double mass = s->mass != 0 ? s->mass : 1;
  uint32_t n[6] = { 0 }, high[6] = { 0 };
  double table[6] = { 0 }, time = 3, size = 100;
  float x[8] = { 0 }, v[6] = { 1, 2, 3, 4, 5, 6 }, m[2] = { (float) mass, (float) mass };
  int32_t id[2] = { s->signed_ids ? -1 : 1, 2 };
  char group[16];
  struct hdf f;

  assert_int_equal (hdf_create (NULL, path, &f), ST_OK);
  for (int k = 0; k < 6; k++)
    x[k] = (float) s->x[k];
  n[type] = s->n_header ? s->n_header : 2;
  n[0] = s->gas;
  table[type] = s->table;
  hdf_group (&f, "Header");
  hdf_attribute (&f, "Header", s->swift ? "NumPart_Total" : "NumPart_ThisFile", H5T_NATIVE_UINT32, 6, n);
  if (s->promised) {
    uint32_t total[6] = { 0 };
    total[type] = s->promised;
    hdf_attribute (&f, "Header", "NumPart_Total", H5T_NATIVE_UINT32, 6, total);
  }
  hdf_attribute (&f, "Header", "NumPart_Total_HighWord", H5T_NATIVE_UINT32, 6, high);
  hdf_attribute (&f, "Header", "MassTable", H5T_NATIVE_DOUBLE, 6, table);
  hdf_attribute (&f, "Header", "BoxSize", H5T_NATIVE_DOUBLE, 0, &size);
  hdf_attribute (&f, "Header", "Time", H5T_NATIVE_DOUBLE, 1, &time); /* an array of one, as some writers have it */
  snprintf (group, sizeof group, "PartType%d", type);
  hdf_group (&f, group);
  put (&f, group, "Coordinates", s->integer_x ? H5T_NATIVE_INT : H5T_NATIVE_FLOAT, width, x, s);
  put (&f, group, "Velocities", H5T_NATIVE_FLOAT, 3, v, s);
  put (&f, group, "ParticleIDs", s->signed_ids ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32, 1, id, s);
  put (&f, group, "Masses", H5T_NATIVE_FLOAT, 1, m, s);
  if (type == 5)
    put (&f, group, "Spins", H5T_NATIVE_DOUBLE, 3, s->spin, s);
  assert_int_equal (hdf_close (&f), ST_OK);
}

static struct particles p;
static struct holes h;
static struct box box;
static double file_time;

static void drop (void)
{
  particles_free (&p);
  holes_free (&h);
}

static enum status read_ic (const char *file)
{
  drop ();
  status_clear ();
  return snapshot_read (&self, &params, file, &box, &p, &h, &file_time);
}

static void expect_fault (const char *file, enum status st, const char *words)
{
  assert_int_equal (read_ic (file), st);
  if (!strstr (status_message (), words))
    printf ("said: %s\nwanted: %s\n", status_message (), words);
  assert_non_null (strstr (status_message (), words));
  status_clear ();
  drop ();
}

static void refuse (struct spoiled s, const char *words)
{
  write_ic (&s);
  expect_fault (path, ST_DATA, words);
}

static void test_kinds_that_are_read (void **state)
{
  static const struct spoiled kinds[] = { { 0 },
                                          { .table = 2, .without = "Masses" },
                                          { .swift = 1 },
                                          { .promised = 2 },
                                          { .type = 1, .table = 1 } };

  (void) state;
  for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
    struct spoiled s = kinds[k];
    s.x[0] = 1;
    write_ic (&s);
    enum status st = read_ic (path);
    if (st != ST_OK)
      printf ("%s\n", status_message ());
    assert_int_equal (st, ST_OK);
    assert_true (p.n == 2 && p.id[1] == 2 && p.velocity[1][2] == 6 && p.type[0] == (s.type ? s.type : 4));
    assert_true (p.mass[0] == (s.table > 0 ? s.table : 1) && file_time == 3 && !box.periodic);
  }
  drop ();
}

static void test_bad_contents (void **state)
{
  (void) state;
  refuse ((struct spoiled){ .gas = 7 }, "7 gas particles");
  refuse ((struct spoiled){ .n_header = 3 }, "PartType4/Coordinates has 2 x 3 values, and the header asks for 3 x 3");
  refuse ((struct spoiled){ .promised = 5 },
          "NumPart_Total promises 5 particles of type 4, and the 1 file of the set hold 2");
  refuse ((struct spoiled){ .width = 2 }, "PartType4/Coordinates has 2 x 2 values");
  refuse ((struct spoiled){ .without = "Velocities" }, "PartType4/Velocities is missing");
  refuse ((struct spoiled){ .without = "Masses" }, "PartType4/Masses is missing");
  refuse ((struct spoiled){ .integer_x = 1 }, "PartType4/Coordinates must hold floating-point numbers");
  refuse ((struct spoiled){ .signed_ids = 1 }, "negative ID -1");
  refuse ((struct spoiled){ .mass = -1 }, "2 particles have masses not above zero: IDs 1, 2");
  refuse ((struct spoiled){ .table = 2 }, "MassTable says 2");
  refuse ((struct spoiled){ .x = { 0, NAN } }, "1 particle has a NaN or infinite coordinate: ID 1");
  refuse ((struct spoiled){ .x = { 0, 0, 0, INFINITY } }, "infinite coordinate: ID 2");
  /* G m^2/c with m = 1: 43007.1/299792.458 = 0.1435 */
  refuse ((struct spoiled){ .type = 5, .spin = { 0.1, 0, 0, 0.1, 0.12 } },
          "1 SMBH has a spin above the maximum G m^2/c: ID 2");
}

static void test_bad_files (void **state)
{
  FILE *f;

  (void) state;
  write_ic (&(struct spoiled){ 0 });
  assert_int_equal (truncate (path, fixture_size (path) - 40), 0);
  expect_fault (path, ST_DATA, "truncated");
  f = fopen (path, "w");
  fputs ("no HDF5 at all\n", f);
  fclose (f);
  expect_fault (path, ST_DATA, "is not an HDF5 file");
  assert_int_equal (truncate (path, 0), 0);
  expect_fault (path, ST_DATA, "is not an HDF5 file (0 bytes)");
  expect_fault (dir, ST_NOINPUT, "as a directory");
  expect_fault ("none_of_this", ST_NOINPUT, "none_of_this.0.hdf5");
}

/* A particle 1e30 away makes the box large, not the memory. */
static void test_far_particle (void **state)
{
  (void) state;
  write_ic (&(struct spoiled){ .x = { 1e30 } });
  assert_int_equal (read_ic (path), ST_OK);
  double far = box_difference (&box, p.position[0][0], p.position[1][0]);
  /* single precision in the file; one step of the box is 2^-64 of it */
  assert_true (fabs (far / (float) 1e30 - 1) < 1e-12 && box.length >= 2e30 && box.length < 16e30);
  drop ();
}

/* Two SMBHs that a double can only just tell apart, somewhere and at the origin: the table's fractions keep every
 * bit, through writing and reading. */
static void test_tight_binary (void **state)
{
  static const double places[] = { 1.2345678901234567, 0, 1e-17 };
  struct particles pair = { 0 };
  struct holes table = { 0 };
  struct box wide = { .corner = { -8, -8, -8 }, .length = 16 };

  (void) state;
  assert_int_equal (particles_reserve (&pair, 3), ST_OK);
  assert_int_equal (holes_reserve (&table, 2), ST_OK);
  pair.n = 3;
  table.n = 2;
  for (size_t k = 0; k < sizeof places / sizeof places[0]; k++) {
    double x[3][3] = { { places[k] }, { places[k] == 0 ? 3e-20 : nextafter (places[k], 2) }, { 2, 2, 2 } };
    for (int i = 0; i < 3; i++) {
      double fraction[3] = { 0 };
      box_to_integer (&wide, x[i], pair.position[i], fraction);
      memset (pair.velocity[i], 0, sizeof pair.velocity[i]);
      pair.mass[i] = 1;
      pair.potential[i] = 0;
      pair.id[i] = i + 1;
      pair.type[i] = i < 2 ? TYPE_HOLE : TYPE_STAR;
      pair.flags[i] = 0;
      if (i < 2) {
        table.id[i] = i + 1;
        memset (table.spin[i], 0, sizeof table.spin[i]);
        memcpy (table.fraction[i], fraction, sizeof fraction);
      }
    }
    assert_int_equal (snapshot_write_file (&self, path, &params, &wide, &pair, &table, 0), ST_OK);
    assert_int_equal (read_ic (path), ST_OK);
    int a = p.id[0] == 3 ? 1 : 0; /* the star's type comes first */
    double steps =
      (double) (int64_t) (p.position[a + 1][0] - p.position[a][0]) + (h.fraction[1][0] - h.fraction[0][0]);
    double apart = steps * (box.length * 0x1p-64);
    /* A fraction is a double between -1/2 and 1/2: 2^-53 of a step of 8 x 2^-64 is 5e-35 */
    assert_true (fabs (apart - (x[1][0] - x[0][0])) < 1e-34);
  }
  particles_free (&pair);
  holes_free (&table);
  drop ();
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_kinds_that_are_read), cmocka_unit_test (test_bad_contents),
    cmocka_unit_test (test_bad_files),           cmocka_unit_test (test_far_particle),
    cmocka_unit_test (test_tight_binary),
  };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &self);
  int failed = cmocka_run_group_tests (tests, setup, teardown);
  comm_free (&self);
  MPI_Finalize ();
  return failed;
}
