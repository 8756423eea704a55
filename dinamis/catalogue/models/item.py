# SPDX-License-Identifier: AGPL-3.0-or-later

import datetime as dt
from typing import Any

import pgtrigger
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, Value
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models.change import NotesChange
from dinamis.catalogue.models.collection import Collection
from dinamis.catalogue.models.counted import band, edge
from dinamis.catalogue.models.extent import NotesExtents
from dinamis.catalogue.models.month import month
from dinamis.catalogue.models.tally import CountsImages, kind_of_item
from dinamis.core import clock
from dinamis.core.triggers import HardTrigger
from licensing.selectors.decision import Permitted, ResourceFacts


class ItemQuerySet(models.QuerySet["Item"]):
    """Reads of items. `allowed` is the set form of the entitlement decision."""

    def published(self) -> "ItemQuerySet":
        """Items that may be shown: everything but what was withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def allowed(self, permitted: Permitted) -> "ItemQuerySet":
        """Items on which the action that `permitted` was computed for is allowed."""
        return self.published().filter(allowed(permitted))


def allowed(permitted: Permitted) -> Q:
    """The condition under which a published item is allowed by `permitted`: licence, embargo and hold-back."""
    at = permitted.at
    free = past("hold_back_until", at)
    # Most licences are held by the same organisations: one condition for all of these.
    held_by: dict[frozenset[int], list[int]] = {}
    for licence_id, allows in permitted.allows.items():
        held_by.setdefault(frozenset(allow.organisation_id for allow in allows), []).append(licence_id)
    for organisations, licences in held_by.items():
        spared = Q(hold_back_organisation_id__in=organisations)
        free |= spared if len(held_by) == 1 else spared & Q(collection__licence_id__in=licences)
    return _opened(permitted) & past("embargo_until", at) & free


def _opened(permitted: Permitted) -> Q:
    """The condition that the licence is one of those allowed and its embargo, counted from acquisition, is over."""
    opened = Q(collection__licence_id__in=[pk for pk in permitted.allows if not permitted.embargoes[pk]])
    for licence_id, embargo in permitted.embargoes.items():
        if embargo:
            opened |= Q(collection__licence_id=licence_id, datetime__lte=permitted.at - embargo)
    return opened


def past_embargo(at: dt.datetime) -> Q:
    """The condition that neither the image's own embargo nor that of its licence, counted in days, runs any more."""
    days = ExpressionWrapper(
        F("collection__licence__embargo_days") * Value(dt.timedelta(days=1)), output_field=DurationField()
    )
    opened = ExpressionWrapper(Value(at) - days, output_field=DateTimeField())
    return past("embargo_until", at) & (Q(collection__licence__embargo_days=0) | Q(datetime__lte=opened))


def past(column: str, at: dt.datetime) -> Q:
    """The condition that a moment which withholds something is over, or was never set."""
    return Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lte": at})


# The columns that the body of an item's document tells.
TOLD = (
    "collection", "stac_id", "title", "footprint", "datetime", "start_datetime", "end_datetime", "platform",
    "instruments", "gsd", "cloud_cover", "snow_cover", "incidence_angle", "sun_elevation", "processing_level",
    "spectral", "quicklook_url",
)  # fmt: skip
COUNTED = (
    "cloud_cover", "platform", "incidence_angle", "start_datetime", "end_datetime",
    "withdrawn_at", "embargo_until", "hold_back_until",
)  # fmt: skip
EMPTIES_BODY = "UPDATE catalogue_itemdocument SET body = NULL WHERE item_id = {row}; RETURN NULL;"


class EmptiesBody(HardTrigger):
    """Empties the body of an item's document when what it tells has changed; see `ItemDocument`."""

    when = pgtrigger.After


