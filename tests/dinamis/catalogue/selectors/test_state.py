# SPDX-License-Identifier: AGPL-3.0-or-later
"""The state of an image for a person: what lists and tiles show is what decide() says."""

import pytest

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.viewer import viewer_of, visible_item, with_state
from licensing.enums import Action
from licensing.selectors.decision import decide
from tests.dinamis.catalogue.cast import build_world

pytestmark = pytest.mark.django_db

KINDS = ("anonymous", "stranger", "entitled", "unsigned", "suspended", "no_right")
EVERYBODY = {"scene": "order", "embargo": "none", "reserved_theirs": "none"}
NOBODY = {**EVERYBODY, "held": "none", "embargo_over": "none", "reserved_ours": "none"}
EXPECTED = {
    "anonymous": NOBODY,
    "stranger": NOBODY,
    "suspended": NOBODY,
    "no_right": NOBODY,
    "entitled": {**EVERYBODY, "held": "held", "embargo_over": "held", "reserved_ours": "held"},
    "unsigned": {**EVERYBODY, "held": "unlock", "embargo_over": "unlock", "reserved_ours": "unlock"},
}


@pytest.fixture
def world():
    return build_world()


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_of_each_image_for_each_kind_of_person(world, kind):
    viewer = viewer_of(world.people[kind])
    states = {item.stac_id: item.state for item in with_state(Item.objects.all(), viewer)}
    assert states == EXPECTED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_I2_what_is_listed_as_downloadable_is_what_decide_allows(world, kind):
    person = world.people[kind]
    viewer = viewer_of(person)
    for item in with_state(Item.objects.all(), viewer).select_related("collection"):
        answer = decide(person, Action.DOWNLOAD, item.facts, project=None, at=viewer.at)
        assert (item.state == "held") == (bool(answer) and item.held), item.stac_id
        if item.state == "unlock":
            assert answer.only_signatures


def test_only_the_organisation_it_is_reserved_for_is_told_more_than_footprint_and_date(world):
    shown = {
        kind: {item.stac_id for item in with_state(Item.objects.all(), viewer_of(person)) if not item.shown}
        for kind, person in world.people.items()
    }
    theirs = {"embargo", "reserved_theirs", "reserved_ours"}
    assert shown == {
        "anonymous": theirs,
        "stranger": theirs,
        "suspended": theirs,
        "no_right": theirs,
        "entitled": {"embargo", "reserved_theirs"},
        "unsigned": {"embargo", "reserved_theirs"},
    }


def test_a_withdrawn_image_is_nowhere(world):
    viewer = viewer_of(world.people["entitled"])
    assert visible_item(world.items["withdrawn"].pk, viewer) is None
    assert visible_item(world.items["held"].pk, viewer).state == "held"


def test_the_rights_are_asked_once_whatever_the_number_of_images(world, django_assert_num_queries):
    person = world.people["entitled"]
    with django_assert_num_queries(3):
        assert len(with_state(Item.objects.all(), viewer_of(person))) == 6
