# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hold-back: asked in an order, granted at its approval, set at each delivery, over by itself (docs/adr/0042).

`decide()` reads the moment on the image. The task that runs here tells people; nobody waits for it to be entitled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from dinamis.catalogue.models import Item
from dinamis.catalogue.services import publish
from dinamis.catalogue.services.reserve import reserve_until
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid
from dinamis.core.periods import day_start, months_before
from dinamis.core.transitions import apply_transition, lock, record_creation
from orders import notifications
from orders.enums import HoldBackState, JoinState
from orders.models import HoldBack, JoinRequest, Order, OrderItem, ReservedImage
from orders.reasons import check_reason
from orders.services.fulfilment.progress import OPEN
from orders.services.requests.draft import editable

RUNNING = (HoldBackState.GRANTED, HoldBackState.EXTENDED)


@dataclass(frozen=True)
class HoldBackRuling:
    """The office's word on a hold-back: months granted (0 = none), and why fewer than were asked."""

    months: int
    reason_code: str = ""
    words: str = ""


def end_after(since: datetime, months: int) -> datetime:
    """Return the beginning of the Paris day so many months after the one of `since`."""
    return months_before(day_start(since.astimezone(clock.PARIS).date()), -months)


@transaction.atomic
def ask_hold_back(*, order: Order, actor: Any, months: int, words: str = "") -> HoldBack | None:
    """Ask in a draft, or an order the office sent back, that its images are reserved at first; 0 months = not any more.

    Raises NotPermitted, IllegalTransition once the order was sent, Invalid (too many months, no words).
    """
    locked = editable(order, actor, None)
    if months == 0:
        HoldBack.objects.filter(order=locked, state=HoldBackState.ASKED).delete()
        return None
    most = settings.DINAMIS["HOLD_BACK_MONTHS"]
    if not 1 <= months <= most:
        raise Invalid(
            _("Images are reserved for at most %(most)d months.") % {"most": most},
            pointer="months",
            repair=_("Write a number from 1 to %(most)d, or 0 to ask for none.") % {"most": most},
        )
    if not words.strip():
        raise Invalid(
            _("Say why you need the images first."), pointer="words", repair=_("The DINAMIS office reads it.")
        )
    row, new = HoldBack.objects.update_or_create(order=locked, defaults={"months": months, "words": words.strip()})
    if new:
        record_creation(row, actor=Actor.person(actor), words=words.strip())
    return row


def decide(order: Order, *, actor: Any, ruling: HoldBackRuling | None) -> None:
    """Grant all, fewer or none of the months an order asks for. Must be called in the transaction of its approval.

    Nothing asked: nothing to decide. Raises Invalid: no ruling, a number outside what was asked, fewer without a coded
    reason, any at all where several organisations share the images.
    """
    row = HoldBack.objects.filter(order=order, state=HoldBackState.ASKED).first()
    if row is None:
        return
    if ruling is None or not 0 <= ruling.months <= row.months:
        raise Invalid(
            _("The order asks for a hold-back: say for how many months it is granted."),
            pointer="hold_back_months",
            repair=_("A number from 0 to %(most)d.") % {"most": row.months},
        )
    if ruling.months < row.months:
        check_reason("hold_back_limited", ruling.reason_code, ruling.words, pointer="hold_back_reason")
    if ruling.months and len(_parties([order])) > 1:
        raise Invalid(
            _("Another organisation has joined this order: its images cannot be kept from it."),
            pointer="hold_back_months",
            repair=_("Grant no hold-back."),
        )
    person, why = Actor.person(actor), Reason(ruling.reason_code, ruling.words.strip())
    if ruling.months:
        apply_transition(row, "grant", actor=person, reason=why, granted_months=ruling.months)
    else:
        apply_transition(row, "refuse", actor=person, reason=why)


def due_for(lines: Sequence[OrderItem]) -> publish.HoldBack | None:
    """Return until when, and for whom, an image delivered now for these lines is reserved; None = it is free.

    Bought for several organisations, an image is free for all: it is kept from none of those who paid.
    """
    orders = list(Order.objects.filter(pk__in={line.order_id for line in lines}).select_related("hold_back"))
    running = [row for order in orders if (row := getattr(order, "hold_back", None)) and row.state in RUNNING]
    parties = _parties(orders)
    if not running or len(parties) > 1:
        return None
    months = max(row.total_months for row in running)
    return publish.HoldBack(until=end_after(clock.now(), months), organisation_id=parties.pop())


