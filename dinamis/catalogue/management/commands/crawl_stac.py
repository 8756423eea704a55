# SPDX-License-Identifier: AGPL-3.0-or-later
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dinamis.catalogue.foreign.item import MOMENT
from dinamis.catalogue.models import Crawl
from dinamis.catalogue.services.crawl import crawl
from dinamis.catalogue.services.reading import Refusal
from dinamis.core.exceptions import Busy, DomainError


class Command(BaseCommand):
    """Read a collection of another STAC catalogue into one of ours."""

    help = "Reads a collection of a STAC API or of a static catalogue; again, it goes on where it stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("url", help="landing page, catalogue, or the collection itself")
        parser.add_argument("--collection", required=True, help="what they call it")
        parser.add_argument("--into", required=True, help="slug of the collection here")
        parser.add_argument("--since", default="", help="acquired since, as 2026-01-01T00:00:00Z")
        parser.add_argument("--limit", type=int, default=500, help="items a page, where the server has pages")
        parser.add_argument("--seconds", type=float, default=0, help="stop after the page at which these are over")

    def handle(self, *args: Any, url: str, collection: str, into: str, since: str, **options: Any) -> None:
        """Walk, telling what is refused, and say what became of the items. Raises CommandError when it stops."""
        if since and not MOMENT.fullmatch(since):
            raise CommandError("--since: write a moment as 2026-01-01T00:00:00Z")
        times = {"seconds": options["seconds"], "limit": options["limit"]}
        try:
            done = crawl(url=url, theirs=collection, collection=into, since=since, tell=self._tell, **times)
        except DomainError as error:
            repair = "Wait for the other one." if isinstance(error, Busy) else error.extra.get("repair", "")
            raise CommandError(f"{error} {repair}".strip()) from error
        ended = "finished" if done.finished_at else "to be continued"
        counts = f"{done.created} new, {done.updated} changed, {done.unchanged} as before, {done.refused} refused"
        self.stdout.write(f"{ended} after {done.pages} pages: {counts}")

    def _tell(self, under_way: Crawl, refusals: list[Refusal]) -> None:
        for one in refusals:
            self.stderr.write(f"{one.position}: {one.identifier or '(no id)'}: {one.reason}")
