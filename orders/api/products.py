# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be ordered, and with which options."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.schema import IF_NONE_MATCH, answers
from dinamis.accounts.api.views import ApiView
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.enums import ProductFamily
from dinamis.core.api.conditional import fresh
from orders.domain.bundles import BUNDLES
from orders.domain.product_options import json_schema
from orders.enums import OrderKind
from orders.selectors.requests.products import products


class BundleShape(serializers.Serializer):
    """A bundle: what it sets where an order says nothing."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    words = serializers.CharField()
    parameters = serializers.DictField()
    options = serializers.DictField()


class ProductShape(serializers.Serializer):
    """A product type of the provider."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(OrderKind.choices)
    family = serializers.ChoiceField(ProductFamily.choices)
    programme = serializers.CharField(allow_blank=True, help_text="of acquisitions")
    minimum_m2 = serializers.IntegerField(help_text="billed at least, for each line")
    options = serializers.DictField(help_text="JSON Schema (2020-12) of `options` of an order")
    fetched_at = serializers.DateTimeField(allow_null=True, help_text="null: as documented, not asked yet")


class ProductsShape(serializers.Serializer):
    """Everything that can be ordered."""

    products = ProductShape(many=True)
    bundles = BundleShape(many=True)


class Products(ApiView):
    """Product types."""

    scopes = (ApiScope.ORDERS, ApiScope.CATALOGUE)

    @extend_schema(
        operation_id="products",
        summary="Product types, the JSON Schema of their options, and bundles in plain words",
        parameters=[IF_NONE_MATCH],
        responses=answers(ProductsShape),
        tags=["orders"],
    )
    def get(self, request):
        """Return what can be ordered; titles are in the language asked for."""
        found = [{**vars(product), "options": json_schema(product.schema)} for product in products()]
        data = {
            "products": ProductShape(found, many=True).data,
            "bundles": BundleShape(BUNDLES.values(), many=True).data,
        }
        return fresh(request, data, max_age=300)
