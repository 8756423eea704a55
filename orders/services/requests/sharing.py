# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people keep on orders for themselves, whom they tell, and joining somebody's running request."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.core import geo
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.surface import only_surfaces
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing.models import Project
from orders import notifications
from orders.models import JoinRequest, Order, OrderMark
from orders.selectors.requests.mine import RUNNING

MOST_TAGS, TAG_LENGTH, REFERENCE_LENGTH, NOTE_LENGTH = 10, 40, 60, 2000


@transaction.atomic
def mark(*, order: Order, person: Any, own_reference: str = "", tags: Sequence[str] = (), note: str = "") -> OrderMark:
    """Keep a reference, tags and a note on an order; nobody else reads them. Raises Invalid (too many, too long)."""
    clean = list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if len(clean) > MOST_TAGS or any(len(tag) > TAG_LENGTH for tag in clean):
        raise Invalid(_("At most %(most)d tags of 40 characters.") % {"most": MOST_TAGS}, pointer="tags")
    if len(own_reference) > REFERENCE_LENGTH or len(note) > NOTE_LENGTH:
        raise Invalid(_("This is too long."), pointer="note" if len(note) > NOTE_LENGTH else "own_reference")
    row, _created = OrderMark.objects.update_or_create(
        order=order,
        person=person,
        defaults={"own_reference": own_reference.strip(), "tags": clean, "note": note.strip()},
    )
    return row


@transaction.atomic
def follow(*, order: Order, person: Any, following: bool) -> OrderMark:
    """Be told what becomes of an order, or no more. An order that may not be read is followed without being shown.

    Raises IllegalTransition when it is over already, or not a running request of somebody.
    """
    if following and order.state not in RUNNING:
        raise IllegalTransition(_("Nothing more will happen to this order."), state=order.state)
    row, _created = OrderMark.objects.update_or_create(order=order, person=person, defaults={"following": following})
    return row


@transaction.atomic
def share_with_project(*, order: Order, actor: Any) -> int:
    """Let the people of the project follow the order, and tell them; returns how many are new. Raises NotPermitted."""
    if not actor.has_perm("orders.edit", order):
        raise NotPermitted(_("Only the requester shares this order."))
    told = 0
    for person in {*order.project.members.filter(is_active=True), order.project.owner} - {actor}:
        _mark, new = OrderMark.objects.get_or_create(order=order, person=person, defaults={"following": True})
        if new:
            notifications.order_shared(order, person)
            told += 1
    return told


@transaction.atomic
def ask_join(
    *, order: Order, person: Any, project: Project, aoi: BaseGeometry | None = None, words: str = ""
) -> JoinRequest:
    """Ask to be a party to a running request: “I need this too”. Its requester answers.

    Raises NotPermitted (no active member of the project's organisation, or the request is that organisation's own),
    IllegalTransition (not running any more, asked before), Invalid (a part outside the area).
    """
    locked = lock(order)
    if not person.memberships.filter(organisation=project.organisation_id, state="active").exists():
        raise NotPermitted(_("You may only join for a project of an organisation you belong to."))
    if project.organisation_id == locked.organisation_id:
        raise NotPermitted(_("This request is your own organisation's."))
    if locked.state not in RUNNING:
        raise IllegalTransition(_("This request is over: it can no longer be joined."), state=locked.state)
    part = _part(locked, aoi)
    try:
        with transaction.atomic():
            join = JoinRequest.objects.create(
                order=locked,
                person=person,
                organisation=project.organisation,
                project=project,
                aoi=part,
                words=words.strip(),
            )
    except IntegrityError as error:
        raise IllegalTransition(_("Your organisation has asked to join this request already.")) from error
    record_creation(join, actor=Actor.person(person), words=words)
    notifications.join_asked(join)
    return join


@transaction.atomic
def answer_join(*, join: JoinRequest, actor: Any, accepted: bool, words: str = "") -> JoinRequest:
    """Agree or decline. Who joined reads the order and is told what becomes of it.

    Raises NotPermitted, IllegalTransition, Invalid (declined without words).
    """
    lock(join.order)
    name = "accept" if accepted else "decline"
    moved = apply_transition(lock(join), name, actor=Actor.person(actor), reason=Reason(words=words))
    if accepted:
        OrderMark.objects.update_or_create(order=moved.order, person=moved.person, defaults={"following": True})
    notifications.join_answered(moved, accepted=accepted, words=words)
    return moved


@transaction.atomic
def leave(*, join: JoinRequest, actor: Any) -> JoinRequest:
    """Take the wish back, or leave the request. Raises NotPermitted, IllegalTransition."""
    return apply_transition(lock(join), "withdraw", actor=Actor.person(actor))


def _part(order: Order, aoi: BaseGeometry | None) -> Any:
    if aoi is None:
        return None
    part = only_surfaces(geo.checked_area(aoi).intersection(geo.to_shapely(order.aoi)))
    if part.is_empty:
        raise Invalid(
            _("This area lies outside the request."),
            pointer="aoi",
            repair=_("Leave it out, or make a request of your own: those that overlap are pooled."),
        )
    return geo.to_multipolygon(part)
