# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on identities of other providers: what they say is kept as observed; only a référent's rule lets it count."""

import json
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts import notifications
from dinamis.accounts.enums import IdentityOccasion, MemberRole, MembershipState, OfficeRole, RuleEffect
from dinamis.accounts.models import AffiliationEvidence, AffiliationRule, Membership, Organisation, User
from dinamis.accounts.selectors.identity import KEPT_CLAIMS, has_other_means, rules_met, scopes_of
from dinamis.accounts.selectors.membership import has_active_referent
from dinamis.accounts.sentences import VOUCHED_FOR
from dinamis.accounts.services.membership import request_membership
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.transitions import apply_transition
from dinamis.core.validation import checked


def kept(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims we keep: affiliation, home institution, ORCID iD, assurance; nothing else."""
    return {name: claims[name] for name in KEPT_CLAIMS if claims.get(name)}


def observe(
    *, user: User, provider: str, issuer: str, subject: str, claims: Mapping[str, Any], occasion: str
) -> AffiliationEvidence:
    """Keep what a provider said of a person and apply the rules that référents switched on."""
    refuse_keys()
    with transaction.atomic(), acting(Actor.person(user), action=f"accounts.identity.{occasion}"):
        evidence = AffiliationEvidence.objects.create(
            user=user,
            occasion=occasion,
            provider=provider,
            issuer=issuer,
            subject=subject,
            claims=json.dumps(kept(claims), sort_keys=True, ensure_ascii=False),
        )
        # The office decides on organisations: it is never drawn into one.
        if user.office_role == OfficeRole.NONE:
            for rule in rules_met(evidence):
                _apply(rule, user)
    return evidence


def _apply(rule: AffiliationRule, user: User) -> None:
    User.objects.select_for_update().get(pk=user.pk)
    known = Membership.objects.filter(user=user, organisation=rule.organisation)
    # Whoever was declined, removed, or left comes back by a référent's hand only.
    if known.filter(state=MembershipState.ENDED).exists():
        return
    membership = known.first()
    if membership is None:
        said = VOUCHED_FOR.keep(affiliation=str(rule))
        membership = request_membership(user=user, organisation=rule.organisation, motivation=said)
    waits = membership.state == MembershipState.REQUESTED and membership.role == MemberRole.MEMBER
    if waits and rule.effect == RuleEffect.ACTIVATE and has_active_referent(rule.organisation):
        active = apply_transition(membership, "vouch", actor=SYSTEM, active_from=clock.now())
        notifications.membership_activated(active)


def unlink_identity(*, identity: SocialAccount, actor: User) -> None:
    """Take an identity off the account. Raises NotPermitted for somebody else's, Invalid for the last means."""
    refuse_keys()
    with transaction.atomic(), acting(Actor.person(actor), action="accounts.identity.unlinked"):
        user = User.objects.select_for_update().get(pk=identity.user_id)
        if user.pk != actor.pk:
            raise NotPermitted(_("This identity belongs to another account."))
        if not has_other_means(user, identity):
            raise Invalid(
                _("This is your only means of signing in."),
                repair=_("Set a password first, then unlink it."),
                code="last_means",
            )
        AffiliationEvidence.objects.create(
            user=user,
            occasion=IdentityOccasion.UNLINKED,
            provider=identity.provider,
            issuer=str(identity.extra_data.get("iss", "")),
            subject=identity.uid,
            claims="{}",
        )
        identity.delete()
        notifications.identity_changed(user, identity, IdentityOccasion.UNLINKED)


def switch_on_rule(
    *, organisation: Organisation, actor: User, scope: str, affiliation: str, effect: str = RuleEffect.PROPOSE
) -> AffiliationRule:
    """Let an affiliation propose or activate members of an organisation.

    The scope must be one that the référent's own institution vouched for. Raises NotPermitted, Invalid.
    """
    refuse_keys()
    rule = AffiliationRule(
        organisation=organisation,
        scope=scope.strip().lower().lstrip("@"),
        affiliation=affiliation,
        effect=effect,
        created_by=actor,
    )
    if not actor.has_perm("accounts.set_affiliation_rule", rule):
        raise NotPermitted(_("Only a référent of the organisation may do this."))
    if rule.scope not in scopes_of(actor):
        raise Invalid(
            _("You may only name the scope of your own institution."),
            pointer="scope",
            repair=_("Link your identity of the institution to your account, then come back."),
            code="foreign_scope",
        )
    checked(rule)
    with transaction.atomic(), acting(Actor.person(actor), action="accounts.affiliation_rule.on"):
        return _saved(rule)


def _saved(rule: AffiliationRule) -> AffiliationRule:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise Invalid(_("This rule is switched on already."), pointer="affiliation", code="already_on") from error
    return rule


def switch_off_rule(*, rule: AffiliationRule, actor: User) -> None:
    """End a rule; members it made stay. Raises NotPermitted, IllegalTransition when it is off already."""
    refuse_keys()
    if not actor.has_perm("accounts.set_affiliation_rule", rule):
        raise NotPermitted(_("Only a référent of the organisation may do this."))
    with transaction.atomic(), acting(Actor.person(actor), action="accounts.affiliation_rule.off"):
        ended = AffiliationRule.objects.filter(pk=rule.pk, ended_at__isnull=True).update(ended_at=clock.now())
        if not ended:
            raise IllegalTransition(_("This rule is switched off already."))
