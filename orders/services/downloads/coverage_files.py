# SPDX-License-Identifier: AGPL-3.0-or-later
"""Links to many files of a coverage at once: as many tickets as are needed, or none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.catalogue.selectors.coverage_files import CellFile
from dinamis.catalogue.words import credit_line
from dinamis.core.exceptions import Invalid
from orders.domain.file_lists import Link
from orders.services.downloads.ticket import issue_ticket

MAX_TICKETS = 16


def issue_links(*, person: Any, files: Sequence[CellFile], project: int | None, at: datetime) -> list[Link]:
    """Return a gateway link for each file, in their order; the decision is asked for every image.

    Raises Invalid when there is no file or more than 16 tickets hold, NotEntitled when one of them is refused; then
    no ticket is written.
    """
    size = settings.DINAMIS["TICKET_MAX_OBJECTS"]
    most = MAX_TICKETS * size
    if not files:
        raise Invalid(_("There is no file to download here."), pointer="files", code="no_file")
    if len(files) > most:
        raise Invalid(
            _("One list holds at most %(most)d files.") % {"most": most},
            pointer="files",
            repair=_("Choose a smaller area."),
            code="too_many_files",
        )
    links: list[Link] = []
    with transaction.atomic():
        for start in range(0, len(files), size):
            part = files[start : start + size]
            assets = [one.asset for one in part]
            _ticket, _token, paths = issue_ticket(person=person, assets=assets, project=project, at=at)
            links += [_link(one, paths[one.asset.pk]) for one in part]
    return links


def _link(one: CellFile, path: str) -> Link:
    asset = one.asset
    return Link(one.code, asset.file_name, asset.size, asset.sha256, settings.SITE_URL + path, credit_line(asset.item))
