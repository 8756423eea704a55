# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form as a mapping of fields, their names in words, what changed between two submissions, what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from licensing.models import Adhesion, ChangeRequest, Decision
from licensing.selectors.form import shown_answer, words

ENTITY = ("name", "acronym", "country", "siret", "uai", "ror", "sector", "city")
SIGNATORY = ("legal_representative_name", "legal_representative_title", "legal_representative_email")
EVIDENCE = "evidence"
WORDS: dict[str, Any] = {
    "name": gettext_lazy("Name of the organisation"),
    "acronym": gettext_lazy("Acronym"),
    "country": gettext_lazy("Country"),
    "siret": gettext_lazy("SIRET"),
    "uai": "UAI",
    "ror": "ROR",
    "sector": gettext_lazy("Sector of activity"),
    "city": gettext_lazy("City"),
    "legal_representative_name": gettext_lazy("Name of the legal representative"),
    "legal_representative_title": gettext_lazy("Function of the legal representative"),
    "legal_representative_email": gettext_lazy("E-mail address of the legal representative"),
    "mission": gettext_lazy("Mission and intended use of the imagery"),
    EVIDENCE: gettext_lazy("Documents"),
}


@dataclass(frozen=True)
class Difference:
    """One field that differs: its name in words, what it said before and says now ("" = nothing)."""

    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Asked:
    """One request for a change as both sides see it; `met` says whether it was answered or the field changed."""

    request: ChangeRequest
    label: str
    met: bool


def content_of(adhesion: Adhesion) -> dict[str, Any]:
    """Return what the form says now: every field by name, documents as title and SHA-256."""
    organisation = adhesion.organisation
    entity = {name: getattr(organisation, name) for name in ENTITY}
    signatory = {name: getattr(adhesion, name) for name in SIGNATORY}
    documents = [f"{file.title} ({file.sha256[:12]})" for file in adhesion.evidence.all()]
    return {**entity, **signatory, "mission": adhesion.mission, **adhesion.answers, EVIDENCE: documents}


def label_of_field(field: str, adhesion: Adhesion) -> str:
    """Return the name of a field in words; that of a question as the form puts it that the adhesion was filled on."""
    if field in WORDS:
        return str(WORDS[field])
    question = _question(field, adhesion)
    return words(question["label"]) if question else field.replace("_", " ")


def _question(field: str, adhesion: Adhesion) -> Mapping[str, Any] | None:
    return next((one for one in adhesion.form_revision.questions if one["name"] == field), None)


def shown_value(field: str, value: Any, adhesion: Adhesion) -> str:
    """Return what a field says as a reader sees it, "" for nothing."""
    if isinstance(value, list):
        return " · ".join(str(one) for one in value)
    question = _question(field, adhesion)
    return shown_answer(question, value or "") if question else str(value or "")


def fields_to_change(adhesion: Adhesion) -> list[tuple[str, str]]:
    """Return (field, words) of everything a moderator may ask to change, in the order of the form."""
    names = (*ENTITY, "mission", *adhesion.form_revision.names, *SIGNATORY, EVIDENCE)
    return [(name, label_of_field(name, adhesion)) for name in names]


def last_difference(adhesion: Adhesion) -> list[Difference]:
    """Return what changed between the last two submissions; nothing when it was handed over once."""
    last = list(adhesion.submissions.order_by("-number")[:2])
    if len(last) < 2:
        return []
    return difference(last[1].content, last[0].content, adhesion)


def difference(before: Mapping[str, Any], after: Mapping[str, Any], adhesion: Adhesion) -> list[Difference]:
    """Return the fields whose values differ, in the order of the form."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        Difference(
            name,
            label_of_field(name, adhesion),
            shown_value(name, before.get(name), adhesion),
            shown_value(name, after.get(name), adhesion),
        )
        for name in names
        if (before.get(name) or "") != (after.get(name) or "")
    ]


def changes_asked(adhesion: Adhesion) -> list[Asked]:
    """Return the requests of the last decision that sent the adhesion back, and whether each was met since."""
    decision = adhesion.decisions.filter(verdict=Decision.Verdict.REQUEST_CHANGES).last()
    if decision is None:
        return []
    submitted = adhesion.submissions.filter(submitted_at__lte=decision.decided_at).last()
    before, now = submitted.content if submitted else {}, content_of(adhesion)
    return [
        Asked(one, label_of_field(one.field, adhesion), _met(one, before, now))
        for one in decision.change_requests.select_related("answered_by")
    ]


def _met(request: ChangeRequest, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return bool(request.answer) or (before.get(request.field) or "") != (now.get(request.field) or "")


def unmet_words(adhesion: Adhesion) -> str:
    """Return the names of the fields that were asked about and neither changed nor answered, or ""."""
    return ", ".join(asked.label for asked in changes_asked(adhesion) if not asked.met)
