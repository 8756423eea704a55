# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opinions asked of CNES and Airbus DS: asked when the review starts, given by their own accounts."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid
from dinamis.core.periods import day_after
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing import notifications
from licensing.enums import OpinionBody, OpinionState, OpinionVerdict
from licensing.models import Adhesion, Licence, Opinion
from licensing.selectors.opinion import OPEN, missing_opinions, needed_opinions, overdue_or_near
from licensing.services.ruling import check_ruling


def ask_needed_opinions(adhesion: Adhesion) -> list[Opinion]:
    """Ask, by DINAMIS itself, every opinion the class needs and nobody asked yet; those asked before stay.

    Must be called inside the transaction that starts or prolongs the review, on a locked adhesion.
    """
    known = set(adhesion.opinions.exclude(state=OpinionState.WITHDRAWN).values_list("licence_id", "body"))
    return [
        _ask(adhesion, one.licence, one.body, required=True)
        for one in needed_opinions(adhesion)
        if (one.licence.pk, one.body) not in known
    ]


def ask_opinion(
    *, adhesion: Adhesion, licence: Licence, body: str, words: str, actor: User, expected_version: int
) -> Opinion:
    """Ask an opinion that the class does not need: it advises, and holds nothing up.

    Raises NotPermitted, IllegalTransition (not under review), StaleVersion, Invalid (asked already, unknown body).
    """
    if body not in OpinionBody.values:
        raise Invalid(_("Choose whom to ask."), pointer="body")
    with transaction.atomic():
        held = lock(adhesion)
        check_ruling(held, actor, expected_version)
        _check_open(held)
        try:
            with transaction.atomic():
                opinion = _ask(held, licence, body, required=False, actor=actor, question=words.strip())
        except IntegrityError as error:
            raise Invalid(_("This opinion is asked for already."), pointer="body", code="asked") from error
    return opinion


def _ask(
    adhesion: Adhesion, licence: Licence, body: str, *, required: bool, actor: User | None = None, question: str = ""
) -> Opinion:
    opinion = Opinion.objects.create(
        adhesion=adhesion,
        licence=licence,
        body=body,
        required=required,
        question=question,
        asked_by=actor,
        asked_at=clock.now(),
        due_at=day_after(clock.today() + timedelta(days=settings.DINAMIS["OPINION_DAYS"])),
    )
    record_creation(opinion, actor=Actor.person(actor) if actor else SYSTEM, words=question)
    notifications.opinion_asked(opinion)
    return opinion


def _check_open(adhesion: Adhesion) -> None:
    if adhesion.state not in OPEN:
        raise IllegalTransition(
            _("This adhesion is not under review any more: the state is “%(state)s”.")
            % {"state": adhesion.get_state_display()},
            state=adhesion.state,
        )


def give_opinion(*, opinion: Opinion, actor: User, verdict: str, words: str) -> Opinion:
    """Give the opinion of one's body, once. The office is told.

    Raises NotPermitted (another body, or one's own organisation), IllegalTransition (given already, or the adhesion is
    not under review any more), Invalid.
    """
    if verdict not in OpinionVerdict.values:
        raise Invalid(_("Choose your opinion."), pointer="verdict")
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("The DINAMIS office reads it."))
    with transaction.atomic():
        _check_open(lock(opinion.adhesion))
        given = apply_transition(
            opinion,
            "give",
            actor=Actor.person(actor),
            reason=Reason(verdict, words.strip()),
            verdict=verdict,
            words=words.strip(),
            given_by=actor,
            given_at=clock.now(),
        )
        notifications.opinion_given(given)
    return given


def withdraw_opinion(*, opinion: Opinion, actor: User, words: str) -> Opinion:
    """Take a question back while nobody answered it; a needed one stays needed. Raises NotPermitted, IllegalTransition,
    Invalid.
    """
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words")
    return apply_transition(opinion, "withdraw", actor=Actor.person(actor), reason=Reason("withdrawn", words.strip()))


def check_opinions(adhesion: Adhesion) -> None:
    """Refuse an approval while an opinion the class needs is missing. Raises IllegalTransition naming them."""
    if missing := missing_opinions(adhesion):
        raise IllegalTransition(
            _("An opinion is still awaited: %(opinions)s.") % {"opinions": ", ".join(one.words for one in missing)},
            code="opinion_missing",
            opinions=[{"licence": one.licence.code, "body": one.body} for one in missing],
        )


def remind_opinions(*, at: datetime) -> int:
    """Queue the reminders due at `at`; one called twice mails once. Returns how many opinions were near or late."""
    count = 0
    for opinion in overdue_or_near(at):
        near = [
            days for days in settings.DINAMIS["OPINION_REMINDERS_DAYS"] if at >= opinion.due_at - timedelta(days=days)
        ]
        if near:
            notifications.opinion_reminder(opinion, days=min(near))
            count += 1
    return count
