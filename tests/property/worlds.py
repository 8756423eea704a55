# SPDX-License-Identifier: AGPL-3.0-or-later
"""Random worlds for the decision: what hypothesis draws is small integers and booleans; this writes the rows."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from dinamis.core import clock
from licensing.enums import Acceptors, Action, EligibilityClass, Purpose
from licensing.models import Acceptance, Adhesion, Block, Decision, Entitlement, Suspension
from licensing.selectors.basis import basis_of
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory
from tests.factories.catalogue import CollectionFactory, ItemFactory
from tests.factories.licensing import (
    AdhesionFactory,
    LicenceFactory,
    ProjectFactory,
    organisation_signs,
    published_version,
)

DAY = timedelta(days=1)
# How far each state of an adhesion lies along the legal way; a raw update obeys the trigger step by step.
WAY = ("awaiting_signature", "submitted", "in_review", "approved", "suspended", "revoked")
PERIODS = ((-30, 30), (-30, -1), (1, 30))

organisations = st.fixed_dictionaries(
    {
        "membership": st.sampled_from(["none", "requested", "active", "ended"]),
        "steps": st.sampled_from([0, 3, 4, 4, 4, 4, 5, 6]),
        "adhesion_period": st.sampled_from([0, 0, 0, 1]),
        "signs": st.lists(st.booleans(), min_size=2, max_size=2),
        "rights": st.lists(
            st.fixed_dictionaries(
                {
                    "licence": st.integers(0, 1),
                    "project": st.sampled_from([None, None, 0, 1]),
                    "period": st.sampled_from([0, 0, 0, 1, 2]),
                    "actions": st.sets(st.sampled_from(list(Action)), min_size=1),
                    "suspended": st.sampled_from([None, None, "running", "lifted"]),
                }
            ),
            max_size=3,
            unique_by=lambda right: (right["licence"], right["project"]),
        ),
        "blocked": st.sampled_from([False, False, False, True]),
    }
)
worlds = st.fixed_dictionaries(
    {
        "active": st.sampled_from([True, True, True, False]),
        "acceptors": st.lists(st.sampled_from(list(Acceptors)), min_size=2, max_size=2),
        "signs": st.lists(st.booleans(), min_size=2, max_size=2),
        "organisations": st.lists(organisations, min_size=1, max_size=2),
        "items": st.lists(
            st.fixed_dictionaries(
                {
                    "licence": st.integers(0, 1),
                    "embargo": st.sampled_from([None, None, -1, 1]),
                    "hold_back": st.sampled_from([None, None, (-1, 0), (1, 0), (1, 1)]),
                    "withdrawn": st.sampled_from([False, False, True]),
                }
            ),
            min_size=1,
            max_size=4,
        ),
    }
)


@dataclass
class Drawn:
    """The rows of one world."""

    person: object
    items: list
    projects: list


def build(drawn: dict) -> Drawn:
    """Write the rows of one drawn world."""
    now = clock.now()
    person = UserFactory(is_active=drawn["active"])
    licences = [LicenceFactory(acceptors=acceptors) for acceptors in drawn["acceptors"]]
    versions = [published_version(licence) for licence in licences]
    for version, signs in zip(versions, drawn["signs"], strict=True):
        if signs:
            Acceptance.objects.create(
                licence_version=version,
                capacity="self",
                person=person,
                email=person.email,
                language="fr",
                sha256=version.sha256_fr,
                typed_name=person.name,
                authenticated_by="test",
                accepted_at=now - DAY,
            )
    homes, projects = [], []
    for spec in drawn["organisations"]:
        home, own = _organisation(spec, person, licences, versions, now)
        homes.append(home)
        projects += own
    collections = [CollectionFactory(licence=licence) for licence in licences]
    items = [_item(spec, collections, homes, now) for spec in drawn["items"]]
    return Drawn(person, items, projects)


def _organisation(spec, person, licences, versions, now):
    home = OrganisationFactory()
    _membership(spec["membership"], person, home, now)
    adhesion = AdhesionFactory(organisation=home, referent=UserFactory())
    projects = [ProjectFactory(organisation=home, owner=person) for _ in range(2)]
    first, last = PERIODS[spec["adhesion_period"]]
    for step in WAY[: spec["steps"]]:
        Adhesion.objects.filter(pk=adhesion.pk).update(state=step, period=(now + first * DAY, now + last * DAY))
    decision = Decision.objects.create(
        adhesion=adhesion, verdict="approve", words="essai", decided_by=ModeratorFactory(), version_seen=0
    )
    for version, signs in zip(versions, spec["signs"], strict=True):
        if signs:
            organisation_signs(home, version, at=now - DAY)
    for right in spec["rights"]:
        _right(right, adhesion, decision, licences[right["licence"]], projects, now)
    if spec["blocked"]:
        Block.objects.create(
            organisation=home, words="essai", period=(now - DAY, now + DAY), created_by=ModeratorFactory()
        )
    return home, projects


def _membership(state, person, home, now):
    if state == "none":
        return
    membership = home.memberships.create(user=person, motivation="essai")
    rows = home.memberships.filter(pk=membership.pk)
    if state in {"active", "ended"}:
        rows.update(state="active", active_from=now - 10 * DAY)
    if state == "ended":
        rows.update(state="ended", ended_at=now - DAY)


def _right(spec, adhesion, decision, licence, projects, now):
    first, last = PERIODS[spec["period"]]
    project = None if spec["project"] is None else projects[spec["project"]]
    right = Entitlement.objects.create(
        organisation=adhesion.organisation,
        licence=licence,
        purpose=Purpose.PUBLIC_SERVICE,
        project=project,
        eligibility_class=EligibilityClass.FRENCH_INSTITUTIONAL,
        actions=sorted(spec["actions"]),
        period=(now + first * DAY, now + last * DAY),
        adhesion=adhesion,
        decision=decision,
        basis=basis_of(adhesion, decision, licence, project),
    )
    if spec["suspended"]:
        lifted = now - DAY if spec["suspended"] == "lifted" else None
        Suspension.objects.create(
            entitlement=right, cause="inquiry", words="essai", began_at=now - 2 * DAY, lifted_at=lifted
        )


def _item(spec, collections, homes, now):
    held = spec["hold_back"]
    return ItemFactory(
        collection=collections[spec["licence"]],
        embargo_until=None if spec["embargo"] is None else now + spec["embargo"] * DAY,
        hold_back_until=None if held is None else now + held[0] * DAY,
        hold_back_organisation=None if held is None else homes[min(held[1], len(homes) - 1)],
        withdrawn_at=now - DAY if spec["withdrawn"] else None,
    )
