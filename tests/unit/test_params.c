/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that a parameter file is read as meant or refused with every fault and its line, that GADGET-4's
 * collisionless files pass, and that the used values read back to the same bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "params/params.h"
#include "params/pn_terms.h"

#define LEAST "InitCondFile ics\nOutputDir out\nTimeMax 2\nSofteningComovingClass0 0.005\n"

static struct params p;

static enum status read_text (const char *text)
{
  status_clear ();
  return params_from_text ("file", text, (int64_t) strlen (text), &p);
}

static void assert_says (const char *words)
{
  if (!strstr (status_message (), words))
    fail_msg ("'%s' is not said in:\n%s", words, status_message ());
}

static void the_least_file_is_enough (void **state)
{
  (void) state;
  assert_int_equal (read_text (LEAST), ST_OK);
  assert_string_equal (p.InitCondFile, "ics");
  assert_true (p.TimeMax == 2);
  assert_true (isnan (p.TimeBegin));
  assert_int_equal (p.MultipoleOrder, 4);
  assert_string_equal (p.SnapshotFileBase, "snapshot");
  assert_true (params_softening (&p, 4) == 0.005 && params_softening (&p, 5) == 0.005);
  assert_true (params_region_radius (&p) == 3 * 0.005);
  assert_int_equal (params_pn_terms (&p), AREG_PN_ALL);
}

static void forms_of_a_line (void **state)
{
  (void) state;
  char text[20000] =
    "\xEF\xBB\xBFInitCondFile\t \"my ics#1\"\t% comment\r\nOutputDir out#glued\rTimeMax 1e1 ; as in GADGET\n"
    "  SofteningComovingClass0 .5 // also\n\n%%%%\nTimeBegin -0 % ";
  size_t n = strlen (text);

  memset (text + n, 'x', 15000); /* a line longer than any buffer of fixed size */
  strcpy (text + n + 15000, "\nBoxSize 7");
  assert_int_equal (read_text (text), ST_OK);
  assert_string_equal (p.InitCondFile, "my ics#1");
  assert_string_equal (p.OutputDir, "out");
  assert_true (p.TimeMax == 10 && p.BoxSize == 7 && p.TimeBegin == 0 && !signbit (p.TimeBegin));
  assert_int_equal (p.line[PARAM_ROW_BoxSize], 8);
}

static void all_faults_at_once (void **state)
{
  (void) state;
  assert_int_equal (
    read_text ("InitCondFile a\nOutputDirr b\nTimeMax 1\nTimeMax 1\nErrTolTheta nan\nMultipoleOrder 4.5\n"
               "BoxSize 1 2\nErrTolForceAcc\nMinSizeTimestep 1x\nMaxSizeTimestep 1e999\nAsmth 0x1p0\n"
               "MultipoleOrder 9\nPMGrid -1\nOutputListFilename \"a\nxyzzyplugh 1\n"),
    ST_DATA);
  assert_says ("file:2: 'OutputDirr' is no parameter. The nearest known name is OutputDir.");
  assert_says ("file:4: TimeMax is given a second time; the first is in line 3.");
  assert_says ("file:5: ErrTolTheta: 'nan' is not a finite number.");
  assert_says ("file:6: MultipoleOrder: '4.5' is not a whole number.");
  assert_says ("file:7: BoxSize: '2' follows the value.");
  assert_says ("file:8: ErrTolForceAcc has no value.");
  assert_says ("file:9: MinSizeTimestep: '1x' is not a number.");
  assert_says ("file:10: MaxSizeTimestep: '1e999' is not a finite number.");
  assert_says ("file:11: Asmth: '0x1p0' is not a number.");
  assert_says ("file:12: MultipoleOrder is given a second time");
  assert_says ("file:13: PMGrid = -1 is out of range: 0 to 65536");
  assert_says ("file:14: OutputListFilename: the quote is not closed.");
  assert_says ("file:15: 'xyzzyplugh' is no parameter. `catena --parameters`");
  assert_says ("file: OutputDir is missing.");
}

static void relations_are_checked (void **state)
{
  (void) state;
  assert_int_equal (read_text (LEAST "Periodic 0\nPMGrid 31\nComovingIntegrationOn 1\nTimeBegin 2\nOutputListOn 1\n"
                               "KetjuPNTerms 23\nKetjuRegionPhysicalRadius 0.0139\n"), ST_DATA);
  assert_says ("file:6: the mesh of an isolated system needs PMGrid = 32");
  assert_says ("file:7: ComovingIntegrationOn = 1 needs a periodic box");
  assert_says ("file:3: TimeMax is not later");
  assert_says ("file:9: OutputListOn = 1");
  assert_says ("file:10: KetjuPNTerms");
  assert_says ("file:11: KetjuRegionPhysicalRadius is below");
  /* 2.8 times the softening itself is allowed, however its decimal digits round */
  assert_int_equal (read_text (LEAST "KetjuRegionPhysicalRadius 0.014\n"), ST_OK);
  assert_int_equal (read_text ("InitCondFile a\nOutputDir b\nTimeMax 1\n"), ST_DATA);
  assert_says ("no softening length is given");
}

