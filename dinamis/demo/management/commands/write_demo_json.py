# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dinamis.demo.addresses import demo_document


class Command(BaseCommand):
    """Write the addresses and accounts of the demonstration for people and programs."""

    help = "Write demo.json in the folder DINAMIS_VAR (default: var in the checkout)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file whole or not at all."""
        folder = Path(os.environ.get("DINAMIS_VAR") or settings.BASE_DIR / "var")
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / "demo.json.new"
        fresh.write_text(json.dumps(demo_document(), indent=2, ensure_ascii=False) + "\n")
        fresh.replace(folder / "demo.json")
        self.stdout.write(f"{folder / 'demo.json'} written")
