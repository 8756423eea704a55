# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the API takes and gives for an order. Shape only: what may be asked is decided below."""

import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dinamis.accounts.api.schema import Missing
from dinamis.accounts.api.views import absolute
from dinamis.catalogue.enums import ProductFamily
from dinamis.core.clock import PARIS
from dinamis.core.periods import last_day
from orders.domain.bundles import BUNDLES
from orders.enums import AcquisitionMode, HoldBackState, ItemState, OrderKind, OrderState, Programme, Repeat
from orders.models import Order

BIG = 2**63 - 1
# Areas and scenes are counted by the service, whose refusal says how many an order has; this only bounds the reading.
MANY = 20_000


class PeriodShape(serializers.Serializer):
    """Two days of Paris, both included."""

    first = serializers.DateField()
    last = serializers.DateField()


class HoldBackWanted(serializers.Serializer):
    """For how many months after its delivery an image is reserved for the organisation, if the office grants it."""

    months = serializers.IntegerField(min_value=0, max_value=1200, help_text="0: none")
    words = serializers.CharField(max_length=2000, required=False, allow_blank=True, help_text="why; due with months")


class HoldBackShape(serializers.Serializer):
    """A hold-back: what was asked, and what the office granted of it."""

    state = serializers.ChoiceField(HoldBackState.choices)
    months = serializers.IntegerField(help_text="asked")
    words = serializers.CharField()
    granted_months = serializers.IntegerField(allow_null=True)
    extended_months = serializers.IntegerField()


class AskedShape(serializers.Serializer):
    """What an order asks; what its kind does not know is refused."""

    title = serializers.CharField(max_length=200)
    project = serializers.IntegerField(min_value=1, max_value=BIG)
    justification = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    options = serializers.DictField(
        child=serializers.JSONField(), required=False, help_text="production options; /products has their schemas"
    )
    bundle = serializers.ChoiceField(
        list(BUNDLES), required=False, allow_blank=True, help_text="sets what is not said beside it"
    )
    hold_back = HoldBackWanted(required=False, allow_null=True, help_text="null: none is asked any more")
    # Of an archive order.
    scenes = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIG),
        required=False,
        min_length=1,
        max_length=MANY,
        help_text="ids of /items",
    )
    aoi = serializers.JSONField(required=False, allow_null=True, help_text="GeoJSON; without it, the whole scenes")
    # Of an archive order that seeks its scenes (`scenes` then keeps some of those found).
    area = serializers.JSONField(
        required=False, help_text="GeoJSON: few scenes of `period` that show what nobody has of it are sought"
    )
    family = serializers.ChoiceField(ProductFamily.choices, required=False)
    with_held = serializers.BooleanField(required=False, help_text="all of `area`, though parts of it are held")
    # Of an acquisition request.
    collection = serializers.SlugField(required=False, help_text="where the images will go; it says the sensor")
    areas = serializers.ListField(
        child=serializers.JSONField(), required=False, min_length=1, max_length=MANY, help_text="GeoJSON, one each"
    )
    period = PeriodShape(required=False)
    repeat = serializers.ChoiceField(Repeat.choices, required=False)
    programme = serializers.ChoiceField(Programme.choices, required=False)
    mode = serializers.ChoiceField(AcquisitionMode.choices, required=False)
    bh_min = serializers.FloatField(required=False, allow_null=True, help_text="smallest base over height")
    bh_max = serializers.FloatField(required=False, allow_null=True)
    cloud_max = serializers.IntegerField(
        required=False, allow_null=True, help_text="percent; with no more, an image is taken without a word"
    )
    proposal_threshold = serializers.IntegerField(
        required=False, allow_null=True, help_text="percent; up to it, an image is proposed"
    )
    incidence_max = serializers.FloatField(required=False, help_text="degrees")
    # `period`, `mode`, `cloud_max` and `incidence_max` belong to both: of days to come, or of those that are over.


class OrderWanted(AskedShape):
    """An order to write."""

    kind = serializers.ChoiceField(OrderKind.choices)
    organisation = serializers.IntegerField(min_value=1, max_value=BIG)
    submit = serializers.BooleanField(required=False, default=False, help_text="send it to the office at once")


class VersionShape(serializers.Serializer):
    """The version that was read, unless If-Match says it."""

    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class OrderChange(VersionShape, AskedShape):
    """What is to change of a draft; what is not named stays. The scenes of an archive order stay."""

    title = serializers.CharField(max_length=200, required=False)
    project = serializers.IntegerField(required=False, min_value=1, max_value=BIG)


class CancelWanted(VersionShape):
    """Why an order is cancelled."""

    words = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")


class LineShape(serializers.Serializer):
    """One line: a scene cut to an area, or an area and its window."""

    position = serializers.IntegerField()
    state = serializers.ChoiceField(ItemState.choices)
    scene = serializers.IntegerField(source="scene_id", allow_null=True)
    product = serializers.IntegerField(source="product_id", allow_null=True, help_text="the image that was delivered")
    period = serializers.SerializerMethodField()
    area = serializers.SerializerMethodField()
    area_m2 = serializers.IntegerField()
    billed_area_m2 = serializers.IntegerField(help_text="at least the provider's minimum, times the views of the mode")
    price_cents = serializers.IntegerField(allow_null=True)

    @extend_schema_field(PeriodShape(allow_null=True))
    def get_period(self, line: Any) -> dict[str, str] | None:
        """The window of an acquisition."""
        return days(line.period) if line.period else None

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_area(self, line: Any) -> dict[str, Any]:
        """GeoJSON, EPSG:4326."""
        return dict(json.loads(line.aoi.json))


