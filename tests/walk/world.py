# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who walks the site, and what each address needs: arguments, the state things must be in, the form that is sent.

A route without arguments and without a form needs nothing here. Any other gets an entry in CELLS: one ownership cell
(`home` = the institute of Alice, Bob and Rémi; `elsewhere` = an organisation they have no part in; `-` = nobody's) to
a function that brings the world into the state in which the right person succeeds, so that a refusal means something.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import ClientHandler
from shapely.geometry import mapping

from dinamis.accounts.enums import OfficeRole
from dinamis.accounts.models import AffiliationRule, DataExport, Invitation, Membership, User
from dinamis.accounts.services.erasure import ask_erasure
from dinamis.accounts.services.invitation import Invitee, invite, label_of
from dinamis.accounts.services.membership import request_membership
from dinamis.catalogue.models import Asset
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Reason
from dinamis.core.onetime import known_token
from dinamis.demo.models import SentMail
from licensing.enums import EligibilityClass, Purpose
from licensing.models import Adhesion, DecisionLetter, Entitlement, EvidenceFile, Project, SigningLink, Suspension
from licensing.selectors.adhesion import texts_to_sign
from licensing.selectors.rights import current_version
from licensing.services import adhesion as verbs
from licensing.services.entitlement import suspend_entitlement
from licensing.services.licence import create_version
from licensing.services.representative import entity_of
from licensing.services.shown_text import mark_shown
from licensing.services.tokens import code_of, token_of
from licensing.web.licence_forms import SettingsForm
from orders.models import Envelope, Order
from orders.services import draft, review, submission
from orders.services.ticket import issue_ticket
from tests.cast import Cast, admit, foreign_adhesion, gather, sign
from tests.factories.accounts import PASSWORD, ModeratorFactory, UserFactory, active_membership, siret
from tests.factories.api import key_of
from tests.factories.catalogue import CoverageFactory, quicklook_of
from tests.factories.licensing import person_signs
from tests.factories.orders import AREA, AssetFactory, CollectionFactory, SceneFactory, envelope

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

    def __init__(self, session: str = "") -> None:
        super().__init__(raise_request_exception=False)
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


# --- identities of other providers ------------------------------------------------------------------------------------


def identity_of_alice(w: World) -> Case:
    """An identity the researcher may unlink: her password stays."""
    return Case((SocialAccount.objects.create(user=w.cast.alice, provider="orcid", uid="0000-0002-1825-0097").pk,))


def inviting(cell: str) -> Callable[[World], Case]:
    """Somebody nobody knows is invited."""
    return lambda w: Case((w.organisation(cell).pk,), {"email": "zoe@example.org", "name": "Zoé", "language": "fr"})


def inviting_by_file(cell: str) -> Callable[[World], Case]:
    """A file of one line."""
    return lambda w: Case(
        (w.organisation(cell).pk,), {"file": SimpleUploadedFile("people.csv", b"email,name\nzoe@example.org,Zo\n")}
    )


def _invitation(w: World, cell: str, email: str = "zoe@example.org") -> Invitation:
    invitee = Invitee(email, "Zoé")
    return invite(organisation=w.organisation(cell), actor=w.referent(cell), invitee=invitee)


def invitation_of(cell: str) -> Callable[[World], Case]:
    """An invitation that waits."""
    return lambda w: Case((_invitation(w, cell).pk,))


def invited_by_link(w: World) -> Case:
    """The foreign scientist is invited to the institute; whoever holds the link may read it."""
    invitation = _invitation(w, HOME, w.people["foreign_scientist"].email)
    return Case((known_token(label_of(invitation), invitation.token_sha256),))


def affiliations_of(cell: str) -> Callable[[World], Case]:
    """A rule about the scope of the référent's institution; no provider is configured here, so none may be written."""
    return lambda w: Case(
        (w.organisation(cell).pk,), {"scope": "univ-causse.fr", "affiliation": "member", "effect": "propose"}
    )


def affiliation_rule_of(cell: str) -> Callable[[World], Case]:
    """A rule that is switched on."""

    def prepared(w: World) -> Case:
        rule = AffiliationRule.objects.create(
            organisation=w.organisation(cell),
            scope="univ-causse.fr",
            affiliation="member",
            created_by=w.referent(cell),
        )
        return Case((rule.pk,))

    return prepared


# --- adhesions, each brought to a state of its life -------------------------------------------------------------------


def in_force(w: World, cell: str) -> Adhesion:
    """The approved adhesion of the cast."""
    return w.organisation(cell).adhesions.get(state="approved")


def draft_of(w: World, cell: str) -> Adhesion:
    """A second adhesion of the same organisation, of another class: a draft."""
    return verbs.open_adhesion(
        referent=w.referent(cell),
        organisation=w.organisation(cell),
        eligibility_class=EligibilityClass.PRIVATE,
        legal_representative=verbs.LegalRepresentative("Hélène Martin", "direction@example.org", "Directrice"),
        mission="Digues.",
        answers={
            "project_title": "Digues",
            "project_purpose": Purpose.PUBLIC_ORDER.value,
            "contract": "2026-AO-1",
            "partner": "Agence des digues",
            "project_ends_on": "2099-12-31",
        },
    )


def awaiting(w: World, cell: str) -> Adhesion:
    """Sent to the legal representative."""
    return verbs.send_for_signature(adhesion=draft_of(w, cell), actor=w.referent(cell))


def submitted(w: World, cell: str) -> Adhesion:
    """Signed: on the desk."""
    adhesion = awaiting(w, cell)
    sign(adhesion)
    return Adhesion.objects.get(pk=adhesion.pk)


def in_review(w: World, cell: str) -> Adhesion:
    """Claimed by Dora."""
    return verbs.claim_adhesion(adhesion=submitted(w, cell), actor=w.dora)


def sent_back(w: World, cell: str) -> Adhesion:
    """Dora asked for changes."""
    held = in_review(w, cell)
    return verbs.request_changes(
        adhesion=held, actor=w.dora, reason=Reason("other", "pour l’essai"), expected_version=held.version
    )


def suspended(w: World, cell: str) -> Adhesion:
    """Suspended by Dora."""
    held = in_force(w, cell)
    return verbs.suspend_adhesion(adhesion=held, actor=w.dora, reason=WHY, expected_version=held.version)


def ending(w: World, cell: str) -> Adhesion:
    """The adhesion in force, thirty days before its end."""
    adhesion = in_force(w, cell)
    Adhesion.objects.filter(pk=adhesion.pk).update(period=(adhesion.period.lower, clock.now() + timedelta(days=30)))
    return adhesion


def corrected(link: SigningLink) -> dict[str, Any]:
    """What the legal representative sends to correct their function and nothing else."""
    return {**entity_of(link.adhesion), "legal_representative_title": "Présidente"}


def on_adhesion(prepare: Callable[[World, str], Adhesion], **data: Any) -> dict[str, Callable[[World], Case]]:
    """Both ownership cells of a page of an adhesion that `prepare` brings to its state."""

    def case(cell: str) -> Callable[[World], Case]:
        return lambda w: Case((prepare(w, cell).pk,), dict(data))

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def verdict(prepare: Callable[[World, str], Adhesion], code: str) -> dict[str, Callable[[World], Case]]:
    """Both cells of a decision, taken on the version that was read."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            adhesion = prepare(w, cell)
            return Case((adhesion.pk,), {"code": code, "words": "pour l’essai", "version": adhesion.version})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def evidence(cell: str, **data: Any) -> Callable[[World], Case]:
    """A clean document of a draft."""

    def prepared(w: World) -> Case:
        row = EvidenceFile.objects.create(
            adhesion=sent_back(w, cell),
            title="Statuts",
            file_name="statuts.pdf",
            storage_key="private/evidence/of-a-test",
            media_type="application/pdf",
            size=len(PDF),
            sha256="0" * 64,
            scan=EvidenceFile.Scan.CLEAN,
            uploaded_by=w.referent(cell),
        )
        return Case((row.pk,), data)

    return prepared


def upload(cell: str) -> Callable[[World], Case]:
    """A document that is sent."""
    return lambda w: Case(
        (draft_of(w, cell).pk,), {"title": "Statuts", "file": SimpleUploadedFile("statuts.pdf", PDF, "application/pdf")}
    )


# --- the legal representative's link ----------------------------------------------------------------------------------


def ticked(link: SigningLink) -> dict[str, Any]:
    """The form of the signing page, everything accepted."""
    form: dict[str, Any] = {"typed_name": link.adhesion.legal_representative_name, "language": "fr"}
    for version in texts_to_sign(link.adhesion.eligibility_class):
        form |= {f"text-{version.pk}": "on", f"sha256-{version.pk}": version.sha256_fr}
    return form


def by_link(data: Callable[[SigningLink], dict[str, Any]], *, read: bool = False) -> dict[str, Callable[[World], Case]]:
    """The cells of a page behind the one-time link: who holds the link is the legal representative, whoever asks."""

    def holding(w: World) -> Case:
        link = awaiting(w, HOME).signing_links.get()
        token = token_of(link.pk)

        def reading(client: Client) -> dict[str, Any]:
            client.post(f"/signature/{token}/", ticked(link))
            return {"code": code_of(SigningLink.objects.get(pk=link.pk))}

        return Case((token,), data(link), opening=reading if read else None)

    return {"with the link": holding, "wrong link": lambda w: Case(("not-a-token",), {})}


# --- people -----------------------------------------------------------------------------------------------------------


def membership(state: str, cell: str) -> Callable[[World], Case]:
    """Somebody's membership: a request that waits, or Alice's own (Charlie's elsewhere)."""

    def prepared(w: World) -> Case:
        home = w.organisation(cell)
        if state == "active":
            row = Membership.objects.get(user=w.member(cell), organisation=home)
        else:
            row = request_membership(user=UserFactory(), organisation=home, motivation="essai")
        return Case((row.pk,), {"words": "pour l’essai"})

    return prepared


def joining(w: World) -> Case:
    """A request to belong to the company."""
    return Case((), {"organisation": w.cast.company.pk, "motivation": "essai"}, query="q=associ%C3%A9s")


def opening_adhesion(w: World) -> Case:
    """The adhesion of an organisation nobody knows yet."""
    data = {"eligibility_class": "french_institutional", "name": "Parc naturel", "country": "FR", "siret": siret(777)}
    return Case((), data)


def personal_signature(w: World) -> Case:
    """One's own signature on SPOT or Pléiades Neo, typed under another name and confirmed."""
    licence = w.cast.licences["pleiades-neo-uia"]
    version = current_version(licence)
    assert version is not None
    return Case(
        (licence.pk,),
        {"typed_name": "Autre Nom", "name_confirmed": "on", "accept": "on", "language": "fr"},
        personal=lambda person: {"mark": mark_shown(person=person, version=version, language="fr")},
    )


def given_signature(w: World) -> Case:
    """Alice's own signature, to take back."""
    version = current_version(w.cast.licences["pleiades-uia"])
    assert version is not None
    return Case((person_signs(w.cast.alice, version).pk,))


def office_licence(w: World, **data: Any) -> Case:
    """A page of the office on one licence."""
    return Case((w.cast.licences["pleiades-uia"].pk,), data)


def changed_licence(w: World) -> Case:
    """What a licence allows, changed with a reason."""
    values = SettingsForm.values_of(w.cast.licences["pleiades-uia"]) | {"embargo_days": 9, "words": "essai"}
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    return office_licence(w, **sent)


def licence_draft(w: World, **data: Any) -> Case:
    """A draft of the next version."""
    licence = w.cast.licences["pleiades-uia"]
    return Case((create_version(licence=licence, text_fr="a", text_en="b", actor=SYSTEM).pk,), data)


TEXTS = {"text_fr": "c", "text_en": "d", "material": "on", "grace_days": "9", "version": "0"}


def new_project(w: World) -> Case:
    """A project of the institute."""
    return Case((), {"organisation": w.cast.institute.pk, "title": "Lagunes", "purpose": "public_service"})


# --- rights -----------------------------------------------------------------------------------------------------------


def right(cell: str) -> Callable[[World], Case]:
    """A right of that organisation, to make rest."""

    def prepared(w: World) -> Case:
        row = Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("id")
        return Case((row.pk,), {"cause": "inquiry", "words": "pour l’essai"})

    return prepared


def cause(cell: str) -> Callable[[World], Case]:
    """A cause that makes a right of that organisation rest, to lift."""

    def prepared(w: World) -> Case:
        row = Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("id")
        rest: Suspension = suspend_entitlement(entitlement=row, cause="inquiry", words="essai", actor=w.dora)
        return Case((rest.pk,), {"words": "pour l’essai"})

    return prepared


def noticed(cell: str, *, answered: bool = False) -> Callable[[World], Case]:
    """A notice of revocation given by Dora, to answer or, once answered, to decide on."""

    def prepared(w: World) -> Case:
        adhesion = in_force(w, cell)
        reason = Reason("breach", "pour l’essai")
        row = verbs.give_notice(adhesion=adhesion, actor=w.dora, reason=reason, expected_version=adhesion.version)
        if answered:
            verbs.answer_notice(revocation=row, actor=w.referent(cell), words="essai")
        adhesion.refresh_from_db()
        return Case((row.pk,), {"code": "breach", "words": "pour l’essai", "version": adhesion.version})

    return prepared


def refused(cell: str) -> Callable[[World], Case]:
    """A refusal by Dora, and its letter."""

    def prepared(w: World) -> Case:
        held = in_review(w, cell)
        reason = Reason("not_eligible", "pour l’essai")
        verbs.refuse_adhesion(adhesion=held, actor=w.dora, reason=reason, expected_version=held.version)
        row = held.decisions.get()
        DecisionLetter.objects.create(decision=row, storage_key="private/decisions/of-a-test.pdf", sha256="0" * 64)
        return Case((row.pk,))

    return prepared


def change_asked(cell: str) -> Callable[[World], Case]:
    """A change that Dora asks of one field."""

    def prepared(w: World) -> Case:
        held = in_review(w, cell)
        reason = Reason("other", "pour l’essai")
        verbs.request_changes(
            adhesion=held, actor=w.dora, reason=reason, expected_version=held.version, changes={"mission": "essai"}
        )
        return Case((held.decisions.get().change_requests.get().pk,), {"words": "pour l’essai"})

    return prepared


def question(cell: str) -> Callable[[World], Case]:
    """An opinion that advises, on an adhesion in review."""

    def prepared(w: World) -> Case:
        held = in_review(w, cell)
        data = {"body": "cnes", "licence_code": "pleiades-uia", "words": "essai", "version": held.version}
        return Case((held.pk,), data)

    return prepared


def asked(body: str) -> Callable[[World], Case]:
    """The opinion of a body on a foreign institute of nobody here."""

    def prepared(w: World) -> Case:
        held = verbs.claim_adhesion(adhesion=foreign_adhesion(UserFactory()), actor=w.dora)
        return Case((held.opinions.get(body=body).pk,), {"verdict": "yes", "words": "pour l’essai"})

    return prepared


def certificate(cell: str, *, key: bool = False) -> Callable[[World], Case]:
    """The certificate of that organisation; its secret opens it to anybody."""

    def prepared(w: World) -> Case:
        row = in_force(w, cell).certificate
        row.storage_key = "private/certificates/of-a-test.pdf"
        row.save(update_fields=["storage_key"])
        return Case((row.number,), query=f"key={row.secret}" if key else "")

    return prepared


# --- orders -----------------------------------------------------------------------------------------------------------


def order_in(state: str, cell: str) -> Callable[[World], Order]:
    """An order of Alice (of Charlie elsewhere) at this state of its life; Dora holds its review."""

    def prepared(w: World) -> Order:
        order = draft.create_draft(
            requester=w.member(cell),
            organisation=w.organisation(cell),
            project=w.projects[cell],
            scenes=[w.scene.pk],
            aoi=AREA,
            title="Dunes",
            justification="essai",
        )
        if state != "draft":
            order = submission.submit_order(order=order, actor=order.requester)
        if state == "in_review":
            order = review.start_review(order=order, actor=w.dora)
        return order

    return prepared


def on_order(state: str, **data: Any) -> dict[str, Callable[[World], Case]]:
    """Both cells of a page of an order."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            order = order_in(state, cell)(w)
            return Case((order.reference,), {"version": order.version, **data})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def decision_on_order(cell: str) -> Callable[[World], Case]:
    """The approval of an order, out of an envelope that can pay."""

    def prepared(w: World) -> Case:
        order = order_in("in_review", cell)(w)
        pays = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        data = {"version": order.version, "envelope": pays.pk, "reason": "essai", "decision": "approve"}
        return Case((order.reference,), data)

    return prepared


def order_form(w: World, **more: Any) -> dict[str, Any]:
    """What an order says."""
    return {
        "scene": w.scene.pk,
        "aoi": json.dumps(mapping(AREA)),
        "title": "Dunes",
        "organisation": w.cast.institute.pk,
        "project": w.projects[HOME].pk,
        "justification": "essai",
        "step": "save",
        **more,
    }


def edited_order(cell: str) -> Callable[[World], Case]:
    """A draft, written anew."""

    def prepared(w: World) -> Case:
        order = order_in("draft", cell)(w)
        owner = {"organisation": order.organisation_id, "project": order.project_id}
        return Case((order.reference,), order_form(w, version=order.version, **owner))

    return prepared


def ticket(w: World) -> Case:
    """A link of Alice: whoever holds it has what she has."""
    _ticket, token, _paths = issue_ticket(person=w.cast.alice, assets=[w.asset], project=None, at=clock.now())
    return Case((token, w.asset.file_name))


def stale_ticket(w: World) -> Case:
    """A link of Alice after her right was suspended."""
    case = ticket(w)
    held = Entitlement.objects.get(organisation=w.cast.institute, licence=w.cast.licences["pleiades-uia"])
    suspend_entitlement(entitlement=held, cause="inquiry", words="essai", actor=w.dora)
    return case


def api_key(owner: str) -> Callable[[World], Case]:
    """A key: Alice's own, or the institute's, which its référents look after."""

    def prepared(w: World) -> Case:
        mine = (
            {"actor": w.cast.alice} if owner == "person" else {"actor": w.cast.remi, "organisation": w.cast.institute}
        )
        client, _credentials = key_of(**mine)
        return Case((client.pk,), {"version": client.version})

    return prepared


def copy_of_data(w: World) -> Case:
    """The copy of Alice's data, ready."""
    ready = {"ready_at": clock.now(), "expires_at": clock.now() + timedelta(days=7)}
    key = {"storage_key": "private/exports/a.zip", "sha256": "0" * 64}
    return Case((DataExport.objects.create(person=w.cast.alice, **ready, **key).pk,))


def asked_erasure(w: World) -> Case:
    """The erasure that Alice asked for."""
    return Case((ask_erasure(person=w.cast.alice).pk,))


def of_organisation(cell: str, find: Callable[[World, str], int]) -> Callable[[World], Case]:
    """Something of an organisation that the API shows."""
    return lambda w: Case((find(w, cell),))


def spoken(cells: Mapping[str, Callable[[World], Case]], code: str = "") -> dict[str, Callable[[World], Case]]:
    """The same adhesions, decided on by a program: reason, words and the version in JSON."""

    def prepared(prepare: Callable[[World], Case]) -> Callable[[World], Case]:
        def case(w: World) -> Case:
            args = prepare(w).args
            version = Adhesion.objects.get(pk=args[0]).version
            return Case(args, {"reason_code": code, "words": "Dossier complet.", "version": version}, json=True)

        return case

    return {cell: prepared(prepare) for cell, prepare in cells.items()}


def right_number(w: World, cell: str) -> int:
    """A right of the organisation."""
    return Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("pk").pk


def project_number(w: World, cell: str) -> int:
    """A project of the organisation."""
    return w.projects[cell].pk


def new_key(w: World) -> Case:
    """A key of one's own that ends tonight."""
    return Case((), {"name": "QGIS", "scopes": ["rights:read"], "expires_on": clock.today().isoformat()})


def other_account(w: World) -> Case:
    """What an administrator may write of an account: here, that Bob's is closed."""
    bob = w.cast.bob
    return Case((bob.pk,), {"name": bob.name, "language": "fr", "office_role": "none"})


Cells = dict[str, Callable[[World], Case]]


def both(make: Callable[..., Callable[[World], Case]], *args: Any, **options: Any) -> Cells:
    """Both ownership cells of something that takes the cell as its last argument."""
    return {cell: make(*args, cell, **options) for cell in (HOME, ELSEWHERE)}


def nobodys(*args: Any, query: str = "", **data: Any) -> Cells:
    """The only cell of an address that belongs to nobody."""
    return {NOBODYS: lambda w: Case(args, data, query)}


TILE = ("5", "16", "11")
CELLS: dict[str, Cells] = {
    "set_language": nobodys(language="en"),
    "account_login": nobodys(login="bob@example.org", password=PASSWORD),
    "account_signup": nobodys(
        email="new@example.org", name="Nina Neuve", password1="regarder-la-terre", password2="regarder-la-terre"
    ),
    "account_email": nobodys(email="second@example.org", action_add="1"),
    "account_confirm_email": nobodys("not-a-key"),
    "account_reset_password": nobodys(email="alice@example.org"),
    "account_reset_password_from_key": nobodys("1", "not-a-key"),
    "account_request_login_code": nobodys(email="alice@example.org"),
    "mfa_edit_webauthn": nobodys(1),
    "mfa_remove_webauthn": nobodys(1),
    "account_change_password": nobodys(
        oldpassword=PASSWORD, password1="regarder-la-terre-2", password2="regarder-la-terre-2"
    ),
    "api:item": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "api:project": {cell: of_organisation(cell, project_number) for cell in (HOME, ELSEWHERE)},
    "api:entitlement": {cell: of_organisation(cell, right_number) for cell in (HOME, ELSEWHERE)},
    "api:decisions": {NOBODYS: lambda w: Case((), {"items": [{"item": w.asset.item_id}]}, json=True)},
    "api:tickets": {NOBODYS: lambda w: Case((), {"files": [{"item": w.asset.item_id, "key": w.asset.key}]}, json=True)},
    "api:adhesion": on_adhesion(in_force),
    "api:adhesion_claim": spoken(on_adhesion(submitted)),
    "api:adhesion_approve": spoken(on_adhesion(in_review)),
    "api:adhesion_refuse": spoken(on_adhesion(in_review), "unproved"),
    "api:adhesion_request_changes": spoken(on_adhesion(in_review), "unclear_use"),
    "api_keys:create": {
        NOBODYS: lambda w: Case(
            (), {"name": "QGIS", "scopes": ["rights:read"], "expires_on": clock.today().isoformat()}
        )
    },
    "api_keys:rotate": {"of Alice": api_key("person"), "of the institute": api_key("organisation")},
    "api_keys:revoke": {"of Alice": api_key("person"), "of the institute": api_key("organisation")},
    "my_data:download": {"of Alice": copy_of_data},
    "my_data:cancel": {"of Alice": asked_erasure},
    "catalogue:area": nobodys(),
    "catalogue:item": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "catalogue:item_json": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "catalogue:quicklook": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "catalogue:coverage": nobodys("spot", 2024),
    "catalogue:tiles_base": {NOBODYS: lambda w: Case(TILE)},
    "catalogue:tiles_items": {NOBODYS: lambda w: Case(TILE)},
    "catalogue:tiles_cells": {NOBODYS: lambda w: Case(("spot", "2024", *TILE))},
    "accounts:join": {NOBODYS: joining},
    "accounts:invitations": {cell: inviting(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitations_file": {cell: inviting_by_file(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitation_again": {cell: invitation_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitation_withdraw": {cell: invitation_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitation": {"with the link": invited_by_link, "wrong link": lambda w: Case(("not-a-token",))},
    "accounts:invitation_decline": {"with the link": invited_by_link, "wrong link": lambda w: Case(("not-a-token",))},
    "identity_begin": {NOBODYS: lambda w: Case(("institution",))},
    "openid_connect_callback": {NOBODYS: lambda w: Case(("institution",))},
    "identity_unlink": {NOBODYS: identity_of_alice},
    "accounts:affiliations": {cell: affiliations_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:affiliation_end": {cell: affiliation_rule_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:member_activate": both(membership, "requested"),
    "accounts:member_decline": both(membership, "requested"),
    "accounts:member_remove": both(membership, "active"),
    "accounts:member_leave": both(membership, "active"),
    "licensing:sign": {NOBODYS: personal_signature},
    "licensing:signature_withdraw": {HOME: given_signature},
    "licensing:office_licence": {NOBODYS: office_licence},
    "licensing:office_licence_settings": {NOBODYS: changed_licence},
    "licensing:office_draft_new": {NOBODYS: lambda w: office_licence(w, **TEXTS)},
    "licensing:office_draft": {NOBODYS: lambda w: licence_draft(w, **TEXTS)},
    "licensing:office_version": {NOBODYS: lambda w: licence_draft(w, version="0", confirm="on")},
    "licensing:text": {NOBODYS: lambda w: Case((w.cast.licences["charter"].versions.get().pk,))},
    "licensing:project_new": {HOME: new_project},
    "licensing:adhesion_new": {NOBODYS: opening_adhesion},
    "licensing:adhesion": on_adhesion(in_force),
    "licensing:adhesion_edit": on_adhesion(draft_of, name="Institut", country="FR", siret=siret(1), mission="autre"),
    "licensing:adhesion_preview": on_adhesion(draft_of),
    "licensing:adhesion_adopt": on_adhesion(draft_of),
    "licensing:adhesion_send": on_adhesion(draft_of, language="fr"),
    "licensing:adhesion_reissue": on_adhesion(awaiting, language="fr"),
    "licensing:adhesion_recall": on_adhesion(awaiting),
    "licensing:adhesion_resubmit": on_adhesion(sent_back),
    "licensing:adhesion_withdraw": on_adhesion(submitted),
    "licensing:adhesion_terminate": on_adhesion(in_force),
    "licensing:adhesion_renew": on_adhesion(ending),
    "licensing:evidence_add": both(upload),
    "licensing:evidence_file": both(evidence),
    "licensing:evidence_remove": both(evidence),
    "licensing:signing": by_link(ticked),
    "licensing:signing_code": by_link(lambda link: {"code": "000000"}, read=True),
    "licensing:signing_correct": by_link(corrected),
    "licensing:signing_other": by_link(lambda link: {"name": "Jean Dupont"}),
    "licensing:signing_decline": by_link(lambda link: {"reason": "essai"}),
    "licensing:review": on_adhesion(in_review),
    "licensing:review_claim": on_adhesion(submitted),
    "licensing:review_approve": verdict(in_review, "complete"),
    "licensing:review_request_changes": verdict(in_review, "other"),
    "licensing:review_refuse": verdict(in_review, "not_eligible"),
    "licensing:review_suspend": verdict(in_force, "inquiry"),
    "licensing:review_resume": verdict(suspended, "settled"),
    "licensing:revocation_notice": verdict(in_force, "breach"),
    "licensing:revocation_confirm": both(noticed, answered=True),
    "licensing:revocation_drop": both(noticed, answered=True),
    "licensing:revocation_answer": both(noticed),
    "licensing:decision": both(refused),
    "licensing:decision_pdf": both(refused),
    "licensing:remark": on_adhesion(in_review, words="essai"),
    "licensing:message": on_adhesion(in_review, words="essai"),
    "licensing:change_answer": both(change_asked),
    "licensing:opinion_ask": both(question),
    "licensing:opinion": {"asked of CNES": asked("cnes"), "asked of Airbus DS": asked("airbus")},
    "licensing:opinion_withdraw": {"asked of CNES": asked("cnes"), "asked of Airbus DS": asked("airbus")},
    "licensing:entitlement_suspend": both(right),
    "licensing:suspension_lift": both(cause),
    "licensing:certificate": {**both(certificate), "with the key": certificate(HOME, key=True)},
    "licensing:certificate_pdf": {**both(certificate), "with the key": certificate(HOME, key=True)},
    "orders:gateway": {
        "link of Alice": ticket,
        "her right rests": stale_ticket,
        "unknown link": lambda w: Case(("not-a-token", "image.tif")),
    },
    "orders:download": {NOBODYS: lambda w: Case((w.asset.item_id, w.asset.key))},
    "orders:new": {HOME: lambda w: Case((), order_form(w), query=f"scene={w.scene.pk}")},
    "orders:detail": on_order("submitted"),
    "orders:edit": both(edited_order),
    "orders:submit": on_order("draft"),
    "orders:cancel": on_order("submitted", reason="essai"),
    "orders:review": both(decision_on_order),
    "orders:claim": on_order("submitted"),
    "demo:mail": {NOBODYS: lambda w: Case((SentMail.objects.get().pk,))},
    "demo:switch": nobodys(login="bob@example.org", password=PASSWORD),
    "admin:app_list": nobodys("licensing"),
    "admin:view_on_site": nobodys(1, 1),
    "admin:login": nobodys(username="admin@dinamis.example", password=PASSWORD),
    "admin:password_change": nobodys(
        old_password=PASSWORD, new_password1="regarder-la-terre-2", new_password2="regarder-la-terre-2"
    ),
    "admin:accounts_user_change": {NOBODYS: other_account},
}
