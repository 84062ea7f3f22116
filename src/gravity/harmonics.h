/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Written by harmonics.py: change that, not this. Harmonic expansions in Cartesian form; see doc/gravity.md. */
#ifdef HARMONICS_TABLES
enum { MONOMIALS_MAX = 56, COEFFICIENTS_MAX = 33, LOCAL_MAX = 36 };

/* (q + d)^k = sum_j binomial q^j d^(k-j): indices of k, j and k - j. */
enum { SHIFT_TERMS = 462 };
static const struct { unsigned char to, from, power, weight; } shift_term[SHIFT_TERMS] = {
  { 0, 0, 0, 1 }, { 1, 0, 1, 1 }, { 1, 1, 0, 1 }, { 2, 0, 2, 1 }, { 2, 2, 0, 1 }, { 3, 0, 3, 1 },
  { 3, 3, 0, 1 }, { 4, 0, 4, 1 }, { 4, 1, 1, 2 }, { 4, 4, 0, 1 }, { 5, 0, 5, 1 }, { 5, 1, 2, 1 },
  { 5, 2, 1, 1 }, { 5, 5, 0, 1 }, { 6, 0, 6, 1 }, { 6, 1, 3, 1 }, { 6, 3, 1, 1 }, { 6, 6, 0, 1 },
  { 7, 0, 7, 1 }, { 7, 2, 2, 2 }, { 7, 7, 0, 1 }, { 8, 0, 8, 1 }, { 8, 2, 3, 1 }, { 8, 3, 2, 1 },
  { 8, 8, 0, 1 }, { 9, 0, 9, 1 }, { 9, 3, 3, 2 }, { 9, 9, 0, 1 }, { 10, 0, 10, 1 }, { 10, 1, 4, 3 },
  { 10, 4, 1, 3 }, { 10, 10, 0, 1 }, { 11, 0, 11, 1 }, { 11, 1, 5, 2 }, { 11, 2, 4, 1 }, { 11, 4, 2, 1 },
  { 11, 5, 1, 2 }, { 11, 11, 0, 1 }, { 12, 0, 12, 1 }, { 12, 1, 6, 2 }, { 12, 3, 4, 1 }, { 12, 4, 3, 1 },
  { 12, 6, 1, 2 }, { 12, 12, 0, 1 }, { 13, 0, 13, 1 }, { 13, 1, 7, 1 }, { 13, 2, 5, 2 }, { 13, 5, 2, 2 },
  { 13, 7, 1, 1 }, { 13, 13, 0, 1 }, { 14, 0, 14, 1 }, { 14, 1, 8, 1 }, { 14, 2, 6, 1 }, { 14, 3, 5, 1 },
  { 14, 5, 3, 1 }, { 14, 6, 2, 1 }, { 14, 8, 1, 1 }, { 14, 14, 0, 1 }, { 15, 0, 15, 1 }, { 15, 1, 9, 1 },
  { 15, 3, 6, 2 }, { 15, 6, 3, 2 }, { 15, 9, 1, 1 }, { 15, 15, 0, 1 }, { 16, 0, 16, 1 }, { 16, 2, 7, 3 },
  { 16, 7, 2, 3 }, { 16, 16, 0, 1 }, { 17, 0, 17, 1 }, { 17, 2, 8, 2 }, { 17, 3, 7, 1 }, { 17, 7, 3, 1 },
  { 17, 8, 2, 2 }, { 17, 17, 0, 1 }, { 18, 0, 18, 1 }, { 18, 2, 9, 1 }, { 18, 3, 8, 2 }, { 18, 8, 3, 2 },
  { 18, 9, 2, 1 }, { 18, 18, 0, 1 }, { 19, 0, 19, 1 }, { 19, 3, 9, 3 }, { 19, 9, 3, 3 }, { 19, 19, 0, 1 },
  { 20, 0, 20, 1 }, { 20, 1, 10, 4 }, { 20, 4, 4, 6 }, { 20, 10, 1, 4 }, { 20, 20, 0, 1 }, { 21, 0, 21, 1 },
  { 21, 1, 11, 3 }, { 21, 2, 10, 1 }, { 21, 4, 5, 3 }, { 21, 5, 4, 3 }, { 21, 10, 2, 1 }, { 21, 11, 1, 3 },
  { 21, 21, 0, 1 }, { 22, 0, 22, 1 }, { 22, 1, 12, 3 }, { 22, 3, 10, 1 }, { 22, 4, 6, 3 }, { 22, 6, 4, 3 },
  { 22, 10, 3, 1 }, { 22, 12, 1, 3 }, { 22, 22, 0, 1 }, { 23, 0, 23, 1 }, { 23, 1, 13, 2 }, { 23, 2, 11, 2 },
  { 23, 4, 7, 1 }, { 23, 5, 5, 4 }, { 23, 7, 4, 1 }, { 23, 11, 2, 2 }, { 23, 13, 1, 2 }, { 23, 23, 0, 1 },
  { 24, 0, 24, 1 }, { 24, 1, 14, 2 }, { 24, 2, 12, 1 }, { 24, 3, 11, 1 }, { 24, 4, 8, 1 }, { 24, 5, 6, 2 },
  { 24, 6, 5, 2 }, { 24, 8, 4, 1 }, { 24, 11, 3, 1 }, { 24, 12, 2, 1 }, { 24, 14, 1, 2 }, { 24, 24, 0, 1 },
  { 25, 0, 25, 1 }, { 25, 1, 15, 2 }, { 25, 3, 12, 2 }, { 25, 4, 9, 1 }, { 25, 6, 6, 4 }, { 25, 9, 4, 1 },
  { 25, 12, 3, 2 }, { 25, 15, 1, 2 }, { 25, 25, 0, 1 }, { 26, 0, 26, 1 }, { 26, 1, 16, 1 }, { 26, 2, 13, 3 },
  { 26, 5, 7, 3 }, { 26, 7, 5, 3 }, { 26, 13, 2, 3 }, { 26, 16, 1, 1 }, { 26, 26, 0, 1 }, { 27, 0, 27, 1 },
  { 27, 1, 17, 1 }, { 27, 2, 14, 2 }, { 27, 3, 13, 1 }, { 27, 5, 8, 2 }, { 27, 6, 7, 1 }, { 27, 7, 6, 1 },
  { 27, 8, 5, 2 }, { 27, 13, 3, 1 }, { 27, 14, 2, 2 }, { 27, 17, 1, 1 }, { 27, 27, 0, 1 }, { 28, 0, 28, 1 },
  { 28, 1, 18, 1 }, { 28, 2, 15, 1 }, { 28, 3, 14, 2 }, { 28, 5, 9, 1 }, { 28, 6, 8, 2 }, { 28, 8, 6, 2 },
  { 28, 9, 5, 1 }, { 28, 14, 3, 2 }, { 28, 15, 2, 1 }, { 28, 18, 1, 1 }, { 28, 28, 0, 1 }, { 29, 0, 29, 1 },
  { 29, 1, 19, 1 }, { 29, 3, 15, 3 }, { 29, 6, 9, 3 }, { 29, 9, 6, 3 }, { 29, 15, 3, 3 }, { 29, 19, 1, 1 },
  { 29, 29, 0, 1 }, { 30, 0, 30, 1 }, { 30, 2, 16, 4 }, { 30, 7, 7, 6 }, { 30, 16, 2, 4 }, { 30, 30, 0, 1 },
  { 31, 0, 31, 1 }, { 31, 2, 17, 3 }, { 31, 3, 16, 1 }, { 31, 7, 8, 3 }, { 31, 8, 7, 3 }, { 31, 16, 3, 1 },
  { 31, 17, 2, 3 }, { 31, 31, 0, 1 }, { 32, 0, 32, 1 }, { 32, 2, 18, 2 }, { 32, 3, 17, 2 }, { 32, 7, 9, 1 },
  { 32, 8, 8, 4 }, { 32, 9, 7, 1 }, { 32, 17, 3, 2 }, { 32, 18, 2, 2 }, { 32, 32, 0, 1 }, { 33, 0, 33, 1 },
  { 33, 2, 19, 1 }, { 33, 3, 18, 3 }, { 33, 8, 9, 3 }, { 33, 9, 8, 3 }, { 33, 18, 3, 3 }, { 33, 19, 2, 1 },
  { 33, 33, 0, 1 }, { 34, 0, 34, 1 }, { 34, 3, 19, 4 }, { 34, 9, 9, 6 }, { 34, 19, 3, 4 }, { 34, 34, 0, 1 },
  { 35, 0, 35, 1 }, { 35, 1, 20, 5 }, { 35, 4, 10, 10 }, { 35, 10, 4, 10 }, { 35, 20, 1, 5 }, { 35, 35, 0, 1 },
  { 36, 0, 36, 1 }, { 36, 1, 21, 4 }, { 36, 2, 20, 1 }, { 36, 4, 11, 6 }, { 36, 5, 10, 4 }, { 36, 10, 5, 4 },
  { 36, 11, 4, 6 }, { 36, 20, 2, 1 }, { 36, 21, 1, 4 }, { 36, 36, 0, 1 }, { 37, 0, 37, 1 }, { 37, 1, 22, 4 },
  { 37, 3, 20, 1 }, { 37, 4, 12, 6 }, { 37, 6, 10, 4 }, { 37, 10, 6, 4 }, { 37, 12, 4, 6 }, { 37, 20, 3, 1 },
  { 37, 22, 1, 4 }, { 37, 37, 0, 1 }, { 38, 0, 38, 1 }, { 38, 1, 23, 3 }, { 38, 2, 21, 2 }, { 38, 4, 13, 3 },
  { 38, 5, 11, 6 }, { 38, 7, 10, 1 }, { 38, 10, 7, 1 }, { 38, 11, 5, 6 }, { 38, 13, 4, 3 }, { 38, 21, 2, 2 },
  { 38, 23, 1, 3 }, { 38, 38, 0, 1 }, { 39, 0, 39, 1 }, { 39, 1, 24, 3 }, { 39, 2, 22, 1 }, { 39, 3, 21, 1 },
  { 39, 4, 14, 3 }, { 39, 5, 12, 3 }, { 39, 6, 11, 3 }, { 39, 8, 10, 1 }, { 39, 10, 8, 1 }, { 39, 11, 6, 3 },
  { 39, 12, 5, 3 }, { 39, 14, 4, 3 }, { 39, 21, 3, 1 }, { 39, 22, 2, 1 }, { 39, 24, 1, 3 }, { 39, 39, 0, 1 },
  { 40, 0, 40, 1 }, { 40, 1, 25, 3 }, { 40, 3, 22, 2 }, { 40, 4, 15, 3 }, { 40, 6, 12, 6 }, { 40, 9, 10, 1 },
  { 40, 10, 9, 1 }, { 40, 12, 6, 6 }, { 40, 15, 4, 3 }, { 40, 22, 3, 2 }, { 40, 25, 1, 3 }, { 40, 40, 0, 1 },
  { 41, 0, 41, 1 }, { 41, 1, 26, 2 }, { 41, 2, 23, 3 }, { 41, 4, 16, 1 }, { 41, 5, 13, 6 }, { 41, 7, 11, 3 },
  { 41, 11, 7, 3 }, { 41, 13, 5, 6 }, { 41, 16, 4, 1 }, { 41, 23, 2, 3 }, { 41, 26, 1, 2 }, { 41, 41, 0, 1 },
  { 42, 0, 42, 1 }, { 42, 1, 27, 2 }, { 42, 2, 24, 2 }, { 42, 3, 23, 1 }, { 42, 4, 17, 1 }, { 42, 5, 14, 4 },
  { 42, 6, 13, 2 }, { 42, 7, 12, 1 }, { 42, 8, 11, 2 }, { 42, 11, 8, 2 }, { 42, 12, 7, 1 }, { 42, 13, 6, 2 },
  { 42, 14, 5, 4 }, { 42, 17, 4, 1 }, { 42, 23, 3, 1 }, { 42, 24, 2, 2 }, { 42, 27, 1, 2 }, { 42, 42, 0, 1 },
  { 43, 0, 43, 1 }, { 43, 1, 28, 2 }, { 43, 2, 25, 1 }, { 43, 3, 24, 2 }, { 43, 4, 18, 1 }, { 43, 5, 15, 2 },
  { 43, 6, 14, 4 }, { 43, 8, 12, 2 }, { 43, 9, 11, 1 }, { 43, 11, 9, 1 }, { 43, 12, 8, 2 }, { 43, 14, 6, 4 },
  { 43, 15, 5, 2 }, { 43, 18, 4, 1 }, { 43, 24, 3, 2 }, { 43, 25, 2, 1 }, { 43, 28, 1, 2 }, { 43, 43, 0, 1 },
  { 44, 0, 44, 1 }, { 44, 1, 29, 2 }, { 44, 3, 25, 3 }, { 44, 4, 19, 1 }, { 44, 6, 15, 6 }, { 44, 9, 12, 3 },
  { 44, 12, 9, 3 }, { 44, 15, 6, 6 }, { 44, 19, 4, 1 }, { 44, 25, 3, 3 }, { 44, 29, 1, 2 }, { 44, 44, 0, 1 },
  { 45, 0, 45, 1 }, { 45, 1, 30, 1 }, { 45, 2, 26, 4 }, { 45, 5, 16, 4 }, { 45, 7, 13, 6 }, { 45, 13, 7, 6 },
  { 45, 16, 5, 4 }, { 45, 26, 2, 4 }, { 45, 30, 1, 1 }, { 45, 45, 0, 1 }, { 46, 0, 46, 1 }, { 46, 1, 31, 1 },
  { 46, 2, 27, 3 }, { 46, 3, 26, 1 }, { 46, 5, 17, 3 }, { 46, 6, 16, 1 }, { 46, 7, 14, 3 }, { 46, 8, 13, 3 },
  { 46, 13, 8, 3 }, { 46, 14, 7, 3 }, { 46, 16, 6, 1 }, { 46, 17, 5, 3 }, { 46, 26, 3, 1 }, { 46, 27, 2, 3 },
  { 46, 31, 1, 1 }, { 46, 46, 0, 1 }, { 47, 0, 47, 1 }, { 47, 1, 32, 1 }, { 47, 2, 28, 2 }, { 47, 3, 27, 2 },
  { 47, 5, 18, 2 }, { 47, 6, 17, 2 }, { 47, 7, 15, 1 }, { 47, 8, 14, 4 }, { 47, 9, 13, 1 }, { 47, 13, 9, 1 },
  { 47, 14, 8, 4 }, { 47, 15, 7, 1 }, { 47, 17, 6, 2 }, { 47, 18, 5, 2 }, { 47, 27, 3, 2 }, { 47, 28, 2, 2 },
  { 47, 32, 1, 1 }, { 47, 47, 0, 1 }, { 48, 0, 48, 1 }, { 48, 1, 33, 1 }, { 48, 2, 29, 1 }, { 48, 3, 28, 3 },
  { 48, 5, 19, 1 }, { 48, 6, 18, 3 }, { 48, 8, 15, 3 }, { 48, 9, 14, 3 }, { 48, 14, 9, 3 }, { 48, 15, 8, 3 },
  { 48, 18, 6, 3 }, { 48, 19, 5, 1 }, { 48, 28, 3, 3 }, { 48, 29, 2, 1 }, { 48, 33, 1, 1 }, { 48, 48, 0, 1 },
  { 49, 0, 49, 1 }, { 49, 1, 34, 1 }, { 49, 3, 29, 4 }, { 49, 6, 19, 4 }, { 49, 9, 15, 6 }, { 49, 15, 9, 6 },
  { 49, 19, 6, 4 }, { 49, 29, 3, 4 }, { 49, 34, 1, 1 }, { 49, 49, 0, 1 }, { 50, 0, 50, 1 }, { 50, 2, 30, 5 },
  { 50, 7, 16, 10 }, { 50, 16, 7, 10 }, { 50, 30, 2, 5 }, { 50, 50, 0, 1 }, { 51, 0, 51, 1 }, { 51, 2, 31, 4 },
  { 51, 3, 30, 1 }, { 51, 7, 17, 6 }, { 51, 8, 16, 4 }, { 51, 16, 8, 4 }, { 51, 17, 7, 6 }, { 51, 30, 3, 1 },
  { 51, 31, 2, 4 }, { 51, 51, 0, 1 }, { 52, 0, 52, 1 }, { 52, 2, 32, 3 }, { 52, 3, 31, 2 }, { 52, 7, 18, 3 },
  { 52, 8, 17, 6 }, { 52, 9, 16, 1 }, { 52, 16, 9, 1 }, { 52, 17, 8, 6 }, { 52, 18, 7, 3 }, { 52, 31, 3, 2 },
  { 52, 32, 2, 3 }, { 52, 52, 0, 1 }, { 53, 0, 53, 1 }, { 53, 2, 33, 2 }, { 53, 3, 32, 3 }, { 53, 7, 19, 1 },
  { 53, 8, 18, 6 }, { 53, 9, 17, 3 }, { 53, 17, 9, 3 }, { 53, 18, 8, 6 }, { 53, 19, 7, 1 }, { 53, 32, 3, 3 },
  { 53, 33, 2, 2 }, { 53, 53, 0, 1 }, { 54, 0, 54, 1 }, { 54, 2, 34, 1 }, { 54, 3, 33, 4 }, { 54, 8, 19, 4 },
  { 54, 9, 18, 6 }, { 54, 18, 9, 6 }, { 54, 19, 8, 4 }, { 54, 33, 3, 4 }, { 54, 34, 2, 1 }, { 54, 54, 0, 1 },
  { 55, 0, 55, 1 }, { 55, 3, 34, 5 }, { 55, 9, 19, 10 }, { 55, 19, 9, 10 }, { 55, 34, 3, 5 }, { 55, 55, 0, 1 },
};

