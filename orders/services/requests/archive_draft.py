# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing an archive order that names an area and days: the scenes are sought, each is a line (docs/adr/0045)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from dinamis.accounts.models import Organisation
from dinamis.core import clock, geo
from dinamis.core.exceptions import refuse
from licensing.models import Project
from orders.domain.archive_rules import search_refusals
from orders.enums import OrderKind
from orders.models import ArchiveSearch, Order
from orders.selectors.holdings.places import check_ground, check_places
from orders.selectors.money.costs import class_of
from orders.selectors.requests.archive import Found, Sought, check_family, scenes_for
from orders.selectors.requests.estimate import Estimate, check_lines, estimate_parts
from orders.services.requests.draft import check_parties, chosen_options, editable, new_order, rewrite, write_lines

COLUMNS = ("first", "last", "mode", "cloud_max", "incidence_max", "with_held")


@dataclass(frozen=True, kw_only=True)
class ArchiveWanted:
    """What is sought, the scenes to keep of those found (None = all), and how the files are to be made."""

    sought: Sought
    scenes: tuple[int, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    bundle: str = ""


@dataclass(frozen=True)
class ArchivePlan:
    """What would be written: the scenes, every line with its price, and the options with their defaults."""

    found: Found
    costs: Estimate
    options: Mapping[str, str]


def plan_archive(
    wanted: ArchiveWanted, *, person: Any, organisation_id: int | None = None, but: Order | None = None
) -> ArchivePlan:
    """Seek the scenes and price them for an organisation, as the person may see the archive; nothing is written.

    `but` is the order that is being changed. Raises Invalid (SeveralInvalid), naming every field that is wrong.
    """
    sought = wanted.sought
    asked = {name: getattr(sought, name) for name in COLUMNS if name != "with_held"}
    check_family(sought.family)
    refuse(search_refusals(**asked, today=clock.today()))
    if wanted.scenes is not None:
        check_lines(len(set(wanted.scenes)), pointer="scenes")
    check_places(sought.area, sought.family, pointer="area")
    options = chosen_options(OrderKind.ARCHIVE, sought.family, wanted.options, bundle=wanted.bundle)
    check_ground(sought.area, options, pointer="area")
    found = scenes_for(sought, person, named=wanted.scenes, but=but)
    adheres_as = class_of(organisation_id, clock.now()) if organisation_id is not None else ""
    return ArchivePlan(found, estimate_parts(found.parts(), eligibility_class=adheres_as), options)


@transaction.atomic
def create_archive_area(
    *,
    requester: Any,
    organisation: Organisation,
    project: Project,
    wanted: ArchiveWanted,
    title: str,
    justification: str = "",
) -> Order:
    """Create a draft of an archive order over an area, one line for each scene: its own part of the area.

    Raises NotPermitted (not a member, foreign project), Invalid as `plan_archive`, and for the title.
    """
    check_parties(requester, organisation, project)
    made = plan_archive(wanted, person=requester, organisation_id=organisation.pk)
    order = new_order(
        kind=OrderKind.ARCHIVE,
        costs=made.costs,
        requester=requester,
        organisation=organisation,
        project=project,
        title=title,
        justification=justification,
        options=made.options,
    )
    ArchiveSearch.objects.create(order=order, **_columns(wanted.sought))
    return order


@transaction.atomic
def edit_archive_area(
    *,
    order: Order,
    actor: Any,
    project: Project,
    wanted: ArchiveWanted,
    title: str,
    justification: str = "",
    expected_version: int | None = None,
) -> Order:
    """Change a draft, or an order the office sent back: its lines are written anew.

    Raises NotPermitted, StaleVersion, IllegalTransition once it has been submitted, Invalid as `create_archive_area`.
    """
    locked = editable(order, actor, expected_version)
    made = plan_archive(wanted, person=locked.requester, organisation_id=locked.organisation_id, but=locked)
    rewrite(locked, costs=made.costs, project=project, title=title, justification=justification, options=made.options)
    locked.items.all().delete()
    write_lines(locked, made.costs, actor=actor)
    ArchiveSearch.objects.filter(order=locked).update(**_columns(wanted.sought))
    return locked


def _columns(sought: Sought) -> dict[str, Any]:
    return {"area": geo.to_multipolygon(sought.area), **{name: getattr(sought, name) for name in COLUMNS}}
