# SPDX-License-Identifier: AGPL-3.0-or-later
"""The accounts of the demonstration: verified addresses, one password."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from dinamis.accounts.enums import OfficeRole
from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.demo.organisations import ORGANISATIONS
from dinamis.demo.people import PASSWORD, PEOPLE


def load_people() -> int:
    """Create the accounts that are missing; returns how many."""
    wanted = {person.email: person for person in PEOPLE if person.has_account}
    joined = _joining_dates()
    known = set(User.objects.values_list("email", flat=True))
    names = {person.email: person.name for person in wanted.values()} | _names()
    missing = [email for email in names if email not in known]
    # One hash for all of them: hashing is slow on purpose.
    password = make_password(PASSWORD) if missing else ""
    with transaction.atomic():
        for email in missing:
            person = wanted.get(email)
            role = person.office_role if person else OfficeRole.NONE
            user = User.objects.create(
                email=email,
                name=names[email],
                password=password,
                language=person.language if person else "fr",
                office_role=role,
                is_staff=role == OfficeRole.ADMINISTRATOR,
                is_superuser=role == OfficeRole.ADMINISTRATOR,
                date_joined=joined.get(email, clock.now() - timedelta(days=900)),
            )
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return len(missing)


def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for organisation in ORGANISATIONS:
        names[organisation.referent[1]] = organisation.referent[0]
        names |= {member.email: member.name for member in organisation.members}
    return names


def _joining_dates() -> dict[str, datetime]:
    """Everybody had an account a day before they first acted."""
    now = clock.now()
    dates = {"fanny.delorme@port-brume.example": now - timedelta(days=1)}
    for organisation in ORGANISATIONS:
        dates[organisation.referent[1]] = now - timedelta(days=organisation.days + 1)
        dates |= {member.email: now - timedelta(days=member.days + 1) for member in organisation.members}
    return dates


def user(email: str) -> User:
    """The account of an address. Raises User.DoesNotExist."""
    return User.objects.get(email=email)
