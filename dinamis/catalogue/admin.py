# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading only: collections and sensors are loaded, coverages are planned by their verbs."""

from django.contrib import admin

from dinamis.catalogue import models
from dinamis.core.readonly_admin import ReadOnlyAdmin


@admin.register(models.Sensor)
class SensorAdmin(ReadOnlyAdmin):
    list_display = ("name", "platform", "family", "kind", "resolution", "launched_on", "ended_on")
    list_filter = ("kind", "family")
    search_fields = ("name", "platform")


@admin.register(models.Collection)
class CollectionAdmin(ReadOnlyAdmin):
    list_display = ("title", "slug", "kind", "family", "licence", "position")
    list_filter = ("kind", "family")
    search_fields = ("slug", "title_fr", "title_en")


@admin.register(models.Coverage)
class CoverageAdmin(ReadOnlyAdmin):
    list_display = ("collection", "year")
    list_filter = ("collection", "year")


@admin.register(models.Crawl)
class CrawlAdmin(ReadOnlyAdmin):
    list_display = (
        "url",
        "theirs",
        "collection",
        "pages",
        "created",
        "updated",
        "refused",
        "touched_at",
        "finished_at",
    )
    list_filter = ("collection",)
    search_fields = ("url", "theirs")


@admin.register(models.PublishingRight)
class PublishingRightAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "collection", "given_by", "given_at", "ended_by", "ended_at")
    list_filter = ("collection",)
    search_fields = ("organisation__name",)
    list_select_related = ("organisation", "collection", "given_by", "ended_by")


@admin.register(models.Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ("at", "client", "kind", "collection", "stac_id", "created", "updated", "deleted")
    list_filter = ("kind", "collection")
    search_fields = ("stac_id",)
    list_select_related = ("client",)
