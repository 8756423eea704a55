# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dinamis.core.scanner import scanner
from licensing.services.scan import queue_scans


class Command(BaseCommand):
    """Queue the documents that have no verdict yet."""

    help = "Have every document without a verdict scanned (evidence, invoices), as after CLAMD_URL was set."

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue and count them."""
        if not scanner().active:
            raise CommandError("CLAMD_URL is not set: there is no scanner to ask.")
        self.stdout.write(f"{queue_scans()} documents are queued for the scanner.")
