# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the members did before today: licences signed for themselves, projects described, budgets granted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.demo.organisations import ORGANISATIONS
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago
from licensing.enums import LicenceVersionState
from licensing.models import LicenceVersion, Project
from licensing.services.licence import accept_for_self
from licensing.services.project import create_project
from orders.models import Envelope
from orders.services import ledger

KM2 = 1_000_000
CHARLIE, MONA = "charlie.bertin@obs-saintes-iles.example", "mona.quere@aln.example"
ALICE, LUCIA = "alice.martin@univ-estuaire.example", "lucia.paredes@iv-quito-nord.example"
# Who signed what for themselves, and how many days ago. Alice has not signed Pléiades, Nadia nothing: that is to try.
SIGNATURES = (
    (CHARLIE, "pleiades-uia", 285),
    (CHARLIE, "pleiades-neo-uia", 240),
    (MONA, "pleiades-uia", 680),
    (LUCIA, "pleiades-uia", 198),
)


@dataclass(frozen=True)
class Described:
    """A project: owner's address, title, theme, what it is about, days since it was described."""

    owner: str
    title: str
    theme: str
    description: str
    days: int


PROJECTS = (
    Described(ALICE, "Trait de côte de l’estuaire", "Littoral", "Recul des falaises et des dunes depuis 2014.", 380),
    Described(ALICE, "Vasières et herbiers", "Biodiversité", "Cartographie annuelle des vasières.", 120),
    Described(CHARLIE, "Dômes et coulées des Petites Antilles", "Risques", "Morphologie des dômes actifs.", 280),
    Described(MONA, "Atlas des plages normandes", "Littoral", "Un état des plages après chaque hiver.", 670),
)


def load_signatures() -> int:
    """Sign for the people of the play what they have not signed yet; returns how many signatures were written."""
    written = 0
    for email, code, days in SIGNATURES:
        person = user(email)
        version = LicenceVersion.objects.get(licence__code=code, state=LicenceVersionState.PUBLISHED)
        if person.acceptances.filter(licence_version=version).exists():
            continue
        language = person.language
        with days_ago(days, 16):
            accept_for_self(
                person=person,
                version=version,
                typed_name=person.name,
                language=language,
                sha256=version.sha256_in(language),
                ip=None,
                user_agent="",
            )
        written += 1
    return written


def load_projects() -> int:
    """Describe the projects that are missing; returns how many."""
    missing = [one for one in PROJECTS if not Project.objects.filter(title=one.title).exists()]
    for one in missing:
        owner = user(one.owner)
        with days_ago(one.days, 15):
            create_project(
                owner=owner,
                organisation=owner.memberships.get().organisation,
                title=one.title,
                theme=one.theme,
                description=one.description,
                starts_on=clock.today(),
            )
    return len(missing)


def quarter_of(moment: datetime) -> tuple[datetime, datetime]:
    """The quarter of Paris that holds a moment: its first instant, and the first of the next one."""
    local = moment.astimezone(clock.PARIS)
    first = local.month - (local.month - 1) % 3
    start = datetime(local.year, first, 1, tzinfo=clock.PARIS)
    after = datetime(local.year + (first == 10), (first + 2) % 12 + 1, 1, tzinfo=clock.PARIS)
    return start, after


def year_of(moment: datetime) -> tuple[datetime, datetime]:
    """The year of Paris that holds a moment."""
    year = moment.astimezone(clock.PARIS).year
    return datetime(year, 1, 1, tzinfo=clock.PARIS), datetime(year + 1, 1, 1, tzinfo=clock.PARIS)


@dataclass(frozen=True)
class Budget:
    """An envelope to open: name, family, period, granted km², and the SIRET of its owner ("" = the common pot)."""

    name: str
    family: ProductFamily
    period: tuple[datetime, datetime]
    km2: int
    owner: str = ""


def budgets() -> list[Budget]:
    """Envelopes of today's periods and of those before: quarters for Pléiades, years for SPOT (domain facts, 5)."""
    now = clock.now()
    this, last = quarter_of(now), quarter_of(quarter_of(now)[0] - timedelta(days=1))
    year, before = year_of(now), year_of(year_of(now)[0] - timedelta(days=1))
    agency = next(cast.data.siret for cast in ORGANISATIONS if cast.key == "littoral")
    found = []
    for period in (last, this):
        label = f"{period[0].year} T{(period[0].month + 2) // 3}"
        found += [
            Budget(f"Pléiades {label}", ProductFamily.PLEIADES, period, 12_000),
            Budget(f"Pléiades Neo {label}", ProductFamily.PLEIADES_NEO, period, 1_500),
            Budget(f"Pléiades {label}, Agence du littoral normand", ProductFamily.PLEIADES, period, 900, agency),
        ]
    found += [Budget(f"SPOT 6-7 {period[0].year}", ProductFamily.SPOT_6_7, period, 60_000) for period in (before, year)]
    return found


def load_envelopes() -> int:
    """Open and fill the envelopes that are missing; returns how many."""
    from dinamis.accounts.models import Organisation

    written = 0
    for budget in budgets():
        owner = Organisation.objects.get(siret=budget.owner) if budget.owner else None
        with clock.at(budget.period[0]):
            envelope, created = Envelope.objects.get_or_create(
                name=budget.name, family=budget.family, owner=owner, defaults={"period": budget.period}
            )
            ledger.grant(envelope=envelope, amount_m2=budget.km2 * KM2, actor=SYSTEM, key=f"demo:{budget.name}")
        written += created
    return written
