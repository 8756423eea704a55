# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures every test may use."""

import pytest

import dinamis.celery  # noqa: F401  (shared tasks need the configured application)


@pytest.fixture(autouse=True)
def _french():
    """Start every test in the site's own language."""
    from django.utils import translation

    with translation.override("fr"):
        yield
