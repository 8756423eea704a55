# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counting the figures of the public page."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from orders.models import PublicFigure, Reuse
from orders.selectors.figures.transparency import Figure, figures, new_reuses

NUMBERS = ("images", "area_m2", "spent_cents", "avoided_cents", "reuses", "median_days")


@transaction.atomic
def count_figures(*, at: datetime) -> int:
    """Write the reuses that downloads until `at` show, then all figures anew; return how many figures there are."""
    Reuse.objects.bulk_create(new_reuses(at=at), ignore_conflicts=True)
    rows = [_row(figure, at) for figure in figures(at=at)]
    PublicFigure.objects.all().delete()
    PublicFigure.objects.bulk_create(rows)
    return len(rows)


def _row(figure: Figure, at: datetime) -> PublicFigure:
    values = asdict(figure)
    del values["organisations"]
    if figure.withheld:
        values |= dict.fromkeys(NUMBERS)
    return PublicFigure(**values, counted_at=at)
