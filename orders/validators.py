# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks of single values, shared by forms, serializers and models."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from orders.domain.doi import normalised


def validate_doi(value: str) -> None:
    """Refuse what is no DOI name."""
    if not normalised(value):
        raise ValidationError(
            _("This is no DOI. One looks like 10.5281/zenodo.123456, alone or after https://doi.org/."), code="doi"
        )
