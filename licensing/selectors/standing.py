# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of what rests or threatens an adhesion in force: causes of its suspension, a revocation under way."""

from licensing.models import Adhesion, AdhesionSuspension, Revocation
from licensing.transitions import UNDER_WAY


def open_causes(adhesion: Adhesion) -> list[AdhesionSuspension]:
    """Return the causes for which the adhesion rests now, oldest first."""
    return list(adhesion.causes.filter(lifted_at__isnull=True).select_related("began_by"))


def open_revocation(adhesion: Adhesion) -> Revocation | None:
    """Return the revocation under way, if there is one."""
    return adhesion.revocations.filter(state__in=UNDER_WAY).select_related("noticed_by", "answered_by").first()
