# SPDX-License-Identifier: AGPL-3.0-or-later
"""A decision is taken on what was read, for a period that was chosen; who came first is named."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dinamis.core import clock, outbox
from dinamis.core.actors import Reason
from dinamis.core.exceptions import Invalid, NotPermitted, StaleVersion
from licensing.documents import letter_facts
from licensing.models import Decision, DecisionLetter, Entitlement
from licensing.reasons import ADVERSE, REASONS
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.period import default_end, period_for
from tests.cast import REASON, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.licensing import AdhesionFactory

pytestmark = pytest.mark.django_db
NO = Reason("not_eligible", "Ce n’est pas un organisme public.")


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def adhesion(dora):
    load_licences()
    filed = signed_adhesion(UserFactory(), "Institut des rivages", 63, "french_institutional")
    verbs.claim_adhesion(adhesion=filed, actor=dora)
    return filed


def test_who_decided_meanwhile_is_named(adhesion, dora):
    read = adhesion.version
    verbs.refuse_adhesion(adhesion=adhesion, actor=dora, reason=NO, expected_version=read)
    with pytest.raises(StaleVersion) as caught:
        verbs.approve_adhesion(adhesion=adhesion, actor=ModeratorFactory(), reason=REASON, expected_version=read)
    assert caught.value.extra["acted_by"] == "Dora Office"
    assert "Dora Office" in str(caught.value)
    assert Decision.objects.count() == 1
    assert not Entitlement.objects.exists()


def test_a_withdrawn_adhesion_is_not_decided(adhesion, dora):
    read = adhesion.version
    verbs.withdraw_adhesion(adhesion=adhesion, actor=adhesion.referent)
    with pytest.raises(StaleVersion) as caught:
        verbs.approve_adhesion(adhesion=adhesion, actor=dora, reason=REASON, expected_version=read)
    assert caught.value.extra["acted_by"] == str(adhesion.referent)
    adhesion.refresh_from_db()
    assert (adhesion.state, Decision.objects.count()) == ("withdrawn", 0)


def test_who_may_not_decide_is_told_that_and_not_what_the_decision_lacks(adhesion):
    for person in (UserFactory(), adhesion.referent):
        with pytest.raises(NotPermitted):
            verbs.refuse_adhesion(
                adhesion=adhesion, actor=person, reason=Reason("", " "), expected_version=adhesion.version
            )
    adhesion.refresh_from_db()
    assert (adhesion.state, Decision.objects.count()) == ("in_review", 0)


def test_an_unknown_code_refuses_nothing(adhesion, dora):
    with pytest.raises(Invalid) as caught:
        verbs.refuse_adhesion(
            adhesion=adhesion, actor=dora, reason=Reason("because", "Voilà."), expected_version=adhesion.version
        )
    assert caught.value.pointer == "code"
    adhesion.refresh_from_db()
    assert (adhesion.state, Decision.objects.count()) == ("in_review", 0)


def test_I14_an_adverse_decision_cannot_be_written_without_code_and_recourse(adhesion, dora):
    for fields in ({"reason_code": ""}, {"recourse": {}}):
        given = {"reason_code": "other", "recourse": {"fr": "recours"}, **fields}
        for verdict in ADVERSE:
            with pytest.raises(IntegrityError), transaction.atomic():
                Decision.objects.create(
                    adhesion=adhesion, verdict=verdict, words="Non.", decided_by=dora, version_seen=1, **given
                )
    assert not Decision.objects.exists()


def test_I14_the_letter_says_why_and_how_to_contest(adhesion, dora, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    verbs.refuse_adhesion(adhesion=adhesion, actor=dora, reason=NO, expected_version=adhesion.version)
    decision = Decision.objects.get()
    facts = letter_facts(decision)
    assert facts.words == NO.words
    assert facts.recourse == settings.DINAMIS["RECOURSE"]["fr"]
    assert facts.reason == str(dict(REASONS["refuse"])["not_eligible"])
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    letter = DecisionLetter.objects.get()
    content = (tmp_path / letter.storage_key).read_bytes()
    assert content.startswith(b"%PDF")


def test_the_recourse_of_a_decision_stays_as_it_was(adhesion, dora, settings):
    verbs.refuse_adhesion(adhesion=adhesion, actor=dora, reason=NO, expected_version=adhesion.version)
    before = settings.DINAMIS["RECOURSE"]["fr"]
    settings.DINAMIS = {**settings.DINAMIS, "RECOURSE": {"fr": "autre", "en": "other"}}
    assert letter_facts(Decision.objects.get()).recourse == before


def test_an_approval_lasts_until_the_day_that_was_chosen(adhesion, dora):
    until = clock.today() + timedelta(days=400)
    approved = verbs.approve_adhesion(
        adhesion=adhesion, actor=dora, reason=REASON, expected_version=adhesion.version, until=until
    )
    end = approved.period.upper.astimezone(clock.PARIS)
    assert (end.date(), end.hour) == (until + timedelta(days=1), 0)


@pytest.mark.parametrize("days", [-1, 6 * 366])
def test_a_period_that_cannot_be_is_refused(adhesion, dora, days):
    with pytest.raises(Invalid) as caught:
        verbs.approve_adhesion(
            adhesion=adhesion,
            actor=dora,
            reason=REASON,
            expected_version=adhesion.version,
            until=clock.today() + timedelta(days=days),
        )
    assert caught.value.pointer == "until"
    adhesion.refresh_from_db()
    assert (adhesion.state, Decision.objects.count()) == ("in_review", 0)


def test_a_period_never_passes_the_end_of_the_project():
    ends_on = clock.today() + timedelta(days=100)
    adhesion = AdhesionFactory(eligibility_class="private", answers={"project_ends_on": ends_on.isoformat()})
    assert default_end(adhesion) == ends_on
    assert period_for(adhesion)[1].astimezone(clock.PARIS).date() == ends_on + timedelta(days=1)
    assert period_for(adhesion, until=ends_on)[1] == period_for(adhesion, years=3)[1]
    with pytest.raises(Invalid) as caught:
        period_for(adhesion, until=ends_on + timedelta(days=1))
    assert caught.value.code == "beyond_project"


def test_every_code_is_translated():
    for verdict, pairs in REASONS.items():
        assert len({code for code, _label in pairs}) == len(pairs), verdict
        assert all(str(label) for _code, label in pairs)
