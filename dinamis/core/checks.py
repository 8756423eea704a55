# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deployment mistakes we can detect, each with an id."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Advice


@register(Tags.security, deploy=True)
def clock_is_real(**kwargs: Any) -> list[Error]:
    """E001: a movable clock outside the demonstration would let rights be dated at will."""
    if not settings.DINAMIS["CLOCK_SETTABLE"]:
        return []
    return [
        Error(
            "DINAMIS['CLOCK_SETTABLE'] is on.",
            hint="Turn it off: only the demonstration and the tests may move the clock.",
            id="dinamis.E001",
        )
    ]


@register(Tags.security, deploy=True)
def demo_is_absent(**kwargs: Any) -> list[Error]:
    """E002: the demonstration publishes its passwords."""
    if "dinamis.demo" not in settings.INSTALLED_APPS:
        return []
    return [Error("The demonstration is installed.", hint="Use dinamis.settings.prod.", id="dinamis.E002")]


@register(Tags.security, deploy=True)
def documents_are_scanned(**kwargs: Any) -> list[CheckMessage]:
    """W001: without a scanner nobody can open the documents of an adhesion, or everybody opens them unseen."""
    if settings.CLAMD_URL:
        return []
    return [
        Advice(
            "No scanner is configured: uploaded documents stay unscanned.",
            hint="Set CLAMD_URL, then run manage.py scan_evidence.",
            id="dinamis.W001",
        )
    ]
