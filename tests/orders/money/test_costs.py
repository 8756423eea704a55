# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tariffs with the dates they are valid, the lines of a bill, and what would be left of each purse."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from shapely.geometry import box

from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted
from orders.models import NationalProgramme, Tariff
from orders.selectors.money.costs import class_of, cost_line, outside_circle, rates_of, what_if
from orders.selectors.requests.estimate import estimate
from orders.services.money.tariffs import set_tariff
from tests.factories.orders import KM2, envelope, world

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def written(module_rows):
    return world(budget_km2=100)


def rate(w, **changes):
    words = {
        "actor": w.moderator,
        "family": "pleiades",
        "kind": "archive",
        "quota": "outside",
        "cents_per_km2": 500,
        "minimum_m2": 30 * KM2,
        "since": clock.now() + DAY,
        "reason": "Marché 2027, article 3",
    }
    return set_tariff(**{**words, **changes})


@pytest.mark.parametrize(
    ("family", "kind", "minimum_km2", "inside", "outside"),
    [
        ("pleiades", "archive", 25, 0, 406),
        ("pleiades", "acquisition", 100, 0, 522),
        ("spot-6-7", "archive", 100, 0, 0),
        ("spot-6-7", "acquisition", 500, 0, 0),
        ("aster", "archive", 0, 0, 0),
    ],
)
def test_the_rates_of_the_seed(family, kind, minimum_km2, inside, outside, django_assert_num_queries):
    with django_assert_num_queries(1):
        rates = rates_of(family, kind)
    assert (rates.minimum_m2, rates.cents_per_km2) == (minimum_km2 * KM2, {"inside": inside, "outside": outside})
    assert rates.factors == {"mono": 1, "stereo": 2, "tristereo": 3}


@pytest.mark.parametrize(
    ("area_m2", "mode", "billed_km2", "cents"),
    [
        (100 * KM2, "mono", 100, 52_200),
        (99 * KM2, "mono", 100, 52_200),
        (99 * KM2, "stereo", 200, 104_400),
        (150 * KM2, "tristereo", 450, 234_900),
        (1, "tristereo", 300, 156_600),
    ],
)
def test_the_minimum_applies_before_the_views_count(area_m2, mode, billed_km2, cents):
    line = cost_line("zone", area_m2, rates_of("pleiades", "acquisition"), mode)
    assert (line.billed_m2, line.outside_cents, line.inside_cents) == (billed_km2 * KM2, cents, 0)
    assert line.minimum_applies == (area_m2 < 100 * KM2)


def test_a_rate_begins_on_its_day_and_ends_the_one_before(w):
    tomorrow = clock.now() + DAY
    rate(w, since=tomorrow)
    assert rates_of("pleiades").cents_per_km2["outside"] == 406
    assert rates_of("pleiades", at=tomorrow).cents_per_km2["outside"] == 500
    assert rates_of("pleiades", at=tomorrow).minimum_m2 == 25 * KM2
    rate(w, since=tomorrow - DAY / 2, cents_per_km2=450)
    rows = Tariff.objects.filter(family="pleiades", kind="archive", quota="outside").order_by("valid")
    assert [(row.cents_per_km2, row.valid.upper) for row in rows] == [
        (406, tomorrow - DAY / 2),
        (450, tomorrow),
        (500, None),
    ]
    assert rates_of("pleiades", at=tomorrow - DAY / 4).cents(100 * KM2) == 45_000


def test_the_rate_of_a_class_goes_before_that_of_all(w):
    rate(w, eligibility_class=w.adhesion.eligibility_class, cents_per_km2=100, since=clock.now() + DAY)
    with clock.at(clock.now() + 2 * DAY):
        adheres_as = class_of(w.organisation.pk, clock.now())
        assert rates_of("pleiades", eligibility_class=adheres_as).cents_per_km2["outside"] == 100
        assert rates_of("pleiades").cents_per_km2["outside"] == 406
        costs = estimate([w.scene], None, eligibility_class=adheres_as)
        assert costs.price_cents == round(costs.billed_m2 / KM2 * 100)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"reason": " "}, "reason"),
        ({"since": clock.now() - DAY}, "since"),
        ({"cents_per_km2": -1}, "cents_per_km2"),
        ({"minimum_m2": -1}, "minimum_m2"),
        ({"stereo_factor": 0}, "stereo_factor"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_and_nothing_changes(w, changes, pointer):
    before = list(Tariff.objects.order_by("pk").values())
    with pytest.raises(Invalid) as refused:
        rate(w, **changes)
    assert refused.value.pointer == pointer
    assert list(Tariff.objects.order_by("pk").values()) == before


def test_two_rates_of_one_day_and_rates_of_others_are_refused(w):
    day = clock.now() + DAY
    rate(w, since=day)
    with pytest.raises(Invalid) as refused:
        rate(w, since=day, cents_per_km2=1)
    assert refused.value.pointer == "since"
    with pytest.raises(NotPermitted):
        rate(w, actor=w.researcher)
    assert Tariff.objects.filter(family="pleiades", kind="archive", quota="outside").count() == 2


def test_the_database_refuses_overlaps_and_a_rate_written_again():
    row = Tariff.objects.get(family="pleiades", kind="archive", quota="outside")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tariff.objects.filter(pk=row.pk).update(cents_per_km2=1)
    row.pk = None
    row.valid = DateTimeTZRange(clock.now(), None)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    assert rates_of("pleiades").cents_per_km2["outside"] == 406


def test_what_if_takes_the_purses_in_their_order_and_prices_what_is_missing(w):
    programme = NationalProgramme.objects.create(name="Programme littoral")
    programme.projects.add(w.project)
    pot = envelope(10, name="Pot commun")
    funded = envelope(30, name="Littoral", kind="programme", programme=programme)
    own = envelope(5, name="Volume", kind="prefinanced", owner=w.organisation)
    envelope(1000, name="Autre", kind="programme", programme=NationalProgramme.objects.create(name="Autre"))

    def asked(km2, project=w.project):
        return what_if(
            family="pleiades",
            organisation_id=w.organisation.pk,
            project_id=project and project.pk,
            required_m2=km2 * KM2,
            at=clock.now(),
        )

    enough = asked(40)
    assert [(share.envelope, share.taken_m2 // KM2, share.remaining_m2 // KM2) for share in enough.shares] == [
        (own, 5, 0),
        (funded, 30, 0),
        (w.envelope, 5, 95),
        (pot, 0, 10),
    ]
    assert enough.suffices
    short = asked(145)
    assert (short.missing_m2, short.missing_cents) == (0, 0)
    short = asked(146)
    assert (short.missing_m2, short.missing_cents, short.resets_at) == (KM2, 406, w.envelope.period.upper)
    assert [share.envelope for share in asked(1, project=None).shares] == [own, w.envelope, pot]


@pytest.mark.parametrize(
    ("family", "area", "outside"),
    [
        ("spot-6-7", box(3.7, 43.3, 3.8, 43.4), False),
        ("spot-6-7", box(-61.1, 14.5, -61.0, 14.6), True),
        ("spot-6-7", box(10.1, 36.7, 10.2, 36.8), False),
        ("pleiades", box(-61.1, 14.5, -61.0, 14.6), False),
    ],
)
def test_attempts_are_counted_outside_the_circle_of_the_family(family, area, outside):
    assert outside_circle(family, area) is outside
