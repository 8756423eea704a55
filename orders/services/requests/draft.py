# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing an order: the draft, its lines, its changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Item
from dinamis.core import clock, geo
from dinamis.core.actors import Actor
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, NotVisible, StaleVersion, refuse
from dinamis.core.transitions import lock, record_creation
from licensing.models import Project
from orders.domain.bundles import bundle_of
from orders.domain.product_options import complete, refusals, with_defaults
from orders.enums import OrderKind, OrderState, Programme
from orders.models import Order, OrderItem
from orders.selectors.holdings.places import check_ground, check_places
from orders.selectors.money.costs import class_of
from orders.selectors.requests.estimate import Estimate, Line, check_lines, estimate
from orders.selectors.requests.products import other_schemas, product_type, schema_of

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
    options: Mapping[str, str] | None = None,
    bundle: str = "",
) -> Order:
    """Create a draft of an archive order, one line for each scene (ids of catalogue images), cut to `aoi`.

    Without `aoi` the scenes are taken whole. Raises NotPermitted (not a member, foreign project), NotVisible (unknown
    scene), Invalid (title, area, scene outside the area, several families, too many scenes, an option).
    """
    check_parties(requester, organisation, project)
    check_lines(len(set(scenes)), pointer="scenes")
    adheres_as = class_of(organisation.pk, clock.now())
    costs = estimate(scenes_named(scenes), aoi, eligibility_class=adheres_as)
    check_places(costs.aoi, costs.family)
    chosen = chosen_options(OrderKind.ARCHIVE, costs.family, options, bundle=bundle)
    check_ground(costs.aoi, chosen)
    return new_order(
        kind=OrderKind.ARCHIVE,
        costs=costs,
        requester=requester,
        organisation=organisation,
        project=project,
        title=title,
        justification=justification,
        options=chosen,
    )


def new_order(
    *,
    kind: OrderKind,
    costs: Estimate,
    requester: Any,
    organisation: Organisation,
    project: Project,
    title: str,
    justification: str,
    options: Mapping[str, str],
) -> Order:
    """Write the row of a draft and its lines, as they were estimated. Raises Invalid (title)."""
    order = Order.objects.create(
        reference=_next_reference(),
        kind=kind,
        family=costs.family,
        title=checked_title(title),
        requester=requester,
        organisation=organisation,
        project=project,
        aoi=geo.to_multipolygon(costs.aoi),
        area_m2=costs.area_m2,
        justification=justification.strip(),
        options=dict(options),
    )
    record_creation(order, actor=Actor.person(requester))
    write_lines(order, costs, actor=requester)
    return order


def write_lines(order: Order, costs: Estimate, *, actor: Any) -> None:
    """Write the lines of an order that has none."""
    for position, line in enumerate(costs.lines, start=1):
        item = OrderItem.objects.create(order=order, position=position, scene=line.scene, **_columns(line))
        record_creation(item, actor=Actor.person(actor))


def chosen_options(
    kind: str,
    family: str,
    given: Mapping[str, Any] | None,
    *,
    programme: str = Programme.ONEPLAN,
    bundle: str = "",
) -> dict[str, str]:
    """Return the options of an order: those given, checked against the provider's schema, and for the rest those of the
    bundle, else the product's defaults, as far as what was given allows them.

    Raises Invalid for each that cannot be used (`SeveralInvalid`).
    """
    name = product_type(kind, family, programme)
    chosen = bundle_of(bundle)
    schema = with_defaults(schema_of(name), chosen.options if chosen else {})
    if given:
        refuse(refusals(schema, given, other_schemas(name)))
    return complete(schema, given or {})


def check_parties(requester: Any, organisation: Organisation, project: Project) -> None:
    """Raise NotPermitted unless the person is an active member of the organisation, and the project is its own."""
    _check_membership(requester, organisation)
    _check_project(project, organisation)


def editable(order: Order, actor: Any, expected_version: int | None) -> Order:
    """Return the locked order of who may change it now. Raises NotPermitted, StaleVersion, IllegalTransition."""
    locked = lock(order)
    if not actor.has_perm("orders.edit", locked):
        raise NotPermitted(_("Only the requester may change this order."))
    if expected_version is not None and expected_version != locked.version:
        raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
    if locked.state not in EDITABLE:
        raise IllegalTransition(_("This order can no longer be changed."), state=locked.state)
    return locked


def rewrite(
    order: Order, *, costs: Estimate, project: Project, title: str, justification: str, options: Mapping[str, str]
) -> None:
    """Write what a draft says now, and count its version up. Raises NotPermitted (foreign project), Invalid (title)."""
    _check_project(project, order.organisation)
    order.project = project
    order.title = checked_title(title)
    order.justification = justification.strip()
    order.options = dict(options)
    order.family = costs.family
    order.aoi = geo.to_multipolygon(costs.aoi)
    order.area_m2 = costs.area_m2
    order.version += 1
    order.save(update_fields=["project", "title", "justification", "options", "family", "aoi", "area_m2", "version"])


@transaction.atomic
def edit_draft(
    *,
    order: Order,
    actor: Any,
    project: Project,
    aoi: BaseGeometry | None,
    title: str,
    justification: str = "",
    options: Mapping[str, str] | None = None,
    bundle: str = "",
    expected_version: int | None = None,
) -> Order:
    """Change a draft, or an order the office sent back; the scenes stay, and the options unless some are given.

    Raises NotPermitted, StaleVersion, IllegalTransition once it has been submitted, Invalid as `create_draft`.
    """
    locked = editable(order, actor, expected_version)
    items = list(locked.items.select_related("scene__collection").order_by("position"))
    adheres_as = class_of(locked.organisation_id, clock.now())
    costs = estimate([item.scene for item in items if item.scene], aoi, eligibility_class=adheres_as)
    check_places(costs.aoi, costs.family)
    said = options is not None or bundle
    kept = chosen_options(locked.kind, costs.family, options, bundle=bundle) if said else locked.options
    check_ground(costs.aoi, kept)
    rewrite(locked, costs=costs, project=project, title=title, justification=justification, options=kept)
    for item, line in zip(items, costs.lines, strict=True):
        columns = _columns(line)
        for name, value in columns.items():
            setattr(item, name, value)
        item.save(update_fields=list(columns))
    return locked


def scenes_named(ids: Sequence[int]) -> list[Item]:
    """Return the published images with these ids, in this order. Raises NotVisible when one is unknown."""
    found = Item.objects.published().select_related("collection__licence").in_bulk(list(ids))
    if len(found) != len(set(ids)):
        raise NotVisible(_("One of the images does not exist any more."))
    return [found[pk] for pk in dict.fromkeys(ids)]


def _columns(line: Line) -> dict[str, Any]:
    return {
        "aoi": geo.to_multipolygon(line.aoi),
        "area_m2": line.area_m2,
        "billed_area_m2": line.billed_m2,
        "price_cents": line.price_cents,
        "period": DateTimeTZRange(*line.period) if line.period else None,
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


def checked_title(title: str) -> str:
    """Return a title without needless spaces. Raises Invalid when it is empty or too long."""
    clean = " ".join(title.split())
    if not clean or len(clean) > TITLE_LENGTH:
        raise Invalid(_("Give the order a title of at most 200 characters."), pointer="title")
    return clean
