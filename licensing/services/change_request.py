# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes asked field by field: written with the decision, answered by the référent, due before resubmission."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.transitions import lock
from licensing.enums import AdhesionState
from licensing.models import Adhesion, ChangeRequest, Decision
from licensing.selectors.submission import fields_to_change, unmet_words


def ask_changes(decision: Decision, changes: Mapping[str, str]) -> list[ChangeRequest]:
    """Write what a decision asks, field → words; fields without words are left out. Raises Invalid (unknown field)."""
    known = {name for name, _label in fields_to_change(decision.adhesion)}
    asked = {field: words.strip() for field, words in changes.items() if words.strip()}
    if unknown := sorted(set(asked) - known):
        raise Invalid(_("The form has no such field."), pointer=unknown[0], code="field_unknown")
    return [ChangeRequest.objects.create(decision=decision, field=field, words=words) for field, words in asked.items()]


def answer_change(*, request: ChangeRequest, actor: User, words: str) -> ChangeRequest:
    """Say why a field stays as it is, or what was done; may be written again until the changes are sent.

    Raises NotPermitted, IllegalTransition, Invalid without words.
    """
    if not words.strip():
        raise Invalid(_("Write your answer."), pointer="words", repair=_("The DINAMIS office reads it."))
    with transaction.atomic():
        held = lock(request.decision.adhesion)
        if not actor.has_perm("licensing.file", held):
            raise NotPermitted(_("Only the référent who files this adhesion may do this."))
        if held.state != AdhesionState.CHANGES_REQUESTED:
            raise IllegalTransition(_("No changes are asked for at the moment."), state=held.state)
        request.answer = words.strip()
        request.answered_by = actor
        request.answered_at = clock.now()
        request.save(update_fields=["answer", "answered_by", "answered_at"])
    return request


def check_changes_met(adhesion: Adhesion) -> None:
    """Refuse to hand the form over while a request is neither answered nor its field changed. Raises Invalid."""
    if unmet := unmet_words(adhesion):
        raise Invalid(
            _("The office asked about these fields: %(fields)s.") % {"fields": unmet},
            pointer="changes",
            repair=_("Change each of them, or answer why it stays as it is."),
            code="changes_unmet",
        )
