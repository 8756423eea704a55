# SPDX-License-Identifier: AGPL-3.0-or-later

from django.http import HttpRequest

from dinamis.accounts.models import User


class SignedIn(HttpRequest):
    """A request that `login_required` let through."""

    user: User
