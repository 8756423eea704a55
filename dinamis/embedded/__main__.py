# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python3 -m dinamis.embedded``: refuses an old Python with words before importing anything newer."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (this is the place that says so)
    sys.exit(
        "DINAMIS needs Python 3.11 or newer, this is "
        + sys.version.split()[0]
        + ". Try: make PYTHON=/usr/bin/python3 demo"
    )

from dinamis.embedded.cli import main

sys.exit(main())