/* M_m = sum over monomials, in the harmonic basis: (-1)^n/k! with z^2 = -x^2-y^2. */
enum { FOLD_TERMS = 77 };
static const struct { unsigned char to, from; double weight; } fold_term[FOLD_TERMS] = {
  { 0, 0, 1 }, { 1, 4, 1.0 / 2 }, { 1, 9, -1.0 / 2 }, { 2, 5, 1 }, { 3, 7, 1.0 / 2 }, { 3, 9, -1.0 / 2 },
  { 4, 6, 1 }, { 5, 8, 1 }, { 6, 10, -1.0 / 6 }, { 6, 15, 1.0 / 2 }, { 7, 11, -1.0 / 2 }, { 7, 18, 1.0 / 2 },
  { 8, 13, -1.0 / 2 }, { 8, 15, 1.0 / 2 }, { 9, 16, -1.0 / 6 }, { 9, 18, 1.0 / 2 }, { 10, 12, -1.0 / 2 },
  { 10, 19, 1.0 / 6 }, { 11, 14, -1 }, { 12, 17, -1.0 / 2 }, { 12, 19, 1.0 / 6 }, { 13, 20, 1.0 / 24 },
  { 13, 25, -1.0 / 4 }, { 13, 34, 1.0 / 24 }, { 14, 21, 1.0 / 6 }, { 14, 28, -1.0 / 2 }, { 15, 23, 1.0 / 4 },
  { 15, 25, -1.0 / 4 }, { 15, 32, -1.0 / 4 }, { 15, 34, 1.0 / 12 }, { 16, 26, 1.0 / 6 }, { 16, 28, -1.0 / 2 },
  { 17, 30, 1.0 / 24 }, { 17, 32, -1.0 / 4 }, { 17, 34, 1.0 / 24 }, { 18, 22, 1.0 / 6 }, { 18, 29, -1.0 / 6 },
  { 19, 24, 1.0 / 2 }, { 19, 33, -1.0 / 6 }, { 20, 27, 1.0 / 2 }, { 20, 29, -1.0 / 6 }, { 21, 31, 1.0 / 6 },
  { 21, 33, -1.0 / 6 }, { 22, 35, -1.0 / 120 }, { 22, 40, 1.0 / 12 }, { 22, 49, -1.0 / 24 },
  { 23, 36, -1.0 / 24 }, { 23, 43, 1.0 / 4 }, { 23, 54, -1.0 / 24 }, { 24, 38, -1.0 / 12 },
  { 24, 40, 1.0 / 12 }, { 24, 47, 1.0 / 4 }, { 24, 49, -1.0 / 12 }, { 25, 41, -1.0 / 12 }, { 25, 43, 1.0 / 4 },
  { 25, 52, 1.0 / 12 }, { 25, 54, -1.0 / 12 }, { 26, 45, -1.0 / 24 }, { 26, 47, 1.0 / 4 },
  { 26, 49, -1.0 / 24 }, { 27, 50, -1.0 / 120 }, { 27, 52, 1.0 / 12 }, { 27, 54, -1.0 / 24 },
  { 28, 37, -1.0 / 24 }, { 28, 44, 1.0 / 12 }, { 28, 55, -1.0 / 120 }, { 29, 39, -1.0 / 6 },
  { 29, 48, 1.0 / 6 }, { 30, 42, -1.0 / 4 }, { 30, 44, 1.0 / 12 }, { 30, 53, 1.0 / 12 }, { 30, 55, -1.0 / 60 },
  { 31, 46, -1.0 / 6 }, { 31, 48, 1.0 / 6 }, { 32, 51, -1.0 / 24 }, { 32, 53, 1.0 / 12 },
  { 32, 55, -1.0 / 120 },
};

/* Components of q_n, P_n(u) = q_n u^n = sum_m M_m d_m(u). */
enum { TENSOR_TERMS = 73 };
static const struct { unsigned char to, from; double weight; } tensor_term[TENSOR_TERMS] = {
  { 0, 0, 1 }, { 1, 1, 2 }, { 1, 3, -1 }, { 2, 2, 3.0 / 2 }, { 3, 1, -1 }, { 3, 3, 2 }, { 4, 4, 3.0 / 2 },
  { 5, 5, 3.0 / 2 }, { 6, 6, -6 }, { 6, 8, 3 }, { 7, 7, -4 }, { 7, 9, 3 }, { 8, 6, 3 }, { 8, 8, -4 },
  { 9, 7, 3 }, { 9, 9, -6 }, { 10, 10, -4 }, { 10, 12, 1 }, { 11, 11, -5.0 / 2 }, { 12, 10, 1 },
  { 12, 12, -4 }, { 13, 13, 24 }, { 13, 15, -12 }, { 13, 17, 9 }, { 14, 14, 15 }, { 14, 16, -45.0 / 4 },
  { 15, 13, -12 }, { 15, 15, 27.0 / 2 }, { 15, 17, -12 }, { 16, 14, -45.0 / 4 }, { 16, 16, 15 }, { 17, 13, 9 },
  { 17, 15, -12 }, { 17, 17, 24 }, { 18, 18, 15 }, { 18, 20, -15.0 / 4 }, { 19, 19, 15.0 / 2 },
  { 19, 21, -15.0 / 4 }, { 20, 18, -15.0 / 4 }, { 20, 20, 15.0 / 2 }, { 21, 19, -15.0 / 4 }, { 21, 21, 15 },
  { 22, 22, -120 }, { 22, 24, 60 }, { 22, 26, -45 }, { 23, 23, -72 }, { 23, 25, 54 }, { 23, 27, -45 },
  { 24, 22, 60 }, { 24, 24, -123.0 / 2 }, { 24, 26, 54 }, { 25, 23, 54 }, { 25, 25, -123.0 / 2 },
  { 25, 27, 60 }, { 26, 22, -45 }, { 26, 24, 54 }, { 26, 26, -72 }, { 27, 23, -45 }, { 27, 25, 60 },
  { 27, 27, -120 }, { 28, 28, -72 }, { 28, 30, 18 }, { 28, 32, -9 }, { 29, 29, -63.0 / 2 },
  { 29, 31, 63.0 / 4 }, { 30, 28, 18 }, { 30, 30, -51.0 / 2 }, { 30, 32, 18 }, { 31, 29, 63.0 / 4 },
  { 31, 31, -63.0 / 2 }, { 32, 28, -9 }, { 32, 30, 18 }, { 32, 32, -72 },
};
#endif

