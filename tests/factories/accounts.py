# SPDX-License-Identifier: AGPL-3.0-or-later
"""Persons, organisations, memberships."""

import factory

from dinamis.accounts.enums import MemberRole, MembershipState, OfficeRole
from dinamis.accounts.models import Membership, Organisation, User
from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.transitions import apply_transition

PASSWORD = "correct horse battery"


def siret(number: int) -> str:
    """A SIRET with a right check digit: ``number`` padded to 13 digits and completed (Luhn)."""
    head = f"{number:013d}"
    total = 0
    for position, digit in enumerate(reversed(head)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return head + str(-total % 10)


class UserFactory(factory.django.DjangoModelFactory):
    """A person without any membership."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person Number{n}")
    language = "fr"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(kwargs.pop("email"), kwargs.pop("password", PASSWORD), **kwargs)


class ModeratorFactory(UserFactory):
    """A person of the DINAMIS office."""

    email = factory.Sequence(lambda n: f"moderator{n}@dinamis.example")
    office_role = OfficeRole.MODERATOR


class OrganisationFactory(factory.django.DjangoModelFactory):
    """A French public body."""

    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Institut des essais {n}")
    country = "FR"
    siret = factory.Sequence(lambda n: siret(1000 + n))
    sector = "recherche"
    city = "Montpellier"


def active_membership(user, organisation, role=MemberRole.MEMBER, active_from=None):
    """An active membership, reached the legal way."""
    membership = Membership.objects.create(
        user=user, organisation=organisation, role=role, state=MembershipState.REQUESTED, motivation="essai"
    )
    return apply_transition(membership, "admit", actor=SYSTEM, active_from=active_from or clock.now())
