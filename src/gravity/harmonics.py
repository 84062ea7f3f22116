#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes harmonics.inc: straight-line code for harmonic expansions of order 3, 4 and 5 in Cartesian form.

A harmonic tensor of order n (symmetric, all traces zero) has 2n+1 independent components; we keep those (a,b,c),
a+b+c = n, with c = 0 (a falling) and then c = 1, and get c >= 2 from the vanishing traces. The text of an expansion
of order p is then (p+1)^2 numbers, as with spherical harmonics, but in plain x, y, z and without square roots.
The derivation is in doc/gravity.md; the equations named there appear as comments in the output.

The short-range kernel erfc (r / 2 r_s) / r is not harmonic: its expansions (names ending in _short, or _full where no
kernel enters) keep all (n+1)(n+2)/2 components of an order.

Usage: harmonics.py > harmonics.inc
"""
from fractions import Fraction
from math import factorial, comb


def independent(n):
    return [(n - b, b, 0) for b in range(n + 1)] + [(n - 1 - b, b, 1) for b in range(n)]


def full(n):
    return [(a, b, n - a - b) for a in range(n, -1, -1) for b in range(n - a, -1, -1)]


def place(k):
    """Index of an independent component in an expansion that holds every order."""
    n = sum(k)
    return n * n + independent(n).index(k)


def source_place(k):
    """The same without order 1, which vanishes about the centre of mass."""
    n = sum(k)
    return place(k) - (3 if n > 1 else 0)


def full_place(k):
    """Index in a local expansion of all components of every order."""
    n = sum(k)
    return n * (n + 1) * (n + 2) // 6 + full(n).index(k)


def traced(p):
    """Numbers of a source of the short-range kernel: (order n, traces taken j, component), no order 1."""
    return [(n, j, k) for n in range(p + 1) if n != 1 for j in range(n // 2 + 1) for k in full(n - 2 * j)
            if n > 0 or j == 0]


def traced_place(n, j, k):
    return traced(n).index((n, j, k))


def multinomial(k):
    return factorial(sum(k)) // (factorial(k[0]) * factorial(k[1]) * factorial(k[2]))


def minus(k, i, by=1):
    return tuple(k[j] - (by if i == j else 0) for j in range(3))


DERIVATIVE = {(0, 0, 0): {(0, 0, 0): Fraction(1)}}


def derivative(k):
    """d_k, the k-th derivative of 1/r at r = 1, as a polynomial in the unit vector (r^2 = 1 used)."""
    if k not in DERIVATIVE:
        n, poly = sum(k), {}
        for i in range(3):
            if k[i] >= 1:
                for m, c in derivative(minus(k, i)).items():
                    up = minus(m, i, -1)
                    poly[up] = poly.get(up, 0) - (2 - Fraction(1, n)) * k[i] * c
            if k[i] >= 2:
                for m, c in derivative(minus(k, i, 2)).items():
                    poly[m] = poly.get(m, 0) - (1 - Fraction(1, n)) * k[i] * (k[i] - 1) * c
        DERIVATIVE[k] = {m: c for m, c in poly.items() if c}
    return DERIVATIVE[k]


def homogeneous(k):
    """d_k made homogeneous of degree |k| again by powers of x^2 + y^2 + z^2."""
    n, out = sum(k), {}
    for m, c in derivative(k).items():
        j = (n - sum(m)) // 2
        for e in full(j):
            key = tuple(m[i] + 2 * e[i] for i in range(3))
            out[key] = out.get(key, 0) + c * multinomial(e)
    return out


def number(c):
    return f"{float(c):.1f}f"


def poly_text(k):
    """x^(a mod 2) y^(b mod 2) z^c times a Horner form in X = x^2 with coefficients in Y = y^2 (c is 0 or 1)."""
    odd = (k[0] % 2, k[1] % 2, k[2])
    rows = {}
    for m, c in derivative(k).items():
        rows.setdefault((m[0] - odd[0]) // 2, {})[(m[1] - odd[1]) // 2] = c

    def horner(table, show, var):
        text = None
        for power in range(max(table), -1, -1):
            term = show(table[power]) if power in table else None
            if text is not None:
                text = f"{text} * {var}" if "+" not in text and "-" not in text[1:] else f"({text}) * {var}"
                if term:
                    text += f" + {term}" if not term.startswith("-") else f" - {term[1:]}"
            else:
                text = term
        return text

    body = horner({p: r for p, r in rows.items()}, lambda r: horner(r, number, "Y") if len(r) == 1 else
                  "(" + horner(r, number, "Y") + ")", "X")
    prefix = {(0, 0, 0): "", (1, 0, 0): "x", (0, 1, 0): "y", (0, 0, 1): "z", (1, 1, 0): "xy", (1, 0, 1): "xz",
              (0, 1, 1): "yz", (1, 1, 1): "xyz"}[odd]
    if not prefix:
        return body
    return f"{prefix} * {body}" if "+" not in body and "-" not in body[1:] else f"{prefix} * ({body})"


def name(k, stem="d"):
    return stem + "".join(str(i) for i in k)


def wrap(head, terms, tail=";"):
    lines, line = [], head
    for i, t in enumerate(terms):
        piece = (" + " if i else "") + t
        if len(line) + len(piece) > 112:
            lines.append(line)
            line = "      " + piece.lstrip()
            continue
        line += piece
    lines.append(line + tail)
    return lines


def emit_derivatives(p):
    out = ["  const vf X = x * x, Y = y * y, xy = x * y, xz = x * z, yz = y * z, xyz = xy * z;"]
    for n in range(p + 1):
        for k in independent(n):
            if n == 0:
                out.append("  const vf d000 = 1.0f - (vf) {};")
            else:
                out.append(f"  const vf {name(k)} = {poly_text(k)};")
        for a in range(n - 2, -1, -1):
            b = n - 2 - a
            out.append(f"  const vf {name((a, b, 2))} = -({name((a + 2, b, 0))} + {name((a, b + 2, 0))});")
    out.append("  (void) xyz;")
    out.append("  (void) d002;")
    return out


def emit_cell_cell(p):
    out = ["/* Adds to the local expansion `to` about A the field of cells B, one per lane: L_n += r^-(n+1) sum_m W_m d_(n+m),",
           " * W_m = (s/r)^m M_m. (x,y,z) = A - B. */",
           f"static inline void cell_cell_{p} (vf x, vf y, vf z, vf s, const vf *from, vf *to)", "{",
           "  vf r1 = rsqrt_lanes (x * x + y * y + z * z);", "", "  x *= r1;", "  y *= r1;", "  z *= r1;"]
    out += emit_derivatives(p)
    out.append("  const vf t = s * r1;")
    power = "t"
    out.append("  vf power = t;")
    for n in range(2, p + 1):
        out.append("  power *= t;")
        for k in independent(n):
            out.append(f"  const vf {name(k, 'w')} = power * from[{source_place(k)}];")
    out.append("  power = r1;")
    for n in range(p + 1):
        for k in independent(n):
            terms = [f"from[0] * {name(k)}"]
            for m in [m for order in range(2, p - n + 1) for m in independent(order)]:
                terms.append(f"{name(m, 'w')} * {name(tuple(k[i] + m[i] for i in range(3)))}")
            out += wrap(f"  to[{place(k)}] += power * (", terms, ");")
        if n < p:
            out.append("  power *= r1;")
    return out + ["}", ""]


def contraction(n, x, y, z, source, target, basis=independent):
    """target (order n-1) = source (order n) . (x,y,z); independent components and those with c = 2."""
    out = []
    for k in basis(n - 1):
        parts = [f"{name(minus(k, i, -1), source)} * {v}" for i, v in enumerate((x, y, z))]
        out.append((k, " + ".join(parts)))
    lines = [f"{name(k, target)} = {t};" for k, t in out]
    for a in range(n - 3, -1, -1) if basis is independent else []:
        b = n - 3 - a
        lines.append(f"{name((a, b, 2), target)} = -({name((a + 2, b, 0), target)} + {name((a, b + 2, 0), target)});")
    return lines


def emit_load(n, kind, array, where, stem, basis=independent):
    out = [f"  const {kind} {name(k, stem)} = {array}[{where(k)}];" for k in basis(n)]
    for a in range(n - 2, -1, -1) if basis is independent else []:
        b = n - 2 - a
        out.append(f"  const {kind} {name((a, b, 2), stem)} = -({name((a + 2, b, 0), stem)} + {name((a, b + 2, 0), stem)});")
    return out


def emit_chain(n, kind, basis=independent, label=None):
    """Contracts q<label>_.. of order n with (x,y,z) n-1 times; the vector ends in v<label>_100, ..., all in p<label>."""
    label = label or f"{n}"
    out, source = [], f"{'q' if n > 1 else 'v'}{label}_"
    for order in range(n, 1, -1):
        target = f"v{label}_" if order == 2 else f"q{label}_{order - 1}_"
        out += [f"  const {kind} {t}" for t in contraction(order, "x", "y", "z", source, target, basis)]
        source = target
    out.append(f"  const {kind} p{label} = v{label}_100 * x + v{label}_010 * y + v{label}_001 * z;")
    return out


def emit_cell_body(p):
    out = ["/* Potential (without its minus sign) and acceleration at sinks, one per lane, of one cell with tensors q and",
           " * scale s: phi = 1/r sum_n t^n P_n, P_n = q_n u^n, t = s/r. (x,y,z) = sink - cell. */",
           f"static inline void cell_body_{p} (vf x, vf y, vf z, float s, const float *q, vf *phi, vf *ax, vf *ay, vf *az)",
           "{", "  const vf r1 = rsqrt_lanes (x * x + y * y + z * z), t = s * r1;", "",
           "  x *= r1;", "  y *= r1;", "  z *= r1;"]
    for n in range(2, p + 1):
        out += emit_load(n, "float", "q", source_place, f"q{n}_")
        out += emit_chain(n, "vf")
    out.append("  vf power = t * t, sum = q[0] + power * p2, radial = q[0] + power * (5.0f * p2);")
    out.append("  vf gx = power * (2.0f * v2_100), gy = power * (2.0f * v2_010), gz = power * (2.0f * v2_001);")
    for n in range(3, p + 1):
        out += ["  power *= t;", f"  sum += power * p{n};", f"  radial += power * ({2 * n + 1}.0f * p{n});"]
        for axis, comp in (("x", "100"), ("y", "010"), ("z", "001")):
            out.append(f"  g{axis} += power * ({n}.0f * v{n}_{comp});")
    out += ["  const vf r2 = r1 * r1;", "  *phi += r1 * sum;"]
    for axis in "xyz":
        out.append(f"  *a{axis} += r2 * (g{axis} - radial * {axis});")
    return out + ["}", ""]


def emit_local_body(p, suffix="", basis=independent, where=place):
    out = ["/* Potential and acceleration at sinks, one per lane of doubles, of a local expansion. */",
           f"static inline void local_body{suffix}_{p} (vd x, vd y, vd z, const double *l, vd *phi, vd *ax, vd *ay, "
           "vd *az)", "{"]
    for n in range(2, p + 1):
        out += emit_load(n, "double", "l", where, f"q{n}_", basis)
        out += emit_chain(n, "vd", basis)
    out += wrap("  *phi += ", ["l[0] + l[1] * x + l[2] * y + l[3] * z"]
                + [f"p{n} * (1.0 / {factorial(n)})" for n in range(2, p + 1)])
    for i, (axis, comp) in enumerate((("x", "100"), ("y", "010"), ("z", "001"))):
        out.append(f"  *a{axis} += l[{i + 1}]"
                   + "".join(f" + v{n}_{comp} * (1.0 / {factorial(n - 1)})" for n in range(2, p + 1)) + ";")
    return out + ["}", ""]


def emit_shift(p, suffix="", basis=independent, where=place):
    out = ["/* out += the local expansion l about a centre displaced by (x,y,z). */",
           f"static inline void local_shift{suffix}_{p} (double x, double y, double z, const double *l, double *out)",
           "{"]
    for n in range(p + 1):
        out += emit_load(n, "double", "l", where, f"q{n}_", basis)
        for k in basis(n):
            out.append(f"  out[{where(k)}] += {name(k, f'q{n}_')};")
        source = f"q{n}_"
        for order in range(n, 0, -1):
            target = f"q{n}_{order - 1}_"
            out += [f"  const double {t}" for t in contraction(order, "x", "y", "z", source, target, basis)]
            for k in basis(order - 1):
                out.append(f"  out[{where(k)}] += {name(k, target)} * (1.0 / {factorial(n - order + 1)});")
            source = target
    return out + ["}", ""]


def radial_derivative(k):
    """r^(n+1) d_k f for a radial f, a polynomial in the unit vector and g_i = r^(2i+1) ((1/r) d/dr)^i f, as text."""
    def ways(a):
        return [(i, factorial(a) // (factorial(i) * 2 ** i * factorial(a - 2 * i))) for i in range(a // 2 + 1)]

    rows, odd = {}, "".join(v for v, a in zip("xyz", k) if a % 2)
    for i, ci in ways(k[0]):
        for j, cj in ways(k[1]):
            for m, cm in ways(k[2]):
                even = ["X"] * (k[0] // 2 - i) + ["Y"] * (k[1] // 2 - j) + ["Z"] * (k[2] // 2 - m)
                rows.setdefault(sum(k) - i - j - m, []).append((ci * cj * cm, "".join(even)))
    terms = []
    for order in sorted(rows, reverse=True):
        parts = [" * ".join(([f"{c}.0f"] if c > 1 or not mono else []) + ([mono] if mono else []))
                 for c, mono in rows[order]]
        text = parts[0] if len(parts) == 1 else "(" + " + ".join(parts) + ")"
        terms.append(f"g[{order}]" if text == "1.0f" else f"g[{order}] * {text}")
    body = " + ".join(terms)
    if not odd:
        return body
    return f"{odd} * {body}" if len(terms) == 1 else f"{odd} * ({body})"


def emit_cell_cell_short(p):
    out = ["/* The same of the short-range kernel f = erfc (i r) / r: L_k += sum_m Q_m n!/m! d_(k+m) f, n = |m|. */",
           f"static inline void cell_cell_short_{p} (vf x, vf y, vf z, vf s, float i, const vf *from, vf *to)", "{",
           "  const vf r2 = x * x + y * y + z * z;", "  vf r1 = rsqrt_lanes (r2), g[6];", "",
           f"  split_radial (r2, r1, i, {p}, g);", "  x *= r1;", "  y *= r1;", "  z *= r1;",
           "  const vf X = x * x, Y = y * y, Z = z * z, xy = x * y, xz = x * z, yz = y * z, xyz = xy * z;",
           "  const vf XX = X * X, XY = X * Y, XZ = X * Z, YY = Y * Y, YZ = Y * Z, ZZ = Z * Z;"]
    out += [f"  const vf {name(k)} = {radial_derivative(k)};" for n in range(p + 1) for k in full(n)]
    out += ["  (void) XX, (void) XY, (void) XZ, (void) YY, (void) YZ, (void) ZZ;", "  const vf t = s * r1;",
            "  vf power = t;"]
    for n in range(2, p + 1):
        out.append("  power *= t;")
        for k in full(n):
            weight = f"({multinomial(k)}.0f * power)" if multinomial(k) > 1 else "power"
            out.append(f"  const vf {name(k, 'w')} = {weight} * from[{traced_place(n, 0, k)}];")
    out.append("  power = r1;")
    for n in range(p + 1):
        for k in full(n):
            terms = [f"from[0] * {name(k)}"]
            for m in [m for order in range(2, p - n + 1) for m in full(order)]:
                terms.append(f"{name(m, 'w')} * {name(tuple(k[i] + m[i] for i in range(3)))}")
            out += wrap(f"  to[{full_place(k)}] += power * (", terms, ");")
        if n < p:
            out.append("  power *= r1;")
    return out + ["}", ""]


def emit_cell_body_short(p):
    out = ["/* The same of the short-range kernel:",
           " * phi = sum_(n,j) s^n n!/(2^j j! (n-2j)!) g_(n-j) r^-(n+1) (Tr^j Q_n) u^(n-2j). */",
           f"static inline void cell_body_short_{p} (vf x, vf y, vf z, float s, float i, const float *q, vf *phi, vf *ax,",
           "                                      vf *ay, vf *az)", "{",
           "  const vf rr = x * x + y * y + z * z, r1 = rsqrt_lanes (rr), t = s * r1;", "  vf g[7];", "",
           f"  split_radial (rr, r1, i, {p + 1}, g);", "  x *= r1;", "  y *= r1;", "  z *= r1;",
           "  vf power = t, sum = q[0] * g[0], radial = q[0] * g[1], gx = {}, gy = {}, gz = {};"]
    for n in range(2, p + 1):
        phi, along, side = [], [], {"100": [], "010": [], "001": []}
        out.append("  power *= t;")
        for j in range(n // 2 + 1):
            m, c = n - 2 * j, factorial(n) // (2 ** j * factorial(j) * factorial(n - 2 * j))
            label = f"{n}{'abc'[j]}"
            if m == 0:
                out.append(f"  const float p{label} = q[{traced_place(n, j, (0, 0, 0))}];")
            else:
                out += emit_load(m, "float", "q", lambda k: traced_place(n, j, k), f"{'q' if m > 1 else 'v'}{label}_", full)
                out += emit_chain(m, "vf", full, label)
                for comp in side:
                    side[comp].append(f"{c * m}.0f * g[{n - j}] * v{label}_{comp}")
            weight = f"{c}.0f * " if c > 1 else ""
            phi.append(f"{weight}g[{n - j}] * p{label}")
            along.append(f"{weight}g[{n - j + 1}] * p{label}")
        out += wrap("  sum += power * (", phi, ");") + wrap("  radial += power * (", along, ");")
        for axis, comp in zip("xyz", side):
            out += wrap(f"  g{axis} += power * (", side[comp], ");")
    out += ["  const vf r2 = r1 * r1;", "  *phi += r1 * sum;"]
    for axis in "xyz":
        out.append(f"  *a{axis} += r2 * (g{axis} + radial * {axis});")
    return out + ["}", ""]


def emit_tables(p):
    """From raw moments sum m q^k to coefficients, and from those to the tensors of cell_body."""
    monomials = [k for n in range(p + 1) for k in full(n)]
    out = [f"enum {{ MONOMIALS_MAX = {len(monomials)}, COEFFICIENTS_MAX = {(p + 1) ** 2 - 3}, "
           f"LOCAL_MAX = {(p + 1) ** 2} }};"]
    fold = []
    for k in monomials:
        n = sum(k)
        if n == 1:
            continue
        terms = {k: Fraction((-1) ** n, factorial(k[0]) * factorial(k[1]) * factorial(k[2]))}
        while any(m[2] >= 2 for m in terms):
            m = next(m for m in terms if m[2] >= 2)
            c = terms.pop(m)
            for up in ((m[0] + 2, m[1], m[2] - 2), (m[0], m[1] + 2, m[2] - 2)):
                terms[up] = terms.get(up, 0) - c
        fold += [(source_place(m), monomials.index(k), c) for m, c in terms.items() if c]
    tensor = [(0, 0, Fraction(1))]
    for n in range(2, p + 1):
        for m in independent(n):
            h = homogeneous(m)
            for k in independent(n):
                if h.get(k):
                    tensor.append((source_place(k), source_place(m), h[k] / multinomial(k)))
    shift = [(i, monomials.index(j), monomials.index(tuple(k[a] - j[a] for a in range(3))),
              comb(k[0], j[0]) * comb(k[1], j[1]) * comb(k[2], j[2]))
             for i, k in enumerate(monomials) for j in monomials if all(j[a] <= k[a] for a in range(3))]
    out += ["", "/* (q + d)^k = sum_j binomial q^j d^(k-j): indices of k, j and k - j. */",
            f"enum {{ SHIFT_TERMS = {len(shift)} }};",
            "static const struct { unsigned char to, from, power, weight; } shift_term[SHIFT_TERMS] = {"]
    row = "  "
    for term in shift:
        piece = "{ " + ", ".join(str(v) for v in term) + " }, "
        if len(row) + len(piece) > 112:
            out.append(row.rstrip())
            row = "  "
        row += piece
    out += [row.rstrip(), "};"]
    traces = []
    for to, (n, j, k) in enumerate(traced(p)):
        for e in full(j):
            m = tuple(k[a] + 2 * e[a] for a in range(3))
            traces.append((to, monomials.index(m), Fraction((-1) ** n * multinomial(e), factorial(n))))
    for title, label, rows in (("Short range: Tr^j Q_n, Q_n = (-1)^n/n! sum m q^n, for each n all j.", "trace", traces),
                               ("M_m = sum over monomials, in the harmonic basis: (-1)^n/k! with z^2 = -x^2-y^2.", "fold", fold),
                               ("Components of q_n, P_n(u) = q_n u^n = sum_m M_m d_m(u).", "tensor", tensor)):
        rows.sort(key=lambda r: (r[0], r[1]))
        out += ["", f"/* {title} */", f"enum {{ {label.upper()}_TERMS = {len(rows)} }};",
                "static const struct { unsigned char to, from; double weight; } " + f"{label}_term[{label.upper()}_TERMS] = {{"]
        row = "  "
        for to, fr, c in rows:
            w = f"{c.numerator}.0 / {c.denominator}" if c.denominator != 1 else f"{c.numerator}"
            piece = f"{{ {to}, {fr}, {w} }}, "
            if len(row) + len(piece) > 112:
                out.append(row.rstrip())
                row = "  "
            row += piece
        out += [row.rstrip(), "};"]
    return out


def main():
    print("/* SPDX-License-Identifier: GPL-3.0-or-later */")
    print("/* Written by harmonics.py: change that, not this. Harmonic expansions in Cartesian form; see doc/gravity.md. */")
    print("#ifdef HARMONICS_TABLES")
    print("\n".join(emit_tables(5)))
    print("#endif\n\n#ifdef HARMONICS_LANES")
    for p in (3, 4, 5):
        print("\n".join(emit_cell_cell(p) + emit_cell_body(p) + emit_local_body(p)), end="\n")
    for p in (3, 4, 5):
        print("\n".join(emit_cell_cell_short(p) + emit_cell_body_short(p)
                        + emit_local_body(p, "_full", full, full_place)))
    print("#endif\n\n#ifdef HARMONICS_SHIFT")
    for p in (3, 4, 5):
        print("\n".join(emit_shift(p) + emit_shift(p, "_full", full, full_place)))
    print("#endif")


main()