#ifdef HARMONICS_LANES
/* Adds to the local expansion `to` about A the field of cells B, one per lane: L_n += r^-(n+1) sum_m W_m d_(n+m),
 * W_m = (s/r)^m M_m. (x,y,z) = A - B. */
static inline void cell_cell_3 (vf x, vf y, vf z, vf s, const vf *from, vf *to)
{
  vf r1 = rsqrt_lanes (x * x + y * y + z * z);

  x *= r1;
  y *= r1;
  z *= r1;
  const vf X = x * x, Y = y * y, xy = x * y, xz = x * z, yz = y * z, xyz = xy * z;
  const vf d000 = 1.0f - (vf) {};
  const vf d100 = x * -1.0f;
  const vf d010 = y * -1.0f;
  const vf d001 = z * -1.0f;
  const vf d200 = 3.0f * X - 1.0f;
  const vf d110 = xy * 3.0f;
  const vf d020 = (3.0f * Y - 1.0f);
  const vf d101 = xz * 3.0f;
  const vf d011 = yz * 3.0f;
  const vf d002 = -(d200 + d020);
  const vf d300 = x * (-15.0f * X + 9.0f);
  const vf d210 = y * (-15.0f * X + 3.0f);
  const vf d120 = x * ((-15.0f * Y + 3.0f));
  const vf d030 = y * ((-15.0f * Y + 9.0f));
  const vf d201 = z * (-15.0f * X + 3.0f);
  const vf d111 = xyz * -15.0f;
  const vf d021 = z * ((-15.0f * Y + 3.0f));
  const vf d102 = -(d300 + d120);
  const vf d012 = -(d210 + d030);
  (void) xyz;
  (void) d002;
  const vf t = s * r1;
  vf power = t;
  power *= t;
  const vf w200 = power * from[1];
  const vf w110 = power * from[2];
  const vf w020 = power * from[3];
  const vf w101 = power * from[4];
  const vf w011 = power * from[5];
  power *= t;
  const vf w300 = power * from[6];
  const vf w210 = power * from[7];
  const vf w120 = power * from[8];
  const vf w030 = power * from[9];
  const vf w201 = power * from[10];
  const vf w111 = power * from[11];
  const vf w021 = power * from[12];
  power = r1;
  to[0] += power * (from[0] * d000 + w200 * d200 + w110 * d110 + w020 * d020 + w101 * d101 + w011 * d011
      + w300 * d300 + w210 * d210 + w120 * d120 + w030 * d030 + w201 * d201 + w111 * d111 + w021 * d021);
  power *= r1;
  to[1] += power * (from[0] * d100 + w200 * d300 + w110 * d210 + w020 * d120 + w101 * d201 + w011 * d111);
  to[2] += power * (from[0] * d010 + w200 * d210 + w110 * d120 + w020 * d030 + w101 * d111 + w011 * d021);
  to[3] += power * (from[0] * d001 + w200 * d201 + w110 * d111 + w020 * d021 + w101 * d102 + w011 * d012);
  power *= r1;
  to[4] += power * (from[0] * d200);
  to[5] += power * (from[0] * d110);
  to[6] += power * (from[0] * d020);
  to[7] += power * (from[0] * d101);
  to[8] += power * (from[0] * d011);
  power *= r1;
  to[9] += power * (from[0] * d300);
  to[10] += power * (from[0] * d210);
  to[11] += power * (from[0] * d120);
  to[12] += power * (from[0] * d030);
  to[13] += power * (from[0] * d201);
  to[14] += power * (from[0] * d111);
  to[15] += power * (from[0] * d021);
}

/* Potential (without its minus sign) and acceleration at sinks, one per lane, of one cell with tensors q and
 * scale s: phi = 1/r sum_n t^n P_n, P_n = q_n u^n, t = s/r. (x,y,z) = sink - cell. */
static inline void cell_body_3 (vf x, vf y, vf z, float s, const float *q, vf *phi, vf *ax, vf *ay, vf *az)
{
  const vf r1 = rsqrt_lanes (x * x + y * y + z * z), t = s * r1;

  x *= r1;
  y *= r1;
  z *= r1;
  const float q2_200 = q[1];
  const float q2_110 = q[2];
  const float q2_020 = q[3];
  const float q2_101 = q[4];
  const float q2_011 = q[5];
  const float q2_002 = -(q2_200 + q2_020);
  const vf v2_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const vf v2_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const vf v2_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  const vf p2 = v2_100 * x + v2_010 * y + v2_001 * z;
  const float q3_300 = q[6];
  const float q3_210 = q[7];
  const float q3_120 = q[8];
  const float q3_030 = q[9];
  const float q3_201 = q[10];
  const float q3_111 = q[11];
  const float q3_021 = q[12];
  const float q3_102 = -(q3_300 + q3_120);
  const float q3_012 = -(q3_210 + q3_030);
  const vf q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const vf q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const vf q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const vf q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const vf q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const vf q3_2_002 = -(q3_2_200 + q3_2_020);
  const vf v3_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const vf v3_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const vf v3_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  const vf p3 = v3_100 * x + v3_010 * y + v3_001 * z;
  vf power = t * t, sum = q[0] + power * p2, radial = q[0] + power * (5.0f * p2);
  vf gx = power * (2.0f * v2_100), gy = power * (2.0f * v2_010), gz = power * (2.0f * v2_001);
  power *= t;
  sum += power * p3;
  radial += power * (7.0f * p3);
  gx += power * (3.0f * v3_100);
  gy += power * (3.0f * v3_010);
  gz += power * (3.0f * v3_001);
  const vf r2 = r1 * r1;
  *phi += r1 * sum;
  *ax += r2 * (gx - radial * x);
  *ay += r2 * (gy - radial * y);
  *az += r2 * (gz - radial * z);
}

/* Potential and acceleration at sinks, one per lane of doubles, of a local expansion. */
static inline void local_body_3 (vd x, vd y, vd z, const double *l, vd *phi, vd *ax, vd *ay, vd *az)
{
  const double q2_200 = l[4];
  const double q2_110 = l[5];
  const double q2_020 = l[6];
  const double q2_101 = l[7];
  const double q2_011 = l[8];
  const double q2_002 = -(q2_200 + q2_020);
  const vd v2_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const vd v2_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const vd v2_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  const vd p2 = v2_100 * x + v2_010 * y + v2_001 * z;
  const double q3_300 = l[9];
  const double q3_210 = l[10];
  const double q3_120 = l[11];
  const double q3_030 = l[12];
  const double q3_201 = l[13];
  const double q3_111 = l[14];
  const double q3_021 = l[15];
  const double q3_102 = -(q3_300 + q3_120);
  const double q3_012 = -(q3_210 + q3_030);
  const vd q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const vd q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const vd q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const vd q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const vd q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const vd q3_2_002 = -(q3_2_200 + q3_2_020);
  const vd v3_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const vd v3_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const vd v3_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  const vd p3 = v3_100 * x + v3_010 * y + v3_001 * z;
  *phi += l[0] + l[1] * x + l[2] * y + l[3] * z + p2 * (1.0 / 2) + p3 * (1.0 / 6);
  *ax += l[1] + v2_100 * (1.0 / 1) + v3_100 * (1.0 / 2);
  *ay += l[2] + v2_010 * (1.0 / 1) + v3_010 * (1.0 / 2);
  *az += l[3] + v2_001 * (1.0 / 1) + v3_001 * (1.0 / 2);
}

/* Adds to the local expansion `to` about A the field of cells B, one per lane: L_n += r^-(n+1) sum_m W_m d_(n+m),
 * W_m = (s/r)^m M_m. (x,y,z) = A - B. */
static inline void cell_cell_4 (vf x, vf y, vf z, vf s, const vf *from, vf *to)
{
  vf r1 = rsqrt_lanes (x * x + y * y + z * z);

  x *= r1;
  y *= r1;
  z *= r1;
  const vf X = x * x, Y = y * y, xy = x * y, xz = x * z, yz = y * z, xyz = xy * z;
  const vf d000 = 1.0f - (vf) {};
  const vf d100 = x * -1.0f;
  const vf d010 = y * -1.0f;
  const vf d001 = z * -1.0f;
  const vf d200 = 3.0f * X - 1.0f;
  const vf d110 = xy * 3.0f;
  const vf d020 = (3.0f * Y - 1.0f);
  const vf d101 = xz * 3.0f;
  const vf d011 = yz * 3.0f;
  const vf d002 = -(d200 + d020);
  const vf d300 = x * (-15.0f * X + 9.0f);
  const vf d210 = y * (-15.0f * X + 3.0f);
  const vf d120 = x * ((-15.0f * Y + 3.0f));
  const vf d030 = y * ((-15.0f * Y + 9.0f));
  const vf d201 = z * (-15.0f * X + 3.0f);
  const vf d111 = xyz * -15.0f;
  const vf d021 = z * ((-15.0f * Y + 3.0f));
  const vf d102 = -(d300 + d120);
  const vf d012 = -(d210 + d030);
  const vf d400 = (105.0f * X - 90.0f) * X + 9.0f;
  const vf d310 = xy * (105.0f * X - 45.0f);
  const vf d220 = ((105.0f * Y - 15.0f)) * X + (-15.0f * Y + 3.0f);
  const vf d130 = xy * ((105.0f * Y - 45.0f));
  const vf d040 = ((105.0f * Y - 90.0f) * Y + 9.0f);
  const vf d301 = xz * (105.0f * X - 45.0f);
  const vf d211 = yz * (105.0f * X - 15.0f);
  const vf d121 = xz * ((105.0f * Y - 15.0f));
  const vf d031 = yz * ((105.0f * Y - 45.0f));
  const vf d202 = -(d400 + d220);
  const vf d112 = -(d310 + d130);
  const vf d022 = -(d220 + d040);
  (void) xyz;
  (void) d002;
  const vf t = s * r1;
  vf power = t;
  power *= t;
  const vf w200 = power * from[1];
  const vf w110 = power * from[2];
  const vf w020 = power * from[3];
  const vf w101 = power * from[4];
  const vf w011 = power * from[5];
  power *= t;
  const vf w300 = power * from[6];
  const vf w210 = power * from[7];
  const vf w120 = power * from[8];
  const vf w030 = power * from[9];
  const vf w201 = power * from[10];
  const vf w111 = power * from[11];
  const vf w021 = power * from[12];
  power *= t;
  const vf w400 = power * from[13];
  const vf w310 = power * from[14];
  const vf w220 = power * from[15];
  const vf w130 = power * from[16];
  const vf w040 = power * from[17];
  const vf w301 = power * from[18];
  const vf w211 = power * from[19];
  const vf w121 = power * from[20];
  const vf w031 = power * from[21];
  power = r1;
  to[0] += power * (from[0] * d000 + w200 * d200 + w110 * d110 + w020 * d020 + w101 * d101 + w011 * d011
      + w300 * d300 + w210 * d210 + w120 * d120 + w030 * d030 + w201 * d201 + w111 * d111 + w021 * d021
      + w400 * d400 + w310 * d310 + w220 * d220 + w130 * d130 + w040 * d040 + w301 * d301 + w211 * d211
      + w121 * d121 + w031 * d031);
  power *= r1;
  to[1] += power * (from[0] * d100 + w200 * d300 + w110 * d210 + w020 * d120 + w101 * d201 + w011 * d111
      + w300 * d400 + w210 * d310 + w120 * d220 + w030 * d130 + w201 * d301 + w111 * d211 + w021 * d121);
  to[2] += power * (from[0] * d010 + w200 * d210 + w110 * d120 + w020 * d030 + w101 * d111 + w011 * d021
      + w300 * d310 + w210 * d220 + w120 * d130 + w030 * d040 + w201 * d211 + w111 * d121 + w021 * d031);
  to[3] += power * (from[0] * d001 + w200 * d201 + w110 * d111 + w020 * d021 + w101 * d102 + w011 * d012
      + w300 * d301 + w210 * d211 + w120 * d121 + w030 * d031 + w201 * d202 + w111 * d112 + w021 * d022);
  power *= r1;
  to[4] += power * (from[0] * d200 + w200 * d400 + w110 * d310 + w020 * d220 + w101 * d301 + w011 * d211);
  to[5] += power * (from[0] * d110 + w200 * d310 + w110 * d220 + w020 * d130 + w101 * d211 + w011 * d121);
  to[6] += power * (from[0] * d020 + w200 * d220 + w110 * d130 + w020 * d040 + w101 * d121 + w011 * d031);
  to[7] += power * (from[0] * d101 + w200 * d301 + w110 * d211 + w020 * d121 + w101 * d202 + w011 * d112);
  to[8] += power * (from[0] * d011 + w200 * d211 + w110 * d121 + w020 * d031 + w101 * d112 + w011 * d022);
  power *= r1;
  to[9] += power * (from[0] * d300);
  to[10] += power * (from[0] * d210);
  to[11] += power * (from[0] * d120);
  to[12] += power * (from[0] * d030);
  to[13] += power * (from[0] * d201);
  to[14] += power * (from[0] * d111);
  to[15] += power * (from[0] * d021);
  power *= r1;
  to[16] += power * (from[0] * d400);
  to[17] += power * (from[0] * d310);
  to[18] += power * (from[0] * d220);
  to[19] += power * (from[0] * d130);
  to[20] += power * (from[0] * d040);
  to[21] += power * (from[0] * d301);
  to[22] += power * (from[0] * d211);
  to[23] += power * (from[0] * d121);
  to[24] += power * (from[0] * d031);
}

