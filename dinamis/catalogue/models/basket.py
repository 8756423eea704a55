# SPDX-License-Identifier: AGPL-3.0-or-later

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models.item import Item
from dinamis.core import clock


class BasketItem(models.Model):
    """An image that a person has put aside, once. It reserves nothing and gives no right."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="basket", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("image put aside")
        verbose_name_plural = _("images put aside")
        ordering = ("added_at", "id")
        constraints = (models.UniqueConstraint(fields=["owner", "item"], name="catalogue_basket_once"),)

    def __str__(self) -> str:
        return f"{self.owner_id} {self.item_id}"
