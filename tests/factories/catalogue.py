# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections, images, files, coverages, places."""

from datetime import UTC, datetime

import factory
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon

from dinamis.catalogue.enums import AdminKind, CellStatus, CollectionKind, ProductFamily, SensorKind
from dinamis.catalogue.models import AdminUnit, Asset, Collection, Coverage, CoverageCell, Item, ItemDocument, Sensor
from tests.factories.licensing import LicenceFactory


def square(west=3.8, south=43.5, side=0.2):
    """A square footprint in degrees, near Montpellier unless told."""
    box = Polygon.from_bbox((west, south, west + side, south + side))
    return GEOSGeometry(box.wkb, srid=4326)


class CollectionFactory(factory.django.DjangoModelFactory):
    """An archive collection of Pléiades with a licence of its own."""

    class Meta:
        model = Collection

    slug = factory.Sequence(lambda n: f"collection-{n}")
    title_fr = factory.LazyAttribute(lambda it: f"Collection {it.slug}")
    title_en = factory.LazyAttribute(lambda it: f"Collection {it.slug}")
    kind = CollectionKind.ARCHIVE
    family = ProductFamily.PLEIADES
    licence = factory.SubFactory(LicenceFactory)


class SensorFactory(factory.django.DjangoModelFactory):
    """An optical satellite in service, of the family Pléiades."""

    class Meta:
        model = Sensor

    platform = factory.Sequence(lambda n: f"SATELLITE-{n}")
    name = factory.Sequence(lambda n: f"Satellite {n}")
    family = ProductFamily.PLEIADES
    kind = SensorKind.OPTICAL
    resolution = 0.5


class ItemFactory(factory.django.DjangoModelFactory):
    """An image whose files are here; `held=False` for an archive scene.

    `properties` are those without a column. Its document has no body, as after a change, unless the test makes it.
    """

    class Meta:
        model = Item

    @classmethod
    def _create(cls, model_class, *args, properties=None, **kwargs):
        item = super()._create(model_class, *args, **kwargs)
        if properties is not None:
            ItemDocument.objects.create(item=item, properties=properties)
        return item

    collection = factory.SubFactory(CollectionFactory)
    stac_id = factory.Sequence(lambda n: f"PHR1B_P_{n:04d}_ORT")
    footprint = factory.LazyFunction(square)
    datetime = datetime(2024, 6, 14, 10, 30, tzinfo=UTC)
    platform = "PLEIADES-1B"
    gsd = 0.5
    cloud_cover = 2.0
    incidence_angle = 12.0
    processing_level = "L3"
    spectral = "PMS"
    held = True


class AssetFactory(factory.django.DjangoModelFactory):
    """A data file; its bytes are nowhere unless the test writes them."""

    class Meta:
        model = Asset

    item = factory.SubFactory(ItemFactory)
    key = "data"
    file_name = factory.LazyAttribute(lambda it: f"{it.item.stac_id}_{it.key}.tif")
    storage_key = factory.LazyAttribute(lambda it: f"items/{it.item.stac_id}/{it.key}.tif")
    media_type = "image/tiff; application=geotiff; profile=cloud-optimized"
    roles = factory.LazyFunction(lambda: ["data"])
    size = 1_500_000
    sha256 = "ab" * 32


def quicklook_of(item):
    """The public picture of an image."""
    return AssetFactory(
        item=item,
        key="quicklook",
        file_name="quicklook.jpg",
        storage_key=f"public/{item.pk}/quicklook.jpg",
        media_type="image/jpeg",
        roles=["overview"],
        public=True,
    )


class CoverageFactory(factory.django.DjangoModelFactory):
    """A yearly coverage without cells."""

    class Meta:
        model = Coverage

    collection = factory.SubFactory(CollectionFactory, kind=CollectionKind.COVERAGE)
    year = 2024


class CoverageCellFactory(factory.django.DjangoModelFactory):
    """A planned cell; with `item` and status delivered, one that is there."""

    class Meta:
        model = CoverageCell

    coverage = factory.SubFactory(CoverageFactory)
    code = factory.Sequence(lambda n: f"M{n:03d}")
    geometry = factory.LazyFunction(lambda: MultiPolygon(square(), srid=4326))
    status = CellStatus.PLANNED


class AdminUnitFactory(factory.django.DjangoModelFactory):
    """A commune."""

    class Meta:
        model = AdminUnit

    kind = AdminKind.COMMUNE
    code = factory.Sequence(lambda n: f"{34000 + n}")
    name = factory.Sequence(lambda n: f"Commune {n:05d}")
    parent_code = "34"
    population = 1000
    geometry = factory.LazyFunction(lambda: MultiPolygon(square(), srid=4326))
