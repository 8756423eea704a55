# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many questions about images and collections, answered together by `decide()`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dinamis.catalogue.models import Collection, Item
from licensing.enums import Action
from licensing.selectors.decision import Allow, Deny, ResourceFacts, decide_many


@dataclass(frozen=True)
class Question:
    """May the person do `action` for `project` on the image `item`, or on the collection of this slug as a whole?"""

    item: int | None = None
    collection: str = ""
    action: str = Action.DOWNLOAD.value
    project: int | None = None


def answer_questions(person: Any, questions: Sequence[Question], *, at: datetime) -> list[Allow | Deny | None]:
    """Answer each question in its place; None where there is no such image or collection."""
    facts = _facts(questions)
    groups: dict[tuple[str, int | None], list[int]] = {}
    for place, question in enumerate(questions):
        if facts[place] is not None:
            groups.setdefault((question.action, question.project), []).append(place)
    found: list[Allow | Deny | None] = [None] * len(questions)
    for (action, project), places in groups.items():
        about = [fact for place in places if (fact := facts[place]) is not None]
        answers = decide_many(person, Action(action), about, project=project, at=at)
        for place, answer in zip(places, answers, strict=True):
            found[place] = answer
    return found


def _facts(questions: Sequence[Question]) -> list[ResourceFacts | None]:
    items = _of_items({question.item for question in questions if question.item is not None})
    collections = _of_collections({question.collection for question in questions if question.collection})
    return [
        collections.get(question.collection) if question.item is None else items.get(question.item)
        for question in questions
    ]


def _of_items(ids: Iterable[int]) -> Mapping[int, ResourceFacts]:
    rows = Item.objects.published().filter(pk__in=ids).select_related("collection")
    return {item.pk: item.facts for item in rows}


def _of_collections(slugs: Iterable[str]) -> Mapping[str, ResourceFacts]:
    rows = Collection.objects.filter(slug__in=slugs).values_list("slug", "licence_id")
    return {slug: ResourceFacts(licence_id=licence) for slug, licence in rows}
