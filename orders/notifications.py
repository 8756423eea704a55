# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails of orders: to whom, in which language, with which facts. Written in the transaction that decided."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.enums import MemberRole, MembershipState, OfficeRole
from dinamis.accounts.models import User
from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.core.mail import Mail, queue_mail, queue_mails
from dinamis.core.periods import last_day
from orders.enums import Leaving
from orders.models import (
    Absence,
    Activation,
    Delivery,
    Envelope,
    JoinRequest,
    OfficeTicket,
    Order,
    OrderItem,
    Pool,
    PoolMember,
    Proposal,
    ProviderOrder,
    Quote,
    Review,
    StopRequest,
)
from orders.rules import OFFICE_STAGES
from orders.selectors.ciest2.emergencies import Day
from orders.selectors.fulfilment.proposals import Share, default_choice
from orders.selectors.money.envelope import Balance

# What those who follow an order are told too.
FOLLOWED = frozenset({"approved", "refused", "delivered", "failed", "released"})


def stage_opened(review: Review) -> None:
    """Tell those who act next that an order waits for them: the office, or those who give the opinion that is asked."""
    if review.stage in OFFICE_STAGES:
        _tell_office("submitted", review.order, key=str(review.pk))
        return
    path = reverse("orders:opinion", args=[review.pk])
    for person in User.objects.filter(is_active=True, office_role=f"opinion_{review.stage}"):
        queue_mail(
            "orders/mail/opinion_asked",
            to=person.email,
            language=person.language,
            context={**_facts(review.order, path), "name": str(person), "due": last_day(review.due_at).isoformat()},
            key=f"order-opinion:{review.pk}:{person.pk}",
        )


def order_approved(order: Order, words: str) -> None:
    """Tell the requester that the order was approved."""
    _tell_requester("approved", order, words=words)


def order_refused(order: Order, words: str) -> None:
    """Tell the requester that the order was refused, and why."""
    _tell_requester("refused", order, words=words)


def changes_requested(order: Order, words: str) -> None:
    """Tell the requester what the office would like to see changed."""
    _tell_requester("changes_requested", order, key=str(order.version), words=words)


def item_delivered(item: OrderItem, image: Item | None = None) -> None:
    """Tell the requester that an image is there: the line's own, unless another is named."""
    path = _image_path(image.pk if image else item.product_id)
    _tell_requester("delivered", item.order, key=_each_time(item), scene=item.kept_label, image_path=path)


def part_delivered(item: OrderItem, image: Item, share: str) -> None:
    """Tell the requester that an image of a part of the area is there; `share` is what is acquired so far ("62 %")."""
    facts = {"scene": item.kept_label, "share": share, "image_path": _image_path(image.pk)}
    _tell_requester("part_delivered", item.order, key=f"{item.pk}:{image.pk}", **facts)


def partly_acquired(item: OrderItem, share: str) -> None:
    """Tell the requester that nothing more will come, and which share of the area was acquired ("62 %")."""
    _tell_requester("partly_acquired", item.order, key=_each_time(item), scene=item.kept_label, share=share)


def part_rejected(item: OrderItem, delivery: str, words: str) -> None:
    """Tell the office that one delivery of an acquisition was refused, and why."""
    _tell_office("part_rejected_office", item.order, key=delivery, scene=delivery, words=words)


def image_released(order: Order, image: Item) -> None:
    """Tell the requester, and those who follow the order, that an image is free now for everybody entitled."""
    _tell_requester("released", order, key=str(image.pk), scene=str(image), image_path=_image_path(image.pk))


def item_failed(item: OrderItem, words: str) -> None:
    """Tell the requester and the office that a line came to nothing, and why."""
    facts = {"scene": item.kept_label, "words": words}
    _tell_requester("failed", item.order, key=str(item.pk), **facts)
    _tell_office("failed_office", item.order, key=str(item.pk), **facts)


