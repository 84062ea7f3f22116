# SPDX-License-Identifier: GPL-3.0-or-later
"""python3 -m catena_analysis OUTPUTDIR: the same as catena-report, from a source tree."""

import sys

from .report import main

sys.exit(main())
