#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs gravity_bench over settings and compares it with other codes at equal error:

    bench/gravity_table.py [--bench build/bench/gravity_bench] [--n 1e6] [--lanes 16] [--repeats 3] [--sample 10000]
        [--before COMMAND]

Errors come from runs of their own, by all cores: the 99.9 % error of a sample of 2000 is known to a third only. What
is given as --before stands in front of the runs that are timed, such as "taskset -c 1".
Seconds of ours at a wanted 99 % error are interpolated in log-log between the settings measured. The figures of the
others are for the same Hernquist sphere (eps = 0.001), one core of a 3.1 GHz Zen 3 (AVX2); --lanes 8 keeps ours to
AVX2 as well."""
import argparse
import math
import os
import re
import subprocess
import sys

# (99 % error, seconds on one core) per setting, by number of bodies.
OTHERS = {
    1000000: {
        "GADGET-4 FMM": [(2.6e-3, 8.47), (4.5e-4, 15.6)],
        "PKDGRAV3": [(2.2e-3, 2.41), (1.5e-3, 3.22), (6.1e-4, 7.15)],
        "FDPS": [(3.1e-3, 3.44)],
        "SWIFT": [(5.9e-3, 3.25)],
    },
    100000: {
        "GADGET-4 FMM": [(3.0e-3, 1.16), (1.6e-3, 1.40), (7.8e-4, 1.46)],
        "GADGET-4 tree": [(1.5e-3, 3.16), (7.7e-4, 4.06)],
        "PKDGRAV3": [(2.7e-3, 0.24), (1.4e-3, 0.31), (7.0e-4, 0.42), (2.4e-4, 0.68)],
        "FDPS": [(1.6e-3, 0.34)],
    },
}
SETTINGS = [(4, 1.6e-2), (4, 1.2e-2), (4, 8e-3), (4, 4e-3), (4, 2e-3), (4, 1e-3), (4, 5e-4), (4, 3e-4), (5, 2.5e-4)]
WANTED = [3e-3, 1e-3, 3e-4]


def run(options, before, order, alpha, *more, **variables):
    """What the bench says about one setting."""
    command = [*before, options.bench, "-n", str(options.n), "-p", str(order), "-a", str(alpha), *map(str, more)]
    environment = dict(os.environ, CATENA_LANES=str(options.lanes), **variables)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def measure(options, order, alpha):
    """Seconds (median) and 99 %, 99.9 % errors of one setting."""
    text = run(options, options.before.split(), order, alpha, "-r", options.repeats, "-s", 0, OMP_NUM_THREADS="1")
    seconds = float(re.search(r"median=([\d.]+)", text).group(1))
    share = re.search(r"([\d.]+) % of the time", text).group(1)
    text = run(options, [], order, alpha, "-r", 0, "-s", options.sample)
    rms, median, most, more = re.search(
        r"acceleration errors: rms=(\S+) median=(\S+) 99%=(\S+) 99\.9%=(\S+)", text).groups()
    print(f"| {order} | {alpha:g} | {seconds:.4f} | {options.n / seconds:.3g} | {rms} | {median} | {most} | {more} | "
          f"{float(more) / float(most):.2f} | {share} % |", flush=True)
    return float(most), seconds


def at_error(points, error):
    """Seconds at an error, log-log between neighbours; None outside of the points (15 % beyond is allowed)."""
    points = sorted(points)
    if not points[0][0] / 1.15 <= error <= points[-1][0] * 1.15:
        return None
    if len(points) == 1:
        return points[0][1]
    k = 1
    while k < len(points) - 1 and points[k][0] < error:
        k += 1
    (x0, y0), (x1, y1) = points[k - 1], points[k]
    slope = math.log(y1 / y0) / math.log(x1 / x0)
    return y0 * (error / x0) ** slope


def extended(points, error):
    """As at_error, but continued beyond the points by their last slope (marked by the caller)."""
    points = sorted(points)
    if len(points) == 1:
        return None
    (x0, y0), (x1, y1) = points[:2] if error < points[0][0] else points[-2:]
    return y0 * (error / x0) ** (math.log(y1 / y0) / math.log(x1 / x0))


def main():
    """Prints both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", default="bench/gravity_bench")
    parser.add_argument("--n", type=float, default=1e6)
    parser.add_argument("--lanes", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sample", type=int, default=10000)
    parser.add_argument("--before", default="")
    options = parser.parse_args()
    options.n = int(options.n)
    print("| p | alpha | s | bodies/s | rms | median | 99 % | 99.9 % | 99.9/99 | time in kernels at their peak |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    ours = [measure(options, order, alpha) for order, alpha in SETTINGS]
    print("\n| 99 % error | ours, s |", " | ".join(OTHERS.get(options.n, {})), "|")
    for wanted in WANTED:
        mine = at_error(ours, wanted)
        row = []
        for points in OTHERS.get(options.n, {}).values():
            theirs, mark = at_error(points, wanted), ""
            if theirs is None:
                theirs, mark = extended(points, wanted), " (extrapolated)"
            row.append("-" if theirs is None or mine is None else f"{theirs:.2f} s{mark}: {theirs / mine:.1f}x")
        print(f"| {wanted:g} | {mine if mine is None else round(mine, 4)} |", " | ".join(row), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
