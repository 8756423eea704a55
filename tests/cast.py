# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people of the tests: Alice, Bob and their référent Rémi, Charlie elsewhere, a contractor, Dora of the office."""

from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile

from dinamis.accounts.enums import MemberRole, OfficeRole
from dinamis.accounts.models import Organisation, User
from dinamis.core import clock
from dinamis.core.actors import Reason
from licensing.enums import EligibilityClass, Purpose
from licensing.models import Adhesion, Licence, RepresentativeChange
from licensing.selectors.adhesion import Matter, texts_due
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.opinion import give_opinion
from licensing.services.representative_change import Declared, declare_change
from licensing.services.tokens import code_of
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership, siret

REASON = Reason("complete", "Dossier complet.")


@dataclass(frozen=True)
class Cast:
    """Everybody, with their organisations in force; licences by code."""

    alice: User
    bob: User
    charlie: User
    dora: User
    admin: User
    remi: User
    contractor: User
    institute: Organisation
    university: Organisation
    company: Organisation
    licences: dict[str, Licence]


def sign(matter: Matter) -> Matter:
    """The legal representative, of today or the next, reads everything, types the code and signs."""
    link = matter.signing_links.get(used_at=None, revoked_at=None)
    verbs.request_signing_code(link=link)
    link.refresh_from_db()
    texts = [verbs.TextAccepted(version.pk, "fr", version.sha256_fr) for version in texts_due(matter)]
    return verbs.sign_adhesion(
        link=link,
        code=code_of(link),
        typed_name=matter.legal_representative_name,
        acceptances=texts,
        ip="192.0.2.7",
        user_agent="tests",
    )


def signed_adhesion(
    referent: User, name: str, number: int, eligibility_class: str, *, country: str = "FR", **answers: str
) -> Adhesion:
    """An adhesion on the office's desk."""
    identity = {"siret": siret(number)} if country == "FR" else {"country": country}
    adhesion = verbs.open_adhesion(
        referent=referent,
        organisation=verbs.OrganisationData(name=name, sector="recherche", city="Montpellier", **identity),
        eligibility_class=eligibility_class,
        legal_representative=verbs.LegalRepresentative("Hélène Martin", f"direction{number}@example.org", "Directrice"),
        mission="Suivi du trait de côte.",
        answers=answers,
    )
    verbs.send_for_signature(adhesion=adhesion, actor=referent, language="fr")
    sign(adhesion)
    return Adhesion.objects.get(pk=adhesion.pk)


def foreign_adhesion(referent: User, **answers: str) -> Adhesion:
    """The adhesion of a foreign institute on the office's desk, its cooperation described."""
    adhesion = verbs.open_adhesion(
        referent=referent,
        organisation=verbs.OrganisationData(name="Institut du fleuve", country="SN", sector="recherche"),
        eligibility_class=EligibilityClass.FOREIGN_SCIENTIFIC,
        legal_representative=verbs.LegalRepresentative("Awa Ndiaye", "awa@example.org"),
        mission="Mangroves du delta.",
        answers={
            "project_title": "Mangroves",
            "project_ends_on": "2099-01-01",
            "cooperation": "Cartes.",
            "partner": "CNRS",
            "nationality_condition": "yes",
            "nationality_source": "convention",
            **answers,
        },
    )
    verbs.send_for_signature(adhesion=adhesion, actor=referent, language="en")
    sign(adhesion)
    return Adhesion.objects.get(pk=adhesion.pk)


def declare_representative(organisation: Organisation, referent: User) -> RepresentativeChange:
    """A référent declares who is to bind the organisation from today on, with a document."""
    return declare_change(
        organisation=organisation,
        actor=referent,
        declared=Declared(verbs.LegalRepresentative("Awa Ndiaye", "awa@example.org"), "departure", clock.today()),
        upload=SimpleUploadedFile("arrete.pdf", b"%PDF-1.4\n%of a test\n%%EOF\n"),
    )


def opinions_given(adhesion: Adhesion, verdict: str = "yes", **verdicts: str) -> None:
    """CNES and Airbus DS answer what they are asked; `cnes=` or `airbus=` says otherwise for one of them."""
    for opinion in adhesion.opinions.filter(state="asked"):
        giver = UserFactory(office_role=f"opinion_{opinion.body}")
        said = verdicts.get(opinion.body, verdict)
        give_opinion(opinion=opinion, actor=giver, verdict=said, words="Coopération établie.")


def admit(adhesion: Adhesion, moderator: User) -> Adhesion:
    """A moderator claims and approves."""
    verbs.claim_adhesion(adhesion=adhesion, actor=moderator)
    opinions_given(adhesion)
    adhesion.refresh_from_db()
    return verbs.approve_adhesion(adhesion=adhesion, actor=moderator, reason=REASON, expected_version=adhesion.version)


def gather() -> Cast:
    """Create everybody through the verbs. Nobody has signed a licence for themselves."""
    licences = {licence.code: licence for licence in load_licences()}
    dora = ModeratorFactory(email="dora@dinamis.example", name="Dora Office")
    admin = UserFactory(
        email="admin@dinamis.example",
        name="Ada Admin",
        office_role=OfficeRole.ADMINISTRATOR,
        is_staff=True,
        is_superuser=True,
    )
    remi = UserFactory(email="remi@example.org", name="Rémi Référent")
    rosa = UserFactory(email="rosa@example.org", name="Rosa Référente")
    boss = UserFactory(email="boss@example.com", name="Berthe Patronne")
    institute = admit(
        signed_adhesion(remi, "Institut des rivages", 1, EligibilityClass.FRENCH_INSTITUTIONAL), dora
    ).organisation
    university = admit(
        signed_adhesion(rosa, "Université du Causse", 2, EligibilityClass.FRENCH_INSTITUTIONAL), dora
    ).organisation
    company = admit(
        signed_adhesion(
            boss,
            "Géomètres associés",
            3,
            EligibilityClass.PRIVATE,
            project_title="Carte des digues",
            project_purpose=Purpose.PUBLIC_ORDER,
            project_ends_on="2099-12-31",
            contract="2026-AO-1",
            partner="Agence des digues",
        ),
        dora,
    ).organisation
    people = {
        name: UserFactory(email=f"{name}@example.org", name=full)
        for name, full in (
            ("alice", "Alice Chercheuse"),
            ("bob", "Bob Collègue"),
            ("charlie", "Charlie Ailleurs"),
            ("contractor", "Chloé Prestataire"),
        )
    }
    homes = {"alice": institute, "bob": institute, "charlie": university, "contractor": company}
    for name, organisation in homes.items():
        active_membership(people[name], organisation, MemberRole.MEMBER)
    return Cast(
        **people,
        dora=dora,
        admin=admin,
        remi=remi,
        institute=institute,
        university=university,
        company=company,
        licences=licences,
    )
