# SPDX-License-Identifier: AGPL-3.0-or-later
"""Restricted mode: what an organisation without a référent cannot do, and how the office hears of it."""

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition
from licensing import notifications
from licensing.selectors.restriction import restriction_of, restrictions


def refuse_restricted(organisation: Organisation) -> None:
    """Refuse to file for an admitted organisation that nobody answers for. Raises IllegalTransition."""
    if restriction_of(organisation, clock.now()) is not None:
        raise IllegalTransition(
            _("%(name)s has no référent: nothing can be filed until the office has appointed one.")
            % {"name": organisation},
            code="no_referent",
        )


def tell_office_of_restrictions() -> int:
    """Tell the office of every organisation in restricted mode, once for each time it comes to be; returns how many."""
    found = restrictions(clock.now())
    for restriction in found:
        with transaction.atomic():
            notifications.organisation_restricted(
                restriction.organisation, since=restriction.since, until=restriction.until
            )
    return len(found)
