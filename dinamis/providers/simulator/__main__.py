# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python -m dinamis.providers.simulator --bind unix:/run/simulator.sock``: serve the simulator."""

from __future__ import annotations

import argparse
import os
import sys

EPILOG = """\
Environment: SIMULATOR_STATE (folder), SIMULATOR_SPEED (simulated seconds per second, 3600 by default),
SIMULATOR_PUBLIC_URL (prefix of links), SIMULATOR_API_KEYS (comma separated), SIMULATOR_MAX_PIXELS (1024),
SIMULATOR_LAND (GeoJSON of land polygons, for real coasts).
"""


def main() -> None:
    """Replace this process by the server."""
    parser = argparse.ArgumentParser(
        prog="python -m dinamis.providers.simulator",
        description="A provider that behaves like the OneAtlas pay-per-order API.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bind", default="127.0.0.1:8765", help="host:port or unix:PATH (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=4, help="threads of the one process (default: %(default)s)")
    given = parser.parse_args()
    application = "dinamis.providers.simulator.wsgi:application"
    command = [sys.executable, "-m", "dinamis.server", application, "--bind", given.bind, "--workers", "1"]
    os.execv(sys.executable, [*command, "--threads", str(given.threads)])  # noqa: S606


if __name__ == "__main__":
    main()
