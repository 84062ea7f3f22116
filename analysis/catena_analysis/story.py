# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened in a run: for every pair of SMBHs that ever gets bound, its phases and the radii that part them.

    approach     until the pair is bound for good (two-body energy negative for two revolutions or more)
    bound        until a < a_h = G mu / (4 sigma^2), where the pair is hard
    hard         until the time to coalescence by gravitational waves is shorter than that by stars, 1 / (a d(1/a)/dt)
    GW-driven    until the merger that the history records

sigma is taken from the stars between one and three influence radii (M_stars = 2 (m1 + m2)) in the snapshot nearest to
binding, where the holes' own pull no longer heats them. Times and radii are in code units; a pair that never got
bound is told of as well, if no pair did.
"""

import numpy as np

from . import orbits, profiles

MANY_HOLES = 40


class PairStory:
    """One pair; attributes that do not apply are None."""

    def __init__(self, run, pair, episodes):
        self.pair, self.episodes = pair, episodes
        self.ids = pair.ids
        at = episodes[-1][0] if episodes else 0  # a hole that merged before brings the mass of the remnant
        self.m1, self.m2 = float(pair.m1[at]), float(pair.m2[at])
        G, c = run.units.G, run.units.c
        self.merger = next((m for m in run.history.mergers if {m["ID1"], m["ID2"]} == set(pair.ids)), None)
        self.t_merged = self.merger["merger_physical_time"] if self.merger else None
        self.t_bound = self.t_hard = self.t_gw = self.t_peters = self.t_influence = self.fit = None
        self.H = self.G_rho_sigma = None
        self.unbound_again = False
        self._measure_stars(run)
        self.a_hard = orbits.hardening_radius(self.m1, self.m2, self.sigma, G) if self.sigma else None
        self.r_merge = self._merging_radius(run, G, c)
        if self.r_infl:
            inside = np.flatnonzero(pair.r < self.r_infl)
            self.t_influence = float(pair.t[inside[0]]) if len(inside) else None
        self.t_el = self.a = self.e = None
        if episodes:
            self._orbit(G, c)
            self._phases(G, c)
        elif self.merger and len(pair):
            self.t_bound = float(pair.t[-1])

    def _measure_stars(self, run):
        self.r_infl = self.sigma = self.rho_infl = None
        when = self.pair.t[self.episodes[-1][0]] if self.episodes else self.pair.t[-1]
        snapshot = run.snapshot_near(when)
        if snapshot is None:
            return
        x, v, m = snapshot.stars()
        if len(m) < 100:
            return
        centre = self._centre(run, snapshot, x, m)
        r = profiles.influence_radius(x, m, centre, self.m1 + self.m2)
        if not np.isfinite(r):
            return
        self.r_infl, self.t_stars = r, snapshot.time
        self.sigma = profiles.sigma_between(x, v, m, centre, r, 3 * r)
        self.rho_infl = profiles.mean_density(x, m, centre, r)
        self.n_infl = int((((x - centre)**2).sum(axis=1) < r**2).sum())

    def _centre(self, run, snapshot, x, m):
        """Of the pair, if the influence radius about it holds both holes; else of the heavier hole, in its own
        galaxy."""
        heavy = holes_centre(run, self.ids[:1], snapshot.time)
        both = holes_centre(run, self.ids, snapshot.time)
        if heavy is None or both is None:
            return profiles.shrinking_sphere(x, m)
        near = profiles.influence_radius(x, m, heavy, self.m1 + self.m2)
        return both if ((heavy - both)**2).sum() < near**2 else heavy

    def _merging_radius(self, run, G, c):
        """KetjuMergerRadius counts Schwarzschild radii of the total mass; 0 means that nothing merges: None."""
        multiple = run.parameter("KetjuMergerRadius")
        multiple = 12.0 if multiple is None else multiple
        return multiple * 2 * G * (self.m1 + self.m2) / c**2 or None

    def _orbit(self, G, c):
        first, last = self.episodes[-1]
        p, span = self.pair, slice(first, last)
        el = orbits.pn_elements(p.m1[span], p.m2[span], p.x[span], p.v[span], G, c, order=1)
        # e_t as KETJU's users plot it; radial where it does not exist, as in the last orbits before a merger
        self.t_el, self.a, self.e = p.t[span], el["a"], np.where(np.isfinite(el["e_t"]), el["e_t"], el["e"])
        self.t_bound = float(p.t[first])
        self.unbound_again = last < len(p) and self.merger is None

    def _phases(self, G, c):
        ok = np.isfinite(self.a) & np.isfinite(self.e) & (self.e < 1)
        t, a, e = self.t_el[ok], self.a[ok], self.e[ok]
        if len(t) < 2:
            return
        if self.a_hard:
            self.t_hard = _for_good(t, a < self.a_hard)
        gw_rate = -orbits.peters_rates(a, e, self.m1, self.m2, G, c)[0] / a**2
        self._fit(t, a, gw_rate)
        if self.fit and self.fit["slope"] > 0:
            by_stars, by_waves = 1 / (a * self.fit["slope"]), orbits.peters_time(a, e, self.m1, self.m2, G, c)
            self.t_gw, self.t_peters = (_for_good(t, by_waves < part * by_stars) for part in (1, 0.2))
            if self.sigma and self.rho_infl:
                self.G_rho_sigma = G * self.rho_infl / self.sigma
                self.H = self.fit["slope"] / self.G_rho_sigma
        elif self.merger:
            left = self.t_merged - t
            self.t_gw = _for_good(t, orbits.peters_time(a, e, self.m1, self.m2, G, c) < 2 * left + 1e-12 * abs(t))
            self.t_peters = self.t_gw

    def _fit(self, t, a, gw_rate):
        """The stars' share of 1/a, which is what remains of it without the integral of Peters' rate, while the hard
        pair's waves do less than the stars: cut, fit, cut again."""
        start = self.t_hard if self.t_hard is not None else self.t_bound
        by_waves = np.concatenate([[0.0], np.cumsum(0.5 * (gw_rate[1:] + gw_rate[:-1]) * np.diff(t))])
        use = t >= start
        for _ in range(4):
            fit = orbits.fit_hardening(t[use], 1 / (1 / a[use] - by_waves[use] + by_waves[use][:1]))
            self.fit = fit if fit is not None and fit["slope"] > 0 else None
            if self.fit is None:
                return
            use = (t >= start) & (gw_rate < fit["slope"])
        if self.fit["slope"] < 2 * self.fit["error"]:
            self.fit = None

    def phase_list(self, t_end):
        """[(name, start, end)] in order, ending with the merger or the end of the record."""
        marks = [("approach", float(self.pair.t[0])), ("bound", self.t_bound), ("hard", self.t_hard),
                 ("GW-driven", self.t_gw)]
        end = self.t_merged if self.t_merged is not None else t_end
        out, latest = [], -np.inf
        for name, t in marks:
            if t is not None and t >= latest:
                out.append([name, t, end])
                latest = t
        for one, two in zip(out, out[1:]):
            one[2] = two[1]
        return [tuple(p) for p in out if p[2] > p[1]]


