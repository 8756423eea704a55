# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is recalled before a day passes. Sending twice is prevented by the key of each mail, whenever the clock says."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dinamis.core import clock
from dinamis.core.periods import last_day
from licensing import notifications
from licensing.enums import AdhesionState, RepresentativeChangeState
from licensing.models import Adhesion, RepresentativeChange, SigningLink
from licensing.services.representative_change import lapse_change


def remind_of_ends() -> int:
    """Tell référents and legal representatives that an adhesion ends in 60, 30 or 7 days; returns how many are told.

    The days are those of Paris. After an outage only the most urgent reminder is sent; a renewed adhesion has none.
    """
    days = sorted(settings.DINAMIS["END_REMINDER_DAYS"])
    ending = (
        Adhesion.objects.filter(
            state=AdhesionState.APPROVED,
            period__endswith__gt=clock.now(),
            period__endswith__lte=clock.now() + timedelta(days=days[-1] + 2),
        )
        .exclude(renewals__state=AdhesionState.APPROVED)
        .select_related("organisation", "referent")
    )
    told = 0
    for adhesion in ending:
        assert adhesion.period is not None
        left = (last_day(adhesion.period.upper) - clock.today()).days
        stage = next((limit for limit in days if left <= limit), None)
        if stage is not None:
            with transaction.atomic():
                notifications.adhesion_ends(adhesion, stage=stage, days=left)
            told += 1
    return told


def remind_signatories() -> int:
    """Send an unused link again some days before it expires, and tell the référent of one that did; returns how many.

    The link is the same: it works once, until the same moment. A change of the legal representative lapses with it.
    """
    ahead = clock.now() + timedelta(days=settings.DINAMIS["SIGNING_REMINDER_DAYS"])
    open_links = SigningLink.objects.filter(
        used_at=None,
        revoked_at=None,
        expires_at__lte=ahead,
    ).filter(
        Q(adhesion__state=AdhesionState.AWAITING_SIGNATURE)
        | Q(change__state=RepresentativeChangeState.AWAITING_SIGNATURE)
    )
    for link in open_links.select_related("adhesion__organisation", "adhesion__referent", "change"):
        with transaction.atomic():
            if link.expires_at > clock.now():
                notifications.signature_due(link)
            elif isinstance(link.matter, RepresentativeChange):
                lapse_change(link.matter)
            else:
                notifications.link_expired(link, link.matter)
    return len(open_links)
