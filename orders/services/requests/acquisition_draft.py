# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing an acquisition request: areas, a period, how the images are to be taken and made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from shapely.geometry.base import BaseGeometry

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Collection
from dinamis.core import clock, geo
from dinamis.core.areas import of_area
from dinamis.core.clock import PARIS
from dinamis.core.exceptions import DomainError, Invalid, SeveralInvalid, refuse
from dinamis.core.periods import day_after, day_start, last_day
from licensing.models import Project
from orders.domain.acquisition_rules import Limits, Parameters, parameter_refusals
from orders.domain.bundles import bundle_of
from orders.domain.windows import windows
from orders.enums import OrderKind, Programme
from orders.models import Acquisition, Order
from orders.selectors.holdings.places import check_ground, check_places
from orders.selectors.money.costs import class_of
from orders.selectors.requests.estimate import Estimate, check_lines, estimate_acquisition
from orders.selectors.requests.products import check_sensors, is_radar
from orders.services.requests.draft import check_parties, chosen_options, editable, new_order, rewrite, write_lines

CLOUDS = ("cloud_max", "proposal_threshold")
PARAMETERS = ("repeat", "programme", "mode", "bh_min", "bh_max", *CLOUDS, "incidence_max")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an acquisition request asks: where (each area is a line for each window), when and how, and where the images
    will go; `options` under the provider's own keys, `bundle` for those that are not said."""

    collection: Collection
    areas: Sequence[BaseGeometry]
    parameters: Parameters
    options: Mapping[str, Any] = field(default_factory=dict)
    bundle: str = ""


@dataclass(frozen=True)
class Plan:
    """What would be written: parameters and options with their defaults, and every line with its price."""

    parameters: Parameters
    options: Mapping[str, str]
    costs: Estimate


def wanted_from(
    *,
    collection: Collection,
    areas: Sequence[BaseGeometry],
    first: date,
    last: date,
    said: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    bundle: str = "",
) -> Wanted:
    """Return what is asked by the parameters that were `said` (PARAMETERS; None = not said), and for the rest those of
    the bundle. Raises Invalid for a bundle there is not."""
    named = {name: said[name] for name in PARAMETERS if said.get(name) is not None}
    chosen = bundle_of(bundle)
    start = dict(chosen.parameters) if chosen else {}
    if is_radar(collection.family):
        start = {name: value for name, value in start.items() if name not in CLOUDS}
    if named.get("mode", start.get("mode")) != start.get("mode"):
        # The B/H of the bundle belongs to its own mode.
        start = {name: value for name, value in start.items() if not name.startswith("bh_")}
    if "cloud_max" in named:
        start.pop("proposal_threshold", None)
    parameters = Parameters(first=first, last=last, **{**start, **named})
    return Wanted(collection=collection, areas=areas, parameters=parameters, options=dict(options or {}), bundle=bundle)


def plan(wanted: Wanted, *, organisation_id: int | None = None) -> Plan:
    """Check a request and price it for an organisation; nothing is written.

    Raises Invalid (SeveralInvalid), naming every field that is wrong.
    """
    family = wanted.collection.family
    radar = is_radar(family)
    asked = _with_clouds(wanted.parameters, radar=radar)
    errors = parameter_refusals(asked, _limits(), radar=radar)
    options: dict[str, str] = {}
    if not {error.pointer for error in errors} & {"programme", "mode", "repeat"}:
        options = _gathered(
            errors,
            lambda: chosen_options(
                OrderKind.ACQUISITION,
                family,
                wanted.options,
                programme=Programme(asked.programme),
                bundle=wanted.bundle,
            ),
            options,
        )
    costs = None
    if not {error.pointer for error in errors} & {"period", "mode", "repeat", "collection"}:
        costs = _gathered(errors, lambda: _costs(wanted, asked, options, organisation_id), None)
    refuse(errors)
    if costs is None:
        raise AssertionError("a plan without refusals has its costs")
    return Plan(asked, options, costs)


def _gathered(errors: list[Invalid], call: Any, otherwise: Any) -> Any:
    """What `call` returns; what it refuses joins the other refusals."""
    try:
        return call()
    except SeveralInvalid as error:
        errors.extend(error.errors)
    except Invalid as error:
        errors.append(error)
    return otherwise


