# SPDX-License-Identifier: AGPL-3.0-or-later
"""CIEST²: one place seen every day for some days, whatever the clouds, on a scientist's word (docs/adr/0043).

Nobody reviews: whom the office named acts, the envelope of CIEST² alone pays, and the lines are placed at once by the
code that places any acquisition. Of two activations of one place the database lets one live.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock, geo, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import Busy, IllegalTransition, NotPermitted, refuse
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing.models import Project
from licensing.services.project import create_project
from orders import notifications
from orders.domain.emergency_rules import Event, refusals, too_large
from orders.enums import AcquisitionMode, ActivationState, OrderKind, Programme
from orders.models import Acquisition, Activation, ActivationParty, Order
from orders.reasons import check_reason
from orders.selectors.ciest2.emergencies import collection_of_emergencies, days_of, left_of, purses, under_way_over
from orders.selectors.holdings.places import check_places
from orders.selectors.money.costs import class_of
from orders.selectors.requests.estimate import Estimate, estimate_acquisition
from orders.services.fulfilment.progress import OPEN
from orders.services.lifecycle import stops
from orders.services.money import ledger
from orders.services.requests.draft import check_parties, chosen_options, new_order
from orders.services.reviewing.review import check_entitled

DAY = timedelta(days=1)
MODE, PROGRAMME, BUNDLE = AcquisitionMode.STEREO, Programme.ONENOW, "surface"
EVERY_CLOUD = 100
PLACE = "orders_activation_place"


@dataclass(frozen=True)
class Plan:
    """What an activation would order: a line for each day with its price, and what is left to pay it (m2)."""

    costs: Estimate
    left_m2: int

    @property
    def suffices(self) -> bool:
        """Whether the envelope can pay for all days."""
        return self.costs.billed_m2 <= self.left_m2


def plan(event: Event, *, organisation_id: int) -> Plan:
    """Check an event and price its days from now on; nothing is written.

    Raises Invalid (SeveralInvalid) naming every field that is wrong, QuotaExceeded when there is no envelope of CIEST².
    """
    known, now = settings.DINAMIS, clock.now()
    refuse(refusals(event, today=clock.today(), event_days=known["EMERGENCY_EVENT_DAYS"]))
    family = collection_of_emergencies().family
    days = [(now + number * DAY, now + (number + 1) * DAY) for number in range(known["EMERGENCY_DAYS"])]
    adheres_as = class_of(organisation_id, now)
    costs = estimate_acquisition(family, MODE, [event.area], days, eligibility_class=adheres_as)
    error = too_large(costs.area_m2, known["EMERGENCY_MAXIMUM_KM2"])
    refuse([error] if error else [])
    check_places(costs.aoi, family)
    return Plan(costs, left_of(purses(family, now)))


def activate(
    *, scientist: Any, organisation: Organisation, event: Event, project: Project | None = None
) -> tuple[Activation, bool]:
    """Order one place for every day from now on, approved and queued for the provider; without a project one is made.

    Returns the activation and whether it is new: the same event of the same scientist again is the one that is under
    way. Raises NotPermitted (nobody the office named, not a member, an organisation of another class), NotEntitled,
    Invalid as `plan`, QuotaExceeded (nothing changes), IllegalTransition (`place_active`) when another activation is
    under way over the place: that one is to be joined; Busy.
    """
    try:
        with transaction.atomic():
            return _first_or_same(scientist, organisation, event, project)
    except IntegrityError as error:
        if PLACE not in str(error):
            raise
    running = under_way_over(event.area)
    if running is None:
        raise Busy(_("Another activation of this place has just ended. Try again."))
    return _same(running, scientist, event), False


def _first_or_same(
    scientist: Any, organisation: Organisation, event: Event, project: Project | None
) -> tuple[Activation, bool]:
    _check_who(scientist, organisation)
    made = plan(event, organisation_id=organisation.pk)
    # Activations are rare, and one purse pays them all: they follow one another, and the second finds the first.
    ledger.lock_envelopes(envelope.pk for envelope in purses(made.costs.family, clock.now()))
    if running := under_way_over(event.area):
        return _same(running, scientist, event), False
    project = project or _project(scientist, organisation, event)
    check_parties(scientist, organisation, project)
    return _activated(scientist, project, event, made.costs), True


def _project(scientist: Any, organisation: Organisation, event: Event) -> Project:
    """The organisation's project of this place, made the first time."""
    known = Project.objects.filter(organisation=organisation, title=_title(event), ended_at__isnull=True).first()
    return known or create_project(owner=scientist, organisation=organisation, title=_title(event))


def _same(running: Activation, scientist: Any, event: Event) -> Activation:
    """The activation that is in the way, when it is the same one."""
    same = running.kind == event.kind and running.event_on == event.event_on
    if same and running.requester_id == scientist.pk and geo.to_shapely(running.area).equals(event.area):
        return running
    raise IllegalTransition(
        _("An activation is under way over this place: %(what)s. Join it.") % {"what": running},
        code="place_active",
        reference=running.order.reference,
    )


