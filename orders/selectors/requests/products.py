# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be ordered: product types and their options, where new images go, which satellites fly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import CollectionKind, ProductFamily, SensorKind
from dinamis.catalogue.models import Collection, Sensor
from dinamis.core.exceptions import Invalid
from orders.domain.product_options import Schema, anywhere, from_json, with_defaults
from orders.domain.shipped_options import shipped
from orders.enums import OrderKind, Programme
from orders.models import ProductOptions
from orders.selectors.money.costs import rates_of


@dataclass(frozen=True)
class Product:
    """A product type a request may lead to; `fetched_at` is when its options were last asked, None = as documented."""

    id: str
    kind: str
    family: str
    programme: str
    minimum_m2: int
    schema: Schema
    fetched_at: datetime | None


def product_type(kind: str, family: str, programme: str = Programme.ONEPLAN) -> str:
    """Return the provider's product type. Raises Invalid when the family is not ordered in this way."""
    known = _product_types()
    found = next((one[3] for one in known if one[:2] == (kind, family) and one[2] in {"", programme}), None)
    if found is None:
        families = dict.fromkeys(ProductFamily(one[1]).label for one in known if one[0] == kind)
        raise Invalid(
            _("Images of %(family)s cannot be ordered in this way.") % {"family": ProductFamily(family).label},
            pointer="collection",
            repair=_("Choose one of: %(values)s.") % {"values": ", ".join(str(name) for name in families)},
            code="not_ordered",
        )
    return found


def _product_types() -> list[tuple[str, str, str, str]]:
    """Kind, family, programme ("" = none) and product type of everything the settings name."""
    archive, tasking = settings.DINAMIS["ARCHIVE_PRODUCT_TYPES"], settings.DINAMIS["TASKING_PRODUCT_TYPES"]
    return [
        *((str(OrderKind.ARCHIVE), family, "", name) for family, name in archive.items()),
        *(
            (str(OrderKind.ACQUISITION), family, programme, name)
            for programme, names in tasking.items()
            for family, name in names.items()
        ),
    ]


def product_type_ids() -> list[str]:
    """Return every product type the settings name."""
    return [one[3] for one in _product_types()]


def schema_of(name: str) -> Schema:
    """Return the options of a product type: as the provider last told them, else as they are documented."""
    row = ProductOptions.objects.filter(provider=settings.DEFAULT_PROVIDER, product_type=name).first()
    return _schema(name, row)


def _schema(name: str, row: ProductOptions | None) -> Schema:
    options = from_json(row.schema) if row else shipped(name)
    return with_defaults(anywhere(Schema(name, options)), settings.DINAMIS["ARCHIVE_OPTIONS"])


def products() -> list[Product]:
    """Return every product a request may lead to."""
    rows = {row.product_type: row for row in ProductOptions.objects.filter(provider=settings.DEFAULT_PROVIDER)}
    pairs = {(kind, family) for kind, family, *_rest in _product_types()}
    minimums = {pair: rates_of(pair[1], pair[0]).minimum_m2 for pair in pairs}
    return [
        Product(
            name,
            kind,
            family,
            programme,
            minimums[kind, family],
            _schema(name, rows.get(name)),
            rows[name].fetched_at if name in rows else None,
        )
        for kind, family, programme, name in _product_types()
    ]


def other_schemas(name: str) -> list[Schema]:
    """Return the options of the other products, as documented: to call what belongs to one of them by its name."""
    return [_schema(other, None) for other in product_type_ids() if other != name]


def due_product_types(at: datetime) -> list[str]:
    """Return the product types whose options were never asked, or too long ago."""
    since = at - timedelta(hours=settings.DINAMIS["PRODUCT_OPTIONS_HOURS"])
    recent = ProductOptions.objects.filter(provider=settings.DEFAULT_PROVIDER, fetched_at__gt=since)
    known = set(recent.values_list("product_type", flat=True))
    return [name for name in product_type_ids() if name not in known]


def tasked_families() -> list[str]:
    """Return the product families of which new images can be asked."""
    return list(dict.fromkeys(one[1] for one in _product_types() if one[0] == OrderKind.ACQUISITION))


def taskable(at: date) -> QuerySet[Collection]:
    """Collections that new images may go to: archives of the families with a satellite in service from that day on.

    That of CIEST² is filled by activations alone.
    """
    flying = Sensor.objects.in_service(at, None).filter(family__in=tasked_families())
    known = Collection.objects.filter(kind=CollectionKind.ARCHIVE, family__in=flying.values("family"))
    return known.exclude(slug=settings.DINAMIS["EMERGENCY_COLLECTION"]).select_related("licence")


def sensors_for(family: str, first: date, last: date) -> list[Sensor]:
    """Return the satellites of a family in service during the whole of a period."""
    found = Sensor.objects.in_service(last, first).filter(family=family)
    return list(found)


def check_sensors(family: str, first: date, last: date) -> Sequence[Sensor]:
    """Return the satellites that can take the images. Raises Invalid when none of the family flies in the period."""
    flying = sensors_for(family, first, last)
    if not flying and Sensor.objects.filter(family=family).exists():
        ended = Sensor.objects.filter(family=family, ended_on__isnull=False).order_by("-ended_on").first()
        words = {"family": ProductFamily(family).label, "day": ended.ended_on if ended else ""}
        raise Invalid(
            _("No satellite of %(family)s is in service in this period; the last one ended on %(day)s.") % words
            if ended
            else _("No satellite of %(family)s is in service in this period.") % words,
            pointer="collection",
            repair=_("Choose another sensor, or order an image of the archive."),
            code="out_of_service",
        )
    return flying


def is_radar(family: str) -> bool:
    """Tell whether every satellite of a family is a radar: clouds mean nothing to it."""
    kinds = set(Sensor.objects.filter(family=family).values_list("kind", flat=True))
    return kinds == {SensorKind.SAR}