/* Potential (without its minus sign) and acceleration at sinks, one per lane, of one cell with tensors q and
 * scale s: phi = 1/r sum_n t^n P_n, P_n = q_n u^n, t = s/r. (x,y,z) = sink - cell. */
static inline void cell_body_4 (vf x, vf y, vf z, float s, const float *q, vf *phi, vf *ax, vf *ay, vf *az)
{
  const vf r1 = rsqrt_lanes (x * x + y * y + z * z), t = s * r1;

  x *= r1;
  y *= r1;
  z *= r1;
  const float q2_200 = q[1];
  const float q2_110 = q[2];
  const float q2_020 = q[3];
  const float q2_101 = q[4];
  const float q2_011 = q[5];
  const float q2_002 = -(q2_200 + q2_020);
  const vf v2_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const vf v2_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const vf v2_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  const vf p2 = v2_100 * x + v2_010 * y + v2_001 * z;
  const float q3_300 = q[6];
  const float q3_210 = q[7];
  const float q3_120 = q[8];
  const float q3_030 = q[9];
  const float q3_201 = q[10];
  const float q3_111 = q[11];
  const float q3_021 = q[12];
  const float q3_102 = -(q3_300 + q3_120);
  const float q3_012 = -(q3_210 + q3_030);
  const vf q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const vf q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const vf q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const vf q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const vf q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const vf q3_2_002 = -(q3_2_200 + q3_2_020);
  const vf v3_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const vf v3_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const vf v3_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  const vf p3 = v3_100 * x + v3_010 * y + v3_001 * z;
  const float q4_400 = q[13];
  const float q4_310 = q[14];
  const float q4_220 = q[15];
  const float q4_130 = q[16];
  const float q4_040 = q[17];
  const float q4_301 = q[18];
  const float q4_211 = q[19];
  const float q4_121 = q[20];
  const float q4_031 = q[21];
  const float q4_202 = -(q4_400 + q4_220);
  const float q4_112 = -(q4_310 + q4_130);
  const float q4_022 = -(q4_220 + q4_040);
  const vf q4_3_300 = q4_400 * x + q4_310 * y + q4_301 * z;
  const vf q4_3_210 = q4_310 * x + q4_220 * y + q4_211 * z;
  const vf q4_3_120 = q4_220 * x + q4_130 * y + q4_121 * z;
  const vf q4_3_030 = q4_130 * x + q4_040 * y + q4_031 * z;
  const vf q4_3_201 = q4_301 * x + q4_211 * y + q4_202 * z;
  const vf q4_3_111 = q4_211 * x + q4_121 * y + q4_112 * z;
  const vf q4_3_021 = q4_121 * x + q4_031 * y + q4_022 * z;
  const vf q4_3_102 = -(q4_3_300 + q4_3_120);
  const vf q4_3_012 = -(q4_3_210 + q4_3_030);
  const vf q4_2_200 = q4_3_300 * x + q4_3_210 * y + q4_3_201 * z;
  const vf q4_2_110 = q4_3_210 * x + q4_3_120 * y + q4_3_111 * z;
  const vf q4_2_020 = q4_3_120 * x + q4_3_030 * y + q4_3_021 * z;
  const vf q4_2_101 = q4_3_201 * x + q4_3_111 * y + q4_3_102 * z;
  const vf q4_2_011 = q4_3_111 * x + q4_3_021 * y + q4_3_012 * z;
  const vf q4_2_002 = -(q4_2_200 + q4_2_020);
  const vf v4_100 = q4_2_200 * x + q4_2_110 * y + q4_2_101 * z;
  const vf v4_010 = q4_2_110 * x + q4_2_020 * y + q4_2_011 * z;
  const vf v4_001 = q4_2_101 * x + q4_2_011 * y + q4_2_002 * z;
  const vf p4 = v4_100 * x + v4_010 * y + v4_001 * z;
  vf power = t * t, sum = q[0] + power * p2, radial = q[0] + power * (5.0f * p2);
  vf gx = power * (2.0f * v2_100), gy = power * (2.0f * v2_010), gz = power * (2.0f * v2_001);
  power *= t;
  sum += power * p3;
  radial += power * (7.0f * p3);
  gx += power * (3.0f * v3_100);
  gy += power * (3.0f * v3_010);
  gz += power * (3.0f * v3_001);
  power *= t;
  sum += power * p4;
  radial += power * (9.0f * p4);
  gx += power * (4.0f * v4_100);
  gy += power * (4.0f * v4_010);
  gz += power * (4.0f * v4_001);
  const vf r2 = r1 * r1;
  *phi += r1 * sum;
  *ax += r2 * (gx - radial * x);
  *ay += r2 * (gy - radial * y);
  *az += r2 * (gz - radial * z);
}

/* Potential and acceleration at sinks, one per lane of doubles, of a local expansion. */
static inline void local_body_4 (vd x, vd y, vd z, const double *l, vd *phi, vd *ax, vd *ay, vd *az)
{
  const double q2_200 = l[4];
  const double q2_110 = l[5];
  const double q2_020 = l[6];
  const double q2_101 = l[7];
  const double q2_011 = l[8];
  const double q2_002 = -(q2_200 + q2_020);
  const vd v2_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const vd v2_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const vd v2_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  const vd p2 = v2_100 * x + v2_010 * y + v2_001 * z;
  const double q3_300 = l[9];
  const double q3_210 = l[10];
  const double q3_120 = l[11];
  const double q3_030 = l[12];
  const double q3_201 = l[13];
  const double q3_111 = l[14];
  const double q3_021 = l[15];
  const double q3_102 = -(q3_300 + q3_120);
  const double q3_012 = -(q3_210 + q3_030);
  const vd q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const vd q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const vd q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const vd q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const vd q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const vd q3_2_002 = -(q3_2_200 + q3_2_020);
  const vd v3_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const vd v3_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const vd v3_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  const vd p3 = v3_100 * x + v3_010 * y + v3_001 * z;
  const double q4_400 = l[16];
  const double q4_310 = l[17];
  const double q4_220 = l[18];
  const double q4_130 = l[19];
  const double q4_040 = l[20];
  const double q4_301 = l[21];
  const double q4_211 = l[22];
  const double q4_121 = l[23];
  const double q4_031 = l[24];
  const double q4_202 = -(q4_400 + q4_220);
  const double q4_112 = -(q4_310 + q4_130);
  const double q4_022 = -(q4_220 + q4_040);
  const vd q4_3_300 = q4_400 * x + q4_310 * y + q4_301 * z;
  const vd q4_3_210 = q4_310 * x + q4_220 * y + q4_211 * z;
  const vd q4_3_120 = q4_220 * x + q4_130 * y + q4_121 * z;
  const vd q4_3_030 = q4_130 * x + q4_040 * y + q4_031 * z;
  const vd q4_3_201 = q4_301 * x + q4_211 * y + q4_202 * z;
  const vd q4_3_111 = q4_211 * x + q4_121 * y + q4_112 * z;
  const vd q4_3_021 = q4_121 * x + q4_031 * y + q4_022 * z;
  const vd q4_3_102 = -(q4_3_300 + q4_3_120);
  const vd q4_3_012 = -(q4_3_210 + q4_3_030);
  const vd q4_2_200 = q4_3_300 * x + q4_3_210 * y + q4_3_201 * z;
  const vd q4_2_110 = q4_3_210 * x + q4_3_120 * y + q4_3_111 * z;
  const vd q4_2_020 = q4_3_120 * x + q4_3_030 * y + q4_3_021 * z;
  const vd q4_2_101 = q4_3_201 * x + q4_3_111 * y + q4_3_102 * z;
  const vd q4_2_011 = q4_3_111 * x + q4_3_021 * y + q4_3_012 * z;
  const vd q4_2_002 = -(q4_2_200 + q4_2_020);
  const vd v4_100 = q4_2_200 * x + q4_2_110 * y + q4_2_101 * z;
  const vd v4_010 = q4_2_110 * x + q4_2_020 * y + q4_2_011 * z;
  const vd v4_001 = q4_2_101 * x + q4_2_011 * y + q4_2_002 * z;
  const vd p4 = v4_100 * x + v4_010 * y + v4_001 * z;
  *phi += l[0] + l[1] * x + l[2] * y + l[3] * z + p2 * (1.0 / 2) + p3 * (1.0 / 6) + p4 * (1.0 / 24);
  *ax += l[1] + v2_100 * (1.0 / 1) + v3_100 * (1.0 / 2) + v4_100 * (1.0 / 6);
  *ay += l[2] + v2_010 * (1.0 / 1) + v3_010 * (1.0 / 2) + v4_010 * (1.0 / 6);
  *az += l[3] + v2_001 * (1.0 / 1) + v3_001 * (1.0 / 2) + v4_001 * (1.0 / 6);
}

/* Adds to the local expansion `to` about A the field of cells B, one per lane: L_n += r^-(n+1) sum_m W_m d_(n+m),
 * W_m = (s/r)^m M_m. (x,y,z) = A - B. */
