# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the draft to the office, and back out of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid
from dinamis.core.transitions import apply_transition, lock
from licensing.models import Project
from licensing.services.project import create_project
from orders.enums import OrderKind, OrderState, ReviewStage
from orders.models import Order
from orders.selectors.holdings.held import of_order
from orders.services.fulfilment import pooling
from orders.services.money import ledger, quotes
from orders.services.requests.acquisition_draft import Wanted, create_acquisition, recheck
from orders.services.requests.archive_draft import ArchiveWanted, create_archive_area
from orders.services.requests.draft import create_draft
from orders.services.reviewing.review import check_entitled, lapse_review, open_stage, waiting_lines


@transaction.atomic
def submit_order(*, order: Order, actor: Any, expected_version: int | None = None) -> Order:
    """Send a draft, or an order the office sent back, to the office.

    Raises NotEntitled naming everything that is missing for the requester and the project, Invalid when most of the
    area is held already and no words say why another image is needed, or when an acquisition can no longer be asked as
    it was written (period, options, places), NotPermitted, IllegalTransition, StaleVersion.
    """
    locked = lock(order)
    person = Actor.person(actor)
    name = "resubmit" if locked.state == OrderState.CHANGES_REQUESTED else "submit"
    moved = apply_transition(
        locked, name, actor=person, expected_version=expected_version, locked=True, submitted_at=clock.now()
    )
    check_entitled(moved)
    if moved.kind == OrderKind.ACQUISITION:
        recheck(moved)
    _check_not_held(moved)
    open_stage(moved, ReviewStage.SECRETARIAT, actor=person)
    pooling.announce(moved)
    return moved


@transaction.atomic
def change_order(change: Callable[[], Order], *, actor: Any, submit: bool) -> Order:
    """Change an order and, when asked, send it. All of it or nothing: after a refusal it is as it was read.

    Raises what `change` and `submit_order` raise.
    """
    changed = change()
    return submit_order(order=changed, actor=actor) if submit else changed


@transaction.atomic
def request_order(
    *,
    requester: Any,
    organisation: Organisation,
    scenes: Sequence[int],
    aoi: BaseGeometry | None,
    title: str,
    project: Project | None,
    new_project: str = "",
    justification: str = "",
    options: Mapping[str, str] | None = None,
    bundle: str = "",
    submit: bool,
) -> Order:
    """Write an order in one go: the project when it is new (its title), the draft and, when asked, its submission.

    All of it or nothing: a refusal leaves neither draft nor project. Raises what `create_draft`, `submit_order` and
    `create_project` raise, Invalid when no project is named.
    """
    order = create_draft(
        requester=requester,
        organisation=organisation,
        project=project or _new_project(requester, organisation, new_project),
        scenes=scenes,
        aoi=aoi,
        title=title,
        justification=justification,
        options=options,
        bundle=bundle,
    )
    return submit_order(order=order, actor=requester) if submit else order


@transaction.atomic
def request_area(
    *,
    requester: Any,
    organisation: Organisation,
    wanted: Wanted | ArchiveWanted,
    title: str,
    project: Project | None,
    new_project: str = "",
    justification: str = "",
    submit: bool,
) -> Order:
    """Write what names an area in one go, as `request_order` does an order of scenes: an acquisition request, or an
    archive order whose scenes are sought."""
    create: Callable[..., Order] = create_acquisition if isinstance(wanted, Wanted) else create_archive_area
    order = create(
        requester=requester,
        organisation=organisation,
        project=project or _new_project(requester, organisation, new_project),
        wanted=wanted,
        title=title,
        justification=justification,
    )
    return submit_order(order=order, actor=requester) if submit else order


@transaction.atomic
def cancel_order(
    *,
    order: Order,
    actor: Any,
    words: str = "",
    code: str = "cancelled_by_person",
    expected_version: int | None = None,
) -> Order:
    """Cancel an order that has not been placed; what the envelope held is given back.

    Raises IllegalTransition once a line is being placed with the provider, NotPermitted, StaleVersion.
    """
    locked = lock(order)
    person = Actor.person(actor)
    if locked.items.filter(provider_order__isnull=False).exists():
        raise IllegalTransition(_("This order is being placed with the provider: it can no longer be cancelled."))
    reason = Reason(code, words)
    moved = apply_transition(
        locked, "cancel", actor=person, reason=reason, expected_version=expected_version, locked=True
    )
    for item in waiting_lines(moved):
        apply_transition(item, "cancel", actor=person, reason=reason, locked=True)
        # What is asked again after a defective delivery was paid for: it is refunded.
        ledger.give_back(item, actor=person, words=words)
    lapse_review(moved)
    quotes.end_open(moved)
    pooling.announce(moved)
    return moved


def _new_project(requester: Any, organisation: Organisation, title: str) -> Project:
    if not title.strip():
        raise Invalid(
            _("Name the project this image is for."),
            pointer="project",
            repair=_("Choose one, or give the title of a new one."),
        )
    try:
        return create_project(owner=requester, organisation=organisation, title=title)
    except Invalid as error:
        error.pointer = "new_project"
        raise


def _check_not_held(order: Order) -> None:
    """Ask for words when most of the area is held, by images that would do, whoever may have them."""
    if order.justification:
        return
    held = of_order(order)
    if held.held_percent >= settings.DINAMIS["HELD_SHARE_NEEDS_WORDS"]:
        raise Invalid(
            _("%(share)d %% of this area is already held.") % {"share": round(held.held_percent)},
            pointer="justification",
            repair=_("Say why the images that are there do not suffice, or download them."),
            code="already_held",
        )
