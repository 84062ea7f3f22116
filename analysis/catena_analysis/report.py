# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: what happened in words, the figures, the mergers, the cost, the parameters. One file that needs no other.

The words are made of the story's numbers by short functions, each of which leaves out what the run does not know.
"""

import argparse
import base64
import datetime
import html
import io
import os
import platform
import re
import sys

import matplotlib
import numpy as np

from . import __version__, plots, reader
from .plots import length_text, number_text, time_text
from .story import Story

CAPTIONS = {
    "density": (
        "The galaxies from above the orbit",
        "Surface density of the stars. Rings are the SMBHs, lines the way they came during the last %(span)s; "
        "around the SMBHs the view moves with them. Colours mean the same along a row."),
    "separation": (
        "From kiloparsecs to the merger",
        "Separation of the SMBHs (coloured; it swings between peri- and apocentre) and the semi-major axis once "
        "they are bound (black). Dashed: the influence radius, where the stars inside weigh twice the SMBHs; the "
        "radius a<sub>h</sub> = Gμ/4σ² below which the binary is hard; the distance at which the code merges them."),
    "orbit": (
        "The orbit of the binary",
        "Semi-major axis a<sub>r</sub> and eccentricity e<sub>t</sub>, 1PN quasi-Keplerian. Dashed: Peters' "
        "equations with the fitted stellar hardening, started where waves outdo stars five to one and not adjusted to "
        "the run afterwards; they are of lowest order, so a pericentre of some 100 GM/c² makes a few per cent in time."),
    "hardening": (
        "Hardening by stars",
        "Stars that pass the binary take energy at a nearly constant rate of 1/a (dashed: the fit, made after the "
        "part of gravitational waves was taken off). Where the curve leaves the line, gravitational waves take "
        "over."),
    "stars": (
        "The stars around the SMBHs",
        "Density, radial and tangential dispersion in shells of equal numbers of stars, and the radii that hold a "
        "given share of the stellar mass. The green line is the influence radius."),
    "energy": (
        "Energy",
        "Relative error of the total energy."),
    "regions": (
        "The regularised regions",
        "Number of bodies in the region of each SMBH, itself included: the median over short stretches of time, and "
        "the band that holds nine in ten samples. A region shared by several SMBHs is shown once, for the heaviest."),
    "cost": (
        "What the run cost",
        "Wall clock by part of the code, and as the run went on."),
}

CSS = """
:root { --ink:#1b2430; --faint:#5b6570; --line:#dfe3e8; --paper:#fff; --tint:#f6f8fa; --blue:#0072B2; }
* { box-sizing:border-box }
body { margin:0; color:var(--ink); background:var(--tint); 
  font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif }
main { max-width:1120px; margin:0 auto; padding:2.2rem 2.4rem 4rem; background:var(--paper); min-height:100vh }
h1 { font-size:1.9rem; line-height:1.2; margin:0 0 .2rem; letter-spacing:-.01em }
h2 { font-size:1.22rem; margin:2.6rem 0 .5rem }
p { margin:.5rem 0; max-width:75ch }
.lead { color:var(--faint); margin:0 0 1.4rem }
.story p { font-size:1.04rem }
.cards { display:flex; flex-wrap:wrap; gap:.7rem; margin:1.4rem 0 }
.card { flex:1 1 9.5rem; border:1px solid var(--line); border-radius:8px; padding:.6rem .85rem }
.card b { display:block; font-size:1.25rem; line-height:1.3; font-weight:600 }
.card span { color:var(--faint); font-size:.84rem }
.phases { display:flex; height:2.1rem; border-radius:6px; overflow:hidden; margin:1.3rem 0 .3rem; font-size:.82rem }
.phases div { display:flex; align-items:center; justify-content:center; white-space:nowrap; overflow:hidden;
  min-width:2px }
.ends { display:flex; justify-content:space-between; color:var(--faint); font-size:.82rem }
figure { margin:.4rem 0 0 } figure img { width:100%; height:auto; display:block }
figcaption { color:var(--faint); font-size:.9rem; max-width:95ch; margin-top:.3rem }
table { border-collapse:collapse; font-size:.92rem; margin:.6rem 0; font-variant-numeric:tabular-nums }
th,td { text-align:left; padding:.28rem .9rem .28rem 0; border-bottom:1px solid var(--line); vertical-align:top }
th { color:var(--faint); font-weight:500 } .wide { overflow-x:auto }
details { margin:.8rem 0 } summary { cursor:pointer; color:var(--blue) }
code { font:0.88em ui-monospace,"DejaVu Sans Mono",monospace }
.note { border-left:3px solid #E69F00; padding:.1rem .9rem; background:#fdf6e7 }
@media print { body { background:#fff } main { padding:0; max-width:none } h2,figure { break-inside:avoid } }
"""


# ---- words

def _mass(value, run):
    return number_text(value * run.units.msun, 3) + " M<sub>☉</sub>"


def _at(t, run):
    return "%s" % time_text(t * run.units.myr, 4)


def _join(words):
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def describe_setting(run):
    """What was put in, from the first snapshot and the history."""
    parts = []
    if run.snapshots:
        shot = run.snapshots[0]
        stars = int(shot.count[[2, 3, 4]].sum())
        if stars:
            m = shot.stars()[2]
            parts.append("%s star particles of %s each (%s in all)"
                         % (grouped(stars), _mass(np.median(m), run), _mass(m.sum(), run)))
        if shot.count[1]:
            m = shot.gather((1,), ("Masses",))[0]
            parts.append("%s dark-matter particles (%s)" % (grouped(shot.count[1]), _mass(m.sum(), run)))
    holes = list(run.history.holes.values()) if run.history else []
    if holes:
        parts.append(_list_holes(holes, run))
    end = _at(run.time_end(), run)
    if not parts:
        return "The run is recorded up to %s." % end
    return "The run follows %s over %s." % (_join(parts), end)


def ecc(e):
    """Eccentricities near one in more digits."""
    return "%.*f" % (2 if e < 0.95 else 4, e)


def _list_holes(holes, run):
    masses = [_mass(h.m[0], run) for h in holes]
    if len(holes) == 1:
        return "one SMBH of " + masses[0]
    if len(set(masses)) == 1:
        return "%d SMBHs of %s each" % (len(holes), masses[0])
    if len(holes) > 4:
        weight = [h.m[0] for h in holes]
        return "%d SMBHs of %s to %s" % (len(holes), _mass(min(weight), run), _mass(max(weight), run))
    return "%d SMBHs of %s" % (len(holes), _join(masses))


def _elements_at(s, t):
    k = min(np.searchsorted(s.t_el, t), len(s.t_el) - 1)
    near = slice(k, k + 3)
    return np.nanmedian(s.a[near]), np.nanmedian(s.e[near])


def describe_pair(run, s, named):
    """The life of one pair, a sentence a phase."""
    u, who = run.units, "SMBHs %d and %d" % s.ids if named else "The two SMBHs"
    if s.a is None:
        return describe_unbound(run, s, who)
    a, e = _elements_at(s, s.t_bound)
    first = s.pair.t[0]
    text = ["%s start %s apart" % (who, length_text(s.pair.r[0] * u.pc, 3))] if s.t_bound > first else [who]
    if s.t_influence is not None and first < s.t_influence < s.t_bound:
        text.append(", come within the influence radius (%s) at %s"
                    % (length_text(s.r_infl * u.pc), _at(s.t_influence, run)))
    spells = len(s.episodes) - 1
    if spells:
        text.append(", are bound to each other for %s" % ("a while" if spells == 1 else "%d spells" % spells))
    text.append("%s are bound %s %s, with a = %s and e = %s."
                % (" and" if spells or s.t_bound > first else "", "for good" if spells else "to each other",
                   "at " + _at(s.t_bound, run) if s.t_bound > first else "from the start", length_text(a * u.pc, 3),
                   ecc(e)))
    if s.t_hard is not None:
        _, e = _elements_at(s, s.t_hard)
        when = "at %s with e = %s" % (_at(s.t_hard, run), ecc(e)) if s.t_hard > s.t_bound else "at once"
        text.append(" They form a hard binary (a &lt; a<sub>h</sub> = %s for σ = %s km/s) %s."
                    % (length_text(s.a_hard * u.pc), number_text(s.sigma * u.km_s, 3), when))
    if s.fit:
        text.append(" Stars harden it at d(1/a)/dt = (%s ± %s) pc⁻¹ Myr⁻¹%s."
                    % (number_text(s.fit["slope"] / u.pc / u.myr, 3), number_text(s.fit["error"] / u.pc / u.myr, 1),
                       ", that is H = %s" % number_text(s.H, 3) if s.H else ""))
    if s.t_gw is not None:
        a, e = _elements_at(s, s.t_gw)
        text.append(" From %s on (a = %s, e = %s) gravitational waves shrink the orbit faster than stars do."
                    % (_at(s.t_gw, run) if s.t_gw > s.t_bound else "then", length_text(a * u.pc), ecc(e)))
    return "".join(text) + describe_end(run, s)


def describe_unbound(run, s, who):
    u = run.units
    if s.merger:
        return who + (" merge at %s, %s apart at their last record."
                      % (_at(s.t_merged, run), length_text(s.pair.r[-1] * u.pc)))
    return (who + " are not bound to each other so far: they start %s apart, come as close as %s at %s, and are %s "
                  "apart at the end."
            % (length_text(s.pair.r[0] * u.pc, 3), length_text(s.pair.r.min() * u.pc, 3),
               _at(s.pair.t[s.pair.r.argmin()], run), length_text(s.pair.r[-1] * u.pc, 3)))


def describe_end(run, s):
    u = run.units
    if s.merger:
        m = s.merger
        return (" They merge at %s. The remnant has %s (%s %% of the mass went into waves), spin χ = %.2f, and a "
                "recoil of %s km/s."
                % (_at(s.t_merged, run), _mass(m["m_remnant"], run),
                   number_text(100 * (1 - m["m_remnant"] / (m["m1"] + m["m2"])), 2), m["chi_remnant"],
                   number_text(m["kick_velocity"] * u.km_s, 3)))
    a, e = s.a[np.isfinite(s.a)][-1:], s.e[np.isfinite(s.e)][-1:]
    if s.unbound_again:
        return " They part again at %s." % _at(s.t_el[-1], run)
    if not len(a):
        return ""
    from .orbits import peters_time
    left = float(peters_time(a[0], e[0], s.m1, s.m2, u.G, u.c)) * u.myr
    return (" At the end of the record (%s) they have a = %s and e = %s and are not merged; gravitational waves "
            "alone would take another %s." % (_at(s.t_el[-1], run), length_text(a[0] * u.pc, 3), ecc(e[0]),
                                                time_text(left, 2)))


def describe_energy(run):
    series = plots.energy_series(run)
    if series is None:
        return ""
    t, error, with_ledger = series
    worst = int(np.argmax(np.abs(error)))
    return ("Total energy %s is conserved to %s; the largest error was %s, at %s."
            % ("(with what gravitational waves and mergers took)" if with_ledger else "(kinetic and potential)",
               number_text(abs(error[-1]), 2), number_text(abs(error[worst]), 2), _at(t[worst], run)))


def describe_cost(run):
    _, seconds = plots.cost_parts(run)
    parts = []
    if seconds:
        steps = run.cpu.get("step")
        counted = " for %s steps" % grouped(steps[-1]) if steps is not None and len(steps) else ""
        parts.append("The run took %s of wall clock%s" % (duration_text(seconds), counted))
    table = run.regions
    if len(table.get("steps", ())) and table["steps"].sum() > 0:
        done, rejected = table["steps"].sum(), np.nansum(table.get("rejected", np.zeros(1)))
        parts.append("the regularised regions made %s steps of their own, of which %s %% were rejected and repeated"
                     % (grouped(done), number_text(100 * rejected / (done + rejected), 2)))
    return "; ".join(parts) + "." if parts else ""


def grouped(n):
    """An integer with thin spaces."""
    return f"{int(n):,}".replace(",", "\u202f")


def finished(run):
    """Reached TimeMax, as far as one can tell; None if that is not known."""
    end = run.parameter("TimeMax")
    return None if end is None else bool(run.time_end() >= end * (1 - 1e-6))


def tell(run, story):
    """The paragraphs of what happened."""
    out = [describe_setting(run)]
    if finished(run) is False:
        out[0] += (" It has not reached its end (TimeMax = %s): what follows is what there is so far."
                   % _at(run.parameter("TimeMax"), run))
    holes = run.history.holes if run.history else {}
    if not holes:
        out.append("There is no record of an SMBH in this run.")
    elif len(holes) == 1:
        hole = next(iter(holes.values()))
        moved = np.sqrt(((hole.x - hole.x[0])**2).sum(axis=1)).max() * run.units.pc
        out.append("There is one SMBH, so no binary; it moved by %s at most." % length_text(moved))
    out += [describe_pair(run, s, len(holes) > 2) for s in story.told()]
    if story.untold:
        out.append("%d more pairs were bound for a time; they are left out here." % story.untold)
    last = " ".join(q for q in (describe_energy(run), describe_cost(run)) if q)
    return out + ([last] if last else [])


# ---- pieces of the page

def phase_bar(run, story):
    main = story.main()
    if main is None or not main.episodes:
        return ""
    phases = main.phase_list(run.time_end())
    total = phases[-1][2] - phases[0][1]
    cells = "".join('<div style="flex:%.5f 1 0;background:%s" title="%s: %s to %s">%s</div>'
                    % ((end - start) / total, plots.PHASES[name], name, _at(start, run), _at(end, run),
                       name if (end - start) / total > 0.07 else "") for name, start, end in phases)
    last = "merger at " if main.merger else ""
    return ('<div class="phases">%s</div><div class="ends"><span>%s</span><span>%s%s</span></div>'
            % (cells, _at(phases[0][1], run), last, _at(phases[-1][2], run)))


def cards(run, story):
    items, u, main = [(_at(run.time_end(), run), "simulated")], run.units, story.main()
    _, seconds = plots.cost_parts(run)
    if seconds:
        items.append((duration_text(seconds), "wall clock"))
    if main and main.a is not None:
        items.append((_at(main.t_bound, run), "binary bound"))
    if main and main.t_hard is not None:
        items.append((_at(main.t_hard, run), "hard, a &lt; %s" % length_text(main.a_hard * u.pc)))
    if main and main.merger:
        items.append((_at(main.t_merged, run), "merged"))
        items.append((number_text(main.merger["kick_velocity"] * u.km_s, 3) + " km/s", "recoil"))
    series = plots.energy_series(run)
    if series is not None:
        items.append((number_text(np.abs(series[1]).max(), 2), "largest energy error"))
    one = '<div class="card"><b>%s</b><span>%s</span></div>'
    return '<div class="cards">%s</div>' % "".join(one % i for i in items)


def duration_text(seconds):
    for limit, unit in ((172800, "d"), (7200, "h"), (120, "min")):
        if seconds >= limit:
            return "%s %s" % (number_text(seconds / {"d": 86400, "h": 3600, "min": 60}[unit], 3), unit)
    return "%s s" % number_text(seconds, 3)


def table(head, rows):
    top = "".join("<th>%s</th>" % h for h in head)
    body = "".join("<tr>%s</tr>" % "".join("<td>%s</td>" % c for c in row) for row in rows)
    return '<div class="wide"><table><thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>' % (top, body)


def merger_table(run):
    mergers = run.history.mergers if run.history else []
    if not mergers:
        return ""
    u = run.units
    rows = [("%s" % time_text(m["merger_physical_time"] * u.myr, 6),
             "%d + %d → %d" % (m["ID1"], m["ID2"], m["ID_remnant"]),
             _mass(m["m1"], run), _mass(m["m2"], run), _mass(m["m_remnant"], run), "%.3f" % m["chi1"],
             "%.3f" % m["chi2"],
             "%.3f" % m["chi_remnant"], number_text(m["kick_velocity"] * u.km_s, 4)) for m in mergers]
    head = ("time", "IDs", "m<sub>1</sub>", "m<sub>2</sub>", "m of the remnant", "χ<sub>1</sub>", "χ<sub>2</sub>",
            "χ of the remnant", "recoil [km/s]")
    note = ""
    if run.parameter("KetjuBHMergerKicks") == 0:
        note = "<p>The recoil was computed but not given to the remnant (KetjuBHMergerKicks 0).</p>"
    return "<h2>Mergers</h2>" + table(head, rows) + note


def measures_table(run, story):
    """Numbers of each pair and how each was measured."""
    out, u = "", run.units
    for s in story.told():
        rows = []
        if s.r_infl:
            rows += [("influence radius", length_text(s.r_infl * u.pc, 3),
                      "stars inside weigh 2 (m<sub>1</sub> + m<sub>2</sub>); %d particles, at %s"
                      % (s.n_infl, _at(s.t_stars, run))),
                     ("σ, one dimension", number_text(s.sigma * u.km_s, 3) + " km/s",
                      "stars between 1 and 3 influence radii"),
                     ("density inside it", number_text(s.rho_infl * u.msun / u.pc**3, 3) + " M<sub>☉</sub> pc⁻³",
                      "mean"),
                     ("hardening radius", length_text(s.a_hard * u.pc, 3), "a<sub>h</sub> = Gμ/4σ²"),
                     ("", length_text(s.m1 * s.m2 / (s.m1 + s.m2)**2 * s.r_infl / 4 * u.pc, 3),
                      "the same by q/(1+q)² r<sub>infl</sub>/4")]
        if s.fit:
            rows.append(("d(1/a)/dt by stars", number_text(s.fit["slope"] / u.pc / u.myr, 3) + " pc⁻¹ Myr⁻¹",
                         "fit from %s to %s" % (_at(s.fit["t0"], run), _at(s.fit["t1"], run))))
        if s.H:
            rows.append(("H", number_text(s.H, 3), "d(1/a)/dt = H G ρ/σ with the ρ and σ above"))
        if s.r_merge:
            rows.append(("merging distance", length_text(s.r_merge * u.pc, 3),
                         "%s GM/c²" % number_text(s.r_merge * u.c**2 / u.G / (s.m1 + s.m2), 3)))
        title = "" if len(story.told()) == 1 else "<p><b>%d and %d</b></p>" % s.ids
        out += title + table(("quantity", "value", "how"), rows)
    return "<h2>Measured scales</h2>" + out if out else ""


def versions(run):
    found = re.search(r"catena[ ,]+(?:version )?(\d+\.\d+\S*)", run.log + run.info, re.I)
    first = next((line for line in run.log.splitlines() if line.strip()), "")
    rows = [("catena", html.escape(found.group(1).rstrip(",;")) if found else "not told in log.txt"),
            ("first line of log.txt", "<code>%s</code>" % html.escape(first[:200])),
            ("catena-report", __version__), ("Python", platform.python_version()), ("numpy", np.__version__),
            ("h5py", reader.h5py.__version__), ("matplotlib", matplotlib.__version__),
            ("made", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
            ("from", "<code>%s</code>" % html.escape(run.directory))]
    return table(("", ""), [r for r in rows if r[1] != "<code></code>"])


def parameter_table(run):
    if not run.parameters:
        return ""
    rows = [tuple("<code>%s</code>" % html.escape(q) for q in row) for row in sorted(run.parameters.items())]
    inner = table(("name", "value"), rows)
    return "<details><summary>The %d parameters used</summary>%s</details>" % (len(rows), inner)


def draw_figures(run, story, folder):
    """Every figure as PNG bytes, saved in `folder` too: [(name, bytes)]. One that fails is told of and left out."""
    out = []
    with matplotlib.rc_context(plots.STYLE):
        for name, draw in plots.FIGURES:
            try:
                figure = draw(run, story)
                if figure is None:
                    continue
                data = io.BytesIO()
                figure.savefig(data, format="png")
                plots.plt.close(figure)
            except (ValueError, IndexError, TypeError, FloatingPointError, np.linalg.LinAlgError) as trouble:
                run.remarks.append("the figure %s could not be drawn: %s" % (name, trouble))
                continue
            out.append((name, data.getvalue()))
            with open(os.path.join(folder, name + ".png"), "wb") as f:
                f.write(data.getvalue())
    return out


def figure_html(run, name, data):
    title, words = CAPTIONS[name]
    words = words % {"span": time_text(0.08 * run.time_end() * run.units.myr, 2)} if "%(span)" in words else words
    return ('<h2>%s</h2><figure><img alt="%s" src="data:image/png;base64,%s"><figcaption>%s</figcaption></figure>'
            % (title, html.escape(title), base64.b64encode(data).decode(), words))


def page(run, story, figures):
    name = os.path.basename(run.directory.rstrip("/")) or run.directory
    parts = ["<h1>%s</h1><p class=lead>Report of a Catena run</p>" % html.escape(name), cards(run, story),
             phase_bar(run, story),
             '<div class="story">%s</div>' % "".join("<p>%s</p>" % p for p in tell(run, story))]
    remarks_at = len(parts)
    parts += [figure_html(run, n, d) for n, d in figures[:4]]
    parts.append(merger_table(run))
    parts += [figure_html(run, n, d) for n, d in figures[4:]]
    parts += [measures_table(run, story), "<h2>Parameters and versions</h2>", parameter_table(run), versions(run)]
    if run.remarks:
        notes = "".join("<p>Note: %s.</p>" % html.escape(str(r)) for r in run.remarks)
        parts.insert(remarks_at, '<div class="note">%s</div>' % notes)
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            "<title>%s – Catena</title><style>%s</style></head><body><main>%s</main></body></html>\n"
            % (html.escape(name), CSS, "\n".join(p for p in parts if p)))


def plain(text):
    """A paragraph of the page for a terminal."""
    text = text.replace("M<sub>☉</sub>", "Msun")
    return html.unescape(re.sub(r"<sub>(.*?)</sub>", r"_\1", text))


def write_report(directory, out=None):
    """Makes the page and the pictures; gives the path of the page and the run's story in plain words. `out` may name
    the page or, without .html at its end, a directory for all of it."""
    run = reader.Run(directory)
    folder = os.path.join(directory, "report")
    if out and (os.path.isdir(out) or not out.lower().endswith((".html", ".htm"))):
        folder, out = out, os.path.join(out, "report.html")
    out = out or os.path.join(directory, "report.html")
    try:
        os.makedirs(folder, exist_ok=True)
        with open(out + ".part", "w", encoding="utf-8") as f:  # before the work of drawing
            story = Story(run)
            f.write(page(run, story, draw_figures(run, story, folder)))
        os.replace(out + ".part", out)
    except OSError as trouble:
        raise reader.OutputError(73, "the report cannot be written: %s" % trouble)
    return out, [plain(p) for p in tell(run, story)]


def in_ascii(text):
    """For terminals without Greek and superscripts."""
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda q: "^" + q.group().translate(digits), text)
    for sign, word in (("×", "x"), ("±", "+-"), ("σ", "sigma"), ("χ", "chi"), ("μ", "u"), ("\u202f", " ")):
        text = text.replace(sign, word)
    return text.encode("ascii", "replace").decode()


def say(text):
    """To a terminal that may not know Greek, or to a reader that may have left."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = in_ascii(text)
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="catena-report",
        description="Reads the output directory of a run of catena, finished or going on, and writes one HTML page "
                    "of "
                    "what happened; its figures also go to OUTPUTDIR/report/.")
    parser.add_argument("directory", metavar="OUTPUTDIR", help="the run's OutputDir")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="the page, or a directory for page and figures (default: OUTPUTDIR/report.html)")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.add_argument("--version", action="version", version="catena-report " + __version__)
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as leave:
        return 64 if leave.code else 0
    try:
        path, words = write_report(asked.directory, asked.output)
    except reader.OutputError as trouble:
        print("catena-report: %s" % trouble, file=sys.stderr)
        return trouble.code
    if not asked.quiet:
        say("\n\n".join(words) + "\n\nThe report is in %s" % path)
    return 0
