# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a run, one function each: takes the run and its story, gives a matplotlib figure or None where the
run has nothing to show. Colours are Okabe and Ito's, told apart by colour-blind readers; a phase has the same tint,
and a mark the same colour, in every figure. Time axes are in kyr, Myr or Gyr (units.clock), lengths in pc or kpc.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.colors import LogNorm  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter  # noqa: E402

from . import orbits, profiles  # noqa: E402
from .story import hole_at, holes_centre  # noqa: E402

INK, FAINT, GRID = "#1b2430", "#66707c", "#d9dee4"
BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
                                               "#F0E442")
SERIES = (BLUE, RED, GREEN, PINK, ORANGE, SKY)
PHASES = {"approach": "#eef1f4", "bound": "#dcebf5", "hard": "#fdf0d5", "GW-driven": "#f7dfe9"}
MARKS = {"r_infl": GREEN, "a_h": ORANGE, "merge": RED}
WIDTH = 9.0
PIXELS = 300          # along the side of a panel of the surface density

STYLE = {
    "font.family": "DejaVu Sans", "font.size": 10, "mathtext.fontset": "dejavusans", "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "text.color": INK, "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "xtick.direction": "out", "ytick.direction": "out", "xtick.labelsize": 9, "ytick.labelsize": 9, "axes.grid": True,
    "grid.color": GRID, "grid.linewidth": 0.6, "legend.frameon": True, "legend.edgecolor": "none",
    "legend.framealpha": 0.75, "legend.borderpad": 0.3, "legend.fontsize": 9, "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round", "figure.dpi": 150, "savefig.dpi": 150, "figure.facecolor": "white",
    "agg.path.chunksize": 20000, "figure.constrained_layout.use": True,
}


