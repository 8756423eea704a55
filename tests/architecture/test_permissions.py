# SPDX-License-Identifier: AGPL-3.0-or-later
"""The table of docs/permissions.md says what each role may do: real people before real rows may do exactly that."""

import copy
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
import rules
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.db import transaction
from rules.permissions import permissions

from dinamis.accounts.enums import MemberRole, OfficeRole
from dinamis.accounts.models import Erasure, Invitation, Nomination
from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.management.commands.generate_docs import machines
from dinamis.core.permission_table import OF_THE_ROW, OTHERS, PEOPLE, holds, table
from dinamis.core.statemachine import By
from dinamis.core.transitions import can
from licensing.models import Opinion, OrganisationEnd, RepresentativeChange, Revocation
from orders.models import (
    Activation,
    Adjustment,
    CommitteeSession,
    Delivery,
    HoldBack,
    JoinRequest,
    Obligation,
    OfficeTicket,
    ProviderInvoice,
    ProviderOrder,
    Quote,
    YearClosing,
)
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.api import key_of
from tests.factories.orders import in_review, member_of, pool_of, world

pytestmark = pytest.mark.django_db
BY_PERSONS = {m.aggregate: m for m in machines() if any(By.PERSON in t.by for t in m.transitions)}


@pytest.fixture(scope="module")
def place(django_db_setup, django_db_blocker):
    """An organisation with a row of each kind; the researcher is the person concerned by all of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield everything()
        transaction.set_rollback(True)


def everything():
    w = world()
    adhesion = w.adhesion
    adhesion.referent = w.researcher
    adhesion.save()
    EmailAddress.objects.create(user=w.researcher, email=w.researcher.email, verified=True, primary=True)
    order = in_review(w)
    return w, {
        "accounts.apiclient": key_of(UserFactory(office_role=OfficeRole.ADMINISTRATOR), organisation=w.organisation)[0],
        "accounts.erasure": Erasure(person=w.researcher),
        "accounts.invitation": Invitation(organisation=w.organisation, email=w.researcher.email),
        "accounts.nomination": Nomination(organisation=w.organisation, successor=w.researcher),
        "accounts.membership": w.researcher.memberships.get(),
        "licensing.adhesion": adhesion,
        "licensing.entitlement": w.entitlement,
        "licensing.licenceversion": w.licence.versions.get(),
        "licensing.opinion": Opinion.objects.create(
            adhesion=adhesion, licence=w.licence, body="cnes", required=True, due_at=clock.now() + timedelta(days=9)
        ),
        "licensing.organisationend": OrganisationEnd(organisation=w.organisation),
        "licensing.representativechange": RepresentativeChange(
            organisation=w.organisation, adhesion=adhesion, declared_by=w.researcher
        ),
        "licensing.revocation": Revocation.objects.create(
            adhesion=adhesion, reason_code="breach", words="…", noticed_by=w.moderator, due_at=clock.now()
        ),
        "orders.activation": Activation(order=order),
        "orders.adjustment": Adjustment(envelope=w.envelope, proposed_by=w.researcher),
        "orders.committeesession": CommitteeSession(convened_by=w.moderator),
        "orders.delivery": delivery_of(order),
        "orders.holdback": HoldBack(order=order),
        "orders.obligation": Obligation(person=w.researcher, organisation=w.organisation),
        "orders.joinrequest": JoinRequest(order=order, person=w.researcher),
        "orders.officeticket": OfficeTicket(),
        "orders.order": order,
        "orders.orderitem": order.items.get(),
        "orders.pool": pool_of(w),
        "orders.providerinvoice": ProviderInvoice(recorded_by=w.researcher),
        "orders.yearclosing": YearClosing(proposed_by=w.researcher),
        "orders.quote": Quote(order=order),
        "orders.review": order.reviews.get(),
    }


def delivery_of(order):
    """What came for the order, whose review goes on: permissions ask whose it is, not where it stands."""
    line = order.items.get()
    line.provider_order = ProviderOrder.objects.create(aoi=line.aoi, provider="oneatlas", reference="X")
    line.save()
    return Delivery.objects.create(provider_order=line.provider_order)


def row_before(rows, aggregate, role):
    """The row this role is put before: an opinion on an order has a stage of its own."""
    row = rows[aggregate]
    if (aggregate, role) == ("orders.review", "CNES or Airbus DS"):
        row = copy.copy(row)
        row.stage = "cnes"
    return row


def person_as(role, w):
    """Somebody new who is that, in the organisation where the role is one of it."""
    match role:
        case "person concerned":
            return w.researcher
        case "member of the organisation":
            return member_of(w.organisation)
        case "référent":
            person = UserFactory()
            active_membership(person, w.organisation, MemberRole.REFERENT)
            return person
        case "moderator":
            return ModeratorFactory()
        case "moderator of the same organisation":
            person = ModeratorFactory()
            active_membership(person, w.organisation)
            return person
        case "CNES or Airbus DS":
            return UserFactory(office_role=OfficeRole.OPINION_CNES)
        case "administrator":
            return UserFactory(office_role=OfficeRole.ADMINISTRATOR)
    return UserFactory()


def test_every_machine_that_persons_move_is_asked_about(place):
    assert set(BY_PERSONS) == set(place[1])


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_may_do_what_the_table_says(place, role):
    w, rows = place
    person = person_as(role, w)
    said, true = {}, {}
    for aggregate, machine in BY_PERSONS.items():
        # The key of this row is the organisation's: it is no person's own.
        facts = (PEOPLE[role] | OF_THE_ROW) - ({"owns_api_client"} if aggregate == "accounts.apiclient" else set())
        for name in {transition.permission for transition in machine.transitions if transition.permission}:
            said[aggregate, name] = holds(name, facts)
            true[aggregate, name] = person.has_perm(name, row_before(rows, aggregate, role))
    assert true == said


def written() -> dict[str, dict[str, dict[str, set[str]]]]:
    """The tables of docs/permissions.md as they are committed: aggregate, state, role, the names of the arrows."""
    found, aggregate, roles = {}, "", []
    for line in (Path(settings.BASE_DIR) / "docs/permissions.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("### "):
            aggregate = line.removeprefix("### ")
        elif line.startswith("| state |"):
            roles = cells[1:]
        elif line.startswith("| ") and roles and "---" not in line:
            may = [set(cell.replace("—", "").replace(",", " ").split()) for cell in cells[1:]]
            found.setdefault(aggregate, {})[cells[0]] = dict(zip(roles, may, strict=True))
        elif line.startswith("## "):
            roles = []
    return found


def moves(row, actor):
    return {one.name for one in row.machine.leaving(row.state) if can(row, one.name, actor)}


def test_roles_may_move_what_the_committed_table_says(place):
    """Real people before real rows: not the formula of today is asked, but what was reviewed and committed."""
    w, rows = place
    people = {role: Actor.person(person_as(role, w)) for role in PEOPLE}
    for aggregate, states in written().items():
        for state, (role, actor) in product(states if aggregate in rows else (), people.items()):
            # The key of this row is the organisation's: it is no person's own.
            if (aggregate, role) != ("accounts.apiclient", "person concerned"):
                row = copy.copy(row_before(rows, aggregate, role))
                row.state = state
                assert moves(row, actor) == states[state].get(role, set()), (aggregate, state, role)


def test_what_is_no_person_moves_what_the_committed_table_says():
    tables = written()
    for machine in machines():
        for state, (kind, role) in product(machine.states, OTHERS.items()):
            row = apps.get_model(machine.aggregate)(state=state)
            declared = tables[machine.aggregate][state].get(role, set())
            assert moves(row, Actor(kind, "essai")) == declared, (machine.aggregate, state, role)


def test_nobody_of_the_office_moves_what_is_their_own():
    may = {permission for permission in permissions if holds(permission, PEOPLE["moderator"])}
    own = {name for name in may if holds(name, PEOPLE["moderator of the same organisation"])}
    assert own == {
        "licensing.moderate",
        "licensing.publish",
        "licensing.view_adhesion",
        "orders.moderate",
        # A session and an absence are nobody's organisation's; each order of an agenda is asked about for itself.
        "orders.run_session",
        "orders.declare_absence",
        # An invoice speaks of orders of many organisations; each of its differences is asked about for itself.
        "orders.decide_invoice",
        "orders.decide_closing",
    }


def test_a_cell_names_what_leaves_its_state():
    roles, rows = table(BY_PERSONS["licensing.opinion"])
    assert roles == ["moderator", "CNES or Airbus DS"]
    assert rows == [["asked", "withdraw", "give"], ["given", "", ""], ["withdrawn", "", ""]]


def test_what_is_not_a_boolean_formula_is_refused(monkeypatch):
    monkeypatch.setitem(permissions, "accounts.odd", rules.predicate(lambda: True, name="is_self < is_moderator"))
    with pytest.raises(ValueError, match="not a predicate"):
        holds("accounts.odd", ())
