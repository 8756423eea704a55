# SPDX-License-Identifier: AGPL-3.0-or-later
"""Options of products: the documented ones, those a provider tells, and what each allows."""

import logging

import pytest
from django.conf import settings

from dinamis.core import clock
from dinamis.providers.base import Option, OptionValue
from orders.domain.bundles import BUNDLES
from orders.domain.product_options import (
    Schema,
    anywhere,
    complete,
    from_json,
    json_schema,
    offers,
    refusals,
    settled,
    to_json,
    value_label,
)
from orders.domain.shipped_options import shipped
from orders.models import ProductOptions
from orders.selectors.requests.products import due_product_types, other_schemas, product_type_ids, schema_of
from orders.services.requests.product_options import keep_options
from orders.tasks import refresh_product_options

PLEIADES = Schema("PleiadesTaskingOnePlan", shipped("PleiadesTaskingOnePlan"))
NEO = Schema("PleiadesNeoTaskingOnePlan", shipped("PleiadesNeoTaskingOnePlan"))


def test_what_is_kept_comes_back_as_it_was():
    assert from_json(to_json(PLEIADES.options)) == PLEIADES.options


def test_defaults_follow_what_was_given():
    assert complete(PLEIADES, {}) == {
        "processing_level": "primary",
        "spectral_processing": "bundle",
        "radiometric_processing": "basic",
        "pixel_coding": "12bits",
        "image_format": "dimap_jpeg2000_regular",
    }
    display = complete(PLEIADES, {"radiometric_processing": "display", "processing_level": "ortho"})
    assert (display["pixel_coding"], display["dem"]) == ("8bits", "best_available")


def test_an_option_that_depends_on_a_later_one_is_completed_too():
    early = Option(
        name="pixel_coding",
        label="",
        mandatory=True,
        default="12bits",
        values=(
            OptionValue(id="12bits", label="", conditions={"radiometric_processing": ("basic",)}),
            OptionValue(id="8bits", label="", conditions={"radiometric_processing": ("display",)}),
        ),
    )
    late = Option(
        name="radiometric_processing",
        label="",
        mandatory=True,
        default="display",
        values=(OptionValue(id="display", label=""), OptionValue(id="basic", label="")),
    )
    assert complete(Schema("x", (early, late)), {})["pixel_coding"] == "8bits"


def test_what_was_given_implies_what_it_needs():
    assert complete(PLEIADES, {"pixel_coding": "8bits"})["radiometric_processing"] == "display"
    assert complete(PLEIADES, {"elevation": "120"})["processing_level"] == "projected"
    assert refusals(PLEIADES, {"pixel_coding": "8bits"}) == []


def test_what_no_longer_goes_with_a_change_is_taken_back():
    full = complete(PLEIADES, {"processing_level": "ortho", "projection": "2154"})
    now = settled(PLEIADES, {**full, "processing_level": "primary"}, "processing_level")
    assert (now["processing_level"], "projection" in now, "dem" in now) == ("primary", False, False)
    now = settled(PLEIADES, {**full, "pixel_coding": "8bits"}, "pixel_coding")
    assert (now["pixel_coding"], now["radiometric_processing"], now["projection"]) == ("8bits", "display", "2154")


def test_offers_say_what_is_allowed_now():
    now = {offer.option.name: offer for offer in offers(PLEIADES, {"radiometric_processing": "display"})}
    assert [value.id for value in now["pixel_coding"].values] == ["8bits"]
    assert (now["dem"].applies, now["elevation"].applies, now["processing_level"].applies) == (False, False, True)


@pytest.mark.parametrize("code", BUNDLES)
@pytest.mark.parametrize("schema", [PLEIADES, NEO], ids=lambda schema: schema.product_type)
def test_bundles_are_right(schema, code):
    bundle = BUNDLES[code]
    assert refusals(schema, bundle.options) == []
    assert complete(schema, bundle.options).items() >= bundle.options.items()


def plain(name, *values):
    known = tuple(OptionValue(id=value, label=value) for value in values)
    return Option(name=name, label=name, mandatory=False, default=None, values=known)


def test_rules_hold_where_a_schema_says_nothing():
    height = Option(name="elevation", label="", mandatory=False, default=None, kind="double", minimum=0, maximum=10)
    bare = Schema(
        "x",
        (
            plain("processing_level", "primary", "ortho"),
            plain("radiometric_processing", "display", "basic"),
            plain("pixel_coding", "8bits", "12bits"),
            plain("projection", "2154"),
            height,
        ),
    )
    wrong = {
        "processing_level": "primary",
        "radiometric_processing": "basic",
        "pixel_coding": "8bits",
        "projection": "2154",
        "elevation": "3",
    }
    assert {error.pointer for error in refusals(bare, wrong)} == {
        "options/pixel_coding",
        "options/elevation",
        "options/projection",
    }


