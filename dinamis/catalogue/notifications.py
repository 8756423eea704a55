# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails of the catalogue: what is new of saved searches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from dinamis.accounts.models import User
from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import ArrivalMark, Item, SavedSearch
from dinamis.catalogue.words import credit_line, image_title
from dinamis.core.mail import queue_mail
from dinamis.core.templatetags.ui import date_words

STOP = signing.Signer(salt="dinamis.catalogue.alerts")


@dataclass(frozen=True)
class New:
    """What is new of one search: how many images, and the first of them with their `state` for the reader."""

    search: SavedSearch
    number: int
    first: Sequence[Item]


def new_images(reader: User, found: Sequence[New], mark: ArrivalMark) -> None:
    """Tell a person, in the language in use, what is new of their searches up to `mark`; one mail for all of them."""
    queue_mail(
        "catalogue/mail/new_images",
        to=reader.email,
        language=reader.language,
        context={
            "person": str(reader),
            "number": sum(new.number for new in found),
            "searches": [_told(new) for new in found],
            "credits": sorted({line for new in found for item in new.first if (line := credit_line(item))}),
            "url": _address("catalogue:saved_searches"),
        },
        key=f"alerts:{reader.pk}:{mark.pk}",
        unsubscribe=_address("catalogue:stop_alerts", STOP.sign(str(reader.pk))),
    )


def alert_stopped(search: SavedSearch, *, reason: str, mark: ArrivalMark) -> None:
    """Tell a person that a search cannot be run any more, and why: its alert is off."""
    queue_mail(
        "catalogue/mail/alert_stopped",
        to=search.owner.email,
        language=search.owner.language,
        context={
            "person": str(search.owner),
            "name": search.name,
            "reason": reason,
            "url": _address("catalogue:saved_searches"),
        },
        key=f"alert_stopped:{search.pk}:{mark.pk}",
    )


def _told(new: New) -> dict[str, Any]:
    return {
        "name": new.search.name,
        "number": new.number,
        "more": new.number - len(new.first),
        "url": f"{_address('catalogue:search')}?{new.search.query}",
        "images": [
            {
                "title": image_title(item),
                "day": date_words(item.datetime),
                "state": str(ItemState(item.state).label),
                "url": _address("catalogue:item", item.pk),
            }
            for item in new.first
        ],
    }


def _address(name: str, *args: Any) -> str:
    return settings.SITE_URL + reverse(name, args=args)