static inline void cell_cell_5 (vf x, vf y, vf z, vf s, const vf *from, vf *to)
{
  vf r1 = rsqrt_lanes (x * x + y * y + z * z);

  x *= r1;
  y *= r1;
  z *= r1;
  const vf X = x * x, Y = y * y, xy = x * y, xz = x * z, yz = y * z, xyz = xy * z;
  const vf d000 = 1.0f - (vf) {};
  const vf d100 = x * -1.0f;
  const vf d010 = y * -1.0f;
  const vf d001 = z * -1.0f;
  const vf d200 = 3.0f * X - 1.0f;
  const vf d110 = xy * 3.0f;
  const vf d020 = (3.0f * Y - 1.0f);
  const vf d101 = xz * 3.0f;
  const vf d011 = yz * 3.0f;
  const vf d002 = -(d200 + d020);
  const vf d300 = x * (-15.0f * X + 9.0f);
  const vf d210 = y * (-15.0f * X + 3.0f);
  const vf d120 = x * ((-15.0f * Y + 3.0f));
  const vf d030 = y * ((-15.0f * Y + 9.0f));
  const vf d201 = z * (-15.0f * X + 3.0f);
  const vf d111 = xyz * -15.0f;
  const vf d021 = z * ((-15.0f * Y + 3.0f));
  const vf d102 = -(d300 + d120);
  const vf d012 = -(d210 + d030);
  const vf d400 = (105.0f * X - 90.0f) * X + 9.0f;
  const vf d310 = xy * (105.0f * X - 45.0f);
  const vf d220 = ((105.0f * Y - 15.0f)) * X + (-15.0f * Y + 3.0f);
  const vf d130 = xy * ((105.0f * Y - 45.0f));
  const vf d040 = ((105.0f * Y - 90.0f) * Y + 9.0f);
  const vf d301 = xz * (105.0f * X - 45.0f);
  const vf d211 = yz * (105.0f * X - 15.0f);
  const vf d121 = xz * ((105.0f * Y - 15.0f));
  const vf d031 = yz * ((105.0f * Y - 45.0f));
  const vf d202 = -(d400 + d220);
  const vf d112 = -(d310 + d130);
  const vf d022 = -(d220 + d040);
  const vf d500 = x * ((-945.0f * X + 1050.0f) * X - 225.0f);
  const vf d410 = y * ((-945.0f * X + 630.0f) * X - 45.0f);
  const vf d320 = x * (((-945.0f * Y + 105.0f)) * X + (315.0f * Y - 45.0f));
  const vf d230 = y * (((-945.0f * Y + 315.0f)) * X + (105.0f * Y - 45.0f));
  const vf d140 = x * (((-945.0f * Y + 630.0f) * Y - 45.0f));
  const vf d050 = y * (((-945.0f * Y + 1050.0f) * Y - 225.0f));
  const vf d401 = z * ((-945.0f * X + 630.0f) * X - 45.0f);
  const vf d311 = xyz * (-945.0f * X + 315.0f);
  const vf d221 = z * (((-945.0f * Y + 105.0f)) * X + (105.0f * Y - 15.0f));
  const vf d131 = xyz * ((-945.0f * Y + 315.0f));
  const vf d041 = z * (((-945.0f * Y + 630.0f) * Y - 45.0f));
  const vf d302 = -(d500 + d320);
  const vf d212 = -(d410 + d230);
  const vf d122 = -(d320 + d140);
  const vf d032 = -(d230 + d050);
  (void) xyz;
  (void) d002;
  const vf t = s * r1;
  vf power = t;
  power *= t;
  const vf w200 = power * from[1];
  const vf w110 = power * from[2];
  const vf w020 = power * from[3];
  const vf w101 = power * from[4];
  const vf w011 = power * from[5];
  power *= t;
  const vf w300 = power * from[6];
  const vf w210 = power * from[7];
  const vf w120 = power * from[8];
  const vf w030 = power * from[9];
  const vf w201 = power * from[10];
  const vf w111 = power * from[11];
  const vf w021 = power * from[12];
  power *= t;
  const vf w400 = power * from[13];
  const vf w310 = power * from[14];
  const vf w220 = power * from[15];
  const vf w130 = power * from[16];
  const vf w040 = power * from[17];
  const vf w301 = power * from[18];
  const vf w211 = power * from[19];
  const vf w121 = power * from[20];
  const vf w031 = power * from[21];
  power *= t;
  const vf w500 = power * from[22];
  const vf w410 = power * from[23];
  const vf w320 = power * from[24];
  const vf w230 = power * from[25];
  const vf w140 = power * from[26];
  const vf w050 = power * from[27];
  const vf w401 = power * from[28];
  const vf w311 = power * from[29];
  const vf w221 = power * from[30];
  const vf w131 = power * from[31];
  const vf w041 = power * from[32];
  power = r1;
  to[0] += power * (from[0] * d000 + w200 * d200 + w110 * d110 + w020 * d020 + w101 * d101 + w011 * d011
      + w300 * d300 + w210 * d210 + w120 * d120 + w030 * d030 + w201 * d201 + w111 * d111 + w021 * d021
      + w400 * d400 + w310 * d310 + w220 * d220 + w130 * d130 + w040 * d040 + w301 * d301 + w211 * d211
      + w121 * d121 + w031 * d031 + w500 * d500 + w410 * d410 + w320 * d320 + w230 * d230 + w140 * d140
      + w050 * d050 + w401 * d401 + w311 * d311 + w221 * d221 + w131 * d131 + w041 * d041);
  power *= r1;
  to[1] += power * (from[0] * d100 + w200 * d300 + w110 * d210 + w020 * d120 + w101 * d201 + w011 * d111
      + w300 * d400 + w210 * d310 + w120 * d220 + w030 * d130 + w201 * d301 + w111 * d211 + w021 * d121
      + w400 * d500 + w310 * d410 + w220 * d320 + w130 * d230 + w040 * d140 + w301 * d401 + w211 * d311
      + w121 * d221 + w031 * d131);
  to[2] += power * (from[0] * d010 + w200 * d210 + w110 * d120 + w020 * d030 + w101 * d111 + w011 * d021
      + w300 * d310 + w210 * d220 + w120 * d130 + w030 * d040 + w201 * d211 + w111 * d121 + w021 * d031
      + w400 * d410 + w310 * d320 + w220 * d230 + w130 * d140 + w040 * d050 + w301 * d311 + w211 * d221
      + w121 * d131 + w031 * d041);
  to[3] += power * (from[0] * d001 + w200 * d201 + w110 * d111 + w020 * d021 + w101 * d102 + w011 * d012
      + w300 * d301 + w210 * d211 + w120 * d121 + w030 * d031 + w201 * d202 + w111 * d112 + w021 * d022
      + w400 * d401 + w310 * d311 + w220 * d221 + w130 * d131 + w040 * d041 + w301 * d302 + w211 * d212
      + w121 * d122 + w031 * d032);
  power *= r1;
  to[4] += power * (from[0] * d200 + w200 * d400 + w110 * d310 + w020 * d220 + w101 * d301 + w011 * d211
      + w300 * d500 + w210 * d410 + w120 * d320 + w030 * d230 + w201 * d401 + w111 * d311 + w021 * d221);
  to[5] += power * (from[0] * d110 + w200 * d310 + w110 * d220 + w020 * d130 + w101 * d211 + w011 * d121
      + w300 * d410 + w210 * d320 + w120 * d230 + w030 * d140 + w201 * d311 + w111 * d221 + w021 * d131);
  to[6] += power * (from[0] * d020 + w200 * d220 + w110 * d130 + w020 * d040 + w101 * d121 + w011 * d031
      + w300 * d320 + w210 * d230 + w120 * d140 + w030 * d050 + w201 * d221 + w111 * d131 + w021 * d041);
  to[7] += power * (from[0] * d101 + w200 * d301 + w110 * d211 + w020 * d121 + w101 * d202 + w011 * d112
      + w300 * d401 + w210 * d311 + w120 * d221 + w030 * d131 + w201 * d302 + w111 * d212 + w021 * d122);
  to[8] += power * (from[0] * d011 + w200 * d211 + w110 * d121 + w020 * d031 + w101 * d112 + w011 * d022
      + w300 * d311 + w210 * d221 + w120 * d131 + w030 * d041 + w201 * d212 + w111 * d122 + w021 * d032);
  power *= r1;
  to[9] += power * (from[0] * d300 + w200 * d500 + w110 * d410 + w020 * d320 + w101 * d401 + w011 * d311);
  to[10] += power * (from[0] * d210 + w200 * d410 + w110 * d320 + w020 * d230 + w101 * d311 + w011 * d221);
  to[11] += power * (from[0] * d120 + w200 * d320 + w110 * d230 + w020 * d140 + w101 * d221 + w011 * d131);
  to[12] += power * (from[0] * d030 + w200 * d230 + w110 * d140 + w020 * d050 + w101 * d131 + w011 * d041);
  to[13] += power * (from[0] * d201 + w200 * d401 + w110 * d311 + w020 * d221 + w101 * d302 + w011 * d212);
  to[14] += power * (from[0] * d111 + w200 * d311 + w110 * d221 + w020 * d131 + w101 * d212 + w011 * d122);
  to[15] += power * (from[0] * d021 + w200 * d221 + w110 * d131 + w020 * d041 + w101 * d122 + w011 * d032);
  power *= r1;
  to[16] += power * (from[0] * d400);
  to[17] += power * (from[0] * d310);
  to[18] += power * (from[0] * d220);
  to[19] += power * (from[0] * d130);
  to[20] += power * (from[0] * d040);
  to[21] += power * (from[0] * d301);
  to[22] += power * (from[0] * d211);
  to[23] += power * (from[0] * d121);
  to[24] += power * (from[0] * d031);
  power *= r1;
  to[25] += power * (from[0] * d500);
  to[26] += power * (from[0] * d410);
  to[27] += power * (from[0] * d320);
  to[28] += power * (from[0] * d230);
  to[29] += power * (from[0] * d140);
  to[30] += power * (from[0] * d050);
  to[31] += power * (from[0] * d401);
  to[32] += power * (from[0] * d311);
  to[33] += power * (from[0] * d221);
  to[34] += power * (from[0] * d131);
  to[35] += power * (from[0] * d041);
}

/* Potential (without its minus sign) and acceleration at sinks, one per lane, of one cell with tensors q and
 * scale s: phi = 1/r sum_n t^n P_n, P_n = q_n u^n, t = s/r. (x,y,z) = sink - cell. */
