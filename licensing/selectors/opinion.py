# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which opinions an adhesion needs, which are missing, which licences an unfavourable one leaves out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from licensing.enums import AdhesionState, OpinionBody, OpinionState, OpinionVerdict
from licensing.models import Adhesion, Licence, Opinion

OPEN = (AdhesionState.SUBMITTED, AdhesionState.IN_REVIEW, AdhesionState.CHANGES_REQUESTED)
# What an opinion giver sees of the answers: the project, never who signs for whom.
SHOWN_ANSWERS = (
    "project_title",
    "project_purpose",
    "cooperation",
    "partner",
    "contract",
    "project_ends_on",
    "nationality_condition",
    "nationality_source",
)


@dataclass(frozen=True)
class Needed:
    """One opinion a class needs before its rights on a licence may be given."""

    licence: Licence
    body: str

    @property
    def words(self) -> str:
        """Body and licence, for a reader."""
        return f"{OpinionBody(self.body).label} – {self.licence.name}"


def needed_opinions(adhesion: Adhesion) -> list[Needed]:
    """Return the opinions that the setting OPINIONS asks for this class and the purpose of its project."""
    purpose = adhesion.answers.get("project_purpose", "")
    pairs = [
        (code, body)
        for klass, for_purpose, code, body in settings.DINAMIS["OPINIONS"]
        if klass == adhesion.eligibility_class and for_purpose in {"", purpose}
    ]
    if not pairs:
        return []
    licences = {licence.code: licence for licence in Licence.objects.filter(code__in={code for code, _body in pairs})}
    return [Needed(licences[code], body) for code, body in pairs if code in licences]


def missing_opinions(adhesion: Adhesion) -> list[Needed]:
    """Return the needed opinions nobody has given yet, asked for or not."""
    needed = needed_opinions(adhesion)
    if not needed:
        return []
    given = set(adhesion.opinions.filter(state=OpinionState.GIVEN).values_list("licence_id", "body"))
    return [one for one in needed if (one.licence.pk, one.body) not in given]


def unfavourable(adhesion: Adhesion) -> QuerySet[Opinion]:
    """Return the required opinions that say no: their licences are left out of the rights (docs/adr)."""
    return adhesion.opinions.filter(required=True, state=OpinionState.GIVEN, verdict=OpinionVerdict.NO).select_related(
        "licence"
    )


def opinions_of(adhesion: Adhesion) -> QuerySet[Opinion]:
    """Return every opinion on an adhesion, for the office."""
    return adhesion.opinions.exclude(state=OpinionState.WITHDRAWN).select_related("licence", "given_by", "asked_by")


def opinions_to_give(user: Any) -> QuerySet[Opinion]:
    """Return what waits for the body the person speaks for, the soonest due first."""
    waiting = Opinion.objects.visible_to(user).filter(state=OpinionState.ASKED, adhesion__state__in=OPEN)
    return waiting.select_related("licence", "adhesion__organisation").order_by("due_at", "id")


def opinions_given(user: Any) -> QuerySet[Opinion]:
    """Return what the body has said, the last first."""
    given = Opinion.objects.visible_to(user).filter(state=OpinionState.GIVEN)
    return given.select_related("licence", "adhesion__organisation", "given_by").order_by("-given_at", "-id")


def overdue_or_near(at: datetime) -> QuerySet[Opinion]:
    """Return the opinions still waited for on adhesions under review."""
    return Opinion.objects.filter(state=OpinionState.ASKED, adhesion__state__in=OPEN, asked_at__lte=at).select_related(
        "licence", "adhesion__organisation"
    )
