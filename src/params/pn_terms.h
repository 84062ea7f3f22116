/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KETJU's words for post-Newtonian terms, as bits of areg. Header-only, so that programs without MPI can use it.
 */
#ifndef CATENA_PN_TERMS_H
#define CATENA_PN_TERMS_H

#include "areg.h"

static inline int pn_same_word (const char *a, const char *b)
{
  for (; *a && *b; a++, b++)
    if ((*a >= 'A' && *a <= 'Z' ? *a - 'A' + 'a' : *a) != *b)
      return 0;
  return *a == *b;
}

/* Local. `all`, `no_spin`, `none`, or any of the characters 2 4 5 6 7 s c b p (1PN, 2PN, 2.5PN, 3PN, 3.5PN, spin,
 * 1PN terms of three bodies, 1PN between SMBHs and stars, which needs 2, radiation between partners only), in any
 * case. Returns 0 and *terms (enum areg_pn bits), or -1 for other words. */
static inline int pn_terms_parse (const char *words, unsigned *terms)
{
  static const struct { char c; unsigned bit; } letters[] = {
    { '2', AREG_PN1 }, { '4', AREG_PN2 }, { '5', AREG_PN25 }, { '6', AREG_PN3 }, { '7', AREG_PN35 },
    { 's', AREG_PN_SPIN }, { 'S', AREG_PN_SPIN }, { 'c', AREG_PN_CROSS }, { 'C', AREG_PN_CROSS },
    { 'b', AREG_PN_STARS }, { 'B', AREG_PN_STARS }, { 'p', AREG_PN_PARTNERS }, { 'P', AREG_PN_PARTNERS } };
  unsigned found = 0;

  *terms = pn_same_word (words, "all")       ? AREG_PN_ALL
           : pn_same_word (words, "no_spin") ? AREG_PN_NO_SPIN
                                             : AREG_PN_NONE;
  if (*terms || pn_same_word (words, "none"))
    return 0;
  for (const char *w = words; *w; w++) {
    unsigned bit = 0;
    for (unsigned k = 0; k < sizeof letters / sizeof *letters; k++)
      bit |= letters[k].c == *w ? letters[k].bit : 0;
    if (!bit)
      return -1;
    found |= bit;
  }
  *terms = found;
  return found && (!(found & AREG_PN_STARS) || (found & AREG_PN1)) ? 0 : -1;
}

#endif
