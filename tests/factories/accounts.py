# SPDX-License-Identifier: AGPL-3.0-or-later
"""Persons, organisations, memberships."""

import time

import factory
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt

from dinamis.accounts.enums import MemberRole, MembershipState, OfficeRole
from dinamis.accounts.models import Membership, Organisation, User
from dinamis.accounts.rules import needs_second_factor
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


def enrol(user) -> str:
    """Give a person an authenticator application; return its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_now(user, steps: int = 0) -> str:
    """The code a person's application shows now, or `steps` periods of 30 s later."""
    secret = decrypt(user.authenticator_set.get(type="totp").data["secret"])
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


class UserFactory(factory.django.DjangoModelFactory):
    """A person without any membership. Office people have their second factor, unless `enrolled=False`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person Number{n:05d}")
    language = "fr"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        enrolled = kwargs.pop("enrolled", True)
        user = model_class.objects.create_user(kwargs.pop("email"), kwargs.pop("password", PASSWORD), **kwargs)
        if enrolled and needs_second_factor(user):
            enrol(user)
        return user


class ModeratorFactory(UserFactory):
    """A person of the DINAMIS office."""

    email = factory.Sequence(lambda n: f"moderator{n}@dinamis.example")
    office_role = OfficeRole.MODERATOR


class OrganisationFactory(factory.django.DjangoModelFactory):
    """A French public body."""

    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Institut des essais {n:05d}")
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
