# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing an order: the draft, its lines, its changes."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Item
from dinamis.core import clock, geo
from dinamis.core.actors import Actor
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, NotVisible, StaleVersion
from dinamis.core.transitions import lock, record_creation
from licensing.models import Project
from orders.enums import OrderState
from orders.models import Order, OrderItem
from orders.selectors.costs import class_of
from orders.selectors.estimate import Estimate, Line, estimate

EDITABLE = (OrderState.DRAFT, OrderState.CHANGES_REQUESTED)
TITLE_LENGTH = 200


@transaction.atomic
def create_draft(
    *,
    requester: Any,
    organisation: Organisation,
    project: Project,
    scenes: Sequence[int],
    aoi: BaseGeometry | None,
    title: str,
    justification: str = "",
) -> Order:
    """Create a draft of an archive order, one line for each scene (ids of catalogue images), cut to `aoi`.

    Without `aoi` the scenes are taken whole. Raises NotPermitted (not a member, foreign project), NotVisible (unknown
    scene), Invalid (title, area, scene outside the area, several families).
    """
    _check_membership(requester, organisation)
    _check_project(project, organisation)
    costs = estimate(scenes_named(scenes), aoi, eligibility_class=class_of(organisation.pk, clock.now()))
    order = Order.objects.create(
        reference=_next_reference(),
        family=costs.family,
        title=_checked_title(title),
        requester=requester,
        organisation=organisation,
        project=project,
        aoi=geo.to_multipolygon(costs.aoi),
        area_m2=costs.area_m2,
        justification=justification.strip(),
    )
    record_creation(order, actor=Actor.person(requester))
    for position, line in enumerate(costs.lines, start=1):
        item = OrderItem.objects.create(order=order, position=position, scene=line.scene, **_columns(line))
        record_creation(item, actor=Actor.person(requester))
    return order


@transaction.atomic
def edit_draft(
    *,
    order: Order,
    actor: Any,
    project: Project,
    aoi: BaseGeometry | None,
    title: str,
    justification: str = "",
    expected_version: int | None = None,
) -> Order:
    """Change a draft, or an order the office sent back; the scenes stay.

    Raises NotPermitted, StaleVersion, IllegalTransition once it has been submitted, Invalid as `create_draft`.
    """
    locked = lock(order)
    if not actor.has_perm("orders.edit", locked):
        raise NotPermitted(_("Only the requester may change this order."))
    if expected_version is not None and expected_version != locked.version:
        raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
    if locked.state not in EDITABLE:
        raise IllegalTransition(_("This order can no longer be changed."), state=locked.state)
    _check_project(project, locked.organisation)
    items = list(locked.items.select_related("scene__collection").order_by("position"))
    adheres_as = class_of(locked.organisation_id, clock.now())
    costs = estimate([item.scene for item in items if item.scene], aoi, eligibility_class=adheres_as)
    _rewrite(locked, costs, items)
    locked.project = project
    locked.title = _checked_title(title)
    locked.justification = justification.strip()
    locked.version += 1
    locked.save(update_fields=["project", "title", "justification", "aoi", "area_m2", "version"])
    return locked


def scenes_named(ids: Sequence[int]) -> list[Item]:
    """Return the published images with these ids, in this order. Raises NotVisible when one is unknown."""
    found = Item.objects.published().select_related("collection__licence").in_bulk(list(ids))
    if len(found) != len(set(ids)):
        raise NotVisible(_("One of the images does not exist any more."))
    return [found[pk] for pk in dict.fromkeys(ids)]


def _rewrite(order: Order, costs: Estimate, items: Sequence[OrderItem]) -> None:
    order.aoi = geo.to_multipolygon(costs.aoi)
    order.area_m2 = costs.area_m2
    for item, line in zip(items, costs.lines, strict=True):
        columns = _columns(line)
        for name, value in columns.items():
            setattr(item, name, value)
        item.save(update_fields=list(columns))


def _columns(line: Line) -> dict[str, Any]:
    return {
        "aoi": geo.to_multipolygon(line.aoi),
        "area_m2": line.area_m2,
        "billed_area_m2": line.billed_m2,
        "price_cents": line.price_cents,
    }


def _next_reference() -> str:
    """The next "D-2026-0431": year of Paris, then a number of at least four digits that never comes back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_reference_seq')")
        (number,) = cursor.fetchone()
    return f"D-{clock.today().year}-{number:04d}"


def _check_membership(requester: Any, organisation: Organisation) -> None:
    if not requester.memberships.filter(organisation=organisation, state="active").exists():
        raise NotPermitted(_("You may only order for an organisation you belong to."))


def _check_project(project: Project, organisation: Organisation) -> None:
    if project.organisation_id != organisation.pk:
        raise NotPermitted(_("The project belongs to another organisation."))


def _checked_title(title: str) -> str:
    clean = " ".join(title.split())
    if not clean or len(clean) > TITLE_LENGTH:
        raise Invalid(_("Give the order a title of at most 200 characters."), pointer="title")
    return clean
