# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading only: states, signatures and rights change through the verbs, never here."""

from django.contrib import admin

from dinamis.core.readonly_admin import ReadOnlyAdmin
from licensing import models


@admin.register(models.Adhesion)
class AdhesionAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "eligibility_class", "state", "referent", "created_at")
    list_filter = ("state", "eligibility_class")
    search_fields = ("organisation__name", "organisation__siret")


@admin.register(models.Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    list_display = ("number", "adhesion", "issued_at")
    search_fields = ("number", "adhesion__organisation__name")
    exclude = ("secret",)


@admin.register(models.Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("adhesion", "verdict", "decided_by", "decided_at")
    list_filter = ("verdict",)


@admin.register(models.Licence)
class LicenceAdmin(ReadOnlyAdmin):
    list_display = ("code", "kind", "acceptors", "position")


@admin.register(models.LicenceVersion)
class LicenceVersionAdmin(ReadOnlyAdmin):
    list_display = ("licence", "number", "state", "published_at", "material")
    list_filter = ("state", "licence")


@admin.register(models.Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    list_display = ("typed_name", "licence_version", "capacity", "organisation", "accepted_at")
    list_filter = ("capacity", "language")
    search_fields = ("typed_name", "email")


@admin.register(models.Entitlement)
class EntitlementAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "licence", "purpose", "project", "state", "period")
    list_filter = ("state", "licence", "purpose")
    search_fields = ("organisation__name",)


@admin.register(models.Suspension)
class SuspensionAdmin(ReadOnlyAdmin):
    list_display = ("entitlement", "cause", "began_at", "lifted_at")
    list_filter = ("cause",)


@admin.register(models.Project)
class ProjectAdmin(ReadOnlyAdmin):
    list_display = ("title", "organisation", "purpose", "ends_on")
    search_fields = ("title", "organisation__name")


@admin.register(models.Block)
class BlockAdmin(ReadOnlyAdmin):
    list_display = ("person", "organisation", "licence", "period")