def number_text(value, digits=3):
    """A number as one writes it: `digits` significant ones, no exponent between 1e-3 and 1e5."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "–"
    size = int(np.floor(np.log10(abs(float("%.*e" % (digits - 1, value))))))
    if -4 < size < 5:
        return "%.*f" % (max(0, digits - 1 - size), round(value, digits - 1 - size))
    mantissa, exponent = ("%.*e" % (digits - 1, value)).split("e")
    return "%s × 10%s" % (mantissa, str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")))


def _in_units(value, digits, ladder):
    for limit, unit in ladder:
        if abs(value) >= 0.9995 * limit:
            return "%s %s" % (number_text(value / limit, digits), unit)
    return "%s %s" % (number_text(value / ladder[-1][0], digits), ladder[-1][1])


def length_text(pc, digits=2):
    """A length in pc in the unit in which it reads best."""
    return _in_units(pc, digits, ((1e6, "Mpc"), (1e3, "kpc"), (1.0, "pc"), (1e-3, "mpc"), (1e-6, "μpc")))


def time_text(myr, digits=3):
    """A span of time in the unit in which it reads best."""
    if myr == 0:
        return "0 Myr"
    return _in_units(myr, digits, ((1e3, "Gyr"), (1.0, "Myr"), (1e-3, "kyr"), (1e-6, "yr")))


def name_of(id_):
    return "SMBH %d" % id_


def thin(t, *columns, most=6000):
    """The lowest and highest sample of each stretch of a long record, so that a plot shows the same band at less
    cost."""
    if len(t) <= most:
        return (t, *columns)
    keep = [np.array([0, len(t) - 1])]
    for y in columns:
        blocks = np.array_split(np.where(np.isfinite(y), y, 0.0), most // 4)
        start = np.cumsum([0] + [len(b) for b in blocks[:-1]])
        keep += [start + [b.argmin() for b in blocks], start + [b.argmax() for b in blocks]]
    k = np.unique(np.concatenate(keep))
    return (t[k], *(y[k] for y in columns))


def _length_ticks(axis):
    """Decades written as lengths: 1 kpc, 10 pc, 1 mpc."""
    axis.set_major_locator(LogLocator(base=10, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda y, _: length_text(y, 1)))
    axis.set_minor_formatter(FuncFormatter(lambda y, _: _minor_length(axis, y)))


def _minor_length(axis, y):
    """Between decades 2 and 5 are written out where an axis shows fewer than two decades."""
    low, high = axis.get_view_interval()
    lead = "%.0e" % y if y > 0 else " "
    return length_text(y, 1) if high < 100 * low and lead[0] in "25" else ""


def _log_length(ax):
    ax.set_yscale("log")
    _length_ticks(ax.yaxis)


def _shade_phases(ax, run, story, label=False):
    """The phases of the main pair as tints behind the data, named at the upper edge where there is room."""
    main = story.main()
    if main is None or not main.episodes:
        return
    low, high = ax.get_xlim()
    for name, start, end in main.phase_list(run.time_end()):
        start, end = max(start * run.units.clock, low), min(end * run.units.clock, high)
        if end <= start:
            continue
        ax.axvspan(start, end, color=PHASES[name], lw=0, zorder=0)
        if label and end - start > 0.0135 * len(name) * (high - low):
            ax.annotate(name, (0.5 * (start + end), 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                        textcoords="offset points", ha="center", va="bottom", fontsize=8.5, color=FAINT)
    ax.set_xlim(low, high)


def _merger_lines(ax, run):
    for merger in run.history.mergers if run.history else []:
        ax.axvline(merger["merger_physical_time"] * run.units.clock, color=MARKS["merge"], lw=0.9, ls=(0, (1, 1.5)))


def _time_label(run):
    return "time  [%s]" % run.units.clock_name


def _time_axis(ax, run, low=0.0):
    end = run.time_end() * run.units.clock
    ax.set_xlim(low, end if end > low else low + 1.0)
    ax.set_xlabel(_time_label(run))


def _level(ax, y, text, color, x=1.0, above=True):
    ax.axhline(y, color=color, lw=1.0, ls=(0, (5, 2.5)), zorder=1.5)
    ax.annotate(text, (x, y), xycoords=("axes fraction", "data"),
                xytext=(-3 if x == 1.0 else 3, 2.5 if above else -2.5),
                textcoords="offset points", ha="right" if x == 1.0 else "left", va="bottom" if above else "top",
                fontsize=8.5, color=color, bbox={"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none",
                                                 "alpha": 0.6})


# ---- surface density

def _pick_snapshots(run, story, most=5):
    """First, last, and those nearest to the turning points of the main pair; the rest spread in time."""
    shots = run.snapshots
    if len(shots) <= most:
        return list(shots)
    main, chosen = story.main(), [shots[0], shots[-1]]
    marks = [main.t_influence, main.t_bound, main.t_merged, main.t_hard] if main else []
    for t in [q for q in marks if q is not None] + list(np.linspace(shots[0].time, shots[-1].time, most)):
        near = run.snapshot_near(t)
        if near not in chosen and len(chosen) < most:
            chosen.append(near)
    return sorted(chosen, key=lambda s: s.time)


def _viewing_axes(main):
    """Two axes of the coordinate plane nearest to the pair's orbit, so that one looks down on it."""
    if main is None:
        return 0, 1
    L = np.cross(main.pair.x, main.pair.v)
    total = (L / np.maximum(np.sqrt((L**2).sum(axis=1))[:, None], 1e-300)).mean(axis=0)
    normal = int(np.argmax(np.abs(total)))
    return {0: (1, 2), 1: (0, 2), 2: (0, 1)}[normal]


def _scale_bar(ax, half, pc):
    """A round length of about a third of the panel."""
    target = 0.6 * half * pc
    power = 10.0**np.floor(np.log10(target))
    size = max(q * power for q in (1, 2, 5) if q * power <= target * 1.0001)
    x0, y = -0.9 * half, -0.88 * half
    ax.plot([x0, x0 + size / pc], [y, y], color="white", lw=2, solid_capstyle="butt")
    ax.text(x0 + 0.5 * size / pc, y + 0.04 * half, length_text(size, 1), color="white", ha="center", va="bottom",
            fontsize=8)


