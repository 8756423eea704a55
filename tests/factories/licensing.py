# SPDX-License-Identifier: AGPL-3.0-or-later
"""Licences, adhesions in force, rights, signatures: built through the verbs wherever a verb exists."""

from datetime import timedelta

import factory

from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.transitions import apply_transition
from licensing.enums import Acceptors, Action, Capacity, EligibilityClass, Purpose
from licensing.models import Acceptance, Adhesion, Decision, Entitlement, Licence, Project
from licensing.selectors.basis import basis_of
from licensing.selectors.form import revision_in_force
from licensing.services.licence import accept_for_self, create_version, publish_version
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory


class LicenceFactory(factory.django.DjangoModelFactory):
    """A product licence that everybody must sign; no version yet."""

    class Meta:
        model = Licence

    code = factory.Sequence(lambda n: f"licence-{n}")
    name_fr = factory.Sequence(lambda n: f"Licence {n}")
    name_en = factory.Sequence(lambda n: f"Licence {n}")
    classes = factory.LazyFunction(lambda: list(EligibilityClass.values))
    actions = factory.LazyFunction(lambda: list(Action.values))
    purposes = factory.LazyFunction(lambda: list(Purpose.values))
    acceptors = Acceptors.BOTH


def published_version(licence, **options):
    """The next version of a licence, published now."""
    number = licence.versions.count() + 1
    version = create_version(
        licence=licence, text_fr=f"Texte {number}", text_en=f"Text {number}", actor=SYSTEM, **options
    )
    return publish_version(version=version, actor=SYSTEM)


class AdhesionFactory(factory.django.DjangoModelFactory):
    """A complete draft."""

    class Meta:
        model = Adhesion

    organisation = factory.SubFactory(OrganisationFactory)
    eligibility_class = EligibilityClass.FRENCH_INSTITUTIONAL
    referent = factory.SubFactory(UserFactory)
    form_revision = factory.LazyAttribute(lambda o: revision_in_force(o.eligibility_class, clock.now()))
    legal_representative_name = "Hélène Martin"
    legal_representative_title = "Directrice"
    legal_representative_email = "direction@example.org"
    mission = "Suivi du trait de côte."


def approved_adhesion(*, years=3, since=None, **fields):
    """An adhesion in force, with its decision; no certificate, no rights."""
    adhesion = AdhesionFactory(**fields)
    moderator = ModeratorFactory()
    start = since or clock.now()
    person = Actor.person(moderator)
    apply_transition(adhesion, "send_for_signature", actor=Actor.person(adhesion.referent))
    apply_transition(adhesion, "sign", actor=Actor.signatory("Hélène Martin"), submitted_at=start)
    apply_transition(adhesion, "start_review", actor=person)
    apply_transition(
        adhesion,
        "approve",
        actor=person,
        reason=Reason("complete", "dossier complet"),
        period=(start, start + timedelta(days=365 * years)),
    )
    adhesion.refresh_from_db()
    Decision.objects.create(
        adhesion=adhesion,
        verdict=Decision.Verdict.APPROVE,
        words="dossier complet",
        decided_by=moderator,
        version_seen=adhesion.version,
    )
    return adhesion


def grant(adhesion, licence, *, project=None, purpose=Purpose.PUBLIC_SERVICE, actions=None, period=None):
    """A right of the adhesion's organisation; the whole period of the adhesion unless told."""
    decision = adhesion.decisions.get(verdict=Decision.Verdict.APPROVE)
    return Entitlement.objects.create(
        organisation=adhesion.organisation,
        licence=licence,
        purpose=project.purpose if project else purpose,
        project=project,
        eligibility_class=adhesion.eligibility_class,
        actions=list(licence.actions if actions is None else actions),
        period=period or (adhesion.period.lower, adhesion.period.upper),
        adhesion=adhesion,
        decision=decision,
        basis=basis_of(adhesion, decision, licence, project),
    )


def organisation_signs(organisation, version, at=None):
    """The legal representative's signature, as the verb writes it."""
    return Acceptance.objects.create(
        licence_version=version,
        capacity=Capacity.LEGAL_REPRESENTATIVE,
        organisation=organisation,
        email="direction@example.org",
        language="fr",
        sha256=version.sha256_fr,
        typed_name="Hélène Martin",
        authenticated_by="test",
        accepted_at=at or clock.now(),
    )


def person_signs(person, version):
    """A person's own signature, through the verb."""
    return accept_for_self(
        person=person,
        version=version,
        typed_name=person.name,
        language="fr",
        sha256=version.sha256_fr,
        ip="192.0.2.1",
        user_agent="tests",
    )


class ProjectFactory(factory.django.DjangoModelFactory):
    """A project of an organisation."""

    class Meta:
        model = Project

    organisation = factory.SubFactory(OrganisationFactory)
    owner = factory.SubFactory(UserFactory)
    title = factory.Sequence(lambda n: f"Projet {n:05d}")
    purpose = Purpose.PUBLIC_SERVICE