def _activated(scientist: Any, project: Project, event: Event, costs: Estimate) -> Activation:
    order = _order(scientist, project, event, costs)
    activation = Activation.objects.create(
        order=order,
        kind=event.kind,
        place=event.place.strip(),
        event_on=event.event_on,
        area=order.aoi,
        period=order.acquisition.period,
    )
    person = Actor.person(scientist)
    record_creation(activation, actor=person, words=event.why.strip())
    why = Reason("emergency", event.why.strip())
    moved = apply_transition(order, "activate", actor=person, reason=why, submitted_at=clock.now())
    check_entitled(moved)
    _buy(moved, person=person, why=why)
    activation.order = moved
    notifications.activated(activation)
    return activation


def _check_who(scientist: Any, organisation: Organisation) -> None:
    if not scientist.has_perm("orders.activate_emergency"):
        raise NotPermitted(_("Only a scientist whom the DINAMIS office has named activates CIEST²."))
    if class_of(organisation.pk, clock.now()) not in settings.DINAMIS["EMERGENCY_CLASSES"]:
        raise NotPermitted(_("CIEST² is activated for a French laboratory that is a member of DINAMIS."))


def _title(event: Event) -> str:
    return f"{settings.DINAMIS['EMERGENCY_PROGRAMME']} · {event.place.strip()}"


def _order(scientist: Any, project: Project, event: Event, costs: Estimate) -> Order:
    collection = collection_of_emergencies()
    order = new_order(
        kind=OrderKind.ACQUISITION,
        costs=costs,
        requester=scientist,
        organisation=project.organisation,
        project=project,
        title=_title(event),
        justification=event.why,
        options=chosen_options(OrderKind.ACQUISITION, costs.family, None, programme=PROGRAMME, bundle=BUNDLE),
    )
    periods = [line.period for line in costs.lines if line.period]
    Acquisition.objects.create(
        order=order,
        collection=collection,
        programme=PROGRAMME,
        mode=MODE,
        cloud_max=EVERY_CLOUD,
        proposal_threshold=EVERY_CLOUD,
        incidence_max=settings.DINAMIS["EMERGENCY_INCIDENCE"],
        period=DateTimeTZRange(periods[0][0], periods[-1][1]),
    )
    return order


def _buy(order: Order, *, person: Actor, why: Reason) -> None:
    """Approve every line, queue its placing and hold its cost."""
    lines = list(order.items.select_related("order").order_by("position"))
    for line in lines:
        apply_transition(line, "activate", actor=person, reason=why)
        outbox.put("orders.place", {"item_id": line.pk}, key=f"orders.place:{line.pk}")
    entries = ledger.hold(purses=purses(order.family, clock.now()), items=lines, actor=person)
    order.envelope = entries[0].envelope
    order.save(update_fields=["envelope"])


@transaction.atomic
def join(*, activation: Activation, person: Any, organisation: Organisation, words: str = "") -> ActivationParty:
    """Follow an activation instead of making a second one of the same place. Twice = once.

    Raises NotPermitted (nobody the office named, an organisation of another class, not a member), IllegalTransition
    when it is over or one's own.
    """
    _check_who(person, organisation)
    if not person.memberships.filter(organisation=organisation, state="active").exists():
        raise NotPermitted(_("You may only join for an organisation you belong to."))
    locked = lock(activation)
    if locked.state != ActivationState.ACTIVE:
        raise IllegalTransition(_("This activation is over."), state=locked.state)
    if locked.requester_id == person.pk:
        raise IllegalTransition(_("This activation is your own."))
    party, _new = ActivationParty.objects.get_or_create(
        activation=locked, person=person, defaults={"organisation": organisation, "words": words.strip()}
    )
    return party


@transaction.atomic
def stop(
    *, activation: Activation, actor: Any, code: str, words: str = "", expected_version: int | None = None
) -> Activation:
    """End an activation before its last day: days not yet bought are cancelled now and their cost given back; of those
    at the provider it is asked, and its answer gives back theirs. What was delivered stays.

    Raises Invalid (no reason of the subject "activation_stopped"), NotPermitted, IllegalTransition, StaleVersion.
    """
    check_reason("activation_stopped", code, words)
    order = lock(activation.order)
    moved = apply_transition(
        activation, "stop", actor=Actor.person(actor), reason=Reason(code, words), expected_version=expected_version
    )
    if stops.lines_to_stop(order):
        stops.ask_stop(order=order, actor=actor, code=code, words=words, subject="activation_stopped")
    notifications.activation_over(moved, code=code, words=words)
    return moved


def watch(*, at: datetime) -> int:
    """Tell those concerned of each day that is over, once, and end activations after their last day, or once nothing
    of them is under way any more. Returns how many ended."""
    rows = Activation.objects.filter(state=ActivationState.ACTIVE).values_list("pk", flat=True)
    return sum(_looked_at(pk, at) for pk in rows)


@transaction.atomic
def _looked_at(pk: int, at: datetime) -> bool:
    activation = lock(Activation.objects.get(pk=pk))
    if activation.state != ActivationState.ACTIVE:
        return False
    days = days_of(activation, at)
    if passed := activation.days_over(at):
        notifications.activation_day(activation, days[passed - 1], images=sum(len(day.images) for day in days))
    if at < activation.period.upper and any(day.line.state in OPEN for day in days):
        return False
    apply_transition(activation, "end", actor=SYSTEM)
    notifications.activation_over(activation)
    return True
