# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from dinamis.celery import app
from dinamis.demo.loading import steps


class Command(BaseCommand):
    """Load the demonstration: only what is missing, so that a second run changes nothing."""

    help = "Loads places, licences, collections, people, organisations, coverages, scenes and orders of the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do each step and say what it did, with the seconds it took."""
        begun = time.monotonic()
        # The handlers of the outbox live in the task modules.
        app.loader.import_default_modules()
        for title, step in steps(self.command):
            self.do(title, step)
        self.stdout.write(f"demo data complete in {time.monotonic() - begun:.1f} s")

    def do(self, title: str, step: Callable[[], Any]) -> None:
        """Do one step; what it returns is how many things it made."""
        begun = time.monotonic()
        made = step()
        words = f"{made} new" if made else "nothing to do"
        self.stdout.write(f"{title}: {words} ({time.monotonic() - begun:.1f} s)")

    def command(self, name: str, *words: str) -> int:
        """Run another management command silently."""
        call_command(name, *words, stdout=StringIO())
        return 1