def _costs(wanted: Wanted, asked: Parameters, options: Mapping[str, str], organisation_id: int | None) -> Estimate:
    family = wanted.collection.family
    check_sensors(family, asked.first, asked.last)
    pieces = windows(asked.first, asked.last, asked.repeat, minimum_days=settings.DINAMIS["ACQUISITION_MINIMUM_DAYS"])
    # Counted before anything is measured: ten thousand areas are refused at once.
    check_lines(len(wanted.areas) * len(pieces), pointer="areas")
    periods = [(day_start(first), day_after(last)) for first, last in pieces]
    adheres_as = class_of(organisation_id, clock.now()) if organisation_id else ""
    costs = estimate_acquisition(family, asked.mode, wanted.areas, periods, eligibility_class=adheres_as)
    for place, area in enumerate(wanted.areas):
        try:
            check_places(area, family)
            check_ground(area, options)
        except Invalid as error:
            raise of_area(error, place, len(wanted.areas), pointer=f"areas/{place}") from error
    return costs


def _limits() -> Limits:
    numbers = settings.DINAMIS
    return Limits(clock.today(), numbers["ACQUISITION_MINIMUM_DAYS"], numbers["ACQUISITION_MAXIMUM_DAYS"])


def _with_clouds(asked: Parameters, *, radar: bool) -> Parameters:
    """Clouds that nobody named are those of the settings; a threshold not named follows what is accepted."""
    if radar:
        return asked
    accepted, proposed = settings.DINAMIS["CLOUD_DEFAULTS"]
    cloud, threshold = asked.cloud_max, asked.proposal_threshold
    if cloud is None:
        threshold = proposed if threshold is None else threshold
        return replace(asked, cloud_max=max(min(accepted, threshold), 0), proposal_threshold=threshold)
    # A cloud cover that is no percentage is said once, of the field that says it.
    follows = cloud if 0 <= cloud <= 100 else None
    return replace(asked, proposal_threshold=follows if threshold is None else threshold)


@transaction.atomic
def create_acquisition(
    *,
    requester: Any,
    organisation: Organisation,
    project: Project,
    wanted: Wanted,
    title: str,
    justification: str = "",
) -> Order:
    """Create a draft of an acquisition request, one line for each area and window.

    Raises NotPermitted (not a member, foreign project), Invalid (SeveralInvalid) naming every field that is wrong.
    """
    check_parties(requester, organisation, project)
    made = plan(wanted, organisation_id=organisation.pk)
    order = new_order(
        kind=OrderKind.ACQUISITION,
        costs=made.costs,
        requester=requester,
        organisation=organisation,
        project=project,
        title=title,
        justification=justification,
        options=made.options,
    )
    Acquisition.objects.create(order=order, **_columns(wanted.collection, made.parameters))
    return order


@transaction.atomic
def edit_acquisition(
    *,
    order: Order,
    actor: Any,
    project: Project,
    wanted: Wanted,
    title: str,
    justification: str = "",
    expected_version: int | None = None,
) -> Order:
    """Change a draft, or a request the office sent back: its lines are written anew.

    Raises NotPermitted, StaleVersion, IllegalTransition once it has been submitted, Invalid as `create_acquisition`.
    """
    locked = editable(order, actor, expected_version)
    made = plan(wanted, organisation_id=locked.organisation_id)
    rewrite(locked, costs=made.costs, project=project, title=title, justification=justification, options=made.options)
    locked.items.all().delete()
    write_lines(locked, made.costs, actor=actor)
    Acquisition.objects.filter(order=locked).update(**_columns(wanted.collection, made.parameters))
    return locked


def wanted_of(order: Order) -> Wanted:
    """Return what a request asks as it is written, to be looked at again or to start another one from."""
    row = order.acquisition
    areas = {bytes(item.aoi.wkb): geo.to_shapely(item.aoi) for item in order.items.order_by("position")}
    parameters = Parameters(
        first=row.period.lower.astimezone(PARIS).date(),
        last=last_day(row.period.upper),
        **{name: getattr(row, name) for name in PARAMETERS},
    )
    return Wanted(collection=row.collection, areas=list(areas.values()), parameters=parameters, options=order.options)


def recheck(order: Order) -> None:
    """Look at a request again, at its submission: days have passed, schemas and rules changed.

    What is left of the period counts, from today on. Raises Invalid (SeveralInvalid).
    """
    wanted = wanted_of(order)
    asked = wanted.parameters
    if asked.last >= clock.today() > asked.first:
        # A series keeps the windows it was written with; a period that began meanwhile is what is left of it.
        wanted = replace(wanted, parameters=replace(asked, first=clock.today()))
    plan(wanted)


def problems_of(order: Order) -> list[DomainError]:
    """Return why a request could not be sent as it stands; empty = nothing."""
    found: list[Invalid] = []
    _gathered(found, lambda: recheck(order), None)
    return list(found)


def _columns(collection: Collection, asked: Parameters) -> dict[str, Any]:
    return {
        "collection": collection,
        "period": DateTimeTZRange(day_start(asked.first), day_after(asked.last)),
        **{name: getattr(asked, name) for name in PARAMETERS},
    }