static inline void cell_body_5 (vf x, vf y, vf z, float s, const float *q, vf *phi, vf *ax, vf *ay, vf *az)
{
  const vf r1 = rsqrt_lanes (x * x + y * y + z * z), t = s * r1;

  x *= r1;
  y *= r1;
  z *= r1;
  const float q2_200 = q[1];
  const float q2_110 = q[2];
  const float q2_020 = q[3];
  const float q2_101 = q[4];
  const float q2_011 = q[5];
  const float q2_002 = -(q2_200 + q2_020);
  const vf v2_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const vf v2_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const vf v2_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  const vf p2 = v2_100 * x + v2_010 * y + v2_001 * z;
  const float q3_300 = q[6];
  const float q3_210 = q[7];
  const float q3_120 = q[8];
  const float q3_030 = q[9];
  const float q3_201 = q[10];
  const float q3_111 = q[11];
  const float q3_021 = q[12];
  const float q3_102 = -(q3_300 + q3_120);
  const float q3_012 = -(q3_210 + q3_030);
  const vf q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const vf q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const vf q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const vf q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const vf q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const vf q3_2_002 = -(q3_2_200 + q3_2_020);
  const vf v3_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const vf v3_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const vf v3_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  const vf p3 = v3_100 * x + v3_010 * y + v3_001 * z;
  const float q4_400 = q[13];
  const float q4_310 = q[14];
  const float q4_220 = q[15];
  const float q4_130 = q[16];
  const float q4_040 = q[17];
  const float q4_301 = q[18];
  const float q4_211 = q[19];
  const float q4_121 = q[20];
  const float q4_031 = q[21];
  const float q4_202 = -(q4_400 + q4_220);
  const float q4_112 = -(q4_310 + q4_130);
  const float q4_022 = -(q4_220 + q4_040);
  const vf q4_3_300 = q4_400 * x + q4_310 * y + q4_301 * z;
  const vf q4_3_210 = q4_310 * x + q4_220 * y + q4_211 * z;
  const vf q4_3_120 = q4_220 * x + q4_130 * y + q4_121 * z;
  const vf q4_3_030 = q4_130 * x + q4_040 * y + q4_031 * z;
  const vf q4_3_201 = q4_301 * x + q4_211 * y + q4_202 * z;
  const vf q4_3_111 = q4_211 * x + q4_121 * y + q4_112 * z;
  const vf q4_3_021 = q4_121 * x + q4_031 * y + q4_022 * z;
  const vf q4_3_102 = -(q4_3_300 + q4_3_120);
  const vf q4_3_012 = -(q4_3_210 + q4_3_030);
  const vf q4_2_200 = q4_3_300 * x + q4_3_210 * y + q4_3_201 * z;
  const vf q4_2_110 = q4_3_210 * x + q4_3_120 * y + q4_3_111 * z;
  const vf q4_2_020 = q4_3_120 * x + q4_3_030 * y + q4_3_021 * z;
  const vf q4_2_101 = q4_3_201 * x + q4_3_111 * y + q4_3_102 * z;
  const vf q4_2_011 = q4_3_111 * x + q4_3_021 * y + q4_3_012 * z;
  const vf q4_2_002 = -(q4_2_200 + q4_2_020);
  const vf v4_100 = q4_2_200 * x + q4_2_110 * y + q4_2_101 * z;
  const vf v4_010 = q4_2_110 * x + q4_2_020 * y + q4_2_011 * z;
  const vf v4_001 = q4_2_101 * x + q4_2_011 * y + q4_2_002 * z;
  const vf p4 = v4_100 * x + v4_010 * y + v4_001 * z;
  const float q5_500 = q[22];
  const float q5_410 = q[23];
  const float q5_320 = q[24];
  const float q5_230 = q[25];
  const float q5_140 = q[26];
  const float q5_050 = q[27];
  const float q5_401 = q[28];
  const float q5_311 = q[29];
  const float q5_221 = q[30];
  const float q5_131 = q[31];
  const float q5_041 = q[32];
  const float q5_302 = -(q5_500 + q5_320);
  const float q5_212 = -(q5_410 + q5_230);
  const float q5_122 = -(q5_320 + q5_140);
  const float q5_032 = -(q5_230 + q5_050);
  const vf q5_4_400 = q5_500 * x + q5_410 * y + q5_401 * z;
  const vf q5_4_310 = q5_410 * x + q5_320 * y + q5_311 * z;
  const vf q5_4_220 = q5_320 * x + q5_230 * y + q5_221 * z;
  const vf q5_4_130 = q5_230 * x + q5_140 * y + q5_131 * z;
  const vf q5_4_040 = q5_140 * x + q5_050 * y + q5_041 * z;
  const vf q5_4_301 = q5_401 * x + q5_311 * y + q5_302 * z;
  const vf q5_4_211 = q5_311 * x + q5_221 * y + q5_212 * z;
  const vf q5_4_121 = q5_221 * x + q5_131 * y + q5_122 * z;
  const vf q5_4_031 = q5_131 * x + q5_041 * y + q5_032 * z;
  const vf q5_4_202 = -(q5_4_400 + q5_4_220);
  const vf q5_4_112 = -(q5_4_310 + q5_4_130);
  const vf q5_4_022 = -(q5_4_220 + q5_4_040);
  const vf q5_3_300 = q5_4_400 * x + q5_4_310 * y + q5_4_301 * z;
  const vf q5_3_210 = q5_4_310 * x + q5_4_220 * y + q5_4_211 * z;
  const vf q5_3_120 = q5_4_220 * x + q5_4_130 * y + q5_4_121 * z;
  const vf q5_3_030 = q5_4_130 * x + q5_4_040 * y + q5_4_031 * z;
  const vf q5_3_201 = q5_4_301 * x + q5_4_211 * y + q5_4_202 * z;
  const vf q5_3_111 = q5_4_211 * x + q5_4_121 * y + q5_4_112 * z;
  const vf q5_3_021 = q5_4_121 * x + q5_4_031 * y + q5_4_022 * z;
  const vf q5_3_102 = -(q5_3_300 + q5_3_120);
  const vf q5_3_012 = -(q5_3_210 + q5_3_030);
  const vf q5_2_200 = q5_3_300 * x + q5_3_210 * y + q5_3_201 * z;
  const vf q5_2_110 = q5_3_210 * x + q5_3_120 * y + q5_3_111 * z;
  const vf q5_2_020 = q5_3_120 * x + q5_3_030 * y + q5_3_021 * z;
  const vf q5_2_101 = q5_3_201 * x + q5_3_111 * y + q5_3_102 * z;
  const vf q5_2_011 = q5_3_111 * x + q5_3_021 * y + q5_3_012 * z;
  const vf q5_2_002 = -(q5_2_200 + q5_2_020);
  const vf v5_100 = q5_2_200 * x + q5_2_110 * y + q5_2_101 * z;
  const vf v5_010 = q5_2_110 * x + q5_2_020 * y + q5_2_011 * z;
  const vf v5_001 = q5_2_101 * x + q5_2_011 * y + q5_2_002 * z;
  const vf p5 = v5_100 * x + v5_010 * y + v5_001 * z;
  vf power = t * t, sum = q[0] + power * p2, radial = q[0] + power * (5.0f * p2);
  vf gx = power * (2.0f * v2_100), gy = power * (2.0f * v2_010), gz = power * (2.0f * v2_001);
  power *= t;
  sum += power * p3;
  radial += power * (7.0f * p3);
  gx += power * (3.0f * v3_100);
  gy += power * (3.0f * v3_010);
  gz += power * (3.0f * v3_001);
  power *= t;
  sum += power * p4;
  radial += power * (9.0f * p4);
  gx += power * (4.0f * v4_100);
  gy += power * (4.0f * v4_010);
  gz += power * (4.0f * v4_001);
  power *= t;
  sum += power * p5;
  radial += power * (11.0f * p5);
  gx += power * (5.0f * v5_100);
  gy += power * (5.0f * v5_010);
  gz += power * (5.0f * v5_001);
  const vf r2 = r1 * r1;
  *phi += r1 * sum;
  *ax += r2 * (gx - radial * x);
  *ay += r2 * (gy - radial * y);
  *az += r2 * (gz - radial * z);
}

/* Potential and acceleration at sinks, one per lane of doubles, of a local expansion. */
static inline void local_body_5 (vd x, vd y, vd z, const double *l, vd *phi, vd *ax, vd *ay, vd *az)
{
  const double q2_200 = l[4];
  const double q2_110 = l[5];
  const double q2_020 = l[6];
  const double q2_101 = l[7];
  const double q2_011 = l[8];
  const double q2_002 = -(q2_200 + q2_020);
  const vd v2_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const vd v2_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const vd v2_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  const vd p2 = v2_100 * x + v2_010 * y + v2_001 * z;
  const double q3_300 = l[9];
  const double q3_210 = l[10];
  const double q3_120 = l[11];
  const double q3_030 = l[12];
  const double q3_201 = l[13];
  const double q3_111 = l[14];
  const double q3_021 = l[15];
  const double q3_102 = -(q3_300 + q3_120);
  const double q3_012 = -(q3_210 + q3_030);
  const vd q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const vd q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const vd q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const vd q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const vd q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const vd q3_2_002 = -(q3_2_200 + q3_2_020);
  const vd v3_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const vd v3_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const vd v3_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  const vd p3 = v3_100 * x + v3_010 * y + v3_001 * z;
  const double q4_400 = l[16];
  const double q4_310 = l[17];
  const double q4_220 = l[18];
  const double q4_130 = l[19];
  const double q4_040 = l[20];
  const double q4_301 = l[21];
  const double q4_211 = l[22];
  const double q4_121 = l[23];
  const double q4_031 = l[24];
  const double q4_202 = -(q4_400 + q4_220);
  const double q4_112 = -(q4_310 + q4_130);
  const double q4_022 = -(q4_220 + q4_040);
  const vd q4_3_300 = q4_400 * x + q4_310 * y + q4_301 * z;
  const vd q4_3_210 = q4_310 * x + q4_220 * y + q4_211 * z;
  const vd q4_3_120 = q4_220 * x + q4_130 * y + q4_121 * z;
  const vd q4_3_030 = q4_130 * x + q4_040 * y + q4_031 * z;
  const vd q4_3_201 = q4_301 * x + q4_211 * y + q4_202 * z;
  const vd q4_3_111 = q4_211 * x + q4_121 * y + q4_112 * z;
  const vd q4_3_021 = q4_121 * x + q4_031 * y + q4_022 * z;
  const vd q4_3_102 = -(q4_3_300 + q4_3_120);
  const vd q4_3_012 = -(q4_3_210 + q4_3_030);
  const vd q4_2_200 = q4_3_300 * x + q4_3_210 * y + q4_3_201 * z;
  const vd q4_2_110 = q4_3_210 * x + q4_3_120 * y + q4_3_111 * z;
  const vd q4_2_020 = q4_3_120 * x + q4_3_030 * y + q4_3_021 * z;
  const vd q4_2_101 = q4_3_201 * x + q4_3_111 * y + q4_3_102 * z;
  const vd q4_2_011 = q4_3_111 * x + q4_3_021 * y + q4_3_012 * z;
  const vd q4_2_002 = -(q4_2_200 + q4_2_020);
  const vd v4_100 = q4_2_200 * x + q4_2_110 * y + q4_2_101 * z;
  const vd v4_010 = q4_2_110 * x + q4_2_020 * y + q4_2_011 * z;
  const vd v4_001 = q4_2_101 * x + q4_2_011 * y + q4_2_002 * z;
  const vd p4 = v4_100 * x + v4_010 * y + v4_001 * z;
  const double q5_500 = l[25];
  const double q5_410 = l[26];
  const double q5_320 = l[27];
  const double q5_230 = l[28];
  const double q5_140 = l[29];
  const double q5_050 = l[30];
  const double q5_401 = l[31];
  const double q5_311 = l[32];
  const double q5_221 = l[33];
  const double q5_131 = l[34];
  const double q5_041 = l[35];
  const double q5_302 = -(q5_500 + q5_320);
  const double q5_212 = -(q5_410 + q5_230);
  const double q5_122 = -(q5_320 + q5_140);
  const double q5_032 = -(q5_230 + q5_050);
  const vd q5_4_400 = q5_500 * x + q5_410 * y + q5_401 * z;
  const vd q5_4_310 = q5_410 * x + q5_320 * y + q5_311 * z;
  const vd q5_4_220 = q5_320 * x + q5_230 * y + q5_221 * z;
  const vd q5_4_130 = q5_230 * x + q5_140 * y + q5_131 * z;
  const vd q5_4_040 = q5_140 * x + q5_050 * y + q5_041 * z;
  const vd q5_4_301 = q5_401 * x + q5_311 * y + q5_302 * z;
  const vd q5_4_211 = q5_311 * x + q5_221 * y + q5_212 * z;
  const vd q5_4_121 = q5_221 * x + q5_131 * y + q5_122 * z;
  const vd q5_4_031 = q5_131 * x + q5_041 * y + q5_032 * z;
  const vd q5_4_202 = -(q5_4_400 + q5_4_220);
  const vd q5_4_112 = -(q5_4_310 + q5_4_130);
  const vd q5_4_022 = -(q5_4_220 + q5_4_040);
  const vd q5_3_300 = q5_4_400 * x + q5_4_310 * y + q5_4_301 * z;
  const vd q5_3_210 = q5_4_310 * x + q5_4_220 * y + q5_4_211 * z;
  const vd q5_3_120 = q5_4_220 * x + q5_4_130 * y + q5_4_121 * z;
  const vd q5_3_030 = q5_4_130 * x + q5_4_040 * y + q5_4_031 * z;
  const vd q5_3_201 = q5_4_301 * x + q5_4_211 * y + q5_4_202 * z;
  const vd q5_3_111 = q5_4_211 * x + q5_4_121 * y + q5_4_112 * z;
  const vd q5_3_021 = q5_4_121 * x + q5_4_031 * y + q5_4_022 * z;
  const vd q5_3_102 = -(q5_3_300 + q5_3_120);
  const vd q5_3_012 = -(q5_3_210 + q5_3_030);
  const vd q5_2_200 = q5_3_300 * x + q5_3_210 * y + q5_3_201 * z;
  const vd q5_2_110 = q5_3_210 * x + q5_3_120 * y + q5_3_111 * z;
  const vd q5_2_020 = q5_3_120 * x + q5_3_030 * y + q5_3_021 * z;
  const vd q5_2_101 = q5_3_201 * x + q5_3_111 * y + q5_3_102 * z;
  const vd q5_2_011 = q5_3_111 * x + q5_3_021 * y + q5_3_012 * z;
  const vd q5_2_002 = -(q5_2_200 + q5_2_020);
  const vd v5_100 = q5_2_200 * x + q5_2_110 * y + q5_2_101 * z;
  const vd v5_010 = q5_2_110 * x + q5_2_020 * y + q5_2_011 * z;
  const vd v5_001 = q5_2_101 * x + q5_2_011 * y + q5_2_002 * z;
  const vd p5 = v5_100 * x + v5_010 * y + v5_001 * z;
  *phi += l[0] + l[1] * x + l[2] * y + l[3] * z + p2 * (1.0 / 2) + p3 * (1.0 / 6) + p4 * (1.0 / 24)
      + p5 * (1.0 / 120);
  *ax += l[1] + v2_100 * (1.0 / 1) + v3_100 * (1.0 / 2) + v4_100 * (1.0 / 6) + v5_100 * (1.0 / 24);
  *ay += l[2] + v2_010 * (1.0 / 1) + v3_010 * (1.0 / 2) + v4_010 * (1.0 / 6) + v5_010 * (1.0 / 24);
  *az += l[3] + v2_001 * (1.0 / 1) + v3_001 * (1.0 / 2) + v4_001 * (1.0 / 6) + v5_001 * (1.0 / 24);
}

