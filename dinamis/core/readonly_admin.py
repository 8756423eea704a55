# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class ReadOnlyAdmin(Base):
    """Shows rows and changes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are made by verbs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows change through verbs."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are kept."""
        return False


def keep_own(site: admin.AdminSite, packages: Iterable[str]) -> None:
    """Take out of the admin what libraries put there: their forms write addresses, groups and secrets.

    `packages` are those whose own registrations stay. Whoever can write somebody's address can sign in their place.
    """
    for model, shown in list(site._registry.items()):
        if type(shown).__module__.split(".")[0] not in set(packages):
            site.unregister(model)
