# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is owed for images that were downloaded: usage reports, one sent, others due; a certificate of destruction of a
contract that ended; a publication."""

from dataclasses import dataclass

from dinamis.catalogue.models import Asset
from dinamis.core import clock
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.orders import COAST
from dinamis.demo.story.reuse import fetch
from dinamis.demo.story.stage import days_ago
from dinamis.demo.story.work import ALICE, MONA
from licensing.models import Project
from orders.models import Obligation
from orders.services.duties import obligations, publications

SURVEYOR = person("former_contractor").email


@dataclass(frozen=True)
class Fetched:
    """Somebody fetched an image for a project (its title), so many days ago."""

    email: str
    project: str
    days: int


FETCHED = (
    Fetched(ALICE, COAST, 378),
    Fetched(MONA, "Brèche de la digue de Ver", 322),
    Fetched(SURVEYOR, "Relevé des digues de la baie", 150),
)
# Days ago: the project of Mona had ended; she sent her report; Alice's first download was a year old; a contract ended.
MONA_ASKED, MONA_SENT, ALICE_ASKED, CONTRACT_OVER, PUBLISHED = 299, 262, 12, 9, 40
REPORT = "Position de la brèche à quatre dates, volume de sable emporté ; images croisées avec des relevés GNSS."
RESULTS = "Rapport remis aux communes ; jeu de données ouvert."
# 10.5555 is the prefix that Crossref keeps for examples.
DOI, WORK = "10.5555/dinamis.digue-de-ver", "Évolution d’une brèche littorale vue de l’espace : la digue de Ver"


def load_duties() -> int:
    """Download, ask for what is owed, answer a part of it; once. Returns how many obligations were asked."""
    asset = Asset.objects.filter(item__collection__slug="spot-6-7-coverage", public=False).order_by("item__datetime")
    image = asset.select_related("item__collection__licence").first()
    if image is None or Obligation.objects.exists():
        return 0
    for one in FETCHED:
        with days_ago(one.days, 10):
            fetch(user(one.email), image, project=Project.objects.get(title=one.project).pk)
    with days_ago(MONA_ASKED, 6):
        obligations.open_due(at=clock.now())
    with days_ago(MONA_SENT, 15):
        report = Obligation.objects.get(person__email=MONA)
        obligations.send_report(obligation=report, actor=report.person, words=REPORT, results=RESULTS)
    with days_ago(PUBLISHED, 11):
        publications.declare_publication(
            person=report.person,
            organisation=report.organisation,
            doi=DOI,
            title=WORK,
            year=clock.today().year,
            items=[image.item_id],
            project=report.project,
        )
    for days in (ALICE_ASKED, CONTRACT_OVER):
        with days_ago(days, 6):
            obligations.open_due(at=clock.now())
    return Obligation.objects.count()
