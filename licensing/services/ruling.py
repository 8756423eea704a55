# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every verdict of the office has in common: a coded reason, the version read, the decision kept."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock, outbox
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import StateChange, StatefulModel
from dinamis.core.templatetags.ui import datetime_words
from dinamis.core.transitions import apply_transition
from licensing.models import Adhesion, Decision
from licensing.reasons import ADVERSE, codes, label_of
from licensing.services.decision_letter import LETTER_TOPIC

M = TypeVar("M", bound=StatefulModel)


@dataclass(frozen=True)
class Ruling:
    """A moderator's word: the transition, the verdict kept, the reason, and the version it was taken on."""

    transition: str
    verdict: str
    actor: User
    reason: Reason
    expected_version: int


def check_reason(verdict: str, reason: Reason) -> None:
    """Refuse a decision without words, or an adverse one without a known code. Raises Invalid."""
    if not reason.words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("Write one sentence the other side can read."))
    if verdict in ADVERSE and reason.code not in codes(verdict):
        raise Invalid(_("Choose the reason from the list."), pointer="code", code="reason_unknown")


def apply_ruling(adhesion: M, ruling: Ruling, **changes: Any) -> M:
    """Move the adhesion, or the change of its representative, as the ruling says.

    Raises as `apply_transition` does; what came between is named.
    """
    # Who may not decide at all is told that, not how to decide better.
    if not ruling.actor.has_perm("licensing.decide", adhesion):
        raise NotPermitted(_("Only a moderator who has no part in this organisation may do this."))
    check_reason(ruling.verdict, ruling.reason)
    try:
        return apply_transition(
            adhesion,
            ruling.transition,
            actor=Actor.person(ruling.actor),
            reason=ruling.reason,
            expected_version=ruling.expected_version,
            **changes,
        )
    except (StaleVersion, IllegalTransition) as error:
        raise naming(error, adhesion, ruling.expected_version) from error


def check_ruling(held: StatefulModel, actor: User, expected_version: int) -> None:
    """Refuse, on a locked row, who may not decide or read an older one. Raises NotPermitted, StaleVersion."""
    if not actor.has_perm("licensing.decide", held):
        raise NotPermitted(_("Only a moderator who has no part in this organisation may do this."))
    if held.version != expected_version:
        stale = StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
        raise naming(stale, held, expected_version)


def touch(held: Adhesion) -> Adhesion:
    """Make older pages stale where something was decided and the state stays; returns the locked row, saved."""
    held.version += 1
    held.save(update_fields=["version"])
    return held


def naming(
    error: StaleVersion | IllegalTransition, adhesion: StatefulModel, version: int
) -> StaleVersion | IllegalTransition:
    """Return the same refusal, saying who decided or acted since `version` was read."""
    decision = _decided_since(adhesion, version)
    if decision is not None:
        who, what, when = str(decision.decided_by), str(decision.get_verdict_display()), decision.decided_at
    else:
        change = StateChange.objects.filter(aggregate=adhesion.machine.aggregate, object_id=adhesion.pk).last()
        if change is None:
            return error
        who, what, when = change.actor_label, str(adhesion.machine.find(change.transition).label), change.at
    told = _("Last act: %(who)s, “%(what)s”, %(time)s.") % {
        "who": who,
        "what": what,
        "time": datetime_words(when),
    }
    extra = {**error.extra, "acted_by": who, "act": what, "acted_at": when.isoformat()}
    return type(error)(f"{error.message} {told}", code=error.code, **extra)


def _decided_since(held: StatefulModel, version: int) -> Decision | None:
    if not isinstance(held, Adhesion):
        return getattr(held, "decision", None)
    return Decision.objects.filter(adhesion=held, version_seen__gte=version).select_related("decided_by").last()


def write_decision(adhesion: Adhesion, ruling: Ruling) -> Decision:
    """Keep the decision; an adverse one with the way to contest it as it stands today, and its letter is queued."""
    adverse = ruling.verdict in ADVERSE
    decision = Decision.objects.create(
        adhesion=adhesion,
        verdict=ruling.verdict,
        reason_code=ruling.reason.code,
        words=ruling.reason.words.strip(),
        decided_by=ruling.actor,
        decided_at=clock.now(),
        version_seen=ruling.expected_version,
        recourse=dict(settings.DINAMIS["RECOURSE"]) if adverse else {},
    )
    if adverse:
        outbox.put(LETTER_TOPIC, {"decision_id": decision.pk}, key=f"{LETTER_TOPIC}:{decision.pk}")
    return decision


def reason_words(decision: Decision) -> str:
    """Return the coded reason of a decision in words."""
    return label_of(decision.verdict, decision.reason_code)
