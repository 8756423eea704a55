# SPDX-License-Identifier: AGPL-3.0-or-later
"""An adhesion rests for a set of causes; it is active again only when none is left."""

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid
from dinamis.core.transitions import lock
from licensing import notifications
from licensing.enums import AdhesionState
from licensing.models import Adhesion, AdhesionSuspension, Decision
from licensing.services.ruling import Ruling, apply_ruling, check_reason, check_ruling, touch, write_decision

V = Decision.Verdict


def suspend_adhesion(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """Make every right of an adhesion rest for one cause, the code of `reason`; a second cause may join the first.

    Raises NotPermitted, IllegalTransition (not in force, or its period is over), StaleVersion, Invalid (no words, or
    suspended for this cause already).
    """
    ruling = Ruling("suspend", V.SUSPEND, actor, reason, expected_version)
    with transaction.atomic():
        held = lock(adhesion)
        check_running(held)
        check_reason(ruling.verdict, reason)
        if held.causes.filter(cause=reason.code, lifted_at__isnull=True).exists():
            raise Invalid(_("The adhesion is suspended for this cause already."), pointer="code", code="suspended")
        check_ruling(held, actor, expected_version)
        resting = held.state == AdhesionState.SUSPENDED
        suspended = touch(held) if resting else apply_ruling(adhesion, ruling)
        AdhesionSuspension.objects.create(
            adhesion=suspended, cause=reason.code, words=reason.words.strip(), began_at=clock.now(), began_by=actor
        )
        notifications.adhesion_decided(write_decision(suspended, ruling))
    adhesion.refresh_from_db()
    return suspended


def resume_adhesion(
    *, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int, cause: str = ""
) -> Adhesion:
    """Lift one cause of a suspension; `cause` may be left out when only one is open.

    The adhesion is in force again when no cause is left. Raises NotPermitted, IllegalTransition, StaleVersion, Invalid.
    """
    ruling = Ruling("resume", V.RESUME, actor, reason, expected_version)
    with transaction.atomic():
        held = lock(adhesion)
        check_running(held)
        check_reason(ruling.verdict, reason)
        check_ruling(held, actor, expected_version)
        open_causes = list(held.causes.filter(lifted_at__isnull=True))
        if lifted := _named(open_causes, cause):
            _lift(lifted, actor, reason)
        resumed = touch(held) if len(open_causes) > 1 else apply_ruling(adhesion, ruling)
        notifications.adhesion_decided(write_decision(resumed, ruling))
    adhesion.refresh_from_db()
    return resumed


def check_running(adhesion: Adhesion) -> None:
    """Refuse to rule on an adhesion whose period is over. Raises IllegalTransition."""
    if adhesion.period is not None and adhesion.period.upper <= clock.now():
        raise IllegalTransition(
            _("The period of this adhesion is over: there is nothing left to suspend, lift or revoke."), code="expired"
        )


def _named(causes: list[AdhesionSuspension], wanted: str) -> AdhesionSuspension | None:
    if not wanted and len(causes) <= 1:
        return causes[0] if causes else None
    for cause in causes:
        if cause.cause == wanted:
            return cause
    raise Invalid(_("Choose the cause that is lifted."), pointer="cause", code="cause_unknown")


def _lift(cause: AdhesionSuspension, actor: User, reason: Reason) -> None:
    cause.lifted_at = clock.now()
    cause.lifted_by = actor
    cause.lifted_words = reason.words.strip()
    cause.save(update_fields=["lifted_at", "lifted_by", "lifted_words"])
