# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the members did before today: licences signed for themselves, projects described, budgets granted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.demo.organisations import ORGANISATIONS
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago
from licensing.enums import LicenceVersionState
from licensing.models import Block, Licence, LicenceVersion, Project
from licensing.services.block import BlockWanted, create_block, lift_block
from licensing.services.licence import accept_for_self
from licensing.services.project import create_project, end_project
from orders.enums import EnvelopeKind
from orders.models import Envelope
from orders.services.money import ledger

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
    ended: str = ""
    ended_days: int = 0


PROJECTS = (
    Described(ALICE, "Trait de côte de l’estuaire", "Littoral", "Recul des falaises et des dunes depuis 2014.", 380),
    Described(ALICE, "Vasières et herbiers", "Biodiversité", "Cartographie annuelle des vasières.", 120),
    Described(CHARLIE, "Dômes et coulées des Petites Antilles", "Risques", "Morphologie des dômes actifs.", 280),
    Described(MONA, "Atlas des plages normandes", "Littoral", "Un état des plages après chaque hiver.", 670),
    Described(
        MONA,
        "Brèche de la digue de Ver",
        "Risques",
        "Suivi de la brèche ouverte par la tempête.",
        640,
        ended="La digue est réparée, le suivi s’arrête.",
        ended_days=300,
    ),
)


@dataclass(frozen=True)
class Kept:
    """A block of Mona: why, from how many days ago until how many days from then, and why it was lifted."""

    words: str
    days: int
    lasts: int
    lifted: str = ""
    lifted_days: int = 0


BLOCKS = (
    Kept(
        "Mot de passe trouvé sur un dépôt public.",
        420,
        30,
        lifted="Mot de passe changé, aucun téléchargement étranger.",
        lifted_days=418,
    ),
    Kept("Un lien de téléchargement a été transmis à un tiers : vérification en cours.", 3, 30),
)


def load_signatures() -> int:
    """Sign for the people of the play what they have not signed yet; returns how many signatures were written."""
    written = 0
    for email, code, days in SIGNATURES:
        signer = user(email)
        version = LicenceVersion.objects.get(licence__code=code, state=LicenceVersionState.PUBLISHED)
        if signer.acceptances.filter(licence_version=version).exists():
            continue
        language = signer.language
        with days_ago(days, 16):
            accept_for_self(
                person=signer,
                version=version,
                typed_name=signer.name,
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
        if one.ended:
            with days_ago(one.ended_days, 10):
                project = Project.objects.get(title=one.title)
                end_project(project=project, words=one.ended, actor=owner, expected_revision=project.revision)
    return len(missing)


def load_blocks() -> int:
    """Keep Mona out of Pléiades Neo, once long ago and once now; returns how many blocks were written."""
    if Block.objects.exists():
        return 0
    moderator = user(person("second_moderator").email)
    neo = Licence.objects.get(code="pleiades-neo-uia")
    for one in BLOCKS:
        with days_ago(one.days, 9):
            last = clock.today() + timedelta(days=one.lasts)
            wanted = BlockWanted("person", MONA, one.words, licence=neo, last_day=last)
            block = create_block(wanted=wanted, actor=moderator, key=uuid4())
        if one.lifted:
            with days_ago(one.lifted_days, 15):
                lift_block(block=block, words=one.lifted, actor=moderator)
    return len(BLOCKS)


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
    """An envelope to open: name, family, period, granted km² and attempts, and the SIRET of its owner ("" = the common
    pot); `volume` says that the owner paid for it before."""

    name: str
    family: ProductFamily
    period: tuple[datetime, datetime]
    km2: int
    owner: str = ""
    attempts: int = 0
    volume: bool = False

    @property
    def kind(self) -> EnvelopeKind:
        """Whose it is."""
        if not self.owner:
            return EnvelopeKind.COMMON
        return EnvelopeKind.PREFINANCED if self.volume else EnvelopeKind.ORGANISATION


def budgets() -> list[Budget]:
    """Envelopes of today's periods and of those before: quarters for Pléiades, years for SPOT (domain facts, 5)."""
    now = clock.now()
    this, last = quarter_of(now), quarter_of(quarter_of(now)[0] - timedelta(days=1))
    year, before = year_of(now), year_of(year_of(now)[0] - timedelta(days=1))
    agency, estuary = (
        next(cast.data.siret for cast in ORGANISATIONS if cast.key == key) for key in ("littoral", "estuaire")
    )
    found = []
    for period in (last, this):
        label = f"{period[0].year} T{(period[0].month + 2) // 3}"
        found += [
            Budget(f"Pléiades {label}", ProductFamily.PLEIADES, period, 12_000),
            Budget(f"Pléiades Neo {label}", ProductFamily.PLEIADES_NEO, period, 1_500),
            Budget(f"Pléiades {label}, Agence du littoral normand", ProductFamily.PLEIADES, period, 900, agency),
        ]
    for period in (before, year):
        label = f"SPOT 6-7 {period[0].year}"
        found.append(Budget(label, ProductFamily.SPOT_6_7, period, 60_000, attempts=120))
    volume = f"SPOT 6-7 {year[0].year}, volume de l’Université de l’Estuaire"
    found.append(Budget(volume, ProductFamily.SPOT_6_7, year, 4_000, estuary, volume=True))
    return found


def load_envelopes() -> int:
    """Open and fill the envelopes that are missing; returns how many."""
    from dinamis.accounts.models import Organisation

    written = 0
    for budget in budgets():
        owner = Organisation.objects.get(siret=budget.owner) if budget.owner else None
        with clock.at(budget.period[0]):
            envelope, created = Envelope.objects.get_or_create(
                name=budget.name,
                family=budget.family,
                owner=owner,
                kind=budget.kind,
                defaults={"period": budget.period, "counts_attempts": budget.attempts > 0},
            )
            ledger.grant(
                envelope=envelope,
                amount_m2=budget.km2 * KM2,
                attempts=budget.attempts,
                actor=SYSTEM,
                key=f"demo:{budget.name}",
            )
        written += created
    return written
