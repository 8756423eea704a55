# SPDX-License-Identifier: AGPL-3.0-or-later
"""Predicates on (user, object). Four eyes: a moderator decides neither on themselves nor on their organisations."""

from typing import Any

import rules

from dinamis.accounts.enums import MemberRole, MembershipState, OfficeRole
from dinamis.accounts.rules import (
    is_administrator,
    is_member_of_organisation,
    is_moderator,
    is_referent_of_organisation,
)


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
    """The person filed the adhesion and has not been référent of the organisation since without being it still."""
    if obj is None or obj.referent_id != user.pk:
        return False
    led = user.memberships.filter(organisation_id=obj.organisation_id, role=MemberRole.REFERENT)
    past = led.filter(state=MembershipState.ENDED, active_from__isnull=False)
    return not past.exists() or led.exclude(state=MembershipState.ENDED).exists()


@rules.predicate
def owns_project(user: Any, project: Any) -> bool:
    """The person describes the project and still belongs to its organisation."""
    return bool(project is not None and project.owner_id == user.pk and is_member_of_organisation(user, project))


@rules.predicate
def is_opinion_giver(user: Any) -> bool:
    """The person gives the opinions of CNES or of Airbus DS."""
    return bool(user.is_active and user.office_role in {OfficeRole.OPINION_CNES, OfficeRole.OPINION_AIRBUS})


@rules.predicate
def speaks_for_body(user: Any, opinion: Any) -> bool:
    """The person speaks for the body this opinion is asked of."""
    return bool(opinion is not None and user.is_active and user.office_role == f"opinion_{opinion.body}")


@rules.predicate
def has_part_in_block(user: Any, block: Any) -> bool:
    """The block is on the person, on an organisation of theirs or a member of one, or on a document of one."""
    if block is None:
        return False
    if block.person_id == user.pk:
        return True
    mine = user.memberships.exclude(state=MembershipState.ENDED)
    if block.organisation_id is not None:
        filed = user.adhesions_filed.filter(organisation_id=block.organisation_id)
        return bool(mine.filter(organisation_id=block.organisation_id).exists() or filed.exists())
    if block.person_id is not None:
        theirs = block.person.memberships.exclude(state=MembershipState.ENDED)
        return bool(mine.filter(organisation__in=theirs.values("organisation")).exists())
    named = {"evidence__sha256": block.document_sha256}
    return bool(
        user.adhesions_filed.filter(**named).exists()
        or mine.filter(organisation__adhesions__evidence__sha256=block.document_sha256).exists()
    )


rules.add_perm("licensing.moderate", is_moderator)
rules.add_perm("licensing.decide", is_moderator & ~belongs_to_organisation)
rules.add_perm("licensing.file", filed | is_referent_of_organisation)
rules.add_perm("licensing.view_adhesion", is_moderator | filed | is_referent_of_organisation)
rules.add_perm("licensing.publish", is_administrator | is_moderator)
rules.add_perm("licensing.suspend_entitlement", is_moderator & ~belongs_to_organisation)
rules.add_perm("licensing.block", is_moderator & ~has_part_in_block)
rules.add_perm("licensing.lead_project", owns_project | is_referent_of_organisation)
rules.add_perm("licensing.opine", is_opinion_giver)
rules.add_perm("licensing.give_opinion", speaks_for_body & ~belongs_to_organisation)
rules.add_perm(
    "licensing.declare_representative", is_referent_of_organisation | (is_moderator & ~belongs_to_organisation)
)
rules.add_perm("licensing.withdraw_representative", filed | is_referent_of_organisation)
rules.add_perm("licensing.end_organisation", is_moderator & ~belongs_to_organisation)
