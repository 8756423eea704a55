# SPDX-License-Identifier: AGPL-3.0-or-later
from celery import shared_task

from dinamis.catalogue.services import extents, freshness, item_documents, saved_searches, tallies
from dinamis.core import clock

__all__ = ["count_newest", "forget_changes", "refresh_documents", "send_alerts", "sum_up_tallies"]


@shared_task(name="catalogue.refresh_documents")
def refresh_documents() -> None:
    """Make the documents of images that a change has emptied; until then each reader has them made."""
    item_documents.refresh_empty()


@shared_task(name="catalogue.forget_changes")
def forget_changes() -> None:
    """Forget which statements wrote images, but for the last day."""
    item_documents.forget_changes()


@shared_task(name="catalogue.sum_up_tallies")
def sum_up_tallies() -> None:
    """Sum up what triggers note of images: their numbers by kind, and how far those of a collection reach."""
    tallies.sum_up()
    extents.bring_together()


@shared_task(name="catalogue.send_alerts")
def send_alerts() -> None:
    """Write the mails of saved searches that are due. Harmless however often it runs, also beside itself."""
    saved_searches.send_alerts(at=clock.now())


@shared_task(name="catalogue.count_newest")
def count_newest() -> None:
    """Lay the grid where there is none, and count how old the newest images over it are."""
    freshness.lay_cells()
    freshness.count_newest(at=clock.now())
