# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures every test may use."""

import uuid
from copy import deepcopy

import pytest

import dinamis.celery  # noqa: F401  (shared tasks need the configured application)
from tests.languages import in_no_language  # noqa: F401  (a fixture)


@pytest.fixture(autouse=True)
def _french():
    """Start every test in the site's own language."""
    from django.utils import translation

    with translation.override("fr"):
        yield


@pytest.fixture(autouse=True)
def _own_head_of_the_chain(settings, tmp_path_factory):
    """What is noted outside the database belongs to one test, as its rows do."""
    settings.EVIDENCE_HEAD = tmp_path_factory.getbasetemp() / f"head-{uuid.uuid4().hex}"


@pytest.fixture(scope="session", autouse=True)
def _force_login_is_a_whole_sign_in():
    """Let `client.force_login` stand for the whole sign-in: password, and the second factor where one is enrolled."""
    from allauth.account.internal.flows.login import get_authentication_records, record_authentication
    from django.contrib.auth.signals import user_logged_in

    from dinamis.accounts.selectors.second_factor import has_second_factor

    def remember(sender, request, user, **kwargs):
        if get_authentication_records(request, user):
            return
        record_authentication(request, user, "password")
        if has_second_factor(user):
            record_authentication(request, user, "mfa", type="totp")

    user_logged_in.connect(remember)
    yield
    user_logged_in.disconnect(remember)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_blocker):
    """A test database for each who works side by side (PYTEST_DB_SUFFIX) and each process, copied from one template."""
    import os

    from django.conf import settings

    from tests import template

    suffix = os.environ.get("PYTEST_DB_SUFFIX", "")
    worker = getattr(request.config, "workerinput", {}).get("workerid", "")
    name = "_".join(part for part in ("test_dinamis", suffix, worker) if part)
    with django_db_blocker.unblock():
        copied = {"NAME": name, "TEMPLATE": template.migrated(), "MIGRATE": False}
    settings.DATABASES["default"].setdefault("TEST", {}).update(copied)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database of pytest-django, as young as if it had been migrated now."""
    from tests import template

    with django_db_blocker.unblock():
        template.as_just_migrated()


@pytest.fixture(scope="session", autouse=True)
def _what_was_committed_goes():
    """A test that commits leaves the tables as in a new database, in a tenth of the time that `flush` takes."""
    from django.test import TransactionTestCase

    from tests import template

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: template.empty())
        yield


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker):
    """Rows that fixtures of a module write are there for each of its tests, and gone after the last.

    The transaction of each test is a savepoint of this one. Not for modules whose tests commit (`transaction=True`).
    """
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def gathered(module_rows):
    """Everybody, with their rights: written once for a module."""
    from tests.cast import gather

    return gather()


@pytest.fixture
def cast(db, gathered):
    """Everybody as gathered: what a test changes is its own."""
    return deepcopy(gathered)
