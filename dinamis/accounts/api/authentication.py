# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who calls the partner API: a program with a key, or a browser session."""

import base64
import binascii
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from dinamis.accounts.models import ApiClient
from dinamis.accounts.selectors.api_client import find_client, is_admitted
from dinamis.accounts.services.api_client import note_use
from dinamis.core import clock, keys
from dinamis.core.http import client_ip

CHALLENGE = 'Basic realm="dinamis", charset="UTF-8"'


class KeyAuthentication(BaseAuthentication):
    """HTTP Basic (access key : secret key), or the header pair `access-key` and `secret-key` that GIS tools send."""

    def authenticate(self, request: Any) -> tuple[Any, ApiClient] | None:
        """Return the person (or nobody, for the key of an organisation) and the key; None without credentials.

        Raises AuthenticationFailed for anything that is not a key in force: 401, whatever is wrong with it.
        """
        given = _pair(request)
        if given is None:
            return None
        client = None if "\x00" in "".join(given) else find_client(*given)
        at = clock.now()
        if client is None or not is_admitted(client, ip=client_ip(request), at=at):
            raise AuthenticationFailed(_("These API credentials are not valid, not any more, or not from here."))
        note_use(client, at=at)
        keys.act_as(client)
        return client.person or AnonymousUser(), client

    def authenticate_header(self, request: Any) -> str:
        """Return the challenge of a 401."""
        return CHALLENGE


def _pair(request: HttpRequest) -> tuple[str, str] | None:
    access, secret = request.headers.get("access-key"), request.headers.get("secret-key")
    if access is not None or secret is not None:
        return access or "", secret or ""
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "basic":
        raise AuthenticationFailed(_("Send the access key and the secret key by HTTP Basic."))
    try:
        access, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AuthenticationFailed(_("The Authorization header cannot be read.")) from error
    return (access, secret) if colon else (access, "")