/* A collisionless file as GADGET-4 users have it. */
static void gadget4_file_passes (void **state)
{
  (void) state;
  assert_int_equal (
    read_text (
      "%---- Files\nInitCondFile ./ics/galaxy.dat\nOutputDir ./output\nSnapshotFileBase snapshot\n"
      "OutputListFilename empty.txt\nICFormat 1\nSnapFormat 3\nTimeLimitCPU 180000 % in "
      "seconds\nCpuTimeBetRestartFile 7200\n"
      "MaxMemSize 2300\nTimeBegin 0.0\nTimeMax\t3.0\nComovingIntegrationOn 0\nOmega0 0\nOmegaLambda 0\nOmegaBaryon "
      "0\n"
      "HubbleParam 1.0\nHubble 0\nBoxSize 0\nOutputListOn 0\nTimeBetSnapshot 0.5\nTimeOfFirstSnapshot 0.0\n"
      "TimeBetStatistics 0.05\nNumFilesPerSnapshot 1\nMaxFilesWithConcurrentIO 1\nErrTolIntAccuracy "
      "0.012\nCourantFac 0.15\n"
      "MaxSizeTimestep 0.01\nMinSizeTimestep 0.0\nTypeOfOpeningCriterion 1\nErrTolTheta 0.5\nErrTolThetaMax 0.9\n"
      "ErrTolForceAcc 0.005\nTopNodeFactor 2.5\nActivePartFracForNewDomainDecomp 0.01\nDesNumNgb "
      "64\nMaxNumNgbDeviation 1\n"
      "UnitLength_in_cm 3.085678e21 ; 1.0 kpc/h\nUnitMass_in_g 1.989e43 ; 1e10\nUnitVelocity_in_cm_per_s 1e5\n"
      "GravityConstantInternal 0\nSofteningComovingClass0 0\nSofteningComovingClass1 1.0\nSofteningComovingClass2 "
      "0.4\n"
      "SofteningMaxPhysClass0 0\nSofteningMaxPhysClass1 1.0\nSofteningMaxPhysClass2 0.4\nSofteningClassOfPartType0 "
      "0\n"
      "SofteningClassOfPartType1 1\nSofteningClassOfPartType2 2\nArtBulkViscConst 1.0\nMinEgySpec 0\nInitGasTemp "
      "0\n"),
    ST_OK);
  assert_true (params_softening (&p, 1) == 1 && params_softening (&p, 2) == 0.4);
  assert_non_null (strstr (p.notes, "file:10: MaxMemSize has no meaning here"));
  assert_non_null (strstr (p.notes, "CourantFac"));
  const int64_t good[6] = { 0, 10, 10, 0, 0, 0 }, bad[6] = { 0, 10, 10, 0, 3, 0 };
  assert_int_equal (params_check_types (&p, good), ST_OK);
  assert_int_equal (params_check_types (&p, bad), ST_DATA); /* type 4 falls to class 0, whose length is zero */
  assert_says ("type 4 is in softening class 0");
}

#define COMOVING LEAST "ComovingIntegrationOn 1\nTimeBegin 0.02\nBoxSize 100\n"