def begin(lines: Sequence[OrderItem], image: Item, reserved: publish.HoldBack | None) -> None:
    """Remember that an image was delivered under a hold-back. Must be called in the transaction that published it."""
    if reserved is None or image.hold_back_until != reserved.until:
        return
    rows = HoldBack.objects.filter(order__in={line.order_id for line in lines}, state__in=RUNNING)
    row = max(rows, key=lambda row: (row.total_months, -row.pk))
    ReservedImage.objects.get_or_create(
        item=image, defaults={"hold_back": row, "since": clock.now(), "until": reserved.until}
    )


@transaction.atomic
def release_early(*, hold_back: HoldBack, actor: Any) -> HoldBack:
    """Give the images free before their time. Raises NotPermitted, IllegalTransition."""
    return _end(hold_back, "release_early", Actor.person(actor), Reason())


@transaction.atomic
def end_hold_back(*, hold_back: HoldBack, actor: Any, code: str, words: str = "") -> HoldBack:
    """End a hold-back by the office. Raises Invalid (no reason "hold_back_ended"), NotPermitted, IllegalTransition."""
    check_reason("hold_back_ended", code, words)
    return _end(hold_back, "end", Actor.person(actor), Reason(code, words))


@transaction.atomic
def extend_hold_back(*, hold_back: HoldBack, actor: Any, months: int, code: str, words: str = "") -> HoldBack:
    """Keep on, once, what is still reserved and what is to come. What is free already stays free.

    Raises Invalid (months, no reason of "hold_back_extended"), NotPermitted, IllegalTransition (extended before, over).
    """
    most = settings.DINAMIS["HOLD_BACK_EXTENSION_MONTHS"]
    if not 1 <= months <= most:
        raise Invalid(
            _("A hold-back is extended by at most %(most)d months.") % {"most": most},
            pointer="months",
            repair=_("Write a number from 1 to %(most)d.") % {"most": most},
        )
    check_reason("hold_back_extended", code, words)
    locked = _locked(hold_back)
    moved = apply_transition(
        locked, "extend", actor=Actor.person(actor), reason=Reason(code, words), extended_months=months
    )
    images = list(moved.images.filter(released_at=None))
    kept = [image for image in images if image.until > clock.now()]
    if images and not kept:
        raise IllegalTransition(_("These images are free already."), state=moved.state)
    for image in kept:
        image.until = end_after(image.since, moved.total_months)
        image.save(update_fields=["until"])
        reserve_until([image.item_id], image.until)
    return moved


def release_due(*, at: datetime) -> int:
    """Tell of the images whose hold-back is over at `at`, each once, and close what holds none back any more.

    Returns how many images are told of. Twice, or at the same moment, = once.
    """
    waiting = ReservedImage.objects.filter(hold_back=OuterRef("pk"), released_at=None)
    due, coming = Exists(waiting.filter(until__lte=at)), Exists(waiting)
    under_way = Exists(OrderItem.objects.filter(order=OuterRef("order"), state__in=OPEN))
    over = Q(~coming, ~under_way, Exists(ReservedImage.objects.filter(hold_back=OuterRef("pk"))))
    rows = HoldBack.objects.filter(Q(due) | over, state__in=RUNNING)
    return sum(_release(row, at) for row in rows.order_by("pk"))


@transaction.atomic
def _release(hold_back: HoldBack, at: datetime) -> int:
    locked = _locked(hold_back)
    if locked.state not in RUNNING:
        return 0
    due = list(locked.images.filter(released_at=None, until__lte=at).select_related("item"))
    _tell(locked, due, at)
    left = locked.images.filter(released_at=None).exists()
    if not left and not locked.order.items.filter(state__in=OPEN).exists():
        apply_transition(locked, "release", actor=SYSTEM)
    return len(due)


def _end(hold_back: HoldBack, name: str, actor: Actor, why: Reason) -> HoldBack:
    locked = _locked(hold_back)
    now = clock.now()
    moved = apply_transition(locked, name, actor=actor, reason=why)
    images = list(moved.images.filter(released_at=None).select_related("item"))
    reserve_until([image.item_id for image in images if image.until > now], now)
    _tell(moved, images, now)
    return moved


def _tell(hold_back: HoldBack, images: Sequence[ReservedImage], at: datetime) -> None:
    for image in images:
        image.released_at = at
        image.save(update_fields=["released_at"])
        notifications.image_released(hold_back.order, image.item)


def _locked(hold_back: HoldBack) -> HoldBack:
    """The hold-back, with its order locked first: the same order of locks everywhere."""
    order = lock(hold_back.order)
    locked = lock(hold_back)
    locked.order = order
    return locked


def _parties(orders: Sequence[Order]) -> set[int]:
    """The organisations that paid for these orders or joined them."""
    joined = JoinRequest.objects.filter(order__in=orders, state=JoinState.ACCEPTED)
    return {order.organisation_id for order in orders} | set(joined.values_list("organisation_id", flat=True))
