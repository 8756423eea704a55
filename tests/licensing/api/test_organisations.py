# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the key of an organisation reads of it: référents, blocks in force, planned end; and of no other."""

from datetime import timedelta
from uuid import uuid4

import pytest

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from licensing.services.block import BlockWanted, create_block, lift_block
from licensing.services.ending import Ending, declare_end
from tests.factories.api import caller_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(cast):
    return caller_of(cast.remi, organisation=cast.institute)


def read(api, organisation):
    answer = api.get(f"/api/v1/organisations/{organisation.pk}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_script_sees_why_its_rights_stopped_or_will(cast, api):
    before = read(api, cast.institute)
    assert cast.remi.pk in {one["id"] for one in before["referents"]}
    assert (before["blocks"], before["end"], before["restriction"]) == ([], None, None)
    wanted = BlockWanted(kind="organisation", subject=cast.institute.name, words="Fuite présumée.")
    block = create_block(wanted=wanted, actor=cast.dora, key=uuid4())
    (seen,) = read(api, cast.institute)["blocks"]
    assert (seen["licence"], seen["document_sha256"], seen["ends_at"]) == (None, "", None)
    assert "Fuite" not in str(seen)
    lift_block(block=block, words="Établi.", actor=cast.dora)
    assert read(api, cast.institute)["blocks"] == []
    day = clock.today() + timedelta(days=30)
    declare_end(organisation=cast.institute, actor=cast.dora, ending=Ending("ended", day, "Décret."))
    assert read(api, cast.institute)["end"] == {
        "kind": "ended",
        "state": "declared",
        "effective_on": day.isoformat(),
        "successors": [],
    }


def test_no_other_organisation_is_read_not_even_by_a_partner(cast, api):
    partner = caller_of(
        cast.admin, organisation=cast.university, scopes=[ApiScope.RIGHTS.value, ApiScope.ENTITLEMENTS.value]
    )
    assert read(partner, cast.university)
    assert partner.get(f"/api/v1/organisations/{cast.institute.pk}").status_code == 404
    assert api.get(f"/api/v1/organisations/{cast.university.pk}").status_code == 404
    assert caller_of(cast.alice).get(f"/api/v1/organisations/{cast.institute.pk}").status_code == 200
    assert caller_of(cast.alice, name="b").get(f"/api/v1/organisations/{cast.university.pk}").status_code == 404
