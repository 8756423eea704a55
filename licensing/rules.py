# SPDX-License-Identifier: AGPL-3.0-or-later
"""Predicates on (user, object). Four eyes: a moderator decides neither on themselves nor on their organisations."""

from typing import Any

import rules

from dinamis.accounts.enums import MembershipState, OfficeRole
from dinamis.accounts.rules import is_administrator, is_moderator, is_referent_of_organisation


@rules.predicate
def belongs_to_organisation(user: Any, obj: Any) -> bool:
    """The person has any open membership of the object's organisation, or filed the object."""
    if obj is None or not user.is_authenticated:
        return False
    if getattr(obj, "referent_id", None) == user.pk:
        return True
    memberships = user.memberships.exclude(state=MembershipState.ENDED)
    return bool(memberships.filter(organisation_id=obj.organisation_id).exists())


@rules.predicate
def filed(user: Any, obj: Any) -> bool:
    """The person filed the adhesion and has not left the organisation after it was admitted."""
    if obj is None or obj.referent_id != user.pk:
        return False
    own = user.memberships.filter(organisation_id=obj.organisation_id)
    left = own.filter(state=MembershipState.ENDED, active_from__isnull=False)
    return not left.exists() or own.exclude(state=MembershipState.ENDED).exists()


@rules.predicate
def is_opinion_giver(user: Any) -> bool:
    """The person gives the opinions of CNES or of Airbus DS."""
    return bool(user.is_active and user.office_role in {OfficeRole.OPINION_CNES, OfficeRole.OPINION_AIRBUS})


@rules.predicate
def speaks_for_body(user: Any, opinion: Any) -> bool:
    """The person speaks for the body this opinion is asked of."""
    return bool(opinion is not None and user.is_active and user.office_role == f"opinion_{opinion.body}")


rules.add_perm("licensing.moderate", is_moderator)
rules.add_perm("licensing.decide", is_moderator & ~belongs_to_organisation)
rules.add_perm("licensing.file", filed | is_referent_of_organisation)
rules.add_perm("licensing.view_adhesion", is_moderator | filed | is_referent_of_organisation)
rules.add_perm("licensing.publish", is_administrator | is_moderator)
rules.add_perm("licensing.suspend_entitlement", is_moderator & ~belongs_to_organisation)
rules.add_perm("licensing.opine", is_opinion_giver)
rules.add_perm("licensing.give_opinion", speaks_for_body & ~belongs_to_organisation)