def _draw_holes(ax, run, snapshot, centre, axes, half, zoomed, span):
    """Positions as rings, and the way that led there during `span` as a fading line: seen from the panel's moving
    centre."""
    if run.history is None:
        return
    merged = {i for m in run.history.mergers if m["merger_physical_time"] <= snapshot.time
              for i in (int(m["ID1"]), int(m["ID2"])) if i != int(m["ID_remnant"])}
    for (name, hole), color in zip(run.history.holes.items(), _hole_colors(run)):
        here = hole_at(hole, snapshot.time)
        if here is None or int(name) in merged:
            continue
        path = hole.x[(hole.t <= snapshot.time) & (hole.t >= snapshot.time - span)]
        if not zoomed and len(path) > 1:
            path = path[:: max(1, len(path) // 1500)] - centre
            ax.plot(path[:, axes[0]], path[:, axes[1]], color=color, lw=0.9, alpha=0.85)
        d = here - centre
        if np.abs(d[list(axes)]).max() < half:
            ax.plot(d[axes[0]], d[axes[1]], "o", ms=5.5, mfc="black", mec=color, mew=1.4)


def _draw_zoomed_paths(ax, run, main, snapshot, axes, half, span):
    """Near the holes: both ways relative to their common centre of mass, through the pair's own record."""
    p = main.pair
    pick = np.flatnonzero((p.t <= snapshot.time) & (p.t >= snapshot.time - span))
    if len(pick) < 2:
        return
    pick = pick[-1200:]
    M = p.m1[pick] + p.m2[pick]
    colors = dict(zip(run.history.holes, _hole_colors(run)))
    for sign, other, id_ in ((1, p.m2, p.ids[0]), (-1, p.m1, p.ids[1])):
        way = sign * p.x[pick] * (other[pick] / M)[:, None]
        ax.plot(way[:, axes[0]], way[:, axes[1]], color=colors[id_], lw=0.8, alpha=0.85)
    ax.set_xlim(-half, half)
    ax.set_ylim(-half, half)


def _pair_middle(run, main, shot):
    middle = holes_centre(run, main.ids, shot.time)
    return np.inf if middle is None else middle


def _hole_colors(run):
    palette = (SKY, ORANGE, "#7fe0b8", PINK, YELLOW, "#ffffff")
    return [palette[i % len(palette)] for i in range(len(run.history.holes))]


def _view(run, main, snapshot, x, m):
    """Centre and half width of the panel around the holes: three influence radii about the pair, wider while its
    holes are farther apart, about the heavier one alone while they are in different galaxies."""
    base = 3 * main.r_infl if main and main.r_infl else None
    ids = list(main.ids) if main else (list(run.history.holes)[:1] if run.history else [])
    if main:
        here = [hole_at(run.history.holes[i], snapshot.time) for i in ids]
        if all(q is not None for q in here):
            apart = np.sqrt(((here[0] - here[1])**2).sum())
            if base and apart > 2.5 * base:
                ids = ids[:1]
            else:
                base = max(base or 0.0, 0.85 * apart)
    centre = holes_centre(run, ids, snapshot.time) if ids else None
    centre = profiles.shrinking_sphere(x, m) if centre is None else centre
    return centre, base or 0.3 * profiles.radius_enclosing(x, m, centre, 0.5 * m.sum())


def _stellar_centre(main, run, snapshot, x, m):
    """Of profiles: the pair while it is bound, else the densest point (a remnant may have been kicked out of it)."""
    if main and main.t_bound is not None and not main.unbound_again \
       and main.t_bound <= snapshot.time <= main.pair.t[-1]:
        centre = holes_centre(run, main.ids, snapshot.time)
        if centre is not None:
            return centre
    return profiles.shrinking_sphere(x, m)


def _panel(ax, picture, half, norm):
    ax.imshow(picture, origin="lower", extent=(-half, half, -half, half), norm=norm, cmap="magma",
              interpolation="bilinear")
    ax.set_xlim(-half, half)
    ax.set_ylim(-half, half)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    ax.set_facecolor("black")
    for spine in ax.spines.values():
        spine.set_visible(False)


def _norm_of(pictures, decades):
    top = max(p.max() for p in pictures)
    return LogNorm(vmin=top * 10.0**-decades, vmax=top, clip=True)


def surface_density(run, story):
    """Two rows of stellar surface density: the whole system, and the neighbourhood of the holes."""
    shots = [s for s in _pick_snapshots(run, story) if s.count[[2, 3, 4]].sum() > 0]
    if not shots:
        return None
    main, axes = story.main(), _viewing_axes(story.main())
    units, columns = run.units, []
    x0, _, m0 = shots[0].stars()
    middle = np.average(x0, axis=0, weights=m0)
    whole = 1.15 * profiles.lagrangian_radii(x0, m0, middle, [0.85])[0]
    per_area = units.msun / units.pc**2
    for shot in shots:
        x, _, m = shot.stars()
        near, half = _view(run, main, shot, x, m)
        half = min(half, whole)
        pictures = [profiles.surface_density((x - c)[:, axes], m, h, PIXELS) * per_area
                    for c, h in ((middle, whole), (near, half))]
        columns.append((shot, near, half, pictures))
    fig, grid, bars = _square_panels(len(shots))
    norms = [_norm_of([c[3][row] for c in columns], decades) for row, decades in ((0, 3.6), (1, 2.5))]
    span = max(0.08 * run.time_end(), 1e-300)
    for i, (shot, near, half, pictures) in enumerate(columns):
        for row, (centre, h) in enumerate(((middle, whole), (near, half))):
            ax = grid[row][i]
            _panel(ax, pictures[row], h, norms[row])
            _draw_holes(ax, run, shot, centre, axes, h, row == 1, span)
            if row == 1 and main and np.sqrt(((near - _pair_middle(run, main, shot))**2).sum()) < 1e-6 * h:
                _draw_zoomed_paths(ax, run, main, shot, axes, h, span)
            _scale_bar(ax, h, units.pc)
        grid[0][i].set_title(time_text(shot.time * units.myr, 3), fontsize=10, loc="center", pad=4)
        _corner(grid[0][i], _phase_at(run, main, shot.time))
        _corner(grid[1][i], _size_at(run, main, shot.time))
    grid[0][0].set_ylabel("whole system", color=INK)
    grid[1][0].set_ylabel("around the SMBHs" if run.history and run.history.holes else "centre", color=INK)
    for row in (0, 1):
        bar = fig.colorbar(grid[row][-1].images[0], cax=bars[row])
        bar.set_label("$\\Sigma_\\star$  [M$_\\odot$ pc$^{-2}$]", fontsize=9)
        bar.outline.set_visible(False)
    return fig


def _square_panels(n):
    """Two rows of n square panels without waste, and a bar beside each row; inches turned into shares of the
    figure."""
    side, gap, left, right, top, bottom, thick = 2.05, 0.06, 0.3, 0.75, 0.28, 0.05, 0.11
    width, height = left + n * side + n * gap + thick + right, top + bottom + 2 * side + gap
    fig = plt.figure(figsize=(width, height), constrained_layout=False)

    def box(x, y, w):
        return fig.add_axes((x / width, y / height, w / width, side / height))

    rows = (bottom + side + gap, bottom)
    grid = [[box(left + i * (side + gap), y, side) for i in range(n)] for y in rows]
    bars = [box(left + n * (side + gap), y, thick) for y in rows]
    return fig, grid, bars


def _corner(ax, text):
    if text:
        ax.text(0.05, 0.95, text, transform=ax.transAxes, color="white", ha="left", va="top", fontsize=8.5)


def _phase_at(run, main, t):
    if main is None or not main.episodes:
        return ""
    if main.t_merged is not None and t >= main.t_merged:
        return "merged"
    phases = main.phase_list(run.time_end())
    return next((name for name, start, end in reversed(phases) if t >= start), "")


def _size_at(run, main, t):
    """What the pair measures at t: its semi-major axis once bound, its separation before."""
    if main is None or (main.t_merged is not None and t >= main.t_merged):
        return ""
    if main.a is not None and t >= main.t_bound and t <= main.t_el[-1] + 1e-9 * abs(t):
        k = min(np.searchsorted(main.t_el, t), len(main.t_el) - 1)
        if np.isfinite(main.a[k]):
            return "a = " + length_text(main.a[k] * run.units.pc)
    k = min(np.searchsorted(main.pair.t, t), len(main.pair) - 1)
    return "r = " + length_text(main.pair.r[k] * run.units.pc)


# ---- the pair

def _pair_label(story, s):
    return "separation" if len(story.told()) == 1 else "%d – %d" % s.ids


def separation(run, story):
    """Separation of each pair, kpc to mpc; for a merged pair also against the time left, where the inspiral shows."""
    told = [s for s in story.told() if len(s.pair) > 1]
    if not told:
        return None
    merged = [s for s in told if s.t_merged is not None and len(s.pair) > 3]
    fig = plt.figure(figsize=(WIDTH, 4.3))
    axes = fig.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": (1.7, 1)}) if merged else [fig.subplots()]
    ax, main, units = axes[0], story.main(), run.units
    _time_axis(ax, run)
    if all(s.t_merged is not None for s in told):  # what follows the last merger has no separation to show
        ax.set_xlim(0, min(ax.get_xlim()[1], 1.08 * max(s.t_merged for s in told) * units.clock))
    for s, color in zip(told, SERIES):
        t, r = thin(s.pair.t * units.clock, s.pair.r * units.pc)
        ax.plot(t, r, color=color, lw=0.9, label=_pair_label(story, s))
        if s.a is not None:
            t, a = thin(s.t_el * units.clock, s.a * units.pc)
            ax.plot(t, a, color=INK, lw=1.1, label="semi-major axis" if s is told[0] else None)
    _log_length(ax)
    _levels_of(ax, main, units)
    _shade_phases(ax, run, story, label=True)
    _merger_lines(ax, run)
    ax.set_ylabel("separation of the SMBHs")
    ax.legend(loc="lower left")
    if merged:
        _against_time_left(axes[1], merged, main, units)
    return fig


def _levels_of(ax, s, units):
    highest = s.pair.r.max()  # a level far above all data would only squeeze it
    if s.r_infl and s.r_infl < 30 * highest:
        _level(ax, s.r_infl * units.pc, "$r_{\\rm infl}$ = " + length_text(s.r_infl * units.pc), MARKS["r_infl"])
    if s.a_hard and s.a_hard < 30 * highest:
        _level(ax, s.a_hard * units.pc, "$a_{\\rm h}$ = " + length_text(s.a_hard * units.pc), MARKS["a_h"])
    if s.r_merge and (s.merger or s.pair.r.min() < 300 * s.r_merge):
        _level(ax, s.r_merge * units.pc, "merge at " + length_text(s.r_merge * units.pc), MARKS["merge"])


def _against_time_left(ax, merged, main, units):
    for s, color in zip(merged, SERIES):
        left = (s.t_merged - s.pair.t) * units.myr
        use = left > 0
        left, r = thin(-np.log10(np.maximum(left[use], 1e-300)), s.pair.r[use] * units.pc)
        ax.plot(10.0**-left, r, color=color, lw=0.9)
        if s.a is not None:
            use = s.t_el < s.t_merged
            ax.plot((s.t_merged - s.t_el[use]) * units.myr, s.a[use] * units.pc, color=INK, lw=1.1)
    ax.set_xscale("log")
    span = max(s.t_merged - max(s.t_bound or s.pair.t[0], s.pair.t[0]) for s in merged) * units.myr
    smallest = max(min(np.min((s.t_merged - s.pair.t[s.pair.t < s.t_merged])) for s in merged) * units.myr,
                   1e-9 * span)
    ax.set_xlim(1.3 * span, smallest)
    _shade_time_left(ax, main, units)
    ax.xaxis.set_major_locator(LogLocator(base=10, numticks=6))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: time_text(x, 1)))
    ax.set_xlabel("time left to the merger")
    ax.tick_params(axis="x", labelsize=8.5)
    for level, key in ((main.r_infl, "r_infl"), (main.a_hard, "a_h"), (main.r_merge, "merge")):
        if level and level < 30 * main.pair.r.max():
            ax.axhline(level * units.pc, color=MARKS[key], lw=1.0, ls=(0, (5, 2.5)))


