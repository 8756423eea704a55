# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock


class ProductOptions(models.Model):
    """The production options of a product type, as its provider last told them.

    `orders.domain.product_options.to_json` writes them.
    """

    provider = models.CharField(max_length=40)
    product_type = models.CharField(max_length=60)
    schema = models.JSONField()
    fetched_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("product options")
        verbose_name_plural = _("product options")
        ordering = ("provider", "product_type")
        constraints = (
            models.UniqueConstraint(fields=["provider", "product_type"], name="orders_product_options_once"),
        )

    def __str__(self) -> str:
        return self.product_type
