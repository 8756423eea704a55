# SPDX-License-Identifier: AGPL-3.0-or-later
"""A collection of another catalogue, read page by page into one of ours. A page and how far it came are one commit."""

import time
from collections.abc import Callable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from dinamis.catalogue.foreign.fetch import Bounds, Fetcher
from dinamis.catalogue.foreign.pages import Ask, NoWay, first_place, turn
from dinamis.catalogue.models import Collection, Crawl
from dinamis.catalogue.services.intake import take_items
from dinamis.catalogue.services.reading import Refusal
from dinamis.core import clock
from dinamis.core.exceptions import Busy, Invalid
from dinamis.providers.base import ProviderError

Tell = Callable[[Crawl, list[Refusal]], None]


def crawl(
    *, url: str, theirs: str, collection: str, tell: Tell, since: str = "", seconds: float = 0, limit: int = 500
) -> Crawl:
    """Read what is left of a crawl, or all of it when none is under way, and return it as it stands.

    `tell` is called after each page with what was refused of it. Stops after `seconds` (0 = at the end), between two
    pages. Raises Invalid (no such collection, an address that leads nowhere, a server that refuses or gives up; the
    next call goes on from there), Busy when somebody else turned the same page.
    """
    if not Collection.objects.filter(slug=collection).exists():
        raise Invalid(
            _("There is no collection “%(slug)s”.") % {"slug": collection},
            pointer="into",
            repair=_("Run manage.py load_collections, or name another one with --into."),
        )
    fetcher = Fetcher(bounds())
    end = time.monotonic() + seconds if seconds else float("inf")
    try:
        under_way = _begin(fetcher, url=url, theirs=theirs, collection=collection, since=since, limit=limit)
        while under_way.finished_at is None and time.monotonic() < end:
            tell(under_way, _turn(fetcher, under_way))
    finally:
        fetcher.close()
    return under_way


def bounds() -> Bounds:
    """Return how far other servers are trusted, from the settings."""
    told = settings.DINAMIS
    return Bounds(
        max_bytes=told["CRAWL_MAX_BYTES"],
        seconds=told["CRAWL_SECONDS"],
        attempts=told["CRAWL_ATTEMPTS"],
        wait_initial=told["CRAWL_WAIT_SECONDS"],
        private=told["CRAWL_PRIVATE_ADDRESSES"],
    )


def _begin(fetcher: Fetcher, *, url: str, theirs: str, collection: str, since: str, limit: int) -> Crawl:
    key = {"url": url, "theirs": theirs, "collection": collection}
    found = Crawl.objects.filter(**key, finished_at__isnull=True).first()
    if found is not None:
        return found
    try:
        place = first_place(_ask(fetcher), url, collection=theirs, since=since, limit=limit)
    except (NoWay, ProviderError) as error:
        raise _stopped(error) from error
    try:
        return Crawl.objects.create(**key, since=since, place=place)
    except IntegrityError as error:
        raise Busy(_("This crawl has just been begun by somebody else.")) from error


def _turn(fetcher: Fetcher, under_way: Crawl) -> list[Refusal]:
    """Take one page and remember the next. Raises Invalid, Busy."""
    try:
        turned = turn(_ask(fetcher), under_way.place or {})
    except (NoWay, ProviderError) as error:
        Crawl.objects.filter(pk=under_way.pk).update(stopped=str(error)[:2000])
        raise _stopped(error) from error
    now = clock.now()
    with transaction.atomic():
        report = take_items(under_way.collection, enumerate(turned.items, under_way.read + 1))
        moved = Crawl.objects.filter(pk=under_way.pk, pages=under_way.pages, finished_at__isnull=True).update(
            place=turned.after,
            pages=F("pages") + 1,
            read=F("read") + len(turned.items),
            created=F("created") + report.created,
            updated=F("updated") + report.updated,
            unchanged=F("unchanged") + report.unchanged,
            refused=F("refused") + report.refused,
            stopped="",
            touched_at=now,
            finished_at=None if turned.after else now,
        )
        if not moved:
            raise Busy(_("Somebody else reads the same collection: this page was theirs."))
    under_way.refresh_from_db()
    return report.refusals


def _ask(fetcher: Fetcher) -> Ask:
    return lambda method, url, body, headers: fetcher.json(method, url, body=body, headers=headers)


def _stopped(error: Exception) -> Invalid:
    return Invalid(
        _("The other catalogue cannot be read: %s.") % error,
        pointer="url",
        repair=_("Look at the address, or run the command again later: it goes on where it stopped."),
        code="crawl_stopped",
    )
