#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Django's command line for DINAMIS."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.prod")
    from django.core.management import execute_from_command_line

    import dinamis.celery  # noqa: F401  (tasks sent by a command need the configured broker)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
