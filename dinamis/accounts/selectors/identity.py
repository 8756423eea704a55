# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of linked identities, of what providers said, and of the rules it may meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models import Q, QuerySet

from dinamis.accounts.models import AffiliationEvidence, AffiliationRule, User

# REFEDS "OpenID Connect attribute mapping", and the names older providers send.
AFFILIATION_CLAIMS = ("eduperson_scoped_affiliation", "eduPersonScopedAffiliation", "voperson_external_affiliation")
KEPT_CLAIMS = (
    *AFFILIATION_CLAIMS,
    "schac_home_organization",
    "schacHomeOrganization",
    "eduperson_orcid",
    "eduPersonOrcid",
    "orcid",
    "eduperson_assurance",
    "acr",
)


@dataclass(frozen=True)
class ConfiguredProvider:
    """A provider of the settings; `vouches_for` are the affiliation scopes it may speak of."""

    provider_id: str
    name: str
    vouches_for: frozenset[str]


def configured_providers() -> list[ConfiguredProvider]:
    """Return the providers people may sign in with, in the order of the settings."""
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return [
        ConfiguredProvider(app["provider_id"], app["name"], frozenset(app["settings"].get("vouches_for", ())))
        for app in apps
    ]


def provider_name(provider_id: str) -> str:
    """Return what people call a provider; its id when it is not offered any more."""
    names = {provider.provider_id: provider.name for provider in configured_providers()}
    return names.get(provider_id, provider_id)


def linked_identities(user: User) -> QuerySet[SocialAccount]:
    """Return the identities a person may sign in with, oldest first."""
    return SocialAccount.objects.filter(user=user).order_by("date_joined", "pk")


def has_other_means(user: User, identity: SocialAccount) -> bool:
    """Tell whether the person can sign in without this identity: by password, passkey, or another provider.

    A code by mail is a way back into an account, not a means of its own: an address is lost with the post.
    """
    if user.has_usable_password():
        return True
    offered = [provider.provider_id for provider in configured_providers()]
    if linked_identities(user).filter(provider__in=offered).exclude(pk=identity.pk).exists():
        return True
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN).exists()


def affiliations(claims: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the (affiliation, scope) pairs of a set of claims, small letters; what is not well formed is left out."""
    found = set()
    for name in AFFILIATION_CLAIMS:
        value = claims.get(name, ())
        for text in value.split() if isinstance(value, str) else value if isinstance(value, list) else ():
            affiliation, at, scope = str(text).strip().lower().partition("@")
            if affiliation and at and scope and "@" not in scope:
                found.add((affiliation, scope))
    return found


def vouched_affiliations(evidence: AffiliationEvidence) -> set[tuple[str, str]]:
    """Return the affiliations whose scope the provider may speak of: a foreign scope is kept and never counts."""
    scopes: frozenset[str] = frozenset()
    for provider in configured_providers():
        if provider.provider_id == evidence.provider:
            scopes = provider.vouches_for
    return {(affiliation, scope) for affiliation, scope in affiliations(evidence.said) if scope in scopes}


def rules_met(evidence: AffiliationEvidence) -> QuerySet[AffiliationRule]:
    """Return the switched-on rules that a sign-in meets."""
    condition = Q(pk__in=())
    for affiliation, scope in vouched_affiliations(evidence):
        condition |= Q(affiliation=affiliation, scope=scope)
    return AffiliationRule.objects.filter(condition, ended_at__isnull=True).select_related("organisation")


def scopes_of(user: User) -> set[str]:
    """Return the scopes a provider has vouched for of a person: the only ones they may write a rule about."""
    return {scope for row in user.affiliation_evidence.all() for _, scope in vouched_affiliations(row)}
