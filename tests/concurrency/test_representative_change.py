# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real threads: one change at a time, decided once, in effect once, whatever else happens at that moment."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dinamis.core import clock
from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, StaleVersion
from dinamis.core.models import StateChange
from dinamis.core.periods import day_start
from licensing.models import Acceptance, Adhesion, Decision, EvidenceFile, RepresentativeChange
from licensing.services import adhesion as verbs
from licensing.services import representative_change as module
from licensing.services.ending import Ending, declare_end
from licensing.services.filing import LegalRepresentative
from tests.concurrency.test_adhesions import outcome, together
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import LicenceFactory, approved_adhesion, published_version
from tests.licensing.services.test_representative_change import signed

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

PROVED = Reason("proved", "L’arrêté la nomme.")


@pytest.fixture
def adhesion(settings, tmp_path):
    """An admitted organisation with its référent; its charter is in force."""
    settings.FILES_ROOT = tmp_path
    published_version(LicenceFactory(kind="charter"))
    made = approved_adhesion(referent=UserFactory())
    active_membership(made.referent, made.organisation, role="referent")
    return made


def declare(adhesion, days=0):
    said = module.Declared(
        LegalRepresentative("Awa Ndiaye", "awa@example.org"), "departure", clock.today() + timedelta(days=days)
    )
    return module.declare_change(
        organisation=adhesion.organisation,
        actor=adhesion.referent,
        declared=said,
        upload=SimpleUploadedFile("arrete.pdf", b"%PDF-1.7\nn\n%%EOF\n"),
    )


def confirm(change, version):
    return module.confirm_change(change=change, actor=ModeratorFactory(), reason=PROVED, expected_version=version)


def test_four_clicks_declare_one_change(adhesion):
    won, lost = outcome(together(*([lambda: declare(adhesion)] * 4)))
    assert len(won) == 1
    assert {(type(error), error.code) for error in lost} == {(Invalid, "one_open")}
    assert (RepresentativeChange.objects.count(), EvidenceFile.objects.count()) == (1, 1)


def test_four_moderators_decide_once(adhesion):
    change = declare(adhesion)
    signed(change)
    change.refresh_from_db()
    read = change.version
    won, lost = outcome(together(*([lambda: confirm(change, read)] * 4)))
    assert len(won) == 1
    assert {type(error) for error in lost} <= {StaleVersion, IllegalTransition}
    assert Decision.objects.filter(verdict="new_representative").count() == 1
    assert Acceptance.objects.filter(email="awa@example.org").count() == len(won[0].signed)


def test_it_takes_effect_once_and_waits_for_who_holds_the_adhesion(adhesion):
    change = declare(adhesion, days=5)
    signed(change)
    change.refresh_from_db()
    confirm(change, change.version)
    dora = ModeratorFactory()

    def suspend():
        fresh = Adhesion.objects.get(pk=adhesion.pk)
        return verbs.suspend_adhesion(
            adhesion=fresh, actor=dora, reason=Reason("inquiry", "essai"), expected_version=fresh.version
        )

    def effect():
        with clock.at(day_start(change.effective_on)):
            module.take_effect(RepresentativeChange.objects.get(pk=change.pk))

    outcome(together(effect, effect, suspend))
    adhesion.refresh_from_db()
    assert adhesion.legal_representative_name == "Awa Ndiaye"
    taken = StateChange.objects.filter(aggregate="licensing.representativechange", transition="take_effect")
    assert taken.count() == 1


def test_an_end_and_a_confirmation_at_once_leave_no_change_open(adhesion):
    change = declare(adhesion, days=5)
    signed(change)
    change.refresh_from_db()
    read, dora = change.version, ModeratorFactory()
    ending = Ending("ended", clock.today(), "Décret.")
    outcome(
        together(
            lambda: confirm(change, read),
            lambda: declare_end(organisation=adhesion.organisation, actor=dora, ending=ending),
        )
    )
    change.refresh_from_db()
    adhesion.refresh_from_db()
    assert (change.state, adhesion.state) == ("withdrawn", "terminated")