class Item(models.Model):
    """An image: a STAC item. `held` says that its files are here."""

    # Under the scope `catalogue:write`, by `services.transactions`.
    keys_may_write = True

    # The indexes below begin with it.
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="items", db_index=False)
    stac_id = models.CharField(max_length=200)
    # The provider's own name of the scene (DS_PHR1A_…), what an archive order asks for.
    source_id = models.CharField(max_length=200, blank=True)
    # The provider's production job: tells a re-order of a scene from the delivery we know. Never published.
    job_id = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    footprint = models.GeometryField(srid=4326, geography=False, spatial_index=False)
    datetime = models.DateTimeField()
    start_datetime = models.DateTimeField(null=True)
    end_datetime = models.DateTimeField(null=True)
    platform = models.CharField(max_length=40)
    instruments = ArrayField(models.CharField(max_length=40), default=list)
    gsd = models.FloatField(null=True, help_text="metres")
    cloud_cover = models.FloatField(null=True, help_text="percent")
    snow_cover = models.FloatField(null=True, help_text="percent")
    incidence_angle = models.FloatField(null=True, help_text="degrees")
    sun_elevation = models.FloatField(null=True, help_text="degrees")
    processing_level = models.CharField(max_length=10, blank=True)
    spectral = models.CharField(max_length=30, blank=True)
    # How many images of one place were taken on one pass: 2 make relief, 3 also where it is steep.
    stereo_count = models.PositiveSmallIntegerField(default=1, db_default=1)
    held = models.BooleanField(default=False)
    embargo_until = models.DateTimeField(null=True, blank=True)
    hold_back_until = models.DateTimeField(null=True, blank=True)
    hold_back_organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # Of a product that was delivered more than once, the first delivery; that one names itself.
    version_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="versions",
        db_index=False,
    )
    # Public picture of an image we do not hold: an address at its provider.
    quicklook_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    # What it is counted by (`models.counted`); no kind when it is withheld, or was.
    kind = kind_of_item()
    band = band()
    west, south = edge("ST_XMin", "floor"), edge("ST_YMin", "floor")
    east, north = edge("ST_XMax", "ceil"), edge("ST_YMax", "ceil")
    month = month()

    # Set by the selectors (viewer.with_state, search.page), for one person and one search.
    state: str
    shown: bool
    has_quicklook: bool
    covers: float | None
    sort: Any

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ("-datetime", "id")
        constraints = (
            models.UniqueConstraint(fields=["stac_id", "collection"], name="catalogue_item_stac_id"),
            models.CheckConstraint(
                condition=Q(cloud_cover__isnull=True) | Q(cloud_cover__gte=0, cloud_cover__lte=100),
                name="catalogue_item_cloud",
            ),
            models.CheckConstraint(
                condition=Q(hold_back_until__isnull=True) | Q(hold_back_organisation__isnull=False),
                name="catalogue_item_hold_back",
            ),
        )
        indexes = (
            GistIndex(fields=["footprint"], name="catalogue_item_where"),
            # Of what lies there, what is of some months.
            GistIndex(fields=["month", "footprint"], name="catalogue_item_month_where"),
            # What is held over an area, the newest first: with the other one it would be found among all there is.
            GistIndex(
                fields=["footprint", "datetime"],
                condition=Q(held=True, withdrawn_at__isnull=True),
                name="catalogue_item_held_where",
            ),
            models.Index(fields=["-datetime", "-id"], name="catalogue_item_recent"),
            # With what filters of a whole collection ask: they are counted without reading the rows.
            models.Index(
                fields=["collection", "-datetime", "-id"], include=COUNTED, name="catalogue_item_in_collection"
            ),
            models.Index(fields=["cloud_cover", "id"], name="catalogue_item_clouds"),
            # Counted by kind in a box, without reading the rows.
            models.Index(
                fields=["band", "west", "south", "east", "north", "kind"],
                condition=Q(kind__isnull=False),
                name="catalogue_item_counted",
            ),
            # How far an item lasts around its `datetime` at most.
            models.Index(
                F("datetime") - F("start_datetime"),
                condition=Q(start_datetime__isnull=False),
                name="catalogue_item_before",
            ),
            models.Index(
                F("end_datetime") - F("datetime"), condition=Q(end_datetime__isnull=False), name="catalogue_item_after"
            ),
            # When an image stops being withheld.
            models.Index(
                fields=["embargo_until"], condition=Q(embargo_until__isnull=False), name="catalogue_item_embargo"
            ),
            models.Index(
                fields=["hold_back_until"], condition=Q(hold_back_until__isnull=False), name="catalogue_item_held_until"
            ),
            models.Index(fields=["source_id"], condition=Q(source_id__gt=""), name="catalogue_item_source"),
            models.Index(fields=["version_of"], condition=Q(version_of__isnull=False), name="catalogue_item_versions"),
            # What is delivered stands for its scene (viewer.without_delivered_twins).
            models.Index(fields=["source_id"], condition=Q(held=True), name="catalogue_item_delivered"),
            models.Index(
                fields=["hold_back_organisation"],
                condition=Q(hold_back_organisation__isnull=False),
                name="catalogue_item_held_back",
            ),
        )
        triggers = (
            NotesChange(operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete),
            CountsImages(operation=pgtrigger.Insert, new=True),
            CountsImages(operation=pgtrigger.Update, old=True, new=True),
            CountsImages(operation=pgtrigger.Delete, old=True),
            NotesExtents(operation=pgtrigger.Insert),
            NotesExtents(operation=pgtrigger.Update),
            NotesExtents(operation=pgtrigger.Delete),
            EmptiesBody(
                name="empties_body",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*TOLD),
                func=EMPTIES_BODY.format(row="NEW.id"),
            ),
        )

    def __str__(self) -> str:
        return self.title or self.stac_id

    @property
    def facts(self) -> ResourceFacts:
        """What the entitlement decision needs to know of this image."""
        return ResourceFacts(
            licence_id=self.collection.licence_id,
            acquired_at=self.datetime,
            embargo_until=self.embargo_until,
            hold_back_until=self.hold_back_until,
            hold_back_organisation_id=self.hold_back_organisation_id,
            withdrawn=self.withdrawn_at is not None,
        )

    def shows_details(self, at: dt.datetime) -> bool:
        """Tell whether more than footprint and date may be shown to everybody."""
        days = self.collection.licence.embargo_days
        opens = not days or self.datetime + dt.timedelta(days=days) <= at
        return opens and all(until is None or until <= at for until in (self.embargo_until, self.hold_back_until))


class Asset(models.Model):
    """A file of an image. `storage_key` is a path below the protected folder and is never published."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="assets")
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=200)
    storage_key = models.CharField(max_length=400)
    media_type = models.CharField(max_length=100)
    roles = ArrayField(models.CharField(max_length=30), default=list)
    size = models.PositiveBigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    public = models.BooleanField(default=False, help_text="quicklook or thumbnail, open to all")
    properties = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ("item", "key")
        constraints = (
            models.UniqueConstraint(fields=["item", "key"], name="catalogue_asset_key"),
            models.UniqueConstraint(fields=["item", "file_name"], name="catalogue_asset_file_name"),
        )
        triggers = (
            EmptiesBody(
                name="empties_body",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=EMPTIES_BODY.format(row="coalesce(NEW.item_id, OLD.item_id)"),
            ),
        )

    def __str__(self) -> str:
        return self.file_name
