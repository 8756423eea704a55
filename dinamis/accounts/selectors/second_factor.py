# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has a second factor."""

from allauth.mfa.models import Authenticator

from dinamis.accounts.models import User

# Recovery codes replace a lost factor; alone they are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    """Tell whether the person enrolled an authenticator application or a security key."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()
