# SPDX-License-Identifier: AGPL-3.0-or-later
"""Persons and organisations for the administrator; memberships are read, they change through their verbs."""

from django.contrib import admin

from dinamis.accounts import models
from dinamis.core.readonly_admin import Base, ReadOnlyAdmin


@admin.register(models.User)
class UserAdmin(Base):
    list_display = ("email", "name", "office_role", "is_active")
    list_filter = ("office_role", "is_active")
    search_fields = ("email", "name")
    fields = ("email", "name", "language", "office_role", "is_active", "is_staff", "date_joined", "last_login")
    # Whoever writes an address receives its codes and signs in its place (I12).
    readonly_fields = ("email", "date_joined", "last_login")

    def has_add_permission(self, request):
        """People make their own accounts."""
        return False

    def has_delete_permission(self, request, obj=None):
        """An account is closed, never deleted: evidence refers to it."""
        return False


@admin.register(models.Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ("name", "acronym", "country", "siret", "ror")
    search_fields = ("name", "acronym", "siret", "ror")


@admin.register(models.Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "organisation", "role", "state", "active_from", "ended_at")
    list_filter = ("state", "role")
    search_fields = ("user__email", "organisation__name")


@admin.register(models.ApiClient)
class ApiClientAdmin(ReadOnlyAdmin):
    list_display = ("name", "access_key", "person", "organisation", "state", "expires_at", "last_used_at")
    list_filter = ("state",)
    search_fields = ("name", "access_key", "person__email", "organisation__name")
    exclude = ("secret_sha256",)


@admin.register(models.AffiliationEvidence)
class AffiliationEvidenceAdmin(ReadOnlyAdmin):
    list_display = ("user", "occasion", "issuer", "subject", "observed_at")
    list_filter = ("provider", "occasion")
    search_fields = ("user__email", "subject")


@admin.register(models.AffiliationRule)
class AffiliationRuleAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "scope", "affiliation", "effect", "created_by", "ended_at")
    list_filter = ("effect",)
    search_fields = ("organisation__name", "scope")


@admin.register(models.Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "organisation", "state", "invited_by", "created_at", "expires_at")
    list_filter = ("state",)
    search_fields = ("email", "organisation__name")
    exclude = ("token_sha256",)


@admin.register(models.Nomination)
class NominationAdmin(ReadOnlyAdmin):
    list_display = ("name", "organisation", "state", "named_by", "by_office", "created_at")
    list_filter = ("state", "by_office")
    search_fields = ("organisation__name", "successor__email", "invitation__email")
