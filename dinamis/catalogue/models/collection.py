# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import CollectionKind, ProductFamily
from licensing.models import Licence
from licensing.models.licence import in_language


class Collection(models.Model):
    """A STAC collection. It names the licence under which its items may be used."""

    slug = models.SlugField(unique=True)
    title_fr = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    description_fr = models.TextField(blank=True)
    description_en = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=CollectionKind.choices, default=CollectionKind.ARCHIVE)
    family = models.CharField(max_length=20, choices=ProductFamily.choices)
    # STAC `providers` but the host, which is the site itself: [{name, roles, url}].
    providers = models.JSONField(default=list, blank=True)
    keywords_fr = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    keywords_en = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="collections")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ("position", "slug")

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title_fr, self.title_en)

    @property
    def description(self) -> str:
        """The description in the reader's language."""
        return in_language(self.description_fr, self.description_en)

    @property
    def keywords(self) -> list[str]:
        """The keywords in the reader's language."""
        return list(self.keywords_fr if in_language("fr", "en") == "fr" else self.keywords_en)
