# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a class: the revision in force, what differs between two, what was answered, what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dinamis.core.templatetags.ui import iso_day_words
from licensing.models import Adhesion, FormRevision
from licensing.models.licence import in_language
from licensing.validators import is_due


@dataclass(frozen=True)
class Difference:
    """One question that a newer revision adds, drops or words otherwise; the words are the reader's."""

    kind: str
    label: str
    before: str = ""


def revision_in_force(eligibility_class: str, at: datetime) -> FormRevision:
    """Return the revision a new adhesion is filled on at `at`; before the first was published, the first."""
    revisions = FormRevision.objects.filter(eligibility_class=eligibility_class).order_by("-number")
    return revisions.filter(published_at__lte=at).first() or revisions.reverse()[0]


def newer_revision(adhesion: Adhesion, at: datetime) -> FormRevision | None:
    """Return the revision a draft may be moved to, or None when it stands on the one in force."""
    current = revision_in_force(adhesion.eligibility_class, at)
    return current if current.number > adhesion.form_revision.number else None


def differences(old: FormRevision, new: FormRevision) -> list[Difference]:
    """Return what changes for whoever fills the form in."""
    before = {question["name"]: question for question in old.questions}
    after = {question["name"]: question for question in new.questions}
    found = [Difference("added", words(after[name]["label"])) for name in after if name not in before]
    found += [Difference("dropped", words(before[name]["label"])) for name in before if name not in after]
    found += [
        Difference("changed", words(after[name]["label"]), words(before[name]["label"]))
        for name in after
        if name in before and after[name] != before[name]
    ]
    return found


def words(label: Mapping[str, str]) -> str:
    """Return the label in the reader's language."""
    return in_language(label["fr"], label["en"])


def answer_rows(adhesion: Adhesion) -> list[tuple[str, str]]:
    """Return question and answer, in the reader's language; what was not answered and not asked is left out."""
    answers = adhesion.answers
    return [
        (words(question["label"]), shown_answer(question, answers.get(question["name"], "")))
        for question in adhesion.form_revision.questions
        if answers.get(question["name"]) or is_due(question, answers)
    ]


def shown_answer(question: Mapping[str, Any], value: str) -> str:
    """Return an answer as a reader sees it: the label of a choice, a date in words."""
    if question["kind"] == "choice":
        return next((words(one["label"]) for one in question["choices"] if one["value"] == value), value)
    if question["kind"] == "date" and value:
        return iso_day_words(value)
    return value


def unanswered(adhesion: Adhesion) -> list[tuple[str, str]]:
    """Return (name, label) of the questions that must still be answered."""
    answers = adhesion.answers
    return [
        (question["name"], words(question["label"]))
        for question in adhesion.form_revision.questions
        if is_due(question, answers) and not answers.get(question["name"])
    ]
