#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Django's command line for DINAMIS."""

import os
import sys


def find_environment() -> None:
    """Where nothing names the settings, speak to the instance that `make up` starts in this checkout.

    Production names them: DJANGO_SETTINGS_MODULE and the variables of docs/settings.md.
    """
    if "DJANGO_SETTINGS_MODULE" in os.environ or "DATABASE_URL" in os.environ:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.prod")
        return
    from dinamis.embedded import environment, state

    place = state.layout()
    state.prepare_folders(place)
    os.environ.update(environment.full(place))


def main() -> None:
    """Run the command named on the command line."""
    find_environment()
    from django.core.management import execute_from_command_line

    import dinamis.celery  # noqa: F401  (tasks sent by a command need the configured broker)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
