# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails of obligations: asked, recalled, received."""

from typing import Any

from django.urls import reverse

from dinamis.accounts.models import Organisation, User
from dinamis.core.mail import queue_mail
from orders.models import Obligation


def asked(obligation: Obligation) -> None:
    """Ask whoever owes it, and say until when."""
    _tell(obligation, "obligation_asked", obligation.person, key="asked")


def recalled(obligation: Obligation, *, step: int) -> None:
    """Recall it `step` days from the day it is due (negative: before); once it is late, to the référents too."""
    people = {obligation.person}
    if step > 0:
        people |= set(_referents(obligation.organisation))
    for person in people:
        _tell(obligation, "obligation_due", person, key=f"{step}:{person.pk}", step=step)


def certified(obligation: Obligation) -> None:
    """Tell the public body that ordered the work, where it is known, that the files are destroyed."""
    if obligation.commissioner is not None:
        for person in _referents(obligation.commissioner):
            _tell(obligation, "destruction_received", person, key=f"received:{person.pk}")


def _referents(organisation: Organisation) -> list[User]:
    rows = User.objects.filter(
        is_active=True,
        memberships__organisation=organisation,
        memberships__role="referent",
        memberships__state="active",
    )
    return list(rows.distinct())


def _tell(obligation: Obligation, name: str, person: User, *, key: str, **more: Any) -> None:
    queue_mail(
        f"orders/mail/{name}",
        to=person.email,
        language=person.language,
        context={
            "name": str(person),
            "number": obligation.number,
            "kind": obligation.kind,
            "organisation": obligation.organisation.name,
            "project": obligation.project.title if obligation.project else "",
            "images": obligation.facts.get("images", 0),
            "day": obligation.due_on.isoformat(),
            "path": reverse("orders:obligation", args=[obligation.pk]),
            **more,
        },
        key=f"obligation:{obligation.pk}:{key}",
    )
