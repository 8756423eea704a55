# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where each example of the entitlement model begins: texts, images, three signed adhesions under review, persons.

Written once per run, as rows and as the reference model alike; examples work on them inside a savepoint.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.test import Client

from dinamis.core import clock
from licensing.enums import Acceptors, LicenceKind, Purpose
from licensing.models import Licence
from licensing.services import adhesion as verbs
from tests.cast import signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory
from tests.factories.licensing import LicenceFactory, published_version
from tests.property.reference import Image, Text, World

DAY = timedelta(days=1)
ORGANISATIONS = ("institute", "abroad", "company")
PERSONS = ("p0", "p1", "referent of institute")
LICENCES = ("both", "house")
IMAGES = ("open", "fresh", "reserved")
PURPOSES = {"institute": "public_service", "abroad": "scientific_cooperation", "company": "public_order"}
CLASSES = {"institute": "french_institutional", "abroad": "foreign_scientific", "company": "private"}
ANSWERS: dict[str, dict[str, str]] = {
    "institute": {},
    "abroad": {
        "cooperation": "Thèse.",
        "partner": "Institut",
        "nationality_condition": "yes",
        "nationality_source": "x",
    },
    "company": {"project_purpose": Purpose.PUBLIC_ORDER.value, "contract": "2026-AO-1", "partner": "Agence"},
}
PROJECT_DAYS = 200
GRACE = 60 * DAY
# Airbus DS is asked about one licence for the foreign organisation; nobody about the others.
OPINIONS = (("foreign_scientific", "", "model-house", "airbus"),)


@dataclass
class Start:
    """The rows by name, the moment, the reference model; `allowed` and `denied` count the answers of the run."""

    rows: dict[Any, Any]
    now: datetime
    dora: Any
    model: World
    browsers: dict[str, Client] = field(default_factory=dict)
    allowed: int = 0
    denied: int = 0


def write_start() -> Start:
    """Write the rows and what the reference model knows of them."""
    now, rows = clock.now(), {}
    known = World(
        signers={"both": {"person", "organisation"}, "house": {"organisation"}},
        embargo={"both": timedelta(0), "house": 10 * DAY},
        grace_without_referent=GRACE,
        adhesions=dict.fromkeys(ORGANISATIONS, "in_review"),
    )
    start = Start(rows, now, ModeratorFactory(), known)
    with clock.at(now):
        _texts_and_images(start)
        for number, name in enumerate(ORGANISATIONS):
            _organisation(start, number, name)
        rows |= {name: UserFactory(name=f"Person {name}") for name in PERSONS[:2]}
        rows["referent of institute"] = rows["referent", "institute"]
        rows["airbus"] = UserFactory(office_role="opinion_airbus")
    # As the examples find them: each works on a copy.
    start.rows = {key: type(row)._base_manager.get(pk=row.pk) for key, row in rows.items()}
    for name in PERSONS:
        start.browsers[name] = Client()
        start.browsers[name].force_login(rows[name])
    return start


def _texts_and_images(start: Start) -> None:
    rows, known = start.rows, start.model
    assert not Licence.objects.exists()
    published_version(LicenceFactory(kind=LicenceKind.CHARTER, acceptors=Acceptors.ORGANISATION))
    rows["both"] = LicenceFactory(acceptors=Acceptors.BOTH)
    rows["house"] = LicenceFactory(code="model-house", acceptors=Acceptors.ORGANISATION, embargo_days=10)
    for of in LICENCES:
        rows["version", of] = published_version(rows[of])
        known.texts[of].append(Text(start.now, True, 30 * DAY))
    for name, of in zip(IMAGES, ("both", "house", "both"), strict=True):
        taken = start.now - 8 * DAY
        rows[name] = ItemFactory(collection=CollectionFactory(licence=rows[of]), datetime=taken)
        rows["file", name] = AssetFactory(item=rows[name])
        known.images[name] = Image(of, taken)


def _organisation(start: Start, number: int, name: str) -> None:
    """An adhesion that the moderator holds; but for the institute its project ends."""
    ends = (clock.today() + PROJECT_DAYS * DAY).isoformat()
    answers = {"project_title": f"Projet {name}", "project_ends_on": ends, **ANSWERS[name]}
    adhesion = signed_adhesion(
        UserFactory(),
        f"Organisation {name}",
        300 + number,
        CLASSES[name],
        country="PT" if name == "abroad" else "FR",
        **({} if name == "institute" else answers),
    )
    start.rows["adhesion", name], start.rows[name] = adhesion, adhesion.organisation
    start.rows["referent", name], start.rows["deputy", name] = adhesion.referent, UserFactory()
    start.model.signed |= {(name, of, 0) for of in LICENCES}
    verbs.claim_adhesion(adhesion=adhesion, actor=start.dora)


def end_of_day(day: date | str) -> datetime:
    """The first instant after a Paris day."""
    first = date.fromisoformat(str(day)) + DAY
    return datetime.combine(first, time.min, tzinfo=clock.PARIS)