def _shade_time_left(ax, s, units):
    if s.t_merged is None or not s.episodes:
        return
    high, low = ax.get_xlim()
    for name, start, end in s.phase_list(s.t_merged):
        start, end = (s.t_merged - start) * units.myr, max((s.t_merged - end) * units.myr, low)
        ax.axvspan(min(start, high), end, color=PHASES[name], lw=0, zorder=0)
    ax.set_xlim(high, low)


def _prediction(run, s):
    """a and e by Peters' equations and the fitted hardening, from where waves outdo stars five to one, so that no
    single star makes the difference."""
    if s.t_peters is None or s.t_el is None:
        return None
    ok = np.flatnonzero((s.t_el >= s.t_peters) & np.isfinite(s.a) & np.isfinite(s.e))
    if len(ok) < 4:
        return None
    k, last = ok[0], s.t_merged or run.time_end()
    t = np.unique(np.concatenate([np.linspace(s.t_el[k], last, 300),
                                  last - (last - s.t_el[k]) * np.geomspace(1e-8, 1, 300)]))
    few = ok[:max(3, min(15, len(ok) // 20))]
    a, e = orbits.evolve_orbit(np.median(s.a[few]), np.median(s.e[few]), s.m1, s.m2, run.units.G, run.units.c, t,
                               hardening=s.fit["slope"] if s.fit else 0.0)
    return t, a, e


def orbit(run, story):
    """Semi-major axis and eccentricity from binding on, with what Peters' equations say from the GW-driven phase
    on."""
    told = [s for s in story.pairs if s.a is not None and len(s.t_el) > 1]
    if not told:
        return None
    fig = plt.figure(figsize=(WIDTH, 5.6))
    top, low = fig.subplots(2, 1, sharex=True)
    units, main = run.units, story.main()
    start = min(s.t_bound for s in told) * units.clock
    end = max(s.t_el[-1] for s in told) * units.clock
    pad = 0.02 * max(end - start, 1e-9)
    top.set_xlim(start - pad, end + pad)
    for s, color in zip(told, SERIES):
        t, a, e = thin(s.t_el * units.clock, s.a * units.pc, s.e)
        label = "run, 1PN quasi-Keplerian" if len(told) == 1 else "%d – %d" % s.ids
        top.plot(t, a, color=color, label=label)
        low.plot(t, e, color=color)
        model = _prediction(run, s)
        if model is not None:
            label = ("Peters (1964)" + (" + fitted hardening" if s.fit else "")) if s is told[0] else None
            top.plot(model[0] * units.clock, model[1] * units.pc, color=INK, ls=(0, (4, 3)), lw=1.1, label=label)
            low.plot(model[0] * units.clock, model[2], color=INK, ls=(0, (4, 3)), lw=1.1)
    _log_length(top)
    if main.a_hard and main.a is not None and main.a_hard < 30 * np.nanmax(main.a):
        _level(top, main.a_hard * units.pc, "$a_{\\rm h}$ = " + length_text(main.a_hard * units.pc), MARKS["a_h"])
    for ax in (top, low):
        _shade_phases(ax, run, story, label=ax is top)
        _merger_lines(ax, run)
    top.legend(loc="lower left")
    top.set_ylabel("semi-major axis $a$")
    low.set_ylabel("eccentricity $e$")
    low.set_ylim(0, 1)
    low.set_xlabel(_time_label(run))
    return fig


def hardening(run, story):
    """1/a, with the straight line that stars make of it."""
    told = [s for s in story.pairs if s.a is not None and len(s.t_el) > 1]
    if not told:
        return None
    fig = plt.figure(figsize=(WIDTH, 3.6))
    ax, units, main = fig.subplots(), run.units, story.main()
    start = min(s.t_bound for s in told) * units.clock
    end = max(s.t_el[-1] for s in told) * units.clock
    ax.set_xlim(start - 0.02 * (end - start), end + 0.02 * (end - start))
    top = 0.0
    for s, color in zip(told, SERIES):
        t, inverse = thin(s.t_el * units.clock, 1 / (s.a * units.pc))
        ax.plot(t, inverse, color=color, label="run" if len(told) == 1 else "%d – %d" % s.ids)
        top = max(top, _hardening_top(s, units))
        if s.fit:
            slope = s.fit["slope"] / units.pc / units.myr
            x = np.array([start, end])
            y = (s.fit["level"] + s.fit["slope"] * x / units.clock) / units.pc
            ax.plot(x, y, color=INK, lw=0.8, ls=(0, (1, 2)))
            inside = np.array([s.fit["t0"], s.fit["t1"]])
            ax.plot(inside * units.clock, (s.fit["level"] + s.fit["slope"] * inside) / units.pc, color=INK,
                    ls=(0, (4, 3)),
                    label="fit: d(1/a)/dt = %.3g pc$^{-1}$ Myr$^{-1}$%s"
                    % (slope, ",  $H$ = %.3g" % s.H if s.H else ""))
    if main.a_hard and 1 / (main.a_hard * units.pc) > 0.004 * top:
        _level(ax, 1 / (main.a_hard * units.pc), "$1/a_{\\rm h}$", MARKS["a_h"])
    ax.set_ylim(0, top)
    _shade_phases(ax, run, story, label=True)
    _merger_lines(ax, run)
    ax.legend(loc="upper left")
    ax.set_xlabel(_time_label(run))
    ax.set_ylabel("$1/a$  [pc$^{-1}$]")
    return fig


def _hardening_top(s, units):
    """Upper edge: twice what was reached when gravitational waves took over, so that the stars' part fills the
    figure."""
    ok = np.isfinite(s.a)
    t, inverse = s.t_el[ok], 1 / (s.a[ok] * units.pc)
    if not len(t):
        return 1.0
    taken_over = s.t_gw is not None and s.t_gw < t[-1]
    reached = inverse[np.searchsorted(t, s.t_gw)] if taken_over else np.percentile(inverse, 98)
    floor = 3 / (s.a_hard * units.pc) if s.a_hard else 0.0
    return max(1.8 * reached, min(floor, 1.1 * inverse.max()))


# ---- the stars

def stars(run, story):
    """Density and dispersion at the beginning and the end about the densest point (or the holes), and Lagrangian
    radii."""
    shots = [s for s in run.snapshots if s.count[[2, 3, 4]].sum() >= 200]
    if not shots:
        return None
    units, main = run.units, story.main()
    fig = plt.figure(figsize=(WIDTH, 3.5))
    density, heat, radii = fig.subplots(1, 3)
    when = [shots[0], shots[len(shots) // 2], shots[-1]] if len(shots) > 2 else shots
    hottest = 1e-300
    for shot, color in zip(when, (SKY, BLUE, INK)):
        x, v, m = shot.stars()
        centre = _stellar_centre(main, run, shot, x, m)
        p = profiles.spherical_profile(x, v, m, centre)
        hottest = max(hottest, np.max(p["sigma_r"][:-2], initial=0), np.max(p["sigma_t"][:-2], initial=0))
        label = time_text(shot.time * units.myr)
        density.loglog(p["r"] * units.pc, p["density"] * units.msun / units.pc**3, color=color, label=label)
        heat.semilogx(p["r"] * units.pc, p["sigma_r"] * units.km_s, color=color, label=label)
        heat.semilogx(p["r"] * units.pc, p["sigma_t"] * units.km_s, color=color, ls=(0, (2, 1.5)), lw=0.9)
    for ax in (density, heat):
        ax.xaxis.set_major_locator(LogLocator(base=10, numticks=6))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda y, _: length_text(y, 1)))
        ax.set_xlabel("radius")
        if main and main.r_infl:
            ax.axvline(main.r_infl * units.pc, color=MARKS["r_infl"], lw=1.0, ls=(0, (5, 2.5)))
    density.set_title("Density  [M$_\\odot$ pc$^{-3}$]")
    density.legend(loc="lower left")
    heat.set_title("Dispersion  [km s$^{-1}$]")
    heat.set_ylim(0, 1.15 * hottest * units.km_s)  # not of the outermost shells, where escaping stars are
    heat.plot([], [], color=FAINT, label="radial")
    heat.plot([], [], color=FAINT, ls=(0, (2, 1.5)), lw=0.9, label="tangential")
    heat.legend(handles=heat.get_lines()[-2:], loc="lower left")
    _lagrangian(radii, run, shots, main)
    return fig


def _lagrangian(ax, run, shots, main):
    fractions = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75)
    shots = shots[:: max(1, len(shots) // 60)]
    rows = []
    for shot in shots:
        x, _, m = shot.stars()
        rows.append(profiles.lagrangian_radii(x, m, _stellar_centre(main, run, shot, x, m), fractions))
    rows, t = np.array(rows) * run.units.pc, np.array([s.time for s in shots]) * run.units.clock
    for k, fraction in enumerate(fractions):
        color = plt.get_cmap("viridis")(0.85 * k / (len(fractions) - 1))
        ax.plot(t, rows[:, k], color=color, marker="o", ms=2.2, lw=1.1)
        ax.annotate("%g %%" % (100 * fraction), (t[-1], rows[-1, k]), xytext=(4, 0), textcoords="offset points",
                    fontsize=7.5, va="center", annotation_clip=False)
    _log_length(ax)
    ax.set_title("Lagrangian radii")
    _time_axis(ax, run)
    _merger_lines(ax, run)


# ---- the run itself

def energy_series(run):
    """(time, relative error, whether the ledger of losses is in it): conservation.csv where it is, else
    energy.txt."""
    table = run.conservation
    name = next((n for n in ("energy", "total_energy", "E") if n in table), None)
    if name and "time" in table and len(table["time"]) > 1:
        e = table[name]
        return table["time"], (e - e[0]) / abs(e[0]), True
    table = run.energy
    if len(table.get("time", ())) > 1 and table["energy"][0] != 0:
        return table["time"], (table["energy"] - table["energy"][0]) / abs(table["energy"][0]), False
    return None


def energy(run, story):
    series = energy_series(run)
    if series is None:
        return None
    t, error, with_ledger = series
    fig = plt.figure(figsize=(WIDTH, 3.2))
    ax = fig.subplots()
    _time_axis(ax, run)
    ax.plot(t * run.units.clock, np.where(error != 0, np.abs(error), np.nan), color=BLUE, lw=1.2,
            label="with what waves and mergers took" if with_ledger else "kinetic + potential")
    raw = run.energy
    if with_ledger and len(raw.get("time", ())) > 1:
        e = raw["energy"]
        ax.plot(raw["time"] * run.units.clock, np.where(e != e[0], np.abs(e / e[0] - 1), np.nan), color=FAINT, lw=0.9,
                ls=(0, (4, 2)), label="kinetic + potential alone", zorder=1.8)
    shown = np.concatenate([line.get_ydata() for line in ax.get_lines()])
    shown = shown[np.isfinite(shown)]
    if len(shown):
        ax.set_yscale("log")
        ax.set_ylim(10.0**np.floor(np.log10(shown.min()) - 0.05), 10.0**np.ceil(np.log10(shown.max()) + 0.05))
    ax.legend(loc="lower right")
    ax.set_ylabel("$|E - E_0|\\,/\\,|E_0|$")
    _shade_phases(ax, run, story, label=True)
    _merger_lines(ax, run)
    return fig


def _own_region(holes):
    """For each hole, heaviest first, which samples to show: a region that two holes share is that of the heavier
    one."""
    out, seen = [], {}
    for hole in sorted(holes, key=lambda h: -h.m[0]):
        shared = hole.n_holes > 1
        taken = np.array([two and (t, n) in seen for t, n, two in zip(hole.t, hole.n_bodies, shared)], dtype=bool)
        seen.update(dict.fromkeys(zip(hole.t[shared], hole.n_bodies[shared])))
        out.append((hole, ~taken))
    return out


def regions(run, story):
    """Bodies in the region of each hole: the median over short stretches, and between which numbers nine in ten
    lie."""
    holes = [h for h in (run.history.holes.values() if run.history else []) if len(h) > 1]
    if not holes:
        return None
    fig = plt.figure(figsize=(WIDTH, 3.2))
    ax = fig.subplots()
    _time_axis(ax, run)
    edges = np.linspace(0, run.time_end() * (1 + 1e-12), 301)
    for (hole, show), color in zip(_own_region(holes)[:6], SERIES):
        t, n = hole.t[show], hole.n_bodies[show]
        cell = np.searchsorted(edges, t, side="right")
        cells = [k for k in np.unique(cell)]
        low, mid, high = np.array([np.percentile(n[cell == k], (5, 50, 95)) for k in cells]).reshape(-1, 3).T
        at = np.array([t[cell == k].mean() for k in cells]) * run.units.clock
        ax.fill_between(at, low, high, color=color, alpha=0.22, lw=0)
        ax.plot(at, mid, color=color, lw=1.2, label=name_of(hole.id))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    ax.legend(loc="best", ncol=3)
    ax.set_ylabel("bodies in the region")
    _shade_phases(ax, run, story, label=True)
    _merger_lines(ax, run)
    return fig


def cost_parts(run):
    """[(name, seconds)] at the end of cpu.csv, largest first, without step, time and the total; and the total or
    None."""
    table = run.cpu
    if not table or not len(next(iter(table.values()))):
        return [], None
    end = {k: q[-1] for k, q in table.items()}
    total = next((end[k] for k in ("total", "total_s", "wall", "wall_s") if k in end), None)
    skip = {"step", "time", "total", "total_s", "wall", "wall_s", "a", "dt", "ranks", "threads"}
    parts = [(k, s) for k, s in end.items() if k.lower() not in skip and np.isfinite(s) and s > 0]
    parts.sort(key=lambda q: -q[1])
    known = sum(s for _, s in parts)
    if total is not None and total > known * 1.001:
        parts.append(("other", total - known))
    return parts, total if total is not None else known


def cost(run, story):
    """Seconds by part, and the wall clock against the simulated time."""
    parts, total = cost_parts(run)
    if not parts or not total:
        return None
    fig = plt.figure(figsize=(WIDTH, max(2.6, 0.32 * min(len(parts), 12) + 1.2)))
    left, right = fig.subplots(1, 2, gridspec_kw={"width_ratios": (1.25, 1)})
    parts = parts[:12]
    y = np.arange(len(parts))[::-1]
    left.barh(y, [s for _, s in parts], color=BLUE, height=0.66)
    left.set_yticks(y)
    left.set_yticklabels([n.replace("_", " ") for n, _ in parts])
    for at, (_, s) in zip(y, parts):
        left.annotate("%s %%" % number_text(100 * s / total, 2), (s, at), xytext=(4, 0), textcoords="offset points",
                      va="center",
                      fontsize=8.5)
    left.grid(False, axis="y")
    left.set_xlim(0, 1.15 * parts[0][1])
    left.set_xlabel("wall clock  [s]")
    left.set_title("What the run cost")
    sums = run.cpu["total"] if "total" in run.cpu else sum(q for k, q in run.cpu.items() if k in dict(parts))
    right.plot(run.cpu["time"] * run.units.clock, sums, color=BLUE)
    _time_axis(right, run)
    right.set_ylim(bottom=0)
    right.set_title("Wall clock  [s]")
    _shade_phases(right, run, story)
    _merger_lines(right, run)
    return fig


FIGURES = (
    ("density", surface_density), ("separation", separation), ("orbit", orbit), ("hardening", hardening),
    ("stars", stars), ("energy", energy), ("regions", regions), ("cost", cost),
)
