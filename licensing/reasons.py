# SPDX-License-Identifier: AGPL-3.0-or-later
"""The coded reasons of the office, by verdict: the code is kept, its words are translated when shown."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from licensing.enums import SuspensionCause as S

REASONS: dict[str, tuple[tuple[str, Any], ...]] = {
    "approve": (
        ("complete", _("the file is complete and the class is right")),
        ("conditions", _("admitted with the conditions written below")),
    ),
    "refuse": (
        ("not_eligible", _("the organisation does not fit any class")),
        ("wrong_purpose", _("the intended use is not covered")),
        ("unproved", _("what is declared could not be proved")),
        ("opinion", _("an opinion that the class needs is unfavourable")),
    ),
    "request_changes": (
        ("evidence_missing", _("a document is missing")),
        ("unclear_use", _("the intended use is not clear")),
        ("wrong_entity", _("the organisation is not described rightly")),
        ("other", _("other")),
    ),
    # A right may rest for other causes too (a new version of its licence); an adhesion rests for these.
    "suspend": tuple((cause.value, cause.label) for cause in (S.NO_REFERENT, S.INQUIRY, S.BREACH, S.OTHER)),
    "resume": (("settled", _("the cause is settled")), ("unfounded", _("the cause proved unfounded"))),
    "revoke": (
        ("breach", _("the charter was not respected")),
        ("ceased", _("the organisation does not exist any more")),
        ("class_lost", _("the organisation does not fit its class any more")),
    ),
    "new_representative": (("proved", _("the document shows who binds the organisation")),),
    "keep_representative": (
        ("unproved", _("what is declared could not be proved")),
        ("not_empowered", _("the person named may not bind the organisation")),
        ("wrong_person", _("the document names somebody else")),
    ),
}
# Decisions that take something away or withhold it: each carries a reason and a way to contest it (I14).
ADVERSE = ("refuse", "request_changes", "suspend", "revoke", "keep_representative")


def codes(verdict: str) -> tuple[str, ...]:
    """Return the codes a verdict may carry."""
    return tuple(code for code, _label in REASONS[verdict])


def label_of(verdict: str, code: str) -> str:
    """Return the words of a code in the language in use; a code that is not known any more is shown as it is."""
    return str(dict(REASONS.get(verdict, ())).get(code, code))
