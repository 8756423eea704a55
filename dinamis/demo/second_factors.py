# SPDX-License-Identifier: AGPL-3.0-or-later
"""The authenticator applications of the demo's office people: enrolled like any other, their secrets known to all."""

import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings

from dinamis.accounts.models import User
from dinamis.accounts.selectors.second_factor import has_second_factor
from dinamis.demo.people import PEOPLE


def load_second_factors() -> int:
    """Enrol the office people who have no second factor; returns how many."""
    office = User.objects.filter(office_role__in=settings.DINAMIS["SECOND_FACTOR_ROLES"], email__in=_addresses())
    missing = [user for user in office if not has_second_factor(user)]
    for user in missing:
        TOTP.activate(user, generate_totp_secret())
    return len(missing)


def _addresses() -> list[str]:
    return [person.email for person in PEOPLE]


def secrets_by_address() -> dict[str, str]:
    """The secret of each authenticator application of the cast, in Base32, by e-mail address."""
    found = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__email__in=_addresses())
    return {one.user.email: decrypt(one.data["secret"]) for one in found.select_related("user").order_by("user_id")}


def document() -> dict[str, str]:
    """The secrets as var/demo.json gives them: by account, as `accounts` names it, and by address."""
    secrets = secrets_by_address()
    by_account = {person.key: secrets[person.email] for person in PEOPLE if person.email in secrets}
    return by_account | secrets


def codes() -> dict[str, str]:
    """What each application shows now, by e-mail address (RFC 6238)."""
    counter = int(time.time()) // app_settings.TOTP_PERIOD
    return {address: format_hotp_value(hotp_value(secret, counter)) for address, secret in secrets_by_address().items()}
