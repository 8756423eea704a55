# SPDX-License-Identifier: AGPL-3.0-or-later
from celery import shared_task

from dinamis.catalogue.services import item_documents, tallies

__all__ = ["forget_changes", "refresh_documents", "sum_up_tallies"]


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
    """Sum up the numbers of images by kind once the differences noted are more than the kinds."""
    tallies.sum_up()
