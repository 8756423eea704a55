# SPDX-License-Identifier: AGPL-3.0-or-later

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models.change import NotesChange
from dinamis.catalogue.models.item import Item
from dinamis.core import clock


class DocumentDictionary(models.Model):
    """What frames of documents are packed with; none is ever removed while a frame may name it."""

    # With the first documents.
    keys_may_write = True

    number = models.BigIntegerField(primary_key=True, help_text="as frames name it")
    content = models.BinaryField()
    learnt_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("dictionary of documents")
        verbose_name_plural = _("dictionaries of documents")
        ordering = ("learnt_at", "number")

    def __str__(self) -> str:
        return str(self.number)


class ItemDocument(models.Model):
    """What an image says besides its columns, apart from them so that a search reads rows without it.

    `properties` are the STAC properties that have no column. `foreign` is a frame of what its source said of it: a
    JSON object with `assets`, `links` and `stac_extensions`. `body` is a frame of the whole STAC item as it is
    served (`selectors.item_body`), made of the columns and of these; a trigger empties it when they change.
    """

    # With its image.
    keys_may_write = True

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="document")
    properties = models.JSONField(default=dict)
    foreign = models.BinaryField(null=True)
    body = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("document of an image")
        verbose_name_plural = _("documents of images")
        triggers = (NotesChange(operation=pgtrigger.Insert | pgtrigger.UpdateOf("properties") | pgtrigger.Delete),)

    def __str__(self) -> str:
        return str(self.item_id)
