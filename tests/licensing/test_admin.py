# SPDX-License-Identifier: AGPL-3.0-or-later
"""The admin site reads: no way round the machines."""

import pytest
from django.contrib import admin
from django.urls import reverse

from dinamis.accounts.models import User
from tests.cast import gather

pytestmark = pytest.mark.django_db

# Loading the addresses takes out of the admin what libraries registered.
reverse("admin:index")
OURS = [model for model in admin.site._registry if model._meta.app_label in {"licensing", "accounts"}]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_lists_and_rows_open_and_nothing_but_persons_is_written(client, model):
    cast = gather()
    client.force_login(cast.admin)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code == 403
    row = model.objects.first()
    if row is None:
        return
    url = reverse(f"{name}_change", args=[row.pk])
    assert client.get(url).status_code == 200
    assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    if model is not User:
        assert client.post(url, {"state": "draft"}).status_code == 403


def test_forms_of_libraries_are_not_in_the_admin():
    assert {model._meta.app_label for model in admin.site._registry} <= {
        "accounts",
        "licensing",
        "orders",
        "core",
        "catalogue",
    }


def test_an_administrator_cannot_take_somebodys_address(client):
    cast = gather()
    client.force_login(cast.admin)
    url = reverse("admin:accounts_user_change", args=[cast.bob.pk])
    data = {"email": "mine@example.org", "name": "Bob", "language": "fr", "office_role": "none", "is_active": "on"}
    assert client.post(url, data).status_code == 302
    assert User.objects.get(pk=cast.bob.pk).email == "bob@example.org"