def price_above_quote(provider_order: ProviderOrder, *, asked_cents: int, agreed_cents: int) -> None:
    """Tell the office that a provider asks more than was agreed; nothing is bought meanwhile."""
    item = provider_order.lines.select_related("order__organisation", "order__requester", "scene").earliest("pk")
    _tell_office(
        "price_above_quote",
        item.order,
        key=f"{provider_order.pk}:{asked_cents}",
        scene=item.kept_label,
        asked_cents=asked_cents,
        agreed_cents=agreed_cents,
    )


def quote_offered(quote: Quote) -> None:
    """Tell the requester that a quote waits for their word, its price and until when it stands."""
    until = _paris_day(quote.valid_until) if quote.valid_until else ""
    facts = {"number": quote.number, "cents": quote.price_cents or 0, "day": until}
    _tell_requester("quote_offered", quote.order, key=quote.number, **facts)


def image_proposed(proposal: Proposal, share: Share) -> None:
    """Ask a requester what they say of an image over their own area, until when, and what silence means."""
    _tell_about(proposal, share, "proposed")


def proposal_reminder(proposal: Proposal, share: Share) -> None:
    """The same once more, shortly before the end."""
    _tell_about(proposal, share, "proposed_reminder")


def proposal_decided(proposal: Proposal, share: Share) -> None:
    """Tell a requester what became of a proposed image, and that the tasking goes on for what is missing."""
    _tell_about(proposal, share, "proposal_decided")


def answer_refused(proposal: Proposal, words: str) -> None:
    """Tell the office that a provider did not take the answer to a proposed image, and why."""
    line = proposal.provider_order.lines.select_related("order__organisation", "order__requester").earliest("pk")
    _tell_office("answer_refused", line.order, key=str(proposal.pk), scene=proposal.segment_id, words=words)


def _tell_about(proposal: Proposal, share: Share, name: str) -> None:
    line = share.line
    _tell_requester(
        name,
        line.order,
        key=f"{proposal.pk}:{line.pk}",
        scene=line.kept_label,
        state=proposal.state,
        cloud=round(proposal.cloud),
        cloud_here="" if share.cloud is None else str(round(share.cloud)),
        covered=round(share.covered),
        by_default=default_choice(proposal, share).value,
        day=_paris_day(proposal.deadline),
        hour=proposal.deadline.astimezone(clock.PARIS).strftime("%H:%M"),
        page=reverse("orders:proposal", args=[line.order.reference, proposal.pk]),
    )


def takes_long(ticket: OfficeTicket, orders: Iterable[Order]) -> None:
    """Tell the office and the requesters that something takes longer than usual; nothing has changed."""
    for order in orders:
        facts = {"cause": ticket.cause, "since": _paris_day(ticket.since)}
        _tell_requester("late", order, key=str(ticket.pk), **facts)
        _tell_office("late_office", order, key=str(ticket.pk), **facts)


def still_waits(order: Order, *, since: datetime) -> None:
    """Recall to the requester that the order waits for them; once for each time it came to wait."""
    _tell_requester("still_waits", order, key=since.isoformat(), since=_paris_day(since), state=order.state)


def stop_answered(request: StopRequest, *, accepted: bool, code: str = "") -> None:
    """Tell the requester whether the provider stopped a line."""
    line = request.line
    facts = {"scene": line.kept_label, "accepted": accepted, "code": code}
    _tell_requester("stop_answered", line.order, key=str(request.pk), **facts)


def delivery_disputed(delivery: Delivery, order: Order, *, code: str, words: str) -> None:
    """Tell the office that a delivery is disputed."""
    facts = {"code": code, "words": words}
    _tell_office("disputed", order, key=f"{delivery.pk}:{delivery.version}", **facts)


def dispute_settled(delivery: Delivery, order: Order, *, withdrawn: bool, words: str) -> None:
    """Tell a requester what became of the delivery that was disputed."""
    facts = {"withdrawn": withdrawn, "words": words}
    _tell_requester("dispute_settled", order, key=f"{delivery.pk}:{delivery.version}", **facts)


def order_shared(order: Order, person: User) -> None:
    """Tell somebody of the project that they follow an order from now on."""
    _tell_person("shared", order, person, requester=str(order.requester))


