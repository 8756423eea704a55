# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reminders: once each, on the Paris day, whatever the clock does; none for what was renewed, used or replaced."""

from datetime import datetime, time, timedelta

import pytest
from django.core import mail

from dinamis.core import clock, outbox
from dinamis.core.models import OutboxMessage
from dinamis.core.periods import last_day
from licensing.models import SigningLink
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.reminders import remind_of_ends, remind_signatories
from licensing.tasks import remind
from tests.cast import sign
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.licensing import AdhesionFactory, approved_adhesion
from tests.licensing.services.test_renewal import admitted, dora, renewed  # noqa: F401

pytestmark = pytest.mark.django_db


def drive():
    for pk in outbox.due_ids():
        outbox.drive(pk)


def keys(prefix):
    return list(OutboxMessage.objects.filter(key__startswith=f"mail:{prefix}").values_list("key", flat=True))


def day_of(adhesion, days_left, hour=0, minute=0):
    """An instant of the Paris day that lies so many days before the last one."""
    day = last_day(adhesion.period.upper) - timedelta(days=days_left)
    return datetime.combine(day, time(hour, minute), tzinfo=clock.PARIS)


@pytest.mark.parametrize(("stage", "hour"), [(60, 0), (30, 12), (7, 23)])
def test_each_stage_on_its_paris_day(dora, stage, hour):  # noqa: F811
    adhesion = admitted(dora)
    with clock.at(day_of(adhesion, stage + 1, 23, 59)):
        remind_of_ends()
    before = [key for key in keys("adhesion_ends") if f":{stage}:" in key]
    assert before == []
    for _again in range(3):
        with clock.at(day_of(adhesion, stage, hour)):
            remind_of_ends()
    told = [key for key in keys("adhesion_ends") if f":{stage}:" in key]
    assert len(told) == 2, "the référent and the legal representative"


def test_the_whole_life_is_told_three_times_and_back_in_time_nothing_more(dora):  # noqa: F811
    adhesion = admitted(dora)
    second = UserFactory()
    active_membership(second, adhesion.organisation, role="referent")
    days = [*range(70, -3, -1), *range(-2, 70, 9)]
    for left in days:
        with clock.at(day_of(adhesion, left, 8)):
            remind_of_ends()
    assert len(keys("adhesion_ends")) == 9
    with clock.at(adhesion.period.upper + timedelta(days=9)):
        drive()
    french = [message for message in mail.outbox if "prend fin" in message.subject]
    assert len(french) == 9
    signatory = [adhesion.legal_representative_email]
    assert all(("http" in message.body) == (message.to != signatory) for message in french)


def test_after_an_outage_only_the_most_urgent(dora):  # noqa: F811
    adhesion = admitted(dora)
    with clock.at(day_of(adhesion, 3)):
        remind_of_ends()
    assert len(keys("adhesion_ends")) == 2
    assert all(":7:" in key for key in keys("adhesion_ends"))


def test_none_for_what_is_renewed_or_over(dora):  # noqa: F811
    adhesion = admitted(dora)
    with clock.at(adhesion.period.upper):
        assert remind_of_ends() == 0
    renewed(adhesion, dora, day_of(adhesion, 50))
    with clock.at(day_of(adhesion, 20)):
        assert remind_of_ends() == 0
    assert keys("adhesion_ends") == []


def sent(at):
    with clock.at(at):
        adhesion = AdhesionFactory()
        verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
        drive()
    mail.outbox.clear()
    return SigningLink.objects.get(adhesion=adhesion)


def test_the_signatory_is_reminded_once_with_the_same_link_and_the_referent_told_once():
    load_licences()
    began = clock.now()
    link = sent(began)
    for days in (1, 9):
        with clock.at(began + timedelta(days=days)):
            assert remind_signatories() == 0
    for hours in (0, 1, 30, -1):
        with clock.at(began + timedelta(days=10, hours=hours)):
            remind()
            drive()
    assert [message.to for message in mail.outbox] == [[link.email]]
    assert "/signature/" in mail.outbox[0].body
    for hours in (0, 5):
        with clock.at(link.expires_at + timedelta(hours=hours)):
            remind()
            drive()
    assert [message.to for message in mail.outbox[1:]] == [[link.adhesion.referent.email]]
    link.refresh_from_db()
    assert (link.used_at, link.revoked_at) == (None, None)


def test_a_used_or_replaced_link_is_not_recalled():
    load_licences()
    began = clock.now()
    used, replaced = sent(began), sent(began)
    sign(used.adhesion)
    with clock.at(began + timedelta(days=1)):
        verbs.reissue_link(adhesion=replaced.adhesion, actor=replaced.adhesion.referent)
    mail.outbox.clear()
    with clock.at(began + timedelta(days=10, hours=1)):
        assert remind_signatories() == 0


def test_an_adhesion_without_a_referent_is_still_recalled_to_who_filed_it():
    adhesion = approved_adhesion()
    with clock.at(day_of(adhesion, 7)):
        remind_of_ends()
    assert len(keys("adhesion_ends")) == 2
