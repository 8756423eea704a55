# SPDX-License-Identifier: AGPL-3.0-or-later
"""A renewal is a new adhesion: signed and decided anew, beginning where the former ends, without gap or double."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.periods import day_start, last_day
from licensing.documents import validity
from licensing.enums import Action
from licensing.models import Adhesion, Entitlement
from licensing.selectors.decision import ResourceFacts, decide
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.renewal import opens_on, renewable
from tests.cast import admit, sign, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import person_signs

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 1, 15, 9, tzinfo=UTC)
PRIVATE = {
    "project_title": "Digues",
    "project_purpose": "public_order",
    "contract": "2026-AO-1",
    "partner": "Agence des digues",
}


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


def admitted(dora, eligibility_class="french_institutional", **answers):
    with clock.at(BEGIN):
        load_licences()
        return admit(signed_adhesion(UserFactory(), "Institut", 61, eligibility_class, **answers), dora)


def renewed(former, dora, at, **answers):
    """Renew and decide at a moment."""
    with clock.at(at):
        renewal = verbs.renew_adhesion(adhesion=former, actor=former.referent)
        if answers:
            verbs.edit_adhesion(adhesion=renewal, actor=former.referent, values={"answers": answers})
        verbs.send_for_signature(adhesion=renewal, actor=former.referent)
        renewal.refresh_from_db()
        sign(renewal)
        return admit(Adhesion.objects.get(pk=renewal.pk), dora)


def allowed(person, licence, at):
    return bool(decide(person, Action.DOWNLOAD, ResourceFacts(licence.pk), project=None, at=at))


def researcher(adhesion, licence_code="pleiades-uia"):
    """A member who signed everything."""
    with clock.at(BEGIN + timedelta(days=1)):
        person = UserFactory()
        active_membership(person, adhesion.organisation)
        licence = Entitlement.objects.filter(licence__code=licence_code).first().licence
        person_signs(person, licence.versions.get(state="published"))
    return person, licence


@pytest.mark.parametrize("days", [-60, -1, 0, 10])
def test_no_gap_and_no_double(dora, days):
    former = admitted(dora)
    person, licence = researcher(former)
    end = former.period.upper
    decided = end + timedelta(days=days)
    renewal = renewed(former, dora, decided)
    assert renewal.renews == former
    assert renewal.period.lower == max(end, decided)
    assert last_day(renewal.period.upper).year == last_day(renewal.period.lower).year + 3
    rights = Entitlement.objects.filter(licence=licence, purpose="public_service")
    assert {right.state for right in rights} == {"granted"}
    tick = timedelta(microseconds=1)
    for moment, expected in (
        (end - tick, True),
        (end, days <= 0),
        (renewal.period.lower, True),
        (renewal.period.upper - tick, True),
        (renewal.period.upper, False),
    ):
        assert allowed(person, licence, moment) is expected
        holding = [right for right in rights if right.period.lower <= moment < right.period.upper]
        assert len(holding) == expected
    assert validity(renewal.certificate, at=renewal.period.lower - tick) == "scheduled"
    assert validity(renewal.certificate, at=renewal.period.lower) == "valid"
    assert validity(former.certificate, at=end) == "expired"


@pytest.mark.usefixtures("in_no_language")
def test_it_is_prefilled_and_needs_a_signature_of_its_own(dora):
    former = admitted(dora)
    with clock.at(former.period.upper - timedelta(days=30)):
        renewal = verbs.renew_adhesion(adhesion=former, actor=former.referent)
    assert (renewal.state, renewal.submitted_at, renewal.period) == ("draft", None, None)
    for name in ("organisation", "legal_representative_name", "legal_representative_email", "mission", "answers"):
        assert getattr(renewal, name) == getattr(former, name)
    with pytest.raises(IllegalTransition):
        verbs.renew_adhesion(adhesion=former, actor=former.referent)
    verbs.withdraw_adhesion(adhesion=renewal, actor=former.referent)
    with clock.at(former.period.upper - timedelta(days=29)):
        verbs.renew_adhesion(adhesion=former, actor=former.referent)
    assert former.renewals.count() == 2


def test_not_too_early_not_by_strangers_not_when_suspended(dora):
    former = admitted(dora)
    first = day_start(opens_on(former))
    assert not renewable(former, first - timedelta(seconds=1))
    assert renewable(former, first)
    with clock.at(first - timedelta(seconds=1)), pytest.raises(Invalid) as caught:
        verbs.renew_adhesion(adhesion=former, actor=former.referent)
    assert caught.value.code == "too_early"
    with clock.at(first):
        with pytest.raises(NotPermitted):
            verbs.renew_adhesion(adhesion=former, actor=UserFactory())
        from tests.licensing.worlds import move

        move(former, "suspend")
        with pytest.raises(IllegalTransition):
            verbs.renew_adhesion(adhesion=former, actor=former.referent)
    assert Adhesion.objects.count() == 1


def test_a_contract_that_goes_on(dora):
    former = admitted(dora, "private", **PRIVATE, project_ends_on="2026-06-30")
    assert last_day(former.period.upper).isoformat() == "2026-06-30"
    with clock.at(former.period.upper - timedelta(days=5)):
        renewal = verbs.renew_adhesion(adhesion=former, actor=former.referent)
        assert "project_ends_on" not in renewal.answers
        verbs.withdraw_adhesion(adhesion=renewal, actor=former.referent)
    renewal = renewed(former, dora, former.period.upper - timedelta(days=4), project_ends_on="2027-03-31")
    assert (renewal.period.lower, last_day(renewal.period.upper).isoformat()) == (former.period.upper, "2027-03-31")
    rights = Entitlement.objects.order_by("period")
    assert {right.project.ends_on.isoformat() for right in rights} == {"2027-03-31"}
    assert {right.period.upper for right in rights} == {former.period.upper, renewal.period.upper}


def test_two_approved_adhesions_of_a_class_never_overlap(dora):
    former = admitted(dora)
    renewal = renewed(former, dora, former.period.upper - timedelta(days=9))
    with pytest.raises(IntegrityError), transaction.atomic():
        Adhesion.objects.filter(pk=renewal.pk).update(period=former.period)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adhesion.objects.filter(pk=renewal.pk).update(renews=None)


def test_the_page_offers_it_in_time(dora):
    former = admitted(dora)
    client = Client()
    with clock.at(former.period.upper - timedelta(days=120)):
        client.force_login(former.referent)
        url = reverse("licensing:adhesion_renew", args=[former.pk])
        assert url not in client.get(reverse("licensing:adhesion", args=[former.pk])).content.decode()
        assert client.post(url).status_code == 302
    assert Adhesion.objects.count() == 1
    with clock.at(former.period.upper - timedelta(days=20)):
        client.force_login(former.referent)
        assert url in client.get(reverse("licensing:adhesion", args=[former.pk])).content.decode()
        renewal_page = client.post(url).url
        renewal = former.renewals.get()
        assert renewal_page == reverse("licensing:adhesion_edit", args=[renewal.pk])
        page = client.get(renewal_page)
        assert page.status_code == 200
        kept = {name: field.initial or "" for name, field in page.context["form"].fields.items()}
        data = {name: page.context["form"].initial.get(name, value) for name, value in kept.items()}
        assert client.post(renewal_page, data | {"mission": "Dunes."}).status_code == 302
        renewal.refresh_from_db()
        assert renewal.mission == "Dunes."
