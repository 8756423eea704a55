# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who walks the site, the world they walk through, and what one address is asked with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client
from django.test.client import ClientHandler

from dinamis.accounts.enums import OfficeRole
from dinamis.accounts.models import User
from dinamis.catalogue.models import Asset
from dinamis.core.actors import Reason
from dinamis.demo.models import SentMail
from licensing.enums import EligibilityClass
from licensing.models import Adhesion, Project
from licensing.selectors.rights import current_version
from licensing.services import adhesion as verbs
from orders.models import Envelope
from tests.cast import Cast, admit, gather, sign
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.catalogue import CoverageFactory, quicklook_of
from tests.factories.licensing import person_signs
from tests.factories.orders import AssetFactory, CollectionFactory, SceneFactory, envelope

ROLES = (
    "anonymous",
    "researcher",
    "colleague",
    "foreign_scientist",
    "contractor",
    "referent",
    "legal_representative",
    "moderator",
    "moderator_of_same_organisation",
    "opinion_giver",
    "administrator",
)
HOME, ELSEWHERE, NOBODYS = "home", "elsewhere", "-"
PDF = b"%PDF-1.4\n%of a test\n%%EOF\n"
WHY = Reason("inquiry", "pour l’essai")


@dataclass(frozen=True)
class Case:
    """One visit: arguments of the address, form, query string.

    A form is sent as a browser does or, with `json`, as a program does. `opening` is what a legal representative's
    browser did before; it returns what it learnt for the form.
    """

    args: tuple[Any, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    opening: Callable[[Client], dict[str, Any]] | None = None
    # What the page hands to this very person, and the form must bring back.
    personal: Callable[[User], dict[str, Any]] | None = None
    json: bool = False


class Browser(Client):
    """A client that keeps the session and no page: copying their contexts takes most of the time."""

    shared = ClientHandler(enforce_csrf_checks=False)

    def __init__(self, session: str = "", **options: Any) -> None:
        super().__init__(raise_request_exception=False, **options)
        self.handler = self.shared
        if session:
            self.cookies["sessionid"] = session

    def request(self, **request: Any) -> Any:
        """Answer one request."""
        response = self.handler(self._base_environ(**request))
        self.cookies.update(response.cookies)
        return response


@dataclass
class World:
    """Everybody of the cast, the people only this walk needs, and what exists before anybody does anything."""

    cast: Cast
    people: dict[str, User | None]
    rosa: User
    scene: Any
    asset: Asset
    envelope: Envelope
    projects: dict[str, Project]
    sessions: dict[str, str] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        """Return a browser of this role: signed in, or of somebody without an account."""
        return Browser(self.sessions.get(role, ""))

    @property
    def dora(self) -> User:
        """The moderator who does the office's part."""
        return self.cast.dora

    def organisation(self, cell: str) -> Any:
        """The institute of the cast, or the university nobody of the roles belongs to."""
        return self.cast.institute if cell == HOME else self.cast.university

    def referent(self, cell: str) -> User:
        """The référent of that organisation."""
        return self.cast.remi if cell == HOME else self.rosa

    def member(self, cell: str) -> User:
        """The researcher of that organisation, who has signed the licence."""
        return self.cast.alice if cell == HOME else self.cast.charlie


def build() -> World:
    """Write the world once."""
    cast = gather()
    lucia = UserFactory(email="lucia@example.org", name="Lucía Lejana")
    abroad = _abroad(cast)
    active_membership(lucia, abroad)
    dan = ModeratorFactory(email="dan@dinamis.example", name="Dan Double")
    active_membership(dan, cast.institute)
    cnes = UserFactory(email="cnes@example.org", name="Camille Avis", office_role=OfficeRole.OPINION_CNES)
    licence = cast.licences["pleiades-uia"]
    for person in (cast.alice, cast.charlie):
        person_signs(person, current_version(licence))
    collection = CollectionFactory(slug="pleiades", licence=licence)
    scene = SceneFactory(collection=collection)
    asset = AssetFactory(item=SceneFactory(collection=collection, held=True), key="data", file_name="image.tif")
    quicklook_of(asset.item)
    CoverageFactory(collection=CollectionFactory(slug="spot", licence=cast.licences["spot-6-7-uia"]), year=2024)
    SentMail.objects.create(to="alice@example.org", subject="essai", body="essai")
    world = World(
        cast=cast,
        people={
            "anonymous": None,
            "researcher": cast.alice,
            "colleague": cast.bob,
            "foreign_scientist": lucia,
            "contractor": cast.contractor,
            "referent": cast.remi,
            "legal_representative": None,
            "moderator": cast.dora,
            "moderator_of_same_organisation": dan,
            "opinion_giver": cnes,
            "administrator": cast.admin,
        },
        rosa=User.objects.get(email="rosa@example.org"),
        scene=scene,
        asset=asset,
        envelope=envelope(owner=cast.institute),
        projects={
            HOME: Project.objects.create(organisation=cast.institute, owner=cast.alice, title="Dunes"),
            ELSEWHERE: Project.objects.create(organisation=cast.university, owner=cast.charlie, title="Causses"),
        },
    )
    for role, person in world.people.items():
        if person is not None:
            EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
            world.sessions[role] = session_of(person)
    return world


def _abroad(cast: Cast) -> Any:
    adhesion = verbs.open_adhesion(
        referent=UserFactory(),
        organisation=verbs.OrganisationData(name="Instituto del Mar", country="PT", sector="research"),
        eligibility_class=EligibilityClass.FOREIGN_SCIENTIFIC,
        legal_representative=verbs.LegalRepresentative("Maria Silva", "maria@example.org"),
        mission="Mangroves.",
        answers={
            "project_title": "Mangroves",
            "cooperation": "Thèse en cotutelle.",
            "partner": "Institut des rivages",
            "project_ends_on": "2099-12-31",
            "nationality_condition": "yes",
            "nationality_source": "attestation",
        },
    )
    verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    sign(adhesion)
    return admit(Adhesion.objects.get(pk=adhesion.pk), cast.dora).organisation


def session_of(person: User) -> str:
    """Sign a person in and return the key of the session."""
    client = Client()
    client.force_login(person)
    return str(client.cookies["sessionid"].value)
