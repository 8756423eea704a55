# SPDX-License-Identifier: AGPL-3.0-or-later
"""Worlds for the decision: one person, one organisation, one licence, everything in order unless told otherwise."""

from dataclasses import dataclass
from datetime import timedelta

from dinamis.accounts.models import Membership, User
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.transitions import apply_transition
from licensing.enums import Acceptors, Action, EligibilityClass, Purpose
from licensing.models import Adhesion, Entitlement, Licence, LicenceVersion
from licensing.selectors.decision import Allow, Deny, ResourceFacts, decide
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.licensing import (
    LicenceFactory,
    ProjectFactory,
    approved_adhesion,
    grant,
    organisation_signs,
    person_signs,
    published_version,
)

OFFICE = Reason("test", "pour l’essai")


@dataclass
class World:
    """Somebody who is allowed."""

    person: User
    membership: Membership
    adhesion: Adhesion
    licence: Licence
    version: LicenceVersion
    right: Entitlement

    def decide(self, action=Action.DOWNLOAD, project=None, at=None, **facts) -> Allow | Deny:
        """Ask about the licence of this world."""
        resource = ResourceFacts(self.licence.pk, **facts)
        return decide(self.person, action, resource, project=project, at=at or clock.now())

    def codes(self, **options) -> list[str]:
        """The codes of the refusal; empty when allowed."""
        answer = self.decide(**options)
        return [] if answer else [code.value for code in answer.codes]


def allowed_world(eligibility_class=EligibilityClass.FRENCH_INSTITUTIONAL, **options) -> World:
    """A world where download is allowed; `project=True` gives a right bound to one project."""
    person = UserFactory()
    since = clock.now() - timedelta(days=30)
    adhesion = approved_adhesion(since=since, eligibility_class=eligibility_class)
    licence = LicenceFactory(**options.get("licence", {}))
    version = published_version(licence)
    membership = active_membership(person, adhesion.organisation, active_from=since)
    purpose = options.get("purpose", Purpose.PUBLIC_SERVICE)
    project = (
        ProjectFactory(organisation=adhesion.organisation, owner=person, purpose=purpose)
        if options.get("project")
        else None
    )
    right = grant(adhesion, licence, project=project, actions=options.get("actions"), period=options.get("period"))
    organisation_signs(adhesion.organisation, version)
    if licence.acceptors in {Acceptors.PERSON, Acceptors.BOTH}:
        person_signs(person, version)
    return World(person, membership, adhesion, licence, version, right)


def move(adhesion, name):
    """Suspend, resume or revoke by somebody of the office."""
    from tests.factories.accounts import ModeratorFactory

    return apply_transition(adhesion, name, actor=Actor.person(ModeratorFactory()), reason=OFFICE)