def _first(t, true):
    k = np.flatnonzero(true)
    return float(t[k[0]]) if len(k) else None


def _for_good(t, true):
    """First instant from which at least nine in ten of the later samples hold the condition: elements wiggle."""
    share = np.cumsum(true[::-1])[::-1] / np.arange(len(t), 0, -1)
    return _first(t, (share >= 0.9) & true)


def hole_at(hole, t):
    """Position of a hole at t by its path, or None outside its record by more than a sample."""
    if not len(hole) or t < hole.t[0] - 1e-9 * abs(hole.t[-1]) - 1e-300:
        return None
    if len(hole) == 1 or t >= hole.t[-1]:
        step = hole.t[-1] - hole.t[-2] if len(hole) > 1 else 0.0
        return hole.x[-1] if t <= hole.t[-1] + max(step, 0.02 * abs(hole.t[-1])) else None
    return orbits._hermite(np.array([t]), hole.t, hole.x, hole.v)[0][0]


def holes_centre(run, ids, t):
    """Centre of mass of the holes of a pair that exist at t; None if none is recorded then."""
    found = [(run.history.holes[i], hole_at(run.history.holes[i], t)) for i in ids if i in run.history.holes]
    found = [(h.m[np.clip(np.searchsorted(h.t, t, side="right") - 1, 0, None)], x) for h, x in found if x is not None]
    if not found:
        return None
    return np.average([x for _, x in found], axis=0, weights=[m for m, _ in found])


class Story:
    """All pairs worth telling, in the order of their binding; `closest` is told of when none was ever bound."""

    def __init__(self, run, most_pairs=12):
        self.run, self.pairs, self.untold = run, [], 0
        holes = sorted(run.history.holes.values(), key=lambda h: -h.m[0]) if run.history else []
        if len(holes) > MANY_HOLES:  # then only those that ever shared a region: pairs go with the square
            holes = [h for h in holes if (h.n_holes > 1).any()]
        merged = {frozenset((m["ID1"], m["ID2"])) for m in run.history.mergers} if run.history else set()
        loose = []
        for k, one in enumerate(holes):
            for two in holes[k + 1:]:
                pair = orbits.pair_up(one, two)
                if len(pair) < 2:
                    continue
                episodes = orbits.bound_episodes(pair, run.units.G)
                if episodes or frozenset(pair.ids) in merged:
                    self.pairs.append((pair, episodes))
                else:
                    loose.append((pair.r.min(), pair))
        self.untold = max(0, len(self.pairs) - most_pairs)
        self.pairs = [PairStory(run, p, e) for p, e in self.pairs[:most_pairs]]
        self.pairs.sort(key=lambda s: s.t_bound)
        self.closest = None
        if not self.pairs and loose:
            self.closest = PairStory(run, min(loose, key=lambda q: q[0])[1], [])

    def told(self):
        """The pairs that figures show."""
        return self.pairs or ([self.closest] if self.closest else [])

    def main(self):
        """The pair that got farthest: merged first, then the tightest."""
        told = self.told()
        return min(told, key=lambda s: (s.merger is None, float(s.pair.r.min()))) if told else None
