# SPDX-License-Identifier: AGPL-3.0-or-later
"""What programs read of an organisation: who answers for it, what keeps it out, when it ends."""

from dataclasses import dataclass
from datetime import datetime

from dinamis.accounts.models import Organisation, User
from dinamis.accounts.selectors.membership import referents
from licensing.models import Block, OrganisationEnd
from licensing.selectors.block import blocks_of
from licensing.selectors.ending import end_of
from licensing.selectors.partners import Reach
from licensing.selectors.restriction import Restriction, restriction_of


@dataclass(frozen=True)
class Home:
    """An organisation as its own members and keys see it at one moment."""

    organisation: Organisation
    referents: tuple[User, ...]
    restriction: Restriction | None
    blocks: tuple[Block, ...]
    end: OrganisationEnd | None


def organisation_in(reach: Reach, pk: int) -> Organisation | None:
    """Return one of the caller's own organisations; a partner scope opens the rights of others, not this."""
    return Organisation.objects.filter(pk=pk, pk__in=reach.organisation_ids).first()


def home_of(organisation: Organisation, at: datetime) -> Home:
    """Return who answers for an organisation and what makes its rights rest or end, at `at`."""
    return Home(
        organisation,
        tuple(referents(organisation).order_by("name", "pk")),
        restriction_of(organisation, at),
        tuple(blocks_of(organisation, at)),
        end_of(organisation),
    )
