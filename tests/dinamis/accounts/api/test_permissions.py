# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a caller must be before a view runs."""

from types import SimpleNamespace

import pytest
from allauth.account.internal.flows.login import record_authentication

from dinamis.accounts.api.permissions import Scoped, SecondFactor
from dinamis.accounts.models import ApiClient
from dinamis.core.exceptions import NotPermitted
from dinamis.core.keys import KeyForbidden
from tests.factories.accounts import ModeratorFactory

pytestmark = pytest.mark.django_db
CLOSED = SimpleNamespace(scopes=())


def request_of(user, *methods, key=None):
    """A request in a session that was opened with these methods, or with a key."""
    request = SimpleNamespace(user=user, auth=key, method="POST", session={})
    for method in methods:
        record_authentication(request, user, method)
    return request


def test_a_view_for_no_key_says_so_rather_than_naming_a_scope():
    key = ApiClient(scopes=["catalogue:read"])
    with pytest.raises(KeyForbidden) as refused:
        Scoped().has_permission(request_of(None, key=key), CLOSED)
    assert (refused.value.code, "scopes" in refused.value.extra) == ("key_forbidden", False)


def test_what_decides_on_others_wants_the_second_factor_of_this_session():
    moderator = ModeratorFactory()
    assert SecondFactor().has_permission(request_of(moderator, "password", "mfa"), CLOSED)
    with pytest.raises(NotPermitted) as refused:
        SecondFactor().has_permission(request_of(moderator, "password"), CLOSED)
    assert refused.value.code == "second_factor_required"
    with pytest.raises(KeyForbidden):
        SecondFactor().has_permission(request_of(moderator, "password", "mfa", key=ApiClient()), CLOSED)
