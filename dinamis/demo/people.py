# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people of the demonstration. All of them, and their organisations, are invented."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import MemberRole, OfficeRole

PASSWORD = "regarder-la-terre"  # noqa: S105  printed on the people page
SIGNATORY = "legal_representative"


@dataclass(frozen=True)
class Person:
    """Someone to try the site as.

    `organisation` is a key of `dinamis.demo.organisations`, `page` the name of the URL to land on after signing in.
    """

    key: str
    name: str
    email: str
    role: Any
    may_try: Any
    organisation: str = ""
    member_role: str = MemberRole.MEMBER
    office_role: str = OfficeRole.NONE
    page: str = "home"
    language: str = "fr"
    has_account: bool = True


PEOPLE: tuple[Person, ...] = (
    Person(
        "researcher",
        "Alice Martin",
        "alice.martin@univ-estuaire.example",
        _("Researcher, Université de l’Estuaire"),
        _("Has not signed the Pléiades licence yet: sign it, download an image, order one that nobody holds."),
        "estuaire",
        page="catalogue:search",
    ),
    Person(
        "referent",
        "Rémi Caron",
        "remi.caron@univ-estuaire.example",
        _("DINAMIS référent, Université de l’Estuaire"),
        _("Activates the accounts of the university; files and follows its adhesion."),
        "estuaire",
        MemberRole.REFERENT,
        page="accounts:organisation",
    ),
    Person(
        SIGNATORY,
        "Hélène Vasseur",
        "helene.vasseur@univ-estuaire.example",
        _("President of the Université de l’Estuaire, legal representative"),
        _("Has no account and needs none: the link to read and sign comes by mail. Open the mailbox."),
        "estuaire",
        page="demo:mailbox",
        has_account=False,
    ),
    Person(
        "colleague",
        "Charlie Bertin",
        "charlie.bertin@obs-saintes-iles.example",
        _("Volcanologist, Observatoire volcanologique des Saintes-Îles"),
        _("Another entitled organisation: finds what Alice ordered and downloads it without any order."),
        "saintes_iles",
        page="catalogue:search",
    ),
    Person(
        "foreign_scientist",
        "Lucía Paredes",
        "lucia.paredes@iv-quito-nord.example",
        _("Scientist, Instituto de Vulcanología de Quito-Norte (Ecuador)"),
        _("Downloads for one cooperation project only, after the opinions of CNES and Airbus DS."),
        "quito_nord",
        MemberRole.REFERENT,
        page="licensing:rights",
        language="en",
    ),
    Person(
        "contractor",
        "Nadia Ferrand",
        "nadia.ferrand@geoconseil.example",
        _("Consultant, GéoConseil SARL"),
        _("Has not signed the licences: tries to download and is told exactly what is missing, and where to sign."),
        "geoconseil",
        page="catalogue:search",
    ),
    Person(
        "former_contractor",
        "Gwenaël Le Dantec",
        "gwenael.ledantec@releves-armor.example",
        _("Surveyor, Relevés d’Armor SARL"),
        _("Their contract has ended: they certify that the images are destroyed, and say what they served for."),
        "armor",
        MemberRole.REFERENT,
        page="orders:obligations",
    ),
    Person(
        "moderator",
        "Dora Lenoir",
        "dora.lenoir@dinamis.example",
        _("Moderator, DINAMIS office"),
        _("Claims adhesions and orders, reads the evidence, decides with a reason."),
        office_role=OfficeRole.MODERATOR,
        page="orders:desk",
    ),
    Person(
        "second_moderator",
        "Karim Sellier",
        "karim.sellier@dinamis.example",
        _("Moderator, DINAMIS office"),
        _("Has one adhesion in hand: what somebody else has claimed can be read, not decided."),
        office_role=OfficeRole.MODERATOR,
        page="orders:desk",
    ),
    Person(
        "opinion_cnes",
        "Camille Rouvray",
        "camille.rouvray@cnes.example",
        _("Gives the opinion of CNES"),
        _("Is asked about foreign scientific institutions that want Pléiades images; sees what it needs for that."),
        office_role=OfficeRole.OPINION_CNES,
        page="licensing:opinions",
    ),
    Person(
        "opinion_airbus",
        "Anton Weisbach",
        "anton.weisbach@airbus.example",
        _("Gives the opinion of Airbus DS"),
        _("Is asked about foreign scientific institutions that want SPOT images, and about private research."),
        office_role=OfficeRole.OPINION_AIRBUS,
        page="licensing:opinions",
    ),
    Person(
        "administrator",
        "Odile Garnier",
        "odile.garnier@dinamis.example",
        _("Administrator of the site"),
        _("Reads everything in the administration pages; no state can be changed by hand there."),
        office_role=OfficeRole.ADMINISTRATOR,
        page="admin:index",
    ),
    Person(
        "newcomer",
        "Fanny Delorme",
        "fanny.delorme@port-brume.example",
        _("Has an account and no organisation yet"),
        _("Opens the adhesion of an organisation, or asks to join one that has adhered."),
        page="licensing:adhesion_new",
    ),
)

# The accounts var/demo.json promises.
PROMISED = (
    "researcher",
    "colleague",
    "foreign_scientist",
    "contractor",
    "referent",
    SIGNATORY,
    "moderator",
    "opinion_cnes",
    "opinion_airbus",
    "administrator",
)


def person(key: str) -> Person:
    """The person called `key`; raises KeyError."""
    for candidate in PEOPLE:
        if candidate.key == key:
            return candidate
    raise KeyError(key)