class AcquisitionShape(serializers.Serializer):
    """How the images are to be taken."""

    collection = serializers.SlugField(source="collection.slug")
    period = serializers.SerializerMethodField()
    repeat = serializers.ChoiceField(Repeat.choices)
    programme = serializers.ChoiceField(Programme.choices)
    mode = serializers.ChoiceField(AcquisitionMode.choices)
    bh_min = serializers.FloatField(allow_null=True)
    bh_max = serializers.FloatField(allow_null=True)
    cloud_max = serializers.IntegerField(allow_null=True)
    proposal_threshold = serializers.IntegerField(allow_null=True)
    incidence_max = serializers.FloatField()

    @extend_schema_field(PeriodShape)
    def get_period(self, row: Any) -> dict[str, str]:
        """The whole period."""
        return days(row.period)


class SearchShape(serializers.Serializer):
    """What the scenes of an archive order were sought by."""

    area = serializers.SerializerMethodField()
    period = serializers.SerializerMethodField()
    mode = serializers.ChoiceField(AcquisitionMode.choices)
    cloud_max = serializers.IntegerField(allow_null=True)
    incidence_max = serializers.FloatField(allow_null=True)
    with_held = serializers.BooleanField()

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_area(self, row: Any) -> dict[str, Any]:
        """GeoJSON, EPSG:4326; the lines are what was left of it."""
        return dict(json.loads(row.area.json))

    @extend_schema_field(PeriodShape)
    def get_period(self, row: Any) -> dict[str, str]:
        """Both days included."""
        return {"first": row.first.isoformat(), "last": row.last.isoformat()}


class OrderShape(serializers.Serializer):
    """An order without its lines."""

    reference = serializers.CharField(allow_null=True, help_text="null in a dry run")
    kind = serializers.ChoiceField(OrderKind.choices)
    state = serializers.ChoiceField(OrderState.choices)
    version = serializers.IntegerField()
    title = serializers.CharField()
    family = serializers.ChoiceField(ProductFamily.choices)
    organisation = serializers.IntegerField(source="organisation_id")
    project = serializers.IntegerField(source="project_id")
    justification = serializers.CharField()
    options = serializers.DictField()
    area_m2 = serializers.IntegerField()
    billed_area_m2 = serializers.SerializerMethodField()
    price_cents = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    acquisition = serializers.SerializerMethodField()
    search = serializers.SerializerMethodField()
    hold_back = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.INT)
    def get_billed_area_m2(self, order: Order) -> int:
        """What envelopes pay."""
        return sum(line.billed_area_m2 for line in order.items.all())

    @extend_schema_field(OpenApiTypes.INT)
    def get_price_cents(self, order: Order) -> int:
        """Of all lines."""
        return sum(line.price_cents or 0 for line in order.items.all())

    @extend_schema_field(AcquisitionShape(allow_null=True))
    def get_acquisition(self, order: Order) -> dict[str, Any] | None:
        """Null for an archive order."""
        return dict(AcquisitionShape(order.acquisition).data) if order.kind == OrderKind.ACQUISITION else None

    @extend_schema_field(SearchShape(allow_null=True))
    def get_search(self, order: Order) -> dict[str, Any] | None:
        """Null unless the scenes were sought over an area."""
        search = getattr(order, "archive_search", None)
        return None if search is None else dict(SearchShape(search).data)

    @extend_schema_field(HoldBackShape(allow_null=True))
    def get_hold_back(self, order: Order) -> dict[str, Any] | None:
        """Null unless one was asked."""
        row = getattr(order, "hold_back", None)
        return None if row is None else dict(HoldBackShape(row).data)

    @extend_schema_field(OpenApiTypes.URI)
    def get_page(self, order: Order) -> str:
        """For people."""
        return absolute("orders:detail", order.reference)


class OrderDetailShape(OrderShape):
    """An order with its lines, and, of a draft, what keeps it from being sent."""

    lines = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()

    @extend_schema_field(LineShape(many=True))
    def get_lines(self, order: Order) -> list[dict[str, Any]]:
        """By position."""
        return list(LineShape(order.items.all(), many=True).data)

    @extend_schema_field(Missing(many=True))
    def get_missing(self, order: Order) -> list[dict[str, str]]:
        """The rights that fail; empty when none does, or once it was sent."""
        return list(self.context.get("missing", ()))


class OrdersShape(serializers.Serializer):
    """One page of orders."""

    results = OrderShape(many=True)
    next = serializers.CharField(allow_null=True)


class OrdersQuery(serializers.Serializer):
    """Filters of the list."""

    state = serializers.ChoiceField(OrderState.choices, required=False)
    kind = serializers.ChoiceField(OrderKind.choices, required=False)
    family = serializers.ChoiceField(ProductFamily.choices, required=False)
    organisation = serializers.IntegerField(required=False, min_value=1, max_value=BIG)
    project = serializers.IntegerField(required=False, min_value=1, max_value=BIG)
    created_since = serializers.DateField(required=False, help_text="a day of Paris")
    own_reference = serializers.CharField(required=False, max_length=60, help_text="kept by you on the order (`mark`)")


def days(period: Any) -> dict[str, str]:
    """Return the first and the last day of a period [begin, end)."""
    return {"first": period.lower.astimezone(PARIS).date().isoformat(), "last": last_day(period.upper).isoformat()}
