# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading, measuring and drawing what a run of Catena leaves in its output directory.

    reader    snapshots, the black-hole history (of a live run too), the text logs
    orbits    Keplerian and post-Newtonian elements, Peters evolution, which holes are bound and when
    profiles  centres, density, dispersion, Lagrangian and influence radii, surface density maps
    story     the run put together: every pair that ever got bound, its phases and their times
    plots     the figures, one function each
    report    one HTML page of all of it: the program catena-report

Needs h5py, numpy, scipy and matplotlib (Debian: python3-h5py python3-numpy python3-scipy python3-matplotlib).
"""

__version__ = "0.1.0"