static void comoving_relations_are_checked (void **state)
{
  (void) state;
  assert_int_equal (read_text (COMOVING "Omega0 0.3\nOmegaLambda 0.7\nHubbleParam 0.7\n"), ST_OK);
  assert_true (p.Periodic == 1 && p.TimeBetSnapshot == 1.25 && p.Hubble == 0);
  assert_int_equal (read_text (COMOVING "Omega0 1\nPeriodicBoundariesOn 0\n"), ST_DATA); /* Periodic's other name */
  assert_says ("needs a periodic box: set Periodic (or PeriodicBoundariesOn) to 1");
  assert_int_equal (read_text (LEAST "BoxSize 5\nPeriodicBoundariesOn 1\n"), ST_OK);
  assert_int_equal (p.Periodic, 1);
  assert_int_equal (read_text (LEAST "PeriodicBoundariesOn 0\nPeriodic 1\n"), ST_DATA);
  assert_says ("file:6: Periodic is given a second time; the first is in line 5.");
  assert_int_equal (read_text (COMOVING "HubbleParam 0\nTimeBetSnapshot 1\n"), ST_DATA);
  assert_says ("file: ComovingIntegrationOn = 1 needs Omega0 above 0");
  assert_says ("file:8: ComovingIntegrationOn = 1 needs HubbleParam above 0");
  assert_says ("file:9: TimeBetSnapshot is a factor");
  assert_int_equal (read_text (COMOVING "Omega0 0.3\nOmegaLambda 2\n"), ST_DATA); /* bounced: no singularity */
  assert_says ("file:9: Omega0 and OmegaLambda make H(a)^2 negative");
  assert_int_equal (read_text (LEAST "ComovingIntegrationOn 1\nTimeBegin 0\nOmega0 1\n"), ST_DATA);
  assert_says ("file:6: TimeBegin is a scale factor");
  assert_int_equal (read_text (COMOVING "Omega0 1\nSofteningMaxPhysClass0 0\n"), ST_OK);
  assert_int_equal (params_check_types (&p, (int64_t[6]){ 0, 10 }), ST_DATA);
  assert_says ("SofteningMaxPhysClass0 is 0");
}

/* GADGET-4's own example of a dark-matter box, initial conditions by its N-GenIC included. */
static void gadget4_cosmological_file_passes (void **state)
{
  (void) state;
  assert_int_equal (
    read_text (
      "OutputDir ./output\nSnapshotFileBase snapshot\nOutputListFilename outputs.txt\nInitCondFile dummy.dat\n"
      "ICFormat 3\nSnapFormat 3\nTimeLimitCPU 86400\nCpuTimeBetRestartFile 7200\nMaxMemSize 1800\n"
      "TimeBegin 0.015625\nTimeMax 1.0\nComovingIntegrationOn 1\nOmega0 0.308\nOmegaLambda 0.692\n"
      "OmegaBaryon 0.0482\nHubbleParam 0.678\nHubble 100.0\nBoxSize 50.0\nOutputListOn 1\nTimeBetSnapshot 0.0\n"
      "TimeOfFirstSnapshot 0.0\nTimeBetStatistics 0.01\nNumFilesPerSnapshot 1\nMaxFilesWithConcurrentIO 1\n"
      "ErrTolIntAccuracy 0.012\nCourantFac 0.3\nMaxSizeTimestep 0.005\nMinSizeTimestep 0.0\n"
      "TypeOfOpeningCriterion 1\nErrTolTheta 0.75\nErrTolThetaMax 1.0\nErrTolForceAcc 0.002\nTopNodeFactor 2.5\n"
      "ActivePartFracForNewDomainDecomp 0.01\nActivePartFracForPMinsteadOfEwald 0.1\nDesNumNgb 64\n"
      "MaxNumNgbDeviation 1\nUnitLength_in_cm 3.085678e24\nUnitMass_in_g 1.989e43\n"
      "UnitVelocity_in_cm_per_s 1e5\nGravityConstantInternal 0\nSofteningComovingClass0 0.01\n"
      "SofteningComovingClass1 0.02\nSofteningMaxPhysClass0 0.01\nSofteningMaxPhysClass1 0.02\n"
      "SofteningClassOfPartType0 0\nSofteningClassOfPartType1 1\nArtBulkViscConst 1.0\nMinEgySpec 0\n"
      "InitGasTemp 10\nMaxRMSDisplacementFac 0.2\nTypeOfTimestepCriterion 0\nNSample 128\nGridSize 128\n"
      "Seed 181170\nSphereMode 1\n"
      "PowerSpectrumType 2\nReNormalizeInputSpectrum 1\nPrimordialIndex 1.0\nShapeGamma 0.21\nSigma8 0.9\n"
      "PowerSpectrumFile powerspec.txt\nInputSpectrum_UnitLength_in_cm 3.085678e24\n"),
    ST_OK);
  assert_true (p.Periodic == 1 && fabs (params_hubble (&p) - 100) < 1e-12);
  assert_non_null (strstr (p.notes, "Sigma8 has no meaning here"));
  assert_null (strstr (p.notes, "Hubble is not"));
}

static void write_used (char *text, size_t size)
{
  FILE *file = fmemopen (text, size, "w");

  assert_int_equal (params_write_used (&p, file), ST_OK);
  fclose (file);
}

