# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from dinamis.core import clock
from licensing.enums import Action, DenyCode
from licensing.selectors.decision import ResourceFacts, decide
from tests.cast import gather

pytestmark = pytest.mark.django_db


def test_the_cast_is_entitled_once_it_signed():
    cast = gather()
    facts = ResourceFacts(licence_id=cast.licences["pleiades-uia"].pk)
    answer = decide(cast.alice, Action.DOWNLOAD, facts, project=None, at=clock.now())
    assert answer.codes == (DenyCode.PERSON_ACCEPTANCE_MISSING,)
    spot = ResourceFacts(licence_id=cast.licences["spot-6-7-uia"].pk)
    assert decide(cast.alice, Action.DOWNLOAD, spot, project=None, at=clock.now())
