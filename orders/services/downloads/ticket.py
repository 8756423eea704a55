# SPDX-License-Identifier: AGPL-3.0-or-later
"""Links to files. A link is only a locator: the entitlement decision is asked again each time it is followed."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from dinamis.catalogue.models import Asset
from dinamis.core import keys
from dinamis.core.exceptions import Invalid, NotEntitled
from licensing.enums import Action
from licensing.selectors.decision import Allow, ResourceFacts, decide
from orders.models import DownloadTicket, TicketObject

TOKEN_BYTES = 32


def issue_ticket(
    *, person: Any, assets: Sequence[Asset], project: int | None, at: datetime
) -> tuple[DownloadTicket, str, dict[int, str]]:
    """Return a new ticket, its token (256 bits, only its SHA-256 is kept) and the path of each file by asset id.

    The decision is asked first, for every image at `at` and for `project` (an id or None); then the ticket is written
    and committed, so that no link exists without its row. Raises NotEntitled with everything that is missing, Invalid
    when there is no file or more than TICKET_MAX_OBJECTS. Expires TICKET_HOURS after `at`.
    """
    _check_count(assets)
    rights = _decide_for(person, assets, project, at)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    names = _names(assets)
    with transaction.atomic():
        ticket = DownloadTicket.objects.create(
            token_sha256=hash_token(token),
            person=person,
            api_client=keys.acting(),
            project_id=project,
            issued_at=at,
            expires_at=at + timedelta(hours=settings.DINAMIS["TICKET_HOURS"]),
        )
        TicketObject.objects.bulk_create(
            TicketObject(ticket=ticket, asset=asset, entitlement_id=rights[asset.item.facts], name=names[asset.pk])
            for asset in assets
        )
    return ticket, token, {pk: reverse("orders:gateway", args=[token, name]) for pk, name in names.items()}


def note_fetched(obj: TicketObject, *, at: datetime) -> None:
    """Remember the first time a file was handed over."""
    TicketObject.objects.filter(pk=obj.pk, fetched_at__isnull=True).update(fetched_at=at)


def hash_token(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _check_count(assets: Sequence[Asset]) -> None:
    limit = settings.DINAMIS["TICKET_MAX_OBJECTS"]
    if not assets:
        raise Invalid(_("No file is named."), pointer="assets")
    if len({asset.pk for asset in assets}) != len(assets):
        raise Invalid(_("A file is named twice."), pointer="assets")
    if len(assets) > limit:
        raise Invalid(_("One link covers at most %(limit)d files.") % {"limit": limit}, pointer="assets")


def _decide_for(person: Any, assets: Sequence[Asset], project: int | None, at: datetime) -> dict[ResourceFacts, int]:
    """Return the right under which each image may be fetched."""
    missing: dict[str, dict[str, str]] = {}
    rights: dict[ResourceFacts, int] = {}
    for facts in dict.fromkeys(asset.item.facts for asset in assets):
        answer = decide(person, Action.DOWNLOAD, facts, project=project, at=at)
        if isinstance(answer, Allow):
            rights[facts] = answer.entitlement_id
        else:
            missing |= {reason["code"]: reason for reason in answer.missing()}
    if missing:
        raise NotEntitled(_("You cannot download this yet: something is missing."), missing=list(missing.values()))
    return rights


def _names(assets: Sequence[Asset]) -> dict[int, str]:
    """A name for each file, unique within the ticket: its own, or led by its image where two images share it."""
    own = [asset.file_name for asset in assets]
    names: dict[int, str] = {}
    for asset in assets:
        name = asset.file_name if own.count(asset.file_name) == 1 else f"{asset.item.stac_id}_{asset.file_name}"
        while name in names.values():
            name = f"{asset.pk}_{asset.file_name}"
        names[asset.pk] = name[-200:]
    return names
