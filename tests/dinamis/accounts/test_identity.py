# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules by which an affiliation counts: the référent's, about their own institution, off by default; and evidence."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from dinamis.accounts.models import AffiliationEvidence, AffiliationRule
from dinamis.accounts.services.identity import observe, switch_off_rule, switch_on_rule, unlink_identity
from dinamis.accounts.services.membership import leave, request_membership
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db
SCOPE = "univ-causse.fr"


@pytest.fixture(autouse=True)
def institution(settings):
    app = {"provider_id": "institution", "name": "Causse", "settings": {"vouches_for": [SCOPE]}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}


def says(user, *values, provider="institution"):
    """The provider says these scoped affiliations of somebody who signs in."""
    return observe(
        user=user,
        provider=provider,
        issuer="https://id.example",
        subject=f"s{user.pk}",
        claims={"eduperson_scoped_affiliation": list(values)},
        occasion="signed_in",
    )


@pytest.fixture
def home():
    return OrganisationFactory()


@pytest.fixture
def referent(home):
    person = UserFactory()
    active_membership(person, home, role="referent")
    says(person, f"employee@{SCOPE}")
    return person


def on(home, referent, effect="activate", **other):
    return switch_on_rule(
        **{"organisation": home, "actor": referent, "scope": SCOPE, "affiliation": "member", "effect": effect, **other}
    )


def test_by_default_nothing_counts(home, referent):
    alice = UserFactory()
    says(alice, f"member@{SCOPE}")
    assert not alice.memberships.exists()


def test_only_a_referent_switches_a_rule_on_or_off(home, referent):
    for actor in (UserFactory(), ModeratorFactory()):
        says(actor, f"employee@{SCOPE}")
        with pytest.raises(NotPermitted):
            on(home, actor)
    assert not AffiliationRule.objects.exists()
    rule = on(home, referent)
    with pytest.raises(NotPermitted):
        switch_off_rule(rule=rule, actor=UserFactory())
    rule.refresh_from_db()
    assert rule.ended_at is None


@pytest.mark.parametrize("scope", ["elsewhere.fr", "", "fr", "sub.univ-causse.fr", "univ-саusse.fr"])
def test_a_referent_names_the_scope_of_their_own_institution_only(home, referent, scope):
    with pytest.raises(Invalid) as caught:
        on(home, referent, scope=scope)
    assert (caught.value.pointer, caught.value.code) == ("scope", "foreign_scope")
    assert caught.value.repair
    assert not AffiliationRule.objects.exists()


def test_a_scope_the_provider_may_not_speak_of_allows_no_rule(home, referent):
    says(referent, "employee@elsewhere.fr")
    says(referent, "employee@elsewhere.fr", provider="orcid")
    with pytest.raises(Invalid):
        on(home, referent, scope="elsewhere.fr")


def test_the_same_rule_is_switched_on_once(home, referent):
    on(home, referent)
    with pytest.raises(Invalid, match=r"already|déjà"):
        on(home, referent, effect="propose")
    assert AffiliationRule.objects.count() == 1


def test_alum_is_no_affiliation_a_rule_may_rest_on(home, referent):
    with pytest.raises(Invalid) as caught:
        on(home, referent, affiliation="alum")
    assert caught.value.pointer == "affiliation"


@pytest.mark.usefixtures("in_no_language")
def test_a_rule_switched_off_meets_nobody_and_members_stay(home, referent):
    rule = on(home, referent)
    alice, bob = UserFactory(), UserFactory()
    says(alice, f"member@{SCOPE}")
    switch_off_rule(rule=rule, actor=referent)
    with pytest.raises(IllegalTransition):
        switch_off_rule(rule=rule, actor=referent)
    says(bob, f"member@{SCOPE}")
    assert alice.memberships.get().state == "active"
    assert not bob.memberships.exists()


def test_an_open_request_is_activated_and_who_left_is_not_brought_back(home, referent):
    on(home, referent)
    asked, left = UserFactory(), UserFactory()
    request_membership(user=asked, organisation=home, motivation="Thèse.")
    leave(membership=active_membership(left, home), actor=left)
    says(asked, f"member@{SCOPE}")
    says(left, f"member@{SCOPE}")
    assert asked.memberships.get().state == "active"
    assert left.memberships.get().state == "ended"


def test_a_waiting_referent_is_not_activated_by_a_rule(home, referent):
    on(home, referent)
    other = UserFactory()
    request_membership(user=other, organisation=home, motivation="Dossier.", role="referent")
    says(other, f"member@{SCOPE}")
    assert other.memberships.get().state == "requested"


def test_evidence_is_append_only_and_can_be_erased(home, referent):
    evidence = AffiliationEvidence.objects.get(user=referent)
    rows = AffiliationEvidence.objects.filter(pk=evidence.pk)
    for change in ({"issuer": "https://other"}, {"claims": "{}"}, {"user": UserFactory()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    rows.update(claims="[erased]", subject="[erased]")
    evidence.refresh_from_db()
    assert evidence.said == {}


def test_an_identity_is_unlinked_by_its_person_alone():
    alice, bob = UserFactory(), UserFactory()
    identity = SocialAccount.objects.create(user=bob, provider="institution", uid="bob", extra_data={})
    with pytest.raises(NotPermitted):
        unlink_identity(identity=identity, actor=alice)
    assert SocialAccount.objects.filter(pk=identity.pk).exists()
    assert not AffiliationEvidence.objects.exists()
    unlink_identity(identity=identity, actor=bob)
    assert not SocialAccount.objects.exists()
