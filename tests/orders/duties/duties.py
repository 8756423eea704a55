# SPDX-License-Identifier: AGPL-3.0-or-later
"""Downloads that oblige: made for an organisation of an orders world, under any of its rights."""

from datetime import timedelta

from dinamis.core import clock
from licensing.enums import EligibilityClass, Purpose
from orders.models import DownloadTicket, Obligation, TicketObject
from orders.services.duties import obligations
from tests.factories.licensing import ProjectFactory, approved_adhesion, grant
from tests.factories.orders import held_file, member_of


def downloaded(w, *, days_ago=400, person=None, project=None, entitlement=None, asset=None):
    """A file that was handed over so many days ago."""
    at = clock.now() - timedelta(days=days_ago)
    asset = asset or held_file(w)
    ticket = DownloadTicket.objects.create(
        token_sha256=f"{DownloadTicket.objects.count():064d}",
        person=person or w.researcher,
        project=project,
        issued_at=at,
        expires_at=at + timedelta(hours=8),
    )
    right = entitlement or w.entitlement
    return TicketObject.objects.create(
        ticket=ticket, asset=asset, entitlement=right, name=asset.file_name, fetched_at=at
    )


def contractor(w, *, body="", ends=-1, **fields):
    """A company working under a contract that ended a day ago, unless told: its engineer, project and right."""
    adhesion = approved_adhesion(since=clock.now() - timedelta(days=500), eligibility_class=EligibilityClass.PRIVATE)
    engineer = member_of(adhesion.organisation)
    project = ProjectFactory(
        organisation=adhesion.organisation,
        owner=engineer,
        purpose=Purpose.PUBLIC_ORDER,
        contract="M-2025-07",
        awarding_body=body,
        **fields,
    )
    period = (clock.now() - timedelta(days=400), clock.now() + timedelta(days=ends))
    return engineer, project, grant(adhesion, w.licence, project=project, period=period)


def owed_report(w):
    """A usage report of the researcher, asked just now."""
    downloaded(w)
    obligations.open_due(at=clock.now())
    return Obligation.objects.get(kind="usage_report")


def owed_certificate(w, **fields):
    """A certificate of destruction of a company, asked just now."""
    engineer, project, right = contractor(w, **fields)
    downloaded(w, person=engineer, project=project, entitlement=right, days_ago=30)
    obligations.open_due(at=clock.now())
    return Obligation.objects.get(kind="destruction")