#endif

#ifdef HARMONICS_SHIFT
/* out += the local expansion l about a centre displaced by (x,y,z). */
static inline void local_shift_3 (double x, double y, double z, const double *l, double *out)
{
  const double q0_000 = l[0];
  out[0] += q0_000;
  const double q1_100 = l[1];
  const double q1_010 = l[2];
  const double q1_001 = l[3];
  out[1] += q1_100;
  out[2] += q1_010;
  out[3] += q1_001;
  const double q1_0_000 = q1_100 * x + q1_010 * y + q1_001 * z;
  out[0] += q1_0_000 * (1.0 / 1);
  const double q2_200 = l[4];
  const double q2_110 = l[5];
  const double q2_020 = l[6];
  const double q2_101 = l[7];
  const double q2_011 = l[8];
  const double q2_002 = -(q2_200 + q2_020);
  out[4] += q2_200;
  out[5] += q2_110;
  out[6] += q2_020;
  out[7] += q2_101;
  out[8] += q2_011;
  const double q2_1_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const double q2_1_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const double q2_1_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  out[1] += q2_1_100 * (1.0 / 1);
  out[2] += q2_1_010 * (1.0 / 1);
  out[3] += q2_1_001 * (1.0 / 1);
  const double q2_0_000 = q2_1_100 * x + q2_1_010 * y + q2_1_001 * z;
  out[0] += q2_0_000 * (1.0 / 2);
  const double q3_300 = l[9];
  const double q3_210 = l[10];
  const double q3_120 = l[11];
  const double q3_030 = l[12];
  const double q3_201 = l[13];
  const double q3_111 = l[14];
  const double q3_021 = l[15];
  const double q3_102 = -(q3_300 + q3_120);
  const double q3_012 = -(q3_210 + q3_030);
  out[9] += q3_300;
  out[10] += q3_210;
  out[11] += q3_120;
  out[12] += q3_030;
  out[13] += q3_201;
  out[14] += q3_111;
  out[15] += q3_021;
  const double q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const double q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const double q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const double q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const double q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const double q3_2_002 = -(q3_2_200 + q3_2_020);
  out[4] += q3_2_200 * (1.0 / 1);
  out[5] += q3_2_110 * (1.0 / 1);
  out[6] += q3_2_020 * (1.0 / 1);
  out[7] += q3_2_101 * (1.0 / 1);
  out[8] += q3_2_011 * (1.0 / 1);
  const double q3_1_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const double q3_1_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const double q3_1_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  out[1] += q3_1_100 * (1.0 / 2);
  out[2] += q3_1_010 * (1.0 / 2);
  out[3] += q3_1_001 * (1.0 / 2);
  const double q3_0_000 = q3_1_100 * x + q3_1_010 * y + q3_1_001 * z;
  out[0] += q3_0_000 * (1.0 / 6);
}

/* out += the local expansion l about a centre displaced by (x,y,z). */
static inline void local_shift_4 (double x, double y, double z, const double *l, double *out)
{
  const double q0_000 = l[0];
  out[0] += q0_000;
  const double q1_100 = l[1];
  const double q1_010 = l[2];
  const double q1_001 = l[3];
  out[1] += q1_100;
  out[2] += q1_010;
  out[3] += q1_001;
  const double q1_0_000 = q1_100 * x + q1_010 * y + q1_001 * z;
  out[0] += q1_0_000 * (1.0 / 1);
  const double q2_200 = l[4];
  const double q2_110 = l[5];
  const double q2_020 = l[6];
  const double q2_101 = l[7];
  const double q2_011 = l[8];
  const double q2_002 = -(q2_200 + q2_020);
  out[4] += q2_200;
  out[5] += q2_110;
  out[6] += q2_020;
  out[7] += q2_101;
  out[8] += q2_011;
  const double q2_1_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const double q2_1_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const double q2_1_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  out[1] += q2_1_100 * (1.0 / 1);
  out[2] += q2_1_010 * (1.0 / 1);
  out[3] += q2_1_001 * (1.0 / 1);
  const double q2_0_000 = q2_1_100 * x + q2_1_010 * y + q2_1_001 * z;
  out[0] += q2_0_000 * (1.0 / 2);
  const double q3_300 = l[9];
  const double q3_210 = l[10];
  const double q3_120 = l[11];
  const double q3_030 = l[12];
  const double q3_201 = l[13];
  const double q3_111 = l[14];
  const double q3_021 = l[15];
  const double q3_102 = -(q3_300 + q3_120);
  const double q3_012 = -(q3_210 + q3_030);
  out[9] += q3_300;
  out[10] += q3_210;
  out[11] += q3_120;
  out[12] += q3_030;
  out[13] += q3_201;
  out[14] += q3_111;
  out[15] += q3_021;
  const double q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const double q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const double q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const double q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const double q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const double q3_2_002 = -(q3_2_200 + q3_2_020);
  out[4] += q3_2_200 * (1.0 / 1);
  out[5] += q3_2_110 * (1.0 / 1);
  out[6] += q3_2_020 * (1.0 / 1);
  out[7] += q3_2_101 * (1.0 / 1);
  out[8] += q3_2_011 * (1.0 / 1);
  const double q3_1_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const double q3_1_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const double q3_1_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  out[1] += q3_1_100 * (1.0 / 2);
  out[2] += q3_1_010 * (1.0 / 2);
  out[3] += q3_1_001 * (1.0 / 2);
  const double q3_0_000 = q3_1_100 * x + q3_1_010 * y + q3_1_001 * z;
  out[0] += q3_0_000 * (1.0 / 6);
  const double q4_400 = l[16];
  const double q4_310 = l[17];
  const double q4_220 = l[18];
  const double q4_130 = l[19];
  const double q4_040 = l[20];
  const double q4_301 = l[21];
  const double q4_211 = l[22];
  const double q4_121 = l[23];
  const double q4_031 = l[24];
  const double q4_202 = -(q4_400 + q4_220);
  const double q4_112 = -(q4_310 + q4_130);
  const double q4_022 = -(q4_220 + q4_040);
  out[16] += q4_400;
  out[17] += q4_310;
  out[18] += q4_220;
  out[19] += q4_130;
  out[20] += q4_040;
  out[21] += q4_301;
  out[22] += q4_211;
  out[23] += q4_121;
  out[24] += q4_031;
  const double q4_3_300 = q4_400 * x + q4_310 * y + q4_301 * z;
  const double q4_3_210 = q4_310 * x + q4_220 * y + q4_211 * z;
  const double q4_3_120 = q4_220 * x + q4_130 * y + q4_121 * z;
  const double q4_3_030 = q4_130 * x + q4_040 * y + q4_031 * z;
  const double q4_3_201 = q4_301 * x + q4_211 * y + q4_202 * z;
  const double q4_3_111 = q4_211 * x + q4_121 * y + q4_112 * z;
  const double q4_3_021 = q4_121 * x + q4_031 * y + q4_022 * z;
  const double q4_3_102 = -(q4_3_300 + q4_3_120);
  const double q4_3_012 = -(q4_3_210 + q4_3_030);
  out[9] += q4_3_300 * (1.0 / 1);
  out[10] += q4_3_210 * (1.0 / 1);
  out[11] += q4_3_120 * (1.0 / 1);
  out[12] += q4_3_030 * (1.0 / 1);
  out[13] += q4_3_201 * (1.0 / 1);
  out[14] += q4_3_111 * (1.0 / 1);
  out[15] += q4_3_021 * (1.0 / 1);
  const double q4_2_200 = q4_3_300 * x + q4_3_210 * y + q4_3_201 * z;
  const double q4_2_110 = q4_3_210 * x + q4_3_120 * y + q4_3_111 * z;
  const double q4_2_020 = q4_3_120 * x + q4_3_030 * y + q4_3_021 * z;
  const double q4_2_101 = q4_3_201 * x + q4_3_111 * y + q4_3_102 * z;
  const double q4_2_011 = q4_3_111 * x + q4_3_021 * y + q4_3_012 * z;
  const double q4_2_002 = -(q4_2_200 + q4_2_020);
  out[4] += q4_2_200 * (1.0 / 2);
  out[5] += q4_2_110 * (1.0 / 2);
  out[6] += q4_2_020 * (1.0 / 2);
  out[7] += q4_2_101 * (1.0 / 2);
  out[8] += q4_2_011 * (1.0 / 2);
  const double q4_1_100 = q4_2_200 * x + q4_2_110 * y + q4_2_101 * z;
  const double q4_1_010 = q4_2_110 * x + q4_2_020 * y + q4_2_011 * z;
  const double q4_1_001 = q4_2_101 * x + q4_2_011 * y + q4_2_002 * z;
  out[1] += q4_1_100 * (1.0 / 6);
  out[2] += q4_1_010 * (1.0 / 6);
  out[3] += q4_1_001 * (1.0 / 6);
  const double q4_0_000 = q4_1_100 * x + q4_1_010 * y + q4_1_001 * z;
  out[0] += q4_0_000 * (1.0 / 24);
}