static void used_values_read_back (void **state)
{
  static char text[40000], again[40000];
  static struct params first;

  (void) state;
  assert_int_equal (
    read_text (LEAST "TimeBegin 0.1\nBoxSize 0.30000000000000004\nKetjuPNTerms 245\nSofteningComovingClass5 1e-300\n"
                     "OutputListFilename \"two words\"\n"),
    ST_OK);
  write_used (text, sizeof text);
  first = p;
  assert_int_equal (read_text (text), ST_OK);
  for (int k = 0; k < PARAM_COUNT; k++) {
    const struct param_row *row = &params_rows ()[k];
    const char *a = (const char *) &first + row->offset, *b = (const char *) &p + row->offset;
    size_t size = row->kind == PARAM_KIND_DOUBLE ? sizeof (double)
                  : row->kind == PARAM_KIND_INT  ? sizeof (int)
                                                 : strlen (a) + 1;
    assert_memory_equal (a, b, size); /* bits, NaN of the unset ones included */
  }
  write_used (again, sizeof again);
  assert_non_null (strstr (again, "% SofteningComovingClass3: not given"));
}

static void numbers_ignore_the_locale (void **state)
{
  (void) state;
  /* where no such locale is installed this proves only that setting it fails */
  if (!setlocale (LC_ALL, "de_DE.UTF-8"))
    setlocale (LC_ALL, "C.UTF-8");
  assert_int_equal (read_text (LEAST "BoxSize 1.5\n"), ST_OK);
  assert_true (p.BoxSize == 1.5);
  assert_int_equal (read_text (LEAST "BoxSize 1,5\n"), ST_DATA);
  setlocale (LC_ALL, "C");
}

static void post_newtonian_words (void **state)
{
  static const struct { const char *words; unsigned terms; } cases[] = {
    { "ALL", AREG_PN_ALL }, { "No_Spin", AREG_PN_NO_SPIN }, { "none", AREG_PN_NONE }, { "2", AREG_PN1 },
    { "5", AREG_PN25 }, { "24567", 31 }, { "2Sc", AREG_PN1 | AREG_PN_SPIN | AREG_PN_CROSS },
    { "b2", AREG_PN1 | AREG_PN_STARS }, { "5P", AREG_PN25 | AREG_PN_PARTNERS } };
  unsigned terms;

  (void) state;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    assert_int_equal (pn_terms_parse (cases[k].words, &terms), 0);
    assert_int_equal (terms, cases[k].terms);
  }
  assert_int_equal (pn_terms_parse ("3", &terms), -1);
  assert_int_equal (pn_terms_parse ("4b", &terms), -1);
  assert_int_equal (pn_terms_parse ("", &terms), -1);
  assert_int_equal (pn_terms_parse ("allx", &terms), -1);
}

static void units_follow (void **state)
{
  (void) state;
  assert_int_equal (read_text (LEAST), ST_OK);
  struct units u = params_units (&p);
  /* KETJU's users have G = 43007.1 from an older G; the IAU's G M_sun and parsec give this, to their six digits */
  assert_true (fabs (u.G - 43009.17) < 0.01);
  assert_true (u.c == SPEED_OF_LIGHT_CGS / 1e5);
  assert_int_equal (read_text (LEAST "GravityConstantInternal 1\n"), ST_OK);
  assert_true (params_units (&p).G == 1);
}

/* Defaults must pass the checks that the same values would meet in a file. */
static void defaults_are_in_range (void **state)
{
  (void) state;
  for (int k = 0; k < PARAM_COUNT; k++) {
    const struct param_row *row = &params_rows ()[k];
    assert_false (row->kind != PARAM_KIND_STRING && (row->fallback < row->low || row->fallback > row->high));
    assert_true (strlen (row->words) > 10);
  }
}

static void odd_files_are_refused (void **state)
{
  (void) state;
  status_clear ();
  assert_int_equal (params_from_text ("file", "TimeMax 1\0x", 11, &p), ST_DATA);
  assert_says ("zero bytes");
  assert_int_equal (read_text (""), ST_DATA);
  assert_says ("InitCondFile is missing");
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (the_least_file_is_enough),
                                      cmocka_unit_test (forms_of_a_line),
                                      cmocka_unit_test (all_faults_at_once),
                                      cmocka_unit_test (relations_are_checked),
                                      cmocka_unit_test (gadget4_file_passes),
    cmocka_unit_test (comoving_relations_are_checked), cmocka_unit_test (gadget4_cosmological_file_passes),
                                      cmocka_unit_test (used_values_read_back),
                                      cmocka_unit_test (numbers_ignore_the_locale),
                                      cmocka_unit_test (post_newtonian_words),
                                      cmocka_unit_test (units_follow),
                                      cmocka_unit_test (defaults_are_in_range),
                                      cmocka_unit_test (odd_files_are_refused) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