def join_asked(join: JoinRequest) -> None:
    """Tell the requester that another organisation needs the same."""
    facts = {"asking": str(join.organisation), "words": join.words}
    _tell_requester("join_asked", join.order, key=str(join.pk), **facts)


def join_answered(join: JoinRequest, *, accepted: bool, words: str) -> None:
    """Tell who asked to join what the requester answered."""
    _tell_person("join_answered", join.order, join.person, key=str(join.pk), accepted=accepted, words=words)


def _to_followers(name: str, order: Order, *, key: str) -> list[Mail]:
    """What those who follow the order are told, in words that give nothing away to who may not read it."""
    path = reverse("orders:list")
    return [
        Mail(
            "orders/mail/followed",
            to=mark.person.email,
            language=mark.person.language,
            context={"reference": order.reference, "name": str(mark.person), "what": name, "path": path},
            key=f"order-followed:{name}:{order.pk}:{mark.person_id}:{key}",
        )
        for mark in order.marks.filter(following=True).exclude(person=order.requester_id).select_related("person")
    ]


def _tell_person(name: str, order: Order, person: User, *, key: str = "", **more: Any) -> None:
    queue_mail(
        f"orders/mail/{name}",
        to=person.email,
        language=person.language,
        context=_facts(order, reverse("orders:detail", args=[order.reference]), name=str(person), **more),
        key=f"order-{name}:{order.pk}:{person.pk}:{key}",
    )


def _paris_day(moment: datetime) -> str:
    return moment.astimezone(clock.PARIS).date().isoformat()


def envelope_low(envelope: Envelope, *, percent: int, left: Balance) -> None:
    """Tell the office, and the référents of its owner, that so many percent of an envelope are used."""
    facts = {
        "envelope": str(envelope),
        "percent": percent,
        "left_m2": left.available,
        "left_attempts": left.available_attempts if envelope.counts_attempts else "",
        "left_cents": left.available_cents if envelope.counts_euros else "",
        "path": reverse("orders:envelope", args=[envelope.pk]),
    }
    office = Q(office_role=OfficeRole.MODERATOR)
    referents = Q(
        memberships__organisation=envelope.owner_id,
        memberships__role=MemberRole.REFERENT,
        memberships__state=MembershipState.ACTIVE,
    )
    told = office | referents if envelope.owner_id else office
    queue_mails(
        Mail(
            "orders/mail/envelope_low",
            to=person.email,
            language=person.language,
            context={**facts, "name": str(person)},
            key=f"envelope-low:{envelope.pk}:{percent}:{person.pk}",
        )
        for person in User.objects.filter(told, is_active=True).distinct()
    )


def activated(activation: Activation) -> None:
    """Tell the office that CIEST² was activated: nobody is asked, so that somebody knows."""
    _tell_concerned("activated", activation, key="")


def activation_day(activation: Activation, day: Day, *, images: int) -> None:
    """Tell the office and the scientists what a day brought; `images` are those of all days so far."""
    cloud = "" if day.cloud is None else str(round(day.cloud))
    facts = {"day": day.number, "came": len(day.images)}
    _tell_concerned("activation_day", activation, key=str(day.number), cloud=cloud, images=images, **facts)


def activation_over(activation: Activation, *, code: str = "", words: str = "") -> None:
    """Tell the same that it is over: by itself, or stopped for a reason."""
    _tell_concerned("activation_over", activation, key="", code=code, words=words)


def _tell_concerned(name: str, activation: Activation, *, key: str, **more: Any) -> None:
    office = Q(office_role=OfficeRole.MODERATOR)
    scientists = [activation.requester_id, *activation.parties.values_list("person", flat=True)]
    path = reverse("orders:emergency", args=[activation.order.reference])
    for person in User.objects.filter(office | Q(pk__in=scientists), is_active=True):
        with translation.override(person.language):
            what = str(activation)
        facts = {"name": str(person), "what": what, "why": activation.order.justification}
        queue_mail(
            f"orders/mail/{name}",
            to=person.email,
            language=person.language,
            context={**_facts(activation.order, path), **facts, **more},
            key=f"emergency-{name}:{activation.pk}:{person.pk}:{key}",
        )