/* out += the local expansion l about a centre displaced by (x,y,z). */
static inline void local_shift_5 (double x, double y, double z, const double *l, double *out)
{
  const double q0_000 = l[0];
  out[0] += q0_000;
  const double q1_100 = l[1];
  const double q1_010 = l[2];
  const double q1_001 = l[3];
  out[1] += q1_100;
  out[2] += q1_010;
  out[3] += q1_001;
  const double q1_0_000 = q1_100 * x + q1_010 * y + q1_001 * z;
  out[0] += q1_0_000 * (1.0 / 1);
  const double q2_200 = l[4];
  const double q2_110 = l[5];
  const double q2_020 = l[6];
  const double q2_101 = l[7];
  const double q2_011 = l[8];
  const double q2_002 = -(q2_200 + q2_020);
  out[4] += q2_200;
  out[5] += q2_110;
  out[6] += q2_020;
  out[7] += q2_101;
  out[8] += q2_011;
  const double q2_1_100 = q2_200 * x + q2_110 * y + q2_101 * z;
  const double q2_1_010 = q2_110 * x + q2_020 * y + q2_011 * z;
  const double q2_1_001 = q2_101 * x + q2_011 * y + q2_002 * z;
  out[1] += q2_1_100 * (1.0 / 1);
  out[2] += q2_1_010 * (1.0 / 1);
  out[3] += q2_1_001 * (1.0 / 1);
  const double q2_0_000 = q2_1_100 * x + q2_1_010 * y + q2_1_001 * z;
  out[0] += q2_0_000 * (1.0 / 2);
  const double q3_300 = l[9];
  const double q3_210 = l[10];
  const double q3_120 = l[11];
  const double q3_030 = l[12];
  const double q3_201 = l[13];
  const double q3_111 = l[14];
  const double q3_021 = l[15];
  const double q3_102 = -(q3_300 + q3_120);
  const double q3_012 = -(q3_210 + q3_030);
  out[9] += q3_300;
  out[10] += q3_210;
  out[11] += q3_120;
  out[12] += q3_030;
  out[13] += q3_201;
  out[14] += q3_111;
  out[15] += q3_021;
  const double q3_2_200 = q3_300 * x + q3_210 * y + q3_201 * z;
  const double q3_2_110 = q3_210 * x + q3_120 * y + q3_111 * z;
  const double q3_2_020 = q3_120 * x + q3_030 * y + q3_021 * z;
  const double q3_2_101 = q3_201 * x + q3_111 * y + q3_102 * z;
  const double q3_2_011 = q3_111 * x + q3_021 * y + q3_012 * z;
  const double q3_2_002 = -(q3_2_200 + q3_2_020);
  out[4] += q3_2_200 * (1.0 / 1);
  out[5] += q3_2_110 * (1.0 / 1);
  out[6] += q3_2_020 * (1.0 / 1);
  out[7] += q3_2_101 * (1.0 / 1);
  out[8] += q3_2_011 * (1.0 / 1);
  const double q3_1_100 = q3_2_200 * x + q3_2_110 * y + q3_2_101 * z;
  const double q3_1_010 = q3_2_110 * x + q3_2_020 * y + q3_2_011 * z;
  const double q3_1_001 = q3_2_101 * x + q3_2_011 * y + q3_2_002 * z;
  out[1] += q3_1_100 * (1.0 / 2);
  out[2] += q3_1_010 * (1.0 / 2);
  out[3] += q3_1_001 * (1.0 / 2);
  const double q3_0_000 = q3_1_100 * x + q3_1_010 * y + q3_1_001 * z;
  out[0] += q3_0_000 * (1.0 / 6);
  const double q4_400 = l[16];
  const double q4_310 = l[17];
  const double q4_220 = l[18];
  const double q4_130 = l[19];
  const double q4_040 = l[20];
  const double q4_301 = l[21];
  const double q4_211 = l[22];
  const double q4_121 = l[23];
  const double q4_031 = l[24];
  const double q4_202 = -(q4_400 + q4_220);
  const double q4_112 = -(q4_310 + q4_130);
  const double q4_022 = -(q4_220 + q4_040);
  out[16] += q4_400;
  out[17] += q4_310;
  out[18] += q4_220;
  out[19] += q4_130;
  out[20] += q4_040;
  out[21] += q4_301;
  out[22] += q4_211;
  out[23] += q4_121;
  out[24] += q4_031;
  const double q4_3_300 = q4_400 * x + q4_310 * y + q4_301 * z;
  const double q4_3_210 = q4_310 * x + q4_220 * y + q4_211 * z;
  const double q4_3_120 = q4_220 * x + q4_130 * y + q4_121 * z;
  const double q4_3_030 = q4_130 * x + q4_040 * y + q4_031 * z;
  const double q4_3_201 = q4_301 * x + q4_211 * y + q4_202 * z;
  const double q4_3_111 = q4_211 * x + q4_121 * y + q4_112 * z;
  const double q4_3_021 = q4_121 * x + q4_031 * y + q4_022 * z;
  const double q4_3_102 = -(q4_3_300 + q4_3_120);
  const double q4_3_012 = -(q4_3_210 + q4_3_030);
  out[9] += q4_3_300 * (1.0 / 1);
  out[10] += q4_3_210 * (1.0 / 1);
  out[11] += q4_3_120 * (1.0 / 1);
  out[12] += q4_3_030 * (1.0 / 1);
  out[13] += q4_3_201 * (1.0 / 1);
  out[14] += q4_3_111 * (1.0 / 1);
  out[15] += q4_3_021 * (1.0 / 1);
  const double q4_2_200 = q4_3_300 * x + q4_3_210 * y + q4_3_201 * z;
  const double q4_2_110 = q4_3_210 * x + q4_3_120 * y + q4_3_111 * z;
  const double q4_2_020 = q4_3_120 * x + q4_3_030 * y + q4_3_021 * z;
  const double q4_2_101 = q4_3_201 * x + q4_3_111 * y + q4_3_102 * z;
  const double q4_2_011 = q4_3_111 * x + q4_3_021 * y + q4_3_012 * z;
  const double q4_2_002 = -(q4_2_200 + q4_2_020);
  out[4] += q4_2_200 * (1.0 / 2);
  out[5] += q4_2_110 * (1.0 / 2);
  out[6] += q4_2_020 * (1.0 / 2);
  out[7] += q4_2_101 * (1.0 / 2);
  out[8] += q4_2_011 * (1.0 / 2);
  const double q4_1_100 = q4_2_200 * x + q4_2_110 * y + q4_2_101 * z;
  const double q4_1_010 = q4_2_110 * x + q4_2_020 * y + q4_2_011 * z;
  const double q4_1_001 = q4_2_101 * x + q4_2_011 * y + q4_2_002 * z;
  out[1] += q4_1_100 * (1.0 / 6);
  out[2] += q4_1_010 * (1.0 / 6);
  out[3] += q4_1_001 * (1.0 / 6);
  const double q4_0_000 = q4_1_100 * x + q4_1_010 * y + q4_1_001 * z;
  out[0] += q4_0_000 * (1.0 / 24);
  const double q5_500 = l[25];
  const double q5_410 = l[26];
  const double q5_320 = l[27];
  const double q5_230 = l[28];
  const double q5_140 = l[29];
  const double q5_050 = l[30];
  const double q5_401 = l[31];
  const double q5_311 = l[32];
  const double q5_221 = l[33];
  const double q5_131 = l[34];
  const double q5_041 = l[35];
  const double q5_302 = -(q5_500 + q5_320);
  const double q5_212 = -(q5_410 + q5_230);
  const double q5_122 = -(q5_320 + q5_140);
  const double q5_032 = -(q5_230 + q5_050);
  out[25] += q5_500;
  out[26] += q5_410;
  out[27] += q5_320;
  out[28] += q5_230;
  out[29] += q5_140;
  out[30] += q5_050;
  out[31] += q5_401;
  out[32] += q5_311;
  out[33] += q5_221;
  out[34] += q5_131;
  out[35] += q5_041;
  const double q5_4_400 = q5_500 * x + q5_410 * y + q5_401 * z;
  const double q5_4_310 = q5_410 * x + q5_320 * y + q5_311 * z;
  const double q5_4_220 = q5_320 * x + q5_230 * y + q5_221 * z;
  const double q5_4_130 = q5_230 * x + q5_140 * y + q5_131 * z;
  const double q5_4_040 = q5_140 * x + q5_050 * y + q5_041 * z;
  const double q5_4_301 = q5_401 * x + q5_311 * y + q5_302 * z;
  const double q5_4_211 = q5_311 * x + q5_221 * y + q5_212 * z;
  const double q5_4_121 = q5_221 * x + q5_131 * y + q5_122 * z;
  const double q5_4_031 = q5_131 * x + q5_041 * y + q5_032 * z;
  const double q5_4_202 = -(q5_4_400 + q5_4_220);
  const double q5_4_112 = -(q5_4_310 + q5_4_130);
  const double q5_4_022 = -(q5_4_220 + q5_4_040);
  out[16] += q5_4_400 * (1.0 / 1);
  out[17] += q5_4_310 * (1.0 / 1);
  out[18] += q5_4_220 * (1.0 / 1);
  out[19] += q5_4_130 * (1.0 / 1);
  out[20] += q5_4_040 * (1.0 / 1);
  out[21] += q5_4_301 * (1.0 / 1);
  out[22] += q5_4_211 * (1.0 / 1);
  out[23] += q5_4_121 * (1.0 / 1);
  out[24] += q5_4_031 * (1.0 / 1);
  const double q5_3_300 = q5_4_400 * x + q5_4_310 * y + q5_4_301 * z;
  const double q5_3_210 = q5_4_310 * x + q5_4_220 * y + q5_4_211 * z;
  const double q5_3_120 = q5_4_220 * x + q5_4_130 * y + q5_4_121 * z;
  const double q5_3_030 = q5_4_130 * x + q5_4_040 * y + q5_4_031 * z;
  const double q5_3_201 = q5_4_301 * x + q5_4_211 * y + q5_4_202 * z;
  const double q5_3_111 = q5_4_211 * x + q5_4_121 * y + q5_4_112 * z;
  const double q5_3_021 = q5_4_121 * x + q5_4_031 * y + q5_4_022 * z;
  const double q5_3_102 = -(q5_3_300 + q5_3_120);
  const double q5_3_012 = -(q5_3_210 + q5_3_030);
  out[9] += q5_3_300 * (1.0 / 2);
  out[10] += q5_3_210 * (1.0 / 2);
  out[11] += q5_3_120 * (1.0 / 2);
  out[12] += q5_3_030 * (1.0 / 2);
  out[13] += q5_3_201 * (1.0 / 2);
  out[14] += q5_3_111 * (1.0 / 2);
  out[15] += q5_3_021 * (1.0 / 2);
  const double q5_2_200 = q5_3_300 * x + q5_3_210 * y + q5_3_201 * z;
  const double q5_2_110 = q5_3_210 * x + q5_3_120 * y + q5_3_111 * z;
  const double q5_2_020 = q5_3_120 * x + q5_3_030 * y + q5_3_021 * z;
  const double q5_2_101 = q5_3_201 * x + q5_3_111 * y + q5_3_102 * z;
  const double q5_2_011 = q5_3_111 * x + q5_3_021 * y + q5_3_012 * z;
  const double q5_2_002 = -(q5_2_200 + q5_2_020);
  out[4] += q5_2_200 * (1.0 / 6);
  out[5] += q5_2_110 * (1.0 / 6);
  out[6] += q5_2_020 * (1.0 / 6);
  out[7] += q5_2_101 * (1.0 / 6);
  out[8] += q5_2_011 * (1.0 / 6);
  const double q5_1_100 = q5_2_200 * x + q5_2_110 * y + q5_2_101 * z;
  const double q5_1_010 = q5_2_110 * x + q5_2_020 * y + q5_2_011 * z;
  const double q5_1_001 = q5_2_101 * x + q5_2_011 * y + q5_2_002 * z;
  out[1] += q5_1_100 * (1.0 / 24);
  out[2] += q5_1_010 * (1.0 / 24);
  out[3] += q5_1_001 * (1.0 / 24);
  const double q5_0_000 = q5_1_100 * x + q5_1_010 * y + q5_1_001 * z;
  out[0] += q5_0_000 * (1.0 / 120);
}

#endif