def test_what_belongs_to_another_product_is_called_so():
    (error,) = refusals(PLEIADES, {"spectral_processing": "full_pms"}, [NEO])
    assert error.code == "option_of_another_product"
    (error,) = refusals(Schema("x", PLEIADES.options[:1]), {"dem": "best_available"}, [NEO])
    assert error.code == "option_of_another_product"
    (error,) = refusals(PLEIADES, {"spectral_processing": "full_pms"})
    assert error.code == "unknown_value"


@pytest.mark.parametrize("code", ["32631", "32731", "2154"])
def test_zones_of_utm_are_projections(code):
    assert refusals(PLEIADES, {"processing_level": "ortho", "projection": code}) == []


def test_the_zone_of_the_area_that_was_asked_about_is_not_proposed_elsewhere():
    codes = tuple(OptionValue(id=code, label=code) for code in ("32631", "2154"))
    told = Option(name="projection", label="Projection", mandatory=False, default="32631", values=codes)
    schema = anywhere(Schema("x", (told,)))
    assert ([value.id for value in schema.options[0].values], complete(schema, {})) == (["2154"], {})
    assert refusals(schema, {"projection": "32740"}) == []


def test_a_zone_of_utm_is_said_in_words():
    assert value_label("projection", "32740") == "UTM 40S (EPSG:32740)"
    assert value_label("projection", "32631") == "UTM 31N (EPSG:32631)"


@pytest.mark.parametrize("code", ["32661", "27572", "EPSG:2154", "", "3" * 99])
def test_other_projections_are_not(code):
    (error,) = refusals(PLEIADES, {"processing_level": "ortho", "projection": code})
    assert error.pointer == "options/projection"


def test_what_a_requester_does_not_choose_is_refused_by_name():
    rush = Option(
        name="priority",
        label="Priority",
        mandatory=True,
        default="standard",
        values=(OptionValue(id="rush", label=""),),
    )
    schema = Schema("x", (*PLEIADES.options, rush))
    (error,) = refusals(schema, {"priority": "rush"})
    assert error.code == "reserved_option"
    assert "priority" not in complete(schema, {})
    assert "priority" not in json_schema(schema)["properties"]


@pytest.mark.parametrize("number", ["nan", "inf", "x", "1e9", "-101", ""])
def test_elevations_are_numbers_within_their_range(number):
    (error,) = refusals(PLEIADES, {"processing_level": "projected", "elevation": number})
    assert (error.pointer, error.code) == ("options/elevation", "out_of_range")


@pytest.mark.django_db
def test_the_provider_is_asked_for_what_was_never_asked(provider_settings):
    assert due_product_types(clock.now()) == product_type_ids()
    refresh_product_options()
    assert set(ProductOptions.objects.values_list("product_type", flat=True)) == set(product_type_ids())
    assert due_product_types(clock.now()) == []
    told = schema_of("PleiadesNeoTaskingOnePlan")
    # What the simulator tells has more elevation models than the documentation; ours remains the default level.
    assert len(told.option("dem").values) > 1
    assert told.option("processing_level").default == settings.DINAMIS["ARCHIVE_OPTIONS"]["processing_level"]
    assert refusals(told, {"spectral_processing": "full_pms", "radiometric_processing": "reflectance"}) == []
    for bundle in BUNDLES.values():
        assert refusals(told, bundle.options, other_schemas(told.product_type)) == []


@pytest.mark.django_db
def test_a_provider_that_does_not_answer_leaves_the_last_good_options(provider_settings, caplog):
    keep_options(provider="oneatlas", product_type="SpotArchiveMono", options=shipped("SpotArchiveMono"))
    provider_settings.PROVIDERS = {
        "oneatlas": provider_settings.PROVIDERS["oneatlas"] | {"api_key": "another", "attempts": 1}
    }
    provider_settings.PROVIDER_CONTRACTS = {"oneatlas": "C1"}
    with caplog.at_level(logging.WARNING, logger="orders.tasks"):
        refresh_product_options()
    assert ProductOptions.objects.get().product_type == "SpotArchiveMono"
    assert "were not read" in caplog.text


@pytest.mark.django_db
def test_an_empty_answer_is_not_kept():
    with pytest.raises(ValueError, match="no options"):
        keep_options(provider="oneatlas", product_type="SpotArchiveMono", options=[])
    assert not ProductOptions.objects.exists()