def pool_proposed(pool: Pool, members: Sequence[PoolMember]) -> None:
    """Tell each party what it would share, with whom, and what it would pay and save."""
    queue_mails(_to_party("pool_proposed", pool, member, members) for member in members)


def pool_agreed(pool: Pool, members: Sequence[PoolMember]) -> None:
    """Tell each party that all have accepted."""
    queue_mails(_to_party("pool_agreed", pool, member, members) for member in members)


def pool_dissolved(pool: Pool, members: Sequence[PoolMember], again: Pool | None, words: str = "") -> None:
    """Tell each party why the grouping is over, and that its request stands as it stood before."""
    left = [
        {"organisation": member.line.order.organisation.name, "code": member.left_code, "words": member.words}
        for member in members
        if member.left_code != Leaving.DISSOLVED
    ]
    again_as = again.reference if again else ""
    queue_mails(
        _to_party("pool_dissolved", pool, member, members, left=left, office_words=words, again=again_as)
        for member in members
    )


def _to_party(name: str, pool: Pool, member: PoolMember, members: Sequence[PoolMember], **more: Any) -> Mail:
    others = {one.line.order.organisation.name for one in members if one.pk != member.pk}
    return _to_requester(
        name,
        member.line.order,
        key=f"{pool.pk}:{member.pk}",
        pool=pool.reference,
        pool_path=reverse("orders:pool", args=[pool.reference]),
        others=", ".join(sorted(others)),
        share_m2=member.share_m2,
        share_cents=member.share_cents,
        alone_m2=member.alone_m2,
        alone_cents=member.alone_cents,
        deadline=last_day(pool.deadline).isoformat(),
        **more,
    )


def _each_time(item: OrderItem) -> str:
    """A line is told of once for each time it was bought: a defective delivery is asked again."""
    return f"{item.pk}:{item.provider_order_id}"


def _image_path(pk: int | None) -> str:
    return reverse("catalogue:item", args=[pk]) if pk else ""


def _facts(order: Order, path: str, **more: Any) -> dict[str, Any]:
    return {
        "reference": order.reference,
        "title": order.title,
        "organisation": order.organisation.name,
        "path": path,
        **more,
    }


def _to_requester(name: str, order: Order, *, key: str = "", **more: Any) -> Mail:
    person = order.requester
    return Mail(
        f"orders/mail/{name}",
        to=person.email,
        language=person.language,
        context=_facts(order, reverse("orders:detail", args=[order.reference]), name=str(person), **more),
        key=f"order-{name}:{order.pk}:{key}",
    )


def _tell_requester(name: str, order: Order, *, key: str = "", **more: Any) -> None:
    followers = _to_followers(name, order, key=key) if name in FOLLOWED else []
    queue_mails([_to_requester(name, order, key=key, **more), *followers])


def _tell_office(name: str, order: Order, *, key: str, **more: Any) -> None:
    facts = _facts(order, reverse("orders:review", args=[order.reference]), **more)
    facts["requester"] = str(order.requester)
    queue_mails(
        Mail(
            f"orders/mail/{name}",
            to=person.email,
            language=person.language,
            context={**facts, "name": str(person)},
            key=f"office-{name}:{order.pk}:{person.pk}:{key}",
        )
        for person in User.objects.filter(is_active=True, office_role=OfficeRole.MODERATOR)
    )


def delegate_named(absence: Absence, *, begins: datetime, ends: datetime) -> None:
    """Tell somebody that they may act for a person who is away, and until when."""
    _tell_delegate("delegate_named", absence, since=_paris_day(begins), until=last_day(ends).isoformat())


def delegation_ended(absence: Absence) -> None:
    """Tell the delegate that the person is back early."""
    _tell_delegate("delegation_ended", absence)


def _tell_delegate(name: str, absence: Absence, **facts: str) -> None:
    person: Any = absence.delegate
    queue_mail(
        f"orders/mail/{name}",
        to=person.email,
        language=person.language,
        context={**facts, "name": str(person), "away": str(absence.person), "path": reverse("orders:absence")},
        key=f"{name}:{absence.pk}",
    )
