#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes split.inc: polynomials of the long-range part of a pair, erf (u) / u with u = r / 2 r_s, in x = u^2.

P (x) = erf (u) / u and Q (x) = -2 dP/dx = (P - 2/sqrt(pi) exp (-x)) / x are entire functions of x, so one polynomial
serves the whole range 0 <= x <= 9 (six split scales), and a short one 0 <= x <= 0.5625 (1.5 split scales). For
floats: minimax of the error relative to the Newtonian pair (weights x^1/2 and x^3/2) by Lawson's iteration. For
doubles: Chebyshev interpolation with 40 digits. exp (-y) is for the multipoles.

Usage: split.py > split.inc    (needs numpy and mpmath)
"""
import mpmath as mp
import numpy as np

REACH, CLOSE = 9, 0.5625
mp.mp.dps = 40


def series(x, force):
    """P or Q from their power series, which converge everywhere."""
    x, k, total, power = mp.mpf(x), 0, mp.mpf(0), mp.mpf(1)
    while k < 150:
        total += power / (2 * k + (3 if force else 1))
        k += 1
        power *= -x / k
    return 2 / mp.sqrt(mp.pi) * total * (2 if force else 1)


def monomials(chebyshev):
    """Coefficients of t^k from those of T_k, exactly."""
    n = len(chebyshev)
    rows = [[mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]]
    while len(rows) < n:
        up = [mp.mpf(0)] + [2 * c for c in rows[-1]]
        rows.append([a - (rows[-2][i] if i < len(rows[-2]) else 0) for i, a in enumerate(up)])
    return [sum(chebyshev[k] * rows[k][i] for k in range(n) if i < len(rows[k])) for i in range(n)]


def interpolate(force, degree):
    n = degree + 1
    angle = [mp.pi * (i + mp.mpf(1) / 2) / n for i in range(n)]
    value = [series((1 + mp.cos(a)) * REACH / 2, force) for a in angle]
    return monomials([sum(v * mp.cos(k * a) for v, a in zip(value, angle)) * (2 if k else 1) / n for k in range(n)])


def minimax(function, weighting, reach, degree, points=2000, rounds=400):
    """Largest weighted error and coefficients in t of the best polynomial on 0 <= x <= reach."""
    t = np.cos(np.pi * (np.arange(points) + .5) / points)
    x = (1 + t) * reach / 2
    f, weight = np.array([float(function(v)) for v in x]), weighting(x)
    basis, share, best = np.polynomial.chebyshev.chebvander(t, degree), np.ones(points) / points, (np.inf, None)
    for _ in range(rounds):
        w = weight * np.sqrt(share)
        c = np.linalg.lstsq(basis * w[:, None], f * w, rcond=None)[0]
        error = np.abs(basis @ c - f) * weight
        if error.max() < best[0]:
            best = error.max(), c
        share = np.maximum(share * error / error.max(), 1e-14)
        share /= share.sum()
    return best[0], monomials([mp.mpf(float(v)) for v in best[1]])


def emit(name, coefficients, digits, suffix):
    print(f"static const {'float' if suffix else 'double'} {name}[{len(coefficients)}] = {{")
    texts, line = [mp.nstr(c, digits, min_fixed=-2, max_fixed=0) + suffix for c in coefficients], " "
    for t in texts:
        if len(line) + len(t) > 108:
            print(line)
            line = " "
        line += f" {t},"
    print(line + "\n};")


def exponential():
    """exp (-y) in y itself, of which the 16th power is taken: relative error."""
    reach = 1.5
    error, c = minimax(lambda y: mp.exp(-y), np.exp, reach, 7)
    print(f"/* exp (-y), 0 <= y <= 1.5, coefficients of y^k: relative error below {error:.1e}. */")
    powers = [mp.mpf(0)] * len(c)
    for k, a in enumerate(c):  # t = 2 y / reach - 1
        for i in range(k + 1):
            powers[i] += a * mp.binomial(k, i) * (mp.mpf(2) / reach) ** i * (-1) ** (k - i)
    emit("split_exp_float", powers, 9, "f")


def main():
    print("/* SPDX-License-Identifier: GPL-3.0-or-later */")
    print("/* Written by split.py: change that, not this. Coefficients of t^k, t = 2 x / 9 - 1, from k = 0 on. */")
    for force, letter in ((False, "p"), (True, "q")):
        error, c = minimax(lambda x: series(x, force), lambda x: x ** (1.5 if force else .5), REACH, 10)
        print(f"/* {'Q' if force else 'P'}, for floats: error below {error:.1e} of the Newtonian pair. */")
        emit(f"split_{letter}_float", c, 9, "f")
        emit(f"split_{letter}_double", interpolate(force, 27), 19, "")
    for force, letter in ((False, "p"), (True, "q")):
        error, c = minimax(lambda x: series(x, force), lambda x: x ** (1.5 if force else .5), CLOSE, 3)
        print(f"/* {'Q' if force else 'P'}, t = 2 x / {CLOSE} - 1, for close floats: error below {error:.1e}. */")
        emit(f"split_{letter}_close", c, 9, "f")
    exponential()


main()
