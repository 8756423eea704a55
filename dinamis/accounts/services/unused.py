# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts that nobody uses are erased, after notices; a sign-in or a call by a key keeps them.

Personal data are not kept longer than they serve (GDPR, article 5(1)(e)); two years is the practice of comparable
services. The erasure itself is that of `services/erasure.py`: what must stay as proof stays without a name.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from dinamis.accounts import notifications
from dinamis.accounts.enums import ErasureCause, ErasureState
from dinamis.accounts.models import Erasure, User
from dinamis.accounts.selectors.my_data import duties_of, unused_accounts
from dinamis.accounts.services.erasure import TOPIC
from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.retention import sweep
from dinamis.core.transitions import apply_transition, record_creation

NOTICE_TOPIC = "accounts.unused_notice"


def unannounced(now: datetime) -> QuerySet[User]:
    """Return the unused accounts whose person was not told yet."""
    told = Erasure.objects.filter(person=OuterRef("pk"), state=ErasureState.ASKED)
    return unused_accounts(now).filter(~Exists(told))


def announce_erasure(person: User) -> Erasure | None:
    """Say that an unused account will be erased, and plan it; None while a duty stands against it.

    The notices are sent `UNUSED_ACCOUNT_NOTICE_DAYS` before. Asked for meanwhile by the person: nothing more is done.
    """
    if duties_of(person):
        return None
    days = settings.DINAMIS["UNUSED_ACCOUNT_NOTICE_DAYS"]
    due = clock.now() + timedelta(days=max(days))
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(person=person, cause=ErasureCause.UNUSED, due_at=due)
            record_creation(erasure, actor=SYSTEM)
            outbox.put(TOPIC, {"erasure_id": erasure.pk}, key=f"{TOPIC}:{erasure.pk}", at=due)
            for left in days:
                _plan_notice(erasure, left)
    except IntegrityError:
        return None
    return erasure


def _plan_notice(erasure: Erasure, days_left: int) -> None:
    outbox.put(
        NOTICE_TOPIC,
        {"erasure_id": erasure.pk, "days_left": days_left},
        key=f"{NOTICE_TOPIC}:{erasure.pk}:{days_left}",
        at=erasure.due_at - timedelta(days=days_left),
    )


def notify(erasure: Erasure, *, days_left: int) -> None:
    """Mail one notice, unless the account was kept meanwhile."""
    if erasure.state == ErasureState.ASKED:
        notifications.account_unused(erasure, days_left=days_left)


def keep_used(person: User, *, actor: Actor = SYSTEM) -> None:
    """Take back the erasure of an account that is used again; of one its person asked to erase, nothing changes."""
    for erasure in Erasure.objects.filter(person=person, cause=ErasureCause.UNUSED, state=ErasureState.ASKED):
        apply_transition(erasure, "cancel", actor=actor, ended_at=clock.now())


def keep_on_sign_in(sender: Any, user: User, **kwargs: Any) -> None:
    """Hear of a sign-in (Django's `user_logged_in`)."""
    keep_used(user, actor=Actor.person(user))


sweep("unused accounts", due=unannounced, apply=announce_erasure)
