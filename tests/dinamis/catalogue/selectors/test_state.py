# SPDX-License-Identifier: AGPL-3.0-or-later
"""The state of an image for a person: what lists and tiles show is what decide() says."""

from datetime import timedelta

import pytest

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.viewer import viewer_of, visible_item, with_state
from dinamis.core import clock
from licensing.enums import Action
from licensing.selectors.decision import decide
from tests.dinamis.catalogue.cast import build_world, entitled_adhesion
from tests.factories.accounts import active_membership
from tests.factories.catalogue import CollectionFactory, ItemFactory
from tests.factories.licensing import LicenceFactory, person_signs, published_version

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


def test_the_embargo_of_a_licence_withholds_its_young_images(world):
    collection = CollectionFactory(licence=LicenceFactory(embargo_days=30))
    for days, told in ((29, ("none", False)), (31, ("order", True))):
        scene = ItemFactory(collection=collection, held=False, datetime=clock.now() - timedelta(days=days))
        seen = visible_item(scene.pk, viewer_of(world.people["entitled"]))
        assert (seen.state, seen.shown) == told


def test_an_image_reserved_for_one_s_other_organisation_needs_a_right_of_that_one(world):
    person, held = world.people["entitled"], world.items["held"]
    licence = LicenceFactory()
    version = published_version(licence)
    adhesion, _right = entitled_adhesion(licence, version)
    active_membership(person, adhesion.organisation, active_from=clock.now() - timedelta(days=1))
    person_signs(person, version)
    for collection, state in ((CollectionFactory(licence=licence), "held"), (held.collection, "none")):
        reserved = ItemFactory(
            collection=collection,
            hold_back_until=clock.now() + timedelta(days=30),
            hold_back_organisation=adhesion.organisation,
        )
        viewer = viewer_of(person)
        assert visible_item(reserved.pk, viewer).state == state
        answer = decide(person, Action.DOWNLOAD, reserved.facts, project=None, at=viewer.at)
        assert bool(answer) is (state == "held")


def test_a_withdrawn_image_is_nowhere(world):
    viewer = viewer_of(world.people["entitled"])
    assert visible_item(world.items["withdrawn"].pk, viewer) is None
    assert visible_item(world.items["held"].pk, viewer).state == "held"


def test_the_rights_are_asked_once_whatever_the_number_of_images(world, django_assert_num_queries):
    person = world.people["entitled"]
    with django_assert_num_queries(3):
        assert len(with_state(Item.objects.all(), viewer_of(person))) == 6
